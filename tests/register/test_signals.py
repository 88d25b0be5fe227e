"""What the house is told of sign-ins: that it has happened, to whom, and why."""

from collections.abc import Callable
from typing import Any

import pytest
from blinker import NamedSignal
from flask import Flask

from flask_signet import (
    LoginManager,
    current_user,
    get_user,
    login_user,
    logout_user,
    remember_token_reused,
    signin_closed,
    signin_evicted,
    signin_expired,
    signin_opened,
    signin_restored,
)
from flask_signet.signins import Kind, Register, SignIn, Token
from flask_signet.signins.memory import MemoryStore
from register.house import COOKIES, Browser, House
from support import DAY, MINUTE, SECOND, Clock, Person

SIGNALS = (
    signin_opened,
    signin_closed,
    signin_expired,
    signin_evicted,
    signin_restored,
    remember_token_reused,
)


class Ear:
    """Hears all that is told of sign-ins in one application."""

    def __init__(self, app: Flask) -> None:
        self.heard: list[tuple[NamedSignal, dict[str, Any]]] = []
        for signal in SIGNALS:
            signal.connect(self._hears(signal), app, weak=False)

    def _hears(self, signal: NamedSignal) -> Callable[..., None]:
        def hear(sender: Flask, **told: Any) -> None:
            assert isinstance(sender, Flask)
            self.heard.append((signal, told))

        return hear

    def forgets(self) -> None:
        self.heard.clear()

    @property
    def names(self) -> list[str]:
        return [signal.name for signal, _ in self.heard]

    @property
    def reasons(self) -> list[str]:
        return [told["reason"] for _, told in self.heard if "reason" in told]


@pytest.fixture
def ear(house: House) -> Ear:
    return Ear(house.app)


def test_a_sign_in_is_told_of(house: House, ear: Ear) -> None:
    house.signed_in("ada")
    ((signal, told),) = ear.heard

    assert signal is signin_opened
    assert told == {"signin": house.row()}


def _signs_out(house: House, ada: Browser) -> None:
    ada.signs_out()


def _is_closed(house: House, ada: Browser) -> None:
    house.signed_in("ada").does(lambda: house.manager.close_others(current_user))


def _signs_in_again(house: House, ada: Browser) -> None:
    ada.signs_in("bob")


def _is_deleted(house: House, ada: Browser) -> None:
    del house.people["ada"]
    ada.who()


@pytest.mark.requirement("7.4.5")
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (_signs_out, "logout"),
        (_is_closed, "closed"),
        (_signs_in_again, "login"),
        (_is_deleted, "account"),
    ],
    ids=["logout", "closed", "login", "account"],
)
def test_an_end_is_told_of_once_and_with_its_reason(
    house: House, ada: Browser, ear: Ear, end: Any, reason: str
) -> None:
    row = house.row()
    end(house, ada)
    ada.copy().who()
    closed = [told for signal, told in ear.heard if signal is signin_closed]

    assert [(told["signin"], told["reason"]) for told in closed] == [(row, reason)]


def test_what_is_found_after_its_end_is_told_of_once(
    house: House, ear: Ear, clock: Clock
) -> None:
    ada = house.signed_in("ada")
    copy = ada.copy()
    ear.forgets()
    clock.passes(8 * DAY)
    ada.who()
    copy.who()

    assert ear.names == ["signin-expired"]


def test_what_is_remembered_and_found_after_its_end_is_told_of_as_well(
    house: House, ada: Browser, ear: Ear, clock: Clock
) -> None:
    ada.restarts()
    clock.passes(31 * DAY)
    ada.who()

    assert ear.names == ["signin-expired"]
    assert house.rows() == []


def test_who_has_to_go_for_another_is_told_of(clock: Clock) -> None:
    house = House(clock, at_most=2)
    ear = Ear(house.app)
    for _ in range(3):
        clock.passes(SECOND)
        house.signed_in("ada")

    assert ear.names == ["signin-opened"] * 2 + ["signin-evicted", "signin-opened"]
    assert ear.heard[2][1]["signin"] == ear.heard[0][1]["signin"]


def test_who_comes_back_is_told_of_once(house: House, ada: Browser, ear: Ear) -> None:
    ada.restarts()
    ada.who()
    ada.who()

    assert ear.names == ["signin-restored"]
    assert ear.heard[0][1]["signin"].handle == house.row().handle


