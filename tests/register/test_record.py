"""The register by itself, with no request: its secrets, its steps, its verbs."""

import random
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import datetime
from threading import Thread
from typing import Any

import pytest

from flask_signet.signins import (
    Digest,
    Kind,
    Register,
    SignIn,
    Step,
    StoreDown,
    Token,
)
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.record import GRACE, utc_now
from flask_signet.signins.tokens import digest_of
from register.house import Shelf
from support import DAY, HOUR, MINUTE, SECOND, Clock

MANY = 100_000
"""So many tokens are looked at (ASVS 5.0, 7.2.3 as it is to be proved here)."""


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def register(shelf: Shelf, clock: Clock) -> Register:
    register = Register(shelf, clock=clock)
    register.told = []  # type: ignore[attr-defined]
    register.tell = register.told.append  # type: ignore[attr-defined]
    return register


# --- Secrets.


@pytest.fixture(scope="module")
def many() -> list[Token]:
    return [Token.new(remember=True) for _ in range(MANY)]


@pytest.mark.requirement("7.2.2", "7.2.3")
def test_no_secret_is_like_another(many: list[Token]) -> None:
    secrets = {text for each in many for text in (each.text, each.remember)}

    assert len(secrets) == 2 * MANY


@pytest.mark.requirement("7.2.3")
@pytest.mark.parametrize("half", ["text", "remember"])
def test_a_secret_has_256_bits_and_each_of_them_is_chance(
    many: list[Token], half: str
) -> None:
    """At each place there is each byte: none is fixed, a time or a counter."""
    made = [urlsafe_b64decode(f"{getattr(each, half)}=") for each in many]

    assert {len(each) for each in made} == {32}
    assert [len(set(place)) for place in zip(*made, strict=True)] == [256] * 32


@pytest.mark.requirement("7.2.3")
def test_who_knows_the_seed_of_random_knows_no_token() -> None:
    made = []
    for _ in range(2):
        random.seed(7)
        made.append(Token.new(remember=True))

    assert made[0].text != made[1].text
    assert made[0].remember != made[1].remember


@pytest.mark.requirement("7.2.3")
def test_what_is_kept_is_a_digest_of_it(register: Register) -> None:
    token, row = register.open("ada", remember=True)

    assert row.digest == token.digest == digest_of(token.text)
    assert row.remember_digest == token.remember_digest
    assert {row.digest, row.remember_digest}.isdisjoint({token.text, token.remember})


@pytest.mark.requirement("7.2.2")
@pytest.mark.parametrize(
    "name", ["token", "text", "handle", "digest", "remember_digest", "generation"]
)
def test_no_caller_says_what_the_secret_is_to_be(register: Register, name: str) -> None:
    with pytest.raises(TypeError, match=f"'{name}'"):
        register.open("ada", **{name: "static"})


def test_who_is_not_remembered_has_no_such_secret(register: Register) -> None:
    token, row = register.open("ada")

    assert (token.remember, token.remember_digest, row.generation) == (None, None, 0)


def test_nothing_is_like_nothing(register: Register) -> None:
    _, row = register.open("ada")
    some = Digest("d")

    assert row.is_of(some, some)
    assert not row.is_of(some, Digest("e"))
    assert not row.is_of(None, None)
    assert not row.is_of(some, None)
    assert not row.is_of(None, some)


# --- What a remember value means.

NOW = datetime.fromisoformat("2026-01-01T09:00:00+00:00")
PRESENT, BEFORE, PENDING, LOST = map(Digest, ("present", "before", "pending", "lost"))
OLD, YOUNG = NOW - GRACE, NOW - GRACE + SECOND


def a_row(**more: Any) -> SignIn:
    known: dict[str, Any] = {
        "handle": "h",
        "user_id": "ada",
        "opened_at": NOW,
        "seen_at": NOW,
        "proved_at": None,
        "session_ends": NOW + DAY,
        "ends": NOW + 2 * DAY,
        "digest": None,
        "generation": 5,
        "remember_digest": PRESENT,
        "previous_digest": BEFORE,
        "read_at": NOW,
    }
    return SignIn(**{**known, **more})


