"""A slow answer brings nothing back: not after a logout, a proof, or a new password.

What a browser gets last, it keeps. So here an answer that was asked for before arrives
after the one that has changed everything, with the session as it was.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import pytest
from flask import Flask, session
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    confirm_login,
    current_user,
    keep_signed_in,
    login_fresh,
    login_required,
    login_user,
    logout_user,
    remember_token_reused,
)
from flask_signet.signins import Register, SignIn
from flask_signet.signins.memory import MemoryStore
from register.jar import Jar
from support import HOUR, KEY, SECOND, Clock, Member

SIGN_IN = ("session", "session_signin")
"""The cookies of a session; without the other one."""

REMEMBER = "remember_token"

PATIENCE = 30
"""Seconds that one request waits for another before the test is over."""

TOO_LATE = 31 * SECOND
"""Later than a request may be under way with what has been replaced."""


@dataclass
class Site:
    """Ada's, with a register; its sessions are permanent, or not."""

    is_permanent: bool
    remember: bool
    clock: Clock = field(default_factory=Clock)
    store: MemoryStore = field(default_factory=MemoryStore)
    alarms: list[SignIn] = field(default_factory=list)
    meanwhile: Callable[[], object] = dict
    """What happens, once, while a page is made whose visitor is known already."""

    def __post_init__(self) -> None:
        self.ada = Member("ada")
        self.app = Flask("site")
        self.app.config.update(SECRET_KEY=KEY, TESTING=True)
        self.register = Register(self.store, clock=self.clock)
        manager: Any = LoginManager(self.app, register=self.register)
        manager.clock = self.clock
        manager.user_loader({"ada": self.ada}.get)
        remember_token_reused.connect(self._hears, self.app)
        add_doors(self)
        add_pages(self)

    def _hears(self, app: Flask, signin: SignIn) -> None:
        self.alarms.append(signin)

    def lets_happen(self) -> None:
        happen, self.meanwhile = self.meanwhile, dict
        happen()

    def asked(self, sent: str, ask: str) -> TestResponse:
        """Answer a request that was sent with these cookies."""
        method, path = ask.split()
        client = self.app.test_client(use_cookies=False)
        return client.open(path, method=method, headers={"Cookie": sent})

    def gets(self, jar: Jar, ask: str) -> str:
        """Ask, and have the answer arrive."""
        answer = self.asked(jar.sent, ask)
        jar.takes(answer.headers)
        return answer.text

    def who(self, jar: Jar) -> str:
        return self.gets(jar, "GET /how")

    def signed_in(self) -> Jar:
        jar = Jar()
        self.gets(jar, "POST /in")
        return jar

    def waits(self) -> None:
        """Let it all have been so for a while: what is new is seen, and is old."""
        self.clock.passes(HOUR)


def add_doors(site: Site) -> None:
    app = site.app

    @app.before_request
    def begin() -> None:
        session.permanent = site.is_permanent

    @app.post("/in")
    def sign_in() -> str:
        login_user(site.ada, remember=site.remember)
        session["cart"] = ["a pen"]
        return "in"

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.post("/again")
    def again() -> str:
        confirm_login()
        return "confirmed"

    @app.post("/password")
    def password() -> str:
        current_user.password = "another"
        site.lets_happen()
        keep_signed_in(current_user)
        return "changed"


def add_pages(site: Site) -> None:
    app = site.app

    @app.get("/how")
    def how() -> str:
        return f"{current_user.get_id()}, {'fresh' if login_fresh() else 'stale'}"

    @app.get("/read")
    def read() -> str:
        return page()

    @app.get("/write")
    def write() -> str:
        before = page()
        session["cart"] = [*session.get("cart", ()), "a book"]
        return before

    @app.get("/guarded")
    @login_required
    def guarded() -> str:
        return write()

    def page() -> str:
        found = str(current_user.get_id())
        session.get("cart")
        site.lets_happen()
        return found


