"""What does a sign-in cost that can be taken back, where a server keeps it?

Flask-Login has no register. Who wants one today keeps the whole session on the server,
with Flask-Session: the peer is Flask-Login on that, in the same PostgreSQL and the same
Redis. People come from a dict, for they cost both the same.

As it comes, Flask-Session writes each session again on each request. It is set against
with ``SESSION_REFRESH_EACH_REQUEST = False``, so that it reads alone: that is the least
it can do, and its sessions end then at a fixed time, however busy. As it comes it is
measured besides.
"""

from collections.abc import Callable
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

AS_IT_COMES = "as it comes"


# --- Flask-Session's.


def session_in_postgres(url: URL, **settings: Any) -> Flask:
    db = SQLAlchemy()
    kept = {"SESSION_TYPE": "sqlalchemy", "SESSION_SQLALCHEMY": db}
    app = with_extension(
        flask_login,
        people_of(flask_login.UserMixin),
        SQLALCHEMY_DATABASE_URI=url,
        **kept,
        **settings,
    )
    db.init_app(app)
    Session(app)
    return app


def session_in_redis(client: Redis, **settings: Any) -> Flask:
    kept = {"SESSION_TYPE": "redis", "SESSION_REDIS": client}
    people = people_of(flask_login.UserMixin)
    app = with_extension(flask_login, people, **kept, **settings)
    Session(app)
    return app


# --- Ours.


def register_in_postgres(url: URL) -> Flask:
    db = SQLAlchemy()
    app = with_extension(
        flask_signet,
        people_of(flask_signet.UserMixin),
        Register(SQLAlchemyStore(db)),
        SQLALCHEMY_DATABASE_URI=url,
    )
    db.init_app(app)
    with app.app_context():
        db.create_all()
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
    in_redis = session_in_redis(client, **reads)
    return [
        of_login(POSTGRES, in_postgres),
        of_login(f"{POSTGRES} again", in_postgres, against=POSTGRES, is_noise=True),
        of_login(
            f"{POSTGRES}, {AS_IT_COMES}", session_in_postgres(url), against=POSTGRES
        ),
        of_signet("Flask-Signet in PostgreSQL", register_in_postgres(url), POSTGRES),
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
