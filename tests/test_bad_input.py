"""Bad cookies, broken loaders, late hooks: nobody gets in by them, nobody is lost."""

import logging
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import flask_login.utils
import pytest
from flask import (
    Response,
    after_this_request,
    copy_current_request_context,
    make_response,
    request,
    session,
    stream_with_context,
)
from flask.sessions import SecureCookieSessionInterface
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    current_user,
    encode_cookie,
    get_user,
    login_required,
    login_user,
    logout_user,
    user_accessed,
)
from support import DAY, HOUR, KEY, MINUTE, SECOND, Clock, Person, Site, Visitor

Logged = pytest.LogCaptureFixture

SESSION_REFUSED = (
    "A session cookie was refused: not signed here, too old, or of somebody who has"
    " left since."
)
FLASK_LOGINS = (
    "A session or a remember cookie that Flask-Login wrote was refused. Set"
    " SIGNET_MOVE_UNTIL to a date, and until then they are taken."
)
REMEMBER_REFUSED = (
    "A remember cookie was not taken, and is removed: not signed here, too old, or of"
    " a user or credentials that are no more."
)


class Intruder:
    """Somebody who sends the bytes they like, and keeps no cookies."""

    def __init__(self, site: Site) -> None:
        self.client = site.app.test_client(use_cookies=False)

    def get(self, path: str, cookies: str | bytes, **kwargs: Any) -> TestResponse:
        return self._asks("GET", path, cookies, **kwargs)

    def post(self, path: str, cookies: str | bytes, **kwargs: Any) -> TestResponse:
        return self._asks("POST", path, cookies, **kwargs)

    def _asks(
        self, method: str, path: str, cookies: str | bytes, **kwargs: Any
    ) -> TestResponse:
        # What a server hands on is the bytes, each as the letter of its number (PEP
        # 3333). The client's own headers would be checked before they are sent.
        raw = cookies if isinstance(cookies, bytes) else cookies.encode()
        environ = {"HTTP_COOKIE": raw.decode("latin-1")}
        return self.client.open(
            path, method=method, environ_overrides=environ, **kwargs
        )


@pytest.fixture
def intruder(site: Site) -> Intruder:
    return Intruder(site)


@pytest.fixture
def ada(site: Site) -> Visitor:
    """Somebody who is signed in, and remembered."""
    return signed_in(site)


def signed_in(site: Site) -> Visitor:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    return visitor


def session_of(visitor: Visitor) -> str:
    return visitor.cookie("session") or ""


def remember_of(visitor: Visitor) -> str:
    return visitor.cookie("remember_token") or ""


def lines(logged: Logged) -> list[str]:
    """Take the lines logged since the last look."""
    told = [
        record.getMessage()
        for record in logged.records
        if record.name == "flask_signet" and record.levelno == logging.WARNING
    ]
    logged.clear()
    return told


def set_cookies(answer: TestResponse) -> dict[str, dict[str, str | bool]]:
    """Read the cookies that an answer sets: by name, with attributes."""
    found: dict[str, dict[str, str | bool]] = {}
    for header in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = header.split("; ")
        name, _, value = pair.partition("=")
        found[name] = {"value": value}
        for each in attributes:
            key, is_pair, text = each.partition("=")
            found[name][key] = text if is_pair else True
    return found


def is_removal(cookie: dict[str, str | bool] | None) -> bool:
    return cookie is not None and cookie["value"] == "" and cookie["Max-Age"] == "0"


def test_these_tests_send_what_they_say(intruder: Intruder, ada: Visitor) -> None:
    by_session = intruder.get("/who", f"session={session_of(ada)}")
    by_remember = intruder.get("/who", f"remember_token={remember_of(ada)}")

    assert by_session.text == by_remember.text == "ada"


# --- Spoilt cookies.


def test_no_session_cookie_is_good_with_one_byte_turned(
    intruder: Intruder, ada: Visitor, caplog: Logged
) -> None:
    value = session_of(ada)

    for place in range(len(value)):
        # The bit that makes a letter large or small: no other counts for less in the
        # last letter, which says less than the others.
        turned = value[:place] + chr(ord(value[place]) ^ 0x20) + value[place + 1 :]
        answer = intruder.get("/who", f"session={turned}")

        assert (answer.status_code, answer.text) == (200, "None"), place
        assert turned not in caplog.text
        assert lines(caplog) == [SESSION_REFUSED]


def test_no_remember_cookie_is_good_with_one_byte_turned(
    intruder: Intruder, ada: Visitor, caplog: Logged
) -> None:
    value = remember_of(ada)

    for place in range(len(value)):
        turned = value[:place] + chr(ord(value[place]) ^ 0x20) + value[place + 1 :]
        answer = intruder.get("/who", f"remember_token={turned}")

        assert (answer.status_code, answer.text) == (200, "None"), place
        assert is_removal(set_cookies(answer).get("remember_token"))
        assert turned not in caplog.text
        assert lines(caplog) == [REMEMBER_REFUSED]


