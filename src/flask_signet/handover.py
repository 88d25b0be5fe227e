"""From one person to the next in one session: what is cleared, and what is left.

A session may outlive a sign-in, and be used by somebody else next. Here is decided
what they find of the one before: nothing. And whose the remember cookie is then.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask.sessions import SessionMixin

from . import cookie, current, find, seals
from .memory import Memory
from .state import State, app_at_hand, states_of


def part_from_the_one_before(
    here: State, held: SessionMixin, user: Any, user_id: str
) -> None:
    """Clear what the session holds of another person; a stranger's cart stays."""
    names = here.names
    known = current.memory(here.name)
    before = _id_of_whoever_is_in(known, held)
    if before is not None:
        if not is_the_same(known, before, user, user_id):
            _clear(held, keep=_keys_of_others(here))
    elif names.left in held:
        left = held.pop(names.left)
        keys = seals.secrets_of(app_at_hand())
        if seals.sealed_by(keys, names.left, user_id, left) is None:
            _clear(held, keep={names.next, names.remember} | _keys_of_others(here))


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
    if user_id is not None and held.keys() - _keys_of_others(here) - {names.left}:
        secret = seals.secret_of(app_at_hand())
        held[names.left] = seals.seal(secret, names.left, str(user_id))


def _id_of_whoever_is_in(known: Memory, held: SessionMixin) -> Any:
    """Give the session's id, or that of somebody who is just being let in again."""
    key = known.here.names.user_id
    noted = known.notes.keys if known.notes and known.notes.keys else {}
    return held.get(key) or noted.get(key)


def _keys_of_others(here: State) -> set[str]:
    """Name what no sign-in or sign-out of this manager may touch."""
    others = (
        each.names for each in states_of(app_at_hand()).values() if each is not here
    )
    return {"_permanent"}.union(*((*each.login_keys, each.left) for each in others))


def _clear(held: SessionMixin, *, keep: set[str]) -> None:
    for key in held.keys() - keep:
        del held[key]


def enter(held: SessionMixin, keys: Mapping[str, Any]) -> None:
    """Write the keys, then have the session renewed: one known before is worthless."""
    cookie.write_keys(keys, held)
    # After the keys, for Flask-Session renews no empty session.
    regenerate = getattr(app_at_hand().session_interface, "regenerate", None)
    if regenerate is not None:
        regenerate(held)


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
        known.note().remember = current.remember_note(here, held, seconds)
        # Where no answer of this request can set it, the next one will.
        held[names.remember] = "set"
        if seconds is not None:
            held[names.remember_seconds] = seconds
    elif known_as not in {None, user_id}:
        forget(known, held)


def forget_who_is_remembered(known: Memory, held: SessionMixin) -> None:
    known_as = _id_remembered(known, held)
    known.notes = None
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
    if not find.has_remember_cookie(here):
        return None
    remembered = find.remembered_by(here)
    return "" if remembered is None else remembered.user_id


def restamp_remember(here: State, held: SessionMixin, was_id: str, was: object) -> None:
    """Carry over a remember cookie that was as good as the session."""
    names = here.names
    remembered = find.remembered_by(here)
    stamp = held.get(names.stamp)
    if remembered is None or (remembered.user_id, remembered.stamp) != (was_id, was):
        return
    user_id = held[names.user_id]
    if (user_id, stamp) != (was_id, was):
        now = here.manager.clock()
        note = current.memory(here.name).note()
        note.remember = remembered.of(user_id, stamp, now)


def forget(known: Memory, held: SessionMixin) -> None:
    known.note().forget = True
    # Where no answer of this request can delete it, the next one will.
    held[known.here.names.remember] = "clear"
