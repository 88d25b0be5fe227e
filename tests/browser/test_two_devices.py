"""Two devices of one person, at the shop that the pages about the register build."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import documents

pytestmark = pytest.mark.browser

PAGES = ["one-machine.md", "log-out-everywhere.md"]

LOGIN = """\
<!doctype html>
<html lang="en">
<title>Sign in</title>
<form method="post">
  <label>Name <input name="name"></label>
  <label>Password <input name="password" type="password"></label>
  <label><input name="remember" type="checkbox"> Keep me signed in</label>
  <button>Sign in</button>
</form>
</html>
"""

ACCOUNT = """\
<!doctype html>
<html lang="en">
<title>My account</title>
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
</html>
"""

LEFT_TO_THE_READER = {"login": LOGIN, "password": ACCOUNT}
"""The templates that the pages do not give, but for those that nobody opens here."""

PASSWORD = "eleven quiet geese at dawn"

LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Mobile Safari/537.36"
)

_numbers = count()


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    serve: Callable[[Path, str, list[str]], str],
) -> str:
    """Where the shop is, with its register in a SQLite file."""
    home = tmp_path_factory.mktemp("shop")
    for page in PAGES:
        documents.put_into(home, documents.DOCS / "howto" / page)
    for name, text in LEFT_TO_THE_READER.items():
        (home / "templates" / f"{name}.html").write_text(text)
    return serve(home, "shop", ["signet", "init-db"])


@pytest.fixture
def ada(browser: Browser, site: str) -> str:
    """Sign somebody of this name up, and out again."""
    name = f"ada{next(_numbers)}"
    with browser.new_context() as context:
        form = {"name": name, "password": PASSWORD}
        expect(context.request.post(f"{site}/sign-up", form=form)).to_be_ok()
        expect(context.request.post(f"{site}/logout")).to_be_ok()
    return name


@pytest.fixture
def laptop(browser: Browser, site: str, ada: str) -> Iterator[Page]:
    """Give Ada's list of devices on her laptop, where she is remembered."""
    with browser.new_context(user_agent=LAPTOP) as context:
        yield sign_in(context, site, ada, remember=True)


@pytest.fixture
def phone(browser: Browser, site: str, ada: str) -> Iterator[Page]:
    """Give the same list on her phone."""
    with browser.new_context(user_agent=PHONE) as context:
        yield sign_in(context, site, ada)


def sign_in(
    context: BrowserContext, site: str, name: str, *, remember: bool = False
) -> Page:
    page = context.new_page()
    page.goto(f"{site}/login?next=/devices")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Keep me signed in").set_checked(remember)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site}/devices")
    return page


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/password")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site}/")


def other_devices(page: Page) -> Locator:
    return page.get_by_role("listitem").filter(has_not_text="(this one)")


def end_the_other(page: Page) -> None:
    page.reload()
    other_devices(page).get_by_role("button", name="End it").click()
    expect(other_devices(page)).to_have_count(0)


def expect_the_login_page(page: Page, site: str) -> None:
    expect(page).to_have_url(f"{site}/login?next=%2Fdevices")


# Both at once -----------------------------------------------------------------------


def test_the_list_names_both_devices(laptop: Page, phone: Page) -> None:
    laptop.reload()

    names = laptop.get_by_role("strong").all_inner_texts()

    assert sorted(names) == ["Chrome on Android", "Firefox on Linux"]


def test_each_device_is_told_which_of_them_it_is(laptop: Page, phone: Page) -> None:
    laptop.reload()
    phone.reload()

    expect(other_devices(laptop)).to_contain_text("Chrome on Android")
    expect(other_devices(phone)).to_contain_text("Firefox on Linux")


def test_who_ends_the_device_at_hand_is_signed_out(site: str, phone: Page) -> None:
    this_one = phone.get_by_role("listitem").filter(has_text="(this one)")
    expect(this_one.get_by_role("button", name="End it")).to_have_count(0)

    this_one.get_by_role("button", name="Sign out").click()

    expect_the_login_page(phone, site)


def test_a_name_is_read_on_the_other_device_as_it_was_typed(
    laptop: Page, phone: Page
) -> None:
    phone.reload()
    name = other_devices(phone).get_by_label("Name")

    name.fill("<b>the old one</b>")
    name.press("Enter")
    expect(other_devices(phone)).to_contain_text("<b>the old one</b>")
    laptop.reload()

    expect(laptop.get_by_text("<b>the old one</b>")).to_be_visible()


def test_a_device_that_the_other_one_ends_lands_at_the_login_page(
    site: str, laptop: Page, phone: Page
) -> None:
    end_the_other(phone)
    laptop.reload()

    expect_the_login_page(laptop, site)


def test_who_ends_all_others_stays_in_alone(laptop: Page, phone: Page) -> None:
    phone.reload()
    expect(phone.get_by_role("listitem")).to_have_count(2)

    phone.get_by_role("button", name="End all others").click()

    expect(phone.get_by_role("listitem")).to_have_count(1)


# A copy -----------------------------------------------------------------------------


@pytest.fixture
def thief(browser: Browser, site: str, laptop: Page) -> Iterator[Page]:
    """Give the same list in a browser that has a copy of all the laptop's cookies."""
    cookies = laptop.context.storage_state()
    with browser.new_context(storage_state=cookies, user_agent=LAPTOP) as context:
        page = context.new_page()
        page.goto(f"{site}/devices")
        expect(page).to_have_url(f"{site}/devices")
        yield page


@pytest.mark.parametrize(
    "put_away",
    [
        pytest.param([], id="all cookies"),
        pytest.param(["session", "session_signin"], id="the remember cookie alone"),
    ],
)
def test_a_copy_is_nobody_after_the_logout(
    site: str, laptop: Page, thief: Page, put_away: list[str]
) -> None:
    sign_out(laptop, site)
    for name in put_away:
        thief.context.clear_cookies(name=name)
    thief.reload()

    expect_the_login_page(thief, site)


def test_a_copy_is_nobody_after_the_other_device_has_ended_it(
    site: str, phone: Page, thief: Page
) -> None:
    end_the_other(phone)
    thief.reload()

    expect_the_login_page(thief, site)


# Closed, and opened again -----------------------------------------------------------


@pytest.fixture
def closed_laptop(
    site: str, ada: str, open_laptop: Callable[[], BrowserContext]
) -> Callable[[], BrowserContext]:
    """Give Ada's laptop, closed; it has nothing left but the remember cookie."""
    with open_laptop() as laptop:
        sign_in(laptop, site, ada, remember=True)

    def open_again() -> BrowserContext:
        laptop = open_laptop()
        assert [cookie["name"] for cookie in laptop.cookies()] == ["remember_token"]
        return laptop

    return open_again


def test_who_is_remembered_is_back_when_the_browser_is_opened_again(
    site: str, closed_laptop: Callable[[], BrowserContext]
) -> None:
    page = closed_laptop().new_page()

    page.goto(f"{site}/devices")

    expect(page.get_by_text("(this one)")).to_be_visible()


def test_a_closed_browser_that_another_device_ends_is_opened_at_the_login_page(
    site: str, closed_laptop: Callable[[], BrowserContext], phone: Page
) -> None:
    end_the_other(phone)
    page = closed_laptop().new_page()
    page.goto(f"{site}/devices")

    expect_the_login_page(page, site)
