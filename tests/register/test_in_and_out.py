"""Who is in by the register, and who is not any more, whatever they have copied."""

import logging
from collections.abc import Callable
from typing import Any

import flask_session
import pytest
from cachelib import SimpleCache
from flask import Flask, session

from flask_signet import (
    LoginManager,
    confirm_login,
    get_user,
    keep_signed_in,
    login_user,
    logout_user,
)
from flask_signet.cookie import DeviceValue
from flask_signet.signins import Full, Kind, StoreBusy, StoreDown, Token
from flask_signet.testing import FlaskLoginClient, SignetClient
from register.house import COOKIES, Browser, House, cookies_set
from support import DAY, HOUR, KEY, MINUTE, SECOND, Clock, Member, Person, Site, Visitor

ANOTHER = {"User-Agent": "another browser"}


# --- Without a register.


def test_without_a_register_there_is_no_such_cookie(visitor: Visitor) -> None:
    visitor.signs_in("ada", remember="yes")

    assert visitor.who() == "ada"
    assert visitor.cookie("session_signin") is None


def test_without_a_register_a_copied_session_outlives_the_logout(
    visitor: Visitor, site: Site
) -> None:
    visitor.signs_in("ada")
    copy = site.visitor()
    copy.client.set_cookie("session", visitor.cookie("session") or "")
    visitor.signs_out()

    assert copy.who() == "ada"


# --- With one.


@pytest.mark.requirement("7.2.2")
def test_a_sign_in_is_a_row_and_three_cookies(house: House, ada: Browser) -> None:
    row = house.row()

    assert set(ada.cookies) == set(COOKIES)
    assert (row.user_id, row.opened_at) == ("ada", house.clock())
    assert ada.who() == "ada"


def test_nothing_that_opens_a_row_is_in_it(house: House, ada: Browser) -> None:
    kept = repr(house.row())

    assert ada.cookie("session_signin") not in kept
    assert ada.cookie("remember_token") not in kept


@pytest.mark.requirement("7.2.1")
def test_a_sign_in_counts_only_while_its_row_is_there(
    house: House, ada: Browser
) -> None:
    house.shelf.inside.remove(house.row().handle)

    assert ada.who() == "None"
    assert ada.get("/secret").status_code == 302


@pytest.mark.requirement("7.2.1")
@pytest.mark.parametrize("name", ["session", "session_signin"])
def test_half_of_a_session_is_nobody(house: House, ada: Browser, name: str) -> None:
    half = ada.copy(name)

    assert half.who() == "None"
    assert house.row().seen_at == house.clock()


def test_the_remember_cookie_alone_opens_the_session_again(
    house: House, ada: Browser
) -> None:
    ada.restarts()

    assert ada.who() == "ada"
    assert set(ada.cookies) == set(COOKIES)
    assert ada.who() == "ada"


@pytest.mark.requirement("7.2.1")
def test_the_token_of_one_does_not_go_with_the_session_of_another(
    house: House,
) -> None:
    ada, bob = house.signed_in("ada"), house.signed_in("bob")
    mixed = ada.copy("session")
    mixed.client.set_cookie("session_signin", bob.cookie("session_signin") or "")

    answer = mixed.get("/who")

    assert answer.text == "None"
    assert cookies_set(answer) == []
    assert {ada.who(), bob.who()} == {"ada", "bob"}


@pytest.mark.requirement("7.2.1")
@pytest.mark.parametrize("value", ["", "x", "\xff\xfe", "a" * 5000, "ä"])
def test_a_token_that_is_none_is_nobody(house: House, value: str) -> None:
    ada = house.signed_in()
    cookies = f"session={ada.cookie('session')}; session_signin={value}"
    browser = house.app.test_client(use_cookies=False)

    assert browser.get("/who", headers={"Cookie": cookies}).text == "None"


