"""The measure that the benchmarks of requests share.

Applications are called as a server calls them, through WSGI, in this one process. Their
requests are interleaved one by one, in an order that is shuffled anew for each round:
what the machine does meanwhile hits all alike, and no application always runs after the
same other one. Rounds make a block, and each block gives one ratio: the median of an
application's times in it over that of the bare one it is compared with. Printed are the
median of the ratios and their spread. A second copy of the bare application runs along:
how far its ratios stray from 1 is the noise, and a ratio counts only outside of that.

The garbage collector is off within a block and runs between two, and what was made
before the first is kept out of it; for all applications alike.
"""

import argparse
import gc
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask

Environ = dict[str, Any]

SEED = 20260101
"""Any number will do: the orders are the same ones in each run."""

PACKAGES = ("Flask", "Werkzeug", "Flask-Login", "Flask-Signet")

BUSY = 0.5
"""Load for each core, above which a line says that the machine is not quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """An application, and who visits it."""

    label: str
    app: Flask
    environs: Sequence[Environ]
    """One for each visitor; they come in turn."""

    against: str | None = None
    """The label of the bare application it is compared with; None for such a one."""

    is_noise: bool = False
    """Whether this is the second copy of what it is compared with."""

    budget: float | None = None
    remark: str = ""

    def answer(self, environ: Environ) -> object:
        answer = self.app.wsgi_app(environ, _start_response)
        try:
            return b"".join(answer)
        finally:
            answer.close()  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Spread:
    """The ratios of all blocks: the middle one, and how far they stray."""

    median: float
    low: float
    """The 5th percentile."""

    high: float
    """The 95th percentile."""

    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        low, *_, high = statistics.quantiles(values, n=20, method="inclusive")
        return cls(statistics.median(values), low, high, min(values), max(values))

    def __str__(self) -> str:
        return (
            f"{self.median:6.3f}   {self.low:.3f} to {self.high:.3f}"
            f"   {self.least:.3f} to {self.most:.3f}"
        )


@dataclass(frozen=True, slots=True)
class Line:
    """What was found of one contender."""

    label: str
    microseconds: float
    against: str | None
    ratio: Spread | None
    differs: bool
    """Whether the ratio is outside the noise."""

    budget: float | None
    verdict: str | None
    remark: str


def run(
    question: str,
    contenders: Sequence[Contender],
    *,
    explanation: str,
    peers: Sequence[str] = (),
    arguments: argparse.Namespace | None = None,
) -> None:
    """Measure as the command line says, and print what was found.

    Args:
        question: in one line.
        contenders: one of them against which there is noise.
        explanation: what is measured, and what is not.
        peers: further packages whose versions matter.
        arguments: the command line, where it was read before.

    """
    arguments = arguments or read_command_line(question)
    surroundings = describe_surroundings(*peers)
    times = measure(contenders, blocks=arguments.blocks, requests=arguments.requests)
    lines = compare(contenders, times)
    if arguments.json:
        found = {
            "question": question,
            **surroundings,
            "blocks": arguments.blocks,
            "requests": arguments.requests,
            "lines": [asdict(line) for line in lines],
        }
        print(json.dumps(found, indent=2))
    else:
        print(f"{question}\n\n{explanation.strip()}\n")
        print_surroundings(surroundings)
        print(
            f"{arguments.blocks} blocks of {arguments.requests} requests to each"
            " application, interleaved one by one\n"
        )
        _print_table(lines)


def measure(
    contenders: Sequence[Contender], *, blocks: int, requests: int
) -> list[list[float]]:
    """Let the contenders answer, one by one.

    Returns:
        For each contender its time in each block, in microseconds a request.

    """
    shuffle = random.Random(SEED).shuffle
    for each in contenders:
        for environ in each.environs:  # warm, each visitor once
            each.answer(environ.copy())
    times: list[list[float]] = [[] for _ in contenders]
    order = [*range(len(contenders))]
    with _quiet_memory() as tidy:
        for block in range(blocks):
            spent: list[list[int]] = [[] for _ in contenders]
            for turn in range(requests):
                shuffle(order)
                _take_turns(contenders, order, block * requests + turn, spent)
            for place, nanoseconds in enumerate(spent):
                times[place].append(statistics.median(nanoseconds) / 1000)
            tidy()
    return times


def _take_turns(
    contenders: Sequence[Contender],
    order: Sequence[int],
    number: int,
    spent: Sequence[list[int]],
) -> None:
    for place in order:
        spent[place].append(_time_of(contenders[place], number))


def _time_of(contender: Contender, number: int) -> int:
    environ = contender.environs[number % len(contender.environs)].copy()
    start = time.perf_counter_ns()
    contender.answer(environ)
    return time.perf_counter_ns() - start


def _start_response(*_: object) -> Callable[[bytes], None]:
    return _write


def _write(_: bytes) -> None: ...


@contextmanager
def _quiet_memory() -> Iterator[Callable[[], object]]:
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield gc.collect
    finally:
        gc.enable()
        gc.unfreeze()


# --- What the times say.


def compare(
    contenders: Sequence[Contender], times: Sequence[Sequence[float]]
) -> list[Line]:
    """Set each contender's blocks against those of its bare application."""
    of = dict(zip((each.label for each in contenders), times, strict=True))
    ratios = {
        each.label: Spread.of(
            [
                mine / bare
                for mine, bare in zip(of[each.label], of[each.against], strict=True)
            ]
        )
        for each in contenders
        if each.against is not None
    }
    noise = next(ratios[each.label] for each in contenders if each.is_noise)
    return [
        Line(
            label=each.label,
            microseconds=statistics.median(of[each.label]),
            against=each.against,
            ratio=(ratio := ratios.get(each.label)),
            differs=ratio is not None and differs(ratio.median, noise),
            budget=each.budget,
            verdict=None
            if ratio is None or each.budget is None
            else verdict(ratio.median, each.budget, noise),
            remark=each.remark,
        )
        for each in contenders
    ]


