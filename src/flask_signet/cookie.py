"""Cookies as values, and the one writer of responses.

A value is sealed or read here without a look at any request; whether it is still
good is said by the value itself, given the time. Only ``write`` touches a response,
and only if there is something to say.
"""

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, Self

from flask import Flask, Response
from itsdangerous import (
    BadData,
    TimestampSigner,
    URLSafeTimedSerializer,
    base64_decode,
    base64_encode,
    want_bytes,
)

from . import config
from .names import Names
from .seals import Secrets, secrets_of

# --- The remember cookie.


class Remember(NamedTuple):
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
        return self._replace(user_id=user_id, stamp=stamp, seconds=rest, signed_at=now)

    def again(self, stamp: str | None, now: datetime) -> Self:
        """Say the same from now on, for as long as this was meant to be said."""
        return self._replace(stamp=stamp, signed_at=now)

    def signed(self, secrets: Secrets, tail: str) -> str:
        """Make the cookie's value."""
        claim = [self.user_id, self.seconds, self.stamp, self.forced]
        signer = _serializer(secrets, tail)
        signer.signer_kwargs = signer.signer_kwargs | {"signed_at": self.signed_at}
        return _text(signer.dumps(claim))

    @classmethod
    def read(cls, value: str, secrets: Secrets, tail: str) -> Self | None:
        """Read a cookie's value; None for whatever was not signed here for this."""
        try:
            claim, signed_at = _reader(secrets, tail).loads(
                value, return_timestamp=True
            )
            user_id, seconds, stamp, forced = claim
        except (BadData, TypeError, ValueError):
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

    def __init__(
        self, *args: Any, signed_at: datetime | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._signed_at = signed_at

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        # base64 may be written in more than one way; only ours is taken.
        try:
            as_written = base64_encode(base64_decode(sig)) == want_bytes(sig)
        except (BadData, ValueError):
            return False
        return as_written and super().verify_signature(value, sig)

    def get_timestamp(self) -> int:
        told = self._signed_at
        return super().get_timestamp() if told is None else int(told.timestamp())


def _serializer(secrets: Secrets, tail: str) -> URLSafeTimedSerializer:
    # itsdangerous wants the present key last.
    return URLSafeTimedSerializer(
        [want_bytes(secret) for secret in reversed(secrets)],
        salt=f"flask-signet remember v1{tail}",
        signer=_ClockSigner,
        signer_kwargs={
            "key_derivation": "hmac",
            "digest_method": sha256,
        },
    )


_reader = lru_cache(maxsize=64)(_serializer)
"""Kept, for to make one is dear; the one that signs is told the time, and is not."""


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


# --- The writer.


class Notes:
    """What is to be said of a sign-in. Kept with the request, written once."""

    keys: dict[str, Any] | None = None
    """Keys for Flask's session; a value of None takes one away."""

    remember: Remember | None = None
    forget = False


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
    for name, _ in headers:
        if name.lower() == "cache-control":
            return
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
