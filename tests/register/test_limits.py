"""How long a sign-in lasts by the register, how many there may be, by what clock."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask.views import MethodView

from flask_signet import ConfigError, login_required, passive
from flask_signet.signins import Full, Kind, SignIn
from register.house import Browser, House, cookies_set
from support import DAY, HOUR, MINUTE, SECOND, Clock, Site

IDLE = timedelta(minutes=30)

# --- At rest, and at most.


@pytest.mark.requirement("7.3.1")
@pytest.mark.parametrize(
    ("away", "who"),
    [
        pytest.param(IDLE - SECOND, "ada", id="a second short"),
        pytest.param(IDLE, "ada", id="the limit"),
        pytest.param(IDLE + MINUTE - SECOND, "ada", id="nearly a minute more"),
        pytest.param(IDLE + MINUTE, "None", id="a minute more"),
        pytest.param(IDLE + MINUTE + SECOND, "None", id="and a second"),
        pytest.param(365 * DAY, "None", id="a year"),
    ],
)
def test_who_rests_for_too_long_is_out(clock: Clock, away: timedelta, who: str) -> None:
    ada = House(clock, idle=IDLE).signed_in("ada")
    clock.passes(away)

    assert ada.who() == who


@pytest.mark.requirement("7.3.1", "7.3.2")
def test_who_goes_on_stays_in_until_the_end(clock: Clock) -> None:
    house = House(clock, idle=IDLE, lifetime=HOUR * 8)
    ada = house.signed_in("ada")
    for _ in range(15):
        clock.passes(IDLE)
        assert ada.who() == "ada"
    clock.passes(IDLE - SECOND)
    assert ada.who() == "ada"
    clock.passes(SECOND)

    assert ada.who() == "None"
    assert house.told(Kind.EXPIRED) == [("expired", "ada", "")]


def test_without_a_limit_at_rest_only_the_end_counts(clock: Clock) -> None:
    ada = House(clock, idle=None).signed_in("ada")
    clock.passes(30 * DAY - SECOND)
    assert ada.who() == "ada"
    clock.passes(SECOND)

    assert ada.who() == "None"


@pytest.mark.requirement("7.3.2")
@pytest.mark.parametrize(
    ("how", "act"),
    [
        pytest.param({}, lambda ada: None, id="in"),
        pytest.param({"remember": "yes"}, lambda ada: None, id="remembered"),
        pytest.param(
            {"remember": "yes"}, lambda ada: ada.restarts(), id="back each time"
        ),
    ],
)
def test_who_is_busy_each_minute_is_out_at_the_end_all_the_same(
    clock: Clock, how: dict[str, str], act: Callable[[Browser], None]
) -> None:
    house = House(clock, lifetime=HOUR, remember=HOUR)
    ada = house.signed_in("ada", **how)
    for _ in range(59):
        clock.passes(MINUTE)
        act(ada)
        assert [ada.who(), ada.who()] == ["ada", "ada"]
    clock.passes(MINUTE - SECOND)
    assert ada.who() == "ada"
    clock.passes(SECOND)

    assert ada.who() == "None"


@pytest.mark.requirement("7.3.2")
def test_to_come_back_does_not_move_the_end(house: House, ada: Browser) -> None:
    ends = house.row().ends
    for _ in range(4):
        house.clock.passes(7 * DAY)
        ada.restarts()
        assert [ada.who(), ada.who()] == ["ada", "ada"]
    assert house.row().ends == ends
    house.clock.passes(2 * DAY)

    assert ada.who() == "None"


@pytest.mark.parametrize(
    ("idle", "every"),
    [
        pytest.param(IDLE, MINUTE, id="a minute"),
        pytest.param(timedelta(seconds=100), 10 * SECOND, id="a tenth"),
        pytest.param(None, MINUTE, id="no limit"),
    ],
)
def test_it_is_written_at_most_so_often(
    clock: Clock, idle: timedelta | None, every: timedelta
) -> None:
    house = House(clock, idle=idle)
    ada = house.signed_in("ada")
    house.shelf.asked.clear()

    clock.passes(every - SECOND)
    ada.who()
    assert house.shelf.asked == ["get"]
    clock.passes(SECOND)
    answer = ada.get("/who")
    ada.who()

    assert house.shelf.asked == ["get", "get", "touch", "get"]
    assert cookies_set(answer) == []
    assert house.row().seen_at == clock()


@pytest.mark.parametrize("path", ["/", "/who"])
def test_only_a_page_that_asks_who_it_is_is_a_use(
    house: House, clock: Clock, path: str
) -> None:
    ada = house.signed_in("ada")
    clock.passes(4 * DAY)
    ada.get(path)
    clock.passes(4 * DAY)

    assert ada.who() == ("ada" if path == "/who" else "None")


# --- Asking by itself is no use.


@pytest.mark.requirement("7.3.1")
def test_a_poll_is_no_use(house: House, clock: Clock) -> None:
    ada = house.signed_in("ada")
    for _ in range(7):
        clock.passes(DAY)
        assert ada.get("/poll").text == "nothing new"
    clock.passes(MINUTE)

    assert ada.get("/poll").status_code == 302


def test_a_poll_brings_back_who_is_remembered(
    house: House, ada: Browser, clock: Clock
) -> None:
    clock.passes(8 * DAY)

    assert ada.get("/poll").status_code == 200
    assert ada.who() == "ada"


class Poll(MethodView):
    """A class of views that a page asks by itself."""

    def get(self) -> str:
        return "nothing new"


@pytest.mark.requirement("7.3.1")
@pytest.mark.parametrize("kind", ["function", "inside", "class", "decorated class"])
@pytest.mark.parametrize("has_register", [True, False])
def test_a_poll_is_none_however_it_is_marked(
    clock: Clock, kind: str, has_register: bool
) -> None:
    """Over the guard or under it, a function or a class; on floor 1 as well."""
    made: Any = (
        House(clock, idle=IDLE) if has_register else Site(clock, SIGNET_IDLE=IDLE)
    )
    made.app.add_url_rule("/ask", view_func=_marked(kind))
    ada = made.visitor() if not has_register else made.browser()
    ada.signs_in("ada")
    for _ in range(2):
        clock.passes(IDLE / 2)
        assert ada.get("/ask").text == "nothing new"
    clock.passes(MINUTE)

    assert ada.who() == "None"


def _marked(kind: str) -> Any:
    def ask() -> str:
        return "nothing new"

    if kind == "function":
        return passive(login_required(ask))
    if kind == "inside":
        return login_required(passive(ask))

    class Asked(Poll):
        decorators = [login_required]  # noqa: RUF012 (Flask's)

    if kind == "class":
        return passive(Asked).as_view("ask")
    return passive(Asked.as_view("ask"))


def test_a_page_that_is_not_there_is_no_poll(house: House, clock: Clock) -> None:
    @house.app.errorhandler(404)
    def not_found(_: Exception) -> tuple[str, int]:
        from flask_signet import current_user

        return str(current_user.get_id()), 404

    ada = house.signed_in("ada")
    clock.passes(4 * DAY)
    assert ada.get("/nowhere").text == "ada"
    clock.passes(4 * DAY)

    assert ada.who() == "ada"


# --- How many.


def test_at_most_so_many_browsers_are_in(clock: Clock) -> None:
    house = House(clock, at_most=2)
    browsers = []
    for _ in range(4):
        clock.passes(SECOND)
        browsers.append(house.signed_in("ada"))

    assert [each.who() for each in browsers] == ["None", "None", "ada", "ada"]
    assert house.told(Kind.EVICTED) == [("evicted", "ada", "")] * 2


def test_each_person_has_as_many(clock: Clock) -> None:
    house = House(clock, at_most=1)
    ada, bob = house.signed_in("ada"), house.signed_in("bob")

    assert (ada.who(), bob.who()) == ("ada", "bob")


def test_what_is_over_does_not_count(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.signed_in("ada")
    clock.passes(8 * DAY)

    assert house.signed_in("ada").who() == "ada"


def test_what_is_at_rest_counts(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.signed_in("ada", remember="yes")
    clock.passes(8 * DAY)

    with pytest.raises(Full):
        house.signed_in("ada")


def test_an_application_that_gives_no_handle_is_told_so(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full=lambda signins: signins[0])
    house.signed_in("ada")

    with pytest.raises(ConfigError, match="gave a SignIn; it should give the handle"):
        house.signed_in("ada")


def test_who_is_refused_changes_nothing_in_a_browser(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.app.register_error_handler(Full, lambda full: (f"{full}", 409))
    house.signed_in("ada")
    browser = house.browser()
    with browser.client.session_transaction() as held:
        held["cart"] = ["a book"]
    before = browser.cookie("session")
    answer = browser.signs_in("ada")

    assert answer.status_code == 409
    assert "has 1 sign-in, and" in answer.text
    assert cookies_set(answer) == []
    assert browser.cookie("session") == before
    assert len(house.rows()) == 1


def test_whoever_was_in_is_so_still_where_somebody_else_is_refused(
    clock: Clock,
) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.signed_in("ada")
    bob = house.signed_in("bob", remember="yes")
    with pytest.raises(Full):
        bob.signs_in("ada")

    assert bob.who() == "bob"
    assert house.told(Kind.CLOSED) == []


def test_the_application_chooses_who_goes(clock: Clock) -> None:
    asked: list[Sequence[SignIn]] = []

    def newest(present: Sequence[SignIn]) -> str:
        asked.append(present)
        return max(present, key=lambda each: each.opened_at).handle

    house = House(clock, at_most=2, when_full=newest)
    browsers = []
    for _ in range(3):
        clock.passes(SECOND)
        browsers.append(house.signed_in("ada"))

    assert [each.who() for each in browsers] == ["ada", "None", "ada"]
    assert [len(each) for each in asked] == [2]
    assert house.told(Kind.EVICTED) == [("evicted", "ada", "")]


@pytest.mark.parametrize("answer", [None, "no such handle", ""])
def test_the_application_refuses(clock: Clock, answer: str | None) -> None:
    house = House(clock, at_most=1, when_full=lambda _: answer)
    first = house.signed_in("ada")

    with pytest.raises(Full):
        house.signed_in("ada")

    assert first.who() == "ada"


def test_it_is_asked_until_there_is_room(clock: Clock) -> None:
    house = House(clock)
    for _ in range(3):
        house.signed_in("ada")
    limits = {"at_most": 1, "when_full": lambda present: present[0].handle}
    stricter = House(clock, store=house.shelf, **limits)
    last = stricter.signed_in("ada")

    assert len(stricter.rows()) == 1
    assert last.who() == "ada"
    assert len(stricter.told(Kind.EVICTED)) == 3


def test_who_has_gone_while_it_was_asked_is_not_told_of_twice(clock: Clock) -> None:
    def choose(present: Sequence[SignIn]) -> str:
        house.shelf.inside.remove(present[0].handle)
        return present[0].handle

    house = House(clock, at_most=1, when_full=choose)
    house.signed_in("ada")
    second = house.signed_in("ada")

    assert second.who() == "ada"
    assert house.told(Kind.EVICTED) == []


# --- The clock.


@pytest.mark.requirement("7.3.2")
def test_a_clock_that_is_set_back_lets_nobody_stay_past_the_end(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada")
    for _ in range(5):
        clock.passes(6 * DAY)
        ada.who()
    clock.passes(-10 * DAY)

    assert ada.who() == "None"


@pytest.mark.requirement("7.3.1")
def test_a_clock_that_is_set_back_lets_nobody_rest_for_longer_once_seen(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada")
    clock.passes(5 * DAY)
    ada.who()
    ends = house.row().session_ends
    clock.passes(-5 * DAY)
    ada.who()

    assert house.row().session_ends == ends


def test_a_clock_that_was_ahead_puts_out_only_whom_the_limits_do(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    clock.passes(6 * DAY)
    assert ada.who() == "ada"
    clock.passes(-6 * DAY)
    assert ada.who() == "ada"
    clock.passes(MINUTE)

    assert ada.who() == "ada"


def test_a_clock_that_was_ahead_makes_nobody_a_thief(
    house: House, ada: Browser, clock: Clock
) -> None:
    """The thirty seconds are the store's, whose clock is another."""
    house.shelf.clock = Clock()
    late = ada.copy("remember_token")
    ada.restarts()
    ada.who()
    ada.who()
    clock.passes(HOUR)

    assert late.who() == "ada"
    assert house.told(Kind.REUSED) == []


