"""People from a service that is awaited: the site and the service are real processes.

They talk on 127.0.0.1 alone, and each is ended by its process id. Where a service is to
say what no service should, a test speaks for it, and the site is loaded from its file.
"""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.cookiejar import CookieJar
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Barrier, Thread
from types import ModuleType
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest
from flask.testing import FlaskClient

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "examples" / "loaders" / "from_an_async_service.py"
FLASK = ["-m", "flask", "--app", str(EXAMPLE), "run", "--port", "0"]

PATIENCE = 30
"""Seconds for a process to say what is waited for, or to end; it takes about one."""

PORTS = range(20_000, 32_000)
"""Below those that Linux gives to whoever calls out (32768 and up)."""

PASSWORDS = {"ada": "correct horse battery staple", "bob": "tr0ub4dor and three"}

SECRET = "/top-secret"
GUARDED = [SECRET, "/colleagues"]
OPEN = ["/me", "/hello"]


# Processes ---------------------------------------------------------------------------


class Running:
    """A Python that runs the example, and all that it says."""

    def __init__(self, arguments: list[str], **settings: str) -> None:
        # Under FLASK_DEBUG there would be a process more, that nobody ends.
        known = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
        self._process = subprocess.Popen(
            [sys.executable, "-u", *arguments],
            cwd=PROJECT,
            env={**known, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._listener = Thread(target=self._listen)
        self._listener.start()

    def says(self, pattern: str) -> str:
        """Wait until it says this; give the part in brackets.

        Raises:
            AssertionError: it ended before it did, or nobody waits any longer.

        """
        heard: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except Empty:
                line = None
            assert line is not None, f"not said: {pattern!r}, but {''.join(heard)}"
            if found := re.search(pattern, line):
                return found[1]
            heard.append(line)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)

    def _listen(self) -> None:
        assert self._process.stdout
        with self._process.stdout as said:
            for line in said:
                self._lines.put(line)
        self._lines.put(None)


@contextmanager
def running(arguments: list[str], **settings: str) -> Iterator[Running]:
    process = Running(arguments, **settings)
    try:
        yield process
    finally:
        process.stop()


class Service:
    """The service of people by itself, always at the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: Running | None = None

    def start(self) -> None:
        own = {f"{name.upper()}_PASSWORD": word for name, word in PASSWORDS.items()}
        arguments = [str(EXAMPLE), "people"]
        self._process = Running(arguments, PEOPLE_PORT=self.port, **own)
        self._process.says(rf"People are at port ({self.port})")

    def stop(self) -> None:
        if self._process:
            self._process.stop()
        self._process = None


def free_port() -> str:
    """Find one that stays free while the service rests: none that Linux gives away."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.socket() as tried:
            tried.bind(("127.0.0.1", port))
            return str(port)


# Browsers ----------------------------------------------------------------------------


class Answer(NamedTuple):
    status: int
    text: str
    path: str


class Browser:
    """Somebody with a cookie jar, who follows where they are sent."""

    def __init__(self, site: str) -> None:
        self._site = site
        # No proxy, whatever the environment says: this stays on the machine.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._ask(path, None)

    def post(self, path: str, **form: str) -> Answer:
        return self._ask(path, urlencode(form).encode())

    def goes_to(self, site: str) -> None:
        """Take the jar to another port, the same host to cookies (RFC 6265, 8.5)."""
        self._site = site

    def signs_in(self, name: str, password: str | None = None) -> Answer:
        return self.post("/login", name=name, password=password or PASSWORDS[name])

    def _ask(self, path: str, form: bytes | None) -> Answer:
        try:
            answer = self._opener.open(self._site + path, form, timeout=PATIENCE)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            at = answer.url.removeprefix(self._site)
            return Answer(answer.status, answer.read().decode(), at)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with ExitStack() as at_the_end:
        service = Service()
        at_the_end.callback(service.stop)
        service.start()
        yield service


@pytest.fixture(scope="module")
def key() -> str:
    return secrets.token_hex()


@pytest.fixture(scope="module")
def site(service: Service, key: str) -> Iterator[str]:
    with running(FLASK, PEOPLE_PORT=service.port, SECRET_KEY=key) as process:
        yield process.says(r"Running on (\S+)")


@pytest.fixture(scope="module")
def lonely_site(key: str) -> Iterator[str]:
    """Run the same site with nobody at the service's port."""
    with running(FLASK, PEOPLE_PORT=free_port(), SECRET_KEY=key) as process:
        yield process.says(r"Running on (\S+)")


@pytest.fixture
def browser(site: str) -> Browser:
    return Browser(site)


@pytest.fixture(scope="module")
def ada(site: str) -> Browser:
    """Give a browser in which ada is, for tests that leave her in."""
    browser = Browser(site)
    browser.signs_in("ada")
    return browser


# Who comes by ------------------------------------------------------------------------


def test_a_reader_starts_both_with_one_command_and_is_in() -> None:
    with running(FLASK, PEOPLE_PORT="0", ADA_PASSWORD="", BOB_PASSWORD="") as both:
        password = both.says(r"Sign in as ada with the password (\S+)")
        browser = Browser(both.says(r"Running on (\S+)"))

        answer = browser.signs_in("ada", password)

    assert len(password) == 43  # 256 bits
    assert "Hello, ada:" in answer.text


@pytest.mark.parametrize("path", GUARDED)
def test_a_stranger_is_told_to_sign_in_and_comes_back(
    browser: Browser, path: str
) -> None:
    refused = browser.get(path)
    login = re.search(r'href="([^"]+)"', refused.text)
    assert login

    answer = browser.post(login[1], name="ada", password=PASSWORDS["ada"])

    assert refused.status == 401
    assert (answer.status, answer.path) == (200, path)


def test_a_link_to_the_login_does_not_end_on_another_site(browser: Browser) -> None:
    login = "/login?next=https://elsewhere.example/"

    answer = browser.post(login, name="ada", password=PASSWORDS["ada"])

    assert (answer.status, answer.path) == (200, SECRET)


SEEN_BY_ADA = {
    SECRET: "<p>Hello, ada: only those",
    "/colleagues": '["bob"]',
    "/me": '{"name":"ada"}',
    "/hello": "<p>Hello, ada:\n2 people",
}
SEEN_BY_STRANGERS = {
    SECRET: "to access this page",
    "/colleagues": "to access this page",
    "/me": '{"name":null}',
    "/hello": "<p>Hello, stranger:\n2 people",
}


@pytest.mark.parametrize("path", SEEN_BY_ADA)
def test_ada_is_known_in_each_kind_of_view(ada: Browser, path: str) -> None:
    answer = ada.get(path)

    assert answer.status == 200
    assert SEEN_BY_ADA[path] in answer.text


@pytest.mark.parametrize("path", SEEN_BY_STRANGERS)
def test_a_stranger_is_nobody_in_each_kind_of_view(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.status == (401 if path in GUARDED else 200)
    assert SEEN_BY_STRANGERS[path] in answer.text


def test_who_has_signed_out_is_nobody_in_each_kind_of_view(browser: Browser) -> None:
    was_in = browser.signs_in("ada").status == 200

    answer = browser.post("/logout")

    assert was_in
    assert (answer.status, answer.path) == (200, "/")
    for path, text in SEEN_BY_STRANGERS.items():
        assert text in browser.get(path).text


@pytest.mark.parametrize(
    ("name", "password"),
    [
        pytest.param("ada", "wrong", id="wrong password"),
        pytest.param("ada", PASSWORDS["bob"], id="another's password"),
        pytest.param("eve", PASSWORDS["ada"], id="unknown name"),
        pytest.param("1", PASSWORDS["ada"], id="an id for a name"),
        pytest.param("", PASSWORDS["ada"], id="no name"),
        pytest.param('ada", "', PASSWORDS["ada"], id="what means something in JSON"),
        pytest.param("ada\n", PASSWORDS["ada"], id="a line more"),
        pytest.param("\x00" * 2_500, "x", id="as long as a form may be"),
    ],
)
def test_the_service_lets_nobody_else_in(
    browser: Browser, name: str, password: str
) -> None:
    answer = browser.signs_in(name, password)

    assert answer.status == 401
    assert "Name or password is wrong." in answer.text
    assert browser.get(SECRET).status == 401


def test_a_form_that_is_no_line_for_the_service_is_not_read(browser: Browser) -> None:
    answer = browser.signs_in("a" * 9_000, "x")

    assert answer.status == 413


# Many at once ------------------------------------------------------------------------

ROUNDS = 5
CROWD = ["ada", "bob", "nobody"] * 4

COUNT_MAX = len(CROWD) * ROUNDS * len(GUARDED + OPEN)
TIME_MAX = 60
"""Seconds for all of these requests; it takes about two on two cores."""


def test_of_many_who_ask_at_once_each_sees_their_own(site: str) -> None:
    own = {
        "ada": [(200, "Hello, ada:"), (200, '["bob"]'), (200, '"ada"'), (200, ", ada")],
        "bob": [(200, "Hello, bob:"), (200, '["ada"]'), (200, '"bob"'), (200, ", bob")],
        "nobody": [
            (401, "sign in"),
            (401, "sign in"),
            (200, "null"),
            (200, "stranger"),
        ],
    }
    browsers = {name: Browser(site) for name in own}
    for name in PASSWORDS:
        browsers[name].signs_in(name)
    all_there = Barrier(len(CROWD), timeout=PATIENCE)

    def walk(name: str) -> list[bool]:
        all_there.wait()
        return [
            (answer := browsers[name].get(path)).status == status
            and text in answer.text
            for _ in range(ROUNDS)
            for path, (status, text) in zip(GUARDED + OPEN, own[name], strict=True)
        ]

    began = time.monotonic()
    with ThreadPoolExecutor(len(CROWD)) as threads:
        seen = [each for walk in threads.map(walk, CROWD) for each in walk]

    assert seen == [True] * COUNT_MAX
    assert time.monotonic() - began < TIME_MAX


# A service that rests ----------------------------------------------------------------


def test_ada_waits_for_a_service_that_is_stopped_and_is_in_when_it_is_back(
    ada: Browser, service: Service
) -> None:
    service.stop()
    try:
        meanwhile = [ada.get(path) for path in SEEN_BY_ADA]
    finally:
        service.start()

    assert [answer.status for answer in meanwhile] == [503] * len(SEEN_BY_ADA)
    assert all("service of people does not" in answer.text for answer in meanwhile)
    for path, text in SEEN_BY_ADA.items():
        assert text in ada.get(path).text


def test_while_the_service_rests_nobody_signs_in(lonely_site: str) -> None:
    browser = Browser(lonely_site)

    answer = browser.signs_in("ada")

    assert answer.status == 503
    assert [browser.get(path).status for path in GUARDED] == [401, 401]


def test_a_public_page_does_without_the_service(
    browser: Browser, lonely_site: str
) -> None:
    browser.signs_in("ada")
    browser.goes_to(lonely_site)

    assert browser.get(SECRET).status == 503
    assert browser.get("/").status == 200


def test_one_may_sign_out_while_the_service_rests(
    browser: Browser, site: str, lonely_site: str
) -> None:
    was_in = browser.signs_in("ada").status == 200

    browser.goes_to(lonely_site)
    answer = browser.post("/logout")
    browser.goes_to(site)

    assert was_in
    assert (answer.status, answer.path) == (200, "/")
    assert browser.get(SECRET).status == 401


# A service that says what none should ------------------------------------------------

ONE = b'{"people": [{"id": "1", "name": "ada"}]}\n'


def load(monkeypatch: pytest.MonkeyPatch, port: int) -> ModuleType:
    """Run the example as a module, its people being at this port."""
    monkeypatch.setenv("PEOPLE_PORT", str(port))
    spec = spec_from_file_location(EXAMPLE.stem, EXAMPLE)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Said:
    """Says the same to whoever asks, and keeps the questions; None is silence."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.questions: list[object] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        # Whoever connects and asks nothing, ends it.
        socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        self._thread.join(PATIENCE)
        self._listener.close()

    def _run(self) -> None:
        asked = True
        while asked:
            asker, _ = self._listener.accept()
            # An asker need not listen to all of a long answer.
            with asker, suppress(OSError):
                asked = self._answer(asker)

    def _answer(self, asker: socket.socket) -> bool:
        asker.settimeout(PATIENCE)
        with asker.makefile("rb") as lines:
            question = lines.readline()
            if not question:
                return False
            self.questions.append(json.loads(question))
            if self.answer is None:
                lines.read()  # until the asker has enough of it
            else:
                asker.sendall(self.answer)
            return True


@pytest.fixture
def said() -> Iterator[Said]:
    said = Said(ONE)
    yield said
    said.stop()


@pytest.fixture
def example(said: Said, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load(monkeypatch, said.port)


@pytest.fixture
def client(example: ModuleType, said: Said) -> FlaskClient:
    """Give a browser in which ada is signed in."""
    client = example.app.test_client()
    client.post("/login", data={"name": "ada", "password": "any"})
    said.questions.clear()
    return client


ASKED = {
    SECRET: [["with id", "1"]],
    "/colleagues": [["with id", "1"], ["all"]],
    "/me": [["with id", "1"]],
    "/hello": [["all"], ["with id", "1"]],
    "/": [],
}


@pytest.mark.parametrize("path", ASKED)
def test_a_page_asks_once_who_this_is(
    client: FlaskClient, said: Said, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert said.questions == ASKED[path]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\n", id="an empty line"),
        pytest.param(ONE[:-3], id="half an answer"),
        pytest.param(b"null\n", id="null"),
        pytest.param(b"{}\n", id="no people"),
        pytest.param(b'["with id", "1"]\n', id="the question"),
        pytest.param(b'{"people": null}\n', id="null for people"),
        pytest.param(b'{"people": [{}]}\n', id="people without names"),
        pytest.param(b'{"people": ["ada"]}\n', id="names alone"),
        pytest.param(b"\xff\n", id="no text"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="another kind of server"),
        pytest.param(b"[" * 100_000, id="a line without an end"),
    ],
)
def test_what_is_no_answer_lets_nobody_in(
    client: FlaskClient, said: Said, answer: bytes
) -> None:
    said.answer = answer

    statuses = [client.get(path).status_code for path in GUARDED]
    said.answer = ONE

    assert statuses == [503, 503]
    assert client.get(SECRET).status_code == 200


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b'{"people": []}\n', id="nobody"),
        pytest.param(ONE.replace(b"]", b', {"id": "2", "name": "b"}]'), id="two"),
    ],
)
@pytest.mark.parametrize("path", GUARDED)
def test_who_is_no_longer_the_one_with_their_id_is_out(
    client: FlaskClient, said: Said, path: str, answer: bytes
) -> None:
    said.answer = answer

    refused = client.get(path)
    said.answer = ONE

    assert refused.status_code == 401
    assert client.get(SECRET).status_code == 401


@pytest.mark.parametrize("path", GUARDED + OPEN)
def test_nobody_waits_for_ever_for_a_service_that_is_silent(
    client: FlaskClient,
    example: ModuleType,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setattr(example, "PATIENCE", 0.1)
    said.answer = None

    asked = time.monotonic()
    answer = client.get(path)

    assert answer.status_code == 503
    assert time.monotonic() - asked < 5
    assert len(said.questions) == 1


# Without the extra -------------------------------------------------------------------


def test_without_flasks_extra_a_reader_is_told_what_to_install(
    tmp_path: Path,
) -> None:
    # What comes first on the path is found: as good as not installed.
    (tmp_path / "asgiref.py").write_text("raise ImportError('hidden')\n")

    with running(FLASK, PEOPLE_PORT="1", PYTHONPATH=str(tmp_path)) as bare:
        browser = Browser(bare.says(r"Running on (\S+)"))
        answer = browser.get(SECRET)
        said = bare.says(r"ConfigError: (.*)")

    assert answer.status == 500
    assert said == (
        "The unauthorized_handler is async; install flask[async], or write it"
        " without async."
    )
