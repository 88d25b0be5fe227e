"""Cookies as values, and the one writer of responses.

A value is sealed or read here without a look at any request; whether it is still
good is said by the value itself, given the time. Only ``write`` touches a response,
and only if there is something to say.
"""

import hmac
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256, sha512
from typing import Any, Self

from flask import Flask, Response, current_app
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from . import config
from .errors import ConfigError
from .names import Names
from .words import Clock

SEAL_BYTES = 16
"""128 bits of a digest: what a session carries of it (ASVS 5.0, 11.2.3)."""

Secrets = tuple[str | bytes, ...]
"""The keys of an application, the present one first."""


def secret_of(app: Flask) -> str | bytes:
    """Read ``SECRET_KEY``.

    Raises:
        ConfigError: there is none.

    """
    secret: str | bytes | None = app.config.get("SECRET_KEY")
    if not secret:
        raise ConfigError("SECRET_KEY", "is not set; a sign-in is sealed with it")
    return secret


def secrets_of(app: Flask) -> Secrets:
    """Read ``SECRET_KEY`` and ``SECRET_KEY_FALLBACKS``.

    Raises:
        ConfigError: there is no secret key, or the fallbacks are one text: each of
            its letters would be a key.

    """
    fallbacks = app.config.get("SECRET_KEY_FALLBACKS")
    if not fallbacks:
        return (secret_of(app),)
    if isinstance(fallbacks, (str, bytes)):
        raise ConfigError("SECRET_KEY_FALLBACKS", "is one text; it should be a list")
    return (secret_of(app), *fallbacks)


# --- Seals: what shows that a text is the same, and does not show the text.


@lru_cache(maxsize=2048)
def seal(secret: str | bytes, purpose: str, text: str) -> str:
    """Seal a text under a key of its own purpose.

    The last seals are remembered, for one is looked at with every request.
    """
    message = text.encode("utf-8", "surrogatepass")
    digest = hmac.digest(_key_for(secret, purpose), message, sha256)
    return digest[:SEAL_BYTES].hex()


def sealed_by(secrets: Secrets, purpose: str, text: str, given: object) -> int | None:
    """Find the key under which this text was sealed.

    Returns:
        Its place among the secrets, 0 for the present one; None if none was.

    """
    if not isinstance(given, str) or not given.isascii():
        return None
    for place, secret in enumerate(secrets):
        if hmac.compare_digest(seal(secret, purpose, text), given):
            return place
    return None


@lru_cache(maxsize=64)
def _key_for(secret: str | bytes, purpose: str) -> bytes:
    return hmac.digest(_bytes(secret), f"flask-signet {purpose} v1".encode(), sha256)


