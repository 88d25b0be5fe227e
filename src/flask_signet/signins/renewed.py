"""New secrets for a sign-in that goes on.

Until the browser has shown them the old remember value opens it still, but for new
credentials: there the old ones are dead at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .events import Kind
from .limits import TRIES
from .noted import Noted
from .record import Method, SignIn
from .tokens import Digest, Token


class Renewed(Noted):
    """The verbs of the register that hand out secrets to who is in already."""

    by_handle: Callable[[str], SignIn | None]

    def renew(self, row: SignIn) -> tuple[Token, SignIn] | None:
        """Make a new pair for who came with the remember value alone; not fresh.

        Returns:
            None if somebody else was quicker.

        """
        token = Token.new(remember=True)
        now = self.now(row)
        # What ended at rest is not opened again by the value that opens the row.
        digest = None if now >= row.session_ends else row.digest
        after = replace(row.awaiting(token, now), digest=digest, is_fresh=False)
        after = self.limits.seen(after, now)
        if not self.shelf.swap(row, after):
            return None
        self.say(Kind.RESTORED, after)
        return token, after

    def rotate(
        self,
        row: SignIn,
        *,
        shown: Digest | None = None,
        at_once: bool = False,
        **more: Any,
    ) -> tuple[Token, SignIn] | None:
        """Give a new token; the old one opens nothing any more.

        Args:
            row: whose.
            shown: what the browser has shown; if it was pending, it has arrived.
            at_once: whether the remember value opens nothing any more, either, though
                the new one may not arrive: for new credentials.
            more: what else changes with it.

        Returns:
            None if it has been closed.

        """
        present: SignIn | None = row
        for _ in range(TRIES):
            if present is None or present.is_closed:
                return None
            token, now = Token.new(remember=present.is_remembered), self.now(present)
            seen = present.shown(shown)
            if present.is_remembered and not at_once:
                after = replace(seen.awaiting(token, now), digest=None)
            else:
                after = seen.opened_only_by(token)
            after = self.limits.seen(replace(after, **more), now)
            if self.shelf.swap(present, after):
                return token, replace(after, version=present.version + 1)
            present = self.by_handle(row.handle)
        return None

    def prove(
        self, row: SignIn, *, methods: Sequence[str] = (), **more: Any
    ) -> tuple[Token, SignIn] | None:
        """Note that the person has proved again who they are, and rotate."""
        now = self.now(row)
        # As was said at its opening.
        lasts = row.ends - (row.proved_at or row.opened_at)
        return self.rotate(
            row,
            proved_at=now,
            is_fresh=True,
            methods=tuple(Method(name, now) for name in methods),
            ends=now + lasts,
            **more,
        )

    def rename_user(
        self, row: SignIn, user_id: str, **more: Any
    ) -> tuple[Token, SignIn] | None:
        """Give a sign-in another row, which ends when it would have ended.

        For who has a new id. Nothing that opened the old row opens it.

        Returns:
            None if it has been closed.

        """
        token = Token.new(remember=row.is_remembered)
        after = row.opened_only_by(token).renamed(user_id, **more)
        after = self.limits.seen(after, self.now(row))
        self.shelf.add(after)
        gone = self.shelf.remove(row.handle)
        if gone is None or gone.is_closed:
            # By somebody who meant whatever comes of it, too.
            self.shelf.remove(after.handle)
            return None
        self.say(Kind.CLOSED, gone, "renewed")
        self.say(Kind.OPENED, after)
        return token, after
