"""What is answered while the store is down, and for how long."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flask_signet import ConfigError
from flask_signet.signins import ConnectionLost, SignIn, StoreDown
from flask_signet.signins import shelter as shelter_room
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.shelter import Shelter, WhenDown
from flask_signet.signins.tokens import Digest, digest_of
from flask_signet.testing.store_contract import HOUR, NOW, StoreContract, a_row

MINUTE = timedelta(minutes=1)
ONE = digest_of("token of one")


class Shaky(MemoryStore):
    """A store that is down when the test says so, and counts who asks it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.error: type[StoreDown] = StoreDown
        self.asked = 0

    def __getattribute__(self, name: str) -> Any:
        verb = super().__getattribute__(name)
        if name not in VERBS:
            return verb

        def ask(*args: Any, **kwargs: Any) -> Any:
            self.asked += 1
            if self.is_down:
                raise self.error("the server said so")
            return verb(*args, **kwargs)

        return ask


VERBS = {"add", "get", "touch", "swap", "remove", "remove_all", "of_user", "sweep"}


class Timer:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, time: timedelta) -> None:
        self.seconds += time.total_seconds()


@pytest.fixture
def store() -> Shaky:
    store = Shaky()
    store.add(a_row("one"))
    store.asked = 0
    return store


@pytest.fixture
def timer() -> Timer:
    return Timer()


Make = Callable[..., Shelter]


@pytest.fixture
def make(store: Shaky, timer: Timer) -> Make:
    def make(
        when_down: WhenDown = "closed", trust_for: timedelta = timedelta(0)
    ) -> Shelter:
        return Shelter(store, when_down=when_down, trust_for=trust_for, timer=timer)

    return make


@pytest.mark.slow
class TestShelter(StoreContract):
    """It is a store, by whatever it keeps."""

    @pytest.fixture(params=[{}, {"when_down": MINUTE}, {"trust_for": MINUTE}])
    def store(self, request: pytest.FixtureRequest) -> Shelter:
        return Shelter(MemoryStore(), **request.param)


def test_while_it_is_down_nobody_is_found(make: Make, store: Shaky) -> None:
    shelter = make()
    assert shelter.get(ONE)
    store.is_down = True

    with pytest.raises(StoreDown):
        shelter.get(ONE)


def test_what_was_touched_is_read_again(make: Make, store: Shaky) -> None:
    shelter = make(trust_for=timedelta(minutes=1))
    before = shelter.get(ONE)
    assert before is not None

    shelter.touch(before.handle, before.seen_at + HOUR, before.session_ends + HOUR)

    after = shelter.get(ONE)
    assert after is not None
    assert after.seen_at == before.seen_at + HOUR


def test_one_connection_that_was_lost_is_no_outage(make: Make, store: Shaky) -> None:
    shelter = make()
    store.error = ConnectionLost
    store.is_down = True
    with pytest.raises(ConnectionLost):
        shelter.get(ONE)
    store.is_down = False

    assert shelter.get(ONE)


def test_it_is_asked_again_after_a_second_and_not_before(
    make: Make, store: Shaky, timer: Timer
) -> None:
    shelter = make()
    store.is_down = True
    for _ in range(3):
        with pytest.raises(StoreDown):
            shelter.get(ONE)
    assert store.asked == 1
    store.is_down = False

    timer.passes(timedelta(seconds=0.99))
    with pytest.raises(StoreDown):
        shelter.get(ONE)
    timer.passes(timedelta(seconds=0.01))

    assert shelter.get(ONE)
    assert shelter.get(ONE)
    assert store.asked == 3