@pytest.mark.requirement("7.2.1")
@pytest.mark.parametrize(
    ("name", "needs"),
    [
        pytest.param("session", COOKIES[:2], id="session"),
        pytest.param("session_signin", COOKIES[:2], id="token"),
        pytest.param("remember_token", COOKIES[2:], id="remember"),
    ],
)
@pytest.mark.parametrize("part", [0, 0.25, 0.5, 0.75, 0.95])
def test_a_cookie_with_another_letter_in_it_opens_nothing(
    house: House, ada: Browser, name: str, needs: tuple[str, ...], part: float
) -> None:
    forged = ada.copy(*needs)
    value = ada.cookie(name) or ""
    at = int(part * len(value))
    letter = "B" if value[at] == "A" else "A"
    forged.client.set_cookie(name, value[:at] + letter + value[at + 1 :])

    assert forged.who() == "None"
    assert ada.who() == "ada"


@pytest.mark.requirement("7.2.1")
def test_a_token_that_looks_like_one_and_was_never_given_is_nobody(
    house: House, ada: Browser
) -> None:
    forged = ada.copy("session")
    forged.client.set_cookie("session_signin", Token.new().text)

    assert forged.who() == "None"
    assert ada.who() == "ada"


@pytest.mark.requirement("7.2.1")
@pytest.mark.parametrize("generation", [1, 2])
def test_who_has_the_key_and_no_secret_cannot_make_a_remember_cookie(
    house: House, ada: Browser, generation: int
) -> None:
    value = DeviceValue(house.row().handle, generation, Token.new().text)
    forged = house.browser()
    forged.client.set_cookie("remember_token", value.signed(house.clock(), (KEY,), ""))

    assert forged.who() == "None"
    assert ada.who() == "ada"


@pytest.mark.requirement("7.2.2")
def test_two_sites_of_one_key_and_one_time_make_no_two_cookies_alike(
    clock: Clock,
) -> None:
    houses = House(clock), House(clock)
    browsers = [
        house.signed_in("ada", remember="yes") for house in houses for _ in range(2)
    ]

    for name in COOKIES:
        assert len({browser.cookie(name) for browser in browsers}) == len(browsers)


def test_of_two_remember_cookies_the_one_that_is_worth_something_counts(
    house: House, ada: Browser
) -> None:
    """One may be set for the host alone, and one for its domain."""
    good = ada.cookie("remember_token")
    cookies = f"remember_token=ada|0123456789abcdef; remember_token={good}"
    browser = house.app.test_client(use_cookies=False)

    assert browser.get("/who", headers={"Cookie": cookies}).text == "ada"


# --- After the end. What was copied before it is in test_replays.py.


def test_after_a_sign_out_the_session_says_nothing_of_it(
    house: House, ada: Browser
) -> None:
    answer = ada.signs_out()
    ada.who()

    assert set(cookies_set(answer)) == set(COOKIES)
    assert set(ada.cookies) <= {"session"}
    with ada.client.session_transaction() as held:
        assert not held


def test_who_was_let_in_though_not_active_stays_in(house: House) -> None:
    house.people["ada"].active = False
    ada = house.signed_in("ada", force="yes", remember="yes")
    assert ada.who() == "ada"
    ada.restarts()

    assert ada.who() == "ada"


@pytest.mark.requirement("7.4.1")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_session")
@pytest.mark.parametrize(
    "names", [COOKIES, COOKIES[:1], COOKIES[:2]], ids=["all", "session", "two"]
)
def test_sessions_on_the_server_end_as_well(
    clock: Clock, names: tuple[str, ...]
) -> None:
    cache = SimpleCache()
    house = House(
        clock, settings={"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": cache}
    )
    flask_session.Session(house.app)
    ada = house.signed_in(remember="yes")
    assert ada.copy().who() == "ada"
    copy = ada.copy(*names)
    ada.does(lambda: house.manager.close(house.row().handle, user="ada"))

    assert copy.who() == "None"
    assert ada.who() == "None"


# --- Round trips.


@pytest.mark.requirement("7.2.1")
def test_somebody_signed_in_costs_one_round_trip(house: House, ada: Browser) -> None:
    house.shelf.asked.clear()

    ada.get("/secret")

    assert house.shelf.asked == ["get"]