def differs(ratio: float, noise: Spread) -> bool:
    """Tell whether a ratio is outside what bare Flask against itself gives."""
    return not noise.low <= ratio <= noise.high


def verdict(ratio: float, budget: float, noise: Spread) -> str:
    """Say whether a budget was kept.

    Returns:
        ``within the noise`` if it was missed by no more than bare Flask's own spread.

    """
    if ratio <= budget:
        return "met"
    return "not met" if ratio / budget > noise.high else "within the noise"


# --- Where it was measured.


def describe_surroundings(*peers: str) -> dict[str, Any]:
    """Name the machine, how busy it is, and the versions of what is measured."""
    return {
        "machine": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "load": [round(each, 2) for each in os.getloadavg()],
        "versions": {"Python": platform.python_version()}
        | {package: version(package) for package in (*PACKAGES, *peers)},
    }


def print_surroundings(surroundings: dict[str, Any]) -> None:
    load, cores = surroundings["load"], surroundings["cores"]
    versions = surroundings["versions"]
    print(f"{surroundings['machine']}, {cores} cores, {surroundings['system']}")
    print(", ".join(f"{name} {number}" for name, number in versions.items()))
    print(f"Load before the start: {', '.join(map(str, load))}", end="")
    print(" (not quiet: measure again)" if load[0] > BUSY * cores else "")


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text().splitlines():
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return model.strip()
    return platform.processor() or platform.machine()


def read_command_line(
    question: str, *, blocks: int = 200, requests: int = 100, **sizes: int
) -> argparse.Namespace:
    """Read how much is to be measured.

    Args:
        question: in one line.
        blocks: how many, if nothing else is asked for.
        requests: of each application in a block; the same.
        sizes: what else may be set, as ``rows``, and what it is by itself.

    """
    parser = argparse.ArgumentParser(description=question)
    parser.add_argument("--blocks", type=int, default=blocks, help="at least 2")
    parser.add_argument(
        "--requests", type=int, help="of each application in a block", default=requests
    )
    parser.add_argument("--json", action="store_true", help="print JSON, no table")
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size, help=f"or {size}")
    arguments = parser.parse_args()
    if arguments.blocks < 2 or arguments.requests < 1:
        parser.error("two blocks of one request are the least")
    return arguments


def _print_table(lines: Sequence[Line]) -> None:
    width = max(len(line.label) for line in lines)
    print(
        f"{'':{width}}      µs    ratio   5th to 95th pct.   least to most     against"
    )
    for line in lines:
        start = f"{line.label:{width}}  {line.microseconds:6.1f}"
        ratio = f"   {line.ratio}   {line.against}" if line.ratio else ""
        print(f"{start}{ratio}{f'   ({line.remark})' if line.remark else ''}")
    print()
    for line in lines:
        if line.verdict and line.ratio:
            same = "" if line.differs else "; no difference that counts"
            print(
                f"{line.label}: {line.ratio.median:.3f},"
                f" budget {line.budget:.2f}: {line.verdict}{same}"
            )
    sys.stdout.flush()
