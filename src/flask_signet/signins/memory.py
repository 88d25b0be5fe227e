"""The register in the memory of one process: for tests, and for one worker.

It is gone when the process ends, and each worker has one of its own.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from threading import RLock

from .offers import Counts
from .record import Clock, SignIn, utc_now
from .store import Full
from .tokens import Digest


class MemoryStore:
    """A shelf in memory.

    Args:
        clock: by which pending pairs are young or old; by default the register's.

    """

    def __init__(self, *, clock: Clock | None = None) -> None:
        self.clock = clock
        self._lock = RLock()
        self._rows: dict[str, SignIn] = {}
        self._handles: dict[Digest, str] = {}
        self._people: dict[tuple[str, str], set[str]] = {}

    def add(
        self, row: SignIn, *, at_most: int | None = None, make_room: bool = False
    ) -> list[SignIn]:
        with self._lock:
            gone = [] if at_most is None else self._room(row, at_most, make_room)
            for each in gone:
                self.remove(each.handle)
            self._put(row)
            return gone

    def _room(self, row: SignIn, at_most: int, make_room: bool) -> list[SignIn]:  # noqa: FBT001 (as given)
        present = [
            each
            for each in self._of(row.user_id, row.realm)
            if not each.is_over(row.opened_at)
        ]
        too_many = len(present) + 1 - at_most
        if too_many <= 0:
            return []
        if not make_room:
            raise Full(present)
        return sorted(present, key=lambda each: each.opened_at)[:too_many]

    def get(self, digest: Digest) -> SignIn | None:
        with self._lock:
            handle = self._handles.get(digest)
            return None if handle is None else self.by_handle(handle)

    def by_handle(self, handle: str) -> SignIn | None:
        with self._lock:
            row = self._rows.get(handle)
        return None if row is None else self._read(row)

    def touch(self, handle: str, seen_at: datetime, session_ends: datetime) -> None:
        with self._lock:
            row = self._rows.get(handle)
            if row is not None and seen_at > row.seen_at:
                ends = max(session_ends, row.session_ends)
                self._rows[handle] = replace(
                    row, seen_at=seen_at, session_ends=ends, version=row.version + 1
                )

    def swap(self, before: SignIn, after: SignIn) -> bool:
        with self._lock:
            present = self._rows.get(before.handle)
            if present is None or present.version != before.version:
                return False
            self._take(present)
            self._put(replace(after, version=before.version + 1))
            return True

    def remove(self, handle: str) -> SignIn | None:
        with self._lock:
            row = self._rows.get(handle)
            return None if row is None else self._take(row)

    def remove_all(
        self, user_id: str, *, realm: str = "", keep: str | None = None
    ) -> list[SignIn]:
        with self._lock:
            return [
                self._take(each)
                for each in self._of(user_id, realm)
                if each.handle != keep
            ]

    def of_user(self, user_id: str, *, realm: str = "") -> list[SignIn]:
        return [self._read(each) for each in self._of(user_id, realm)]

    def sweep(self, now: datetime, *, limit: int) -> int:
        with self._lock:
            over = [each for each in self._rows.values() if each.ends <= now][:limit]
            for each in over:
                self._take(each)
            return len(over)

    def forget_origins(self, before: datetime, *, limit: int) -> int:
        with self._lock:
            known = [each for each in self._rows.values() if each.network or each.agent]
            old = [each for each in known if each.opened_at <= before][:limit]
            for row in old:
                bare = replace(row, network="", agent="", version=row.version + 1)
                self._rows[row.handle] = bare
            return len(old)

    def count(self, now: datetime) -> Counts:
        with self._lock:
            ended = sum(each.ends <= now for each in self._rows.values())
            return Counts(len(self._rows), ended, len(self._people))

    def people(self, realm: str, *, limit: int) -> list[str]:
        """Give the ids of so many at most who have sign-ins in a realm."""
        with self._lock:
            ids = (user_id for where, user_id in self._people if where == realm)
            return [*islice(ids, limit)]

    def _of(self, user_id: str, realm: str) -> list[SignIn]:
        with self._lock:
            handles = self._people.get((realm, user_id), ())
            found = [self._rows[handle] for handle in handles]
        return sorted(found, key=lambda each: each.seen_at, reverse=True)

    def _read(self, row: SignIn) -> SignIn:
        return SignIn.of(vars(row) | {"read_at": (self.clock or utc_now)()})

    def _put(self, row: SignIn) -> None:
        self._rows[row.handle] = replace(row, read_at=None)
        self._handles.update(dict.fromkeys(_digests(row), row.handle))
        self._people.setdefault((row.realm, row.user_id), set()).add(row.handle)

    def _take(self, row: SignIn) -> SignIn:
        for digest in _digests(row):
            del self._handles[digest]
        person = (row.realm, row.user_id)
        self._people[person].discard(row.handle)
        if not self._people[person]:
            del self._people[person]
        return self._rows.pop(row.handle)


def _digests(row: SignIn) -> Iterator[Digest]:
    for digest in (row.digest, row.pending_digest):
        if digest is not None:
            yield digest
