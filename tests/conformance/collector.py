"""The collector: which requirements are claimed by tests that pass.

A test claims rows of ``requirements.tsv`` by their ids::

    @pytest.mark.requirement("7.2.3", "7.2.4")

At the end of a whole run it is judged, by results: a row whose issue is done and that
no passing test claims fails the run. A test that fails or is skipped claims nothing.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent

CLAIM = "requirement"
"""The marker, and what a report carries of it: from a worker to who judges, too."""


class Row(NamedTuple):
    """One requirement."""

    source: str
    id: str
    level: str
    asks_for: str
    library_must: str
    proof: str
    scope: str
    issue: str


def rows() -> list[Row]:
    with (HERE / "requirements.tsv").open(encoding="utf-8", newline="") as file:
        _, *found = csv.reader(file, delimiter="\t")
    return [Row(*each) for each in found]


def done() -> set[str]:
    lines = (HERE / "done.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def unclaimed(claimed: Iterable[str], issues: Iterable[str]) -> list[Row]:
    """Give the rows of these issues that are not claimed."""
    known, wanted = {*claimed}, {*issues}
    return [row for row in rows() if row.issue in wanted and row.id not in known]


class Collector:
    """Hears of each test's result, and judges them all at the end."""

    def __init__(self) -> None:
        self.claimed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.claimed |= {
                str(value) for name, value in report.user_properties if name == CLAIM
            }

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if is_whole(session.config) and (missing := unclaimed(self.claimed, done())):
            session.config.stash[MISSING] = missing
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        for row in terminalreporter.config.stash.get(MISSING, []):
            what = f"{row.source} {row.id} ({row.issue})"
            terminalreporter.write_line(
                f"Not claimed by a passing test: {what}", red=True
            )


MISSING = pytest.StashKey[list[Row]]()


def is_whole(config: pytest.Config) -> bool:
    """Tell whether all tests are run: no names, no marks, no part of the folders."""
    option = config.option
    is_part = option.keyword or option.markexpr or option.deselect
    is_part = is_part or getattr(option, "lf", False)
    is_all = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return is_all and not is_part and not option.collectonly


def claim(items: Iterable[pytest.Item]) -> None:
    """Write on each test what it claims.

    Raises:
        pytest.UsageError: there is no such row.

    """
    known = {row.id for row in rows()}
    for item in items:
        claims = [each for mark in item.iter_markers(CLAIM) for each in mark.args]
        for each in claims:
            if each not in known:
                raise pytest.UsageError(f"{item.nodeid} claims {each}: no such row")
            item.user_properties.append((CLAIM, each))
