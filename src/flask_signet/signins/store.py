"""Where the register is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from flask_signet.errors import SignetError

from .record import SignIn
from .tokens import Digest


class StoreDown(SignetError):  # noqa: N818 (a state of the world, not of the program)
    """The store cannot be asked: whether somebody is in is not known."""


class ConnectionLost(StoreDown):
    """A connection is gone that was asked; on another one, all may be well."""


class StoreBusy(SignetError):  # noqa: N818 (the same)
    """The store can be read, and cannot be written now."""


class Full(SignetError):  # noqa: N818 (the same)
    """A person is signed in as often as they may be."""

    def __init__(self, signins: Sequence[SignIn]) -> None:
        count = "1 sign-in" if len(signins) == 1 else f"{len(signins)} sign-ins"
        super().__init__(f"This person has {count}, and at_most allows no more.")
        self.signins = signins


class Store(Protocol):
    """A shelf for sign-ins: a dict, Redis, a SQL table.

    Each method is one round trip and is atomic, for two tabs of one browser may ask at
    once; ``forget_origins`` alone may go row by row. A store keeps what it is given:
    whether a sign-in is over is the register's to say. The contract is
    ``flask_signet.testing.store_contract``.

    Each of them raises ``StoreDown`` if it cannot be asked. Those that write raise
    ``StoreBusy`` if they cannot now, but for ``touch``, which does nothing then.
    """

    def add(
        self, row: SignIn, *, at_most: int | None = None, make_room: bool = False
    ) -> list[SignIn]:
        """Put a row on the shelf.

        Args:
            row: a new one.
            at_most: how many the person may have in this realm, this one included.
                Those that are over when it was opened do not count.
            make_room: whether those opened first go for it, if there are too many.

        Returns:
            What had to go.

        Raises:
            Full: there are too many, and no room is to be made.

        """
        ...

    def get(self, digest: Digest) -> SignIn | None:
        """Give the row of a session token, be it the present or the pending one."""
        ...

    def by_handle(self, handle: str) -> SignIn | None: ...

    def touch(self, handle: str, seen_at: datetime, session_ends: datetime) -> None:
        """Note that it was seen, and when its session now ends. Neither goes back.

        Touching what is gone does not bring it back. What was touched has the next
        version: who had read it before swaps it no more.
        """
        ...

    def swap(self, before: SignIn, after: SignIn) -> bool:
        """Put a row in the place of another, if nobody else did so; say whether.

        It is the same row if its version is the same. Kept is the next version.
        """
        ...

    def remove(self, handle: str) -> SignIn | None:
        """Take it off the shelf and hand it over; of two callers, one gets it."""
        ...

    def remove_all(
        self, user_id: str, *, realm: str = "", keep: str | None = None
    ) -> list[SignIn]:
        """Take off all of one person's, but for one handle, and hand them over."""
        ...

    def of_user(self, user_id: str, *, realm: str = "") -> list[SignIn]:
        """Give all of one person's, those that were seen last first."""
        ...

    def forget_origins(self, before: datetime, *, limit: int) -> int:
        """Take address and browser off so many rows at most; say off how many.

        They are rows that were opened by then, and have either. Each has the next
        version.
        """
        ...

    def sweep(self, now: datetime, *, limit: int) -> int:
        """Take off at most so many whose ``ends`` is past; say how many went."""
        ...
