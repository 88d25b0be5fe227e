"""What is noted while somebody is found, and done with the answer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from .events import Event, Kind
from .limits import TRIES, Limits
from .record import Clock, SignIn, utc_now
from .store import Store


class Noted:
    """The verbs of the register that a request does at its end."""

    shelf: Store
    """The store, as it is asked."""

    limits: Limits
    clock: Clock
    tell: Callable[[Event], object] | None

    def now(self, row: SignIn) -> datetime:
        """Give the time; one clock that is set back lets nobody stay longer."""
        now = max(self.clock(), row.seen_at)
        is_real = self.clock is utc_now  # else the store's is another time
        return max(now, row.read_at) if is_real and row.read_at else now

    def stores_time(self, row: SignIn) -> datetime:
        """Give the time by which a row is taken off: the store's, where it is real.

        A machine whose clock is ahead lets nobody in, and ends nothing for the others.
        """
        is_real = self.clock is utc_now
        return row.read_at if is_real and row.read_at else self.now(row)

    def touch(self, row: SignIn) -> None:
        """Note that somebody was seen, if that was not noted lately."""
        now = self.now(row)
        if now - row.seen_at >= self.limits.touch_every:
            seen = self.limits.seen(row, now)
            if (seen.network, seen.agent) == (row.network, row.agent):
                self.shelf.touch(row.handle, seen.seen_at, seen.session_ends)
            else:
                self.shelf.swap(row, seen)

    def confirm(self, row: SignIn, *, by_value: bool = False) -> bool:
        """Note that the pending pair has been seen; say whether nobody was quicker.

        Args:
            row: whose.
            by_value: whether the remember value alone has been. What ended at rest is
                not opened again by it, and who has the other half proved nothing.

        """
        now, after = self.now(row), row.confirmed()
        if by_value:
            digest = None if now >= row.session_ends else after.digest
            after = replace(after, digest=digest, is_fresh=False)
        return self.shelf.swap(row, self.limits.seen(after, now))

    def unfresh(self, row: SignIn) -> bool:
        """Note that the proof counts no more, until the next."""
        present: SignIn | None = row
        for _ in range(TRIES):
            if present is None:
                return False
            if self.shelf.swap(present, replace(present, is_fresh=False)):
                return True
            present = self.shelf.by_handle(row.handle)
        return False

    def end_as_read(
        self, row: SignIn, reason: str = "", kind: Kind = Kind.CLOSED
    ) -> bool:
        """End a sign-in if it is still as it was read; say whether it was.

        Its user is read apart from it: somebody who has changed both in between is not
        to be put out for what was read half before and half after.
        """
        if not self.shelf.swap(row, row.closed()):
            return False
        self.shelf.remove(row.handle)
        self.say(kind, row, reason)
        return True

    def restamp(self, row: SignIn, stamp: str) -> bool:
        """Keep the same stamp under the present key."""
        return self.shelf.swap(row, replace(row, stamp=stamp))

    def say(self, kind: Kind, row: SignIn, reason: str = "") -> None:
        if self.tell is not None:
            self.tell(Event(kind, row, reason))
