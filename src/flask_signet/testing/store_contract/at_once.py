"""Of those who ask at the same moment, one wins."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from time import monotonic
from typing import Any

from flask_signet.signins import Full, SignIn, Store, StoreBusy

from .rows import HOUR, NOW, SECOND, a_row


class AtOnce:
    """What many callers see, of whom each has a thread."""

    threads = 20
    """How many ask at once."""

    rounds = 50

    patience = 30.0
    """Seconds after which a store that says again and again that it is busy fails."""

    def test_one_of_many_who_remove_it_gets_it(self, store: Store) -> None:
        for number in range(self.rounds):
            store.add(a_row(handle := f"round {number}"))

            def remove(_: int, handle: str = handle) -> SignIn | None:
                return store.remove(handle)

            got = self._at_once(remove)

            assert [each.handle for each in got if each] == [handle]

    def test_one_of_many_who_swap_wins(self, store: Store) -> None:
        for number in range(self.rounds):
            store.add(row := a_row(f"round {number}"))

            def swap(who: int, row: SignIn = row) -> bool:
                return store.swap(row, replace(row, label=str(who)))

            won = self._at_once(swap)

            assert Counter(won)[True] == 1
            kept = store.by_handle(row.handle)
            assert kept is not None
            assert (kept.label, kept.version) == (str(won.index(True)), 1)

    def test_one_of_many_gets_the_last_place(self, store: Store) -> None:
        for number in range(self.rounds):
            user_id = f"person {number}"

            def add(who: int, user_id: str = user_id) -> bool:
                try:
                    store.add(a_row(f"{user_id} {who}", user_id), at_most=1)
                except Full:
                    return False
                return True

            assert Counter(self._at_once(add))[True] == 1
            assert len(store.of_user(user_id)) == 1

    def test_of_many_who_make_room_one_stays(self, store: Store) -> None:
        for number in range(self.rounds):
            user_id = f"person {number}"

            def add(who: int, user_id: str = user_id) -> list[SignIn]:
                row = a_row(f"{user_id} {who}", user_id)
                return store.add(row, at_most=1, make_room=True)

            gone = [each.handle for some in self._at_once(add) for each in some]

            left = [each.handle for each in store.of_user(user_id)]
            assert sorted(gone + left) == sorted(
                f"{user_id} {who}" for who in range(self.threads)
            )
            assert len(left) == 1

    def test_what_many_take_off_together_is_handed_over_once(
        self, store: Store
    ) -> None:
        for number in range(self.rounds):
            user_id = f"person {number}"
            handles = [f"{user_id} {which}" for which in range(3)]
            for handle in handles:
                store.add(a_row(handle, user_id))

            def take(_: int, user_id: str = user_id) -> list[SignIn]:
                return store.remove_all(user_id)

            taken = self._at_once(take)

            assert sorted(each.handle for some in taken for each in some) == handles

    def test_no_touch_brings_back_what_is_being_removed(self, store: Store) -> None:
        for number in range(self.rounds):
            store.add(row := a_row(f"round {number}"))

            def act(who: int, row: SignIn = row) -> None:
                if who == self.threads // 2:
                    store.remove(row.handle)
                else:
                    store.touch(row.handle, NOW + who * SECOND, NOW + 2 * HOUR)

            self._at_once(act)

            assert store.by_handle(row.handle) is None
            assert store.of_user("ada") == []

    def _at_once(self, act: Callable[[int], Any]) -> list[Any]:
        """Have all threads do it at the same moment; give what each was given."""
        barrier = Barrier(self.threads)

        def wait_and_act(who: int) -> Any:
            barrier.wait()
            return self._in_the_end(lambda: act(who))

        with ThreadPoolExecutor(self.threads) as pool:
            return [*pool.map(wait_and_act, range(self.threads))]

    def _in_the_end(self, act: Callable[[], Any]) -> Any:
        """Do it, however often the store says that it is busy, while it is bearable."""
        until = monotonic() + self.patience
        while True:
            try:
                return act()
            except StoreBusy:
                if monotonic() >= until:
                    raise
