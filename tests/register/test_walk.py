"""Remember-me with a register, walked at random: on a bad line, and with a thief.

Each browser has a jar of its own, so that an answer may be lost on its way, come twice,
or come late and after others. Whoever is honest stays in; a thief is noticed.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request, session
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, MetaData, create_engine, update
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    confirm_login,
    current_user,
    login_fresh,
    login_user,
    remember_token_reused,
)
from flask_signet.cookie import DeviceValue
from flask_signet.signins import Register, SignIn
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from register.jar import Jar
from support import DAY, HOUR, KEY, MINUTE, SECOND, Clock, Member

REMEMBER = "remember_token"

GRACE = 30 * SECOND
"""How long a request and its answer may take, and be none the worse for it."""

TOO_LATE = GRACE + SECOND

A_MOMENT = 10 * SECOND
"""It takes so long at least to type a password, or to open a browser anew."""


class Site:
    """Ada's, with a register; a session ends at rest within two hours."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore()
        self.alarms: list[SignIn] = []
        self.inside: list[tuple[str, str]] = []
        """What is asked while another request is being answered."""
        self.answered: list[TestResponse] = []
        register = Register(
            self.store, idle=HOUR, remember=1000 * DAY, clock=self.clock
        )
        self.app = site_with(register, self.meanwhile)
        self.app.login_manager.clock = self.clock  # type: ignore[attr-defined]
        remember_token_reused.connect(self._hears, self.app)

    def _hears(self, app: Flask, signin: SignIn) -> None:
        self.alarms.append(signin)

    def meanwhile(self) -> None:
        if self.inside:
            self.answered.append(self.asked(*self.inside.pop()))

    def asked(self, sent: str, path: str = "/who") -> TestResponse:
        """Answer a request that was sent with these cookies."""
        client = self.app.test_client(use_cookies=False)
        method = "GET" if path in {"/who", "/cart"} else "POST"
        return client.open(path, method=method, headers={"Cookie": sent})

    def asked_at_once(self, sent: str, paths: list[str]) -> list[TestResponse]:
        """Answer the last first: each is asked before the one before it is answered."""
        first, *self.inside = reversed([(sent, path) for path in paths])
        self.answered = []
        self.answered.append(self.asked(*first))
        return self.answered

    def who(self, jar: Jar, path: str = "/who") -> str:
        """Ask, and have the answer arrive."""
        answer = self.asked(jar.sent, path)
        jar.takes(answer.headers)
        return answer.text

    def owner(self) -> Jar:
        jar = Jar()
        self.who(jar, "/in")
        return jar

    def row(self) -> SignIn:
        (row,) = self.store.of_user("ada")
        return row

    def value(self, jar: Jar) -> DeviceValue:
        value = DeviceValue.read(jar.cookies[REMEMBER][0], (KEY,), "")
        assert value is not None
        return value


def site_with(register: Register, meanwhile: Callable[[], None]) -> Flask:
    app = Flask("site")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    manager: Any = LoginManager(app, register=register)
    ada = Member("ada")
    manager.user_loader({"ada": ada}.get)

    @app.post("/in")
    def sign_in() -> str:
        login_user(ada, remember=True)
        return "ada"

    @app.post("/again")
    def again() -> str:
        confirm_login()
        return str(current_user.get_id())

    @app.get("/who")
    def who() -> str:
        found = str(current_user.get_id())
        meanwhile()
        return found

    @app.get("/cart")
    def cart() -> str:
        session["things"] = session.get("things", 0) + 1
        return who()

    @app.post("/how")
    def how() -> str:
        return f"{current_user.get_id()}, fresh" if login_fresh() else who()

    return app


@pytest.fixture
def own() -> Site:
    return Site()


# --- Honest, on a bad line.


