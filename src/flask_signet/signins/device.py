"""What a device is called, by what its browser says of itself.

Browsers say less each year, and any of it may be made up: it is for people, who know
their devices again by it, and decides nothing.
"""

from typing import Final

BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""A sign in the user agent, and the browser; the first that fits, for most say to be
others besides."""

SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),  # codespell:ignore cros
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """Name a device by its user agent, as ``Firefox on Linux``; empty if unknown."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return " on ".join(filter(None, (browser, system)))


def readable(text: str) -> str:
    """Give what people and browsers say of themselves, as any page can show it.

    PostgreSQL keeps no NUL, and UTF-8 has no halves of an emoji.
    """
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
