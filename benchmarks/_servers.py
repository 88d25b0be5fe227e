"""The servers that benchmarks ask: those of the tests, started here, gone with them.

They listen on this machine alone. PostgreSQL does not wait for the disk (``fsync``).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import URL

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from signins.redis_server import RedisServer
from signins.servers import PostgresServer, database_on


@contextmanager
def postgres() -> Iterator[URL]:
    """Give a database of one's own."""
    if not PostgresServer.is_there():
        raise SystemExit(PostgresServer.why_not)
    with database_on(PostgresServer) as url:
        yield url


@contextmanager
def redis() -> Iterator[Redis]:
    """Give a client of a server of one's own."""
    try:
        server = RedisServer()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        raise SystemExit(str(missing)) from None
    with server, Redis.from_url(server.url) as client:
        yield client
