"""One small application, on either library, and a browser that says what it saw.

The two applications differ in the import alone. Nothing is compared here, and nothing
is excused: the one is ``walk``'s business, the other stands in ``differences``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from json import loads
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import flask_login
from flask import Flask, get_flashed_messages, render_template_string, request, session
from itsdangerous import BadSignature
from werkzeug.test import TestResponse

import flask_signet
import flask_signet.answers
import flask_signet.config
from support import Clock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

REMEMBER = "remember_token"

SIGNALS = (
    "session_protected",
    "user_accessed",
    "user_loaded_from_cookie",
    "user_loaded_from_request",
    "user_logged_in",
    "user_logged_out",
    "user_login_confirmed",
    "user_needs_refresh",
    "user_unauthorized",
)


def name_of(library: ModuleType, name: str) -> Any:
    """Find a public name where the library has it.

    Raises:
        KeyError: it has none of that name.

    """
    rooms = [library]
    if library is flask_signet:
        rooms += [flask_signet.config, flask_signet.answers]
    for room in rooms:
        try:
            return getattr(room, name)
        except AttributeError:
            continue
    raise KeyError(name)


class Library:
    """A library by its names: ``login.login_user``, wherever that stands today."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module

    def __getattr__(self, name: str) -> Any:
        return name_of(self.module, name)

    def __repr__(self) -> str:
        return self.module.__name__


FLASK_LOGIN = Library(flask_login)
FLASK_SIGNET = Library(flask_signet)


# --- The clock of both.


@contextmanager
def one_time(clock: Clock) -> Iterator[None]:
    """Let everybody read the same clock, which stands still.

    Flask-Signet has it from its manager; Flask-Login, Flask's session and the signer
    below both have theirs as module globals.
    """

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return clock().astimezone(tz)

        @classmethod
        def utcnow(cls) -> datetime:
            return clock().replace(tzinfo=None)

    signers = SimpleNamespace(time=lambda: clock().timestamp())
    with (
        patch("flask_login.login_manager.datetime", Stopped),
        patch("flask.sessions.datetime", Stopped),
        patch("itsdangerous.timed.time", signers),
    ):
        yield


# --- The application.


class Site:
    """The application on one of the libraries, with its people and its ears."""

    def __init__(self, login: Library, clock: Clock, **settings: Any) -> None:
        self.login = login
        self.clock = clock
        self.keys = 1
        self.people = {name: person(login, name) for name in ("ada", "bob", "eve")}
        self.people["eve"].active = False
        self.gone: set[str] = set()
        self.app = Flask("site")
        self.app.config.update(
            SECRET_KEY="key 1", TESTING=True, PROPAGATE_EXCEPTIONS=False
        )
        self.app.config.update(settings)
        self.manager = login.LoginManager()
        self.manager.clock = clock
        self.manager.login_view = "login"
        self.manager.refresh_view = "prove"
        self.manager.user_loader(self.load)
        self.manager.request_loader(self.load_by_request)
        self.manager.init_app(self.app)
        self.heard: list[str] = []
        self.listen()
        add_doors(self)
        add_rooms(self)
        add_halls(self.app)

    def load(self, user_id: str) -> Any:
        return None if user_id in self.gone else self.people.get(user_id)

    def load_by_request(self, asked: Any) -> Any:
        return self.load(asked.headers.get("X-Api-Key", ""))

    def listen(self) -> None:
        self.ears = {name: self.ear(name) for name in SIGNALS}
        for name, ear in self.ears.items():
            getattr(self.login, name).connect(ear, sender=self.app)

    def ear(self, name: str) -> Any:
        def hears(sender: Flask, **about: Any) -> None:
            whom = f" {about['user'].get_id()}" if "user" in about else ""
            self.heard.append(f"{name}{whom}")

        return hears

    def changes_its_key(self) -> None:
        config = self.app.config
        older = [config["SECRET_KEY"], *(config["SECRET_KEY_FALLBACKS"] or ())]
        self.keys += 1
        config.update(SECRET_KEY=f"key {self.keys}", SECRET_KEY_FALLBACKS=older)

    def read(self, value: str | None) -> dict[str, Any]:
        """Read a session cookie as Flask does; an old one is empty."""
        signer: Any = self.app.session_interface.get_signing_serializer(self.app)
        longest = int(self.app.permanent_session_lifetime.total_seconds())
        try:
            held: dict[str, Any] = signer.loads(value or "", max_age=longest)
        except BadSignature:
            return {}
        return held

    def sign(self, held: dict[str, Any]) -> str:
        signer: Any = self.app.session_interface.get_signing_serializer(self.app)
        signed: str = signer.dumps(held)
        return signed


def person(login: Library, name: str) -> Any:
    return _class_of(login)(name)


