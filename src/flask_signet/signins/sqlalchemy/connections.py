"""How the store asks the database, whichever connections it has for it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy.engine.interfaces import DBAPICursor

from .statements import Bracket, Statement

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


def answer_of(
    cursor: DBAPICursor, statement: Statement, values: Mapping[str, Any]
) -> Answer:
    cursor.execute(statement.text, statement.parameters(values))
    rows = cursor.fetchall() if cursor.description else []
    return [*rows], cursor.rowcount


def answer_in_bytes(
    cursor: DBAPICursor, statement: Statement, values: Mapping[str, Any]
) -> Answer:
    """Ask a database whose texts are kept as bytes."""
    values = {name: _to_bytes(value) for name, value in values.items()}
    rows, count = answer_of(cursor, statement, values)
    return [[_from_bytes(value) for value in row] for row in rows], count


def _to_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def _from_bytes(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
