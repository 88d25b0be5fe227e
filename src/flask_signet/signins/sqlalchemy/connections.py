"""How the store reaches the database: by connections of its own, or by the only one.

Who closes a sign-in must not see it come back because a view rolls back. So the store
never works in the application's transaction, where it can have another.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from threading import RLock
from typing import Any, Protocol

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import (
    ConnectionPoolEntry,
    Pool,
    PoolProxiedConnection,
    SingletonThreadPool,
    StaticPool,
)

from flask_signet.errors import SignetError
from flask_signet.signins.store import StoreBusy

from . import faults
from .statements import COMMIT, ROLLBACK, Bracket, Statement
from .table import MYSQL

BUSY_MS = 250
"""So long the store waits for a lock in a SQLite file, in milliseconds."""

Answer = tuple[list[Sequence[Any]], int]
"""The rows, and how many there were to change."""

Ask = Callable[[Statement, Mapping[str, Any]], Answer]


class Connections(Protocol):
    """What the store asks by. Each question is committed when it is answered."""

    def ask(
        self, statement: Statement, values: Mapping[str, Any], *, is_read: bool = False
    ) -> Answer:
        """Ask one thing.

        Raises:
            StoreBusy: it cannot be written now.
            StoreDown: the database cannot be asked.
            ConfigError: the table is not there.

        """
        ...

    def together(
        self, bracket: Bracket, values: Mapping[str, Any]
    ) -> AbstractContextManager[Ask]:
        """Ask several things that are done all, or not at all. Raises the same."""
        ...

    def dispose(self) -> None: ...


class OwnConnections:
    """Connections beside the application's, made as those are.

    They have a pool of their own, as large as the application's. With one for both, as
    many requests as there are connections could each hold one, and wait for one more.
    """

    def __init__(self, engine: Engine) -> None:
        self._dialect = engine.dialect
        self._errors = engine.dialect.loaded_dbapi.Error
        self._is_in_bytes = engine.dialect.name in MYSQL
        self._pool = engine.pool.recreate()
        self._process = os.getpid()
        event.listen(self._pool, "connect", self._prepare)
        with self._connection(is_read=True):
            pass  # the first one asks the server what it is

    def ask(
        self, statement: Statement, values: Mapping[str, Any], *, is_read: bool = False
    ) -> Answer:
        try:
            return self._ask(statement, values, is_read=is_read)
        except faults.ConnectionLost:
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
        with self._connection(is_read=is_read) as connection:
            return self._answer(connection.cursor(), statement, values)

    @contextmanager
    def _connection(self, *, is_read: bool = False) -> Iterator[PoolProxiedConnection]:
        pool = self._pool
        connection = self._connect(pool)
        try:
            yield connection
        except self._errors as error:
            is_lost = self._dialect.is_disconnect(error, connection, None)
            if is_lost:
                connection.invalidate(error)
                self._renew(pool)
                raise faults.down(error, faults.ConnectionLost) from error
            if (told := faults.meaning(error, is_read=is_read)) is None:
                raise
            raise told from error
        except SignetError:
            raise
        except BaseException:
            connection.invalidate()  # who knows where it was interrupted
            raise
        finally:
            connection.close()

    def _connect(self, pool: Pool) -> PoolProxiedConnection:
        try:
            return pool.connect()
        except (self._errors, PoolTimeoutError) as error:
            raise faults.down(error) from error

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
        except self._errors:
            entry.invalidate(soft=True)  # the next connection tries again
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        cursor.close()

    def _renew(self, pool: Pool) -> None:
        if pool is self._pool:  # else somebody else was quicker
            self._pool = pool.recreate()
        pool.dispose()

    def _answer(
        self, cursor: DBAPICursor, statement: Statement, values: Mapping[str, Any]
    ) -> Answer:
        if not self._is_in_bytes:
            return _answer(cursor, statement, values)
        values = {name: _to_bytes(value) for name, value in values.items()}
        rows, count = _answer(cursor, statement, values)
        return [[_from_bytes(value) for value in row] for row in rows], count


class SharedConnection:
    """The application's only connection: of ``sqlite://``, there is no second one.

    What the application has not committed stays as it is, neither committed nor rolled
    back. Nothing is given back to the pool, for that would roll it back. What is asked
    then is committed with it, or rolled back.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._errors = engine.dialect.loaded_dbapi.Error
        self._lock = RLock()

    def ask(
        self, statement: Statement, values: Mapping[str, Any], *, is_read: bool = False
    ) -> Answer:
        with self._connection(is_read=is_read) as connection:
            if connection.in_transaction:  # a statement is done or not by itself
                return _answer(connection.cursor(), statement, values)
            try:
                answer = _answer(connection.cursor(), statement, values)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
            return answer

    @contextmanager
    def together(self, bracket: Bracket, values: Mapping[str, Any]) -> Iterator[Ask]:
        del bracket, values  # nobody else is here
        with self._connection() as connection:
            is_within = connection.in_transaction
            cursor = connection.cursor()
            cursor.execute("SAVEPOINT signet" if is_within else "BEGIN IMMEDIATE")
            try:
                yield partial(_answer, cursor)
            except BaseException:
                cursor.execute("ROLLBACK TO signet" if is_within else ROLLBACK)
                raise
            finally:
                if connection.in_transaction:
                    cursor.execute("RELEASE signet" if is_within else COMMIT)

    def dispose(self) -> None:
        """Leave it to the engine."""

    @contextmanager
    def _connection(self, *, is_read: bool = False) -> Iterator[Any]:
        with self._lock:
            try:
                with self._only_connection() as connection:
                    yield connection
            except self._errors as error:
                if (told := faults.meaning(error, is_read=is_read)) is None:
                    raise
                raise told from error

    @contextmanager
    def _only_connection(self) -> Iterator[Any]:
        pool = self._engine.pool
        if isinstance(pool, StaticPool) and pool.connection.dbapi_connection:
            yield pool.connection.dbapi_connection
        else:
            # Here each thread has one. If it is out already it is not given back.
            with closing(pool.connect()) as connection:
                yield connection.dbapi_connection


def connections_of(engine: Engine) -> Connections:
    is_single = isinstance(engine.pool, SingletonThreadPool | StaticPool)
    if engine.dialect.name == "sqlite" and is_single:
        return SharedConnection(engine)
    return OwnConnections(engine)


def _answer(
    cursor: DBAPICursor, statement: Statement, values: Mapping[str, Any]
) -> Answer:
    cursor.execute(statement.text, statement.parameters(values))
    rows = cursor.fetchall() if cursor.description else []
    return [*rows], cursor.rowcount


def _refuse_no(answer: Answer) -> None:
    """MySQL says 0, and raises nothing, if somebody else has kept the lock."""
    rows, _ = answer
    if rows and rows[0][0] == 0:
        raise StoreBusy(faults.BUSY)


def _to_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _from_bytes(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
