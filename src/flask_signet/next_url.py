"""Where to go next: the one judge of it.

A target comes from outside: from a form, from the address, or from a session that
outside requests wrote. It is judged as a browser would read it (the WHATWG URL
standard), not as Python does. What is in doubt is the default.
"""

import re
from collections.abc import Iterable

from flask import request, session

from .config import is_origin
from .errors import ConfigError
from .names import Names
from .state import app_at_hand, config_of

_HARMLESS = re.compile(r"[^\x00-\x20\x7f-\xa0\\\ud800-\udfff\ufeff]+")
"""Browsers drop some control characters and read a backslash as a slash; what none
of that can be done to, they read as it is written."""

_PATH = re.compile(r"/(?!/).*")
"""A path on the host where the browser is; two slashes would begin another host."""

_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#@]+)(?:[/?#].*)?", re.IGNORECASE
)

_PORTS = {"http": ":80", "https": ":443"}


def is_safe(target: object, origins: Iterable[str]) -> bool:
    """Judge a target: a path on this host, or an address at one of the origins.

    Args:
        target: what came from outside.
        origins: each like ``https://example.org`` or ``http://localhost:5000``.

    """
    if not isinstance(target, str) or not _HARMLESS.fullmatch(target):
        return False
    if _PATH.fullmatch(target):
        return True
    address = _ADDRESS.fullmatch(target)
    if address is None:
        return False
    return _origin(address["scheme"], address["host"]) in map(_plain, origins)


def safe_next(
    default: str,
    *,
    target: str | None = None,
    origins: Iterable[str] = (),
    name: str = "",
) -> str:
    """Give the page to go to after signing in.

    Args:
        default: where to go if no target was given, or none that is safe.
        target: where somebody wants to go; by default the form's ``next``, else the
            address's, else the session's, which is taken out of it.
        origins: other sites that may be gone to, each like ``https://example.org``.
        name: for which manager's people the session's target was kept.

    Raises:
        ConfigError: one of the origins is no origin.

    """
    origins = tuple(origins)
    for origin in origins:
        if not is_origin(origin):
            raise ConfigError("origins", f"has {origin!r}; like 'https://example.org'")
    if target is None:
        target = _asked_for(Names.of(name).next)
    here = f"{request.scheme}://{request.host}"
    site = config_of(app_at_hand()).site_origin
    if is_safe(target, (here, *origins, *([site] if site else []))):
        return str(target)
    return default


def _asked_for(key: str) -> str | None:
    waiting = session.pop(key, None) if key in session else None
    return request.form.get("next") or request.args.get("next") or waiting


def _plain(origin: str) -> str:
    scheme, _, host = origin.partition("://")
    return _origin(scheme, host)


def _origin(scheme: str, host: str) -> str:
    scheme = scheme.lower()
    return f"{scheme}://{host.lower().removesuffix(_PORTS.get(scheme, ''))}"
