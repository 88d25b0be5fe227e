"""The lesson's walk in a real browser, and whether everybody can walk it."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

PASSWORD = "eleven quiet geese at dawn"

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff"

Scheme = Literal["light", "dark"]

_numbers = count()


@pytest.fixture
def email() -> str:
    """Give an address that nobody has registered yet."""
    return f"ada{next(_numbers)}@example.org"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a window of a browser that has never been here."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, site: str) -> Any:
    """Give the cookies of somebody with a long name, who is in."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site}/auth/register?next=/top-secret")
        register(page, LONG_NAME, f"{LONG_NAME.lower()}@example.org")
        sign_in(page, f"{LONG_NAME.lower()}@example.org")
        expect(page).to_have_url(f"{site}/top-secret")
        return context.storage_state()


def register(page: Page, name: str, email: str) -> None:
    main = page.get_by_role("main")
    main.get_by_label("Name").fill(name)
    main.get_by_label("E-mail address").fill(email)
    main.get_by_label("Password", exact=True).fill(PASSWORD)
    main.get_by_label("Password, once more").fill(PASSWORD)
    main.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status")).to_contain_text("Now sign in")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    main = page.get_by_role("main")
    main.get_by_label("E-mail address").fill(email)
    main.get_by_label("Password").fill(password)
    main.get_by_role("button", name="Sign in").click()


# The walk ---------------------------------------------------------------------------


def test_refused_registered_in_remembered_and_out(
    site: str,
    open_laptop: Callable[[], BrowserContext],
    restart_server: Callable[[], None],
    email: str,
) -> None:
    laptop = open_laptop()
    page = laptop.new_page()

    # Refused, and told why.
    page.goto(f"{site}/top-secret")
    expect(page).to_have_url(f"{site}/auth/login?next=%2Ftop-secret")
    expect(page.get_by_role("status")).to_contain_text("Please log in")

    # Registered.
    page.get_by_role("main").get_by_role("link", name="Register").click()
    register(page, "Ada", email)

    # In, and back at the page that was asked for.
    page.get_by_label("Keep me signed in").check()
    sign_in(page, email)
    expect(page).to_have_url(f"{site}/top-secret")
    expect(page.get_by_role("main")).to_contain_text("For the eyes of Ada only")

    # Remembered, though browser and server were closed and started again.
    laptop.close()
    restart_server()
    laptop = open_laptop()
    assert [cookie["name"] for cookie in laptop.cookies()] == ["__Host-remember_token"]
    page = laptop.new_page()
    page.goto(f"{site}/top-secret")
    expect(page).to_have_url(f"{site}/top-secret")
    expect(page.get_by_role("banner")).to_contain_text("Signed in as Ada")

    # Out, and refused again, also after the next start.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    page.goto(f"{site}/top-secret")
    expect(page).to_have_url(f"{site}/auth/login?next=%2Ftop-secret")
    laptop.close()
    page = open_laptop().new_page()
    page.goto(f"{site}/top-secret")
    expect(page).to_have_url(f"{site}/auth/login?next=%2Ftop-secret")


def test_who_did_not_ask_to_be_remembered_is_not(
    site: str, open_laptop: Callable[[], BrowserContext], email: str
) -> None:
    laptop = open_laptop()
    page = laptop.new_page()
    page.goto(f"{site}/auth/register?next=/top-secret")
    register(page, "Ada", email)
    sign_in(page, email)
    expect(page).to_have_url(f"{site}/top-secret")

    laptop.close()
    page = open_laptop().new_page()
    page.goto(f"{site}/top-secret")

    expect(page).to_have_url(f"{site}/auth/login?next=%2Ftop-secret")


def test_the_next_one_at_this_computer_finds_nothing_by_going_back(
    site: str, browser: Browser, signed_in: Any
) -> None:
    with browser.new_context(storage_state=signed_in) as context:
        page = context.new_page()
        page.goto(f"{site}/top-secret")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("status")).to_contain_text("You are signed out")

        page.go_back()

        expect(page).to_have_url(f"{site}/auth/login?next=%2Ftop-secret")


