"""The login manager: how it is bound, what it holds, and what it will not take."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import flask_login
import pytest
from blinker import Signal
from flask import Flask, g, render_template_string, request_started, session, signals
from flask.sessions import SecureCookieSession, SessionInterface

from flask_signet import (
    AnonymousUserMixin,
    ConfigError,
    LoginManager,
    MissingLoaderError,
    NotBoundError,
    SignetError,
    UserError,
    confirm_login,
    current_user,
    get_user,
    keep_signed_in,
    login_fresh,
    login_remembered,
    login_required,
    login_user,
    logout_user,
)
from flask_signet.words import utc_now
from support import DAY, HOUR, KEY, SECOND, Clock, Person, Site, Visitor


def an_app(name: str = "site", **settings: Any) -> Flask:
    app = Flask(name)
    app.config.update(SECRET_KEY=KEY, TESTING=True, **settings)
    return app


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """List what Signet has logged."""
    ours = (record for record in caplog.records if record.name == "flask_signet")
    return [(record.levelno, record.getMessage()) for record in ours]


# --- Bound to an application.


def test_the_manager_is_where_flask_login_has_it() -> None:
    app = an_app()

    manager = LoginManager(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]


def test_a_manager_made_first_is_bound_later() -> None:
    app, manager = an_app(), LoginManager()

    manager.init_app(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]


def test_who_says_init_app_twice_has_nothing_twice(site: Site) -> None:
    processors = [*site.app.template_context_processors[None]]

    site.manager.init_app(site.app)

    assert site.app.template_context_processors[None] == processors
    assert len([*request_started.receivers_for(site.app)]) == 1


def test_who_says_init_app_again_keeps_what_was_set_up(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")

    site.manager.init_app(site.app)

    assert visitor.who() == "ada"


def test_a_second_manager_on_one_application_is_refused_by_name() -> None:
    class Ours(LoginManager):
        pass

    app = an_app("the shop")
    first, second = LoginManager(app), Ours()
    first.login_view = "login"

    with pytest.raises(ConfigError) as caught:
        second.init_app(app)

    assert str(caught.value) == (
        "The application 'the shop' is bound to"
        " <LoginManager with login_view='login'>, and cannot be to"
        " <Ours with login_view=None> as well; for a second kind of people there is"
        " LoginManager(name=...)."
    )
    assert app.login_manager is first  # type: ignore[attr-defined]


def test_two_managers_of_one_name_are_refused_too() -> None:
    app = an_app()
    LoginManager(app, name="staff")

    with pytest.raises(ConfigError, match="<LoginManager 'staff' with login_view=None"):
        LoginManager(app, name="staff")


def test_one_manager_serves_many_applications() -> None:
    manager = LoginManager()
    manager.user_loader(Person)
    apps = [an_app(str(number), SIGNET_FRESH_MAX_AGE=None) for number in range(2)]
    apps[0].config["SECRET_KEY"] = "another"
    for app in apps:
        manager.init_app(app)
        app.add_url_rule("/", "who", lambda: str(current_user.get_id()))
        app.add_url_rule("/in", "in", lambda: str(login_user(Person("ada"))))
    clients = [app.test_client() for app in apps]

    clients[0].get("/in")

    assert [client.get("/").text for client in clients] == ["ada", "None"]


def test_each_application_of_a_manager_has_its_own_settings(clock: Clock) -> None:
    manager = LoginManager()
    manager.clock = clock
    manager.user_loader(Person)
    fresh = []
    for age in [HOUR, 2 * HOUR]:
        app = an_app(SIGNET_FRESH_MAX_AGE=age)
        manager.init_app(app)
        with app.test_request_context():
            login_user(Person("ada"))
            clock.passes(age)
            fresh.append(login_fresh())
            clock.passes(SECOND)
            fresh.append(login_fresh())

    assert fresh == [True, False, True, False]


def test_a_setting_that_was_mended_is_taken_by_the_same_manager() -> None:
    app, manager = an_app(SIGNET_FRESH_MAX_AGE="a while"), LoginManager()
    manager.user_loader(Person)
    with pytest.raises(ConfigError):
        manager.init_app(app)

    app.config["SIGNET_FRESH_MAX_AGE"] = HOUR
    manager.init_app(app)

    assert len([*request_started.receivers_for(app)]) == 1
    assert app.test_client().get("/").status_code == 404


def test_an_application_may_have_its_secret_key_after_its_manager() -> None:
    app = Flask("site")
    manager = LoginManager(app)
    manager.user_loader(Person)
    app.add_url_rule("/", "in", lambda: str(login_user(Person("ada"))))

    app.config["SECRET_KEY"] = KEY

    assert app.test_client().get("/").text == "True"


def test_an_application_may_hang_what_it_likes_on_the_manager() -> None:
    manager = LoginManager()

    manager.colour = "blue"  # type: ignore[attr-defined]

    assert manager.colour == "blue"  # type: ignore[attr-defined]


def test_decorators_of_the_manager_leave_the_function_as_it_was() -> None:
    manager: Any = LoginManager()

    def callback(*given: object) -> None: ...

    assert manager.user_loader(callback) is callback
    assert manager.request_loader(callback) is callback
    assert manager.unauthorized_handler(callback) is callback
    assert manager.needs_refresh_handler(callback) is callback
    assert manager.user_callback is callback
    assert manager.request_callback is callback
    assert manager.unauthorized_callback is callback
    assert manager.needs_refresh_callback is callback


class Utcnow(datetime):
    """What a test puts in the place of `datetime`."""

    @classmethod
    def utcnow(cls) -> "Utcnow":
        return cls(2030, 1, 1)


class Heir(Utcnow):
    """One that has it from another."""


class Now(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Now":
        return cls(2030, 1, 1, tzinfo=tz)


@pytest.mark.parametrize(
    "stand_in",
    [
        pytest.param(Mock(utcnow=Utcnow.utcnow), id="utcnow"),
        pytest.param(Mock(now=Now.now), id="now"),
        pytest.param(Utcnow, id="a class with utcnow"),
        pytest.param(Heir, id="a class that inherits utcnow"),
        pytest.param(SimpleNamespace(now=Now.now), id="a namespace with now"),
        pytest.param(Now, id="a class with now"),
    ],
)
def test_the_time_is_what_a_test_of_flask_login_s_puts_there(
    monkeypatch: pytest.MonkeyPatch, stand_in: Any
) -> None:
    monkeypatch.setattr("flask_signet.words.datetime", stand_in)

    assert LoginManager().clock() == datetime(2030, 1, 1, tzinfo=UTC)


def test_the_managers_clock_is_aware_and_in_utc() -> None:
    assert utc_now().utcoffset() == timedelta(0)
    assert LoginManager().clock is utc_now


# --- Quiet: what is not asked costs nothing.


def test_no_hook_is_registered(site: Site, visitor: Visitor) -> None:
    visitor.get("/")
    visitor.signs_in("ada", remember="yes")
    visitor.get("/secret")

    assert not site.app.before_request_funcs
    assert not site.app.after_request_funcs
    assert not site.app.teardown_request_funcs
    assert not site.app.teardown_appcontext_funcs
    assert not site.app.url_value_preprocessors


def test_nobody_listens_to_flask_after_the_first_request(
    site: Site, visitor: Visitor
) -> None:
    of_flask = [each for each in vars(signals).values() if isinstance(each, Signal)]

    visitor.get("/")

    assert request_started in of_flask
    assert not [each for each in of_flask if [*each.receivers_for(site.app)]]


def test_a_page_that_asks_nothing_says_nothing(site: Site, visitor: Visitor) -> None:
    visitor.signs_in("ada", remember="yes")
    site.asked.clear()

    answer = visitor.get("/")

    assert not site.asked
    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "Cache-Control" not in answer.headers


def test_a_page_that_asks_varies_by_the_cookie_for_strangers_too(
    visitor: Visitor,
) -> None:
    assert visitor.get("/who").headers["Vary"] == "Cookie"


def test_the_remember_cookie_is_refreshed_at_each_request_where_that_is_wanted(
    clock: Clock,
) -> None:
    site = Site(clock, REMEMBER_COOKIE_DURATION=10 * DAY)
    site.app.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = True
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    clock.passes(9 * DAY)
    visitor.get("/")
    visitor.restarts()
    clock.passes(9 * DAY)

    assert visitor.who() == "ada"


def test_where_it_is_not_wanted_the_remember_cookie_ends_in_its_time(
    clock: Clock,
) -> None:
    site = Site(clock, REMEMBER_COOKIE_DURATION=10 * DAY)
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    clock.passes(9 * DAY)
    visitor.get("/")
    visitor.restarts()
    clock.passes(9 * DAY)

    assert visitor.who() == "None"


def test_the_applications_own_hooks_stay_beside_the_one_that_refreshes(
    clock: Clock,
) -> None:
    site = Site(clock, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)
    came: list[str] = []
    site.app.before_request(lambda: came.append("somebody"))
    visitor = site.visitor()

    visitor.get("/")
    visitor.get("/")

    assert came == ["somebody", "somebody"]
    assert len(site.app.before_request_funcs[None]) == 2


# --- Templates.


def test_a_template_knows_current_user(site: Site, visitor: Visitor) -> None:
    site.app.add_url_rule(
        "/hello", "hello", lambda: render_template_string("Hello {{ current_user.id }}")
    )
    visitor.signs_in("ada")

    assert visitor.get("/hello").text == "Hello ada"


def test_a_template_that_names_nobody_loads_nobody(
    site: Site, visitor: Visitor
) -> None:
    site.app.add_url_rule("/hello", "hello", lambda: render_template_string("Hello"))
    visitor.signs_in("ada")
    site.asked.clear()

    answer = visitor.get("/hello")

    assert answer.text == "Hello"
    assert "Vary" not in answer.headers
    assert not site.asked


@pytest.mark.parametrize(
    "bind",
    [
        pytest.param(
            lambda app: LoginManager(app, add_context_processor=False), id="at once"
        ),
        pytest.param(
            lambda app: LoginManager().init_app(app, add_context_processor=False),
            id="later",
        ),
    ],
)
def test_who_wants_no_current_user_in_templates_has_none(
    bind: Callable[[Flask], object],
) -> None:
    app = an_app()
    bind(app)

    with app.test_request_context():
        assert render_template_string("{{ current_user is defined }}") == "False"


# --- What was forgotten.

ASKING: dict[str, Callable[[], object]] = {
    "get_user": get_user,
    "current_user": lambda: current_user.is_authenticated,
    "login_required": login_required(lambda: "a secret"),
    "login_user": partial(login_user, Person("ada")),
    "logout_user": logout_user,
    "confirm_login": confirm_login,
    "keep_signed_in": partial(keep_signed_in, Person("ada")),
    "login_fresh": login_fresh,
    "login_remembered": login_remembered,
}
"""All that an application may ask in a request."""


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING.keys())
def test_who_forgot_init_app_is_told_so(ask: Callable[[], object]) -> None:
    with an_app("the shop").test_request_context(), pytest.raises(NotBoundError) as no:
        ask()

    assert str(no.value) == (
        "No LoginManager on the application 'the shop'. Call"
        " login_manager.init_app(app) where the application is made,"
        " before its first request."
    )


def test_who_forgot_init_app_of_a_second_manager_is_told_which(site: Site) -> None:
    with site.app.test_request_context(), pytest.raises(NotBoundError) as caught:
        get_user(name="staff")

    assert str(caught.value).startswith(
        "No LoginManager(name='staff') on the application 'site'."
    )


def test_who_catches_what_flask_login_raised_catches_it_still() -> None:
    with an_app().test_request_context(), pytest.raises(AttributeError):
        get_user()


@pytest.mark.parametrize(
    "error", [ConfigError("KEY", "is wrong"), NotBoundError("a"), UserError("no")]
)
def test_who_catches_signets_errors_catches_all(error: Exception) -> None:
    assert isinstance(error, SignetError)


A_LOADER_IS_MISSING = (
    "Missing user_loader or request_loader on the login manager of the application"
    " 'the shop'. Is the module that registers it imported? A models module that nobody"
    " imports never runs its @login_manager.user_loader."
)


@pytest.fixture
def shop() -> Flask:
    """Give an application that has a manager and no loader."""
    app = an_app("the shop")
    LoginManager(app)
    app.add_url_rule("/", "front", lambda: "Welcome.")
    app.add_url_rule("/who", "who", lambda: str(current_user.get_id()))
    return app


def test_a_developer_is_told_of_a_missing_loader_at_the_first_request(
    shop: Flask,
) -> None:
    shop.debug = True

    with pytest.raises(MissingLoaderError) as caught:
        shop.test_client().get("/")

    assert str(caught.value) == A_LOADER_IS_MISSING


def test_a_developer_who_adds_the_missing_loader_goes_on(shop: Flask) -> None:
    shop.debug = True
    with pytest.raises(MissingLoaderError):
        shop.test_client().get("/")

    shop.login_manager.user_loader(Person)  # type: ignore[attr-defined]

    assert shop.test_client().get("/").text == "Welcome."


def test_elsewhere_a_missing_loader_is_logged_once_and_public_pages_are_served(
    shop: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    client = shop.test_client()

    assert client.get("/").text == "Welcome."
    assert client.get("/").text == "Welcome."
    assert said(caplog) == [(logging.ERROR, A_LOADER_IS_MISSING)]


def test_elsewhere_a_missing_loader_is_an_error_when_it_is_missed(shop: Flask) -> None:
    with pytest.raises(MissingLoaderError) as caught:
        shop.test_client().get("/who")

    assert str(caught.value) == A_LOADER_IS_MISSING


def test_a_loader_set_while_serving_is_used(shop: Flask) -> None:
    client = shop.test_client()
    client.get("/")

    shop.login_manager.request_loader(  # type: ignore[attr-defined]
        lambda request: Person("ada")
    )

    assert client.get("/who").text == "ada"


def test_a_loader_may_be_replaced_while_serving(site: Site, visitor: Visitor) -> None:
    visitor.signs_in("eve")

    site.manager.user_loader(lambda user_id: Person(f"another {user_id}"))

    assert visitor.who() == "another eve"


@pytest.mark.parametrize("kind", ["user_loader", "request_loader"])
def test_either_loader_will_do(
    shop: Flask, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    getattr(shop.login_manager, kind)(lambda given: None)  # type: ignore[attr-defined]

    assert shop.test_client().get("/who").text == "None"
    assert not said(caplog)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        pytest.param(True, "bool", id="a yes"),
        pytest.param("ada", "str", id="the id"),
        pytest.param((Person("ada"),), "tuple", id="a row"),
    ],
)
def test_a_loader_that_gives_no_user_lets_nobody_in(
    site: Site, visitor: Visitor, given: object, kind: str
) -> None:
    visitor.signs_in("ada")
    site.manager.user_loader(lambda user_id: given)

    with pytest.raises(UserError, match=f"The user_loader returned {kind}"):
        visitor.get("/secret")


def test_a_request_loader_that_gives_no_user_lets_nobody_in(
    site: Site, visitor: Visitor
) -> None:
    site.manager.request_loader(lambda request: "ada")

    with pytest.raises(UserError, match="The request_loader returned str"):
        visitor.get("/secret")


# --- Settings.


def test_who_writes_a_setting_that_is_near_none_is_told_all() -> None:
    app = an_app()
    app.config["SIGNET_COLOUR"] = "green"

    with pytest.raises(ConfigError) as caught:
        LoginManager(app)

    assert str(caught.value) == (
        "SIGNET_COLOUR is no setting; there are SIGNET_FRESH_MAX_AGE, SIGNET_IDLE,"
        " SIGNET_LIFETIME, SIGNET_MOVE_UNTIL, SIGNET_SITE_ORIGIN."
    )


def test_who_has_flask_login_s_manager_on_the_application_is_told_so() -> None:
    app = an_app()
    flask_login.LoginManager(app)

    with pytest.raises(ConfigError) as caught:
        LoginManager(app)

    assert str(caught.value) == (
        f"The application {app.name!r} has Flask-Login's manager; see"
        " install_as_flask_login()."
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("SIGNET_FRESH_MAXAGE", "SIGNET_FRESH_MAX_AGE"),
        ("SIGNET_SITE_ORIGN", "SIGNET_SITE_ORIGIN"),
        ("SIGNET_IDLE_TIMEOUT", "SIGNET_IDLE"),
        ("SIGNET_MOVE_UNTILL", "SIGNET_MOVE_UNTIL"),
        ("SIGNET_LIFE_TIME", "SIGNET_LIFETIME"),
    ],
)
def test_who_misspells_a_setting_is_told_the_nearest(written: str, meant: str) -> None:
    app = an_app()
    app.config[written] = None

    with pytest.raises(ConfigError) as caught:
        LoginManager(app)

    assert str(caught.value) == f"{written} is no setting; the nearest is {meant}."
    assert caught.value.key == written


@pytest.mark.parametrize(
    ("age", "problem"),
    [
        pytest.param(
            3600,
            "is 3600; it should be a timedelta or None, as timedelta(seconds=3600).",
            id="number",
        ),
        pytest.param("1h", "is '1h'; it should be a timedelta or None.", id="text"),
        pytest.param(True, "is True; it should be a timedelta or None.", id="yes"),
        pytest.param(
            timedelta(0), "is 0:00:00; it should be longer than nothing.", id="nothing"
        ),
        pytest.param(
            timedelta(days=-1),
            "is -1 day, 0:00:00; it should be longer than nothing.",
            id="less",
        ),
    ],
)
def test_the_age_of_a_proof_is_a_time(age: object, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(an_app(SIGNET_FRESH_MAX_AGE=age))

    assert str(caught.value) == f"SIGNET_FRESH_MAX_AGE {problem}"


@pytest.mark.parametrize(
    "origin",
    [
        "example.org",
        "//example.org",
        "https://",
        "https://example.org/",
        "https://example.org/shop",
        "https://example.org?a=b",
        "https://example.org#top",
        "https://ada@example.org",
        "ftp://example.org",
        "https://exa mple.org",
        "https://[::1",
        "https://example.org:",
        "https://example.org:abc",
        "https://example.org:0",
        "https://example.org:65536",
        "",
        7,
    ],
)
def test_the_origin_of_the_site_is_an_origin(origin: object) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(an_app(SIGNET_SITE_ORIGIN=origin))

    assert str(caught.value) == (
        f"SIGNET_SITE_ORIGIN is {origin!r}; it should be like 'https://example.org',"
        " with nothing behind the host."
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"SIGNET_FRESH_MAX_AGE": None},
        {"SIGNET_FRESH_MAX_AGE": timedelta(microseconds=1)},
        {"SIGNET_SITE_ORIGIN": None},
        {"SIGNET_SITE_ORIGIN": "https://example.org"},
        {"SIGNET_SITE_ORIGIN": "HTTPS://Example.org"},
        {"SIGNET_SITE_ORIGIN": "https://example.org:65535"},
        {"SIGNET_SITE_ORIGIN": "http://localhost:5000"},
        {"SIGNET_SITE_ORIGIN": "http://[::1]:5000"},
        {"SIGNETS": "somebody else's", "signet_lower": 1},
        {"SESSION_PROTECTION": "basic"},
        {"SESSION_PROTECTION": "strong"},
        {"SESSION_PROTECTION": None},
        {"REMEMBER_COOKIE_DURATION": timedelta(seconds=1)},
        {"REMEMBER_COOKIE_DURATION": 1},
        {"REMEMBER_COOKIE_DURATION": 365_000 * DAY},
    ],
    ids=str,
)
def test_what_can_be_meant_is_taken(settings: dict[str, Any]) -> None:
    app = an_app(**settings)

    manager = LoginManager(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]


NO_TIME = "must be a datetime.timedelta, instead got: "
OUT_OF_BOUNDS = "; it should be a second at least, a thousand years at most"

WRONG_DURATIONS = [
    pytest.param("1", f"{NO_TIME}'1'.", id="text"),
    pytest.param(1.5, f"{NO_TIME}1.5.", id="half"),
    pytest.param(True, f"{NO_TIME}True.", id="yes"),
    pytest.param(None, f"{NO_TIME}None.", id="None"),
    pytest.param(0, f"is 0:00:00{OUT_OF_BOUNDS}.", id="nothing"),
    pytest.param(
        timedelta(milliseconds=999),
        f"is 0:00:00.999000{OUT_OF_BOUNDS}.",
        id="less than a second",
    ),
    pytest.param(
        365_000 * DAY + SECOND,
        f"is 365000 days, 0:00:01{OUT_OF_BOUNDS}.",
        id="more than a thousand years",
    ),
]


@pytest.mark.parametrize(("duration", "problem"), WRONG_DURATIONS)
def test_a_wrong_duration_is_refused_when_the_application_is_made(
    duration: object, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(an_app(REMEMBER_COOKIE_DURATION=duration))

    assert str(caught.value) == f"REMEMBER_COOKIE_DURATION {problem}"


@pytest.mark.parametrize(("duration", "problem"), WRONG_DURATIONS)
def test_a_wrong_duration_set_later_is_refused_when_it_is_used(
    site: Site, visitor: Visitor, duration: object, problem: str
) -> None:
    site.app.config["REMEMBER_COOKIE_DURATION"] = duration

    assert visitor.signs_in("ada").text == "in"
    with pytest.raises(ConfigError) as caught:
        visitor.signs_in("ada", remember="yes")

    assert str(caught.value) == f"REMEMBER_COOKIE_DURATION {problem}"


@pytest.mark.parametrize("mode", ["weak", "Basic", True, 1])
def test_a_wrong_protection_is_refused_when_the_application_is_made(
    mode: object,
) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(an_app(SESSION_PROTECTION=mode))

    assert str(caught.value) == (
        f"SESSION_PROTECTION is {mode!r}; it should be 'basic', 'strong' or None."
    )


def test_a_wrong_protection_on_the_manager_is_refused_likewise() -> None:
    manager = LoginManager()
    manager.session_protection = "weak"

    with pytest.raises(ConfigError, match="SESSION_PROTECTION is 'weak'"):
        manager.init_app(an_app())


@pytest.mark.parametrize("where", ["the setting", "the manager"])
def test_a_wrong_protection_set_later_is_refused_when_it_is_used(
    site: Site, visitor: Visitor, where: str
) -> None:
    visitor.signs_in("ada")

    if where == "the setting":
        site.app.config["SESSION_PROTECTION"] = "weak"
    else:
        site.manager.session_protection = "weak"

    with pytest.raises(ConfigError, match="SESSION_PROTECTION is 'weak'"):
        visitor.get("/who", headers={"User-Agent": "another browser"})


# --- Sessions that are kept on the server.


class InMemory(SessionInterface):
    """Keeps one session, and gives it no new id."""

    def open_session(self, app: Flask, request: object) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, *given: object) -> None: ...


class Renewing(InMemory):
    def regenerate(self, session: object) -> None: ...


def test_who_keeps_sessions_that_cannot_be_renewed_is_told_once(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    site.app.session_interface = InMemory()

    visitor.get("/")
    visitor.get("/")

    ((level, sentence),) = said(caplog)
    assert level == logging.WARNING
    assert sentence == (
        "InMemory has no regenerate(session): whoever knew the id of a session"
        " before its sign-in knows it after, too."
    )


@pytest.mark.parametrize(
    "interface",
    [
        pytest.param(Flask.session_interface, id="Flask's own, in a cookie"),
        pytest.param(Renewing(), id="one that renews"),
    ],
)
def test_who_keeps_sessions_that_can_be_renewed_is_told_nothing(
    site: Site, interface: Any, caplog: pytest.LogCaptureFixture
) -> None:
    site.app.session_interface = interface

    request_started.send(site.app)

    assert not said(caplog)


# --- A second kind of people.


@pytest.fixture
def staff(site: Site) -> LoginManager:
    """Give a second manager, with a door of its own."""
    manager = LoginManager(name="staff")
    manager.clock = site.clock
    manager.user_loader(Person)
    manager.init_app(site.app)

    @site.app.post("/staff/in/<person_id>")
    def staff_in(person_id: str) -> dict[str, Any]:
        login_user(Person(person_id), remember=True, name="staff")
        return dict(session)

    @site.app.post("/staff/out")
    def staff_out() -> str:
        logout_user(name="staff")
        return "out"

    @site.app.get("/staff/who")
    def staff_who() -> str:
        return render_template_string("{{ current_user_staff.get_id() }} of the staff")

    return manager


def test_staff_and_members_are_told_apart_in_one_session(
    staff: LoginManager, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    visitor.post("/staff/in/kim")

    assert visitor.who() == "ada"
    assert visitor.get("/staff/who").text == "kim of the staff"


def test_staff_are_nobody_among_members(
    site: Site, staff: LoginManager, visitor: Visitor
) -> None:
    visitor.post("/staff/in/kim")

    assert visitor.who() == "None"
    assert not site.asked


def test_who_signs_out_as_staff_stays_in_as_member(
    staff: LoginManager, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    visitor.post("/staff/in/kim")

    visitor.post("/staff/out")

    assert visitor.get("/staff/who").text == "None of the staff"
    assert visitor.who() == "ada"


def test_staff_have_keys_and_a_cookie_of_their_own(
    staff: LoginManager, visitor: Visitor
) -> None:
    held = visitor.post("/staff/in/kim").json or {}

    assert held["_user_id_staff"] == "kim"
    assert {key for key in held if not key.endswith("_staff")} == set()
    assert visitor.cookie("remember_token_staff")
    assert visitor.cookie("remember_token") is None


def test_the_remember_cookie_of_staff_is_worth_nothing_as_a_members(
    staff: LoginManager, visitor: Visitor
) -> None:
    visitor.post("/staff/in/ada")
    visitor.client.set_cookie(
        "remember_token", visitor.cookie("remember_token_staff") or ""
    )
    visitor.restarts()

    assert visitor.get("/staff/who").text == "ada of the staff"
    assert visitor.who() == "None"


def test_a_second_manager_is_not_taken_for_the_plain_one(
    site: Site, staff: LoginManager
) -> None:
    assert site.app.login_manager is site.manager  # type: ignore[attr-defined]
    assert repr(staff) == "<LoginManager 'staff' with login_view=None>"


def test_a_second_manager_alone_leaves_no_plain_one() -> None:
    app = an_app()
    LoginManager(app, name="staff")

    assert not hasattr(app, "login_manager")
    with app.test_request_context(), pytest.raises(NotBoundError):
        get_user()


def test_a_second_manager_without_a_loader_is_missed_as_well(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    LoginManager(site.app, name="staff")

    visitor.get("/")

    ((level, sentence),) = said(caplog)
    assert level == logging.ERROR
    assert sentence.startswith("Missing user_loader or request_loader")


def test_the_remember_cookie_of_staff_is_refreshed_too(
    site: Site, staff: LoginManager, visitor: Visitor, clock: Clock
) -> None:
    site.app.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = True
    site.app.config["REMEMBER_COOKIE_DURATION"] = 10 * DAY
    visitor.post("/staff/in/kim")

    clock.passes(9 * DAY)
    visitor.get("/")
    visitor.restarts()
    clock.passes(9 * DAY)

    assert visitor.get("/staff/who").text == "kim of the staff"


@pytest.mark.parametrize("name", ["staff", "s", "staff2", "night_shift", "a_1_b"])
def test_a_name_may_be_small_letters_digits_and_underscores(name: str) -> None:
    manager = LoginManager(an_app(), name=name)

    assert manager.name == name


@pytest.mark.parametrize(
    "name",
    [
        "Staff",
        "2nd",
        "_staff",
        "staff_",
        "night__shift",
        "night shift",
        "night-shift",
        "staff\n",
        "équipe",
        "٣",
    ],
)
def test_a_name_that_would_not_do_in_a_cookie_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(name=name)

    assert str(caught.value) == (
        f"name is {name!r}; small letters, digits and _ will do."
    )


@pytest.mark.parametrize("name", ["seconds", "seconds_staff"])
def test_a_name_that_makes_another_manager_s_key_is_refused(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LoginManager(name=name)

    assert str(caught.value) == (
        f"name is {name!r}, and would share _remember_seconds with another."
    )


# --- Strangers.


def test_a_stranger_is_who_the_application_says(site: Site, visitor: Visitor) -> None:
    class Guest(AnonymousUserMixin):
        @property
        def colour(self) -> str:
            return "blue"

    site.manager.anonymous_user = Guest
    site.app.add_url_rule("/colour", "colour", lambda: current_user.colour)

    assert visitor.get("/colour").text == "blue"


def test_a_stranger_is_on_g_for_who_looks_there(site: Site, visitor: Visitor) -> None:
    seen = SimpleNamespace()

    @site.app.get("/g")
    def on_g() -> str:
        seen.asked = current_user.is_anonymous
        seen.user = g._login_user
        return ""

    visitor.get("/g")

    assert seen.asked
    assert isinstance(seen.user, AnonymousUserMixin)
