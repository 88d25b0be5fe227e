"""The register in Redis or Valkey: for many workers, on many machines.

Three kinds of keys, and each ends by the server's own hand when its rows do::

    <prefix>row:<handle>                   a hash: the row, each field as JSON
    <prefix>digest:<session digest>        leads to a handle
    <prefix>person:["<realm>", "<id>"]     a sorted set: handles, by when they end

A verb is one script, and so one round trip, and nobody comes between its steps. What is
over is never judged here.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.exceptions import (
    NoScriptError,
)
from redis.retry import Retry

from flask_signet.errors import ConfigError

from . import redis_scripts
from .record import Method, SignIn
from .redis_errors import understood
from .redis_scripts import Script
from .redis_upkeep import Upkeep
from .store import Full, StoreBusy
from .times import microseconds, milliseconds, moment_at
from .tokens import Digest

TIMEOUT = 1.0
"""Seconds that a server may take to be reached, and then to answer."""

_HASH_TAG = re.compile(r"[^{]*\{[^}]+\}")


class RedisStore(Upkeep):
    """A shelf in Redis or Valkey, 6.2 and up.

    The server is to keep what it is given. With ``maxmemory``, set ``maxmemory-policy
    noeviction``: any other may put out people who are in, though it never leaves a
    sign-in that cannot be closed. Without ``appendonly yes`` a restart may forget some
    or all sign-ins, and may bring back those closed since the last snapshot; so may a
    failover to a replica that was behind.

    ``client`` is the one in use; who gave a URL may close it there.

    Args:
        client_or_url: a client of redis-py, used as it is: with its timeouts and its
            retries, which in redis-py 6 and up keep a request waiting for seconds. Or
            the URL of a server, as ``redis://localhost:6379/0``. Its client waits for
            ``TIMEOUT`` seconds and tries once; ``?socket_timeout=0.2`` in the URL says
            otherwise.
        prefix: what the names of all keys begin with. With a client of a Redis Cluster
            it must have a hash tag, as in ``"{signet}:"``: a script finds keys by what
            it reads, so all have to lie on one node.

    Raises:
        ConfigError: it is to be on a cluster, and the prefix has no hash tag.

    """

    def __init__(
        self, client_or_url: Redis | RedisCluster | str, *, prefix: str = "signet:"
    ) -> None:
        if isinstance(client_or_url, str):
            client_or_url = _client(client_or_url)
        if isinstance(client_or_url, RedisCluster) and not _HASH_TAG.match(prefix):
            problem = f"is {prefix!r}; on a cluster it needs a hash tag: '{{signet}}:'"
            raise ConfigError("RedisStore(prefix=...)", problem)
        self.client: Redis | RedisCluster = client_or_url
        self._prefix = prefix

    def add(
        self, row: SignIn, *, at_most: int | None = None, make_room: bool = False
    ) -> list[SignIn]:
        refused, rows = self._ask(
            redis_scripts.ADD,
            _person(row.realm, row.user_id),
            row.handle,
            milliseconds(row.ends),
            microseconds(row.opened_at),
            "" if at_most is None else at_most,
            int(make_room),
            *_written(row, row.version),
        )
        if refused:
            raise Full(_read(rows))
        return _read(rows)

    def get(self, digest: Digest) -> SignIn | None:
        return _first(self._ask(redis_scripts.GET, f"digest:{digest}"))

    def by_handle(self, handle: str) -> SignIn | None:
        return _first(self._ask(redis_scripts.BY_HANDLE, f"row:{handle}", handle))

    def touch(self, handle: str, seen_at: datetime, session_ends: datetime) -> None:
        times = microseconds(seen_at), microseconds(session_ends)
        with suppress(StoreBusy):
            self._ask(redis_scripts.TOUCH, f"row:{handle}", *times)

    def swap(self, before: SignIn, after: SignIn) -> bool:
        won = self._ask(
            redis_scripts.SWAP,
            f"row:{before.handle}",
            before.handle,
            milliseconds(after.ends),
            before.version,
            *_written(after, before.version + 1),
        )
        return bool(won)

    def remove(self, handle: str) -> SignIn | None:
        return _first(self._ask(redis_scripts.REMOVE, f"row:{handle}", handle))

    def remove_all(
        self, user_id: str, *, realm: str = "", keep: str | None = None
    ) -> list[SignIn]:
        person = _person(realm, user_id)
        return _read(self._ask(redis_scripts.REMOVE_ALL, person, keep or ""))

    def of_user(self, user_id: str, *, realm: str = "") -> list[SignIn]:
        return _read(self._ask(redis_scripts.OF_USER, _person(realm, user_id)))

    def sweep(self, now: datetime, *, limit: int) -> int:  # noqa: ARG002 (as the others)
        """Leave it to the server, which takes off what has ended; so none went here."""
        return 0

    def _ask(self, script: Script, key: str, *args: str | int) -> Any:
        texts = (self._prefix + key, self._prefix, *map(str, args))
        # Bytes, so that the client's own encoding does not matter; and what no UTF-8
        # can say, as half of an emoji, is an id like any other.
        sent = [text.encode("utf-8", "surrogatepass") for text in texts]
        return understood(lambda: self._run(script, sent))

    def _run(self, script: Script, sent: list[bytes]) -> Any:
        try:
            return self.client.evalsha(script.sha, 1, *sent)
        except NoScriptError:
            # Once after each of the server's starts. Not by SCRIPT LOAD, as redis-py
            # does it: on a cluster it finds no node to tell it to (redis-py 5 to 7).
            return self.client.eval(script.text, 1, *sent)


def _client(url: str) -> Redis:
    # Not a second try: the first may have been heard, and "remove" hands over once.
    return Redis.from_url(
        url,
        socket_connect_timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
    )


# --- A row, there and back. What is as it is by default is left out.

_ELSEWHERE = {"user_id", "realm", "read_at", "version"}
_DEFAULTS = {
    each.name: each.default for each in fields(SignIn) if each.name not in _ELSEWHERE
}
_TIMES = [
    each.name
    for each in fields(SignIn)
    if each.name in _DEFAULTS and datetime in {each.type, *get_args(each.type)}
]
_UNSAID = {**_DEFAULTS, "proved_at": None, "digest": None}
"""What a row is where it says nothing else."""


def _written(row: SignIn, version: int) -> Iterator[str]:
    """Give the fields and their JSON by turns, as HSET takes them."""
    said: dict[str, Any] = {}
    for name, default in _DEFAULTS.items():
        value = getattr(row, name)
        if value is not None and value != default:
            said[name] = value
    for name in _TIMES:
        if name in said:
            said[name] = microseconds(said[name])
    if row.methods:
        said["methods"] = [(name, microseconds(at)) for name, at in row.methods]
    said["person"] = row.realm, row.user_id
    said["version"] = version
    for name, value in said.items():
        yield name
        yield json.dumps(value)


def _read(reply: str | bytes) -> list[SignIn]:
    """Take a reply apart: the server's seconds and microseconds, then rows."""
    seconds, rest, *rows = json.loads(reply)
    read_at = moment_at(seconds * 10**6 + rest)
    signins = [_signin(said, read_at) for said in rows]
    signins.sort(key=lambda each: each.seen_at, reverse=True)
    return signins


def _signin(said: dict[str, Any], read_at: datetime) -> SignIn:
    realm, user_id = said.pop("person")
    for name in _TIMES:
        if name in said:
            said[name] = moment_at(said[name])
    if "methods" in said:
        said["methods"] = tuple(
            Method(name, moment_at(at)) for name, at in said["methods"]
        )
    whose = {"user_id": user_id, "realm": realm, "read_at": read_at}
    return SignIn.of({**_UNSAID, **said, **whose})


def _first(reply: str | bytes) -> SignIn | None:
    return next(iter(_read(reply)), None)


def _person(realm: str, user_id: str) -> str:
    """Name a person's key. It is JSON, so that no two of them are named alike."""
    return f"person:{json.dumps((realm, user_id))}"
