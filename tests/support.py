"""A small application to try things on: its people, its pages, its clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    UserMixin,
    confirm_login,
    current_user,
    fresh_login_required,
    login_fresh,
    login_remembered,
    login_required,
    login_user,
    logout_user,
)

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

KEY = "a key for tests, and for nothing else"


class Clock:
    """A clock that stands still until the test says that time passes."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, time: timedelta) -> None:
        self.now += time


class Person(UserMixin):
    """A user without a stamp, as Flask-Login knows them."""

    def __init__(self, person_id: Any, *, active: bool = True) -> None:
        self.id = person_id
        self.active = active

    @property
    def is_active(self) -> bool:
        return self.active

    def __repr__(self) -> str:
        return f"<Person {self.id}>"


class Member(Person):
    """A user with a stamp: another password, another stamp."""

    def __init__(self, person_id: Any, *, active: bool = True) -> None:
        super().__init__(person_id, active=active)
        self.password = f"{person_id}'s first password"

    def get_auth_stamp(self) -> str:
        return self.password


class Visitor:
    """A browser: it keeps its cookies, and loses some when it is closed."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.get(path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.client.post(path, **kwargs)

    def signs_in(self, person_id: str, **how: str) -> TestResponse:
        return self.client.post(f"/in/{person_id}", data=how)

    def signs_out(self) -> TestResponse:
        return self.client.post("/out")

    def who(self) -> str:
        """Ask the site whom it takes this browser for."""
        return self.client.get("/who").text

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name)
        return found.value if found else None

    def restarts(self) -> None:
        """Close the browser, which forgets the session, and open it again."""
        self.client.delete_cookie("session")


class Site:
    """The application, with what its tests turn."""

    def __init__(self, clock: Clock, **settings: Any) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {
            "ada": Member("ada"),
            "bob": Member("bob"),
            "eve": Person("eve"),
        }
        self.asked: list[str] = []
        self.app = Flask("site")
        self.app.config.update({"SECRET_KEY": KEY, "TESTING": True, **settings})
        self.manager = LoginManager()
        self.manager.clock = clock
        self.manager.login_view = "login"
        self.manager.user_loader(self.load)
        self.manager.init_app(self.app)
        _add_pages(self)

    def load(self, user_id: str) -> Person | None:
        self.asked.append(user_id)
        return self.people.get(user_id)

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())


def _add_pages(site: Site) -> None:
    _add_doors(site)
    _add_rooms(site.app)


def _add_doors(site: Site) -> None:
    app = site.app

    @app.get("/")
    def front() -> str:
        return "Welcome."

    @app.get("/login")
    def login() -> str:
        return "Who are you?"

    @app.post("/in/<person_id>")
    def sign_in(person_id: str) -> str:
        how = request.form
        seconds = how.get("seconds")
        done = login_user(
            site.people[person_id],
            remember="remember" in how,
            duration=timedelta(seconds=int(seconds)) if seconds else None,
            force="force" in how,
            fresh="stale" not in how,
        )
        return "in" if done else "refused"

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.post("/again")
    def again() -> str:
        confirm_login()
        return "confirmed"


def _add_rooms(app: Flask) -> None:
    @app.get("/who")
    def who() -> str:
        return str(current_user.get_id())

    @app.get("/how")
    def how() -> dict[str, bool]:
        return {"fresh": login_fresh(), "remembered": login_remembered()}

    @app.get("/secret")
    @login_required
    def secret() -> str:
        return f"a secret for {current_user.id}"

    @app.route("/fresh")
    @fresh_login_required
    def fresh() -> str:
        return f"a fresh secret for {current_user.id}"
