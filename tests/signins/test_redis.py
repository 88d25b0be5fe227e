"""The store in Redis keeps the contract, and its promises about the server."""

import secrets
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Connection, ConnectionPool, Redis, RedisCluster
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from flask_signet.errors import ConfigError
from flask_signet.signins import Digest, Full, Store, StoreBusy, StoreDown
from flask_signet.signins.redis import TIMEOUT, RedisStore
from flask_signet.signins.redis_errors import _meaning
from flask_signet.signins.times import milliseconds as to_milliseconds
from flask_signet.signins.tokens import digest_of
from flask_signet.testing.store_contract import (
    FULL_ROW,
    HOUR,
    NOW,
    SECOND,
    StoreContract,
    a_row,
)
from signins.people import NamesItsPeople
from signins.redis_server import RedisServer, given_url

MOMENT = timedelta(milliseconds=250)
MANY = 1000
CLOSED_URL = "redis://127.0.0.1:1/0"

pytestmark = pytest.mark.slow  # a server, and each verb by many at once


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with RedisServer() as started:
        yield started


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    """Of the server that was named, else of one of our own."""
    if (given := given_url()) is not None:
        return given
    server: RedisServer = request.getfixturevalue("server")
    return server.url


@pytest.fixture
def prefix() -> str:
    return f"signet-test-{secrets.token_hex(8)}:"


@pytest.fixture
def store(url: str, prefix: str) -> Iterator[RedisStore]:
    with shelf(url, prefix) as made:
        yield made


@pytest.fixture
def own(server: RedisServer, prefix: str) -> Iterator[RedisStore]:
    """On a server whose settings may be changed."""
    with shelf(server.url, prefix) as made:
        yield made


@contextmanager
def shelf(
    client_or_url: Redis | RedisCluster | str, prefix: str
) -> Iterator[RedisStore]:
    store = RedisStore(client_or_url, prefix=prefix)
    yield store
    if names := keys(store, prefix):
        store.client.delete(*names)
    store.client.close()


def keys(store: RedisStore, prefix: str) -> set[str]:
    return {as_text(name) for name in store.client.scan_iter(f"{prefix}*", count=MANY)}


def as_text(said: str | bytes) -> str:
    return said if isinstance(said, str) else said.decode()


@contextmanager
def settings(store: RedisStore, **values: Any) -> Iterator[None]:
    names = {name: name.replace("_", "-") for name in values}
    before = {name: store.client.config_get(name)[name] for name in names.values()}
    for name, value in values.items():
        store.client.config_set(names[name], value)
    try:
        yield
    finally:
        for name, value in before.items():
            store.client.config_set(name, value)


class TestByUrl(NamesItsPeople, StoreContract):
    @pytest.fixture
    def store(self, store: RedisStore) -> Store:
        return store


class TestWithAClientThatDecodes(NamesItsPeople, StoreContract):
    rounds = 5

    @pytest.fixture
    def store(self, url: str, prefix: str) -> Iterator[Store]:
        client = Redis.from_url(url, decode_responses=True)
        with shelf(client, prefix) as made:
            yield made


@contextmanager
def a_cluster() -> Iterator[RedisServer]:
    """All slots of a Redis Cluster, on one node; it takes seconds to come up."""
    options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "500")
    with RedisServer(*options) as server:
        with Redis.from_url(server.url) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            until(lambda: "cluster_state:ok" in cluster_info(client))
        yield server


def cluster_info(client: Redis | RedisCluster) -> str:
    return str(client.execute_command("CLUSTER", "INFO"))


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    with a_cluster() as server:
        yield server.url


@pytest.mark.slow
class TestOnACluster(NamesItsPeople, StoreContract):
    rounds = 2

    @pytest.fixture
    def store(self, cluster_url: str, prefix: str) -> Iterator[Store]:
        with shelf(RedisCluster.from_url(cluster_url), f"{{{prefix}}}") as made:
            yield made


