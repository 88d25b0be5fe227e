"""The how-to pages: their code is put into an application, and used."""

import logging
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import flask_login
import pytest
from flask import Blueprint, Flask, session
from flask.sessions import SessionInterface, SessionMixin
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

import documents
import flask_signet
from flask_signet import (
    LoginManager,
    UserMixin,
    cli,
    current_user,
    doctor,
    get_user,
    login_fresh,
    login_remembered,
    login_required,
    login_user,
    logout_user,
    public,
)
from flask_signet.config import Config

HOWTO = documents.DOCS / "howto"
DEPENDENTS = documents.ROOT / "tests" / "drop_in" / "dependents"

PASSWORD = "eleven quiet geese"

TEMPLATES = (
    "login.html",
    "confirm.html",
    "password.html",
    "close_account.html",
    "payments.html",
)


class Stage:
    """The application that the pages speak of, with what they take for granted."""

    def __init__(self, **settings: Any) -> None:
        app = Flask("stage")
        app.jinja_loader = DictLoader(dict.fromkeys(TEMPLATES, "a form"))
        app.config.update(
            SECRET_KEY="a key", SQLALCHEMY_DATABASE_URI="sqlite://", TESTING=True
        )
        app.config.update(settings)
        db: Any = SQLAlchemy(app)
        login_manager = LoginManager(app)
        login_manager.login_view = "/login"

        class User(UserMixin, db.Model):  # type: ignore[misc]
            id = db.Column(db.Integer, primary_key=True)
            password = db.Column(db.String, nullable=False)

            def set_password(self, password: str) -> None:
                self.password = password  # a hash would make these tests slow

            def check_password(self, password: str) -> bool:
                return bool(self.password == password)

            def get_auth_stamp(self) -> str:
                return str(self.password)

        @login_manager.user_loader
        def load_user(user_id: str) -> User | None:
            return db.session.get(User, int(user_id))  # type: ignore[no-any-return]

        def find_user(name: str, password: str) -> User | None:
            user: User = db.session.get(User, 1)
            return user if name == "ada" and user.check_password(password) else None

        add_pages(app)
        self.app, self.db, self.manager, self.User = app, db, login_manager, User
        self.names: dict[str, Any] = {
            "app": app,
            "db": db,
            "login_manager": login_manager,
            "find_user": find_user,
            "UserMixin": UserMixin,
            "login_required": login_required,
            "login_user": login_user,
            "logout_user": logout_user,
        }

    def reads(self, page: str, *numbers: int) -> None:
        """Run the page's pieces of Python, or those of these numbers."""
        path = HOWTO / page
        for number, piece in enumerate(documents.pieces(path, "python")):
            if number in numbers or not numbers:
                exec(compile(piece.text, f"{path}:{piece.line}", "exec"), self.names)

    def opens(self) -> FlaskClient:
        """Make the tables, with ada in them, and open a browser."""
        with self.app.app_context():
            self.db.create_all()
            ada = self.User(password=PASSWORD)
            self.db.session.add(ada)
            self.db.session.commit()
        return self.app.test_client()

    def has_signed_in(self, client: FlaskClient, user: Any, **how: Any) -> None:
        with self.app.test_request_context(environ_base=client.environ_base):
            login_user(user, **how)
            keys = dict(session)
        with client.session_transaction() as held:
            held.update(keys)

    @property
    def ada(self) -> Any:
        return self.db.session.get(self.User, 1)


def add_pages(app: Flask) -> None:
    @app.get("/")
    def index() -> str:
        return "welcome"

    @app.get("/how")
    def how() -> dict[str, object]:
        user = get_user()
        return {
            "id": user.get_id() if user else None,
            "fresh": login_fresh(),
            "remembered": login_remembered(),
        }

    @app.get("/top-secret")
    @login_required
    def top_secret() -> str:
        return "secret"


