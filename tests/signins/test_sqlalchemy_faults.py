"""What the SQL store says when the database fails, and that it comes back with it."""

import sqlite3
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    URL,
    Column,
    Engine,
    Integer,
    MetaData,
    QueuePool,
    Table,
    create_engine,
    event,
    inspect,
    text,
)

from flask_signet.errors import ConfigError
from flask_signet.signins import Full, StoreBusy, StoreDown
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.signins.sqlalchemy.faults import BUSY, UNWRITABLE, meaning
from flask_signet.signins.sqlalchemy.statements import Bracket, Statement
from flask_signet.signins.tokens import digest_of
from flask_signet.testing.store_contract import HOUR, NOW, SECOND, a_row
from signins.servers import PostgresServer

TOKEN = digest_of("token of one")

COUNT = Statement.of("SELECT count(*) FROM signet_signins", ())


def a_store(engine: Engine) -> SQLAlchemyStore:
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    store.remove_all("ada")
    store.add(a_row("one"))
    return store


@pytest.fixture
def engines() -> Iterator[Callable[..., Engine]]:
    made = []

    def make(*args: Any, **kwargs: Any) -> Engine:
        made.append(create_engine(*args, **kwargs))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/register.sqlite"


# --- Not set up.


def test_a_store_without_a_database_is_refused() -> None:
    with pytest.raises(ConfigError, match="an engine: SQLAlchemyStore"):
        SQLAlchemyStore(metadata=MetaData())


def test_a_store_with_two_databases_is_refused(file_url: str) -> None:
    engine = create_engine(file_url)

    with pytest.raises(ConfigError, match="or else an engine"):
        SQLAlchemyStore(object(), engine=engine, metadata=MetaData())


def test_a_db_without_metadata_is_to_be_given_some() -> None:
    class Bare:
        engine = None

    with pytest.raises(ConfigError, match=r"metadata=Base\.metadata"):
        SQLAlchemyStore(Bare())


@pytest.mark.parametrize("given", ["sqlite://", create_engine("sqlite://"), 5])
def test_what_is_no_db_is_named(given: Any) -> None:
    kind = type(given).__name__

    with pytest.raises(ConfigError, match=rf"SQLAlchemyStore\(db\) is a {kind}"):
        SQLAlchemyStore(given)


def test_what_is_no_engine_is_named() -> None:
    given: Any = "sqlite://"

    with pytest.raises(ConfigError, match=r"engine=…\) is a str; say create_engine"):
        SQLAlchemyStore(engine=given, metadata=MetaData())


def test_a_database_that_is_not_known_is_refused(file_url: str) -> None:
    engine = create_engine(file_url)
    engine.dialect.name = "oracle"
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    with pytest.raises(ConfigError, match="MariaDB and MySQL, and not oracle"):
        store.get(TOKEN)


@pytest.mark.parametrize("kind", ["memory", "file", "postgres"])
def test_a_table_that_was_never_made_is_missed_by_name(
    kind: str, file_url: str, engines: Callable[..., Engine], request: Any
) -> None:
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = file_url if kind == "file" else "sqlite://"
    engine = engines(url)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS signet_signins"))

    for verb in (lambda: store.get(TOKEN), lambda: store.add(a_row("one"), at_most=1)):
        with pytest.raises(ConfigError, match="signet_signins is not there; have crea"):
            verb()

    store.create_all()
    store.add(a_row("one"))
    assert store.get(TOKEN)


