"""The store's tables and what is in them, for who looks after it; no request asks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from flask_signet.signins.offers import Counts
from flask_signet.signins.times import microseconds, moment_at

from . import faults
from .statements import CLOCK
from .table import NAME

SCHEMA = 1
"""The version of the tables that this code wants."""

_SCHEMA_NAME = "signet_schema"


class Upkeep:
    """What the commands and ``doctor`` ask of the store."""

    schema = SCHEMA
    metadata: MetaData
    table: Table
    _engine: Callable[[], Engine]

    def create_all(self) -> None:
        """Make the tables, if they are not there, and no others; note their version."""
        with self._connection() as connection:
            tables = [self.table, self._schema_table]
            self.metadata.create_all(connection, tables=tables)
            if self._noted(connection) is None:
                noted = {"name": NAME, "version": SCHEMA}
                connection.execute(insert(self._schema_table).values(noted))

    def schema_version(self) -> int | None:
        """Give the version noted; None without the table, 0 if none is noted."""
        with self._connection() as connection:
            names = inspect(connection).get_table_names(self.table.schema)
            if self.table.name not in names:
                return None
            if _SCHEMA_NAME not in names:
                return 0
            return self._noted(connection) or 0

    def upgrade_schema(self) -> None:
        """Bring the tables to the present version: there is but one, so it is noted."""
        self.create_all()
        with self._connection() as connection:
            change = update(self._schema_table).values(version=SCHEMA)
            connection.execute(change.where(self._schema_table.c.name == NAME))

    def count(self, now: datetime) -> Counts:
        """Count what there is, whosever it is."""
        columns = self.table.c
        people = select(columns.realm, columns.user_id).distinct().subquery()
        over = columns.ends <= microseconds(now)
        with self._connection() as connection:
            return Counts(
                signins=connection.scalar(select(func.count()).select_from(self.table)),
                ended=connection.scalar(
                    select(func.count()).select_from(self.table).where(over)
                ),
                people=connection.scalar(select(func.count()).select_from(people)),
            )

    def clock_now(self) -> datetime:
        """Ask what time it is by the database's clock; aware, in UTC."""
        with self._connection() as connection:
            clock = f"SELECT {CLOCK[connection.dialect.name]}"
            now: int = connection.exec_driver_sql(clock).scalar_one()
            return moment_at(now)

    def _noted(self, connection: Connection) -> int | None:
        version = self._schema_table.c.version
        found = select(version).where(self._schema_table.c.name == NAME)
        noted: int | None = connection.scalar(found)
        return noted

    @property
    def _schema_table(self) -> Table:
        return schema_table_in(self.metadata)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine().begin() as connection:
                yield connection
        except PoolTimeoutError as error:
            raise faults.down(error) from error
        except DBAPIError as error:
            cause = error.orig if isinstance(error.orig, Exception) else error
            raise faults.meaning(cause) or faults.down(cause) from error


def schema_table_in(metadata: MetaData) -> Table:
    """Give the table of versions in an application's metadata; made there once."""
    return Table(
        _SCHEMA_NAME,
        metadata,
        Column("name", String(64), primary_key=True),
        Column("version", Integer, nullable=False),
        keep_existing=True,
    )
