"""What may be said of a register, and what cannot be meant."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from flask_signet import ConfigError, LoginManager, login_user
from flask_signet.signins import Register
from flask_signet.signins.memory import MemoryStore
from register.house import COOKIES, Browser, House
from support import DAY, HOUR, KEY, SECOND, Clock, Person

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

# --- The register's limits.


@pytest.mark.parametrize("name", ["lifetime", "idle", "remember"])
@pytest.mark.parametrize("limit", [0 * DAY, -DAY, 3600, "1h", True])
def test_a_limit_that_cannot_be_meant_is_refused(name: str, limit: Any) -> None:
    given: dict[str, Any] = {name: limit}

    with pytest.raises(ConfigError, match=rf"^Register\({name}=…\) "):
        Register(MemoryStore(), **given)


@pytest.mark.parametrize("name", ["lifetime", "remember"])
def test_only_the_limit_at_rest_may_be_none(name: str) -> None:
    given: dict[str, Any] = {name: None}
    Register(MemoryStore(), idle=None)

    with pytest.raises(ConfigError, match="should be a timedelta"):
        Register(MemoryStore(), **given)


@pytest.mark.parametrize("at_most", [0, -1, "2", True, 1.5])
def test_nobody_is_let_in_less_than_once(at_most: Any) -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        Register(MemoryStore(), at_most=at_most)


@pytest.mark.parametrize("when_full", ["end_newest", "", None, 1, ["refuse"]])
def test_what_happens_if_there_are_too_many_is_one_of_three(when_full: Any) -> None:
    with pytest.raises(ConfigError, match="callable, 'end_oldest' or 'refuse'"):
        Register(MemoryStore(), when_full=when_full)


def test_by_itself_it_lasts_a_month_and_rests_a_week(
    house: House, ada: Browser
) -> None:
    row = house.row()

    assert row.ends - row.opened_at == 30 * DAY
    assert timedelta(days=7) <= row.session_ends - row.opened_at < 7 * DAY + HOUR


# --- What is no register, and no store.


@pytest.mark.parametrize("name", ["device", "clock", "tell"])
def test_what_should_be_a_function_is_one(name: str) -> None:
    given: dict[str, Any] = {name: "x"}

    with pytest.raises(ConfigError, match=rf"^Register\({name}=…\) is 'x'"):
        Register(MemoryStore(), **given)


def test_a_clock_that_names_no_zone_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(ConfigError, match="it should be aware"):
        Register(MemoryStore(), clock=lambda: naive)


@pytest.mark.parametrize("trust_for", [5, None, -SECOND])
def test_how_long_a_row_is_trusted_is_a_time(trust_for: Any) -> None:
    with pytest.raises(ConfigError, match=r"^Register\(trust_for=…\) is "):
        Register(MemoryStore(), trust_for=trust_for)


class Database:
    """Somebody's db: no store, and not wrapped in one."""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param(Database(), r"a Database; say .*SQLAlchemyStore\(db\)", id="db"),
        pytest.param(MemoryStore, r"the class MemoryStore; say", id="class"),
        pytest.param("redis://", r"a text; say .*RedisStore\(url\)", id="text"),
    ],
)
def test_what_is_no_store_is_refused_at_once(given: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=rf"^Register\(store\) is {says}"):
        Register(given)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        pytest.param(MemoryStore(), "MemoryStore", id="store"),
        pytest.param(Register, "Register", id="class"),
        pytest.param(True, "bool", id="True"),
    ],
)
@pytest.mark.parametrize("where", ["manager", "init_app"])
def test_what_is_no_register_is_refused_at_once(
    given: Any, kind: str, where: str
) -> None:
    first, then = (given, None) if where == "manager" else (None, given)

    with pytest.raises(ConfigError, match=f"is given a {kind}; say register="):
        LoginManager(register=first).init_app(Flask("shop"), register=then)


def test_a_register_given_by_its_place_is_not_lost() -> None:
    given: Any = Register(MemoryStore())

    with pytest.raises(ConfigError, match="say register="):
        LoginManager(Flask("shop"), given)


# --- One that comes late.


def test_a_register_at_a_second_init_app_is_refused() -> None:
    app, manager = Flask("shop"), LoginManager[Any]()
    manager.init_app(app)

    with pytest.raises(ConfigError, match="bound already, without this register"):
        manager.init_app(app, register=Register(MemoryStore()))


def test_the_same_register_may_be_given_again() -> None:
    app, register = Flask("shop"), Register(MemoryStore())
    manager = LoginManager[Any](app, register=register)

    manager.init_app(app, register=register)
    manager.init_app(app)


def test_a_register_that_is_set_too_late_is_missed_at_the_first_request() -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    manager = LoginManager[Any](app)
    manager.user_loader(lambda _: None)
    manager.register = Register(MemoryStore())

    with pytest.raises(ConfigError, match=r"got its register after init_app\(\)"):
        app.test_client().get("/")


# --- Beside it.


