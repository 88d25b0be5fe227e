"""The page about other extensions: its code runs with them, all it says is tried."""

import re
import runpy
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import socketio as protocol
from flask import Flask, redirect
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView
from flask_babel import Babel
from flask_caching import Cache
from flask_cors import cross_origin
from flask_restful import Api, Resource
from flask_socketio import SocketIO, SocketIOTestClient
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    UserMixin,
    current_user,
    get_user,
    keep_signed_in,
    login_required,
    login_user,
    logout_user,
    safe_next,
)

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "howto" / "with-other-extensions.md"

documents = runpy.run_path(str(ROOT / "tests" / "documents.py"))
PIECES = [*documents["pieces"](PAGE, "python")]
(
    CACHE,
    CACHE_FOR_STRANGERS,
    LIMITER,
    ADMIN,
    SOCKETS,
    SOCKET_EVENT,
    RESTFUL,
    CORS,
    CORS_FOR_ALL,
) = range(9)
"""The page's pieces of Python, in their order."""

PROGRAM = {"Accept": "application/json"}
SHOP = {"Origin": "https://shop.example.org"}
SCRIPT = {**SHOP, "Sec-Fetch-Mode": "cors"}
PREFLIGHT = {**SHOP, "Access-Control-Request-Method": "POST"}

View = Callable[[], str]

db = SQLAlchemy()


class Person(db.Model, UserMixin):
    id: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
    is_staff: Mapped[bool]

    def get_auth_stamp(self) -> str:
        return self.password


class Stage:
    """An application with ada, who is staff, and bob, who is not."""

    def __init__(self) -> None:
        app = Flask("stage")
        app.config.update(
            SECRET_KEY="key", TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://"
        )
        db.init_app(app)
        self.app = app
        self.manager = LoginManager(app)
        self.manager.user_loader(lambda key: db.session.get(Person, key))
        self.asked: list[str] = []
        self.names: dict[str, Any] = {
            "__name__": "stage",
            "app": app,
            "db": db,
            "login_manager": self.manager,
            "User": Person,
        }
        add_doors(app)
        with app.app_context():
            db.create_all()
            db.session.add(Person(id="ada", password="one", is_staff=True))
            db.session.add(Person(id="bob", password="two", is_staff=False))
            db.session.commit()

    def reads(self, *numbers: int) -> None:
        """Run these pieces of the page, as if they stood in one file."""
        for number in numbers:
            piece = PIECES[number]
            exec(compile(piece.text, f"{PAGE}:{piece.line}", "exec"), self.names)

    def view(self, view: Callable[..., Any], **options: Any) -> str:
        """Put a view beside the page's, made as the page says one should not."""
        self.app.add_url_rule("/wrong", "wrong", view, **options)
        return "/wrong"

    @property
    def stranger(self) -> FlaskClient:
        return self.app.test_client()

    def has(self, person: str) -> FlaskClient:
        """Open a browser in which this person is signed in."""
        client = self.app.test_client()
        client.post(f"/in/{person}")
        return client


def add_doors(app: Flask) -> None:
    @app.post("/in/<person>")
    def sign_in(person: str) -> ResponseReturnValue:
        login_user(db.session.get(Person, person))
        return redirect(safe_next("/"))

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.post("/password")
    def password() -> str:
        current_user.password = "a new one"
        db.session.commit()
        keep_signed_in(current_user)
        return "changed"

    @app.get("/who")
    def who() -> str:
        return str(current_user.get_id())


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    with stage.app.app_context():
        db.engine.dispose()


@pytest.fixture
def letter() -> View:
    """Write a view. Each test has its own, for a guard over it leaves a mark on it."""

    def letter() -> str:
        return f"Dear {current_user.id}"

    return letter


def test_the_page_names_the_releases_that_it_was_run_with() -> None:
    named = re.findall(r"(Flask-\w+)\s([\d.]+\d)", documents["read"](PAGE))

    assert len(named) == 6
    assert [
        name for name, release in named if not version(name).startswith(release)
    ] == []


def test_every_piece_of_the_page_is_tried_here() -> None:
    assert len(PIECES) == CORS_FOR_ALL + 1


# Flask-Caching ----------------------------------------------------------------------


def test_each_person_is_shown_their_own_report(stage: Stage) -> None:
    stage.reads(CACHE)
    ada, bob = stage.has("ada"), stage.has("bob")

    assert ada.get("/report?month=5").text == "Month 5, for ada."
    assert bob.get("/report?month=5").text == "Month 5, for bob."
    assert ada.get("/report?month=5").text == "Month 5, for ada."


