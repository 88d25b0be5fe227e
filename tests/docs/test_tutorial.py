"""The tutorial, done as it says: each page's files are written, and walked through."""

import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient

import documents
from flask_signet import GuardOrderError

TUTORIAL = documents.DOCS / "tutorial"
PAGES = [
    TUTORIAL / "1-a-page-behind-a-door.md",
    TUTORIAL / "2-out-remembered-asked-again.md",
    TUTORIAL / "3-the-wrong-order.md",
    TUTORIAL / "4-logout-means-logout.md",
]

PASSWORD = "eleven quiet geese at dawn"


@dataclass
class Lesson:
    """The reader's folder."""

    folder: Path
    apps: list[Flask] = field(default_factory=list)

    def read_until(self, number: int) -> None:
        """Do what the pages say, up to this one."""
        for page in PAGES[:number]:
            documents.put_into(self.folder, page)

    def make_app(self, **mode: bool) -> Flask:
        app: Flask = load(self.folder / "app").create_app()
        app.config.update(mode)
        self.apps.append(app)
        return app

    def client(self) -> FlaskClient:
        """Start the site, with ada in it."""
        app = self.make_app(TESTING=True)
        said = app.test_cli_runner().invoke(
            args=["auth", "add-user", "ada"], input=f"{PASSWORD}\n{PASSWORD}\n"
        )
        assert said.exit_code == 0, said.output
        return app.test_client()

    def as_on_the_page(self, text: str) -> str:
        return text.replace(str(self.folder), "/home/you/lesson")


def load(app: Path) -> ModuleType:
    """Load the site's package under a name of its own: `app` is everybody's."""
    forget()
    spec = spec_from_file_location(
        "tutorials_app", app / "__init__.py", submodule_search_locations=[str(app)]
    )
    assert spec
    assert spec.loader
    package = sys.modules["tutorials_app"] = module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