def test_no_cookie_is_good_when_cut(intruder: Intruder, ada: Visitor) -> None:
    for name, value in [
        ("session", session_of(ada)),
        ("remember_token", remember_of(ada)),
    ]:
        for place in range(len(value)):
            before = intruder.get("/who", f"{name}={value[:place]}")
            after = intruder.get("/who", f"{name}={value[place + 1 :]}")

            assert before.status_code == after.status_code == 200
            assert before.text == after.text == "None", (name, place)


SPOILT = [
    pytest.param(lambda value: b"", id="empty"),
    pytest.param(lambda value: value + value, id="doubled"),
    pytest.param(lambda value: value + b"." + value, id="doubled with a dot"),
    pytest.param(lambda value: value + b"A" * 100_000, id="over-long"),
    pytest.param(lambda value: b"A" * 100_000, id="over-long rubbish"),
    pytest.param(lambda value: b"." * 100_000, id="over-long dots"),
    pytest.param(lambda value: b"\xe9" + value, id="raw Latin-1"),
    pytest.param(lambda value: "é".encode() + value, id="raw UTF-8"),
    pytest.param(lambda value: b"\xed\xa0\x80" + value, id="raw surrogate"),
    pytest.param(lambda value: bytes(range(0x80, 0x100)), id="every high byte"),
    pytest.param(lambda value: b'"\\303\\251' + value + b'"', id="octal UTF-8"),
    pytest.param(lambda value: b'"\\377\\376' + value + b'"', id="octal rubbish"),
    pytest.param(lambda value: b'"\\000' + value + b'"', id="octal NUL"),
    pytest.param(lambda value: b'"\\999' + value + b'"', id="no octal"),
    pytest.param(lambda value: b"\0" + value, id="NUL before"),
    pytest.param(lambda value: value[:9] + b"\0" + value[9:], id="NUL within"),
    pytest.param(lambda value: b"\0" * 50, id="NULs"),
    pytest.param(lambda value: b"." + value, id="said to be compressed"),
    pytest.param(lambda value: b"[" * 5000, id="brackets"),
    pytest.param(lambda value: value.swapcase(), id="large and small exchanged"),
    pytest.param(lambda value: value[::-1], id="backwards"),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_session_cookie_is_nobody_and_one_line_says_so(
    intruder: Intruder,
    ada: Visitor,
    caplog: Logged,
    spoil: Callable[[bytes], bytes],
) -> None:
    value = spoil(session_of(ada).encode())

    answer = intruder.get("/who", b"session=" + value)

    assert (answer.status_code, answer.text) == (200, "None")
    assert not value or value.decode("latin-1") not in caplog.text
    assert lines(caplog) == [SESSION_REFUSED]


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_remember_cookie_is_nobody_and_is_removed(
    intruder: Intruder,
    ada: Visitor,
    caplog: Logged,
    spoil: Callable[[bytes], bytes],
) -> None:
    value = spoil(remember_of(ada).encode())

    answer = intruder.get("/who", b"remember_token=" + value)

    assert (answer.status_code, answer.text) == (200, "None")
    assert is_removal(set_cookies(answer).get("remember_token"))
    assert not value or value.decode("latin-1") not in caplog.text
    assert lines(caplog) == [REMEMBER_REFUSED]


UNREADABLE = [
    pytest.param(lambda value: b'"' + value, id="half in quotes"),
    pytest.param(lambda value: b"\r\nX: " + value, id="line breaks"),
    pytest.param(lambda value: value[:9] + b"\n" + value[9:], id="a line break within"),
]
"""What Werkzeug does not take for a cookie at all, so that none came."""


@pytest.mark.parametrize("spoil", SPOILT + UNREADABLE)
def test_with_both_cookies_spoilt_every_page_works(
    intruder: Intruder, ada: Visitor, spoil: Callable[[bytes], bytes]
) -> None:
    spoilt = b"session=%b; remember_token=%b" % (
        spoil(session_of(ada).encode()),
        spoil(remember_of(ada).encode()),
    )

    answers = {
        path: intruder.get(path, spoilt).status_code
        for path in ("/", "/login", "/who", "/how", "/secret", "/fresh")
    }
    out = intruder.post("/out", spoilt)
    confirmed = intruder.post("/again", spoilt)

    assert answers == {
        "/": 200,
        "/login": 200,
        "/who": 200,
        "/how": 200,
        "/secret": 302,
        "/fresh": 302,
    }
    assert (out.text, confirmed.text) == ("out", "confirmed")


@pytest.mark.parametrize("spoil", SPOILT + UNREADABLE)
def test_somebody_with_spoilt_cookies_can_sign_in(
    site: Site, intruder: Intruder, ada: Visitor, spoil: Callable[[bytes], bytes]
) -> None:
    spoilt = b"session=%b; remember_token=%b" % (
        spoil(session_of(ada).encode()),
        spoil(remember_of(ada).encode()),
    )

    answer = intruder.post("/in/bob", spoilt, data={"remember": "yes"})

    given = set_cookies(answer)
    assert answer.text == "in"
    for name in ("session", "remember_token"):
        assert intruder.get("/who", f"{name}={given[name]['value']}").text == "bob"


def test_a_spoilt_session_cookie_costs_nobody_their_remember_cookie(
    intruder: Intruder, ada: Visitor
) -> None:
    cookies = f"session=rubbish; remember_token={remember_of(ada)}"

    assert intruder.get("/who", cookies).text == "ada"


def test_a_spoilt_remember_cookie_costs_nobody_their_session(
    intruder: Intruder, ada: Visitor
) -> None:
    cookies = f"session={session_of(ada)}; remember_token=rubbish"

    assert intruder.get("/who", cookies).text == "ada"


def test_a_page_that_asks_nothing_says_nothing_of_spoilt_cookies(
    intruder: Intruder, caplog: Logged
) -> None:
    answer = intruder.get("/", "session=rubbish; remember_token=rubbish")

    assert answer.headers.getlist("Set-Cookie") == []
    assert lines(caplog) == []


def test_a_good_session_and_no_cookie_at_all_are_nothing_to_speak_of(
    intruder: Intruder, ada: Visitor, caplog: Logged
) -> None:
    intruder.get("/who", f"session={session_of(ada)}")
    intruder.get("/who", f"remember_token={remember_of(ada)}")
    intruder.get("/who", "")
    intruder.get("/who", "other=cookie")

    assert lines(caplog) == []


FUZZED = Site(Clock())
PIECES = st.sampled_from(
    [
        b"session=",
        b"remember_token=",
        b"; ",
        b";",
        b",",
        b'"',
        b"\\",
        b"\\303",
        b"=",
        b".",
    ]
)


@settings(deadline=None)
@given(cookies=st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join))
def test_whatever_bytes_come_nobody_is_signed_in_and_nothing_fails(
    cookies: bytes,
) -> None:
    answer = Intruder(FUZZED).get("/who", cookies)

    assert (answer.status_code, answer.text) == (200, "None")


