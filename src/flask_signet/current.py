"""Who is behind this request: asked once, remembered for this request alone.

The memory hangs on the request object, for an application context may serve several
requests. What dependents of Flask-Login look for on ``g`` is a mirror of it. Rooms
above ask ``current.get_user()`` through the module, so that a name replaced in a test
is replaced for all; ``current_user`` is for applications.
"""

from functools import partial
from threading import get_ident
from typing import Any, Final

from flask import Request, Response, after_this_request
from flask.sessions import SessionMixin
from werkzeug.local import LocalProxy

from . import config, cookie, find, users
from .cookie import Remember
from .memory import UNASKED, Memory
from .signals import (
    session_protected,
    user_accessed,
    user_loaded_from_cookie,
    user_loaded_from_request,
)
from .state import (
    State,
    app_at_hand,
    globals_at_hand,
    request_at_hand,
    session_at_hand,
    state_of,
)

_MEMORY: Final = "_signet_"
"""What the memory is called on a request, with the manager's name behind."""

_ABSENT: Final = object()


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
    return LocalProxy(partial(user_or_anonymous, name=name))


current_user: Any = LocalProxy(user_or_anonymous)
"""The user of this request, for views and templates; the anonymous one for a stranger.
``get_user()`` gives the object itself, or None."""


def memory(name: str = "") -> Memory:
    """Give what this request knows, without asking."""
    asked = request_at_hand()
    return asked.__dict__.get(_MEMORY + name) or _hang(asked, name)


def become(user: Any, user_id: str | None, *, name: str = "") -> None:
    """Make this the user of this request, in by that id; None for nobody."""
    known = memory(name)
    _set(known, user)
    known.person_id = user_id
    known.stamp = None if user is None else users.stamp_of(user)
    known.accessed = True
    known.stale = known.by_cookie = known.by_request = False
    known.answer = None
    on_g = globals_at_hand().__dict__
    _show(known, on_g)
    # Once more, if need be: what was noted before may wait in a copied context.
    after_this_request(partial(_close, known, on_g))


def keep_private(asked: Request, name: str) -> None:
    """Keep the answer to this request out of every cache."""
    known: Memory | None = asked.__dict__.get(_MEMORY + name)
    if known is not None:
        known.no_store = True


def settled(name: str, held: SessionMixin) -> Memory:
    """Ask who is there, and write at once what was noted for the session."""
    get_user(name=name)
    known = memory(name)
    _settle(known, held)
    known.seen_id = held.get(known.here.names.user_id)
    return known


def remember_note(here: State, held: SessionMixin, seconds: float | None) -> Remember:
    """Make the remember cookie of the sign-in that the session holds."""
    names = here.names
    if seconds is None:
        seconds = config.remember_duration(app_at_hand().config).total_seconds()
    return Remember(
        user_id=str(held[names.user_id]),
        seconds=int(seconds),
        stamp=held.get(names.stamp),
        forced=held.get(names.forced) is True,
        signed_at=here.manager.clock(),
    )


def _hang(asked: Request, name: str) -> Memory:
    app = app_at_hand()
    known = asked.__dict__[_MEMORY + name] = Memory(app, state_of(app, name), asked)
    return known


def _set(known: Memory, user: Any) -> None:
    known.nobody = user is None or users.is_anonymous(user)
    known.user = known.here.manager.anonymous_user() if user is None else user


def _ask(known: Memory, asked: Request, on_g: dict[str, Any]) -> None:
    """Make the memory and its mirror agree: look up, look again, or believe it."""
    if known.is_closed or known.finding == get_ident():
        return
    names = known.here.names
    shown = on_g.get(names.mirror, _ABSENT)
    owner: Memory | None = on_g.get(names.owner)
    if shown is _ABSENT:
        if owner is known:  # it was deleted, to have the user loaded again
            known.user, known.nobody, known.accessed = UNASKED, True, False
            known.by_cookie = known.by_request = False
    elif owner is None or owner.user is not shown:  # it was put there by somebody
        _set(known, shown)
        known.person_id = None
    if known.closed_on is not on_g:
        # Once for each context: a copied one carries no answer to the browser.
        known.closed_on = on_g
        after_this_request(partial(_close, known, on_g))
    if not known.accessed:
        _tell_of_the_first_asking(known)
    if known.user is UNASKED:
        _look_up(known, asked, on_g)
    else:
        _show(known, on_g)


