"""What one request knows of one manager's user, and what it will say of it.

A value without a will: ``find`` fills it, ``current`` keeps it and ends it.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, Response
from flask.sessions import SessionMixin

from .cookie import Notes
from .state import State

UNASKED: Final = object()


class Memory:
    """Hangs on a request object, one for each manager that was asked.

    Made at every request of somebody signed in: so what most of them do not need is
    left to the class.
    """

    app: Flask
    here: State

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

    is_unsure = False
    """Whether something could not be asked: then nothing is taken away for it."""

    protected = False
    """Whether session protection took something away."""

    by_cookie = False
    by_request = False
    by_header = False

    accessed = False
    closed_on = 0
    """The thread on which an answer will say what is noted."""

    answer: Response | None = None
    """The answer that said it; from then on nothing new is."""

    is_touched = False
    """Whether it was written lately that this sign-in was seen."""

    no_store = False
    """Whether this answer is for nobody else's eyes."""

    notes: Notes | None = None
    """What is to be said of a sign-in with the answer."""

    signin: Any = None
    """The row of this request's sign-in, where there is a register."""

    shown: Any = None
    """The digest of what the browser has shown for it."""

    is_down = False
    """Whether the register could not be asked."""

    held: SessionMixin | None = None
    """Flask's session, once it was read."""

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
