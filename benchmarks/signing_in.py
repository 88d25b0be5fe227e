"""What does signing in cost, but for the hash of the password?

A whole request to sign in, from the form to the answer, with the hash left out: the
person is looked up by name in a SQLite file, by SQLAlchemy, and the sign-in is written
into the register in the same file, on a real disk. It is set against one Argon2id hash
at argon2-cffi's own cost, which runs in a request as well.
"""

from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import flask_login
from argon2 import PasswordHasher
from flask import Flask, abort, request
from flask_sqlalchemy import SQLAlchemy

import flask_signet
from _applications import PEOPLE, STAMP, Environ, application, see, visit
from _interleave import Contender, read_command_line, run
from flask_signet.signins import Register
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from registered import folder

BUDGET = 0.05

HASH = "one hash"

BLOCKS, REQUESTS = 40, 10
"""Fewer than elsewhere: a hash takes as long as a hundred requests, or more."""

PASSWORD = "correct horse battery staple"


class Form(dict[str, Any]):
    """What comes with a form in it, to be read once by each who gets a copy."""

    def __init__(self, path: str, **fields: str) -> None:
        self.body = urlencode(fields).encode()
        super().__init__(
            visit(path),
            REQUEST_METHOD="POST",
            CONTENT_TYPE="application/x-www-form-urlencoded",
            CONTENT_LENGTH=str(len(self.body)),
        )

    def copy(self) -> Environ:
        return {**self, "wsgi.input": BytesIO(self.body)}


def hashing() -> Flask:
    """Make an application that looks at a password, and does nothing else."""
    app, hasher = application(), PasswordHasher()
    kept = hasher.hash(PASSWORD)

    @app.post("/sign-in")
    def sign_in() -> tuple[str, int]:
        hasher.verify(kept, request.form["password"])
        return "", 303

    return app


def made(extension: ModuleType, path: Path, *, registered: bool = False) -> Flask:
    """Make an application that lets in whoever is named, and asks for no proof."""
    app = application(SQLALCHEMY_DATABASE_URI=f"sqlite:///{path}")
    db: Any = SQLAlchemy(app)

    class User(extension.UserMixin, db.Model):  # type: ignore[misc, name-defined]
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(60), nullable=False, unique=True)
        password_hash = db.Column(db.String(255), nullable=False)

    manager = extension.LoginManager()
    more = {"register": Register(SQLAlchemyStore(db))} if registered else {}
    manager.init_app(app, **more)

    @manager.user_loader
    def load(user_id: str) -> Any:
        return db.session.get(User, int(user_id))

    @app.post("/sign-in")
    def sign_in() -> tuple[str, int]:
        named = db.select(User).filter_by(name=request.form["name"])
        user = db.session.scalar(named)
        if user is None:
            abort(401)
        extension.login_user(user)
        return "", 303

    with app.app_context():
        db.create_all()
        for n in range(1, PEOPLE + 1):
            db.session.add(User(id=n, name=f"person {n}", password_hash=STAMP * 5))
        db.session.commit()
    return app


def contender(label: str, app: Flask, people: int = PEOPLE, **more: Any) -> Contender:
    environs = [
        Form("/sign-in", name=f"person {n}", password=PASSWORD)
        for n in range(1, people + 1)
    ]
    answer = see(app, environs[0])
    writes = "Set-Cookie" in answer.headers
    if answer.status_code != 303 or writes is label.startswith(HASH):
        raise SystemExit(f"{label}: the answer is {answer.status}")
    return Contender(label=label, app=app, environs=environs, **more)


def main() -> None:
    question = "Signing in, but for the hash, against the hash"
    arguments = read_command_line(question, blocks=BLOCKS, requests=REQUESTS)
    with folder() as path:
        hashed = hashing()
        login = made(flask_login, path / "login.sqlite")
        plain = made(flask_signet, path / "plain.sqlite")
        signet = made(flask_signet, path / "signet.sqlite", registered=True)
        run(
            question,
            [
                contender(HASH, hashed, people=1),
                contender(
                    "one hash again", hashed, people=1, against=HASH, is_noise=True
                ),
                contender("Flask-Login, nothing revocable", login, against=HASH),
                contender("Flask-Signet, no register", plain, against=HASH),
                contender(
                    "Flask-Signet, in SQLite", signet, against=HASH, budget=BUDGET
                ),
            ],
            explanation=__doc__.partition("\n")[2],
            peers=("argon2-cffi",),
            arguments=arguments,
        )


if __name__ == "__main__":
    main()
