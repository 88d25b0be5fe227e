"""The register from the command line: shown, closed, swept; and its tables made.

Where a register is, is not known here: the commands are given functions that find it.
What is raised on purpose goes through: ``flask signet`` says it in a sentence.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from copy import copy
from functools import partial
from typing import Any, Final

import click

from flask_signet.columns import in_columns

from . import shown
from .at_a_desk import Desk, at_a_desk, fail, kind_of
from .memory import MemoryStore
from .offers import Counts, counted
from .record import SignIn
from .register import Register
from .store import StoreBusy
from .table_commands import init_db, upgrade_db

REASON: Final = "command"
"""Why a sign-in was closed, for who is told of it."""

ASKED_AGAIN: Final = 60
"""How often a busy store is asked again, for one batch."""

PAUSE: Final = 0.5
"""Seconds between two tries."""

BATCH: Final = 1000
"""How many a sweep takes off at a time: a lock that nobody notices."""


def commands(
    register_of: Callable[[str], Register],
    *,
    keep_out: Callable[[str, str | None], object],
    inside: Callable[[Any], Any],
) -> dict[str, click.Command]:
    """Give the commands, by name.

    Args:
        register_of: gives the register of a manager's name; where there is none it
            raises a ``SignetError``.
        keep_out: is told a manager's name and a person's id, None for everybody's,
            before sign-ins of theirs are closed.
        inside: wraps what is to run with the application at hand, as
            ``flask.cli.with_appcontext`` does.

    """

    def desk_of(name: str) -> Desk:
        register = register_of(name)
        if type(register.store) is MemoryStore:  # what is made of it may be elsewhere
            fail(
                "The register is in the memory of the server's process, and this is"
                " another one. Use SQLAlchemyStore or RedisStore."
            )
        # The store itself is asked: what a shelter keeps and logs is for requests.
        return Desk(register.unsheltered(), partial(keep_out, name))

    made = {"signins": signins, "init-db": init_db, "upgrade-db": upgrade_db}
    for name, command in made.items():
        made[name] = bound = copy(command)
        bound.context_settings = {"obj": desk_of}
        bound.callback = inside(command.callback)
    return made


_AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group()
def signins() -> None:
    """Who is signed in, and who no longer is."""


# --- To look at.


@signins.command("list")
@click.argument("user_id")
@_AS_JSON
@at_a_desk
def list_them(desk: Desk, user_id: str, *, as_json: bool) -> None:
    """List the sign-ins of USER_ID, the text of get_id(); those seen last first."""
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


@signins.command()
@click.argument("handle")
@_AS_JSON
@at_a_desk
def show(desk: Desk, handle: str, *, as_json: bool) -> None:
    """Show all that is known of the sign-in HANDLE, as 'list' gives it; no secrets."""
    row = _row(desk.register, handle)
    now = desk.register.now(row)
    if as_json:
        click.echo(json.dumps(shown.told(row, now), indent=2))
    else:
        click.echo(shown.page(row, now))


@signins.command()
@_AS_JSON
@at_a_desk
def stats(desk: Desk, *, as_json: bool) -> None:
    """Say how many sign-ins the store has, of all managers' people."""
    counts = counted(desk.register.store, desk.register.clock())
    if as_json:
        click.echo(json.dumps((counts or Counts())._asdict(), indent=2))
    elif counts is None:
        fail(f"{kind_of(desk.register)} does not count its sign-ins.")
    else:
        numbers = ["not counted" if each is None else f"{each:,}" for each in counts]
        click.echo(in_columns(zip(_COUNTED, numbers, strict=True)))


_COUNTED: Final = ("sign-ins", "ended, and not swept", "people")


# --- To end.


@signins.command()
@click.argument("handle")
@click.option("--user", metavar="ID", help="Only if it is this person's.")
@at_a_desk
def close(desk: Desk, handle: str, *, user: str | None) -> None:
    """End one sign-in, by its HANDLE, as 'list' gives it."""
    row = _row(desk.register, handle)
    if user not in {None, row.user_id}:
        fail(f"The sign-in {handle!r} is not one of {user!r}.")
    desk.keep_out(row.user_id)
    if not desk.register.close(handle, user_id=row.user_id, reason=REASON):
        fail(f"The sign-in {handle!r} has just gone.")
    click.echo(f"Closed the sign-in {handle!r} of {row.user_id!r}.")


@signins.command("close-all")
@click.argument("user_id", required=False)
@click.option("--everybody", is_flag=True, help="All people's, not one's.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@at_a_desk
def close_all(desk: Desk, user_id: str | None, *, everybody: bool, yes: bool) -> None:
    """Put USER_ID out everywhere, as when a laptop is lost; or everybody."""
    if everybody == (user_id is not None):
        raise click.UsageError("Say whose: USER_ID, or else --everybody.")
    if user_id is None:
        _close_everybodys(desk, yes=yes)
        return
    present = len(desk.register.of_user(user_id))
    if present and not yes:
        click.confirm(f"Close {_count(present)} of {user_id!r}?", abort=True)
    desk.keep_out(user_id)
    closed = desk.register.close_all(user_id, reason=REASON)
    click.echo(f"Closed {_count(closed)} of {user_id!r}.")


def _close_everybodys(desk: Desk, *, yes: bool) -> None:
    if not yes:
        click.confirm("Close all sign-ins of all people?", abort=True)
    desk.keep_out(None)
    people = desk.register.everybody()
    close_all_of = partial(desk.register.close_all, reason=REASON)
    closed = sum(_patiently(partial(close_all_of, each)) for each in people)
    click.echo(f"Closed {_count(closed)}, of everybody.")


@signins.command()
@click.option(
    "--batch",
    type=click.IntRange(min=1),
    default=BATCH,
    show_default=True,
    help="How many at a time.",
)
@at_a_desk
def sweep(desk: Desk, *, batch: int) -> None:
    """Take off the store what has ended; let it run each day.

    Where a sign-in came from, address and browser, is forgotten after 90 days.
    """
    batches = _batches(desk.register.sweep, batch)
    is_watched = sys.stderr.isatty()
    swept = sum(_watched(batches, desk.register) if is_watched else batches)
    click.echo(f"Swept {_count(swept)}.")
    forgotten = sum(_batches(desk.register.forget_origins, batch))
    if forgotten:
        click.echo(f"Forgot where {_count(forgotten)} came from.")


def _batches(take: Callable[..., int], batch: int) -> Iterator[int]:
    """Take batch by batch; between two, whoever signs in has as long to write."""
    while True:
        began = time.monotonic()
        taken = _patiently(partial(take, limit=batch))
        if not taken:
            return
        yield taken
        time.sleep(min(time.monotonic() - began, PAUSE))


def _patiently(take: Callable[[], int]) -> int:
    """Ask again while others write; at last it is raised."""
    for _ in range(ASKED_AGAIN):
        with suppress(StoreBusy):
            return take()
        time.sleep(PAUSE)
    return take()


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


# --- What is asked and said by several.


def _row(register: Register, handle: str) -> SignIn:
    row = register.store.by_handle(handle)
    if row is None:
        fail(f"There is no sign-in {handle!r}.")
    if row.realm != register.realm:
        how = f"with --manager {row.realm}" if row.realm else "without --manager"
        fail(f"The sign-in {handle!r} is another manager's: say it {how}.")
    return row


def _count(number: int) -> str:
    return f"{number:,} sign-in{'' if number == 1 else 's'}"
