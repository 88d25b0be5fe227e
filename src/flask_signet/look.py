"""The look at what is registered, once, before the first view runs.

A guard above the route decorator guards nothing: Flask registered the function below
it. A guard leaves a mark on what it guards, and here every registered function is
looked at, and all that is under its ``__wrapped__``: one that has a guard which is
registered nowhere in the application was meant to be guarded, and is not.
"""

import logging
from collections.abc import Callable, Collection, Iterator
from threading import Lock
from typing import Any, NamedTuple

from flask import Flask, request_started

from . import marks
from .errors import ConfigError, GuardOrderError
from .marks import Guarding, View

log = logging.getLogger("flask_signet")


class Look:
    """A look that is taken at an application's first request, and then no more."""

    def __init__(self, *tasks: Callable[[Flask], None]) -> None:
        self._tasks = tasks
        self._lock = Lock()
        self._taken = False

    def wait_for(self, app: Flask) -> None:
        # Weakly, for an application that never serves must not be kept alive by it.
        request_started.connect(self._take, sender=app, weak=True)

    @property
    def is_taken(self) -> bool:
        return self._taken

    def _take(self, app: Flask, **_: object) -> None:
        # Of two first requests at once, the second waits: no view before the look.
        with self._lock:
            if self._taken:
                return
            for task in self._tasks:
                task(app)
            self._taken = True
            request_started.disconnect(self._take)


def mend_guard_order(app: Flask) -> None:
    """Find the guards that stand above a route.

    In production each is put in the view's place, and an error is logged.

    Raises:
        GuardOrderError: there is one, in development or testing.

    """
    astray = _all_astray(app)
    if astray and (app.debug or app.testing):
        raise GuardOrderError("\n".join(_sentence(*each) for each in astray))
    for place, guarding in astray:
        log.error("%s It has been put in its place.", _sentence(place, guarding))
        place.put(guarding.again(place.function))
        _note_the_use(place)


def sentences_on_order(app: Flask) -> list[str]:
    """Say which guards stand above a route, and change nothing."""
    return [_sentence(*each) for each in _all_astray(app)]


def _all_astray(app: Flask) -> "list[tuple[_Place, Guarding]]":
    places = [*_places(app)]
    present = {id(each) for place in places for each in marks.chain(place.function)}
    for place in places:
        _note_the_use(place)
    return [
        (place, guarding)
        for place in places
        for guarding in _astray(place.function, present)
    ]


class _Place(NamedTuple):
    """Where an application keeps a function that it calls for a request."""

    shelf: Any
    key: Any
    label: str
    is_hook: bool

    @property
    def function(self) -> View:
        function: View = self.shelf[self.key]
        return function

    def put(self, function: View) -> None:
        self.shelf[self.key] = function


def _places(app: Flask) -> Iterator[_Place]:
    for hooks in app.before_request_funcs.values():
        for index, hook in enumerate(hooks):
            label = f"the before_request function {_name_of(hook)!r}"
            yield _Place(hooks, index, label, is_hook=True)
    views = app.view_functions
    for endpoint in views:
        yield _Place(views, endpoint, f"the view {endpoint!r}", is_hook=False)


def guards_of_nobody(app: Flask, names: Collection[str]) -> Iterator[ConfigError]:
    """Give a refusal of each guard that asks for people of none of these managers."""
    for place in _places(app):
        parts = marks.parts_of(place.function)
        over = [each for part in parts for each in marks.guardings_over(part)]
        for name in dict.fromkeys(guarding.name for guarding in over):
            if name not in names:
                problem = f"says name={name!r}, and no manager has that name"
                yield ConfigError(f"The guard over {place.label}", problem)


def _note_the_use(place: _Place) -> None:
    for each in marks.chain(place.function):
        guarding = marks.of(each)
        if guarding is not None:
            guarding.used = True


def _astray(function: View, present: set[int]) -> Iterator[Guarding]:
    found = set()
    for each in marks.chain(function):
        hung = marks.on(each)
        guardings = hung.guardings if hung else []
        # A view of a module has a guard for each application that a factory made of
        # it. One of this application's is enough of each kind.
        kinds = [one.kind for one in guardings if id(one.function) in present]
        for one in guardings:
            if one.kind not in kinds and one.is_meant and id(one) not in found:
                found.add(id(one))
                yield one
        if marks.of(each) is not None:
            return


def _sentence(place: _Place, guarding: Guarding) -> str:
    *_, function = marks.chain(place.function)
    code = getattr(function, "__code__", None)
    where = f" ({code.co_filename}, line {code.co_firstlineno})" if code else ""
    guard = _name_of(getattr(guarding.again, "func", guarding.again))
    route = "@app.before_request" if place.is_hook else "the route decorator"
    return (
        f"@{guard} stands above {route} of {place.label}{where}, where it guards"
        f" nothing: put {route} on top, and @{guard} under it."
    )


def _name_of(function: View) -> str:
    return getattr(function, "__name__", repr(function))