def test_the_report_is_kept_though_it_is_kept_from_other_caches(stage: Stage) -> None:
    stage.reads(CACHE)
    ada = stage.has("ada")
    first = ada.get("/report")
    stage.names["current_user"] = None  # who runs the view again stumbles

    again = ada.get("/report")

    assert again.text == first.text
    assert again.headers["Cache-Control"] == "no-store"


def test_a_stranger_is_shown_no_report_that_is_kept(stage: Stage) -> None:
    stage.reads(CACHE)
    stage.has("ada").get("/report")

    assert stage.stranger.get("/report").status_code == 401


def test_each_month_has_a_report_of_its_own(stage: Stage) -> None:
    stage.reads(CACHE)
    ada = stage.has("ada")

    assert ada.get("/report?month=5").text == "Month 5, for ada."
    assert ada.get("/report?month=6").text == "Month 6, for ada."


def test_a_cache_above_the_guard_shows_strangers_what_ada_was_shown(
    stage: Stage, letter: View
) -> None:
    stage.reads(CACHE)
    wrong = stage.view(stage.names["cache"].cached()(login_required(letter)))
    stage.has("ada").get(wrong)

    assert stage.stranger.get(wrong).text == "Dear ada"


def test_a_cache_above_the_guard_shows_ada_what_a_stranger_was_told(
    stage: Stage, letter: View
) -> None:
    stage.reads(CACHE)
    wrong = stage.view(stage.names["cache"].cached()(login_required(letter)))
    stage.stranger.get(wrong)

    assert stage.has("ada").get(wrong).status_code == 401


def test_under_the_guard_but_with_one_key_bob_is_shown_adas_letter(
    stage: Stage, letter: View
) -> None:
    stage.reads(CACHE)
    wrong = stage.view(login_required(stage.names["cache"].cached()(letter)))
    stage.has("ada").get(wrong)

    assert stage.has("bob").get(wrong).text == "Dear ada"
    assert stage.stranger.get(wrong).status_code == 401


def test_news_are_kept_for_strangers_alone(stage: Stage) -> None:
    stage.reads(CACHE, CACHE_FOR_STRANGERS)
    ada, stranger = stage.has("ada"), stage.stranger

    assert ada.get("/news").text == "News for ada."
    assert stranger.get("/news").text == "News."
    assert ada.get("/news").text == "News for ada."
    assert stage.has("bob").get("/news").text == "News for bob."


def test_a_user_does_not_count_as_true_for_unless(stage: Stage, letter: View) -> None:
    stage.reads(CACHE)
    cache: Cache = stage.names["cache"]
    wrong = stage.view(cache.cached(unless=get_user)(letter))
    stage.has("ada").get(wrong)

    assert stage.stranger.get(wrong).text == "Dear ada"


# Flask-Limiter ----------------------------------------------------------------------


