"""The store in a SQL database keeps the contract: on SQLite, PostgreSQL and MariaDB."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_sqlalchemy
import flask_sqlalchemy_lite
import pytest
from flask import Flask
from sqlalchemy import URL, Engine, MetaData, StaticPool, create_engine, delete
from sqlalchemy.orm import DeclarativeBase

from flask_signet.signins import Store
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.testing.store_contract import StoreContract
from signins.people import NamesItsPeople
from signins.servers import MariaDBServer


class Base(DeclarativeBase):
    pass


class InApp:
    """A store that is asked within an application context, a new one for each verb."""

    def __init__(self, app: Flask, store: SQLAlchemyStore) -> None:
        self.app = app
        self.store = store

    def __getattr__(self, verb: str) -> Any:
        def ask(*args: Any, **kwargs: Any) -> Any:
            with self.app.app_context():
                return getattr(self.store, verb)(*args, **kwargs)

        return ask


def a_store(engine: Engine) -> SQLAlchemyStore:
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    with engine.begin() as connection:
        connection.execute(delete(store.table))
    return store


def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'register.sqlite'}"


class TestInAFile(NamesItsPeople, StoreContract):
    rounds = 5

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        engine = create_engine(file_url(tmp_path))
        yield a_store(engine)
        engine.dispose()


class TestInMemory(NamesItsPeople, StoreContract):
    """All threads share one connection, and the store lets in one at a time."""

    rounds = 10

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        engine = create_engine(
            "sqlite://",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
        )
        yield a_store(engine)
        engine.dispose()


class TestThroughFlaskSQLAlchemy(NamesItsPeople, StoreContract):
    rounds = 2

    @pytest.fixture(params=["memory", "file"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
        app = Flask(__name__)
        url = "sqlite://" if request.param == "memory" else file_url(tmp_path)
        app.config["SQLALCHEMY_DATABASE_URI"] = url
        db = flask_sqlalchemy.SQLAlchemy(app)
        store = SQLAlchemyStore(db)
        with app.app_context():
            db.create_all()
        yield InApp(app, store)
        with app.app_context():
            db.engine.dispose()


class TestThroughFlaskSQLAlchemyLite(NamesItsPeople, StoreContract):
    rounds = 2

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Any]:
        app = Flask(__name__)
        app.config["SQLALCHEMY_ENGINES"] = {"default": file_url(tmp_path)}
        db = flask_sqlalchemy_lite.SQLAlchemy(app)
        store = SQLAlchemyStore(db, metadata=Base.metadata)
        with app.app_context():
            Base.metadata.create_all(db.engine)
        yield InApp(app, store)
        with app.app_context():
            db.engine.dispose()


@pytest.mark.slow
class TestInPostgreSQL(NamesItsPeople, StoreContract):
    rounds = 5

    @pytest.fixture
    def store(self, postgres_url: URL) -> Iterator[Store]:
        engine = create_engine(postgres_url)
        yield a_store(engine)
        engine.dispose()


def test_the_last_place_is_given_once_whatever_isolation_is_usual(
    postgres_url: URL,
) -> None:
    usual = {"options": "-c default_transaction_isolation=repeatable\\ read"}
    engine = create_engine(postgres_url, connect_args=usual)
    contract = StoreContract()
    contract.rounds = 3

    contract.test_one_of_many_gets_the_last_place(a_store(engine))

    engine.dispose()


class TestWithoutReturning(NamesItsPeople, StoreContract):
    """MySQL hands over nothing with a DELETE; the others are asked as it is."""

    rounds = 2

    @pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.slow)])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
        if request.param == "file":
            url: Any = file_url(tmp_path)
        else:
            url = request.getfixturevalue("postgres_url")
        engine = create_engine(url)
        store = a_store(engine)  # by now it has asked its server what it can
        engine.dialect.delete_returning = False
        yield store
        engine.dispose()


def test_mariadb_is_tried_where_it_is() -> None:
    if not MariaDBServer.is_there():
        MariaDBServer.is_missing()


class TestInMariaDB(NamesItsPeople, StoreContract):
    __test__ = MariaDBServer.is_there()
    rounds = 3

    @pytest.fixture(params=["mariadb", "as MySQL"])
    def store(
        self, request: pytest.FixtureRequest, mariadb_url: URL
    ) -> Iterator[Store]:
        engine = create_engine(mariadb_url)
        store = a_store(engine)
        if request.param == "as MySQL":
            engine.dialect.delete_returning = False
        yield store
        engine.dispose()
