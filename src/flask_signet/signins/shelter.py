"""A store around a store: what is answered while it is down, and for how long.

It keeps the last rows that were found, by their digests. A second after the store could
not be asked it is asked again, and not before: nobody waits for it meanwhile.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Literal, NamedTuple, ParamSpec, TypeVar

from flask_signet.errors import ConfigError

from .record import SignIn
from .store import ConnectionLost, Store, StoreDown
from .tokens import Digest

log = logging.getLogger("flask_signet")

Question = ParamSpec("Question")
Answer = TypeVar("Answer")

WhenDown = Literal["closed"] | timedelta
"""What holds while the store is down: nobody is signed in, or for so long those are
whom it had found."""

PAUSE: Final = 1.0
"""Seconds until a store is asked again that could not be."""

KEPT: Final = 10_000
"""How many rows are kept at most; those that were asked for last."""


class _Found(NamedTuple):
    row: SignIn
    at: float


class Shelter:
    """A store, as the register asks it.

    Args:
        store: the real one.
        when_down: what holds while it is down.
        trust_for: for how long a row that was found is not asked for again; so long a
            sign-in that was closed elsewhere lives on here.
        timer: seconds that only go up.

    """

    def __init__(
        self,
        store: Store,
        *,
        when_down: WhenDown = "closed",
        trust_for: timedelta = timedelta(0),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        if when_down != "closed":
            _refuse_a_bad_time("when_down", when_down, "'closed' or a timedelta")
        _refuse_a_bad_time("trust_for", trust_for, "a timedelta")
        self._store = store
        self._trusted = trust_for.total_seconds()
        self._outage = 0.0 if when_down == "closed" else when_down.total_seconds()
        self._keeps = max(self._trusted, self._outage) > 0
        self._timer = timer
        self._asks_again_at = 0.0
        self._is_down = False
        self._lock = Lock()
        self._found: OrderedDict[Digest, _Found] = OrderedDict()
        self._times_told = 0

    # --- Asked.

    def get(self, digest: Digest) -> SignIn | None:
        if not self._keeps:
            return self._asked(self._store.get, digest)
        found = self._found.get(digest)
        if found is not None and self._timer() - found.at < self._trusted:
            return found.row
        told = self._times_told
        try:
            row = self._asked(self._store.get, digest)
        except StoreDown:
            if found is not None and self._timer() - found.at < self._outage:
                return found.row
            raise
        self._keep(digest, row, told)
        return row

    def by_handle(self, handle: str) -> SignIn | None:
        return self._asked(self._store.by_handle, handle)

    def of_user(self, user_id: str, *, realm: str = "") -> list[SignIn]:
        return self._asked(self._store.of_user, user_id, realm=realm)

    # --- Told. What was changed is not known here any more.

    def add(
        self, row: SignIn, *, at_most: int | None = None, make_room: bool = False
    ) -> list[SignIn]:
        gone = self._asked(self._store.add, row, at_most=at_most, make_room=make_room)
        if gone:
            handles = {row.handle for row in gone}
            self._forget(lambda row: row.handle in handles)
        return gone

    def touch(self, handle: str, seen_at: datetime, session_ends: datetime) -> None:
        try:
            self._asked(self._store.touch, handle, seen_at, session_ends)
        finally:
            self._forget(lambda row: row.handle == handle)

    def swap(self, before: SignIn, after: SignIn) -> bool:
        try:
            return self._asked(self._store.swap, before, after)
        finally:
            self._forget(lambda row: row.handle == before.handle)

    def remove(self, handle: str) -> SignIn | None:
        try:
            return self._asked(self._store.remove, handle)
        finally:
            self._forget(lambda row: row.handle == handle)

    def remove_all(
        self, user_id: str, *, realm: str = "", keep: str | None = None
    ) -> list[SignIn]:
        def is_meant(row: SignIn) -> bool:
            return (row.user_id, row.realm) == (user_id, realm) and row.handle != keep

        try:
            return self._asked(self._store.remove_all, user_id, realm=realm, keep=keep)
        finally:
            self._forget(is_meant)

    def sweep(self, now: datetime, *, limit: int) -> int:
        return self._asked(self._store.sweep, now, limit=limit)

    def forget_origins(self, before: datetime, *, limit: int) -> int:
        return self._asked(self._store.forget_origins, before, limit=limit)

    # --- How.

    def _asked(
        self,
        ask: Callable[Question, Answer],
        *args: Question.args,
        **kwargs: Question.kwargs,
    ) -> Answer:
        if self._is_down and self._timer() < self._asks_again_at:
            raise StoreDown("The store is down; it is asked again in a second.")
        try:
            answer = ask(*args, **kwargs)
        except ConnectionLost:
            raise  # the next one may be answered
        except StoreDown:
            self._asks_again_at = self._timer() + PAUSE
            if not self._is_down:
                self._is_down = True
                log.exception("The register's store is down.")
            raise
        if self._is_down:
            self._is_down = False
            log.warning("The register's store is back.")
        return answer

    def _keep(self, digest: Digest, row: SignIn | None, told: int) -> None:
        with self._lock:
            self._found.pop(digest, None)
            # What was changed while it was asked for may have been read before.
            if row is not None and told == self._times_told:
                self._found[digest] = _Found(row, self._timer())
                if len(self._found) > KEPT:
                    self._found.popitem(last=False)

    def _forget(self, is_meant: Callable[[SignIn], bool]) -> None:
        with self._lock:
            self._times_told += 1
            for digest, found in [*self._found.items()]:
                if is_meant(found.row):
                    del self._found[digest]


def _refuse_a_bad_time(name: str, given: object, wanted: str) -> None:
    if not isinstance(given, timedelta):
        problem = f"is {given!r}; it should be {wanted}"
        raise ConfigError(f"Register({name}=…)", problem)
    if given < timedelta(0):
        raise ConfigError(
            f"Register({name}=…)", f"is {given}; no time is less than none"
        )
