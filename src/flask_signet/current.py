"""Who is behind this request: asked once, remembered for this request alone.

The memory hangs on the request object, for an application context may serve several
requests. What dependents of Flask-Login look for on ``g`` is a mirror of it. Rooms
above ask ``current.get_user()`` through the module, so that a name replaced in a test
is replaced for all; ``current_user`` is for applications.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

from flask import Request, after_this_request, has_request_context
from flask.sessions import SessionMixin
from werkzeug.local import LocalProxy

from . import ending, find, users
from .errors import OutsideRequestError
from .memory import UNASKED, Memory
from .signals import (
    session_protected,
    user_accessed,
    user_loaded_from_cookie,
    user_loaded_from_header,
    user_loaded_from_request,
)
from .state import (
    app_at_hand,
    globals_at_hand,
    request_at_hand,
    state_of,
)

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
    if known is None:
        known = _hang(asked, name)
    on_g = globals_at_hand().__dict__
    if on_g.get(known.here.names.mirror, _ABSENT) is not known.user:
        _ask(known, asked, on_g)
    return None if known.nobody else known.user


def user_or_anonymous(*, name: str = "") -> Any:
    """Give the user of this request, the anonymous one for a stranger.

    Returns:
        None outside a request.

    """
    user = get_user(name=name)
    if user is not None:
        return user
    try:
        known = memory(name)
    except RuntimeError:
        return None
    if known.nobody and known.is_asked and known.user is not None:
        return known.user
    return known.here.manager.anonymous_user()


def proxy(name: str) -> Any:
    """Make what stands for the user of whatever request is at hand."""
    return LocalProxy(lambda: _or_say_so(user_or_anonymous(name=name)))


def _or_say_so(user: Any) -> Any:
    if user is None and not has_request_context():
        raise OutsideRequestError
    return user


# A lambda, for a test may replace the function; and as one without arguments.
current_user: Any = LocalProxy(lambda: _or_say_so(user_or_anonymous()))
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
    _look_up(known, request_at_hand(), globals_at_hand().__dict__)


def show(user: Any, name: str) -> None:
    """Let this be the user of this request, and write nothing; None for nobody."""
    known = memory(name)
    names = known.here.names
    shown = known.here.manager.anonymous_user() if user is None else user
    globals_at_hand().__dict__[names.mirror] = shown


def become(user: Any, user_id: str | None, *, name: str = "") -> None:
    """Make this the user of this request, in by that id; None for nobody."""
    known = memory(name)
    _set(known, user)
    known.person_id = user_id
    known.stamp = None if user is None else users.stamp_of(user)
    known.accessed = True
    known.stale = known.by_cookie = known.by_request = known.by_header = False
    known.answer = None
    on_g = globals_at_hand().__dict__
    known.show_on(on_g)
    # Once more, if need be: what was noted before may wait in a copied context.
    after_this_request(partial(ending.close, known, on_g))


def keep_private(asked: Request, name: str) -> None:
    """Keep the answer to this request out of every cache."""
    known: Memory | None = asked.__dict__.get(_MEMORY + name)
    if known is not None:
        known.no_store = True


def settled(name: str, held: SessionMixin) -> Memory:
    """Ask who is there, and write at once what was noted for the session."""
    get_user(name=name)
    known = memory(name)
    ending.settle(known, held)
    known.seen_id = held.get(known.here.names.user_id)
    return known


def _hang(asked: Request, name: str) -> Memory:
    app = app_at_hand()
    known = asked.__dict__[_MEMORY + name] = Memory(app, state_of(app, name), asked)
    return known


def _set(known: Memory, user: Any) -> None:
    known.nobody = user is None or users.is_anonymous(user)
    known.user = known.here.manager.anonymous_user() if user is None else user


def _ask(known: Memory, asked: Request, on_g: dict[str, Any]) -> None:
    """Make the memory and its mirror agree: look up, look again, or believe it."""
    if known.is_closed or known in _looked_up_here.get():
        return
    if known.is_asked or known.here.names.mirror in on_g:
        _heed_the_mirror(known, on_g)
    if known.closed_on is not on_g:
        # Once for each context: a copied one carries no answer to the browser.
        known.closed_on = on_g
        after_this_request(partial(ending.close, known, on_g))
    if not known.accessed:
        _tell_of_the_first_asking(known)
    if known.user is not UNASKED:
        known.show_on(on_g)
    elif getattr(load := known.here.manager._load_user, "is_ours", False):  # noqa: SLF001 (Flask-Login's name)
        _look_up(known, asked, on_g)
    else:
        _have_looked_up(known, load, on_g)


def _have_looked_up(
    known: Memory, load: Callable[[], object], on_g: dict[str, Any]
) -> None:
    """Let a subclass's own load the user; it shows on ``g`` whom it has found."""
    here = _looked_up_here.set((*_looked_up_here.get(), known))
    try:
        load()
    finally:
        _looked_up_here.reset(here)
    if known.user is UNASKED:
        _set(known, on_g.get(known.here.names.mirror))
    known.show_on(on_g)


def _heed_the_mirror(known: Memory, on_g: dict[str, Any]) -> None:
    names = known.here.names
    shown = on_g.get(names.mirror, _ABSENT)
    owner: Memory | None = on_g.get(names.owner)
    if shown is _ABSENT:
        if owner is known:  # it was deleted, to have the user loaded again
            known.user, known.nobody, known.accessed = UNASKED, True, False
            known.by_cookie = known.by_request = known.by_header = False
    elif owner is None or owner.user is not shown:  # it was put there by somebody
        _set(known, shown)
        known.person_id = None


def _tell_of_the_first_asking(known: Memory) -> None:
    known.accessed = True
    if user_accessed.receivers:
        user_accessed.send(known.app)


def _look_up(known: Memory, asked: Request, on_g: dict[str, Any]) -> None:
    app = known.app
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
    _set(known, user)
    known.show_on(on_g)
    if known.protected:
        session_protected.send(app)
    if known.by_cookie:
        user_loaded_from_cookie.send(app, user=user)
    if known.by_request:
        user_loaded_from_request.send(app, user=user)
    if known.by_header:
        user_loaded_from_header.send(app, user=user)
