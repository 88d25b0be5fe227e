"""Cookies as values, and the one writer of responses.

A value is sealed or read here without a look at any request; whether it is still
good is said by the value itself, given the time. Only ``write`` touches a response,
and only if there is something to say.
"""

from collections.abc import Callable, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from flask import Flask, Response, session
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


# --- With a register: what opens a sign-in again, and what was issued for it.


class DeviceValue(NamedTuple):
    """What the remember cookie says where there is a register; no more than this."""

    handle: str
    generation: int
    secret: str

    def signed(self, at: datetime, secrets: Secrets, tail: str) -> str:
        """Make the cookie's value."""
        return signed.make([*self], at, secrets, f"device v1{tail}")

    @classmethod
    def read(cls, value: str, secrets: Secrets, tail: str) -> Self | None:
        """Read a cookie's value; None for whatever was not signed here for this."""
        told = cls.read_with_time(value, secrets, tail)
        return None if told is None else told[0]

    @classmethod
    def read_with_time(
        cls, value: str, secrets: Secrets, tail: str
    ) -> tuple[Self, datetime] | None:
        """Read a cookie's value, and when it was signed."""
        told = signed.read(value, secrets, f"device v1{tail}")
        return None if told is None else (cls(*told[0]), told[1])


class Issued(NamedTuple):
    """New secrets of a sign-in, for its browser alone."""

    token: str
    value: DeviceValue | None
    """What the remember cookie is to say; None if there is to be none."""

    at: datetime
    ends: datetime


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

    acts: tuple[Callable[[], object], ...] = ()
    """What is to be done in the register, before anything is written here."""

    use: Callable[[], object] | None = None
    """Notes there that somebody was seen; not if the view is passive."""

    issued: Issued | None = None
    drops_token = False
    """Whether the cookie of the session token is to go."""

    def do(self, act: Callable[[], object]) -> None:
        self.acts = (*self.acts, act)

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
    if notes.issued is not None:
        _write_issued(response, notes.issued, names, app)
    elif notes.drops_token:
        write_no_token(response, names, app)
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
        _write_none_for_the_host(response, names, app)
        name, flags = remember_name(app.config, names), remember_flags(app)
        response.delete_cookie(name, **flags)


def token_name(app: Flask, names: Names) -> str:
    return app.session_interface.get_cookie_name(app) + names.signin


def write_no_token(response: Response, names: Names, app: Flask) -> None:
    response.delete_cookie(token_name(app, names), **session_flags(app))


def _write_issued(response: Response, issued: Issued, names: Names, app: Flask) -> None:
    """Write the two halves; the session's is kept as long as the session."""
    is_permanent = app.session_interface.get_expiration_time(app, session) is not None
    response.set_cookie(
        token_name(app, names),
        issued.token,
        expires=issued.ends if is_permanent else None,
        **session_flags(app),
    )
    if issued.value is not None:
        _write_none_for_the_host(response, names, app)
        response.set_cookie(
            remember_name(app.config, names),
            issued.value.signed(issued.at, secrets_of(app), names.tail),
            max_age=issued.ends - issued.at,
            expires=issued.ends,
            **remember_flags(app),
        )


def _write_none_for_the_host(response: Response, names: Names, app: Flask) -> None:
    """Take away the remember cookie that is another one where ours has a domain.

    It is Flask-Login's, or was set before there was a ``REMEMBER_COOKIE_DOMAIN``.
    """
    flags = remember_flags(app)
    if flags.pop("domain"):
        response.delete_cookie(remember_name(app.config, names), **flags)


def seen_name(app: Flask, names: Names) -> str:
    return app.session_interface.get_cookie_name(app) + names.seen


def write_seen(
    response: Response, value: str, names: Names, app: Flask, expires: datetime | None
) -> None:
    """Write when somebody was seen; for as long as the session is kept."""
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
