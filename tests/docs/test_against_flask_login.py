"""The README's table: what happens with Flask-Login 0.6.3, and what happens here.

Each play is given one of the two packages, and says what was seen.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import flask_login
import flask_session
import pytest
from cachelib import FileSystemCache
from flask import Flask, render_template_string, request, session
from flask.testing import FlaskClient

import flask_signet

# Warnings are errors here. This one Flask-Login gives whenever it sets its cookie.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow.*:DeprecationWarning")

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Seen(NamedTuple):
    there: Any
    here: Any


def played(play: Callable[[Any], object]) -> Seen:
    return Seen(there=play(flask_login), here=play(flask_signet))


class Site:
    """The same small application, on either package."""

    def __init__(self, package: Any, **settings: Any) -> None:
        self.package = package
        self.app = Flask("site", root_path=str(Path(__file__).parent))
        self.app.config.update(SECRET_KEY="first", TESTING=True, **settings)
        self.manager = package.LoginManager(self.app)
        self.asked: list[str] = []
        self.people = {name: user(package, name) for name in ("ada", "bob")}
        self.manager.user_loader(self.load)
        add_pages(self)

    def load(self, user_id: str) -> Any:
        self.asked.append(user_id)
        return self.people.get(user_id)

    def browser(self, name: str = "", *, remember: bool = False) -> FlaskClient:
        """Open a browser, and sign somebody in with it."""
        client = self.app.test_client()
        if name:
            sign_in(client, name, remember=remember)
        return client


def user(package: Any, name: str) -> Any:
    class User(package.UserMixin):  # type: ignore[misc]
        id = name
        password = "the first"

        def get_auth_stamp(self) -> str:
            return self.password

    return User()


def sign_in(client: FlaskClient, name: str, *, remember: bool = False) -> None:
    data = {"remember": "yes"} if remember else {}
    assert client.post(f"/in/{name}", data=data).text == "True"


def restart(client: FlaskClient) -> FlaskClient:
    client.delete_cookie("session")
    return client


def copied(site: Site, client: FlaskClient, *names: str) -> FlaskClient:
    """Give a thief these cookies."""
    thief = site.app.test_client()
    for name in names:
        cookie = client.get_cookie(name)
        assert cookie
        thief.set_cookie(name, cookie.value)
    return thief


@contextmanager
def later(passed: timedelta) -> Iterator[None]:
    now = time.time() + passed.total_seconds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        yield


def add_pages(site: Site) -> None:
    app, package = site.app, site.package

    @app.post("/in/<name>")
    def sign_in_as(name: str) -> str:
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
        return render_template_string("for everybody")

    @app.get("/secret")
    @package.login_required
    def secret() -> str:
        return "a secret"


def test_two_visitors_in_one_app_context_are_two_people() -> None:
    def play(package: Any) -> str:
        site = Site(package)
        with site.app.app_context():
            site.browser("ada").get("/who")
            return site.browser().get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_a_remember_cookie_ends_also_for_who_keeps_it_longer() -> None:
    def play(package: Any) -> str:
        site = Site(package, REMEMBER_COOKIE_DURATION=HOUR)
        ada = site.browser("ada", remember=True)
        thief = copied(site, ada, "remember_token")
        with later(2 * HOUR):
            return thief.get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_a_new_password_puts_the_other_browsers_out() -> None:
    def play(package: Any) -> tuple[str, str]:
        site = Site(package)
        ada = site.browser("ada", remember=True)
        site.people["ada"].password = "another"
        return ada.get("/who").text, restart(ada).get("/who").text

    assert played(play) == Seen(there=("ada", "ada"), here=("None", "None"))


def test_a_logout_holds_though_the_view_clears_the_session() -> None:
    def play(package: Any) -> str:
        site = Site(package)

        @site.app.post("/out-and-clear")
        def out_and_clear() -> str:
            package.logout_user()
            session.clear()
            return "out"

        ada = site.browser("ada", remember=True)
        ada.post("/out-and-clear")
        return ada.get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_who_was_at_this_computer_before_does_not_come_back() -> None:
    def play(package: Any) -> str:
        browser = Site(package).browser("ada", remember=True)
        sign_in(browser, "bob")
        return restart(browser).get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_the_next_one_at_this_computer_finds_an_empty_cart() -> None:
    def play(package: Any) -> str:
        site = Site(package)

        @site.app.post("/cart")
        def cart() -> str:
            session["cart"] = "ada's present for bob"
            return "put"

        @site.app.get("/cart")
        def in_cart() -> str:
            return str(session.get("cart"))

        browser = site.browser("ada")
        browser.post("/cart")
        browser.post("/out")
        sign_in(browser, "bob")
        return browser.get("/cart").text

    assert played(play) == Seen(there="ada's present for bob", here="None")


def test_a_text_signed_for_something_else_signs_nobody_in() -> None:
    def play(package: Any) -> str:
        site = Site(package)
        browser = site.browser()
        with site.app.app_context():
            browser.set_cookie("remember_token", package.encode_cookie("ada"))
        return browser.get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_a_strange_letter_in_a_cookie_breaks_no_page() -> None:
    def play(package: Any) -> int:
        site = Site(package, PROPAGATE_EXCEPTIONS=False)
        header = "remember_token=ada|\u00c3\u00a9"  # é in UTF-8, as WSGI has bytes
        asked = site.app.test_client(use_cookies=False)
        return asked.get("/who", environ_overrides={"HTTP_COOKIE": header}).status_code

    assert played(play) == Seen(there=500, here=200)


def test_a_guard_above_the_route_does_not_leave_the_page_open() -> None:
    def play(package: Any) -> int:
        site = Site(package, PROPAGATE_EXCEPTIONS=False)

        @package.login_required
        @site.app.get("/meant-to-be-secret")
        def meant_to_be_secret() -> str:
            return "a secret"

        return site.browser().get("/meant-to-be-secret").status_code

    assert played(play) == Seen(there=200, here=500)


def test_a_guard_above_the_route_is_put_in_its_place_in_production() -> None:
    def play(package: Any) -> int:
        site = Site(package)
        site.app.testing = False

        @package.login_required
        @site.app.get("/meant-to-be-secret")
        def meant_to_be_secret() -> str:
            return "a secret"

        return site.browser().get("/meant-to-be-secret").status_code

    assert played(play) == Seen(there=200, here=401)


@pytest.mark.parametrize("path", ["/public", "/static/letter.txt"])
def test_a_public_page_may_be_kept_by_every_cache(path: str, tmp_path: Path) -> None:
    def play(package: Any) -> str | None:
        site = Site(package)
        (tmp_path / "letter.txt").write_text("for everybody")
        site.app.static_folder = str(tmp_path)
        with site.browser().get(path) as answer:
            assert answer.get_data(as_text=True) == "for everybody"
            return answer.headers.get("Vary")

    assert played(play) == Seen(there="Cookie", here=None)


def test_a_page_that_names_nobody_loads_nobody() -> None:
    def play(package: Any) -> int:
        site = Site(package)
        browser = site.browser("ada")
        site.asked.clear()
        browser.get("/public")
        return len(site.asked)

    assert played(play) == Seen(there=1, here=0)


def test_what_only_ada_may_see_stays_in_no_cache() -> None:
    def play(package: Any) -> str | None:
        answer = Site(package).browser("ada").get("/secret")
        return answer.headers.get("Cache-Control")

    assert played(play) == Seen(there=None, here="no-store")


def test_who_is_shut_out_is_out_at_the_next_request() -> None:
    class Person:  # a class of the application's own
        is_authenticated = True
        is_anonymous = False
        is_active = True

        def get_id(self) -> str:
            return "ada"

    def play(package: Any) -> int:
        site = Site(package)
        site.people["ada"] = Person()
        browser = site.browser("ada")
        site.people["ada"].is_active = False
        return browser.get("/secret").status_code

    assert played(play) == Seen(there=200, here=401)


def test_a_method_is_not_taken_for_a_yes() -> None:
    class Person:
        is_active = True
        is_anonymous = False

        def is_authenticated(self) -> bool:
            return False

        def get_id(self) -> str:
            return "ada"

    def play(package: Any) -> int:
        site = Site(package, PROPAGATE_EXCEPTIONS=False)
        site.people["ada"] = Person()
        return site.browser("ada").get("/secret").status_code

    assert played(play) == Seen(there=200, here=500)


def test_a_proof_of_last_month_is_not_fresh() -> None:
    def play(package: Any) -> str:
        ada = Site(package).browser("ada")
        with later(30 * DAY):
            return ada.get("/fresh").text

    assert played(play) == Seen(there="True", here="False")


def test_who_was_stopped_at_a_form_does_not_come_back_to_an_error() -> None:
    def play(package: Any) -> str | None:
        site = Site(package)
        site.manager.login_view = "/login"

        @site.app.post("/order")
        @package.login_required
        def order() -> str:
            return "ordered"

        return site.browser().post("/order").location

    assert played(play) == Seen(there="/login?next=%2Forder", here="/login")


def test_a_new_secret_key_forgets_nobody() -> None:
    def play(package: Any) -> str:
        site = Site(package)
        ada = site.browser("ada", remember=True)
        site.app.config.update(SECRET_KEY="second", SECRET_KEY_FALLBACKS=["first"])
        return restart(ada).get("/who").text

    assert played(play) == Seen(there="None", here="ada")


def test_a_misspelt_setting_is_not_taken_for_off() -> None:
    def play(package: Any) -> str:
        try:
            Site(package, SESSION_PROTECTION="Strong")
        except flask_signet.ConfigError as error:
            return str(error)
        return "taken"

    sentence = "SESSION_PROTECTION is 'Strong'; it should be 'basic', 'strong' or None."
    assert played(play) == Seen(there="taken", here=sentence)


def test_a_variable_of_the_environment_does_not_open_every_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_LOGIN_DISABLED", "true")

    def play(package: Any) -> int:
        site = Site(package)
        site.app.config.from_prefixed_env()
        site.app.testing = False
        return site.browser().get("/secret").status_code

    assert played(play) == Seen(there=200, here=401)


def test_no_view_runs_for_a_stranger_who_asks_by_options() -> None:
    def play(package: Any) -> str:
        site = Site(package)

        @site.app.route("/letters", methods=["GET", "OPTIONS"])
        @package.login_required
        def letters() -> str:
            return "ada's letters"

        return site.browser().options("/letters").text

    assert played(play) == Seen(there="ada's letters", here="")


def test_one_can_sign_out_while_the_database_is_down() -> None:
    def play(package: Any) -> int:
        site = Site(package, PROPAGATE_EXCEPTIONS=False)
        ada = site.browser("ada")

        @site.manager.user_loader
        def load(user_id: str) -> None:
            raise OSError

        return ada.post("/out").status_code

    assert played(play) == Seen(there=500, here=200)


def test_who_is_remembered_stays_in_under_strong_protection() -> None:
    def play(package: Any) -> list[str]:
        site = Site(package, SESSION_PROTECTION="strong")
        ada = restart(site.browser("ada", remember=True))
        return [ada.get("/who").text, ada.get("/who").text]

    assert played(play) == Seen(there=["ada", "None"], here=["ada", "ada"])


def test_a_test_client_is_as_fresh_as_somebody_who_signed_in() -> None:
    def play(package: Any) -> str:
        site = Site(package)
        site.app.test_client_class = package.FlaskLoginClient
        with site.app.test_client(user=site.people["ada"]) as client:
            client.get("/who")
            return client.get("/fresh").text

    assert played(play) == Seen(there="False", here="True")


def test_who_gave_somebody_a_session_beforehand_does_not_share_it(
    tmp_path: Path,
) -> None:
    def play(package: Any) -> str:
        site = Site(
            package,
            SESSION_TYPE="cachelib",
            SESSION_CACHELIB=FileSystemCache(str(tmp_path / package.__name__)),
        )
        flask_session.Session(site.app)

        @site.app.get("/visit")
        def visit() -> str:
            session["seen"] = True
            return "welcome"

        ada = site.browser()
        ada.get("/visit")
        intruder = copied(site, ada, "session")
        sign_in(ada, "ada")
        return intruder.get("/who").text

    assert played(play) == Seen(there="ada", here="None")


def test_a_copied_session_cookie_works_after_the_logout_with_both() -> None:
    def play(package: Any) -> str:
        site = Site(package)
        ada = site.browser("ada")
        thief = copied(site, ada, "session")
        ada.post("/out")
        return thief.get("/who").text

    assert played(play) == Seen(there="ada", here="ada")


@pytest.mark.parametrize("protection", ["basic", "strong", None])
def test_who_is_in_on_the_day_of_the_change_stays_in_and_fresh(
    protection: str | None,
) -> None:
    there, here = Site(flask_login), Site(flask_signet, SESSION_PROTECTION=protection)
    del type(here.people["ada"]).get_auth_stamp
    ada = copied(here, there.browser("ada"), "session")

    for _ in range(2):
        assert (ada.get("/who").text, ada.get("/fresh").text) == ("ada", "True")


def test_who_is_elsewhere_on_the_day_of_the_change_is_not_fresh() -> None:
    there, here = Site(flask_login), Site(flask_signet)
    del type(here.people["ada"]).get_auth_stamp
    ada = copied(here, there.browser("ada"), "session")
    ada.environ_base["HTTP_USER_AGENT"] = "another browser"

    assert (ada.get("/who").text, ada.get("/fresh").text) == ("ada", "False")


def test_who_is_in_on_the_day_of_the_change_signs_in_again_if_there_is_a_stamp() -> (
    None
):
    there, here = Site(flask_login), Site(flask_signet)
    ada = copied(here, there.browser("ada"), "session")

    assert ada.get("/who").text == "None"
