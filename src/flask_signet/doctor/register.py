"""Whether the register is one for all workers, can be asked, is swept, tells the time.

Each store is looked at once, however many managers have it. Nothing is written. What a
store does not offer is not looked at.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Final

from flask import Flask

from flask_signet.errors import SignetError
from flask_signet.signins import Register, StoreDown
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.offers import counted, tabled, time_of
from flask_signet.signins.record import GRACE, utc_now
from flask_signet.state import states_of

from .finding import Finding

MANY: Final = 10_000
"""So many that have ended are too many, whatever else is there."""

FEW: Final = 1_000
"""So many never are: a sweep takes them off in one go."""

APART: Final = GRACE / 6
"""How far the store's clock may be from this machine's: 5 seconds."""


def check_memory(app: Flask) -> Iterator[Finding]:
    """Find sign-ins that are in the memory of one process, where that matters.

    A command sees no workers of the site, but only signs of them. So outside of tests
    and development the store is a finding by itself.
    """
    sign = next(_signs_of_workers(), "")
    if app.testing or (app.debug and not sign):
        return
    for register in _registers(app):
        if isinstance(register.store, MemoryStore):
            problem = (
                "Sign-ins are in the memory of one process: they end with it, and"
                f" another worker neither knows them nor ends them.{sign}"
            )
            mend = "Register(SQLAlchemyStore(db))  # or RedisStore(url)"
            yield Finding(problem, "ASVS 5.0, 7.4.1", mend)


def check_schema(app: Flask) -> list[Finding]:
    """Find stores that cannot be asked, or whose tables are not those of the code."""
    return _of_each(app, _schema)


def check_swept(app: Flask) -> list[Finding]:
    """Find stores in which much lies that has ended."""
    return _of_each(app, _swept)


def check_clock(app: Flask) -> list[Finding]:
    """Find stores by whose clock it is another time."""
    return _of_each(app, _clock)


# --- Of one store.


def _schema(register: Register) -> Iterator[Finding]:
    try:
        store = tabled(register.store)
        noted = store.schema_version() if store else None
        if not store or noted == 0:  # no version is known: can it be asked at all?
            register.store.by_handle("")
            return
    except StoreDown as error:
        yield Finding(
            str(error), mend="see that it runs, and that its address is right"
        )
        return
    except SignetError as error:
        yield Finding(str(error), mend="as the sentence says")
        return
    if noted is None:
        problem = "The register's tables are not there."
        yield Finding(problem, mend="flask signet init-db")
    elif noted != store.schema:
        problem = f"The register's tables are of version {noted}, not {store.schema}."
        newer = "pip install --upgrade flask-signet"
        is_old = noted < store.schema
        yield Finding(problem, mend="flask signet upgrade-db" if is_old else newer)


def _swept(register: Register) -> Iterator[Finding]:
    counts = None
    with suppress(SignetError):  # that it cannot be asked was said
        counts = counted(register.store, register.clock())
    if counts is None or counts.ended is None:
        return
    living = (counts.signins or 0) - counts.ended
    if counts.ended > min(MANY, max(FEW, living)):
        problem = (
            f"{counts.ended:,} sign-ins have ended and are in the store still, with the"
            " addresses they came from."
        )
        mend = "flask signet signins sweep  # each day"
        yield Finding(problem, "ASVS 5.0, 14.2.7", mend)


def _clock(register: Register) -> Iterator[Finding]:
    if register.clock is not utc_now:
        return  # a test's, which stands still
    there, before = None, utc_now()
    with suppress(SignetError):
        there = time_of(register.store)
    after = utc_now()
    if there is None:
        return
    # It was asked between the two; how long the way there took is not known.
    ahead, behind = there - after, before - there
    if max(ahead, behind) > APART:
        side, apart = ("ahead of", ahead) if ahead > behind else ("behind", behind)
        problem = (
            f"The store's clock is {_seconds(apart)} {side} this machine's: sign-ins"
            " end too early or too late."
        )
        yield Finding(problem, mend="timedatectl set-ntp true  # on both")


def _seconds(time: timedelta) -> str:
    return f"{time.total_seconds():,.0f} seconds"


# --- What is there.


def _of_each(
    app: Flask, check: Callable[[Register], Iterator[Finding]]
) -> list[Finding]:
    # A list, so that nobody is left inside the context who stops halfway.
    with app.app_context():
        return [finding for each in _registers(app) for finding in check(each)]


def _registers(app: Flask) -> list[Register]:
    """Give a register for each store that the application's managers have."""
    found: dict[int, Register] = {}
    for state in states_of(app).values():
        register: Register | None = getattr(state.desk, "register", None)
        if register is not None:
            found.setdefault(id(register.store), register)
    return [*found.values()]


def _signs_of_workers() -> Iterator[str]:
    """Say by what it is seen that there are several workers."""
    asked = os.environ.get("WEB_CONCURRENCY", "")
    if asked.isdecimal() and int(asked) > 1:
        yield f" WEB_CONCURRENCY is {asked}."
    arguments = os.environ.get("GUNICORN_CMD_ARGS", "")
    for number in _WORKERS.findall(arguments):
        if int(number) > 1:
            yield f" GUNICORN_CMD_ARGS asks for {number} workers."
    processes = getattr(sys.modules.get("uwsgi"), "numproc", 1)
    if processes > 1:
        yield f" uWSGI runs {processes} processes."


_WORKERS: Final = re.compile(r"(?:^|\s)(?:-w\s*|--workers[=\s]\s*)(\d+)")
