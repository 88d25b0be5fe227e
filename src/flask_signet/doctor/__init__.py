"""The doctor: reads an application as it stands, and says what is wrong with it.

A check is a function of the application that gives findings. It signs nobody in, and
changes nothing that the first request would not. Other floors and extensions hang
their own under ``app.extensions["flask_signet_checks"]``, by name.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Final

from flask import Flask

from flask_signet.errors import ConfigError, SignetError
from flask_signet.state import EXTENSION, itself

from . import cookies, keys, pages, people, surroundings
from .finding import Finding as Finding

Check = Callable[[Flask], Iterable[Finding]]

CHECKS: Final[dict[str, Check]] = {
    "key": keys.check,
    "switches": surroundings.check_switches,
    "settings": surroundings.check_settings,
    "cookies": cookies.check,
    "renewal": cookies.check_renewal,
    "proxy": surroundings.check_proxy,
    "hosts": surroundings.check_hosts,
    "both": surroundings.check_for_flask_login,
    "loader": people.check_loader,
    "stamp": people.check_stamp,
    "login-view": pages.check_login_views,
    "order": pages.check_order,
    "names": pages.check_names,
    "open": pages.check_open,
}
"""What is looked at, in this order, by name."""


def checks_of(app: Flask) -> dict[str, Check]:
    """Give the checks of an application: ours, and those hung on it."""
    return {**CHECKS, **app.extensions.get(f"{EXTENSION}_checks", {})}


def examine(app: Flask, *, skip: Collection[str] = ()) -> Iterator[tuple[str, Finding]]:
    """Give what is wrong with an application, each with the name of its check.

    Args:
        app: the application, with all its routes, under the settings it is to run with.
        skip: names of checks that are left out.

    Raises:
        ConfigError: one of those names is that of no check.

    """
    app = itself(app)
    checks = checks_of(app)
    for name in skip:
        if name not in checks:
            raise ConfigError("skip", f"has {name!r}; there are {', '.join(checks)}")
    for name, check in checks.items():
        if name not in skip:
            for finding in _made(check, app):
                yield name, finding


def _made(check: Check, app: Any) -> Iterator[Finding]:
    """Make a check. What Signet itself refuses is a finding, and ends this check."""
    try:
        yield from check(app)
    except SignetError as error:
        yield Finding(str(error), why="the first request would say the same")
