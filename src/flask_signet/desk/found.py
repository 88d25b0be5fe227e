"""Who is in by the register; what is to be done about it is noted, and done later."""

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Request

from flask_signet import cookie, entry, marks, recall, returning, seals, users
from flask_signet.cookie import DeviceValue
from flask_signet.memory import Memory
from flask_signet.signins import (
    Kind,
    SignIn,
    Step,
    StoreBusy,
    StoreDown,
    Token,
)
from flask_signet.signins.record import HANDLE_MARK
from flask_signet.signins.tokens import digest_of
from flask_signet.state import (
    request_at_hand,
    session_at_hand,
    view_at_hand,
)

from .opened import Opener, account_key_of, issued, write_nothing

log = logging.getLogger("flask_signet")


class Finder(Opener):
    """Finds the row of a request, by the session's token or the remember value."""

    def is_in(self, known: Memory, asked: Request, user_id: str) -> bool:
        """Tell whether the session's person is in by the register, too.

        If not, nothing is taken from the browser: another request of it may have
        signed in again, and its answer be on the way.
        """
        value = asked.cookies.get(cookie.token_name(known.app, known.here.names))
        if value is None:
            return self._moves_in(known, user_id)
        digest = digest_of(value)
        try:
            row = self.register.by_digest(digest)
        except StoreDown:
            note_that_it_is_down(known)
            return False
        if row is None or row.user_id != user_id:
            return False
        now = self.register.now(row)
        if now >= row.session_ends:
            self._note_if_it_is_over(known, row)
            return False
        known.signin, known.shown = row, digest
        if row.pending_digest is not None and row.is_of(row.pending_digest, digest):
            known.note().do(partial(self.register.confirm, row))
        elif now - row.seen_at >= self.register.limits.touch_every:
            known.note().use = partial(self.register.touch, row)
        return True

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
        if row is not None:
            self._note_if_it_is_over(known, row)
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

    def _note_if_it_is_over(self, known: Memory, row: SignIn) -> None:
        if row.is_over(self.register.stores_time(row)):
            known.note().do(partial(self.register.end_as_read, row, kind=Kind.EXPIRED))

    def _note_by_step(self, known: Memory, row: SignIn, step: Step) -> None:
        if step is Step.CONFIRM:  # a new pair for its session follows, in half a minute
            known.note().do(partial(self.register.confirm, row, by_value=True))
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
        found = {} if row is None else {row.handle: row}
        value = request_at_hand().cookies.get(cookie.token_name(app, here.names))
        if value is not None and (digest := digest_of(value)) != known.shown:
            row = self.register.by_digest(digest)
            found |= {} if row is None else {row.handle: row}
        row = self._row_of_the_session(known)
        if row is not None:
            found.setdefault(row.handle, row)
        device = read_device(known, recall.value_in(here, app))
        if device is not None and device.handle not in found:
            row, step = self._recalled(device)
            if row is not None and step not in {Step.REFUSE, Step.IGNORE}:
                found[row.handle] = row
        return [*found.values()]

    def _row_of_the_session(self, known: Memory) -> SignIn | None:
        """Give the row that a session names whose token is new, and has not arrived."""
        held = known.held if known.held is not None else session_at_hand()
        names = known.here.names
        handle, user_id = held.get(names.signin), held.get(names.user_id)
        if known.signin is not None and known.signin.handle == handle:
            return None  # it is known
        if not str(handle).startswith(HANDLE_MARK):
            return None
        row = self.register.by_handle(str(handle))
        if row is None or row.user_id != str(user_id) or not row.is_newly_issued:
            return None  # an old copy of a session is to end nothing
        return row


def read_device(known: Memory, value: str | None) -> DeviceValue | None:
    app = known.app
    if value is None or not app.secret_key:
        return None
    return DeviceValue.read(value, seals.secrets_of(app), known.here.names.tail)


def note_that_it_is_down(known: Memory) -> None:
    log.error("The register cannot be asked: it is not known who is signed in.")
    known.is_unsure = known.is_down = True
    write_nothing(known)
