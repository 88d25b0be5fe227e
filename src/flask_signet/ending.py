"""The end of a request: what was noted is said with its answer.

There is no other place that writes a cookie. What a view does with a sign-in is written
to the session at once; what was found on the way to its user waits until here.
"""

from flask import Response
from flask.sessions import SessionMixin

from . import config, cookie, limits, marks, moving, recall
from .cookie import Remember
from .memory import Memory
from .state import State, app_at_hand, session_at_hand, view_at_hand


def close(known: Memory, response: Response) -> Response:
    """Write what was noted.

    To one answer it is said once; to another, made because the first one failed on its
    way, it is said again.
    """
    if known.answer is response:
        return response
    known.answer = response
    here, held = known.here, known.held
    if held is None:
        held = session_at_hand()
    if known.notes is not None or here.names.remember in held:
        _write(known, held, response)
    if (
        here.idle is not None
        and not known.is_touched
        and not marks.is_passive(view_at_hand())
    ):
        limits.touch(known, response)
    if known.no_store:
        cookie.write_no_store(response)
    return response


def keep_private(response: Response) -> Response:
    cookie.write_no_store(response)
    return response


def _write(known: Memory, held: SessionMixin, response: Response) -> None:
    names, desk = known.here.names, known.here.desk
    if desk is not None and known.notes is not None:
        desk.perform(known)
    settle(known, held)
    if names.remember in held:
        if desk is None:
            _honour_the_wish(known, held)
        elif not recall.is_there(known.here):
            del held[names.remember]
    notes = known.note()
    if notes.marks:
        moving.keep(known.app, known.here, notes.marks)
    remember = notes.remember
    if remember is not None and remember.user_id != str(held.get(names.user_id)):
        notes.remember = None  # the view has cleared the session since
    cookie.write(response, notes, names, known.app)


def settle(known: Memory, held: SessionMixin) -> None:
    """Write what was noted for the session, if it is still the one it was noted for."""
    notes = known.notes
    if notes is None or notes.keys is None:
        return
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
    if wish == "clear" and recall.is_there(known.here):
        notes.forget = notes.remember is None
        return
    for key in (names.remember, names.remember_seconds):
        held.pop(key, None)
    if wish == "set" and names.user_id in held and notes.remember is None:
        notes.remember = remember_note(known.here, held, seconds)


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