@pytest.mark.parametrize(
    "cookies",
    [
        "",
        "remember_token=garbage",
        "remember_token=ada|0123456789abcdef",
        "session_signin=garbage; remember_token=garbage",
        "session=garbage; session_signin=garbage",
    ],
)
def test_a_stranger_costs_none(house: House, cookies: str) -> None:
    browser = house.app.test_client(use_cookies=False)

    answer = browser.get("/secret", headers={"Cookie": cookies})

    assert answer.status_code == 302
    assert house.shelf.asked == []


def test_whoever_is_not_asked_for_costs_none(house: House, ada: Browser) -> None:
    house.shelf.asked.clear()

    ada.get("/")

    assert house.shelf.asked == []


# --- In over a sign-in that there was.


@pytest.mark.requirement("7.2.4")
def test_a_token_that_was_planted_before_a_sign_in_opens_nothing_after_it(
    house: House,
) -> None:
    browser, planted = house.browser(), Token.new().text
    browser.client.set_cookie("session_signin", planted)
    browser.signs_in("ada")
    thief = browser.copy("session")
    thief.client.set_cookie("session_signin", planted)

    assert thief.who() == "None"
    assert browser.who() == "ada"


@pytest.mark.requirement("7.2.4")
def test_a_sign_in_over_another_ends_it_and_keeps_the_devices_name(
    house: House, ada: Browser
) -> None:
    before = house.row()
    house.register.rename(before.handle, "Laptop", user_id="ada")
    ada.signs_in("ada")

    assert house.row().handle != before.handle
    assert house.row().label == "Laptop"
    assert house.told(Kind.CLOSED) == [("closed", "ada", "login")]


def test_who_was_remembered_is_so_after_signing_in_again(
    house: House, ada: Browser
) -> None:
    ada.signs_in("ada")
    ada.restarts()

    assert ada.who() == "ada"


def test_who_was_not_remembered_is_not_afterwards(house: House) -> None:
    ada = house.signed_in("ada")
    ada.signs_in("ada")

    assert not house.row().is_remembered
    assert ada.cookie("remember_token") is None


def test_the_next_person_in_a_browser_inherits_nothing(
    house: House, ada: Browser
) -> None:
    house.register.rename(house.row().handle, "Ada's laptop", user_id="ada")
    ada.signs_in("bob")

    assert house.rows("ada") == []
    assert (house.row("bob").label, house.row("bob").is_remembered) == ("", False)
    ada.restarts()
    assert ada.who() == "None"


def test_two_sign_ins_in_one_request_leave_one(house: House) -> None:
    browser = house.browser()
    people = house.people
    browser.does(lambda: (login_user(people["ada"]), login_user(people["bob"])))

    assert house.rows("ada") == []
    assert browser.who() == "bob"


def test_in_and_out_in_one_request_leaves_none(house: House) -> None:
    browser = house.browser()
    browser.does(lambda: (login_user(house.people["ada"]), logout_user()))

    assert house.rows() == []
    assert browser.who() == "None"


def test_who_is_not_active_changes_nothing_by_trying(
    house: House, ada: Browser
) -> None:
    house.people["bob"].active = False

    assert ada.signs_in("bob").text == "refused"
    assert ada.who() == "ada"
    assert house.rows("bob") == []


