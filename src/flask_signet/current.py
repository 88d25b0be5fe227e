"""Who is behind this request: asked once, remembered for this request alone.

The memory hangs on the request object, for an application context may serve several
requests. What dependents of Flask-Login look for on ``g`` is a ``mirror`` of it. Rooms
above ask ``current.get_user()`` through the module, so that a name replaced in a test
is replaced for all; ``current_user`` is for applications.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from typing import Any, Final

from flask import Request, after_this_request, has_request_context
from flask.sessions import SessionMixin
from werkzeug.local import LocalProxy

from . import ending, find, users
from .errors import NotBoundError
from .memory import UNASKED, Memory
from .signals import (
    session_protected,
    user_accessed,
    user_loaded_from_cookie,
    user_loaded_from_header,
    user_loaded_from_request,
)
from .state import EXTENSION, app_at_hand, globals_at_hand, request_at_hand

_MEMORY: Final = "_signet_"
"""What the memory is called on a request, with the manager's name behind."""

_ABSENT: Final = object()

_looked_up_here: ContextVar[tuple[Memory, ...]] = ContextVar("looked_up", default=())
"""Whose users are being looked up: who asks for one meanwhile has come round. A thread
of the application's own is not here; one on which an async loader runs is."""


def get_user(*, name: str = "") -> Any:
    """Give the user of this request; looked up once, however often asked.

    Args:
        name: of which manager; by default the plain one.

    Returns:
        The application's own user object; None for a stranger, and outside a request.

    Raises:
        NotBoundError: ``init_app`` was not called for this application.
        MissingLoaderError: there is no function that could load a user.
        UserError: what a loader gave cannot be a user.

    """
    try:
        asked = request_at_hand()
    except RuntimeError:
        return None
    known: Memory | None = asked.__dict__.get(_MEMORY + name)
    if known is None or known.user is UNASKED or known.notes is not None:
        known = _ask(asked, name)
    return None if known.nobody else known.user


def user_or_anonymous(*, name: str = "") -> Any:
    """Give the user of this request, the anonymous one for a stranger.

    Returns:
        None outside a request.

    """
    user = get_user(name=name)
    if user is not None or not has_request_context():
        return user
    known = memory(name)
    if known.nobody and known.is_asked and known.user is not None:
        return known.user
    return known.here.manager.anonymous_user()


class CurrentUser(LocalProxy[Any]):
    """Stands for the user of whatever request is at hand."""

    __slots__ = ("_signet_ask",)

    def __init__(self, ask: Callable[[], Any]) -> None:
        def user() -> Any:
            found = ask()
            is_outside = found is None and not has_request_context()
            return users.Nobody() if is_outside else found

        super().__init__(user)
        object.__setattr__(self, "_signet_ask", ask)

    # What is asked most, by the shortest way.
    def __getattr__(self, name: str) -> Any:
        if name == "_signet_ask":  # it has none yet: a copy is being made
            raise AttributeError(name)
        user = self._signet_ask()
        return getattr(self._get_current_object() if user is None else user, name)


def proxy(name: str) -> Any:
    """Make what stands for the user of one manager's people."""
    return CurrentUser(lambda: user_or_anonymous(name=name))


# A lambda, for a test may replace the function; and as one without arguments.
current_user: Any = CurrentUser(lambda: user_or_anonymous())  # noqa: PLW0108
"""The user of this request, for views and templates; the anonymous one for a stranger.
``get_user()`` gives the object itself, or None."""


def memory(name: str = "") -> Memory:
    """Give what this request knows, without asking."""
    asked = request_at_hand()
    return asked.__dict__.get(_MEMORY + name) or _hang(asked, name)


def look_up(name: str) -> None:
    """Load the user of this request anew, as Flask-Login's ``_load_user`` does."""
    known = memory(name)
    known.user, known.nobody = UNASKED, True
    _look_up(known, request_at_hand())


def become(user: Any, user_id: str | None, *, name: str = "") -> None:
    """Make this the user of this request, in by that id; None for nobody."""
    known = memory(name)
    _set(known, user)
    known.person_id = user_id
    known.stamp = None if user is None else users.stamp_of(user)
    known.accessed = True
    known.stale = known.by_cookie = known.by_request = known.by_header = False
    known.is_touched = False
    known.answer = None
    # Once more, if need be: what was noted before may wait in a copied context.
    after_this_request(partial(ending.close, known))


