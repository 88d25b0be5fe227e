"""Whether the secret key is one that nobody can guess.

Who has it signs in as anybody. Flask's session and all our seals hang on it.
"""

from collections.abc import Iterator
from typing import Final

from flask import Flask

from flask_signet import seals

from . import people
from .finding import Finding

KEY_BYTES: Final = 32
"""128 random bits, written in hexadecimal digits; more as Base64."""

PLACEHOLDERS: Final = (
    "changeme",
    "change-me",
    "change_me",
    "change me",
    "replace-me",
    "replace_me",
    "insecure",
    "your-secret",
    "your_secret",
    "your secret",
    "change-this",
    "change this",
    "a long random text",  # as our own pages have it
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",  # and Flask's
)
"""What stands in examples for the key that one is to make."""

WHY: Final = "ASVS 5.0, 11.2.3"
MAKE: Final = "python -c 'import secrets; print(secrets.token_hex())'"


def check(app: Flask) -> Iterator[Finding]:
    if not app.config.get("SECRET_KEY"):
        if people.are_known_by_session(app):
            problem = "SECRET_KEY is not set; a sign-in is sealed with it."
            yield Finding(problem, WHY, f"SECRET_KEY = …  # of {MAKE}")
        return
    present, *older = seals.secrets_of(app)
    yield from _weakness("SECRET_KEY", present)
    for place, fallback in enumerate(older):
        name = f"SECRET_KEY_FALLBACKS[{place}]"
        if _bytes(fallback) == _bytes(present):
            problem = f"{name} is the present key, and replaces nothing."
            yield Finding(problem, "ASVS 5.0, 13.3.4", f"del {name}")
        else:
            yield from _weakness(name, fallback)


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _weakness(name: str, key: str | bytes) -> Iterator[Finding]:
    length = len(_bytes(key))
    text = key if isinstance(key, str) else key.decode("latin-1")
    if length < KEY_BYTES:
        problem = (
            f"{name} has {length} bytes, and can be guessed: {KEY_BYTES} at least."
        )
    elif any(each in text.lower() for each in PLACEHOLDERS):
        problem = f"{name} is a text out of an example, which others know as well."
    else:
        return
    yield Finding(problem, WHY, f"{name} = …  # of {MAKE}")
