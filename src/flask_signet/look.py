"""The look at what is registered, once, before the first view runs.

A guard above the route decorator guards nothing: Flask registered the function below
it. A guard leaves a mark on what it guards, and here every registered function is
looked at, and all that is under its ``__wrapped__``: one that has a guard which is
registered nowhere in the application was meant to be guarded, and is not.
"""

import logging
import weakref
from collections.abc import Callable, Iterator
from threading import Lock
from types import MethodType
from typing import Any, Final, NamedTuple

from flask import Flask, request_started

from .errors import GuardOrderError

log = logging.getLogger("flask_signet")

_MARK: Final = "__signet_mark__"
_GUARDING: Final = "__signet_guarding__"

View = Callable[..., Any]

NOBODY: Final = "nobody"
"""What a guard says that lets strangers pass."""


class Guarding:
    """One guard over one function. It keeps neither of them alive.

    Args:
        again: makes the same guard, over something else.
        says: what it asks of a visitor, as ``signed in``.
        by: where it comes from.

    """

    guard: "weakref.ref[View] | None" = None

    used = False
    """Whether it was ever called or registered: then it guards what it was meant to."""

    def __init__(
        self, again: Callable[[View], View], says: str, by: str = "decorator"
    ) -> None:
        self.again = again
        self.says = says
        self.by = by
        self.is_for_strangers = says.startswith(NOBODY)

    @property
    def is_meant(self) -> bool:
        """Whether it may have been meant for a view that has no guard."""
        return self.function is not None or not self.used

    @property
    def kind(self) -> object:
        """Which guard it is, and with what."""
        return (
            getattr(self.again, "func", self.again),
            getattr(self.again, "keywords", None),
        )

    @property
    def function(self) -> View | None:
        return self.guard() if self.guard is not None else None


class _Mark:
    """What hangs on a guarded function; it knows whose it is.

    For ``functools.wraps`` copies it about.
    """

    def __init__(self, owner: View) -> None:
        self.owner = weakref.ref(owner)
        self.guardings: list[Guarding] = []


def mark(view: View, guard: View, guarding: Guarding) -> None:
    """Hang on the view that this guard is over it."""
    label(guard, guarding)
    if isinstance(view, MethodType):
        return  # its function may be bound to others, which this guard is not over
    for each in chain(view):
        _hang(each, guarding)


def label(guard: View, guarding: Guarding) -> None:
    """Hang on a guard that it is one."""
    guarding.guard = weakref.ref(guard)
    vars(guard)[_GUARDING] = guarding


def _hang(view: View, guarding: Guarding) -> None:
    try:
        hung = _mark_on(view)
        if hung is None:
            hung = _Mark(view)
            setattr(view, _MARK, hung)
    except (AttributeError, TypeError):
        return  # a builtin carries no marks, and is not looked after
    hung.guardings = [each for each in hung.guardings if each.is_meant]
    hung.guardings.append(guarding)


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
    places = [*_places(app)]
    present = {id(each) for place in places for each in chain(place.function)}
    for place in places:
        _note_the_use(place)
    astray = [
        (place, guarding)
        for place in places
        for guarding in _astray(place.function, present)
    ]
    if astray and (app.debug or app.testing):
        raise GuardOrderError("\n".join(_sentence(*each) for each in astray))
    for place, guarding in astray:
        log.error("%s It has been put in its place.", _sentence(place, guarding))
        place.put(guarding.again(place.function))
        _note_the_use(place)


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


def chain(function: View) -> Iterator[View]:
    """Give a function and all that is under its ``__wrapped__``.

    A bound method stands for its function, which is what has a guard and marks.
    """
    seen: set[int] = set()
    below: Any = function
    while below is not None:
        below = getattr(below, "__func__", below)
        if id(below) in seen:
            return
        seen.add(id(below))
        yield below
        below = getattr(below, "__wrapped__", None)


def is_guarded(function: View) -> bool:
    """Tell whether a guard is outermost over a view, or over its class of views.

    One further in may never be called. A guard for strangers counts wherever it is.
    """
    kind = getattr(function, "view_class", None)
    below = getattr(kind, "dispatch_request", None)
    outermost = [each for each in (function, below) if each is not None]
    return any(_own(each) is not None for each in outermost) or any(
        guarding.is_for_strangers for guarding in guardings_over(function)
    )


def _own(function: View) -> Guarding | None:
    """Give the guard that a function is; functools.wraps copies the mark about."""
    guarding: Guarding | None = getattr(function, _GUARDING, None)
    is_own = guarding is not None and guarding.function is function
    return guarding if is_own else None


def guardings_over(function: View) -> Iterator[Guarding]:
    """Give the guards over a function, the outermost first."""
    for each in chain(function):
        guarding = _own(each)
        if guarding is not None:
            yield guarding


def _note_the_use(place: _Place) -> None:
    for each in chain(place.function):
        guarding = vars(each).get(_GUARDING) if hasattr(each, "__dict__") else None
        if guarding is not None and guarding.function is each:
            guarding.used = True


def _astray(function: View, present: set[int]) -> Iterator[Guarding]:
    found = set()
    for each in chain(function):
        hung = _mark_on(each)
        guardings = hung.guardings if hung else []
        # A view of a module has a guard for each application that a factory made of
        # it. One of this application's is enough of each kind.
        kinds = [one.kind for one in guardings if id(one.function) in present]
        for one in guardings:
            if one.kind not in kinds and one.is_meant and id(one) not in found:
                found.add(id(one))
                yield one
        own = vars(each).get(_GUARDING) if hasattr(each, "__dict__") else None
        if own is not None and own.function is each:
            return


def _mark_on(view: View) -> _Mark | None:
    hung: _Mark | None = getattr(view, _MARK, None)
    return hung if hung is not None and hung.owner() is view else None


def _sentence(place: _Place, guarding: Guarding) -> str:
    *_, function = chain(place.function)
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
