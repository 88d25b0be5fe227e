"""Being somebody where nobody has signed in: in a job, a command, the shell, a test.

It signs nobody in, and writes nothing. Inside a request it is for as long as the block
lasts; a request that begins meanwhile has people of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_request_context

from .current import Act, acts
from .errors import UserError
from .state import itself, request_at_hand, state


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
    user = itself(user)
    is_user = hasattr(user, "is_authenticated") and not isinstance(user, type)
    if user is not None and not is_user:
        raise UserError(
            f"run_as() was given {type(user).__name__}, which has no is_authenticated:"
            " a user object is wanted, or None for nobody."
        )
    asked = None
    if has_request_context():
        state(name)
        asked = request_at_hand()
    act = Act(name, asked, user)
    acts.set((act, *acts.get()))
    try:
        yield
    finally:
        # Not by a token: blocks in generators may end in another order.
        acts.set(tuple(each for each in acts.get() if each is not act))
