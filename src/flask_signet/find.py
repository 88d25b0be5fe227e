"""From the cookies to the user: the session's, else the remember cookie's.

Finding never writes. What should be written is noted, and said with the answer, if
there is one that can carry it.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadData

from . import config, cookie, seals, users
from .cookie import Remember
from .errors import MissingLoaderError
from .memory import Memory
from .state import State, app_at_hand, request_at_hand, session_at_hand

log = logging.getLogger("flask_signet")

Load = Callable[[Any], Any]

SIGNIN_BYTES = 16
"""128 random bits for the id of a sign-in (ASVS 5.0, 7.2.3)."""


def find(known: Memory, asked: Request) -> Any:
    """Find the user of a request, and note in its memory what to say of it.

    Returns:
        The user; None for a stranger.

    Raises:
        MissingLoaderError: the manager has neither of the two loaders.

    """
    manager = known.here.manager
    user, load = None, manager.user_callback
    if load is not None:
        known.held = held = session_at_hand()
        user = _by_session(known, asked, held, load)
        if user is None and not (known.notes and known.notes.forget):
            user = _by_cookie(known, held, load)
    return _by_request(known, asked) if user is None else user


def _by_session(known: Memory, asked: Request, held: SessionMixin, load: Load) -> Any:
    app, here, names = known.app, known.here, known.here.names
    user_id = known.seen_id = held.get(names.user_id)
    if user_id is None:
        if not held:
            _tell_of_a_refused_session(app)
        return None
    now = origin_seal(app, asked)
    if held.get(names.id) != now and not _may_go_on(known, asked, held, now):
        return None
    user = users.loaded(load(str(user_id)), "user_loader")
    if user is not None and (users.is_active(user) or held.get(names.forced) is True):
        given = held.get(names.stamp)
        stamp = _verified_stamp(here, app, user, given)
        if stamp is not _REFUSED:
            if stamp is not None and stamp != given:  # under a fallback key
                known.note().keys = {**(known.note().keys or {}), names.stamp: stamp}
            known.person_id = str(user_id)
            return user
    known.note().keys = dict.fromkeys(names.login_keys)
    return None


def _by_cookie(known: Memory, held: SessionMixin, load: Load) -> Any:
    app, here, names = known.app, known.here, known.here.names
    value = _remember_value(here, app)
    if value is None:
        return None
    notes = known.note()
    if held.get(names.remember) == "clear":
        notes.forget = True
        return None
    remembered = _read(value, here, app)
    user, stamp = None, _REFUSED
    if remembered is not None:
        user = users.loaded(load(remembered.user_id), "user_loader")
        if user is not None and (remembered.forced or users.is_active(user)):
            stamp = _verified_stamp(here, app, user, remembered.stamp)
    if remembered is None or stamp is _REFUSED:
        log.warning(
            "A remember cookie was not taken, and is removed: not signed here, too"
            " old, or of a user or credentials that are no more."
        )
        notes.forget = True
        return None
    known.by_cookie = known.stale = True
    known.person_id = remembered.user_id
    forced = remembered.forced
    notes.keys = sign_in_keys(here, remembered.user_id, stamp=stamp, forced=forced)
    if not _is_signed_now(value, here, app):  # but under a fallback key
        now = here.manager.clock()
        notes.remember = remembered.of(remembered.user_id, stamp, now)
    return user


def _by_request(known: Memory, asked: Request) -> Any:
    manager = known.here.manager
    load = manager.request_callback
    if load is None:
        if manager.user_callback is None:
            raise MissingLoaderError(known.app.name)
        return None
    user = users.loaded(load(asked), "request_loader")
    if user is None or not users.is_active(user):
        return None
    known.by_request = True
    return user


def _may_go_on(known: Memory, asked: Request, held: SessionMixin, now: str) -> bool:
    """Say whether a session may go on from another address or browser than before."""
    app, manager, names = known.app, known.here.manager, known.here.names
    mode = config.session_protection(app.config, manager.session_protection)
    if mode is None:
        return True
    notes = known.note()
    if _is_sealed_by_fallback(app, asked, held.get(names.id)):
        notes.keys = {names.id: now}
    elif mode == "strong":
        known.protected = True
        notes.keys = dict.fromkeys(names.login_keys)
        notes.forget = True
        return False
    elif held.get(names.fresh) is not False:
        known.protected = known.stale = True
        notes.keys = {names.fresh: False}
    return True


# --- What a sign-in puts into the session.


def sign_in_keys(
    here: State,
    user_id: str,
    *,
    stamp: str | None,
    forced: bool,
    fresh: bool = False,
) -> dict[str, Any]:
    """Make the session's keys of a new sign-in; None is for a key to be absent."""
    names = here.names
    return {
        names.user_id: user_id,
        names.fresh: fresh,
        names.id: origin_seal(app_at_hand(), request_at_hand()),
        names.signin: new_signin(),
        names.proved: int(here.manager.clock().timestamp()) if fresh else None,
        names.stamp: stamp,
        names.forced: forced or None,
        names.methods: None,
    }