def test_the_row_says_from_where_and_with_what_and_how(house: House) -> None:
    browser = house.browser()
    house.act = lambda: login_user(house.people["ada"], methods=["pwd", "otp"])
    browser.post(
        "/do",
        headers={"User-Agent": "B" * 500},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    row = house.row()

    assert (row.network, row.agent) == ("192.0.2.7", "B" * 400)
    assert row.methods == (("pwd", house.clock()), ("otp", house.clock()))
    assert (row.proved_at, row.is_fresh) == (house.clock(), True)


# --- Fresh, and not.


def test_who_has_signed_in_is_fresh(house: House) -> None:
    assert house.signed_in().is_fresh()


def test_who_was_let_in_without_a_proof_is_not(house: House) -> None:
    ada = house.signed_in("ada", stale="yes")

    assert not ada.is_fresh()
    assert house.row().proved_at is None


def test_who_comes_back_by_the_remember_cookie_is_not_fresh(ada: Browser) -> None:
    ada.restarts()

    assert [ada.is_fresh(), ada.is_fresh()] == [False, False]
    assert ada.get("/fresh").status_code == 401


@pytest.mark.requirement("7.2.4")
@pytest.mark.parametrize("remember", [{}, {"remember": "yes"}], ids=["", "remembered"])
def test_a_proof_makes_fresh_and_the_old_token_dead(
    house: House, remember: dict[str, str]
) -> None:
    ada = house.signed_in("ada", stale="yes", **remember)
    copy = ada.copy("session", "session_signin")
    ada.post("/again")

    assert copy.who() == "None"
    assert [ada.is_fresh(), ada.is_fresh()] == [True, True]
    assert copy.who() == "None"


def test_a_proof_counts_at_once(house: House, ada: Browser) -> None:
    ada.restarts()

    def prove() -> list[str]:
        confirm_login(methods=["pwd"])
        return [each.name for each in house.manager.signins_of("ada")[0].methods]

    assert ada.does(prove) == ["pwd"]
    assert house.row().proved_at == house.clock()
    assert ada.is_fresh()


def test_a_proof_is_old_some_time(house: House, clock: Clock) -> None:
    ada = house.signed_in()
    clock.passes(5 * MINUTE)
    assert ada.get("/just-now").status_code == 200
    clock.passes(SECOND)
    assert ada.get("/just-now").status_code == 401
    clock.passes(12 * HOUR)
    assert ada.get("/fresh").status_code == 401
    ada.post("/again")

    assert ada.get("/just-now").status_code == 200


def test_without_a_limit_a_proof_is_never_old(clock: Clock) -> None:
    house = House(clock, settings={"SIGNET_FRESH_MAX_AGE": None})
    ada = house.signed_in()
    clock.passes(6 * DAY)

    assert ada.is_fresh()


def test_a_proof_lets_it_last_for_its_time_again(house: House, clock: Clock) -> None:
    ada = house.signed_in()
    for _ in range(5):
        clock.passes(6 * DAY - HOUR)
        assert ada.who() == "ada"
    ada.post("/again")
    clock.passes(6 * DAY)

    assert ada.who() == "ada"


def test_another_browser_is_stale_and_takes_nothing_from_the_owner(
    house: House, ada: Browser
) -> None:
    thief = ada.copy()

    for _ in range(2):
        assert thief.get("/how", headers=ANOTHER).json == {
            "fresh": False,
            "remembered": True,
        }
    assert ada.is_fresh()


def test_whose_browser_was_renewed_is_stale_until_the_next_proof(
    house: House, ada: Browser
) -> None:
    assert ada.get("/how", headers=ANOTHER).json["fresh"] is False

    ada.post("/again", headers=ANOTHER)

    assert ada.get("/how", headers=ANOTHER).json["fresh"] is True


def test_another_browser_is_out_where_protection_is_strong(clock: Clock) -> None:
    house = House(clock, settings={"SESSION_PROTECTION": "strong"})
    ada = house.signed_in(remember="yes")
    thief = ada.copy()

    assert thief.get("/who", headers=ANOTHER).text == "None"
    assert set(thief.cookies) <= {"session"}
    assert ada.who() == "ada"


def test_a_proof_of_nobody_is_nothing(house: House) -> None:
    browser = house.browser()
    browser.post("/again")

    assert house.told() == []
    assert browser.cookies == {}


def test_a_proof_that_comes_after_the_end_brings_nothing_back(
    house: House, ada: Browser
) -> None:
    def prove() -> None:
        get_user()
        house.register.close_all("ada")
        confirm_login()

    ada.does(prove)

    assert ada.who() == "None"
    assert house.rows() == []


def test_a_proof_while_the_new_pair_is_under_way_is_not_lost(ada: Browser) -> None:
    """As when the answer that had it came to nothing, and a form is sent then."""
    ada.restarts()
    ada.copy("remember_token").who()
    ada.post("/again")

    assert ada.is_fresh()


# --- After the credentials have changed.


def _changes_the_password(house: House) -> None:
    person = get_user()
    house.manager.close_others(person)
    person.password = "a new one"
    keep_signed_in(person)


@pytest.mark.requirement("7.2.4")
@pytest.mark.parametrize("remember", [{}, {"remember": "yes"}], ids=["", "remembered"])
@pytest.mark.parametrize(
    "proves",
    [
        pytest.param(lambda house, ada: ada.signs_in("ada"), id="in again"),
        pytest.param(lambda house, ada: ada.post("/again"), id="proved again"),
        pytest.param(
            lambda house, ada: ada.does(lambda: _changes_the_password(house)),
            id="a new password",
        ),
    ],
)
def test_each_proof_brings_a_new_token_and_the_old_one_opens_nothing(
    house: House,
    proves: Callable[[House, Browser], object],
    remember: dict[str, str],
) -> None:
    """Not with the session of before, and not with the new one."""
    ada = house.signed_in("ada", **remember)
    before = ada.copy("session", "session_signin")
    proves(house, ada)
    mixed = ada.copy("session")
    mixed.client.set_cookie("session_signin", before.cookie("session_signin") or "")

    assert ada.cookie("session_signin") != before.cookie("session_signin")
    assert {before.who(), mixed.who()} == {"None"}
    assert ada.who() == "ada"


@pytest.mark.parametrize("remember", [{}, {"remember": "yes"}], ids=["", "remembered"])
def test_who_changes_the_password_stays_in_under_a_new_token(
    house: House, remember: dict[str, str]
) -> None:
    ada = house.signed_in("ada", **remember)
    other, copy = house.signed_in(), ada.copy("session", "session_signin")
    ada.does(lambda: _changes_the_password(house))

    assert ada.is_fresh()
    assert {other.who(), copy.who()} == {"None"}
    assert ada.who() == "ada"


def test_who_changes_the_password_is_remembered_still(
    house: House, ada: Browser
) -> None:
    ada.does(lambda: _changes_the_password(house))
    ada.restarts()

    assert ada.who() == "ada"


class Renamed(Member):
    """A user whose id changes with the password, as Flask-Login's documents say."""

    def get_id(self) -> str:
        return f"{self.id}/{self.password}"


@pytest.fixture
def renamed(house: House) -> Renamed:
    person = Renamed("ada")
    house.people["ada"] = person
    house.manager.user_loader(
        lambda given: person if given == person.get_id() else None
    )
    return person


def test_an_id_that_changes_with_the_password_is_taken(
    house: House, renamed: Renamed
) -> None:
    ada = house.signed_in("ada", remember="yes")
    copy, was = ada.copy(), renamed.get_id()
    ada.does(lambda: _changes_the_password(house))

    assert ada.who() == renamed.get_id()
    assert copy.who() == "None"
    assert house.rows(was) == []
    assert house.row(renamed.get_id()).is_remembered


def test_a_new_id_is_no_new_proof(house: House, renamed: Renamed, clock: Clock) -> None:
    ada = house.signed_in("ada")
    clock.passes(11 * HOUR)
    ada.does(lambda: _changes_the_password(house))
    clock.passes(2 * HOUR)

    assert not ada.is_fresh()


def test_who_was_put_out_meanwhile_is_not_kept_in(house: House, ada: Browser) -> None:
    def change() -> None:
        person = get_user()
        house.register.close_all("ada")
        keep_signed_in(person)

    ada.does(change)

    assert ada.who() == "None"


def test_a_browser_whose_row_is_gone_does_not_come_back_by_a_new_password(
    house: House, ada: Browser
) -> None:
    house.register.close_all("ada")

    ada.does(lambda: keep_signed_in(house.people["ada"]))

    assert ada.who() == "None"
    assert house.rows() == []


# --- Too many.


def test_who_may_not_be_in_more_often_is_told_to_the_application(
    clock: Clock,
) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    first, second = house.signed_in(), house.browser()

    with pytest.raises(Full, match="has 1 sign-in, and"):
        second.signs_in("ada")

    assert second.cookies == {}
    assert first.who() == "ada"


def test_who_signs_in_again_where_they_are_in_is_not_one_too_many(
    clock: Clock,
) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    ada = house.signed_in()
    ada.signs_in("ada")

    assert ada.who() == "ada"


# --- The store is down.


@pytest.fixture
def down(house: House, ada: Browser) -> Browser:
    """Ada's browser, while the store is down."""
    house.shelf.goes_down()
    return ada


def _recovers(house: House) -> None:
    house.shelf.comes_back()
    house.clock.passes(SECOND)


def test_while_it_is_down_nobody_is_in_and_public_pages_go_on(down: Browser) -> None:
    assert down.get("/").status_code == 200
    assert down.who() == "None"


@pytest.mark.parametrize("path", ["/secret", "/fresh", "/just-now", "/poll", "/join"])
def test_while_it_is_down_a_guard_says_when_to_try_again(
    down: Browser, path: str
) -> None:
    answer = down.get(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_while_it_is_down_a_stranger_is_still_one(house: House) -> None:
    house.shelf.goes_down()
    browser = house.browser()

    assert browser.get("/join").status_code == 200
    assert browser.get("/secret").status_code == 302


@pytest.mark.parametrize(
    "names", [COOKIES, COOKIES[:2], COOKIES[2:]], ids=["all", "session", "remember"]
)
@pytest.mark.parametrize("path", ["/", "/who", "/secret", "/fresh", "/join", "/how"])
def test_while_it_is_down_nothing_is_taken_from_a_browser(
    house: House, ada: Browser, path: str, names: tuple[str, ...]
) -> None:
    browser = ada.copy(*names)
    house.shelf.goes_down()

    assert cookies_set(browser.get(path)) == []
    _recovers(house)
    assert browser.who() == "ada"


def test_while_it_is_down_a_strange_browser_does_not_become_a_known_one(
    house: House, ada: Browser
) -> None:
    thief = ada.copy()
    house.shelf.goes_down()
    answer = thief.get("/how", headers=ANOTHER)
    _recovers(house)

    assert cookies_set(answer) == []
    assert thief.get("/how", headers=ANOTHER).json["fresh"] is False


@pytest.mark.parametrize("error", [StoreDown, StoreBusy])
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda house: login_user(house.people["bob"]), id="login"),
        pytest.param(lambda _: logout_user(), id="logout"),
        pytest.param(lambda _: confirm_login(), id="proof"),
        pytest.param(lambda _: keep_signed_in(get_user()), id="change"),
        pytest.param(lambda house: house.manager.close_all("ada"), id="close all"),
    ],
)
def test_what_cannot_be_written_raises_and_changes_nothing(
    house: House, ada: Browser, act: Callable[[House], Any], error: type[Exception]
) -> None:
    def try_it() -> bool:
        before = get_user(), dict(session)
        house.shelf.goes_down("add", "swap", "remove", "remove_all", error=error)
        with pytest.raises(error):
            act(house)
        return (get_user(), dict(session)) == before

    assert ada.does(try_it)
    assert cookies_set(ada.answer) == []
    _recovers(house)
    assert ada.who() == "ada"
    assert house.rows("bob") == []


