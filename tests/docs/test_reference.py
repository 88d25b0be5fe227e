"""The reference against the code: nothing is left out, nothing is made up."""

import ast
import base64
import importlib
import inspect
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from blinker import Signal
from flask import Flask, g, session

import documents
import flask_signet
from flask_signet import (
    ConfigError,
    LoginManager,
    MissingLoaderError,
    NotBoundError,
    SignetError,
    UserMixin,
    cli,
    config,
    confirm_login,
    current_user,
    doctor,
    errors,
    get_user,
    keep_signed_in,
    login_required,
    login_user,
    logout_user,
    safe_next,
)
from flask_signet.config import Config
from flask_signet.names import Names
from flask_signet.signins import store
from support import KEY, Clock, Person, Site, Visitor

REFERENCE = documents.DOCS / "reference"
NAMES, MANAGER, SETTINGS = (
    REFERENCE / f"{page}.md" for page in ("names", "manager", "settings")
)
SIGNALS, COOKIES, ERRORS = (
    REFERENCE / f"{page}.md" for page in ("signals", "session-and-cookies", "errors")
)
COMMANDS = REFERENCE / "commands.md"
SOURCES = sorted(Path(flask_signet.__file__).parent.rglob("*.py"))


# Reading a page ---------------------------------------------------------------------


def sections(page: Path) -> dict[str, str]:
    """Give what stands under each heading that is a name."""
    found = re.split(r"^#+ `(\w+)`\n", documents.read(page), flags=re.MULTILINE)[1:]
    names, texts = found[::2], found[1::2]
    assert len(names) == len({*names})
    return {
        name: re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
        for name, text in zip(names, texts, strict=True)
    }


def rows(page: Path) -> list[list[str]]:
    """Give the cells of each row whose first cell is a name."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in documents.prose(documents.read(page)).splitlines()
        if re.match(r"\| \[?`", line)
    ]


def named(cell: str) -> str:
    (name,) = re.findall(r"`([^`]+)`", cell)
    return str(name)


def shown_signature(section: str) -> str:
    """Give the arguments of the first call that is shown."""
    found = re.search(r"```python\n(\w+)(\(.*\))\n```", section)
    assert found
    return normal(found[2])


def real_signature(function: Callable[..., object]) -> str:
    signature = inspect.signature(function)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
        if parameter.name != "self"
    ]
    return normal(str(inspect.Signature(bare)))


def normal(arguments: str) -> str:
    return ast.unparse(ast.parse(f"def call{arguments}: ..."))


def constants(pattern: str) -> set[str]:
    """Find the texts of this form that the package's code uses."""
    return {
        node.value
        for path in SOURCES
        # Two have names to pass on, two ask where Flask is, and one the environment.
        if path.name
        not in {
            "__init__.py",
            "drop_in.py",
            "client.py",
            "protecting.py",
            "register.py",
        }
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(pattern, node.value)
    }


# Names ------------------------------------------------------------------------------


def test_every_public_name_is_described_once_and_no_other() -> None:
    described = [
        *sections(NAMES),
        *sections(SIGNALS),
        *sections(ERRORS),
        *(name for name in sections(MANAGER) if name == "LoginManager"),
        *CONSTANTS,
    ]

    assert sorted(described) == sorted(flask_signet.__all__)


CONSTANTS = {named(cells[0]): named(cells[1]) for cells in rows(NAMES) if cells[2:]}


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_has_the_value_that_is_listed(name: str) -> None:
    real = getattr(flask_signet, name)

    assert eval(CONSTANTS[name], {"timedelta": timedelta}) == real


CALLED = sorted(
    {*sections(NAMES)}
    - {"AnonymousUserMixin", "Permitted", "UserMixin", "current_user"}
)


@pytest.mark.parametrize("name", CALLED)
def test_a_call_may_be_written_as_it_is_shown(name: str) -> None:
    real = real_signature(getattr(flask_signet, name))

    assert shown_signature(sections(NAMES)[name]) == real


def test_every_argument_is_explained() -> None:
    said_at_the_top, what_it_is_about = {"name"}, {"payload", "cookie"}
    of_flask = {"args", "kwargs"}
    unsaid = {
        (name, parameter)
        for name in CALLED
        for parameter in inspect.signature(getattr(flask_signet, name)).parameters
        if f"- `{parameter}`:" not in sections(NAMES)[name]
        and parameter not in said_at_the_top | what_it_is_about | of_flask
    }

    assert unsaid == set()


