"""Flask-Login's modules, for extensions that import ``flask_login``.

They are made from one table: an old name, and the room where the thing is now. They
hold nothing themselves: to read, set or delete a name is to do so in the room.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import ModuleType
from typing import Any

from .errors import SignetError

SPOKEN = "0.6.3"
"""The Flask-Login whose words these are."""

SPOKEN_INFO = ("0", "6", "3")
TITLE = "Flask-Signet, as Flask-Login"
DESCRIPTION = "Sign-in for Flask"
LICENSE = "BSD-3-Clause"
NOBODY = ""

__version__ = version("flask-signet")

_CONFIG = (
    "AUTH_HEADER_NAME",
    "COOKIE_DURATION",
    "COOKIE_HTTPONLY",
    "COOKIE_NAME",
    "COOKIE_SAMESITE",
    "COOKIE_SECURE",
    "EXEMPT_METHODS",
    "ID_ATTRIBUTE",
    "LOGIN_MESSAGE",
    "LOGIN_MESSAGE_CATEGORY",
    "REFRESH_MESSAGE",
    "REFRESH_MESSAGE_CATEGORY",
    "SESSION_KEYS",
    "USE_SESSION_FOR_NEXT",
)
_SIGNALS = (
    "session_protected",
    "user_accessed",
    "user_loaded_from_cookie",
    "user_loaded_from_header",
    "user_loaded_from_request",
    "user_logged_in",
    "user_logged_out",
    "user_login_confirmed",
    "user_needs_refresh",
    "user_unauthorized",
)
_LOGIN = (
    "confirm_login",
    "login_fresh",
    "login_remembered",
    "login_user",
    "logout_user",
)
_GUARDS = ("fresh_login_required", "login_required")
_ANSWERS = ("expand_login_view", "login_url", "make_next_param", "set_login_view")
_SEALS = ("decode_cookie", "encode_cookie")
_USERS = ("AnonymousUserMixin", "UserMixin")


def _in(room: str, *names: str) -> dict[str, tuple[str, str]]:
    return {name: (room, name) for name in names}


_UTILS = {
    **_in("answers", *_ANSWERS),
    **_in("config", "COOKIE_NAME", "EXEMPT_METHODS"),
    **_in("current", "current_user"),
    **_in("guards", *_GUARDS),
    **_in("login", *_LOGIN),
    **_in("seals", *_SEALS),
    **_in("signals", "user_logged_in", "user_logged_out", "user_login_confirmed"),
    "_cookie_digest": ("heritage", "cookie_digest"),
    "_create_identifier": ("heritage", "create_identifier"),
    "_get_remote_addr": ("heritage", "get_remote_addr"),
    "_get_user": ("current", "user_or_anonymous"),
    "_secret_key": ("heritage", "secret_key"),
    "_user_context_processor": ("heritage", "user_context_processor"),
}

TABLE: dict[str, dict[str, tuple[str, str]]] = {
    "flask_login": {
        **_in("config", *_CONFIG),
        **_in("signals", *_SIGNALS),
        **_in("users", *_USERS),
        **{name: place for name, place in _UTILS.items() if name[0] != "_"},
        **_in("manager", "LoginManager"),
        **_in("testing", "FlaskLoginClient"),
        "__version__": ("drop_in", "SPOKEN"),
    },
    "flask_login.config": _in("config", *_CONFIG),
    "flask_login.login_manager": {
        **_in("config", *_CONFIG),
        **_in("signals", *_SIGNALS),
        **_in("users", "AnonymousUserMixin"),
        **_UTILS,
        **_in("manager", "LoginManager"),
        **_in("words", "datetime"),
        "make_login_url": ("answers", "login_url"),
    },
    "flask_login.mixins": _in("users", *_USERS),
    "flask_login.signals": {
        **_in("signals", *_SIGNALS),
        "_user_loaded_from_header": ("signals", "user_loaded_from_header"),
    },
    "flask_login.test_client": _in("testing", "FlaskLoginClient"),
    "flask_login.utils": _UTILS,
    "flask_login.__about__": {
        "__author__": ("drop_in", "TITLE"),
        "__author_email__": ("drop_in", "NOBODY"),
        "__copyright__": ("drop_in", "LICENSE"),
        "__description__": ("drop_in", "DESCRIPTION"),
        "__license__": ("drop_in", "LICENSE"),
        "__maintainer__": ("drop_in", "TITLE"),
        "__title__": ("drop_in", "TITLE"),
        "__url__": ("drop_in", "NOBODY"),
        "__version__": ("drop_in", "SPOKEN"),
        "__version_info__": ("drop_in", "SPOKEN_INFO"),
    },
}
"""Old module, old name, and where that is now: a room, and the name in it."""


class FlaskLoginIsImportedError(SignetError):
    """The real Flask-Login was imported before its place was taken."""


class Module(ModuleType):
    """A module of Flask-Login's that holds nothing: each name is in a room."""

    def __getattr__(self, name: str) -> Any:
        room, there = self.__place(name)
        return getattr(room, there)

    def __setattr__(self, name: str, value: object) -> None:
        if name in TABLE[self.__name__]:
            room, there = self.__place(name)
            setattr(room, there, value)
        else:
            super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        if name in TABLE[self.__name__]:
            room, there = self.__place(name)
            delattr(room, there)
        else:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *TABLE[self.__name__]})

    def __place(self, name: str) -> tuple[ModuleType, str]:
        try:
            room, there = TABLE[self.__name__][name]
        except KeyError:
            message = f"module {self.__name__!r} has no attribute {name!r}"
            raise AttributeError(message) from None
        return import_module(f".{room}", __package__), there


