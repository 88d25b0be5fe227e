"""Who commits: the store does by itself, and never what the application has begun."""

import gc
import os
import re
import sqlite3
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import flask_sqlalchemy
import pytest
from flask import Flask
from sqlalchemy import (
    AssertionPool,
    Engine,
    MetaData,
    NullPool,
    StaticPool,
    create_engine,
    delete,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from flask_signet.signins import StoreBusy
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from flask_signet.signins.sqlalchemy.desk import new_desk
from flask_signet.signins.sqlalchemy.own import _close_all
from flask_signet.signins.tokens import digest_of
from flask_signet.testing.store_contract import HOUR, NOW, SECOND, a_row

BUSY = (
    "The register cannot write: this request has uncommitted changes in the same SQLite"
    " file. Call db.session.commit() before login_user()."
)

Verb = Callable[[SQLAlchemyStore], Any]

WRITES: dict[str, Verb] = {
    "add": lambda store: store.add(a_row("new")),
    "add_at_most": lambda store: store.add(a_row("new"), at_most=9),
    "make_room": lambda store: store.add(a_row("new"), at_most=1, make_room=True),
    "swap": lambda store: store.swap(a_row("one"), a_row("one", label="a phone")),
    "remove": lambda store: store.remove("one"),
    "remove_all": lambda store: store.remove_all("ada"),
    "sweep": lambda store: store.sweep(NOW + 48 * HOUR, limit=10),
}
TOUCH: dict[str, Verb] = {
    "touch": lambda store: store.touch("one", NOW + SECOND, NOW + 2 * HOUR),
}
READS: dict[str, Verb] = {
    "get": lambda store: store.get(digest_of("token of one")),
    "by_handle": lambda store: store.by_handle("one"),
    "of_user": lambda store: store.of_user("ada"),
}


def verbs(*some: dict[str, Verb]) -> pytest.MarkDecorator:
    cases = {name: verb for each in some for name, verb in each.items()}
    return pytest.mark.parametrize("verb", cases.values(), ids=cases)


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"

    name: Mapped[str] = mapped_column(primary_key=True)


class Site:
    """An application with people of its own, and a sign-in, in one database."""

    def __init__(self, url: Any, **options: Any) -> None:
        self.db = flask_sqlalchemy.SQLAlchemy(model_class=Base)
        self.store = SQLAlchemyStore(self.db)
        self.app = Flask(__name__)
        self.app.config["SQLALCHEMY_DATABASE_URI"] = url
        self.app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
        self.db.init_app(self.app)

    def __enter__(self) -> Self:
        self._context = self.app.app_context()
        self._context.push()
        self.db.create_all()
        for table in self.db.metadata.sorted_tables:
            self.session.execute(delete(table))
        self.session.commit()
        self.store.add(a_row("one"))
        return self

    def __exit__(self, *_: object) -> None:
        self.db.session.remove()
        self.db.engine.dispose()
        self._context.pop()

    @property
    def session(self) -> Any:
        return self.db.session

    def flush_a_person(self) -> None:
        self.session.add(Person(name="Bob"))
        self.session.flush()

    def people(self) -> list[str]:
        return [*self.session.scalars(select(Person.name))]


@pytest.fixture
def in_memory() -> Iterator[Site]:
    with Site("sqlite://") as site:
        yield site


@pytest.fixture
def in_a_file(tmp_path: Path) -> Iterator[Site]:
    with Site(f"sqlite:///{tmp_path}/site.sqlite") as site:
        yield site


@pytest.fixture
def on_a_server(postgres_url: Any) -> Iterator[Site]:
    with Site(postgres_url) as site:
        yield site


@pytest.fixture(params=["in_memory", "in_a_file", "on_a_server"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


# --- What the application has begun stays its own.


@verbs(READS, TOUCH, WRITES)
@pytest.mark.parametrize("is_kept", [True, False], ids=["commit", "rollback"])
def test_what_is_not_committed_is_left_to_the_application(
    site: Site, verb: Verb, is_kept: bool
) -> None:
    site.flush_a_person()

    try:
        verb(site.store)
    except StoreBusy:
        assert site.db.engine.url.database  # of a file only
    assert site.people() == ["Bob"]
    if is_kept:
        site.session.commit()
    else:
        site.session.rollback()

    assert site.people() == (["Bob"] if is_kept else [])


@verbs(READS, TOUCH, WRITES)
def test_what_is_not_flushed_is_not_flushed(site: Site, verb: Verb) -> None:
    bob = Person(name="Bob")
    site.session.add(bob)

    verb(site.store)

    assert bob in site.session.new


@verbs(READS, TOUCH, WRITES)
def test_no_transaction_is_begun_for_the_application(site: Site, verb: Verb) -> None:
    site.session.rollback()

    verb(site.store)

    with site.session.begin():  # which it refuses if it has one
        site.session.add(Person(name="Bob"))
    assert site.people() == ["Bob"]


# --- What the store does is committed at once.


def test_what_was_closed_stays_closed_if_the_view_rolls_back(site: Site) -> None:
    site.people()

    site.store.remove("one")
    site.store.add(a_row("two"), at_most=2)
    site.session.rollback()

    assert [each.handle for each in site.store.of_user("ada")] == ["two"]


@verbs(TOUCH, WRITES)
def test_another_connection_sees_it_at_once(
    in_a_file: Site, tmp_path: Path, verb: Verb
) -> None:
    def seen() -> list[Any]:
        other = sqlite3.connect(tmp_path / "site.sqlite")
        rows = other.execute("SELECT * FROM signet_signins").fetchall()
        other.close()
        return rows

    before = seen()
    verb(in_a_file.store)

    assert seen() != before


def test_a_server_has_it_while_the_view_goes_on(on_a_server: Site) -> None:
    on_a_server.flush_a_person()

    on_a_server.store.remove("one")
    on_a_server.store.add(a_row("two"), at_most=2)
    on_a_server.session.rollback()

    assert [each.handle for each in on_a_server.store.of_user("ada")] == ["two"]


# --- One connection for all: in memory.


@verbs(WRITES)
def test_on_the_only_connection_it_goes_with_what_was_begun(
    in_memory: Site, verb: Verb
) -> None:
    before = in_memory.store.of_user("ada")
    in_memory.flush_a_person()

    verb(in_memory.store)
    assert in_memory.store.of_user("ada") != before
    in_memory.session.rollback()

    assert in_memory.store.of_user("ada") == before


def test_on_the_only_connection_half_a_verb_takes_back_only_itself(
    in_memory: Site,
) -> None:
    in_memory.flush_a_person()

    in_memory.store.add(a_row("bobs", "bob"))

    with pytest.raises(sqlite3.IntegrityError):
        # It makes room, and then cannot be put there: there is such a handle.
        in_memory.store.add(a_row("one", "bob"), at_most=1, make_room=True)

    assert [each.handle for each in in_memory.store.of_user("bob")] == ["bobs"]
    assert in_memory.people() == ["Bob"]


def test_on_the_only_connection_a_refused_verb_leaves_nothing_begun(
    in_memory: Site,
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        in_memory.store.add(a_row("one"))
    with pytest.raises(sqlite3.IntegrityError):
        in_memory.store.add(a_row("one"), at_most=9)

    connection: Any = in_memory.session.connection().connection
    assert not connection.in_transaction


def test_a_connection_that_was_given_up_is_made_anew(in_memory: Site) -> None:
    in_memory.session.connection().invalidate()
    in_memory.session.rollback()
    in_memory.db.create_all()  # what was in memory is gone with it

    assert in_memory.store.of_user("ada") == []


def test_where_each_thread_has_one_the_sessions_is_used() -> None:
    engine = create_engine("sqlite://")  # a SingletonThreadPool
    store = SQLAlchemyStore(engine=engine, metadata=Base.metadata)
    Base.metadata.create_all(engine)

    with Session(engine) as session:
        session.add(Person(name="Bob"))
        session.flush()
        store.add(a_row("one"))
        assert store.by_handle("one")
        session.rollback()
        assert store.by_handle("one") is None

        store.add(a_row("two"), at_most=1)
        session.rollback()
        assert store.by_handle("two")
    assert store.by_handle("two")
    engine.dispose()


# --- One writer at a time: in a file.


@verbs(WRITES)
def test_nobody_waits_for_the_request_itself(tmp_path: Path, verb: Verb) -> None:
    url = f"sqlite:///{tmp_path}/site.sqlite"
    with Site(url, connect_args={"timeout": 30}) as site:
        site.flush_a_person()

        began = time.monotonic()
        with pytest.raises(StoreBusy) as caught:
            verb(site.store)

        assert 0.2 < time.monotonic() - began < 2
        assert str(caught.value) == BUSY


def test_a_touch_gives_up_in_silence(in_a_file: Site) -> None:
    before = in_a_file.store.by_handle("one")
    in_a_file.flush_a_person()

    began = time.monotonic()
    in_a_file.store.touch("one", NOW + SECOND, NOW + 2 * HOUR)

    assert 0.2 < time.monotonic() - began < 2
    assert in_a_file.store.by_handle("one") == before


def test_a_second_sign_in_waits_for_the_first(in_a_file: Site) -> None:
    desk = in_a_file.store._desk()
    others = SQLAlchemyStore(engine=in_a_file.db.engine, metadata=Base.metadata)

    def is_waited_for(handle: str) -> bool:
        with ThreadPoolExecutor() as pool:
            with desk.connections.together(desk.say.together, {}) as ask:
                ask(desk.say.remove, {"of_handle": "one"})
                second = pool.submit(others.add, a_row(handle), at_most=9)
                time.sleep(0.02)
            return second.exception() is None

    # More than once, for a machine may be busy for longer than anybody is waited for.
    assert any(is_waited_for(handle) for handle in "abc")


@verbs(READS)
def test_who_reads_does_not_wait_for_who_writes(in_a_file: Site, verb: Verb) -> None:
    in_a_file.flush_a_person()

    assert verb(in_a_file.store)  # or it would be down, after a quarter of a second


def test_the_applications_own_patience_stays_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/site.sqlite"
    with Site(url, connect_args={"timeout": 7}) as site:
        site.store.by_handle("one")

        assert site.session.scalar(text("PRAGMA busy_timeout")) == 7000


def test_a_file_is_put_into_wal_mode(in_a_file: Site) -> None:
    assert is_in_wal_mode(in_a_file.db.engine.url.database)


@pytest.mark.parametrize("use", ["SELECT * FROM people", "BEGIN IMMEDIATE"])
def test_a_file_in_use_is_put_into_wal_mode_later(tmp_path: Path, use: str) -> None:
    path = tmp_path / "site.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    others = sqlite3.connect(path, isolation_level=None)
    others.execute("CREATE TABLE people AS VALUES (1), (2)")
    in_use = others.execute(use)
    in_use.fetchone()  # and not all of them

    began = time.monotonic()
    store.of_user("ada")
    assert time.monotonic() - began < 2  # sqlite3's own patience is five seconds
    assert not is_in_wal_mode(path)
    in_use.close()
    others.close()
    store.of_user("ada")

    assert is_in_wal_mode(path)
    engine.dispose()


def is_in_wal_mode(path: Any) -> bool:
    # "The database file header": the versions to write and to read it by.
    return Path(path).read_bytes()[18:20] == b"\2\2"


class AlwaysInATransaction(sqlite3.Connection):
    """As from Python 3.12 on, where ``autocommit=False`` is asked for."""

    autocommit: Any = False


def test_no_transaction_is_begun_by_the_driver(tmp_path: Path) -> None:
    engine = create_engine(
        f"sqlite:///{tmp_path}/site.sqlite",
        connect_args={"factory": AlwaysInATransaction},
    )
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()

    assert store.add(a_row("one"), at_most=1) == []

    with own_connection(store) as connection:
        assert connection.autocommit is True
    engine.dispose()


# --- Beside the application's connections.


def own_connection(store: SQLAlchemyStore) -> Any:
    """Take one of the store's."""
    return store._desk().connections._connection()


def test_a_request_that_has_the_last_connection_can_still_sign_out(
    postgres_url: Any,
) -> None:
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.1}
    with Site(postgres_url, **options) as site:
        site.flush_a_person()

        assert site.store.remove("one")


@verbs(READS, TOUCH, {name: WRITES[name] for name in ("add", "swap", "remove")})
def test_a_verb_is_one_round_trip(
    on_a_server: Site, tmp_path: Path, verb: Verb
) -> None:
    with own_connection(on_a_server.store) as connection:
        libpq = connection.dbapi_connection.pgconn

    with (tmp_path / "trace").open("w") as trace:
        libpq.trace(trace.fileno())
        verb(on_a_server.store)
        libpq.untrace()

    traced = (tmp_path / "trace").read_text()
    assert len(re.findall(r"\tF\t\d+\t(?:Sync|Query)\b", traced)) == 1


def test_the_stores_connections_are_closed_with_the_engines(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    store.add(a_row("one"))
    with own_connection(store) as connection:
        own = connection

    engine.dispose()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        own.execute("SELECT 1")
    assert store.by_handle("one")
    engine.dispose()


def test_a_connection_that_was_out_is_closed_when_it_is_given_back(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    with own_connection(store) as own:
        engine.dispose()
        assert own.execute("SELECT 1").fetchone() == (1,)

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        own.execute("SELECT 1")


def test_the_stores_connections_are_closed_when_the_engine_goes(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    with own_connection(store) as own:
        pass
    gone = weakref.ref(engine)

    del engine, store
    gc.collect()

    assert gone() is None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        own.execute("SELECT 1")


def test_the_applications_own_statements_stay_as_quick_as_they_were(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    store.create_all()
    store.add(a_row("one"))

    # With a listener SQLAlchemy goes the longer way, at each of them.
    assert not engine._has_events
    engine.dispose()


def test_as_many_connections_to_a_file_are_made_as_are_used_at_once(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite", pool_size=1)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    with ExitStack() as stack:
        used = [stack.enter_context(own_connection(store)) for _ in range(20)]

        assert len({id(each) for each in used}) == 20
    engine.dispose()


def test_of_two_who_ask_first_one_gives_up_its_connections(
    tmp_path: Path,
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())

    first, second = (new_desk(engine, store.table) for _ in range(2))

    assert first is second is store._desk()
    engine.dispose()


def test_what_somebody_else_closes_meanwhile_is_not_handed_over_twice(
    on_a_server: Site,
) -> None:
    desk = on_a_server.store._desk()
    closed: list[Any] = []

    with desk.connections.together(desk.say.together, {}) as ask:

        def ask_slowly(statement: Any, values: Any) -> Any:
            answer = ask(statement, values)
            if statement is desk.say.present:
                closed.append(on_a_server.store.remove("one"))
            return answer

        gone = desk.room_for(a_row("two"), ask_slowly, 1, make_room=True)

    assert (gone, closed) == ([], [a_row("one")])


def test_a_forked_worker_does_not_use_its_parents_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    store.add(a_row("one"))
    parents = store._desk()

    with monkeypatch.context() as child:
        child.setattr("os.getpid", lambda: -1)
        assert store.by_handle("one")
        assert store._desk() is store._desk()
        assert store._desk().connections is not parents.connections
        engine.dispose()
        parents.connections.dispose()
        free: Any = parents.connections._free  # type: ignore[attr-defined]
        assert free[0].execute("SELECT 1").fetchone() == (1,)
    parents.connections.dispose()


def test_a_file_without_a_pool_gets_a_connection_each_time(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite", poolclass=NullPool)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    with own_connection(store) as connection:
        own = connection.dbapi_connection

    store.add(a_row("one"))

    assert store.by_handle("one")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        own.execute("SELECT 1")


def test_a_fork_finds_no_connection_to_a_file_open(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/site.sqlite")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    with own_connection(store) as own:
        pass

    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        own.execute("SELECT 1")
    store.add(a_row("one"))
    assert store.by_handle("one")
    engine.dispose()


def test_where_there_is_no_fork_the_store_is_there_all_the_same() -> None:
    windows = "import os; del os.fork, os.register_at_fork"
    loads = f"{windows}; import flask_signet.signins.sqlalchemy"

    done = subprocess.run([sys.executable, "-c", loads], check=False)

    assert done.returncode == 0


def test_two_threads_may_close_what_is_free_at_once() -> None:
    class TakenMeanwhile(list[Any]):
        def __bool__(self) -> bool:
            return True

    _close_all(TakenMeanwhile(), os.getpid())


def test_to_ask_for_people_commits_nothing(in_memory: Site) -> None:
    in_memory.flush_a_person()

    assert in_memory.store.people("", limit=9) == ["ada"]

    in_memory.session.rollback()
    assert in_memory.people() == []


@pytest.mark.parametrize("pool", [NullPool, AssertionPool, StaticPool])
def test_a_pool_of_any_kind_will_do(postgres_url: Any, pool: Any) -> None:
    engine: Engine = create_engine(postgres_url, poolclass=pool)
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    store.remove("one")

    store.add(a_row("one"))

    assert store.remove("one")
    engine.dispose()
