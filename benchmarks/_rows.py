"""Registers with many rows, put in past the store: as its verbs would, but in bulk.

A row's digest is that of its number, so that who is looked up need not be kept. Digests
lie as those of real tokens do: anywhere. The rows of one person lie apart.
"""

import random
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import click
from sqlalchemy import Engine, MetaData

from _applications import BROWSER
from _interleave import SEED
from flask_signet.signins import Digest, Register
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.record import HANDLE_BYTES, HANDLE_MARK, utc_now
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.signins.sqlalchemy.table import NAME, values_of
from flask_signet.signins.times import microseconds
from flask_signet.signins.tokens import digest_of

BATCH = 20_000
"""Rows that are put in between two steps of the progress bar."""

EACH = 3
"""Sign-ins of a person: on a telephone, on a laptop, and where they forgot it."""

BUSY, OF_BUSY = "somebody busy", 30
"""One person has more."""

FILLING_KIB = 1_000_000
"""Memory for the index that grows while a SQLite file is filled."""

AGO = timedelta(days=1)
"""So long ago have those ended that have."""


def store_with(engine: Engine, rows: int, *, ended: int = 0) -> SQLAlchemyStore:
    """Make a register with so many rows, of which the first have ended."""
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    indexes = store.table.indexes
    with engine.begin() as connection:
        for index in indexes:  # to be made at the end, at once, which is quicker
            index.drop(connection)
    with closing(engine.raw_connection()) as raw:
        _put_in(raw.driver_connection, engine.dialect.name, rows, ended)
    with engine.begin() as connection:
        for index in indexes:
            index.create(connection)
    if engine.dialect.name == "postgresql":  # which it does by itself, later
        at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        with at_once.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return store


def digests(numbers: Sequence[int], count: int) -> list[Digest]:
    """Give the digests of some of the rows, taken at random."""
    chosen = random.Random(SEED).sample(numbers, min(count, len(numbers)))
    return [digest_of(str(number)) for number in chosen]


def people(rows: int, count: int) -> list[str]:
    """Give the ids of some who have ``EACH`` sign-ins, taken at random."""
    some = range(1, max(rows // EACH, 2))
    return [
        str(each) for each in random.Random(SEED).sample(some, min(count, len(some)))
    ]


def _put_in(connection: Any, dialect: str, rows: int, ended: int) -> None:
    put = _by_copy if dialect == "postgresql" else _by_insert
    if dialect == "sqlite":
        connection.execute(f"PRAGMA cache_size = -{FILLING_KIB}")
    label = f"{rows:,} rows in {dialect}"
    with click.progressbar(length=rows, label=label, file=sys.stderr) as bar:
        for first in range(0, rows, BATCH):
            numbers = range(first, min(first + BATCH, rows))
            put(connection, [*_rows(numbers, rows, ended)])
            bar.update(len(numbers))
    connection.commit()


def _by_insert(connection: Any, rows: list[dict[str, Any]]) -> None:
    places = ", ".join("?" * len(rows[0]))
    said = f"INSERT INTO {NAME} ({', '.join(rows[0])}) VALUES ({places})"
    connection.executemany(said, [[*row.values()] for row in rows])


def _by_copy(connection: Any, rows: list[dict[str, Any]]) -> None:
    said = f"COPY {NAME} ({', '.join(rows[0])}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(said) as copy:
        for row in rows:
            copy.write_row([*row.values()])


def _rows(numbers: range, of: int, ended: int) -> Iterator[dict[str, Any]]:
    _, row = Register(MemoryStore()).open("", network="192.0.2.0", agent=BROWSER)
    alive, over = values_of(row), microseconds(utc_now() - AGO)
    people = max(of // EACH, 1)
    of_busy = max(of // OF_BUSY, 1)
    for number in numbers:
        yield {
            **alive,
            **({"ends": over, "session_ends": over} if number < ended else {}),
            "handle": HANDLE_MARK + secrets.token_urlsafe(HANDLE_BYTES),
            "digest": digest_of(str(number)),
            "user_id": f"{number % people}" if number % of_busy else BUSY,
        }