@pytest.fixture
def put_up() -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def put_up(**settings: Any) -> Stage:
        stages.append(Stage(**settings))
        return stages[-1]

    yield put_up

    for stage in stages:
        with stage.app.app_context():
            stage.db.engine.dispose()


@pytest.fixture
def stage(put_up: Callable[..., Stage]) -> Stage:
    return put_up()


def sign_in(client: FlaskClient, query: str = "", **more: str) -> str | None:
    form = {"name": "ada", "password": PASSWORD, **more}
    return client.post(f"/login{query}", data=form).location


def how(client: FlaskClient) -> dict[str, Any]:
    seen: dict[str, Any] = client.get("/how").json or {}
    return seen


# Remember me ------------------------------------------------------------------------


def test_who_ticks_the_box_is_remembered_for_thirty_days(stage: Stage) -> None:
    stage.reads("remember-me.md")
    client = stage.opens()
    sign_in(client, remember="on")

    cookie = client.get_cookie("remember_token")
    assert cookie
    assert cookie.max_age == timedelta(days=30).total_seconds()
    assert how(client)["remembered"] is True


def test_the_checkbox_has_the_name_that_the_view_looks_for() -> None:
    (box,) = documents.pieces(HOWTO / "remember-me.md", "html")

    assert 'name="remember"' in box.text
    assert 'type="checkbox"' in box.text


def test_who_does_not_tick_it_is_not(stage: Stage) -> None:
    stage.reads("remember-me.md")
    client = stage.opens()
    sign_in(client)

    assert client.get_cookie("remember_token") is None


def test_the_remember_cookie_has_the_flags_of_the_session_cookie(stage: Stage) -> None:
    stage.reads("remember-me.md")
    client = stage.opens()
    form = {"name": "ada", "password": PASSWORD, "remember": "on"}
    answer = client.post("/login", data=form, base_url="https://localhost")

    flags = {
        header.partition("=")[0]: ("Secure" in header, "SameSite=Lax" in header)
        for header in answer.headers.getlist("Set-Cookie")
    }
    assert flags == {"remember_token": (True, True), "session": (True, True)}


def test_the_day_is_counted_from_the_sign_in_or_from_the_last_visit(
    put_up: Callable[..., Stage],
) -> None:
    def ends_after(days: int, **settings: Any) -> object:
        stage = put_up(**settings)
        stage.reads("remember-me.md", 0, 1)
        client = stage.opens()
        now = datetime(2026, 1, 1, tzinfo=UTC)
        stage.manager.clock = lambda: now
        sign_in(client, remember="on")
        stage.manager.clock = lambda: now + timedelta(days=days)
        client.get("/how")
        cookie = client.get_cookie("remember_token")
        assert cookie
        assert cookie.expires
        return (cookie.expires - now).days

    assert ends_after(9) == 30
    assert ends_after(9, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True) == 39


# Fresh ------------------------------------------------------------------------------


@pytest.fixture
def stale(put_up: Callable[..., Stage]) -> FlaskClient:
    """Ada's browser; she is in, and not fresh."""
    # What the page says in the middle is to be said before init_app, and is, here.
    stage = put_up(SIGNET_FRESH_MAX_AGE=timedelta(hours=1))
    stage.reads("fresh-login.md")
    client = stage.opens()
    with stage.app.app_context():
        stage.has_signed_in(client, stage.ada, fresh=False)
    return client


def test_who_is_not_fresh_confirms_and_is_back(stale: FlaskClient) -> None:
    asked = stale.get("/close-account")
    assert asked.location == "/confirm?next=%2Fclose-account"

    answer = stale.post(asked.location, data={"password": PASSWORD})
    assert answer.location == "/close-account"
    assert stale.get("/close-account").status_code == 200


def test_a_wrong_password_confirms_nothing(stale: FlaskClient) -> None:
    stale.post("/confirm", data={"password": "a wrong one"})

    assert stale.get("/close-account").status_code == 302