def install_as_flask_login() -> None:
    """Have ``import flask_login`` give Flask-Signet, here and in every extension.

    Say it before anything imports ``flask_login``: at the top of ``wsgi.py``, of
    ``conftest.py``, of a worker's module. Said again, it does nothing.

    Raises:
        FlaskLoginIsImportedError: the real one was imported before, and by whom.

    """
    there = sys.modules.get("flask_login")
    if isinstance(there, Module):
        return
    if there is not None:
        raise FlaskLoginIsImportedError(
            f"flask_login was imported before, by {_importer_of(there)}. Call"
            " install_as_flask_login() first, before whatever imports it."
        )
    for name in TABLE:
        sys.modules[name] = _module(name)
    top = sys.modules["flask_login"]
    for name in TABLE:
        _, dot, short = name.partition(".")
        if dot:
            top.__dict__[short] = sys.modules[name]


def _module(name: str) -> Module:
    made = Module(name, __doc__)
    is_package = name == "flask_login"
    made.__dict__["__spec__"] = ModuleSpec(name, None, is_package=is_package)
    made.__dict__["__package__"] = "flask_login"
    made.__dict__["__file__"] = __file__
    made.__dict__["__all__"] = [each for each in TABLE[name] if each[0] != "_"]
    if is_package:
        made.__dict__["__path__"] = []
        made.__dict__["__all__"] += ["__version__"]
    return made


def _importer_of(real: ModuleType) -> str:
    """Name the file that has imported it, as well as can be known."""
    for each in _others():
        if has_real(each, real):
            return str(getattr(each, "__file__", each.__name__))
    return "a module that is not known any more"


def has_real(module: ModuleType, real: ModuleType) -> bool:
    """Tell whether a module has something of the real Flask-Login's."""
    proxy = vars(real).get("current_user", real)
    return any(
        value is real or value is proxy or _home_of(value).startswith("flask_login.")
        for value in [*vars(module).values()]
    )


def _home_of(value: object) -> str:
    with suppress(Exception):  # it may be anybody's object
        return str(getattr(value, "__module__", ""))
    return ""


def _others() -> Iterator[ModuleType]:
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] not in {"flask_login", __package__}:
            yield module
