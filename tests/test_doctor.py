"""The doctor: a finding for each fault, and none where there is none."""

import json
import secrets
import sys
from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Blueprint, Flask
from flask.cli import ScriptInfo
from flask.sessions import SessionInterface
from flask.views import MethodView
from werkzeug.local import LocalProxy
from werkzeug.middleware.proxy_fix import ProxyFix

import flask_signet
from flask_signet import (
    ConfigError,
    LoginManager,
    UserMixin,
    cli,
    doctor,
    drop_in,
    login_required,
    public,
)
from flask_signet.doctor import Finding


class Stamped(UserMixin):
    def get_auth_stamp(self) -> str:
        return "the hash of a password"


class Plain(UserMixin):
    """A user who stays in with the old password."""

    @classmethod
    def of(cls, user_id: str) -> Any:
        return None


SOUND = {
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_NAME": "__Host-session",
    "REMEMBER_COOKIE_NAME": "__Host-remember_token",
    "TRUSTED_HOSTS": ["www.example.org"],
}


def an_app(**settings: Any) -> Flask:
    app = Flask("shop")
    app.config.update({"SECRET_KEY": secrets.token_hex(), **SOUND, **settings})
    login_manager = LoginManager(app)
    login_manager.login_view = "login"

    @login_manager.user_loader
    def load(user_id: str) -> Any:
        return Stamped()

    @app.route("/login", methods=["GET", "POST"])
    def login() -> str:
        return "who are you?"

    @app.post("/buy")
    @login_required
    def buy() -> str:
        return "bought"

    return app


def manager_of(app: Flask) -> LoginManager:
    manager: LoginManager = app.login_manager  # type: ignore[attr-defined]
    return manager


def found(app: Flask) -> list[tuple[str, str]]:
    return [(name, finding.problem) for name, finding in doctor.examine(app)]


def only(app: Flask) -> tuple[str, Finding]:
    """Give what was found, which is one thing."""
    [(name, finding)] = doctor.examine(app)
    return name, finding


def test_nothing_is_found_where_all_is_well() -> None:
    assert found(an_app()) == []


# --- Settings: each fault is found by its own check, and gone with the line that mends.


