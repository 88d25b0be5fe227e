"""The pages about the register: what they show is run, what they say is tried.

Among them the README's rows about it, each played with Flask-Login, too.
"""

import ast
import importlib
import inspect
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import quote

import flask_login
import flask_session
import pytest
import werkzeug.security
from cachelib import FileSystemCache
from flask import Flask, request, session
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

import documents
import flask_signet
from flask_signet import ConfigError, LoginManager, SignetClient, UserMixin, cli
from flask_signet.signins import (
    Event,
    Full,
    Kind,
    Register,
    SignIn,
    Store,
    StoreBusy,
    StoreDown,
    Token,
)
from flask_signet.signins.device import device_of
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.record import utc_now
from flask_signet.signins.redis import RedisStore
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.testing.store_contract import StoreContract
from signins.redis_server import RedisServer
from support import DAY, HOUR, MINUTE, SECOND, Clock, Member

# Warnings are errors here. This one Flask-Login gives whenever it sets its cookie.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")

HOWTO, REFERENCE = documents.DOCS / "howto", documents.DOCS / "reference"
ONE, MANY = HOWTO / "one-machine.md", HOWTO / "many-machines.md"
EVERYWHERE, SESSIONS = HOWTO / "log-out-everywhere.md", HOWTO / "from-flask-session.md"
REGISTER, SIGNALS = REFERENCE / "register.md", REFERENCE / "signals.md"

COOKIES = ("session", "session_signin", "remember_token")

PASSWORD = "eleven quiet geese"


# Actors -----------------------------------------------------------------------------


class Shelf:
    """A store that counts who asks it, and may be down."""

    def __init__(self, store: Store | None = None) -> None:
        self.store: Any = MemoryStore() if store is None else store
        self.asked: list[str] = []
        self.is_down = False

    def __getattr__(self, verb: str) -> Any:
        done = getattr(self.store, verb)

        def ask(*arguments: Any, **named: Any) -> Any:
            self.asked.append(verb)
            if self.is_down:
                raise StoreDown("It is down.")
            return done(*arguments, **named)

        return ask


class Site:
    """A small application, on either package; with a register, if there is one."""

    def __init__(
        self, package: Any = flask_signet, register: Any = None, **settings: Any
    ) -> None:
        self.package, self.register = package, register
        self.app = Flask("site", root_path=str(Path(__file__).parent))
        self.app.config.update(SECRET_KEY="first", TESTING=True, **settings)
        if "SESSION_TYPE" in settings:
            flask_session.Session(self.app)
        named = {} if register is None else {"register": register}
        self.manager = package.LoginManager(self.app, **named)
        self.people = {"ada": Member("ada"), "bob": Member("bob")}
        self.manager.user_loader(self.people.get)
        self.meanwhile: list[Callable[[], object]] = []
        add_pages(self)

    def browser(self, name: str = "", **how: str) -> FlaskClient:
        client = self.app.test_client()
        if name:
            assert client.post(f"/in/{name}", data=how).text == "True"
        return client

    @property
    def desk(self) -> Any:
        return self.app.extensions["flask_signet"][""].desk


def add_pages(site: Site) -> None:
    app, package = site.app, site.package

    @app.post("/in/<name>")
    def sign_in_as(name: str) -> str:
        session.permanent = "permanent" in request.form
        remember = "remember" in request.form
        return str(package.login_user(site.people[name], remember=remember))

    @app.post("/out")
    def sign_out() -> str:
        return str(package.logout_user())

    @app.get("/who")
    def who() -> str:
        return str(package.current_user.get_id())

    @app.get("/fresh")
    def fresh() -> str:
        return str(package.login_fresh())

    @app.get("/public")
    def public() -> str:
        return "for everybody"

    @app.get("/secret")
    @package.login_required
    def secret() -> str:
        return "a secret"

    @app.get("/slow")
    def slow() -> str:
        package.current_user.get_id()
        site.meanwhile.pop()()
        session["seen"] = True
        return "at last"


def copied(browser: FlaskClient, *names: str) -> FlaskClient:
    """Copy those of these cookies that there are into another browser."""
    other = browser.application.test_client()
    for name in names or COOKIES:
        if cookie := browser.get_cookie(name):
            other.set_cookie(name, cookie.value)
    return other


def restarted(browser: FlaskClient) -> FlaskClient:
    browser.delete_cookie("session")
    browser.delete_cookie("session_signin")
    return browser


def who(browser: FlaskClient) -> str:
    return browser.get("/who").text


def registered(**settings: Any) -> Site:
    return Site(register=Register(MemoryStore()), **settings)


# The README's rows ------------------------------------------------------------------


class Seen(NamedTuple):
    there: Any
    here: Any


def played(play: Callable[[Site], object]) -> Seen:
    return Seen(there=play(Site(flask_login)), here=play(registered()))


def test_after_a_logout_a_copied_session_is_nobody() -> None:
    def play(site: Site) -> str:
        ada = site.browser("ada")
        thief = copied(ada)
        ada.post("/out")
        return who(thief)

    assert played(play) == Seen(there="ada", here="None")


def test_after_a_logout_a_copied_remember_cookie_is_nobody() -> None:
    def play(site: Site) -> str:
        ada = site.browser("ada", remember="yes")
        thief = copied(ada, "remember_token")
        ada.post("/out")
        return who(thief)

    assert played(play) == Seen(there="ada", here="None")


def test_one_device_of_several_can_be_signed_out() -> None:
    def play(site: Site) -> object:
        laptop, phone = site.browser("ada"), site.browser("ada")
        if not hasattr(site.manager, "signins_of"):
            return "nothing is known of them"
        with site.app.app_context():
            _, first = sorted(
                site.manager.signins_of("ada"), key=lambda each: each.opened_at
            )[::-1]
            site.manager.close(first.handle, user="ada")
        return who(laptop), who(phone)

    assert played(play) == Seen("nothing is known of them", ("None", "ada"))


def test_a_late_answer_does_not_undo_a_logout() -> None:
    def play(site: Site) -> str:
        ada = site.browser("ada")
        site.meanwhile.append(lambda: copied(ada).post("/out"))
        ada.get("/slow")
        return who(ada)

    assert played(play) == Seen(there="ada", here="None")


# What it promises -------------------------------------------------------------------


def by_logout(site: Site, browser: FlaskClient) -> None:
    browser.post("/out")