@pytest.mark.parametrize("path", ["/in/bob", "/out"])
def test_a_view_that_cannot_do_its_work_answers_when_to_try_again(
    house: House, down: Browser, path: str
) -> None:
    answer = down.post(path)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert cookies_set(answer) == []
    _recovers(house)
    assert down.who() == "ada"


def test_nobody_signs_in_while_it_is_down(house: House) -> None:
    house.shelf.goes_down()
    stranger = house.browser()

    assert stranger.signs_in("bob").status_code == 503
    assert stranger.cookies == {}


def test_the_applications_own_page_says_that_it_is_down(house: House) -> None:
    house.app.register_error_handler(503, lambda _: ("Back soon.", 503))
    house.shelf.goes_down()
    answer = house.browser().signs_in("ada")

    assert (answer.status_code, answer.text) == (503, "Back soon.")


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_applications_own_handler_of_that_is_kept(clock: Clock, when: str) -> None:
    house = House(clock)
    app = Flask("another house")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    manager: LoginManager[Any] = LoginManager(register=house.register)
    manager.user_loader(house.people.get)
    if when == "after":
        manager.init_app(app)
    app.register_error_handler(StoreDown, lambda _: ("Not now.", 500))
    if when == "before":
        manager.init_app(app)

    @app.post("/in")
    def sign_in() -> str:
        login_user(house.people["ada"])
        return "in"

    house.shelf.goes_down()
    assert app.test_client().post("/in").text == "Not now."


