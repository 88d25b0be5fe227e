"""The register: opened, found, listed, closed, named, swept.

What a request's end notes is in ``noted``, new secrets are in ``renewed``, and how long
and how often somebody may be in is in ``limits``.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Self

from flask_signet.errors import ConfigError

from .device import device_of, readable
from .events import Event, Kind
from .limits import LABEL_LENGTH, ORIGIN_KEPT, TRIES, Limits, WhenFull
from .offers import people_of
from .record import Clock, SignIn, utc_now
from .renewed import Renewed
from .shelter import Shelter, WhenDown
from .steps import Step
from .store import Store
from .tokens import Digest, Token

AT_A_TIME = 1000
"""How many people a store is asked for at once."""


class Register(Renewed):
    """Who is in, on which device, since when.

    Args:
        store: where it is kept.
        lifetime: how long a sign-in lasts after a proof, however busy.
        idle: how long it may rest; None for as long as it lasts.
        remember: how long the remember value opens it, if that is longer.
        at_most: how many a person may have at once; None for any number.
        when_full: what happens if there are too many.
        when_down: what holds while the store is down: nobody is signed in, or for so
            long those are who were found by this process.
        trust_for: for how long a row that was found is not asked for again; so long a
            sign-in that was closed by another process lives on in this one.
        device: gives a device's name by its user agent.
        clock: the server's time, aware.
        tell: called with each event.

    Raises:
        ConfigError: a limit is not longer than nothing, or cannot be meant.

    """

    realm = ""

    def __init__(  # noqa: PLR0913 (each is a limit, and has a name)
        self,
        store: Store,
        *,
        lifetime: timedelta = timedelta(days=30),
        idle: timedelta | None = timedelta(days=7),
        remember: timedelta = timedelta(days=30),
        at_most: int | None = None,
        when_full: WhenFull = "end_oldest",
        when_down: WhenDown = "closed",
        trust_for: timedelta = timedelta(0),
        device: Callable[[str], str] = device_of,
        clock: Clock = utc_now,
        tell: Callable[[Event], object] | None = None,
    ) -> None:
        _refuse_what_is_no_store(store)
        functions: dict[str, object] = {"device": device, "clock": clock, "tell": tell}
        for key, given in functions.items():
            if given is not None and not callable(given):
                problem = f"is {given!r}; it should be a function"
                raise ConfigError(f"Register({key}=…)", problem)
        now: object = clock()
        if getattr(now, "tzinfo", None) is None:
            problem = f"gives {now!r}; it should be aware, as datetime.now(UTC) is"
            raise ConfigError("Register(clock=…)", problem)
        self.limits = Limits(
            lifetime=lifetime,
            idle=idle,
            remember=remember,
            at_most=at_most,
            when_full=when_full,
        )
        self.store = store
        self.shelf: Store = Shelter(store, when_down=when_down, trust_for=trust_for)
        self.device = device
        self.clock = clock
        self.tell = tell
        if getattr(store, "clock", store) is None:
            store.clock = clock  # type: ignore[attr-defined]  # the one in memory

    def for_realm(self, name: str) -> Self:
        """Give the same register for the people of another manager."""
        other = copy(self)
        other.realm = name
        return other

    def unsheltered(self) -> Self:
        """Give the same register, which asks its store even if it was down just now."""
        other = copy(self)
        other.shelf = self.store
        return other

    # --- In.

    def open(  # noqa: PLR0913 (what is known of somebody who comes in)
        self,
        user_id: str,
        *,
        account_key: str | None = None,
        methods: Sequence[str] = (),
        remember: bool = False,
        duration: timedelta | None = None,
        is_fresh: bool = True,
        at: datetime | None = None,
        instead_of: Sequence[SignIn] = (),
        network: str = "",
        agent: str = "",
        **more: Any,
    ) -> tuple[Token, SignIn]:
        """Sign a person in on a device.

        Args:
            user_id: whose.
            account_key: whose account, if ids may be given again.
            methods: how they proved who they are, in AMR names (RFC 8176).
            remember: whether a remember value is to open it again.
            duration: for how long; by default ``Register(remember=…)``.
            is_fresh: whether they have proved it just now.
            at: when they came in, if that was before.
            instead_of: what this browser had; it is ended.
            network: from where.
            agent: with what.
            more: what else the row says, as a ``label`` or a ``stamp``.

        Raises:
            Full: the person is in as often as they may be.
            StoreBusy: it cannot be written now.
            StoreDown: the store cannot be asked.

        """
        now = self.clock()
        came = at or now
        self._end_those_of_another(user_id, account_key)
        token = Token.new(remember=remember)
        row = SignIn.opened(
            token,
            came,
            user_id=user_id,
            realm=self.realm,
            account_key=account_key,
            methods=methods,
            is_fresh=is_fresh,
            ends=came + self.limits.lasts(remember=remember, duration=duration),
            network=readable(network),
            agent=readable(agent),
            **{"label": readable(self.device(agent)), **more},
        )
        row = self.limits.seen(row, now)
        left, evicted = self.limits.swapped(instead_of, row, self.shelf)
        for each in left:
            self.say(Kind.CLOSED, each, "login")
        for each in evicted:
            self.say(Kind.EVICTED, each)
        self.say(Kind.OPENED, row)
        return token, row

    def _end_those_of_another(self, user_id: str, account_key: str | None) -> None:
        """End what the account has left that had this id before."""
        if account_key is None:
            return  # nothing tells them apart
        for row in self.shelf.of_user(user_id, realm=self.realm):
            if row.account_key != account_key:
                self.end(row, "account")

    # --- Who is there.

    def find(self, token: Token) -> SignIn | None:
        """Find the sign-in that a session token opens; None if it opens none."""
        row = self.by_digest(token.digest)
        return None if row is None or self.now(row) >= row.session_ends else row

    def by_digest(self, digest: Digest) -> SignIn | None:
        """Find the row of a session token of which only the digest is at hand."""
        row = self.shelf.get(digest)
        return None if row is None or row.realm != self.realm else row

    def by_handle(self, handle: str) -> SignIn | None:
        """Find a row by its public name, be it over or not."""
        given: object = handle
        row = self.shelf.by_handle(handle) if isinstance(given, str) else None
        return None if row is None or row.realm != self.realm else row

    def recall(
        self, handle: str, generation: int, digest: Digest
    ) -> tuple[SignIn | None, Step]:
        """Find the sign-in that a remember value opens, and say what is to be done."""
        row = self.by_handle(handle)
        if row is None or self.now(row) >= row.ends:
            return row, Step.REFUSE
        return row, row.step_for(generation, digest)

    def of_user(self, user_id: str) -> list[SignIn]:
        """Give a person's sign-ins that are not over, those seen last first."""
        rows = self.shelf.of_user(user_id, realm=self.realm)
        return [row for row in rows if not row.is_over(self.now(row))]

    # --- Out.

    def close(self, handle: str, *, user_id: str, reason: str = "closed") -> bool:
        """End one of a person's sign-ins; say whether it was theirs, and there."""
        row = self.by_handle(handle)
        if row is None or row.user_id != user_id:
            return False
        return self.end(row, reason)

    def close_all(
        self, user_id: str, *, keep: str | None = None, reason: str = "closed"
    ) -> int:
        """End all of a person's sign-ins, but for the one of a handle; say how many."""
        gone = self.shelf.remove_all(user_id, realm=self.realm, keep=keep)
        for row in gone:
            self.say(Kind.CLOSED, row, reason)
        return len(gone)

    def end(self, row: SignIn, reason: str, kind: Kind = Kind.CLOSED) -> bool:
        """End a sign-in; say whether it was still there."""
        gone = self.shelf.remove(row.handle)
        if gone is None:
            return False
        self.say(kind, gone, reason)
        return True

    def people(self, *, limit: int) -> list[str]:
        """Give the ids of so many at most who have sign-ins.

        Raises:
            ConfigError: the store does not say whose sign-ins it has.
            StoreDown: the store cannot be asked.

        """
        ids = people_of(self.store, self.realm, limit)
        if ids is None:
            problem = "does not say whose sign-ins it has; it needs people(realm, …)"
            raise ConfigError(type(self.store).__name__, problem)
        return ids

    def everybody(self) -> Iterator[str]:
        """Give who has sign-ins, until nobody has: for who closes them one by one."""
        before: list[str] = []
        while (ids := self.people(limit=AT_A_TIME)) and ids != before:
            yield from ids
            before = ids

    def rename(self, handle: str, label: str, *, user_id: str) -> bool:
        """Call a device something else; say whether it was that person's, and there.

        What is no text changes nothing.
        """
        given: object = label
        if not isinstance(given, str):
            return False
        name = readable(label)[:LABEL_LENGTH]
        for _ in range(TRIES):
            row = self.by_handle(handle)
            if row is None or row.user_id != user_id:
                return False
            if self.shelf.swap(row, replace(row, label=name)):
                return True
        return False

    def sweep(self, *, limit: int = 1000) -> int:
        """Take off at most so many that have ended; say how many went."""
        return self.shelf.sweep(self.clock(), limit=limit)

    def forget_origins(self, *, limit: int = 1000) -> int:
        """Take address and browser off so many rows at most that are 90 days old."""
        return self.shelf.forget_origins(self.clock() - ORIGIN_KEPT, limit=limit)


def _refuse_what_is_no_store(given: object) -> None:
    if isinstance(given, str):
        what, mend = "a text", "Register(RedisStore(url))"
    elif isinstance(given, type):
        what, mend = f"the class {given.__name__}", f"Register({given.__name__}(…))"
    elif not callable(getattr(given, "swap", None)):
        what, mend = f"a {type(given).__name__}", "Register(SQLAlchemyStore(db))"
    else:
        return
    raise ConfigError("Register(store)", f"is {what}; say {mend}, for example")
