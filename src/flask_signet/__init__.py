"""Signet keeps the door: who is behind a request, and who may pass."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .acting import run_as as run_as
from .answers import login_url as login_url
from .answers import make_next_param as make_next_param
from .answers import set_login_view as set_login_view
from .config import AUTH_HEADER_NAME as AUTH_HEADER_NAME
from .config import COOKIE_DURATION as COOKIE_DURATION
from .config import COOKIE_HTTPONLY as COOKIE_HTTPONLY
from .config import COOKIE_NAME as COOKIE_NAME
from .config import COOKIE_SECURE as COOKIE_SECURE
from .config import ID_ATTRIBUTE as ID_ATTRIBUTE
from .config import LOGIN_MESSAGE as LOGIN_MESSAGE
from .config import LOGIN_MESSAGE_CATEGORY as LOGIN_MESSAGE_CATEGORY
from .config import REFRESH_MESSAGE as REFRESH_MESSAGE
from .config import REFRESH_MESSAGE_CATEGORY as REFRESH_MESSAGE_CATEGORY
from .current import current_user as current_user
from .current import get_user as get_user
from .errors import ConfigError as ConfigError
from .errors import GuardOrderError as GuardOrderError
from .errors import MissingLoaderError as MissingLoaderError
from .errors import NotBoundError as NotBoundError
from .errors import OutsideRequestError as OutsideRequestError
from .errors import SignetError as SignetError
from .errors import UserError as UserError
from .guards import fresh_login_required as fresh_login_required
from .guards import login_required as login_required
from .login import confirm_login as confirm_login
from .login import keep_signed_in as keep_signed_in
from .login import login_fresh as login_fresh
from .login import login_remembered as login_remembered
from .login import login_user as login_user
from .login import logout_user as logout_user
from .manager import LoginManager as LoginManager
from .marks import passive as passive
from .next_url import safe_next as safe_next
from .protecting import public as public
from .rules import anonymous_required as anonymous_required
from .rules import permission_required as permission_required
from .rules import roles_required as roles_required
from .rules import user_passes as user_passes
from .seals import decode_cookie as decode_cookie
from .seals import encode_cookie as encode_cookie
from .signals import remember_token_reused as remember_token_reused
from .signals import session_protected as session_protected
from .signals import signin_closed as signin_closed
from .signals import signin_evicted as signin_evicted
from .signals import signin_expired as signin_expired
from .signals import signin_opened as signin_opened
from .signals import signin_restored as signin_restored
from .signals import user_accessed as user_accessed
from .signals import user_loaded_from_cookie as user_loaded_from_cookie
from .signals import user_loaded_from_header as user_loaded_from_header
from .signals import user_loaded_from_request as user_loaded_from_request
from .signals import user_logged_in as user_logged_in
from .signals import user_logged_out as user_logged_out
from .signals import user_login_confirmed as user_login_confirmed
from .signals import user_needs_refresh as user_needs_refresh
from .signals import user_unauthorized as user_unauthorized
from .users import AnonymousUserMixin as AnonymousUserMixin
from .users import Permitted as Permitted
from .users import UserMixin as UserMixin

if TYPE_CHECKING:
    from .drop_in import __version__ as __version__
    from .drop_in import install_as_flask_login as install_as_flask_login
    from .testing import FlaskLoginClient as FlaskLoginClient
    from .testing import SignetClient as SignetClient

__all__ = [
    "AUTH_HEADER_NAME",
    "COOKIE_DURATION",
    "COOKIE_HTTPONLY",
    "COOKIE_NAME",
    "COOKIE_SECURE",
    "ID_ATTRIBUTE",
    "LOGIN_MESSAGE",
    "LOGIN_MESSAGE_CATEGORY",
    "REFRESH_MESSAGE",
    "REFRESH_MESSAGE_CATEGORY",
    "AnonymousUserMixin",
    "ConfigError",
    "FlaskLoginClient",
    "GuardOrderError",
    "LoginManager",
    "MissingLoaderError",
    "NotBoundError",
    "OutsideRequestError",
    "Permitted",
    "SignetClient",
    "SignetError",
    "UserError",
    "UserMixin",
    "__version__",
    "anonymous_required",
    "confirm_login",
    "current_user",
    "decode_cookie",
    "encode_cookie",
    "fresh_login_required",
    "get_user",
    "install_as_flask_login",
    "keep_signed_in",
    "login_fresh",
    "login_remembered",
    "login_required",
    "login_url",
    "login_user",
    "logout_user",
    "make_next_param",
    "passive",
    "permission_required",
    "public",
    "remember_token_reused",
    "roles_required",
    "run_as",
    "safe_next",
    "session_protected",
    "set_login_view",
    "signin_closed",
    "signin_evicted",
    "signin_expired",
    "signin_opened",
    "signin_restored",
    "user_accessed",
    "user_loaded_from_cookie",
    "user_loaded_from_header",
    "user_loaded_from_request",
    "user_logged_in",
    "user_logged_out",
    "user_login_confirmed",
    "user_needs_refresh",
    "user_passes",
    "user_unauthorized",
]

_ROOMS = {
    "FlaskLoginClient": ".testing",
    "SignetClient": ".testing",
    "__version__": ".drop_in",
    "install_as_flask_login": ".drop_in",
}


def __getattr__(name: str) -> Any:
    # What few ask for is brought when it is asked for: flask.testing has a debugger in
    # it, and a version wants the file that the installer has left.
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
