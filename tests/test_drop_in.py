"""Flask-Login's modules, put up by this package in a process that has none of them."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import flask_login
import pytest

import flask_signet
from flask_signet.drop_in import TABLE

MODULES = [*TABLE]

SITE = """
    from flask_signet import install_as_flask_login
    install_as_flask_login()

    import sys
    from unittest import mock
    import flask_login
    from flask import Flask, g, session
    from flask_login import LoginManager, UserMixin, current_user, login_required
    from flask_login.utils import login_user, logout_user

    class User(UserMixin):
        def __init__(self, user_id):
            self.id = user_id

    app = Flask("site")
    app.config.update(SECRET_KEY="key", TESTING=True)
    login_manager = LoginManager(app)
    login_manager.user_loader(User)

    @app.get("/who")
    def who():
        return str(current_user.is_authenticated and current_user.id)

    @app.get("/secret")
    @login_required
    def secret():
        return "secret"

    @app.route("/in/<user_id>")
    def sign_in(user_id):
        login_user(User(user_id))
        return "in"

    client = app.test_client()
"""


def ran(code: str, *, before: str = SITE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(before) + dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )


def runs(code: str, *, before: str = SITE) -> None:
    done = ran(code, before=before)

    assert done.returncode == 0, done.stderr


# --- The names.


BROUGHT = {
    "FlaskClient",
    "LocalProxy",
    "Namespace",
    "_signals",
    "abort",
    "current_app",
    "flash",
    "g",
    "has_app_context",
    "has_request_context",
    "hmac",
    "parse_qs",
    "redirect",
    "request",
    "session",
    "sha512",
    "timedelta",
    "url_for",
    "urlencode",
    "urlsplit",
    "urlunsplit",
    "wraps",
}
"""What Flask-Login's modules have imported themselves, and is not theirs."""

OF_ANY_MODULE = {*vars(ModuleType("any")), "__file__", "__builtins__", "__cached__"}


@pytest.mark.parametrize("module", MODULES)
def test_each_name_of_a_module_is_there(module: str) -> None:
    ways = {"__path__", "__getattr__", "__all__", "__warningregistry__"}
    wanted = {*vars(import_module(module))} - BROUGHT - OF_ANY_MODULE - ways
    wanted = {name for name in wanted if name.isidentifier()}  # pytest adds others

    runs(f"""
        import importlib
        module = importlib.import_module({module!r})
        missing = [name for name in {sorted(wanted)!r} if not hasattr(module, name)]
        assert missing == [], missing
    """)


def test_everything_public_is_there() -> None:
    assert {*flask_login.__all__} <= {*flask_signet.__all__}
    runs(f"""
        from flask_login import *
        for name in {flask_login.__all__!r}:
            assert name in dir(flask_login), name
            assert name == "__version__" or name in globals(), name
    """)


@pytest.mark.parametrize("module", [each for each in MODULES if "." in each])
def test_a_module_is_there_after_a_bare_import(module: str) -> None:
    _, _, short = module.partition(".")

    runs(f"""
        assert flask_login.{short} is sys.modules[{module!r}]
        import {module}
        from flask_login import {short}
    """)


def test_the_version_is_the_one_whose_words_are_spoken() -> None:
    runs(f"""
        assert flask_login.__version__ == {flask_login.__version__!r}
        assert flask_login.__about__.__version__ == flask_login.__version__
    """)


def test_the_constants_are_flask_logins() -> None:
    constants = {
        name: getattr(flask_login.config, name) for name in TABLE["flask_login.config"]
    }

    runs(f"""
        import datetime
        for name, value in {constants!r}.items():
            assert getattr(flask_login.config, name) == value, name
    """)


def test_a_name_that_never_was_is_no_name() -> None:
    runs("""
        try:
            flask_login.utils.nothing
        except AttributeError as error:
            assert "'flask_login.utils' has no attribute 'nothing'" in str(error)
        else:
            raise SystemExit("found")
        assert not hasattr(flask_login, "nothing")
        flask_login.something = 1
        assert flask_login.something == 1
        del flask_login.something
        assert not hasattr(flask_login, "something")
    """)


# --- They hold nothing.


def test_who_is_somebody_by_a_mock_is_so_everywhere() -> None:
    runs("""
        with mock.patch("flask_login.utils._get_user", return_value=User("kim")):
            assert client.get("/who").text == "kim"
            assert client.get("/secret").text == "secret"
        assert client.get("/who").text == "False"
        assert client.get("/secret").status_code == 401
    """)


def test_who_is_somebody_by_a_function_without_arguments_is_so_everywhere() -> None:
    runs("""
        flask_login.utils._get_user, real = (
            lambda: User("kim"), flask_login.utils._get_user
        )
        assert client.get("/who").text == "kim"
        assert client.get("/secret").text == "secret"
        flask_login.utils._get_user = real
        assert client.get("/secret").status_code == 401
    """)


def test_a_method_added_to_the_exempt_ones_is_exempt() -> None:
    runs("""
        flask_login.config.EXEMPT_METHODS.add("GET")
        assert client.get("/secret").text == "secret"
    """)


