"""What was said to be closed, and by whom; kept with the application or the blueprint.

Nothing is closed here: that is done at the first request, see ``protecting``.
"""

import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple
from weakref import WeakSet

from flask import Blueprint, Flask

from . import look
from .errors import ConfigError, NotBoundError
from .state import EXTENSION, itself, state_of, states_of

_CLOSED: Final = f"{EXTENSION}_closed"

_seen: "WeakSet[Flask]" = WeakSet()
"""Applications whose views were closed at their first request."""


class Closed(NamedTuple):
    """What one manager has closed."""

    by: "weakref.ref[Any]"
    name: str
    blueprint: Blueprint | None
    """The application itself, if it is None."""

    but: tuple[str, ...]
    """Endpoints that stay open."""

    def is_bound_to(self, app: Flask) -> bool:
        state = states_of(app).get(self.name)
        return state is not None and state.manager is self.by()


def write_down(manager: Any, scope: Flask | Blueprint, open_: Iterable[str]) -> None:
    """Write down what is to be closed.

    Raises:
        ConfigError: it is neither an application nor a blueprint, the endpoints are one
            text, or the first request is over.
        NotBoundError: the application does not have this manager.

    """
    if isinstance(open_, str):
        raise ConfigError("protect(open=...)", "is one text; it should be a list")
    given: Any = itself(scope)
    if isinstance(given, Blueprint):
        _write_down_of_blueprint(manager, given, tuple(open_))
        return
    if not isinstance(given, Flask):
        problem = f"was given {scope!r}; it wants an application or a blueprint"
        raise ConfigError("protect()", problem)
    state_of(given, manager.name)
    if given.extensions[f"{EXTENSION}_look"].is_taken:
        raise ConfigError("protect()", "was said after the first request, to no use")
    closed = Closed(weakref.ref(manager), manager.name, None, tuple(open_))
    given.extensions.setdefault(_CLOSED, []).append(closed)


def _write_down_of_blueprint(
    manager: Any, blueprint: Blueprint, but: tuple[str, ...]
) -> None:
    closed = Closed(weakref.ref(manager), manager.name, blueprint, but)
    kept = vars(blueprint).setdefault(_CLOSED, [])
    if closed in kept:
        return
    for app in _seen:
        if blueprint in app.blueprints.values() and closed.is_bound_to(app):
            problem = "was said after the first request, to no use"
            raise ConfigError("protect()", problem)
    kept.append(closed)
    with suppress(AssertionError):  # it is registered, and other managers look
        blueprint.record(lambda setup: _expect(setup.app))


def _expect(app: Any) -> None:
    """See to it that it is said where an application has no manager that looks."""
    taken = look.Look(refuse_what_nobody_closes)
    app.extensions.setdefault(f"{_CLOSED}_looks", []).append(taken)
    taken.wait_for(app)


def note_as_seen(app: Flask) -> None:
    _seen.add(app)


def closed_in(app: Flask) -> Iterator[Closed]:
    """Give what is closed in an application by the managers that it has."""
    closed = [*app.extensions.get(_CLOSED, ())]
    for _, kept in _of_blueprints(app):
        closed += kept
    yield from (each for each in closed if each.is_bound_to(app))


def refuse_what_nobody_closes(app: Flask) -> None:
    """Refuse a blueprint that was closed by managers that this application has not.

    Raises:
        NotBoundError: it has none of that name.
        ConfigError: it has another one of that name.

    """
    for blueprint, kept in _of_blueprints(app):
        if any(each.is_bound_to(app) for each in kept):
            continue
        name = kept[-1].name
        if name not in states_of(app):
            raise NotBoundError(app.name, name)
        problem = "was closed by another manager than the one that this application has"
        raise ConfigError(f"The blueprint {blueprint.name!r}", problem)


def _of_blueprints(app: Flask) -> Iterator[tuple[Any, list[Closed]]]:
    for blueprint in {id(each): each for each in app.blueprints.values()}.values():
        kept = vars(blueprint).get(_CLOSED)
        if kept:
            yield blueprint, kept
