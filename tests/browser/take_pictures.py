"""Take the README's pictures from the running site.

Run it by hand when the pages have changed, and look at the pictures::

    python tests/browser/take_pictures.py
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from conftest import NO_CHROMIUM, QUIETLY, find_chromium, running

IMAGES = Path(__file__).parents[2] / "docs" / "images"

PASSWORD = "eleven quiet geese at dawn"


def main() -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit(NO_CHROMIUM)
    with (
        TemporaryDirectory() as folder,
        running(Path(folder)) as lesson,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=QUIETLY) as browser,
    ):
        register(browser, lesson.url)
        take(browser, lesson.url, "light", "")
        take(browser, lesson.url, "dark", "-dark")


def register(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/auth/register")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Register").click()
    page.wait_for_url("**/auth/login")


def take(
    browser: Browser, site: str, scheme: Literal["light", "dark"], suffix: str
) -> None:
    page = browser.new_page(
        color_scheme=scheme,
        viewport={"width": 960, "height": 700},
        device_scale_factor=1.5,
    )

    def picture(name: str) -> None:
        page.screenshot(path=IMAGES / f"lesson-{name}{suffix}.png", full_page=True)

    page.goto(f"{site}/top-secret")
    page.get_by_label("E-mail address").fill("ada@example.org")
    picture("login")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/top-secret")
    picture("top-secret")


main()