def by_closing(site: Site, browser: FlaskClient) -> None:
    with site.app.app_context():
        (signin,) = site.manager.signins_of("ada")
        assert site.manager.close(signin.handle, user="ada")


def by_closing_others(site: Site, browser: FlaskClient) -> None:
    with site.app.app_context():
        assert site.manager.close_others("ada") == 1


def by_closing_all(site: Site, browser: FlaskClient) -> None:
    with site.app.app_context():
        assert site.manager.close_all("ada") == 1


def by_its_end(site: Site, browser: FlaskClient) -> None:
    site.desk.register.clock = lambda: utc_now() + 30 * DAY


@pytest.mark.parametrize(
    "end", [by_logout, by_closing, by_closing_others, by_closing_all, by_its_end]
)
@pytest.mark.parametrize("names", [COOKIES, COOKIES[:2], COOKIES[2:]])
def test_whatever_ends_a_sign_in_ends_its_copies(
    end: Callable[[Site, FlaskClient], None], names: tuple[str, ...]
) -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    thief = copied(ada, *names)

    end(site, ada)

    assert who(thief) == "None"


def test_the_idle_end_ends_copies_too() -> None:
    site = registered()
    thief = copied(site.browser("ada"))
    later = utc_now() + 7 * DAY + 2 * MINUTE
    site.desk.register.clock = lambda: later

    assert who(thief) == "None"


@pytest.mark.parametrize("permanent", [{}, {"permanent": "yes"}])
def test_a_late_answer_brings_nobody_back(permanent: dict[str, str]) -> None:
    site = registered()
    ada = site.browser("ada", remember="yes", **permanent)
    site.meanwhile.append(lambda: copied(ada).post("/out"))

    ada.get("/slow")

    assert who(ada) == "None"


@pytest.mark.parametrize("page", ["/again", "/keep", "/in/ada"])
def test_a_new_token_makes_the_old_one_worthless(page: str) -> None:
    site = registered()
    site.app.add_url_rule("/again", "again", confirmed, methods=["POST"])
    site.app.add_url_rule("/keep", "keep", kept, methods=["POST"])
    ada = site.browser("ada")
    thief = copied(ada)

    assert ada.post(page).status_code == 200

    assert (who(ada), who(thief)) == ("ada", "None")


def confirmed() -> str:
    flask_signet.confirm_login()
    return "confirmed"


def kept() -> str:
    flask_signet.keep_signed_in(flask_signet.current_user)
    return "kept"


def test_before_the_logout_a_copy_is_as_good_and_the_same_device() -> None:
    site = registered()
    ada = site.browser("ada")
    thief = copied(ada)

    assert (who(ada), who(thief)) == ("ada", "ada")
    with site.app.app_context():
        assert len(site.manager.signins_of("ada")) == 1


def test_two_who_use_one_remember_cookie_are_noticed_and_both_are_out() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    thief = copied(ada, "remember_token")
    heard: list[str] = []

    def hear(_: object, signin: SignIn) -> None:
        heard.append(signin.user_id)

    with flask_signet.remember_token_reused.connected_to(hear):
        assert [who(thief), who(thief)] == ["ada", "ada"]  # got it, and has shown it
        site.desk.register.store.clock = lambda: utc_now() + MINUTE
        assert who(restarted(ada)) == "None"

    assert heard == ["ada"]
    assert who(thief) == "None"


def test_an_old_remember_value_is_answered_for_thirty_seconds() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    before = copied(ada, "remember_token")
    assert [who(restarted(ada)), who(ada)] == ["ada", "ada"]

    answer = before.get("/who")

    assert answer.text == "ada"
    assert "Set-Cookie" not in answer.headers


def test_who_loses_an_answer_is_not_signed_out() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    lost = copied(ada, "remember_token")
    assert who(lost) == "ada"  # the answer is lost, and a minute passes
    site.desk.register.store.clock = lambda: utc_now() + MINUTE

    assert [who(restarted(ada)), who(ada)] == ["ada", "ada"]


def test_an_answer_of_more_than_thirty_seconds_is_good_if_nobody_came_meanwhile() -> (
    None
):
    site = registered()
    ada = site.browser("ada", remember="yes")
    assert who(restarted(ada)) == "ada"
    site.desk.register.store.clock = lambda: utc_now() + 40 * SECOND

    assert who(ada) == "ada"


def test_a_pair_that_was_replaced_is_nobody_and_its_row_stays() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    late = copied(ada, "remember_token")
    assert who(late) == "ada"
    site.desk.register.store.clock = lambda: utc_now() + 40 * SECOND
    assert who(restarted(ada)) == "ada"

    assert who(late) == "None"
    with site.app.app_context():
        assert len(site.manager.signins_of("ada")) == 1


def test_the_store_has_no_secret() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    (row,) = site.desk.register.of_user("ada")
    stored = " ".join(str(getattr(row, each.name)) for each in fields(row))

    for name in COOKIES[1:]:
        cookie = ada.get_cookie(name)
        assert cookie
        for part in cookie.value.split("."):
            assert part not in stored


def test_session_protection_leaves_the_row_to_its_owner() -> None:
    site = registered(SESSION_PROTECTION="strong")
    ada = site.browser("ada")
    thief = copied(ada)

    assert thief.get("/who", headers={"User-Agent": "another"}).text == "None"
    assert who(thief) == "None"
    assert who(ada) == "ada"


# One machine ------------------------------------------------------------------------


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write the files of these pages, and forms that are the reader's own."""

    def write(*pages: Path) -> Path:
        for page in pages:
            documents.put_into(tmp_path, page)
        (tmp_path / "templates").mkdir(exist_ok=True)
        for name in ("login", "sign_up", "password"):
            (tmp_path / "templates" / f"{name}.html").write_text("a form")
        return tmp_path

    return write


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Any]]:
    """Load a file as a module, and put away what it has opened."""
    make = werkzeug.security.generate_password_hash
    monkeypatch.setattr(
        werkzeug.security,
        "generate_password_hash",
        lambda password: make(password, "pbkdf2:sha256:1"),
    )
    loaded: list[ModuleType] = []

    def load(file: Path) -> ModuleType:
        name = f"register_pages_{file.stem}"
        spec = spec_from_file_location(name, file)
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.chdir(file.parent)
        spec.loader.exec_module(module)
        module.app.testing = True
        loaded.append(module)
        return module

    yield load

    for module in loaded:
        if hasattr(module, "db"):
            with module.app.app_context():
                module.db.engine.dispose()


