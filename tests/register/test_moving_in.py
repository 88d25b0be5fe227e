"""Moving in: what was signed before there was a register gets a row, until a date."""

import logging
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import flask_login
import flask_session
import pytest
from cachelib import SimpleCache
from flask import Flask, session

from flask_signet import (
    LoginManager,
    UserError,
    confirm_login,
    current_user,
    get_user,
    keep_signed_in,
    login_user,
    logout_user,
)
from flask_signet.signins import Kind, StoreBusy, StoreDown
from register.house import COOKIES, Browser, House, cookies_set
from support import DAY, HOUR, KEY, MINUTE, SECOND, Clock, Person, Site, Visitor

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
SIGNED = datetime(2026, 1, 1, 9, tzinfo=UTC)
"""When the clock of the tests begins."""

OldSite = Callable[[House, str], Visitor]


@pytest.fixture
def house(clock: Clock) -> House:
    return House(clock, settings={"SIGNET_MOVE_UNTIL": UNTIL})


def on_flask_login(house: House, person_id: str) -> Visitor:
    """Sign somebody in at the site as it was on Flask-Login."""
    app = Flask("before")
    app.config.update(SECRET_KEY=KEY)
    manager = flask_login.LoginManager(app)
    manager.user_loader(house.people.get)

    @app.post("/in")
    def sign_in() -> str:
        flask_login.login_user(house.people[person_id], remember=True)
        return "in"

    visitor = Visitor(app.test_client())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Flask-Login asks for the time by utcnow
        visitor.post("/in")
    return visitor


def without_a_register(house: House, person_id: str) -> Visitor:
    """Sign somebody in at the site as it was with floor 1 alone."""
    site = Site(house.clock)
    site.people = house.people
    visitor = site.visitor()
    visitor.signs_in(person_id, remember="yes")
    return visitor


BEFORE = [
    pytest.param(on_flask_login, id="Flask-Login"),
    pytest.param(without_a_register, id="no register"),
]
WITH = [
    pytest.param(("session",), id="session"),
    pytest.param(("remember_token",), id="remember cookie"),
    pytest.param(("session", "remember_token"), id="both"),
]


def brought(
    house: House,
    before: OldSite,
    names: tuple[str, ...] = ("session",),
    who: str = "ada",
) -> Browser:
    """Give a browser that was signed in before, and has not been here since."""
    visitor, browser = before(house, who), house.browser()
    for name in names:
        value = visitor.cookie(name)
        assert value is not None
        browser.client.set_cookie(name, value)
    return browser


# --- In.


@pytest.mark.parametrize("names", WITH)
@pytest.mark.parametrize("before", BEFORE)
def test_who_was_in_before_is_in_and_gets_a_row(
    house: House, clock: Clock, before: OldSite, names: tuple[str, ...]
) -> None:
    ada = brought(house, before, names)
    clock.passes(DAY)

    assert ada.who() == "ada"
    assert len(house.rows()) == 1
    assert {"session", "session_signin"} <= set(ada.cookies)
    assert [ada.who(), ada.who()] == ["ada", "ada"]
    assert house.told() == [("opened", "ada", "")]


@pytest.mark.parametrize("names", WITH)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("who", ["ada", "eve"], ids=["stamp", "no stamp"])
def test_who_moves_in_has_proved_nothing(
    house: House, before: OldSite, names: tuple[str, ...], who: str
) -> None:
    ada = brought(house, before, names, who)

    assert [ada.is_fresh(), ada.is_fresh()] == [False, False]
    row = house.row(who)
    assert (row.is_fresh, row.proved_at, row.methods) == (False, None, ())


@pytest.mark.parametrize(
    ("before", "name"),
    [
        pytest.param(on_flask_login, "session", id="session of Flask-Login"),
        pytest.param(without_a_register, "session", id="session"),
        pytest.param(without_a_register, "remember_token", id="remember cookie"),
    ],
)
def test_the_row_was_opened_when_the_cookie_was_signed(
    house: House, clock: Clock, before: OldSite, name: str
) -> None:
    ada = brought(house, before, (name,))
    clock.passes(3 * DAY)
    ada.who()

    assert house.row().opened_at == SIGNED
    assert house.row().ends == SIGNED + 30 * DAY