@pytest.fixture
def lesson(tmp_path: Path) -> Iterator[Lesson]:
    lesson = Lesson(tmp_path)

    yield lesson

    for app in lesson.apps:
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("tutorials_app")]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a hash a matter of microseconds; what a hash is worth is told elsewhere."""
    import werkzeug.security

    make = werkzeug.security.generate_password_hash
    monkeypatch.setattr(
        werkzeug.security,
        "generate_password_hash",
        lambda password, _: make(password, "pbkdf2:sha256:1"),
    )


def sign_in(client: FlaskClient, password: str = PASSWORD, **more: str) -> str | None:
    data = {"name": "ada", "password": password, **more}
    return client.post("/login?next=/top-secret", data=data).location


def test_the_pages_are_the_ones_that_are_listed() -> None:
    listed = [target for _, target in documents.links(TUTORIAL / "index.md")]

    assert [page.name for page in PAGES] == [
        target for target in listed if re.match(r"\d", target)
    ]
    assert sorted(TUTORIAL.glob("*.md")) == [*PAGES, TUTORIAL / "index.md"]


def test_there_are_as_many_files_as_the_page_says(lesson: Lesson) -> None:
    lesson.read_until(1)

    files = [path for path in (lesson.folder / "app").rglob("*") if path.is_file()]
    assert len(files) == 8
    assert "Eight small files" in documents.read(PAGES[0])


# Page 1 -----------------------------------------------------------------------------


def test_a_stranger_lands_where_page_1_says_and_is_told_what_it_says(
    lesson: Lesson,
) -> None:
    lesson.read_until(1)
    client = lesson.client()
    answer = client.get("/top-secret")
    seen = client.get("/top-secret", follow_redirects=True)

    assert f"`{answer.location}`" in documents.read(PAGES[0])
    (message,) = set(re.findall(r'<p role="status">(.*)</p>', seen.text))
    assert f'"{message}"' in documents.read(PAGES[0])


def test_after_page_1_ada_signs_in_and_is_where_she_was_going(lesson: Lesson) -> None:
    lesson.read_until(1)
    client = lesson.client()

    assert sign_in(client) == "/top-secret"
    assert "For the eyes of ada only" in client.get("/top-secret").text
    assert "A page for everybody" in client.get("/").text


def test_after_page_1_nobody_gets_in_with_a_wrong_password(lesson: Lesson) -> None:
    lesson.read_until(1)
    client = lesson.client()

    assert sign_in(client, "a wrong one") is None
    assert client.get("/top-secret").status_code == 302


# Page 2 -----------------------------------------------------------------------------


def test_after_page_2_the_button_signs_out(lesson: Lesson) -> None:
    lesson.read_until(2)
    client = lesson.client()
    sign_in(client)
    button = '<form method="post" action="/logout"><button>Sign out</button></form>'

    assert button in client.get("/").text
    answer = client.post("/logout", follow_redirects=True)
    assert "You are signed out." in answer.text
    assert client.get("/top-secret").status_code == 302
    assert client.get("/logout").status_code == 405


def test_after_page_2_who_ticks_the_box_is_known_when_the_browser_opens_again(
    lesson: Lesson,
) -> None:
    lesson.read_until(2)
    client = lesson.client()
    sign_in(client, remember="on")
    client.delete_cookie("session")

    assert client.get("/top-secret").status_code == 200
    cookie = client.get_cookie("remember_token")
    assert cookie
    assert cookie.max_age == timedelta(days=30).total_seconds()


def test_after_page_2_who_does_not_tick_it_is_a_stranger(lesson: Lesson) -> None:
    lesson.read_until(2)
    client = lesson.client()
    sign_in(client)
    client.delete_cookie("session")

    assert client.get("/top-secret").status_code == 302


def test_after_page_2_who_is_only_remembered_is_asked_again(lesson: Lesson) -> None:
    lesson.read_until(2)
    client = lesson.client()
    sign_in(client, remember="on")
    assert client.get("/password").status_code == 200
    client.delete_cookie("session")

    answer = client.get("/password", follow_redirects=True)

    assert answer.request.path == "/login"
    (message,) = re.findall(r'<p role="status">(.*)</p>', answer.text)
    assert f'"{message}"' in " ".join(documents.read(PAGES[1]).split())
    assert sign_in(client) == "/top-secret"
    assert client.get("/password").status_code == 200


def test_after_page_2_a_new_password_signs_the_other_browsers_out(
    lesson: Lesson,
) -> None:
    lesson.read_until(2)
    laptop = lesson.client()
    phone = laptop.application.test_client()
    sign_in(laptop, remember="on")
    sign_in(phone, remember="on")

    answer = laptop.post(
        "/password", data={"password": "a new one"}, follow_redirects=True
    )

    assert "Your other browsers are signed out." in answer.text
    assert phone.get("/top-secret").status_code == 302
    assert laptop.get("/top-secret").status_code == 200
    laptop.delete_cookie("session")
    assert laptop.get("/top-secret").status_code == 200


# Page 3 -----------------------------------------------------------------------------


@pytest.fixture
def turned_round(lesson: Lesson) -> Lesson:
    """Stop in the middle of page 3, where the decorators are in the wrong order."""
    lesson.read_until(2)
    slip, mended = documents.pieces(PAGES[2], "diff")
    assert slip.file == mended.file == "app/main.py"
    file = lesson.folder / slip.file
    file.write_text(documents.changed(documents.read(file), slip.text))
    return lesson


@pytest.mark.parametrize("mode", ["DEBUG", "TESTING"])
@pytest.mark.parametrize("path", ["/", "/top-secret", "/no-such-page"])
def test_on_page_3_whoever_comes_first_sees_the_error_that_it_shows(
    turned_round: Lesson, path: str, mode: str
) -> None:
    client = turned_round.make_app(**{mode: True}).test_client()
    with pytest.raises(GuardOrderError) as caught:
        client.get(path)

    shown, _ = documents.pieces(PAGES[2], "text")
    kind = f"{GuardOrderError.__module__}.{GuardOrderError.__qualname__}"
    sentence = turned_round.as_on_the_page(str(caught.value))
    assert f"{kind}: {sentence}\n" == shown.text


def test_on_page_3_production_closes_the_page_and_logs_what_it_shows(
    turned_round: Lesson, caplog: pytest.LogCaptureFixture
) -> None:
    client = turned_round.make_app().test_client()
    with caplog.at_level(logging.ERROR, "flask_signet"):
        answer = client.get("/top-secret")

    _, shown = documents.pieces(PAGES[2], "text")
    assert answer.status_code == 302
    assert [f"{turned_round.as_on_the_page(each)}\n" for each in caplog.messages] == [
        shown.text
    ]


def test_after_page_3_all_is_as_it_was(lesson: Lesson) -> None:
    lesson.read_until(2)
    before = documents.read(lesson.folder / "app" / "main.py")
    documents.put_into(lesson.folder, PAGES[2])

    assert documents.read(lesson.folder / "app" / "main.py") == before


# Page 4 -----------------------------------------------------------------------------

COOKIES = ("session", "session_signin", "remember_token")


def copied(browser: FlaskClient) -> FlaskClient:
    """Copy the cookies that there are into another browser."""
    other = browser.application.test_client()
    for name in COOKIES:
        if cookie := browser.get_cookie(name):
            other.set_cookie(name, cookie.value)
    return other


def test_before_page_4_a_copy_is_in_after_the_logout(lesson: Lesson) -> None:
    lesson.read_until(3)
    ada = lesson.client()
    sign_in(ada)
    copy = copied(ada)

    ada.post("/logout")

    assert ada.get("/top-secret").status_code == 302
    assert copy.get("/top-secret").status_code == 200


@pytest.mark.parametrize("how", [{}, {"remember": "on"}], ids=["plain", "remembered"])
def test_after_page_4_a_copy_is_a_stranger_after_the_logout(
    lesson: Lesson, how: dict[str, str]
) -> None:
    lesson.read_until(4)
    ada = lesson.client()
    sign_in(ada, **how)
    copy, other = copied(ada), copied(ada)
    assert copy.get("/top-secret").status_code == 200

    ada.post("/logout")

    assert copy.get("/top-secret").status_code == 302
    other.delete_cookie("session")
    assert other.get("/top-secret").status_code == 302


def test_page_4_changes_one_line_and_two_imports() -> None:
    changes = [piece.text for piece in documents.pieces(PAGES[3], "diff")]
    lines = "".join(changes).splitlines()

    assert [line[:1] for line in lines].count("-") == 1
    assert len([line for line in lines if line.startswith("+from ")]) == 2
    assert [line[:1] for line in lines].count("+") == 3


def test_page_4_leaves_the_cookies_that_it_names(lesson: Lesson) -> None:
    lesson.read_until(4)
    ada = lesson.client()
    sign_in(ada, remember="on")

    for name in COOKIES:
        assert ada.get_cookie(name)
        assert f"`{name}`" in documents.read(PAGES[3])


def test_after_page_4_who_was_in_before_it_signs_in_once_more(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "the same on both days")
    lesson.read_until(3)
    before = lesson.client()
    sign_in(before)
    documents.put_into(lesson.folder, PAGES[3])
    after = lesson.make_app(TESTING=True).test_client()
    cookie = before.get_cookie("session")
    assert cookie
    after.set_cookie("session", cookie.value)

    assert after.get("/top-secret").status_code == 302
    assert sign_in(after) == "/top-secret"


def test_after_page_4_all_of_page_2_holds(lesson: Lesson) -> None:
    lesson.read_until(4)
    laptop = lesson.client()
    phone = laptop.application.test_client()
    sign_in(laptop, remember="on")
    sign_in(phone, remember="on")

    laptop.post("/password", data={"password": "a new one"})

    assert phone.get("/top-secret").status_code == 302
    laptop.delete_cookie("session")
    assert laptop.get("/top-secret").status_code == 200
    assert laptop.get("/password").status_code == 302
