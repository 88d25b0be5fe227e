"""The actors of the register's tests: a house and a browser, and one time for all."""

import pytest

from register.house import Browser, House
from support import Clock


@pytest.fixture(autouse=True)
def _one_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Flask sign its sessions with the time of the tests."""
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: clock().timestamp())


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock)


@pytest.fixture
def ada(house: House) -> Browser:
    """Ada's browser, in which she is signed in, and remembered."""
    return house.signed_in("ada", remember="yes")
