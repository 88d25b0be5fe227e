"""Moving over from Flask-Login: what it left in browsers is taken until a date.

``SIGNET_MOVE_UNTIL`` is the date. Until then, who signs out or has new credentials
leaves a mark: nothing of theirs that was signed before moves in any more. Nobody is let
in here.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from weakref import WeakSet

from flask import Flask

from . import config, entry, seals, users
from .cookie import Remember
from .memory import Memory
from .state import EXTENSION, State
from .words import Marks

log = logging.getLogger("flask_signet")


def is_set(here: State) -> bool:
    """Tell whether there is a date, to come or past; only the plain people move."""
    return here.config.move_until is not None and not here.name


def is_on(here: State) -> bool:
    """Tell whether the date is to come."""
    until = here.config.move_until
    return until is not None and not here.name and here.manager.clock() < until


def admits(known: Memory, user_id: str, signed_at: datetime | None) -> bool:
    """Tell whether what Flask-Login wrote for somebody may still move in.

    Args:
        known: by it the stamp is known that the user has now.
        user_id: whom it was written for.
        signed_at: when that was; None if nothing says so.

    """
    app, here, noted = known.app, known.here, known.notes
    if noted is not None and _left(here, user_id) in noted.marks:
        return False
    try:
        return not has_left(app, here, user_id, signed_at) and not _is_another(
            app, here, user_id, known.stamp
        )
    except Exception:
        log.exception("A mark of who may not move in any more could not be read.")
        known.is_unsure = True
        return False


def has_left(app: Flask, here: State, user_id: str, signed_at: datetime | None) -> bool:
    """Tell whether somebody has left since something was signed for them."""
    marks = _marks(app, here)
    return any(
        _is_before(signed_at, left)
        for name in (_left(here, user_id), _all_left(here))
        if (left := marks.get(name)) is not None
    )


def _is_before(signed_at: datetime | None, left: str) -> bool:
    if signed_at is None or not left.isdecimal():
        return True
    return int(signed_at.timestamp()) <= int(left)


def mark_of_stamp(here: State, user_id: str, sealed: str | None) -> dict[str, str]:
    """Make the mark that says with which stamp somebody is here."""
    if sealed is None or not is_on(here):
        return {}
    return {_stamp(here, user_id): sealed}


def mark_of_leaving(here: State, user_id: str) -> dict[str, str]:
    """Make the mark of who signs out, or has new credentials; none after the date."""
    if not is_on(here):
        return {}
    return {_left(here, user_id): str(int(here.manager.clock().timestamp()))}


def keep_out(app: Flask, here: State, user_id: str) -> None:
    """See to it that nothing moves in that was signed for somebody before now."""
    keep(app, here, mark_of_leaving(here, user_id))


def keep_all_out(app: Flask, here: State) -> None:
    """See to it that nothing moves in that was signed for anybody before now."""
    if is_on(here):
        now = str(int(here.manager.clock().timestamp()))
        keep(app, here, {_all_left(here): now})


def note_stamp(app: Flask, here: State, user_id: str, user: Any) -> None:
    """Note with which stamp somebody comes in; another one ends what was before."""
    stamp = users.stamp_of(user) if is_on(here) else None
    if stamp is None:
        return
    with _logged():
        if _is_another(app, here, user_id, stamp):
            keep_out(app, here, user_id)
    keep(app, here, mark_of_stamp(here, user_id, entry.sealed_stamp(here, user)))


def keep(app: Flask, here: State, marks: Mapping[str, str]) -> None:
    """Keep marks. Where that fails it is logged: nobody is to stay in for it."""
    with _logged():
        for name, value in marks.items():
            _marks(app, here)[name] = value


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except Exception:
        log.exception("A mark of who may not move in any more was not kept.")


def _is_another(app: Flask, here: State, user_id: str, stamp: str | None) -> bool:
    """Tell whether somebody was here with another stamp than the present one."""
    was = _marks(app, here).get(_stamp(here, user_id))
    if was is None or stamp is None:
        return False
    keys, purpose = seals.secrets_of(app), here.names.stamp
    return seals.sealed_by(keys, purpose, stamp, was) is None


def remembered(came: str, here: State, app: Flask) -> Remember | None:
    """Read a remember cookie of Flask-Login's; None outside of the time for that.

    Whether it may still move in is another question.
    """
    user_id = seals.decode_cookie(came) if is_on(here) else None
    if user_id is None:
        return None
    return Remember(
        user_id=user_id,
        seconds=int(config.remember_duration(app.config).total_seconds()),
        stamp=None,
        forced=False,
        signed_at=here.manager.clock(),
        is_flask_logins=True,
    )


def tells_why(came: str, here: State, app: Flask) -> bool:
    """Say why a remember cookie was not taken, if it is that Flask-Login wrote it.

    Returns:
        Whether anything was said.

    """
    if is_on(here) or not app.secret_key or seals.decode_cookie(came) is None:
        return False
    return tell_of_what_was_refused(app)


def tell_of_what_was_refused(app: Flask) -> bool:
    """Name the setting by which it would be taken, once for an application.

    Returns:
        Whether that was now.

    """
    if app in _told:
        return False
    _told.add(app)
    log.warning(
        "A session or a remember cookie that Flask-Login wrote was refused. Set"
        " SIGNET_MOVE_UNTIL to a date, and until then they are taken."
    )
    return True


_told: "WeakSet[Flask]" = WeakSet()


def _marks(app: Flask, here: State) -> Marks:
    given = here.manager.move_marks
    if given is not None:
        return given
    kept: dict[str, str] = app.extensions.setdefault(f"{EXTENSION}_move_marks", {})
    return kept


def _left(here: State, user_id: str) -> str:
    return f"left{here.names.tail} {user_id}"


def _all_left(here: State) -> str:
    return f"left{here.names.tail}"  # no id follows, not even an empty one


def _stamp(here: State, user_id: str) -> str:
    return f"stamp{here.names.tail} {user_id}"