def test_that_somebody_was_seen_is_not_worth_an_error(
    house: House, ada: Browser, clock: Clock
) -> None:
    clock.passes(HOUR)
    house.shelf.goes_down("touch")

    answer = ada.get("/secret")

    assert answer.status_code == 200
    assert cookies_set(answer) == []
    _recovers(house)
    assert ada.who() == "ada"


@pytest.mark.parametrize("error", [StoreDown, StoreBusy])
def test_who_comes_back_while_it_cannot_be_written_is_in_and_gets_a_pair_later(
    house: House,
    ada: Browser,
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    ada.restarts()
    house.shelf.goes_down("swap", error=error)
    with caplog.at_level(logging.WARNING):
        answer = ada.get("/who")

    assert answer.text == "ada"
    assert cookies_set(answer) == []
    assert "next request" in caplog.text
    _recovers(house)
    assert ada.who() == "ada"
    assert set(ada.cookies) == set(COOKIES)


def test_what_cannot_be_ended_now_is_ended_by_the_next_request(
    house: House, ada: Browser
) -> None:
    house.people["ada"].active = False
    house.shelf.goes_down("remove", error=StoreBusy)
    answer = ada.get("/who")

    assert (answer.text, cookies_set(answer)) == ("None", [])
    _recovers(house)
    ada.who()
    assert house.rows() == []


def test_of_two_requests_that_come_back_one_gets_the_new_pair(
    house: House, ada: Browser
) -> None:
    handle = house.row().handle
    ada.restarts()
    house.shelf.before["swap"] = lambda: house.register.rename(
        handle, "Laptop", user_id="ada"
    )
    answer = ada.get("/who")

    assert answer.text == "ada"
    assert cookies_set(answer) == []
    assert house.told(Kind.RESTORED) == []
    assert ada.who() == "ada"
    assert set(ada.cookies) == set(COOKIES)


def test_who_comes_back_finds_nothing_of_another_person(
    house: House, ada: Browser
) -> None:
    bob = house.signed_in("bob")
    bob.does(lambda: session.update(cart=["a book"]))
    bob.client.delete_cookie("session_signin")
    bob.client.set_cookie("remember_token", ada.cookie("remember_token") or "")
    found = bob.does(lambda: (get_user(), session.get("cart")))

    assert found == (house.people["ada"], None)
    assert bob.does(lambda: session.get("cart")) is None


def test_who_comes_back_finds_what_was_theirs(house: House, ada: Browser) -> None:
    ada.does(lambda: session.update(cart=["a book"]))
    ada.client.delete_cookie("session_signin")
    found = ada.does(lambda: (get_user(), session.get("cart")))

    assert found == (house.people["ada"], ["a book"])


# --- What else knows a person.


def test_who_is_known_by_the_request_alone_has_no_row(house: House) -> None:
    house.manager.request_loader(
        lambda asked: house.people.get(asked.headers.get("X-Who", ""))
    )
    browser = house.browser()
    answer = browser.get("/how", headers={"X-Who": "eve"})

    assert browser.get("/who", headers={"X-Who": "eve"}).text == "eve"
    assert answer.json == {"fresh": False, "remembered": False}
    assert house.shelf.asked == []


@pytest.mark.requirement("7.2.2")
def test_who_is_known_by_the_request_alone_gets_no_session_from_it(
    house: House,
) -> None:
    house.manager.request_loader(
        lambda asked: house.people.get(asked.headers.get("X-Who", ""))
    )
    browser = house.browser()
    known = {"X-Who": "eve"}
    answers = [browser.get(path, headers=known) for path in ("/who", "/secret")]
    answers.append(browser.post("/again", headers=known))

    assert [cookies_set(answer) for answer in answers] == [[]] * 3
    assert (browser.who(), house.rows("eve")) == ("None", [])


def test_who_is_known_by_the_request_is_not_remembered_by_anothers_row(
    house: House, ada: Browser
) -> None:
    house.manager.request_loader(lambda _: Person("eve"))
    house.people["ada"].active = False

    answer = ada.get("/how")

    assert answer.json == {"fresh": False, "remembered": False}


def test_remembered_is_who_asked_for_it(house: House, ada: Browser) -> None:
    assert ada.how()["remembered"]
    assert not house.signed_in("bob").how()["remembered"]


def test_an_async_loader_knows_who_is_in(house: House) -> None:
    async def load(user_id: str) -> Any:
        return house.people.get(user_id)

    house.manager.user_loader(load)
    ada = house.signed_in("ada", remember="yes")

    assert ada.who() == "ada"
    ada.restarts()
    assert ada.who() == "ada"


# --- Permanent sessions, and a new key.


def test_a_token_is_kept_as_long_as_a_permanent_session(house: House) -> None:
    browser = house.browser()

    def enter() -> None:
        session.permanent = True
        login_user(house.people["ada"])

    browser.does(enter)
    token = browser.client.get_cookie("session_signin")

    assert token is not None
    assert token.expires == house.row().ends


def test_a_token_is_kept_for_the_session_otherwise(ada: Browser) -> None:
    token = ada.client.get_cookie("session_signin")

    assert token is not None
    assert token.expires is None
    assert token.http_only


def test_a_new_key_puts_nobody_out_who_was_here_while_both_counted(
    house: House, clock: Clock
) -> None:
    browser = house.browser()

    def enter() -> None:
        session.permanent = True
        login_user(house.people["ada"])

    browser.does(enter)
    old, house.app.secret_key = house.app.secret_key, "another key"
    house.app.config["SECRET_KEY_FALLBACKS"] = [old]
    assert browser.who() == "ada"
    house.app.config["SECRET_KEY_FALLBACKS"] = []

    assert browser.who() == "ada"


# --- For tests of applications.


@pytest.mark.parametrize("fresh", [True, False])
def test_a_client_that_is_signed_in_has_a_row(house: House, fresh: bool) -> None:
    house.app.test_client_class = FlaskLoginClient
    ada = house.people["ada"]
    client = house.app.test_client(user=ada, fresh_login=fresh)

    assert client.get("/secret").status_code == 200
    assert client.get("/how").json == {"fresh": fresh, "remembered": False}
    house.shelf.inside.remove(house.row().handle)
    assert client.get("/secret").status_code == 302


def test_a_client_that_walks_does_it_by_the_register(house: House) -> None:
    house.app.test_client_class = SignetClient
    client: Any = house.app.test_client()
    client.sign_in(house.people["ada"], remember=True)
    assert client.get("/fresh").status_code == 200
    client.grow_stale()
    assert client.get("/fresh").status_code == 401
    client.restart()
    assert client.get_cookie("session_signin") is None
    assert client.get("/who").text == "ada"
    client.sign_out()

    assert client.get("/who").text == "None"
    assert house.rows() == []