def asks(client: FlaskClient, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_one_office_has_as_many_allowances_as_people(stage: Stage) -> None:
    stage.reads(LIMITER)
    ada, bob = stage.has("ada"), stage.has("bob")

    assert asks(ada, "/search", 21) == [200] * 20 + [429]
    assert asks(bob, "/search", 21) == [200] * 20 + [429]


def test_a_person_with_many_addresses_has_one(stage: Stage) -> None:
    stage.reads(LIMITER)
    ada = stage.has("ada")
    asks(ada, "/search", 20)
    ada.environ_base["REMOTE_ADDR"] = "198.51.100.9"

    assert ada.get("/search").status_code == 429


def test_strangers_who_knock_are_counted_by_address(stage: Stage) -> None:
    stage.reads(LIMITER)
    asks(stage.stranger, "/search", 20)
    elsewhere = stage.stranger
    elsewhere.environ_base["REMOTE_ADDR"] = "198.51.100.9"

    assert stage.stranger.get("/search").status_code == 429
    assert elsewhere.get("/search").status_code == 401


def test_under_the_guard_strangers_are_not_counted(stage: Stage, letter: View) -> None:
    stage.reads(LIMITER)
    limit = stage.names["limiter"].limit("1 per minute")
    wrong = stage.view(login_required(limit(letter)))

    assert asks(stage.stranger, wrong, 3) == [401] * 3
    assert asks(stage.has("ada"), wrong, 2) == [200, 429]


def test_the_login_form_is_counted_by_address_for_whoever_is_in(stage: Stage) -> None:
    stage.reads(LIMITER)
    ada, bob = stage.has("ada"), stage.has("bob")

    tries = [ada.post("/login").status_code for _ in range(5)]

    assert tries == [401] * 5
    assert bob.post("/login").status_code == 429


def test_a_person_called_like_an_address_has_an_allowance_of_their_own(
    stage: Stage,
) -> None:
    stage.reads(LIMITER)
    with stage.app.app_context():
        db.session.add(Person(id="127.0.0.1", password="three", is_staff=False))
        db.session.commit()
    asks(stage.stranger, "/search", 20)

    assert stage.has("127.0.0.1").get("/search").status_code == 200


def test_to_count_by_person_is_to_ask_who_is_there(stage: Stage) -> None:
    stage.reads(LIMITER)
    limit = stage.names["limiter"].limit("1 per minute")
    page = stage.view(limit(lambda: "hello"))

    assert stage.stranger.get(page).headers["Vary"] == "Cookie"


def test_with_default_limits_every_page_asks(stage: Stage) -> None:
    stage.app.config["RATELIMIT_DEFAULT"] = "100 per minute"
    stage.reads(LIMITER)
    page = stage.view(lambda: "hello")

    assert stage.stranger.get(page).headers["Vary"] == "Cookie"


# Flask-Admin ------------------------------------------------------------------------


@pytest.fixture
def office(stage: Stage) -> Stage:
    Babel(stage.app)  # once Flask-Babel is installed, Flask-Admin wants it
    stage.manager.login_view = "/in/ada"
    stage.reads(ADMIN)
    return stage


@pytest.mark.parametrize("page", ["/admin/", "/admin/person/"])
def test_staff_are_let_in(office: Stage, page: str) -> None:
    answer = office.has("ada").get(page)

    assert answer.status_code == 200
    assert answer.headers["Vary"] == "Cookie"
    assert "Cache-Control" not in answer.headers


@pytest.mark.parametrize("page", ["/admin/", "/admin/person/"])
def test_others_are_told_that_they_may_not(office: Stage, page: str) -> None:
    assert office.has("bob").get(page).status_code == 403


def test_strangers_sign_in_and_are_where_they_wanted_to_be(office: Stage) -> None:
    client = office.stranger

    asked = client.get("/admin/person/").location

    assert asked == "/in/ada?next=%2Fadmin%2Fperson%2F"
    assert client.post(asked).location == "/admin/person/"


def test_a_program_in_the_office_gets_401(office: Stage) -> None:
    answer = office.stranger.get("/admin/person/", headers=PROGRAM)

    assert answer.status_code == 401
    assert answer.json


def test_with_is_accessible_alone_strangers_get_403(office: Stage) -> None:
    del office.names["StaffOnly"].inaccessible_callback

    assert office.stranger.get("/admin/").status_code == 403


def test_the_front_page_is_open_without_a_view_of_its_own(office: Stage) -> None:
    Admin(office.app, index_view=AdminIndexView(url="/front", endpoint="front"))

    assert office.stranger.get("/front/").status_code == 200


def test_behind_flask_admins_own_class_the_guard_is_not_asked(office: Stage) -> None:
    guard: Any = office.names["StaffOnly"]
    view = type("Open", (AdminIndexView, guard), {})(url="/open", endpoint="open")
    Admin(office.app, index_view=view)

    assert office.stranger.get("/open/").status_code == 200


# Flask-SocketIO ---------------------------------------------------------------------


@pytest.fixture
def hall(stage: Stage) -> Stage:
    stage.reads(SOCKETS, SOCKET_EVENT)
    return stage


def socket_of(stage: Stage, client: FlaskClient) -> SocketIOTestClient:
    socketio: SocketIO = stage.names["socketio"]
    return socketio.test_client(stage.app, flask_test_client=client)


def orders(socket: SocketIOTestClient) -> Any:
    return socket.emit("order", "tea", callback=True)


def test_a_stranger_has_no_socket(hall: Stage) -> None:
    assert not socket_of(hall, hall.stranger).is_connected()


def test_in_an_event_ada_is_ada(hall: Stage) -> None:
    socket = socket_of(hall, hall.has("ada"))

    assert orders(socket) == "tea for ada"


def test_each_event_loads_the_user_anew(hall: Stage) -> None:
    socket = socket_of(hall, hall.has("ada"))
    with hall.app.app_context():
        db.session.delete(db.session.get(Person, "ada"))
        db.session.commit()

    orders(socket)

    assert not socket.is_connected()


def test_who_signs_out_has_no_sockets_left_in_any_browser(hall: Stage) -> None:
    laptop, phone = hall.has("ada"), hall.has("ada")
    sockets = [socket_of(hall, laptop), socket_of(hall, phone)]
    others = socket_of(hall, hall.has("bob"))

    laptop.post("/out")

    assert [socket.is_connected() for socket in sockets] == [False, False]
    assert orders(others) == "tea for bob"
    assert [*hall.names["sockets"].values()] == ["bob"]


def test_a_stranger_who_signs_out_takes_nobody_with_them(hall: Stage) -> None:
    socket = socket_of(hall, hall.has("ada"))

    hall.stranger.post("/out")

    assert orders(socket) == "tea for ada"


def test_left_open_a_socket_outlives_the_logout(hall: Stage) -> None:
    client = hall.has("ada")
    socket = socket_of(hall, client)
    hall.names["sockets"].clear()

    client.post("/out")

    assert orders(socket) == "tea for ada"


def test_what_is_sent_to_everybody_asks_nobody(hall: Stage) -> None:
    client = hall.has("ada")
    socket = socket_of(hall, client)
    hall.names["sockets"].clear()
    client.post("/out")

    hall.names["socketio"].emit("news", "secret")

    (received,) = socket.get_received()
    assert received["args"] == ["secret"]


def test_after_a_new_password_a_socket_connects_again(hall: Stage) -> None:
    client = hall.has("ada")
    before = socket_of(hall, client)

    client.post("/password")
    orders(before)

    assert client.get("/who").text == "ada"
    assert not before.is_connected()
    assert orders(socket_of(hall, client)) == "tea for ada"


def test_an_event_signs_nobody_out(hall: Stage) -> None:
    client = hall.has("ada")
    socket = socket_of(hall, client)
    hall.names["socketio"].on("leave")(logout_user)

    socket.emit("leave")

    assert client.get("/who").text == "ada"


def test_a_guard_over_an_event_keeps_strangers_out_by_an_error(
    hall: Stage, letter: View
) -> None:
    socket = socket_of(hall, hall.has("ada"))
    hall.names["socketio"].on("guarded")(login_required(letter))
    assert socket.emit("guarded", callback=True) == "Dear ada"
    hall.manager.user_loader(lambda key: None)

    with pytest.raises(Exception, match="401"):
        socket.emit("guarded", callback=True)


def test_with_a_login_page_the_refusal_is_dropped(hall: Stage, letter: View) -> None:
    socket = socket_of(hall, hall.has("ada"))
    hall.names["socketio"].on("guarded")(login_required(letter))
    hall.manager.login_view = "/in/ada"
    hall.manager.user_loader(lambda key: None)

    socket.emit("guarded")

    assert socket.get_received() == []
    assert socket.is_connected()


@pytest.fixture
def server(hall: Stage) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", 0, hall.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_over_a_real_websocket_the_logout_hangs_up(
    hall: Stage, server: BaseWSGIServer
) -> None:
    client = hall.has("ada")
    cookie = client.get_cookie("session")
    assert cookie
    hung_up = Event()
    socket = protocol.Client(reconnection=False)
    socket.on("disconnect", lambda *reason: hung_up.set())
    socket.connect(
        f"http://127.0.0.1:{server.server_port}",
        headers={"Cookie": f"session={cookie.value}"},
        transports=["websocket"],
    )
    assert socket.call("order", "tea", timeout=10) == "tea for ada"

    client.post("/out")

    assert hung_up.wait(10)
    socket.disconnect()