def until(comes_true: Callable[[], object], *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not comes_true():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- One round trip each.


class Counted(Connection):
    sent: list[bytes]

    def send_packed_command(self, command: list[bytes], **more: Any) -> None:
        Counted.sent.append(b"".join(command))
        super().send_packed_command(command, **more)


ROW = a_row("one", pending_digest=digest_of("pending"))
VERBS: dict[str, Callable[[RedisStore], Any]] = {
    "add": lambda store: store.add(a_row("two"), at_most=1, make_room=True),
    "get": lambda store: store.get(digest_of("pending")),
    "by_handle": lambda store: store.by_handle("one"),
    "touch": lambda store: store.touch("one", NOW + SECOND, NOW + 2 * HOUR),
    "swap": lambda store: store.swap(ROW, replace(ROW, label="a phone")),
    "remove": lambda store: store.remove("one"),
    "remove_all": lambda store: store.remove_all("ada"),
    "of_user": lambda store: store.of_user("ada"),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_verb_is_one_round_trip(
    url: str, prefix: str, verb: Callable[[RedisStore], Any]
) -> None:
    pool = ConnectionPool.from_url(url, connection_class=Counted)
    with shelf(Redis(connection_pool=pool), prefix) as store:
        for _ in range(2):  # the first time, the server is told the script
            Counted.sent = []
            store.remove_all("ada")
            store.add(ROW)
            Counted.sent = []
            verb(store)

        (sent,) = Counted.sent
        assert b"EVALSHA" in sent
        pool.disconnect()


def test_sweeping_is_the_servers_work() -> None:
    store = RedisStore(CLOSED_URL)

    assert store.sweep(NOW, limit=10) == 0


def test_a_server_that_has_forgotten_the_scripts_is_told_them(own: RedisStore) -> None:
    own.add(a_row("one"))
    own.client.script_flush()

    assert own.by_handle("one") == a_row("one")


# --- What lies on the server, and how long.


def test_all_of_a_row_ends_when_it_does(own: RedisStore, prefix: str) -> None:
    own.add(FULL_ROW)

    names = keys(own, prefix)

    assert len(names) == 4  # row, two digests, person
    ends = {own.client.pexpiretime(name) for name in names}
    assert ends == {to_milliseconds(FULL_ROW.ends)}


def test_a_swap_moves_when_all_of_it_ends(own: RedisStore, prefix: str) -> None:
    own.add(FULL_ROW)
    other = replace(FULL_ROW, ends=NOW + 2 * HOUR, digest=None)

    own.swap(FULL_ROW, other)

    names = keys(own, prefix)
    assert len(names) == 3
    assert {own.client.pexpiretime(name) for name in names} == {
        to_milliseconds(other.ends)
    }


def test_a_touch_does_not_move_when_it_ends(own: RedisStore, prefix: str) -> None:
    own.add(FULL_ROW)

    own.touch("everything", NOW + HOUR, NOW + 48 * HOUR)

    assert {own.client.pexpiretime(name) for name in keys(own, prefix)} == {
        to_milliseconds(FULL_ROW.ends)
    }
    row = own.by_handle("everything")
    assert row is not None
    assert (row.version, row.seen_at) == (1, NOW + HOUR)


@pytest.mark.parametrize(
    ("microseconds", "milliseconds"),
    [
        pytest.param(124000, 124, id="on the millisecond"),
        pytest.param(123001, 124, id="a microsecond after the one before"),
    ],
)
def test_nothing_ends_before_its_time(microseconds: int, milliseconds: int) -> None:
    ends = datetime(1970, 1, 1, 0, 0, 7, microseconds, tzinfo=UTC)

    assert to_milliseconds(ends) == 7000 + milliseconds


def test_a_person_is_listed_as_long_as_their_longest_row(
    own: RedisStore, prefix: str
) -> None:
    for hours, handle in ((2, "short"), (9, "long"), (5, "between")):
        own.add(a_row(handle, ends=NOW + hours * HOUR))
    person = f'{prefix}person:["", "ada"]'

    assert own.client.pexpiretime(person) == to_milliseconds(NOW + 9 * HOUR)
    own.remove("long")
    assert own.client.pexpiretime(person) == to_milliseconds(NOW + 5 * HOUR)


def test_what_has_ended_is_no_longer_listed(store: RedisStore, prefix: str) -> None:
    store.add(a_row("one", ends=datetime.now(UTC) + MOMENT))
    store.add(a_row("two"))
    until(lambda: store.by_handle("one") is None)

    assert store.of_user("ada") == [a_row("two")]
    store.add(a_row("three"))

    assert store.client.zcard(f'{prefix}person:["", "ada"]') == 2


def test_what_is_over_by_the_new_ones_time_takes_no_room(store: RedisStore) -> None:
    """Two machines' clocks differ: the server may have what is over for who asks."""
    remembered = digest_of("remember")
    store.add(a_row("one", ends=NOW + 2 * HOUR, remember_digest=remembered))
    opened = NOW + 2 * HOUR
    later = {"opened_at": opened, "session_ends": opened + HOUR}

    with pytest.raises(Full):
        store.add(a_row("early", **{**later, "opened_at": opened - SECOND}), at_most=1)
    assert store.add(a_row("two", **later), at_most=1) == []


def test_nothing_is_left_of_what_has_ended(store: RedisStore, prefix: str) -> None:
    store.add(a_row("one", ends=datetime.now(UTC) + MOMENT))
    store.add(replace(FULL_ROW, ends=datetime.now(UTC) + MOMENT))
    store.add(a_row("before", "bob", ends=NOW - HOUR))
    assert len(keys(store, prefix)) == 7

    until(lambda: keys(store, prefix) == set())


def test_nothing_is_left_of_what_was_taken_off(store: RedisStore, prefix: str) -> None:
    for handle in ("one", "two", "three"):
        store.add(a_row(handle, pending_digest=digest_of(f"pending of {handle}")))
    store.add(a_row("four", digest=None), at_most=2, make_room=True)
    store.swap(a_row("four", digest=None), a_row("four"))
    store.remove("four")

    store.remove_all("ada")

    assert keys(store, prefix) == set()


def test_what_never_ends_is_kept(store: RedisStore) -> None:
    forever = datetime.max.replace(tzinfo=UTC)
    row = a_row("one", ends=forever, session_ends=forever)

    store.add(row)

    assert store.get(digest_of("token of one")) == row
    assert store.of_user("ada") == [row]


def test_empty_is_not_the_same_as_not_said(store: RedisStore) -> None:
    store.add(row := a_row("one", account_key=""))

    kept = store.by_handle("one")

    assert kept == row
    assert kept is not None
    assert kept.account_key is not None


ALIKE = [
    ("", "a"),
    ("a", ""),
    ("", '", "a'),
    ("a:b", "c"),
    ("a", "b:c"),
    ("", "a:b:c"),
    ('a", "b', "c"),
    ("a", 'b", "c'),
    ("a\n", "b"),
    ("a", "\nb"),
    ("a", "\\nb"),
    ("", "\0"),
    ("", "\ud83c"),  # half of an emoji: no UTF-8 can say it
    ("", "\\ud83c"),
    ("", "{a}*?[b]"),
]


def test_no_two_people_are_named_alike(store: RedisStore) -> None:
    rows = {
        (realm, user_id): a_row(f"row {number}", user_id, realm=realm)
        for number, (realm, user_id) in enumerate(ALIKE)
    }
    for row in rows.values():
        store.add(row, at_most=1)

    for (realm, user_id), row in rows.items():
        assert store.of_user(user_id, realm=realm) == [row]
        assert store.remove_all(user_id, realm=realm) == [row]


def test_a_handle_that_somebody_made_up_is_not_found(store: RedisStore) -> None:
    store.add(a_row("one"))

    for handle in ("", "o*", "one\n", "\ud83c", "../one", "one:"):
        assert store.by_handle(handle) is None
        assert store.remove(handle) is None


# --- A server that evicts keys.


def test_what_is_not_listed_is_gone(store: RedisStore, prefix: str) -> None:
    store.add(row := a_row("one"))
    store.client.delete(f'{prefix}person:["", "ada"]')

    assert store.get(digest_of("token of one")) is None
    assert store.by_handle("one") is None
    assert not store.swap(row, replace(row, label="back"))
    assert store.remove("one") is None
    assert keys(store, prefix) == set()


def test_what_is_listed_and_gone_takes_no_room(store: RedisStore, prefix: str) -> None:
    store.add(a_row("one"))
    store.client.delete(f"{prefix}row:one")

    assert store.of_user("ada") == []
    assert store.add(a_row("two"), at_most=1) == []
    assert store.of_user("ada") == [a_row("two")]
    assert store.remove_all("ada") == [a_row("two")]


# --- A server that is away, hangs, or cannot write.


def test_a_server_that_was_killed_is_used_again_once_it_is_back(prefix: str) -> None:
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    with RedisServer(*durable) as server, shelf(server.url, prefix) as store:
        store.add(row := a_row("one"))
        server.kill()

        for verb in VERBS.values():
            with pytest.raises(StoreDown, match="ConnectionError"):
                verb(store)

        server.start_again()
        assert store.get(digest_of("token of one")) == row
        assert store.remove("one") == row


def test_a_server_that_hangs_is_waited_for_a_second(
    own: RedisStore, server: RedisServer
) -> None:
    own.add(row := a_row("one"))
    server.pause()
    begun = time.monotonic()

    try:
        with pytest.raises(StoreDown, match="TimeoutError"):
            own.get(digest_of("token of one"))
        waited = time.monotonic() - begun
    finally:
        server.go_on()

    assert TIMEOUT <= waited < 2 * TIMEOUT
    # Not the answer to what was asked before.
    assert own.by_handle("one") == row


@pytest.mark.slow
def test_a_cluster_that_was_killed_is_used_again_once_it_is_back(prefix: str) -> None:
    with a_cluster() as server, RedisCluster.from_url(server.url) as client:
        store = RedisStore(client, prefix=f"{{{prefix}}}")
        store.add(a_row("one"))
        server.kill()

        for _ in range(2):
            with pytest.raises(StoreDown):
                store.by_handle("one")

        server.start_again()
        until(lambda: "cluster_state:ok" in cluster_info(client))
        assert store.add(a_row("two")) == []


@pytest.mark.parametrize("prefix", ["signet:", "{}signet:", "{signet:", "}signet{:"])
def test_a_cluster_without_a_hash_tag_is_refused_at_once(prefix: str) -> None:
    client = RedisCluster.__new__(RedisCluster)

    with pytest.raises(ConfigError, match="hash tag"):
        RedisStore(client, prefix=prefix)


def test_how_long_is_waited_may_be_said_in_the_url() -> None:
    store = RedisStore(f"{CLOSED_URL}?socket_timeout=0.2")

    pool = store.client.connection_pool
    assert pool.connection_kwargs["socket_timeout"] == 0.2
    assert pool.connection_kwargs["socket_connect_timeout"] == TIMEOUT


def test_a_client_of_the_applications_is_used_as_it_is(url: str) -> None:
    with Redis.from_url(url, socket_timeout=7) as client:
        before = dict(client.connection_pool.connection_kwargs)

        store = RedisStore(client)

        assert store.client is client
        assert client.connection_pool.connection_kwargs == before


def test_where_memory_is_full_nothing_is_half_written(
    own: RedisStore, prefix: str
) -> None:
    own.add(row := a_row("one"))
    before = keys(own, prefix)

    with settings(own, maxmemory=1, maxmemory_policy="noeviction"):
        with pytest.raises(StoreBusy, match="OutOfMemoryError"):
            own.add(replace(FULL_ROW, user_id="ada", realm=""))
        assert keys(own, prefix) == before
        own.touch("one", NOW + SECOND, NOW + 2 * HOUR)
        # Who is in stays in, and may go.
        assert own.get(digest_of("token of one")) == row
        assert own.of_user("ada") == [row]
        assert own.remove("one") == row

    own.add(row)
    assert own.of_user("ada") == [row]


def test_where_the_disk_is_full_nothing_is_written(prefix: str) -> None:
    saving = ("--save", "1000 1")
    with RedisServer(*saving) as server, shelf(server.url, prefix) as store:
        store.add(row := a_row("one"))
        shutil.rmtree(server.folder)
        store.client.bgsave()
        until(lambda: store.client.info()["rdb_last_bgsave_status"] == "err")

        with pytest.raises(StoreBusy, match="MISCONF"):
            store.add(a_row("two"))
        with pytest.raises(StoreBusy, match="MISCONF"):
            store.remove("one")
        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)
        assert store.of_user("ada") == [row]

        store.client.config_set("save", "")
        assert store.remove("one") == row


def test_a_replica_is_read_and_not_written(prefix: str) -> None:
    with RedisServer() as server, shelf(server.url, prefix) as store:
        store.add(row := a_row("one"))
        store.client.replicaof("127.0.0.1", 1)

        for name in ("add", "swap", "remove", "remove_all"):
            with pytest.raises(StoreBusy, match="ReadOnlyError"):
                VERBS[name](store)
        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)
        assert store.of_user("ada") == [row]

        store.client.replicaof("NO", "ONE")
        assert store.remove("one") == row