def keep_private(asked: Request, name: str) -> None:
    """Keep the answer to this request out of every cache."""
    known: Memory | None = asked.__dict__.get(_MEMORY + name)
    if known is not None:
        known.no_store = True
        if known.closed_on != get_ident():
            _ask(asked, name)


def settled(name: str, held: SessionMixin) -> Memory:
    """Ask who is there, and write at once what was noted for the session."""
    get_user(name=name)
    known = memory(name)
    ending.settle(known, held)
    known.seen_id = held.get(known.here.names.user_id)
    return known


# --- For the mirror on ``g``.


def shown(name: str) -> Any:
    """Give the user that this request shows on ``g``; ``UNASKED`` if none."""
    try:
        known: Memory | None = request_at_hand().__dict__.get(_MEMORY + name)
    except RuntimeError:
        return UNASKED
    return UNASKED if known is None else known.user


def show(user: Any, name: str) -> bool:
    """Let this be the user of this request, and write nothing; None for nobody.

    Returns:
        Whether there is a request.

    """
    if not has_request_context():
        return False
    known = memory(name)
    _set(known, user)
    known.person_id = None
    return True


def forget(name: str) -> bool:
    """Have the user of this request loaded again when somebody asks.

    Returns:
        Whether anybody was known.

    """
    if shown(name) is UNASKED:
        return False
    known = memory(name)
    known.user, known.nobody, known.accessed = UNASKED, True, False
    known.by_cookie = known.by_request = known.by_header = False
    return True


# --- How it is found out.


def _hang(asked: Request, name: str) -> Memory:
    known = Memory()
    known.app = app = app_at_hand()
    try:
        known.here = app.extensions[EXTENSION][name]
    except KeyError:
        raise NotBoundError(app.name, name) from None
    asked.__dict__[_MEMORY + name] = known
    return known


def _set(known: Memory, user: Any) -> None:
    known.nobody = user is None or users.is_anonymous(user)
    known.user = known.here.manager.anonymous_user() if user is None else user


def _ask(asked: Request, name: str) -> Memory:
    """Look the user up, unless that is done or going on; see to the end of it."""
    known = asked.__dict__.get(_MEMORY + name) or _hang(asked, name)
    if known.answer is not None or known in _looked_up_here.get():
        return known
    thread = get_ident()
    if known.closed_on != thread:
        # Once for each thread: in a copied context no answer goes to the browser.
        known.closed_on = thread
        after_this_request(partial(ending.close, known))
    if not known.accessed:
        known.accessed = True
        if user_accessed.receivers:
            user_accessed.send(known.app)
    if known.user is UNASKED:
        here = known.here
        waiting = globals_at_hand().__dict__.pop(here.names.mirror, _ABSENT)
        if waiting is not _ABSENT:  # put there before there was a request
            _set(known, waiting)
        elif getattr(load := here.manager._load_user, "is_ours", False):  # noqa: SLF001 (Flask-Login's name)
            _look_up(known, asked)
        else:
            _have_looked_up(known, load)
    return known


def _have_looked_up(known: Memory, load: Callable[[], object]) -> None:
    """Let a subclass's own load the user; it shows on ``g`` whom it has found."""
    here = _looked_up_here.set((*_looked_up_here.get(), known))
    try:
        load()
    finally:
        _looked_up_here.reset(here)
    if known.user is UNASKED:
        _set(known, None)


def _look_up(known: Memory, asked: Request) -> None:
    here = _looked_up_here.set((*_looked_up_here.get(), known))
    try:
        user = find.find(known, asked)
    except Exception:
        # The error goes up to the application, whose error page may ask again: for
        # the rest of this request nobody is there, and nothing is written of it.
        _set(known, None)
        known.notes = None
        raise
    finally:
        _looked_up_here.reset(here)
    if user is None:
        _set(known, None)
    else:
        known.user, known.nobody = user, getattr(user, "is_anonymous", False) is True
    app = known.app
    if known.protected:
        session_protected.send(app)
    if known.by_cookie:
        user_loaded_from_cookie.send(app, user=user)
    elif known.by_request:
        user_loaded_from_request.send(app, user=user)
    elif known.by_header:
        user_loaded_from_header.send(app, user=user)
