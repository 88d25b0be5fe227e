"""The application's only connection, where there is no second one."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from threading import RLock
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import StaticPool

from . import faults
from .connections import Answer, Ask, answer_of
from .statements import COMMIT, ROLLBACK, Bracket, Statement


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
                return answer_of(connection.cursor(), statement, values)
            try:
                answer = answer_of(connection.cursor(), statement, values)
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
                yield partial(answer_of, cursor)
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
