"""The desk of an engine: its connections and statements, made once in each process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Engine, Table, event
from sqlalchemy.pool import QueuePool, SingletonThreadPool, StaticPool

from flask_signet.errors import ConfigError
from flask_signet.signins.record import SignIn
from flask_signet.signins.store import Full
from flask_signet.signins.times import microseconds

from .connections import Ask, Connections
from .own import FileConnections, OwnConnections
from .shared import SharedConnection
from .statements import CLOCK, Statement, Statements, statements_for
from .table import signin_of

KEY = "flask_signet"
"""An engine has what belongs to it under this name, and takes it along when it goes."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one engine is asked about one table."""

    connections: Connections
    say: Statements
    process: int
    inherited: "Desk | None"
    """A forked worker's from its parent: never used, and never closed."""

    def read(self, statement: Statement, **values: str) -> list[SignIn]:
        if not _are_texts(values):
            return []
        rows, _ = self.connections.ask(statement, values, is_read=True)
        return [signin_of(row) for row in rows]

    def take(
        self, statement: Statement, held: Statement | None, **values: str
    ) -> list[SignIn]:
        """Take off, and hand over what this caller, and nobody else, has taken."""
        if not _are_texts(values):
            return []
        if held is None:
            rows, _ = self.connections.ask(statement, values)
        else:
            with self.connections.together(self.say.together, values) as ask:
                rows, _ = ask(held, values)
                ask(statement, values)
        return [signin_of(row) for row in rows]

    def room_for(
        self, row: SignIn, ask: Ask, at_most: int, *, make_room: bool
    ) -> list[SignIn]:
        person = {
            "of_realm": row.realm,
            "of_user": row.user_id,
            "at": microseconds(row.opened_at),
        }
        rows, _ = ask(self.say.present, person)
        present = [signin_of(each) for each in rows]
        too_many = len(present) + 1 - at_most
        if too_many <= 0:
            return []
        if not make_room:
            raise Full(present)
        first = sorted(present, key=lambda each: each.opened_at)[:too_many]
        return [each for each in first if self._goes(ask, each)]

    def _goes(self, ask: Ask, row: SignIn) -> bool:
        # Somebody else may close it meanwhile, and it is handed over once.
        rows, count = ask(self.say.remove, {"of_handle": row.handle})
        return bool(rows) or count > 0


_making = Lock()


def new_desk(engine: Engine, table: Table) -> Desk:
    name = engine.dialect.name
    if name not in CLOCK:
        known = "SQLite, PostgreSQL, MariaDB and MySQL"
        raise ConfigError("SQLAlchemyStore", f"knows {known}, and not {name}")
    connections = _connections_of(engine)  # not under the lock: a server may be slow
    say = statements_for(table, engine.dialect)
    with _making:
        desks: dict[Table, Desk] = vars(engine).setdefault(KEY, {})
        before = desks.get(table)
        if before is None or before.process != os.getpid():
            _close_with(engine, connections)
            desks[table] = Desk(connections, say, os.getpid(), before)
            return desks[table]
    connections.dispose()  # somebody else was quicker
    return before


def _close_with(engine: Engine, connections: Connections) -> None:
    """Have connections closed with those of the engine."""
    was = engine._has_events  # noqa: SLF001 (there is no other way to say it)
    event.listen(engine, "engine_disposed", lambda _: connections.dispose())
    # Else SQLAlchemy would look for listeners at each statement of the application.
    engine._has_events = was  # noqa: SLF001


def _connections_of(engine: Engine) -> Connections:
    """Give what asks an engine, by its database and its pool."""
    if engine.dialect.name != "sqlite":
        return OwnConnections(engine)
    if isinstance(engine.pool, SingletonThreadPool | StaticPool):
        return SharedConnection(engine)
    if isinstance(engine.pool, QueuePool):  # each of its connections goes to any thread
        return FileConnections(engine)
    return OwnConnections(engine)


def _are_texts(values: Mapping[str, str]) -> bool:
    """Tell whether each database can be asked for them; none has kept them, else.

    A handle may come from a form, with a NUL in it, or with half of an emoji.
    """
    try:
        return not any(b"\0" in each.encode() for each in values.values())
    except UnicodeEncodeError:
        return False
