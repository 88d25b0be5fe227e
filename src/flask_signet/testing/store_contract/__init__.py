"""The contract of a store. A store is whatever passes this.

In a test module of your own::

    from flask_signet.testing.store_contract import StoreContract


    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self):
            return MyStore()

The store is to be empty, and its clock that of this machine.
"""

from .at_once import AtOnce
from .on_the_shelf import OnTheShelf
from .rows import FULL_ROW as FULL_ROW
from .rows import HOUR as HOUR
from .rows import NOW as NOW
from .rows import SECOND as SECOND
from .rows import a_row as a_row


class StoreContract(OnTheShelf, AtOnce):
    """What each store does. A subclass has a fixture ``store``."""
