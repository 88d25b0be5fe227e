"""On the shelf and off; of one person; touched, swapped, swept; how many at once."""

from dataclasses import replace
from datetime import UTC, datetime

from flask_signet.signins import Full, SignIn, Store, Token
from flask_signet.signins.tokens import digest_of

from .rows import FULL_ROW, HOUR, NOW, SECOND, a_row


class OnTheShelf:
    """What one caller sees."""

    # --- On the shelf, and off.

    def test_what_was_added_is_found(self, store: Store) -> None:
        row = a_row("one")

        assert store.add(row) == []

        assert store.get(digest_of("token of one")) == row
        assert store.by_handle("one") == row

    def test_all_of_a_row_comes_back(self, store: Store) -> None:
        store.add(FULL_ROW)

        assert store.by_handle("everything") == FULL_ROW
        assert store.of_user(FULL_ROW.user_id, realm="staff") == [FULL_ROW]

    def test_what_is_not_said_comes_back_as_not_said(self, store: Store) -> None:
        row = a_row("bare", proved_at=None, digest=None)
        store.add(row)

        assert store.by_handle("bare") == row

    def test_a_pending_token_finds_its_row(self, store: Store) -> None:
        store.add(FULL_ROW)

        assert store.get(digest_of("pending")) == FULL_ROW

    def test_a_remember_value_is_no_session_token(self, store: Store) -> None:
        store.add(FULL_ROW)

        for secret in ("remember", "previous", "pending remember"):
            assert store.get(digest_of(secret)) is None

    def test_what_is_unknown_is_not_found(self, store: Store) -> None:
        assert store.get(Token.new().digest) is None
        assert store.by_handle("one") is None
        assert store.of_user("ada") == []

    def test_a_row_says_when_it_was_read(self, store: Store) -> None:
        store.add(a_row("one"))
        before = datetime.now(UTC)

        row = store.by_handle("one")

        assert row is not None
        assert row.read_at is not None
        # Servers may keep whole milliseconds, and clocks of two machines differ.
        assert abs(row.read_at - before) < 10 * SECOND

    def test_what_was_removed_is_handed_over_and_gone(self, store: Store) -> None:
        store.add(row := a_row("one"))

        assert store.remove("one") == row

        assert store.remove("one") is None
        assert store.get(digest_of("token of one")) is None
        assert store.of_user("ada") == []

    # --- Of one person.

    def test_a_persons_own_are_given_those_seen_last_first(self, store: Store) -> None:
        first = a_row("first", seen_at=NOW - HOUR)
        last = a_row("last", seen_at=NOW)
        between = a_row("between", seen_at=NOW - SECOND)
        for row in (first, last, between, a_row("bobs", "bob")):
            store.add(row)

        assert store.of_user("ada") == [last, between, first]

    def test_two_realms_do_not_know_each_others_people(self, store: Store) -> None:
        store.add(member := a_row("member"))
        store.add(staff := a_row("staff", realm="staff"))

        assert store.of_user("ada") == [member]
        assert store.of_user("ada", realm="staff") == [staff]
        assert store.remove_all("ada", realm="staff") == [staff]
        assert store.by_handle("member") == member

    def test_ids_that_begin_alike_are_two_people(self, store: Store) -> None:
        store.add(a_row("one", "ada"))
        store.add(other := a_row("other", "ada2"))

        store.remove_all("ada")

        assert store.of_user("ada2") == [other]

    def test_capitals_and_accents_make_another_person(self, store: Store) -> None:
        store.add(a_row("one", "ada"))

        for user_id in ("Ada", "ada ", "adä", "àda"):
            assert store.of_user(user_id) == []
            assert store.remove_all(user_id) == []

    def test_all_of_a_persons_go_but_the_one_to_keep(self, store: Store) -> None:
        rows = [a_row(handle) for handle in ("one", "two", "three")]
        for row in (*rows, bobs := a_row("bobs", "bob")):
            store.add(row)

        gone = store.remove_all("ada", keep="two")

        assert sorted(each.handle for each in gone) == ["one", "three"]
        assert store.of_user("ada") == [rows[1]]
        assert store.remove_all("ada") == [rows[1]]
        assert store.remove_all("ada") == []
        assert store.of_user("bob") == [bobs]

    # --- Touched.

    def test_a_touch_moves_when_it_was_seen_and_ends(self, store: Store) -> None:
        store.add(row := a_row("one"))

        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)

        seen, ends = NOW + SECOND, NOW + 2 * HOUR
        touched = replace(row, seen_at=seen, session_ends=ends, version=1)
        assert store.by_handle("one") == touched

    def test_a_touch_that_comes_late_takes_nothing_back(self, store: Store) -> None:
        store.add(row := a_row("one"))

        store.touch("one", NOW - SECOND, NOW + 2 * HOUR)
        store.touch("one", NOW + SECOND, NOW)

        touched = replace(row, seen_at=NOW + SECOND, version=1)
        assert store.by_handle("one") == touched

    def test_what_was_touched_since_it_was_read_is_not_swapped(
        self, store: Store
    ) -> None:
        store.add(row := a_row("one"))
        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)

        assert not store.swap(row, replace(row, label="a phone"))

    def test_touching_what_is_gone_does_not_bring_it_back(self, store: Store) -> None:
        store.add(a_row("one"))
        store.remove("one")

        store.touch("one", NOW + SECOND, NOW + 2 * HOUR)

        assert store.by_handle("one") is None

    # --- Swapped.

    def test_a_swap_puts_one_in_the_place_of_the_other(self, store: Store) -> None:
        store.add(row := a_row("one"))
        other = replace(row, digest=digest_of("new"), label="a phone")

        assert store.swap(row, other)

        assert store.get(digest_of("token of one")) is None
        assert store.get(digest_of("new")) == replace(other, version=1)

    def test_all_of_a_row_may_be_swapped(self, store: Store) -> None:
        bare = a_row("everything", FULL_ROW.user_id, realm="staff", digest=None)
        store.add(bare)

        assert store.swap(bare, FULL_ROW)
        assert store.by_handle("everything") == replace(FULL_ROW, version=1)

        assert store.swap(replace(FULL_ROW, version=1), bare)
        assert store.by_handle("everything") == replace(bare, version=2)

    def test_of_two_who_swap_one_wins(self, store: Store) -> None:
        store.add(row := a_row("one"))

        assert store.swap(row, replace(row, label="mine"))

        assert not store.swap(row, replace(row, label="yours"))
        kept = store.by_handle("one")
        assert kept is not None
        assert (kept.label, kept.version) == ("mine", 1)

    def test_what_is_gone_is_not_swapped_back(self, store: Store) -> None:
        store.add(row := a_row("one"))
        store.remove("one")

        assert not store.swap(row, replace(row, label="back"))
        assert store.by_handle("one") is None

    # --- How many at once.

    def test_there_is_room_for_as_many_as_there_may_be(self, store: Store) -> None:
        for handle in ("one", "two"):
            assert store.add(a_row(handle), at_most=2) == []

        assert len(store.of_user("ada")) == 2

    def test_one_too_many_is_refused_and_changes_nothing(self, store: Store) -> None:
        store.add(a_row("one"))
        store.add(a_row("two"))

        full = refused(store, a_row("three"), at_most=2)

        assert sorted(each.handle for each in full.signins) == ["one", "two"]
        assert store.by_handle("three") is None
        assert len(store.of_user("ada")) == 2

    def test_those_opened_first_go_to_make_room(self, store: Store) -> None:
        for hours, handle in enumerate(("old", "older", "oldest"), 1):
            opened = NOW - hours * HOUR
            store.add(a_row(handle, opened_at=opened, seen_at=NOW + hours * SECOND))

        gone = store.add(a_row("new"), at_most=2, make_room=True)

        assert sorted(each.handle for each in gone) == ["older", "oldest"]
        assert {each.handle for each in store.of_user("ada")} == {"new", "old"}

    def test_what_is_over_takes_no_room(self, store: Store) -> None:
        store.add(a_row("ended", ends=NOW, session_ends=NOW))
        store.add(a_row("idle", session_ends=NOW))
        remembered = digest_of("remember")
        store.add(a_row("at rest", session_ends=NOW, remember_digest=remembered))

        assert store.add(a_row("one"), at_most=2) == []
        full = refused(store, a_row("two"), at_most=2)

        assert sorted(each.handle for each in full.signins) == ["at rest", "one"]

    def test_others_take_no_room(self, store: Store) -> None:
        store.add(a_row("bobs", "bob"))
        store.add(a_row("of staff", realm="staff"))

        assert store.add(a_row("one"), at_most=1) == []

    # --- Swept.

    def test_what_has_ended_is_swept_and_nothing_else(self, store: Store) -> None:
        store.add(a_row("ended", ends=NOW))
        store.add(a_row("ended before", ends=NOW - HOUR))
        store.add(good := a_row("good", ends=NOW + HOUR))

        assert store.sweep(NOW, limit=10) in {0, 2}  # a server may do it by itself
        assert store.sweep(NOW, limit=10) == 0

        assert store.of_user("ada") == [good]

    def test_so_many_are_swept_at_once_and_no_more(self, store: Store) -> None:
        for number in range(5):
            store.add(a_row(f"ended {number}", ends=NOW))

        swept = [store.sweep(NOW, limit=2) for _ in range(4)]

        assert swept in ([2, 2, 1, 0], [0, 0, 0, 0])
        assert store.of_user("ada") == []

    # --- Forgotten.

    def test_where_old_ones_came_from_is_forgotten(self, store: Store) -> None:
        origin = {"network": "192.0.2.7", "agent": "a browser"}
        store.add(old := a_row("old", opened_at=NOW - HOUR, **origin))
        store.add(bare := a_row("bare", opened_at=NOW - HOUR))
        store.add(new := a_row("new", opened_at=NOW, **origin))

        assert store.forget_origins(NOW - SECOND, limit=9) == 1
        assert store.forget_origins(NOW - SECOND, limit=9) == 0

        forgotten = replace(old, network="", agent="", version=1)
        assert store.by_handle("old") == forgotten
        assert store.get(digest_of("token of old")) == forgotten
        assert (store.by_handle("bare"), store.by_handle("new")) == (bare, new)

    def test_so_many_are_forgotten_at_once_and_no_more(self, store: Store) -> None:
        for number in range(5):
            store.add(a_row(f"old {number}", network="192.0.2.7"))

        forgotten = [store.forget_origins(NOW, limit=2) for _ in range(4)]

        assert forgotten == [2, 2, 1, 0]


def refused(store: Store, row: SignIn, *, at_most: int) -> Full:
    full: Full | None = None
    try:
        store.add(row, at_most=at_most)
    except Full as error:
        full = error
    assert full is not None
    return full
