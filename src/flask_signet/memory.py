"""What one request knows of one manager's user, and what it will say of it.

A value without a will: ``find`` fills it, ``current`` keeps it and ends it.
"""

from typing import Any, Final
from weakref import ref

from flask import Flask, Request, Response
from flask.sessions import SessionMixin

from .cookie import Notes
from .state import State

UNASKED: Final = object()


class Memory:
    """Hangs on a request object, one for each manager that was asked.

    Made at every request of somebody signed in: so what most of them do not need is
    left to the class.
    """

    user: Any = UNASKED
    """The anonymous one for a stranger; ``UNASKED`` as long as nobody asked."""

    nobody = True
    """Whether that is somebody to let in at all."""

    person_id: str | None = None
    """By which id that user was loaded or signed in; None if by none."""

    stamp: str | None = None
    """What that user's credentials were then; None without ``get_auth_stamp``."""

    stale = False
    """Whether this request may not count as fresh, whatever the session says."""

    seen_id: Any = None
    """Whose session it was when something was noted for it."""

    protected = False
    """Whether session protection took something away."""

    by_cookie = False
    by_request = False
    by_header = False

    accessed = False
    closed_on: Any = None
    """The ``g`` of the context whose answer will say what is noted."""

    answer: Response | None = None
    """The answer that said it; from then on nothing new is."""

    no_store = False
    """Whether this answer is for nobody else's eyes."""

    beneath: "Memory | None" = None
    """Whose mirror stood on ``g`` before: that of a request around this one."""

    notes: Notes | None = None
    """What is to be said of a sign-in with the answer."""

    held: SessionMixin | None = None
    """Flask's session, once it was read."""

    def __init__(self, app: Flask, here: State, asked: Request) -> None:
        self.app = app
        self.here = here
        self.asked = ref(asked)

    @property
    def is_asked(self) -> bool:
        return self.user is not UNASKED

    @property
    def is_closed(self) -> bool:
        return self.answer is not None

    def note(self) -> Notes:
        if self.notes is None:
            self.notes = Notes()
        return self.notes

    # --- The mirror on g.

    def show_on(self, on_g: dict[str, Any]) -> None:
        names = self.here.names
        owner: Memory | None = on_g.get(names.owner)
        if owner is not None and owner is not self and owner.asked() is not None:
            self.beneath = owner
        on_g[names.mirror] = self.user
        on_g[names.owner] = self

    def take_off(self, on_g: dict[str, Any]) -> None:
        names = self.here.names
        if on_g.get(names.owner) is not self:
            return
        if self.beneath is None:
            on_g.pop(names.mirror, None)
            del on_g[names.owner]
        else:
            on_g[names.mirror] = self.beneath.user
            on_g[names.owner] = self.beneath
