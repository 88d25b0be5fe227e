"""Whether the guards are where they were meant, and nothing is open by mistake."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from flask import Flask

from flask_signet import look, protecting, routes
from flask_signet.errors import GuardOrderError, SignetError
from flask_signet.marks import NOBODY
from flask_signet.state import states_of

from .finding import Finding, called

READS: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
"""Methods that change nothing (RFC 9110, 9.2.1)."""


def check_login_views(app: Flask) -> Iterator[Finding]:
    """Find the pages for strangers where no stranger gets to."""
    needs = _needs_of_pages(app)
    for attribute, endpoint in _ways_in(app):
        problem = _what_is_wrong_with(app, endpoint, needs.get(endpoint, ()))
        if problem:
            yield Finding(problem, mend=f"{attribute} = {_nearest(app, endpoint)}")


def _ways_in(app: Flask) -> Iterator[tuple[str, str]]:
    """Give what is set on a manager, as it is written, and to which endpoint."""
    for state in states_of(app).values():
        for attribute, view in protecting.ways_in_of(state.manager).items():
            for endpoint in _endpoints_of(app, view):
                yield f"{called(state.name)}.{attribute}", endpoint


def _needs_of_pages(app: Flask) -> dict[str, list[str]]:
    """Give what it takes to see each page, by its endpoint."""
    needs: dict[str, list[str]] = {}
    with suppress(SignetError):  # said by the checks of the order, and of what is open
        for route in routes.table(app):
            if route.method == "GET":
                needs.setdefault(route.endpoint, []).append(route.needs)
    return needs


def _endpoints_of(app: Flask, view: Any) -> list[str]:
    with suppress(Exception):  # it is the application's own, and may want a request
        view = view if isinstance(view, str) else view()
    if not isinstance(view, str) or view.startswith("."):  # to the blueprint at hand
        return []
    return [*protecting.endpoints_of(app, view)]


def _what_is_wrong_with(app: Flask, endpoint: str, needs: Iterable[str]) -> str:
    rules = (
        [*app.url_map.iter_rules(endpoint)] if endpoint in app.view_functions else []
    )
    if not rules:
        return (
            f"{endpoint!r} is no endpoint: a stranger gets an error there, and no"
            " login page."
        )
    if not any("GET" in (rule.methods or {"GET"}) for rule in rules):
        return f"{endpoint!r} takes no GET: no stranger who is sent there sees a page."
    if all(rule.arguments - {*(rule.defaults or ())} for rule in rules):
        return f"{endpoint!r} wants arguments: nobody can be sent there."
    for each in needs:
        if each != routes.OPEN and not each.startswith(NOBODY):
            return (
                f"Strangers are sent to {endpoint!r}, which is for those who are"
                f" {each}: nobody can sign in."
            )
    return ""


def _nearest(app: Flask, endpoint: str) -> str:
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.arguments and not protecting.is_static(app, str(rule.endpoint))
    }
    near = get_close_matches(endpoint, pages - {endpoint}, n=1, cutoff=0.5)
    return f'"{near[0]}"' if near else "…  # the endpoint of a page that all may see"


def check_order(app: Flask) -> Iterator[Finding]:
    for sentence in look.sentences_on_order(app):
        yield Finding(sentence, "ASVS 5.0, 8.3.1", "@app.route(…) above the guard")


def check_names(app: Flask) -> Iterator[Finding]:
    for refusal in look.guards_of_nobody(app, states_of(app)):
        yield Finding(str(refusal), "ASVS 5.0, 8.2.1", "LoginManager(app, name=…)")


def check_open(app: Flask) -> Iterator[Finding]:
    """Find what takes a POST of anybody's, and was not said to be open."""
    try:
        found = routes.table(app)
    except GuardOrderError:
        return  # that is said by the check of the order
    meant = protecting.meant_to_be_open(app)
    writing = [
        route
        for route in found
        if route.needs == routes.OPEN
        and route.method not in READS
        and route.endpoint not in meant
    ]
    for (rule, endpoint), each in groupby(writing, attrgetter("rule", "endpoint")):
        methods = "/".join(route.method for route in each)
        problem = f"{methods} {rule} ({endpoint}) is open to everybody."
        mend = "@login_required; or @public, if all may or it asks by itself"
        yield Finding(problem, "ASVS 5.0, 8.2.1", mend)
