"""How long a sign-in lasts: how long at rest, and how long at most."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import (
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
)
from itsdangerous import URLSafeSerializer

from flask_signet import (
    ConfigError,
    LoginManager,
    confirm_login,
    keep_signed_in,
    login_required,
    login_user,
)
from flask_signet import limits as limits_room
from support import DAY, HOUR, KEY, MINUTE, SECOND, Clock, Member, Site, Visitor

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=8)
SEEN = "session_seen"


class Kept(dict[str, Any], SessionMixin):
    """A session of `KeptInterface`."""


class KeptInterface(SessionInterface):
    """Keeps one session in the server, as a store does, and no time with it."""

    def __init__(self) -> None:
        self.kept = Kept()

    def open_session(self, app: Any, request: Any) -> Kept:
        return self.kept

    def save_session(self, *_: Any) -> None: ...


def a_site(clock: Clock, **limits: Any) -> Site:
    return Site(
        clock, **{f"SIGNET_{name.upper()}": each for name, each in limits.items()}
    )


def with_the_time_of(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Flask sign its sessions with the time of the tests."""
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: clock().timestamp())


@pytest.fixture(autouse=True)
def _one_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    with_the_time_of(clock, monkeypatch)


# --- At rest.


@pytest.mark.parametrize(
    ("away", "who"),
    [
        pytest.param(IDLE, "ada", id="the limit"),
        pytest.param(IDLE + MINUTE - SECOND, "ada", id="nearly a minute more"),
        pytest.param(IDLE + MINUTE, "None", id="a minute more"),
    ],
)
def test_who_rests_for_too_long_is_out(clock: Clock, away: timedelta, who: str) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    clock.passes(away)

    assert visitor.who() == who