IN_REDIS_6 = (
    "Error running script (call to f_5a1b): @user_script:12: @user_script: 12: "
)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BusyLoadingError("Redis is loading the dataset in memory"), StoreDown),
        (ClusterDownError("CLUSTERDOWN The cluster is down"), StoreDown),
        (MasterDownError("MASTERDOWN Link with MASTER is down"), StoreDown),
        (ResponseError("BUSY Redis is busy running a script."), StoreDown),
        (OutOfMemoryError("command not allowed when used memory > …"), StoreBusy),
        (ReadOnlyError("You can't write against a read only replica."), StoreBusy),
        (ResponseError("MISCONF Redis is configured to save RDB …"), StoreBusy),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), StoreBusy),
        (ResponseError(f"{IN_REDIS_6}-OOM command not allowed when …"), StoreBusy),
        (ResponseError(f"{IN_REDIS_6}-READONLY You can't write …"), StoreBusy),
        (ResponseError(f"{IN_REDIS_6}-MISCONF Redis is …"), StoreBusy),
    ],
    ids=str,
)
def test_an_error_says_what_cannot_be_done_now(
    error: RedisError, kind: type[Exception]
) -> None:
    meaning = _meaning(error)

    assert isinstance(meaning, kind)
    assert isinstance(meaning, StoreBusy) is (kind is StoreBusy)