def test_what_is_asked_of_a_user_is_described() -> None:
    shown = {named(cells[0]).rstrip("()") for cells in rows(NAMES) if not cells[2:]}
    public = {name for name in dir(UserMixin) if not name.startswith("_")}

    assert shown == public


def test_the_client_is_where_the_page_says() -> None:
    testing = importlib.import_module("flask_signet.testing")

    assert testing.__all__ == ["FlaskLoginClient", "SignetClient", "assert_guarded"]
    assert testing.FlaskLoginClient is flask_signet.FlaskLoginClient


# The manager ------------------------------------------------------------------------


def test_every_attribute_of_the_manager_is_listed_and_no_other() -> None:
    public = {name for name in dir(LoginManager()) if not name.startswith("_")}
    listed = [named(cells[0]) for cells in rows(MANAGER)]
    methods = [name for name in sections(MANAGER) if name != "LoginManager"]

    assert sorted(listed + methods) == sorted(public)


@pytest.mark.parametrize("cells", rows(MANAGER), ids=lambda cells: named(cells[0]))
def test_an_attribute_has_the_default_that_is_listed(cells: list[str]) -> None:
    name, default = named(cells[0]), cells[1]
    real = getattr(LoginManager(), name)
    if not default.startswith("`"):
        assert name in {"clock", "current_user", "names"}
        return

    given = named(default)
    assert given == (real.__name__ if isinstance(real, type) else as_written(real))


def as_written(value: object) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def test_the_managers_clock_tells_the_time_in_utc() -> None:
    assert LoginManager().clock().utcoffset() == timedelta(0)


@pytest.mark.parametrize("name", sections(MANAGER))
def test_a_method_may_be_called_as_it_is_shown(name: str) -> None:
    function = LoginManager if name == "LoginManager" else getattr(LoginManager, name)

    assert shown_signature(sections(MANAGER)[name]) == real_signature(function)


def test_the_name_that_is_refused_is_refused() -> None:
    with pytest.raises(ConfigError):
        LoginManager(name="seconds")
    with pytest.raises(ConfigError):
        LoginManager(name="Staff")


def test_a_bound_application_has_the_manager_where_the_page_says() -> None:
    app = Flask("shop")
    manager = LoginManager(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]
    assert {"flask_signet", "flask_signet_look"} <= app.extensions.keys()


def test_binding_registers_no_hook() -> None:
    app = Flask("shop")
    LoginManager(app)

    assert app.before_request_funcs == {}
    assert app.after_request_funcs == {}
    assert app.teardown_request_funcs == {}


# Commands ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*cli.signet.commands])
def test_a_command_and_its_options_are_listed(name: str) -> None:
    page = documents.read(COMMANDS)
    section = re.split(r"^## ", page.split(f"\n## {name}\n")[1], flags=re.MULTILINE)[0]

    options = {option.opts[0] for option in cli.signet.commands[name].params}

    assert {*re.findall(r"^- `(--\w+)", section, re.MULTILINE)} == options


def test_every_check_of_the_doctor_is_listed_in_its_order() -> None:
    assert [named(cells[0]) for cells in rows(COMMANDS)] == [*doctor.CHECKS]


@pytest.mark.parametrize("thing", [doctor.examine, doctor.Finding])
def test_what_checks_are_made_of_may_be_called_as_shown(thing: Any) -> None:
    section = sections(COMMANDS)[thing.__name__]
    (shown,) = re.findall(r"```text\n\w+(\(.*\))\n```", section)

    assert normal(shown) == real_signature(thing)


# Settings ---------------------------------------------------------------------------

KEYS = {named(cells[0]): cells[1] for cells in rows(SETTINGS)}


def test_every_setting_is_listed_and_no_other() -> None:
    of_wsgi = constants(r"HTTP_[A-Z_]+")
    of_the_server = {"GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"}  # of its environment
    read = constants(r"[A-Z]+(_[A-Z]+)+") - of_wsgi - of_the_server
    ours = {f"SIGNET_{field.upper()}" for field in Config._fields}

    assert set(KEYS) == read | ours


@pytest.mark.parametrize("key", sorted(key for key in KEYS if key[:6] == "SIGNET"))
def test_a_setting_of_ours_has_the_default_that_is_listed(key: str) -> None:
    field = key.removeprefix("SIGNET_").lower()

    assert as_default(KEYS[key]) == getattr(Config(), field)


