"""From the cookies to the user: the session's, else the remember cookie's.

Finding never writes. What should be written is noted, and said with the answer, if
there is one that can carry it. One thing cannot wait so long: what another person has
left in the session is cleared before anybody is shown it.
"""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import SessionMixin

from . import config, entry, leftovers, limits, moving, recall, seals, users
from .errors import MissingLoaderError
from .memory import Memory
from .state import request_at_hand, session_at_hand

log = logging.getLogger("flask_signet")

Load = Callable[[Any], Any]


def find(known: Memory, asked: Request) -> Any:
    """Find the user of a request, and note in its memory what to say of it.

    Returns:
        The user; None for a stranger.

    Raises:
        MissingLoaderError: the manager has neither of the two loaders.

    """
    manager = known.here.manager
    user, load = None, manager._user_callback  # noqa: SLF001 (Flask-Login's name)
    if manager.request_first:
        user = _by_request(known, asked)
        if user is not None:
            return user
    if load is not None:
        known.held = held = session_at_hand()
        user = _by_session(known, asked, held, load)
        if user is None and not (known.notes and known.notes.forget):
            user = _by_cookie(known, held)
    if user is None and not manager.request_first:
        return _by_request(known, asked)
    return user


def _by_session(  # noqa: C901 (at each request, where a call more is felt)
    known: Memory, asked: Request, held: SessionMixin, load: Load
) -> Any:
    app, here, names = known.app, known.here, known.here.names
    user_id = known.seen_id = held.get(names.user_id)
    if user_id is None:
        if not held:
            _tell_of_a_refused_session(app)
        return None
    # The manager is asked only where ours does not fit: another's may.
    if held.get(names.id) != entry.origin_seal(app, asked) and (
        here.manager._session_protection_failed()  # noqa: SLF001 (Flask-Login's name)
    ):
        return None
    if here.is_limited and limits.is_over(known, asked, held):
        _end(known, held)
        return None
    desk = here.desk
    if desk is not None and not desk.is_in(known, asked, str(user_id)):
        return None
    user = load(str(user_id))
    if user is not None and not hasattr(type(user), "is_authenticated"):
        user = users.loaded(user, "user_loader")
    if known.signin is not None and desk is not None:
        may_stay = desk.may_stay(known, known.signin, user)
    else:
        may_stay = user is not None and _may_stay(known, held, user)
        if may_stay and desk is not None:
            known.person_id = str(user_id)
            desk.note_that_they_move_in(known, user, None)
    if may_stay:
        known.person_id = str(user_id)
        return user
    if not known.is_unsure:
        _end(known, held)
    return None


def _may_stay(known: Memory, held: SessionMixin, user: Any) -> bool:
    names = known.here.names
    if not users.is_active(user) and held.get(names.forced) is not True:
        return False
    known.stamp = stamp = users.stamp_of(user)
    if names.signin not in held:
        return _may_move_in(known)
    return stamp is None or _is_of_this_stamp(known, held, stamp)


def _is_of_this_stamp(known: Memory, held: SessionMixin, stamp: str) -> bool:
    app, here = known.app, known.here
    given, secret = held.get(here.names.stamp), app.config.get("SECRET_KEY")
    if secret and seals.is_seal(given, seals.seal(secret, here.names.stamp, stamp)):
        return True
    sealed = entry.verified_stamp(here, app, stamp, given)
    if sealed is entry.REFUSED:
        known.note().add_marks(moving.mark_of_leaving(here, str(known.seen_id)))
        return False
    _restamp(known, given, sealed)  # it was under a fallback key
    return True


def _may_move_in(known: Memory) -> bool:
    """Tell whether a session without our marks may stay, and have it get them."""
    app, here, names = known.app, known.here, known.here.names
    if not moving.is_set(here):
        return _needs_no_stamp(known)
    user_id, signed_at = str(known.seen_id), entry.signed_at(app)
    if not moving.admits(known, user_id, signed_at):
        if known.is_unsure:
            known.notes = None  # our keys, written now, would let it in later
        return False
    if not moving.is_on(here):
        return _needs_no_stamp(known)
    moment, sealed = signed_at or here.manager.clock(), None
    keys = {**entry.keys_of_ours(here, moment), names.proved: int(moment.timestamp())}
    if known.stamp is not None:  # taken because of the date alone: it is not fresh
        known.stale = True
        sealed = entry.sealed(here, app, known.stamp)
        keys |= {names.fresh: False, names.stamp: sealed}
    notes = known.note()
    notes.keys = {**(notes.keys or {}), **keys}
    notes.add_marks(moving.mark_of_stamp(here, user_id, sealed))
    _have_the_remember_cookie_move(known, user_id, sealed)
    return True


