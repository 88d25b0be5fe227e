"""How long a sign-in lasts: how long at rest, and how long at most.

Without a register, when somebody was last seen stands in a cookie of its own: a session
that were written for it would be overwritten by late answers, which undoes a logout.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, Request, Response
from flask.sessions import SessionMixin

from . import cookie, entry, signed
from .memory import Memory
from .names import Names
from .seals import Secrets, secrets_of
from .state import request_at_hand, session_at_hand


class Seen(NamedTuple):
    """What the cookie says that goes with an idle limit; the session has the rest."""

    signin: str
    """Whose: the random id of the sign-in."""

    at: int
    """Whole seconds since 1970, UTC."""


SEEN_AT_MOST = 200
"""Letters: an id of 22, a time of 6 and a signature of 43, and room to grow."""


def read_seen(value: str, names: Names, app: Flask) -> Seen | None:
    """Read a cookie's value; None for whatever was not signed here for this."""
    if len(value) > SEEN_AT_MOST:
        return None
    return _read_seen(value, secrets_of(app), names.tail)


# The same value comes with every request of a minute.
@lru_cache(maxsize=4096)
def _read_seen(value: str, secrets: Secrets, tail: str) -> Seen | None:
    told = signed.read_plain(value, secrets, f"seen v1{tail}")
    return None if told is None else Seen(*told)


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
    seen = None if value is None else read_seen(value, names, known.app)
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
        purpose = f"seen v1{names.tail}"
        value = signed.make_plain(str(signin), now, secrets_of(app), purpose)
        cookie.write_seen(response, value, names, app, expires)


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