def test_what_says_no_time_was_opened_now(house: House, clock: Clock) -> None:
    ada = brought(house, on_flask_login, ("remember_token",))
    clock.passes(3 * DAY)
    ada.who()

    assert house.row().opened_at == clock()


@pytest.mark.parametrize("name", ["session", "remember_token"])
def test_who_was_here_yesterday_with_an_old_cookie_is_at_rest_from_today_on(
    house: House, clock: Clock, name: str
) -> None:
    """A cookie that is not written anew says nothing of when somebody was seen."""
    ada = brought(house, without_a_register, (name,))
    clock.passes(10 * DAY)

    assert ada.who() == "ada"
    assert ada.who() == "ada"
    assert house.row().seen_at == clock()
    clock.passes(6 * DAY)
    assert ada.who() == "ada"


@pytest.mark.parametrize("names", WITH[1:])
@pytest.mark.parametrize("before", BEFORE)
def test_who_was_remembered_is_remembered_after_the_date(
    house: House, clock: Clock, before: OldSite, names: tuple[str, ...]
) -> None:
    clock.now = UNTIL - 10 * DAY
    ada = brought(house, before, names)
    ada.who()
    clock.passes(11 * DAY)
    ada.restarts()

    assert ada.who() == "ada"
    assert house.told(Kind.OPENED) == [("opened", "ada", "")]


def test_a_remember_cookie_of_another_person_does_not_move_with_a_session(
    house: House,
) -> None:
    ada = brought(house, without_a_register)
    bob = brought(house, without_a_register, ("remember_token",), "bob")
    ada.client.set_cookie("remember_token", bob.cookie("remember_token") or "")

    assert ada.who() == "ada"
    assert not house.row("ada").is_remembered
    assert house.rows("bob") == []


def test_who_moves_in_may_prove_at_once(house: House) -> None:
    ada = brought(house, on_flask_login)
    ada.post("/again")

    assert ada.is_fresh()
    assert house.row().opened_at == SIGNED


def test_who_moves_in_may_change_the_password_at_once(house: House) -> None:
    ada = brought(house, on_flask_login)

    def change() -> None:
        person = get_user()
        house.manager.close_others(person)
        person.password = "a new one"
        keep_signed_in(person)

    ada.does(change)

    assert [ada.who(), ada.who()] == ["ada", "ada"]
    assert not ada.is_fresh()


def test_who_moves_in_may_sign_in_anew(house: House) -> None:
    ada = brought(house, on_flask_login)
    ada.does(lambda: (get_user(), login_user(house.people["bob"])))

    assert ada.who() == "bob"
    assert house.rows("ada") == []


def test_who_moves_in_is_in_when_asked_again(house: House) -> None:
    ada = brought(house, on_flask_login)

    assert ada.does(house.manager.revalidate) is True
    assert ada.who() == "ada"


def test_who_moves_in_closes_the_others_and_stays(house: House) -> None:
    other, ada = house.signed_in("ada"), brought(house, on_flask_login)

    assert ada.does(lambda: house.manager.close_others(current_user)) == 1
    assert (ada.who(), other.who()) == ("ada", "None")


# --- Not in any more.


def _signs_out(house: House, ada: Browser) -> None:
    ada.does(logout_user)


def _closes_one(house: House, ada: Browser) -> None:
    handle = house.row().handle
    ada.does(lambda: house.manager.close(handle, user=current_user))


def _closes_all(house: House, ada: Browser) -> None:
    ada.does(lambda: house.manager.close_all(current_user))


def _closes_the_others(house: House, ada: Browser) -> None:
    ada.does(lambda: house.manager.close_others(current_user))


def _has_them_closed(house: House, ada: Browser) -> None:
    with house.app.app_context():
        house.manager.close_all("ada")


def _changes_the_password(house: House, ada: Browser) -> None:
    def change() -> None:
        get_user().password = "a new one"
        keep_signed_in(get_user())

    ada.does(change)