def _needs_no_stamp(known: Memory) -> bool:
    if known.stamp is not None:
        moving.tell_of_what_was_refused(known.app)
    return known.stamp is None


def _have_the_remember_cookie_move(known: Memory, user_id: str, stamp: Any) -> None:
    remembered = recall.remembered(known.here)
    if remembered and remembered.is_flask_logins and remembered.user_id == user_id:
        now = known.here.manager.clock()
        known.note().remember = remembered.of(user_id, stamp, now)


def _restamp(known: Memory, was: object, stamp: str) -> None:
    """Have the present key's seal put into the session, and the remember cookie."""
    here, notes = known.here, known.note()
    notes.keys = {**(notes.keys or {}), here.names.stamp: stamp}
    remembered = recall.remembered(here)
    if remembered is not None and (
        (remembered.user_id, remembered.stamp) == (str(known.seen_id), was)
    ):
        now = here.manager.clock()
        notes.remember = remembered.of(remembered.user_id, stamp, now)


def _end(known: Memory, held: SessionMixin) -> None:
    """Have the sign-in taken out of the session, and the rest marked as its owner's."""
    here, names = known.here, known.here.names
    mark = leftovers.mark(known.app, here, held, str(known.seen_id))
    # A page to come back to may be noted yet, by the refusal that follows from this.
    ended = [key for key in names.login_keys if key != names.next]
    notes = known.note()
    notes.keys = dict.fromkeys(ended) | mark
    notes.drops_token = here.desk is not None


def _by_cookie(known: Memory, held: SessionMixin) -> Any:
    here = known.here
    value = recall.value_in(here, known.app)
    if value is None:
        return None
    if held.get(here.names.remember) == "clear":
        known.note().forget = True
        return None
    load = here.manager._load_user_from_remember_cookie  # noqa: SLF001 (Flask-Login's)
    user = load(value)
    known.by_cookie = user is not None
    return user


def _by_request(known: Memory, asked: Request) -> Any:
    manager = known.here.manager
    user = None
    if manager.request_callback is not None:
        user = manager._load_user_from_request(asked)  # noqa: SLF001 (Flask-Login's)
        known.by_request = user is not None
    elif manager.user_callback is None:
        raise MissingLoaderError(known.app.name)
    elif manager.header_callback is not None:
        user = _by_header(known, asked, manager.header_callback)
    return user


def by_request(load: Load, asked: Any, loader: str = "request_loader") -> Any:
    """Ask a loader for the user of a request; one who is not active is nobody."""
    user = users.loaded(load(asked), loader)
    return None if user is None or not users.is_active(user) else user


def _by_header(known: Memory, asked: Request, load: Load) -> Any:
    name = known.app.config.get("AUTH_HEADER_NAME", config.AUTH_HEADER_NAME)
    if name not in asked.headers:
        return None
    user = by_request(load, asked.headers[name], "header_loader")
    known.by_header = user is not None
    return user


def protection_failed(known: Memory, asked: Request) -> bool:
    """Say whether a session ends, by the address or browser that it is used from."""
    app, manager, names = known.app, known.here.manager, known.here.names
    held = known.held if known.held is not None else session_at_hand()
    mode = config.session_protection(app.config, manager.session_protection)
    now, given = manager._session_identifier_generator(), held.get(names.id)  # noqa: SLF001 (Flask-Login's name)
    if mode is None or given == now:
        return False
    notes = known.note()
    if entry.is_sealed_by_fallback(app, asked, given):
        notes.keys = {names.id: now}
    elif entry.is_flask_logins(asked, given):
        notes.keys = {names.id: now, **entry.moved_proof(known.here, held)}
    elif mode == "strong":
        known.protected = notes.forget = True
        _end(known, held)
        return True
    elif held.get(names.fresh) is not False:
        known.protected = known.stale = True
        notes.keys = {names.fresh: False}
    elif known.here.desk is not None:
        known.stale = True  # at each request, for the row is fresh for its owner
    return False


def _tell_of_a_refused_session(app: Flask) -> None:
    if app.session_interface.get_cookie_name(app) in request_at_hand().cookies:
        log.warning(
            "A session cookie was refused: not signed here, too old, or of somebody"
            " who has left since."
        )