# Flask-RESTful ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="says nothing"),
        pytest.param({"Accept": "text/html"}, id="a page"),
        pytest.param(PROGRAM, id="JSON"),
        pytest.param({"HX-Request": "true"}, id="htmx"),
    ],
)
def test_an_api_answers_strangers_with_401_and_json(
    stage: Stage, headers: dict[str, str]
) -> None:
    stage.manager.login_view = "/in/ada"
    stage.reads(RESTFUL)

    answer = stage.stranger.get("/api/letter", headers=headers)

    assert answer.status_code == 401
    assert answer.is_json
    assert answer.json["message"]


def test_it_answers_ada_with_her_letter(stage: Stage) -> None:
    stage.reads(RESTFUL)

    assert stage.has("ada").get("/api/letter").json == {"to": "ada"}


def test_a_second_api_is_for_everybody(stage: Stage) -> None:
    stage.reads(RESTFUL)
    Api(stage.app).add_resource(Open, "/open")

    assert stage.stranger.get("/open").json == {"to": "all"}
    assert stage.stranger.get("/api/letter").status_code == 401


def test_outside_of_the_api_strangers_are_sent_to_the_login_page(
    stage: Stage, letter: View
) -> None:
    stage.manager.login_view = "/in/ada"
    stage.reads(RESTFUL)
    page = stage.view(login_required(letter))

    assert stage.stranger.get(page).location == "/in/ada?next=%2Fwrong"


