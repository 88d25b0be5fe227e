"""What do four workers get done, with sign-ins that can be taken back?

Two applications, each on four workers of gunicorn as it comes, and this process, which
asks them from eight threads. People are in a database and loaded by SQLAlchemy. With
Flask-Login nothing can be taken back. Flask-Signet has its register in that database
besides: a SQLite file, or PostgreSQL. A time is that of a burst of a hundred requests;
bursts are interleaved, so while one application works the other rests. Who asks takes
its share of the cores, and it is the same for both.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask_login
from flask import Flask

import flask_signet
from _applications import Environ
from _interleave import Contender, read_command_line, run
from _servers import postgres
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from registered import folder, made, with_nobody_in

BUDGET = 1.0
"""As with one worker."""

WORKERS, THREADS, BURST = 4, 8, 100

BLOCKS, BURSTS = 40, 5

PATIENCE = 20
"""Seconds that an answer may take, and the end of a server."""


# --- What gunicorn calls.


def login(url: str) -> Flask:
    return with_nobody_in(flask_login, url)[0]


def signet(url: str) -> Flask:
    return with_nobody_in(flask_signet, url, SQLAlchemyStore)[0]


@contextmanager
def workers(name: str, url: str, count: int) -> Iterator[int]:
    """Serve an application to this machine alone, and give the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        number = listening.fileno()
        command = [
            *("setpriv", "--pdeathsig", "TERM", "--"),  # gone with us, however we go
            *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
            *("--workers", str(count), "--bind", f"fd://{number}"),
            *("--log-level", "error", f"{Path(__file__).stem}:{name}({url!r})"),
        ]
        folder_of_this = Path(__file__).parent
        server = subprocess.Popen(command, cwd=folder_of_this, pass_fds=[number])
        try:
            yield listening.getsockname()[1]
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()  # its workers see that it is gone, and go
                server.wait()


# --- Who asks.


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Contender):
    """An application on a server, which is asked by several at once."""

    app: Any = None
    port: int
    threads: Executor

    def answer(self, environ: Environ) -> object:
        return [*self.threads.map(self._ask, environ["asked"], environ["texts"])]

    def _ask(self, asked: bytes, text: bytes) -> None:
        """Ask once, and take no other answer."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(asked)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head, _, found = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0] or found != text:
            raise SystemExit(
                f"{self.label}: the answer is {answer!r}, and not {text!r}"
            )


def bursts(visits: Sequence[Environ], size: int) -> list[Environ]:
    """Give so many requests at once; people come in turn, from one to the next."""
    asked = [_as_sent(each) for each in visits]
    texts = [f"{n:05}".encode() for n in range(1, len(visits) + 1)]
    turns = [range(first, first + size) for first in range(0, len(visits), size)]
    return [
        {
            "asked": [asked[n % len(asked)] for n in turn],
            "texts": [texts[n % len(texts)] for n in turn],
        }
        for turn in turns
    ]


def _as_sent(environ: Environ) -> bytes:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    start = f"GET {environ['PATH_INFO']} HTTP/1.1"
    return "\r\n".join([start, *lines, "Connection: close", "", ""]).encode()


# --- Who is asked.


@dataclass(frozen=True, slots=True)
class Load:
    """How many ask, and of how many workers."""

    stack: ExitStack
    threads: Executor
    workers: int
    burst: int

    def on(self, where: str, url_of_login: str, url_of_signet: str) -> list[Served]:
        """Give both applications on one kind of database, each with its own."""
        bare = f"Flask-Login, {where}"
        asked = bursts(made(flask_login, url_of_login)[1], self.burst)
        common = {
            "threads": self.threads,
            "port": self.stack.enter_context(
                workers("login", url_of_login, self.workers)
            ),
            "environs": asked,
        }
        return [
            Served(label=bare, **common),
            Served(label=f"{bare} again", **common, against=bare, is_noise=True),
            self.of_signet(f"Flask-Signet, {where}", url_of_signet, bare),
        ]

    def of_signet(self, label: str, url: str, against: str) -> Served:
        _, visits = made(flask_signet, url, SQLAlchemyStore)
        return Served(
            label=label,
            threads=self.threads,
            port=self.stack.enter_context(workers("signet", url, self.workers)),
            environs=bursts(visits, self.burst),
            against=against,
            budget=BUDGET,
        )


def main() -> None:
    question = "Four workers with a register, against Flask-Login with none"
    arguments = read_command_line(
        question, blocks=BLOCKS, requests=BURSTS, workers=WORKERS, burst=BURST
    )
    with folder() as path, ExitStack() as stack:
        here = f"sqlite:///{path}"
        there = [
            stack.enter_context(postgres()).render_as_string(hide_password=False)
            for _ in range(2)
        ]
        threads = stack.enter_context(ThreadPoolExecutor(THREADS))
        load = Load(stack, threads, arguments.workers, arguments.burst)
        run(
            question,
            [
                *load.on("SQLite", f"{here}/login.sqlite", f"{here}/signet.sqlite"),
                *load.on("PostgreSQL", *there),
            ],
            explanation=__doc__.partition("\n")[2],
            peers=("gunicorn", "SQLAlchemy"),
            arguments=arguments,
        )


if __name__ == "__main__":
    main()