@dataclass
class Slow:
    """A page that was asked for first, and whose answer comes last."""

    site: Site
    ask: str
    is_made: str
    """When: before what overtakes it, around it, or after it."""

    def is_overtaken_by(self, jar: Jar, ask: str) -> Jar:
        """Have both answered, of which each was sent with the same cookies.

        Returns:
            A jar that only the slow answer has reached.

        """
        site, sent, only_slow = self.site, jar.sent, jar.copied()
        made: dict[str, TestResponse] = {}

        def make(which: str, what: str) -> None:
            made[which] = site.asked(sent, what)

        if self.is_made == "before":
            make("slow", self.ask)
            make("quick", ask)
        elif self.is_made == "around":
            site.meanwhile = lambda: make("quick", ask)
            make("slow", self.ask)
        else:
            make("quick", ask)
            make("slow", self.ask)
        jar.takes(made["quick"].headers)
        jar.takes(made["slow"].headers)
        only_slow.takes(made["slow"].headers)
        return only_slow


@pytest.fixture(params=[False, True], ids=["plain", "permanent"])
def is_permanent(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=[False, True], ids=["not remembered", "remembered"])
def place(request: pytest.FixtureRequest, is_permanent: bool) -> Site:
    return Site(is_permanent, remember=request.param)


@pytest.fixture(params=["before", "around", "after"])
def is_made(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["GET /read", "GET /write", "GET /guarded"])
def slow(request: pytest.FixtureRequest, place: Site, is_made: str) -> Slow:
    return Slow(place, request.param, is_made)


# --- After a logout.


def test_after_a_logout_it_lets_nobody_in(place: Site, slow: Slow) -> None:
    jar = place.signed_in()
    before = jar.copied()

    only_slow = slow.is_overtaken_by(jar, "POST /out")

    assert place.store.of_user("ada") == []
    for each in (jar, before, only_slow):
        assert place.who(each.copied()) == "None, stale"
        each.restarts()
        place.waits()
        assert place.who(each) == "None, stale"
    assert not place.alarms


@pytest.mark.parametrize("ask", ["GET /read", "GET /write"])
def test_nor_does_one_that_was_to_bring_a_new_pair(
    is_permanent: bool, is_made: str, ask: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)
    before = jar.copied()

    only_slow = Slow(place, ask, is_made).is_overtaken_by(jar, "POST /out")

    assert place.store.of_user("ada") == []
    for each in (jar, before, only_slow):
        assert place.who(each) == "None, stale"
    assert not place.alarms


# --- After a proof.


def test_after_a_proof_she_is_still_in_and_fresh(place: Site, slow: Slow) -> None:
    jar = place.signed_in()

    slow.is_overtaken_by(jar, "POST /again")

    assert place.who(jar) == "ada, fresh"
    place.waits()
    assert place.who(jar) == "ada, fresh"
    assert not place.alarms


def test_after_a_proof_the_old_token_is_dead(place: Site, slow: Slow) -> None:
    jar = place.signed_in()
    before = jar.copied(*SIGN_IN)

    only_slow = slow.is_overtaken_by(jar, "POST /again").copied(*SIGN_IN)

    for each in (before, only_slow):
        assert place.who(each.copied()) == "None, stale"
    assert place.who(jar) == "ada, fresh"
    for each in (before, only_slow):
        assert place.who(each) == "None, stale"