def test_a_name_may_be_deleted_and_set_again() -> None:
    runs("""
        import flask_signet.config
        real = flask_login.config.COOKIE_NAME
        del flask_login.config.COOKIE_NAME
        assert not hasattr(flask_signet.config, "COOKIE_NAME")
        assert not hasattr(flask_login, "COOKIE_NAME")
        flask_login.config.COOKIE_NAME = real
        assert flask_signet.config.COOKIE_NAME == real
    """)


def test_the_functions_of_utils_do_what_they_did() -> None:
    runs("""
        import hashlib, hmac
        from flask_login import utils

        with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
            assert utils._secret_key() == b"key"
            assert utils._secret_key("k\\xe9y") == b"k\\xe9y"
            digest = hmac.new(b"key", b"ada", hashlib.sha512).hexdigest()
            assert utils._cookie_digest("ada") == digest
            assert utils.decode_cookie(utils.encode_cookie("ada")) == "ada"
            assert utils._get_remote_addr() == b"192.0.2.1"
            assert utils._create_identifier() == (
                login_manager._session_identifier_generator()
            )
            assert utils._user_context_processor()["current_user"].is_anonymous
        with app.test_request_context(environ_base={"REMOTE_ADDR": None}):
            assert utils._get_remote_addr() is None
    """)


# --- Putting them up.


def test_it_may_be_said_twice() -> None:
    runs("""
        before = flask_login.utils
        install_as_flask_login()
        assert sys.modules["flask_login.utils"] is before
    """)


@pytest.mark.parametrize(
    "imports",
    [
        "import flask_login",
        "from flask_login import LoginManager",
        "from flask_login import current_user",
        "import flask_login as somebody_else",
    ],
)
def test_who_comes_too_late_is_told_who_was_first(tmp_path: Path, imports: str) -> None:
    early = tmp_path / "early_bird.py"
    early.write_text(imports)

    done = ran(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import early_bird
        from flask_signet import SignetError, install_as_flask_login
        try:
            install_as_flask_login()
        except SignetError as error:
            print(error)
        """,
        before="",
    )

    assert done.stdout == (
        f"flask_login was imported before, by {early}. Call"
        " install_as_flask_login() first, before whatever imports it.\n"
    )


def test_an_odd_object_on_the_way_hides_nobody(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "class Odd:\n"
        "    @property\n"
        "    def __module__(self):\n"
        "        raise RuntimeError\n"
        "odd = Odd()\n"
        "import flask_login\n"
    )

    done = ran(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import odd
        from flask_signet import SignetError, install_as_flask_login
        try:
            install_as_flask_login()
        except SignetError as error:
            print(error)
        """,
        before="",
    )

    assert f"by {tmp_path / 'odd.py'}." in done.stdout


def test_who_was_first_and_is_gone_is_not_made_up(tmp_path: Path) -> None:
    done = ran(
        """
        __import__("flask_login")
        from flask_signet import SignetError, install_as_flask_login
        try:
            install_as_flask_login()
        except SignetError as error:
            print(error)
        """,
        before="",
    )

    assert "by a module that is not known any more." in done.stdout


# --- What a subclass has of its own is called.


def test_a_manager_that_loads_users_its_own_way_is_asked() -> None:
    runs("""
        class Proxied(LoginManager):
            def _load_user(self):
                from flask import request
                name = request.headers.get("X-User")
                if name:
                    return self._update_request_context_with_user(User(name))
                return super()._load_user()

        app = Flask("proxied")
        app.config.update(SECRET_KEY="key", TESTING=True)
        Proxied(app).user_loader(User)
        app.add_url_rule("/who", view_func=who)
        app.add_url_rule("/in/<user_id>", view_func=sign_in)
        client = app.test_client()

        assert client.get("/who", headers={"X-User": "kim"}).text == "kim"
        assert client.get("/who").text == "False"
        client.get("/in/ada")
        assert client.get("/who").text == "ada"
        assert client.get("/who", headers={"X-User": "kim"}).text == "kim"
    """)


def test_a_manager_that_finds_nobody_its_own_way_finds_nobody() -> None:
    runs("""
        class Closed(LoginManager):
            def _load_user(self):
                assert not current_user.is_authenticated  # and does not go round

        app = Flask("closed")
        app.config.update(SECRET_KEY="key", TESTING=True)
        Closed(app).user_loader(User)
        app.add_url_rule("/who", view_func=who)
        assert app.test_client().get("/who").text == "False"
    """)


def test_a_manager_with_protection_of_its_own_is_asked() -> None:
    runs("""
        asked = []

        class Lenient(LoginManager):
            def _session_protection_failed(self):
                asked.append(super()._session_protection_failed())
                return False

        app = Flask("lenient")
        app.config.update(SECRET_KEY="key", TESTING=True, SESSION_PROTECTION="basic")
        Lenient(app).user_loader(User)
        app.add_url_rule("/who", view_func=who)
        app.add_url_rule("/in/<user_id>", view_func=sign_in)
        client = app.test_client()
        client.get("/in/ada")

        assert client.get("/who", headers={"User-Agent": "other"}).text == "ada"
        assert asked == [False]
        assert client.get("/who").text == "ada"
        assert asked == [False]
    """)


