"""Whether the guards are where they were meant, and nothing is open by mistake."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import groupby
from operator import attrgetter
from typing import Final

from flask import Flask

from flask_signet import look, protecting, routes
from flask_signet.errors import GuardOrderError
from flask_signet.state import states_of

from .finding import Finding, called

READS: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}
"""Methods that change nothing (RFC 9110, 9.2.1)."""


def check_login_views(app: Flask) -> Iterator[Finding]:
    for state in states_of(app).values():
        for view in dict.fromkeys(protecting.named_as_ways_in(state.manager)):
            is_relative = view.startswith(".")  # to the blueprint of who asks
            if not is_relative and view not in app.view_functions:
                near = get_close_matches(view, app.view_functions, n=1, cutoff=0)
                problem = (
                    f"{view!r} is no endpoint: a stranger gets an error there, and no"
                    " login page."
                )
                mend = f'{called(state.name)}.login_view = "{near[0]}"'
                yield Finding(problem, mend=mend)


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
        yield Finding(problem, "ASVS 5.0, 8.2.1", "@login_required, or else @public")
