"""Where somebody is signed in: listed, ended, named. It wants a register."""

from typing import Any

from flask import has_request_context

from . import current, login, users
from .errors import ConfigError, UserError
from .state import Desk, State, itself, request_at_hand, state


def signins_of(user: Any, *, name: str = "") -> list[Any]:
    """List a user's sign-ins that are not over, those seen last first.

    Args:
        user: the application's own object, or an id.
        name: of which manager.

    Raises:
        ConfigError: the manager has no register.
        StoreDown: the store cannot be asked.

    """
    here, desk = _desk(name)
    user = itself(user)
    return desk.of_user(here, user, _id_of(here, user))


def close(handle: str, *, user: Any, name: str = "") -> bool:
    """End one of a user's sign-ins, by its handle.

    Returns:
        Whether there was one of that handle, and it was that user's.

    """
    here, desk = _desk(name)
    this_one = _this_one(name)
    closed = desk.close(here, handle, _id_of(here, user))
    if closed and this_one == handle:
        login.logout_user(name=name)
    return closed


def close_others(user: Any, *, name: str = "") -> int:
    """End a user's sign-ins but for the one of this request; say how many."""
    here, desk = _desk(name)
    return desk.close_all(here, _id_of(here, user), keep=_this_one(name))


def close_all(user: Any, *, name: str = "") -> int:
    """End all of a user's sign-ins, the one of this request, too; say how many."""
    here, desk = _desk(name)
    user_id = _id_of(here, user)
    _this_one(name)  # asked before it is gone
    closed = desk.close_all(here, user_id)
    if has_request_context() and current.memory(name).person_id == user_id:
        login.logout_user(name=name)
    return closed


def close_everybodys(*, name: str = "") -> int:
    """End all sign-ins of all of a manager's people; say how many."""
    here, desk = _desk(name)
    this_one = _this_one(name)  # asked before it is gone
    closed = desk.close_everybodys(here)
    if this_one is not None:
        login.logout_user(name=name)
    return closed


def rename(handle: str, label: str, *, user: Any, name: str = "") -> bool:
    """Call one of a user's devices something else; say whether there is such a one."""
    here, desk = _desk(name)
    return desk.rename(handle, label, _id_of(here, user))


def revalidate(*, name: str = "") -> bool:
    """Ask again whether whoever is in by this request is in still.

    For what goes on long after it: a WebSocket, a stream. From then on nobody is there
    if it says no.
    """
    here = state(name)
    known = current.memory(name)
    if current.get_user(name=name) is None:
        return False
    if current.acting(name, request_at_hand()) is not None:
        return True
    if here.desk is None or known.by_request or known.by_header:
        current.look_up(name)
        return not known.nobody
    if here.desk.is_still_in(known):
        return True
    known.signin, known.person_id = None, None
    current.set_user(known, None)
    return False


def _desk(name: str) -> tuple[State, Desk]:
    here = state(name)
    if here.desk is None:
        problem = (
            "has no register, so nothing is known of its sign-ins; say"
            " LoginManager(register=Register(store))"
        )
        raise ConfigError(f"The manager {here.manager!r}", problem)
    return here, here.desk


def _id_of(here: State, user: Any) -> str:
    if isinstance(user, (str, int)):
        return str(user)
    if user is None or users.is_anonymous(user):
        raise UserError(
            "Nobody is signed in here, and it is asked for somebody's sign-ins. Put"
            " @login_required above the view, or give the user of whom you ask."
        )
    return users.id_of(user, here.manager.id_attribute)


def this_one(*, name: str = "") -> Any:
    """Give the sign-in of this request; None without one, and outside a request."""
    if not has_request_context() or current.get_user(name=name) is None:
        return None
    return current.memory(name).signin


def _this_one(name: str) -> str | None:
    """Give the handle of this request's own; who moves in has one from here on."""
    if not has_request_context() or current.get_user(name=name) is None:
        return None
    known, (_, desk) = current.memory(name), _desk(name)
    desk.give_a_row(known)
    return None if known.signin is None else str(known.signin.handle)
