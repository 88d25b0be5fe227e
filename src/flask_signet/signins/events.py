"""What has happened to a sign-in. No secret is in it."""

from enum import StrEnum
from typing import NamedTuple

from .record import SignIn


class Kind(StrEnum):
    """What it is; a listener is told after it has happened."""

    OPENED = "opened"
    CLOSED = "closed"
    EXPIRED = "expired"
    """It was found after its end, and taken off."""

    EVICTED = "evicted"
    """Another was opened, and there may not be so many."""

    RESTORED = "restored"
    """Its remember value opened it again."""

    REUSED = "reused"
    """A remember value came that had been replaced: two have it. It is closed."""


class Event(NamedTuple):
    kind: Kind
    signin: SignIn
    """As it was; of one opened or restored, as it is."""

    reason: str = ""
    """Why it was closed; the signal ``signin_closed`` has the list."""
