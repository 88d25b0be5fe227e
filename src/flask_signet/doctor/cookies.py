"""Whether the cookies are kept from others, and the session is renewed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from flask import Flask

from flask_signet import config, cookie

from . import people
from .finding import Finding

HOST: Final = "__Host-"
"""Browsers take it only of a Secure cookie, of this host and path / (RFC 6265bis)."""

SECURE: Final = "__Secure-"
"""Browsers take it only of a Secure cookie (RFC 6265bis, 4.1.3.1)."""


class _Cookie(NamedTuple):
    what: str
    name: str
    keys: str
    """What its settings begin with."""

    flags: Mapping[str, Any]


def check(app: Flask) -> Iterator[Finding]:
    if not people.are_known_by_session(app):
        return
    session = _Cookie(
        "session",
        app.session_interface.get_cookie_name(app),
        "SESSION_COOKIE_",
        cookie.session_flags(app),
    )
    remember = _Cookie(
        "remember",
        str(app.config.get("REMEMBER_COOKIE_NAME", config.COOKIE_NAME)),
        "REMEMBER_COOKIE_",
        cookie.remember_flags(app),
    )
    yield from _flags(session)
    # What is not set of its own is as the session cookie's, and was said of that one.
    yield from (
        finding
        for finding in _flags(remember)
        if finding.mend.partition(" ")[0] in app.config
    )
    yield from _name(session)
    yield from _name(remember)


def _flags(one: _Cookie) -> Iterator[Finding]:
    if not one.flags["secure"]:
        problem = f"The {one.what} cookie is sent over HTTP, too, where others read it."
        yield Finding(problem, "ASVS 5.0, 3.3.1", f"{one.keys}SECURE = True")
    if not one.flags["httponly"]:
        problem = f"Any script on a page may read the {one.what} cookie."
        yield Finding(problem, "ASVS 5.0, 3.3.4", f"{one.keys}HTTPONLY = True")
    if str(one.flags["samesite"]).title() not in {"Lax", "Strict"}:
        problem = f"Other sites' forms are sent with the {one.what} cookie."
        yield Finding(problem, "ASVS 5.0, 3.3.2", f'{one.keys}SAMESITE = "Lax"')


def _name(one: _Cookie) -> Iterator[Finding]:
    domain, path = one.flags["domain"], one.flags["path"]
    is_for_all_hosts = not domain and path == "/"
    plain = one.name.removeprefix(HOST).removeprefix(SECURE)
    mend = f'{one.keys}NAME = "{HOST if is_for_all_hosts else SECURE}{plain}"'
    if one.name.startswith(HOST) and not is_for_all_hosts:
        what = f"the domain {domain!r}" if domain else f"the path {path!r}"
        problem = f"Browsers refuse {one.name!r}: it has {what}."
        yield Finding(problem, "RFC 6265bis, 4.1.3.2", mend)
    elif not one.name.startswith((HOST, SECURE)):
        problem = (
            f"The {one.what} cookie is called {one.name!r}: a neighbouring host, or"
            " somebody on the line, may set one of that name."
        )
        yield Finding(problem, "ASVS 5.0, 3.3.1 and 3.3.3", mend)
    elif is_for_all_hosts and one.name.startswith(SECURE):
        problem = f"{one.name!r} may be set by a neighbouring host."
        yield Finding(problem, "ASVS 5.0, 3.3.3", mend)


def check_renewal(app: Flask) -> Iterator[Finding]:
    if not cookie.is_renewed(app):
        yield Finding(
            f"{type(app.session_interface).__name__} has no regenerate(session):"
            " whoever knew the id of a session before its sign-in knows it after, too.",
            "ASVS 5.0, 7.2.4",
            "app.session_interface = …  # one that has it, as Flask-Session 0.6",
        )
