"""What an error of Redis means: the register is busy, or down."""

import re
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import (
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from .store import StoreBusy, StoreDown

Answer = TypeVar("Answer")

_IS_DOWN = (
    RedisConnectionError,
    RedisTimeoutError,
    ClusterDownError,
    RedisClusterException,
)
_IS_UNWRITABLE = (OutOfMemoryError, ReadOnlyError)

_CODE = re.compile(r"(?:^|-)(BUSY|MISCONF|NOREPLICAS|OOM|READONLY) ")
"""Where redis-py has no class for it, and where Redis 6 wraps what a script met."""


def understood(ask: Callable[[], Answer]) -> Answer:
    """Ask, and have the server's errors mean something."""
    try:
        return ask()
    except (RedisError, RedisClusterException) as error:
        if (meaning := _meaning(error)) is None:
            raise
        raise meaning from error


def _meaning(error: RedisError | RedisClusterException) -> StoreBusy | StoreDown | None:
    """Tell what an error means for who asked; None for a mistake of ours or theirs."""
    found = _CODE.search(str(error))
    # Its kind alone is named: a message may be shown, and what it says is not ours.
    kind = found[1] if found else type(error).__name__
    if isinstance(error, _IS_DOWN) or kind == "BUSY":
        return StoreDown(f"Redis cannot be asked ({kind}).")
    if isinstance(error, _IS_UNWRITABLE) or found:
        return StoreBusy(f"Redis can be read, and not written ({kind}).")
    return None