class Open(Resource):
    def get(self) -> dict[str, str]:
        return {"to": "all"}


class Guarded(Resource):
    method_decorators = [login_required]  # noqa: RUF012 (as Flask-RESTful has it)

    def get(self) -> dict[str, str]:
        return {"to": current_user.id}


@pytest.mark.parametrize("login_view", [None, "/in/ada"])
def test_a_guard_over_methods_keeps_strangers_out(
    stage: Stage, login_view: str | None
) -> None:
    stage.manager.login_view = login_view
    Api(stage.app).add_resource(Guarded, "/guarded")

    assert stage.has("ada").get("/guarded").json == {"to": "ada"}
    assert stage.stranger.get("/guarded").status_code in {302, 401}


def test_a_guard_over_methods_tells_a_program_401(stage: Stage) -> None:
    stage.app.testing = False
    Api(stage.app).add_resource(Guarded, "/guarded")

    answer = stage.stranger.get("/guarded", headers=PROGRAM)

    assert answer.status_code == 401


# Flask-Cors -------------------------------------------------------------------------


def may_read(answer: TestResponse) -> bool:
    """Tell whether a browser lets the shop's scripts read this."""
    return (
        answer.headers.get("Access-Control-Allow-Origin") == SHOP["Origin"]
        and answer.headers.get("Access-Control-Allow-Credentials") == "true"
    )


def test_the_shop_reads_adas_cart(stage: Stage) -> None:
    stage.reads(CORS)

    answer = stage.has("ada").get("/cart", headers=SCRIPT)

    assert answer.text == "The cart of ada."
    assert may_read(answer)


@pytest.mark.parametrize("login_view", [None, "/in/ada"])
def test_the_shop_is_told_that_nobody_is_in(
    stage: Stage, login_view: str | None
) -> None:
    stage.manager.login_view = login_view
    stage.reads(CORS)

    answer = stage.stranger.get("/cart", headers=SCRIPT)

    assert answer.status_code == 401
    assert may_read(answer)


def test_the_shop_may_post(stage: Stage) -> None:
    stage.reads(CORS)

    assert may_read(stage.stranger.options("/cart", headers=PREFLIGHT))
    assert may_read(stage.has("ada").post("/cart", headers=SCRIPT))
    assert stage.has("ada").post("/cart", headers=SCRIPT).status_code == 200


def test_another_site_may_not(stage: Stage) -> None:
    stage.reads(CORS)

    answer = stage.has("ada").get("/cart", headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_under_the_guard_neither_refusal_nor_preflight_can_be_read(
    stage: Stage, letter: View
) -> None:
    cors = cross_origin(origins=[SHOP["Origin"]], supports_credentials=True)
    wrong = stage.view(login_required(cors(letter)), methods=["GET", "POST"])

    assert may_read(stage.has("ada").get(wrong, headers=SCRIPT))
    assert not may_read(stage.stranger.get(wrong, headers=SCRIPT))
    assert not may_read(stage.stranger.options(wrong, headers=PREFLIGHT))


def test_without_origins_every_site_reads_adas_letter(
    stage: Stage, letter: View
) -> None:
    cors = cross_origin(supports_credentials=True)
    wrong = stage.view(cors(login_required(letter)))

    answer = stage.has("ada").get(wrong, headers={"Origin": "https://evil.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://evil.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@pytest.mark.parametrize(
    ("numbers", "is_read"),
    [
        pytest.param([CORS], False, id="over the view"),
        pytest.param([CORS, CORS_FOR_ALL], True, id="over the application"),
    ],
)
def test_a_refusal_by_an_exception_is_read_only_with_cors_over_the_application(
    stage: Stage, numbers: list[int], is_read: bool
) -> None:
    stage.reads(*numbers)

    answer = stage.stranger.get("/cart", headers=SHOP)

    assert answer.status_code == 401
    assert may_read(answer) is is_read
