"""How long a sign-in lasts: how long at rest, and how long at most.

Without a register, when somebody was last seen stands in a cookie of its own: a session
that were written for it would be overwritten by late answers, which undoes a logout.
"""

from datetime import timedelta

from flask import Flask, Response
from flask.sessions import SessionMixin

from . import cookie, entry
from .cookie import Seen
from .memory import Memory
from .state import State, request_at_hand, session_at_hand

TOUCH_EVERY = timedelta(minutes=1)
"""How often it is written at most that somebody was seen. So much is added to the idle
limit: nobody is out early, and nobody later than that."""

TOUCHES = 10
"""Into so many parts an idle limit is cut that is shorter than ten minutes."""


def is_over(known: Memory, held: SessionMixin) -> bool:
    """Tell whether a session's sign-in has ended by itself.

    What says since when there is none, says so from here on.
    """
    here, limits = known.here, known.here.config
    now = here.manager.clock()
    begun = entry.proved_at(here, held)
    if begun is None or here.names.proved not in held:
        begun = now if begun is None else begun
        notes = known.note()
        since = {here.names.proved: int(begun.timestamp())}
        notes.keys = {**(notes.keys or {}), **since}
    if limits.lifetime is not None and now - begun >= limits.lifetime:
        return True
    if limits.idle is None:
        return False
    seen = _seen(known.app, here, held)
    seen_at = begun if seen is None else seen.at
    if now - seen_at < limits.idle + _touch_every(limits.idle):
        return False
    # Whoever lost that cookie was seen at least when the session was written.
    written = entry.signed_at(here, known.app)
    return written is None or now - written >= limits.idle


def touch(known: Memory, response: Response) -> None:
    """Write that somebody was seen, if it was not written lately."""
    here, names, idle = known.here, known.here.names, known.here.config.idle
    if idle is None or known.by_request or known.by_header:
        return
    held = session_at_hand() if known.held is None else known.held
    signin = held.get(names.signin)
    if signin is None:
        if cookie.seen_name(known.app, names) in request_at_hand().cookies:
            cookie.write_unseen(response, names, known.app)
        return
    now, seen = here.manager.clock(), _seen(known.app, here, held)
    if seen is None or now - seen.at >= _touch_every(idle):
        expires = known.app.session_interface.get_expiration_time(known.app, held)
        cookie.write_seen(response, Seen(signin, now), names, known.app, expires)


def _seen(app: Flask, here: State, held: SessionMixin) -> Seen | None:
    """Read when the sign-in of this session was last seen; None if nothing says so."""
    names = here.names
    value = request_at_hand().cookies.get(cookie.seen_name(app, names))
    seen = None if value is None else cookie.read_seen(value, names, app)
    return None if seen is None or seen.signin != held.get(names.signin) else seen


def _touch_every(idle: timedelta) -> timedelta:
    return min(TOUCH_EVERY, idle / TOUCHES)
