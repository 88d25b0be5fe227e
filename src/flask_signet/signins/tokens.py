"""The secrets that open a sign-in, and what is kept of them."""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NewType, Self

TOKEN_BYTES = 32
"""256 random bits; ASVS 5.0, 7.2.3 asks for 128."""

Digest = NewType("Digest", str)
"""What is stored and looked up: a thief of the register gains no token."""


def digest_of(secret: str) -> Digest:
    # SHA-256 and not Argon2: 256 random bits cannot be guessed, so there is nothing to
    # slow down, and this runs on every request. ASVS 5.0, 6.5.2 says the same of lookup
    # secrets.
    return Digest(sha256(secret.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Token:
    """The secrets of one sign-in, for its browser. Shown once, and never kept."""

    text: str = field(repr=False)
    """The session token."""

    remember: str | None = field(default=None, repr=False)
    """The secret of the remember value; None if the browser is to forget."""

    @classmethod
    def new(cls, *, remember: bool = False) -> Self:
        make = secrets.token_urlsafe
        return cls(make(TOKEN_BYTES), make(TOKEN_BYTES) if remember else None)

    @property
    def digest(self) -> Digest:
        return digest_of(self.text)

    @property
    def remember_digest(self) -> Digest | None:
        return None if self.remember is None else digest_of(self.remember)
