"""Whole applications and blueprints closed, but for what says that it is public.

What is to be closed is only written down when an application says so. At its first
request, before any view runs, a guard is put around each view that has none: so a view
costs no more than with ``login_required`` over it, and a new one is closed by itself.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, TypeVar

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException

from . import guards, look
from .errors import ConfigError
from .state import EXTENSION, states_of

Public = TypeVar("Public")

_PUBLIC: Final = "__signet_public__"
_CLOSED: Final = f"{EXTENSION}_closed"


class Closed(NamedTuple):
    """What one manager has closed."""

    name: str
    blueprint: Blueprint | None
    """The application itself, if it is None."""

    but: tuple[str, ...]
    """Endpoints that stay open."""


def public(view: Public) -> Public:
    """Leave a view open to everybody, in an application or a blueprint that is closed.

    Args:
        view: a function or a class of views. It stands anywhere over the function.

    """
    setattr(view, _PUBLIC, True)
    return view


def closed_in(app: Flask) -> list[Closed]:
    """Give the list of what is closed in an application as a whole."""
    closed: list[Closed] = app.extensions.setdefault(_CLOSED, [])
    return closed


def close_what_is_protected(app: Flask) -> None:
    """Put guards around the views that are closed and have none.

    Raises:
        ConfigError: an endpoint was named as open that there is not.

    """
    for state in states_of(app).values():
        blueprints = state.manager._closed_blueprints  # noqa: SLF001 (the house's own)
        closed = [each for each in closed_in(app) if each.name == state.name]
        closed += [each for each in blueprints if each.name == state.name]
        but = {endpoint for each in closed for endpoint in each.but}
        _refuse_unknown_endpoints(app, but)
        for each in closed:
            _close(app, each, {*but, *_ways_in(app, state.manager)})


def _close(app: Flask, closed: Closed, open_: set[str]) -> None:
    for endpoint in _endpoints_of(app, closed):
        view = app.view_functions[endpoint]
        is_open = endpoint in open_ or is_static(app, endpoint) or _is_public(view)
        if not is_open and not look.is_guarded(view):
            app.view_functions[endpoint] = guards.closed(view, closed.name)


def _endpoints_of(app: Flask, closed: Closed) -> Iterator[str]:
    if closed.blueprint is None:
        yield from [*app.view_functions]
        return
    names = [name for name, each in app.blueprints.items() if each is closed.blueprint]
    for endpoint in [*app.view_functions]:
        if any(endpoint.startswith(f"{name}.") for name in names):
            yield endpoint


def _is_public(view: Any) -> bool:
    # Of a class its own word counts: one that comes from a public class is a new page.
    kind = getattr(view, "view_class", None)
    if kind is not None and vars(kind).get(_PUBLIC):
        return True
    return any(getattr(each, _PUBLIC, False) for each in look.chain(view))


def is_static(app: Flask, endpoint: str) -> bool:
    """Tell whether an endpoint is that of an application's or a blueprint's files."""
    blueprint, _, last = endpoint.rpartition(".")
    whose = app.blueprints.get(blueprint) if blueprint else app
    return last == "static" and whose is not None and whose.has_static_folder


def _ways_in(app: Flask, manager: Any) -> Iterator[str]:
    """Name the endpoints where strangers are sent: those are open to them."""
    views = [manager.login_view, manager.refresh_view]
    for view in (*views, *manager.blueprint_login_views.values()):
        if not isinstance(view, str):
            continue
        if view.startswith(("/", "http://", "https://")):
            yield from _at(app, view)
        else:
            yield view


def _at(app: Flask, address: str) -> Iterator[str]:
    path = address if address.startswith("/") else f"/{address.split('/', 3)[-1]}"
    adapter = app.url_map.bind("localhost")
    for method in ("GET", "POST"):
        try:
            endpoint, given = adapter.match(path.partition("?")[0], method=method)
        except HTTPException:
            continue
        if not given:  # a rule that takes whatever comes has other pages, too
            yield str(endpoint)


def _refuse_unknown_endpoints(app: Flask, endpoints: Iterable[str]) -> None:
    for endpoint in endpoints:
        if endpoint not in app.view_functions:
            near = get_close_matches(endpoint, app.view_functions, n=1, cutoff=0)
            problem = f"has {endpoint!r}, which is no endpoint; the nearest is"
            raise ConfigError("protect(open=...)", f"{problem} {near[0]!r}")


def written_down(name: str, scope: Flask | Blueprint, open_: Iterable[str]) -> Closed:
    """Write down what is to be closed.

    Raises:
        ConfigError: it is neither an application nor a blueprint, or the endpoints are
            one text.

    """
    if isinstance(open_, str):
        raise ConfigError("protect(open=...)", "is one text; it should be a list")
    if isinstance(scope, Flask):
        closed = Closed(name, None, tuple(open_))
        closed_in(scope).append(closed)
        return closed
    given: object = scope
    if not isinstance(given, Blueprint):
        problem = f"was given {scope!r}; it wants an application or a blueprint"
        raise ConfigError("protect()", problem)
    return Closed(name, scope, tuple(open_))