@cache
def _class_of(login: Library) -> Any:
    class Person(login.UserMixin):  # type: ignore[misc]
        def __init__(self, name: str) -> None:
            self.id, self.active = name, True

        @property
        def is_active(self) -> bool:
            return self.active

    return Person


def add_doors(site: Site) -> None:
    app, login = site.app, site.login

    app.add_url_rule("/login", "login", lambda: "Who are you?")
    app.add_url_rule("/prove", "prove", lambda: "Is it still you?")

    @app.post("/in/<name>")
    def sign_in(name: str) -> str:
        how = request.form
        duration = timedelta(seconds=int(how["seconds"])) if "seconds" in how else None
        done = login.login_user(
            site.people[name],
            remember="remember" in how,
            duration=duration,
            force="force" in how,
            fresh="stale" not in how,
        )
        return f"{done} {login.current_user.get_id()}"

    @app.post("/out")
    def sign_out() -> str:
        return f"{login.logout_user()} {login.current_user.get_id()}"

    @app.post("/out-and-clear")
    def sign_out_and_clear() -> str:
        login.logout_user()
        session.clear()
        return str(login.current_user.get_id())

    @app.post("/confirm")
    def confirm() -> str:
        asked = f"{login.current_user.get_id()}, is it still you?"
        login.confirm_login()
        return asked


def add_rooms(site: Site) -> None:
    app, login = site.app, site.login

    @app.get("/who")
    def who() -> list[Any]:
        user = login.current_user
        return [user.get_id(), user.is_authenticated, user.is_anonymous]

    @app.route("/secret", methods=["GET", "POST"])
    @login.login_required
    def secret() -> str:
        return f"a secret for {login.current_user.get_id()}"

    @app.route("/fresh", methods=["GET", "POST"])
    @login.fresh_login_required
    def fresh() -> str:
        return f"a fresh secret for {login.current_user.get_id()}"

    @app.route("/letters", methods=["GET", "OPTIONS"])
    @login.login_required
    def letters() -> str:
        return "letters"

    @app.get("/süß")
    @login.login_required
    def sweet() -> str:
        return "sweets"

    @app.get("/how")
    def how() -> list[bool]:
        return [login.login_fresh(), login.login_remembered()]


def add_halls(app: Flask) -> None:
    """Add pages that ask for nobody."""

    @app.get("/public")
    def public() -> str:
        return "for everybody"

    @app.get("/template")
    def template() -> str:
        return render_template_string("for everybody")

    @app.get("/flashes")
    def flashes() -> list[Any]:
        return get_flashed_messages(with_categories=True)

    @app.post("/cart/<thing>")
    def put(thing: str) -> str:
        session["cart"] = thing
        return "put"

    @app.post("/permanent")
    def make_permanent() -> str:
        session.permanent = True
        return "for long"


# --- What a browser sees of one answer.


class Cookie(NamedTuple):
    """What a ``Set-Cookie`` says, but for the value."""

    name: str
    is_set: bool
    """Whether it has a value; else it is taken away."""

    lasts: int | None
    """Seconds from now; None for as long as the browser is open."""

    path: str | None
    domain: str | None
    http_only: bool
    secure: bool
    same_site: str | None


class Held(NamedTuple):
    """What the session holds, as far as an application reads it."""

    user_id: str | None = None
    fresh: bool | None = None
    next: str | None = None
    cart: str | None = None
    flashes: tuple[Any, ...] = ()
    permanent: bool = False

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> "Held":
        return cls(
            user_id=held.get("_user_id"),
            fresh=held.get("_fresh"),
            next=held.get("next"),
            cart=held.get("cart"),
            flashes=tuple(held.get("_flashes", ())),
            permanent="_permanent" in held,
        )


class Seen(NamedTuple):
    """One answer, as the two libraries are compared by it."""

    status: int
    location: str | None
    told: str
    """The page; empty for an answer that is none of the application's own."""

    signals: tuple[str, ...]
    """What was heard, in order, with the user's id."""

    cookies: tuple[Cookie, ...]
    held: Held
    vary: str | None
    cache: str | None


class Kept(NamedTuple):
    """A cookie in a browser."""

    value: str
    ends_at: datetime | None = None
    how: str = "as set"
    """Or what somebody did to it."""

    key: int = 1
    """Under which of the site's keys it was signed."""