@dataclass(frozen=True)
class Ask:
    """A page is asked for."""

    path: str
    there: int
    """Seconds until the request has reached the site."""

    back: int
    """Seconds until the answer has reached the browser."""

    luck: int
    """Of a hundred; below the share of losses the answer never comes."""

    twice: int | None = None
    """Seconds until the answer comes a second time."""

    def take(self, walk: "Walk") -> None:
        walk.sends([self], self.there)


@dataclass(frozen=True)
class Tabs:
    """Several pages are asked for at once, and each before another is answered."""

    asks: tuple[Ask, ...]

    def take(self, walk: "Walk") -> None:
        walk.sends([*self.asks], self.asks[0].there)


@dataclass(frozen=True)
class Proof:
    """Ada proves who she is, while no answer with new secrets is under way."""

    ask: Ask

    def take(self, walk: "Walk") -> None:
        walk.waits(A_MOMENT)
        if not walk.secrets_under_way:
            walk.sends([self.ask], 0)


@dataclass(frozen=True)
class Restart:
    """Ada closes her browser, and opens it again."""

    def take(self, walk: "Walk") -> None:
        walk.waits(A_MOMENT)
        walk.restarts()


@dataclass(frozen=True)
class Wait:
    time: timedelta

    def take(self, walk: "Walk") -> None:
        walk.waits(self.time)


Move = Ask | Tabs | Proof | Restart | Wait


class Walk:
    """Ada and her browser, and what is under way between it and the site."""

    def __init__(self, losses: int) -> None:
        self.losses = losses
        self.site = Site()
        self.jar = self.site.owner()
        self.life = 0
        self.secrets_under_way = 0
        self._count = count()
        self._under_way: list[tuple[datetime, int, Callable[[], None]]] = []

    def takes(self, moves: list[Move]) -> None:
        for move in moves:
            move.take(self)
        self.waits(2 * GRACE)
        self.restarts()
        self.sends([Ask("/who", 0, 0, luck=99)], 0)
        assert len(self.site.store.of_user("ada")) == 1

    def sends(self, asks: list[Ask], there: int) -> None:
        sent, life = self.jar.sent, self.life
        generation = self.site.row().generation
        self._after(there, lambda: self._arrive(asks, sent, generation, life))
        self.waits(0 * SECOND)

    def restarts(self) -> None:
        """Close the browser: what was under way to it has nowhere to arrive."""
        self.jar.restarts()
        self.life += 1
        self.secrets_under_way = 0

    def waits(self, time: timedelta) -> None:
        clock = self.site.clock
        until = clock.now + time
        while self._under_way and self._under_way[0][0] <= until:
            clock.now, _, happen = heappop(self._under_way)
            happen()
        clock.now = until

    def _after(self, seconds: int, happen: Callable[[], None]) -> None:
        due = self.site.clock.now + seconds * SECOND
        heappush(self._under_way, (due, next(self._count), happen))

    def _arrive(self, asks: list[Ask], sent: str, generation: int, life: int) -> None:
        # Two new pairs may have been seen since it was sent, with a proof in between.
        is_overtaken = self.site.row().generation - generation > 1
        answers = self.site.asked_at_once(sent, [each.path for each in asks])

        assert not self.site.alarms
        assert is_overtaken or {each.text for each in answers} == {"ada"}
        for ask, answer in zip(reversed(asks), answers, strict=True):
            if ask.luck >= self.losses:
                self._send_back(answer, ask.back, life)
                if ask.twice is not None:
                    self._send_back(answer, ask.twice, life)

    def _send_back(self, answer: TestResponse, seconds: int, life: int) -> None:
        headers = answer.headers
        has_secrets = any(REMEMBER in each for each in headers.getlist("Set-Cookie"))

        def reach_the_browser() -> None:
            if life == self.life:
                self.jar.takes(headers)
                self.secrets_under_way -= has_secrets

        if life == self.life:
            self.secrets_under_way += has_secrets
            self._after(seconds, reach_the_browser)