@pytest.fixture
def shop(write: Callable[..., Path], load: Callable[[Path], Any]) -> Any:
    return load(write(ONE) / "shop.py")


def desk_of(shop: Any) -> Any:
    return shop.app.extensions["flask_signet"][""].desk


def signs_up(shop: Any, name: str = "ada", **headers: str) -> FlaskClient:
    client: FlaskClient = shop.app.test_client()
    form = {"name": name, "password": PASSWORD}
    assert client.post("/sign-up", data=form, headers=headers).status_code == 302
    return client


def signs_in(shop: Any, name: str = "ada", **more: str) -> FlaskClient:
    client: FlaskClient = shop.app.test_client()
    form = {"name": name, "password": PASSWORD, **more}
    assert client.post("/login", data=form).status_code == 302
    return client


def signins(shop: Any, user_id: str = "1") -> list[SignIn]:
    with shop.app.app_context():
        return list(shop.login_manager.signins_of(user_id))


def unfiled(page: Path) -> list[str]:
    """Give the pieces of Python that go into no file."""
    return [
        piece.text for piece in documents.pieces(page, "python") if piece.file is None
    ]


def test_the_shop_s_people_sign_up_in_and_out(shop: Any) -> None:
    ada = signs_up(shop)
    assert len(signins(shop)) == 1

    ada.post("/logout")
    assert signins(shop) == []
    assert signs_in(shop).get_cookie("session_signin")


def test_who_flushes_before_signing_in_is_told_what_the_page_says(
    write: Callable[..., Path], load: Callable[[Path], Any]
) -> None:
    folder = write(ONE)
    file = folder / "shop.py"
    slip = documents.read(file).replace(
        "db.session.commit()\n        login_user",
        "db.session.flush()\n        login_user",
    )
    file.write_text(slip)
    shop = load(file)
    begun = time.monotonic()

    with pytest.raises(StoreBusy) as caught:
        signs_up(shop)

    assert time.monotonic() - begun < 1
    (said,) = (
        piece.text for piece in documents.pieces(ONE, "text") if "cannot" in piece.text
    )
    assert f"{caught.value}\n" == said


def test_the_file_is_in_wal_mode(shop: Any) -> None:
    signs_up(shop)

    with shop.app.app_context():
        file = shop.db.engine.url.database
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_limits_are_those_that_the_page_tells(shop: Any) -> None:
    limits = desk_of(shop).register.limits

    assert (limits.idle, limits.lifetime, limits.remember, limits.at_most) == (
        2 * DAY,
        14 * DAY,
        90 * DAY,
        5,
    )


def test_the_sixth_is_told_which_five_there_are(shop: Any) -> None:
    ada = signs_up(shop)
    for _ in range(4):
        signs_in(shop)

    form = {"name": "ada", "password": PASSWORD}
    answer = shop.app.test_client().post("/login", data=form)
    assert answer.status_code == 409
    offered = re.findall(r'name="end" type="radio" value="([^"]+)"', answer.text)
    assert offered == [each.handle for each in signins(shop)]
    assert len(offered) == 5
    # Who signs in again in the same browser takes no second place.
    assert ada.post("/login", data=form).status_code == 302


def test_who_is_told_so_ends_one_and_is_in(shop: Any) -> None:
    left = signs_up(shop)
    others = [signs_in(shop) for _ in range(4)]

    sixth = signs_in(shop, end=handle_of(left))

    assert handle_of(left) not in {each.handle for each in signins(shop)}
    assert {handle_of(each) for each in (*others, sixth)} == {
        each.handle for each in signins(shop)
    }


@pytest.mark.parametrize("password", ["a wrong one", PASSWORD], ids=["wrong", "eve's"])
def test_nobody_ends_one_there_that_is_not_theirs(shop: Any, password: str) -> None:
    ada, _ = signs_up(shop), signs_up(shop, "eve")
    form = {"name": "eve", "password": password, "end": handle_of(ada)}

    shop.app.test_client().post("/login", data=form)

    assert [each.handle for each in signins(shop)] == [handle_of(ada)]


def test_who_had_to_go_for_another_is_told_to_log_in() -> None:
    site = Site(register=Register(MemoryStore(), at_most=1))
    site.manager.login_view = "who"
    ada = site.browser("ada")
    site.browser("ada")
    ada.get("/secret")

    with ada.session_transaction() as held:
        assert held["_flashes"] == [("message", site.manager.login_message)]
    assert f'"{site.manager.login_message}"' in documents.read(ONE)


def test_the_forms_of_the_tutorial_have_what_the_shop_asks_for(tmp_path: Path) -> None:
    for page in sorted((documents.DOCS / "tutorial").glob("[12]-*.md")):
        documents.put_into(tmp_path, page)

    def fields_of(name: str) -> set[str]:
        text = documents.read(tmp_path / "app" / "templates" / f"{name}.html")
        return {*re.findall(r'<input name="(\w+)"', text)}

    assert fields_of("login") == {"name", "password", "remember"}
    assert fields_of("password") == {"password"}


def test_one_that_rests_and_is_remembered_stays_in_the_list(shop: Any) -> None:
    signs_up(shop)
    signs_in(shop, remember="on")
    later = utc_now() + 3 * DAY
    desk_of(shop).register.clock = lambda: later

    (at_rest,) = signins(shop)
    assert at_rest.is_at_rest(later)
    assert at_rest.is_remembered


def test_the_pieces_for_a_try_run() -> None:
    names: dict[str, Any] = {}
    for text in unfiled(ONE):
        exec(text, names)
    register = names["register"]
    clock = Clock()
    register.clock = clock
    _, first = register.open("ada")
    for _ in range(4):
        clock.passes(MINUTE)
        register.open("ada")

    register.open("ada")

    handles = [each.handle for each in register.of_user("ada")]
    assert len(handles) == 5
    assert first.handle not in handles


def test_a_duration_beyond_the_register_s_is_refused_and_a_short_one_changes_nothing(
    shop: Any,
) -> None:
    signs_up(shop)
    with shop.app.test_request_context():
        ada = shop.load_customer("1")
        with pytest.raises(ConfigError):
            flask_signet.login_user(ada, remember=True, duration=91 * DAY)
        flask_signet.login_user(ada, remember=True, duration=DAY)

        (signin, _) = shop.login_manager.signins_of(ada)

    assert signin.ends - signin.opened_at == 14 * DAY


