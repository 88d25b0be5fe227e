"""Promises about the project itself: its modules, its pins, its wheel."""

import ast
import re
import subprocess
import sys
import tomllib
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest
from flit_core.buildapi import build_wheel

import flask_signet

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "flask_signet"
MODULES = sorted(PACKAGE.rglob("*.py"))
PINS = sorted((ROOT / "requirements").glob("*.txt"))

COMMON_PASSWORDS = {
    f"flask_signet/accounts/data/{name}"
    for name in (
        "LICENSE-SecLists",
        "README.md",
        "of-15-or-more.bin",
        "of-8-or-more.bin",
    )
}

A_REGISTRY = re.compile(
    r"""
    ://[\w.-]*(pypi|npm|registry)   # its address,
    | https?://\S+\.(whl|tgz)\b     # a file in it,
    | --(extra-)?index-url[ =]      # or an option that names it
    | --(find-links|trusted-host)[ =]
    """,
    re.VERBOSE | re.IGNORECASE,
)


def by_path(paths: list[Path]) -> pytest.MarkDecorator:
    ids = [path.relative_to(ROOT).as_posix() for path in paths]
    return pytest.mark.parametrize("path", paths, ids=ids)


@by_path(MODULES)
def test_who_opens_a_module_is_told_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@by_path(MODULES)
def test_a_module_is_read_in_one_sitting(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")

    assert lines <= 300


def test_a_type_checker_is_told_that_there_are_types() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_the_import_brings_nothing_but_flask_and_itself() -> None:
    look = (
        "import sys, flask\n"
        "before = set(sys.modules)\n"
        "import flask_signet\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "known = {name.partition('.')[0] for name in before}\n"
        "print(*sorted(new - known - sys.stdlib_module_names))"
    )

    seen = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )

    assert seen.stdout.split() == ["flask_signet"]


def test_who_looks_for_names_finds_the_test_client_that_is_not_imported_yet() -> None:
    look = (
        "import sys, flask_signet\n"
        "assert 'flask_signet.testing' not in sys.modules\n"
        "assert 'FlaskLoginClient' in dir(flask_signet)\n"
        "from flask_signet import *\n"
        "print(FlaskLoginClient.__module__)"
    )

    seen = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )

    assert seen.stdout == "flask_signet.testing.client\n"
    assert {*flask_signet.__all__} <= {*dir(flask_signet)}
    with pytest.raises(AttributeError, match="has no attribute 'Nobody'"):
        _ = flask_signet.Nobody


def test_no_file_leads_to_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files_of_the_project()
        for match in A_REGISTRY.finditer(path.read_text("utf-8", errors="ignore"))
    ]

    assert not found


@by_path(PINS)
def test_pins_hold_names_versions_and_hashes_only(path: Path) -> None:
    a_pin = re.compile(r"[\w.-]+==[\w.]+( ; [^#]+)? \\|    --hash=sha256:\w{64}( \\)?")

    others = [
        line for line in path.read_text().splitlines() if not a_pin.fullmatch(line)
    ]

    assert not others


def test_the_lesson_runs_on_what_was_tested() -> None:
    tested = pinned("dev")

    assert pinned("test").items() <= tested.items()
    assert pinned("lesson").items() <= tested.items()


def test_the_lowest_flask_is_among_what_was_tested() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert wanted["dependencies"] == ["Flask >= " + pinned("lowest")["flask"]]


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_asks_for_flask_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    with ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        names = {*wheel.namelist()}
        metadata = read_metadata(wheel)

    source = {path.relative_to(ROOT / "src").as_posix() for path in MODULES}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == source | {"flask_signet/py.typed", *COMMON_PASSWORDS}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert any(name.endswith("/LICENSE-SecLists") for name in names - inside)
    needs = metadata.get_all("Requires-Dist", [])
    assert [need for need in needs if "extra ==" not in need] == ["Flask >= 3.1.3"]


def files_of_the_project() -> list[Path]:
    """List what git knows, and what it would take."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so there is no list of its files")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert paths
    return [path for path in paths if path.is_file()]


def pinned(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


def read_metadata(wheel: ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    return message_from_bytes(wheel.read(name))