def test_for_payments_ten_minutes_count(stale: FlaskClient) -> None:
    stale.post("/confirm", data={"password": PASSWORD})
    manager: Any = stale.application.login_manager  # type: ignore[attr-defined]
    manager.clock = lambda: datetime.now(UTC) + timedelta(minutes=11)

    assert stale.get("/close-account").status_code == 200
    assert stale.get("/payments").status_code == 302


def test_the_setting_of_the_page_is_one_that_is_taken(
    put_up: Callable[..., Stage], stage: Stage
) -> None:
    stage.reads("fresh-login.md", 1)
    age = stage.app.config["SIGNET_FRESH_MAX_AGE"]
    stage = put_up(SIGNET_FRESH_MAX_AGE=age)
    stage.reads("fresh-login.md", 0)
    client = stage.opens()
    with stage.app.app_context():
        stage.has_signed_in(client, stage.ada)

    assert client.get("/close-account").status_code == 200
    stage.manager.clock = lambda: datetime.now(UTC) + age + timedelta(minutes=1)
    assert client.get("/close-account").status_code == 302


# A new password ---------------------------------------------------------------------


def test_a_new_password_signs_out_all_but_this_browser(stage: Stage) -> None:
    stage.reads("change-a-password.md", 1)
    laptop, phone = stage.opens(), stage.app.test_client()
    with stage.app.app_context():
        stage.has_signed_in(laptop, stage.ada)
        stage.has_signed_in(phone, stage.ada)
    laptop.post("/password", data={"password": "another"})

    assert how(laptop)["id"] == "1"
    assert how(phone)["id"] is None


@pytest.fixture
def person(stage: Stage) -> Any:
    """Somebody of the page's last class, who can sign out everywhere."""
    stage.reads("change-a-password.md")
    kind, db = stage.names["Person"], stage.db
    stage.opens()
    stage.manager.user_loader(lambda user_id: db.session.get(kind, int(user_id)))
    with stage.app.app_context():
        person = kind(password_hash="a hash")
        db.session.add(person)
        db.session.commit()
        yield person


def test_one_can_sign_out_everywhere(stage: Stage, person: Any) -> None:
    laptop, phone = stage.app.test_client(), stage.app.test_client()
    stage.has_signed_in(laptop, person)
    stage.has_signed_in(phone, person)
    laptop.post("/out-everywhere")

    assert how(laptop)["id"] is None
    assert how(phone)["id"] is None


# The next page ----------------------------------------------------------------------


@pytest.fixture
def stopped(stage: Stage) -> FlaskClient:
    stage.reads("next-page.md", 0)
    return stage.opens()


def test_the_target_is_kept_over_the_sign_in(stopped: FlaskClient) -> None:
    asked = stopped.get("/top-secret").location

    assert asked == "/login?next=%2Ftop-secret"
    assert sign_in(stopped, "?next=%2Ftop-secret") == "/top-secret"


def test_the_form_may_carry_it(stopped: FlaskClient) -> None:
    (form,) = documents.pieces(HOWTO / "next-page.md", "html")

    assert 'name="next"' in form.text
    assert sign_in(stopped, next="/top-secret") == "/top-secret"


