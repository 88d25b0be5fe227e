"""What an application says to its login manager, in Flask-Login's words.

Plain attributes, and live: they may be set before ``init_app``, after it, and between
requests, and are read where they are used. Nothing is decided here.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import config

Clock = Callable[[], datetime]

View = str | Callable[[], str]
"""An endpoint, or an address; or a function that gives either, for this request."""


def utc_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


class Words:
    """The attributes of a login manager."""

    def __init__(self) -> None:
        self.login_view: View | None = None
        """Where strangers are sent; None answers 401."""

        self.blueprint_login_views: dict[str, View | None] = {}
        """The same for one blueprint and those nested in it, by its name."""

        self.login_message: str | None = config.LOGIN_MESSAGE
        """What a stranger is told on being sent there; None for nothing."""

        self.login_message_category = config.LOGIN_MESSAGE_CATEGORY

        self.refresh_view: View | None = None
        """Where people prove again who they are; None answers 401."""

        self.needs_refresh_message: str | None = config.REFRESH_MESSAGE
        """What they are told on being sent there; None for nothing."""

        self.needs_refresh_message_category = config.REFRESH_MESSAGE_CATEGORY

        self.session_protection: str | None = "basic"
        """What another address or browser costs: freshness, or with strong all."""

        self.www_authenticate: str | None = None
        """What a 401 asks for (RFC 9110, 11.6.1), as ``Bearer``; None for nothing."""

        self.request_first = False
        """Whether the request loader is asked before any cookie is looked at."""

        self.localize_callback: Callable[[Any], str] | None = None
        """Translates the two messages."""

        self.unauthorized_callback: Callable[[], Any] | None = None
        """Answers strangers in the place of all this."""

        self.needs_refresh_callback: Callable[[], Any] | None = None
        """Answers those who must prove themselves again, likewise."""

        self.id_attribute = config.ID_ATTRIBUTE
        """The user's method that gives its id."""

        self.clock: Clock = utc_now
        """The server's time, aware; a test sets one that stands still."""

        self._user_callback: Callable[[str], Any] | None = None
        self._request_callback: Callable[[Any], Any] | None = None
        self._header_callback: Callable[[str], Any] | None = None