@pytest.mark.parametrize(
    ("fault", "check", "said", "mend"),
    [
        pytest.param(
            {"SECRET_KEY": "dev"},
            "key",
            "SECRET_KEY has 3 bytes, and can be guessed: 32 at least.",
            {"SECRET_KEY": secrets.token_hex(16)},
            id="short key",
        ),
        pytest.param(
            {"SECRET_KEY": b"0" * 31},
            "key",
            "SECRET_KEY has 31 bytes, and can be guessed: 32 at least.",
            {"SECRET_KEY": secrets.token_bytes(32)},
            id="short key of bytes",
        ),
        pytest.param(
            {"SECRET_KEY": "please CHANGE-ME before you go live, thank you"},
            "key",
            "SECRET_KEY is a text out of an example, which others know as well.",
            {"SECRET_KEY": secrets.token_urlsafe(32)},
            id="a key from an example",
        ),
        pytest.param(
            {"SECRET_KEY_FALLBACKS": [secrets.token_hex(), "old"]},
            "key",
            "SECRET_KEY_FALLBACKS[1] has 3 bytes, and can be guessed: 32 at least.",
            {"SECRET_KEY_FALLBACKS": [secrets.token_hex()]},
            id="short fallback",
        ),
        pytest.param(
            {"SESSION_COOKIE_SECURE": False},
            "cookies",
            "The session cookie is sent over HTTP, too, where others read it.",
            {"SESSION_COOKIE_SECURE": True},
            id="over HTTP",
        ),
        pytest.param(
            {"SESSION_COOKIE_HTTPONLY": False},
            "cookies",
            "Any script on a page may read the session cookie.",
            {"SESSION_COOKIE_HTTPONLY": True},
            id="to scripts",
        ),
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": None},
            "cookies",
            "Other sites' forms are sent with the session cookie.",
            {"SESSION_COOKIE_SAMESITE": "Lax"},
            id="without SameSite",
        ),
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": "None"},
            "cookies",
            "Other sites' forms are sent with the session cookie.",
            {"SESSION_COOKIE_SAMESITE": "Lax"},
            id="SameSite=None",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_SECURE": False},
            "cookies",
            "The remember cookie is sent over HTTP, too, where others read it.",
            {"REMEMBER_COOKIE_SECURE": True},
            id="remember over HTTP",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_SAMESITE": "None"},
            "cookies",
            "Other sites' forms are sent with the remember cookie.",
            {"REMEMBER_COOKIE_SAMESITE": "Lax"},
            id="remember with SameSite=None",
        ),
        pytest.param(
            {"SESSION_COOKIE_NAME": "session"},
            "cookies",
            "The session cookie is called 'session': a neighbouring host, or somebody"
            " on the line, may set one of that name.",
            {"SESSION_COOKIE_NAME": "__Host-session"},
            id="name without prefix",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_NAME": "remember_token"},
            "cookies",
            "The remember cookie is called 'remember_token': a neighbouring host, or"
            " somebody on the line, may set one of that name.",
            {"REMEMBER_COOKIE_NAME": "__Host-remember_token"},
            id="remember without prefix",
        ),
        pytest.param(
            {"SESSION_COOKIE_NAME": "__Secure-session"},
            "cookies",
            "'__Secure-session' may be set by a neighbouring host.",
            {"SESSION_COOKIE_NAME": "__Host-session"},
            id="the weaker prefix",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_DOMAIN": "example.org"},
            "cookies",
            "Browsers refuse '__Host-remember_token': it has the domain 'example.org'.",
            {"REMEMBER_COOKIE_NAME": "__Secure-remember_token"},
            id="a domain under __Host-",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_PATH": "/shop"},
            "cookies",
            "Browsers refuse '__Host-remember_token': it has the path '/shop'.",
            {"REMEMBER_COOKIE_NAME": "__Secure-remember_token"},
            id="a path under __Host-",
        ),
        pytest.param(
            {"TRUSTED_HOSTS": None},
            "hosts",
            "TRUSTED_HOSTS is not set: whatever host a visitor names is taken for the"
            " site's own.",
            {"TRUSTED_HOSTS": ["www.example.org"]},
            id="any host",
        ),
        pytest.param(
            {"TRUSTED_HOSTS": "example.org,example.com"},
            "hosts",
            "TRUSTED_HOSTS has 'example.org,example.com', which is no host. A list of"
            " names is wanted; with a dot before it, one stands for those below it,"
            " too.",
            {"TRUSTED_HOSTS": "example.org"},
            id="hosts in one text",
        ),
        pytest.param(
            {"TRUSTED_HOSTS": ["example.org", "*"]},
            "hosts",
            "TRUSTED_HOSTS has '*', which is no host. A list of names is wanted; with"
            " a dot before it, one stands for those below it, too.",
            {"TRUSTED_HOSTS": [".example.org"]},
            id="a star",
        ),
        pytest.param(
            {"LOGIN_DISABLED": True},
            "switches",
            "LOGIN_DISABLED is set. It is ignored outside tests.",
            {"LOGIN_DISABLED": False},
            id="login disabled",
        ),
        pytest.param(
            {"DEBUG": True},
            "switches",
            "DEBUG is on: an error shows the code, and lets a visitor run some.",
            {"DEBUG": False},
            id="debug",
        ),
        pytest.param(
            {"TESTING": True},
            "switches",
            "TESTING is on, and with it whatever is made easy for tests.",
            {"TESTING": False},
            id="testing",
        ),
        pytest.param(
            {"SESSION_PROTECTION": "stronk"},
            "settings",
            "SESSION_PROTECTION is 'stronk'; it should be 'basic', 'strong' or None.",
            {"SESSION_PROTECTION": "strong"},
            id="a setting that cannot be meant",
        ),
        pytest.param(
            {"REMEMBER_COOKIE_NAME": "__Host-session"},
            "settings",
            "REMEMBER_COOKIE_NAME makes '__Host-session' the name of two cookies.",
            {"REMEMBER_COOKIE_NAME": "__Host-remember_token"},
            id="one name for two cookies",
        ),
    ],
)
def test_a_fault_in_the_settings_is_found_and_mended(
    fault: dict[str, Any], check: str, said: str, mend: dict[str, Any]
) -> None:
    app = an_app()
    app.config.update(fault)

    assert found(app) == [(check, said)]

    app.config.update(mend)
    assert found(app) == []