@pytest.mark.parametrize(
    ("target", "is_taken"),
    [
        ("/orders?page=2", True),
        ("http://localhost/orders", True),
        ("http://localhost:8080/orders", False),
        ("https://evil.example", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("/or ders", False),
        ("/or\tders", False),
        ("/or\x01ders", False),
        ("http://you@localhost/", False),
        ("javascript:alert(1)", False),
        ("orders", False),
    ],
)
def test_the_page_tells_what_is_safe(
    stopped: FlaskClient, target: str, is_taken: bool
) -> None:
    assert (sign_in(stopped, next=target) == target) is is_taken


def test_another_site_of_ones_own_is_named(stage: Stage) -> None:
    stage.reads("next-page.md", 0, 1)
    target = "https://shop.example.org/cart"

    with stage.app.test_request_context("/login", query_string={"next": target}):
        assert stage.names["after_login"]() == target


def test_the_sites_own_address_can_be_told(put_up: Callable[..., Stage]) -> None:
    target = "https://www.example.org/orders"
    _, _, setting, *_ = documents.pieces(HOWTO / "next-page.md", "python")
    told = put_up(**setting_in(setting.text))
    told.reads("next-page.md", 0)

    assert sign_in(told.opens(), next=target) == target


def setting_in(piece: str) -> dict[str, Any]:
    """Read what a piece sets in ``app.config``, as it would before ``init_app``."""
    app = Flask("unbound")
    before = dict(app.config)
    exec(piece, {"app": app})
    return {key: app.config[key] for key in app.config.keys() - before.keys()}


def test_the_target_may_wait_in_the_session(stage: Stage) -> None:
    stage.app.config["USE_SESSION_FOR_NEXT"] = True
    stage.reads("next-page.md", 0)
    client = stage.opens()

    assert client.get("/top-secret").location == "/login"
    assert sign_in(client) == "/top-secret"


# Users from anywhere ----------------------------------------------------------------


def test_users_may_come_from_a_dict(stage: Stage) -> None:
    stage.reads("users-from-anywhere.md", 0)
    client = stage.app.test_client()
    stage.has_signed_in(client, stage.names["MEMBERS"]["ada"])

    assert how(client)["id"] == "ada"


def test_two_kinds_with_one_number_are_two_people(stage: Stage) -> None:
    stage.reads("users-from-anywhere.md", 0, 1)
    client = stage.app.test_client()
    stage.has_signed_in(client, stage.names["STAFF"]["7"])

    assert how(client)["id"] == "staff:7"


def test_a_key_says_who_asks_and_leaves_no_cookie(stage: Stage) -> None:
    stage.reads("users-from-anywhere.md")
    client = stage.app.test_client()
    bearer = {"Authorization": "Bearer a key of 32 random bytes"}
    answer = client.get("/top-secret", headers=bearer)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


def test_a_program_without_a_key_gets_401(stage: Stage) -> None:
    stage.reads("users-from-anywhere.md")
    answer = stage.app.test_client().get("/top-secret")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_class_of_ones_own_will_do(stage: Stage) -> None:
    class Person:
        is_authenticated = True

        def name(self) -> str:
            return "ada"

    stage.manager.id_attribute = "name"
    stage.manager.user_loader(lambda user_id: Person())
    client = stage.app.test_client()
    stage.has_signed_in(client, Person())

    assert client.get("/top-secret").status_code == 200


# Tests ------------------------------------------------------------------------------


def test_a_readers_tests_pass(tmp_path: Path) -> None:
    start = """
from flask import Flask
from flask_signet import LoginManager, UserMixin, current_user, fresh_login_required
from flask_signet import login_required, login_user, safe_next

app = Flask(__name__)
app.config.update(SECRET_KEY="a key", TESTING=True)
login_manager = LoginManager(app)
login_manager.login_view = login_manager.refresh_view = "login"


class User(UserMixin):
    id = "ada"


ada = User()
login_manager.user_loader({"ada": ada}.get)


def greeting():
    return f"Hello, {current_user.id}."


@app.post("/login")
def login():
    login_user(ada)
    return safe_next("/"), 302, {"Location": safe_next("/")}


@app.get("/top-secret")
@login_required
def top_secret():
    return greeting()


@app.get("/close-account")
@fresh_login_required
def close_account():
    return greeting()


"""
    page = documents.pieces(HOWTO / "test-your-application.md", "python")
    code = start + "\n\n".join(piece.text for piece in page)
    (tmp_path / "test_reader.py").write_text(code, encoding="utf-8")

    said = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTEST_ADDOPTS": "",  # ours are not the reader's
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stdout
    assert f"{code.count('def test_')} passed" in said.stdout


def test_guards_may_be_switched_off_in_tests(stage: Stage) -> None:
    stage.app.config["LOGIN_DISABLED"] = True

    assert stage.app.test_client().get("/top-secret").text == "secret"
    assert how(stage.app.test_client())["id"] is None


# Several applications ---------------------------------------------------------------


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Write the page's files, and load one of them."""
    monkeypatch.chdir(tmp_path)
    documents.put_into(tmp_path, HOWTO / "several-applications.md")

    def load(name: str) -> ModuleType:
        spec = spec_from_file_location(name, tmp_path / f"{name}.py")
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        with_people(module.app)
        return module

    return load


def with_people(app: Flask) -> None:
    """Let everybody in who says a name."""
    people = {
        name: type("User", (UserMixin,), {"id": name})() for name in ("ada", "bob")
    }
    app.login_manager.user_loader(people.get)  # type: ignore[attr-defined]

    @app.post("/in/<name>")
    def sign_in_as(name: str) -> str:
        login_user(people[name], remember=True)
        return "in"

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.get("/who")
    def who() -> str:
        user = get_user()
        return user.get_id() if user else "nobody"


def plain(name: str) -> Flask:
    app = Flask(name)
    app.secret_key = f"the key of {name}"
    LoginManager(app)
    with_people(app)
    return app


def test_on_one_host_a_sign_in_to_the_one_is_a_sign_out_of_the_other() -> None:
    browser = Client(DispatcherMiddleware(plain("shop"), {"/blog": plain("blog")}))
    browser.post("/in/ada")
    browser.post("/blog/in/bob")

    assert browser.get("/who").text == "nobody"


def test_with_names_of_its_own_the_blog_leaves_the_shop_alone(
    load: Callable[[str], Any],
) -> None:
    blog = load("blog").app
    browser = Client(DispatcherMiddleware(plain("shop"), {"/blog": blog}))
    browser.post("/in/ada")
    browser.post("/blog/in/bob")

    assert browser.get("/who").text == "ada"
    assert browser.get("/blog/who").text == "bob"


def test_one_manager_serves_many_applications() -> None:
    manager = LoginManager()
    for name in ("shop", "blog"):
        manager.init_app(app := Flask(name))
        manager.init_app(app)


def test_two_managers_on_one_application_are_refused() -> None:
    app = Flask("shop")
    LoginManager(app)

    with pytest.raises(flask_signet.ConfigError):
        LoginManager(app)


def test_on_the_server_a_session_ends_with_the_logout_and_is_renewed_at_the_login(
    load: Callable[[str], Any],
) -> None:
    app = load("server_side").app

    @app.get("/visit")
    def visit() -> str:
        session["seen"] = True
        return "welcome"

    ada = app.test_client()
    ada.get("/visit")
    before = ada.get_cookie("session")
    ada.post("/in/ada")
    after = ada.get_cookie("session")
    assert before
    assert after
    assert after.value != before.value

    thief = app.test_client()
    thief.set_cookie("session", after.value)
    assert thief.get("/who").text == "ada"
    ada.post("/out")
    assert thief.get("/who").text == "nobody"


def test_an_interface_that_cannot_renew_is_named_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    class Kept(dict[str, Any], SessionMixin):
        pass

    class Shelf(SessionInterface):
        def open_session(self, *_: object) -> SessionMixin:
            return Kept()

        def save_session(self, *_: object) -> None:
            pass

    stage.app.session_interface = Shelf()
    with caplog.at_level(logging.WARNING, "flask_signet"):
        stage.app.test_client().get("/")

    (said,) = caplog.messages
    assert said.startswith("Shelf has no regenerate(session)")


# Closed ----------------------------------------------------------------------------


def test_everything_is_closed_by_default_as_the_page_says(stage: Stage) -> None:
    stage.app.view_functions.pop("index")
    stage.app.url_map = type(stage.app.url_map)()
    health = Blueprint("health", "health")
    health.add_url_rule("/health", "check", lambda: "well")
    stage.app.register_blueprint(health)
    stage.names["__name__"] = __name__
    stage.reads("close-everything.md")
    client = stage.opens()

    assert client.get("/").text == "Welcome."
    assert client.get("/reports").status_code == 302
    assert client.get("/health").text == "well"


# What guards what -------------------------------------------------------------------


def test_what_guards_what_is_as_the_page_says(stage: Stage) -> None:
    stage.reads("see-what-guards-what.md")
    stage.names["test_no_page_is_open_by_mistake"]()


def test_the_lesson_s_table_is_the_one_on_the_page() -> None:
    (piece,) = documents.pieces(HOWTO / "see-what-guards-what.md", "console")
    said = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "signet", "routes"],
        cwd=documents.ROOT / "examples" / "lesson",
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert piece.text == f"$ flask signet routes\n{said}".rstrip("\n") + "\n"


