"""Who may pass to a view.

A guard stands *under* the route decorator: what Flask registers must be the guarded
view. Whether it is, is looked at once, before the first view runs (see ``look``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, Final, TypeVar, cast, overload
from weakref import WeakSet

from flask import Flask
from flask.typing import ResponseReturnValue

from . import answers, config, current, login, marks, users
from .errors import ConfigError
from .marks import Guarding
from .state import app_at_hand, request_at_hand, state

View = TypeVar("View", bound=Callable[..., Any])
Answer = Callable[[], ResponseReturnValue]
Refusal = Callable[[str, Mapping[str, Any]], Answer | None]
"""Gives the answer for who may not pass to a view with these arguments; None lets them
pass."""

log = logging.getLogger("flask_signet")


@overload
def login_required(func: View, *, name: str = "") -> View: ...


@overload
def login_required(func: None = None, *, name: str = "") -> Callable[[View], View]: ...


def login_required(
    func: View | None = None, *, name: str = ""
) -> View | Callable[[View], View]:
    """Let only somebody signed in pass to the view.

    Stands under the route decorator, bare or with arguments. A class of views is
    guarded in place.

    Args:
        func: a view, a ``before_request`` function or a class of views.
        name: which manager's users may pass.

    """
    again = partial(login_required, name=name)
    if func is None:
        return again
    return guard(func, again, named(SIGNED_IN, name), name, refuse_a_stranger)


@overload
def fresh_login_required(
    func: View, *, max_age: timedelta | None = None, name: str = ""
) -> View: ...


@overload
def fresh_login_required(
    func: None = None, *, max_age: timedelta | None = None, name: str = ""
) -> Callable[[View], View]: ...


def fresh_login_required(
    func: View | None = None, *, max_age: timedelta | None = None, name: str = ""
) -> View | Callable[[View], View]:
    """Let only somebody pass who has proved lately who they are.

    Stands under the route decorator, bare or with arguments.

    Args:
        func: a view, a ``before_request`` function or a class of views.
        max_age: how old the proof may be; by default ``SIGNET_FRESH_MAX_AGE``.
        name: which manager's users may pass.

    Raises:
        ConfigError: the age is no timedelta, or not longer than nothing.

    """
    if max_age is not None:
        config.refuse_a_bad_age("max_age", max_age)
    again = partial(fresh_login_required, max_age=max_age, name=name)
    if func is None:
        return again

    def refuse(name: str, given: Mapping[str, Any]) -> Answer | None:
        return refuse_a_stranger(name, given) or _refuse_the_stale(name, max_age)

    says = "fresh" if max_age is None else f"fresh within {max_age}"
    return guard(func, again, named(says, name), name, refuse)


# --- What guards are made of, here and in ``rules``.

SIGNED_IN: Final = "signed in"


def named(says: str, name: str) -> str:
    """Say it of one kind of people, if they have a name."""
    return f"{says} ({name})" if name else says


def somebody(name: str) -> Any:
    """Give the user if it is somebody to let in; None for a stranger."""
    # As one without arguments, for Flask-Login's users replace it so in their tests.
    ask = (
        partial(current.user_or_anonymous, name=name)
        if name
        else current.user_or_anonymous
    )
    user = ask()
    if user is None or (
        user.is_authenticated is not True and not users.is_authenticated(user)
    ):
        return None
    return user


def refuse_a_stranger(name: str, _: Mapping[str, Any]) -> Answer | None:
    return None if somebody(name) is not None else answer_to_a_stranger(name)


def answer_to_a_stranger(name: str) -> Answer:
    return refuse_the_unknown(name) or state(name).manager.unauthorized


def refuse_the_unknown(name: str) -> Answer | None:
    """Give the answer if it is not known who is there, for the register is down."""
    known = current.known_here(name)
    return answers.unavailable if known is not None and known.is_down else None


def _refuse_the_stale(name: str, max_age: timedelta | None) -> Answer | None:
    if login.login_fresh(max_age, name=name):
        return None
    return state(name).manager.needs_refresh


def guard(
    view: View, again: Callable[[Any], Any], says: str, name: str, refuse: Refusal
) -> View:
    """Put a guard over a view, a function or a class of views.

    Raises:
        ConfigError: it is neither.

    """
    given: object = view
    guarding = Guarding(again, says, name=name)
    is_class = isinstance(given, type)
    if not callable(given) or (is_class and not hasattr(given, "dispatch_request")):
        problem = f"is {view!r}; it should be a function or a class of views"
        if isinstance(given, str):
            problem += f" (for a manager's name write name={view!r})"
        raise ConfigError("What a guard is put over", problem)
    if is_class:
        kind = cast(Any, view)
        guarded = _guarded(kind.dispatch_request, name, refuse, guarding)
        marks.label(guarded, guarding)
        kind.dispatch_request = guarded
        return view
    guarded = _guarded(view, name, refuse, guarding)
    marks.mark(view, guarded, guarding)
    return cast(View, guarded)


def closed(view: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Put ``login_required`` over a view of one application.

    It leaves no mark on the view, which another application may have open.
    """
    again = partial(login_required, name=name)
    guarding = Guarding(again, named(SIGNED_IN, name), "protect", name)
    guarded = _guarded(view, name, refuse_a_stranger, guarding)
    marks.label(guarded, guarding)
    return guarded


def _guarded(
    view: Callable[..., Any], name: str, refuse: Refusal, guarding: Guarding
) -> Callable[..., Any]:
    is_async = iscoroutinefunction(view)

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        guarding.used = True
        asked = request_at_hand()
        method = asked.method
        if method not in config.EXEMPT_METHODS:
            app = app_at_hand()
            if not app.config.get("LOGIN_DISABLED") or not _may_disable(app):
                answer = refuse(name, kwargs)
                if answer is not None:
                    return _given(answer)
                current.keep_private(asked, name)
        elif method == "OPTIONS":
            # Before some requests to another origin a browser sends OPTIONS, without
            # the cookie (Fetch standard, CORS preflight). It is answered for the view:
            # what a view says must not depend on a method that carries nobody. So it
            # is behind a guarded before_request function; no page is answered for it.
            if asked.routing_exception is not None:
                return None
            return app_at_hand().make_default_options_response()
        if is_async:
            return app_at_hand().ensure_sync(view)(*args, **kwargs)
        return view(*args, **kwargs)

    return guarded


def _given(answer: Answer) -> ResponseReturnValue:
    given: Any = answer()
    if given is None:  # to Flask, before a request, that means "go on"
        name = getattr(answer, "__name__", "the manager's")
        raise ConfigError(f"The answer of {name}()", "is None; it should be a response")
    return cast("ResponseReturnValue", given)


def _may_disable(app: Flask) -> bool:
    """Say whether ``LOGIN_DISABLED`` counts: in tests alone; elsewhere log it once."""
    if app.testing:
        return True
    if app not in _told:
        _told.add(app)
        log.error(
            "LOGIN_DISABLED is set and ignored: it switches guards off in tests alone,"
            " where app.testing is true."
        )
    return False


_told: WeakSet[Flask] = WeakSet()
