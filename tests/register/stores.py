"""The stores that a house may stand on, and how they are emptied by hand."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, MetaData, create_engine, delete

from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.redis import RedisStore
from flask_signet.signins.sqlalchemy import SQLAlchemyStore

MANY = 1000
"""So many keys a server is asked for at a time."""

Kept = MemoryStore | SQLAlchemyStore | RedisStore


@contextmanager
def in_a_database(url: URL | str) -> Iterator[Kept]:
    engine = create_engine(url)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    yield store
    engine.dispose()


@contextmanager
def in_redis(url: str) -> Iterator[Kept]:
    store = RedisStore(url, prefix=f"signet-test-{secrets.token_hex(8)}:")
    yield store
    store.client.close()


def empty(store: Kept) -> None:
    """Take all off by the store's own means, and none of its verbs."""
    if isinstance(store, SQLAlchemyStore):
        with store._engine().begin() as connection:
            connection.execute(delete(store.table))
    elif isinstance(store, RedisStore):
        if names := _names_in(store):
            store.client.delete(*names)
    else:
        vars(store).update(vars(MemoryStore(clock=store.clock)))


def _names_in(store: RedisStore) -> list[Any]:
    return [*store.client.scan_iter(f"{store._prefix}*", count=MANY)]
