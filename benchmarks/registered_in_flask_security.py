"""What does a sign-in cost that can be taken back, against Flask-Security?

People are in a SQLite file and loaded by SQLAlchemy. Flask-Security looks a person up
by a value that changes when all their sign-ins are to end; one alone it cannot end.
Flask-Signet has its register in the same file: each sign-in can be ended, for one more
look-up on each request.

Flask-Security is set up as its guide says, and its page is guarded by
``auth_required("session")``. With Flask-Login's ``login_required``, which is less, it
is measured besides.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask_login
import flask_security
from flask import Flask
from flask_security.models.fsqla_v3 import FsModels, FsRoleMixin, FsUserMixin
from flask_sqlalchemy import SQLAlchemy

import flask_signet
from _applications import PEOPLE, STAMP, Environ, application, cookies_after, visit
from _interleave import run
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from registered import contender, folder, made

BUDGET = 0.5

SECURITY = "Flask-Security"

SETTINGS = {
    "SECURITY_PASSWORD_SALT": "a salt of the benchmarks, and of nothing else",
    "SECURITY_PASSWORD_HASH": "pbkdf2_sha512",  # nobody is asked for a password here
}


def secured(path: Path, guard: Callable[[Any], Any]) -> tuple[Flask, list[Environ]]:
    """Make the application, and a visit for each of its people, who are in."""
    app = application(SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}", **SETTINGS)
    db: Any = SQLAlchemy(app)
    FsModels.set_db_info(db)

    class Role(db.Model, FsRoleMixin):  # type: ignore[misc, name-defined]
        pass

    class User(db.Model, FsUserMixin):  # type: ignore[misc, name-defined]
        pass

    datastore = flask_security.SQLAlchemyUserDatastore(db, User, Role)
    flask_security.Security(app, datastore)

    @app.get("/me")
    @guard
    def me() -> str:
        return f"{flask_security.current_user.id:05}"

    with app.app_context():
        db.create_all()
        people = [
            datastore.create_user(email=f"person{n}@example.org", password=STAMP * 5)
            for n in range(1, PEOPLE + 1)
        ]
        datastore.commit()
        visits = []
        for person in people:
            cookies = cookies_after(app, flask_security.login_user, person)
            datastore.commit()
            visits.append(visit("/me", f"session={cookies['session']}"))
        db.session.remove()
    return app, visits


def main() -> None:
    with folder() as path:
        security, of_security = secured(
            path / "security.sqlite", flask_security.auth_required("session")
        )
        plainly, of_plainly = secured(
            path / "plainly.sqlite", flask_login.login_required
        )
        signet, of_signet = made(
            flask_signet, f"sqlite:///{path}/ours.sqlite", SQLAlchemyStore
        )
        run(
            "Signed in and revocable, against Flask-Security",
            [
                contender(SECURITY, security, of_security),
                contender(
                    "Flask-Security again",
                    security,
                    of_security,
                    against=SECURITY,
                    is_noise=True,
                ),
                contender(
                    "Flask-Security, login_required",
                    plainly,
                    of_plainly,
                    against=SECURITY,
                ),
                contender(
                    "Flask-Signet, in SQLite",
                    signet,
                    of_signet,
                    against=SECURITY,
                    budget=BUDGET,
                ),
            ],
            explanation=__doc__.partition("\n")[2],
            peers=("Flask-Security",),
        )


if __name__ == "__main__":
    main()
