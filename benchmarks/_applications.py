"""The applications that are compared: one page each, and people who are signed in.

All have the same routes, the same secret key and people with the same ids. A bare
application is handed the very cookie that the extension has made, so its session has
the same content: what a session costs to read and to write is Flask's business.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from types import ModuleType
from typing import Any

from flask import Flask, Response, abort, g, session
from werkzeug.test import EnvironBuilder

from flask_signet.signins import Register

Environ = dict[str, Any]

KEY = "a key of the benchmarks, and of nothing else"

PEOPLE = 200
"""So many come in turn that no cache is flattered by one person."""

BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36"
)

STAMP = "scrypt:32768:8:1$"
"""How the hash begins that Werkzeug makes of a password."""


class Person:
    """Somebody with an id, and nothing else."""

    def __init__(self, person_id: str) -> None:
        self.id = person_id


def people_of(*classes: type) -> dict[str, Any]:
    """Make the people, of these classes."""
    kind = type("User", (*classes, Person), {})
    return {each: kind(each) for each in (f"{n:05}" for n in range(PEOPLE))}


def bare() -> Flask:
    """Make an application that reads its own session, by hand."""
    app, people = application(), people_of()

    @app.get("/me")
    def me() -> str:
        person = people.get(session["_user_id"])
        if person is None:
            abort(401)
        return str(person.id)

    return app


def by_hand() -> Flask:
    """Make what Flask's own tutorial makes: the user on ``g``, and a guard."""
    app, people = application(), people_of()

    @app.before_request
    def load_logged_in_user() -> None:
        person_id = session.get("_user_id")
        g.user = None if person_id is None else people.get(person_id)

    def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def wrapped_view(**kwargs: Any) -> Any:
            if g.user is None:
                abort(401)
            return view(**kwargs)

        return wrapped_view

    @app.get("/me")
    @login_required
    def me() -> str:
        return str(g.user.id)

    return app


def bare_that_writes(kept: Sequence[Mapping[str, Any]]) -> Flask:
    """Make an application that writes a session at each request, by hand.

    Args:
        kept: what it writes for each of the people, in their order.

    """
    app, people = application(), people_of()
    turns = cycle(kept)

    @app.get("/me")
    def me() -> str:
        session.update(next(turns))
        person = people.get(session["_user_id"])
        if person is None:
            abort(401)
        return str(person.id)

    return app


def with_extension(
    extension: ModuleType,
    people: Mapping[str, Any],
    register: Register | None = None,
    **settings: Any,
) -> Flask:
    """Make an application on Flask-Login or Flask-Signet: one reads like the other."""
    app = application(**settings)
    manager = extension.LoginManager()
    if register is None:
        manager.init_app(app)
    else:
        manager.init_app(app, register=register)
    current_user = extension.current_user

    @manager.user_loader
    def load(person_id: str) -> Any:
        return people.get(person_id)

    @app.get("/me")
    @extension.login_required
    def me() -> str:
        return str(current_user.id)

    return app


def application(**settings: Any) -> Flask:
    """Make one that has a public page, and nobody to sign in."""
    app = Flask("benchmark")
    app.config.update(SECRET_KEY=KEY, **settings)

    @app.get("/")
    def front() -> str:
        return "Welcome."

    return app


# --- Visits.


def visit(path: str, cookies: str = "") -> Environ:
    """Make what a server makes of a browser's request."""
    headers = {
        "User-Agent": BROWSER,
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language": "en-GB,en;q=0.5",
    }
    if cookies:
        headers["Cookie"] = cookies
    environ = EnvironBuilder(path=path, headers=headers).get_environ()
    return environ | {"REMOTE_ADDR": "192.0.2.7"}


def cookies_after(
    app: Flask, sign_in: Callable[..., object], *args: Any, **kwargs: Any
) -> dict[str, str]:
    """Sign in, and give the cookies that the browser has then."""
    with app.request_context(visit("/")):
        sign_in(*args, **kwargs)
        answer = app.process_response(app.response_class())
    pairs = (
        each.partition(";")[0].partition("=")
        for each in answer.headers.getlist("Set-Cookie")
    )
    return {name: value for name, _, value in pairs}


def session_in(app: Flask, environ: Environ) -> dict[str, Any]:
    """Read the session that comes with a visit."""
    with app.request_context(environ.copy()):
        return dict(session)


def see(app: Flask, environ: Environ) -> Response:
    """Look at an answer before anything is timed."""
    return Response.from_app(app.wsgi_app, environ.copy())


def expect(app: Flask, environ: Environ, text: str) -> Response:
    """Look at an answer, and take no other than this."""
    answer = see(app, environ)
    found = answer.get_data(as_text=True)
    if answer.status_code != 200 or found != text:
        raise SystemExit(f"The answer is {answer.status} {found!r}, and not {text!r}")
    return answer


def expect_of_each(
    app: Flask, environs: Sequence[Environ], texts: Sequence[str]
) -> None:
    """Look at the answers of people who are in, and take none that sets a cookie."""
    for environ, text in zip(environs, texts, strict=True):
        if "Set-Cookie" in expect(app, environ, text).headers:
            raise SystemExit(f"A cookie was written again for {text}")
