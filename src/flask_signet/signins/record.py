"""One sign-in, and what opens it.

A row has two halves. The session's ends at rest, and is opened by the session token.
The remember value outlives it, and opens it again. A new pair of the two is *pending*
until the browser has shown one half of it: an answer may be lost on its way.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from .steps import Step
from .tokens import Digest, Token

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


HANDLE_MARK = "~"
"""What a handle begins with, and no id that a sign-in has without a register. It stands
in addresses: some servers refuse all that begin with a dot."""

HANDLE_BYTES = 16
"""A handle is public, and opens nothing; it must only be unlike all others."""

GRACE = timedelta(seconds=30)
"""How long requests may be under way that were sent with what has been replaced since,
and how long an answer may take before it counts as lost. By the store's clock."""

AGENT_LENGTH = 400
"""What is kept of a user agent; browsers' own are half as long."""


class Method(NamedTuple):
    """How a person proved who they are, and when."""

    name: str
    """An AMR name (RFC 8176)."""

    at: datetime


@dataclass(frozen=True, kw_only=True)  # no slots: SignIn.of() fills its dict
class SignIn:
    """One person, in on one device. All times are aware, in UTC."""

    handle: str
    """The row's public name: random, and worth nothing by itself."""

    user_id: str
    realm: str = ""
    """The name of the manager whose user this is; ``""`` is the plain one's."""

    account_key: str | None = None
    """Whose account: an id may be given to somebody else, this may not."""

    stamp: str | None = None
    """A seal of what changes with the person's credentials."""

    is_forced: bool = False
    """Whether the person was let in though not active."""

    opened_at: datetime
    seen_at: datetime
    proved_at: datetime | None
    """When the person last proved who they are; None if they never did."""

    is_fresh: bool = False
    """Whether that was in the session that the token opens, and not before it."""

    methods: tuple[Method, ...] = ()

    session_ends: datetime
    """When the session token ends at rest. Moved by use, never past ``ends``."""

    ends: datetime
    """When all ends. Fixed at the last proof."""

    network: str = ""
    agent: str = ""
    label: str = ""
    """What the person calls the device."""

    digest: Digest | None
    """Of the session token; None while the one that replaced it is pending."""

    generation: int = 0
    """The remember value's; 0 if there is none."""

    remember_digest: Digest | None = None
    previous_digest: Digest | None = None
    """Of the remember value of the generation before."""

    confirmed_at: datetime | None = None
    """When the present pair was first seen, by the store's clock."""

    previous_at: datetime | None = None
    """When the one before was."""

    pending_digest: Digest | None = None
    pending_remember_digest: Digest | None = None
    pending_at: datetime | None = None
    """When the pending pair was made, by the store's clock."""

    version: int = 0
    """Goes up by one with each swap."""

    read_at: datetime | None = field(default=None, compare=False)
    """The store's clock when this was read; not kept."""

    @classmethod
    def opened(
        cls,
        token: Token,
        now: datetime,
        *,
        methods: Sequence[str],
        is_fresh: bool,
        agent: str,
        **more: Any,
    ) -> Self:
        """Make the row of somebody who comes in, with what there is to say besides."""
        return cls(
            handle=_new_handle(),
            opened_at=now,
            seen_at=now,
            proved_at=now if is_fresh else None,
            is_fresh=is_fresh,
            methods=tuple(Method(name, now) for name in methods),
            session_ends=now,
            agent=agent[:AGENT_LENGTH],
            digest=token.digest,
            generation=0 if token.remember is None else 1,
            remember_digest=token.remember_digest,
            **more,
        )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make the row that a store has read: of all its fields, ``read_at`` as well.

        As pickle makes it, without a call for each field: this is done on every
        request.
        """
        row = cls.__new__(cls)
        vars(row).update(values)
        return row

    @property
    def is_remembered(self) -> bool:
        return self.remember_digest is not None

    def is_of(self, digest: Digest | None, mine: Digest | None) -> bool:
        """Compare two digests in constant time; nothing is like nothing."""
        return bool(digest and mine and hmac.compare_digest(digest, mine))

    @property
    def is_newly_issued(self) -> bool:
        """Tell whether an answer with new secrets may be under way."""
        return self._is_young(self.pending_at) or self._is_young(self.confirmed_at)

    @property
    def is_closed(self) -> bool:
        return self.ends <= self.opened_at

    def is_opened_by(self, digest: Digest | None) -> bool:
        """Tell whether this, of either half, opens it, or did before its successor."""
        pending = (self.pending_digest, self.pending_remember_digest)
        known = (self.digest, self.remember_digest, self.previous_digest, *pending)
        return any(self.is_of(each, digest) for each in known)

    def step_for(self, generation: int, digest: Digest) -> Step:
        """Say what a remember value means that was signed here.

        Args:
            generation: the value's.
            digest: of the value's secret.

        """
        if generation > self.generation:
            is_pending = generation == self.generation + 1 and self.is_of(
                digest, self.pending_remember_digest
            )
            return Step.CONFIRM if is_pending else Step.REFUSE
        if generation == self.generation:
            if not self.is_of(digest, self.remember_digest):
                return Step.REFUSE  # it was pending, was lost, and was replaced
            times = (self.pending_at, self.confirmed_at)
            is_new = any(self._is_young(each) for each in times)
            return Step.NOTHING if is_new else Step.RENEW
        if not self._may_be_under_way(generation):
            return Step.CLOSE
        is_previous = self.is_of(digest, self.previous_digest)
        return Step.NOTHING if is_previous else Step.IGNORE

    def _may_be_under_way(self, generation: int) -> bool:
        """Tell whether a request may still be, that was sent with an older value."""
        if generation == self.generation - 1:
            return self._is_young(self.confirmed_at)
        return generation == self.generation - 2 and self._is_young(self.previous_at)

    def _is_young(self, at: datetime | None) -> bool:
        return at is not None and self.read_at is not None and self.read_at - at < GRACE

    def awaiting(self, token: Token, now: datetime) -> Self:
        """Give the row with a pair that its browser has not shown yet."""
        return replace(
            self,
            pending_digest=token.digest,
            pending_remember_digest=token.remember_digest,
            pending_at=self.read_at or now,
        )

    def shown(self, digest: Digest | None) -> Self:
        """Give the row as it is if its browser has shown this half of a pair."""
        pending = (self.pending_digest, self.pending_remember_digest)
        is_seen = any(self.is_of(digest, each) for each in pending)
        return self.confirmed() if is_seen else self

    def confirmed(self) -> Self:
        """Give the row whose browser has shown the pair that was pending."""
        return replace(
            self,
            digest=self.pending_digest,
            generation=self.generation + 1,
            remember_digest=self.pending_remember_digest,
            previous_digest=self.remember_digest,
            confirmed_at=self.read_at,
            previous_at=self.confirmed_at,
            pending_digest=None,
            pending_remember_digest=None,
            pending_at=None,
        )

    def opened_only_by(self, token: Token) -> Self:
        """Give the row with a pair that counts at once, seen or not.

        The remember value is of the same generation as the one before: that one is
        nobody's from here on, and no thief's.
        """
        return replace(
            self,
            digest=token.digest,
            remember_digest=token.remember_digest,
            previous_digest=None,
            confirmed_at=self.read_at,
            previous_at=None,
            pending_digest=None,
            pending_remember_digest=None,
            pending_at=None,
        )

    def renamed(self, user_id: str, **more: Any) -> Self:
        """Give the same sign-in as another row, of another id."""
        return replace(self, handle=_new_handle(), user_id=user_id, version=0, **more)

    def closed(self) -> Self:
        """Give the row as nothing opens it."""
        return replace(
            self,
            digest=None,
            remember_digest=None,
            previous_digest=None,
            pending_digest=None,
            pending_remember_digest=None,
            session_ends=self.opened_at,
            ends=self.opened_at,
        )

    def is_over(self, now: datetime) -> bool:
        """Tell whether nothing opens it any more."""
        return now >= self.ends or (now >= self.session_ends and not self.is_remembered)

    def is_at_rest(self, now: datetime) -> bool:
        """Tell whether the session has ended, and only the remember value is left."""
        return now >= self.session_ends and not self.is_over(now)


def _new_handle() -> str:
    return HANDLE_MARK + secrets.token_urlsafe(HANDLE_BYTES)
