"""How long a sign-in lasts: how long at rest, and how long at most.

Without a register, when somebody was last seen stands in a cookie of its own: a session
that were written for it would be overwritten by late answers, which undoes a logout.
"""

from datetime import timedelta
from typing import Any

from flask import Request, Response
from flask.sessions import SessionMixin

from . import cookie, entry
from .cookie import Seen
from .memory import Memory
from .state import request_at_hand, session_at_hand


def is_over(known: Memory, asked: Request, held: SessionMixin) -> bool:
    """Tell whether a session's sign-in has ended by itself.

    What says since when there is none, says so from here on.
    """
    here, names = known.here, known.here.names
    now, lifetime, idle = here.manager.clock().timestamp(), here.lifetime, here.idle
    proved: Any = held.get(names.proved)
    since: Any = held.get(names.since)
    if not isinstance(proved, int) or (idle is not None and not isinstance(since, int)):
        proved, since = _begin(known, held)
    if lifetime is not None and now - proved >= lifetime:
        return True
    if idle is None:
        return False
    value = asked.cookies.get(cookie.seen_name(known.app, names))
    seen = None if value is None else cookie.read_seen(value, names, known.app)
    if seen is None or seen.signin != held.get(names.signin):
        return bool(now - since >= idle + here.touch_every)
    # A time to come is of a server whose clock is ahead.
    known.is_touched = abs(now - seen.at) < here.touch_every
    return bool(now - max(since, seen.at) >= idle + here.touch_every)


def touch(known: Memory, response: Response) -> None:
    """Write that somebody was seen, if not by the request alone."""
    if known.by_request or known.by_header:
        return
    app, here, names = known.app, known.here, known.here.names
    held = session_at_hand() if known.held is None else known.held
    signin = held.get(names.signin)
    if signin is None:
        if cookie.seen_name(app, names) in request_at_hand().cookies:
            cookie.write_unseen(response, names, app)
    elif known.person_id is not None:  # somebody is in by this session
        expires = app.session_interface.get_expiration_time(app, held)
        if expires is not None:  # the session's end moves on more often than this
            expires += timedelta(seconds=here.touch_every)
        now = int(here.manager.clock().timestamp())
        cookie.write_seen(response, Seen(str(signin), now), names, app, expires)


def _begin(known: Memory, held: SessionMixin) -> tuple[int, int]:
    """Give a session the times that it has not: those of when it was written."""
    here, names, notes = known.here, known.here.names, known.note()
    signed_at = entry.signed_at(known.app)
    moment = here.manager.clock() if signed_at is None else signed_at
    keys = {**entry.keys_of_ours(here, moment), names.proved: int(moment.timestamp())}
    for name in [*keys]:
        kind = str if name == names.signin else int
        if isinstance(held.get(name), kind):
            keys[name] = held[name]
    notes.keys = {**(notes.keys or {}), **keys}
    return keys[names.proved], keys.get(names.since) or keys[names.proved]
