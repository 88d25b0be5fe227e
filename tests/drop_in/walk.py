"""A walk through both applications at once, step by step.

What may differ is not decided here: a walk is given the differences, and stops at
whatever they do not account for.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from drop_in.both import (
    DAY,
    FLASK_LOGIN,
    FLASK_SIGNET,
    REMEMBER,
    Browser,
    Kept,
    Seen,
    Site,
)
from support import Clock

# --- Steps.


class Ask(NamedTuple):
    """A request."""

    method: str
    path: str
    form: tuple[tuple[str, str], ...] = ()
    key: str = ""
    """What an API client says of itself: the value of its header."""


class Turn(NamedTuple):
    """Something that happens between two requests; ``Walk`` has a method for each."""

    what: str
    value: Any = None


Step = Ask | Turn


def get(path: str, *, key: str = "") -> Ask:
    return Ask("GET", path, key=key)


def post(path: str, **form: str) -> Ask:
    return Ask("POST", path, tuple(form.items()))


def log_in(name: str, **how: str) -> Ask:
    return post(f"/in/{name}", **how)


def wait(passed: timedelta) -> Turn:
    return Turn("time_passes", passed)


def move(address: str = "198.51.100.2") -> Turn:
    return Turn("moves", address)


LOG_OUT = post("/out")
RESTART = Turn("restarts")


# --- What is known when two answers are compared.


class Side(NamedTuple):
    """The sessions and the remember cookie of one of the two browsers."""

    had: Mapping[str, Any]
    has: Mapping[str, Any]
    remembered: Kept | None
    """The remember cookie that was sent, if one was."""


class Moment(NamedTuple):
    ask: Ask
    settings: Mapping[str, Any]
    now: datetime
    there: Side
    here: Side
    absent: frozenset[str]
    """Who has no account any more."""

    inactive: frozenset[str]
    key: int
    """How many keys the site has had."""


class Difference(Protocol):
    @property
    def levels(self) -> Callable[[Moment, Seen, Seen], Seen]: ...


class DisagreementError(AssertionError):
    """The two applications answered differently, and nothing accounts for it."""


# --- The walk.


class Walk:
    """Two applications that differ in the import alone, and a browser at each."""

    def __init__(
        self,
        differences: Iterable[Difference],
        clock: Clock,
        settings: Mapping[str, Any],
    ) -> None:
        self.differences = tuple(differences)
        self.clock = clock
        self.settings = settings
        self.there = Browser(Site(FLASK_LOGIN, clock, **settings))
        self.here = Browser(Site(FLASK_SIGNET, clock, **settings))

    @property
    def browsers(self) -> tuple[Browser, Browser]:
        return self.there, self.here

    def takes(self, *steps: Step) -> None:
        for step in steps:
            if isinstance(step, Turn):
                getattr(self, step.what)(step.value)
            else:
                self.asks(step)

    def asks(self, ask: Ask) -> None:
        there, here, moment = self.ask_both(ask)
        levelled = there
        for each in self.differences:
            levelled = each.levels(moment, levelled, here)
        if levelled != here:
            raise DisagreementError(_told_apart(moment, levelled, here))
        self.goes_on_from_one_place(there, here)

    def ask_both(self, ask: Ask) -> tuple[Seen, Seen, Moment]:
        for browser in self.browsers:
            browser.forgets_what_is_over()
        had = [browser.session for browser in self.browsers]
        sent = [browser.jar.get(REMEMBER) for browser in self.browsers]
        there, here = (
            browser.asks(ask.method, ask.path, dict(ask.form), ask.key)
            for browser in self.browsers
        )
        site = self.here.site
        moment = Moment(
            ask=ask,
            settings=self.settings,
            now=self.clock(),
            there=Side(had[0], self.there.session, sent[0]),
            here=Side(had[1], self.here.session, sent[1]),
            absent=frozenset(site.gone),
            inactive=frozenset(
                name for name, each in site.people.items() if not each.is_active
            ),
            key=site.keys,
        )
        return there, here, moment

    def goes_on_from_one_place(self, there: Seen, here: Seen) -> None:
        """See to it that a difference accounted for has no consequences.

        If the browsers have other things now, both lose all they have. If a session
        was written by one of the two alone, it is as old in both.
        """
        remembered = [
            kept and kept._replace(value="")
            for kept in (browser.jar.get(REMEMBER) for browser in self.browsers)
        ]
        if there.held != here.held or remembered[0] != remembered[1]:
            for browser in self.browsers:
                browser.begins_anew()
        elif there.cookies != here.cookies:
            for browser in self.browsers:
                browser.renews_the_session()

    # --- What happens between two requests.

    def time_passes(self, passed: timedelta) -> None:
        self.clock.passes(passed)

    def moves(self, address: str) -> None:
        for browser in self.browsers:
            browser.address = address

    def takes_another_agent(self, agent: str) -> None:
        for browser in self.browsers:
            browser.agent = agent

    def restarts(self, _: None) -> None:
        for browser in self.browsers:
            browser.restarts()

    def copies_cookies(self, _: None) -> None:
        for browser in self.browsers:
            browser.copies_cookies()

    def puts_back(self, name: str) -> None:
        for browser in self.browsers:
            browser.puts_back(name)

    def keeps_for_ever(self, _: None) -> None:
        for browser in self.browsers:
            browser.keeps_for_ever()

    def spoils(self, name: str) -> None:
        for browser in self.browsers:
            browser.spoils(name)

    def puts_a_signed_text(self, text: str) -> None:
        for browser in self.browsers:
            browser.puts_a_signed_text(text)

    def puts_odd_letters(self, _: None) -> None:
        for browser in self.browsers:
            browser.puts_odd_letters()

    def deactivates(self, name: str) -> None:
        for browser in self.browsers:
            browser.site.people[name].active = False

    def activates(self, name: str) -> None:
        for browser in self.browsers:
            browser.site.people[name].active = True

    def deletes(self, name: str) -> None:
        for browser in self.browsers:
            browser.site.gone.add(name)

    def restores(self, name: str) -> None:
        for browser in self.browsers:
            browser.site.gone.discard(name)

    def changes_its_key(self, _: None) -> None:
        for browser in self.browsers:
            browser.site.changes_its_key()


def _told_apart(moment: Moment, there: Seen, here: Seen) -> str:
    lines = [f"{moment.ask} with {dict(moment.settings)}"]
    for name, was, now in zip(Seen._fields, there, here, strict=True):
        if was != now:
            lines += [name, f"  Flask-Login:  {was}", f"  Flask-Signet: {now}"]
    lines += [f"there {moment.there}", f"here  {moment.here}"]
    return "\n".join(lines)


# Waits that a walk may take: within and beyond an hour's remembering, the twelve hours
# of freshness, a year's remembering, and the 31 days of a session.
WAITS = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=13), DAY, 32 * DAY)