# Before production -------------------------------------------------------------------


def test_what_the_page_has_the_doctor_say_is_what_it_says() -> None:
    app = Flask("app")
    app.config.update(
        SECRET_KEY=secrets.token_hex(),
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_NAME="__Host-session",
        REMEMBER_COOKIE_NAME="__Host-remember_token",
        TRUSTED_HOSTS=["www.example.org"],
    )
    LoginManager(app).user_loader({}.get)
    auth = Blueprint("auth", "auth", url_prefix="/auth")
    auth.add_url_rule("/register", "register", lambda: "", methods=["POST"])
    app.register_blueprint(auth)
    said = app.test_cli_runner().invoke(cli.signet, ["doctor", "--skip", "both"]).output

    piece, *_ = documents.pieces(HOWTO / "before-production.md", "console")

    assert piece.text.partition("doctor\n")[2] == said


def test_what_the_page_says_mends_all_that_the_doctor_finds(stage: Stage) -> None:
    stage.app.config["SECRET_KEY"] = secrets.token_hex()
    stage.app.testing = False
    before = {name for name, _ in doctor.examine(stage.app, skip=["both"])}
    stage.names["public"] = public
    stage.reads("before-production.md")
    stage.app.config["MAIL_SERVER"] = ""

    found = dict(doctor.examine(stage.app, skip=["both"]))

    assert before >= {"cookies", "hosts"}
    assert [*found] == ["mail"]
    assert found["mail"].mend == 'MAIL_SERVER = "mail.example.org"'
    client = stage.app.test_client()
    asked = client.get("/", base_url="https://elsewhere.example.org")
    assert asked.status_code == 400
    assert asked.text != "A page of your own, with links."


