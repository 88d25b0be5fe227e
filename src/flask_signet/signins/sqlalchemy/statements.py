"""What is said to the database: a dozen sentences, put into its dialect once.

No ORM and no Core stand between a verb and the driver: both cost more than SQLite takes
for its answer, and this is asked on every request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple, Self, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    Table,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from .table import MYSQL, NAME

CLOCK = {
    # To the millisecond; a float of days since 4714 BC is no finer.
    "sqlite": (
        "(CAST(round(julianday('now') * 86400000.0) AS INTEGER) - 210866760000000)"
        " * 1000"
    ),
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
    **dict.fromkeys(
        MYSQL,
        "TIMESTAMPDIFF(MICROSECOND, TIMESTAMP '1970-01-01 00:00:00', UTC_TIMESTAMP(6))",
    ),
}
"""The database's time in microseconds since 1970, UTC, whatever its time zone."""

BEGIN = {
    # A second writer is told to wait here, and not half-way.
    "sqlite": "BEGIN IMMEDIATE",
    # Under the lock, each statement is to see what was committed before it.
    "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED",
    **dict.fromkeys(MYSQL, "BEGIN"),
}
COMMIT = "COMMIT"
ROLLBACK = "ROLLBACK"

LOCK_SECONDS = 5
"""So long a sign-in waits for another of the same person, on MySQL and MariaDB."""


class Statement(NamedTuple):
    """A text for the driver, and how the values for its places are picked."""

    text: str
    parameters: Callable[[Mapping[str, Any]], Any]

    @classmethod
    def of(cls, text: str, names: Sequence[str] | None) -> Self:
        """Make one; of places with names, or whose names have but an order."""
        if names is None:
            return cls(text, dict)
        if len(names) > 1:
            return cls(text, itemgetter(*names))
        return cls(text, lambda values: [values[name] for name in names])


