"""Moving over from Flask-Login: what it left in browsers is taken until a date.

``SIGNET_MOVE_UNTIL`` is the date. Until then, who signs out or has new credentials
leaves a mark: nothing of theirs that was signed before moves in any more. Nobody is let
in here.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from weakref import WeakSet

from flask import Flask

from . import config, seals
from .cookie import Remember
from .state import EXTENSION, State
from .words import Marks

log = logging.getLogger("flask_signet")


def is_on(here: State) -> bool:
    until = here.config.move_until
    return until is not None and here.manager.clock() < until


def admits(
    app: Flask, here: State, user_id: str, *, signed_at: datetime | None, stamp: object
) -> bool:
    """Tell whether what Flask-Login wrote for somebody may still move in.

    Args:
        app: whose people these are.
        here: of which manager.
        user_id: whom it was written for.
        signed_at: when that was; None if nothing says so.
        stamp: what the user's credentials are now; None without ``get_auth_stamp``.

    """
    marks = _marks(app, here)
    left = marks.get(_left(here, user_id))
    if left is not None and (
        signed_at is None or int(signed_at.timestamp()) <= int(left)
    ):
        return False
    moved_with = marks.get(_stamp(here, user_id))
    if moved_with is None or not isinstance(stamp, str):
        return True
    keys, purpose = seals.secrets_of(app), here.names.stamp
    return seals.sealed_by(keys, purpose, stamp, moved_with) is not None


def mark_of_moving(here: State, user_id: str, sealed: str | None) -> dict[str, str]:
    """Make the mark of who moves in: it says with which stamp."""
    return {} if sealed is None else {_stamp(here, user_id): sealed}


def mark_of_leaving(here: State, user_id: str) -> dict[str, str]:
    """Make the mark of who signs out, or has new credentials; none after the date."""
    if not is_on(here):
        return {}
    return {_left(here, user_id): str(int(here.manager.clock().timestamp()))}


def keep(app: Flask, here: State, marks: Mapping[str, str]) -> None:
    for name, value in marks.items():
        _marks(app, here)[name] = value


def remembered(came: str, here: State, app: Flask) -> Remember | None:
    """Read a remember cookie of Flask-Login's; None outside of the time for that.

    It has no time in it, so that one mark ends all of a person's.
    """
    user_id = seals.decode_cookie(came) if is_on(here) else None
    if user_id is None or _marks(app, here).get(_left(here, user_id)) is not None:
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


def _stamp(here: State, user_id: str) -> str:
    return f"stamp{here.names.tail} {user_id}"