# Rules ------------------------------------------------------------------------------


def test_rules_and_roles_are_as_the_page_says(stage: Stage) -> None:
    db = stage.db

    class Letter(db.Model):  # type: ignore[misc, name-defined]
        id = db.Column(db.Integer, primary_key=True)
        author_id = db.Column(db.Integer)

    stage.names["Letter"] = Letter
    stage.reads("roles-and-rules.md", 0, 1, 3, 4)
    client = stage.opens()
    with stage.app.app_context():
        db.session.add_all([Letter(author_id=1), Letter(author_id=2)])
        db.session.commit()
        ada = stage.ada
        stage.User.has_role = lambda self, role: role == "editor"
        stage.User.has_permission = lambda self, permission: permission == "read"
        assert client.get("/sign-up").text == "Welcome."
        assert client.get("/desk").status_code == 302
        stage.has_signed_in(client, ada)

        assert client.get("/letters/1/edit").text == "Edit it."
        assert client.get("/letters/2/edit").status_code == 403
        assert client.get("/desk").text == "The editor's desk."
        assert client.post("/publish").status_code == 403
        assert client.get("/sign-up").location == "/"


# Jobs ------------------------------------------------------------------------------


def test_a_job_and_a_command_act_as_the_page_says(stage: Stage) -> None:
    stage.names["User"] = stage.User
    stage.reads("jobs-and-the-shell.md")
    stage.opens()

    said = stage.app.test_cli_runner().invoke(args=["monthly-letters"])

    assert said.output == "A letter to 1\n"
    assert stage.names["send_letter"](1) == "A letter to 1"


