"""The contract itself: what it bears of a store, and what it does not."""

from collections import Counter

import pytest

from flask_signet.signins import StoreBusy
from flask_signet.testing.store_contract import StoreContract


class Few(StoreContract):
    threads = 2


def test_a_store_may_say_that_it_is_busy() -> None:
    asked = Counter[int]()

    def act(who: int) -> int:
        asked[who] += 1
        if asked[who] < 3:
            raise StoreBusy("somebody else writes")
        return who

    assert Few()._at_once(act) == [0, 1]
    assert asked == {0: 3, 1: 3}


def test_a_store_may_not_be_busy_for_ever() -> None:
    def act(who: int) -> int:
        raise StoreBusy("somebody else writes")

    few = Few()
    few.patience = 0.0

    with pytest.raises(StoreBusy):
        few._at_once(act)
