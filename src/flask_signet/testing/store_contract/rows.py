"""Rows to try a store with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask_signet.signins import Method, SignIn
from flask_signet.signins.tokens import digest_of

NOW = datetime.now(UTC).replace(microsecond=123456)
"""As good as now: a server takes off by itself what has ended."""

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def a_row(handle: str, user_id: str = "ada", **more: Any) -> SignIn:
    """Make a row whose session token is its handle's namesake."""
    plain: dict[str, Any] = {
        "opened_at": NOW,
        "seen_at": NOW,
        "proved_at": NOW,
        "session_ends": NOW + HOUR,
        "ends": NOW + 24 * HOUR,
        "digest": digest_of(f"token of {handle}"),
    }
    return SignIn(handle=handle, user_id=user_id, **{**plain, **more})


FULL_ROW = a_row(
    "everything",
    "ada@example.org/ä/\N{PINE DECORATION}",
    realm="staff",
    account_key="key of the account",
    is_fresh=True,
    methods=(Method("pwd", NOW - HOUR), Method("otp", NOW)),
    network="2001:db8::/64",
    agent="Mozilla/5.0 (X11; Linux x86_64) '\"\\ \n;--",
    label="Ada's phone \N{MOBILE PHONE}",
    generation=7,
    remember_digest=digest_of("remember"),
    previous_digest=digest_of("previous"),
    confirmed_at=NOW - SECOND,
    previous_at=NOW - HOUR,
    stamp="a seal",
    is_forced=True,
    pending_digest=digest_of("pending"),
    pending_remember_digest=digest_of("pending remember"),
    pending_at=NOW + SECOND,
)
