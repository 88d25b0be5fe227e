"""What somebody gets who may not pass."""

import pytest
from flask import Blueprint, session

from drop_in.both import Browser, Library, Site
from support import Clock


def test_login_message_is_what_a_stranger_is_told(
    login: Library, browser: Browser
) -> None:
    seen = browser.get("/secret")

    told = (login.LOGIN_MESSAGE_CATEGORY, login.LOGIN_MESSAGE)
    assert seen.held.flashes == (told,)
    assert told == ("message", "Please log in to access this page.")


def test_refresh_message_is_what_is_told_on_being_sent_to_prove_it(
    login: Library, browser: Browser
) -> None:
    browser.post("/in/ada", stale="yes")

    seen = browser.get("/fresh")

    told = (login.REFRESH_MESSAGE_CATEGORY, login.REFRESH_MESSAGE)
    assert seen.held.flashes == (told,)
    assert told == ("message", "Please reauthenticate to access this page.")


def test_messages_and_categories_may_be_others(site: Site, browser: Browser) -> None:
    site.manager.login_message = "Who is it?"
    site.manager.login_message_category = "question"
    site.manager.localize_callback = str.upper

    assert browser.get("/secret").held.flashes == (("question", "WHO IS IT?"),)


def test_without_a_message_nothing_is_told(site: Site, browser: Browser) -> None:
    site.manager.login_message = None

    assert browser.get("/secret").held.flashes == ()


def test_without_a_login_view_a_stranger_gets_401(site: Site, browser: Browser) -> None:
    site.manager.login_view = None

    assert browser.get("/secret").status == 401


def test_without_a_refresh_view_who_is_not_fresh_gets_401(
    site: Site, browser: Browser
) -> None:
    site.manager.refresh_view = None
    browser.post("/in/ada", stale="yes")

    assert browser.get("/fresh").status == 401


def test_an_unauthorized_handler_answers_strangers(
    site: Site, browser: Browser
) -> None:
    @site.manager.unauthorized_handler
    def answer() -> tuple[str, int]:
        return "no", 418

    assert browser.get("/secret").status == 418


def test_a_needs_refresh_handler_answers_who_is_not_fresh(
    site: Site, browser: Browser
) -> None:
    @site.manager.needs_refresh_handler
    def answer() -> tuple[str, int]:
        return "no", 418

    browser.post("/in/ada", stale="yes")

    assert browser.get("/fresh").status == 418


def test_a_blueprint_may_have_a_login_view_of_its_own(
    login: Library, site: Site, browser: Browser
) -> None:
    shop = Blueprint("shop", __name__)

    @shop.get("/till")
    @login.login_required
    def till() -> str:
        return "money"

    site.app.register_blueprint(shop, url_prefix="/shop")
    site.manager.blueprint_login_views = {"shop": "/shop/login"}

    assert browser.get("/shop/till").location == "/shop/login?next=%2Fshop%2Ftill"
    assert browser.get("/secret").location == "/login?next=%2Fsecret"


def test_the_page_asked_for_may_wait_in_the_session(
    login: Library, time: Clock
) -> None:
    browser = Browser(Site(login, time, USE_SESSION_FOR_NEXT=True))

    seen = browser.get("/secret?page=2")

    assert seen.location == "/login"
    assert seen.held.next == "/secret?page=2"


def test_the_host_of_redirects_may_be_forced(login: Library, time: Clock) -> None:
    browser = Browser(Site(login, time, FORCE_HOST_FOR_REDIRECTS="example.org"))

    assert browser.get("/secret").location == "//example.org/login?next=%2Fsecret"


LOGIN_URLS = [
    pytest.param(("login",), "/login", id="a view"),
    pytest.param(("/in?a=b",), "/in?a=b", id="an address"),
    pytest.param(
        ("login", "http://localhost/secret?page=2"),
        "/login?next=%2Fsecret%3Fpage%3D2",
        id="with the page to come back to",
    ),
    pytest.param(
        ("/in?a=&next=/old", "http://localhost/secret"),
        "/in?a=&next=%2Fsecret",
        id="with arguments of its own",
    ),
    pytest.param(
        ("https://id.example.org/in", "http://localhost/secret"),
        "https://id.example.org/in?next=http%3A%2F%2Flocalhost%2Fsecret",
        id="on another host",
    ),
    pytest.param(
        ("login", "http://localhost/secret", "back"),
        "/login?back=%2Fsecret",
        id="in a field of another name",
    ),
]


@pytest.mark.parametrize(("given", "address"), LOGIN_URLS)
def test_login_url_makes_the_address_of_the_login_page(
    login: Library, site: Site, given: tuple[str, ...], address: str
) -> None:
    with site.app.test_request_context():
        assert login.login_url(*given) == address


NEXT_PARAMS = [
    pytest.param("/login", "http://localhost/a?b=c#d", "/a?b=c", id="a path"),
    pytest.param(
        "http://localhost/login", "http://localhost/a", "/a", id="the same host"
    ),
    pytest.param(
        "http://example.org/login",
        "http://localhost/a",
        "http://localhost/a",
        id="another host",
    ),
    pytest.param(
        "https://localhost/login",
        "http://localhost/a",
        "http://localhost/a",
        id="another scheme",
    ),
    pytest.param("//localhost/login", "http://localhost/a", "/a", id="no scheme"),
]


@pytest.mark.parametrize(("login_page", "asked_for", "kept"), NEXT_PARAMS)
def test_make_next_param_leaves_out_what_the_login_page_says_already(
    login: Library, login_page: str, asked_for: str, kept: str
) -> None:
    assert login.make_next_param(login_page, asked_for) == kept


def test_the_manager_answers_whoever_a_view_turns_away(
    site: Site, browser: Browser
) -> None:
    @site.app.get("/attic")
    def attic() -> object:
        session["seen"] = True
        return site.manager.unauthorized()

    assert browser.get("/attic").location == "/login?next=%2Fattic"
