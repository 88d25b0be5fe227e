"""What somebody gets who may not pass: a message, and the way to the login page."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask_login.utils
import pytest
from flask import Blueprint, Flask, get_flashed_messages, request, session
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from flask_signet import (
    current_user,
    fresh_login_required,
    login_required,
    login_url,
    user_needs_refresh,
    user_unauthorized,
)
from support import Clock, Site, Visitor

LOG_IN = "Please log in to access this page."
PROVE = "Please reauthenticate to access this page."


@pytest.fixture
def telling(site: Site) -> Site:
    """Add a page that shows what people are told."""

    @site.app.get("/told")
    def told() -> list[Any]:
        return [[*each] for each in get_flashed_messages(with_categories=True)]

    @site.app.get("/waits")
    def waits() -> dict[str, Any]:
        return {"next": session.get("next")}

    @site.app.route("/write", methods=["GET", "POST"])
    @login_required
    def write() -> str:
        return "written"

    site.manager.refresh_view = "prove"

    @site.app.get("/prove")
    def prove() -> str:
        return "Is it you?"

    return site


def told(visitor: Visitor) -> Any:
    return visitor.get("/told").json


def stale(site: Site) -> Visitor:
    visitor = site.visitor()
    visitor.signs_in("ada", stale="yes")
    return visitor


# --- The address of a login page.


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("app")

    @app.get("/login")
    def login() -> str:
        return ""

    @app.get("/<kind>/login")
    def login_of(kind: str) -> str:
        return ""

    with app.test_request_context("/secret", base_url="http://site.test"):
        yield app


VIEWS = [
    "login",
    "/login",
    "/login?a=b",
    "/login?a=b&a=c&empty=",
    "/login?next=/old",
    "/login#part",
    "http://site.test/login",
    "https://site.test/login",
    "http://auth.test/login?a=b",
    "//auth.test/login",
]
NEXTS = [
    None,
    "",
    "/secret",
    "/secret?a=b&c=d",
    "/secret?q=é&r=%26",
    "http://site.test/secret?a=b#part",
    "https://site.test/secret",
    "http://auth.test/secret",
    "http://other.test/",
]


@pytest.mark.parametrize("host", [None, "forced.test"])
@pytest.mark.parametrize("next_url", NEXTS)
@pytest.mark.parametrize("view", VIEWS)
def test_flask_login_and_we_make_the_same_address(
    app: Flask, view: str, next_url: str | None, host: str | None
) -> None:
    app.config["FORCE_HOST_FOR_REDIRECTS"] = host

    ours = login_url(view, next_url)

    assert ours == flask_login.utils.login_url(view, next_url)


def test_the_field_of_the_next_page_may_be_called_otherwise(app: Flask) -> None:
    assert login_url("login", "/secret", "back") == "/login?back=%2Fsecret"
    assert login_url("login", "/secret", next_field="n") == "/login?n=%2Fsecret"


def test_a_page_of_the_login_page_s_own_host_is_named_by_its_path(app: Flask) -> None:
    address = login_url("http://site.test/login", "http://site.test/secret?a=b#part")

    assert address == "http://site.test/login?next=%2Fsecret%3Fa%3Db"


def test_a_page_of_another_host_is_named_in_full(app: Flask) -> None:
    address = login_url("http://auth.test/login", "http://site.test/secret")

    asked = parse_qs(urlsplit(address).query)
    assert asked == {"next": ["http://site.test/secret"]}


def test_a_page_that_says_next_itself_comes_back_whole(app: Flask) -> None:
    address = login_url("login", "/secret?next=/other&a=1")

    assert parse_qs(urlsplit(address).query) == {"next": ["/secret?next=/other&a=1"]}


# --- A stranger.


@pytest.mark.parametrize(
    ("view", "sent_to"),
    [
        pytest.param("login", "/login?next=%2Fsecret%3Fa%3Db", id="endpoint"),
        pytest.param("/login", "/login?next=%2Fsecret%3Fa%3Db", id="path"),
        pytest.param("/in?x=y", "/in?x=y&next=%2Fsecret%3Fa%3Db", id="path, query"),
        pytest.param(
            "http://localhost/login",
            "http://localhost/login?next=%2Fsecret%3Fa%3Db",
            id="address on this host",
        ),
        pytest.param(
            "https://auth.test/login",
            "https://auth.test/login?next=http%3A%2F%2Flocalhost%2Fsecret%3Fa%3Db",
            id="address on another",
        ),
    ],
)
def test_a_stranger_is_sent_to_the_login_view_that_the_application_names(
    telling: Site, visitor: Visitor, view: str, sent_to: str
) -> None:
    telling.manager.login_view = view

    answer = visitor.get("/secret?a=b")

    assert answer.status_code == 302
    assert answer.location == sent_to


def test_a_stranger_is_told_why_once(telling: Site, visitor: Visitor) -> None:
    visitor.get("/secret")

    assert told(visitor) == [["message", LOG_IN]]
    assert told(visitor) == []


def test_a_stranger_is_told_in_the_application_s_words(
    telling: Site, visitor: Visitor
) -> None:
    telling.manager.login_message = "Hinein nur mit Schlüssel."
    telling.manager.login_message_category = "warning"

    visitor.get("/secret")

    assert told(visitor) == [["warning", "Hinein nur mit Schlüssel."]]


@pytest.mark.parametrize("message", [None, ""])
def test_a_stranger_is_told_nothing_where_there_is_nothing_to_tell(
    telling: Site, visitor: Visitor, message: str | None
) -> None:
    telling.manager.login_message = message
    telling.manager.localize_callback = str

    answer = visitor.get("/secret")

    assert answer.status_code == 302
    assert "Set-Cookie" not in answer.headers
    assert told(visitor) == []


def test_a_stranger_is_told_in_their_own_language(
    telling: Site, visitor: Visitor
) -> None:
    telling.manager.localize_callback = {LOG_IN: "Bitte anmelden."}.__getitem__

    visitor.get("/secret")

    assert told(visitor) == [["message", "Bitte anmelden."]]


@pytest.mark.parametrize("view", [None, ""])
def test_without_a_login_view_a_stranger_is_refused(
    telling: Site, visitor: Visitor, view: str | None
) -> None:
    telling.manager.login_view = view

    answer = visitor.get("/secret")

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert told(visitor) == []


def test_a_stranger_is_answered_as_the_application_likes(
    telling: Site, visitor: Visitor
) -> None:
    @telling.manager.unauthorized_handler
    def refuse() -> tuple[str, int]:
        return f"Not you, {current_user.get_id()}.", 403

    answer = visitor.get("/secret")

    assert (answer.status_code, answer.text) == (403, "Not you, None.")
    assert told(visitor) == []
    assert telling.manager.unauthorized_callback is refuse


def test_a_view_may_refuse_on_its_own(telling: Site, visitor: Visitor) -> None:
    @telling.app.get("/picky")
    def picky() -> Any:
        return telling.manager.unauthorized()

    assert visitor.get("/picky").location == "/login?next=%2Fpicky"


# --- Somebody whose proof is too old.


def test_who_must_prove_themselves_again_is_sent_to_the_refresh_view(
    telling: Site,
) -> None:
    visitor = stale(telling)

    answer = visitor.get("/fresh?a=b")

    assert answer.status_code == 302
    assert answer.location == "/prove?next=%2Ffresh%3Fa%3Db"
    assert told(visitor) == [["message", PROVE]]


def test_who_must_prove_themselves_again_is_told_in_the_application_s_words(
    telling: Site,
) -> None:
    visitor = stale(telling)
    telling.manager.needs_refresh_message = "Once more, please."
    telling.manager.needs_refresh_message_category = "warning"
    telling.manager.localize_callback = str.upper

    visitor.get("/fresh")

    assert told(visitor) == [["warning", "ONCE MORE, PLEASE."]]


def test_who_must_prove_themselves_again_is_told_nothing_where_nothing_is_to_tell(
    telling: Site,
) -> None:
    visitor = stale(telling)
    telling.manager.needs_refresh_message = None

    visitor.get("/fresh")

    assert told(visitor) == []


def test_without_a_refresh_view_who_must_prove_themselves_again_is_refused(
    telling: Site,
) -> None:
    visitor = stale(telling)
    telling.manager.refresh_view = None

    assert visitor.get("/fresh").status_code == 401
    assert told(visitor) == []


def test_who_must_prove_themselves_again_is_answered_as_the_application_likes(
    telling: Site,
) -> None:
    @telling.manager.needs_refresh_handler
    def refuse() -> tuple[str, int]:
        return f"Is it you, {current_user.get_id()}?", 403

    visitor = stale(telling)
    answer = visitor.get("/fresh")

    assert (answer.status_code, answer.text) == (403, "Is it you, ada?")
    assert told(visitor) == []


def test_a_stranger_on_a_page_for_the_fresh_is_sent_to_the_login_view(
    telling: Site, visitor: Visitor
) -> None:
    assert visitor.get("/fresh").location == "/login?next=%2Ffresh"


def test_who_has_just_proved_it_may_pass(telling: Site, visitor: Visitor) -> None:
    visitor.signs_in("ada")

    assert visitor.get("/fresh").text == "a fresh secret for ada"


# --- A login view of each blueprint.


@pytest.fixture
def housed(telling: Site) -> Site:
    """Add rooms within rooms: shop, shop.staff and shop.staff.night."""
    shop, staff, night, park = (
        Blueprint(name, name) for name in ("shop", "staff", "night", "park")
    )
    for room in (shop, staff, night, park):
        room.add_url_rule(
            "/secret", "secret", login_required(lambda: "a secret of the house")
        )
    staff.register_blueprint(night, url_prefix="/night")
    shop.register_blueprint(staff, url_prefix="/staff")
    telling.app.register_blueprint(shop, url_prefix="/shop")
    telling.app.register_blueprint(park, url_prefix="/park")
    return telling


def door(answer: TestResponse) -> str | int:
    """Tell which login page somebody was sent to, or why to none."""
    if answer.status_code != 302:
        return answer.status_code
    return urlsplit(answer.headers["Location"]).path


@pytest.mark.parametrize(
    ("views", "doors"),
    [
        pytest.param(
            {},
            ["/login", "/login", "/login", "/login"],
            id="none of its own",
        ),
        pytest.param(
            {"shop": "/shop/in"},
            ["/shop/in", "/shop/in", "/shop/in", "/login"],
            id="the outermost, for all within",
        ),
        pytest.param(
            {"shop": "/shop/in", "shop.staff": "/staff/in"},
            ["/shop/in", "/staff/in", "/staff/in", "/login"],
            id="the nearest",
        ),
        pytest.param(
            {"shop.staff.night": "login"},
            ["/login", "/login", "/login", "/login"],
            id="an endpoint",
        ),
        pytest.param(
            {"shop": "/shop/in", "shop.staff": None},
            ["/shop/in", 401, 401, "/login"],
            id="none, and no other",
        ),
        pytest.param(
            {"staff": "/staff/in", "park": "/park/in"},
            ["/login", "/login", "/login", "/park/in"],
            id="by the whole name",
        ),
    ],
)
def test_a_stranger_in_a_blueprint_is_sent_to_the_nearest_login_view(
    housed: Site, visitor: Visitor, views: dict[str, str | None], doors: list[Any]
) -> None:
    housed.manager.blueprint_login_views = views

    found = [
        door(visitor.get(f"{room}/secret"))
        for room in ("/shop", "/shop/staff", "/shop/staff/night", "/park")
    ]

    assert found == doors
    assert door(visitor.get("/secret")) == "/login"


def test_with_views_for_blueprints_alone_the_others_are_refused(
    housed: Site, visitor: Visitor
) -> None:
    housed.manager.login_view = None
    housed.manager.blueprint_login_views = {"shop": "/shop/in"}

    assert door(visitor.get("/shop/staff/secret")) == "/shop/in"
    assert door(visitor.get("/park/secret")) == 401
    assert door(visitor.get("/secret")) == 401


def test_a_blueprint_s_own_endpoint_may_be_named_from_within(
    telling: Site, visitor: Visitor
) -> None:
    room = Blueprint("room", "room", url_prefix="/room")
    room.add_url_rule("/in", "login", lambda: "Who are you?")
    room.add_url_rule("/secret", "secret", login_required(lambda: "a secret"))
    telling.app.register_blueprint(room)
    telling.manager.blueprint_login_views = {"room": ".login"}

    assert visitor.get("/room/secret").location == "/room/in?next=%2Froom%2Fsecret"


# --- Where the page asked for is kept.


@pytest.mark.parametrize(
    ("method", "query"), [("GET", "?next=%2Fwrite"), ("HEAD", "?next=%2Fwrite")]
)
def test_a_page_asked_for_is_in_the_login_page_s_address(
    telling: Site, visitor: Visitor, method: str, query: str
) -> None:
    answer = visitor.client.open("/write", method=method)

    assert answer.location == f"/login{query}"
    assert visitor.get("/waits").json == {"next": None}


def test_what_was_sent_by_a_form_is_no_page_to_come_back_to(
    telling: Site, visitor: Visitor
) -> None:
    answer = visitor.post("/write", data={"text": "lost"})

    assert answer.status_code == 302
    assert answer.location == "/login"
    assert told(visitor) == [["message", LOG_IN]]


@pytest.fixture
def waiting(telling: Site) -> Site:
    telling.app.config["USE_SESSION_FOR_NEXT"] = True
    return telling


def test_a_page_asked_for_may_wait_in_the_session(
    waiting: Site, visitor: Visitor
) -> None:
    answer = visitor.get("/secret?a=b")

    assert (answer.status_code, answer.location) == (302, "/login")
    assert visitor.get("/waits").json == {"next": "/secret?a=b"}
    assert told(visitor) == [["message", LOG_IN]]


def test_a_page_for_the_fresh_waits_in_the_session_too(waiting: Site) -> None:
    visitor = stale(waiting)

    answer = visitor.get("/fresh?a=b")

    assert answer.location == "/prove"
    assert visitor.get("/waits").json == {"next": "/fresh?a=b"}


def test_for_a_login_page_elsewhere_the_whole_address_waits(
    waiting: Site, visitor: Visitor
) -> None:
    waiting.manager.login_view = "https://auth.test/login"

    assert visitor.get("/secret").location == "https://auth.test/login"
    assert visitor.get("/waits").json == {"next": "http://localhost/secret"}


def test_what_was_sent_by_a_form_does_not_wait(waiting: Site, visitor: Visitor) -> None:
    assert visitor.post("/write").location == "/login"
    assert visitor.get("/waits").json == {"next": None}


def test_what_was_sent_by_a_form_does_not_take_the_place_of_the_page_that_waits(
    waiting: Site, visitor: Visitor
) -> None:
    visitor.get("/secret")
    visitor.post("/write")

    assert visitor.get("/waits").json == {"next": "/secret"}


def test_a_setting_that_is_off_keeps_the_session_out_of_it(
    telling: Site, visitor: Visitor
) -> None:
    telling.app.config["USE_SESSION_FOR_NEXT"] = False

    assert visitor.get("/secret").location == "/login?next=%2Fsecret"
    assert visitor.get("/waits").json == {"next": None}


# --- The host of the login page.


def test_a_stranger_is_sent_to_the_host_that_the_application_forces(
    clock: Clock,
) -> None:
    site = Site(clock, FORCE_HOST_FOR_REDIRECTS="good.test")

    answer = site.visitor().get("/secret", base_url="http://evil.test")

    assert answer.location == "//good.test/login?next=%2Fsecret"


def test_a_forced_host_takes_the_place_of_that_of_an_address(clock: Clock) -> None:
    site = Site(clock, FORCE_HOST_FOR_REDIRECTS="good.test:8080")
    site.manager.login_view = "https://auth.test/login"

    answer = site.visitor().get("/secret")

    assert urlsplit(answer.headers["Location"]).netloc == "good.test:8080"
    assert urlsplit(answer.headers["Location"]).scheme == "https"


def test_a_host_slipped_in_is_in_no_answer(site: Site, visitor: Visitor) -> None:
    answer = visitor.get("/secret", base_url="http://evil.test")

    assert "evil.test" not in str(answer.headers)


@pytest.mark.parametrize("in_session", [False, True])
def test_a_forced_host_is_forced_where_there_is_no_page_to_come_back_to(
    telling: Site, visitor: Visitor, in_session: bool
) -> None:
    telling.app.config["FORCE_HOST_FOR_REDIRECTS"] = "good.test"
    telling.app.config["USE_SESSION_FOR_NEXT"] = in_session

    assert visitor.post("/write").location == "//good.test/login"


def test_a_forced_host_is_forced_where_the_page_waits_in_the_session(
    waiting: Site, visitor: Visitor
) -> None:
    waiting.app.config["FORCE_HOST_FOR_REDIRECTS"] = "good.test"

    assert visitor.get("/secret").location == "//good.test/login"
    assert visitor.get("/waits").json == {"next": "/secret"}


@pytest.mark.parametrize("in_session", [False, True])
def test_a_host_slipped_in_is_not_told_to_a_login_page_elsewhere(
    clock: Clock, in_session: bool
) -> None:
    site = Site(
        clock,
        SIGNET_SITE_ORIGIN="https://good.test",
        USE_SESSION_FOR_NEXT=in_session,
    )
    site.manager.login_view = "https://auth.test/login"

    @site.app.get("/waits")
    def waits() -> str:
        return str(session.get("next"))

    visitor = site.visitor()
    sent = visitor.get("/secret?a=b", base_url="http://evil.test").location or ""

    asked = parse_qs(urlsplit(sent).query)
    waited = visitor.get("/waits", base_url="http://evil.test").text
    told = {"next": ["https://good.test/secret?a=b"]}
    assert asked == ({} if in_session else told)
    assert waited == ("https://good.test/secret?a=b" if in_session else "None")


@pytest.mark.parametrize("host", ["[", "[::1", "x:abc", "[::1]:99999", "\x00", "a b"])
@pytest.mark.parametrize("path", ["/", "/who", "/secret"])
def test_a_host_that_is_none_is_no_fault(site: Site, host: str, path: str) -> None:
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    environ = EnvironBuilder(path).get_environ() | {"HTTP_HOST": host}

    _, status, headers = run_wsgi_app(site.app, environ)

    assert not status.startswith("500")
    assert "evil" not in str(headers)


def test_a_host_that_an_older_werkzeug_cannot_read_is_no_fault(
    site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: str) -> str:
        raise ValueError("Invalid IPv6 URL")

    monkeypatch.setattr("flask_signet.answers.iri_to_uri", stumble)

    assert visitor.get("/secret").location == "/login"


# --- Who hears of it.


@pytest.fixture
def heard(telling: Site) -> Iterator[list[tuple[str, object]]]:
    """Listen to both signals: what was heard, and from which application."""
    notes: list[tuple[str, object]] = []

    def stranger(app: Flask, **more: object) -> None:
        notes.append(("stranger", app))
        assert more == {}

    def too_old(app: Flask, **more: object) -> None:
        notes.append(("too old", app))
        assert more == {}

    with user_unauthorized.connected_to(stranger):
        user_needs_refresh.connect(too_old)
        yield notes
    user_needs_refresh.disconnect(too_old)


def no_view(site: Site) -> None:
    site.manager.login_view = site.manager.refresh_view = None


def own_handlers(site: Site) -> None:
    site.manager.unauthorized_handler(lambda: "no")
    site.manager.needs_refresh_handler(lambda: "no")


def as_it_is(site: Site) -> None:
    """Change nothing."""


@pytest.mark.parametrize("prepare", [as_it_is, no_view, own_handlers])
def test_listeners_hear_of_every_refusal_however_it_is_answered(
    telling: Site,
    heard: list[tuple[str, object]],
    prepare: Callable[[Site], None],
) -> None:
    prepare(telling)

    telling.visitor().get("/secret")
    telling.visitor().get("/fresh")
    stale(telling).get("/fresh")

    assert heard == [
        ("stranger", telling.app),
        ("stranger", telling.app),
        ("too old", telling.app),
    ]


def test_listeners_hear_nothing_of_who_may_pass(
    telling: Site, visitor: Visitor, heard: list[tuple[str, object]]
) -> None:
    visitor.signs_in("ada")
    visitor.get("/secret")
    visitor.get("/fresh")
    visitor.get("/")

    assert heard == []


def test_a_listener_may_ask_who_is_refused(telling: Site) -> None:
    seen: list[Any] = []

    def listen(app: Flask) -> None:
        seen.append(current_user.get_id())

    visitor = stale(telling)
    with user_needs_refresh.connected_to(listen):
        visitor.get("/fresh")

    assert seen == ["ada"]


# --- A hook that guards many pages at once.


@pytest.mark.parametrize("guard", [login_required, fresh_login_required])
def test_a_guarded_hook_sends_strangers_to_the_login_page(
    site: Site, guard: Callable[[Any], Any]
) -> None:
    room = Blueprint("room", "room", url_prefix="/room")
    room.before_request(guard(lambda: None))
    room.add_url_rule("/a", "a", lambda: "a")
    site.app.register_blueprint(room)
    stranger, ada = site.visitor(), site.visitor()
    ada.signs_in("ada")

    assert stranger.get("/room/a?b=c").location == "/login?next=%2Froom%2Fa%3Fb%3Dc"
    assert ada.get("/room/a").text == "a"


# --- Programs, and parts of pages.


PROGRAMS = [
    pytest.param({"Accept": "application/json"}, id="accepts JSON"),
    pytest.param({"Accept": "application/json, text/plain, */*"}, id="as axios"),
    pytest.param({"Accept": "text/html;q=0.5, application/json"}, id="JSON rather"),
    pytest.param({"X-Requested-With": "XMLHttpRequest"}, id="XMLHttpRequest"),
    pytest.param({"Sec-Fetch-Mode": "cors"}, id="fetch"),
    pytest.param({"Content-Type": "application/json"}, id="sends JSON"),
]

PERSONS = [
    pytest.param({}, id="says nothing"),
    pytest.param({"Accept": "*/*"}, id="curl"),
    pytest.param({"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"}, id="browser"),
    pytest.param({"Accept": "text/html, application/json"}, id="both alike"),
    pytest.param({"Sec-Fetch-Mode": "navigate"}, id="goes to a page"),
]


@pytest.mark.parametrize("headers", PROGRAMS)
def test_a_program_is_told_in_its_own_words(
    site: Site, visitor: Visitor, headers: dict[str, str]
) -> None:
    answer = visitor.get("/secret", headers=headers)

    assert answer.status_code == 401
    assert answer.json == {
        "error": "login_required",
        "login_url": "/login",
        "message": "Please log in to access this page.",
    }
    assert "WWW-Authenticate" not in answer.headers
    assert visitor.cookie("session") is None


@pytest.mark.parametrize("headers", PERSONS)
def test_a_person_is_sent_to_the_login_page(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    answer = visitor.get("/secret", headers=headers)

    assert answer.location == "/login?next=%2Fsecret"


def test_a_program_whose_proof_is_too_old_is_told_so(
    site: Site, visitor: Visitor
) -> None:
    site.manager.refresh_view = "/again"
    visitor.signs_in("ada", stale="yes")

    answer = visitor.get("/fresh", headers={"Accept": "application/json"})

    assert answer.status_code == 401
    assert answer.json == {
        "error": "insufficient_user_authentication",
        "login_url": "/again",
        "message": "Please reauthenticate to access this page.",
    }


@pytest.mark.parametrize("view", [None, "login"])
def test_a_program_is_told_what_to_show_instead(
    site: Site, visitor: Visitor, view: str | None
) -> None:
    site.manager.login_view = view
    site.manager.login_message = None
    site.manager.www_authenticate = 'Bearer realm="api"'

    answer = visitor.get("/secret", headers={"Accept": "application/json"})

    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer.json == {
        "error": "login_required",
        "login_url": view and "/login",
        "message": None,
    }


def test_a_refusal_without_a_login_page_says_what_is_asked_for(
    site: Site, visitor: Visitor
) -> None:
    site.manager.login_view = None
    site.manager.www_authenticate = "Bearer"

    answer = visitor.get("/secret")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("challenge", [None, "Bearer"])
def test_htmx_goes_to_the_login_page_and_puts_it_in_no_part_of_another(
    site: Site, visitor: Visitor, challenge: str | None
) -> None:
    site.manager.www_authenticate = challenge

    answer = visitor.get(
        "/secret", headers={"HX-Request": "true", "Sec-Fetch-Mode": "cors"}
    )

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login?next=%2Fsecret"
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert answer.text == ""


# --- Messages, and views that depend on the request.


def test_fifty_refusals_are_told_once(site: Site, visitor: Visitor) -> None:
    for _ in range(50):
        visitor.get("/secret")

    with visitor.client.session_transaction() as held:
        assert len(held["_flashes"]) == 1


class Later:
    """A text that is put into words when it is printed."""

    def __str__(self) -> str:
        return "Identifiez-vous."


@pytest.mark.parametrize("message", [Later(), "in English"])
def test_a_text_that_is_put_into_words_late_is_told(
    site: Site, visitor: Visitor, message: Any
) -> None:
    site.manager.login_message = message
    if isinstance(message, str):
        site.manager.localize_callback = lambda _: Later()  # type: ignore[return-value, assignment]

    visitor.get("/secret")

    with visitor.client.session_transaction() as held:
        assert [*held["_flashes"][0]] == ["message", "Identifiez-vous."]


def test_a_login_page_may_depend_on_the_request(site: Site, visitor: Visitor) -> None:
    site.manager.login_view = lambda: f"/{request.host.partition('.')[0]}/in"

    answer = visitor.get("/secret", base_url="http://shop.test")

    assert answer.location == "/shop/in?next=%2Fsecret"


# --- Credentials that go before a cookie.


@pytest.mark.parametrize(
    ("first", "who"), [(True, "bob"), (False, "ada")], ids=["key first", "cookie first"]
)
def test_a_key_goes_before_a_cookie_where_that_is_said(
    site: Site, visitor: Visitor, first: bool, who: str
) -> None:
    site.manager.request_loader(lambda asked: site.people.get(asked.headers.get("Key")))
    site.manager.request_first = first
    visitor.signs_in("ada")

    answer = visitor.get("/who", headers={"Key": "bob"})

    assert answer.text == who
    assert visitor.who() == "ada"
    assert "Set-Cookie" not in answer.headers