def test_its_end_and_its_return_are_each_logged_once(
    make: Make, store: Shaky, timer: Timer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    shelter = make()
    store.is_down = True
    for _ in range(3):
        with pytest.raises(StoreDown):
            shelter.get(ONE)
        timer.passes(MINUTE)
    store.is_down = False
    shelter.get(ONE)
    shelter.get(ONE)

    assert caplog.messages == [
        "The register's store is down.",
        "The register's store is back.",
    ]


def test_who_was_found_is_in_for_the_time_that_was_said(
    make: Make, store: Shaky, timer: Timer
) -> None:
    shelter = make(when_down=MINUTE)
    shelter.get(ONE)
    store.is_down = True

    timer.passes(MINUTE - timedelta(seconds=1))
    found = shelter.get(ONE)
    assert found is not None
    assert found.handle == "one"
    timer.passes(timedelta(seconds=1))
    with pytest.raises(StoreDown):
        shelter.get(ONE)


def test_who_was_not_found_before_is_unknown(make: Make, store: Shaky) -> None:
    shelter = make(when_down=MINUTE)
    store.is_down = True

    with pytest.raises(StoreDown):
        shelter.get(ONE)


def test_who_is_trusted_is_not_asked_for(
    make: Make, store: Shaky, timer: Timer
) -> None:
    shelter = make(trust_for=MINUTE)
    shelter.get(ONE)
    store.remove("one")
    store.asked = 0

    timer.passes(MINUTE - timedelta(seconds=1))
    assert shelter.get(ONE)
    assert store.asked == 0
    timer.passes(timedelta(seconds=1))

    assert shelter.get(ONE) is None
    assert shelter.get(ONE) is None
    assert store.asked == 2


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda shelter: shelter.remove("one"), id="remove"),
        pytest.param(lambda shelter: shelter.remove_all("ada"), id="remove all"),
        pytest.param(
            lambda shelter: shelter.swap(a_row("one"), a_row("one", digest=None)),
            id="swap",
        ),
        pytest.param(
            lambda shelter: shelter.add(a_row("two"), at_most=1, make_room=True),
            id="make room",
        ),
    ],
)
def test_what_was_ended_here_is_ended_here_at_once(
    make: Make, end: Callable[[Shelter], object]
) -> None:
    shelter = make(trust_for=MINUTE, when_down=MINUTE)
    assert shelter.get(ONE)

    end(shelter)

    assert shelter.get(ONE) is None


def test_what_was_ended_while_it_was_read_is_not_kept(
    make: Make, store: Shaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelter = make(trust_for=MINUTE, when_down=MINUTE)
    row = store.get(ONE)

    def slow(digest: Digest) -> SignIn | None:
        monkeypatch.undo()
        shelter.remove("one")  # by another thread, while this answer is under way
        return row

    monkeypatch.setattr(MemoryStore, "get", lambda store, digest: slow(digest))
    assert shelter.get(ONE) == row

    assert shelter.get(ONE) is None


def test_what_was_not_ended_is_still_trusted(make: Make, store: Shaky) -> None:
    shelter = make(trust_for=MINUTE)
    store.add(a_row("two"))
    two = digest_of("token of two")
    for digest in (ONE, two):
        shelter.get(digest)

    shelter.remove("one")
    store.asked = 0

    assert shelter.get(two)
    assert store.asked == 0


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda shelter, row: shelter.remove("one"), id="remove"),
        pytest.param(lambda shelter, row: shelter.remove_all("ada"), id="remove all"),
        pytest.param(lambda shelter, row: shelter.swap(row, row), id="swap"),
    ],
)
def test_what_could_not_be_ended_is_not_trusted_either(
    make: Make, store: Shaky, end: Callable[[Shelter, SignIn], object]
) -> None:
    shelter = make(trust_for=MINUTE)
    row = shelter.get(ONE)
    assert row is not None
    store.is_down = True

    with pytest.raises(StoreDown):
        end(shelter, row)
    with pytest.raises(StoreDown):
        shelter.get(ONE)


def test_all_of_one_person_are_forgotten_but_for_the_one_that_is_kept(
    make: Make, store: Shaky
) -> None:
    shelter = make(trust_for=MINUTE)
    for row in (a_row("two"), a_row("three", "eve"), a_row("four", realm="staff")):
        store.add(row)
    for handle in ("one", "two", "three", "four"):
        shelter.get(digest_of(f"token of {handle}"))

    shelter.remove_all("ada", keep="two")
    store.asked = 0

    for handle in ("two", "three", "four"):
        assert shelter.get(digest_of(f"token of {handle}"))
    assert store.asked == 0


def test_only_so_many_are_kept(
    make: Make, store: Shaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelter_room, "KEPT", 2)
    shelter = make(trust_for=MINUTE)
    for handle in ("two", "three"):
        store.add(a_row(handle))
    for handle in ("one", "two", "three"):
        shelter.get(digest_of(f"token of {handle}"))
    store.asked = 0

    shelter.get(digest_of("token of three"))
    shelter.get(digest_of("token of two"))
    assert store.asked == 0
    shelter.get(ONE)
    assert store.asked == 1


@pytest.mark.parametrize("when_down", ["open", None, 60])
def test_what_cannot_be_meant_is_refused(make: Make, when_down: Any) -> None:
    with pytest.raises(ConfigError, match=r"^Register\(when_down=…\) is "):
        make(when_down=when_down)


def test_the_rest_is_asked_as_it_is(make: Make, store: Shaky) -> None:
    shelter = make()

    shelter.touch("one", NOW + MINUTE, NOW + MINUTE)

    def seen(row: SignIn | None) -> Any:
        return row and row.seen_at

    assert seen(shelter.by_handle("one")) == NOW + MINUTE
    assert [row.handle for row in shelter.of_user("ada")] == ["one"]
    assert shelter.sweep(NOW, limit=1) == 0
