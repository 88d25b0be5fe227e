"""What the two libraries do differently, where the walk does not come by.

Each play is given one library, and says what was seen: there, and here. The table of
``differences`` names each of these tests, and says why.
"""

import inspect
import warnings
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha512
from typing import Any

import pytest
from flask import Blueprint, Flask, make_response, request
from flask.views import MethodView

from drop_in.both import FLASK_LOGIN, FLASK_SIGNET, Browser, Library, Site
from flask_signet import ConfigError
from support import Clock


def in_both(play: Callable[[Library], object]) -> tuple[Any, Any]:
    return play(FLASK_LOGIN), play(FLASK_SIGNET)


def page() -> str:
    return "a page"


# Who is let in -----------------------------------------------------------------------


def test_a_loader_is_given_text_whatever_an_id_is(time: Clock) -> None:
    def play(login: Library) -> list[object]:
        site, asked = Site(login, time), []
        site.people["ada"].get_id = lambda: 7
        site.manager.user_loader(asked.append)
        browser = Browser(site)
        browser.post("/in/ada")
        browser.get("/who")
        return asked

    assert in_both(play) == ([7], ["7"])


def test_a_loader_may_ask_who_is_there(time: Clock) -> None:
    def play(login: Library) -> int:
        site = Site(login, time)

        @site.manager.user_loader
        def load(user_id: str) -> Any:
            assert not login.current_user.is_authenticated
            return site.people[user_id]

        browser = Browser(site)
        browser.post("/in/ada")
        return browser.get("/who").status

    assert in_both(play) == (500, 200)


def test_a_preflight_is_answered_by_what_stands_above_the_guard(time: Clock) -> None:
    def play(login: Library) -> list[object]:
        app = Site(login, time).app
        app.get("/above", endpoint="above")(for_other_sites(login.login_required(page)))
        app.get("/below", endpoint="below")(login.login_required(for_other_sites(page)))
        client = app.test_client()
        return [
            client.options(path).headers.get("Access-Control-Allow-Origin")
            for path in ("/above", "/below")
        ]

    assert in_both(play) == (["*", "*"], ["*", None])


def for_other_sites(view: Callable[..., Any]) -> Any:
    """Do what Flask-Cors's ``cross_origin`` does, and as it does."""

    @wraps(view)
    def shared() -> Any:
        answer = make_response("" if request.method == "OPTIONS" else view())
        answer.headers["Access-Control-Allow-Origin"] = "*"
        return answer

    told: Any = shared
    told.required_methods, told.provide_automatic_options = {"OPTIONS"}, False
    return told


def test_a_guarded_class_of_views_is_a_class_still() -> None:
    def play(login: Library) -> bool:
        class Letters(MethodView): ...

        return login.login_required(Letters) is Letters

    assert in_both(play) == (False, True)


# Session protection ------------------------------------------------------------------


def test_an_address_is_not_believed_that_anybody_may_write(time: Clock) -> None:
    def play(login: Library) -> str:
        browser = Browser(Site(login, time, SESSION_PROTECTION="strong"))
        browser.post("/in/ada")
        thief = browser.site.app.test_client()
        thief.set_cookie("session", browser.jar["session"].value)
        sent = {"User-Agent": browser.agent, "X-Forwarded-For": browser.address}
        return thief.get("/secret", headers=sent).text[:8]

    assert in_both(play) == ("a secret", "<!doctyp")


def test_an_address_cannot_be_searched_for_in_the_session(time: Clock) -> None:
    def play(login: Library) -> bool:
        browser = Browser(Site(login, time))
        browser.post("/in/ada")
        told = f"{browser.address.encode()}|{browser.agent.encode()}"
        return bool(browser.session["_id"] == sha512(told.encode()).hexdigest())

    assert in_both(play) == (True, False)


def test_a_manager_with_protection_of_its_own_is_asked_if_something_differs(
    time: Clock,
) -> None:
    def play(login: Library) -> list[str]:
        asked: list[str] = []

        class Manager(login.LoginManager):  # type: ignore[misc]
            def _session_protection_failed(self) -> bool:
                asked.append(browser.address)
                return False

        site = Site(login, time)
        site.manager.__class__ = Manager
        browser = Browser(site)
        browser.post("/in/ada")
        browser.get("/who")
        browser.address = "elsewhere"
        browser.get("/who")
        return asked

    assert in_both(play) == (["192.0.2.1", "elsewhere"], ["elsewhere"])


