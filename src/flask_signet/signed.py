"""Short texts and claims, signed with a time: what the cookies are made of.

Made by itsdangerous, whose form it is. Read by fewer steps than the library takes, for
a page waits: the signature first, and nothing else of a value that has none of ours.
"""

import hmac
from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from json import JSONDecoder
from typing import Any, Final

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer, want_bytes

from .seals import Secrets

_PLAIN: Final = str.maketrans("-_", "+/")
_URLSAFE: Final = bytes.maketrans(b"+/", b"-_")
_JSON: Final = JSONDecoder()


def make(claim: Any, at: datetime, secrets: Secrets, purpose: str) -> str:
    """Sign a claim, with the time that it is told."""
    form = _form(secrets, purpose)
    signer: Any = form.make_signer()
    signer.now = int(at.timestamp())
    return want_bytes(signer.sign(form.dump_payload(claim))).decode()


def read(value: str, secrets: Secrets, purpose: str) -> tuple[Any, datetime] | None:
    """Read a claim and its time; None for what was not signed here for this."""
    form = _form(secrets, purpose)
    payload, at = _checked(value, form)
    if at is None:
        return None
    try:
        if payload[:1] == ".":  # it was long, and is packed
            claim = form.load_payload(payload.encode())
        else:
            claim, _ = _JSON.raw_decode(_decoded(payload).decode())
        return claim, datetime.fromtimestamp(at, UTC)
    except (BadData, OSError, OverflowError, ValueError):
        return None


def make_plain(text: str, at: int, secrets: Secrets, purpose: str) -> str:
    """Sign a text without dots, with a time in whole seconds since 1970."""
    signer: Any = _form(secrets, purpose).make_signer()
    signer.now = at
    return want_bytes(signer.sign(text)).decode()


def read_plain(value: str, secrets: Secrets, purpose: str) -> tuple[str, int] | None:
    text, at = _checked(value, _form(secrets, purpose))
    return None if at is None else (text, at)


class _Signer(TimestampSigner):
    now = 0

    def get_timestamp(self) -> int:
        return self.now


class _Form(URLSafeTimedSerializer):
    """Derives its keys once, where the library would for each value."""

    @cached_property
    def keys(self) -> list[bytes]:
        signer: Any = self.make_signer()
        return [signer.derive_key(key) for key in signer.secret_keys]


@lru_cache(maxsize=64)
def _form(secrets: Secrets, purpose: str) -> _Form:
    # itsdangerous wants the present key last.
    return _Form(
        [want_bytes(secret) for secret in reversed(secrets)],
        salt=f"flask-signet {purpose}",
        signer=_Signer,
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )


def _checked(value: str, form: _Form) -> tuple[str, int | None]:
    """Give what was signed, and when; no time for what was not."""
    signed, _, signature = value.rpartition(".")
    text, _, time = signed.rpartition(".")
    try:
        if _is_signed(form, signed.encode(), signature.encode()):
            return text, int.from_bytes(_decoded(time), "big")
    except ValueError:  # half a letter, or no base64
        pass
    return "", None


def _is_signed(form: _Form, data: bytes, claim: bytes) -> bool:
    # As text, for base64 may be written in more than one way; only ours is taken.
    for key in form.keys:
        digest = b2a_base64(hmac.digest(key, data, "sha256"), newline=False)
        if hmac.compare_digest(digest.translate(_URLSAFE).rstrip(b"="), claim):
            return True
    return False


def _decoded(text: str) -> bytes:
    return a2b_base64(text.translate(_PLAIN) + "==")
