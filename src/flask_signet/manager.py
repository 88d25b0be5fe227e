"""The login manager: Flask-Login's class and words, and the binding to an application.

Its methods are thin, and the rooms call them through the object, so that a subclass may
change one. It keeps no application: one manager may serve many.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from flask import Flask, after_this_request
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue

from . import answers, config, cookie, current, login, look, seals
from .config import Config
from .errors import ConfigError, MissingLoaderError
from .heritage import Heritage
from .names import Names
from .state import EXTENSION, State, config_of, states_of
from .users import AnonymousUserMixin

Callback = TypeVar("Callback", bound=Callable[..., Any])

log = logging.getLogger("flask_signet")


class LoginManager(Heritage):
    """Holds what an application says about signing in, and knows how to load a user.

    Args:
        app: the application to bind at once; else say ``init_app`` later.
        add_context_processor: whether templates are to know ``current_user``.
        name: tells a second kind of people from the first; ``""`` is the plain manager.

    """

    anonymous_user: Callable[[], Any]
    """Makes the user that ``current_user`` is for a stranger."""

    def __init__(
        self,
        app: Flask | None = None,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
        *,
        name: str = "",
    ) -> None:
        super().__init__()
        self.anonymous_user = AnonymousUserMixin
        self.names = Names.of(name)
        self.name = name
        if app is not None:
            self.init_app(app, add_context_processor)

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"<{type(self).__name__}{name} with login_view={self.login_view!r}>"

    def init_app(
        self,
        app: Flask,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
    ) -> None:
        """Bind an application. Said again of the same one, it does nothing.

        Raises:
            ConfigError: a setting cannot be meant, or the application has another
                manager of this name.

        """
        states = states_of(app)
        if self.name in states:
            if states[self.name].manager is self:
                return
            other = states[self.name].manager
            problem = (
                f"is bound to {other!r}, and cannot be to {self!r} as well; for a"
                " second kind of people there is LoginManager(name=...)"
            )
            raise ConfigError(f"The application {app.name!r}", problem)
        config.remember_duration(app.config)
        config.session_protection(app.config, self.session_protection)
        if app.secret_key:
            seals.secrets_of(app)
        if not states:
            _look_at_first_request(app)
        states[self.name] = State(self.name, self, Config.read(app.config), self.names)
        if not self.name:
            app.login_manager = self  # type: ignore[attr-defined]
        if add_context_processor:
            variable = f"current_user{self.names.tail}"
            proxy = current.proxy(self.name)
            app.context_processor(lambda: {variable: proxy})

    def setup_app(
        self,
        app: Flask,
        add_context_processor: bool = True,  # noqa: FBT001, FBT002 (Flask-Login's)
    ) -> None:
        """Do what ``init_app`` does, whose name this was before."""
        self.init_app(app, add_context_processor)

    # --- What the application registers.

    def user_loader(self, callback: Callback) -> Callback:
        """Register the function that gives the user of an id, or None.

        It is given the text of ``get_id()``: once a request, and once more where the
        session's id was refused and a remember cookie is tried.
        """
        self._user_callback = callback
        return callback

    def request_loader(self, callback: Callback) -> Callback:
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


# --- The first request.


def _look_at_first_request(app: Flask) -> None:
    taken = look.Look(
        _look_for_a_loader,
        _look_at_the_session_interface,
        look.mend_guard_order,
        _look_at_the_cookies_names,
        _look_for_late_settings,
        _look_for_refreshing,
    )
    taken.wait_for(app)
    app.extensions[f"{EXTENSION}_look"] = taken


def _look_for_a_loader(app: Flask) -> None:
    """Say so if there is none; to a developer at once, elsewhere when it is missed."""
    for each in states_of(app).values():
        if each.manager.user_callback is None and each.manager.request_callback is None:
            missing = MissingLoaderError(app.name)
            if app.debug:
                raise missing
            log.error("%s", missing)


def _look_at_the_session_interface(app: Flask) -> None:
    interface = app.session_interface
    in_cookie = isinstance(interface, SecureCookieSessionInterface)
    if not in_cookie and not hasattr(interface, "regenerate"):
        log.warning(
            "%s has no regenerate(session): whoever knew the id of a session before"
            " its sign-in knows it after, too.",
            type(interface).__name__,
        )


def _look_at_the_cookies_names(app: Flask) -> None:
    session_name = app.session_interface.get_cookie_name(app)
    for each in states_of(app).values():
        if cookie.remember_name(app.config, each.names) == session_name:
            problem = "makes one name of the session cookie's and the remember cookie's"
            raise ConfigError("REMEMBER_COOKIE_NAME", problem)


def _look_for_late_settings(app: Flask) -> None:
    """Say so if a setting came after ``init_app``, which had read them all."""
    now, then = Config.read(app.config), config_of(app)
    for field in now._fields:
        if getattr(now, field) != getattr(then, field):
            key = f"{config.PREFIX}{field.upper()}"
            problem = "was set after init_app(), which had read it; set it before"
            raise ConfigError(key, problem)


def _look_for_refreshing(app: Flask) -> None:
    if not app.config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST"):
        return
    # Not by app.before_request(), which is closed once the first request is here.
    # First of them: what is noted after another has asked who is there is too late.
    hooks = app.before_request_funcs.setdefault(None, [])
    hooks[:0] = [partial(_refresh_afterwards, name) for name in states_of(app)]


def _refresh_afterwards(name: str) -> None:
    after_this_request(partial(login.refresh_remember, name))
