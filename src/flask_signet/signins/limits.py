"""How long a sign-in lasts, and how many there may be."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from flask_signet.config import TOUCH_EVERY, TOUCHES, remember_duration
from flask_signet.errors import ConfigError

from .record import SignIn
from .store import Full, Store, StoreBusy, StoreDown

TRIES = 5
"""How often a swap is tried again that somebody else was quicker with."""

ORIGIN_KEPT = timedelta(days=90)
"""How long it is known of a sign-in where it came from, address and browser: ASVS 5.0,
14.2.7 asks for a limit and names none, so this one is ours."""

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
        at_most: object = self.at_most
        if at_most is not None and (type(at_most) is not int or at_most < 1):
            problem = f"is {at_most!r}; it should be a number, 1 or more, or None"
            raise ConfigError("Register(at_most=…)", problem)
        if self.when_full not in ("end_oldest", "refuse") and not callable(
            self.when_full
        ):
            problem = (
                f"is {self.when_full!r}; a callable, 'end_oldest' or 'refuse' will do"
            )
            raise ConfigError("Register(when_full=…)", problem)
        # Once, for it is asked at each request.
        every = min(TOUCH_EVERY, (self.idle or self.lifetime) / TOUCHES)
        object.__setattr__(self, "touch_every", every)

    def refuse_to_remember(self, key: str, given: timedelta) -> None:
        """Refuse to remember somebody for longer than the register does.

        Raises:
            ConfigError: that is wanted.

        """
        if given > self.remember:
            days = -(-given // timedelta(days=1))
            problem = (
                f"is {given}, and Register(remember=…) says {self.remember}; say"
                f" Register(remember=timedelta(days={days})), or take {key} out"
            )
            raise ConfigError(key, problem)

    def refuse_longer_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse a ``REMEMBER_COOKIE_DURATION`` that is longer, if there is one."""
        key = "REMEMBER_COOKIE_DURATION"
        if key in settings:
            self.refuse_to_remember(key, remember_duration(settings))

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
            Full: the person is in as often as they may be. The others are in still,
                unless one of them was closed meanwhile, and its place taken.

        """
        if self.at_most is None or self.when_full == "end_oldest":
            return _taken(before, store), self._added(row, store)
        # It may be refused, and what is taken off is never put back: somebody may have
        # closed it meanwhile. So they go last, and their places count as free.
        own = [each for each in before if _counts_with(each, row)]
        gone = self._added(row, store, own)
        try:
            left = _taken(own, store)
            if len(left) < len(own):  # nor is a place free twice
                store.remove(row.handle)
                gone += self._added(row, store)
        except (StoreBusy, StoreDown):
            with suppress(StoreBusy, StoreDown):
                store.remove(row.handle)
            raise
        return left + _taken([each for each in before if each not in own], store), gone

    def _added(
        self, row: SignIn, store: Store, own: Sequence[SignIn] = ()
    ) -> list[SignIn]:
        """Put a row into the store; give those that had to go for it."""
        at_most = self.at_most
        if at_most is None or self.when_full == "end_oldest":
            return store.add(row, at_most=at_most, make_room=True)
        gone: list[SignIn] = []
        while True:
            try:
                return gone + store.add(row, at_most=at_most + len(own))
            except Full as full:
                handles = {each.handle for each in own}
                others = [each for each in full.signins if each.handle not in handles]
                gone += _taken(self._named(others, at_most), store)

    def _named(self, others: Sequence[SignIn], at_most: int) -> list[SignIn]:
        """Ask the application who is to go; nobody goes before all are named."""
        left, ask = {each.handle: each for each in others}, self.when_full
        named: list[SignIn] = []
        while len(left) >= at_most:
            handle = ask([*left.values()]) if callable(ask) else None
            if handle is not None and not isinstance(handle, str):
                raise _gave_no_handle(handle)
            if handle not in left:
                raise Full(others)
            named.append(left.pop(handle))
        return named

    def seen(self, row: SignIn, now: datetime) -> SignIn:
        """Give a row as it is after use: its session ends later, and never too late."""
        ends = row.ends
        if self.idle is not None:
            ends = min(now + self.idle + self.touch_every, ends)
        seen = replace(row, seen_at=now, session_ends=ends)
        if now - row.opened_at < ORIGIN_KEPT:
            return seen
        return replace(seen, network="", agent="")


def _gave_no_handle(given: object) -> ConfigError:
    kind = type(given).__name__
    problem = f"gave a {kind}; it should give the handle of one of these, or None"
    return ConfigError("Register(when_full=…)", problem)


def _counts_with(before: SignIn, row: SignIn) -> bool:
    if before.is_over(row.opened_at):
        return False
    return (before.realm, before.user_id) == (row.realm, row.user_id)


def _taken(rows: Sequence[SignIn], store: Store) -> list[SignIn]:
    taken = [store.remove(each.handle) for each in rows]
    return [each for each in taken if each is not None]


def _refuse_a_bad_limit(name: str, limit: object) -> None:
    key = f"Register({name}=…)"
    if not isinstance(limit, timedelta):
        raise ConfigError(key, f"is {limit!r}; it should be a timedelta")
    if limit <= timedelta(0):
        raise ConfigError(key, f"is {limit}; it should be longer than nothing")
