"""What does it cost to know somebody again whose session has ended?

Only the remember cookie comes, so the user is looked up by it and a new session is
written. The bare application is handed the session that was written, and reads it:
the same page for the same person, without the extension. The one that writes puts the
same keys into a new session at each request, and is the least that is possible.
"""

from types import ModuleType
from typing import Any

import flask_login
from flask import Flask

import flask_signet
from _applications import (
    Environ,
    bare,
    bare_that_writes,
    cookies_after,
    expect,
    people_of,
    see,
    session_in,
    visit,
    with_extension,
)
from _interleave import Contender, run

BUDGET = 1.50

SIGNET, LOGIN = "bare Flask, our session", "bare Flask, Flask-Login's session"


def remembered(
    extension: ModuleType,
) -> tuple[Flask, list[Environ], list[Environ], list[dict[str, Any]]]:
    """Make the application, and its people's visits before and after the first page.

    Returns:
        The application; visits with the remember cookie alone; with the session alone;
        and what these sessions hold.

    """
    people = people_of(extension.UserMixin)
    app = with_extension(extension, people)
    before, after, kept = [], [], []
    for person_id, person in people.items():
        cookies = cookies_after(app, extension.login_user, person, remember=True)
        before.append(visit("/me", f"remember_token={cookies['remember_token']}"))
        written = expect(app, before[-1], person_id).headers["Set-Cookie"]
        after.append(visit("/me", written.partition(";")[0]))
        kept.append(session_in(app, after[-1]))
    return app, before, after, kept


def contender(
    label: str, app: Flask, environs: list[Environ], *, writes: bool, **more: Any
) -> Contender:
    for environ, person_id in zip(environs, people_of(), strict=True):
        expect(app, environ, person_id)
    written = "Set-Cookie" in see(app, environs[0]).headers
    if written is not writes:
        raise SystemExit(
            f"{label}: whether a session is written is not as it should be"
        )
    return Contender(label=label, app=app, environs=environs, **more)


def main() -> None:
    signet, by_cookie, by_session, kept = remembered(flask_signet)
    login, login_by_cookie, login_by_session, login_kept = remembered(flask_login)
    run(
        "Remembered only, against bare Flask reading its own session",
        [
            contender(SIGNET, bare(), by_session, writes=False),
            contender(LOGIN, bare(), login_by_session, writes=False),
            contender(
                "bare Flask again",
                bare(),
                by_session,
                writes=False,
                against=SIGNET,
                is_noise=True,
            ),
            contender(
                "bare Flask, writing our keys",
                bare_that_writes(kept),
                by_cookie,
                writes=True,
                against=SIGNET,
            ),
            contender(
                "bare Flask, writing Flask-Login's",
                bare_that_writes(login_kept),
                login_by_cookie,
                writes=True,
                against=LOGIN,
            ),
            contender(
                "Flask-Login", login, login_by_cookie, writes=True, against=LOGIN
            ),
            contender(
                "Flask-Signet",
                signet,
                by_cookie,
                writes=True,
                against=SIGNET,
                budget=BUDGET,
            ),
        ],
        explanation=__doc__.partition("\n")[2],
    )


if __name__ == "__main__":
    main()
