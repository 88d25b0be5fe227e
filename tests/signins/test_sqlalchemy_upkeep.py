"""The tables of the register: made, of a version, counted; and the database's clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    Integer,
    MetaData,
    Table,
    create_engine,
    event,
    inspect,
)

from flask_signet import ConfigError
from flask_signet.signins import StoreBusy, StoreDown
from flask_signet.signins.offers import Counts
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.signins.sqlalchemy.upkeep import SCHEMA
from flask_signet.testing.store_contract import HOUR, NOW, a_row


@pytest.fixture(params=["file", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "file":
        url = f"sqlite:///{tmp_path / 'register.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    SQLAlchemyStore(engine=engine, metadata=MetaData()).metadata.drop_all(engine)
    yield engine
    SQLAlchemyStore(engine=engine, metadata=MetaData()).metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> SQLAlchemyStore:
    metadata = MetaData()
    Table("of_the_application", metadata, Column("id", Integer, primary_key=True))
    return SQLAlchemyStore(engine=engine, metadata=metadata)


def test_without_tables_there_is_no_version(store: SQLAlchemyStore) -> None:
    assert store.schema_version() is None


def test_its_own_tables_are_made_and_no_others(
    store: SQLAlchemyStore, engine: Engine
) -> None:
    store.create_all()
    store.create_all()

    names = set(inspect(engine).get_table_names())
    assert names >= {"signet_signins", "signet_schema"}
    assert "of_the_application" not in names
    assert store.schema_version() == store.schema == SCHEMA


def test_tables_that_the_application_made_have_no_version_yet(
    store: SQLAlchemyStore, engine: Engine
) -> None:
    store.metadata.create_all(engine)
    try:
        assert store.schema_version() == 0

        store.upgrade_schema()

        assert store.schema_version() == SCHEMA
    finally:
        store.metadata.drop_all(engine)


def test_a_table_alone_has_no_version(store: SQLAlchemyStore, engine: Engine) -> None:
    store.metadata.create_all(engine, tables=[store.table])

    assert store.schema_version() == 0


def test_an_older_version_is_brought_up(store: SQLAlchemyStore, engine: Engine) -> None:
    store.create_all()
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE signet_schema SET version = 0")

    store.upgrade_schema()

    assert store.schema_version() == SCHEMA


def test_what_there_is_is_counted(store: SQLAlchemyStore) -> None:
    store.create_all()
    assert store.count(NOW) == Counts(signins=0, ended=0, people=0)
    for row in (
        a_row("one"),
        a_row("two", ends=NOW),
        a_row("three", "bob"),
        a_row("four", realm="staff"),
    ):
        store.add(row)

    assert store.count(NOW) == Counts(signins=4, ended=1, people=3)
    assert store.count(NOW + 24 * HOUR) == Counts(signins=4, ended=4, people=3)


def test_the_databases_clock_is_that_of_this_machine(store: SQLAlchemyStore) -> None:
    assert abs(store.clock_now() - datetime.now(UTC)) < timedelta(seconds=10)


def test_without_its_table_it_says_how_it_is_made(store: SQLAlchemyStore) -> None:
    with pytest.raises(ConfigError, match="flask signet init-db"):
        store.count(NOW)


def test_a_second_store_of_the_same_models_has_the_same_tables(
    store: SQLAlchemyStore, engine: Engine
) -> None:
    again = SQLAlchemyStore(engine=engine, metadata=store.metadata)

    assert again.table is store.table


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.create_all(),
        lambda store: store.schema_version(),
        lambda store: store.count(NOW),
        lambda store: store.clock_now(),
    ],
    ids=["create", "version", "count", "clock"],
)
def test_a_database_that_is_not_there_is_down(tmp_path: Path, ask: Any) -> None:
    nowhere = create_engine(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.sqlite'}")

    with pytest.raises(StoreDown) as refused:
        ask(SQLAlchemyStore(engine=nowhere, metadata=MetaData()))

    assert "folder.sqlite" not in str(refused.value)
    nowhere.dispose()


def test_a_pool_without_a_connection_left_is_down(tmp_path: Path) -> None:
    engine = create_engine(
        f"sqlite:///{tmp_path / 'one.sqlite'}",
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.05,
    )
    with engine.connect(), pytest.raises(StoreDown):
        SQLAlchemyStore(engine=engine, metadata=MetaData()).clock_now()
    engine.dispose()


def test_tables_that_cannot_be_written_are_busy(tmp_path: Path) -> None:
    path = tmp_path / "busy.sqlite"
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.05})
    other = create_engine(f"sqlite:///{path}")
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            SQLAlchemyStore(engine=engine, metadata=MetaData()).create_all()
    engine.dispose()
    other.dispose()


def test_the_tables_may_be_in_a_schema_of_their_own(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    event.listen(
        engine,
        "connect",
        lambda connection, _: connection.execute(
            f"ATTACH DATABASE '{tmp_path}/accounts.sqlite' AS accounts"
        ),
    )
    store = SQLAlchemyStore(engine=engine, metadata=MetaData(schema="accounts"))

    store.create_all()
    store.create_all()
    store.add(a_row("one"))

    assert store.schema_version() == SCHEMA
    assert store.by_handle("one") == a_row("one")
    engine.dispose()