class Browser:
    """Keeps cookies as browsers do, and lets somebody play with them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.jar: dict[str, Kept] = {}
        self.copies: dict[str, Kept] = {}
        self.address = "192.0.2.1"
        self.agent = "a browser"

    def get(self, path: str, *, key: str = "") -> Seen:
        return self.asks("GET", path, {}, key)

    def post(self, path: str, **form: str) -> Seen:
        return self.asks("POST", path, form)

    def who(self) -> str | None:
        """Ask the site whom it takes this browser for."""
        found: str | None = loads(self.get("/who").told)[0]
        return found

    def asks(
        self, method: str, path: str, form: Mapping[str, str], key: str = ""
    ) -> Seen:
        site = self.site
        site.heard.clear()
        answer = self.send(method, path, form, key)
        cookies = tuple(
            self.keep(each) for each in answer.headers.getlist("Set-Cookie")
        )
        return Seen(
            status=answer.status_code,
            location=answer.location,
            told=answer.text if answer.status_code == 200 else "",
            signals=tuple(site.heard),
            cookies=tuple(sorted(cookies, key=lambda cookie: cookie.name)),
            held=Held.of(self.session),
            vary=answer.headers.get("Vary"),
            cache=answer.headers.get("Cache-Control"),
        )

    def send(
        self, method: str, path: str, form: Mapping[str, str] = {}, key: str = ""
    ) -> TestResponse:
        self.forgets_what_is_over()
        sent = {"REMOTE_ADDR": self.address, "HTTP_USER_AGENT": self.agent}
        if self.jar:
            pairs = (f"{name}={kept.value}" for name, kept in self.jar.items())
            sent["HTTP_COOKIE"] = "; ".join(pairs)
        if key:
            sent["HTTP_X_API_KEY"] = key
        client = self.site.app.test_client(use_cookies=False)
        return client.open(
            path, method=method, data=form or None, environ_overrides=sent
        )

    def keep(self, header: str) -> Cookie:
        """Do what a ``Set-Cookie`` says."""
        pair, *rest = header.split("; ")
        name, _, value = pair.partition("=")
        said = dict(each.partition("=")[::2] for each in rest)
        lasts = self.seconds(said)
        if lasts is not None and lasts <= 0:
            self.jar.pop(name, None)
        else:
            ends_at = lasts and self.site.clock() + timedelta(seconds=lasts)
            self.jar[name] = Kept(value, ends_at or None, key=self.site.keys)
        return Cookie(
            name=name,
            is_set=name in self.jar,
            lasts=None if lasts is None else max(lasts, 0),
            path=said.get("Path"),
            domain=said.get("Domain"),
            http_only="HttpOnly" in said,
            secure="Secure" in said,
            same_site=said.get("SameSite"),
        )

    def seconds(self, said: Mapping[str, str]) -> int | None:
        if "Max-Age" in said:
            return int(said["Max-Age"])
        if "Expires" in said:
            ends_at = parsedate_to_datetime(said["Expires"])
            return round((ends_at - self.site.clock()).total_seconds())
        return None

    def forgets_what_is_over(self) -> None:
        now = self.site.clock()
        for name, kept in [*self.jar.items()]:
            if kept.ends_at is not None and kept.ends_at <= now:
                del self.jar[name]

    def restarts(self) -> None:
        """Close the browser, and open it again: what lasts only so long is gone."""
        self.jar = {name: kept for name, kept in self.jar.items() if kept.ends_at}

    def begins_anew(self) -> None:
        self.jar, self.copies = {}, {}

    @property
    def session(self) -> dict[str, Any]:
        kept = self.jar.get("session")
        return self.site.read(kept.value) if kept else {}

    def renews_the_session(self) -> None:
        """Sign the session as if it had been written just now."""
        if "session" in self.jar:
            kept, held = self.jar["session"], self.session
            self.jar["session"] = kept._replace(value=self.site.sign(held))

    # --- What somebody may do to the cookies.

    def copies_cookies(self) -> None:
        self.copies = {**self.jar}

    def puts_back(self, name: str) -> None:
        if name in self.copies:
            self.jar[name] = self.copies[name]

    def keeps_for_ever(self) -> None:
        if REMEMBER in self.jar:
            kept = self.jar[REMEMBER]
            self.jar[REMEMBER] = kept._replace(
                ends_at=datetime.max.replace(tzinfo=UTC), how="kept for ever"
            )

    def spoils(self, name: str) -> None:
        if name in self.jar:
            kept = self.jar[name]
            value = ("x" if kept.value[0] != "x" else "y") + kept.value[1:]
            self.jar[name] = kept._replace(value=value, how="spoilt")

    def puts_a_signed_text(self, text: str) -> None:
        with self.site.app.app_context():
            value = self.site.login.encode_cookie(text)
        ends_at = self.site.clock() + DAY
        self.jar[REMEMBER] = Kept(value, ends_at, "a signed text", self.site.keys)

    def puts_odd_letters(self) -> None:
        # é in UTF-8, as WSGI has bytes.
        ends_at = self.site.clock() + DAY
        self.jar[REMEMBER] = Kept("ada|\u00c3\u00a9", ends_at, "odd letters")
