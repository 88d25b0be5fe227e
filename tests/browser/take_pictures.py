"""Take the documents' pictures: the running site, and the table of the shop's routes.

Run it by hand when the pages have changed, and look at the pictures::

    python tests/browser/take_pictures.py
"""

import re
import subprocess
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from conftest import NO_CHROMIUM, QUIETLY, find_chromium, running_lesson

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
EXAMPLES = ROOT / "examples"

Scheme = Literal["light", "dark"]

SCHEMES: tuple[tuple[Scheme, str], ...] = (("light", ""), ("dark", "-dark"))

TERMINAL = """
<style>
  :root {{ color-scheme: light dark; }}
  pre {{
    display: inline-block; margin: 0; padding: 20px 24px; border-radius: 8px;
    font: 13px/1.6 "DejaVu Sans Mono", monospace;
    color: light-dark(#24292f, #d6dce2); background: light-dark(#f6f8fa, #161b22);
  }}
  i {{ font-style: normal; color: light-dark(#57606a, #8b949e); }}
  b {{ font-weight: normal; color: light-dark(#953800, #f0b429); }}
</style>
<pre><i>$ flask --app shop signet routes
{head}</i>
{rows}</pre>
"""

PASSWORD = "eleven quiet geese at dawn"


def main() -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit(NO_CHROMIUM)
    with (
        TemporaryDirectory() as folder,
        running_lesson(Path(folder)) as lesson,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=QUIETLY) as browser,
    ):
        register(browser, lesson.url)
        table = routes_of_the_shop()
        for scheme, suffix in SCHEMES:
            take(browser, lesson.url, scheme, suffix)
            take_the_table(browser, table, scheme, suffix)


def register(browser: Browser, site: str) -> None:
    page = browser.new_page()
    page.goto(f"{site}/auth/register")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Register").click()
    page.wait_for_url("**/auth/login")


def take(browser: Browser, site: str, scheme: Scheme, suffix: str) -> None:
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


def routes_of_the_shop() -> str:
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "shop", "signet", "routes"],
        cwd=EXAMPLES / "shop",
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def take_the_table(browser: Browser, table: str, scheme: Scheme, suffix: str) -> None:
    """Show the table as a terminal does; what is open stands out."""
    head, *lines = table.splitlines()
    page = browser.new_page(color_scheme=scheme, device_scale_factor=1.5)
    rows = "\n".join(
        f"<b>{escape(line)}</b>" if re.search(r"  open\b", line) else escape(line)
        for line in lines
    )
    page.set_content(TERMINAL.format(head=escape(head), rows=rows))
    page.locator("pre").screenshot(path=IMAGES / f"routes{suffix}.png")


main()