def new_signin() -> str:
    return secrets.token_urlsafe(SIGNIN_BYTES)


def origin_seal(app: Flask, asked: Request) -> str:
    """Seal from which address and browser a request came."""
    return seals.seal(seals.secret_of(app), "origin", _origin(asked))


def _is_sealed_by_fallback(app: Flask, asked: Request, given: object) -> bool:
    _, *fallbacks = seals.secrets_of(app)
    origin = _origin(asked)
    return seals.sealed_by(tuple(fallbacks), "origin", origin, given) is not None


def _origin(asked: Request) -> str:
    return f"{asked.remote_addr}|{asked.environ.get('HTTP_USER_AGENT')}"


# --- The stamp: another one, and the sign-in is dead.

_REFUSED: Any = object()


def sealed_stamp(here: State, user: Any) -> str | None:
    """Seal the user's stamp with the present key; None if it has no stamp."""
    stamp = users.stamp_of(user)
    if stamp is None:
        return None
    return seals.seal(seals.secret_of(app_at_hand()), here.names.stamp, stamp)


def _verified_stamp(here: State, app: Flask, user: Any, given: object) -> Any:
    """Give the stamp sealed with the present key, if it is the one that was given.

    Returns:
        None for a user who has no stamp; ``_REFUSED`` if it is another.

    """
    stamp = users.stamp_of(user)
    if stamp is None:
        return None
    keys, purpose = seals.secrets_of(app), here.names.stamp
    place = seals.sealed_by(keys, purpose, stamp, given)
    if place is None:
        return _REFUSED
    return seals.seal(keys[0], purpose, stamp) if place else given


# --- The age of a proof.


def proved_at(here: State, held: SessionMixin) -> datetime | None:
    """Tell when the person of a fresh session proved who they are.

    Returns:
        What the session says; of a session that Flask-Login wrote, when its cookie
        was signed; None where the session's interface keeps no such time.

    """
    proved = held.get(here.names.proved)
    if isinstance(proved, int):
        return datetime.fromtimestamp(proved, UTC)
    app = app_at_hand()
    interface = app.session_interface
    if not isinstance(interface, SecureCookieSessionInterface):
        return None
    signer: Any = interface.get_signing_serializer(app)
    value = request_at_hand().cookies.get(interface.get_cookie_name(app), "")
    try:
        _, signed_at = signer.loads(value, return_timestamp=True)
    except BadData:
        return here.manager.clock()  # the session began in this request
    return cast("datetime", signed_at)


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
    return (
        remembered.user_id == user_id
        and _verified_stamp(here, app_at_hand(), user, remembered.stamp) is not _REFUSED
    )


def _is_signed_now(value: str, here: State, app: Flask) -> bool:
    """Tell whether a remember cookie was signed with the present key."""
    secret, *fallbacks = seals.secrets_of(app)
    return not fallbacks or (
        Remember.read(value, (secret,), here.names.tail) is not None
    )


def _remember_value(here: State, app: Flask) -> str | None:
    name = cookie.remember_name(app.config, here.names)
    return request_at_hand().cookies.get(name)


def _tell_of_a_refused_session(app: Flask) -> None:
    if app.session_interface.get_cookie_name(app) in request_at_hand().cookies:
        log.warning("A session cookie was refused: not signed here, or too old.")
