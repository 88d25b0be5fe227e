"""What does a sign-in cost that can be taken back, on a guarded page?

The applications keep their people in a SQLite file and load them by SQLAlchemy. With
Flask-Login nothing can be taken back. Flask-Signet asks its register besides, which is
in the same file: one look-up for each request.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import flask_login
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL

import flask_signet
from _applications import (
    PEOPLE,
    STAMP,
    Environ,
    application,
    cookies_after,
    expect_of_each,
    visit,
)
from _interleave import Contender, run
from flask_signet.signins import Register
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.sqlalchemy import SQLAlchemyStore

BUDGET = 1.0

LOGIN = "Flask-Login, nothing revocable"


def made(
    extension: ModuleType, url: URL | str, store: type | None = None
) -> tuple[Flask, list[Environ]]:
    """Make the application, and a visit for each of its people, who are in."""
    app, db, kind = with_nobody_in(extension, url, store)
    with app.app_context():
        db.create_all()
        for n in range(1, PEOPLE + 1):
            db.session.add(kind(id=n, name=f"person {n}", password_hash=STAMP * 5))
        db.session.commit()
        people = db.session.scalars(db.select(kind)).all()
        db.session.commit()
        visits = []
        for person in people:
            cookies = cookies_after(app, extension.login_user, person)
            db.session.commit()
            pairs = (f"{name}={value}" for name, value in cookies.items())
            visits.append(visit("/me", "; ".join(pairs)))
        db.session.remove()
    return app, visits


def with_nobody_in(
    extension: ModuleType, url: URL | str, store: type | None = None
) -> tuple[Flask, Any, type]:
    """Make the application, with its database as it is.

    Returns:
        The application, its ``db``, and the class of its people.

    """
    app = application(SQLALCHEMY_DATABASE_URI=url)
    db: Any = SQLAlchemy(app)

    class User(extension.UserMixin, db.Model):  # type: ignore[misc, name-defined]
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(60), nullable=False)
        password_hash = db.Column(db.String(255), nullable=False)

    manager = extension.LoginManager()
    if store is None:
        manager.init_app(app)
    else:
        kept = store(db) if store is SQLAlchemyStore else store()
        manager.init_app(app, register=Register(kept))

    @manager.user_loader
    def load(user_id: str) -> Any:
        return db.session.get(User, int(user_id))

    @app.get("/me")
    @extension.login_required
    def me() -> str:
        return f"{extension.current_user.id:05}"

    return app, db, User


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp())
    try:
        yield path
    finally:
        shutil.rmtree(path)


def contender(
    label: str, app: Flask, environs: list[Environ], **more: Any
) -> Contender:
    expect_of_each(app, environs, [f"{n:05}" for n in range(1, PEOPLE + 1)])
    return Contender(label=label, app=app, environs=environs, **more)


def main() -> None:
    with folder() as path:
        file = f"sqlite:///{path}"
        login, of_login = made(flask_login, f"{file}/login.sqlite")
        plain, of_plain = made(flask_signet, f"{file}/plain.sqlite")
        memory, of_memory = made(flask_signet, f"{file}/memory.sqlite", MemoryStore)
        sqlite, of_sqlite = made(flask_signet, f"{file}/sqlite.sqlite", SQLAlchemyStore)
        run(
            "Signed in and revocable, against Flask-Login with nothing revocable",
            [
                contender(LOGIN, login, of_login),
                contender(
                    "Flask-Login again", login, of_login, against=LOGIN, is_noise=True
                ),
                contender("Flask-Signet, no register", plain, of_plain, against=LOGIN),
                contender("Flask-Signet, in memory", memory, of_memory, against=LOGIN),
                contender(
                    "Flask-Signet, in SQLite",
                    sqlite,
                    of_sqlite,
                    against=LOGIN,
                    budget=BUDGET,
                ),
            ],
            explanation=__doc__.partition("\n")[2],
        )


if __name__ == "__main__":
    main()