@pytest.mark.parametrize(
    ("key", "limit"), [("SIGNET_IDLE", "idle"), ("SIGNET_LIFETIME", "lifetime")]
)
def test_a_limit_of_the_cookies_beside_a_register_is_refused(
    clock: Clock, key: str, limit: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^{key} .*Register\({limit}="):
        House(clock, settings={key: HOUR})


def test_nobody_is_remembered_for_longer_than_the_register_does(clock: Clock) -> None:
    with pytest.raises(
        ConfigError, match=r"^REMEMBER_COOKIE_DURATION .*Register\(remember="
    ):
        House(clock, settings={"REMEMBER_COOKIE_DURATION": 30 * DAY + SECOND})


@pytest.mark.parametrize("duration", [30 * DAY, 30 * 86400, HOUR])
def test_for_as_long_as_the_register_does_may_be_said(
    clock: Clock, duration: Any
) -> None:
    house = House(clock, settings={"REMEMBER_COOKIE_DURATION": duration})

    assert house.signed_in("ada", remember="yes").who() == "ada"


def test_a_longer_time_that_is_set_later_is_refused_at_its_first_use(
    house: House,
) -> None:
    house.app.config["REMEMBER_COOKIE_DURATION"] = 365 * DAY

    with pytest.raises(
        ConfigError, match=r"^REMEMBER_COOKIE_DURATION .*Register\(remember="
    ):
        house.signed_in("ada", remember="yes")


def test_a_longer_time_for_one_sign_in_is_refused_before_anything_is_done(
    house: House, ada: Browser
) -> None:
    with pytest.raises(ConfigError, match=r"^duration is .*Register\(remember="):
        ada.signs_in("bob", remember="yes", seconds=str(31 * 86400))

    assert ada.who() == "ada"
    assert house.rows("bob") == []


def test_one_sign_in_may_be_remembered_for_less(clock: Clock) -> None:
    house = House(clock, lifetime=DAY, idle=None)
    short = house.signed_in("ada", remember="yes", seconds=str(3 * 86400))
    assert house.row().ends == clock() + 3 * DAY
    clock.passes(3 * DAY - SECOND)
    short.restarts()
    assert short.who() == "ada"
    clock.passes(SECOND)

    assert short.who() == "None"


@pytest.mark.parametrize(
    ("lifetime", "remember", "ends"),
    [
        pytest.param(DAY, 10 * DAY, 10 * DAY, id="remembered for longer"),
        pytest.param(10 * DAY, DAY, 10 * DAY, id="lasts for longer"),
    ],
)
def test_a_row_ends_with_the_longer_of_the_two(
    clock: Clock, lifetime: timedelta, remember: timedelta, ends: timedelta
) -> None:
    house = House(clock, lifetime=lifetime, remember=remember)
    house.signed_in("ada", remember="yes")
    house.signed_in("bob")

    assert house.row("ada").ends == clock() + ends
    assert house.row("bob").ends == clock() + lifetime


def test_a_remember_cookie_does_not_begin_anew_with_each_request(
    clock: Clock,
) -> None:
    """With a register all ends when it was said to at the proof."""
    house = House(clock, settings={"REMEMBER_COOKIE_REFRESH_EACH_REQUEST": True})
    ada = house.signed_in("ada", remember="yes")
    value = ada.cookie("remember_token")
    clock.passes(DAY)

    assert ada.who() == "ada"
    assert ada.cookie("remember_token") == value


# --- Bound.


def test_it_may_be_said_where_the_application_is_bound(clock: Clock) -> None:
    store = MemoryStore()
    app = Flask("house")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    manager: LoginManager[Any] = LoginManager()
    manager.user_loader(Person)
    manager.init_app(app, register=Register(store))

    with app.test_request_context():
        login_user(Person("ada"))

    assert len(store.of_user("ada")) == 1


def test_what_is_said_there_counts_before_the_managers(clock: Clock) -> None:
    own, other = MemoryStore(), MemoryStore()
    app = Flask("house")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    manager: LoginManager[Any] = LoginManager(register=Register(own))
    manager.init_app(app, register=Register(other))

    with app.test_request_context():
        login_user(Person("ada"))

    assert (len(own.of_user("ada")), len(other.of_user("ada"))) == (0, 1)


def test_who_has_no_register_loads_none_of_it() -> None:
    code = (
        "import sys; from flask import Flask; from flask_signet import LoginManager;"
        "LoginManager(Flask('x'));"
        "print([each for each in sys.modules if 'flask_signet.desk' in each])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True
    )

    assert done.stdout.strip() == "[]"


# --- The cookies' names and flags.


def test_the_token_is_called_after_the_session_and_has_its_flags(
    clock: Clock,
) -> None:
    settings = {
        "SESSION_COOKIE_NAME": "s",
        "SESSION_COOKIE_SAMESITE": "Strict",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_PATH": "/",
    }
    house = House(clock, settings=settings)
    answer = house.browser().signs_in("ada")
    (token,) = [
        each
        for each in answer.headers.getlist("Set-Cookie")
        if each.startswith("s_signin=")
    ]

    for flag in ("Secure", "HttpOnly", "Path=/", "SameSite=Strict"):
        assert flag in token


def test_the_tokens_cookie_is_no_other_cookie(clock: Clock) -> None:
    house = House(clock, settings={"REMEMBER_COOKIE_NAME": "session_signin"})

    with pytest.raises(ConfigError, match="REMEMBER_COOKIE_NAME"):
        house.browser().get("/")


def test_a_remember_cookie_is_kept_as_long_as_the_row(
    house: House, ada: Browser
) -> None:
    found = ada.client.get_cookie("remember_token")

    assert found is not None
    assert found.expires == house.row().ends
    assert found.max_age == 30 * 86400


def test_one_manager_serves_two_applications_with_a_register_each(
    clock: Clock,
) -> None:
    manager: LoginManager[Any] = LoginManager()
    manager.user_loader(Person)
    stores = []
    for name in ("one", "two"):
        app = Flask(name)
        app.config.update(SECRET_KEY=KEY, TESTING=True)
        stores.append(MemoryStore())
        manager.init_app(app, register=Register(stores[-1]))
        with app.test_request_context():
            login_user(Person(name))

    assert [len(store.of_user("one")) for store in stores] == [1, 0]
    assert [len(store.of_user("two")) for store in stores] == [0, 1]


def test_the_cookies_are_these(ada: Browser) -> None:
    assert tuple(sorted(ada.cookies)) == tuple(sorted(COOKIES))
