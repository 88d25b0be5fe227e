"""The documents, as a reader has them: pages, their links, their pieces of code.

A piece of code that belongs into a file says so in the line before it:
**`app/main.py`**, or **`app/main.py`**, at its end. A piece in the language "diff" is a
change of that file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_FENCE = re.compile(
    r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(
    r"\*\*`(?P<file>[\w./-]+)`\*\*(?P<appended>, at its end)?[^\n]*\n+\Z"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of code in a page."""

    language: str
    text: str
    file: str | None
    """Where the page says it belongs, if it says so."""

    is_appended: bool
    line: int


def pages() -> list[Path]:
    """List every document that a reader may open."""
    at_the_top = [path for path in ROOT.glob("*.md") if path.is_file()]
    examples = [
        path
        for path in (ROOT / "examples").rglob("README.md")
        if "instance" not in path.parts
    ]
    return sorted([*at_the_top, *DOCS.rglob("*.md"), *examples])


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Leave out the pieces of code, but keep the lines."""
    return _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def pieces(page: Path, language: str = "") -> Iterator[Piece]:
    text = read(page)
    for found in _FENCE.finditer(text):
        if language and found["language"] != language:
            continue
        said = _FILE.search(text, 0, found.start())
        yield Piece(
            language=found["language"],
            text=found["text"],
            file=said["file"] if said else None,
            is_appended=bool(said and said["appended"]),
            line=text.count("\n", 0, found.start()) + 1,
        )


def put_into(folder: Path, page: Path) -> None:
    """Do what the page says: write its files, and change those that it changes."""
    for piece in pieces(page):
        if piece.file is None:
            continue
        file = folder / piece.file
        file.parent.mkdir(parents=True, exist_ok=True)
        before = read(file) if file.exists() else ""
        if piece.language == "diff":
            after = changed(before, piece.text)
        elif piece.is_appended:
            after = f"{before}\n\n{piece.text}"
        else:
            assert not before, f"{piece.file} is there already"
            after = piece.text
        file.write_text(after, encoding="utf-8")


def changed(text: str, change: str) -> str:
    lines = change.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"not there exactly once: {before!r}"
    return text.replace(before, after)


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ +(.+?)\s*$", prose(read(page)), re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Name the places in a page that a link may lead to, as GitHub makes them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings(page)
    }


def links(page: Path) -> list[tuple[str, str]]:
    """List the text and the target of each link and picture."""
    text = prose(read(page))
    found = re.findall(r"\[((?:`[^`]*`|[^\[\]])*)\]\(([^()\s]+)\)", text)
    found += [
        ("", target) for target in re.findall(r'(?:src|srcset|href)="([^"]+)"', text)
    ]
    return found