def test_the_command_of_the_cron_line_is_there(shop: Any) -> None:
    (line,) = (
        piece.text for piece in documents.pieces(ONE, "text") if "flask" in piece.text
    )
    command = line.split(" signet ")[1].split()

    said = shop.app.test_cli_runner().invoke(cli.signet, command)

    assert said.exit_code == 0, said.output


def test_a_sweep_says_how_many_went() -> None:
    register = Register(MemoryStore())
    register.open("ada", at=utc_now() - 31 * DAY)
    register.open("ada")

    assert register.sweep(limit=1000) == 1


def test_in_memory_a_commit_that_is_missing_is_not_noticed(
    write: Callable[..., Path], load: Callable[[Path], Any]
) -> None:
    file = write(ONE) / "shop.py"
    forgotten = documents.read(file).replace(
        "db.session.commit()\n        login_user",
        "db.session.flush()\n        login_user",
    )
    file.write_text(forgotten.replace("sqlite:///shop.sqlite", "sqlite://"))

    signs_up(load(file))


# Tests of your own ------------------------------------------------------------------


def test_the_test_clients_have_their_rows() -> None:
    site = registered()
    ada, fresh = site.people["ada"], "/fresh"
    site.app.test_client_class = SignetClient
    one = site.app.test_client(user=ada)
    two = site.app.test_client()
    two.sign_in(ada, remember=True)  # type: ignore[attr-defined]

    assert (one.get(fresh).text, two.get(fresh).text) == ("True", "True")
    assert len(site.desk.register.of_user("ada")) == 2
    two.sign_out()  # type: ignore[attr-defined]
    assert len(site.desk.register.of_user("ada")) == 1


def test_with_a_register_the_time_is_the_register_s() -> None:
    clock, managers = Clock(), Clock()
    site = Site(register=Register(MemoryStore(), clock=clock))
    site.manager.clock = managers
    ada = site.browser("ada")

    managers.passes(DAY)
    assert ada.get("/fresh").text == "True"
    clock.passes(DAY)
    assert ada.get("/fresh").text == "False"


