"""What a sign-in puts into the session, and whether that is still good.

Its keys, and of them the seals: from where it came, and of which credentials.
"""

import hmac
import secrets
from datetime import UTC, datetime
from hashlib import sha512
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadData

from . import seals, users
from .state import State, app_at_hand, request_at_hand

SIGNIN_BYTES = 16
"""128 random bits for the id of a sign-in (ASVS 5.0, 7.2.3)."""

AGENT_SEALED = 1000
"""What is looked at of a user agent, in characters: seals are remembered, and a browser
may say as much as it likes."""


def sign_in_keys(
    here: State,
    user_id: str,
    *,
    stamp: str | None,
    forced: bool,
    fresh: bool = False,
) -> dict[str, Any]:
    """Make the session's keys of a new sign-in; None is for a key to be absent."""
    names, now = here.names, here.manager.clock()
    return {
        names.user_id: user_id,
        names.fresh: fresh,
        names.id: here.manager._session_identifier_generator(),  # noqa: SLF001 (Flask-Login's name)
        **keys_of_ours(here, now),
        names.proved: int(now.timestamp()) if fresh or here.is_limited else None,
        names.stamp: stamp,
        names.forced: forced or None,
        names.methods: None,
        names.left: None,
    }


def keys_of_ours(here: State, since: datetime) -> dict[str, Any]:
    """Make the id of a sign-in, and, with an idle limit, say since when it has it."""
    keys: dict[str, Any] = {here.names.signin: secrets.token_urlsafe(SIGNIN_BYTES)}
    if here.idle is not None:
        keys[here.names.since] = int(since.timestamp())
    return keys


def origin_seal(app: Flask, asked: Request) -> str:
    """Seal from which address and browser a request came."""
    secret = app.config.get("SECRET_KEY") or seals.secret_of(app)
    return seals.seal(secret, "origin", _origin(asked))


def is_sealed_by_fallback(app: Flask, asked: Request, given: object) -> bool:
    _, *fallbacks = seals.secrets_of(app)
    origin = _origin(asked)
    return seals.sealed_by(tuple(fallbacks), "origin", origin, given) is not None


def _origin(asked: Request) -> str:
    agent = str(asked.environ.get("HTTP_USER_AGENT"))[:AGENT_SEALED]
    return f"{asked.remote_addr}|{agent}"


def is_flask_logins(asked: Request, given: object) -> bool:
    """Tell whether this is Flask-Login's mark of this address and browser.

    It is a plain digest, from which the address can be found; so it is taken once, in a
    session that moves over, and replaced by ours.
    """
    if not isinstance(given, str) or not given.isascii():
        return False
    return hmac.compare_digest(given, _of_flask_login(asked))


def _of_flask_login(asked: Request) -> str:
    sent = asked.headers.get("X-Forwarded-For", asked.remote_addr)
    address = None if sent is None else sent.encode().split(b",")[0].strip()
    agent = asked.headers.get("User-Agent")
    base = f"{address!r}|{None if agent is None else agent.encode()!r}"
    return sha512(base.encode()).hexdigest()


# --- The stamp: another one, and the sign-in is dead.

REFUSED: Any = object()


def sealed_stamp(here: State, user: Any) -> str | None:
    """Seal the user's stamp with the present key; None if it has no stamp."""
    stamp = users.stamp_of(user)
    return None if stamp is None else sealed(here, app_at_hand(), stamp)


def sealed(here: State, app: Flask, stamp: str) -> str:
    return seals.seal(seals.secret_of(app), here.names.stamp, stamp)


def verified_stamp(here: State, app: Flask, stamp: str | None, given: object) -> Any:
    """Give a user's stamp sealed with the present key, if it is the one given.

    Returns:
        None for a user who has no stamp; ``REFUSED`` if it is another.

    """
    if stamp is None:
        return None
    keys, purpose = seals.secrets_of(app), here.names.stamp
    place = seals.sealed_by(keys, purpose, stamp, given)
    if place is None:
        return REFUSED
    return seals.seal(keys[0], purpose, stamp) if place else given


# --- The age of a proof.


def proved_at(here: State, held: SessionMixin) -> datetime | None:
    """Tell when the person of a session proved who they are, or else came in.

    Returns:
        What the session says; of a session that Flask-Login wrote, when its cookie
        was signed; None where the session's interface keeps no such time.

    """
    proved = held.get(here.names.proved)
    if isinstance(proved, int):
        try:
            return datetime.fromtimestamp(proved, UTC)
        except (OSError, OverflowError, ValueError):  # beyond the calendar
            return datetime.min.replace(tzinfo=UTC)
    return signed_at(app_at_hand())


def signed_at(app: Flask) -> datetime | None:
    """Tell when the session's cookie was signed; None if no cookie says so."""
    interface = app.session_interface
    if not isinstance(interface, SecureCookieSessionInterface):
        return None
    signer: Any = interface.get_signing_serializer(app)
    value = request_at_hand().cookies.get(interface.get_cookie_name(app), "")
    try:
        told = signer.loads(value, return_timestamp=True)
    except (BadData, TypeError):
        return None
    # An interface of somebody's own may sign without a time.
    return told[1] if isinstance(told, tuple) else None


def moved_proof(here: State, held: SessionMixin) -> dict[str, Any]:
    """Make the key for when somebody proved who they are whom Flask-Login let in.

    To be kept before the session is written again: then its cookie is signed anew.
    """
    proved = proved_at(here, held) if held.get(here.names.fresh) is True else None
    return {} if proved is None else {here.names.proved: int(proved.timestamp())}