@pytest.mark.parametrize(
    "error",
    [
        NoPermissionError("this user has no permissions to run the command"),
        ResponseError("WRONGTYPE Operation against a key holding the wrong kind"),
        ResponseError("unknown command 'EVALSHA'"),
    ],
    ids=str,
)
def test_a_mistake_is_no_outage(error: RedisError) -> None:
    assert _meaning(error) is None


def test_a_key_that_is_somebody_elses_is_redis_own_error(
    store: RedisStore, prefix: str
) -> None:
    store.client.set(f"{prefix}row:one", "not ours")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        store.by_handle("one")


@pytest.mark.parametrize("place", ["closed", "open"])
def test_no_password_is_told(server: RedisServer, place: str) -> None:
    address = server.url if place == "open" else CLOSED_URL
    store = RedisStore(address.replace("://", "://ada:hush-hush@"))

    with pytest.raises(StoreDown) as raised:
        store.by_handle("one")

    store.client.close()
    assert "hush" not in "".join(traceback.format_exception(raised.value))
    assert "hush" not in repr(store)


def test_without_redis_py_the_error_is_pythons_own() -> None:
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "import flask_signet.signins, flask_signet.signins.memory\n"
        "try:\n    import flask_signet.signins.redis\n"
        "except ModuleNotFoundError as error:\n    print(error.name)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "redis\n"


