"""What a view may ask for: in, out, proved again, still in after a change.

These verbs act at once on Flask's session and on the memory of this request; cookies
follow with the answer. Who may be asked to prove what is not decided here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from werkzeug.local import LocalProxy

from . import config, cookie, current, entry, handover, moving, recall, users
from .errors import UserError
from .signals import tell, user_logged_in, user_logged_out, user_login_confirmed
from .state import app_at_hand, request_at_hand, session_at_hand, state

log = logging.getLogger("flask_signet")


def login_user(  # noqa: PLR0913 (Flask-Login's signature)
    user: Any,
    remember: bool = False,  # noqa: FBT001, FBT002 (the same)
    duration: timedelta | None = None,
    force: bool = False,  # noqa: FBT001, FBT002
    fresh: bool = True,  # noqa: FBT001, FBT002
    *,
    methods: Sequence[str] = (),
    name: str = "",
) -> bool:
    """Sign a user in.

    Args:
        user: the application's own object.
        remember: whether to know this browser again after its session has ended.
        duration: how long to remember; by default ``REMEMBER_COOKIE_DURATION``.
        force: whether to let in a user who is not active.
        fresh: whether the person has proved just now who they are.
        methods: how, in AMR names (RFC 8176); kept in the session.
        name: which manager's user this is.

    Returns:
        Whether the user is in; False only for one who is not active. Look at it:
        whoever was signed in before is so still.

    Raises:
        UserError: the user is None, or has no id yet.
        ConfigError: the duration is none, or too short.

    """
    here = state(name)
    if duration is not None:
        config.refuse_a_bad_duration("duration", duration)
    user = _itself(user)
    user_id = users.id_of(user, here.manager.id_attribute)
    if not (force or users.is_active(user)):
        return False
    held, issued = session_at_hand(), None
    if here.desk is not None:  # first of all, for it may refuse
        issued = here.desk.sign_in(
            current.memory(name),
            user,
            user_id,
            remember=remember,
            duration=duration,
            fresh=fresh,
            methods=methods,
        )
    handover.part_from_the_one_before(here, held, user, user_id)
    write_sign_in(user, fresh=fresh, methods=methods, name=name)
    if here.desk is None:
        handover.settle_remember(here, held, user_id, duration, remember=remember)
    else:
        handover.hand_over(here.desk, held, issued, name)
    moving.note_stamp(app_at_hand(), here, user_id, user)
    current.become(user, user_id, name=name)
    tell(user_logged_in, app_at_hand(), name, user=user)
    return True


def write_sign_in(
    user: Any, *, fresh: bool, methods: Sequence[str] = (), name: str = ""
) -> None:
    """Write a sign-in into the session, whoever the user is, active or not."""
    here = state(name)
    keys = entry.sign_in_keys(
        here,
        users.id_of(user, here.manager.id_attribute),
        stamp=entry.sealed_stamp(here, user),
        forced=not users.is_active(user),
        fresh=fresh,
    )
    keys[here.names.methods] = [*methods] or None
    cookie.enter(session_at_hand(), keys, app_at_hand())


def logout_user(*, name: str = "") -> bool:
    """Sign out whoever is in, remembered or not.

    Needs no loader to work: who cannot be loaded can sign out all the same.

    Returns:
        True, always.

    """
    user = _who_leaves(name)
    held = session_at_hand()
    known = current.memory(name)
    desk = known.here.desk
    if desk is not None:  # what puts out comes first
        desk.sign_out(known)
    handover.leave(known, held)
    handover.forget_who_is_remembered(known, held)
    known.note().drops_token = desk is not None
    current.become(None, None, name=name)
    tell(user_logged_out, app_at_hand(), name, user=user)
    return True


def confirm_login(*, methods: Sequence[str] = (), name: str = "") -> None:
    """Note that the person signed in has proved again who they are, just now.

    The sign-in is fresh from here on, under a new id, and takes the user's present
    stamp. For a stranger, or somebody known by the request alone, nothing happens.

    Args:
        methods: how it was proved, in AMR names (RFC 8176).
        name: of which manager.

    """
    here = state(name)
    if _is_acting(name):
        return
    user = current.get_user(name=name)
    held = session_at_hand()
    known = current.settled(name, held)
    user_id = handover.id_of_who_is_in(known, held)
    if user is None or user_id is None:
        return
    issued = None
    if here.desk is not None:
        issued = here.desk.prove(known, user, methods)
        if issued is None:  # it has been closed meanwhile
            handover.be_out(known, held)
            return
    was = held.get(here.names.stamp)
    keys = entry.sign_in_keys(
        here,
        str(user_id),
        stamp=entry.sealed_stamp(here, user),
        forced=held.get(here.names.forced) is True,
        fresh=True,
    )
    keys[here.names.methods] = [*methods] or None
    cookie.enter(held, keys, known.app)
    if here.desk is None:
        handover.restamp_remember(known, held, str(user_id), was)
    else:
        handover.hand_over(here.desk, held, issued, name)
    known.stale = False
    moving.note_stamp(known.app, here, str(user_id), user)
    current.become(user, str(user_id), name=name)
    tell(user_login_confirmed, app_at_hand(), name)


def keep_signed_in(user: Any, *, name: str = "") -> None:
    """Take the user's new stamp, after this browser has changed the credentials.

    Every other sign-in of the user ends by the change; this one goes on, under a new
    id and as fresh as it was, and so does this browser's remember cookie.

    Args:
        user: the person signed in, with the new credentials.
        name: of which manager.

    Raises:
        UserError: nobody is signed in, or somebody else is.

    """
    here = state(name)
    known = current.settled(name, held := session_at_hand())
    user = _itself(user)
    user_id = users.id_of(user, here.manager.id_attribute)
    was_id = handover.id_of_who_is_in(known, held)
    if was_id is None or not handover.is_the_same(known, was_id, user, user_id):
        raise UserError(
            "keep_signed_in() keeps in whoever is signed in already, and that is"
            f" not this {type(user).__name__}. For somebody else there is login_user()."
        )
    issued = None
    if here.desk is not None:
        issued = here.desk.change(known, user, user_id)
        if issued is None:  # it has been closed meanwhile
            handover.be_out(known, held)
            return
    was = held.get(here.names.stamp)
    stamp = entry.sealed_stamp(here, user)
    new = {**entry.keys_of_ours(here, here.manager.clock()), here.names.stamp: stamp}
    if here.names.user_id not in held:
        forced = not users.is_active(user)
        new = entry.sign_in_keys(here, user_id, stamp=stamp, forced=forced)
    cookie.enter(held, {**new, here.names.user_id: user_id}, known.app)
    moving.keep_out(known.app, here, str(was_id))
    moving.note_stamp(known.app, here, user_id, user)
    if here.desk is None:
        handover.restamp_remember(known, held, str(was_id), was)
    else:
        handover.hand_over(here.desk, held, issued, name)
    current.become(user, user_id, name=name)


def login_fresh(max_age: timedelta | None = None, *, name: str = "") -> bool:
    """Tell whether the person signed in has proved lately who they are.

    Args:
        max_age: how lately; by default ``SIGNET_FRESH_MAX_AGE``.
        name: of which manager.

    Raises:
        ConfigError: that is no timedelta, or not longer than nothing.

    """
    if max_age is not None:
        config.refuse_a_bad_age("max_age", max_age)
    here = state(name)
    known = current.memory(name)
    if (
        _is_acting(name)
        or current.get_user(name=name) is None
        or known.stale
        or known.by_request
        or known.by_header
    ):
        return False
    held = session_at_hand()
    limit = here.config.fresh_max_age if max_age is None else max_age
    if here.desk is not None:
        return here.desk.is_fresh(known, limit)
    if held.get(here.names.fresh) is not True:
        return False
    if limit is None:
        return True
    now = here.manager.clock()
    proved = entry.proved_at(here, held)
    if proved is None:  # Flask-Login's, in a store: its age counts from here on
        notes = known.note()
        proof = {here.names.proved: int(now.timestamp())}
        notes.keys = {**(notes.keys or {}), **proof}
        return True
    return now - proved <= limit


def login_remembered(*, name: str = "") -> bool:
    """Tell whether this browser knows the person signed in after its session ends."""
    here = state(name)
    user = current.get_user(name=name)
    notes = current.memory(name).notes
    if user is None or (notes is not None and notes.forget):
        return False
    if here.desk is not None:
        signin = None if _is_acting(name) else current.memory(name).signin
        return signin is not None and signin.is_remembered
    if notes is not None and notes.remember is not None:
        return True
    remembered = recall.remembered(here)
    return remembered is not None and recall.is_of(here, remembered, user)


def _is_acting(name: str) -> bool:
    """Tell whether somebody is the user by ``run_as``, who has not signed in."""
    return current.acting(name, request_at_hand()) is not None


def _who_leaves(name: str) -> Any:
    known = current.memory(name)
    if known.is_asked or not user_logged_out.has_receivers_for(app_at_hand()):
        return known.user if known.is_asked else None
    try:
        return current.user_or_anonymous(name=name)
    except Exception:
        log.exception("Somebody signs out who cannot be loaded.")
        return state(name).manager.anonymous_user()


def _itself(user: Any) -> Any:
    return user._get_current_object() if isinstance(user, LocalProxy) else user  # noqa: SLF001 (the public way)