def _has_a_new_password(house: House, ada: Browser) -> None:
    house.people["ada"].password = "a new one"


def _is_not_active(house: House, ada: Browser) -> None:
    house.people["ada"].active = False


LEAVES = [
    pytest.param(each, id=each.__name__.strip("_").replace("_", " "))
    for each in (
        _signs_out,
        _closes_one,
        _closes_all,
        _closes_the_others,
        _has_them_closed,
        _changes_the_password,
        _has_a_new_password,
        _is_not_active,
    )
]


@pytest.mark.parametrize("leaves", LEAVES)
@pytest.mark.parametrize("names", WITH)
@pytest.mark.parametrize("before", BEFORE)
def test_what_was_copied_before_the_move_is_nobody_once_its_owner_has_left(
    house: House,
    clock: Clock,
    before: OldSite,
    names: tuple[str, ...],
    leaves: Callable[[House, Browser], None],
) -> None:
    ada = brought(house, before, names)
    copy = ada.copy(*names)
    clock.passes(HOUR)
    assert ada.who() == "ada"
    clock.passes(HOUR)
    leaves(house, ada)
    rows = len(house.rows())

    for _ in range(2):
        assert copy.who() == "None"
        assert copy.get("/secret").status_code == 302
    assert len(house.rows()) <= rows


@pytest.mark.parametrize("leaves", [_signs_out, _closes_all, _has_them_closed])
@pytest.mark.parametrize("names", WITH)
@pytest.mark.parametrize("before", BEFORE)
def test_who_has_left_without_moving_in_first_is_out(
    house: House,
    before: OldSite,
    names: tuple[str, ...],
    leaves: Callable[[House, Browser], None],
) -> None:
    """In the very first request that this browser makes here."""
    ada = brought(house, before, names)
    copy = ada.copy(*names)
    leaves(house, ada)

    assert {ada.who(), copy.who()} == {"None"}
    assert house.rows() == []


