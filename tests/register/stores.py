"""The stores that a house may stand on: by name, emptied, and read as by a thief."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from sqlalchemy import URL, MetaData, create_engine, delete, select

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


def all_in(store: Kept) -> str:
    """Give all that lies in a store, as who has stolen it reads it."""
    if isinstance(store, SQLAlchemyStore):
        with store._engine().connect() as connection:
            return repr(connection.execute(select(store.table)).all())
    if isinstance(store, RedisStore):
        return repr(
            [(name, _value_of(store.client, name)) for name in _names_in(store)]
        )
    return repr(vars(store))


def _names_in(store: RedisStore) -> list[Any]:
    return [*store.client.scan_iter(f"{store._prefix}*", count=MANY)]


def _value_of(client: Redis, name: bytes) -> Any:
    kind = client.type(name)
    if kind == b"hash":
        return client.hgetall(name)
    if kind == b"zset":
        return client.zrange(name, 0, -1, withscores=True)
    return client.get(name)