@pytest.mark.parametrize(
    ("row", "generation", "digest", "step"),
    [
        pytest.param({}, 5, PRESENT, Step.RENEW, id="the present one"),
        pytest.param({}, 5, LOST, Step.REFUSE, id="one that was lost"),
        pytest.param({}, 6, PENDING, Step.REFUSE, id="of no pair"),
        pytest.param({}, 7, PRESENT, Step.REFUSE, id="of a time to come"),
        pytest.param({}, 4, BEFORE, Step.CLOSE, id="replaced, no one knows when"),
        pytest.param({}, 3, BEFORE, Step.CLOSE, id="long replaced"),
        pytest.param(
            {"pending_at": YOUNG}, 5, PRESENT, Step.NOTHING, id="a pair is under way"
        ),
        pytest.param({"pending_at": OLD}, 5, PRESENT, Step.RENEW, id="a pair was lost"),
        pytest.param(
            {"pending_remember_digest": PENDING, "pending_at": OLD},
            6,
            PENDING,
            Step.CONFIRM,
            id="the pending one",
        ),
        pytest.param(
            {"pending_remember_digest": PENDING, "pending_at": YOUNG},
            6,
            LOST,
            Step.REFUSE,
            id="one that was pending",
        ),
        pytest.param(
            {"confirmed_at": YOUNG}, 4, BEFORE, Step.NOTHING, id="just replaced"
        ),
        pytest.param(
            {"confirmed_at": OLD}, 4, BEFORE, Step.CLOSE, id="replaced long enough ago"
        ),
        pytest.param(
            {"confirmed_at": YOUNG}, 4, LOST, Step.IGNORE, id="of the one before, lost"
        ),
        pytest.param(
            {"confirmed_at": YOUNG, "read_at": None},
            4,
            BEFORE,
            Step.CLOSE,
            id="by no clock",
        ),
    ],
)
def test_a_remember_value_means(
    row: dict[str, Any], generation: int, digest: Digest, step: Step
) -> None:
    assert a_row(**row).step_for(generation, digest) is step


@pytest.mark.parametrize(
    ("now", "remembered", "is_over", "is_at_rest"),
    [
        pytest.param(NOW + DAY - SECOND, True, False, False, id="in"),
        pytest.param(NOW + DAY, True, False, True, id="at rest"),
        pytest.param(NOW + DAY, False, True, False, id="at rest and not remembered"),
        pytest.param(NOW + 2 * DAY - SECOND, True, False, True, id="nearly over"),
        pytest.param(NOW + 2 * DAY, True, True, False, id="over"),
    ],
)
def test_a_row_has_two_ends(
    now: datetime, remembered: bool, is_over: bool, is_at_rest: bool
) -> None:
    row = a_row(remember_digest=PRESENT if remembered else None)

    assert (row.is_over(now), row.is_at_rest(now)) == (is_over, is_at_rest)


# --- Found.


def test_who_was_let_in_is_found_by_the_token_alone(register: Register) -> None:
    token, row = register.open("ada", label="Laptop")

    assert register.find(token) == row
    assert register.find(Token(row.handle)) is None
    assert register.find(Token.new()) is None


def test_at_rest_the_token_finds_nothing(register: Register, clock: Clock) -> None:
    token, _ = register.open("ada", remember=True)
    clock.passes(7 * DAY + MINUTE)

    assert register.find(token) is None
    assert len(register.of_user("ada")) == 1


def test_what_is_over_is_not_listed_and_is_swept(
    register: Register, shelf: Shelf, clock: Clock
) -> None:
    register.open("ada")
    clock.passes(30 * DAY)
    register.open("ada")

    assert len(register.of_user("ada")) == 1
    assert register.sweep() == 1
    assert len(shelf.inside.of_user("ada")) == 1
    assert register.sweep() == 0


