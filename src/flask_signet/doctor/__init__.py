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

from . import cookies, keys, pages, people, register, surroundings
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
    "order": pages.check_order,
    "login-view": pages.check_login_views,
    "names": pages.check_names,
    "open": pages.check_open,
    "memory": register.check_memory,
    "schema": register.check_schema,
    "swept": register.check_swept,
    "clock": register.check_clock,
}
"""What is looked at, in this order, by name."""


def checks_of(app: Flask) -> dict[str, Check]:
    """Give the checks of an application: ours, and those hung on it.

    Raises:
        ConfigError: one of those has the name of one of ours.

    """
    others: dict[str, Check] = app.extensions.get(f"{EXTENSION}_checks", {})
    for name in others.keys() & CHECKS:
        problem = f"has {name!r}, which is a check of ours; call it something else"
        raise ConfigError(f"{EXTENSION}_checks", problem)
    return {**CHECKS, **others}


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
    if isinstance(skip, str):
        raise ConfigError("skip", "is one text; it should be a list")
    for name in skip:
        if name not in checks:
            raise ConfigError("skip", f"has {name!r}; there are {', '.join(checks)}")
    for name, check in checks.items():
        if name not in skip:
            for finding in _made(name, check, app):
                yield name, finding


def _made(name: str, check: Check, app: Any) -> Iterator[Finding]:
    """Make a check. What it raises is a finding, and ends it; others are made."""
    try:
        for given in check(app) or ():
            yield _finding(name, given)
    except SignetError as error:
        yield Finding(str(error), mend="as the sentence says")
    except Exception as error:  # noqa: BLE001 (of another's check nothing is known)
        # Not what it says, which may be anything: an address with a password.
        problem = f"The check {name!r} could not be made: {type(error).__name__}."
        yield Finding(problem, mend=f"--skip {name}, or mend the check")


def _finding(name: str, given: object) -> Finding:
    if isinstance(given, Finding):
        return given
    told = f"gave {type(given).__name__}, where a Finding was meant"
    raise ConfigError(f"The check {name!r}", told)