def test_the_registers_table_is_made_and_no_other(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    metadata = MetaData()
    Table("others", metadata, Column("id", Integer, primary_key=True))
    engine = engines(file_url)

    SQLAlchemyStore(engine=engine, metadata=metadata).create_all()

    names = inspect(engine).get_table_names()
    assert sorted(names) == ["signet_schema", "signet_signins"]


def test_two_stores_in_one_metadata_have_one_table(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    engine, metadata = engines(file_url), MetaData()
    stores = [SQLAlchemyStore(engine=engine, metadata=metadata) for _ in range(2)]
    stores[0].create_all()

    stores[0].add(a_row("one"))

    assert stores[1].by_handle("one")


# --- Down.


def test_a_server_that_is_not_there_is_down(engines: Callable[..., Engine]) -> None:
    url = "postgresql+psycopg://ada:s3cret@127.0.0.1:9/site"
    store = SQLAlchemyStore(engine=engines(url), metadata=MetaData())

    with pytest.raises(StoreDown, match="cannot be asked") as caught:
        store.get(TOKEN)

    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_cannot_be_opened_is_down(
    tmp_path: Path, engines: Callable[..., Engine]
) -> None:
    url = f"sqlite:///{tmp_path}/no/such/folder/register.sqlite"
    store = SQLAlchemyStore(engine=engines(url), metadata=MetaData())

    with pytest.raises(StoreDown):
        store.get(TOKEN)


def test_a_file_that_is_no_database_is_down(
    tmp_path: Path, engines: Callable[..., Engine]
) -> None:
    (tmp_path / "register.sqlite").write_text("long enough, and not a database" * 100)
    engine = engines(f"sqlite:///{tmp_path}/register.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    with pytest.raises(StoreDown):
        store.get(TOKEN)


def test_a_pool_without_a_connection_left_is_down(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    one = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    store = a_store(engines(postgres_url, **one, pool_timeout=0.05))
    connections: Any = store._desk().connections

    with connections._connection(), pytest.raises(StoreDown, match="TimeoutError"):
        store.get(TOKEN)

    assert store.get(TOKEN)


def test_a_read_is_tried_again_when_a_connection_was_cut(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    engine = engines(postgres_url)
    store = a_store(engine)
    _cut_all_connections(engine)

    assert store.get(TOKEN)


def test_a_write_is_not_tried_again_when_a_connection_was_cut(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    engine = engines(postgres_url)
    store = a_store(engine)
    _cut_all_connections(engine)

    with pytest.raises(StoreDown):
        store.remove("one")

    assert store.remove("one")


def test_a_transaction_that_was_cut_is_down(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    engine = engines(postgres_url)
    store = a_store(engine)
    _cut_all_connections(engine)

    with pytest.raises(StoreDown):
        store.add(a_row("two"), at_most=2)

    assert store.add(a_row("two"), at_most=2) == []


def test_all_connections_that_were_cut_are_given_up_at_once(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    engine = engines(postgres_url)
    store = a_store(engine)
    connections: Any = store._desk().connections
    with connections._connection(), connections._connection():
        pass  # two of them
    _cut_all_connections(engine)

    with pytest.raises(StoreDown):
        store.remove("one")

    assert store.remove("one")


def test_of_two_whose_connections_were_cut_one_makes_new_ones(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    engine = engines(postgres_url)
    connections: Any = a_store(engine)._desk().connections

    def ask_too_late() -> None:
        with connections._connection() as connection:
            _cut_all_connections(engine)
            connections._renew(connections._pool)  # somebody else was quicker
            made.append(connections._pool)
            connection.cursor().execute("SELECT 1")

    made: list[Any] = []
    with pytest.raises(StoreDown):
        ask_too_late()

    assert connections._pool is made[0]


def _cut_all_connections(engine: Engine) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    own = "pid = pg_backend_pid() OR datname <> current_database()"
    with engine.connect() as connection:
        connection.execute(text(f"{others} WHERE NOT ({own})"))


@pytest.mark.slow
def test_a_killed_server_is_down_and_works_when_it_is_back(
    engines: Callable[..., Engine],
) -> None:
    with PostgresServer() as server:
        store = a_store(engines(server.url))
        server.kill()

        for verb in (
            lambda: store.get(TOKEN),
            lambda: store.add(a_row("two"), at_most=2),
            lambda: store.touch("one", NOW + SECOND, NOW + HOUR),
            lambda: store.remove("one"),
        ):
            with pytest.raises(StoreDown):
                verb()
        server.start()

        assert store.get(TOKEN) == a_row("one")
        store.add(a_row("two"), at_most=2)
        assert store.remove("two") == a_row("two")


def test_who_is_interrupted_leaves_nothing_half_done(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    store = a_store(engines(file_url))
    desk = store._desk()
    connections: Any = desk.connections

    def own_connection() -> Any:
        with connections._connection() as connection:
            return connection

    def be_interrupted() -> None:
        with desk.connections.together(desk.say.together, {}) as ask:
            ask(desk.say.remove, {"of_handle": "one"})
            raise KeyboardInterrupt

    before = own_connection()
    with pytest.raises(KeyboardInterrupt):
        be_interrupted()

    assert own_connection() is not before  # who knows what it was in the middle of

    assert store.remove("one")


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_a_refused_sign_in_leaves_nothing_begun(
    kind: str, file_url: str, engines: Callable[..., Engine], request: Any
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else file_url
    store = a_store(engines(url, pool_reset_on_return=None))

    with pytest.raises(Full):
        store.add(a_row("two"), at_most=1)

    assert store.add(a_row("two"), at_most=2) == []


# --- Busy.


def test_a_full_disk_is_busy_and_leaves_nothing_half_done(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    engine = engines(file_url)
    store = a_store(engine)
    with engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    event.listen(
        store._desk().connections._pool,  # type: ignore[attr-defined]
        "connect",
        lambda connection, _: connection.execute(f"PRAGMA max_page_count = {pages}"),
    )
    store._desk().connections.dispose()

    with pytest.raises(StoreBusy, match="the disk is full"):
        store.add(a_row("two", agent="x" * 50000), at_most=1, make_room=True)
    with pytest.raises(StoreBusy, match="the disk is full"):
        store.add(a_row("two", agent="x" * 50000))

    assert store.of_user("ada") == [a_row("one")]
    store.touch("one", NOW + SECOND, NOW + HOUR)
    assert store.get(TOKEN)
    assert store.remove("one")


def test_a_database_that_may_only_be_read_is_busy(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    a_store(engines(postgres_url))
    given = {"options": "-c default_transaction_read_only=on"}
    engine = engines(postgres_url, connect_args=given)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    with pytest.raises(StoreBusy, match="may only be read"):
        store.remove("one")
    with pytest.raises(StoreBusy, match="may only be read"):
        store.add(a_row("two"), at_most=1, make_room=True)
    store.touch("one", NOW + SECOND, NOW + 2 * HOUR)

    assert store.get(TOKEN) == a_row("one")


def test_a_row_that_others_hold_is_busy(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    given = {"options": "-c lock_timeout=50ms"}
    engine = engines(postgres_url, connect_args=given)
    store = a_store(engine)

    with engine.begin() as connection:
        connection.execute(text("SELECT 1 FROM signet_signins FOR UPDATE"))
        with pytest.raises(StoreBusy) as caught:
            store.remove("one")
        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)
        assert store.sweep(NOW + 48 * HOUR, limit=5) == 0  # it leaves out what is held

    assert str(caught.value) == BUSY
    assert store.remove("one") == a_row("one")


def test_a_read_that_cannot_be_done_now_is_down(
    postgres_url: URL, engines: Callable[..., Engine]
) -> None:
    given = {"options": "-c lock_timeout=50ms"}
    engine = engines(postgres_url, connect_args=given)
    store = a_store(engine)

    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE signet_signins"))
        with pytest.raises(StoreDown):
            store.get(TOKEN)


def test_a_lock_that_mysql_does_not_give_is_busy_and_given_back(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    connections = a_store(engines(file_url))._desk().connections
    mysqls = Bracket(
        before=(Statement.of("SELECT ?", ("got",)), Statement.of("BEGIN", ())),
        after=(Statement.of("DELETE FROM signet_signins", ()),),  # as good as any
    )

    with pytest.raises(StoreBusy), connections.together(mysqls, {"got": 0}):
        pytest.fail("It was not got.")
    assert connections.ask(COUNT, {}, is_read=True) == ([(0,)], -1)

    with connections.together(mysqls, {"got": 1}) as ask:
        assert ask(COUNT, {}) == ([(0,)], -1)


class OperationalError(Exception):
    sqlstate: str | None = None


class IntegrityError(Exception):
    pass


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param(1205, BUSY, id="MySQL: lock wait"),
        pytest.param(1213, BUSY, id="MySQL: deadlock"),
        pytest.param(1021, UNWRITABLE, id="MySQL: disk"),
        pytest.param("40P01", BUSY, id="PostgreSQL: deadlock"),
        pytest.param("53100", UNWRITABLE, id="PostgreSQL: disk"),
    ],
)
def test_what_cannot_be_written_now_is_busy_to_write_and_down_to_read(
    code: Any, says: str
) -> None:
    error = OperationalError(code, "what the server says")
    error.sqlstate = code if isinstance(code, str) else None

    assert str(meaning(error)) == says
    assert isinstance(meaning(error), StoreBusy)
    assert isinstance(meaning(error, is_read=True), StoreDown)


def test_a_missing_table_of_mysql_is_missed_by_name() -> None:
    assert isinstance(meaning(OperationalError(1146, "…")), ConfigError)


def test_what_the_server_says_is_not_said_again() -> None:
    told = meaning(OperationalError("no route for ada@db.example.org"))

    assert str(told) == "The register cannot be asked (OperationalError)."


def test_a_mistake_of_the_program_stays_what_it_is(
    file_url: str, engines: Callable[..., Engine]
) -> None:
    assert meaning(IntegrityError()) is None
    for url in (file_url, "sqlite://"):
        store = a_store(engines(url))

        with pytest.raises(sqlite3.IntegrityError):
            store.add(a_row("one"))
        with pytest.raises(sqlite3.IntegrityError):
            store.add(a_row("one"), at_most=9)


# --- Odd texts.


@pytest.mark.parametrize("odd", ["\0", "one\0", "\ud83d"], ids=["NUL", "end", "half"])
@pytest.mark.parametrize("kind", ["memory", "postgres"])
def test_what_no_database_keeps_is_not_found(
    odd: str, kind: str, engines: Callable[..., Engine], request: Any
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else "sqlite://"
    store = a_store(engines(url))

    assert store.by_handle(odd) is None
    assert store.remove(odd) is None
    assert store.of_user(odd) == store.remove_all(odd) == []


@pytest.mark.parametrize("kind", ["memory", "postgres"])
def test_a_label_is_kept_whatever_is_in_it(
    kind: str, engines: Callable[..., Engine], request: Any
) -> None:
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else "sqlite://"
    store = a_store(engines(url))

    assert store.swap(a_row("one"), a_row("one", label="a\0b\ud83d"))

    kept = store.by_handle("one")
    assert kept is not None
    assert kept.label == "a\ufffdb?"
