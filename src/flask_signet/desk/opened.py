"""Who gets a row: whoever comes in, and who was in before there was a register."""

from datetime import datetime
from functools import partial
from typing import Any

from flask_signet import entry, moving, recall, users
from flask_signet.cookie import DeviceValue, Issued
from flask_signet.memory import Memory
from flask_signet.signins import Full, Register, SignIn, Token
from flask_signet.signins.record import HANDLE_MARK
from flask_signet.state import State, request_at_hand


class Opener:
    """Opens rows; until a date, also for what has none."""

    register: Register

    def open(
        self, here: State, user: Any, user_id: str, **more: Any
    ) -> tuple[Token, SignIn]:
        """Open a row for who comes with this request."""
        asked = request_at_hand()
        return self.register.open(
            user_id,
            account_key=account_key_of(here, user),
            stamp=entry.sealed_stamp(here, user),
            is_forced=not users.is_active(user),
            network=asked.remote_addr or "",
            agent=asked.user_agent.string,
            **more,
        )

    # --- Moving in.

    def _moves_in(self, known: Memory, user_id: str) -> bool:
        """Tell whether a session without a row may have one, until a date."""
        here, held = known.here, known.held
        signin = None if held is None else held.get(here.names.signin)
        if not moving.is_on(here) or str(signin).startswith(HANDLE_MARK):
            return False  # one that has a row, or had
        at = entry.signed_at(known.app)
        return self.is_young(known, at) and moving.admits(known, user_id, at)

    def is_young(
        self, known: Memory, at: datetime | None, *, remember: bool = False
    ) -> bool:
        """Tell whether what was signed then may be in still."""
        lasts = self.register.limits.lasts(remember=remember)
        return at is None or known.here.manager.clock() - at < lasts

    def note_that_they_move_in(self, known: Memory, user: Any, at: Any) -> None:
        """Have a row opened for who moves in: not fresh, since their cookie was made.

        Args:
            known: what the request knows of them.
            user: who it is.
            at: when the remember cookie was signed; None if it was the session.

        """
        known.stale = True
        known.note().do(partial(self._move_in, known, user, at))

    def _move_in(self, known: Memory, user: Any, at: datetime | None) -> None:
        here, notes = known.here, known.note()
        since = at or entry.signed_at(known.app) or here.manager.clock()
        remember = at is not None or self._has_a_remember_cookie(known, user)
        more = {"at": since, "is_fresh": False, "remember": remember}
        try:
            token, row = self.open(here, user, str(known.person_id), **more)
        except Full:
            self._stay_out(known)
            return
        if not moving.admits(known, str(known.person_id), since):
            # They have left while this was answered.
            self.register.end(row, "closed")
            if known.is_unsure:  # it could not be asked: nothing is taken for it
                write_nothing(known)
            else:
                self._stay_out(known)
            return
        known.signin, known.shown, notes.remember = row, token.digest, None
        notes.issued = issued(token, row)
        notes.keys = {**(notes.keys or {}), here.names.signin: row.handle}

    def _stay_out(self, known: Memory) -> None:
        """Have it be as if the session had been a stranger's."""
        notes = known.note()
        notes.keys, notes.is_entry = dict.fromkeys(known.here.names.login_keys), False
        notes.remember, notes.forget = None, True

    def _has_a_remember_cookie(self, known: Memory, user: Any) -> bool:
        here = known.here
        cookie = recall.remembered(here)
        if cookie is None or cookie.user_id != known.person_id:
            return False
        return cookie.is_flask_logins or recall.is_of(here, cookie, user)


def issued(token: Token, row: SignIn) -> Issued:
    device = None
    if token.remember is not None:
        generation = row.generation + (row.pending_remember_digest is not None)
        device = DeviceValue(row.handle, generation, token.remember)
    return Issued(token.text, device, row.seen_at, row.ends)


def account_key_of(here: State, user: Any) -> str | None:
    """Ask whose account a user is: of the manager, else of the user."""
    ask = here.manager.account_key or getattr(type(user), "get_account_key", None)
    key = None if ask is None else ask(user)
    return None if key is None else str(key)


def write_nothing(known: Memory) -> None:
    """Let this answer say nothing: another request has got what is new."""
    notes = known.note()
    notes.keys, notes.is_entry, notes.drops_token = None, False, False
    notes.forget, notes.remember = False, None
