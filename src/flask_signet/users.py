"""What a user must be. Where it comes from, this house does not care."""

from inspect import iscoroutine
from types import FunctionType, MethodType
from typing import Any, Protocol

from . import awaited
from .errors import OutsideRequestError, UserError


class UserMixin:
    """Gives a class of users the four things that are asked of a user."""

    @property
    def is_active(self) -> bool:
        """Whether this user may be signed in at all; asked at every request."""
        return True

    @property
    def is_authenticated(self) -> bool:
        return self.is_active

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """Give the text by which the user loader will know this user again.

        Raises:
            NotImplementedError: there is no attribute ``id``.

        """
        try:
            return str(self.id)  # type: ignore[attr-defined]
        except AttributeError:
            message = "No `id` attribute - override `get_id`"
            raise NotImplementedError(message) from None

    def __eq__(self, other: object) -> bool:
        """Tell whether this is the same user: of the same class, with the same id.

        One that has no id yet is the same as itself alone.
        """
        if not isinstance(other, UserMixin):
            return NotImplemented
        # Asked of the object, for a proxy's own class is another.
        if other.__class__ is not self.__class__:
            return False
        key = _key_of(self)
        return self is other if key is None else key == _key_of(other)

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        key = _key_of(self)
        if key is not None:
            return hash((self.__class__, key))
        # It may get an id while it is in a set, and is to be found there all the same.
        vars(self)[_ALONE] = True
        return object.__hash__(self)


class AnonymousUserMixin:
    """Somebody who is not signed in."""

    @property
    def is_authenticated(self) -> bool:
        return False

    @property
    def is_active(self) -> bool:
        return False

    @property
    def is_anonymous(self) -> bool:
        return True

    def get_id(self) -> None:
        return None

    def has_role(self, role: str, /) -> bool:  # noqa: ARG002 (of any)
        return False

    def has_permission(self, permission: str, /) -> bool:  # noqa: ARG002 (of any)
        return False


class Permitted(Protocol):
    """What ``roles_required`` and ``permission_required`` ask of a user."""

    def has_role(self, role: str, /) -> bool: ...

    def has_permission(self, permission: str, /) -> bool: ...


class Nobody:
    """What ``current_user`` is where there is no request: as None, and it says so."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Nobody)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return "None"

    def __getattr__(self, name: str) -> Any:
        raise OutsideRequestError


_ALONE = "_signet_alone"
"""Hangs on a user who was put into a set or a dict before there was an id."""


def _key_of(user: UserMixin) -> str | None:
    """Give what tells a user from others of its class; None before it has an id."""
    if _ALONE in vars(user) or getattr(user, "id", "") is None:
        return None
    try:
        return str(user.get_id())
    except (NotImplementedError, AttributeError):
        return None


def is_authenticated(user: Any) -> bool:
    """Ask the user, and refuse a method: a method is always true.

    Raises:
        UserError: ``is_authenticated`` is a method.

    """
    told = user.is_authenticated
    return told is True or _told(user, "is_authenticated", told)


def is_active(user: Any) -> bool:
    """Ask the user; one that does not say is active.

    Raises:
        UserError: ``is_active`` is a method.

    """
    told = getattr(user, "is_active", True)
    return told is True or _told(user, "is_active", told)


def is_anonymous(user: Any) -> bool:
    """Ask the user; one that does not say is somebody."""
    return getattr(user, "is_anonymous", False) is True


def id_of(user: Any, attribute: str) -> str:
    """Give the text that stands for the user in a session.

    Raises:
        UserError: there is no user, or it has no id yet.

    """
    if user is None:
        raise UserError(
            "login_user() was given None. Check the user before signing in:"
            " a look-up that finds nobody gives None."
        )
    method = getattr(user, attribute, None)
    if isinstance(user, type) or not callable(method):
        kind = user.__name__ if isinstance(user, type) else type(user).__name__
        what = "the class" if isinstance(user, type) else "an object of the class"
        raise UserError(
            f"This is {what} {kind}, and cannot be signed in: what is wanted is a user"
            f" object, with {attribute}()."
        )
    user_id = method()
    if iscoroutine(user_id):
        user_id.close()
        raise UserError(f"{type(user).__name__}.{attribute}() is async; it may not be.")
    if user_id is None and is_anonymous(user):
        raise UserError("Nobody is signed in here, so there is no user to sign in.")
    unsaved = user_id == "None" and getattr(user, "id", "") is None
    if user_id is None or user_id == "" or unsaved:
        raise UserError(
            f"{type(user).__name__}.{attribute}() gave {user_id!r}, which is no id."
            " A new user has one once it is saved: commit before login_user()."
        )
    text = str(user_id)
    if "\0" in text:
        raise UserError(f"{type(user).__name__}.{attribute}() gave a NUL in an id.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UserError(f"{type(user).__name__}.{attribute}() gave half a letter.")
    return text


def has(user: Any, method: str, wanted: str) -> bool:
    """Ask a user for a role or a permission.

    Raises:
        UserError: it has no such method, or the method gives no yes or no.

    """
    ask = getattr(user, method, None)
    if not callable(ask):
        raise UserError(
            f"{type(user).__name__} has no {method}(): a user is asked by it (see"
            " Permitted)."
        )
    told = ask(wanted)
    if told is True:
        return True
    if iscoroutine(told):
        told = awaited.wait_for(told, method)
    if not isinstance(told, bool):
        raise UserError(
            f"{type(user).__name__}.{method}() gave {told!r}, which is no yes or no."
        )
    return told


def stamp_of(user: Any) -> str | None:
    """Ask for the text that changes when the user's credentials do.

    Returns:
        The text of ``get_auth_stamp()``, empty for one that gives None; None if the
        user has no such method.

    """
    method = getattr(user, "get_auth_stamp", None)
    if method is None:
        return None
    stamp = method()
    return "" if stamp is None else str(stamp)


def loaded(user: Any, loader: str) -> Any:
    """Pass on what a loader gave, if it can be a user.

    Raises:
        UserError: it is neither a user nor None.

    """
    # The class is asked first: a property of the user's own may be dear.
    if user is None or hasattr(type(user), "is_authenticated"):
        return user
    if hasattr(user, "is_authenticated") and not isinstance(user, type):
        return user
    if iscoroutine(user):
        return loaded(awaited.wait_for(user, loader), loader)
    raise UserError(
        f"The {loader} returned {type(user).__name__}, which has no is_authenticated."
        " It should return a user object (see UserMixin), or None for nobody."
    )


def _told(user: Any, name: str, told: object) -> bool:
    # A mock's attributes can be called, too, and are no methods of its class.
    if isinstance(told, (MethodType, FunctionType)) or (
        callable(told) and hasattr(type(user), name)
    ):
        raise UserError(
            f"{type(user).__name__}.{name} is a method, and a method is always true."
            f" Make it a property: @property above def {name}(self)."
        )
    return bool(told)