def test_a_manager_that_knows_browsers_its_own_way_is_asked() -> None:
    runs("""
        class Alike(LoginManager):
            def _session_identifier_generator(self):
                return "all browsers are one"

        app = Flask("alike")
        app.config.update(SECRET_KEY="key", TESTING=True, SESSION_PROTECTION="strong")
        Alike(app).user_loader(User)
        app.add_url_rule("/who", view_func=who)
        app.add_url_rule("/in/<user_id>", view_func=sign_in)
        client = app.test_client()
        client.get("/in/ada")

        with client.session_transaction() as held:
            assert held["_id"] == "all browsers are one"
        assert client.get("/who", headers={"User-Agent": "other"}).text == "ada"
    """)


def test_a_manager_that_reads_remember_cookies_its_own_way_is_asked() -> None:
    runs("""
        class Forgetful(LoginManager):
            def _load_user_from_remember_cookie(self, cookie):
                return None

            def _load_user_from_request(self, request):
                user = super()._load_user_from_request(request)
                return user or User("guest")

        app = Flask("forgetful")
        app.config.update(SECRET_KEY="key", TESTING=True)
        manager = Forgetful(app)
        manager.user_loader(User)
        manager.request_loader(lambda request: None)
        app.add_url_rule("/who", view_func=who)
        client = app.test_client()
        client.set_cookie("remember_token", "ada")
        assert client.get("/who").text == "guest"
    """)


def test_a_user_is_loaded_anew_when_that_is_said() -> None:
    runs("""
        client.get("/in/ada")
        asked = []
        login_manager.user_loader(lambda each: asked.append(each) or User(each))

        with client:
            client.get("/who")
            assert asked == ["ada"]
            login_manager._load_user()
            assert asked == ["ada", "ada"]
            assert g._login_user.id == "ada"
    """)


def test_somebody_put_on_the_request_is_who_is_there() -> None:
    runs("""
        with app.test_request_context():
            login_manager._update_request_context_with_user(User("kim"))
            assert current_user.id == "kim"
            assert g._login_user.id == "kim"
            login_manager._update_request_context_with_user()
            assert current_user.is_anonymous
            assert "_user_id" not in session
    """)


# --- What it has given up since.


def test_a_header_may_say_who_it_is() -> None:
    runs("""
        login_manager.header_loader({"kim": User("kim")}.get)
        told = []

        @flask_login.signals._user_loaded_from_header.connect_via(app)
        def tell(sender, user):
            told.append(user.id)

        assert client.get("/who", headers={"Authorization": "kim"}).text == "kim"
        assert client.get("/who", headers={"Authorization": "x"}).text == "False"
        assert client.get("/who").text == "False"
        assert told == ["kim"]
        app.config["AUTH_HEADER_NAME"] = "X-Token"
        assert client.get("/who", headers={"X-Token": "kim"}).text == "kim"
        login_manager.request_loader(lambda request: None)
        assert client.get("/who", headers={"X-Token": "kim"}).text == "False"
    """)


def test_the_old_word_for_init_app_is_understood() -> None:
    runs("""
        other = Flask("other")
        LoginManager().setup_app(other, add_context_processor=False)
        assert other.login_manager
    """)


def test_guards_may_be_switched_off_by_the_old_attribute() -> None:
    runs("""
        with app.app_context():
            assert login_manager._login_disabled is False
            login_manager._login_disabled = True
            assert login_manager._login_disabled is True
        assert client.get("/secret").text == "secret"
    """)


# --- Where strangers are sent.


def test_a_login_view_is_set_for_all_or_for_a_blueprint_and_those_within() -> None:
    runs("""
        from flask import Blueprint
        from flask_login import set_login_view

        app = Flask("houses")
        app.config.update(SECRET_KEY="key", TESTING=True)
        LoginManager(app).user_loader(User)
        shop, staff, park = (Blueprint(n, n) for n in ("shop", "staff", "park"))
        for each in (shop, staff, park):
            each.add_url_rule(f"/{each.name}", "secret", secret)
        shop.register_blueprint(staff)
        app.register_blueprint(shop)
        app.register_blueprint(park, name="garden")
        app.add_url_rule("/secret", view_func=secret)
        client = app.test_client()

        def door(path):
            answer = client.get(path)
            return (answer.location or "").partition("?")[0] or answer.status_code

        assert door("/secret") == 401
        with app.app_context():
            set_login_view("/in")
            set_login_view("/in/staff", staff)
            set_login_view("/in/park", park)
        found = [door(f"/{each}") for each in ("secret", "shop", "staff", "park")]
        assert found == ["/in", "/in", "/in/staff", "/in/park"], found
        with app.app_context():
            set_login_view("/new")
            set_login_view("/later", Blueprint("later", "later"))
        assert door("/secret") == "/new"
        assert app.login_manager.blueprint_login_views["later"] == "/later"
    """)
