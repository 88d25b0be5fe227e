"""Who comes back by the remember cookie alone.

Nothing is written here but what somebody else has left in the session: that is cleared
before anybody is shown it.
"""

import logging
from typing import Any

from flask.sessions import SessionMixin

from . import entry, leftovers, moving, recall, users
from .cookie import Remember
from .memory import Memory
from .state import Desk, session_at_hand

log = logging.getLogger("flask_signet")


def by_cookie(known: Memory, value: str) -> Any:
    """Find the user whom a remember cookie names, and note that they are let in."""
    app, here = known.app, known.here
    if here.desk is not None:
        device = here.desk.read(known, value)
        if device is not None or not moving.is_on(here):
            return _by_device(known, here.desk, device, value)
    notes = known.note()
    held = known.held if known.held is not None else session_at_hand()
    remembered, load = recall.read(value, here, app), here.manager.user_callback
    user, stamp = None, entry.REFUSED
    if remembered is not None and load is not None:
        user = users.loaded(load(remembered.user_id), "user_loader")
        if user is not None and (remembered.forced or users.is_active(user)):
            known.stamp = users.stamp_of(user)
            stamp = _stamp_of_who_is_remembered(known, remembered)
    if known.is_unsure:
        return None
    if remembered is None or stamp is entry.REFUSED:
        _tell_of_a_refused_cookie(known, value)
        notes.forget = True
        return None
    known.stale = True
    known.person_id = remembered.user_id
    leave_to(known, held, remembered.user_id)
    notes.is_entry = True
    notes.keys = entry.sign_in_keys(
        here, remembered.user_id, stamp=stamp, forced=remembered.forced
    )
    _note_a_new_cookie(known, remembered, value, stamp)
    if here.desk is not None:
        here.desk.note_that_they_move_in(known, user, remembered.signed_at)
    return user


def _note_a_new_cookie(
    known: Memory, remembered: Remember, value: str, stamp: str | None
) -> None:
    """Have one of Flask-Login's replaced, and one under a fallback key."""
    here = known.here
    if remembered.is_flask_logins or not recall.is_signed_now(value, here, known.app):
        now = here.manager.clock()
        known.note().remember = remembered.of(remembered.user_id, stamp, now)


def leave_to(known: Memory, held: SessionMixin, user_id: str) -> None:
    """Clear what somebody else has left in the session of who comes back."""
    app, here = known.app, known.here
    if str(known.seen_id or user_id) != user_id or leftovers.are_anothers(
        app, here.names, held, user_id
    ):
        leftovers.clear(app, here, held)
        known.seen_id = None


def _by_device(known: Memory, desk: Desk, device: Any, value: str) -> Any:
    if device is not None:
        # One that opens nothing is left where it is: another request of this browser
        # may have got its successor, and this answer be the last to arrive.
        return desk.by_value(known, device)
    _tell_of_a_refused_cookie(known, value)
    known.note().forget = True
    return None


def _stamp_of_who_is_remembered(known: Memory, remembered: Remember) -> Any:
    """Give the stamp of who comes back; ``REFUSED`` if it is another one now."""
    app, here, now = known.app, known.here, known.stamp
    user_id = remembered.user_id
    at = None if remembered.is_flask_logins else remembered.signed_at
    if here.desk is not None and not (
        here.desk.is_young(known, at, remember=True)
        and moving.admits(known, user_id, at)
    ):
        return entry.REFUSED
    if not remembered.is_flask_logins:
        stamp = entry.verified_stamp(here, app, now, remembered.stamp)
        if stamp is entry.REFUSED:
            known.note().add_marks(moving.mark_of_leaving(here, user_id))
        return stamp
    if not moving.admits(known, user_id, None):
        return entry.REFUSED
    sealed = None if now is None else entry.sealed(here, app, now)
    known.note().add_marks(moving.mark_of_stamp(here, user_id, sealed))
    return sealed


def _tell_of_a_refused_cookie(known: Memory, value: str) -> None:
    if not moving.tells_why(value, known.here, known.app):
        log.warning(
            "A remember cookie was not taken, and is removed: not signed here, too"
            " old, or of a user or credentials that are no more."
        )