class Bracket(NamedTuple):
    """What is said before several statements that are one, and after their end."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """All of a store's, in one dialect.

    What takes a row off hands it over in the same breath (``RETURNING``). MySQL cannot:
    there ``held`` and ``all_held`` read, in one transaction with them, what ``remove``
    and ``remove_all`` take; elsewhere they are None.
    """

    get: Statement
    by_handle: Statement
    of_user: Statement
    present: Statement
    add: Statement
    touch: Statement
    swap: Statement
    remove: Statement
    remove_all: Statement
    sweep: Statement
    known_origins: Statement
    """Handles of those of whom it is known where they came from."""

    forget_origin: Statement
    people: Statement
    held: Statement | None
    all_held: Statement | None
    together: Bracket
    one_at_a_time: Bracket
    """The same, and no two for one ``person`` come between each other."""


def statements_for(table: Table, dialect: Dialect) -> Statements:
    """Put all of them into the dialect of a server that has been asked what it is."""

    def put(clause: ClauseElement) -> Statement:
        compiled = cast("SQLCompiler", clause.compile(dialect=dialect))
        names = compiled.positiontup
        return Statement.of(compiled.string, names)

    c = table.c
    rows = select(*c, literal_column(CLOCK[dialect.name]))
    one = c.handle == bindparam("of_handle")
    persons = (c.realm == bindparam("of_realm")) & (c.user_id == bindparam("of_user"))
    own = rows.where(persons).order_by(c.seen_at.desc())
    others = persons & (c.handle != bindparam("keep"))
    hands_over = dialect.delete_returning
    taken = c if hands_over else ()
    before, after = _one_at_a_time(dialect)
    return Statements(
        get=put(rows.where(_is_opened_by(table, bindparam("by_digest")))),
        by_handle=put(rows.where(one)),
        of_user=put(own),
        present=put(own.where(_is_not_over(table))),
        add=put(insert(table)),
        touch=put(_touch(table)),
        swap=put(update(table).where(one, c.version == bindparam("of_version"))),
        remove=put(delete(table).where(one).returning(*taken)),
        remove_all=put(delete(table).where(others).returning(*taken)),
        sweep=put(_sweep(table, dialect)),
        known_origins=put(_known_origins(table)),
        forget_origin=put(_forget_origin(table)),
        people=put(_people(table)),
        held=None if hands_over else put(rows.where(one).with_for_update()),
        all_held=None if hands_over else put(rows.where(others).with_for_update()),
        together=Bracket((put(text(BEGIN[dialect.name])),)),
        one_at_a_time=Bracket(
            tuple(put(text(each)) for each in before),
            tuple(put(text(each)) for each in after),
        ),
    )


def _one_at_a_time(dialect: Dialect) -> tuple[list[str], list[str]]:
    begin = BEGIN[dialect.name]
    if dialect.name == "sqlite":  # one writer at a time, whoever it is for
        return [begin], []
    if dialect.name == "postgresql":  # it ends with the transaction
        return [begin, "SELECT pg_advisory_xact_lock(CAST(:person AS BIGINT))"], []
    # Taken before, and given back when what was done has been committed.
    name = f"CONCAT('{NAME} ', :person)"
    lock = f"SELECT GET_LOCK({name}, {LOCK_SECONDS})"
    return [lock, begin], [f"SELECT RELEASE_LOCK({name})"]


def _is_opened_by(table: Table, digest: BindParameter[Any]) -> ColumnElement[bool]:
    return (table.c.digest == digest) | (table.c.pending_digest == digest)


def _is_not_over(table: Table) -> ColumnElement[bool]:
    """Say in SQL what ``SignIn.is_over`` says."""
    now = bindparam("at", type_=BigInteger)
    is_remembered = table.c.remember_digest.is_not(None)
    return (table.c.ends > now) & ((table.c.session_ends > now) | is_remembered)


def _touch(table: Table) -> ClauseElement:
    c = table.c
    seen = bindparam("seen", type_=BigInteger)
    ends = bindparam("rests_at", type_=BigInteger)
    later = case((c.session_ends < ends, ends), else_=c.session_ends)
    is_late = (c.handle == bindparam("of_handle")) & (c.seen_at < seen)
    noted = {"seen_at": seen, "session_ends": later, "version": _next_version(table)}
    return update(table).where(is_late).values(noted)


def _next_version(table: Table) -> ColumnElement[int]:
    return table.c.version + literal_column("1")


def _at_most(found: Select[Any]) -> Select[Any]:
    # With no offset SQLAlchemy has SQLite ask for one.
    return found.limit(bindparam("at_most", type_=Integer)).offset(literal_column("0"))


def _people(table: Table) -> ClauseElement:
    ids = select(table.c.user_id).where(table.c.realm == bindparam("of_realm"))
    return _at_most(ids.distinct())


def _forget_origin(table: Table) -> ClauseElement:
    nothing: ColumnElement[str] = literal_column("''")
    known = {"network": nothing, "agent": nothing, "version": _next_version(table)}
    return update(table).where(table.c.handle == bindparam("of_handle")).values(known)


def _known_origins(table: Table) -> ClauseElement:
    c = table.c
    nothing: ColumnElement[str] = literal_column("''")
    is_old = c.opened_at <= bindparam("at", type_=BigInteger)
    is_known = (c.network != nothing) | (c.agent != nothing)
    return _at_most(select(c.handle).where(is_old, is_known))


def _sweep(table: Table, dialect: Dialect) -> ClauseElement:
    c = table.c
    is_ended = c.ends <= bindparam("at", type_=BigInteger)
    ended = _at_most(select(c.handle).where(is_ended).order_by(c.ends))
    if dialect.name == "postgresql":
        # As an array it is asked for once; as a table a plan may ask again, and each
        # time get others. Two sweepers do not wait for each other.
        once = func.array(ended.with_for_update(skip_locked=True).scalar_subquery())
        return delete(table).where(c.handle == any_(once))
    # MySQL takes LIMIT one table further in only.
    return delete(table).where(c.handle.in_(select(ended.subquery().c.handle)))
