"""The remember cookie of this request: whom it names, and whether it is good.

Nobody is let in here, and nothing is written.
"""

from collections.abc import Sequence
from typing import Any

from flask import Flask

from . import cookie, entry, moving, seals, users
from .cookie import Remember
from .state import State, app_at_hand, request_at_hand


def is_there(here: State) -> bool:
    """Tell whether a remember cookie came, whatever it is worth."""
    return value_in(here, app_at_hand()) is not None


def remembered(here: State) -> Remember | None:
    """Read the remember cookie that came; None if it did not, or is worth nothing."""
    app = app_at_hand()
    came = value_in(here, app)
    return None if came is None else read(came, here, app)


def read(came: str, here: State, app: Flask) -> Remember | None:
    if not app.secret_key:
        return None
    remembered = Remember.read(came, seals.secrets_of(app), here.names.tail)
    if remembered is None:
        return moving.remembered(came, here, app)
    return None if remembered.is_over(here.manager.clock()) else remembered


def is_of(here: State, remembered: Remember, user: Any) -> bool:
    """Tell whether a remember cookie is this user's, and of the present stamp."""
    user_id = users.id_of(user, here.manager.id_attribute)
    if remembered.user_id != user_id:
        return False
    now, given = users.stamp_of(user), remembered.stamp
    stamp = entry.verified_stamp(here, app_at_hand(), now, given)
    return stamp is not entry.REFUSED


def is_signed_now(came: str, here: State, app: Flask) -> bool:
    """Tell whether a remember cookie was signed with the present key."""
    secret, *fallbacks = seals.secrets_of(app)
    return not fallbacks or Remember.read(came, (secret,), here.names.tail) is not None


def value_in(here: State, app: Flask) -> str | None:
    """Give the remember cookie that came; of several the first that is worth anything.

    There are two where one was set for the host alone and one for its domain, as by
    Flask-Login and by us; browsers send the older one first. Of two that open the same
    row, the older one would be taken for a thief's.
    """
    name = cookie.remember_name(app.config, here.names)
    values: Sequence[str] = request_at_hand().cookies.getlist(name)
    if len(values) < 2:  # noqa: PLR2004 (there is no choice)
        return values[0] if values else None
    newest = _newest_of_the_registers(values, here, app)
    if newest is not None:
        return newest
    good = (each for each in values if read(each, here, app) is not None)
    return next(good, values[0])


def _newest_of_the_registers(
    values: Sequence[str], here: State, app: Flask
) -> str | None:
    if here.desk is None or not app.secret_key:
        return None
    secrets, tail = seals.secrets_of(app), here.names.tail
    ages = {
        each: (told[1], told[0].generation)
        for each in values
        if (told := cookie.DeviceValue.read_with_time(each, secrets, tail))
    }
    return max(ages, key=lambda each: ages[each], default=None)
