"""A small application with a register, and what its tests turn."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

import support
from flask_signet import (
    LoginManager,
    anonymous_required,
    fresh_login_required,
    login_required,
    passive,
)
from flask_signet.signins import Event, Kind, Register, SignIn, StoreDown
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.record import Clock

COOKIES = ("session", "session_signin", "remember_token")
"""What a browser has that is signed in and remembered."""

VERBS = {
    "add",
    "by_handle",
    "forget_origins",
    "get",
    "of_user",
    "remove",
    "remove_all",
    "swap",
    "sweep",
    "touch",
}


class Shelf:
    """A store, in memory by default; it counts what it is asked, and may be down."""

    def __init__(self, inside: Any = None) -> None:
        self.inside: Any = MemoryStore() if inside is None else inside
        self.asked: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.before: dict[str, Callable[[], object]] = {}
        """What happens just before a verb is done, as by another request."""

    @property
    def clock(self) -> Clock | None:
        return self.inside.clock

    @clock.setter
    def clock(self, clock: Clock) -> None:
        self.inside.clock = clock

    def goes_down(self, *verbs: str, error: type[Exception] = StoreDown) -> None:
        """Have some verbs fail, or all of them."""
        self.errors = {verb: error("as the test wants it") for verb in verbs or VERBS}

    def comes_back(self) -> None:
        self.errors = {}

    def __getattr__(self, name: str) -> Any:
        done = getattr(self.inside, name)

        def asked(*args: Any, **more: Any) -> Any:
            self.asked.append(name)
            if name in self.before:
                self.before.pop(name)()
            if name in self.errors:
                raise self.errors[name]
            return done(*args, **more)

        return asked if name in VERBS else done


class Browser(support.Visitor):
    """A browser of somebody who comes to the house."""

    def __init__(self, house: "House") -> None:
        super().__init__(house.app.test_client())
        self.house = house

    def does(self, act: Callable[[], object]) -> Any:
        """Do something in a request of this browser; give what came of it."""
        self.house.act = act
        self.answer = self.post("/do")
        return self.house.given

    def copy(self, *names: str) -> "Browser":
        """Give another browser the same cookies, as a thief has."""
        other = self.house.browser()
        for name in names or COOKIES:
            value = self.cookie(name)
            if value is not None:
                other.client.set_cookie(name, value)
        return other

    def restarts(self) -> None:
        """Close the browser and open it: it forgets what is not to be kept."""
        self.client.delete_cookie("session")
        self.client.delete_cookie("session_signin")

    def how(self) -> dict[str, bool]:
        return self.get("/how").json or {}

    def is_fresh(self) -> bool:
        return self.how()["fresh"]

    @property
    def cookies(self) -> dict[str, str | None]:
        return {name: self.cookie(name) for name in COOKIES if self.cookie(name)}


class House(support.Site):
    """The application of the tests, with a register.

    Args:
        clock: everybody's.
        store: where sign-ins are kept; a new shelf by default.
        settings: the application's.
        limits: the register's.

    """

    given: Any

    def __init__(
        self,
        clock: support.Clock,
        *,
        store: Any = None,
        settings: dict[str, Any] | None = None,
        **limits: Any,
    ) -> None:
        self.clock = clock
        self.people: dict[str, Any] = {
            "ada": support.Member("ada"),
            "bob": support.Member("bob"),
            "eve": support.Person("eve"),
        }
        self.asked: list[str] = []
        self.events: list[Event] = []
        self.shelf: Shelf = Shelf() if store is None else store
        self.register = Register(
            self.shelf, clock=clock, tell=self.events.append, **limits
        )
        # The second for which a store that is down is let alone is the tests' own.
        self.register.shelf._timer = lambda: clock().timestamp()
        self.app = Flask("house")
        self.app.config.update({"SECRET_KEY": support.KEY, "TESTING": True})
        self.app.config.update(settings or {})
        self.manager: LoginManager[Any] = LoginManager(register=self.register)
        self.manager.clock = clock
        self.manager.login_view = "login"
        self.manager.user_loader(self.load)
        self.manager.init_app(self.app)
        support._add_pages(self)
        self.act: Callable[[], object] = dict

        self._add_rooms()

    def _add_rooms(self) -> None:
        @self.app.post("/do")
        def do() -> str:
            self.given = self.act()
            return "done"

        @self.app.get("/poll")
        @passive
        @login_required
        def poll() -> str:
            return "nothing new"

        @self.app.get("/just-now")
        @fresh_login_required(max_age=5 * support.MINUTE)
        def just_now() -> str:
            return "you have proved it just now"

        @self.app.get("/join")
        @anonymous_required
        def join() -> str:
            return "for strangers"

    def browser(self) -> Browser:
        return Browser(self)

    def signed_in(self, person_id: str = "ada", **how: str) -> Browser:
        """Give a browser in which somebody has just signed in."""
        browser = self.browser()
        browser.signs_in(person_id, **how)
        return browser

    def rows(self, person_id: str = "ada") -> list[SignIn]:
        """Give what lies on the shelf of a person, over or not; uncounted."""
        return self.shelf.inside.of_user(person_id)

    def row(self, person_id: str = "ada") -> SignIn:
        (row,) = self.rows(person_id)
        return row

    def told(self, *kinds: Kind) -> list[tuple[str, str, str]]:
        """Give what was told of: kind, whose, and why."""
        return [
            (each.kind, each.signin.user_id, each.reason)
            for each in self.events
            if not kinds or each.kind in kinds
        ]


def cookies_set(answer: TestResponse) -> list[str]:
    """Name the cookies that an answer sets or takes away."""
    return [each.partition("=")[0] for each in answer.headers.getlist("Set-Cookie")]
