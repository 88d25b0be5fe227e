"""What shows that a text is the same, and does not show the text.

Here are the application's secret keys, and what is sealed with them. A seal is under a
key of its own purpose, so that one made for this is worth nothing for that.
"""

import hmac
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256, sha512

from flask import Flask, current_app

from .errors import ConfigError

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
        ConfigError: there is no secret key, or the fallbacks are no list of keys:
            of a text each letter would be one, and an empty one is anybody's.

    """
    fallbacks = app.config.get("SECRET_KEY_FALLBACKS")
    if not fallbacks:
        return (app.config.get("SECRET_KEY") or secret_of(app),)
    if isinstance(fallbacks, (str, bytes)):
        raise ConfigError("SECRET_KEY_FALLBACKS", "is one text; it should be a list")
    if not all(fallbacks):
        raise ConfigError(
            "SECRET_KEY_FALLBACKS", "has an empty key, which is anybody's"
        )
    return (secret_of(app), *fallbacks)


@lru_cache(maxsize=2048)
def seal(secret: str | bytes, purpose: str, text: str) -> str:
    """Seal a text under a key of its own purpose.

    The last seals are remembered, for one is looked at with every request.
    """
    message = text.encode("utf-8", "surrogatepass")
    digest = hmac.digest(_key_for(secret, purpose), message, sha256)
    return digest[:SEAL_BYTES].hex()


def is_seal(given: object, seal: str) -> bool:
    if not isinstance(given, str) or not given.isascii():
        return False
    return hmac.compare_digest(given, seal)


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
    message = payload.encode("utf-8", "surrogatepass")
    return hmac.new(as_bytes(secret), message, sha512).hexdigest()


def as_bytes(secret: str | bytes) -> bytes:
    """Turn a key into bytes as Flask-Login does, by Latin-1.

    So cookies already in browsers stay readable; a key that Latin-1 cannot write had no
    cookies there.
    """
    if isinstance(secret, str):
        with suppress(UnicodeEncodeError):
            return secret.encode("latin-1")
    return _bytes(secret)
