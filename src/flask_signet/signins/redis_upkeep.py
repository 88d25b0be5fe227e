"""What is in Redis, for who looks after it; no request asks."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from redis import Redis, RedisCluster

from . import redis_scripts
from .redis_errors import understood

_GLOB = re.compile(r"[][*?\\]")


class Upkeep:
    """The verbs that walk through all keys of a store."""

    client: Redis | RedisCluster
    _prefix: str
    _ask: Callable[..., Any]

    def people(self, realm: str, *, limit: int) -> list[str]:
        """Give the ids of so many at most who have sign-ins in a realm."""

        def found() -> list[str]:
            return [*islice(self._ids(realm, limit), limit)]

        return understood(found)

    def forget_origins(self, before: datetime, *, limit: int) -> int:
        at = (before - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        count = 0
        for handle in understood(lambda: [*self._names("row:", limit)]):
            count += self._ask(redis_scripts.FORGET, f"row:{handle}", at)
            if count == limit:
                break
        return count

    def _ids(self, realm: str, limit: int) -> Iterator[str]:
        for name in self._names("person:", limit):
            where, user_id = json.loads(name)
            if where == realm:
                yield user_id

    def _names(self, kind: str, count: int) -> Iterator[str]:
        """Give what the keys of a kind are called behind it."""
        start = f"{self._prefix}{kind}"
        pattern = _GLOB.sub(r"\\\g<0>", start).encode() + b"*"
        for key in self.client.scan_iter(match=pattern, count=count):
            name = key if isinstance(key, str) else key.decode("utf-8", "surrogatepass")
            yield name.removeprefix(start)
