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
    tell,
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


class Act:
    """That a user is the current one for a block, of this request or outside of any."""

    def __init__(self, name: str, asked: Request | None, user: Any) -> None:
        self.name = name
        self.asked = asked
        self.user = user


acts: ContextVar[tuple[Act, ...]] = ContextVar("acts", default=())
"""Of ``run_as``, the innermost first."""


def get_user(*, name: str = "") -> Any:
    """Give the user of this request; looked up once, however often asked.

    Args:
        name: of which manager; by default the plain one.

    Returns:
        The application's own user object; None for a stranger, and outside a request.
        In a block of ``run_as``, its user.

    Raises:
        NotBoundError: ``init_app`` was not called for this application.
        MissingLoaderError: there is no function that could load a user.
        UserError: what a loader gave cannot be a user.

    """
    try:
        asked = request_at_hand()
    except RuntimeError:
        act = acting(name, None)
        return None if act is None else act.user
    if acts.get() and (act := acting(name, asked)):
        return act.user
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


def known_here(name: str) -> Memory | None:
    """Give what this request knows, if it has been asked; None outside of one."""
    try:
        found: Memory | None = request_at_hand().__dict__.get(_MEMORY + name)
    except RuntimeError:
        return None
    return found


def look_up(name: str) -> None:
    """Load the user of this request anew, as Flask-Login's ``_load_user`` does."""
    known = memory(name)
    known.user, known.nobody = UNASKED, True
    _look_up(known, request_at_hand())


def become(user: Any, user_id: str | None, *, name: str = "") -> None:
    """Make this the user of this request, in by that id; None for nobody."""
    known = memory(name)
    set_user(known, user)
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
    if known is None:  # nobody was asked, for somebody is the user by run_as
        after_this_request(ending.keep_private)
        return
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


def acting(name: str, asked: Request | None) -> Act | None:
    """Give the act that counts in a request, or outside of any; None if none does."""
    for each in acts.get():
        if each.name == name and each.asked is asked:
            return each
    return None


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


def set_user(known: Memory, user: Any) -> None:
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
            tell(user_accessed, known.app, name)
    if known.user is UNASKED:
        here = known.here
        waiting = globals_at_hand().__dict__.pop(here.names.mirror, _ABSENT)
        if waiting is not _ABSENT:  # put there before there was a request
            set_user(known, waiting)
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
        set_user(known, None)


def _look_up(known: Memory, asked: Request) -> None:
    here = _looked_up_here.set((*_looked_up_here.get(), known))
    try:
        user = find.find(known, asked)
    except Exception:
        # The error goes up to the application, whose error page may ask again: for
        # the rest of this request nobody is there, and nothing is written of it.
        set_user(known, None)
        known.notes = None
        raise
    finally:
        _looked_up_here.reset(here)
    if user is None:
        set_user(known, None)
    else:
        known.user, known.nobody = user, getattr(user, "is_anonymous", False) is True
    app, whose = known.app, known.here.name
    if known.protected:
        tell(session_protected, app, whose)
    if known.by_cookie:
        tell(user_loaded_from_cookie, app, whose, user=user)
    elif known.by_request:
        tell(user_loaded_from_request, app, whose, user=user)
    elif known.by_header:
        tell(user_loaded_from_header, app, whose, user=user)
