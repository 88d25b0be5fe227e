"""Times as stores keep them: whole microseconds since 1970, UTC.

Exact, quick to read, and the same on each server, whatever it thinks of time zones.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MILLISECOND = timedelta(milliseconds=1)


def microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def milliseconds(moment: datetime) -> int:
    """Round up: what ends is taken off then, and not before."""
    return -((EPOCH - moment) // MILLISECOND)


def moment_at(microseconds: int) -> datetime:
    return EPOCH + timedelta(0, 0, microseconds)