def _bytes(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret


# --- The remember cookie.


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """What the remember cookie says: whom to know again, and how long."""

    user_id: str
    seconds: int
    """How long it is good, from the moment it was signed."""

    stamp: str | None
    """The seal of the user's stamp, None for a user that has none."""

    forced: bool
    """Whether the user was let in though inactive."""

    signed_at: datetime

    def is_over(self, now: datetime) -> bool:
        return now - self.signed_at >= timedelta(seconds=self.seconds)

    def of(self, user_id: str, stamp: str | None, now: datetime) -> Self:
        """Say the same with a new id and stamp, and end when this would have ended."""
        rest = self.seconds - int((now - self.signed_at).total_seconds())
        return replace(self, user_id=user_id, stamp=stamp, seconds=rest, signed_at=now)

    def again(self, stamp: str | None, now: datetime) -> Self:
        """Say the same from now on, for as long as this was meant to be said."""
        return replace(self, stamp=stamp, signed_at=now)

    def signed(self, secrets: Secrets, tail: str) -> str:
        """Make the cookie's value."""
        claim = [self.user_id, self.seconds, self.stamp, self.forced]
        signer = _remember_signer(secrets, tail, lambda: self.signed_at)
        return _text(signer.dumps(claim))

    @classmethod
    def read(cls, value: str, secrets: Secrets, tail: str) -> Self | None:
        """Read a cookie's value; None for whatever was not signed here for this."""
        try:
            claim, signed_at = _remember_signer(secrets, tail).loads(
                value, return_timestamp=True
            )
            user_id, seconds, stamp, forced = claim
        except (BadData, TypeError, ValueError, RecursionError):
            return None
        return cls(
            user_id=user_id,
            seconds=seconds,
            stamp=stamp,
            forced=forced,
            signed_at=signed_at,
        )


class _ClockSigner(TimestampSigner):
    """Signs with the time that it is told."""

    def __init__(self, *args: Any, clock: Clock | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def get_timestamp(self) -> int:
        return (
            int(self._clock().timestamp()) if self._clock else super().get_timestamp()
        )


def _remember_signer(
    secrets: Secrets, tail: str, clock: Clock | None = None
) -> URLSafeTimedSerializer:
    # itsdangerous wants the present key last.
    return URLSafeTimedSerializer(
        [_bytes(secret) for secret in reversed(secrets)],
        salt=f"flask-signet remember v1{tail}",
        signer=_ClockSigner,
        signer_kwargs={
            "key_derivation": "hmac",
            "digest_method": sha256,
            "clock": clock,
        },
    )


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


# --- Flask-Login's signed texts. What is signed so is never taken for a sign-in.


def encode_cookie(payload: str, key: str | bytes | None = None) -> str:
    """Sign a text as Flask-Login does: the text, a bar, and its HMAC-SHA-512 in hex.

    Args:
        payload: any text.
        key: the key to sign with; by default the application's.

    Raises:
        ConfigError: no key was given and the application has none.

    """
    secret = key if key is not None else secrets_of(current_app)[0]
    return f"{payload}|{_hex_digest(secret, payload)}"


def decode_cookie(cookie: str, key: str | bytes | None = None) -> str | None:
    """Read what ``encode_cookie`` signed; None for anything else.

    Without a key, the application's fallback keys are tried, too.

    Raises:
        ConfigError: no key was given and the application has none.

    """
    payload, bar, digest = cookie.rpartition("|")
    if not bar:
        return None
    secrets = (key,) if key is not None else secrets_of(current_app)
    claim = digest.encode("utf-8", "surrogatepass")
    for secret in secrets:
        if hmac.compare_digest(_hex_digest(secret, payload).encode(), claim):
            return payload
    return None


def _hex_digest(secret: str | bytes, payload: str) -> str:
    # Flask-Login turns a key into bytes by Latin-1, so cookies already in browsers
    # stay readable; a key that Latin-1 cannot write had no cookies there.
    key = _bytes(secret)
    if isinstance(secret, str):
        with suppress(UnicodeEncodeError):
            key = secret.encode("latin-1")
    message = payload.encode("utf-8", "surrogatepass")
    return hmac.new(key, message, sha512).hexdigest()


# --- The writer.


@dataclass(slots=True)
class Notes:
    """What is to be said of a sign-in. Kept with the request, written once."""

    keys: dict[str, Any] | None = None
    """Keys for Flask's session; a value of None takes one away."""

    remember: Remember | None = None
    forget: bool = False


def write_keys(keys: Mapping[str, Any], held: MutableMapping[str, Any]) -> None:
    """Put keys into Flask's session; a value of None takes one away."""
    for key, value in keys.items():
        if value is not None:
            held[key] = value
        else:
            held.pop(key, None)


def write(response: Response, notes: Notes, names: Names, app: Flask) -> None:
    """Say with the response what was noted."""
    if notes.remember is not None:
        seconds = notes.remember.seconds
        response.set_cookie(
            remember_name(app.config, names),
            notes.remember.signed(secrets_of(app), names.tail),
            max_age=seconds,
            expires=notes.remember.signed_at + timedelta(seconds=seconds),
            **_flags(app),
        )
    elif notes.forget:
        response.delete_cookie(remember_name(app.config, names), **_flags(app))


def write_no_store(response: Response) -> None:
    """Keep the answer out of every cache, if the view has said nothing of caches."""
    headers = response.headers
    if not headers.getlist("Cache-Control"):
        headers.add("Cache-Control", "no-store")


def remember_name(settings: Mapping[str, Any], names: Names) -> str:
    return f"{settings.get('REMEMBER_COOKIE_NAME', config.COOKIE_NAME)}{names.tail}"


def _flags(app: Flask) -> dict[str, Any]:
    """Read the remember cookie's flags; what is not set is as the session cookie's."""
    session = app.session_interface
    given = app.config.get
    return {
        "domain": given("REMEMBER_COOKIE_DOMAIN", session.get_cookie_domain(app)),
        "path": given("REMEMBER_COOKIE_PATH", session.get_cookie_path(app)),
        "secure": given("REMEMBER_COOKIE_SECURE", session.get_cookie_secure(app)),
        "httponly": given("REMEMBER_COOKIE_HTTPONLY", session.get_cookie_httponly(app)),
        "samesite": given("REMEMBER_COOKIE_SAMESITE", session.get_cookie_samesite(app)),
        "partitioned": given(
            "REMEMBER_COOKIE_PARTITIONED", session.get_cookie_partitioned(app)
        ),
    }