@pytest.mark.parametrize(
    ("name", "who"), [("session", "None"), ("remember_token", "ada")]
)
def test_of_two_cookies_of_one_name_a_rubbish_one_is_no_fault(
    intruder: Intruder, ada: Visitor, name: str, who: str
) -> None:
    good = ada.cookie(name)

    first = intruder.get("/who", f"{name}={good}; {name}=rubbish")
    second = intruder.get("/who", f"{name}=rubbish; {name}={good}")

    assert (first.status_code, first.text) == (200, "ada")
    assert (second.status_code, second.text) == (200, who)


# --- Cookies of something else.


def plain_itsdangerous(site: Site, user_id: str) -> str:
    return str(URLSafeTimedSerializer(KEY).dumps(user_id))


def by_encode_cookie(site: Site, user_id: str) -> str:
    with site.app.app_context():
        return encode_cookie(user_id)


def by_flask_login(site: Site, user_id: str) -> str:
    with site.app.app_context():
        return str(flask_login.utils.encode_cookie(user_id))


def by_the_session(site: Site, user_id: str) -> str:
    signer: Any = SecureCookieSessionInterface().get_signing_serializer(site.app)
    return str(signer.dumps([user_id, 3600, None, False]))


def by_another_site(site: Site, user_id: str) -> str:
    other = Site(site.clock)
    other.app.config["SECRET_KEY"] = "another key"
    visitor = other.visitor()
    visitor.signs_in(user_id, remember="yes")
    return remember_of(visitor)


def by_another_manager(site: Site, user_id: str) -> str:
    other = Site(site.clock)
    staff = LoginManager(other.app, name="staff")
    staff.user_loader(other.load)
    staff.clock = site.clock

    @other.app.post("/staff/in")
    def staff_in() -> str:
        login_user(other.people[user_id], remember=True, name="staff")
        return "in"

    answer = other.app.test_client().post("/staff/in")
    return str(set_cookies(answer)["remember_token_staff"]["value"])


@pytest.mark.parametrize("person", ["ada", "eve"])
@pytest.mark.parametrize(
    "make",
    [
        plain_itsdangerous,
        by_encode_cookie,
        by_flask_login,
        by_the_session,
        by_another_site,
        by_another_manager,
    ],
)
def test_what_was_signed_for_something_else_signs_nobody_in(
    site: Site,
    intruder: Intruder,
    caplog: Logged,
    make: Callable[[Site, str], str],
    person: str,
) -> None:
    value = make(site, person)

    answer = intruder.get("/who", f"remember_token={value}")

    assert (answer.status_code, answer.text) == (200, "None")
    assert is_removal(set_cookies(answer)["remember_token"])
    assert value not in caplog.text
    is_as_flask_logins = make in {by_encode_cookie, by_flask_login}
    assert lines(caplog) == [FLASK_LOGINS if is_as_flask_logins else REMEMBER_REFUSED]
    assert site.asked == []


def test_a_remember_cookie_is_no_session_and_a_session_no_remember_cookie(
    intruder: Intruder, ada: Visitor
) -> None:
    exchanged = f"session={remember_of(ada)}; remember_token={session_of(ada)}"

    assert intruder.get("/who", exchanged).text == "None"


def test_a_session_of_another_site_is_nobody_s(clock: Clock, ada: Visitor) -> None:
    other = Site(clock)
    other.app.config["SECRET_KEY"] = "another key"

    answer = Intruder(other).get("/who", f"session={session_of(ada)}")

    assert answer.text == "None"


