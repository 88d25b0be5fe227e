"""Signet keeps the door: who is behind a request, and who may pass."""

from typing import TYPE_CHECKING, Any

from .answers import login_url as login_url
from .current import current_user as current_user
from .current import get_user as get_user
from .errors import ConfigError as ConfigError
from .errors import GuardOrderError as GuardOrderError
from .errors import MissingLoaderError as MissingLoaderError
from .errors import NotBoundError as NotBoundError
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
from .next_url import safe_next as safe_next
from .seals import decode_cookie as decode_cookie
from .seals import encode_cookie as encode_cookie
from .signals import session_protected as session_protected
from .signals import user_accessed as user_accessed
from .signals import user_loaded_from_cookie as user_loaded_from_cookie
from .signals import user_loaded_from_request as user_loaded_from_request
from .signals import user_logged_in as user_logged_in
from .signals import user_logged_out as user_logged_out
from .signals import user_login_confirmed as user_login_confirmed
from .signals import user_needs_refresh as user_needs_refresh
from .signals import user_unauthorized as user_unauthorized
from .users import AnonymousUserMixin as AnonymousUserMixin
from .users import UserMixin as UserMixin

if TYPE_CHECKING:
    from .testing import FlaskLoginClient as FlaskLoginClient

__all__ = [
    "AnonymousUserMixin",
    "ConfigError",
    "FlaskLoginClient",
    "GuardOrderError",
    "LoginManager",
    "MissingLoaderError",
    "NotBoundError",
    "SignetError",
    "UserError",
    "UserMixin",
    "confirm_login",
    "current_user",
    "decode_cookie",
    "encode_cookie",
    "fresh_login_required",
    "get_user",
    "keep_signed_in",
    "login_fresh",
    "login_remembered",
    "login_required",
    "login_url",
    "login_user",
    "logout_user",
    "safe_next",
    "session_protected",
    "user_accessed",
    "user_loaded_from_cookie",
    "user_loaded_from_request",
    "user_logged_in",
    "user_logged_out",
    "user_login_confirmed",
    "user_needs_refresh",
    "user_unauthorized",
]


def __getattr__(name: str) -> Any:
    # Tests alone have a use for it, and flask.testing brings a debugger along.
    if name == "FlaskLoginClient":
        from .testing import FlaskLoginClient  # noqa: PLC0415 (not before it is asked)

        return FlaskLoginClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
