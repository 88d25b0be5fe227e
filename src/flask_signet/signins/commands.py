"""The register from the command line: shown, closed, swept; and its tables made.

Where a register is, is not known here: the commands are given functions that find it.
What is raised on purpose goes through: ``flask signet`` says it in a sentence.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial, wraps
from typing import Any, Final, NamedTuple, NoReturn

import click

from flask_signet.columns import in_columns

from . import shown
from .offers import Tabled, counted, tabled
from .record import SignIn
from .register import Register

BATCH: Final = 1000
"""How many a sweep takes off at a time: a lock that nobody notices."""


class Desk(NamedTuple):
    """What a command works on."""

    register: Register
    keep_out: Callable[[str], object]
    """Told whose sign-ins are to be closed, before they are."""


def commands(
    register_of: Callable[[str], Register],
    *,
    keep_out: Callable[[str, str], object],
    inside: Callable[[Any], Any],
) -> dict[str, click.Command]:
    """Give the commands, by name.

    Args:
        register_of: gives the register of a manager's name; where there is none it
            raises a ``SignetError``.
        keep_out: is told a manager's name and a person's id before sign-ins of theirs
            are closed.
        inside: wraps what is to run with the application at hand, as
            ``flask.cli.with_appcontext`` does.

    """

    def desk_of(name: str) -> Desk:
        # The store itself is asked: what a shelter keeps and logs is for requests.
        return Desk(register_of(name).unsheltered(), partial(keep_out, name))

    made = {"signins": signins, "init-db": init_db, "upgrade-db": upgrade_db}
    for name, command in made.items():
        made[name] = bound = copy(command)
        bound.context_settings = {"obj": desk_of}
        bound.callback = inside(command.callback)
    return made


def _at_a_desk(command: Callable[..., object]) -> Callable[..., object]:
    """Give a command the desk of the manager that is named."""

    @click.option(
        "--manager",
        default="",
        metavar="NAME",
        help="Whose people it is about; by default, the plain manager's.",
    )
    @click.pass_obj
    @wraps(command)
    def at_a_desk(
        desk_of: Callable[[str], Desk], /, manager: str, **words: Any
    ) -> None:
        command(desk_of(manager), **words)

    return at_a_desk


_AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")

_TAKES_ANY_ID: Final = {"ignore_unknown_options": True}
"""One handle of 64 begins with a dash, and is no option."""


@click.group()
def signins() -> None:
    """Who is signed in, and who no longer is."""


# --- To look at.


@signins.command("list", context_settings=_TAKES_ANY_ID)
@click.argument("user_id")
@_AS_JSON
@_at_a_desk
def list_them(desk: Desk, user_id: str, *, as_json: bool) -> None:
    """List the sign-ins of USER_ID, those seen last first."""
    register = desk.register
    rows = register.of_user(user_id)
    if as_json:
        told = [shown.told(row, register.now(row)) for row in rows]
        click.echo(json.dumps(told, indent=2))
    elif rows:
        lines = (shown.line(row, register.now(row)) for row in rows)
        click.echo(in_columns([shown.HEAD, *lines]))
    else:
        click.echo(f"{user_id!r} has no sign-ins.")


@signins.command(context_settings=_TAKES_ANY_ID)
@click.argument("handle")
@_AS_JSON
@_at_a_desk
def show(desk: Desk, handle: str, *, as_json: bool) -> None:
    """Show all that is known of a sign-in, but no secrets."""
    row = _row(desk.register, handle)
    now = desk.register.now(row)
    if as_json:
        click.echo(json.dumps(shown.told(row, now), indent=2))
    else:
        click.echo(shown.page(row, now))


@signins.command()
@_AS_JSON
@_at_a_desk
def stats(desk: Desk, *, as_json: bool) -> None:
    """Say how many sign-ins the store has, of all managers' people."""
    counts = counted(desk.register.store, desk.register.clock())
    if counts is None:
        _fail(f"{_kind(desk.register)} does not count its sign-ins.")
    if as_json:
        click.echo(json.dumps(counts._asdict(), indent=2))
    else:
        numbers = ["not counted" if each is None else f"{each:,}" for each in counts]
        click.echo(in_columns(zip(_COUNTED, numbers, strict=True)))


_COUNTED: Final = ("sign-ins", "ended, and not swept", "people")


# --- To end.


