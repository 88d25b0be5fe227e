"""Being somebody where nobody has signed in: in a job, a command, the shell, a test.

It signs nobody in, and writes nothing. Inside a request it is for as long as the block
lasts; a request that begins meanwhile has people of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_request_context

from . import current
from .errors import UserError


@contextmanager
def run_as(user: Any, *, name: str = "") -> Iterator[None]:
    """Let a user be the current one for a block of code.

    Blocks may stand in one another, and are for this thread alone, and for what is
    awaited in it.

    Args:
        user: the application's own object; None for nobody.
        name: of which manager's people.

    Raises:
        UserError: that is no user.
        NotBoundError: in a request whose application has no such manager.

    """
    if user is not None and not hasattr(user, "is_authenticated"):
        raise UserError(
            f"run_as() was given {type(user).__name__}, which has no is_authenticated:"
            " a user object is wanted, or None for nobody."
        )
    if has_request_context():
        before = current.stand_in(user, name)
        try:
            yield
        finally:
            current.put_back(before, name)
        return
    token = current.acting.set({**current.acting.get(), name: user})
    try:
        yield
    finally:
        current.acting.reset(token)