def as_default(cell: str) -> object:
    return eval(named(cell), {"timedelta": timedelta})


def test_the_keys_of_flask_login_have_the_defaults_that_are_listed() -> None:
    assert as_default(KEYS["REMEMBER_COOKIE_NAME"]) == config.COOKIE_NAME
    assert as_default(KEYS["REMEMBER_COOKIE_DURATION"]) == config.COOKIE_DURATION
    assert as_default(KEYS["REMEMBER_COOKIE_DURATION"]) == config.remember_duration({})
    assert as_default(KEYS["USE_SESSION_FOR_NEXT"]) == config.USE_SESSION_FOR_NEXT
    assert KEYS["SESSION_PROTECTION"] == "the manager's `session_protection`"
    assert config.session_protection({}, "strong") == "strong"


@pytest.mark.parametrize("key", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_the_keys_of_flask_have_the_defaults_that_are_listed(key: str) -> None:
    assert as_default(KEYS[key]) == Flask("shop").config[key]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("DOMAIN", "example.org", "Domain=example.org"),
        ("PATH", "/shop", "Path=/shop"),
        ("SECURE", True, "Secure"),
        ("HTTPONLY", False, "HttpOnly"),
        ("SAMESITE", "Strict", "SameSite=Strict"),
        ("PARTITIONED", True, "Partitioned"),
    ],
)
@pytest.mark.parametrize("prefix", ["REMEMBER_COOKIE_", "SESSION_COOKIE_"])
def test_a_flag_is_as_the_session_cookies_unless_it_is_set(
    site: Site, key: str, value: object, shown: str, prefix: str
) -> None:
    assert KEYS[f"REMEMBER_COOKIE_{key}"] == f"as `SESSION_COOKIE_{key}`"
    site.app.config[f"{prefix}{key}"] = value
    url = "https://example.org/shop/"
    answer = site.app.test_client().post(
        "/in/ada", data={"remember": "yes"}, base_url=url
    )

    (header,) = (
        header
        for header in answer.headers.getlist("Set-Cookie")
        if header.startswith("remember_token")
    )
    assert (shown in header) is (value is not False)


def test_the_exempt_methods_are_those_that_are_listed() -> None:
    text = documents.read(SETTINGS)

    found = re.search(r"`flask_signet\.config\.EXEMPT_METHODS` is .* `(\{.*?\})`", text)
    assert found
    assert eval(found[1]) == config.EXEMPT_METHODS


@pytest.mark.parametrize("key", ["SIGNET_FRESH_MAXAGE", "SIGNET_ORIGIN"])
def test_a_misspelt_setting_is_refused_and_the_nearest_named(key: str) -> None:
    app = Flask("shop")
    app.config[key] = None

    with pytest.raises(ConfigError, match="the nearest is SIGNET_"):
        LoginManager(app)


def test_the_host_for_redirects_stands_in_the_address_of_the_login_page(
    site: Site, visitor: Visitor
) -> None:
    site.app.config["FORCE_HOST_FOR_REDIRECTS"] = "example.org"

    assert visitor.get("/secret").location.startswith("//example.org/login?next=")


# Signals ----------------------------------------------------------------------------

HEARD: dict[str, set[str]] = {
    named(re.sub(r"\(.*\)", "", cells[0])): set(re.findall(r"`(\w+)`", cells[1]))
    for cells in rows(SIGNALS)
}


def test_every_signal_is_in_the_table_and_has_its_section() -> None:
    from flask_signet import signals

    real = {name for name, each in vars(signals).items() if isinstance(each, Signal)}

    assert set(HEARD) == set(sections(SIGNALS)) == real


WITHOUT_A_REGISTER = {
    name: heard
    for name, heard in HEARD.items()
    if not name.startswith("signin_") and name != "remember_token_reused"
}
"""The others are heard in ``test_register_pages.py``."""


