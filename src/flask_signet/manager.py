"""The login manager: Flask-Login's class and words, and the binding to an application.

Its methods are thin, and the rooms call them through the object, so that a subclass may
change one. It keeps no application: one manager may serve many.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, TypeVar, cast, overload

from flask import Flask, Request
from flask.typing import ResponseReturnValue

from . import answers, config, current, mirror, opening, seals
from .config import Config
from .errors import ConfigError
from .named import Named, UserT
from .names import Names
from .state import EXTENSION, Manager, State, itself, states_of
from .users import AnonymousUserMixin

_SHOWN = f"{EXTENSION}_shown"
"""Where ``app.extensions`` has what templates know, by the variables' names."""

_FLASK_LOGINS = {"flask_login.login_manager"}

Callback = TypeVar("Callback", bound=Callable[..., Any])


class LoginManager(Named[UserT]):
    """Holds what an application says about signing in, and knows how to load a user.

    For type checkers it may be ``LoginManager[User]``; plain, a user is anything.

    Args:
        app: the application to bind at once; else say ``init_app`` later.
        add_context_processor: whether templates are to know ``current_user``.
        name: tells a second kind of people from the first; ``""`` is the plain manager.
        register: where sign-ins are kept, a ``flask_signet.signins.Register``; without
            one they are in the cookies alone.

    """

    anonymous_user: Callable[[], Any]
    """Makes the user that ``current_user`` is for a stranger."""

    def __init__(
        self,
        app: Flask | None = None,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
        *,
        name: str = "",
        register: Any = None,
    ) -> None:
        super().__init__()
        self.anonymous_user = AnonymousUserMixin
        self.names = Names.of(name)
        self.name = name
        self.register = register
        self._current_user = current.proxy(name)
        if app is not None:
            self.init_app(app, add_context_processor)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{type(self).__name__}{name} with login_view={self.login_view!r}>"

    def init_app(
        self,
        app: Flask,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
        *,
        register: Any = None,
    ) -> None:
        """Bind an application. Said again of the same one, it does nothing.

        Args:
            app: the application.
            add_context_processor: whether templates are to know ``current_user``.
            register: where its sign-ins are kept, if not where the manager's are.

        Raises:
            ConfigError: a setting cannot be meant, or the application has another
                manager of this name.

        """
        app = itself(app)
        _refuse_what_is_no_register(add_context_processor, register, self.register)
        states = states_of(app)
        if self.name in states and states[self.name].manager is self:
            _refuse_a_late_register(app, states[self.name], register)
            return
        self._refuse_where_another_is(app, states)
        config.remember_duration(app.config)
        config.session_protection(app.config, self.session_protection)
        if app.secret_key:
            seals.secrets_of(app)
        if not states:
            opening.look_at_first_request(app)
        # pyright takes the functions that are kept as attributes for methods.
        ours = cast("Manager", self)
        here = State(self.name, ours, Config.read(app.config), self.names)
        register = self.register if register is None else register
        if register is not None:
            desk = import_module(".desk", __package__)  # who has none, loads none
            here.desk = desk.laid_out(app, here, register)
            here.register = register
        states[self.name] = here
        if not self.name:
            app.login_manager = self  # type: ignore[attr-defined]
        mirror.hang(app, self.name, self.names)
        if add_context_processor:
            variable = f"current_user{self.names.tail}"
            _show_in_templates(app, variable, self._current_user)

    def _refuse_where_another_is(self, app: Flask, states: dict[str, State]) -> None:
        where = f"The application {app.name!r}"
        if self.name in states:
            other = states[self.name].manager
            problem = (
                f"is bound to {other!r}, and cannot be to {self!r} as well; for a"
                " second kind of people there is LoginManager(name=...)"
            )
            raise ConfigError(where, problem)
        if type(getattr(app, "login_manager", None)).__module__ in _FLASK_LOGINS:
            problem = "has Flask-Login's manager; see install_as_flask_login()"
            raise ConfigError(where, problem)
        if states and app.extensions[f"{EXTENSION}_look"].is_taken:
            problem = "has served its first request; bind its managers before"
            raise ConfigError(where, problem)

    def setup_app(
        self,
        app: Flask,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
    ) -> None:
        """Do what ``init_app`` does, whose name this was before."""
        self.init_app(app, add_context_processor)

    # --- What the application registers.

    @overload
    def user_loader(
        self, callback: Callable[[str], UserT | None]
    ) -> Callable[[str], UserT | None]: ...

    @overload
    def user_loader(
        self, callback: Callable[[str], Awaitable[UserT | None]]
    ) -> Callable[[str], Awaitable[UserT | None]]: ...

    def user_loader(self, callback: Callable[[str], Any]) -> Callable[[str], Any]:
        """Register the function that gives the user of an id, or None.

        It is given the text of ``get_id()``: once a request, and once more where the
        session's id was refused and a remember cookie is tried.
        """
        self._user_callback = callback
        return callback

    @overload
    def request_loader(
        self, callback: Callable[[Request], UserT | None]
    ) -> Callable[[Request], UserT | None]: ...

    @overload
    def request_loader(
        self, callback: Callable[[Request], Awaitable[UserT | None]]
    ) -> Callable[[Request], Awaitable[UserT | None]]: ...

    def request_loader(
        self, callback: Callable[[Request], Any]
    ) -> Callable[[Request], Any]:
        """Register the function that knows a user by the request alone, or None.

        It is given the request, if neither session nor remember cookie said who.
        """
        self._request_callback = callback
        return callback

    def unauthorized_handler(self, callback: Callback) -> Callback:
        """Register the function that answers strangers."""
        self.unauthorized_callback = callback
        return callback

    def needs_refresh_handler(self, callback: Callback) -> Callback:
        """Register the function that answers those whose proof is too old."""
        self.needs_refresh_callback = callback
        return callback

    # --- What the rooms call through the manager.

    def unauthorized(self) -> ResponseReturnValue:
        """Answer a stranger: with a redirect to the login view and a message, or 401.

        Raises:
            werkzeug.exceptions.Unauthorized: there is no login view.

        """
        return answers.unauthorized(self, self.names)

    def needs_refresh(self) -> ResponseReturnValue:
        """Answer somebody whose proof is too old: with a redirect, or 401.

        Raises:
            werkzeug.exceptions.Unauthorized: there is no refresh view.

        """
        return answers.needs_refresh(self, self.names)


def _refuse_what_is_no_register(by_place: object, *given: object) -> None:
    if hasattr(by_place, "for_realm"):
        problem = "is given a register by its place; say register=…"
        raise ConfigError("LoginManager(add_context_processor)", problem)
    for each in given:
        is_class = isinstance(each, type)
        if each is not None and (is_class or not hasattr(each, "for_realm")):
            kind = each.__name__ if isinstance(each, type) else type(each).__name__
            problem = f"is given a {kind}; say register=Register(store)"
            raise ConfigError("LoginManager(register=…)", problem)


def _refuse_a_late_register(app: Flask, here: State, given: object) -> None:
    if given is not None and given is not here.register:
        problem = (
            "is bound already, without this register; give it to"
            " LoginManager(register=…), or to the first init_app()"
        )
        raise ConfigError(f"The application {app.name!r}", problem)


def _show_in_templates(app: Flask, variable: str, user: Any) -> None:
    # By one function for all managers: Flask calls each of them for each template.
    shown = app.extensions.setdefault(_SHOWN, {})
    if not shown:
        app.context_processor(lambda: shown)
    shown[variable] = user
