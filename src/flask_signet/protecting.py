"""Whole applications and blueprints closed, but for what says that it is public.

What is to be closed is only written down when an application says so. At its first
request, before any view runs, a guard is put around each view that has none: so a view
costs no more than with ``login_required`` over it, and a new one is closed by itself.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import reduce
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from . import guards, look, marks
from .errors import ConfigError
from .marks import Guarding
from .state import EXTENSION, itself, state_of, states_of

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


def close_what_is_protected(app: Flask) -> None:
    """Put guards around the views that are closed and have none outermost.

    A view that has one keeps it alone, but for a plain one where a part is closed for
    people with a name: it is for both then.

    What is closed nearest counts: of a blueprint of the staff's in an application that
    is closed for members, staff is meant. What two managers close in one place wants
    somebody of both.

    Raises:
        ConfigError: an endpoint was named as open that there is not.

    """
    closed = [*_closed_in(app)]
    _refuse_unknown_endpoints(app, (but for each in closed for but in each.but))
    meant = meant_to_be_open(app)
    for endpoint, view in [*app.view_functions.items()]:
        names = [*_who_may_pass(app, endpoint, closed)]
        if endpoint not in meant and not _is_enough(marks.outermost(view), names):
            app.view_functions[endpoint] = reduce(guards.closed, names, view)


def _is_enough(guarding: Guarding | None, names: list[str]) -> bool:
    """Tell whether a view's own guard may stand alone.

    A plain one may not where a part is closed for others: there it is a name that was
    forgotten, and lets in whom the part is closed for.
    """
    if guarding is None or guarding.is_for_strangers:
        return guarding is not None
    return bool(guarding.name) or not names or "" in names


def meant_to_be_open(app: Flask) -> set[str]:
    """Name the endpoints of which it was said that everybody may pass.

    They are public, named when the rest was closed, the ways in, and static files.
    """
    meant = {but for each in _closed_in(app) for but in each.but}
    for state in states_of(app).values():
        meant |= {*_ways_in(app, state.manager)}
    for endpoint, view in app.view_functions.items():
        if is_static(app, endpoint) or _is_public(view):
            meant.add(endpoint)
    return meant


def _closed_in(app: Flask) -> Iterator[Closed]:
    """Give what is closed in an application by the managers that it has."""
    for state in states_of(app).values():
        for each in app.extensions.get(_CLOSED, ()):
            if each.name == state.name:
                yield each
        for each in state.manager._closed_blueprints:  # noqa: SLF001 (the house's own)
            if any(known is each.blueprint for known in app.blueprints.values()):
                yield each


def _who_may_pass(app: Flask, endpoint: str, closed: list[Closed]) -> Iterator[str]:
    """Name the managers whose people may pass: by what is closed nearest."""
    near = {id(each): _nearness(app, endpoint, each) for each in closed}
    nearest = max(near.values(), default=-1)
    names = [each.name for each in closed if near[id(each)] == nearest >= 0]
    yield from dict.fromkeys(names)


def _nearness(app: Flask, endpoint: str, closed: Closed) -> int:
    """Give the length of the name of what is closed; below 0 if it is elsewhere."""
    if closed.blueprint is None:
        return 0
    lengths = [
        len(name)
        for name, each in app.blueprints.items()
        if each is closed.blueprint and endpoint.startswith(f"{name}.")
    ]
    return max(lengths, default=-1)


def _is_public(view: Any) -> bool:
    # Of a class its own word counts: one that comes from a public class is a new page.
    kind = getattr(view, "view_class", None)
    if kind is not None and vars(kind).get(_PUBLIC):
        return True
    return any(getattr(each, _PUBLIC, False) for each in marks.chain(view))


def is_static(app: Flask, endpoint: str) -> bool:
    """Tell whether an endpoint is that of an application's or a blueprint's files."""
    blueprint, _, last = endpoint.rpartition(".")
    whose = app.blueprints.get(blueprint) if blueprint else app
    return last == "static" and whose is not None and whose.has_static_folder


def _ways_in(app: Flask, manager: Any) -> Iterator[str]:
    """Name the endpoints where strangers are sent: those are open to them."""
    yield from named_as_ways_in(manager)
    for view in _ways_in_of(manager):
        if view.startswith("/"):
            yield from _at(app, view)


def named_as_ways_in(manager: Any) -> Iterator[str]:
    """Name the endpoints where a manager sends strangers, whether they are there."""
    for view in _ways_in_of(manager):
        if not view.startswith(("/", "http://", "https://")):
            yield view


def _ways_in_of(manager: Any) -> Iterator[str]:
    views = [manager.login_view, manager.refresh_view]
    for view in (*views, *manager.blueprint_login_views.values()):
        if isinstance(view, str):
            yield view


def _at(app: Flask, address: str) -> Iterator[str]:
    path = urlsplit(address).path.removeprefix(app.config["APPLICATION_ROOT"])
    adapter = app.url_map.bind("localhost")
    for method in ("GET", "POST"):
        with suppress(HTTPException):
            yield from _matched(adapter, f"/{path.lstrip('/')}", method)


def _matched(adapter: MapAdapter, path: str, method: str) -> Iterator[str]:
    try:
        rule, _ = adapter.match(path, method=method, return_rule=True)
    except RequestRedirect as elsewhere:  # a slash was missing
        path = urlsplit(elsewhere.new_url).path
        rule, _ = adapter.match(path, method=method, return_rule=True)
    if not rule.arguments - {*(rule.defaults or ())}:
        yield str(rule.endpoint)  # one that takes whatever comes has other pages, too


def _refuse_unknown_endpoints(app: Flask, endpoints: Iterable[str]) -> None:
    for endpoint in endpoints:
        if endpoint not in app.view_functions:
            near = get_close_matches(endpoint, app.view_functions, n=1, cutoff=0)
            problem = f"has {endpoint!r}, which is no endpoint; the nearest is"
            raise ConfigError("protect(open=...)", f"{problem} {near[0]!r}")


def written_down(
    name: str, scope: Flask | Blueprint, open_: Iterable[str]
) -> Closed | None:
    """Write down what is to be closed; give it if the manager is to keep it.

    Raises:
        ConfigError: it is neither an application nor a blueprint, the endpoints are one
            text, or the first request is over.
        NotBoundError: the application does not have this manager.

    """
    if isinstance(open_, str):
        raise ConfigError("protect(open=...)", "is one text; it should be a list")
    given: Any = itself(scope)
    if isinstance(given, Blueprint):
        # Where it is registered, this manager is to be: else it would not be closed.
        with suppress(AssertionError):  # it is registered already
            given.record(lambda setup: _expect(setup.app, name))
        return Closed(name, given, tuple(open_))
    if not isinstance(given, Flask):
        problem = f"was given {scope!r}; it wants an application or a blueprint"
        raise ConfigError("protect()", problem)
    state_of(given, name)
    if given.extensions[f"{EXTENSION}_look"].is_taken:
        raise ConfigError("protect()", "was said after the first request, to no use")
    closed = given.extensions.setdefault(_CLOSED, [])
    closed.append(Closed(name, None, tuple(open_)))
    return None


def _expect(app: Any, name: str) -> None:
    taken = look.Look(lambda app: _refuse_what_is_not_bound(app, name))
    app.extensions.setdefault(f"{_CLOSED}_looks", []).append(taken)
    taken.wait_for(app)


def _refuse_what_is_not_bound(app: Flask, name: str) -> None:
    state_of(app, name)