# --- One person, in a thousand times.


def test_a_person_who_is_in_a_thousand_times_waits_for_nothing(
    store: RedisStore, prefix: str
) -> None:
    rows = [
        a_row(f"row {number}", opened_at=NOW - number * SECOND, agent="Mozilla " * 20)
        for number in range(MANY)
    ]
    for row in rows:
        store.add(row)
    waits: dict[str, float] = {}

    @contextmanager
    def timed(verb: str) -> Iterator[None]:
        begun = time.monotonic()
        yield
        waits[verb] = time.monotonic() - begun

    with timed("get"):
        assert store.get(Digest(rows[-1].digest or "")) == rows[-1]
    with timed("of_user"):
        assert len(store.of_user("ada")) == MANY
    with timed("refuse"), pytest.raises(Full) as full:
        store.add(a_row("new"), at_most=MANY)
    with timed("make room"):
        gone = store.add(a_row("new"), at_most=MANY, make_room=True)
    with timed("make much room"):
        many_gone = store.add(a_row("newer"), at_most=100, make_room=True)
    with timed("remove_all"):
        rest = store.remove_all("ada", keep="new")

    assert len(full.value.signins) == MANY
    assert gone == [rows[-1]]
    assert len(many_gone) == MANY - 99
    assert sorted(each.handle for each in rest) == sorted(
        ["newer", *(f"row {number}" for number in range(98))]
    )
    assert store.of_user("ada") == [a_row("new")]
    assert len(keys(store, prefix)) == 3
    assert max(waits.values()) < 1


def test_only_its_own_people_are_named(url: str, prefix: str) -> None:
    with shelf(url, f"{prefix}[*]?:") as store, shelf(url, f"{prefix}x:") as other:
        store.add(a_row("one"))
        other.add(a_row("one", "bob"))

        assert store.people("", limit=9) == ["ada"]


def test_no_people_are_named_by_a_server_that_is_down() -> None:
    store = RedisStore("redis://127.0.0.1:1/0")

    with pytest.raises(StoreDown):
        store.people("", limit=9)


def test_whose_row_was_evicted_is_named_no_more_once_all_are_closed(
    store: RedisStore, prefix: str
) -> None:
    store.add(a_row("one"))
    store.client.delete(f"{prefix}row:one")

    store.remove_all("ada")

    assert store.people("", limit=9) == []
