"""What old copies of cookies, and answers that come late, may still do: nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import current_app, session

from flask_signet import (
    confirm_login,
    current_user,
    get_user,
    keep_signed_in,
    logout_user,
    seals,
)
from flask_signet.signins import Full, Kind, Register, StoreBusy
from register.house import Browser, House
from register.jar import Jar
from support import DAY, HOUR, MINUTE, SECOND, Clock, Member, Person, Site

SESSION = ("session", "session_signin")


def asked(house: House, jar: Jar, path: str, method: str = "POST", **more: Any) -> Any:
    """Ask with what a jar has; the answer has not arrived yet."""
    client = house.app.test_client(use_cookies=False)
    return client.open(path, method=method, headers={"Cookie": jar.sent}, **more)


def signed_in(house: House, person_id: str = "ada", **how: str) -> Jar:
    jar = Jar()
    jar.takes(asked(house, jar, f"/in/{person_id}", data=how).headers)
    return jar


def who(house: House, jar: Jar) -> str:
    answer = asked(house, jar, "/who", "GET")
    jar.takes(answer.headers)
    return str(answer.text)


def changes_the_password(house: House) -> None:
    person = get_user()
    house.manager.close_others(person)
    person.password = "a new one"
    keep_signed_in(person)


# --- New credentials.


@pytest.mark.parametrize("waits", [SECOND, MINUTE, 3 * DAY], ids=str)
def test_a_copied_remember_cookie_ends_with_the_password_though_the_answer_is_lost(
    house: House, clock: Clock, waits: Any
) -> None:
    ada = house.signed_in("ada", remember="yes")
    clock.passes(HOUR)
    ada.who()
    copy, lost = ada.copy("remember_token"), ada.copy()

    lost.does(lambda: changes_the_password(house))

    clock.passes(waits)
    assert (copy.who(), copy.who()) == ("None", "None")
    assert house.told(Kind.REUSED) == []


def test_so_it_does_where_the_new_password_is_proved_at_once(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    clock.passes(HOUR)
    copy = ada.copy("remember_token")

    def change() -> None:
        get_user().password = "a new one"
        confirm_login()

    ada.does(change)

    clock.passes(2 * MINUTE)
    assert copy.who() == "None"
    ada.restarts()
    assert ada.who() == "ada"


def test_who_has_a_new_password_is_remembered_with_it(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    clock.passes(HOUR)

    ada.does(lambda: changes_the_password(house))

    ada.restarts()
    assert ada.who() == "ada"
    clock.passes(MINUTE)
    ada.restarts()
    assert ada.who() == "ada"
    assert house.told(Kind.REUSED) == []


class Renamed(Member):
    """Somebody whose id changes with their credentials."""

    alternative = "x1"

    def get_id(self) -> str:
        return self.alternative


def test_a_new_id_moves_no_end(clock: Clock) -> None:
    house = House(clock, lifetime=HOUR, remember=90 * DAY, idle=None)
    house.people["x1"] = Renamed("x1")
    ada = house.signed_in("x1", remember="yes", seconds="86400")
    before = house.row("x1")
    clock.passes(MINUTE)

    def change() -> None:
        person = get_user()
        person.alternative = "x2"
        house.people["x2"] = person
        keep_signed_in(person)

    ada.does(change)

    after = house.row("x2")
    assert (after.ends, after.opened_at) == (before.ends, before.opened_at)
    assert ada.who() == "x2"
    assert house.rows("x1") == []


def test_who_was_put_out_is_not_kept_in_under_a_new_id(house: House) -> None:
    house.people["x1"] = Renamed("x1")
    ada = house.signed_in("x1")

    def change() -> None:
        person = get_user()
        person.alternative = "x2"
        house.people["x2"] = person
        house.register.close_all("x1")
        keep_signed_in(person)

    ada.does(change)

    assert ada.who() == "None"
    assert house.rows("x1") == house.rows("x2") == []


# --- At rest.


def test_the_remember_value_alone_opens_no_session_that_ended(clock: Clock) -> None:
    house = House(clock, idle=HOUR)
    ada = house.signed_in("ada", remember="yes")
    clock.passes(MINUTE)
    ada.post("/again")
    copy = ada.copy(*SESSION)
    clock.passes(3 * HOUR)
    ada.restarts()

    assert ada.who() == "ada"

    assert copy.who() == "None"


def test_the_remember_value_alone_is_no_proof_for_a_copy(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    clock.passes(MINUTE)
    ada.post("/again")
    copy = ada.copy(*SESSION)
    ada.restarts()

    assert ada.who() == "ada"

    assert copy.who() == "ada"
    assert copy.get("/fresh").status_code == 401


# --- Logout.


@pytest.mark.parametrize("how", [{}, {"remember": "yes"}], ids=["plain", "remembered"])
@pytest.mark.parametrize("first", ["proof", "password"])
def test_a_logout_that_overtakes_an_answer_ends_what_that_brings(
    house: House, first: str, how: dict[str, str]
) -> None:
    jar = signed_in(house, **how)
    house.act = lambda: changes_the_password(house)
    late = asked(house, jar, "/again" if first == "proof" else "/do")

    jar.takes(asked(house, jar, "/out").headers)

    assert house.rows() == []
    jar.takes(late.headers)
    assert who(house, jar) == "None"


def test_a_session_ends_no_sign_in_of_somebody_else(house: House) -> None:
    ada, eve = house.signed_in("ada"), house.signed_in("eve")

    def sign_out() -> None:
        session["_signin"] = house.row("eve").handle
        logout_user()

    ada.does(sign_out)

    assert eve.who() == "eve"


def test_an_old_copy_of_the_session_alone_ends_nothing(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    copy = ada.copy("session")
    clock.passes(HOUR)
    ada.does(lambda: changes_the_password(house))
    clock.passes(MINUTE)

    copy.signs_out()

    assert ada.who() == "ada"


def test_logout_ends_both_sign_ins_of_one_browser(house: House, clock: Clock) -> None:
    jar = Jar()
    twice = [asked(house, jar, "/in/ada", data={"remember": "yes"})]
    twice.append(asked(house, jar, "/in/ada", data={}))
    for answer in twice:
        jar.takes(answer.headers)
    copy = jar.copied(*SESSION)

    def forget_all() -> None:
        session.clear()

    house.act = forget_all
    jar.takes(asked(house, jar, "/do").headers)
    clock.passes(HOUR)

    def sign_out() -> None:
        get_user()
        logout_user()

    house.act = sign_out
    asked(house, jar, "/do")

    assert house.rows() == []
    assert who(house, copy) == "None"


# --- Streams.


@pytest.mark.parametrize("how", [{}, {"remember": "yes"}], ids=["plain", "remembered"])
def test_a_copys_stream_ends_when_the_token_is_another(
    house: House, clock: Clock, how: dict[str, str]
) -> None:
    ada = house.signed_in("ada", **how)

    def stream() -> tuple[bool, bool, Any]:
        before = house.manager.revalidate()
        ada.does(lambda: changes_the_password(house))
        clock.passes(HOUR)
        ada.who()
        return before, house.manager.revalidate(), get_user()

    assert ada.copy().does(stream) == (True, False, None)


def test_who_changes_the_password_within_a_stream_goes_on(house: House) -> None:
    ada = house.signed_in("ada", remember="yes")

    def stream() -> bool:
        changes_the_password(house)
        return house.manager.revalidate()

    assert ada.does(stream) is True


# --- Answers that come late.


@pytest.mark.parametrize("how", [{}, {"remember": "yes"}], ids=["plain", "remembered"])
def test_a_late_answer_of_an_ended_session_leaves_who_is_in_again(
    clock: Clock, how: dict[str, str]
) -> None:
    house = House(clock, idle=HOUR)
    jar = signed_in(house, **how)
    clock.passes(40 * DAY)
    late = asked(house, jar, "/who", "GET")

    jar.takes(asked(house, jar, "/in/ada", data=how).headers)
    jar.takes(late.headers)

    assert who(house, jar) == "ada"
    if how:
        jar.restarts()
        assert who(house, jar) == "ada"


# --- Remember cookies, of which a browser has two.


def test_a_cookie_domain_that_is_set_later_is_no_theft(
    house: House, clock: Clock
) -> None:
    ada = house.signed_in("ada", remember="yes")
    old = f"remember_token={ada.cookie('remember_token')}"
    clock.passes(HOUR)
    house.app.config["REMEMBER_COOKIE_DOMAIN"] = "shop.test"

    def visit(sent: str) -> Any:
        client = house.app.test_client(use_cookies=False)
        url = "http://www.shop.test"
        return client.get("/who", headers={"Cookie": sent}, base_url=url)

    said = visit(old).headers.getlist("Set-Cookie")
    got = {each.partition("=")[0]: each.partition(";")[0] for each in said}
    visit(f"{old}; {'; '.join(got.values())}")
    clock.passes(DAY)

    assert visit(f"{old}; {got['remember_token']}").text == "ada"
    assert house.told(Kind.REUSED) == []
    gone = [each for each in said if each.startswith("remember_token=;")]
    assert len(gone) == 1
    assert "Domain" not in gone[0]


def test_a_cookie_of_a_sign_in_that_is_gone_does_not_stand_before_another(
    house: House, clock: Clock
) -> None:
    before = house.signed_in("ada", remember="yes")
    for _ in range(3):
        clock.passes(HOUR)
        before.restarts()
        before.who()
    old = before.cookie("remember_token")
    house.register.close_all("ada")
    clock.passes(HOUR)
    new = house.signed_in("ada", remember="yes").cookie("remember_token")

    for first, second in ((old, new), (new, old)):
        sent = f"remember_token={first}; remember_token={second}"
        client = house.app.test_client(use_cookies=False)
        assert client.get("/who", headers={"Cookie": sent}).text == "ada"


# --- As many as there may be.


def test_whoever_is_put_out_during_a_refused_sign_in_stays_out(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.signed_in("ada")
    bob = house.signed_in("bob")
    copy = bob.copy()
    house.shelf.before["add"] = lambda: house.register.close_all("bob")

    with pytest.raises(Full):
        bob.signs_in("ada")

    assert house.rows("bob") == []
    assert copy.who() == "None"


def _refuse(_: Any) -> None:
    raise LookupError


@pytest.mark.parametrize("when_full", ["refuse", _refuse], ids=["refuse", "raises"])
def test_a_refused_sign_in_leaves_the_browser_as_it_was(
    clock: Clock, when_full: Any
) -> None:
    house = House(clock, at_most=1, when_full=when_full)
    house.signed_in("ada")
    bob = house.signed_in("bob")

    with pytest.raises((Full, LookupError)):
        bob.signs_in("ada")

    assert bob.who() == "bob"


def test_who_signs_in_again_in_the_same_browser_needs_no_other_place(
    clock: Clock,
) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    ada = house.signed_in("ada")

    ada.signs_in("ada")

    assert ada.who() == "ada"
    assert len(house.rows()) == 1


def test_an_own_one_that_has_ended_gives_no_place(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse", idle=HOUR)
    ada = house.signed_in("ada")
    clock.passes(2 * HOUR)
    house.signed_in("ada")

    with pytest.raises(Full):
        ada.signs_in("ada")


def test_a_place_that_somebody_else_has_freed_is_not_free_twice(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    ada = house.signed_in("ada")
    other = ada.copy()
    house.shelf.before["add"] = lambda: other.signs_in("ada")

    with pytest.raises(Full):
        ada.signs_in("ada")

    assert len(house.rows()) == 1
    assert other.who() == "ada"


def test_a_store_that_is_busy_half_way_leaves_no_row_that_nobody_has(
    clock: Clock,
) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    ada = house.signed_in("ada")
    busy = [StoreBusy("as the test wants it")]
    remove = house.shelf.inside.remove

    def once(handle: str) -> Any:
        if busy:
            raise busy.pop()
        return remove(handle)

    house.shelf.inside.remove = once  # type: ignore[method-assign]
    with pytest.raises(StoreBusy):
        ada.signs_in("ada")

    assert len(house.rows()) == 1
    assert ada.who() == "ada"


def test_nobody_is_put_out_before_all_are_named_who_are_to_go(clock: Clock) -> None:
    house = House(clock, at_most=3)
    browsers = [house.signed_in("ada") for _ in range(3)]

    def one_of_two(rows: Any) -> Any:
        return rows[-1].handle if len(rows) == 3 else None

    fewer = Register(house.shelf, at_most=2, when_full=one_of_two, clock=clock)

    with pytest.raises(Full):
        fewer.open("ada")

    assert [each.who() for each in browsers] == ["ada"] * 3


class Owner(Person):
    key = "the first account"

    def get_account_key(self) -> str:
        return self.key


def test_who_had_the_id_before_takes_no_place(clock: Clock) -> None:
    house = House(clock, at_most=1, when_full="refuse")
    house.people["7"] = Owner("7")
    before = house.signed_in("7")
    house.people["7"] = after = Owner("7")
    after.key = "the second account"

    ada = house.signed_in("7")

    assert ada.who() == "7"
    assert house.row("7").account_key == "the second account"
    assert before.who() == "None"
    assert house.told(Kind.CLOSED) == [(Kind.CLOSED, "7", "account")]


# --- Moving in.

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def _signs_out(moved: Browser, device: Browser, house: House) -> None:
    del device, house
    moved.signs_out()


def _closes_all(moved: Browser, device: Browser, house: House) -> None:
    del moved
    device.does(lambda: house.manager.close_all(get_user()))


@pytest.mark.parametrize("asks", [True, False], ids=["of somebody", "of nobody"])
@pytest.mark.parametrize("name", ["session", "remember_token"])
@pytest.mark.parametrize("leaves", [_signs_out, _closes_all])
def test_who_leaves_while_they_move_in_is_out(
    clock: Clock,
    leaves: Callable[[Browser, Browser, House], None],
    name: str,
    asks: bool,
) -> None:
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": UNTIL})
    before = Site(clock)
    before.people = house.people
    visitor = before.visitor()
    visitor.signs_in("ada", remember="yes")
    clock.passes(HOUR)
    moved = house.browser()
    moved.client.set_cookie(name, str(visitor.cookie(name)))
    tab, device = moved.copy(name), house.signed_in("ada")
    clock.passes(MINUTE)

    def slow_page() -> None:
        session.permanent = True  # so that it is signed anew
        session["looked_at"] = "something"
        if asks:
            current_user.get_id()
        leaves(tab, device, house)
        clock.passes(2 * SECOND)

    moved.does(slow_page)

    clock.passes(HOUR)
    assert moved.who() == "None"


def test_who_signs_in_while_an_old_session_ends_is_in(clock: Clock) -> None:
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": UNTIL})
    before = Site(clock)
    before.people = house.people
    visitor = before.visitor()
    visitor.signs_in("ada")
    clock.passes(HOUR)
    moved = house.browser()
    moved.client.set_cookie("session", str(visitor.cookie("session")))
    house.act = dict

    @house.app.post("/in-again")
    def in_again() -> str:
        house.manager.close_all("ada")
        with current_app.test_client() as other:
            other.post("/out")
        house.manager.login_user(house.people["ada"])
        return "in"

    moved.post("/in-again")

    assert moved.who() == "ada"


def test_marks_that_cannot_be_read_take_nothing_from_who_moves_in(
    clock: Clock,
) -> None:
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": UNTIL})
    before = Site(clock)
    before.people = house.people
    visitor = before.visitor()
    visitor.signs_in("eve")
    clock.passes(MINUTE)
    moved = house.browser()
    moved.client.set_cookie("session", str(visitor.cookie("session")))

    class Down(dict[str, str]):
        def get(self, *_: Any) -> Any:
            raise LookupError

    def slow_page() -> None:
        current_user.get_id()
        house.manager.move_marks = Down()

    moved.does(slow_page)
    house.manager.move_marks = None

    assert house.rows("eve") == []
    assert moved.who() == "eve"


# --- What is said of a device.


@pytest.mark.parametrize("label", ["\ud800", "a\0b"], ids=["half", "NUL"])
def test_a_label_is_kept_so_that_every_page_can_show_it(
    house: House, label: str
) -> None:
    house.signed_in("ada")

    assert house.register.rename(house.row().handle, label, user_id="ada")

    house.row().label.encode()
    assert "\0" not in house.row().label


@pytest.mark.parametrize("odd", [None, 5, [], b"x", {}], ids=repr)
def test_what_is_no_text_changes_nothing(house: House, odd: Any) -> None:
    house.signed_in("ada")
    before = house.row()

    assert not house.register.rename(before.handle, odd, user_id="ada")
    assert not house.register.rename(odd, "a phone", user_id="ada")
    assert not house.register.close(odd, user_id="ada")

    assert house.row() == before


def test_long_names_of_browsers_are_not_kept_in_memory(house: House) -> None:
    ada = house.signed_in("ada")
    for number in range(3):
        ada.get("/who", headers={"User-Agent": f"{'x' * 2000}{number}"})
    before = seals.seal.cache_info().currsize

    ada.get("/who", headers={"User-Agent": f"{'x' * 2000}4"})

    assert seals.seal.cache_info().currsize == before


# --- Times.


def test_a_rename_takes_no_use_back(clock: Clock) -> None:
    house = House(clock, idle=HOUR)
    ada = house.signed_in("ada")
    clock.passes(55 * MINUTE)
    house.shelf.before["swap"] = ada.copy().who

    house.register.rename(house.row().handle, "a phone", user_id="ada")

    clock.passes(20 * MINUTE)
    assert ada.who() == "ada"
    assert house.row().label == "a phone"


def test_who_proved_it_in_time_is_not_ended_by_who_read_it_before(
    clock: Clock,
) -> None:
    house = House(clock, lifetime=HOUR, idle=None)
    ada = house.signed_in("ada")
    row = house.row()
    clock.passes(HOUR)
    house.shelf.before["swap"] = lambda: house.register.prove(row)

    ada.who()

    assert len(house.rows()) == 1
    assert house.told(Kind.EXPIRED) == []


def test_a_clock_that_is_ahead_ends_nothing_for_others(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(clock)
    ada = house.signed_in("ada")
    ahead = Clock()
    ahead.passes(40 * DAY)
    other = House(ahead, store=house.shelf)
    house.shelf.inside.clock = clock
    # As it is with the real ones: the machine's, and besides it the store's.
    monkeypatch.setattr("flask_signet.signins.noted.utc_now", ahead)
    there = other.browser()
    for name, value in ada.cookies.items():
        there.client.set_cookie(name, str(value))

    assert there.who() == "None"

    assert ada.who() == "ada"