def test_the_line_that_mends_is_the_one_that_was_set_wrong() -> None:
    app = an_app(SESSION_COOKIE_DOMAIN="example.org")

    mends = {finding.mend for _, finding in doctor.examine(app)}

    assert mends == {
        'SESSION_COOKIE_NAME = "__Secure-session"',
        'REMEMBER_COOKIE_NAME = "__Secure-remember_token"',
    }


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_it_says_what_the_first_sign_in_would(key: Any) -> None:
    app = an_app()
    app.config["SECRET_KEY"] = key

    name, finding = only(app)

    assert name == "key"
    assert finding.problem == "SECRET_KEY is not set; a sign-in is sealed with it."


def test_fallbacks_that_are_one_text_are_many_keys() -> None:
    app = an_app()
    app.config["SECRET_KEY_FALLBACKS"] = "an old key"

    assert found(app)[0] == (
        "key",
        "SECRET_KEY_FALLBACKS is one text; it should be a list.",
    )


def test_the_present_key_is_no_fallback() -> None:
    app = an_app()
    app.config["SECRET_KEY_FALLBACKS"] = [app.config["SECRET_KEY"]]

    name, finding = only(app)

    assert name == "key"
    assert finding.mend == "del SECRET_KEY_FALLBACKS[0]"


def test_login_disabled_under_test_is_said_to_open_all() -> None:
    app = an_app(TESTING=True, LOGIN_DISABLED=True)

    assert ("switches", "LOGIN_DISABLED is set. No guard guards.") in found(app)


# --- Around it.


class Middleware:
    def __init__(self, app: Any) -> None:
        self.app = app


def test_one_proxy_fix_is_well() -> None:
    app = an_app(SIGNET_SITE_ORIGIN="https://www.example.org")
    app.wsgi_app = Middleware(ProxyFix(app.wsgi_app))  # type: ignore[method-assign, assignment]

    assert found(app) == []


def test_two_proxy_fixes_count_each_proxy_twice() -> None:
    app = an_app()
    inner = Middleware(ProxyFix(app.wsgi_app))
    app.wsgi_app = ProxyFix(inner)  # type: ignore[method-assign, arg-type]

    name, finding = only(app)

    assert name == "proxy"
    assert finding.problem.startswith("ProxyFix is there twice")


def test_a_middleware_that_holds_itself_is_looked_through_once() -> None:
    app = an_app()
    ring = Middleware(None)
    ring.app = ring
    app.wsgi_app = ring  # type: ignore[method-assign, assignment]

    assert found(app) == []


def test_behind_a_proxy_without_proxy_fix_all_have_one_address() -> None:
    app = an_app(SIGNET_SITE_ORIGIN="https://www.example.org")

    name, finding = only(app)

    assert name == "proxy"
    assert "every visitor has the proxy's address" in finding.problem
    app.config["SESSION_PROTECTION"] = None
    assert found(app) == []


@pytest.mark.parametrize(
    ("origin", "is_found"),
    [
        ("http://www.example.org", True),
        ("http://localhost:5000", False),
        ("http://127.0.0.1:5000", False),
        ("https://www.example.org", False),
    ],
)
def test_a_site_in_the_clear_is_found(origin: str, is_found: bool) -> None:
    app = an_app(SIGNET_SITE_ORIGIN=origin, SESSION_PROTECTION=None)

    mends = [finding.mend for _, finding in doctor.examine(app)]

    assert mends == ['SIGNET_SITE_ORIGIN = "https://www.example.org"'] * is_found