@signins.command(context_settings=_TAKES_ANY_ID)
@click.argument("handle")
@click.option("--user", metavar="ID", help="Only if it is this person's.")
@_at_a_desk
def close(desk: Desk, handle: str, *, user: str | None) -> None:
    """End one sign-in, by its handle."""
    row = _row(desk.register, handle)
    if user not in {None, row.user_id}:
        _fail(f"The sign-in {handle!r} is not one of {user!r}.")
    desk.keep_out(row.user_id)
    if not desk.register.close(handle, user_id=row.user_id):
        _fail(f"The sign-in {handle!r} has just gone.")
    click.echo(f"Closed the sign-in {handle!r} of {row.user_id!r}.")


@signins.command("close-all", context_settings=_TAKES_ANY_ID)
@click.argument("user_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_at_a_desk
def close_all(desk: Desk, user_id: str, *, yes: bool) -> None:
    """Put USER_ID out everywhere, as when a laptop is lost."""
    present = len(desk.register.of_user(user_id))
    if present and not yes:
        click.confirm(f"Close {_count(present)} of {user_id!r}?", abort=True)
    desk.keep_out(user_id)
    closed = desk.register.close_all(user_id)
    click.echo(f"Closed {_count(closed)} of {user_id!r}.")


@signins.command()
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=BATCH,
    show_default=True,
    help="How many at a time.",
)
@_at_a_desk
def sweep(desk: Desk, *, batch: int) -> None:
    """Take off the store what has ended; let it run each day."""
    batches = _batches(desk.register, batch)
    is_watched = sys.stderr.isatty()
    swept = sum(_watched(batches, desk.register) if is_watched else batches)
    click.echo(f"Swept {_count(swept)}.")


def _batches(register: Register, batch: int) -> Iterator[int]:
    while swept := register.sweep(limit=batch):
        yield swept


def _watched(batches: Iterable[int], register: Register) -> Iterator[int]:
    counts = counted(register.store, register.clock())
    length = (counts.ended if counts else None) or None
    look = "%(label)s  [%(bar)s]  %(info)s" if length else "%(label)s  %(info)s"
    with click.progressbar(
        batches, length, "Sweeping", show_pos=True, bar_template=look, file=sys.stderr
    ) as bar:
        for swept in batches:
            bar.update(swept)
            yield swept


# --- Its tables.


@click.command("init-db")
@_at_a_desk
def init_db(desk: Desk) -> None:
    """Make the register's tables, where they are not there yet."""
    store = _tabled(desk.register)
    noted = store.schema_version()
    if not noted:
        store.create_all()
        done = "Made the register's tables" if noted is None else "The tables are there"
        click.echo(f"{done}; noted that they are of version {store.schema}.")
    elif noted < store.schema:
        _fail(f"{_versions(noted, store)}: flask signet upgrade-db")
    else:
        _say_that_they_are_there(noted, store)


@click.command("upgrade-db")
@_at_a_desk
def upgrade_db(desk: Desk) -> None:
    """Bring the register's tables up to date.

    It is for those without Alembic.
    """
    store = _tabled(desk.register)
    noted = store.schema_version()
    if not noted:
        fault = "are not there" if noted is None else "have no version noted"
        _fail(f"The register's tables {fault}: flask signet init-db")
    elif noted < store.schema:
        store.upgrade_schema()
        click.echo(f"Brought the tables from version {noted} to {store.schema}.")
    else:
        _say_that_they_are_there(noted, store)


def _tabled(register: Register) -> Tabled:
    """Give the store, if it has tables; else it is said, and all is done."""
    store = tabled(register.store)
    if store is None:
        click.echo(f"{_kind(register)} has no tables: there is nothing to do.")
        click.get_current_context().exit()
    return store


def _say_that_they_are_there(noted: int, store: Tabled) -> None:
    if noted > store.schema:
        _fail(f"{_versions(noted, store)}: pip install --upgrade flask-signet")
    click.echo(f"There is nothing to do: the tables are there, of version {noted}.")


def _versions(noted: int, store: Tabled) -> str:
    return f"The tables are of version {noted}, and {store.schema} is wanted"


# --- What is asked and said by several.


def _row(register: Register, handle: str) -> SignIn:
    row = register.store.by_handle(handle)
    if row is None:
        _fail(f"There is no sign-in {handle!r}.")
    if row.realm != register.realm:
        how = f"with --manager {row.realm}" if row.realm else "without --manager"
        _fail(f"The sign-in {handle!r} is another manager's: say it {how}.")
    return row


def _kind(register: Register) -> str:
    return type(register.store).__name__


def _count(number: int) -> str:
    return f"{number:,} sign-in{'' if number == 1 else 's'}"


def _fail(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)