# Remember me -------------------------------------------------------------------------


def test_a_key_may_be_of_any_letters(time: Clock) -> None:
    def play(login: Library) -> int:
        browser = Browser(Site(login, time, SECRET_KEY="ключ"))
        return browser.post("/in/ada", remember="yes").status

    assert in_both(play) == (500, 200)


def test_a_duration_is_refused_before_anybody_is_in(time: Clock) -> None:
    def play(login: Library) -> str | None:
        site = Site(login, time)

        @site.app.post("/in-for-an-hour")
        def sign_in_for_an_hour() -> str:
            login.login_user(site.people["ada"], remember=True, duration=3600)
            return "in"

        browser = Browser(site)
        assert browser.post("/in-for-an-hour").status == 500
        return browser.who()

    assert in_both(play) == ("ada", None)


def test_a_text_signed_before_the_key_was_changed_is_read(time: Clock) -> None:
    def play(login: Library) -> object:
        site = Site(login, time)
        with site.app.app_context():
            signed = login.encode_cookie("a text")
            site.changes_its_key()
            return login.decode_cookie(signed)

    assert in_both(play) == (None, "a text")


# Redirects and answers ---------------------------------------------------------------


def test_a_program_is_answered_in_its_own_words(time: Clock) -> None:
    def play(login: Library) -> tuple[int, str]:
        client = Site(login, time).app.test_client()
        answer = client.get("/secret", headers={"Accept": "application/json"})
        return answer.status_code, answer.mimetype

    assert in_both(play) == ((302, "text/html"), (401, "application/json"))


def test_htmx_is_told_where_the_login_page_is(time: Clock) -> None:
    def play(login: Library) -> tuple[int, str | None]:
        client = Site(login, time).app.test_client()
        answer = client.get("/secret", headers={"HX-Request": "true"})
        return answer.status_code, answer.headers.get("HX-Redirect")

    assert in_both(play) == ((302, None), (401, "/login?next=%2Fsecret"))


def test_a_blueprint_within_another_has_its_login_view(time: Clock) -> None:
    def play(login: Library) -> str | None:
        site = Site(login, time)
        shop, till = Blueprint("shop", __name__), Blueprint("till", __name__)
        till.get("/till")(login.login_required(page))
        shop.register_blueprint(till)
        site.app.register_blueprint(shop)
        site.manager.blueprint_login_views = {"shop": "/shop/login"}
        return Browser(site).get("/till").location

    assert in_both(play) == ("/login?next=%2Ftill", "/shop/login?next=%2Ftill")


def test_a_login_view_of_one_blueprint_leaves_that_of_the_others(time: Clock) -> None:
    def play(login: Library) -> int:
        site = Site(login, time)
        shop, till = Blueprint("shop", __name__), Blueprint("till", __name__)
        till.get("/till")(login.login_required(page))
        site.app.register_blueprint(shop)
        site.app.register_blueprint(till)
        with site.app.app_context():
            login.set_login_view("/shop/login", shop)
        return Browser(site).get("/till").status

    assert in_both(play) == (401, 302)


def test_a_message_may_be_put_into_words_late(time: Clock) -> None:
    class Late:
        def __str__(self) -> str:
            return "Who is it?"

    def play(login: Library) -> int:
        site = Site(login, time)
        site.manager.login_message = Late()
        return Browser(site).get("/secret").status

    assert in_both(play) == (500, 302)


def test_a_forced_host_is_forced_where_the_page_waits_in_the_session(
    time: Clock,
) -> None:
    def play(login: Library) -> str | None:
        settings = {"FORCE_HOST_FOR_REDIRECTS": "example.org"}
        site = Site(login, time, USE_SESSION_FOR_NEXT=True, **settings)
        return Browser(site).get("/secret").location

    assert in_both(play) == ("/login", "//example.org/login")


# Errors instead of silence -----------------------------------------------------------


