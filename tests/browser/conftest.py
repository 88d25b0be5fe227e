"""A real browser before a real server: the lesson's site, or another, in gunicorn."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

LESSON = Path(__file__).parents[2] / "examples" / "lesson"

QUIETLY = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Without a screen, as root in a container, and talking to no one but the site."""

NO_CHROMIUM = "There is no Chromium here; the system's package `chromium` brings it."

PATIENCE = 30
"""Seconds until a server that has not answered, or not ended, is taken for broken."""


class Site:
    """A site as in production: two workers, and a file for a database."""

    def __init__(
        self,
        home: Path,
        module: str,
        log: Path,
        listener: socket.socket,
        settings: Mapping[str, str],
    ) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._home = home
        self._module = module
        self._log = log
        self._listener = listener
        self._environment = {**os.environ, **settings}

    def make_tables(self, command: Sequence[str]) -> None:
        if self._run("flask", "--app", self._module, *command).wait(PATIENCE) != 0:
            raise RuntimeError(self._log.read_text())

    def start(self) -> None:
        # The socket is the test's own and listens already: no port is guessed, and
        # whoever comes before the workers are there waits in its queue.
        self._server = self._run(
            "gunicorn",
            f"{self._module}:app",
            "--workers=2",
            "--threads=4",
            f"--bind=fd://{self._listener.fileno()}",
            "--no-control-socket",
        )
        try:
            urlopen(self.url, timeout=PATIENCE).close()
        except OSError as error:
            self.stop()
            raise RuntimeError(self._log.read_text()) from error

    def stop(self) -> None:
        self._server.terminate()
        try:
            self._server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def _run(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self._home,
                env=self._environment,
                pass_fds=[self._listener.fileno()],
                stdout=log,
                stderr=log,
            )


@contextmanager
def running(
    home: Path,
    module: str,
    make_tables: Sequence[str],
    log: Path,
    settings: Mapping[str, str],
) -> Iterator[Site]:
    """Run a site, and stop it by its process id."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = Site(home, module, log, listener, settings)
        site.make_tables(make_tables)
        site.start()
        try:
            yield site
        finally:
            site.stop()


def running_lesson(folder: Path) -> AbstractContextManager[Site]:
    """Run the lesson's site, with its database in this folder."""
    settings = {
        "LESSON_CONFIG": "production",
        "SECRET_KEY": secrets.token_hex(),
        "DATABASE_URL": f"sqlite:///{folder / 'lesson.sqlite'}",
    }
    return running(LESSON, "wsgi", ["init-db"], folder / "server.log", settings)


def find_chromium() -> str | None:
    return shutil.which("chromium")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_lesson(tmp_path_factory.mktemp("lesson")) as lesson:
        yield lesson


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path, str, Sequence[str]], str]]:
    """Serve an application of one's own from its folder, and give its address."""
    with ExitStack() as at_the_end:

        def serve(home: Path, module: str, make_tables: Sequence[str]) -> str:
            log = home / "server.log"
            site = running(home, module, make_tables, log, settings={})
            return at_the_end.enter_context(site).url

        yield serve


@pytest.fixture(scope="module")
def site(lesson: Site) -> str:
    """Where the site is, without a slash at the end."""
    return lesson.url


@pytest.fixture(scope="module")
def restart_server(lesson: Site) -> Callable[[], None]:
    def restart() -> None:
        lesson.stop()
        lesson.start()

    return restart


@pytest.fixture(scope="module")
def chromium() -> str:
    """Where Chromium is. Without one there is a failure in CI, and a skip elsewhere."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    return path


# For one module only: while it runs, Playwright keeps an event loop in this thread,
# and no other can be started.
@pytest.fixture(scope="module")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=QUIETLY)
    yield browser
    browser.close()


@pytest.fixture
def open_laptop(
    playwright: Playwright, chromium: str, tmp_path: Path
) -> Iterator[Callable[[], BrowserContext]]:
    """Open one person's browser, with what it kept on disk since it was closed."""
    with ExitStack() as at_the_end:

        def open_laptop() -> BrowserContext:
            context = playwright.chromium.launch_persistent_context(
                tmp_path / "profile", executable_path=chromium, args=QUIETLY
            )
            return at_the_end.enter_context(context)

        yield open_laptop
