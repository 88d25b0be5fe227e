"""Cookies as values, and the one writer of responses.

A value is sealed or read here without a look at any request; whether it is still
good is said by the value itself, given the time. Only ``write`` touches a response,
and only if there is something to say.
"""

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface

from . import config, signed
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
    is_flask_logins: bool = False
    """Whether Flask-Login wrote it, which kept no time and no stamp."""

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
        return signed.make(claim, self.signed_at, secrets, f"remember v1{tail}")

    @classmethod
    def read(cls, value: str, secrets: Secrets, tail: str) -> Self | None:
        """Read a cookie's value; None for whatever was not signed here for this."""
        told = signed.read(value, secrets, f"remember v1{tail}")
        if told is None:
            return None
        claim, signed_at = told
        try:
            user_id, seconds, stamp, forced = claim
        except (TypeError, ValueError):
            return None
        return cls(user_id, seconds, stamp, forced, signed_at)


# --- When somebody was last seen.


class Seen(NamedTuple):
    """What the cookie says that goes with an idle limit; the session has the rest."""

    signin: str
    """Whose: the random id of the sign-in."""

    at: int
    """Whole seconds since 1970, UTC."""


SEEN_AT_MOST = 200
"""Letters: an id of 22, a time of 6 and a signature of 43, and room to grow."""


def read_seen(value: str, names: Names, app: Flask) -> Seen | None:
    """Read a cookie's value; None for whatever was not signed here for this."""
    if len(value) > SEEN_AT_MOST:
        return None
    return _read_seen(value, secrets_of(app), names.tail)


# The same value comes with every request of a minute.
@lru_cache(maxsize=4096)
def _read_seen(value: str, secrets: Secrets, tail: str) -> Seen | None:
    told = signed.read_plain(value, secrets, f"seen v1{tail}")
    return None if told is None else Seen(*told)


# --- The writer.


class Notes:
    """What is to be said of a sign-in. Kept with the request, written once."""

    keys: dict[str, Any] | None = None
    """Keys for Flask's session; a value of None takes one away."""

    is_entry = False
    """Whether they let somebody in, so that the session is to be renewed."""

    remember: Remember | None = None
    forget = False

    marks: Mapping[str, str] = {}
    """What is to be kept of who moves in, or may not any more."""

    def add_marks(self, marks: Mapping[str, str]) -> None:
        self.marks = {**self.marks, **marks}


def write_keys(keys: Mapping[str, Any], held: MutableMapping[str, Any]) -> None:
    """Put keys into Flask's session; a value of None takes one away."""
    held.update({key: value for key, value in keys.items() if value is not None})
    for key, value in keys.items():
        if value is None and key in held:
            del held[key]


def enter(held: MutableMapping[str, Any], keys: Mapping[str, Any], app: Flask) -> None:
    """Write a sign-in, then have the session renewed: one known before is worthless."""
    write_keys(keys, held)
    # After the keys, for Flask-Session renews no empty session.
    regenerate = getattr(app.session_interface, "regenerate", None)
    if regenerate is not None:
        regenerate(held)


def is_renewed(app: Flask) -> bool:
    """Tell whether an entry makes worthless what was known of a session before.

    One that is in its cookie has no id that could be known.
    """
    interface = app.session_interface
    in_cookie = isinstance(interface, SecureCookieSessionInterface)
    return in_cookie or hasattr(interface, "regenerate")


def write(response: Response, notes: Notes, names: Names, app: Flask) -> None:
    """Say with the response what was noted."""
    if notes.remember is not None:
        seconds = notes.remember.seconds
        response.set_cookie(
            remember_name(app.config, names),
            notes.remember.signed(secrets_of(app), names.tail),
            max_age=seconds,
            expires=notes.remember.signed_at + timedelta(seconds=seconds),
            **remember_flags(app),
        )
    elif notes.forget:
        name, flags = remember_name(app.config, names), remember_flags(app)
        domain = flags.pop("domain")
        if domain:  # one for the host alone is another cookie: Flask-Login's
            response.delete_cookie(name, **flags)
        response.delete_cookie(name, domain=domain, **flags)


def seen_name(app: Flask, names: Names) -> str:
    return app.session_interface.get_cookie_name(app) + names.seen


def write_seen(
    response: Response, seen: Seen, names: Names, app: Flask, expires: datetime | None
) -> None:
    """Write when somebody was seen; for as long as the session is kept."""
    purpose = f"seen v1{names.tail}"
    value = signed.make_plain(seen.signin, seen.at, secrets_of(app), purpose)
    flags = session_flags(app)
    response.set_cookie(seen_name(app, names), value, expires=expires, **flags)


def write_unseen(response: Response, names: Names, app: Flask) -> None:
    response.delete_cookie(seen_name(app, names), **session_flags(app))


def write_no_session(response: Response, app: Flask) -> None:
    name = app.session_interface.get_cookie_name(app)
    response.delete_cookie(name, **session_flags(app))


def write_no_store(response: Response) -> None:
    """Keep the answer out of every cache, if the view has said nothing of caches."""
    headers = response.headers
    for name, _ in headers:
        if name.lower() == "cache-control":
            return
    headers.add("Cache-Control", "no-store")


def remember_name(settings: Mapping[str, Any], names: Names) -> str:
    return f"{settings.get('REMEMBER_COOKIE_NAME', config.COOKIE_NAME)}{names.tail}"


def remember_flags(app: Flask) -> dict[str, Any]:
    """Read the remember cookie's flags; what is not set is as the session cookie's."""
    given, flags = app.config.get, session_flags(app)
    return {
        "domain": given("REMEMBER_COOKIE_DOMAIN", flags["domain"]),
        "path": given("REMEMBER_COOKIE_PATH", flags["path"]),
        "secure": given("REMEMBER_COOKIE_SECURE", flags["secure"]),
        "httponly": given("REMEMBER_COOKIE_HTTPONLY", flags["httponly"]),
        "samesite": given("REMEMBER_COOKIE_SAMESITE", flags["samesite"]),
        "partitioned": given("REMEMBER_COOKIE_PARTITIONED", flags["partitioned"]),
    }


def session_flags(app: Flask) -> dict[str, Any]:
    session = app.session_interface
    return {
        "domain": session.get_cookie_domain(app),
        "path": session.get_cookie_path(app),
        "secure": session.get_cookie_secure(app),
        "httponly": session.get_cookie_httponly(app),
        "samesite": session.get_cookie_samesite(app),
        "partitioned": session.get_cookie_partitioned(app),
    }
