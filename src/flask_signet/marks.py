"""The marks that guards leave: on themselves, and on what they guard.

A mark knows whose it is, for ``functools.wraps`` copies it about, and keeps nothing
alive.
"""

import weakref
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any, Final, TypeVar

_MARK: Final = "__signet_mark__"
_GUARDING: Final = "__signet_guarding__"
_PASSIVE: Final = "__signet_passive__"

View = Callable[..., Any]

NOBODY: Final = "nobody"
"""What a guard says that lets strangers pass."""


Passive = TypeVar("Passive")


def passive(view: Passive) -> Passive:
    """Let asking for a view be no use: it keeps no sign-in from ending at rest.

    Args:
        view: a function or a class of views, as one that a page asks by itself.

    """
    setattr(view, _PASSIVE, True)
    return view


def is_passive(view: Any) -> bool:
    if view is None:
        return False
    kind = getattr(view, "view_class", None)
    return getattr(kind, _PASSIVE, False) or any(
        getattr(each, _PASSIVE, False) for each in chain(view)
    )


class Guarding:
    """One guard over one function. It keeps neither of them alive.

    Args:
        again: makes the same guard, over something else.
        says: what it asks of a visitor, as ``signed in``.
        by: where it comes from.
        name: of which manager's people.

    """

    guard: "weakref.ref[View] | None" = None

    used = False
    """Whether it was ever called or registered: then it guards what it was meant to."""

    def __init__(
        self,
        again: Callable[[View], View],
        says: str,
        by: str = "decorator",
        name: str = "",
    ) -> None:
        self.again = again
        self.says = says
        self.by = by
        self.name = name
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


class Mark:
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
        hung = on(view)
        if hung is None:
            hung = Mark(view)
            setattr(view, _MARK, hung)
    except (AttributeError, TypeError):
        return  # a builtin carries no marks, and is not looked after
    hung.guardings = [each for each in hung.guardings if each.is_meant]
    hung.guardings.append(guarding)


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


def outermost(function: View) -> Guarding | None:
    """Give the guard that is outermost over a view, or over its class of views.

    One further in may never be called. A guard for strangers counts there, too, if no
    other guard is over it.
    """
    kind = getattr(function, "view_class", None)
    is_plain = getattr(function, "__wrapped__", None) is None
    below = getattr(kind, "dispatch_request", None) if is_plain else None
    for each in (function, below):
        if each is not None and (guarding := of(each)) is not None:
            return guarding
    first = next(guardings_over(function), None)
    return first if first is not None and first.is_for_strangers else None


def of(function: View) -> Guarding | None:
    """Give the guard that a function is; functools.wraps copies the mark about."""
    guarding = getattr(function, _GUARDING, None)
    is_own = isinstance(guarding, Guarding) and guarding.function is function
    return guarding if is_own else None


def guardings_over(function: View) -> Iterator[Guarding]:
    """Give the guards over a function, the outermost first."""
    return (guarding for guarding, _ in guardings_and_what_is_above(function))


def guardings_and_what_is_above(
    function: View,
) -> Iterator[tuple[Guarding, View | None]]:
    """Give the guards over a function, each with what may keep it from being called."""
    above = None
    for each in chain(function):
        guarding = of(each)
        if guarding is None:
            above = above or each
        else:
            yield guarding, above


def parts_of(view: View) -> Iterator[View]:
    """Give a view, and of a class of views the functions that it calls."""
    yield view
    kind = getattr(view, "view_class", None)
    if not isinstance(kind, type):
        return
    for name in ("dispatch_request", *sorted(getattr(kind, "methods", None) or ())):
        part = getattr(kind, name.lower(), None)
        if callable(part):
            yield part


def on(view: View) -> Mark | None:
    """Give the mark that hangs on a function, if it is its own."""
    hung = getattr(view, _MARK, None)
    return hung if isinstance(hung, Mark) and hung.owner() is view else None
