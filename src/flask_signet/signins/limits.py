"""How long a sign-in lasts, and how many there may be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from flask_signet.config import TOUCH_EVERY, TOUCHES
from flask_signet.errors import ConfigError

from .record import SignIn
from .store import Full, Store

TRIES = 5
"""How often a swap is tried again that somebody else was quicker with."""

LABEL_LENGTH = 100
"""What is kept of a device's name."""

WhenFull = Literal["end_oldest", "refuse"] | Callable[[Sequence[SignIn]], Any]
"""What happens if there are too many; a callable is given those there are, and gives
the handle of the one to go, or None to refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the register allows; see ``Register``."""

    lifetime: timedelta
    idle: timedelta | None
    remember: timedelta
    at_most: int | None
    when_full: WhenFull
    touch_every: timedelta = field(init=False)

    def __post_init__(self) -> None:
        for name in ("lifetime", "idle", "remember"):
            limit = getattr(self, name)
            if name != "idle" or limit is not None:
                _refuse_a_bad_limit(name, limit)
        if self.at_most is not None and self.at_most < 1:
            problem = f"is {self.at_most}; one at least"
            raise ConfigError("Register(at_most=...)", problem)
        if self.when_full not in ("end_oldest", "refuse") and not callable(
            self.when_full
        ):
            problem = (
                f"is {self.when_full!r}; a callable, 'end_oldest' or 'refuse' will do"
            )
            raise ConfigError("Register(when_full=...)", problem)
        # Once, for it is asked at each request.
        every = min(TOUCH_EVERY, (self.idle or self.lifetime) / TOUCHES)
        object.__setattr__(self, "touch_every", every)

    def lasts(self, *, remember: bool, duration: timedelta | None = None) -> timedelta:
        """Give how long a sign-in lasts after a proof."""
        if not remember:
            return self.lifetime
        return max(self.lifetime, duration or self.remember)

    def swapped(
        self, before: Sequence[SignIn], row: SignIn, store: Store
    ) -> tuple[list[SignIn], list[SignIn]]:
        """Put a row in the place of others; give them, and those that had to go.

        Raises:
            Full: the person is in as often as they may be; the others are in still.

        """
        taken = [store.remove(each.handle) for each in before]
        left = [each for each in taken if each is not None]
        try:
            return left, self.added(row, store)
        except Full:
            for each in left:
                store.add(each)
            raise

    def added(self, row: SignIn, store: Store) -> list[SignIn]:
        """Put a row into the store; give those that had to go for it.

        Raises:
            Full: the person is in as often as they may be.

        """
        ask = self.when_full
        if not callable(ask):
            make_room = ask == "end_oldest"
            return store.add(row, at_most=self.at_most, make_room=make_room)
        gone: list[SignIn] = []
        while True:
            try:
                return gone + store.add(row, at_most=self.at_most)
            except Full as full:
                handle = ask(full.signins)
                if handle not in {each.handle for each in full.signins}:
                    raise
                left = store.remove(handle)
                gone += [] if left is None else [left]

    def seen(self, row: SignIn, now: datetime) -> SignIn:
        """Give a row as it is after use: its session ends later, and never too late."""
        if self.idle is None:
            return replace(row, seen_at=now, session_ends=row.ends)
        rest = now + self.idle + self.touch_every
        return replace(row, seen_at=now, session_ends=min(rest, row.ends))


def _refuse_a_bad_limit(name: str, limit: object) -> None:
    key = f"Register({name}=...)"
    if not isinstance(limit, timedelta):
        raise ConfigError(key, f"is {limit!r}; it should be a timedelta")
    if limit <= timedelta(0):
        raise ConfigError(key, f"is {limit}; it should be longer than nothing")
