"""Do those who are in notice it when a million who are not are taken off the register?

A process of its own sweeps what has ended, in batches and without a pause, as
``flask signet sweep`` does. This process meanwhile looks up those who are in, one after
the other. It does so before, when nothing else goes on, and again afterwards: how far
these two differ is the noise. Each thousand look-ups have a 99th percentile, and these
are compared.

After each five hundred look-ups somebody signs in. A SQLite file has one writer at a
time: this one may have to wait, or be refused.

On PostgreSQL three processes or four want a core each. With two cores, what is seen
there is the system dividing them.
"""

import json
import multiprocessing
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection

from sqlalchemy import URL, MetaData, create_engine, make_url

from _applications import BROWSER
from _interleave import Spread, describe_surroundings, print_surroundings, verdict
from _rows import digests, store_with
from _servers import postgres
from flask_signet.signins import Digest, Register, StoreBusy
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from registered import folder

BUDGET = 2.0

ENDED, PRESENT, LOOK_UPS = 1_000_000, 10_000, 50_000

BATCH = 1000
"""As many at once as ``flask signet sweep`` takes."""

WINDOW = 1000
"""Look-ups with a percentile of their own."""

LEAST = 2 * WINDOW

SIGN_IN_AFTER = 500
"""Look-ups; so the one after it, which finds more to read, is not yet the 99th."""

PATIENCE = 900
"""Seconds that a sweep may take."""


def main() -> None:
    arguments = read_command_line()
    surroundings = describe_surroundings("SQLAlchemy")
    with folder() as path, postgres() as url:
        file = make_url(f"sqlite:///{path}/register.sqlite")
        lines = [
            *lines_of("SQLite", file, arguments),
            *lines_of("PostgreSQL", url, arguments),
        ]
    if arguments.json:
        found = [asdict(line) for line in lines]
        print(json.dumps({**surroundings, "lines": found}, indent=2))
        return
    print(__doc__)
    print_surroundings(surroundings)
    print(f"{arguments.ended:,} have ended, {arguments.present:,} are in\n")
    print_table(lines)


def read_command_line() -> Namespace:
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ended", type=int, default=ENDED)
    parser.add_argument("--present", type=int, default=PRESENT)
    parser.add_argument("--lookups", type=int, default=LOOK_UPS, help="at least 2000")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--json", action="store_true", help="print JSON, no table")
    arguments = parser.parse_args()
    if arguments.lookups < LEAST or min(arguments.ended, arguments.present) < 1:
        parser.error(f"{LEAST} look-ups among one row of each kind are the least")
    return arguments


def lines_of(where: str, url: URL, arguments: Namespace) -> "list[Line]":
    """Fill a register, watch it, and compare."""
    rows = arguments.ended + arguments.present
    who = digests(range(arguments.ended, rows), arguments.present)
    engine = create_engine(url)
    try:
        store = store_with(engine, rows, ended=arguments.ended)
        watch(store, who, lambda done: done < len(who))  # warm
        idle, again = (Seen(f"{where}, {name}") for name in ("idle", "idle again"))
        busy = Seen(f"{where}, while they go")
        watch(store, who, lambda done: done < arguments.lookups, idle)
        with sweeping(url, arguments) as goes_on:
            watch(store, who, lambda done: goes_on() or done < LEAST, busy)
        watch(store, who, lambda done: done < arguments.lookups, again)
    finally:
        engine.dispose()
    return compare(idle, again, busy)


# --- To watch.


@dataclass(frozen=True, slots=True)
class Seen:
    """How long each took, in microseconds."""

    label: str = ""
    lookups: list[float] = field(default_factory=list)
    signins: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def percentiles(self) -> list[float]:
        """Give the 99th of each whole window."""
        ends = range(WINDOW, len(self.lookups) + 1, WINDOW)
        return [_p99(self.lookups[end - WINDOW : end]) for end in ends]


def watch(
    store: SQLAlchemyStore,
    who: Sequence[Digest],
    goes_on: Callable[[int], bool],
    seen: Seen | None = None,
) -> None:
    """Look people up in turn, as long as it goes on after so many."""
    seen, register, done = seen or Seen(), Register(store), 0
    while goes_on(done):
        start = time.perf_counter_ns()
        found = store.get(who[done % len(who)])
        seen.lookups.append(_since(start))
        if found is None:
            raise SystemExit(f"{seen.label}: somebody was put out who was in")
        done += 1
        if done % SIGN_IN_AFTER == 0:
            _sign_in(register, seen)


