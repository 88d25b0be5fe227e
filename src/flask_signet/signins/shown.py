"""A sign-in as it is shown: to a program, and to a person in front of a terminal.

No secret is shown, and nothing that a browser sent is let loose on the terminal.
"""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from flask_signet.columns import in_columns

from .record import Method, SignIn

DEVICE_WIDTH: Final = 32
"""How many letters of a device's name there are in a table."""

NOTHING: Final = "-"

HEAD: Final = (
    "handle",
    "user",
    "device",
    "network",
    "opened (UTC)",
    "seen (UTC)",
    "ends (UTC)",
    "state",
)

_TOLD: Final = [
    each.name
    for each in fields(SignIn)
    # The stamp is a digest, too: of what changes with the person's credentials.
    if not each.name.endswith("digest") and each.name not in {"stamp", "read_at"}
]


def told(row: SignIn, now: datetime) -> dict[str, Any]:
    """Give what a program is told of a sign-in: each field, and in what state it is."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _TOLD}
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = value.isoformat()
    values["methods"] = [
        {"name": each.name, "at": each.at.isoformat()} for each in row.methods
    ]
    return {**values, "state": state(row, now)}


def page(row: SignIn, now: datetime) -> str:
    """Give what a person is shown of it, a line a field."""
    values = {name: getattr(row, name) for name in _TOLD} | {"state": state(row, now)}
    return in_columns(
        (name.replace("_", " "), _word(value)) for name, value in values.items()
    )


def line(row: SignIn, now: datetime) -> tuple[str, ...]:
    """Give the cells of its line in a table; ``HEAD`` is over them."""
    opened, seen, ends = map(_minute, (row.opened_at, row.seen_at, row.ends))
    texts = (row.handle, row.user_id, _device(row), row.network)
    return (*(each or NOTHING for each in texts), opened, seen, ends, state(row, now))


def state(row: SignIn, now: datetime) -> str:
    if row.is_over(now):
        return "over"
    if row.is_at_rest(now):
        return "at rest"
    return "remembered" if row.is_remembered else "in"


def _device(row: SignIn) -> str:
    name = row.label or row.agent.removeprefix("Mozilla/5.0 ")  # each says that
    return name if len(name) <= DEVICE_WIDTH else f"{name[: DEVICE_WIDTH - 1]}…"


def _word(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{_minute(value)} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_method, value)) or NOTHING
    return NOTHING if value in {None, ""} else str(value)


def _method(method: Method) -> str:
    return f"{method.name} ({_minute(method.at)} UTC)"


def _minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"
