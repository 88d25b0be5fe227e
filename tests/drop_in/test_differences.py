"""Whether the table of differences is whole: one place, reasons, and tests."""

import ast
import re
from functools import cache
from typing import Any

import pytest

from documents import DOCS, ROOT, read
from drop_in.differences import (
    AGAINST,
    DIFFERENCES,
    MET,
    ON_PURPOSE,
    Difference,
    Met,
    Under,
)
from drop_in.walk import DisagreementError, Walk
from support import Clock

NAMED = {test for each in DIFFERENCES for test in each.shown_by}

LONGEST = 100
"""Letters that a cell of the page may have."""


def named(difference: Difference) -> str:
    return f"{difference.code} {difference.name}"


each_difference = pytest.mark.parametrize("difference", DIFFERENCES, ids=named)


def test_no_two_differences_have_one_name() -> None:
    names = [each.name for each in DIFFERENCES]

    assert len(names) == len(set(names))


def test_no_heading_is_without_a_difference() -> None:
    assert {each.under for each in DIFFERENCES} == {*Under}


@each_difference
def test_a_difference_is_told_in_short_sentences(difference: Difference) -> None:
    for cell in (difference.there, difference.here, difference.reason):
        assert re.fullmatch(r"[A-Z`@].*\.", cell)
        assert len(cell) <= LONGEST


# Its tests --------------------------------------------------------------------------


@each_difference
def test_what_the_walk_cannot_meet_is_shown_by_a_test(difference: Difference) -> None:
    assert isinstance(difference, Met) or difference.shown_by


@pytest.mark.parametrize("test", sorted(NAMED))
def test_a_test_that_the_table_names_is_there(test: str) -> None:
    file, _, name = test.partition("::")

    assert name in those_in(file)


def test_each_test_of_what_is_otherwise_on_purpose_is_named_in_the_table() -> None:
    tests = {f"{ON_PURPOSE}::{name}" for name in those_in(ON_PURPOSE)}

    assert tests - NAMED == set()


def test_each_line_of_the_readme_that_differs_is_named_in_the_table() -> None:
    differing = {
        f"{AGAINST}::{name}"
        for name, test in those_in(AGAINST).items()
        if any(tells_apart(node) for node in ast.walk(test))
    }

    assert len(differing) > 20
    assert differing - NAMED == set()


def tells_apart(node: ast.AST) -> bool:
    """Find ``Seen(there=…, here=…)`` with two values in it."""
    if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Seen":
        return False
    return len({ast.dump(each.value) for each in node.keywords}) > 1


@cache
def those_in(file: str) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for node in ast.parse(read(ROOT / file)).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


# The old way ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", sorted({key for each in DIFFERENCES for key in each.back})
)
def test_a_setting_that_brings_the_old_way_back_is_in_the_reference(key: str) -> None:
    assert f"| `{key}` |" in read(DOCS / "reference" / "settings.md")


@pytest.mark.parametrize("difference", [each for each in MET if each.back], ids=named)
def test_with_the_old_way_back_the_libraries_agree(
    difference: Met, time: Clock
) -> None:
    others = [each for each in MET if each is not difference]
    settings: dict[str, Any] = {**difference.settings, **difference.back}

    try:
        Walk(others, time, settings).takes(*difference.play)
    except DisagreementError as told:
        pytest.fail(str(told))