def a_flask_login(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Put something that is not ours in the place of the real one."""
    real = ModuleType("flask_login")
    real.current_user = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "flask_login", real)
    return real


def test_a_module_of_the_application_with_the_real_flask_login_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = a_flask_login(monkeypatch)
    views = ModuleType("shop.views")
    views.current_user = real.current_user  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop.views", views)

    name, finding = only(an_app())

    assert name == "both"
    assert finding.problem.startswith("shop.views has imported the real Flask-Login")


@pytest.mark.parametrize("where", ["view", "hook", "blueprint", "extension", "none"])
def test_an_extensions_module_with_the_real_flask_login_is_named(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    real = a_flask_login(monkeypatch)
    module = ModuleType("gallery")
    module.login = real  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gallery", module)
    app = an_app()

    def function() -> None: ...

    function.__module__ = "gallery"
    if where == "view":
        app.add_url_rule("/gallery", "gallery", wraps(function)(lambda: ""))
    elif where == "hook":
        app.before_request(function)
    elif where == "blueprint":
        app.register_blueprint(Blueprint("gallery", "gallery"))
    elif where == "extension":
        app.extensions["gallery"] = type("Gallery", (), {"__module__": "gallery"})()

    assert [name for name, _ in found(app)] == ["both"] * (where != "none")


def test_it_is_well_if_ours_stands_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "flask_login", drop_in.Module("flask_login"))

    assert found(an_app()) == []


def test_it_is_well_if_nobody_has_imported_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "flask_login", raising=False)

    assert found(an_app()) == []


# --- People.


def test_an_application_without_a_manager_is_told_so() -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=secrets.token_hex(), **SOUND)

    [(name, problem)] = found(app)

    assert name == "loader"
    assert problem.startswith("No LoginManager on the application 'shop'.")


@pytest.mark.parametrize(
    ("name", "mend"),
    [("", "@login_manager.user_loader"), ("staff", "@staff_manager.user_loader")],
)
def test_a_manager_without_a_loader_is_found(name: str, mend: str) -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=secrets.token_hex(), **SOUND)
    LoginManager(app, name=name)

    check, finding = only(app)

    assert check == "loader"
    assert finding.problem.startswith("Missing user_loader or request_loader")
    assert finding.mend == mend


def test_who_is_known_by_the_request_alone_needs_no_stamp() -> None:
    app = an_app()
    manager = manager_of(app)
    manager._user_callback = None
    manager.request_loader(lambda request: Plain())

    assert found(app) == []


def loads_it() -> Callable[[str], Any]:
    def load(user_id: str) -> Any:
        return Plain.of(user_id)

    return load


def loads_what_it_holds() -> Callable[[str], Any]:
    kind = Plain

    def load(user_id: str) -> Any:
        return next(kind.of(each) for each in [user_id])

    return load


def loads_through_another() -> Callable[[str], Any]:
    @wraps(loads_it())
    def load(user_id: str) -> Any:
        return None

    return load


@pytest.mark.parametrize(
    "loader",
    [
        pytest.param(Plain, id="the class"),
        pytest.param(Plain.of, id="a method of the class"),
        pytest.param(loads_it(), id="by its name"),
        pytest.param(loads_what_it_holds(), id="from around it"),
        pytest.param(loads_through_another(), id="wrapped"),
    ],
)
def test_a_class_of_users_without_a_stamp_is_found(loader: Any) -> None:
    app = an_app()
    manager_of(app).user_loader(loader)

    name, finding = only(app)

    assert name == "stamp"
    assert finding.problem.startswith("Plain has no get_auth_stamp")


def test_a_loader_that_names_no_class_is_of_those_in_its_package() -> None:
    app = an_app()
    space: dict[str, Any] = {"__name__": "a_package.people", "UserMixin": UserMixin}
    code = """
class Base(UserMixin): ...
class Guest(Base): ...
class Member(Base):
    def get_auth_stamp(self): return "hash"
def load(user_id): return find(user_id)
"""
    exec(code, space)
    manager_of(app).user_loader(space["load"])

    assert [problem.partition(" ")[0] for _, problem in found(app)] == ["Guest"]


def test_what_is_not_there_yet_is_nobody() -> None:
    app = an_app()

    def load(user_id: str) -> Any:
        return later and Stamped()

    manager_of(app).user_loader(load)
    assert found(app) == []

    later = True


def test_a_loader_without_code_is_not_looked_into() -> None:
    app = an_app()
    people: dict[str, Any] = {}
    manager_of(app).user_loader(people.get)

    assert found(app) == []


# --- Pages.


def test_a_login_view_that_there_is_not_is_found() -> None:
    app = an_app()
    manager_of(app).login_view = "auth.login"

    names = dict(doctor.examine(app))

    assert names["login-view"].problem.startswith("'auth.login' is no endpoint")
    assert names["login-view"].mend == 'login_manager.login_view = "login"'


@pytest.mark.parametrize(
    "view",
    [
        None,
        "/login",
        "/login?from=here",
        "https://login.example.org/",
        "//login.example.org/buy",
        ".login",
        pytest.param(lambda: "login", id="a function"),
        pytest.param(lambda: 1 / 0, id="one that raises"),
    ],
)
def test_a_login_view_that_is_no_endpoint_is_not_looked_up(view: Any) -> None:
    app = an_app()
    manager_of(app).login_view = view

    assert "login-view" not in dict(doctor.examine(app))


def closed(app: Flask) -> None:
    manager_of(app).login_view = lambda: "login"
    manager_of(app).protect(app)


def guarded(app: Flask) -> None:
    app.view_functions["login"] = login_required(app.view_functions["login"])


def guarded_before(app: Flask) -> None:
    app.before_request(login_required(lambda: None))


@pytest.mark.parametrize("fault", [closed, guarded, guarded_before])
def test_a_login_page_where_no_stranger_gets_in_is_found(
    fault: Callable[[Flask], None],
) -> None:
    app = an_app()
    fault(app)

    finding = dict(doctor.examine(app))["login-view"]

    assert finding.problem == (
        "Strangers are sent to 'login', which is for those who are signed in: nobody"
        " can sign in."
    )


@pytest.mark.parametrize(
    ("rule", "methods", "said"),
    [
        ("/in", ["POST"], "'way_in' takes no GET: no stranger who is sent there sees"),
        ("/in/<name>", ["GET"], "'way_in' wants arguments: nobody can be sent there."),
    ],
)
def test_a_login_page_that_cannot_be_sent_to_is_found(
    rule: str, methods: list[str], said: str
) -> None:
    app = an_app()
    app.add_url_rule(rule, "way_in", public(lambda name="": "in"), methods=methods)
    manager_of(app).login_view = "way_in"

    assert dict(doctor.examine(app))["login-view"].problem.startswith(said)


@pytest.mark.parametrize(
    ("attribute", "mend"),
    [
        ("login_view", 'login_manager.login_view = "login"'),
        ("refresh_view", 'login_manager.refresh_view = "login"'),
    ],
)
def test_the_line_that_mends_names_the_view_that_is_wrong(
    attribute: str, mend: str
) -> None:
    app = an_app()
    setattr(manager_of(app), attribute, "logn")

    assert dict(doctor.examine(app))["login-view"].mend == mend


def test_a_blueprints_login_view_is_looked_at_as_well() -> None:
    app = an_app()
    manager_of(app).blueprint_login_views = {"shop": "zzz"}

    name, finding = only(app)

    assert name == "login-view"
    assert finding.mend == (
        "login_manager.blueprint_login_views['shop'] = …  # the endpoint of a page"
        " that all may see"
    )


@pytest.mark.parametrize("debug", [False, True])
def test_a_guard_above_its_route_is_found_and_left_there(debug: bool) -> None:
    app = an_app(DEBUG=debug)

    @login_required
    @app.post("/secret")
    def secret() -> str:
        return "a secret"

    before = app.view_functions["secret"]
    problems = [problem for name, problem in found(app) if name == "order"]

    assert len(problems) == 1
    assert problems[0].startswith("@login_required stands above the route decorator")
    assert debug is False or app.view_functions["secret"] is before


class Stock(MethodView):
    @login_required(name="staf")
    def get(self) -> str:
        return ""


@pytest.mark.parametrize(
    "view", [login_required(lambda: "", name="staf"), Stock.as_view("stock")]
)
def test_a_guard_for_people_of_no_manager_is_found(view: Any) -> None:
    app = an_app()
    app.add_url_rule("/stock", "stock", view)

    name, finding = only(app)

    assert name == "names"
    assert "says name='staf', and no manager has that name" in finding.problem


def test_an_open_page_that_takes_a_post_is_found_until_it_is_public() -> None:
    app = an_app()

    def write() -> str:
        return "written"

    app.add_url_rule("/guests", "guests", write, methods=["GET", "POST", "DELETE"])

    name, finding = only(app)

    assert name == "open"
    assert finding.problem == "DELETE/POST /guests (guests) is open to everybody."
    app.view_functions["guests"] = public(write)
    assert found(app) == []


def test_what_was_left_open_by_name_is_no_fault() -> None:
    app = an_app()
    app.add_url_rule("/hook", "hook", lambda: "", methods=["POST"])
    manager_of(app).protect(app, open=["hook"])

    assert found(app) == []


def test_what_protect_could_not_mean_is_said() -> None:
    app = an_app()
    manager_of(app).protect(app, open=["nowhere"])

    name, finding = only(app)

    assert name == "open"
    said = "protect(open=...) has 'nowhere', which is no endpoint"
    assert finding.problem.startswith(said)


def test_what_protect_could_not_mean_hides_no_wrong_login_view() -> None:
    app = an_app()
    manager_of(app).protect(app, open=["nowhere"])
    manager_of(app).login_view = "zzz"

    assert [name for name, _ in doctor.examine(app)] == ["login-view", "open"]


# --- The session's interface.


class Shelf(SessionInterface):
    def open_session(self, app: Flask, request: Any) -> Any:
        raise NotImplementedError

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        raise NotImplementedError


def test_a_session_that_keeps_its_id_at_sign_in_is_found() -> None:
    app = an_app()
    app.session_interface = Shelf()

    name, finding = only(app)

    assert name == "renewal"
    assert finding.problem.startswith("Shelf has no regenerate(session)")
    app.session_interface.regenerate = print  # type: ignore[attr-defined]
    assert found(app) == []


# --- Checks of others, and which are left out.


def test_a_check_that_an_extension_has_hung_is_made_last() -> None:
    app = an_app(DEBUG=True)
    finding = Finding("The outbox is full.", "common sense", "flask signet deliver")
    app.extensions["flask_signet_checks"] = {"outbox": lambda app: [finding]}

    assert [*doctor.examine(app)][-1] == ("outbox", finding)


def test_a_check_may_be_left_out() -> None:
    assert [*doctor.examine(an_app(DEBUG=True), skip=["switches"])] == []


def test_a_check_that_there_is_not_cannot_be_left_out() -> None:
    with pytest.raises(ConfigError, match=r"^skip has 'switch'; there are key, "):
        [*doctor.examine(an_app(), skip=["switch"])]


def test_a_check_may_not_bear_the_name_of_one_of_ours() -> None:
    app = an_app()
    app.extensions["flask_signet_checks"] = {"key": lambda app: []}

    with pytest.raises(ConfigError, match="has 'key', which is a check of ours"):
        [*doctor.examine(app)]


def secretive(app: Flask) -> Any:
    raise RuntimeError("postgresql://ada:s3cret@127.0.0.1/shop")


def halfway(app: Flask) -> Any:
    yield Finding("The outbox is full.")
    raise KeyError("s3cret")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (secretive, ["The check 'own' could not be made: RuntimeError."]),
        (
            halfway,
            ["The outbox is full.", "The check 'own' could not be made: KeyError."],
        ),
        pytest.param(lambda app: None, [], id="nothing"),
        pytest.param(
            lambda app: ["full"],
            ["The check 'own' gave str, where a Finding was meant."],
            id="a text",
        ),
        pytest.param(
            lambda app: 7,
            ["The check 'own' could not be made: TypeError."],
            id="no list",
        ),
    ],
)
def test_a_check_that_fails_is_a_finding_and_shows_no_secret(
    check: Any, said: list[str]
) -> None:
    app = an_app(LOGIN_DISABLED=True)
    app.extensions["flask_signet_checks"] = {"own": check, "last": lambda app: []}

    findings = [*doctor.examine(app)]

    assert [finding.problem for name, finding in findings if name == "own"] == said
    assert findings[0][0] == "switches"
    assert "s3cret" not in repr(findings)


def test_what_is_left_out_is_a_list() -> None:
    with pytest.raises(ConfigError, match="skip is one text; it should be a list"):
        [*doctor.examine(an_app(), skip="key")]


# --- Where it should not say anything.


def test_small_letters_are_well() -> None:
    assert found(an_app(SESSION_COOKIE_SAMESITE="strict")) == []


def test_who_is_known_by_the_request_alone_has_no_cookies_and_no_key() -> None:
    app = Flask("api")
    app.config["TRUSTED_HOSTS"] = ["api.example.org"]
    LoginManager(app).request_loader(lambda request: None)

    assert found(app) == []


def test_an_address_of_this_machine_is_behind_no_proxy() -> None:
    assert found(an_app(SIGNET_SITE_ORIGIN="http://127.0.0.1:5000")) == []


def test_a_proxy_in_the_loaders_names_is_not_asked() -> None:
    app, asked = an_app(), []
    database = LocalProxy(lambda: asked.append("opened") or {})

    def load(user_id: str) -> Any:
        return database and Stamped()

    manager_of(app).user_loader(load)

    assert found(app) == []
    assert asked == []


# --- Loaders that name nobody by themselves.


@pytest.mark.parametrize(
    "loader",
    [
        pytest.param({"1": Plain()}.get, id="people in a dict"),
        pytest.param(partial(Plain.of), id="partial"),
        pytest.param(partial(lambda kind, user_id: None, Plain), id="an argument"),
    ],
)
def test_a_class_without_a_stamp_is_found_behind_other_loaders(loader: Any) -> None:
    app = an_app()
    manager_of(app).user_loader(loader)

    assert [problem.partition(" ")[0] for _, problem in found(app)] == ["Plain"]


@pytest.mark.parametrize(
    "key",
    [
        "a long random text, the shop's own",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    ],
)
def test_a_key_out_of_documents_is_known(key: str) -> None:
    assert [name for name, _ in found(an_app(SECRET_KEY=key))] == ["key"]


def test_the_present_key_in_bytes_is_no_fallback() -> None:
    app = an_app()
    app.config["SECRET_KEY_FALLBACKS"] = [app.config["SECRET_KEY"].encode()]

    assert only(app)[1].mend == "del SECRET_KEY_FALLBACKS[0]"


def test_hosts_that_can_be_looked_through_once_are_left_alone() -> None:
    app = an_app(TRUSTED_HOSTS=iter(["www.example.org"]))

    assert only(app)[0] == "hosts"
    assert [*app.config["TRUSTED_HOSTS"]] == ["www.example.org"]


# --- On the command line.


def say(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(cli.signet, ["doctor", *words])


def test_the_command_says_what_why_and_the_line_that_mends() -> None:
    said = say(an_app(LOGIN_DISABLED=True))

    assert said.exit_code == 1
    assert said.output == (
        "1 thing is wrong with 'shop'.\n"
        "\n"
        "switches: LOGIN_DISABLED is set. It is ignored outside tests.\n"
        "    why   ASVS 5.0, 8.3.1\n"
        "    mend  LOGIN_DISABLED = False\n"
    )


def test_the_command_leaves_out_what_a_check_does_not_say() -> None:
    app = an_app(LOGIN_DISABLED=True)
    app.extensions["flask_signet_checks"] = {"odd": lambda app: [Finding("It is odd.")]}

    said = say(app).output

    assert said.startswith("2 things are wrong with 'shop'.\n")
    assert said.endswith("\n\nodd: It is odd.\n")


def test_the_command_ends_well_if_nothing_is_found() -> None:
    said = say(an_app())

    count = len(doctor.CHECKS)
    assert said.exit_code == 0
    assert (
        said.output == f"All is well with 'shop': {count} checks, and nothing found.\n"
    )


def test_the_command_tells_programs() -> None:
    said = say(an_app(LOGIN_DISABLED=True), "--json")

    assert said.exit_code == 1
    assert json.loads(said.output) == [
        {
            "check": "switches",
            "problem": "LOGIN_DISABLED is set. It is ignored outside tests.",
            "why": "ASVS 5.0, 8.3.1",
            "mend": "LOGIN_DISABLED = False",
        }
    ]


def test_the_command_tells_programs_of_nothing_in_a_list() -> None:
    said = say(an_app(), "--json")

    assert (said.exit_code, json.loads(said.output)) == (0, [])


def test_the_command_leaves_out_a_check() -> None:
    said = say(an_app(LOGIN_DISABLED=True), "--skip", "switches")

    assert said.exit_code == 0
    assert f"{len(doctor.CHECKS) - 1} checks" in said.output


def test_the_command_knows_which_check_was_meant() -> None:
    said = say(an_app(), "--skip", "cookie")

    assert said.exit_code == 2
    assert "'cookie' is no check; the nearest is 'cookies'. There are" in said.output


def test_an_application_brings_commands_of_its_own() -> None:
    app = an_app()

    @click.command()
    def deliver() -> None:
        """Send what waits."""
        click.echo("sent")

    app.extensions["flask_signet_commands"] = {"deliver": deliver}
    runner = app.test_cli_runner()

    assert runner.invoke(cli.signet, ["deliver"]).output == "sent\n"
    assert "deliver  Send what waits." in runner.invoke(cli.signet, ["--help"]).output
    assert "doctor" in runner.invoke(cli.signet, ["--help"]).output


def test_there_is_help_without_an_application() -> None:
    app = an_app()
    nothing = ScriptInfo(app_import_path="no_such_module")
    runner = app.test_cli_runner()

    helped = runner.invoke(cli.signet, ["--help"], obj=nothing)
    asked = runner.invoke(cli.signet, ["deliver"], obj=nothing)

    assert helped.exit_code == 0
    assert "routes" in helped.output
    assert asked.exit_code == 2
    assert "Could not import 'no_such_module'." in asked.output


def test_a_command_may_not_bear_the_name_of_one_of_ours() -> None:
    app = an_app()
    app.extensions["flask_signet_commands"] = {"routes": click.Command("routes")}

    said = app.test_cli_runner().invoke(cli.signet, ["--help"])

    assert said.exit_code == 2
    assert "has 'routes', which is a command of ours" in said.output


def test_what_cannot_be_meant_is_said_without_a_traceback() -> None:
    app = an_app()
    manager_of(app).protect(app, open=["nowhere"])

    said = app.test_cli_runner().invoke(cli.signet, ["routes"])

    assert said.exit_code == 1
    assert said.output.startswith("Error: protect(open=...) has 'nowhere', which is")


def test_a_command_that_there_is_not_is_refused() -> None:
    said = an_app().test_cli_runner().invoke(cli.signet, ["doktor"])

    assert said.exit_code == 2
    assert "No such command 'doktor'" in said.output


def test_the_doctor_is_not_imported_with_the_package() -> None:
    # Who runs a site pays for no check of it.
    assert not hasattr(flask_signet, "doctor") or "doctor" not in flask_signet.__all__