def _used_by_two(house: House, ada: Browser) -> Browser:
    """Have a remember cookie used by its owner and, later, by a thief."""
    thief = ada.copy("remember_token")
    ada.restarts()
    ada.who()
    ada.who()
    house.clock.passes(31 * SECOND)
    return thief


def test_a_remember_cookie_that_two_have_used_is_told_of(
    house: House, ada: Browser, ear: Ear
) -> None:
    thief = _used_by_two(house, ada)
    ear.forgets()

    assert thief.who() == "None"
    assert ear.names == ["remember-token-reused"]
    assert (ada.who(), thief.who()) == ("None", "None")
    assert ear.names == ["remember-token-reused"]


def test_the_registers_own_listener_hears_the_same(
    house: House, ada: Browser, ear: Ear
) -> None:
    thief = _used_by_two(house, ada)
    thief.who()

    assert house.told() == [
        ("opened", "ada", ""),
        ("restored", "ada", ""),
        ("reused", "ada", ""),
    ]


def test_without_a_listener_nothing_is_told() -> None:
    register = Register(MemoryStore())
    _, row = register.open("ada")

    assert register.close(row.handle, user_id="ada")


def test_of_people_with_a_name_it_is_told_whose(house: House, ear: Ear) -> None:
    staff: LoginManager[Any] = LoginManager(name="staff", register=house.register)
    staff.clock = house.clock
    staff.user_loader(Person)
    staff.init_app(house.app)
    browser = house.browser()
    browser.does(lambda: staff.login_user(Person("kim")))
    browser.does(staff.logout_user)

    assert ear.names == ["signin-opened", "signin-closed"]
    assert [told["name"] for _, told in ear.heard] == ["staff", "staff"]
    assert [told["signin"].realm for _, told in ear.heard] == ["staff", "staff"]


def test_a_listener_may_ask_who_it_is(house: House) -> None:
    heard: list[Any] = []

    def hear(sender: Flask, signin: SignIn) -> None:
        heard.append(get_user())

    signin_restored.connect(hear, house.app, weak=False)
    ada = house.signed_in("ada", remember="yes")
    ada.restarts()
    ada.who()

    assert heard == [house.people["ada"]]


def test_nothing_that_is_told_opens_anything(
    house: House, ada: Browser, ear: Ear, clock: Clock
) -> None:
    secrets: set[str | None] = set()

    def keep() -> None:
        secrets.update(ada.cookies.values())

    for act in (lambda: ada.signs_in("ada"), ada.restarts, ada.who, ada.who):
        keep()
        act()
    ada.post("/again")
    keep()
    ada.who()
    clock.passes(MINUTE)
    _used_by_two(house, ada).who()
    keep()
    told = repr(ear.heard) + repr(house.events)

    assert {"opened", "closed", "restored", "reused"} <= {
        str(each.kind) for each in house.events
    }
    assert len(secrets) > len(COOKIES)
    assert not [secret for secret in secrets if secret and secret in told]


def test_a_token_does_not_show_what_it_is() -> None:
    token = Token.new(remember=True)

    assert token.text not in repr(token) + str(token)
    assert str(token.remember) not in repr(token) + str(token)


def test_an_error_of_a_listener_does_not_undo_what_has_happened(
    house: House, ada: Browser
) -> None:
    def fail(sender: Flask, **_: Any) -> None:
        raise ZeroDivisionError

    signin_closed.connect(fail, house.app, weak=False)
    copy = ada.copy()
    with pytest.raises(ZeroDivisionError):
        ada.does(logout_user)

    assert {ada.who(), copy.who()} == {"None"}


def test_two_applications_hear_of_their_own(clock: Clock) -> None:
    one, another = House(clock), House(clock)
    ear = Ear(another.app)
    one.signed_in("ada")

    assert ear.names == []
    assert one.told(Kind.OPENED) == [("opened", "ada", "")]


def test_in_and_out_again_in_one_request_is_told_in_order(
    house: House, ada: Browser, ear: Ear, clock: Clock
) -> None:
    clock.passes(MINUTE)
    ada.does(lambda: (get_user(), logout_user(), login_user(house.people["bob"])))

    assert ear.names == ["signin-closed", "signin-opened"]
    assert ear.reasons == ["logout"]