def _sign_in(register: Register, seen: Seen) -> None:
    start, times = time.perf_counter_ns(), seen.signins
    try:
        register.open("somebody new", agent=BROWSER)
    except StoreBusy:
        times = seen.refused
    times.append(_since(start))


def _since(start: int) -> float:
    return (time.perf_counter_ns() - start) / 1000


# --- To sweep.


@contextmanager
def sweeping(url: URL, arguments: Namespace) -> Iterator[Callable[[], bool]]:
    """Have another process sweep, and give who says whether it still does."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    named = url.render_as_string(hide_password=False)
    asked = (named, arguments.batch, there)
    sweeper = spawn.Process(target=sweep, args=asked, daemon=True)
    sweeper.start()
    there.close()  # so that its end is heard, however it comes
    try:
        here.recv()  # it begins
        until = time.monotonic() + PATIENCE
        yield lambda: not here.poll() and time.monotonic() < until
        if not here.poll() or here.recv() != arguments.ended:
            raise SystemExit("The sweep took too long, or not all of them")
    except EOFError:
        raise SystemExit("The sweep has failed") from None
    finally:
        sweeper.kill()
        sweeper.join()


def sweep(url: str, batch: int, said: Connection) -> None:
    """Take off all that has ended; say when it begins, and how many went."""
    engine = create_engine(url)
    register = Register(SQLAlchemyStore(engine=engine, metadata=MetaData()))
    said.send("begins")
    swept = 0
    while gone := _swept(register, batch):
        swept += gone
    said.send(swept)
    engine.dispose()


def _swept(register: Register, batch: int) -> int:
    while True:
        try:
            return register.sweep(limit=batch)
        except StoreBusy:  # somebody signs in
            continue


# --- What the times say.


@dataclass(frozen=True, slots=True)
class Line:
    """What was seen of a register, for as long as nothing changed."""

    label: str
    lookups: int
    median: float
    """Of look-ups, in microseconds, as all that follows."""

    p99: float
    most: float
    ratio: Spread | None
    """Of the 99th percentiles, to that of the idle register."""

    budget: float | None
    verdict: str | None
    signins: int
    refused: int
    longest: float
    """Of sign-ins, be they refused or not."""


def compare(idle: Seen, again: Seen, busy: Seen) -> list[Line]:
    usual = statistics.median(idle.percentiles())

    def ratio(seen: Seen) -> Spread:
        return Spread.of([each / usual for each in seen.percentiles()])

    noise, found = ratio(again), ratio(busy)
    said = verdict(found.median, BUDGET, noise)
    return [
        _line(idle),
        _line(again, noise),
        _line(busy, found, budget=BUDGET, said=said),
    ]


def _line(
    seen: Seen,
    ratio: Spread | None = None,
    *,
    budget: float | None = None,
    said: str | None = None,
) -> Line:
    return Line(
        label=seen.label,
        lookups=len(seen.lookups),
        median=statistics.median(seen.lookups),
        p99=statistics.median(seen.percentiles()),
        most=max(seen.lookups),
        ratio=ratio,
        budget=budget,
        verdict=said,
        signins=len(seen.signins),
        refused=len(seen.refused),
        longest=max([*seen.signins, *seen.refused], default=0.0),
    )


def _p99(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[-1]


def print_table(lines: Sequence[Line]) -> None:
    width = max(len(line.label) for line in lines)
    print(
        f"{'':{width}}  look-ups      µs  99th pct.    most"
        "    ratio   5th to 95th pct.   least to most   sign-ins, refused, longest"
    )
    for line in lines:
        print(
            f"{line.label:{width}}  {line.lookups:8}  {line.median:6.1f}"
            f"     {line.p99:6.1f}  {line.most:6.0f}   {line.ratio or ''!s:44}"
            f"   {line.signins:6} {line.refused:4} {line.longest / 1000:6.1f} ms"
        )
    print()
    for line in lines:
        if line.verdict and line.ratio:
            print(
                f"{line.label}: {line.ratio.median:.3f},"
                f" budget {line.budget:.2f}: {line.verdict}"
            )


if __name__ == "__main__":
    main()
