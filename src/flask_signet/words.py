"""What an application says to its login manager, in Flask-Login's words.

Plain attributes, and live: they may be set before ``init_app``, after it, and between
requests, and are read where they are used. Nothing is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from . import config

Clock = Callable[[], datetime]

View = str | Callable[[], str]
"""An endpoint, or an address; or a function that gives either, for this request."""


class Marks(Protocol):
    """Where texts are kept by name: a dict, or a table."""

    def get(self, name: str, /) -> str | None: ...

    def __setitem__(self, name: str, value: str, /) -> None: ...


_DATETIME = datetime


def utc_now() -> datetime:
    if datetime is _DATETIME:
        return datetime.fromtimestamp(time.time(), UTC)
    return _told_by(datetime)


def _told_by(stand_in: Any) -> datetime:
    """Ask what a test has put in the place of ``datetime``, as Flask-Login's do.

    It may answer to ``now``, or to ``utcnow``, whose time has no zone.
    """
    if isinstance(stand_in, type):
        kinds = [kind for kind in stand_in.__mro__ if kind not in _DATETIME.__mro__]
        has_utcnow = any("utcnow" in vars(kind) for kind in kinds)
    else:
        has_utcnow = hasattr(stand_in, "utcnow")
    told = stand_in.utcnow() if has_utcnow else None
    if not isinstance(told, _DATETIME):
        told = stand_in.now(UTC)
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told


class Words:
    """The attributes of a login manager."""

    name: str
    """Tells one kind of people from another; ``""`` is the plain manager's."""

    login_view: View | None = None
    """Where strangers are sent; None answers 401."""

    blueprint_login_views: dict[str, View | None]
    """The same for one blueprint and those nested in it, by its name."""

    login_message: str | None = config.LOGIN_MESSAGE
    """What a stranger is told on being sent there; None for nothing."""

    login_message_category = config.LOGIN_MESSAGE_CATEGORY

    refresh_view: View | None = None
    """Where people prove again who they are; None answers 401."""

    needs_refresh_message: str | None = config.REFRESH_MESSAGE
    """What they are told on being sent there; None for nothing."""

    needs_refresh_message_category = config.REFRESH_MESSAGE_CATEGORY

    session_protection: str | None = "basic"
    """What another address or browser costs: freshness, or with strong all."""

    www_authenticate: str | None = None
    """What a 401 asks for (RFC 9110, 11.6.1), as ``Bearer``; None for nothing."""

    request_first = False
    """Whether the request loader is asked before any cookie is looked at."""

    move_marks: Marks | None = None
    """Where it is kept, until ``SIGNET_MOVE_UNTIL``, of whom nothing moves in any more:
    a dict will do; None for one in the memory of this process."""

    account_key: Callable[[Any], str | None] | None = None
    """Gives a user's account, or None; by default it is the user's
    ``get_account_key()``, if there is one. An id may be given to somebody else."""

    localize_callback: Callable[[Any], str] | None = None
    """Translates the two messages."""

    unauthorized_callback: Callable[[], Any] | None = None
    """Answers strangers in the place of all this."""

    needs_refresh_callback: Callable[[], Any] | None = None
    """Answers those who must prove themselves again, likewise."""

    id_attribute = config.ID_ATTRIBUTE
    """The user's method that gives its id."""

    clock: Clock
    """The server's time, aware; a test sets one that stands still."""

    _user_callback: Callable[[str], Any] | None = None
    _request_callback: Callable[[Any], Any] | None = None
    _header_callback: Callable[[str], Any] | None = None

    def __init__(self) -> None:
        self.blueprint_login_views = {}
        self.clock = utc_now