def _tell_of_the_first_asking(known: Memory) -> None:
    known.accessed = True
    if user_accessed.receivers:
        user_accessed.send(known.app)


def _look_up(known: Memory, asked: Request, on_g: dict[str, Any]) -> None:
    app = known.app
    known.finding = get_ident()
    try:
        user = find.find(known, asked)
    except Exception:
        # The error goes up to the application, whose error page may ask again: for
        # the rest of this request nobody is there, and nothing is written of it.
        _set(known, None)
        known.notes = None
        raise
    finally:
        known.finding = None
    _set(known, user)
    _show(known, on_g)
    if known.protected:
        session_protected.send(app)
    if known.by_cookie:
        user_loaded_from_cookie.send(app, user=user)
    if known.by_request:
        user_loaded_from_request.send(app, user=user)


# --- The mirror on g, and the end of a request.


def _show(known: Memory, on_g: dict[str, Any]) -> None:
    names = known.here.names
    owner: Memory | None = on_g.get(names.owner)
    if owner is not None and owner is not known and owner.asked() is not None:
        known.beneath = owner
    on_g[names.mirror] = known.user
    on_g[names.owner] = known


def _take_off(known: Memory, on_g: dict[str, Any]) -> None:
    names = known.here.names
    if on_g.get(names.owner) is not known:
        return
    if known.beneath is None:
        on_g.pop(names.mirror, None)
        del on_g[names.owner]
    else:
        on_g[names.mirror] = known.beneath.user
        on_g[names.owner] = known.beneath


def _close(known: Memory, on_g: dict[str, Any], response: Response) -> Response:
    """Write what was noted, and take the mirror off.

    To one answer it is said once; to another, made because the first one failed on its
    way, it is said again.
    """
    if known.answer is response:
        return response
    known.answer = response
    held = session_at_hand() if known.held is None else known.held
    if known.notes is not None or known.here.names.remember in held:
        _write(known, held, response)
    if known.no_store:
        cookie.write_no_store(response)
    _take_off(known, on_g)
    return response


def _write(known: Memory, held: SessionMixin, response: Response) -> None:
    names = known.here.names
    _settle(known, held)
    if names.remember in held:
        _honour_the_wish(known, held)
    notes = known.note()
    remember = notes.remember
    if remember is not None and remember.user_id != str(held.get(names.user_id)):
        notes.remember = None  # the view has cleared the session since
    cookie.write(response, notes, names, known.app)


def _settle(known: Memory, held: SessionMixin) -> None:
    notes = known.notes
    if notes is None or notes.keys is None:
        return
    # If the view has changed whose session it is, what was noted is of no use.
    if held.get(known.here.names.user_id) == known.seen_id:
        if notes.is_entry:
            cookie.enter(held, notes.keys, known.app)
        else:
            cookie.write_keys(notes.keys, held)
    notes.keys, notes.is_entry = None, False


def _honour_the_wish(known: Memory, held: SessionMixin) -> None:
    """Do what the session asks of the remember cookie, if nothing newer is noted.

    That it should go is asked for until it is gone: an answer may be lost, or be
    thrown away by a later hook.
    """
    names, notes = known.here.names, known.note()
    wish = held[names.remember]
    seconds = config.seconds_to_remember(held.get(names.remember_seconds))
    if wish == "clear" and find.has_remember_cookie(known.here):
        notes.forget = notes.remember is None
        return
    for key in (names.remember, names.remember_seconds):
        held.pop(key, None)
    if wish == "set" and names.user_id in held and notes.remember is None:
        notes.remember = remember_note(known.here, held, seconds)