# Limits -----------------------------------------------------------------------------


def test_a_sign_in_ends_as_the_page_says(stage: Stage) -> None:
    stage.reads("limits.md")

    assert Config.read(stage.app.config)[1:3] == (
        timedelta(minutes=30),
        timedelta(hours=12),
    )


# Types ------------------------------------------------------------------------------


def test_the_pieces_about_types_are_what_is_checked() -> None:
    checked = (documents.ROOT / "typing_tests" / "typed.py").read_text("utf-8")

    for piece in documents.pieces(HOWTO / "types.md", "python"):
        assert piece.text in checked


# Moving -----------------------------------------------------------------------------


def test_the_change_of_the_import_works(tmp_path: Path) -> None:
    (change,) = documents.pieces(HOWTO / "from-flask-login.md", "diff")
    (line,) = re.findall(r"^\+(.*)$", change.text, re.MULTILINE)

    exec(line, {})


def test_the_marks_of_who_moves_are_kept_in_the_table(
    tmp_path: Path, put_up: Callable[..., Stage]
) -> None:
    stage = put_up(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'shop.db'}")
    stage.reads("from-flask-login.md", 0, 1)
    with stage.app.app_context():
        stage.names["db"].create_all()
        marks = stage.names["login_manager"].move_marks

        marks["left ada"] = "1"
        marks["left ada"] = "2"

        assert (marks.get("left ada"), marks.get("left bob")) == ("2", None)
    assert Config.read(stage.app.config).move_until == datetime(2027, 3, 1, tzinfo=UTC)


def test_nothing_public_is_missing() -> None:
    assert {*flask_login.__all__} <= {*flask_signet.__all__}


# Extensions that import flask_login -------------------------------------------------


def test_an_extension_is_given_this_package(tmp_path: Path) -> None:
    (piece,) = documents.pieces(HOWTO / "extensions.md", "python")
    extension = tmp_path / "an_extension.py"
    extension.write_text(
        "import flask_login.utils\nfrom flask_login import UserMixin\n"
    )
    begins = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n"
    asks = "import an_extension\nprint(an_extension.UserMixin.__module__)\n"

    done = run_python(begins + piece.text + asks)

    assert done == "flask_signet.users\n"


def test_too_late_is_said_with_the_words_of_the_page(tmp_path: Path) -> None:
    (said,) = documents.pieces(HOWTO / "extensions.md", "text")
    (call,) = documents.pieces(HOWTO / "extensions.md", "python")
    first = tmp_path / "models.py"
    first.write_text("from flask_login import UserMixin\n")
    begins = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nimport models\n"
    tries = (
        f"try:\n    exec({call.text!r})\nexcept Exception as error:\n    print(error)"
    )

    done = run_python(begins + tries)

    assert done == said.text.replace("/srv/shop/shop/models.py", str(first))


# Async ------------------------------------------------------------------------------


def test_what_is_async_on_the_page_works(stage: Stage) -> None:
    class People:
        async def find(self, user_id: int) -> Any:
            return stage.db.session.get(stage.User, user_id)

    stage.names.update(people=People(), current_user=current_user, get_user=get_user)
    stage.reads("async.md")
    client = stage.opens()
    assert client.get("/letter").location == "/login?next=%2Fletter"

    with stage.app.app_context():
        stage.has_signed_in(client, stage.ada)

    assert client.get("/letter").text == "Dear 1"


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


# All of them ------------------------------------------------------------------------


def test_every_page_is_tried_here() -> None:
    files = [*Path(__file__).parent.glob("*.py"), *DEPENDENTS.glob("*.py")]
    tried = {
        name
        for file in files
        for name in re.findall(r'"([\w-]+\.md)"', file.read_text("utf-8"))
    }

    assert {page.name for page in HOWTO.glob("*.md")} <= tried
