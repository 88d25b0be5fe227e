"""Functions of the application that are async, from code that is not.

A function is called as it is; if what it gives is to be awaited, that is done here. So
one that is not async costs nothing more.
"""

import sys
from collections.abc import Coroutine
from contextvars import copy_context
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from .errors import ConfigError
from .state import app_at_hand


def wait_for(coroutine: Coroutine[Any, Any, Any], whose: str) -> Any:
    """Await what an async function of the application has given.

    Where an event loop runs already, in an async view, that is done on a thread of its
    own: a loop cannot wait for itself.

    Raises:
        ConfigError: Flask's extra ``async`` is not installed.

    """

    async def given() -> Any:
        return await coroutine

    try:
        run = app_at_hand().ensure_sync(given)
    except RuntimeError:
        coroutine.close()
        raise missing_extra(whose) from None
    if not _is_in_a_loop():
        return run()
    futures = import_module("concurrent.futures")  # dear, and few have need of it
    with futures.ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, run).result()


def missing_extra(whose: str) -> ConfigError:
    problem = "is async; install flask[async], or write it without async"
    return ConfigError(f"The {whose}", problem)


def has_extra() -> bool:
    return find_spec("asgiref") is not None


def _is_in_a_loop() -> bool:
    # Not imported for this: it is dear, and who has a loop has imported it.
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and asyncio._get_running_loop() is not None  # noqa: SLF001 (documented, for asyncio's users)