def test_a_user_who_is_not_saved_yet_is_not_signed_in(time: Clock) -> None:
    def play(login: Library) -> int:
        site = Site(login, time)
        site.people["ada"].id = None
        return Browser(site).post("/in/ada").status

    assert in_both(play) == (200, 500)


def test_a_loader_gives_a_user_or_nobody(time: Clock) -> None:
    def play(login: Library) -> int:
        site = Site(login, time)
        site.manager.user_loader(lambda user_id: {"id": user_id})

        @site.app.get("/door")
        def door() -> str:
            return "open" if login.current_user else "shut"

        browser = Browser(site)
        browser.post("/in/ada")
        return browser.get("/door").status

    assert in_both(play) == (200, 500)


def test_a_handler_that_answers_nothing_opens_no_door(time: Clock) -> None:
    def play(login: Library) -> int:
        site = Site(login, time)
        site.app.before_request(login.login_required(lambda: None))
        site.manager.unauthorized_handler(lambda: None)
        return Browser(site).get("/public").status

    assert in_both(play) == (200, 500)


def test_a_second_manager_does_not_take_the_place_of_the_first() -> None:
    def play(login: Library) -> str:
        app = Flask("app")
        login.LoginManager(app)
        return name_of_what_is_raised(lambda: login.LoginManager(app))

    assert in_both(play) == ("nothing", "ConfigError")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"REMEMBER_COOKIE_DURATION": timedelta(0)}, id="no time"),
        pytest.param({"REMEMBER_COOKIE_DURATION": "a day"}, id="a time in words"),
        pytest.param({"SECRET_KEY_FALLBACKS": "key 0"}, id="a key for a list"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_not_taken(
    settings: dict[str, Any], time: Clock
) -> None:
    def play(login: Library) -> str:
        return name_of_what_is_raised(lambda: Site(login, time, **settings))

    assert in_both(play) == ("nothing", "ConfigError")


def name_of_what_is_raised(act: Callable[[], object]) -> str:
    try:
        act()
    except ConfigError as error:
        return type(error).__name__
    return "nothing"


def test_a_missing_loader_is_told_to_a_developer_at_the_first_request() -> None:
    def play(login: Library) -> int:
        app = Flask("app")
        app.config.update(SECRET_KEY="key", DEBUG=True, PROPAGATE_EXCEPTIONS=False)
        app.get("/public")(lambda: "for everybody")
        login.LoginManager(app)
        return app.test_client().get("/public").status_code

    assert in_both(play) == (200, 500)


# Users ------------------------------------------------------------------------------


def test_one_id_in_two_classes_is_two_people() -> None:
    def play(login: Library) -> list[bool]:
        class Admin(login.UserMixin):  # type: ignore[misc]
            id = 1

        class Customer(login.UserMixin):  # type: ignore[misc]
            id = 1

        return [Admin() == Customer(), len({Admin(), Admin()}) == 1]

    assert in_both(play) == ([True, False], [False, True])


def test_who_asks_for_the_user_where_there_is_no_request_is_told_so() -> None:
    def play(login: Library) -> str:
        with pytest.raises(AttributeError) as caught:
            login.current_user.get_id()
        return str(caught.value)

    there, here = in_both(play)
    assert there == "'NoneType' object has no attribute 'get_id'"
    assert here.startswith("current_user was used outside of a request")


# Names, hooks and warnings -----------------------------------------------------------


def test_no_function_is_registered_to_run_after_each_request() -> None:
    def play(login: Library) -> bool:
        app = Flask("app")
        login.LoginManager(app)
        return bool(app.after_request_funcs)

    assert in_both(play) == (True, False)


def test_an_old_word_is_understood_without_a_warning() -> None:
    def play(login: Library) -> list[type]:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            login.LoginManager().setup_app(Flask("app"))
        return [each.category for each in told]

    assert in_both(play) == ([DeprecationWarning], [])


@pytest.mark.parametrize(
    "name",
    [
        "confirm_login",
        "fresh_login_required",
        "login_fresh",
        "login_remembered",
        "login_required",
        "login_user",
        "logout_user",
        "set_login_view",
    ],
)
def test_a_function_may_be_told_whose_users_are_meant(name: str) -> None:
    def play(login: Library) -> bool:
        return "name" in inspect.signature(getattr(login, name)).parameters

    assert in_both(play) == (False, True)
