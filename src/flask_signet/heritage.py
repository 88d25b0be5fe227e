"""What Flask-Login's manager has besides, and others lean on.

Dependents call these, read them, or have their own of them in a subclass; so the rooms
call what a subclass may have changed through the manager. Each is a thin way to the
room that does the work.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request

from . import current, entry, find, mirror, returning, seals
from .state import app_at_hand, request_at_hand
from .words import Words

Callback = TypeVar("Callback", bound=Callable[..., Any])


class Heritage(Words):
    """Flask-Login's private names, and those that it has given up since."""

    def header_loader(self, callback: Callback) -> Callback:
        """Register the function that knows a user by a header's value, or None.

        It is given the value of ``AUTH_HEADER_NAME``, and is asked if there is no
        request loader, which does the same and more.
        """
        self._header_callback = callback
        return callback

    @property
    def user_callback(self) -> Callable[[str], Any] | None:
        return self._user_callback

    @property
    def request_callback(self) -> Callable[[Any], Any] | None:
        return self._request_callback

    @property
    def header_callback(self) -> Callable[[str], Any] | None:
        return self._header_callback

    @property
    def _login_disabled(self) -> bool:
        return bool(app_at_hand().config.get("LOGIN_DISABLED", False))

    @_login_disabled.setter
    def _login_disabled(self, disabled: bool) -> None:
        app_at_hand().config["LOGIN_DISABLED"] = disabled

    def _load_user(self) -> None:
        current.look_up(self.name)

    _load_user.is_ours = True  # type: ignore[attr-defined]

    def _update_request_context_with_user(self, user: Any = None) -> None:
        mirror.show(user, self.name)

    def _load_user_from_remember_cookie(self, cookie: str) -> Any:
        return returning.by_cookie(current.memory(self.name), cookie)

    def _load_user_from_request(self, request: Request) -> Any:
        load = self.request_callback
        return None if load is None else find.by_request(load, request)

    def _session_protection_failed(self) -> bool:
        return find.protection_failed(current.memory(self.name), request_at_hand())

    def _session_identifier_generator(self) -> str:
        return create_identifier()


# --- Functions of Flask-Login's ``utils``.


def cookie_digest(payload: str, key: str | bytes | None = None) -> str:
    return seals.encode_cookie(payload, key).rpartition("|")[2]


def secret_key(key: str | bytes | None = None) -> bytes:
    """Give the key as bytes; by default the application's."""
    return seals.as_bytes(seals.secret_of(app_at_hand()) if key is None else key)


def create_identifier() -> str:
    """Seal from which address and browser the request comes."""
    return entry.origin_seal(app_at_hand(), request_at_hand())


def get_remote_addr() -> bytes | None:
    """Give the sender's address; no header that anybody may send is believed."""
    address = request_at_hand().remote_addr
    return None if address is None else address.encode()


def user_context_processor() -> dict[str, Any]:
    return {"current_user": current.user_or_anonymous()}
