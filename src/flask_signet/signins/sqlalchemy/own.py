"""Connections beside the application's: of a pool, or of a SQLite file.

Who closes a sign-in must not see it come back because a view rolls back. So the store
never works in the application's transaction, where it can have another.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from weakref import WeakSet, finalize

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from flask_signet.errors import SignetError
from flask_signet.signins.store import ConnectionLost, StoreBusy

from . import faults
from .connections import Answer, Ask, answer_in_bytes, answer_of
from .statements import COMMIT, ROLLBACK, Bracket, Statement
from .table import MYSQL

BUSY_MS = 250
"""So long the store waits for a lock in a SQLite file, in milliseconds."""

CACHE_KIB = 32 * 1024
"""So much of a SQLite file a connection keeps at most, in KiB; by itself 2 MB, and
among a million rows each look-up would read a few pages anew. It could read the file as
memory (``mmap_size``): but then, if somebody copies a backup over it or the disk fails,
the system ends the whole process."""


class OwnConnections:
    """Connections beside the application's, made as those are.

    They have a pool of their own, as large as the application's. With one for both, as
    many requests as there are connections could each hold one, and wait for one more.
    """

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._errors = engine.dialect.loaded_dbapi.Error
        is_in_bytes = engine.dialect.name in MYSQL
        self._answer = answer_in_bytes if is_in_bytes else answer_of
        self._pool = engine.pool.recreate()
        self._process = os.getpid()
        self._is_in_wal = False
        event.listen(self._pool, "connect", self._prepare)
        with self._connection():
            pass  # the first one asks the server what it is

    def ask(
        self, statement: Statement, values: Mapping[str, Any], *, is_read: bool = False
    ) -> Answer:
        try:
            return self._ask(statement, values, is_read=is_read)
        except ConnectionLost:
            if not is_read:  # what was to be written may have been
                raise
        return self._ask(statement, values, is_read=is_read)

    @contextmanager
    def together(self, bracket: Bracket, values: Mapping[str, Any]) -> Iterator[Ask]:
        with self._connection() as connection:
            cursor = connection.cursor()
            ask = partial(self._answer, cursor)
            try:
                for each in bracket.before:
                    _refuse_no(ask(each, values))
                yield ask
                cursor.execute(COMMIT)
            except BaseException:
                with suppress(self._errors):
                    cursor.execute(ROLLBACK)
                raise
            finally:
                for each in bracket.after:
                    ask(each, values)

    def dispose(self) -> None:
        """Close those not in use, as the engine does; more are made when needed."""
        if self._process == os.getpid():  # else they are the parent's
            self._renew(self._pool)

    def _ask(
        self, statement: Statement, values: Mapping[str, Any], *, is_read: bool
    ) -> Answer:
        # As in _connection, without its calls: this is done on every request.
        pool = self._pool
        connection = self._take(pool)
        try:
            answer = self._answer(connection.cursor(), statement, values)
        except BaseException as error:
            self._fail(pool, connection, error, is_read=is_read)
            raise
        self._give_back(pool, connection)
        return answer

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        pool = self._pool
        connection = self._take(pool)
        try:
            yield connection
        except BaseException as error:
            self._fail(pool, connection, error)
            raise
        self._give_back(pool, connection)

    def _fail(
        self,
        pool: Pool,
        connection: Any,
        error: BaseException,
        *,
        is_read: bool = False,
    ) -> None:
        """Give a connection back, or up; raise what the driver's error means."""
        if isinstance(error, SignetError):
            self._give_back(pool, connection)
        elif not isinstance(error, self._errors):
            self._give_up(connection)  # who knows where it was interrupted
        elif self._dialect.is_disconnect(error, connection, None):
            self._give_up(connection)
            self._renew(pool)
            raise faults.down(error, ConnectionLost) from error
        else:
            self._give_back(pool, connection)
            if (told := faults.meaning(error, is_read=is_read)) is not None:
                raise told from error

    # --- From the pool, and back.

    def _take(self, pool: Pool) -> Any:
        try:
            return pool.connect()
        except (self._errors, PoolTimeoutError) as error:
            raise faults.down(error) from error

    def _give_back(self, pool: Pool, connection: Any) -> None:
        del pool  # it knows where it came from
        connection.close()

    def _give_up(self, connection: Any) -> None:
        connection.invalidate()
        connection.close()

    def _renew(self, pool: Pool) -> None:
        if pool is self._pool:  # else somebody else was quicker
            self._pool = pool.recreate()
        pool.dispose()

    # --- Made ready.

    def _prepare(self, connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        """Have each statement committed at once; nothing is said twice then."""
        self._dialect.set_isolation_level(connection, "AUTOCOMMIT")
        if self._dialect.name == "sqlite":
            self._prepare_file(connection, entry)

    def _prepare_file(self, connection: Any, entry: ConnectionPoolEntry) -> None:
        if getattr(connection, "autocommit", True) is False:
            connection.autocommit = True  # Python 3.12 and up, if asked not to
        cursor = connection.cursor()
        # Not waited for: the application may hold a lock as long as this request lasts.
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            self._is_in_wal = True
        except self._errors:
            entry.invalidate(soft=True)  # the next connection tries again
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.close()


class FileConnections(OwnConnections):
    """The same for a SQLite file, without a pool between it and who asks.

    There are as many as threads have asked at once, and no more to gain by a limit. A
    pool's events would take as long as the look-up itself.
    """

    def __init__(self, engine: Engine) -> None:
        # The driver's own: a pool's would lead back here, and never be let go.
        self._free: list[Any] = []
        super().__init__(engine)
        finalize(self, _close_all, self._free, self._process)
        _of_this_process.add(self)

    def _take(self, pool: Pool) -> Any:
        try:
            return self._free.pop()
        except IndexError:
            return self._new(pool)

    def _new(self, pool: Pool) -> Any:
        connection = super()._take(pool)
        own = connection.dbapi_connection
        connection.detach()  # the pool forgets it
        return own

    def _give_back(self, pool: Pool, connection: Any) -> None:
        if not self._is_in_wal:
            connection.close()
            return
        self._free.append(connection)
        if pool is not self._pool:  # disposed of meanwhile
            _close_all(self._free, self._process)

    def _give_up(self, connection: Any) -> None:
        connection.close()

    def _renew(self, pool: Pool) -> None:
        super()._renew(pool)
        _close_all(self._free, self._process)


_of_this_process: "WeakSet[FileConnections]" = WeakSet()


def _close_what_is_free() -> None:
    """Have a fork find no file open.

    SQLite knows by process which locks it has. A child that inherits an open file takes
    none of its own, and two that write at once destroy it (sqlite.org/howtocorrupt).
    """
    for each in [*_of_this_process]:
        each.dispose()


with suppress(AttributeError):  # Windows has no fork
    os.register_at_fork(before=_close_what_is_free)


def _close_all(connections: list[Any], process: int) -> None:
    if process != os.getpid():
        return  # they are the parent's
    with suppress(IndexError):  # until none is left; another thread may close some
        while True:
            connections.pop().close()


def _refuse_no(answer: Answer) -> None:
    """MySQL says 0, and raises nothing, if somebody else has kept the lock."""
    rows, _ = answer
    if rows and rows[0][0] == 0:
        raise StoreBusy(faults.BUSY)