def test_it_is_swept_in_parts(register: Register, clock: Clock) -> None:
    for name in ("ada", "bob", "eve"):
        register.open(name)
    clock.passes(30 * DAY)

    assert [register.sweep(limit=2) for _ in range(3)] == [2, 1, 0]


def test_the_people_of_two_managers_are_not_the_same(register: Register) -> None:
    staff = register.for_realm("staff")
    token, row = register.open("ada")
    staff_token, staff_row = staff.open("ada")

    assert (staff.find(token), register.find(staff_token)) == (None, None)
    assert staff.find(staff_token) == staff_row
    assert not register.close(staff_row.handle, user_id="ada")
    assert register.recall(staff_row.handle, 0, PRESENT) == (None, Step.REFUSE)
    assert staff.close_all("ada") == 1
    assert register.find(token) == row


def test_a_remember_value_after_the_end_is_nobodys(
    register: Register, clock: Clock
) -> None:
    token, row = register.open("ada", remember=True)
    assert token.remember_digest is not None
    asked = row.handle, 1, token.remember_digest
    assert register.recall(*asked)[1] is Step.RENEW
    clock.passes(30 * DAY)

    assert register.recall(*asked)[1] is Step.REFUSE
    assert register.recall("no such one", 1, token.remember_digest) == (
        None,
        Step.REFUSE,
    )


def test_the_store_in_memory_counts_what_it_has(
    register: Register, shelf: Shelf, clock: Clock
) -> None:
    register.open("ada")
    clock.passes(30 * DAY)
    register.open("ada")
    register.open("bob")

    assert tuple(shelf.inside.count(clock())) == (3, 1, 2)


def test_a_store_that_was_down_just_now_may_be_asked_all_the_same(
    register: Register, shelf: Shelf
) -> None:
    token, row = register.open("ada")
    shelf.goes_down()
    with pytest.raises(StoreDown):
        register.find(token)
    shelf.comes_back()
    with pytest.raises(StoreDown):
        register.find(token)

    assert register.unsheltered().find(token) == row


# --- Changed.


def test_a_rotation_makes_the_old_token_worthless(register: Register) -> None:
    token, row = register.open("ada")
    rotated = register.rotate(row, stamp="another")
    assert rotated is not None
    new, after = rotated

    assert register.find(token) is None
    assert register.find(new) == after
    assert (after.stamp, after.handle, after.version) == ("another", row.handle, 1)


def test_a_rotation_is_tried_again_if_another_was_quicker(
    register: Register, shelf: Shelf
) -> None:
    _, row = register.open("ada")
    shelf.before["swap"] = lambda: register.rename(row.handle, "x", user_id="ada")
    rotated = register.rotate(row)

    assert rotated is not None
    assert (rotated[1].label, rotated[1].version) == ("x", 2)


def test_what_is_closed_is_not_rotated(register: Register) -> None:
    _, row = register.open("ada")
    register.close(row.handle, user_id="ada")

    assert register.rotate(row) is None
    assert register.prove(row) is None
    assert not register.unfresh(row)


class _NeverQuickEnough(MemoryStore):
    """Somebody else has always just changed it."""

    def swap(self, before: SignIn, after: SignIn) -> bool:
        return False


def test_somebody_who_is_never_quick_enough_is_told_so(clock: Clock) -> None:
    register = Register(_NeverQuickEnough(), clock=clock)
    _, row = register.open("ada", remember=True)

    assert register.rotate(row) is None
    assert register.renew(row) is None
    assert not register.confirm(row)
    assert not register.unfresh(row)
    assert not register.rename(row.handle, "x", user_id="ada")


