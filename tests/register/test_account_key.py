"""An id is not a person: who gets an id that was free again inherits nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from flask_signet import current_user, get_user
from flask_signet.signins import Kind
from register.house import COOKIES, Browser, House
from support import Person


class Account(Person):
    """A user who knows which account it is, and has no stamp."""

    def __init__(self, person_id: str, key: str | None) -> None:
        super().__init__(person_id)
        self.key = key

    def get_account_key(self) -> str | None:
        return self.key


def _by_the_user(house: House) -> Callable[[str | None], Person]:
    return lambda key: Account("ada", key)


def _by_the_manager(house: House) -> Callable[[str | None], Person]:
    keys: dict[int, str | None] = {}
    house.manager.account_key = lambda user: keys.get(id(user))

    def made(key: str | None) -> Person:
        person = Person("ada")
        keys[id(person)] = key
        return person

    return made


@pytest.fixture(params=[_by_the_user, _by_the_manager], ids=["user", "manager"])
def made(request: pytest.FixtureRequest, house: House) -> Any:
    """Make somebody whose id is ada, with a key."""
    return request.param(house)


PARTS = [(name,) for name in COOKIES] + [COOKIES[:2], COOKIES]


@pytest.mark.requirement("7.4.2")
@pytest.mark.parametrize("names", PARTS, ids="+".join)
@pytest.mark.parametrize(
    ("was", "now"),
    [
        pytest.param("first", "second", id="another account"),
        pytest.param("first", None, id="an account no more"),
        pytest.param(None, "second", id="an account only now"),
    ],
)
def test_the_next_one_of_an_id_inherits_no_sign_in(
    house: House, made: Any, was: str | None, now: str | None, names: tuple[str, ...]
) -> None:
    house.people["ada"] = made(was)
    ada = house.signed_in("ada", remember="yes")
    assert ada.who() == "ada"
    copy = ada.copy(*names)
    house.people["ada"] = made(now)

    assert copy.who() == "None"
    assert copy.get("/secret").status_code == 302
    assert ada.who() == "None"
    assert house.told(Kind.CLOSED) == [("closed", "ada", "account")]


@pytest.mark.requirement("7.4.2")
def test_who_was_deleted_and_not_seen_meanwhile_leaves_nothing_either(
    house: House, made: Any
) -> None:
    house.people["ada"] = made("first")
    ada = house.signed_in("ada", remember="yes")
    del house.people["ada"]
    house.people["ada"] = made("second")
    new = house.signed_in("ada")

    assert (ada.who(), new.who()) == ("None", "ada")
    assert new.who() == "ada"


def test_the_account_that_it_was_goes_on(house: House, made: Any) -> None:
    house.people["ada"] = made("first")
    ada = house.signed_in("ada", remember="yes")
    assert house.row().account_key == "first"
    assert ada.who() == "ada"
    ada.restarts()

    assert ada.who() == "ada"


def test_a_key_that_is_no_text_is_compared_as_one(house: House) -> None:
    house.manager.account_key = lambda _: 7  # type: ignore[assignment,return-value]
    ada = house.signed_in("ada")

    assert ada.who() == "ada"
    assert house.row().account_key == "7"


def test_the_manager_is_asked_before_the_user(house: House) -> None:
    house.people["ada"] = Account("ada", "the user's")
    house.manager.account_key = lambda _: "the manager's"
    house.signed_in("ada")

    assert house.row().account_key == "the manager's"


def test_a_person_is_shown_the_devices_of_their_account_alone(
    house: House, made: Any
) -> None:
    house.people["ada"] = made("first")
    house.signed_in("ada")
    before = house.row()
    house.people["ada"] = second = made("second")
    new = house.signed_in("ada")
    house.shelf.inside.add(before)  # it came meanwhile

    assert len(house.rows()) == 2
    (row,) = new.does(lambda: house.manager.signins_of(second))
    assert row.account_key == "second"


@pytest.mark.parametrize("who", ["object", "proxy"])
def test_a_person_with_a_key_sees_their_devices(house: House, who: str) -> None:
    house.people["ada"] = Account("ada", "first")
    ada = house.signed_in("ada")

    def listed() -> list[Any]:
        given = current_user if who == "proxy" else get_user()
        return house.manager.signins_of(given)

    assert len(ada.does(listed)) == 1


def test_who_is_asked_again_is_whom_the_key_says(house: House, ada: Browser) -> None:
    house.people["ada"] = Account("ada", "first")
    browser = house.signed_in("ada")

    def go_on() -> bool:
        get_user()
        house.people["ada"] = Account("ada", "second")
        return house.manager.revalidate()

    assert browser.does(go_on) is False
