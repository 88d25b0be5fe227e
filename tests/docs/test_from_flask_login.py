"""The page for who comes from Flask-Login: its tables say what the code says."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from documents import ROOT, read
from drop_in import page
from drop_in.differences import DIFFERENCES, Under

MADE = read(page.PAGE).partition(page.BEGIN)[2].partition(page.END)[0]

MAKE_IT_ANEW = "make it anew: .venv/bin/python scripts/differences"


def test_the_page_says_what_the_table_says() -> None:
    written = read(page.PAGE)

    assert written == page.made_anew(written), MAKE_IT_ANEW


def test_the_page_has_a_row_for_each_difference() -> None:
    rows = [
        line
        for line in MADE.splitlines()
        if re.search(r" \| (?:[A-Z]+[\da-z]+|row \d+) \|$", line)
    ]

    assert len(rows) == len(DIFFERENCES), MAKE_IT_ANEW


def test_the_page_has_its_headings_in_order() -> None:
    assert re.findall(r"^### (.*)$", MADE, re.MULTILINE) == [*Under], MAKE_IT_ANEW


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# From Flask-Login\n", id="no marks"),
        pytest.param(f"{page.BEGIN}\n", id="no end"),
        pytest.param(f"{page.END}\n{page.BEGIN}\n", id="the end first"),
        pytest.param(f"{page.BEGIN}\n{page.BEGIN}\n{page.END}", id="two beginnings"),
    ],
)
def test_a_page_without_its_marks_is_not_written(text: str) -> None:
    with pytest.raises(ValueError, match="once"):
        page.made_anew(text)


def test_what_is_written_by_hand_stays() -> None:
    anew = page.made_anew(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")

    assert anew.startswith(f"before\n{page.BEGIN}\n\n### {Under.LET_IN}\n")
    assert anew.endswith(f"\n{page.END}\nafter\n")
    assert "old\n" not in anew.partition("###")[0]


def test_a_bar_in_a_cell_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Barred:
        under, code, here, reason, back = Under.LET_IN, "X", "One.", "So.", {}
        there = "Either|or."

    monkeypatch.setattr(page, "DIFFERENCES", [Barred])

    assert [*page.rows(Under.LET_IN)] == [r"| Either\|or. | One. | So. | X |" + "\n"]


# The script -------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "from-flask-login.md"
    copy.write_text(f"# A page\n\n{page.BEGIN}\n{page.END}\n", encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", copy)
    return copy


def run(*arguments: str) -> Any:
    script = runpy.run_path(str(ROOT / "scripts" / "differences"))
    return script["main"]([*arguments])


def test_the_script_writes_what_the_table_gives(copy: Path) -> None:
    assert run() == 0

    assert page.tables() in read(copy)


def test_the_script_says_what_is_out_of_date_and_writes_nothing(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = read(copy)

    assert run("--check") == 1

    assert read(copy) == before
    assert "Run scripts/differences" in capsys.readouterr().out


def test_the_script_is_content_with_what_it_has_written(copy: Path) -> None:
    run()

    assert run("--check") == 0


def test_the_script_takes_no_other_word(copy: Path) -> None:
    before = read(copy)

    assert run("--chekc") == 2

    assert read(copy) == before