# --- Too late.


@pytest.mark.parametrize(
    ("away", "who"),
    [
        pytest.param(MINUTE - SECOND, "ada", id="a second short"),
        pytest.param(MINUTE, "None", id="on the second"),
        pytest.param(365 * DAY, "None", id="a year later"),
    ],
)
def test_a_copy_of_a_remember_cookie_is_worthless_when_its_time_is_over(
    site: Site, intruder: Intruder, away: Any, who: str
) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes", seconds="60")
    copy = remember_of(visitor)
    site.clock.passes(away)

    assert intruder.get("/who", f"remember_token={copy}").text == who


def test_a_remember_cookie_that_is_over_is_removed_and_a_line_says_so(
    site: Site, intruder: Intruder, ada: Visitor, caplog: Logged
) -> None:
    copy = remember_of(ada)
    site.clock.passes(365 * DAY)

    answer = intruder.get("/who", f"remember_token={copy}")

    assert is_removal(set_cookies(answer)["remember_token"])
    assert copy not in caplog.text
    assert lines(caplog) == [REMEMBER_REFUSED]


# --- Removed as it was set.

FLAGS = [
    pytest.param({}, {"HttpOnly": True, "Path": "/"}, id="nothing said"),
    pytest.param(
        {
            "REMEMBER_COOKIE_DOMAIN": "example.org",
            "REMEMBER_COOKIE_PATH": "/deep",
            "REMEMBER_COOKIE_SECURE": True,
            "REMEMBER_COOKIE_HTTPONLY": False,
            "REMEMBER_COOKIE_SAMESITE": "Strict",
        },
        {
            "Domain": "example.org",
            "Path": "/deep",
            "Secure": True,
            "SameSite": "Strict",
        },
        id="its own",
    ),
    pytest.param(
        {
            "SESSION_COOKIE_DOMAIN": "example.org",
            "SESSION_COOKIE_PATH": "/deep",
            "SESSION_COOKIE_SECURE": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
        },
        {
            "Domain": "example.org",
            "HttpOnly": True,
            "Path": "/deep",
            "Secure": True,
            "SameSite": "Lax",
        },
        id="the session's",
    ),
    pytest.param(
        {
            "SESSION_COOKIE_SECURE": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "REMEMBER_COOKIE_SAMESITE": "Strict",
        },
        {"HttpOnly": True, "Path": "/", "Secure": True, "SameSite": "Strict"},
        id="some of each",
    ),
    pytest.param(
        {"SESSION_COOKIE_HTTPONLY": False, "APPLICATION_ROOT": "/shop"},
        {"Path": "/shop"},
        id="under a prefix",
    ),
    pytest.param(
        {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_PARTITIONED": True},
        {"HttpOnly": True, "Path": "/", "Secure": True, "Partitioned": True},
        id="partitioned",
    ),
    pytest.param(
        {
            "REMEMBER_COOKIE_NAME": "__Host-remember_token",
            "REMEMBER_COOKIE_SECURE": True,
        },
        {"HttpOnly": True, "Path": "/", "Secure": True},
        id="of another name",
    ),
]


@pytest.mark.parametrize(("settings", "flags"), FLAGS)
def test_a_browser_accepts_the_removal_of_a_bad_cookie_and_at_sign_out(
    clock: Clock, settings: dict[str, Any], flags: dict[str, str | bool]
) -> None:
    intruder = Intruder(Site(clock, **settings))
    name = settings.get("REMEMBER_COOKIE_NAME", "remember_token")

    was_set = set_cookies(intruder.post("/in/ada", "", data={"remember": "yes"}))[name]
    was_bad = set_cookies(intruder.get("/who", f"{name}=rubbish"))[name]
    at_sign_out = set_cookies(intruder.post("/out", f"{name}={was_set['value']}"))[name]

    for cookie in (was_set, was_bad, at_sign_out):
        own = {"value", "Expires", "Max-Age"}
        assert {key: cookie[key] for key in cookie if key not in own} == flags
    assert not is_removal(was_set)
    assert is_removal(was_bad)
    assert is_removal(at_sign_out)


# --- A loader that raises.


class DatabaseDownError(Exception):
    """What a driver raises."""


@pytest.fixture
def down(site: Site) -> list[bool]:
    """Tell whether the database of the site is down: it is while this says so."""
    is_down = [True]

    def load(user_id: str) -> Person | None:
        if is_down[0]:
            raise DatabaseDownError
        return site.load(user_id)

    site.manager.user_loader(load)

    @site.app.errorhandler(DatabaseDownError)
    def sorry(error: DatabaseDownError) -> tuple[str, int]:
        return f"Sorry, {current_user.get_id()}.", 503

    return is_down


@pytest.mark.parametrize("path", ["/who", "/secret", "/how"])
@pytest.mark.parametrize("cookie", ["session", "remember_token"])
def test_a_loader_s_fault_reaches_the_application_whose_page_may_ask_who_is_there(
    down: list[bool], intruder: Intruder, ada: Visitor, cookie: str, path: str
) -> None:
    answer = intruder.get(path, f"{cookie}={ada.cookie(cookie)}")

    assert (answer.status_code, answer.text) == (503, "Sorry, None.")
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_loader_s_fault_with_no_handler_is_the_application_s_500(
    site: Site, ada: Visitor
) -> None:
    def load(user_id: str) -> Person | None:
        raise DatabaseDownError

    site.manager.user_loader(load)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    assert ada.get("/who").status_code == 500
    assert ada.get("/").status_code == 200


def test_nobody_is_lost_by_a_loader_s_fault(
    site: Site, down: list[bool], ada: Visitor
) -> None:
    ada.get("/who")
    ada.restarts()
    ada.get("/who")
    down[0] = False

    assert ada.who() == "ada"


def test_somebody_can_sign_out_while_the_loader_fails(
    down: list[bool], ada: Visitor
) -> None:
    answer = ada.signs_out()

    down[0] = False
    assert answer.text == "out"
    assert ada.who() == "None"
    ada.restarts()
    assert ada.who() == "None"


def test_somebody_remembered_alone_can_sign_out_while_the_loader_fails(
    down: list[bool], ada: Visitor
) -> None:
    ada.restarts()

    answer = ada.signs_out()

    down[0] = False
    assert answer.text == "out"
    assert ada.who() == "None"


def test_somebody_can_sign_out_on_the_error_page(site: Site, down: list[bool]) -> None:
    @site.app.errorhandler(DatabaseDownError)
    def sorry(error: DatabaseDownError) -> tuple[str, int]:
        logout_user()
        return "Sorry.", 503

    ada = signed_in(site)
    ada.get("/who")
    down[0] = False

    assert ada.who() == "None"
    ada.restarts()
    assert ada.who() == "None"


def test_a_request_loader_s_fault_reaches_the_application(
    site: Site, down: list[bool], visitor: Visitor
) -> None:
    @site.manager.request_loader
    def load(request: Any) -> Person | None:
        raise DatabaseDownError

    answer = visitor.get("/who")

    assert (answer.status_code, answer.text) == (503, "Sorry, None.")


def test_a_bad_cookie_and_a_fault_at_once_are_no_reason_to_write(
    site: Site, down: list[bool], intruder: Intruder
) -> None:
    @site.manager.request_loader
    def load(request: Any) -> Person | None:
        raise DatabaseDownError

    answer = intruder.get("/who", "remember_token=rubbish")

    assert answer.status_code == 503
    assert answer.headers.getlist("Set-Cookie") == []


# --- A streamed answer.


@pytest.fixture
def streaming(site: Site) -> Site:
    @site.app.get("/stream")
    def stream() -> Response:
        def body() -> Iterator[str]:
            yield "It is "
            yield str(current_user.get_id())

        return Response(stream_with_context(body()))

    @site.app.get("/secret-stream")
    @login_required
    def secret_stream() -> Response:
        def body() -> Iterator[str]:
            yield "It is "
            yield str(current_user.get_id())

        return Response(stream_with_context(body()))

    @site.app.get("/stream/in")
    def stream_in() -> Response:
        def body() -> Iterator[str]:
            login_user(site.people["ada"], remember=True)
            yield str(current_user.get_id())

        return Response(stream_with_context(body()))

    return site


@pytest.mark.parametrize("remembered_only", [False, True])
def test_a_stream_knows_who_is_there_and_writes_nothing(
    streaming: Site, ada: Visitor, remembered_only: bool
) -> None:
    if remembered_only:
        ada.restarts()

    answer = ada.get("/stream")

    assert answer.text == "It is ada"
    assert set_cookies(answer) == {}
    assert ada.who() == "ada"


def test_a_stream_of_a_guarded_page_brings_somebody_remembered_back(
    streaming: Site, ada: Visitor
) -> None:
    ada.restarts()

    answer = ada.get("/secret-stream")

    assert answer.text == "It is ada"
    assert "session" in set_cookies(answer)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_stream_with_a_bad_cookie_is_nobody_s_and_the_next_page_removes_it(
    streaming: Site, intruder: Intruder
) -> None:
    first = intruder.get("/stream", "remember_token=rubbish")
    next_one = intruder.get("/who", "remember_token=rubbish")

    assert (first.text, set_cookies(first)) == ("It is None", {})
    assert is_removal(set_cookies(next_one)["remember_token"])


def test_a_sign_in_within_a_stream_is_none(streaming: Site, visitor: Visitor) -> None:
    answer = visitor.get("/stream/in")

    assert answer.text == "ada"
    assert set_cookies(answer) == {}
    assert visitor.who() == "None"


def test_a_stranger_s_stream_is_nobody_s(streaming: Site, visitor: Visitor) -> None:
    assert visitor.get("/stream").text == "It is None"
    assert visitor.get("/secret-stream").status_code == 302


# --- A late hook.


@pytest.fixture
def late(site: Site) -> dict[str, Callable[[], Any]]:
    """Have something done after the view of a path, in a late hook."""
    todo: dict[str, Callable[[], Any]] = {}

    @site.app.get("/late/<path>")
    def plain(path: str) -> str:
        return "nothing asked"

    @site.app.get("/late/<path>/after-asking")
    def asks(path: str) -> str:
        return str(current_user.get_id())

    @site.app.after_request
    def hook(response: Response) -> Response:
        what = todo.get((request.view_args or {}).get("path", ""))
        if what is not None:
            response.headers["X-Late"] = str(what())
        return response

    return todo


Late = dict[str, Callable[[], Any]]


def who_is_there() -> Any:
    return current_user.get_id()


@pytest.mark.parametrize("restarted", [False, True])
def test_a_late_hook_knows_who_is_there_and_nobody_is_lost_by_it(
    late: Late, ada: Visitor, restarted: bool
) -> None:
    late["who"] = who_is_there
    if restarted:
        ada.restarts()

    answer = ada.get("/late/who")

    assert answer.headers["X-Late"] == "ada"
    assert set_cookies(answer) == {}
    assert ada.who() == "ada"
    assert ada.get("/secret").text == "a secret for ada"


def test_a_late_hook_makes_nobody_of_a_bad_cookie_and_the_next_page_removes_it(
    late: Late, intruder: Intruder
) -> None:
    late["who"] = who_is_there

    first = intruder.get("/late/who", "remember_token=rubbish")
    next_one = intruder.get("/who", "remember_token=rubbish")

    assert (first.headers["X-Late"], set_cookies(first)) == ("None", {})
    assert is_removal(set_cookies(next_one)["remember_token"])


@pytest.mark.parametrize("path", ["/late/out", "/late/out/after-asking"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_sign_out_in_a_late_hook_is_one_at_the_next_request(
    late: Late, ada: Visitor, path: str, restarted: bool
) -> None:
    late["out"] = logout_user
    if restarted:
        ada.restarts()

    ada.get(path)

    assert ada.who() == "None"
    assert ada.cookie("remember_token") is None
    ada.restarts()
    assert ada.who() == "None"


def test_after_a_sign_out_in_a_late_hook_the_next_page_removes_the_cookie(
    late: Late, ada: Visitor
) -> None:
    late["out"] = logout_user
    ada.get("/late/out")

    answer = ada.get("/secret")

    assert answer.status_code == 302
    assert is_removal(set_cookies(answer)["remember_token"])


def test_after_a_sign_out_in_a_late_hook_somebody_can_sign_in_and_be_remembered(
    late: Late, ada: Visitor
) -> None:
    late["out"] = logout_user
    ada.get("/late/out")

    ada.signs_in("bob", remember="yes")

    assert ada.who() == "bob"
    ada.restarts()
    assert ada.who() == "bob"


@pytest.mark.parametrize("path", ["/late/in", "/late/in/after-asking"])
def test_a_sign_in_in_a_late_hook_is_one_at_the_next_request_and_remembered(
    site: Site, late: Late, visitor: Visitor, path: str
) -> None:
    late["in"] = lambda: login_user(site.people["ada"], remember=True, duration=HOUR)

    visitor.get(path)

    assert visitor.cookie("remember_token") is None
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"
    site.clock.passes(HOUR)
    visitor.restarts()
    assert visitor.who() == "None"


def test_a_sign_in_and_out_in_a_late_hook_leaves_nobody(
    site: Site, late: Late, visitor: Visitor
) -> None:
    def in_and_out() -> None:
        login_user(site.people["ada"], remember=True)
        logout_user()

    late["both"] = in_and_out
    visitor.get("/late/both")

    assert visitor.who() == "None"
    visitor.restarts()
    assert visitor.who() == "None"


def test_another_s_sign_in_in_a_late_hook_ends_the_remembering_of_the_one_before(
    site: Site, late: Late, ada: Visitor
) -> None:
    late["in"] = lambda: login_user(site.people["bob"])
    ada.get("/late/in")

    assert ada.who() == "bob"
    assert ada.cookie("remember_token") is None
    ada.restarts()
    assert ada.who() == "None"


@pytest.mark.parametrize("asked_first", [False, True])
def test_a_sign_out_once_the_view_is_done_is_said_with_its_answer(
    site: Site, asked_first: bool
) -> None:
    @site.app.get("/leaves")
    def leaves() -> str:
        if asked_first:
            str(current_user.get_id())

        @after_this_request
        def out(response: Response) -> Response:
            logout_user()
            return response

        return "leaving"

    ada = signed_in(site)
    answer = ada.get("/leaves")

    assert is_removal(set_cookies(answer)["remember_token"])
    assert ada.who() == "None"
    ada.restarts()
    assert ada.who() == "None"


@pytest.mark.parametrize("duration", [None, HOUR], ids=["default", "an hour"])
def test_a_sign_out_in_a_late_hook_counts_though_the_view_has_signed_in(
    site: Site, late: Late, visitor: Visitor, duration: Any
) -> None:
    @site.app.post("/late/<path>/in")
    def view(path: str) -> str:
        login_user(site.people["ada"], remember=True, duration=duration)
        return "in"

    late["out"] = logout_user
    visitor.post("/late/out/in")

    assert visitor.who() == "None"
    visitor.restarts()
    assert visitor.who() == "None"


def test_another_s_sign_in_in_a_late_hook_ends_the_remembering_that_the_view_began(
    site: Site, late: Late, visitor: Visitor
) -> None:
    @site.app.post("/late/<path>/in")
    def view(path: str) -> str:
        login_user(site.people["ada"], remember=True)
        return "in"

    late["bob"] = lambda: login_user(site.people["bob"])
    visitor.post("/late/bob/in")

    assert visitor.who() == "bob"
    visitor.restarts()
    assert visitor.who() == "None"


# --- A late hook that fails.


@pytest.fixture
def failing(site: Site) -> list[bool]:
    """Tell whether a late hook fails: it does, once, while this says so."""
    fails = [False]
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    @site.app.after_request
    def hook(response: Response) -> Response:
        if fails[0]:
            fails[0] = False
            raise RuntimeError
        return response

    return fails


@pytest.mark.parametrize("restarted", [False, True])
def test_a_sign_out_counts_though_a_late_hook_fails(
    failing: list[bool], ada: Visitor, restarted: bool
) -> None:
    if restarted:
        ada.restarts()
    failing[0] = True
    answer = ada.signs_out()

    assert answer.status_code == 500
    assert is_removal(set_cookies(answer).get("remember_token"))
    assert ada.who() == "None"


def test_somebody_is_in_and_remembered_though_a_late_hook_fails(
    failing: list[bool], visitor: Visitor
) -> None:
    failing[0] = True
    answer = visitor.signs_in("ada", remember="yes")

    assert answer.status_code == 500
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


def test_a_bad_cookie_is_removed_though_a_late_hook_fails(
    failing: list[bool], intruder: Intruder
) -> None:
    failing[0] = True
    answer = intruder.get("/who", "remember_token=rubbish")

    assert answer.status_code == 500
    assert is_removal(set_cookies(answer).get("remember_token"))


def test_the_page_for_a_late_hook_s_fault_is_in_no_cache_where_the_view_s_would_not(
    failing: list[bool], ada: Visitor
) -> None:
    failing[0] = True
    answer = ada.get("/secret")

    assert answer.status_code == 500
    assert answer.headers.getlist("Cache-Control") == ["no-store"]
    assert len(answer.headers.getlist("Set-Cookie")) <= 1


# --- A late hook that answers in the view's place.


@pytest.fixture
def replacing(site: Site) -> list[bool]:
    """Tell whether a late hook answers in the view's place."""
    replaces = [False]

    @site.app.after_request
    def hook(response: Response) -> Response:
        return make_response("wrapped") if replaces[0] else response

    return replaces


def test_a_sign_out_counts_though_a_late_hook_answers_in_the_view_s_place(
    replacing: list[bool], ada: Visitor
) -> None:
    replacing[0] = True
    assert ada.signs_out().text == "wrapped"
    replacing[0] = False

    assert ada.who() == "None"
    assert ada.cookie("remember_token") is None
    ada.restarts()
    assert ada.who() == "None"


def test_a_sign_out_counts_however_often_a_late_hook_answers_in_the_view_s_place(
    replacing: list[bool], ada: Visitor
) -> None:
    replacing[0] = True
    ada.signs_out()
    ada.who()
    ada.who()
    replacing[0] = False

    assert ada.who() == "None"
    assert ada.cookie("remember_token") is None


def test_who_signed_out_is_not_remembered_again_by_signing_in_unremembered(
    replacing: list[bool], ada: Visitor
) -> None:
    replacing[0] = True
    ada.signs_out()
    replacing[0] = False

    ada.signs_in("ada")

    assert ada.who() == "ada"
    ada.restarts()
    assert ada.who() == "None"


def test_when_the_removal_has_arrived_nothing_of_it_is_kept(ada: Visitor) -> None:
    ada.signs_out()
    ada.who()

    assert ada.cookie("session") is None
    assert ada.cookie("remember_token") is None


# --- Teardown.


@pytest.mark.parametrize("restarted", [False, True])
def test_in_a_teardown_the_person_is_known_and_nothing_is_written(
    site: Site, restarted: bool
) -> None:
    seen: list[Any] = []

    @site.app.teardown_request
    def teardown(error: BaseException | None) -> None:
        seen.append(current_user.get_id())

    ada = signed_in(site)
    if restarted:
        ada.restarts()

    answer = ada.get("/")

    assert seen[-1] == "ada"
    assert set_cookies(answer) == {}
    assert ada.who() == "ada"


def test_a_sign_in_in_a_teardown_is_none(site: Site, visitor: Visitor) -> None:
    @site.app.teardown_request
    def teardown(error: BaseException | None) -> None:
        login_user(site.people["ada"], remember=True)

    visitor.get("/")

    assert visitor.who() == "None"


def test_when_the_request_is_gone_nobody_is_there(site: Site) -> None:
    seen: list[Any] = []

    @site.app.teardown_appcontext
    def teardown(error: BaseException | None) -> None:
        seen.append(get_user())

    signed_in(site).get("/secret")

    assert seen == [None, None]


# --- A copied context.


@pytest.fixture
def copied(site: Site) -> dict[str, Any]:
    """Have something done in a thread with the context of ``/copied``."""
    play: dict[str, Any] = {"do": who_is_there, "seen": []}

    @site.app.get("/copied")
    @site.app.get("/copied/<when>")
    def copied(when: str = "later") -> str:
        if when == "after-asking":
            str(current_user.get_id())

        @copy_current_request_context
        def work() -> None:
            play["seen"].append(play["do"]())

        play["thread"] = Thread(target=work)
        if when == "now":
            play["thread"].start()
            play["thread"].join()
        return str(current_user.get_id()) if when == "now" else "later"

    return play


@pytest.mark.parametrize("path", ["/copied", "/copied/after-asking"])
@pytest.mark.parametrize("restarted", [False, True])
def test_work_that_goes_on_after_the_answer_knows_whose_it_is(
    copied: dict[str, Any], ada: Visitor, path: str, restarted: bool
) -> None:
    if restarted:
        ada.restarts()
    ada.get(path)

    copied["thread"].start()
    copied["thread"].join()

    assert copied["seen"] == ["ada"]
    assert ada.who() == "ada"


def test_work_within_a_request_and_the_request_agree_who_is_there(
    copied: dict[str, Any], ada: Visitor
) -> None:
    ada.restarts()

    answer = ada.get("/copied/now")

    assert (answer.text, copied["seen"]) == ("ada", ["ada"])
    assert ada.who() == "ada"


@pytest.mark.parametrize("path", ["/copied", "/copied/after-asking"])
def test_a_sign_in_after_the_answer_is_none(
    site: Site, copied: dict[str, Any], visitor: Visitor, path: str
) -> None:
    copied["do"] = lambda: login_user(site.people["ada"], remember=True)
    visitor.get(path)

    copied["thread"].start()
    copied["thread"].join()

    assert copied["seen"] == [True]
    assert visitor.who() == "None"


@pytest.mark.parametrize("restarted", [False, True])
def test_a_sign_out_by_work_within_a_request_is_one(
    copied: dict[str, Any], ada: Visitor, restarted: bool
) -> None:
    copied["do"] = logout_user
    if restarted:
        ada.restarts()

    answer = ada.get("/copied/now")

    assert answer.text == "None"
    assert ada.who() == "None"
    ada.restarts()
    assert ada.who() == "None"


def test_a_sign_in_by_work_within_a_request_is_one_and_remembered(
    site: Site, copied: dict[str, Any], visitor: Visitor
) -> None:
    copied["do"] = lambda: login_user(site.people["ada"], remember=True)

    answer = visitor.get("/copied/now")

    assert answer.text == "ada"
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


@pytest.fixture
def asked_by_a_thread(site: Site) -> Site:
    """Have a thread ask who is there, before the view does."""

    @site.app.before_request
    def hook() -> None:
        @copy_current_request_context
        def work() -> None:
            str(current_user.get_id())

        thread = Thread(target=work)
        thread.start()
        thread.join()

    return site


def test_a_secret_is_in_no_cache_though_a_thread_asked_first(
    asked_by_a_thread: Site,
) -> None:
    answer = signed_in(asked_by_a_thread).get("/secret")

    assert answer.text == "a secret for ada"
    assert answer.headers.getlist("Cache-Control") == ["no-store"]


def test_who_is_remembered_comes_back_though_a_thread_asked_first(
    asked_by_a_thread: Site,
) -> None:
    ada = signed_in(asked_by_a_thread)
    ada.restarts()

    ada.get("/secret")

    assert ada.cookie("session")


def test_a_bad_cookie_is_removed_though_a_thread_asked_first(
    asked_by_a_thread: Site,
) -> None:
    answer = Intruder(asked_by_a_thread).get("/who", "remember_token=rubbish")

    assert is_removal(set_cookies(answer).get("remember_token"))
    assert len(answer.headers.getlist("Set-Cookie")) == 1


def test_an_application_is_told_once_a_request_that_somebody_was_asked_for(
    asked_by_a_thread: Site,
) -> None:
    told: list[object] = []
    ada = signed_in(asked_by_a_thread)

    with user_accessed.connected_to(told.append):
        ada.get("/secret")

    assert len(told) == 1


# --- Session data of the wrong kind, written by the application itself.


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"_remember": "rubbish"}, id="wish"),
        pytest.param({"_remember": 7, "_remember_seconds": "x"}, id="numbers"),
        pytest.param({"_stamp": 7}, id="stamp"),
        pytest.param({"_stamp": None}, id="no stamp"),
        pytest.param({"_id": ["x"]}, id="address"),
        pytest.param({"_forced": "yes"}, id="forced"),
    ],
)
def test_a_session_with_values_of_the_wrong_kind_is_no_fault(
    site: Site, keys: dict[str, Any]
) -> None:
    @site.app.get("/spoil")
    def spoil() -> str:
        session.update(keys)
        return "spoilt"

    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.get("/spoil")

    assert visitor.who() in {"ada", "None"}
    assert visitor.signs_out().text == "out"
    assert visitor.who() == "None"