def test_a_proof_does_not_get_younger(house: House, clock: Clock) -> None:
    ada = house.signed_in("ada")
    clock.passes(13 * HOUR)
    assert not ada.is_fresh()
    clock.passes(-13 * HOUR)

    assert not ada.is_fresh()


# --- Where somebody came from.


@pytest.fixture
def for_years(clock: Clock) -> House:
    settings = {"PERMANENT_SESSION_LIFETIME": 365 * DAY}
    return House(clock, settings=settings, lifetime=365 * DAY, idle=100 * DAY)


def origin_of(house: House) -> tuple[str, str]:
    return house.row().network, house.row().agent


@pytest.mark.parametrize("path", ["/who", "/again"], ids=["used", "proved"])
@pytest.mark.parametrize(("short", "is_known"), [(SECOND, True), (0 * SECOND, False)])
def test_where_somebody_came_from_is_known_for_90_days(
    for_years: House,
    path: str,
    short: timedelta,
    is_known: bool,
) -> None:
    ada = for_years.signed_in("ada")
    for_years.clock.passes(90 * DAY - short)

    ada.client.open(path, method="GET" if path == "/who" else "POST")

    assert (origin_of(for_years) != ("", "")) is is_known


def test_who_is_not_known_to_come_from_somewhere_is_in(for_years: House) -> None:
    ada = for_years.signed_in("ada")
    for_years.clock.passes(90 * DAY)
    ada.who()

    assert for_years.row().seen_at == for_years.clock()
    assert ada.who() == "ada"