def test_a_mistyped_password_is_said_and_the_address_need_not_be_typed_again(
    site: str, page: Page, email: str
) -> None:
    page.goto(f"{site}/auth/login")

    sign_in(page, email, "not the one she has")

    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    expect(page.get_by_label("E-mail address")).to_have_value(email)
    expect(page.get_by_label("Password")).to_have_value("")


# Everybody --------------------------------------------------------------------------


def test_somebody_without_a_mouse_gets_in(site: str, page: Page, email: str) -> None:
    page.goto(f"{site}/auth/register?next=/top-secret")
    register(page, "Ada", email)
    keys = page.keyboard

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    keys.press("Enter")
    keys.press("Tab")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    keys.type(email)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Tab")
    keys.press("Space")
    expect(page.get_by_label("Keep me signed in")).to_be_checked()
    keys.press("Tab")
    keys.press("Enter")

    expect(page.get_by_role("heading", name="Top secret")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/auth/login", "/auth/register", "/top-secret"])
def test_somebody_without_a_mouse_sees_where_they_are(
    site: str, browser: Browser, signed_in: Any, path: str, scheme: Scheme
) -> None:
    with browser.new_context(storage_state=signed_in, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{site}{path}")

        outlines = list(_outlines(page))

    assert len(outlines) >= 4
    assert set(outlines) == {"solid 3px"}


VIEWS = [
    pytest.param("/", False, id="front page"),
    pytest.param("/auth/login", False, id="sign in"),
    pytest.param("/auth/register", False, id="register"),
    pytest.param("/top-secret", False, id="refused"),
    pytest.param("/nowhere", False, id="no such page"),
    pytest.param("/", True, id="front page, signed in"),
    pytest.param("/top-secret", True, id="top secret"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("path", "within"), VIEWS)
def test_no_page_shuts_anybody_out(
    site: str,
    browser: Browser,
    signed_in: Any,
    path: str,
    *,
    scheme: Scheme,
    within: bool,
) -> None:
    cookies = signed_in if within else None
    with browser.new_context(storage_state=cookies, color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{site}{path}")

        assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_mistakes_are_read_out_with_their_fields(
    site: str, browser: Browser, path: str, scheme: Scheme
) -> None:
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        page.goto(f"{site}{path}")
        form = page.get_by_role("main").locator("form")
        form.evaluate("form => { form.noValidate = true }")

        form.get_by_role("button").click()

        email = page.get_by_label("E-mail address")
        expect(email).to_have_accessible_description("Please give your e-mail address.")
        expect(page).to_have_title(
            "Error: " + form.get_by_role("button").inner_text() + " · The lesson"
        )
        assert barriers(page) == []


@pytest.mark.parametrize(("path", "within"), VIEWS)
def test_a_small_phone_need_not_scroll_sideways(
    site: str, browser: Browser, signed_in: Any, path: str, *, within: bool
) -> None:
    cookies = signed_in if within else None
    small = {"width": 320, "height": 568}
    with browser.new_context(storage_state=cookies, viewport=small) as context:
        page = context.new_page()
        page.goto(f"{site}{path}")

        assert page.evaluate("document.documentElement.scrollWidth") == 320


def barriers(page: Page) -> list[str]:
    """Ask axe what would keep somebody out; what it could not decide counts, too."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    answer = Axe().run(page, options={"runOnly": rules}).response
    return [
        f"{found['id']}: {node['html']}"
        for found in answer["violations"] + answer["incomplete"]
        for node in found["nodes"]
    ]


def _outlines(page: Page) -> Iterator[str]:
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body"):
        yield page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement)
                return `${style.outlineStyle} ${style.outlineWidth}`
            }"""
        )
        page.keyboard.press("Tab")
