"""The collector judges by results, and at the end of a whole run only."""

from collections.abc import Callable

import pytest

from conformance.collector import Row, done, rows, unclaimed

pytest_plugins = ["pytester"]

TESTS = """
import pytest

@pytest.mark.requirement("7.2.1")
def test_that_passes(): pass

@pytest.mark.requirement("7.2.2")
def test_that_fails(): assert {passes}

@pytest.mark.requirement("7.2.3")
@pytest.mark.skipif({skips}, reason="to see that it claims nothing")
def test_that_may_be_skipped(): pass
"""

CONFTEST = """
import sys
sys.path.insert(0, {folder!r})
import pytest
from conformance import collector

collector.rows = lambda: [
    collector.Row("asvs", f"7.2.{{n}}", "L1", "", "", "", "", "The one that is done")
    for n in (1, 2, 3)
]
collector.done = lambda: {{"The one that is done"}}

def pytest_configure(config):
    config.addinivalue_line("markers", "requirement: x")
    config.pluginmanager.register(collector.Collector())

def pytest_collection_modifyitems(items):
    collector.claim(items)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, pytestconfig: pytest.Config) -> Run:
    folder = str(pytestconfig.rootpath / "tests")

    def run(*args: str, passes: bool = True, skips: bool = False) -> pytest.RunResult:
        pytester.makeini("[pytest]\ntestpaths = tests\n")
        tests = pytester.mkdir("tests")
        (tests / "test_it.py").write_text(TESTS.format(passes=passes, skips=skips))
        (tests / "conftest.py").write_text(CONFTEST.format(folder=folder))
        return pytester.runpytest_subprocess("-p", "no:randomly", *args)

    return run


@pytest.mark.slow
def test_what_is_claimed_by_tests_that_pass_is_well(run: Run) -> None:
    result = run()

    assert result.ret == 0
    result.stdout.no_fnmatch_line("Not claimed*")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "missing"),
    [({"skips": True}, "7.2.3"), ({"passes": False}, "7.2.2")],
    ids=["skipped", "failed"],
)
def test_a_test_that_did_not_pass_claims_nothing(
    run: Run, how: dict[str, bool], missing: str
) -> None:
    result = run(**how)

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [f"Not claimed*: asvs {missing} (The one that is done)"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("skips", [True, False])
def test_in_parallel_it_is_judged_as_well(run: Run, skips: bool) -> None:
    assert run("-n", "2", skips=skips).ret == int(skips)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part", [["-k", "passes"], ["tests/test_it.py"], ["-m", "not requirement"]]
)
def test_a_part_of_the_tests_is_not_judged(run: Run, part: list[str]) -> None:
    result = run(*part, skips=True)

    assert result.ret in {0, 5}
    result.stdout.no_fnmatch_line("Not claimed*")


@pytest.mark.slow
def test_a_row_that_there_is_not_cannot_be_claimed(
    run: Run, pytester: pytest.Pytester
) -> None:
    run()
    extra = '\nimport pytest\n@pytest.mark.requirement("9.9")\ndef test_it(): pass\n'
    (pytester.path / "tests" / "test_more.py").write_text(extra)

    result = pytester.runpytest_subprocess("-p", "no:randomly")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_it claims 9.9: no such row"])


def test_the_rows_are_those_of_the_standards() -> None:
    found = rows()

    assert len(found) == 304
    wanted = {row.id for row in found if row.issue}
    assert len([row for row in found if row.id in wanted]) == len(wanted)
    assert done() <= {row.issue for row in found}


def test_only_rows_of_what_is_done_are_wanted() -> None:
    issue = next(row.issue for row in rows() if row.issue)
    of_it = [row for row in rows() if row.issue == issue]

    assert unclaimed([], []) == []
    assert unclaimed([], [issue]) == of_it
    assert unclaimed([of_it[0].id], [issue]) == of_it[1:]
    assert all(isinstance(row, Row) for row in of_it)