def test_who_goes_on_stays_in(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")

    for _ in range(20):
        clock.passes(IDLE - SECOND)
        assert visitor.who() == "ada"


def test_nobody_is_out_early_for_what_is_not_written_at_each_request(
    clock: Clock,
) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    clock.passes(MINUTE - SECOND)
    visitor.who()
    clock.passes(IDLE)

    assert visitor.who() == "ada"


@pytest.mark.parametrize(
    ("idle", "every"),
    [
        pytest.param(IDLE, MINUTE, id="a minute"),
        pytest.param(timedelta(seconds=100), timedelta(seconds=10), id="a tenth"),
    ],
)
def test_it_is_written_at_most_so_often(
    clock: Clock, idle: timedelta, every: timedelta
) -> None:
    visitor = a_site(clock, idle=idle).visitor()
    visitor.signs_in("ada")

    clock.passes(every - SECOND)
    assert "Set-Cookie" not in visitor.get("/who").headers
    clock.passes(SECOND)
    (written,) = visitor.get("/who").headers.getlist("Set-Cookie")
    assert written.startswith(f"{SEEN}=")


def test_the_session_is_not_written_for_it(clock: Clock) -> None:
    """For a late answer would bring back a session that a logout has emptied."""
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    before = visitor.cookie("session")

    for _ in range(5):
        clock.passes(5 * MINUTE)
        visitor.who()

    assert visitor.cookie("session") == before


def test_without_a_limit_there_is_no_such_cookie(visitor: Visitor) -> None:
    visitor.signs_in("ada")
    visitor.who()

    assert visitor.cookie(SEEN) is None


def test_a_stranger_gets_no_such_cookie(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()

    assert "Set-Cookie" not in visitor.get("/who").headers


def test_it_has_the_session_cookie_s_flags(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    site.app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_PATH="/")
    answer = site.visitor().signs_in("ada")

    (written,) = (each for each in answer.headers.getlist("Set-Cookie") if SEEN in each)
    assert "HttpOnly" in written
    assert "SameSite=Lax" in written
    assert "Expires" not in written


def test_it_is_kept_as_long_as_a_permanent_session(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)

    @site.app.before_request
    def _for_long() -> None:
        session.permanent = True

    answer = site.visitor().signs_in("ada")

    ends = {
        each.partition("=")[0]: parsedate_to_datetime(
            each.partition("Expires=")[2].partition(";")[0]
        )
        for each in answer.headers.getlist("Set-Cookie")
    }
    # A minute longer, for it is not written with each answer, as the session is.
    assert ends[SEEN] - ends["session"] == MINUTE


def test_signing_out_takes_it_away(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    visitor.signs_out()

    assert visitor.cookie(SEEN) is None


def test_who_drops_it_is_not_in_for_ever(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")

    clock.passes(IDLE - SECOND)
    visitor.client.delete_cookie(SEEN)
    assert visitor.who() == "ada"
    clock.passes(IDLE + MINUTE)
    visitor.client.delete_cookie(SEEN)
    assert visitor.who() == "None"


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda value: value[:-1], id="cut"),
        pytest.param(lambda value: "x" + value, id="of another sign-in"),
        pytest.param(lambda value: "ü", id="an odd letter"),
        pytest.param(lambda value: "", id="nothing"),
        pytest.param(lambda value: value.rpartition(".")[0], id="unsigned"),
    ],
)
def test_one_that_was_not_signed_here_says_nothing(clock: Clock, spoilt: Any) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    clock.passes(5 * MINUTE)
    visitor.who()
    value = visitor.cookie(SEEN)
    clock.passes(IDLE - 2 * MINUTE)
    visitor.client.set_cookie(SEEN, spoilt(value))

    assert visitor.who() == "None"


def test_that_of_another_sign_in_keeps_nobody_in(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    ada, bob = site.visitor(), site.visitor()
    ada.signs_in("ada")
    bob.signs_in("bob")
    clock.passes(IDLE)
    bob.who()
    clock.passes(2 * MINUTE)
    ada.client.set_cookie(SEEN, bob.cookie(SEEN) or "")

    assert ada.who() == "None"
    assert bob.who() == "bob"


def test_it_stays_good_when_the_key_is_another(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    visitor = site.visitor()
    visitor.signs_in("ada")
    clock.passes(20 * MINUTE)
    visitor.who()
    site.app.config.update(
        SECRET_KEY="another", SECRET_KEY_FALLBACKS=[site.app.config["SECRET_KEY"]]
    )
    clock.passes(20 * MINUTE)

    assert visitor.who() == "ada"


def test_who_proves_again_is_seen_under_the_new_sign_in(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    before = visitor.cookie(SEEN)
    visitor.post("/again")

    assert visitor.cookie(SEEN) != before


def test_who_is_remembered_comes_back_after_a_rest_and_is_not_fresh(
    clock: Clock,
) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada", remember="yes")
    clock.passes(DAY)

    assert visitor.who() == "ada"
    assert visitor.get("/how").json == {"fresh": False, "remembered": True}


def test_who_is_known_by_the_request_alone_is_given_no_cookie(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    site.manager.request_loader(lambda request: site.people["ada"])
    visitor = site.visitor()

    answer = visitor.get("/who")

    assert (answer.text, answer.headers.getlist("Set-Cookie")) == ("ada", [])


def test_who_is_known_by_the_request_alone_has_no_cookie_taken_away(
    clock: Clock,
) -> None:
    site = a_site(clock, idle=IDLE)
    site.manager.request_loader(lambda request: site.people["ada"])
    visitor = site.visitor()
    visitor.client.set_cookie(SEEN, "left from before")

    assert "Set-Cookie" not in visitor.get("/who").headers


def test_two_kinds_of_people_rest_apart(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    staff = LoginManager(site.app, name="staff")
    staff.clock = clock
    staff.user_loader(site.load)

    @site.app.get("/staff")
    def at_work() -> str:
        return str(staff.current_user.get_id())

    @site.app.post("/staff/in")
    def staff_in() -> str:
        login_user(site.people["bob"], name="staff")
        return "in"

    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.post("/staff/in")
    clock.passes(20 * MINUTE)
    visitor.who()
    clock.passes(20 * MINUTE)

    assert visitor.who() == "ada"
    assert visitor.get("/staff").text == "None"
    assert visitor.cookie("session_seen_staff") is None


# --- At most.


@pytest.mark.parametrize(
    ("after", "who"),
    [
        pytest.param(LIFETIME - SECOND, "ada", id="a second short"),
        pytest.param(LIFETIME, "None", id="on the second"),
    ],
)
def test_who_is_in_for_too_long_is_out_however_busy(
    clock: Clock, after: timedelta, who: str
) -> None:
    visitor = a_site(clock, lifetime=LIFETIME).visitor()
    visitor.signs_in("ada")
    for _ in range(7):
        clock.passes(HOUR)
        visitor.who()
    clock.passes(after - 7 * HOUR)

    assert visitor.who() == who


def test_it_counts_from_the_last_proof(clock: Clock) -> None:
    visitor = a_site(clock, lifetime=LIFETIME).visitor()
    visitor.signs_in("ada")
    clock.passes(7 * HOUR)
    visitor.post("/again")
    clock.passes(7 * HOUR)

    assert visitor.who() == "ada"


def test_who_came_in_without_a_proof_is_out_as_well(clock: Clock) -> None:
    visitor = a_site(clock, lifetime=LIFETIME).visitor()
    visitor.signs_in("ada", stale="yes")
    clock.passes(LIFETIME)

    assert visitor.who() == "None"


def test_the_user_of_an_ended_sign_in_is_not_loaded(clock: Clock) -> None:
    site = a_site(clock, lifetime=LIFETIME)
    visitor = site.visitor()
    visitor.signs_in("ada")
    clock.passes(LIFETIME)
    visitor.who()

    assert site.asked == []


def test_an_ended_sign_in_leaves_nothing_in_the_session(clock: Clock) -> None:
    visitor = a_site(clock, lifetime=LIFETIME, idle=IDLE).visitor()
    visitor.signs_in("ada")
    clock.passes(LIFETIME)
    visitor.who()

    assert visitor.cookie("session") is None
    assert visitor.cookie(SEEN) is None


def test_a_session_that_says_no_time_counts_from_when_it_was_signed(
    clock: Clock,
) -> None:
    visitor = a_site(clock, lifetime=LIFETIME, idle=LIFETIME).visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "eve"

    clock.passes(LIFETIME - SECOND)
    assert visitor.who() == "eve"
    clock.passes(SECOND)
    assert visitor.who() == "None"


def test_a_session_in_a_store_that_says_no_time_counts_from_its_first_request(
    clock: Clock,
) -> None:
    site = a_site(clock, lifetime=LIFETIME)
    site.app.session_interface = KeptInterface()
    site.app.session_interface.kept["_user_id"] = "eve"
    visitor = site.visitor()

    clock.passes(DAY)
    assert visitor.who() == "eve"
    clock.passes(LIFETIME)
    assert visitor.who() == "None"


def test_who_rests_with_a_session_in_a_store_is_out(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    site.app.session_interface = KeptInterface()
    visitor = site.visitor()
    visitor.signs_in("ada")
    clock.passes(IDLE)
    assert visitor.who() == "ada"
    clock.passes(IDLE + MINUTE)

    assert visitor.who() == "None"


# --- Setting them.


@pytest.mark.parametrize("key", ["SIGNET_IDLE", "SIGNET_LIFETIME"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1h", "is '1h'; it should be a timedelta or None."),
        (60, "is 60; it should be a timedelta or None, as timedelta(seconds=60)."),
        (timedelta(0), "is 0:00:00; it should be longer than nothing."),
        (-HOUR, "is -1 day, 23:00:00; it should be longer than nothing."),
    ],
)
def test_a_limit_that_is_none_is_refused(
    clock: Clock, key: str, value: Any, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        Site(clock, **{key: value})

    assert str(caught.value) == f"{key} {said}"


def test_who_came_in_during_this_request_is_not_over(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE, lifetime=LIFETIME)

    with site.app.test_request_context():
        login_user(site.people["eve"])
        confirm_login()

        assert session["_user_id"] == "eve"


# --- What an attack has found.


@pytest.mark.parametrize("permanent", [True, False])
def test_a_page_that_asks_nobody_is_no_use(clock: Clock, permanent: bool) -> None:
    site = a_site(clock, idle=IDLE)

    @site.app.get("/form")
    def form() -> str:
        session["token"] = session.get("token", 0) + 1
        session.permanent = permanent
        return "a form"

    visitor = site.visitor()
    visitor.signs_in("ada")
    for _ in range(10):
        clock.passes(5 * MINUTE)
        visitor.get("/form")

    assert visitor.who() == "None"


def test_who_goes_on_under_another_stamp_is_not_out_for_a_late_answer(
    clock: Clock,
) -> None:
    site = a_site(clock, idle=IDLE)

    @site.app.post("/password")
    @login_required
    def password() -> str:
        ada = site.people["ada"]
        assert isinstance(ada, Member)
        ada.password = "another"
        keep_signed_in(ada)
        return "changed"

    visitor = site.visitor()
    visitor.signs_in("ada")
    for _ in range(3):
        clock.passes(20 * MINUTE)
        visitor.who()
    late = visitor.cookie(SEEN) or ""
    visitor.post("/password")
    visitor.client.set_cookie(SEEN, late)
    clock.passes(MINUTE)

    assert visitor.who() == "ada"


def test_who_came_from_flask_login_without_a_stamp_is_not_out_early(
    clock: Clock,
) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    with visitor.client.session_transaction() as held:
        held.update({"_user_id": "eve", "_fresh": True})

    for _ in range(10):
        clock.passes(10 * MINUTE)
        assert visitor.who() == "eve"


def test_on_the_day_a_limit_is_set_nobody_with_a_session_in_a_store_is_out(
    clock: Clock,
) -> None:
    site = Site(clock)
    site.app.session_interface = store = KeptInterface()
    site.visitor().signs_in("ada")
    clock.passes(DAY)
    limited = a_site(clock, idle=IDLE)
    limited.app.session_interface = store

    assert limited.visitor().who() == "ada"


def test_who_is_stopped_by_a_protection_of_the_application_s_own_is_not_seen(
    clock: Clock,
) -> None:
    class Own(LoginManager[Any]):
        def _session_protection_failed(self) -> bool:
            return True

    site = a_site(clock, idle=IDLE)
    site.manager.__class__ = Own
    visitor = site.visitor()
    visitor.signs_in("ada")
    clock.passes(5 * MINUTE)
    with visitor.client.session_transaction() as held:
        held["_id"] = "of another browser"

    answer = visitor.get("/who")

    assert answer.text == "None"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"_proved": "x"}, id="a text for a time"),
        pytest.param({"_proved": 1.5}, id="a half"),
        pytest.param({"_proved": None}, id="nothing"),
        pytest.param({"_since": []}, id="a list"),
        pytest.param({"_signin": 7}, id="a number for an id"),
    ],
)
def test_what_an_application_has_put_there_ends_all_the_same(
    clock: Clock, keys: dict[str, Any]
) -> None:
    visitor = a_site(clock, idle=IDLE, lifetime=LIFETIME).visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held.update(keys, _permanent=True)

    for _ in range(20):
        clock.passes(25 * MINUTE)
        last = visitor.get("/who")
        assert last.status_code == 200
    assert last.text == "None"


def test_a_time_to_come_is_put_right(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    visitor = site.visitor()
    clock.passes(DAY)
    visitor.signs_in("ada")
    clock.passes(-DAY)
    visitor.who()
    with visitor.client.session_transaction() as held:
        held["_since"] = int(clock().timestamp())
    clock.passes(IDLE + MINUTE)

    assert visitor.who() == "None"


def test_a_cookie_that_is_too_long_is_not_kept_in_memory(clock: Clock) -> None:
    visitor = a_site(clock, idle=IDLE).visitor()
    visitor.signs_in("ada")
    before = limits_room._read_seen.cache_info().misses
    visitor.client.set_cookie(SEEN, "x" * 201)
    visitor.who()

    assert limits_room._read_seen.cache_info().misses == before


def test_a_remember_cookie_of_that_name_is_refused(clock: Clock) -> None:
    site = a_site(clock, idle=IDLE)
    site.app.config["REMEMBER_COOKIE_NAME"] = SEEN

    with pytest.raises(ConfigError, match="the name of two cookies"):
        site.visitor().get("/")


def test_a_session_that_is_signed_without_a_time_has_limits_as_in_a_store(
    clock: Clock,
) -> None:
    class Timeless(SecureCookieSessionInterface):
        def get_signing_serializer(self, app: Flask) -> Any:
            signer = URLSafeSerializer(KEY)
            return SimpleNamespace(
                loads=lambda value, max_age=None, **more: signer.loads(value, **more),
                dumps=signer.dumps,
            )

    site = a_site(clock, idle=IDLE)
    site.app.session_interface = Timeless()
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "eve"

    assert visitor.who() == "eve"
    clock.passes(IDLE + MINUTE)
    assert visitor.who() == "None"