def test_a_proof_moves_the_end_and_says_how(register: Register, clock: Clock) -> None:
    _, row = register.open("ada", methods=["pwd"], is_fresh=False)
    clock.passes(DAY)
    proved = register.prove(row, methods=["hwk"])
    assert proved is not None
    _, after = proved

    assert after.methods == (("hwk", clock()),)
    assert (after.proved_at, after.is_fresh) == (clock(), True)
    assert after.ends == clock() + 30 * DAY
    assert after.opened_at == row.opened_at


def test_a_proof_of_who_is_remembered_counts_for_as_long(
    shelf: Shelf, clock: Clock
) -> None:
    register = Register(shelf, clock=clock, remember=90 * DAY)
    _, row = register.open("ada", remember=True)
    clock.passes(DAY)
    proved = register.prove(row)
    assert proved is not None

    assert proved[1].ends == clock() + 90 * DAY


def test_that_somebody_was_seen_lately_is_not_written_again(
    register: Register, shelf: Shelf, clock: Clock
) -> None:
    _, row = register.open("ada")
    clock.passes(MINUTE - SECOND)
    register.touch(row)
    assert "touch" not in shelf.asked
    clock.passes(SECOND)
    register.touch(row)

    assert shelf.inside.of_user("ada")[0].seen_at == clock()


def test_to_be_seen_late_does_not_move_the_end(
    register: Register, shelf: Shelf, clock: Clock
) -> None:
    _, row = register.open("ada")
    clock.passes(29 * DAY)
    register.touch(row)

    assert shelf.inside.of_user("ada")[0].session_ends == row.ends


def test_an_end_is_told_of_by_whoever_got_it(register: Register) -> None:
    _, row = register.open("ada")

    assert [register.end(row, "logout"), register.end(row, "logout")] == [True, False]
    told: list[Any] = register.told  # type: ignore[attr-defined]
    assert [each.kind for each in told] == [Kind.OPENED, Kind.CLOSED]


def test_all_but_one_are_ended(register: Register) -> None:
    kept_token, kept = register.open("ada")
    others = [register.open("ada")[0] for _ in range(3)]

    assert register.close_all("ada", keep=kept.handle) == 3
    assert register.find(kept_token) == kept
    assert [register.find(each) for each in others] == [None] * 3


# --- The time.


def test_the_time_is_that_of_a_zone() -> None:
    assert utc_now().tzinfo is not None


def test_what_was_seen_was_not_later_than_now(register: Register, clock: Clock) -> None:
    _, row = register.open("ada")
    clock.passes(-HOUR)

    assert register.now(row) == row.seen_at


def test_of_two_real_clocks_the_later_one_counts(shelf: Shelf) -> None:
    """That of the database may be right, and this machine's behind."""
    register = Register(shelf)
    _, row = register.open("ada")
    ahead = utc_now() + HOUR

    assert register.now(replace(row, read_at=ahead)) == ahead
    assert register.now(replace(row, read_at=row.seen_at - HOUR)) >= row.seen_at


def test_the_store_in_memory_takes_the_registers_clock_and_keeps_its_own(
    clock: Clock,
) -> None:
    own = Clock()
    mine, given = MemoryStore(), MemoryStore(clock=own)
    Register(mine, clock=clock)
    Register(given, clock=clock)

    assert (mine.clock, given.clock) == (clock, own)


# --- Two at once.


@pytest.mark.parametrize("ask", ["get", "by_handle", "of_user"])
def test_what_is_just_being_changed_is_there_all_the_same(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, ask: str
) -> None:
    store = MemoryStore()
    register = Register(store, clock=clock)
    token, row = register.open("ada")
    asked = {"get": token.digest, "by_handle": row.handle, "of_user": "ada"}[ask]
    found: list[Any] = []
    other = Thread(target=lambda: found.append(getattr(store, ask)(asked)))
    put = store._put

    def while_another_asks(after: SignIn) -> None:
        other.start()
        other.join(0.1)
        put(after)

    monkeypatch.setattr(store, "_put", while_another_asks)
    register.rename(row.handle, "Laptop", user_id="ada")
    other.join()

    assert found
    assert found[0]
