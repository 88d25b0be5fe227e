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

from . import config, cookie, entry, leftovers, seals, users
from .cookie import Remember
from .errors import MissingLoaderError
from .memory import Memory
from .state import State, app_at_hand, request_at_hand, session_at_hand

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
    user, load = None, manager.user_callback
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


def _by_session(known: Memory, asked: Request, held: SessionMixin, load: Load) -> Any:
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
    user = users.loaded(load(str(user_id)), "user_loader")
    if user is not None and (users.is_active(user) or held.get(names.forced) is True):
        given = held.get(names.stamp)
        known.stamp = users.stamp_of(user)
        stamp = entry.verified_stamp(here, app, known.stamp, given)
        if stamp is not entry.REFUSED:
            known.person_id = str(user_id)
            if stamp is not None and stamp != given:  # under a fallback key
                _restamp(known, given, stamp)
            return user
    _end(known, held)
    return None


def _restamp(known: Memory, was: object, stamp: str) -> None:
    """Have the present key's seal put into the session, and the remember cookie."""
    here, notes = known.here, known.note()
    notes.keys = {**(notes.keys or {}), here.names.stamp: stamp}
    remembered = remembered_by(here)
    if remembered is not None and (
        (remembered.user_id, remembered.stamp) == (known.person_id, was)
    ):
        now = here.manager.clock()
        notes.remember = remembered.of(remembered.user_id, stamp, now)


def _end(known: Memory, held: SessionMixin) -> None:
    """Have the sign-in taken out of the session, and the rest marked as its owner's."""
    here, names = known.here, known.here.names
    mark = leftovers.mark(known.app, here, held, str(known.seen_id))
    # A page to come back to may be noted yet, by the refusal that follows from this.
    ended = [key for key in names.login_keys if key != names.next]
    known.note().keys = dict.fromkeys(ended) | mark


def _by_cookie(known: Memory, held: SessionMixin) -> Any:
    here = known.here
    value = _remember_value(here, known.app)
    if value is None:
        return None
    if held.get(here.names.remember) == "clear":
        known.note().forget = True
        return None
    load = here.manager._load_user_from_remember_cookie  # noqa: SLF001 (Flask-Login's)
    user = load(value)
    known.by_cookie = user is not None
    return user


def by_cookie(known: Memory, value: str) -> Any:
    """Find the user whom a remember cookie names, and note that they are let in."""
    app, here, notes = known.app, known.here, known.note()
    held = known.held if known.held is not None else session_at_hand()
    remembered, load = _read(value, here, app), here.manager.user_callback
    user, stamp = None, entry.REFUSED
    if remembered is not None and load is not None:
        user = users.loaded(load(remembered.user_id), "user_loader")
        if user is not None and (remembered.forced or users.is_active(user)):
            known.stamp = users.stamp_of(user)
            stamp = entry.verified_stamp(here, app, known.stamp, remembered.stamp)
    if remembered is None or stamp is entry.REFUSED:
        log.warning(
            "A remember cookie was not taken, and is removed: not signed here, too"
            " old, or of a user or credentials that are no more."
        )
        notes.forget = True
        return None
    known.stale = True
    known.person_id = remembered.user_id
    if _is_anothers(known, held, remembered.user_id):
        leftovers.clear(app, here, held)
        known.seen_id = None
    notes.is_entry = True
    notes.keys = entry.sign_in_keys(
        here, remembered.user_id, stamp=stamp, forced=remembered.forced
    )
    if not _is_signed_now(value, here, app):  # but under a fallback key
        now = here.manager.clock()
        notes.remember = remembered.of(remembered.user_id, stamp, now)
    return user


def _is_anothers(known: Memory, held: SessionMixin, user_id: str) -> bool:
    return str(known.seen_id or user_id) != user_id or leftovers.are_anothers(
        known.app, known.here.names, held, user_id
    )


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
    return False


# --- The remember cookie of this request.


def has_remember_cookie(here: State) -> bool:
    return _remember_value(here, app_at_hand()) is not None


def remembered_by(here: State) -> Remember | None:
    """Read the remember cookie that came; None if it did not, or is worth nothing."""
    app = app_at_hand()
    value = _remember_value(here, app)
    return None if value is None else _read(value, here, app)


def _read(value: str, here: State, app: Flask) -> Remember | None:
    if not app.secret_key:
        return None
    remembered = Remember.read(value, seals.secrets_of(app), here.names.tail)
    if remembered is None or remembered.is_over(here.manager.clock()):
        return None
    return remembered


def is_of(here: State, remembered: Remember, user: Any) -> bool:
    """Tell whether a remember cookie is this user's, and of the present stamp."""
    user_id = users.id_of(user, here.manager.id_attribute)
    if remembered.user_id != user_id:
        return False
    now, given = users.stamp_of(user), remembered.stamp
    stamp = entry.verified_stamp(here, app_at_hand(), now, given)
    return stamp is not entry.REFUSED


def _is_signed_now(value: str, here: State, app: Flask) -> bool:
    """Tell whether a remember cookie was signed with the present key."""
    secret, *fallbacks = seals.secrets_of(app)
    return not fallbacks or (
        Remember.read(value, (secret,), here.names.tail) is not None
    )


def _remember_value(here: State, app: Flask) -> str | None:
    """Give the remember cookie that came; of several the first that is worth anything.

    There are two where one was set for the host alone and one for its domain, as by
    Flask-Login and by us; browsers send the older one first.
    """
    name = cookie.remember_name(app.config, here.names)
    values = request_at_hand().cookies.getlist(name)
    if len(values) < 2:  # noqa: PLR2004 (there is no choice)
        return values[0] if values else None
    good = (each for each in values if _read(each, here, app) is not None)
    return next(good, values[0])


def _tell_of_a_refused_session(app: Flask) -> None:
    if app.session_interface.get_cookie_name(app) in request_at_hand().cookies:
        log.warning("A session cookie was refused: not signed here, or too old.")
