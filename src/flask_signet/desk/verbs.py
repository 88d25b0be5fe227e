"""What views ask of the register: in, out, proved again; and of all of one person's."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask_signet import entry, moving, users
from flask_signet.memory import Memory
from flask_signet.signals import (
    remember_token_reused,
    signin_closed,
    signin_evicted,
    signin_expired,
    signin_opened,
    signin_restored,
    tell,
)
from flask_signet.signins import Event, Kind, Register, SignIn, Token
from flask_signet.state import State, app_at_hand

from .found import Finder
from .opened import account_key_of, issued

Opened = tuple[Token, SignIn]

_SIGNALS = {
    Kind.OPENED: signin_opened,
    Kind.CLOSED: signin_closed,
    Kind.EXPIRED: signin_expired,
    Kind.EVICTED: signin_evicted,
    Kind.RESTORED: signin_restored,
    Kind.REUSED: remember_token_reused,
}


class Desk(Finder):
    """One manager's register, as its requests use it.

    Args:
        register: the application's own.
        name: the manager's.

    """

    def __init__(self, register: Register, name: str) -> None:
        self.register = register.for_realm(name)
        self.register.tell = partial(self._tell, register.tell)

    def _tell(self, own: Any, event: Event) -> None:
        if own is not None:
            own(event)
        told: dict[str, Any] = {"signin": event.signin}
        if event.kind is Kind.CLOSED:
            told["reason"] = event.reason
        tell(_SIGNALS[event.kind], app_at_hand(), self.register.realm, **told)

    # --- In this browser.

    def sign_in(  # noqa: PLR0913 (what login_user is told)
        self,
        known: Memory,
        user: Any,
        user_id: str,
        *,
        remember: bool,
        duration: timedelta | None,
        fresh: bool,
        methods: Sequence[str],
    ) -> Opened:
        """Open a sign-in for this browser, and end the one that it had."""
        if duration is not None:
            self.register.limits.refuse_to_remember("duration", duration)
        elif remember:
            self.register.limits.refuse_longer_settings(known.app.config)
        rows = self.rows_of_this_browser(known)
        own = [row for row in rows if row.user_id == user_id]
        labels = next(({"label": row.label} for row in own if row.label), {})
        return self.open(
            known.here,
            user,
            user_id,
            methods=methods,
            remember=remember or any(row.is_remembered for row in own),
            duration=duration,
            is_fresh=fresh,
            instead_of=rows,
            **labels,
        )

    def sign_out(self, known: Memory) -> None:
        """End whatever sign-in this browser has."""
        for row in self.rows_of_this_browser(known):
            self.register.end(row, "logout")
        known.signin = None

    def prove(self, known: Memory, user: Any, methods: Sequence[str]) -> Opened | None:
        """Note that the person has proved who they are; None if they are out."""
        self.give_a_row(known)
        if known.signin is None:
            return None
        row, stamp = known.signin, entry.sealed_stamp(known.here, user)
        return self.register.prove(
            row,
            shown=known.shown,
            at_once=_is_of_others(known, row, user),
            stamp=stamp,
            methods=methods,
        )

    def give_a_row(self, known: Memory) -> None:
        """Let who moves in have their row now; it raises if that cannot be."""
        if known.signin is None:
            notes = known.note()
            acts, notes.acts = notes.acts, ()
            for act in acts:
                act()

    def change(self, known: Memory, user: Any, user_id: str) -> Opened | None:
        """Take the user's present stamp and id; None if they are out."""
        self.give_a_row(known)
        row, here = known.signin, known.here
        if row is None:
            return None
        more: dict[str, Any] = {"stamp": entry.sealed_stamp(here, user)}
        if known.stale:
            more["is_fresh"] = False
        if row.user_id != user_id:
            more["account_key"] = account_key_of(here, user)
            return self.register.rename_user(row, user_id, **more)
        is_new = _is_of_others(known, row, user)
        return self.register.rotate(row, shown=known.shown, at_once=is_new, **more)

    def hand_over(self, known: Memory, opened: Opened) -> str:
        """Have the new secrets written with the answer, and nothing that was noted."""
        token, row = opened
        known.signin, known.shown, known.notes = row, token.digest, None
        known.note().issued = issued(token, row)
        return row.handle

    def is_fresh(self, known: Memory, limit: timedelta | None) -> bool:
        row = known.signin
        if row is None or not row.is_fresh or row.proved_at is None:
            return False
        return limit is None or self.register.now(row) - row.proved_at <= limit

    def is_still_in(self, known: Memory) -> bool:
        """Ask the register again, and the loader: for what goes on after an answer."""
        self.give_a_row(known)
        row, load = known.signin, known.here.manager.user_callback
        present = None if row is None else self.register.by_handle(row.handle)
        if present is None or load is None or not present.is_opened_by(known.shown):
            return False
        if self.register.now(present) >= present.session_ends:
            return False
        user = users.loaded(load(present.user_id), "user_loader")
        return user is not None and self.may_stay(known, present, user)

    # --- For tests of applications.

    def token_for(self, known: Memory, user: Any, *, fresh: bool) -> str:
        """Open a sign-in for somebody who has not come by a view; give its token."""
        user_id = users.id_of(user, known.here.manager.id_attribute)
        token, _ = self.open(known.here, user, user_id, is_fresh=fresh)
        return token.text

    def grow_stale(self, known: Memory) -> None:
        self.register.unfresh(known.signin)

    # --- All of one person's.

    def of_user(self, here: State, user: Any, user_id: str) -> list[SignIn]:
        rows = self.register.of_user(user_id)
        if isinstance(user, (str, int)):  # an id does not say whose account it is
            return rows
        key = account_key_of(here, user)
        return [row for row in rows if row.account_key == key]

    def close(self, here: State, handle: str, user_id: str) -> bool:
        closed = self.register.close(handle, user_id=user_id)
        if closed:
            moving.keep_out(app_at_hand(), here, user_id)
        return closed

    def close_all(self, here: State, user_id: str, keep: str | None = None) -> int:
        moving.keep_out(app_at_hand(), here, user_id)
        return self.register.close_all(user_id, keep=keep)

    def close_everybodys(self, here: State) -> int:
        moving.keep_all_out(app_at_hand(), here)
        people = self.register.everybody()
        return sum(self.close_all(here, user_id) for user_id in people)

    def rename(self, handle: str, label: str, user_id: str) -> bool:
        return self.register.rename(handle, label, user_id=user_id)


def _is_of_others(known: Memory, row: SignIn, user: Any) -> bool:
    """Tell whether a row was opened with other credentials than the user's present."""
    stamp = users.stamp_of(user)
    was = entry.verified_stamp(known.here, known.app, stamp, row.stamp)
    return was is entry.REFUSED