# What is named more often is drawn more often. The way there and the way back take less
# than half a minute together, as long as nobody is to be the worse for it.
THERE = st.sampled_from([0, 0, 0, 1, 5, 14])
BACK = st.sampled_from([0, 0, 0, 1, 5, 15])
ASKS = st.builds(
    Ask,
    path=st.sampled_from(["/who", "/who", "/cart"]),
    there=THERE,
    back=BACK,
    luck=st.integers(0, 99),
    twice=st.none() | st.none() | BACK,
)
PROOFS = st.builds(
    Ask, path=st.just("/again"), there=st.just(0), back=BACK, luck=st.integers(0, 99)
)
TIMES = [SECOND, 5 * SECOND, GRACE - SECOND, GRACE, TOO_LATE, 10 * MINUTE, 2 * HOUR]
MOVES = st.one_of(
    ASKS,
    ASKS,
    st.lists(ASKS, min_size=2, max_size=4).map(tuple).map(Tabs),
    st.sampled_from([*TIMES, DAY, 5 * DAY]).map(Wait),
    st.sampled_from([*TIMES, DAY, 5 * DAY]).map(Wait),
    st.just(Restart()),
    PROOFS.map(Proof),
)
LOSSES = st.sampled_from([0, 1, 10, 30])

# The same walks each time, and nothing is kept between two runs. For the shortest walk
# that fails there is Phase.shrink, which takes minutes.
AS_EVER = settings(
    derandomize=True, deadline=None, database=None, phases=[Phase.generate]
)


@settings(AS_EVER, max_examples=100)
@given(moves=st.lists(MOVES, min_size=10, max_size=40), losses=LOSSES)
def test_whoever_is_honest_stays_in_on_a_bad_line(
    moves: list[Move], losses: int
) -> None:
    Walk(losses).takes(moves)


@pytest.mark.slow
@settings(AS_EVER, max_examples=300)
@given(moves=st.lists(MOVES, min_size=20, max_size=60), losses=LOSSES)
def test_whoever_is_honest_stays_in_on_a_bad_line_for_long(
    moves: list[Move], losses: int
) -> None:
    Walk(losses).takes(moves)


def test_of_ten_tabs_that_open_at_once_one_gets_a_pair(own: Site) -> None:
    jar = own.owner()
    jar.restarts()

    answers = own.asked_at_once(jar.sent, ["/who"] * 10)

    assert [each.text for each in answers] == ["ada"] * 10
    assert sum("Set-Cookie" in each.headers for each in answers) == 1


