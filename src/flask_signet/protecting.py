"""Whole applications and blueprints closed, but for what says that it is public.

What is to be closed is only written down when an application says so. At its first
request, before any view runs, a guard is put around each view that has none: so a view
costs no more than with ``login_required`` over it, and a new one is closed by itself.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from functools import reduce, wraps
from types import MethodType
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from . import closings, guards, marks
from .closings import Closed
from .errors import ConfigError
from .marks import Guarding
from .state import states_of

Public = TypeVar("Public")

_PUBLIC: Final = "__signet_public__"


def public(view: Public) -> Public:
    """Leave a view open to everybody, in an application or a blueprint that is closed.

    Args:
        view: a function or a class of views. It stands anywhere over the function.

    Returns:
        The view; of a bound method a function that is to be put in its place.

    Raises:
        ConfigError: that is neither.

    """
    given: Any = view
    if not callable(given):
        problem = f"was given {view!r}; it wants a function or a class of views"
        raise ConfigError("public()", problem)
    if isinstance(given, MethodType):  # its function may be another's, too
        given = _of_its_own(given)
    setattr(given, _PUBLIC, True)
    return cast("Public", given)


def _of_its_own(method: Any) -> Callable[..., Any]:
    @wraps(method)
    def view(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

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
    closings.refuse_what_nobody_closes(app)
    closed = [*closings.closed_in(app)]
    _refuse_unknown_endpoints(app, (but for each in closed for but in each.but))
    meant = meant_to_be_open(app)
    for endpoint, view in [*app.view_functions.items()]:
        bare = _without_ours(view)
        names = sorted(_who_may_pass(app, endpoint, closed))
        if endpoint in meant or _is_enough(marks.outermost(bare), names):
            names = []
        app.view_functions[endpoint] = reduce(guards.closed, names, bare)


def _without_ours(view: Any) -> Any:
    """Take off what was put around it by a look before: more may be closed since."""
    while (guarding := marks.of(view)) is not None and guarding.by == "protect":
        view = view.__wrapped__
    return view


def _is_enough(guarding: Guarding | None, names: list[str]) -> bool:
    """Tell whether a view's own guard may stand alone.

    A plain one may not where a part is closed for others: there it is a name that was
    forgotten, and lets in whom the part is closed for.
    """
    if guarding is None or guarding.is_for_strangers:
        return guarding is not None
    return bool(guarding.name) or not any(names)


def meant_to_be_open(app: Flask) -> set[str]:
    """Name the endpoints of which it was said that everybody may pass.

    They are public, named when the rest was closed, the ways in, and static files.
    """
    meant = {but for each in closings.closed_in(app) for but in each.but}
    for state in states_of(app).values():
        meant |= {*_ways_in(app, state.manager)}
    for endpoint, view in app.view_functions.items():
        if is_static(app, endpoint) or _is_public(view):
            meant.add(endpoint)
    return meant


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
    return any(getattr(each, _PUBLIC, None) is True for each in marks.chain(view))


def is_static(app: Flask, endpoint: str) -> bool:
    """Tell whether an endpoint is that of an application's or a blueprint's files."""
    blueprint, _, last = endpoint.rpartition(".")
    whose = app.blueprints.get(blueprint) if blueprint else app
    return last == "static" and whose is not None and whose.has_static_folder


def _ways_in(app: Flask, manager: Any) -> Iterator[str]:
    """Name the endpoints where strangers are sent: those are open to them."""
    for view in ways_in_of(manager).values():
        if isinstance(view, str):
            yield from endpoints_of(app, view)


def endpoints_of(app: Flask, view: str) -> Iterator[str]:
    """Name the endpoints that a login view leads to; none if it leads elsewhere."""
    if view.startswith("/"):
        if not urlsplit(view).netloc:
            yield from _at(app, view)
    elif not view.startswith(("http://", "https://")):
        yield view


def ways_in_of(manager: Any) -> dict[str, Any]:
    """Give the views where a manager sends people, by the attributes' names."""
    of_blueprints = manager.blueprint_login_views.items()
    return {
        "login_view": manager.login_view,
        "refresh_view": manager.refresh_view,
        **{f"blueprint_login_views[{name!r}]": view for name, view in of_blueprints},
    }


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
    rules = adapter.map.iter_rules(rule.endpoint)
    if not any(each.arguments - {*(each.defaults or ())} for each in rules):
        yield str(rule.endpoint)  # one that takes whatever comes has other pages, too


def _refuse_unknown_endpoints(app: Flask, endpoints: Iterable[str]) -> None:
    for endpoint in endpoints:
        if endpoint not in app.view_functions:
            near = get_close_matches(endpoint, app.view_functions, n=1, cutoff=0)
            hint = f"; the nearest is {near[0]!r}" if near else ""
            problem = f"has {endpoint!r}, which is no endpoint{hint}"
            raise ConfigError("protect(open=...)", problem)
