"""What does a sign-in cost that can be taken back, where a server keeps it?

Flask-Login has no register. Who wants one today keeps the whole session on the server,
with Flask-Session: the peer is Flask-Login on that, in the same PostgreSQL and the same
Redis. People come from a dict, so that the register is what counts. Once they come from
PostgreSQL, too: there Flask-Session has a connection for them already.

As it comes, Flask-Session writes each session again on each request. It is set against
with ``SESSION_REFRESH_EACH_REQUEST = False``, so that it reads alone: that is the least
it can do, and its sessions end then at a fixed time, however busy. As it comes it is
measured besides.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import flask_login
from flask import Flask
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from redis import Redis
from sqlalchemy import URL

import flask_signet
from _applications import (
    Environ,
    cookies_after,
    expect,
    expect_of_each,
    people_of,
    visit,
    with_extension,
)
from _interleave import Contender, run
from _servers import postgres, redis
from flask_signet.signins import Register
from flask_signet.signins.redis import RedisStore
from flask_signet.signins.sqlalchemy import SQLAlchemyStore

BUDGET = 1.0

POSTGRES, REDIS = (f"Flask-Session in {server}" for server in ("PostgreSQL", "Redis"))

PEOPLE_TOO = "people too"
AS_IT_COMES = "as it comes"


# --- Where people come from.


def from_dict(extension: ModuleType, _: SQLAlchemy) -> dict[str, Any]:
    return people_of(extension.UserMixin)


def from_table(extension: ModuleType, db: Any) -> "Table":
    class Person(extension.UserMixin, db.Model):  # type: ignore[misc, name-defined]
        id = db.Column(db.String(5), primary_key=True)

    return Table(db, Person)


class Table:
    """People in a table, who are asked for as those in a dict."""

    def __init__(self, db: Any, kind: type) -> None:
        self.db, self.kind = db, kind

    def get(self, person_id: str) -> Any:
        return self.db.session.get(self.kind, person_id)


def fill(app: Flask, db: Any) -> None:
    """Make the tables; put people into theirs, if there is one and it is empty."""
    with app.app_context():
        db.create_all()
        table = db.metadata.tables.get("person")
        if table is not None and db.session.execute(table.select()).first() is None:
            rows = [{"id": person_id} for person_id in people_of()]
            db.session.execute(table.insert(), rows)
            db.session.commit()
        db.session.remove()


# --- Flask-Session's.


def session_in_postgres(
    url: URL, people: Callable[..., Any] = from_dict, **settings: Any
) -> Flask:
    db = SQLAlchemy()
    kept = {"SESSION_TYPE": "sqlalchemy", "SESSION_SQLALCHEMY": db}
    app = with_extension(
        flask_login,
        people(flask_login, db),
        SQLALCHEMY_DATABASE_URI=url,
        **kept,
        **settings,
    )
    db.init_app(app)
    Session(app)
    fill(app, db)
    return app


def session_in_redis(client: Redis, **settings: Any) -> Flask:
    kept = {"SESSION_TYPE": "redis", "SESSION_REDIS": client}
    people = people_of(flask_login.UserMixin)
    app = with_extension(flask_login, people, **kept, **settings)
    Session(app)
    return app


# --- Ours.


def register_in_postgres(url: URL, people: Callable[..., Any] = from_dict) -> Flask:
    db = SQLAlchemy()
    app = with_extension(
        flask_signet,
        people(flask_signet, db),
        Register(SQLAlchemyStore(db)),
        SQLALCHEMY_DATABASE_URI=url,
    )
    db.init_app(app)
    fill(app, db)
    return app


def register_in_redis(client: Redis) -> Flask:
    people = people_of(flask_signet.UserMixin)
    return with_extension(flask_signet, people, Register(RedisStore(client)))


# --- Who comes.


def visits(app: Flask, login_user: Callable[..., object]) -> list[Environ]:
    """Sign each of the people in, and give a visit of theirs."""
    made = []
    for person in people_of(flask_signet.UserMixin).values():
        cookies = cookies_after(app, login_user, person)
        pairs = (f"{name}={value}" for name, value in cookies.items())
        made.append(visit("/me", "; ".join(pairs)))
    return made


def of_login(label: str, app: Flask, **more: Any) -> Contender:
    environs = visits(app, flask_login.login_user)
    if AS_IT_COMES in label:  # it sends the cookie again
        expect(app, environs[0], next(iter(people_of())))
    else:
        expect_of_each(app, environs, [*people_of()])
    return Contender(label=label, app=app, environs=environs, **more)


def of_signet(label: str, app: Flask, against: str) -> Contender:
    environs = visits(app, flask_signet.login_user)
    expect_of_each(app, environs, [*people_of()])
    return Contender(
        label=label, app=app, environs=environs, against=against, budget=BUDGET
    )


def contenders(url: URL, client: Redis) -> list[Contender]:
    reads = {"SESSION_REFRESH_EACH_REQUEST": False}
    in_postgres = session_in_postgres(url, **reads)
    with_people = session_in_postgres(url, from_table, **reads)
    in_redis = session_in_redis(client, **reads)
    return [
        of_login(POSTGRES, in_postgres),
        of_login(f"{POSTGRES} again", in_postgres, against=POSTGRES, is_noise=True),
        of_login(
            f"{POSTGRES}, {AS_IT_COMES}", session_in_postgres(url), against=POSTGRES
        ),
        of_signet("Flask-Signet in PostgreSQL", register_in_postgres(url), POSTGRES),
        of_login(f"{POSTGRES}, {PEOPLE_TOO}", with_people),
        of_signet(
            f"Flask-Signet in PostgreSQL, {PEOPLE_TOO}",
            register_in_postgres(url, from_table),
            f"{POSTGRES}, {PEOPLE_TOO}",
        ),
        of_login(REDIS, in_redis),
        of_login(f"{REDIS} again", in_redis, against=REDIS, is_noise=True),
        of_login(f"{REDIS}, {AS_IT_COMES}", session_in_redis(client), against=REDIS),
        of_signet("Flask-Signet in Redis", register_in_redis(client), REDIS),
    ]


def main() -> None:
    with postgres() as url, redis() as client:
        compared = contenders(url, client)
        try:
            run(
                "Revocable in PostgreSQL and in Redis, against Flask-Session there",
                compared,
                explanation=__doc__.partition("\n")[2],
                peers=("Flask-Session",),
            )
        finally:
            for each in compared:
                leave(each.app)


def leave(app: Flask) -> None:
    """Close an application's connections, so that its database may go."""
    if "sqlalchemy" in app.extensions:
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()


if __name__ == "__main__":
    main()
