"""What is told apart by a manager's name, as methods of the manager.

With one kind of people the functions of the package are the shorter way. With several,
and for type checkers, it is said here once whose people are meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, cast, overload

from flask import Blueprint, Flask

from . import acting, closings, current, guards, login, rules
from .guards import View
from .heritage import Heritage
from .rules import OnFail, Rule

if TYPE_CHECKING:
    # Type checkers have this module with them; Python has the default from 3.13 on.
    from typing_extensions import TypeVar

    UserT = TypeVar("UserT", default=Any)
else:
    from typing import TypeVar

    UserT = TypeVar("UserT")


class Named(Heritage, Generic[UserT]):
    """The functions of the package, for this manager's people."""

    _current_user: Any

    def protect(self, scope: Flask | Blueprint, *, open: Iterable[str] = ()) -> None:  # noqa: A002 (it reads so)
        """Let only somebody of these people pass to a whole application or blueprint.

        Open stay what is ``public``, the login view and static files, and pages that
        there are not. A view that has a guard keeps it.

        Args:
            scope: what is closed; with a blueprint, those nested in it, too.
            open: endpoints that stay open, as of another extension's views.

        Raises:
            ConfigError: the scope is neither, or the first request is over. At the
                first request, if one of the endpoints is none.
            NotBoundError: the application does not have this manager.

        """
        closings.write_down(self, scope, open)

    def get_user(self) -> UserT | None:
        """Give the user of this request; None for a stranger, and outside a request.

        Raises:
            NotBoundError: ``init_app`` was not called for this application.
            MissingLoaderError: there is no function that could load a user.
            UserError: what a loader gave cannot be a user.

        """
        return cast("UserT | None", current.get_user(name=self.name))

    @property
    def current_user(self) -> UserT:
        """What ``flask_signet.current_user`` is, typed as who has passed a guard."""
        return cast("UserT", self._current_user)

    def login_user(  # noqa: PLR0913 (Flask-Login's signature)
        self,
        user: UserT,
        remember: bool = False,  # noqa: FBT001, FBT002 (the same)
        duration: timedelta | None = None,
        force: bool = False,  # noqa: FBT001, FBT002
        fresh: bool = True,  # noqa: FBT001, FBT002
        *,
        methods: Sequence[str] = (),
    ) -> bool:
        """Sign a user in, as ``flask_signet.login_user`` does."""
        return login.login_user(
            user, remember, duration, force, fresh, methods=methods, name=self.name
        )

    def logout_user(self) -> bool:
        """Sign out whoever of these people is in."""
        return login.logout_user(name=self.name)

    def confirm_login(self, *, methods: Sequence[str] = ()) -> None:
        """Note that the person signed in has proved again who they are, just now."""
        login.confirm_login(methods=methods, name=self.name)

    def keep_signed_in(self, user: UserT) -> None:
        """Take the user's new stamp, after this browser has changed the credentials."""
        login.keep_signed_in(user, name=self.name)

    def login_fresh(self, max_age: timedelta | None = None) -> bool:
        """Tell whether the person signed in has proved lately who they are."""
        return login.login_fresh(max_age, name=self.name)

    def login_remembered(self) -> bool:
        """Tell whether this browser knows the person after its session ends."""
        return login.login_remembered(name=self.name)

    def run_as(self, user: UserT | None) -> AbstractContextManager[None]:
        """Let a user be the current one of these people for a block of code."""
        return acting.run_as(user, name=self.name)

    @overload
    def login_required(self, func: View) -> View: ...

    @overload
    def login_required(self, func: None = None) -> Callable[[View], View]: ...

    def login_required(self, func: View | None = None) -> View | Callable[[View], View]:
        """Let only somebody of these people pass to the view."""
        return guards.login_required(func, name=self.name)

    @overload
    def fresh_login_required(
        self, func: View, *, max_age: timedelta | None = None
    ) -> View: ...

    @overload
    def fresh_login_required(
        self, func: None = None, *, max_age: timedelta | None = None
    ) -> Callable[[View], View]: ...

    def fresh_login_required(
        self, func: View | None = None, *, max_age: timedelta | None = None
    ) -> View | Callable[[View], View]:
        """Let only somebody of these people pass who has proved lately who they are."""
        return guards.fresh_login_required(func, max_age=max_age, name=self.name)

    def user_passes(
        self, predicate: Callable[..., Any], *, on_fail: OnFail = 403
    ) -> Rule:
        """Let only somebody of these people pass of whom a predicate is true."""
        return rules.user_passes(predicate, on_fail=on_fail, name=self.name)

    def roles_required(self, *roles: str, on_fail: OnFail = 403) -> Rule:
        """Let only somebody of these people pass who has all of these roles."""
        return rules.roles_required(*roles, on_fail=on_fail, name=self.name)

    def permission_required(self, *permissions: str, on_fail: OnFail = 403) -> Rule:
        """Let only somebody of these people pass who has all of these permissions."""
        return rules.permission_required(*permissions, on_fail=on_fail, name=self.name)

    @overload
    def anonymous_required(self, func: View, *, on_fail: OnFail = 403) -> View: ...

    @overload
    def anonymous_required(
        self, func: None = None, *, on_fail: OnFail = 403
    ) -> Callable[[View], View]: ...

    def anonymous_required(
        self, func: View | None = None, *, on_fail: OnFail = 403
    ) -> View | Callable[[View], View]:
        """Let only those pass who are not signed in as one of these people."""
        return rules.anonymous_required(func, on_fail=on_fail, name=self.name)

    # --- With a register.

    @property
    def signin(self) -> Any:
        """The sign-in of this request, a ``SignIn``; None without one."""
        return _devices().this_one(name=self.name)

    def signins_of(self, user: UserT | str | int) -> list[Any]:
        """List a user's sign-ins that are not over, those seen last first."""
        told: list[Any] = _devices().signins_of(user, name=self.name)
        return told

    def close(self, handle: str, *, user: UserT | str | int) -> bool:
        """End one of a user's sign-ins; say whether there was that one."""
        told: bool = _devices().close(handle, user=user, name=self.name)
        return told

    def close_others(self, user: UserT | str | int) -> int:
        """End a user's sign-ins but for the one of this request; say how many."""
        told: int = _devices().close_others(user, name=self.name)
        return told

    def close_all(self, user: UserT | str | int) -> int:
        """End all of a user's sign-ins, the one of this request, too; say how many."""
        told: int = _devices().close_all(user, name=self.name)
        return told

    def close_everybodys(self) -> int:
        """End all sign-ins of all of these people; say how many."""
        told: int = _devices().close_everybodys(name=self.name)
        return told

    def rename(self, handle: str, label: str, *, user: UserT | str | int) -> bool:
        """Call a device something else; say whether there is such a one."""
        told: bool = _devices().rename(handle, label, user=user, name=self.name)
        return told

    def revalidate(self) -> bool:
        """Ask again whether whoever is in by this request is in still."""
        told: bool = _devices().revalidate(name=self.name)
        return told


def _devices() -> Any:
    return import_module(".devices", __package__)  # who has no register, loads none