def test_every_signal_is_heard_with_the_arguments_that_are_listed(
    site: Site, visitor: Visitor, clock: Clock
) -> None:
    heard: dict[str, set[str]] = {}
    site.manager.refresh_view = "login"
    site.manager.request_loader(
        lambda request: site.people.get(request.headers.get("X-Key", ""))
    )

    with ExitStack() as stack:
        for name in HEARD:
            listen_to(name, heard, site.app, stack)
        visitor.get("/secret")
        visitor.get("/who", headers={"X-Key": "ada"})
        visitor.signs_in("ada", remember="yes")
        visitor.restarts()
        visitor.get("/fresh")
        visitor.post("/again")
        visitor.get("/secret", headers={"User-Agent": "another"})
        visitor.signs_out()
        site.manager.request_loader(None)  # type: ignore[type-var]
        site.manager.header_loader(site.people.get)
        visitor.get("/who", headers={"Authorization": "ada"})

    assert heard == WITHOUT_A_REGISTER


def listen_to(
    name: str, heard: dict[str, set[str]], app: Flask, stack: ExitStack
) -> None:
    def hear(sender: object, **arguments: object) -> None:
        assert sender is app
        heard[name] = set(arguments)

    stack.enter_context(getattr(flask_signet, name).connected_to(hear))


