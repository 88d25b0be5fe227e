"""What the SQL store says to each database: by which index, and in which words."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, MetaData, create_engine, text
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql
from sqlalchemy.schema import CreateTable

from flask_signet.signins import SignIn
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.signins.sqlalchemy.connections import answer_in_bytes
from flask_signet.signins.sqlalchemy.statements import statements_for
from flask_signet.signins.sqlalchemy.table import table_in
from flask_signet.signins.tokens import digest_of
from flask_signet.testing.store_contract import FULL_ROW, a_row


@pytest.fixture
def mysql() -> Any:
    return MySQLDialect_pymysql()


def test_the_table_has_a_column_for_each_field() -> None:
    columns = [each.name for each in table_in(MetaData()).columns]

    assert [*columns, "read_at"] == [each.name for each in fields(SignIn)]


# --- By which index.


def test_sqlite_finds_a_token_by_two_indexes(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/register.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    plan = _plan(engine, "EXPLAIN QUERY PLAN", store._desk().say.get, by_digest="x")

    assert "USING INDEX ix_signet_signins_digest" in plan
    assert "USING INDEX ix_signet_signins_pending_digest" in plan
    assert "SCAN" not in plan
    engine.dispose()


def test_postgres_finds_a_token_by_two_indexes(postgres_url: URL) -> None:
    engine = create_engine(postgres_url)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    with engine.begin() as connection:
        connection.execute(text("SET enable_seqscan = off"))  # which a few rows take
        plan = _plan(connection, "EXPLAIN", store._desk().say.get, by_digest="x")

    assert "Index Scan on ix_signet_signins_digest" in plan
    assert "Index Scan on ix_signet_signins_pending_digest" in plan
    assert "Seq Scan" not in plan
    engine.dispose()


def _plan(where: Any, explain: str, statement: Any, **values: str) -> str:
    connection = where.connect() if isinstance(where, Engine) else where
    cursor = connection.connection.cursor()
    cursor.execute(f"{explain} {statement.text}", statement.parameters(values))
    plan = "\n".join(str(row) for row in cursor.fetchall())
    if connection is not where:
        connection.close()
    return plan


# --- In which words: MySQL and MariaDB, where no server is at hand.


def test_mysql_compares_bytes(mysql: Any) -> None:
    made = str(CreateTable(table_in(MetaData())).compile(dialect=mysql))

    for name in ("handle", "user_id", "realm"):
        assert f"{name} VARBINARY(1020) NOT NULL" in made
    assert "digest VARBINARY(256)" in made
    assert "label BLOB NOT NULL" in made
    assert "VARCHAR" not in made
    assert "TEXT" not in made


def test_mysql_reads_under_a_lock_what_it_then_takes(mysql: Any) -> None:
    say = statements_for(table_in(MetaData()), mysql)

    assert say.held is not None
    assert say.all_held is not None
    assert say.held.text.endswith("FOR UPDATE")
    assert say.all_held.text.endswith("FOR UPDATE")
    assert "RETURNING" not in say.remove.text + say.remove_all.text


def test_mariadb_hands_over_what_it_takes(mysql: Any) -> None:
    mysql.delete_returning = True  # as it does when it has met a MariaDB of today
    say = statements_for(table_in(MetaData()), mysql)

    assert say.held is say.all_held is None
    assert "RETURNING" in say.remove.text
    assert "RETURNING" in say.remove_all.text


def test_mysql_holds_a_persons_lock_until_all_is_committed(mysql: Any) -> None:
    say = statements_for(table_in(MetaData()), mysql)

    before, after = say.one_at_a_time
    assert [each.text for each in before] == [
        "SELECT GET_LOCK(CONCAT('signet_signins ', %s), 5)",
        "BEGIN",
    ]
    assert [each.text for each in after] == [
        "SELECT RELEASE_LOCK(CONCAT('signet_signins ', %s))"
    ]


def test_texts_go_to_mysql_as_bytes_and_come_back_as_texts(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/register.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    store._desk().connections._answer = answer_in_bytes  # type: ignore[attr-defined]

    store.add(FULL_ROW)
    store.add(a_row("one"), at_most=1)

    assert store.get(digest_of("pending")) == FULL_ROW
    with engine.connect() as connection:
        kinds = connection.execute(text("SELECT typeof(label) FROM signet_signins"))
        assert {*kinds.scalars()} == {"blob"}
    engine.dispose()
