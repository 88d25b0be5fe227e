"""Who is in by the register; what is to be done about it is noted, and done later."""

import logging
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Request

from flask_signet import cookie, entry, marks, moving, recall, returning, seals, users
from flask_signet.cookie import DeviceValue, Issued
from flask_signet.memory import Memory
from flask_signet.signins import (
    Full,
    Kind,
    Register,
    SignIn,
    Step,
    StoreBusy,
    StoreDown,
    Token,
)
from flask_signet.signins.record import HANDLE_MARK, Digest, digest_of
from flask_signet.state import (
    State,
    request_at_hand,
    session_at_hand,
    view_at_hand,
)

log = logging.getLogger("flask_signet")


class Finder:
    """Finds the row of a request, by the session's token or the remember value."""

    register: Register

    def is_in(self, known: Memory, asked: Request, user_id: str) -> bool | None:
        """Tell whether the session's person is in by the register, too.

        Returns:
            None if there is nothing to say of it: it may have been replaced by another
            request of this browser, whose answer is under way.

        """
        value = asked.cookies.get(cookie.token_name(known.app, known.here.names))
        if value is None:
            return self._moves_in(known, user_id) or None
        digest = digest_of(value)
        try:
            row = self.register.by_digest(digest)
        except StoreDown:
            note_that_it_is_down(known)
            return None
        if row is None or row.user_id != user_id:
            return None
        now = self.register.now(row)
        if now >= row.session_ends:
            if row.is_over(now):
                known.note().do(partial(self.register.end, row, "", Kind.EXPIRED))
            return False
        known.signin, known.shown = row, digest
        self._note_what_follows(known, row, digest, now)
        return True

    def _note_what_follows(
        self, known: Memory, row: SignIn, digest: Digest, now: datetime
    ) -> None:
        register = self.register
        if known.stale and row.is_fresh:  # session protection says so
            known.note().do(partial(register.unfresh, row))
        elif row.is_of(row.pending_digest, digest):
            known.note().do(partial(register.confirm, row))
        elif now - row.seen_at >= register.limits.touch_every:
            known.note().use = partial(register.touch, row)

    def read(self, known: Memory, value: str) -> DeviceValue | None:
        """Read a remember cookie; None for what was not made for the register."""
        return read_device(known, value)

    def by_value(self, known: Memory, value: DeviceValue) -> Any:
        """Find whom a remember value names, and note what is to be done about it."""
        try:
            row, step = self._recalled(value)
        except StoreDown:
            note_that_it_is_down(known)
            return None
        if row is not None and row.is_over(self.register.now(row)):
            known.note().do(partial(self.register.end, row, "", Kind.EXPIRED))
        if row is None or step is Step.REFUSE:
            return None
        if step is Step.IGNORE:
            known.is_unsure = True  # nothing is taken from the browser for it
            return None
        if step is Step.CLOSE:
            known.note().do(partial(self.register.end, row, "", Kind.REUSED))
            return None
        load = known.here.manager.user_callback
        user = None if load is None else users.loaded(load(row.user_id), "user_loader")
        stamp = self._stamp_of_who_came_in(known, row, user)
        if stamp is entry.REFUSED:
            self._note_the_end(known, row)
            return None
        row = replace(row, stamp=stamp)
        known.signin, known.shown = row, Token(value.secret).digest
        known.stale, known.person_id = True, row.user_id
        held = known.held if known.held is not None else session_at_hand()
        returning.leave_to(known, held, row.user_id)
        self._note_by_step(known, row, step)
        return user

    def _note_by_step(self, known: Memory, row: SignIn, step: Step) -> None:
        if step is Step.CONFIRM:  # a new pair for its session follows, in half a minute
            known.note().do(partial(self.register.confirm, row))
        if step is Step.RENEW:
            self._note_a_new_pair(known, row)
        else:  # another answer has the new pair, or had it: this has none
            write_nothing(known)

    def _recalled(self, value: DeviceValue) -> tuple[SignIn | None, Step]:
        digest = Token(value.secret).digest
        return self.register.recall(value.handle, value.generation, digest)

    def may_stay(self, known: Memory, row: SignIn, user: Any) -> bool:
        """Tell whether a user may be in by a row; if not, have it ended."""
        stamp = self._stamp_of_who_came_in(known, row, user)
        if stamp is entry.REFUSED:
            self._note_the_end(known, row)
            return False
        notes = known.notes
        if stamp != row.stamp and (notes is None or not notes.acts):
            known.note().do(partial(self.register.restamp, row, stamp))
        return True

    def _note_the_end(self, known: Memory, row: SignIn) -> None:
        known.note().do(partial(self.register.end_as_read, row, "account"))
        known.signin, known.is_unsure = None, True  # nothing is taken from the browser

    def _stamp_of_who_came_in(self, known: Memory, row: SignIn, user: Any) -> Any:
        """Give the stamp under the present key; ``REFUSED`` if it is somebody else."""
        if (
            user is None
            or not (users.is_active(user) or row.is_forced)
            or row.account_key != account_key_of(known.here, user)
        ):
            return entry.REFUSED
        known.stamp = stamp = users.stamp_of(user)
        return entry.verified_stamp(known.here, known.app, stamp, row.stamp)

    def _note_a_new_pair(self, known: Memory, row: SignIn) -> None:
        notes, here, forced = known.note(), known.here, row.is_forced
        keys = entry.sign_in_keys(here, row.user_id, stamp=row.stamp, forced=forced)
        notes.is_entry, notes.keys = True, {**keys, here.names.signin: row.handle}
        notes.do(partial(self._renew, known, row))

    # --- What came before there was a register.

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
        except Full:  # as if the session had been a stranger's
            notes.keys, notes.is_entry = dict.fromkeys(here.names.login_keys), False
            notes.remember, notes.forget = None, True
            return
        known.signin, notes.remember = row, None
        notes.issued = issued(token, row)
        notes.keys = {**(notes.keys or {}), here.names.signin: row.handle}

    def _has_a_remember_cookie(self, known: Memory, user: Any) -> bool:
        here = known.here
        cookie = recall.remembered(here)
        if cookie is None or cookie.user_id != known.person_id:
            return False
        return cookie.is_flask_logins or recall.is_of(here, cookie, user)

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

    # --- Done with the answer.

    def perform(self, known: Memory) -> None:
        """Do what was noted; what cannot be done now, the next request does."""
        notes = known.note()
        acts, use = notes.acts, notes.use
        notes.acts, notes.use = (), None
        if use is not None and not marks.is_passive(view_at_hand()):
            acts = (*acts, use)
        for act in acts:
            try:
                act()
            except (StoreBusy, StoreDown):
                log.warning("The register cannot be written; the next request will.")
                write_nothing(known)

    def _renew(self, known: Memory, row: SignIn) -> None:
        renewed = self.register.renew(row)
        if renewed is None:  # another request has got the new pair
            write_nothing(known)
        else:
            known.signin = renewed[1]
            known.note().issued = issued(*renewed)

    def rows_of_this_browser(self, known: Memory) -> list[SignIn]:
        """Give the rows that its cookies open, whoever's they are."""
        app, here, row = known.app, known.here, known.signin
        value = request_at_hand().cookies.get(cookie.token_name(app, here.names))
        if row is None and value is not None:
            row = self.register.look(Token(value))
        found = {} if row is None else {row.handle: row}
        device = read_device(known, recall.value_in(here, app))
        if device is not None and device.handle not in found:
            row, step = self._recalled(device)
            if row is not None and step not in {Step.REFUSE, Step.IGNORE}:
                found[row.handle] = row
        return [*found.values()]


def read_device(known: Memory, value: str | None) -> DeviceValue | None:
    app = known.app
    if value is None or not app.secret_key:
        return None
    return DeviceValue.read(value, seals.secrets_of(app), known.here.names.tail)


def issued(token: Token, row: SignIn) -> Issued:
    device = None
    if token.remember is not None:
        generation = row.generation + (row.pending_remember_digest is not None)
        device = DeviceValue(row.handle, generation, token.remember)
    return Issued(token.text, device, row.seen_at, row.ends)


def write_nothing(known: Memory) -> None:
    """Let this answer say nothing: another request has got what is new."""
    notes = known.note()
    notes.keys, notes.is_entry, notes.drops_token = None, False, False
    notes.forget, notes.remember = False, None


def account_key_of(here: State, user: Any) -> str | None:
    """Ask whose account a user is: of the manager, else of the user."""
    ask = here.manager.account_key or getattr(type(user), "get_account_key", None)
    key = None if ask is None else ask(user)
    return None if key is None else str(key)


def note_that_it_is_down(known: Memory) -> None:
    log.error("The register cannot be asked: it is not known who is signed in.")
    known.is_unsure = known.is_down = True
    write_nothing(known)
