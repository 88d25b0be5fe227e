"""Promises about the documents themselves: links lead somewhere, code is code."""

import ast
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask

import documents
import flask_signet
from documents import DOCS, ROOT, name_of, read
from flask_signet import FlaskLoginClient, config

PAGES = documents.pages()
README = read(ROOT / "README.md")
DECISIONS = sorted((DOCS / "explanation" / "decisions").glob("*.md"))
PACKAGE = Path(flask_signet.__file__).parent

# CONTRIBUTING shows half sentences, good and bad; these two pages show signatures, and
# have a test of their own.
CODE = [
    page
    for page in PAGES
    if name_of(page)
    not in {"CONTRIBUTING.md", "docs/reference/names.md", "docs/reference/manager.md"}
]

each_page = pytest.mark.parametrize("page", PAGES, ids=map(name_of, PAGES))
each_page_of_code = pytest.mark.parametrize("page", CODE, ids=map(name_of, CODE))


# Links ------------------------------------------------------------------------------


def is_elsewhere(target: str) -> bool:
    return re.match(r"https?:|mailto:", target) is not None


@each_page
def test_every_link_leads_to_something_that_is_there(page: Path) -> None:
    targets = [target for _, target in documents.links(page)]

    assert [
        target
        for target in targets
        if not is_elsewhere(target) and not there(page, target)
    ] == []


def there(page: Path, target: str) -> bool:
    path, _, place = target.partition("#")
    file = page.parent / unquote(path) if path else page
    if not file.exists():
        return False
    return not place or place in documents.anchors(file)


@each_page
def test_every_link_stays_within_the_project(page: Path) -> None:
    files = [
        (page.parent / unquote(target.partition("#")[0])).resolve()
        for _, target in documents.links(page)
        if not is_elsewhere(target)
    ]

    assert all(file.is_relative_to(ROOT) for file in files)


def test_every_document_is_reached_from_the_map() -> None:
    linked = {
        (DOCS / target.partition("#")[0]).resolve()
        for _, target in documents.links(DOCS / "README.md")
    }

    unlinked = {*DOCS.rglob("*.md")} - linked - {DOCS / "README.md"}
    assert unlinked == set()


def test_every_link_to_a_test_in_the_table_says_its_name() -> None:
    table = README.partition("## Speed")[0]
    rows = [line for line in table.splitlines() if line.startswith("| [")]
    assert len(rows) > 20

    for row in rows:
        sentence, target = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", row)[0]
        name = "test_" + re.sub(r"\W", "_", sentence.lower())
        assert f"def {name}(" in read(ROOT / target)


# Code -------------------------------------------------------------------------------


@each_page_of_code
def test_every_piece_of_python_is_python(page: Path) -> None:
    for piece in documents.pieces(page, "python"):
        ast.parse(piece.text, f"{page}:{piece.line}")


@each_page
def test_every_piece_of_code_says_what_it_is(page: Path) -> None:
    known = {"console", "json", "diff", "html", "python", "sh", "text"}

    assert {piece.language for piece in documents.pieces(page)} <= known


@each_page
def test_a_page_begins_with_its_title(page: Path) -> None:
    assert re.match(r"# \S", read(page))


@each_page_of_code
def test_what_python_imports_from_us_is_there(page: Path) -> None:
    for piece in documents.pieces(page, "python"):
        for node in ast.walk(ast.parse(piece.text)):
            if isinstance(node, ast.ImportFrom) and node.module == "flask_signet":
                names = {alias.name for alias in node.names}
                assert names <= {*flask_signet.__all__}


# The README -------------------------------------------------------------------------

FIRST_SCREEN, _, THE_REST = README.partition("\n## ")


def test_the_first_screen_is_the_lesson_and_nothing_else() -> None:
    forbidden = r"floor|register|stamp|standard|asvs|nist|rfc"

    assert re.findall(forbidden, FIRST_SCREEN, re.IGNORECASE) == []
    assert [piece.language for piece in documents.pieces(ROOT / "README.md")] == [
        "console",
        "python",
        "console",
    ]
    assert len(FIRST_SCREEN.splitlines()) < 60


def test_the_first_screen_has_one_picture_for_light_and_for_dark() -> None:
    assert FIRST_SCREEN.count("<img ") == 1
    assert FIRST_SCREEN.count("<source ") == 1
    assert 'alt="' in FIRST_SCREEN


def test_the_first_screen_has_three_ways_on() -> None:
    ways = FIRST_SCREEN.partition("It grows with you")[2]

    assert len(re.findall(r"\]\(", ways)) == 3


def test_the_first_screen_runs() -> None:
    (piece,) = documents.pieces(ROOT / "README.md", "python")
    readme: dict[str, object] = {"__name__": "readme"}
    exec(piece.text, readme)
    app, db, user = readme["app"], readme["db"], readme["User"]
    assert isinstance(app, Flask)

    with app.app_context():
        db.create_all()  # type: ignore[attr-defined]
        db.session.add(ada := user())  # type: ignore[attr-defined, operator]
        db.session.commit()  # type: ignore[attr-defined]
        app.test_client_class = FlaskLoginClient
        assert app.test_client().get("/top-secret").status_code == 401
        answer = app.test_client(user=ada).get("/top-secret")
        assert answer.text == "Only user 1 reads this."
    with app.app_context():
        db.engine.dispose()  # type: ignore[attr-defined]


def test_both_commands_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")

    for command in re.findall(r"^\| `make (\w+)` \|", README, re.MULTILINE):
        assert f"\n{command}: " in makefile


def test_the_status_is_that_of_the_project() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    version = project["version"]

    assert f"This is {version}" in README
    assert f"\n## {version} " in read(ROOT / "CHANGELOG.md")


# The changelog ----------------------------------------------------------------------


def test_the_changelog_names_every_public_name() -> None:
    text = read(ROOT / "CHANGELOG.md")
    signals = {name for name in flask_signet.__all__ if is_signal(name)}

    unnamed = {
        name
        for name in {*flask_signet.__all__} - signals
        if not re.search(rf"`{name}\b", text)
    }
    assert unnamed == set()
    assert "ten signals" in text
    assert "six signals" in text
    assert len(signals) == 10 + 6


def is_signal(name: str) -> bool:
    return hasattr(getattr(flask_signet, name), "receivers")


def test_the_changelog_names_every_setting_of_ours() -> None:
    text = read(ROOT / "CHANGELOG.md")

    for field in config.Config._fields:
        assert f"SIGNET_{field.upper()}" in text


# The decisions ----------------------------------------------------------------------


@pytest.mark.parametrize("page", DECISIONS, ids=[page.stem for page in DECISIONS])
def test_a_decision_has_its_question_choice_price_and_date(page: Path) -> None:
    text = read(page)

    assert re.match(r"# .+\n\n\d{4}-\d{2}-\d{2}\n", text)
    for part in ("**Question.**", "**Choice.**", "**What was given up.**"):
        assert text.count(part) == 1


def test_the_page_about_the_modules_names_them_all() -> None:
    text = read(DOCS / "explanation" / "decisions" / "rooms.md")
    named = set(re.findall(r"`(\w+)(?:\.py)?`", text))

    modules = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or is_room(path)
    }
    assert modules - {"__init__"} <= named


def is_room(path: Path) -> bool:
    return (path / "__init__.py").is_file()
