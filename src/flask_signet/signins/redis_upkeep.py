"""What is in Redis, all of it: for who looks after it."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from redis import Redis, RedisCluster

from . import redis_scripts
from .redis_errors import understood
from .times import microseconds

AT_A_TIME: Final = 1000
"""So many keys a script looks at: for milliseconds, in which nobody else is served."""

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
        at, count = microseconds(before), 0
        names = self._names("row:", AT_A_TIME)
        while count < limit and (
            handles := understood(lambda: [*islice(names, AT_A_TIME)])
        ):
            asked = at, limit - count, *handles
            count += self._ask(redis_scripts.FORGET, f"row:{handles[0]}", *asked)
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