def test_after_a_proof_she_is_remembered_still(
    is_permanent: bool, is_made: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in()
    Slow(place, "GET /write", is_made).is_overtaken_by(jar, "POST /again")
    place.who(jar)

    place.waits()

    assert place.who(jar.copied(REMEMBER)) == "ada, stale"
    assert not place.alarms


def test_who_was_seen_stale_before_is_fresh_by_the_proof(
    is_permanent: bool, is_made: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)
    assert place.who(jar) == "ada, stale"
    assert place.who(jar) == "ada, stale"

    Slow(place, "GET /write", is_made).is_overtaken_by(jar, "POST /again")

    assert place.who(jar) == "ada, fresh"
    assert not place.alarms


def test_so_is_who_had_not_been_seen_with_the_new_pair(
    is_permanent: bool, is_made: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)
    place.who(jar)

    Slow(place, "GET /write", is_made).is_overtaken_by(jar, "POST /again")

    assert place.who(jar) == "ada, fresh"
    place.waits()
    assert place.who(jar.copied(REMEMBER)) == "ada, stale"
    assert not place.alarms


# --- After a new password.


def test_after_a_new_password_she_is_still_in(place: Site, slow: Slow) -> None:
    jar = place.signed_in()

    slow.is_overtaken_by(jar, "POST /password")

    assert place.who(jar) == "ada, fresh"
    place.waits()
    assert place.who(jar) == "ada, fresh"
    assert not place.alarms


def test_after_a_new_password_the_others_are_out(place: Site, slow: Slow) -> None:
    other, jar = place.signed_in(), place.signed_in()

    slow.is_overtaken_by(jar, "POST /password")

    assert place.who(other) == "None, stale"
    other.restarts()
    assert place.who(other) == "None, stale"
    assert place.who(jar) == "ada, fresh"
    assert len(place.store.of_user("ada")) == 1


def test_after_a_new_password_the_old_token_is_dead(place: Site, slow: Slow) -> None:
    jar = place.signed_in()
    before = jar.copied(*SIGN_IN)

    only_slow = slow.is_overtaken_by(jar, "POST /password").copied(*SIGN_IN)

    for each in (before, only_slow):
        assert place.who(each) == "None, stale"
    assert place.who(jar) == "ada, fresh"


def test_a_copy_from_before_a_new_password_is_nobody_and_harms_nobody(
    is_permanent: bool, is_made: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in()
    copy = jar.copied()

    Slow(place, "GET /write", is_made).is_overtaken_by(jar, "POST /password")

    assert place.who(copy) == "None, stale"
    place.clock.passes(TOO_LATE)
    copy.restarts()
    assert place.who(copy) == "None, stale"
    assert place.who(jar) == "ada, fresh"
    assert not place.alarms


def test_a_page_begun_before_she_is_kept_in_and_made_after_it_closes_nothing(
    place: Site,
) -> None:
    jar = place.signed_in()
    is_changed, may_go_on = Event(), Event()

    def stop_in_the_middle() -> None:
        is_changed.set()
        may_go_on.wait(PATIENCE)

    place.meanwhile = stop_in_the_middle
    with ThreadPoolExecutor() as pool:
        quick = pool.submit(place.asked, jar.sent, "POST /password")
        is_changed.wait(PATIENCE)

        def have_it_finished() -> None:
            may_go_on.set()
            quick.result(PATIENCE)

        place.meanwhile = have_it_finished
        slow = place.asked(jar.sent, "GET /read")
    jar.takes(slow.headers)
    jar.takes(quick.result().headers)

    assert place.who(jar) == "ada, fresh"


def test_who_is_closed_while_changing_the_password_is_out_and_sees_no_error(
    place: Site,
) -> None:
    jar = place.signed_in()
    place.meanwhile = lambda: place.register.close_all("ada")

    answer = place.asked(jar.sent, "POST /password")
    jar.takes(answer.headers)

    assert answer.status_code == 200
    assert place.who(jar) == "None, stale"
    assert place.store.of_user("ada") == []


# --- With a pair that was not seen before.


@pytest.mark.parametrize("is_made", ["around", "after"])
@pytest.mark.parametrize("ask", ["POST /again", "POST /password"])
def test_one_that_finds_no_pair_to_bring_does_no_harm(
    is_permanent: bool, is_made: str, ask: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)

    Slow(place, "GET /read", is_made).is_overtaken_by(jar, ask)

    assert place.who(jar).startswith("ada")
    place.waits()
    assert place.who(jar.copied(REMEMBER)) == "ada, stale"
    assert not place.alarms


def test_one_whose_pair_is_older_than_a_proof_is_not_fresh_by_it(
    is_permanent: bool,
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)

    slow = Slow(place, "GET /read", "before")
    only_slow = slow.is_overtaken_by(jar, "POST /again")

    for each in (jar, only_slow):
        assert place.who(each).endswith("stale")
    assert not place.alarms


def test_a_new_password_makes_nobody_fresh_who_was_not(is_permanent: bool) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)

    place.gets(jar, "POST /password")

    assert place.who(jar) == "ada, stale"


@pytest.mark.parametrize("ask", ["POST /again", "POST /password"])
def test_a_proof_counts_though_the_answer_before_it_was_lost(
    is_permanent: bool, ask: str
) -> None:
    place = Site(is_permanent, remember=True)
    jar = place.signed_in().copied(REMEMBER)
    place.asked(jar.sent, "GET /read")

    place.gets(jar, ask)

    assert place.who(jar) == ("ada, fresh" if ask == "POST /again" else "ada, stale")