@pytest.mark.parametrize("name", ["session", "remember_token"])
@pytest.mark.parametrize("before", BEFORE)
def test_after_the_date_nothing_moves_in(
    house: House,
    clock: Clock,
    before: OldSite,
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock.now = UNTIL - HOUR
    ada = brought(house, before, (name,))
    clock.passes(HOUR)
    with caplog.at_level(logging.WARNING):
        assert ada.who() == "None"

    assert house.shelf.asked == []
    assert house.rows() == []


@pytest.mark.parametrize("name", ["session", "remember_token"])
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("who", ["ada", "eve"], ids=["stamp", "no stamp"])
def test_without_a_date_nothing_moves_in(
    clock: Clock, before: OldSite, name: str, who: str
) -> None:
    house = House(clock)
    ada = brought(house, before, (name,), who)

    assert ada.who() == "None"
    assert house.rows(who) == []


@pytest.mark.parametrize(
    ("before", "name"),
    [
        pytest.param(on_flask_login, "session", id="session of Flask-Login"),
        pytest.param(without_a_register, "session", id="session"),
        pytest.param(without_a_register, "remember_token", id="remember cookie"),
    ],
)
@pytest.mark.parametrize(
    ("age", "who"),
    [
        pytest.param(30 * DAY - SECOND, "ada", id="a second short"),
        pytest.param(30 * DAY, "None", id="on the second"),
        pytest.param(100 * DAY, "None", id="long over"),
    ],
)
def test_what_is_older_than_a_sign_in_may_be_does_not_move_in(
    house: House, clock: Clock, before: OldSite, name: str, age: Any, who: str
) -> None:
    ada = brought(house, before, (name,))
    clock.passes(age)

    assert ada.who() == who
    assert len(house.rows()) == (who == "ada")


def test_a_remember_cookie_moves_in_for_as_long_as_one_would_be_kept_here(
    clock: Clock,
) -> None:
    settings = {"SIGNET_MOVE_UNTIL": UNTIL}
    house = House(clock, settings=settings, remember=90 * DAY)
    ada = brought(house, without_a_register, ("remember_token",))
    clock.passes(60 * DAY)

    assert [ada.who(), ada.who()] == ["ada", "ada"]
    assert house.row().ends == SIGNED + 90 * DAY


@pytest.mark.parametrize("name", ["session", "remember_token"])
@pytest.mark.parametrize("before", BEFORE)
def test_whoever_is_not_active_does_not_move_in(
    house: House, before: OldSite, name: str
) -> None:
    ada = brought(house, before, (name,))
    house.people["ada"].active = False

    assert ada.who() == "None"
    assert house.rows() == []


@pytest.mark.parametrize("before", BEFORE)
def test_whoever_is_deleted_does_not_move_in(house: House, before: OldSite) -> None:
    ada = brought(house, before, ("session", "remember_token"))
    del house.people["ada"]

    assert ada.who() == "None"
    assert house.rows() == []


@pytest.mark.parametrize("kind", ["forged", "empty"])
def test_what_nobody_signed_does_not_move_in(house: House, kind: str) -> None:
    browser = house.browser()
    value = "ada|0123456789abcdef" if kind == "forged" else ""
    browser.client.set_cookie("remember_token", value)

    assert browser.who() == "None"
    assert house.shelf.asked == []


def test_people_with_a_name_do_not_move_in(house: House) -> None:
    staff: LoginManager[Any] = LoginManager(name="staff", register=house.register)
    staff.clock = house.clock
    staff.user_loader(Person)
    staff.init_app(house.app)
    browser = house.browser()
    with browser.client.session_transaction() as held:
        held["_user_id_staff"] = "ada"

    assert browser.does(staff.get_user) is None
    assert house.told() == []


# --- What has a row does not move in again: half of a session is nobody.


def test_a_session_that_has_a_row_does_not_move_in_without_its_token(
    house: House,
) -> None:
    ada = house.signed_in("ada")
    half = ada.copy("session")

    assert half.who() == "None"
    assert len(house.rows()) == 1


def _rests_for_too_long(house: House, ada: Browser) -> None:
    house.clock.passes(7 * DAY + MINUTE)


def _signs_in_again(house: House, ada: Browser) -> None:
    house.clock.passes(SECOND)
    ada.signs_in("ada")


def _proves_again(house: House, ada: Browser) -> None:
    house.clock.passes(SECOND)
    ada.post("/again")


@pytest.mark.parametrize(
    "then", [_rests_for_too_long, _signs_in_again, _proves_again, _signs_out]
)
@pytest.mark.parametrize("names", [COOKIES[:1], COOKIES[:2]], ids=["alone", "token"])
def test_a_session_whose_row_has_ended_does_not_move_in(
    house: House,
    then: Callable[[House, Browser], None],
    names: tuple[str, ...],
) -> None:
    ada = house.signed_in("ada")
    copy = ada.copy(*names)
    then(house, ada)

    assert copy.who() == "None"


def test_a_session_that_moved_in_does_not_move_in_without_its_token(
    house: House, clock: Clock
) -> None:
    ada = brought(house, on_flask_login)
    ada.who()
    half = ada.copy("session")

    assert half.who() == "None"


# --- Where the register says no, or nothing.


def test_who_is_in_too_often_already_does_not_move_in(clock: Clock) -> None:
    settings = {"SIGNET_MOVE_UNTIL": UNTIL}
    house = House(clock, settings=settings, at_most=1, when_full="refuse")
    first = house.signed_in("ada")
    second = brought(house, on_flask_login)

    assert second.get("/").status_code == 200
    assert second.get("/who").status_code == 200
    assert second.who() == "None"
    assert len(house.rows()) == 1
    assert first.who() == "ada"


def test_who_is_in_too_often_moves_in_by_no_proof_and_by_no_new_password(
    clock: Clock,
) -> None:
    settings = {"SIGNET_MOVE_UNTIL": UNTIL}
    house = House(clock, settings=settings, at_most=1, when_full="refuse")
    house.signed_in("ada")
    second, third = brought(house, on_flask_login), brought(house, on_flask_login)
    assert second.post("/again").status_code == 200
    with pytest.raises(UserError):
        third.does(lambda: keep_signed_in(get_user()))

    assert second.who() == "None"
    assert len(house.rows()) == 1


def test_the_oldest_goes_for_who_moves_in(clock: Clock) -> None:
    settings = {"SIGNET_MOVE_UNTIL": UNTIL}
    house = House(clock, settings=settings, at_most=1)
    second = brought(house, on_flask_login)
    clock.passes(HOUR)
    first = house.signed_in("ada")

    assert second.who() == "ada"
    assert (first.who(), second.who()) == ("None", "ada")


@pytest.mark.parametrize("names", WITH)
@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("error", [StoreDown, StoreBusy])
def test_who_cannot_be_given_a_row_now_gets_it_later(
    house: House,
    before: OldSite,
    names: tuple[str, ...],
    error: type[Exception],
) -> None:
    ada = brought(house, before, names)
    house.shelf.goes_down("add", error=error)
    answer = ada.get("/who")

    assert cookies_set(answer) == []
    assert house.rows() == []
    house.shelf.comes_back()
    house.clock.passes(SECOND)
    assert [ada.who(), ada.who()] == ["ada", "ada"]
    assert len(house.rows()) == 1


def test_a_proof_of_who_cannot_be_given_a_row_is_none(house: House) -> None:
    ada = brought(house, on_flask_login)
    house.shelf.goes_down("add")
    ada.post("/again")
    house.shelf.comes_back()
    house.clock.passes(SECOND)

    assert not ada.is_fresh()
    assert house.row().proved_at is None


# --- Sessions on the server.


@pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_session")
@pytest.mark.parametrize("leaves", [_signs_out, _closes_all, _changes_the_password])
def test_a_session_on_the_server_does_not_move_in_once_its_owner_has_left(
    clock: Clock, leaves: Callable[[House, Browser], None]
) -> None:
    kept = {"SESSION_TYPE": "cachelib", "SESSION_CACHELIB": SimpleCache()}
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": UNTIL, **kept})
    site = Site(clock, **kept)
    house.people["ada"] = site.people["ada"] = Person("ada")
    flask_session.Session(site.app)
    flask_session.Session(house.app)
    browsers = []
    for _ in range(3):
        visitor, browser = site.visitor(), house.browser()
        visitor.signs_in("ada")
        browser.client.set_cookie("session", visitor.cookie("session") or "")
        browsers.append(browser)
    ada, other, third = browsers
    clock.passes(HOUR)
    assert third.who() == "ada"
    assert ada.who() == "ada"
    assert house.rows()[0].opened_at == clock()
    clock.passes(HOUR)
    leaves(house, ada)
    clock.passes(HOUR)

    assert other.who() == "None"


def test_the_marks_of_who_has_left_are_where_the_application_keeps_them(
    house: House, clock: Clock
) -> None:
    house.manager.move_marks = marks = {}
    ada = brought(house, on_flask_login)
    with house.app.app_context():
        house.manager.close_all("ada")

    assert ada.who() == "None"
    assert [*marks] == ["left ada"]


def test_what_cannot_be_ended_for_somebody_else_leaves_no_mark(
    house: House, clock: Clock
) -> None:
    """A handle that is not Ada's is no word of hers about her other browsers."""
    house.manager.move_marks = marks = {}
    ada = house.signed_in("ada")
    assert not ada.does(lambda: house.manager.close("no such one", user="ada"))

    assert "left ada" not in marks


def test_a_cart_is_there_after_the_move(house: House) -> None:
    ada = brought(house, on_flask_login)
    with ada.client.session_transaction() as held:
        held["cart"] = ["a book"]
    ada.who()

    assert ada.does(lambda: session["cart"]) == ["a book"]
    assert house.told(Kind.OPENED) == [("opened", "ada", "")]


def test_a_proof_in_the_first_request_opens_one_row(house: House) -> None:
    ada = brought(house, without_a_register, ("remember_token",))
    ada.does(lambda: confirm_login(methods=["pwd"]))

    assert [each.name for each in house.row().methods] == ["pwd"]
    assert ada.is_fresh()