def test_with_a_register_no_answer_puts_off_the_end_of_the_remember_cookie() -> None:
    site = registered(REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    ada = site.browser("ada", remember="yes")

    answer = ada.get("/secret")

    assert "remember_token" not in answer.headers.get("Set-Cookie", "")


# Many machines ----------------------------------------------------------------------


@pytest.fixture
def pieces_of_many() -> list[str]:
    return unfiled(MANY)


def test_a_database_of_ones_own_has_the_table(pieces_of_many: list[str]) -> None:
    names: dict[str, Any] = {"__name__": "shop"}
    exec(pieces_of_many[0], names)

    assert "signet_signins" in names["db"].metadata.tables


def test_an_engine_alone_will_do(
    pieces_of_many: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(pieces_of_many[1], names)
    names["store"].create_all()
    _, row = Register(names["store"]).open("ada")

    found = names["store"].by_handle(row.handle)
    names["engine"].dispose()

    assert found is not None
    assert found.user_id == "ada"


def test_what_one_machine_ends_is_ended_on_the_other(pieces_of_many: list[str]) -> None:
    with RedisServer() as server:
        piece = pieces_of_many[2].replace("redis://localhost:6379/0", server.url)
        machines = []
        for _ in range(2):
            names: dict[str, Any] = {}
            exec(piece, names)
            machines.append(Site(register=names["register"]))
        one, two = machines
        ada = one.browser("ada", remember="yes")
        elsewhere = two.browser()
        for name in COOKIES:
            cookie = ada.get_cookie(name)
            assert cookie
            elsewhere.set_cookie(name, cookie.value)
        was = who(elsewhere)
        ada.post("/out")
        left = who(elsewhere)
        with Redis.from_url(server.url) as client:
            keys = client.keys("*")
        for machine in machines:
            machine.register.store.client.close()

    assert (was, left, keys) == ("ada", "None", [])


def test_a_request_costs_as_many_round_trips_as_the_page_says() -> None:
    shelf, clock = Shelf(), Clock()
    site = Site(register=Register(shelf, clock=clock))
    site.manager.clock = clock

    def cost(ask: Callable[[], object]) -> int:
        shelf.asked.clear()
        ask()
        return len(shelf.asked)

    ada = site.browser()
    signs_in = cost(lambda: ada.post("/in/ada", data={"remember": "yes"}))
    signed_in = cost(lambda: ada.get("/secret"))
    clock.passes(MINUTE)
    once_a_minute = cost(lambda: ada.get("/secret"))
    nothing = cost(lambda: ada.get("/public"))
    stranger = cost(lambda: site.browser().get("/secret"))
    remembered = cost(lambda: restarted(ada).get("/secret"))
    confirms = cost(lambda: ada.get("/secret"))

    assert nothing == stranger
    table = [int(cells[1]) for cells in cells_under(MANY, "What a request costs")]
    assert table == [
        stranger,
        signed_in,
        once_a_minute,
        remembered,
        confirms,
        signs_in,
    ]


@pytest.fixture
def outage() -> tuple[Site, Shelf, FlaskClient]:
    """Ada's browser, and a store that has gone down since she signed in."""
    shelf = Shelf()
    site = Site(register=Register(shelf))
    handler = next(text for text in unfiled(MANY) if "come_back" in text)
    exec(handler, {"app": site.app})
    ada = site.browser("ada", remember="yes")
    shelf.is_down = True
    return site, shelf, ada


def test_while_the_store_is_down_nobody_is_in_and_public_pages_go_on(
    outage: tuple[Site, Shelf, FlaskClient],
) -> None:
    _, _, ada = outage
    answer = ada.get("/secret")

    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert "Set-Cookie" not in answer.headers
    assert ada.get("/public").status_code == 200
    assert who(ada) == "None"


@pytest.mark.parametrize("page", ["/in/ada", "/out"])
def test_while_it_is_down_who_signs_in_or_out_is_told_so(
    outage: tuple[Site, Shelf, FlaskClient], page: str
) -> None:
    _, _, ada = outage
    answer = ada.post(page)

    assert answer.status_code == 503
    assert "Try again" in answer.text


def test_a_commit_that_was_forgotten_is_found_in_the_log(
    write: Callable[..., Path],
    load: Callable[[Path], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = write(ONE) / "shop.py"
    handler = next(text for text in unfiled(MANY) if "come_back" in text)
    forgotten = documents.read(file).replace(
        "db.session.commit()\n        login_user",
        "db.session.flush()\n        login_user",
    )
    file.write_text(f"{forgotten}\n\n{handler}")
    client = load(file).app.test_client()

    answer = client.post("/sign-up", data={"name": "ada", "password": PASSWORD})

    assert answer.status_code == 503
    assert "uncommitted changes" in caplog.text


def test_when_it_is_back_all_are_in_as_before(
    outage: tuple[Site, Shelf, FlaskClient],
) -> None:
    site, shelf, ada = outage
    ada.get("/secret")
    ada.get("/secret")
    assert shelf.asked.count("get") == 1  # not again for a second
    shelf.is_down = False
    later(site)

    assert ada.get("/secret").status_code == 200


def later(site: Site) -> None:
    """Let so much time pass that a store is asked again."""
    timer = time.monotonic
    site.desk.register.shelf._timer = lambda: timer() + 2


def test_people_may_go_on_for_a_while(outage: tuple[Site, Shelf, FlaskClient]) -> None:
    shelf = Shelf()
    piece = next(text for text in unfiled(MANY) if "when_down=" in text)
    names: dict[str, Any] = {"Register": Register, "store": shelf}
    exec(piece, names)
    site = Site(register=names["register"])
    ada, bob = site.browser("ada"), site.browser("bob")
    ada.get("/secret")
    shelf.is_down = True

    assert ada.get("/secret").status_code == 200
    assert bob.get("/secret").status_code == 503  # nobody had asked for his


def test_a_row_that_is_trusted_lives_on_in_another_process() -> None:
    store = MemoryStore()
    one = Register(store, trust_for=5 * SECOND)
    two = Register(store, trust_for=5 * SECOND)
    token, row = one.open("ada")
    assert two.find(token)

    one.close(row.handle, user_id="ada")

    assert one.find(token) is None
    assert two.find(token) is not None


class Workers:
    """Two workers of one site, whose keys are changed one after the other."""

    def __init__(self) -> None:
        register = Register(MemoryStore())
        self.sites = [Site(register=register) for _ in range(2)]
        self.ada = self.sites[0].browser("ada", remember="yes")

    def get(self, which: int, key: str, *fallbacks: str) -> None:
        """Give a worker its keys, and have Ada visit it."""
        config = self.sites[which].app.config
        config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=[*fallbacks])
        self.visit(which)

    def visit(self, which: int) -> None:
        self.ada.application = self.sites[which].app
        self.seen = who(self.ada)


def test_a_new_key_in_three_steps_signs_nobody_out() -> None:
    workers = Workers()
    seen = []
    for keys in (("first", "second"), ("second", "first"), ("second",)):
        for which in range(2):
            workers.get(which, *keys)
            seen.append(workers.seen)
            workers.visit(1 - which)
            seen.append(workers.seen)

    assert {*seen} == {"ada"}


def test_a_worker_that_does_not_know_the_new_key_ends_the_sign_in() -> None:
    workers = Workers()
    workers.get(1, "second", "first")
    assert workers.seen == "ada"
    session = workers.ada.get_cookie("session")

    workers.visit(0)  # its session is unreadable there, its remember cookie is not
    assert workers.seen == "None"

    assert session
    workers.ada.set_cookie("session", session.value)
    workers.visit(1)
    assert workers.seen == "None"


def test_the_remember_cookie_is_signed_anew_only_when_it_has_opened_a_sign_in() -> None:
    workers = Workers()

    def value() -> str:
        cookie = workers.ada.get_cookie("remember_token")
        assert cookie
        return str(cookie.value)

    before = value()
    for _ in range(2):
        workers.get(0, "second", "first")
        assert (workers.seen, value()) == ("ada", before)
    restarted(workers.ada)
    workers.visit(0)

    assert value() != before
    workers.get(0, "second")
    restarted(workers.ada)
    workers.visit(0)
    assert workers.seen == "ada"


@pytest.mark.parametrize(
    ("prefix", "seen"),
    [pytest.param("shop:", 1, id="one store"), pytest.param("blog:", 0, id="two")],
)
def test_other_people_need_another_store(prefix: str, seen: int) -> None:
    with RedisServer() as server:
        sites = [
            Site(register=Register(RedisStore(server.url, prefix=each)))
            for each in ("shop:", prefix)
        ]
        sites[0].browser("ada")
        with sites[1].app.app_context():
            listed = sites[1].manager.signins_of("ada")
        for site in sites:
            site.register.store.client.close()

    assert len(listed) == seen


# Log out everywhere -----------------------------------------------------------------


@pytest.fixture
def house(write: Callable[..., Path], load: Callable[[Path], Any]) -> Any:
    return load(write(ONE, EVERYWHERE) / "shop.py")


class Page(HTMLParser):
    """Where the forms of a page lead, and how."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            said = dict(attrs)
            self.forms.append((str(said["method"]), str(said["action"])))


def test_the_page_lists_all_and_marks_this_one(house: Any) -> None:
    laptop = signs_up(house, **{"User-Agent": "<b>laptop"})
    signs_in(house)

    text = laptop.get("/devices").text

    assert text.count("<li>") == 2
    assert text.count("(this one)") == 1
    assert "&lt;b&gt;laptop" in text
    assert {method for method, _ in Page(text).forms} == {"post"}


def test_to_end_this_one_is_called_signing_out(house: Any) -> None:
    laptop = signs_up(house)
    signs_in(house)

    text = laptop.get("/devices").text
    buttons = {
        handle: re.sub(r"<[^>]+>", "", form).strip()
        for handle, form in re.findall(
            r'action="/devices/([^/"]+)/end">(.*?)</form>', text, re.DOTALL
        )
    }

    assert buttons.pop(handle_of(laptop)) == "Sign out"
    assert [*buttons.values()] == ["End it"]


def test_until_when_one_is_remembered_follows_its_comma(house: Any) -> None:
    signs_up(house)

    text = signs_in(house, remember="on").get("/devices").text

    assert text.count(" UTC, remembered until ") == 1
    assert re.search(r"\s,", text) is None


def test_one_device_ends_another(house: Any) -> None:
    laptop, phone = signs_up(house), signs_in(house)
    thief = copied(phone)
    (other,) = (each for each in signins(house) if each.handle != handle_of(laptop))

    laptop.post(f"/devices/{other.handle}/end")

    assert laptop.get("/devices").status_code == 200
    assert phone.get("/devices").status_code == 302
    assert thief.get("/devices").status_code == 302


def handle_of(browser: FlaskClient) -> str:
    with browser.session_transaction() as held:
        return str(held["_signin"])


def test_who_ends_this_one_is_signed_out(house: Any) -> None:
    laptop = signs_up(house)
    laptop.post(f"/devices/{handle_of(laptop)}/end")

    assert laptop.get("/devices").status_code == 302
    assert laptop.get_cookie("session_signin") is None


def test_all_others_end_and_this_one_goes_on(house: Any) -> None:
    laptop, *others = signs_up(house), signs_in(house), signs_in(house)
    laptop.post("/devices/end-others")

    assert laptop.get("/devices").status_code == 200
    assert {each.get("/devices").status_code for each in others} == {302}


def test_a_device_is_called_as_its_owner_says(house: Any) -> None:
    laptop = signs_up(house)
    laptop.post(f"/devices/{handle_of(laptop)}/name", data={"label": "my laptop"})

    assert "<strong>my laptop</strong>" in laptop.get("/devices").text


@pytest.mark.parametrize("verb", ["end", "name"])
def test_another_person_s_device_is_one_that_there_is_not(
    house: Any, verb: str
) -> None:
    ada, eve = signs_up(house), signs_up(house, "eve")
    for handle in (handle_of(ada), "made-up"):
        answer = eve.post(f"/devices/{handle}/{verb}", data={"label": "mine"})
        assert answer.status_code == 404

    assert "mine" not in ada.get("/devices").text


def test_a_link_does_nothing(house: Any) -> None:
    ada = signs_up(house)

    assert ada.get("/devices/end-others").status_code == 405
    assert ada.get(f"/devices/{handle_of(ada)}/end").status_code == 405
    assert house.app.config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_a_new_password_ends_the_others_and_the_old_token(house: Any) -> None:
    laptop, phone = signs_up(house), signs_in(house)
    thief = copied(laptop)
    laptop.post("/password", data={"password": "another"})

    assert laptop.get("/devices").status_code == 200
    assert phone.get("/devices").status_code == 302
    assert thief.get("/devices").status_code == 302


def test_if_the_commit_fails_the_others_are_out_and_the_old_password_holds(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop, phone = signs_up(house), signs_in(house)

    def fail() -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(house.db.session, "commit", fail)
        with pytest.raises(OSError, match="full"):
            laptop.post("/password", data={"password": "another"})

    assert phone.get("/devices").status_code == 302
    assert signs_in(house).get("/devices").status_code == 200


def test_an_administrator_ends_a_customer_s_sign_ins(house: Any) -> None:
    ada, admin = signs_up(house), signs_up(house, "admin")
    assert ada.post("/customers/2/end").status_code == 403

    assert admin.post("/customers/1/end").json == {"ended": 1}
    assert ada.get("/devices").status_code == 302
    assert admin.get("/devices").status_code == 200


def test_who_was_shut_out_for_a_while_is_in_again_unless_all_was_closed() -> None:
    site = registered()
    ada = site.browser("ada")

    def is_shut_out_for_a_while() -> str:
        site.people["ada"].active = False
        site.people["ada"].active = True
        return who(ada)

    assert is_shut_out_for_a_while() == "ada"
    by_closing_all(site, ada)
    assert is_shut_out_for_a_while() == "None"


def test_a_stream_ends_when_the_sign_in_does(house: Any) -> None:
    ada = signs_up(house)

    def coming_prices() -> Iterator[int]:
        yield 3
        with house.app.app_context():
            desk_of(house).register.close_all("1")
        yield 4

    house.coming_prices = coming_prices

    assert ada.get("/prices").text == "data: 3\n\n"


def test_a_stream_ends_when_the_account_is_shut(house: Any) -> None:
    ada = signs_up(house)

    def coming_prices() -> Iterator[int]:
        yield 3
        with house.db.engine.begin() as connection:
            connection.execute(house.db.delete(house.Customer))
        yield 4

    house.coming_prices = coming_prices

    assert ada.get("/prices").text == "data: 3\n\n"


def test_a_page_that_asks_by_itself_puts_no_end_off(house: Any) -> None:
    ada = signs_up(house)
    begun = utc_now()
    register = desk_of(house).register
    for hours in range(0, 47, 10):
        register.clock = lambda passed=hours: begun + passed * HOUR
        assert ada.get("/unread").status_code == 200
    register.clock = lambda: begun + 49 * HOUR

    assert ada.get("/unread").status_code == 302


def test_the_next_one_with_the_same_id_inherits_nothing(house: Any) -> None:
    ada = signs_up(house)
    with house.app.app_context():
        was = house.load_customer("1")
        kept = was.password_hash
        house.db.session.delete(was)
        house.db.session.commit()
        house.db.session.add(house.Customer(id=1, name="eve", password_hash=kept))
        house.db.session.commit()

        assert house.login_manager.signins_of(house.load_customer("1")) == []
        assert len(house.login_manager.signins_of("1")) == 1
    assert ada.get("/devices").status_code == 302


def test_a_manager_may_say_whose_account_it_is() -> None:
    site = registered()
    keys = {"ada": "first"}
    site.manager.account_key = lambda user: keys[user.id]
    ada = site.browser("ada")
    assert who(ada) == "ada"

    keys["ada"] = "second"

    assert who(ada) == "None"


def test_who_gets_a_key_later_signs_in_once_more() -> None:
    site = registered()
    ada = site.browser("ada")
    site.manager.account_key = lambda user: "a key"

    assert who(ada) == "None"


# From Flask-Session -----------------------------------------------------------------


@pytest.fixture
def kinds(tmp_path: Path) -> list[Site]:
    """Make a site for each column of the page's table."""

    def sessions(name: str) -> dict[str, Any]:
        cache = FileSystemCache(str(tmp_path / name))
        return {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cache}

    return [
        Site(),
        Site(**sessions("alone")),
        registered(),
        registered(**sessions("both")),
    ]


def row_of(page: Path, begins: str) -> list[str]:
    (row,) = (
        line
        for line in documents.read(page).splitlines()
        if line.startswith(f"| {begins}")
    )
    return [cell.strip() for cell in row.strip("|").split("|")][1:]


def test_the_table_tells_what_a_copied_session_is_after_the_logout(
    kinds: list[Site],
) -> None:
    seen = []
    for site in kinds:
        ada = site.browser("ada")
        thief = copied(ada)
        ada.post("/out")
        seen.append("works" if who(thief) == "ada" else "is nobody")

    assert seen == row_of(SESSIONS, "a copied session after")


def test_the_table_tells_what_a_copied_remember_cookie_is_after_the_logout(
    kinds: list[Site],
) -> None:
    seen = []
    for site in kinds:
        ada = site.browser("ada", remember="yes")
        thief = copied(ada, "remember_token")
        ada.post("/out")
        seen.append("works" if who(thief) == "ada" else "is nobody")

    assert seen == row_of(SESSIONS, "a copied remember cookie")


def test_the_table_tells_what_a_late_answer_does(kinds: list[Site]) -> None:
    seen = []
    for site in kinds:
        ada = site.browser("ada")
        site.meanwhile.append(lambda ada=ada: copied(ada).post("/out"))
        ada.get("/slow")
        seen.append("may sign in again" if who(ada) == "ada" else "is nobody")

    assert seen == row_of(SESSIONS, "a [late answer]")


def test_both_together_work_as_the_page_says(
    tmp_path: Path, load: Callable[[Path], Any]
) -> None:
    documents.put_into(tmp_path, SESSIONS)
    both = load(tmp_path / "both.py")
    ada = type("User", (UserMixin,), {"id": "ada"})()
    both.login_manager.user_loader({"ada": ada}.get)
    both.app.test_client_class = SignetClient
    client = both.app.test_client()
    client.sign_in(ada)

    assert client.get_cookie("session")
    assert client.get_cookie("session_signin")
    with both.app.app_context():
        assert len(both.login_manager.signins_of(ada)) == 1


def test_until_a_date_who_is_in_moves_in(tmp_path: Path) -> None:
    def site(**more: Any) -> Site:
        cache = FileSystemCache(str(tmp_path))
        return Site(SESSION_TYPE="cachelib", SESSION_CACHELIB=cache, **more)

    (piece,) = unfiled(SESSIONS)
    told = Flask("told")
    exec(piece, {"app": told})
    assert isinstance(told.config["SIGNET_MOVE_UNTIL"], date)
    before = site()
    ada = before.browser("ada").get_cookie("session")
    assert ada
    after = site(register=Register(MemoryStore()), SIGNET_MOVE_UNTIL=date(2999, 1, 1))
    moved = after.browser()
    moved.set_cookie("session", ada.value)

    assert (who(moved), moved.get("/fresh").text) == ("ada", "False")
    assert moved.get_cookie("session_signin")


def test_without_a_date_they_sign_in_once_more() -> None:
    ada = Site().browser("ada").get_cookie("session")
    assert ada
    after = registered().browser()
    after.set_cookie("session", ada.value)

    assert who(after) == "None"


# The reference ----------------------------------------------------------------------


def cells_under(page: Path, heading: str) -> list[list[str]]:
    """Give the cells of the first table under a heading."""
    return cells_of(documents.read(page).split(f" {heading}\n")[1])


def cells_of(text: str) -> list[list[str]]:
    """Give those of the first table in a text."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table[0].splitlines()[2:]
    ]


def named(cell: str) -> str:
    (name, *_) = re.findall(r"`(\w+)", cell)
    return str(name)


KNOWN = {"timedelta": timedelta, "utc_now": utc_now, "device_of": device_of}


def shown(arguments: str) -> dict[str, object]:
    """Read arguments as they are shown; what has no default is there without one."""
    given = ast.parse(f"def call{arguments}: ...").body[0]
    assert isinstance(given, ast.FunctionDef)
    said = given.args
    defaults = {
        each.arg: eval(ast.unparse(default), KNOWN)
        for each, default in zip(
            [*said.args[len(said.args) - len(said.defaults) :], *said.kwonlyargs],
            [*said.defaults, *said.kw_defaults],
            strict=True,
        )
        if default is not None
    }
    names = [each.arg for each in (*said.args, *said.kwonlyargs)]
    return {name: defaults.get(name, inspect.Parameter.empty) for name in names}


def real(function: Callable[..., object]) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()
    return {each.name: each.default for each in parameters if each.name != "self"}


def signature_of(name: str) -> str:
    found = re.search(
        rf"^```text\n{name}(\(.*\))\n```", documents.read(REGISTER), re.MULTILINE
    )
    assert found
    return found[1]


@pytest.mark.parametrize(
    "kind",
    [Register, MemoryStore, SQLAlchemyStore, RedisStore],
    ids=lambda k: k.__name__,
)
def test_what_is_made_may_be_made_as_it_is_shown(kind: Callable[..., object]) -> None:
    assert shown(signature_of(kind.__name__)) == real(kind)


def test_every_argument_of_the_register_is_explained() -> None:
    assert [named(cells[0]) for cells in cells_under(REGISTER, "`Register`")] == [
        *real(Register)
    ]


def verbs(text: str, after: str, cls: type) -> Iterator[tuple[str, str]]:
    table = text.split(after)[1]
    for name, arguments in re.findall(r"^\| `(\w+)(\(.*?\))` \|", table, re.MULTILINE):
        if hasattr(cls, name):
            yield name, arguments


def test_the_verbs_may_be_called_as_they_are_shown() -> None:
    text = documents.read(REGISTER).split("## `SignIn`")[0]
    said = dict(verbs(text, "programs that", Register))

    assert len(said) == 9
    for name, arguments in said.items():
        assert shown(arguments) == real(getattr(Register, name)), name


def test_every_verb_of_a_store_is_shown_as_it_is() -> None:
    said = dict(verbs(documents.read(REGISTER), "A store of your own", Store))

    assert {*said} == {
        name for name in vars(Store) if name.islower() and name[0] != "_"
    }
    for name, arguments in said.items():
        assert shown(arguments) == real(getattr(Store, name)), name


def test_every_field_of_a_sign_in_is_listed() -> None:
    listed = [named(cells[0]) for cells in cells_under(REGISTER, "`SignIn`")]

    assert listed == [each.name for each in fields(SignIn)]


def test_a_handle_looks_as_the_pages_show_it() -> None:
    _, row = Register(MemoryStore()).open("ada")
    commands = documents.read(REFERENCE / "commands.md")
    shown = re.findall(r"^(\S{20,})  ada", commands, re.MULTILINE)

    assert "`~` and 22 letters, 128 random bits" in documents.read(REGISTER)
    assert len(shown) == 2
    for handle in (row.handle, *shown):
        assert re.fullmatch(r"~[\w-]{22}", handle)
        assert quote(handle, safe="") == handle


@pytest.mark.parametrize(
    ("proxies", "network"),
    [
        pytest.param(0, "10.0.0.2", id="without ProxyFix"),
        pytest.param(1, "203.0.113.5", id="with it"),
    ],
)
def test_behind_a_proxy_the_address_is_the_browser_s_by_proxy_fix_alone(
    proxies: int, network: str
) -> None:
    site = registered()
    site.app.wsgi_app = ProxyFix(site.app.wsgi_app, x_for=proxies)  # type: ignore[method-assign]

    site.app.test_client().post(
        "/in/ada",
        headers={"X-Forwarded-For": "203.0.113.5"},
        environ_base={"REMOTE_ADDR": "10.0.0.2"},
    )

    (row,) = site.desk.register.of_user("ada")
    assert row.network == network


@pytest.mark.parametrize(
    ("idle", "added"),
    [
        pytest.param(HOUR, MINUTE, id="an hour"),
        pytest.param(5 * MINUTE, 30 * SECOND, id="five minutes"),
    ],
)
def test_the_idle_end_comes_a_minute_later_or_a_tenth(
    idle: timedelta, added: timedelta
) -> None:
    _, row = Register(MemoryStore(), idle=idle).open("ada")

    assert row.session_ends - row.seen_at == idle + added


def test_the_secrets_of_a_token_are_not_shown() -> None:
    token = Token.new(remember=True)

    assert token.text not in repr(token)
    assert str(token.remember) not in repr(token)


def test_every_kind_of_event_is_listed_with_its_signal() -> None:
    listed = {
        cells[0]: getattr(flask_signet, named(cells[1]), None)
        for cells in cells_under(REGISTER, "Events")
    }

    assert [*listed] == [f"`Kind.{kind.name}`" for kind in Kind]
    assert None not in listed.values()
    assert Event._fields == ("kind", "signin", "reason")


def test_what_is_set_beside_a_register_is_refused_as_the_page_says() -> None:
    said = []
    for key, value in (
        ("SIGNET_IDLE", DAY),
        ("SIGNET_LIFETIME", DAY),
        ("REMEMBER_COOKIE_DURATION", 60 * DAY),
    ):
        app = Flask("shop")
        app.config[key] = value
        with pytest.raises(ConfigError) as caught:
            LoginManager(app, register=Register(MemoryStore()))
        said.append(f"{caught.value}\n")

    assert "".join(said) in [piece.text for piece in documents.pieces(REGISTER, "text")]


def test_the_contract_is_where_the_page_says() -> None:
    (piece,) = documents.pieces(REGISTER, "python")
    names: dict[str, Any] = {"__name__": __name__}
    exec(piece.text, names)

    assert issubclass(names["TestMyStore"], StoreContract)
    assert (StoreContract.rounds, StoreContract.patience) == (50, 30)


@pytest.mark.parametrize("kind", [StoreDown, StoreBusy, Full])
def test_the_errors_come_from_where_the_page_says(kind: type[Exception]) -> None:
    assert getattr(importlib.import_module("flask_signet.signins"), kind.__name__)
    assert f"### `{kind.__name__}`\n" in documents.read(REGISTER)


def test_every_signal_of_the_register_is_heard_with_what_is_listed() -> None:
    listed = {
        named(cells[0]): set(re.findall(r"`(\w+)`", cells[1]))
        for cells in cells_of(documents.read(SIGNALS).split("six more")[1])
    }
    heard: dict[str, set[str]] = {}
    site = Site(register=Register(MemoryStore(), at_most=1))
    store = site.register.store

    with ExitStack() as stack:
        for name in listed:
            listen_to(name, heard, site.app, stack)
        ada = site.browser("ada")
        site.browser("ada", remember="yes").post("/out")
        ada = site.browser("ada", remember="yes")
        thief = copied(ada, "remember_token")
        assert [who(thief), who(thief)] == ["ada", "ada"]
        store.clock = lambda: utc_now() + MINUTE
        who(restarted(ada))
        ada = site.browser("ada")
        site.desk.register.clock = lambda: utc_now() + 31 * DAY
        site.manager.clock = lambda: datetime.now(UTC)
        who(ada)

    assert heard == listed


def listen_to(
    name: str, heard: dict[str, set[str]], app: Flask, stack: ExitStack
) -> None:
    def hear(sender: object, **arguments: object) -> None:
        assert sender is app
        heard[name] = set(arguments)

    stack.enter_context(getattr(flask_signet, name).connected_to(hear))


def test_the_cookies_say_what_the_reference_tells() -> None:
    site = registered()
    ada = site.browser("ada", remember="yes")
    (row,) = site.desk.register.of_user("ada")
    cookie = ada.get_cookie("session_signin")
    assert cookie

    assert Token(cookie.value).digest == row.digest
    assert handle_of(ada) == row.handle
    with ada.session_transaction() as held:
        assert {"_fresh", "_proved", "_stamp"} <= {*held}
        assert not {"_remember", "_remember_seconds"} & {*held}


@pytest.mark.parametrize(
    ("how", "lasts"),
    [({}, False), ({"permanent": "yes"}, True)],
    ids=["plain", "permanent"],
)
def test_the_token_s_cookie_ends_as_the_session_does(
    how: dict[str, str], lasts: bool
) -> None:
    site = registered()
    cookie = site.browser("ada", **how).get_cookie("session_signin")
    assert cookie

    assert (cookie.expires is not None) is lasts


def test_a_token_that_opens_nothing_is_left_alone() -> None:
    site = registered()
    ada = site.browser("ada")
    ada.set_cookie("session_signin", Token.new().text)
    answer = ada.get("/who")

    assert answer.text == "None"
    assert "Set-Cookie" not in answer.headers


def test_who_is_refused_for_one_too_many_is_not_signed_in() -> None:
    site = Site(register=Register(MemoryStore(), at_most=1, when_full="refuse"))
    site.browser("ada")
    other = site.browser("bob")

    with pytest.raises(Full) as caught:
        other.post("/in/ada")

    assert len(caught.value.signins) == 1
    assert who(other) == "bob"


def test_what_a_row_keeps_of_a_browser_is_that_of_the_sign_in() -> None:
    site = registered()
    ada = site.browser("ada")
    ada.get("/who", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    (row,) = site.desk.register.of_user("ada")

    assert row.network == "127.0.0.1"
    assert row.ends - row.opened_at == 30 * DAY
