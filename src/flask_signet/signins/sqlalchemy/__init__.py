"""The register in the application's SQL database: SQLite, PostgreSQL, MariaDB, MySQL.

It stands on SQLAlchemy alone, and knows Flask-SQLAlchemy by what it looks like.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Engine, MetaData, Table

from flask_signet.errors import ConfigError
from flask_signet.signins.record import SignIn
from flask_signet.signins.store import StoreBusy
from flask_signet.signins.times import microseconds
from flask_signet.signins.tokens import Digest

from .desk import KEY, Desk, new_desk
from .table import signin_of, table_in, values_of
from .upkeep import Upkeep, schema_table_in


class SQLAlchemyStore(Upkeep):
    """A shelf in a table, ``signet_signins``, of the application's database.

    The table is in the application's metadata: ``db.create_all()`` makes it, and
    migrations see it.

    The store has connections of its own, beside the application's, and commits at once
    what it does: what was closed stays closed if a view rolls back. There are two
    exceptions, both of SQLite:

    - In memory (``sqlite://``) there is one connection for all. What the application
      has not committed is left as it is, and what the store does in the meantime is
      committed with it, or rolled back.
    - In a file only one connection writes at a time. While the application has
      uncommitted changes, the store raises ``StoreBusy`` after a quarter of a second.
      So that who reads never waits, the file is put into WAL mode, for good.

    Args:
        db: what Flask-SQLAlchemy or Flask-SQLAlchemy-Lite calls ``db``.
        engine: in place of it, an engine.
        metadata: of the application's models; not asked for where ``db`` has it.

    Raises:
        ConfigError: one of them is missing.

    """

    def __init__(
        self,
        db: Any = None,
        *,
        engine: Engine | None = None,
        metadata: MetaData | None = None,
    ) -> None:
        if (db is None) == (engine is None):
            problem = "is asked for, or else an engine: SQLAlchemyStore(engine=…)"
            raise ConfigError("SQLAlchemyStore(db)", problem)
        given: object = engine
        if given is not None and not isinstance(given, Engine):
            problem = f"is a {type(given).__name__}; say create_engine(…)"
            raise ConfigError("SQLAlchemyStore(engine=…)", problem)
        is_db = hasattr(type(db), "engine") and not isinstance(db, Engine)
        if db is not None and not is_db:
            problem = f"is a {type(db).__name__}; there is"
            problem += " SQLAlchemyStore(engine=…, metadata=…), for what is no db"
            raise ConfigError("SQLAlchemyStore(db)", problem)
        if metadata is None:
            metadata = getattr(db, "metadata", None)
        if metadata is None:
            problem = "is missing; give that of your models: metadata=Base.metadata"
            raise ConfigError("SQLAlchemyStore(metadata=…)", problem)
        self.metadata = metadata
        self.table: Table = table_in(metadata)
        schema_table_in(metadata)
        # Not asked for now: Flask-SQLAlchemy has one for each application. An engine
        # has itself under that name.
        self._engine: Callable[[], Engine] = lambda: cast("Any", engine or db).engine

    def add(
        self, row: SignIn, *, at_most: int | None = None, make_room: bool = False
    ) -> list[SignIn]:
        desk = self._desk()
        values = values_of(row)
        if at_most is None:
            desk.connections.ask(desk.say.add, values)
            return []
        lock = {"person": _number_of(row.realm, row.user_id)}
        with desk.connections.together(desk.say.one_at_a_time, lock) as ask:
            gone = desk.room_for(row, ask, at_most, make_room=make_room)
            ask(desk.say.add, values)
        return gone

    def get(self, digest: Digest) -> SignIn | None:
        desk = self._desk()
        rows, _ = desk.connections.ask(
            desk.say.get, {"by_digest": digest}, is_read=True
        )
        return signin_of(rows[0]) if rows else None

    def by_handle(self, handle: str) -> SignIn | None:
        desk = self._desk()
        found = desk.read(desk.say.by_handle, of_handle=handle)
        return found[0] if found else None

    def touch(self, handle: str, seen_at: datetime, session_ends: datetime) -> None:
        desk = self._desk()
        values = {
            "of_handle": handle,
            "seen": microseconds(seen_at),
            "rests_at": microseconds(session_ends),
        }
        with suppress(StoreBusy):
            desk.connections.ask(desk.say.touch, values)

    def swap(self, before: SignIn, after: SignIn) -> bool:
        desk = self._desk()
        values = values_of(after)
        values["version"] = before.version + 1
        values["of_handle"] = before.handle
        values["of_version"] = before.version
        _, count = desk.connections.ask(desk.say.swap, values)
        return count == 1

    def remove(self, handle: str) -> SignIn | None:
        desk = self._desk()
        taken = desk.take(desk.say.remove, desk.say.held, of_handle=handle)
        return taken[0] if taken else None

    def remove_all(
        self, user_id: str, *, realm: str = "", keep: str | None = None
    ) -> list[SignIn]:
        desk = self._desk()
        person = {"of_realm": realm, "of_user": user_id, "keep": keep or ""}
        return desk.take(desk.say.remove_all, desk.say.all_held, **person)

    def of_user(self, user_id: str, *, realm: str = "") -> list[SignIn]:
        desk = self._desk()
        return desk.read(desk.say.of_user, of_realm=realm, of_user=user_id)

    def sweep(self, now: datetime, *, limit: int) -> int:
        desk = self._desk()
        values = {"at": microseconds(now), "at_most": limit}
        _, count = desk.connections.ask(desk.say.sweep, values)
        return count

    def forget_origins(self, before: datetime, *, limit: int) -> int:
        desk = self._desk()
        # Two steps: no index has when they were opened, and a file is not to be locked
        # as long as all of it is read.
        values = {"at": microseconds(before), "at_most": limit}
        rows, _ = desk.connections.ask(desk.say.known_origins, values, is_read=True)
        for (handle,) in rows:
            desk.connections.ask(desk.say.forget_origin, {"of_handle": handle})
        return len(rows)

    def people(self, realm: str, *, limit: int) -> list[str]:
        """Give the ids of so many at most who have sign-ins in a realm."""
        desk = self._desk()
        values = {"of_realm": realm, "at_most": limit}
        rows, _ = desk.connections.ask(desk.say.people, values, is_read=True)
        return [user_id for (user_id,) in rows]

    def _desk(self) -> Desk:
        """Give what asks the engine at hand; made when it is first asked for."""
        engine = self._engine()
        try:
            desk: Desk = vars(engine)[KEY][self.table]
        except KeyError:
            return new_desk(engine, self.table)
        return desk if desk.process == os.getpid() else new_desk(engine, self.table)


def _number_of(realm: str, user_id: str) -> int:
    """Give a person's number, of 64 bits; a lock can have no other name."""
    name = repr((realm, user_id)).encode()
    return int.from_bytes(sha256(name).digest()[:8], signed=True)