def test_so_it_is_after_a_visit_of_one_page(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.who(jar)
    jar.restarts()  # and the pair that it got has not been seen

    answers = own.asked_at_once(jar.sent, ["/who"] * 10)

    assert [each.text for each in answers] == ["ada"] * 10
    assert sum("Set-Cookie" in each.headers for each in answers) <= 1


def test_answers_to_two_tabs_may_arrive_in_any_order(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.who(jar)
    jar.restarts()

    for answer in reversed(own.asked_at_once(jar.sent, ["/who", "/who"])):
        jar.takes(answer.headers)

    assert own.who(jar) == "ada"


def test_a_proof_whose_answer_is_lost_puts_nobody_out(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.who(jar)
    own.asked(jar.sent, "/again")

    assert own.who(jar) == "ada"
    own.clock.passes(TOO_LATE)
    assert own.who(jar) == "ada"


def test_what_was_under_way_during_a_proof_takes_no_cookie_away(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.who(jar)
    before = jar.sent
    own.who(jar, "/again")

    late = own.asked(before)

    assert late.text == "ada"
    assert "Set-Cookie" not in late.headers


def test_a_request_that_two_pairs_have_overtaken_is_no_theft(own: Site) -> None:
    jar = own.owner()
    before = jar.sent
    for _ in range(2):
        own.who(jar, "/again")
        own.who(jar)

    jar.takes(own.asked(before).headers)

    assert not own.alarms
    assert own.who(jar) == "ada"
    jar.restarts()
    assert own.who(jar) == "ada"


# --- Later than half a minute.


@dataclass
class Late:
    """An answer with new secrets that takes so long that others are given out."""

    site: Site
    jar: Jar = field(init=False)
    answer: TestResponse = field(init=False)
    replacement: TestResponse = field(init=False)

    def __post_init__(self) -> None:
        self.jar = self.site.owner()
        self.jar.restarts()
        self.answer = self.site.asked(self.jar.sent)
        self.site.clock.passes(GRACE)
        self.replacement = self.site.asked(self.jar.sent)


@pytest.fixture
def late(own: Site) -> Late:
    return Late(own)


def test_within_half_a_minute_nothing_else_is_given_out(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.asked(jar.sent)
    own.clock.passes(GRACE - SECOND)

    again = own.asked(jar.sent)

    assert again.text == "ada"
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize("is_seen", [False, True], ids=["unseen", "seen"])
def test_a_pair_that_comes_after_its_replacement_is_nobody_and_no_thief(
    late: Late, is_seen: bool
) -> None:
    late.jar.takes(late.replacement.headers)
    if is_seen:
        assert late.site.who(late.jar) == "ada"

    late.jar.takes(late.answer.headers)

    assert late.site.who(late.jar) == "None"
    assert not late.site.alarms


def test_a_pair_that_comes_before_its_replacement_does_no_harm(late: Late) -> None:
    late.jar.takes(late.answer.headers)
    late.jar.takes(late.replacement.headers)

    assert late.site.who(late.jar) == "ada"
    late.jar.restarts()
    assert late.site.who(late.jar) == "ada"
    assert not late.site.alarms


def test_whoever_was_put_out_so_signs_in_again_and_stays(late: Late) -> None:
    late.jar.takes(late.replacement.headers)
    late.jar.takes(late.answer.headers)
    late.site.who(late.jar)

    late.site.who(late.jar, "/in")

    for _ in range(3):
        late.site.clock.passes(TOO_LATE)
        late.jar.restarts()
        assert late.site.who(late.jar) == "ada"
    assert not late.site.alarms


# --- A thief.

ALL = ()
COPIES = pytest.mark.parametrize("names", [ALL, (REMEMBER,)], ids=["all", "remember"])


@dataclass
class Chase:
    """The owner and a thief, each with a jar; and when the theft must be noticed.

    Whoever uses the site asks for a page and for what is on it. So new secrets are seen
    at once, and from then on the other one's count as used before.
    """

    site: Site = field(default_factory=Site)
    jars: dict[str, Jar] = field(default_factory=dict)
    copied: int = 0
    first: str | None = None
    """Who has been seen with secrets that the other one has not."""

    seen_at: datetime | None = None
    is_noticed: bool = False

    def __post_init__(self) -> None:
        self.jars["owner"] = self.site.owner()

    def is_stolen(self, *names: str) -> None:
        owner = self.jars["owner"]
        self.copied = self.site.value(owner).generation
        self.jars["thief"] = owner.copied(*names)

    def uses(self, who: str) -> None:
        now = self.site.clock.now
        if self.seen_at and self.first != who and now - self.seen_at >= GRACE:
            self.is_noticed = True
        expected = "None" if self.is_noticed else "ada"

        assert [self.site.who(self.jars[who]) for _ in range(2)] == [expected] * 2
        assert len(self.site.alarms) == self.is_noticed
        assert len(self.site.store.of_user("ada")) == (not self.is_noticed)
        is_ahead = not self.is_noticed and self.site.row().generation > self.copied
        if "thief" in self.jars and is_ahead and self.first is None:
            self.first, self.seen_at = who, now

    def restarts(self, who: str) -> None:
        self.site.clock.passes(MINUTE)
        self.jars[who].restarts()

    def waits(self, time: timedelta) -> None:
        self.site.clock.passes(time)

    def ends(self) -> None:
        """Have both go on until it cannot but be noticed."""
        self.restarts("owner")
        self.uses("owner")
        self.waits(GRACE)
        self.uses("thief")
        self.uses("owner")
        assert self.is_noticed
        self.waits(DAY)
        self.uses("thief")
        self.uses("owner")


Act = tuple[Callable[..., None], Any]


def acts_of(*people: str) -> st.SearchStrategy[list[Act]]:
    who = st.sampled_from(people)
    use = st.tuples(st.just(Chase.uses), who)
    restart = st.tuples(st.just(Chase.restarts), who)
    wait = st.tuples(st.just(Chase.waits), st.sampled_from([*TIMES, DAY]))
    return st.lists(st.one_of(use, use, restart, wait), min_size=5, max_size=30)


@settings(AS_EVER, max_examples=100)
@given(
    before=acts_of("owner"),
    names=st.sampled_from([ALL, (REMEMBER,)]),
    after=acts_of("owner", "thief"),
)
def test_a_thief_is_noticed_wherever_they_go(
    before: list[Act], names: tuple[str, ...], after: list[Act]
) -> None:
    chase = Chase()
    for act, what in before:
        act(chase, what)
    chase.is_stolen(*names)

    for act, what in after:
        act(chase, what)

    chase.ends()


@COPIES
@pytest.mark.parametrize(
    ("first", "second"),
    [("owner", "thief"), ("thief", "owner")],
    ids=["owner", "thief"],
)
def test_the_second_to_come_back_gives_the_theft_away(
    own: Site, names: tuple[str, ...], first: str, second: str
) -> None:
    owner = own.owner()
    jars = {"owner": owner, "thief": owner.copied(*names)}
    jars[first].restarts()
    assert [own.who(jars[first]), own.who(jars[first])] == ["ada", "ada"]
    handle = own.row().handle

    own.clock.passes(GRACE)
    assert own.who(jars[second]) == "None"

    assert [each.handle for each in own.alarms] == [handle]
    assert own.store.of_user("ada") == []
    for jar in jars.values():
        assert own.who(jar) == "None"
        jar.restarts()
        assert own.who(jar) == "None"
    assert len(own.alarms) == 1


@COPIES
def test_for_half_a_minute_the_second_is_answered_and_given_nothing(
    own: Site, names: tuple[str, ...]
) -> None:
    owner = own.owner()
    second = owner.copied(*names)
    owner.restarts()
    own.who(owner)
    own.who(owner)
    own.clock.passes(GRACE - SECOND)

    answer = own.asked(second.sent, "/how")

    assert answer.text == "ada"  # and not fresh
    assert "Set-Cookie" not in answer.headers
    assert not own.alarms


def test_a_thief_who_renews_without_a_pause_is_noticed_all_the_same(own: Site) -> None:
    owner = own.owner()
    thief = owner.copied()
    for _ in range(5):
        own.clock.passes(GRACE - SECOND)
        thief.restarts()
        own.who(thief)
        own.who(thief)

    assert own.who(owner) == "None"

    assert len(own.alarms) == 1
    assert own.who(thief) == "None"


def test_a_value_from_two_generations_ago_closes_the_sign_in(own: Site) -> None:
    jar = own.owner()
    old = jar.copied(REMEMBER)
    for _ in range(2):
        own.clock.passes(HOUR)
        jar.restarts()
        own.who(jar)
        own.who(jar)
    own.clock.passes(GRACE)
    assert own.value(jar).generation == own.value(old).generation + 2

    assert own.who(old) == "None"

    assert len(own.alarms) == 1
    assert own.who(jar) == "None"


# --- Forged.


@pytest.mark.parametrize("generation", [0, 1, 2, 3, 9])
def test_what_was_not_signed_here_does_nothing(own: Site, generation: int) -> None:
    jar = own.owner()
    true = own.value(jar)._replace(generation=generation)
    forged = true.signed(own.clock(), ("somebody else's key",), "")
    was = own.row()

    assert own.who(Jar({REMEMBER: (forged, True)})) == "None"

    assert own.row() == was
    assert not own.alarms
    assert own.who(jar) == "ada"


@pytest.mark.parametrize("generation", [3, 4, 9], ids=["present", "next", "later"])
def test_who_knows_the_key_and_not_the_secret_comes_in_nowhere(
    own: Site, generation: int
) -> None:
    jar = own.owner()
    for _ in range(2):
        own.clock.passes(HOUR)
        jar.restarts()
        own.who(jar)
        own.who(jar)
    guess = DeviceValue(own.row().handle, generation, "a guess")
    was = own.row()

    guessed = guess.signed(own.clock(), (KEY,), "")
    assert own.who(Jar({REMEMBER: (guessed, True)})) == "None"

    assert own.row() == was
    assert not own.alarms
    assert own.who(jar) == "ada"


def test_nor_does_a_guess_while_a_pair_is_pending(own: Site) -> None:
    jar = own.owner()
    jar.restarts()
    own.who(jar)
    guess = DeviceValue(own.row().handle, own.row().generation + 1, "a guess")

    guessed = guess.signed(own.clock(), (KEY,), "")
    assert own.who(Jar({REMEMBER: (guessed, True)})) == "None"

    assert own.row().pending_remember_digest is not None
    assert own.who(jar) == "ada"


# --- A process that dies between the swap and the answer.

DIES = "/who?die"
PATIENCE = 30


def mortal_site() -> Flask:
    """Make a site whose process kills itself before it answers, if it is asked to."""
    register = Register(store_in(os.environ["SITE_DATABASE"]))
    app = site_with(register, lambda: None)

    @app.after_request
    def die(response: Response) -> Response:
        if "die" in request.args:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return app


def store_in(file: str, engine: Engine | None = None) -> SQLAlchemyStore:
    engine = engine or create_engine(f"sqlite:///{file}")
    store = SQLAlchemyStore(engine=engine, metadata=MetaData())
    store.create_all()
    return store


class Server:
    """One worker before a database in a file."""

    def __init__(self, listener: socket.socket) -> None:
        self._port = listener.getsockname()[1]

    def who(self, jar: Jar, path: str = "/who") -> str:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        method = "POST" if path == "/in" else "GET"
        try:
            connection.request(method, path, headers={"Cookie": jar.sent})
            answer = connection.getresponse()
            jar.takes(Headers(answer.getheaders()))
            return answer.read().decode()
        finally:
            connection.close()


@contextmanager
def served(file: Path) -> Iterator[Server]:
    here = Path(__file__).parent
    paths = [str(here), str(here.parent), *sys.path]
    arguments = [
        "--workers=1",
        "--no-control-socket",
        f"{Path(__file__).stem}:mortal_site()",
    ]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "gunicorn",
                f"--bind=fd://{listener.fileno()}",
                *arguments,
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "SITE_DATABASE": str(file),
            },
            pass_fds=[listener.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Server(listener)
        finally:
            process.terminate()
            process.wait(PATIENCE)


@pytest.mark.slow
def test_a_process_killed_before_it_could_answer_puts_nobody_out(
    tmp_path: Path,
) -> None:
    file = tmp_path / "site.sqlite"
    engine = create_engine(f"sqlite:///{file}")
    store, jar = store_in(str(file), engine), Jar()
    with served(file) as server:
        server.who(jar, "/in")
        jar.restarts()
        with suppress(HTTPException, ConnectionError):
            server.who(jar, DIES)
            pytest.fail("It has answered.")
        (pending,) = store.of_user("ada")
        assert pending.pending_digest is not None

        assert server.who(jar) == "ada"
        with engine.begin() as database:
            made_at = store.table.c.pending_at
            earlier = made_at - TOO_LATE // timedelta(microseconds=1)
            database.execute(update(store.table).values(pending_at=earlier))
        assert server.who(jar) == "ada"
        jar.restarts()
        assert server.who(jar) == "ada"

    (row,) = store.of_user("ada")
    assert row.pending_digest != pending.pending_digest
    engine.dispose()
