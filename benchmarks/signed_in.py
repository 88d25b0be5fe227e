"""What does an extension cost somebody signed in, on a guarded page?

No store is asked, and people come from a dict. The bare application reads
``session["_user_id"]``, looks the user up in a dict and refuses when there is none. It
is handed the extension's own session cookie: Flask checks and reads the same content in
both, and what is left is the extension's.
"""

from types import ModuleType
from typing import Any

import flask_login
from flask import Flask

import flask_signet
from _applications import (
    Environ,
    bare,
    by_hand,
    cookies_after,
    expect_of_each,
    people_of,
    visit,
    with_extension,
)
from _interleave import Contender, run

BUDGET = 1.05

SIGNET, LOGIN, STAMPED = (
    f"bare Flask, {session}"
    for session in ("our session", "Flask-Login's session", "our session and a stamp")
)


class Stamped:
    """Has what changes with the password."""

    id: str

    def get_auth_stamp(self) -> str:
        return f"scrypt:32768:8:1$and what Werkzeug makes of the password${self.id}"


def signed_in(
    extension: ModuleType, *classes: type, **settings: Any
) -> tuple[Flask, list[Environ]]:
    """Make the application, and a visit for each of its people, who are in."""
    people = people_of(extension.UserMixin, *classes)
    app = with_extension(extension, people, **settings)
    visits = []
    for person in people.values():
        cookies = cookies_after(app, extension.login_user, person)
        visits.append(visit("/me", f"session={cookies['session']}"))
    return app, visits


def contender(
    label: str, app: Flask, environs: list[Environ], **more: Any
) -> Contender:
    expect_of_each(app, environs, [*people_of()])
    return Contender(label=label, app=app, environs=environs, **more)


def main() -> None:
    signet, plain = signed_in(flask_signet)
    unprotected, _ = signed_in(flask_signet, SESSION_PROTECTION=None)
    stamped, with_stamp = signed_in(flask_signet, Stamped)
    login, of_login = signed_in(flask_login)
    run(
        "Signed in, no store, against bare Flask reading its own session",
        [
            contender(SIGNET, bare(), plain),
            contender(STAMPED, bare(), with_stamp),
            contender(LOGIN, bare(), of_login),
            contender("bare Flask again", bare(), plain, against=SIGNET, is_noise=True),
            contender("as Flask's tutorial", by_hand(), plain, against=SIGNET),
            contender("Flask-Login", login, of_login, against=LOGIN),
            contender("Flask-Signet", signet, plain, against=SIGNET, budget=BUDGET),
            contender(
                "Flask-Signet, get_auth_stamp",
                stamped,
                with_stamp,
                against=STAMPED,
                budget=BUDGET,
            ),
            contender(
                "Flask-Signet, protection off",
                unprotected,
                plain,
                against=SIGNET,
                budget=BUDGET,
            ),
        ],
        explanation=__doc__.partition("\n")[2],
    )


if __name__ == "__main__":
    main()
