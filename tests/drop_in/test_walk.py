"""The same random walk through both libraries, compared at every step."""

from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from drop_in.both import REMEMBER, one_time
from drop_in.differences import MET, Met
from drop_in.walk import (
    RESTART,
    WAITS,
    Ask,
    DisagreementError,
    Turn,
    Walk,
    get,
    log_in,
    move,
    post,
    wait,
)
from support import Clock

# What is named more often is drawn more often.
NAMES = st.sampled_from(["ada", "ada", "bob", "eve"])
KEYS = st.sampled_from(["", "", "", "ada", "bob", "eve", "nobody"])
ROOMS = st.sampled_from(["/who", "/who", "/secret", "/fresh", "/how", "/süß"])
HALLS = st.sampled_from(
    [get("/public"), get("/template"), get("/flashes"), Ask("OPTIONS", "/letters")]
)
FORMS = st.sampled_from(
    ["/cart/a present", "/confirm", "/confirm", "/secret", "/fresh", "/permanent"]
)
DAILY = st.one_of(
    st.sampled_from(WAITS).map(wait),
    st.sampled_from(["192.0.2.1", "198.51.100.2", "2001:db8::7"]).map(move),
    st.sampled_from(["a browser", "another"]).map(partial(Turn, "takes_another_agent")),
    st.just(RESTART),
    st.just(RESTART),
)
MISCHIEF = st.one_of(
    st.just(Turn("copies_cookies")),
    st.sampled_from(["session", REMEMBER]).map(partial(Turn, "puts_back")),
    st.just(Turn("keeps_for_ever")),
    st.sampled_from(["session", REMEMBER]).map(partial(Turn, "spoils")),
    st.just(Turn("puts_a_signed_text", "ada")),
    st.just(Turn("puts_odd_letters")),
)
OFFICE = st.one_of(
    st.builds(
        Turn,
        st.sampled_from(["deactivates", "activates", "deletes", "restores"]),
        st.sampled_from(["ada", "bob"]),
    ),
    st.just(Turn("changes_its_key")),
)

STEPS = 50
"""How many a walk has at most."""

# The same walks each time, and nothing is kept between two runs.
AS_EVER = settings(
    stateful_step_count=STEPS, derandomize=True, deadline=None, database=None
)


def test_on_a_short_walk_the_two_libraries_agree() -> None:
    run_state_machine_as_test(Walker, settings=settings(AS_EVER, max_examples=18))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_a_long_walk_the_two_libraries_agree() -> None:
    run_state_machine_as_test(Walker, settings=settings(AS_EVER, max_examples=220))


def named(difference: Met) -> str:
    return f"{difference.code} {difference.name}"


@pytest.mark.parametrize("difference", MET, ids=named)
def test_a_difference_accounts_for_its_play(difference: Met, time: Clock) -> None:
    Walk(MET, time, difference.settings).takes(*difference.play)


@pytest.mark.parametrize("difference", MET, ids=named)
def test_no_other_difference_accounts_for_its_play(
    difference: Met, time: Clock
) -> None:
    others = [each for each in MET if each is not difference]
    walk = Walk(others, time, difference.settings)
    *before, last = difference.play
    walk.takes(*before)

    with pytest.raises(DisagreementError):
        walk.takes(last)


class Walker(RuleBasedStateMachine):
    """Walks at random."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.opened = ExitStack()
        self.opened.enter_context(one_time(self.clock))

    def teardown(self) -> None:
        self.opened.close()

    @initialize(
        protection=st.sampled_from(["basic", "basic", "strong", None]),
        refreshing=st.sampled_from([False, False, True]),
        lax=st.booleans(),
        in_session=st.booleans(),
    )
    def begin(
        self, protection: str | None, refreshing: bool, lax: bool, in_session: bool
    ) -> None:
        given: dict[str, Any] = {
            "SESSION_PROTECTION": protection,
            "REMEMBER_COOKIE_REFRESH_EACH_REQUEST": refreshing,
            "SESSION_COOKIE_SAMESITE": "Lax" if lax else None,
            "USE_SESSION_FOR_NEXT": in_session,
        }
        self.walk = Walk(MET, self.clock, given)

    @rule(
        name=NAMES,
        remember=st.booleans(),
        seconds=st.sampled_from([None, None, "90", "7200"]),
        rest=st.sets(st.sampled_from(["force", "stale"])),
    )
    def log_in(
        self, name: str, remember: bool, seconds: str | None, rest: set[str]
    ) -> None:
        form = dict.fromkeys(sorted(rest), "yes")
        if remember:
            form["remember"] = "yes"
        if remember and seconds:
            form["seconds"] = seconds
        self.walk.takes(log_in(name, **form))

    @rule(path=ROOMS, key=KEYS)
    def enter_a_room(self, path: str, key: str) -> None:
        self.walk.takes(get(path, key=key))

    @rule(path=ROOMS, turn=DAILY)
    def come_back(self, path: str, turn: Turn) -> None:
        self.walk.takes(turn, get(path))

    @rule(ask=HALLS)
    def cross_a_hall(self, ask: Ask) -> None:
        self.walk.takes(ask)

    @rule(path=FORMS)
    def send_a_form(self, path: str) -> None:
        self.walk.takes(post(path))

    @rule(path=st.sampled_from(["/out", "/out", "/out-and-clear"]))
    def log_out(self, path: str) -> None:
        self.walk.takes(post(path))

    @rule(turn=DAILY)
    def go_about(self, turn: Turn) -> None:
        self.walk.takes(turn)

    @rule(turn=MISCHIEF)
    def play_with_cookies(self, turn: Turn) -> None:
        self.walk.takes(turn)

    @rule(turn=OFFICE)
    def change_something_at_the_site(self, turn: Turn) -> None:
        self.walk.takes(turn)
