"""The store in memory keeps the contract."""

import pytest

from flask_signet.signins import Store
from flask_signet.signins.memory import MemoryStore
from flask_signet.testing.store_contract import StoreContract
from signins.people import NamesItsPeople


class TestMemoryStore(NamesItsPeople, StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()
