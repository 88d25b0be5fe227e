"""What Signet holds for one application: a frozen value for each of its managers.

Made when a manager is bound, changed by nobody. No extension object keeps an
application, so two applications in one process cannot meet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from flask import Flask, Request, current_app, g, request, session
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from .config import TOUCH_EVERY, TOUCHES, Config
from .errors import NotBoundError
from .names import Names
from .words import Clock, Marks

EXTENSION: Final = "flask_signet"
"""Where ``app.extensions`` has the states, by the managers' names."""


class Manager(Protocol):
    """A login manager, as far as the rooms below it must know."""

    clock: Clock
    id_attribute: str
    session_protection: str | None
    request_first: bool
    register: Any
    move_marks: Marks | None
    account_key: Callable[[Any], str | None] | None
    anonymous_user: Callable[[], Any]

    _user_callback: Callable[[str], Any] | None

    @property
    def user_callback(self) -> Callable[[str], Any] | None: ...

    @property
    def request_callback(self) -> Callable[[Any], Any] | None: ...

    @property
    def header_callback(self) -> Callable[[str], Any] | None: ...

    def unauthorized(self) -> ResponseReturnValue: ...

    def needs_refresh(self) -> ResponseReturnValue: ...

    # Flask-Login's names: subclasses out there have their own of these.

    def _load_user(self) -> None: ...

    def _session_protection_failed(self) -> bool: ...

    def _load_user_from_remember_cookie(self, cookie: str) -> Any: ...

    def _load_user_from_request(self, request: Request) -> Any: ...

    def _session_identifier_generator(self) -> str: ...


class Desk:
    """What floor 1 asks of the register, by a request: ``desk.Desk`` has it all.

    No protocol, which takes longer to make than all the rest of this.
    """

    read: Callable[[Any, str], Any]
    is_in: Callable[[Any, Request, str], bool]
    is_young: Callable[..., bool]
    give_a_row: Callable[[Any], None]
    is_fresh: Callable[[Any, timedelta | None], bool]
    is_still_in: Callable[[Any], bool]
    by_value: Callable[[Any, Any], Any]
    may_stay: Callable[[Any, Any, Any], bool]
    note_that_they_move_in: Callable[[Any, Any, Any], None]
    perform: Callable[[Any], None]
    sign_in: Callable[..., Any]
    sign_out: Callable[[Any], None]
    prove: Callable[[Any, Any, Sequence[str]], Any]
    change: Callable[[Any, Any, str], Any]
    hand_over: Callable[[Any, Any], str]
    token_for: Callable[..., str]
    grow_stale: Callable[[Any], None]
    of_user: Callable[..., list[Any]]
    close: Callable[..., bool]
    close_all: Callable[..., int]
    close_everybodys: Callable[[State], int]
    rename: Callable[[str, str, str], bool]


class State:
    """What one manager has in one application; changed by nobody.

    No tuple, whose fields are read more slowly: a request reads them often.
    """

    desk: Desk | None = None
    """Where the register lies; None if there is none."""

    register: Any = None
    """As it was given, by which it is known again."""

    def __init__(
        self, name: str, manager: Manager, config: Config, names: Names
    ) -> None:
        self.name = name
        self.manager = manager
        self.config = config
        self.names = names
        # In seconds, for they are reckoned with at each request.
        self.idle = _seconds(config.idle)
        self.lifetime = _seconds(config.lifetime)
        self.is_limited = self.idle is not None or self.lifetime is not None
        self.touch_every = min(TOUCH_EVERY.total_seconds(), (self.idle or 0) / TOUCHES)


def _seconds(limit: timedelta | None) -> float | None:
    return None if limit is None else limit.total_seconds()


def states_of(app: Flask) -> dict[str, State]:
    states: dict[str, State] = app.extensions.setdefault(EXTENSION, {})
    return states


def config_of(app: Flask) -> Config:
    """Give an application's settings, which hold for each of its managers."""
    states: dict[str, State] = app.extensions.get(EXTENSION, {})
    return next((each.config for each in states.values()), Config())


def state(name: str = "") -> State:
    """Give what the manager of that name holds for the application at hand.

    Raises:
        NotBoundError: ``init_app`` was not called for this application.

    """
    return state_of(app_at_hand(), name)


def state_of(app: Flask, name: str) -> State:
    """Give what the manager of that name holds for this application.

    Raises:
        NotBoundError: ``init_app`` was not called for it.

    """
    try:
        found: State = app.extensions[EXTENSION][name]
    except KeyError:
        raise NotBoundError(app.name, name) from None
    return found


def view_at_hand() -> Any:
    """Give the view of this request; None if there is none."""
    return app_at_hand().view_functions.get(request_at_hand().endpoint or "")


def itself(app: Any) -> Any:
    """Give the application for which a proxy stands: a signal's sender is no proxy."""
    return app._get_current_object() if isinstance(app, LocalProxy) else app  # noqa: SLF001 (the public way)


# The objects themselves, for what is asked often or wants no proxy. Each raises a
# RuntimeError outside a request; to give the session counts as reading it, so that
# the answer varies by it.
# mypy takes a LocalProxy for what it stands for.
app_at_hand: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001 (the public way to ask a LocalProxy)
request_at_hand: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
session_at_hand: Callable[[], SessionMixin] = session._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
globals_at_hand: Callable[[], Any] = g._get_current_object  # noqa: SLF001
