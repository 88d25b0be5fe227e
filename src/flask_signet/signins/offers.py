"""What a store may offer besides its verbs.

It counts, names its people, tells its time, has tables. No store has to. Each of these
gives None for one that does not, or raises ``StoreDown`` if it cannot be asked.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from .store import Store


class Counts(NamedTuple):
    """What is on a shelf, whosever it is. None is what would take long to count."""

    signins: int | None = None
    """All rows, those that have ended, too."""

    ended: int | None = None
    """Those whose ``ends`` is past, and that ``sweep`` would take off."""

    people: int | None = None
    """How many have one; in two realms, one id is two people."""


class Tabled(Protocol):
    """A store whose tables are made before it is used, and may be of an older version.

    The version is noted in a table ``signet_schema``, with the columns ``name`` and
    ``version``.
    """

    schema: int
    """The version of the tables that the code wants, from 1 up."""

    def create_all(self) -> None:
        """Make the tables that are not there; if no version is noted, note the code's.

        Raises:
            StoreBusy: it cannot be written now.
            StoreDown: it cannot be asked.

        """
        ...

    def schema_version(self) -> int | None:
        """Give the version that is noted; nothing is written.

        Returns:
            None if the register's table is not there; 0 if it is, and no version is
            noted: the application's own ``create_all()``, or a migration, made it.

        Raises:
            StoreDown: it cannot be asked.

        """
        ...

    def upgrade_schema(self) -> None:
        """Bring tables of an older version to the code's, and note it.

        Raises:
            StoreBusy: it cannot be written now.
            StoreDown: it cannot be asked.

        """
        ...


def counted(store: Store, now: datetime) -> Counts | None:
    """Have a store count what it has, by ``count(now)``."""
    count: Callable[[datetime], Counts] | None = getattr(store, "count", None)
    return None if count is None else count(now)


def people_of(store: Store, realm: str, limit: int) -> list[str] | None:
    """Have a store name so many at most who have sign-ins, by ``people(realm, …)``."""
    name: Callable[..., list[str]] | None = getattr(store, "people", None)
    return None if name is None else name(realm, limit=limit)


def time_of(store: Store) -> datetime | None:
    """Ask what time it is by the store's own clock, by ``clock_now()``; aware."""
    ask: Callable[[], datetime] | None = getattr(store, "clock_now", None)
    return None if ask is None else ask()


def tabled(store: Any) -> Tabled | None:
    """Give the store if it has tables."""
    return store if hasattr(store, "schema_version") else None
