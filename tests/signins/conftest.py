"""The servers that stores are tried on; each is started when a test first asks."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from signins.servers import MariaDBServer, PostgresServer, database_on


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[URL]:
    with database_on(PostgresServer) as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[URL]:
    with database_on(MariaDBServer) as url:
        yield url
