"""The table of the register, and how a sign-in becomes a row of it and comes back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import (
    VARBINARY,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from flask_signet.signins.device import readable
from flask_signet.signins.record import Method, SignIn
from flask_signet.signins.times import EPOCH, microseconds, moment_at

NAME = "signet_signins"

MYSQL = ("mysql", "mariadb")
"""By these names SQLAlchemy knows the one and the other."""


def table_in(metadata: MetaData) -> Table:
    """Give the register's table in an application's metadata; it is made there once."""
    return Table(
        NAME,
        metadata,
        Column("handle", _exact(255), primary_key=True),
        Column("user_id", _exact(255), nullable=False),
        Column("realm", _exact(255), nullable=False),
        Column("account_key", _free()),
        Column("stamp", _free()),
        Column("is_forced", Boolean, nullable=False),
        Column("opened_at", BigInteger, nullable=False),
        Column("seen_at", BigInteger, nullable=False),
        Column("proved_at", BigInteger),
        Column("is_fresh", Boolean, nullable=False),
        Column("methods", _free(), nullable=False),
        Column("session_ends", BigInteger, nullable=False),
        Column("ends", BigInteger, nullable=False),
        Column("network", _free(), nullable=False),
        Column("agent", _free(), nullable=False),
        Column("label", _free(), nullable=False),
        Column("digest", _exact(64)),
        Column("generation", Integer, nullable=False),
        Column("remember_digest", _exact(64)),
        Column("previous_digest", _exact(64)),
        Column("confirmed_at", BigInteger),
        Column("previous_at", BigInteger),
        Column("pending_digest", _exact(64)),
        Column("pending_remember_digest", _exact(64)),
        Column("pending_at", BigInteger),
        Column("version", Integer, nullable=False),
        Index(f"ix_{NAME}_digest", "digest", unique=True),
        Index(f"ix_{NAME}_pending_digest", "pending_digest", unique=True),
        Index(f"ix_{NAME}_person", "realm", "user_id"),
        Index(f"ix_{NAME}_ends", "ends"),
        keep_existing=True,
    )


def signin_of(row: Sequence[Any]) -> SignIn:
    """Read a row: the fields of a sign-in in their order, ``read_at`` the last."""
    # Not strict, and no call for each field: this is done on every request.
    values: dict[str, Any] = dict(zip(_ALL, row))  # noqa: B905
    for name in _TIMES:
        if (time := values.get(name)) is not None:
            values[name] = EPOCH + timedelta(0, 0, time)  # moment_at, without a call
    values["is_forced"] = bool(values["is_forced"])
    values["is_fresh"] = bool(values["is_fresh"])
    values["methods"] = _read_methods(values["methods"])
    return SignIn.of(values)


def values_of(signin: SignIn) -> dict[str, Any]:
    """Give what a row of the table is to hold, by column."""
    values = {}
    for name, write in _WRITE:
        value = getattr(signin, name)
        values[name] = value if write is None or value is None else write(value)
    return values


def _exact(length: int) -> String:
    # MySQL and MariaDB take "ada" for "Ada", or for "ada " at least; which collation
    # does neither depends on the server. Bytes are bytes on all of them.
    return String(length).with_variant(VARBINARY(4 * length), *MYSQL)


def _free() -> Text:
    # There, a text has the character set of the database, and that may be Latin 1.
    return Text().with_variant(LargeBinary(), *MYSQL)


def _read_methods(text: str) -> tuple[Method, ...]:
    if text == "[]":
        return ()
    said = json.loads(text)
    return tuple(Method(name, moment_at(at)) for name, at in said)


def _write_methods(methods: Sequence[Method]) -> str:
    return json.dumps([(each.name, microseconds(each.at)) for each in methods])


_ALL = [each.name for each in fields(SignIn)]

_TIMES = [
    each.name
    for each in fields(SignIn)
    if datetime in {each.type, *get_args(each.type)}
]

_TO_WRITE: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_TIMES, microseconds),
    "methods": _write_methods,
    **dict.fromkeys(("network", "agent", "label"), readable),
}

_WRITE = [(name, _TO_WRITE.get(name)) for name in _ALL if name != "read_at"]
