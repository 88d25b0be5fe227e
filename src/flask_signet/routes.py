"""What guards each route: found from the marks that guards leave on views.

The table is of what really runs: guards that stood above a route have been put in
their place before, and what is protected as a whole is closed.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Flask
from flask.views import MethodView
from werkzeug.routing import Rule as UrlRule

from . import look, marks, protecting
from .marks import Guarding
from .state import EXTENSION, itself

OPEN = "open"


class Route(NamedTuple):
    """A route, one of its methods, and what it takes to reach the view."""

    rule: str
    method: str
    endpoint: str
    needs: str
    """What is asked of a visitor, as ``signed in``; ``open`` for nothing."""

    by: str
    """Where that comes from: decorator, protect, before_request; empty for nothing."""


def table(app: Flask) -> list[Route]:
    """List the routes of an application, by address and method.

    Raises:
        GuardOrderError: in development and testing, of a guard above its route.
        ConfigError: something cannot be meant; the first request would raise it.

    """
    app = itself(app)
    taken = app.extensions.get(f"{EXTENSION}_look")
    if taken is None or not taken.is_taken:  # else it is as it has been served since
        look.mend_guard_order(app)
        protecting.close_what_is_protected(app)
    return sorted(
        route
        for rule in app.url_map.iter_rules()
        if rule.redirect_to is None and not rule.build_only
        for route in _routes_of(app, rule)
    )


def _routes_of(app: Flask, rule: UrlRule) -> Iterator[Route]:
    view = app.view_functions.get(rule.endpoint)
    for method in sorted(_methods_of(rule, view)):
        found = [*_before(app, rule.endpoint), *_over(view, method)]
        needs = " and ".join(dict.fromkeys(guarding.says for guarding, _ in found))
        by = ", ".join(dict.fromkeys(by for _, by in found))
        yield Route(rule.rule, method, rule.endpoint, needs or OPEN, by)


def _methods_of(rule: UrlRule, view: Any) -> set[str]:
    """Name the methods that reach the view; a star for all of them."""
    methods = {*(rule.methods or {"*"})}
    if "GET" in methods and not hasattr(getattr(view, "view_class", None), "head"):
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", False):
        methods.discard("OPTIONS")
    return methods


def _before(app: Flask, endpoint: str) -> Iterator[tuple[Guarding, str]]:
    names: list[str | None] = [None]
    *blueprint, _ = endpoint.split(".")
    names += [".".join(blueprint[: n + 1]) for n in range(len(blueprint))]
    for name in names:
        for hook in app.before_request_funcs.get(name, ()):
            for guarding, above in marks.guardings_and_what_is_above(hook):
                yield guarding, _under("before_request", above)


def _over(view: Any, method: str) -> Iterator[tuple[Guarding, str]]:
    kind = getattr(view, "view_class", None)
    places = [view, getattr(kind, "dispatch_request", None)]
    if places[1] is MethodView.dispatch_request:  # another may call no method
        places.append(getattr(kind, method.lower(), None))
    for place in places:
        if place is not None:
            for guarding, above in marks.guardings_and_what_is_above(place):
                yield guarding, _under(guarding.by, above)


def _under(by: str, above: Any) -> str:
    """Say what stands over a guard: it may answer by itself."""
    name = getattr(above, "__name__", type(above).__name__)
    return by if above is None else f"{by} under {name}"
