"""From one person to the next in one session: what is cleared, and what is left.

A session may outlive a sign-in, and be used by somebody else next. Here is decided
what they find of the one before: nothing. And whose the remember cookie is then.
"""

from datetime import timedelta
from typing import Any

from flask import Response
from flask.sessions import SessionMixin

from . import current, ending, entry, leftovers, moving, recall
from .cookie import Remember
from .memory import Memory
from .state import Desk, State, app_at_hand, state


def part_from_the_one_before(
    here: State, held: SessionMixin, user: Any, user_id: str
) -> None:
    """Clear what the session holds of another person; a stranger's cart stays."""
    app, names = app_at_hand(), here.names
    known = current.memory(here.name)
    before = _id_of_whoever_is_in(known, held)
    if before is not None:
        if not is_the_same(known, before, user, user_id):
            leftovers.clear(app, here, held)
    elif leftovers.are_anothers(app, names, held, user_id):
        leftovers.clear(app, here, held, names.next, names.remember)


def is_the_same(known: Memory, before: object, user: Any, user_id: str) -> bool:
    """Tell whether this is who was in before: by the id, or the very same object.

    For an id may change with the credentials, on the object that was loaded by it.
    """
    return str(before) == user_id or (
        known.user is user and known.person_id == str(before)
    )


def leave(known: Memory, held: SessionMixin) -> None:
    """Take the sign-in out of the session, and mark whose the rest is."""
    here, names = known.here, known.here.names
    user_id = _id_of_whoever_is_in(known, held)
    for key in names.login_keys:
        if key in held:
            del held[key]
    if user_id is not None:
        moving.keep_out(known.app, here, str(user_id))
        held.update(leftovers.mark(known.app, here, held, str(user_id)))


def _id_of_whoever_is_in(known: Memory, held: SessionMixin) -> Any:
    """Give the session's id, or that of somebody who is just being let in again."""
    key = known.here.names.user_id
    noted = known.notes.keys if known.notes and known.notes.keys else {}
    return held.get(key) or noted.get(key)


# --- The remember cookie.


def settle_remember(
    here: State,
    held: SessionMixin,
    user_id: str,
    duration: timedelta | None,
    *,
    remember: bool,
) -> None:
    names = here.names
    known = current.memory(here.name)
    known_as = _id_remembered(known, held)
    known.notes = None
    held.pop(names.remember, None)
    held.pop(names.remember_seconds, None)
    if remember:
        seconds = None if duration is None else int(duration.total_seconds())
        known.note().remember = ending.remember_note(here, held, seconds)
        # Where no answer of this request can set it, the next one will.
        held[names.remember] = "set"
        if seconds is not None:
            held[names.remember_seconds] = seconds
    elif known_as not in {None, user_id}:
        forget(known, held)


def forget_who_is_remembered(known: Memory, held: SessionMixin) -> None:
    known_as = _id_remembered(known, held)
    known.notes = None
    if known_as:
        moving.keep_out(known.app, known.here, known_as)
    if known_as is not None:
        forget(known, held)


def _id_remembered(known: Memory, held: SessionMixin) -> str | None:
    """Tell as whom this browser is known, or will be when it has this answer.

    Returns:
        Empty for a cookie that is worth nothing, or is to go; None without one.

    """
    here = known.here
    if held.get(here.names.remember) == "clear":
        return ""
    if known.is_closed and known.notes and known.notes.remember:
        return known.notes.remember.user_id
    if not recall.is_there(here):
        return None
    remembered = recall.remembered(here)
    return "" if remembered is None else remembered.user_id


def restamp_remember(
    known: Memory, held: SessionMixin, was_id: str, was: object
) -> None:
    """Carry over a remember cookie that was as good as the session."""
    here, note = known.here, known.note()
    remembered = note.remember or recall.remembered(here)
    if remembered is None or remembered.user_id != was_id:
        return
    if remembered.stamp != was and not _is_of_the_same_stamp(known, remembered):
        return
    user_id, stamp = held[here.names.user_id], held.get(here.names.stamp)
    if (user_id, stamp) != (was_id, was):
        now = here.manager.clock()
        note.remember = remembered.of(user_id, stamp, now)


def _is_of_the_same_stamp(known: Memory, remembered: Remember) -> bool:
    """Tell whether only the key is another under which it was sealed."""
    given = remembered.stamp
    stamp = entry.verified_stamp(known.here, known.app, known.stamp, given)
    return known.stamp is not None and stamp is not entry.REFUSED


def forget(known: Memory, held: SessionMixin) -> None:
    known.note().forget = True
    if not known.app.session_interface.is_null_session(held):
        # Where no answer of this request can delete it, the next one will.
        held[known.here.names.remember] = "clear"


def refresh_remember(name: str, response: Response) -> Response:
    """Let the remember cookie of whoever is in count anew from now, for its own time.

    A cookie that is not of this request's user is left as it is.
    """
    here = state(name)
    if here.desk is not None or not recall.is_there(here):
        return response  # with a register, all ends when it was said to at the proof
    user = current.get_user(name=name)
    notes = current.memory(name).note()
    remembered = recall.remembered(here)
    if user is None or remembered is None or notes.remember or notes.forget:
        return response
    if recall.is_of(here, remembered, user):
        stamp = entry.sealed_stamp(here, user)
        notes.remember = remembered.again(stamp, here.manager.clock())
    return response


# --- With a register.


def id_of_who_is_in(known: Memory, held: SessionMixin) -> Any:
    """Give the session's id, or that of who came by a value alone."""
    user_id = held.get(known.here.names.user_id)
    return known.person_id if user_id is None and known.signin else user_id


def be_out(known: Memory, held: SessionMixin) -> None:
    """Take the sign-in out of this browser, which the register has no more."""
    leave(known, held)
    forget_who_is_remembered(known, held)
    known.note().drops_token = True
    current.become(None, None, name=known.here.name)


def hand_over(desk: Desk, held: SessionMixin, issued: Any, name: str) -> None:
    """Have the new secrets written with the answer, and the session name the row."""
    here, known = state(name), current.memory(name)
    held[here.names.signin] = desk.hand_over(known, issued)
    for key in (here.names.remember, here.names.remember_seconds):
        held.pop(key, None)