def test_the_listener_of_the_page_listens(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    (piece,) = documents.pieces(SIGNALS, "python")
    exec(piece.text, {"app": site.app})
    with caplog.at_level(logging.INFO, site.app.name):
        visitor.signs_in("ada")

    assert caplog.messages == ["ada is in"]


# The session and the cookies --------------------------------------------------------


def names_in(names: Names) -> dict[str, str]:
    return {
        field: getattr(names, field)
        for field in vars(names)
        if field not in {"tail", "seen"}
    }


def test_every_key_in_the_session_is_listed_and_no_other() -> None:
    names = names_in(Names.of(""))
    on_g = {names.pop("mirror")}
    listed = {named(cells[0]) for cells in rows(COOKIES)}

    assert {key for key in listed if "." not in key} == set(names.values())
    assert {f"g.{name}" for name in on_g} <= listed


def test_a_named_manager_has_the_name_behind() -> None:
    plain, staff = names_in(Names.of("")), names_in(Names.of("staff"))

    assert staff == {field: f"{name}_staff" for field, name in plain.items()}


def test_a_sign_in_writes_the_keys_that_are_said_to_be_written_then(
    site: Site,
) -> None:
    at_sign_in = {
        named(cells[0])
        for cells in rows(COOKIES)
        if len(cells) == 3 and "sign-in" in cells[2]
    }
    site.people["ada"].active = False
    with site.app.test_request_context():
        how: dict[str, Any] = {"methods": ["pwd"], "duration": timedelta(days=1)}
        login_user(site.people["ada"], remember=True, force=True, **how)
        written = set(session)

    assert written == at_sign_in


def test_what_the_remember_cookie_says_can_be_read_as_the_page_tells_it(
    visitor: Visitor,
) -> None:
    visitor.signs_in("ada", remember="yes", seconds="60")
    value = visitor.cookie("remember_token")
    assert value
    payload = value.split(".")[0]
    claim = json.loads(base64.urlsafe_b64decode(payload + "=="))

    with visitor.client.session_transaction() as held:
        assert claim == ["ada", 60, held["_stamp"], False]


def test_a_seal_has_the_length_that_the_page_tells(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    with visitor.client.session_transaction() as held:
        assert re.fullmatch(r"[0-9a-f]{32}", held["_stamp"])
        assert re.fullmatch(r"[0-9a-f]{32}", held["_id"])


def test_who_leaves_nothing_behind_leaves_no_seal(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        logout_user()
        assert "_left" not in session

        login_user(site.people["ada"])
        session["cart"] = "a present"
        logout_user()
        assert "_left" in session


def test_the_mirror_may_be_deleted_and_replaced(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        assert g._login_user is site.people["ada"]
        del g._login_user
        assert get_user() is site.people["ada"]
        g._login_user = site.people["bob"]

        assert get_user() is site.people["bob"]


def test_other_requests_write_nothing(visitor: Visitor) -> None:
    visitor.signs_in("ada", remember="yes")

    for path in ("/secret", "/who", "/fresh", "/how", "/"):
        assert "Set-Cookie" not in visitor.get(path).headers


# Errors -----------------------------------------------------------------------------


def test_every_error_is_in_the_table_with_its_kinds() -> None:
    real = {
        name: {each.__name__ for each in error.__bases__}
        for module in (errors, store)
        for name, error in vars(module).items()
        if isinstance(error, type) and issubclass(error, Exception)
    }
    shown = {
        named(re.sub(r"\(.*\)", "", cells[0])): set(re.findall(r"`(\w+)`", cells[1]))
        for cells in rows(ERRORS)
    }

    assert shown == real


def sentences() -> set[str]:
    return {
        line for piece in documents.pieces(ERRORS) for line in piece.text.splitlines()
    }


def test_every_sentence_that_is_shown_is_said() -> None:
    said = {str(error) for error in raised()}

    assert {sentence for sentence in sentences() if "stands above" not in sentence} == (
        said
    )


def raised() -> Iterator[SignetError]:
    """Make each of the slips that the page shows."""
    for key, value in (("SIGNET_FRESH_MAXAGE", 1), ("SESSION_PROTECTION", "Strong")):
        yield caught(lambda settings: LoginManager(made(settings)), {key: value})
    yield caught(lambda: LoginManager(name="seconds"))
    yield caught(lambda: current_user.get_id())  # noqa: PLW0108 (asked when called)
    app = made({})
    yield caught(inside(app, get_user))
    manager = LoginManager(app)
    yield caught(inside(app, get_user))
    manager.user_loader(lambda _: None)
    manager.unauthorized_handler(lambda: None)
    yield caught(inside(app, guarded))
    manager.user_loader(User)
    yield caught(inside(app, lambda: login_user(None)))
    yield caught(inside(app, lambda: login_user(User(None))))
    yield caught(inside(app, lambda: keep_signed_in(User("ada"))))
    User.is_authenticated = lambda self: True  # type: ignore[method-assign]
    yield caught(inside(app, lambda: (login_user(User("ada")), guarded())))
    del User.is_authenticated
    manager.user_loader(lambda user_id: {"id": user_id})
    yield caught(inside(app, lambda: (session.update(_user_id="ada"), get_user())))


class User(Person):
    """The application's own class."""


@login_required
def guarded() -> str:
    return "a secret"


def made(settings: dict[str, object]) -> Flask:
    app = Flask("shop")
    app.config.update(settings, SECRET_KEY=KEY)
    return app


def inside(app: Flask, act: Callable[[], object]) -> Callable[[], object]:
    def play() -> None:
        with app.test_request_context():
            act()

    return play


def caught(act: Callable[..., object], *arguments: object) -> SignetError:
    with pytest.raises(SignetError) as error:
        act(*arguments)
    return error.value


def test_the_sentence_about_the_order_has_the_form_of_the_real_one(
    site: Site, visitor: Visitor
) -> None:
    @login_required
    @site.app.get("/top-secret")
    def top_secret() -> str:
        return "a secret"

    (shown,) = (each for each in sentences() if "stands above" in each)
    real = str(caught(visitor.get, "/"))
    place = rf"\({re.escape(__file__)}, line \d+\)"
    assert re.sub(place, "(shop.py, line 7)", real) == shown


def test_a_config_error_has_the_key() -> None:
    error = caught(lambda: LoginManager(made({"SESSION_PROTECTION": 1})))

    assert isinstance(error, ConfigError)
    assert error.key == "SESSION_PROTECTION"


@pytest.mark.parametrize("path", ["/", "/who"])
def test_in_development_a_missing_loader_is_told_at_the_first_request(
    site: Site, path: str
) -> None:
    site.manager._user_callback = None
    site.app.debug = True

    with pytest.raises(MissingLoaderError):
        site.visitor().get(path)


def test_elsewhere_a_missing_loader_is_logged_and_raised_when_it_is_missed(
    site: Site, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    site.manager._user_callback = None
    with caplog.at_level(logging.ERROR, "flask_signet"):
        assert visitor.get("/").status_code == 200

    assert caplog.messages == [str(MissingLoaderError(site.app.name))]
    with pytest.raises(MissingLoaderError):
        visitor.get("/who")


def test_an_unbound_application_has_no_manager_to_find() -> None:
    with made({}).test_request_context(), pytest.raises(AttributeError) as error:
        get_user()

    assert isinstance(error.value, NotBoundError)


def test_a_bad_origin_is_refused_and_a_bad_target_is_not(site: Site) -> None:
    with site.app.test_request_context():
        assert safe_next("/", target="https://evil.example") == "/"
        with pytest.raises(ConfigError):
            safe_next("/", origins=["example.org"])


def test_confirming_is_nothing_for_a_stranger(site: Site) -> None:
    with site.app.test_request_context():
        confirm_login()

        assert dict(session) == {}
