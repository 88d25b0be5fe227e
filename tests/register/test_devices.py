"""A person's devices: listed, ended, named; by the application, in a request."""

from typing import Any, cast

import pytest
from flask import session

from flask_signet import (
    ConfigError,
    LoginManager,
    UserError,
    current_user,
    get_user,
    login_required,
    login_user,
    run_as,
    user_logged_out,
)
from flask_signet.signins import Kind, StoreDown
from register.house import COOKIES, Browser, House, cookies_set
from support import DAY, HOUR, MINUTE, SECOND, Clock, Person, Site


@pytest.fixture
def other(house: House, ada: Browser) -> Browser:
    """Ada's other browser, in which she signed in an hour later."""
    house.clock.passes(HOUR)
    return house.signed_in("ada")


def handle_of(house: House, browser: Browser) -> str:
    """Ask a browser's own session which row is its."""
    handle: str = browser.does(lambda: session["_signin"])
    return handle


# --- Listed.


def test_those_seen_last_come_first(house: House, ada: Browser, other: Browser) -> None:
    first, second = handle_of(house, ada), handle_of(house, other)
    someone = house.browser()
    listed = [
        [each.handle for each in someone.does(lambda: house.manager.signins_of("ada"))]
    ]
    house.clock.passes(HOUR)
    ada.who()
    listed += [
        [each.handle for each in someone.does(lambda: house.manager.signins_of("ada"))]
    ]

    assert listed == [[second, first], [first, second]]


def test_the_session_names_the_one_of_this_browser(
    house: House, ada: Browser, other: Browser, clock: Clock
) -> None:
    """After a sign-in, a proof and a return alike."""
    handle = handle_of(house, ada)
    ada.post("/again")
    assert handle_of(house, ada) == handle
    ada.who()
    ada.restarts()
    clock.passes(MINUTE)
    ada.who()

    assert handle_of(house, ada) == handle
    assert handle_of(house, other) != handle


def test_the_manager_names_the_one_of_this_browser(
    house: House, ada: Browser, other: Browser
) -> None:
    listed, mine = other.does(
        lambda: (house.manager.signins_of("ada"), house.manager.signin)
    )

    assert mine in listed
    assert mine.handle == handle_of(house, other)
    assert house.browser().does(lambda: house.manager.signin) is None
    with house.app.app_context():
        assert house.manager.signin is None


def test_what_is_over_is_not_listed(house: House, clock: Clock) -> None:
    house.signed_in("ada")
    clock.passes(7 * DAY + MINUTE)
    house.signed_in("ada")

    assert len(house.rows()) == 2
    assert len(house.browser().does(lambda: house.manager.signins_of("ada"))) == 1


def test_what_is_at_rest_is_listed_as_remembered(
    house: House, ada: Browser, clock: Clock
) -> None:
    clock.passes(7 * DAY + MINUTE)
    (row,) = house.browser().does(lambda: house.manager.signins_of("ada"))

    assert row.is_remembered
    assert row.is_at_rest(clock())


@pytest.mark.parametrize("kind", ["object", "id", "number", "proxy"])
def test_whose_they_are_is_said_by_an_object_or_an_id(house: House, kind: str) -> None:
    house.people["7"] = Person(7)
    seven = house.signed_in("7")
    given = {"object": Person(7), "id": "7", "number": 7, "proxy": current_user}[kind]

    assert len(seven.does(lambda: house.manager.signins_of(given))) == 1


def test_nobody_has_no_devices(house: House) -> None:
    with pytest.raises(UserError):
        house.browser().does(lambda: house.manager.signins_of(None))


# --- Ended.


def test_one_browser_ends_the_other(house: House, ada: Browser, other: Browser) -> None:
    handle = handle_of(house, other)

    assert ada.does(lambda: house.manager.close(handle, user=current_user)) is True
    assert (ada.who(), other.who()) == ("ada", "None")
    assert house.told(Kind.CLOSED) == [("closed", "ada", "closed")]


def test_what_is_ended_is_not_there_to_be_ended_again(
    house: House, ada: Browser, other: Browser
) -> None:
    handle = handle_of(house, other)
    ada.does(lambda: house.manager.close(handle, user="ada"))

    assert ada.does(lambda: house.manager.close(handle, user="ada")) is False
    assert len(house.told(Kind.CLOSED)) == 1


@pytest.mark.parametrize("handle", ["", "no such one", "ä"])
def test_a_handle_that_there_is_not_ends_nothing(
    house: House, ada: Browser, handle: str
) -> None:
    assert ada.does(lambda: house.manager.close(handle, user="ada")) is False
    assert ada.who() == "ada"


def test_the_handle_of_somebody_else_ends_and_names_nothing(
    house: House, ada: Browser
) -> None:
    bob, handle = house.signed_in("bob"), house.row("bob").handle
    before = house.row("bob")

    assert ada.does(lambda: house.manager.close(handle, user=current_user)) is False
    assert ada.does(lambda: house.manager.rename(handle, "mine", user="ada")) is False
    assert house.row("bob") == before
    assert (ada.who(), bob.who()) == ("ada", "bob")
    assert house.told(Kind.CLOSED) == []


def test_to_close_the_others_keeps_this_one(
    house: House, ada: Browser, other: Browser
) -> None:
    third = house.signed_in("ada")
    bob = house.signed_in("bob")

    assert other.does(lambda: house.manager.close_others(current_user)) == 2
    assert [each.who() for each in (ada, other, third, bob)] == [
        "None",
        "ada",
        "None",
        "bob",
    ]


def test_to_close_the_others_of_somebody_else_closes_all_of_theirs(
    house: House, ada: Browser
) -> None:
    bob = house.signed_in("bob")

    assert bob.does(lambda: house.manager.close_others("ada")) == 1
    assert (ada.who(), bob.who()) == ("None", "bob")


def _left(house: House) -> list[Any]:
    """Hear of who signs out."""
    heard: list[Any] = []

    def hear(sender: Any, user: Any, **_: Any) -> None:
        heard.append(user)

    user_logged_out.connect(hear, house.app, weak=False)
    return heard


def test_to_close_all_ends_this_one_too(
    house: House, ada: Browser, other: Browser
) -> None:
    heard = _left(house)

    def close() -> tuple[int, Any]:
        return house.manager.close_all(current_user), get_user()

    assert ada.does(close) == (2, None)
    assert set(cookies_set(ada.answer)) == set(COOKIES)
    assert heard == [house.people["ada"]]
    assert {ada.who(), other.who()} == {"None"}
    assert [why for _, _, why in house.told(Kind.CLOSED)] == ["closed", "closed"]


@pytest.mark.parametrize("is_asked", [True, False], ids=["asked", "not asked yet"])
def test_to_close_this_one_by_its_handle_is_to_sign_out(
    house: House, ada: Browser, is_asked: bool
) -> None:
    heard, handle = _left(house), house.row().handle

    def close() -> bool:
        if is_asked:
            get_user()
        return house.manager.close(handle, user="ada")

    assert ada.does(close)

    assert set(cookies_set(ada.answer)) == set(COOKIES)
    assert heard == [house.people["ada"]]
    assert house.told(Kind.CLOSED) == [("closed", "ada", "closed")]


@pytest.mark.requirement("7.4.5")
def test_to_close_all_of_somebody_else_leaves_this_one(
    house: House, ada: Browser
) -> None:
    bob, heard = house.signed_in("bob"), _left(house)

    assert bob.does(lambda: house.manager.close_all("ada")) == 1
    assert heard == []
    assert (ada.who(), bob.who()) == ("None", "bob")
    assert house.told(Kind.CLOSED) == [("closed", "ada", "closed")]


def test_who_has_just_signed_in_may_close_the_others(
    house: House, ada: Browser
) -> None:
    browser, person = house.browser(), house.people["ada"]
    browser.does(lambda: (login_user(person), house.manager.close_others(person)))

    assert (browser.who(), ada.who()) == ("ada", "None")


@pytest.mark.requirement("7.4.5")
def test_it_may_be_done_where_there_is_no_request(house: House, ada: Browser) -> None:
    other = house.signed_in("ada")
    handle = house.rows()[0].handle
    with house.app.app_context():
        assert len(house.manager.signins_of("ada")) == 2
        assert house.manager.rename(handle, "Laptop", user="ada")
        assert house.manager.close(handle, user="ada")
        assert house.manager.close_others("ada") == 1
        assert house.manager.close_all("ada") == 0

    assert {ada.who(), other.who()} == {"None"}


# --- Named.


def test_a_device_is_called_what_its_owner_calls_it(house: House, ada: Browser) -> None:
    handle = house.row().handle

    assert ada.does(lambda: house.manager.rename(handle, "L" * 101, user=current_user))
    assert house.row().label == "L" * 100
    assert ada.who() == "ada"


def test_a_name_given_while_the_row_is_changed_is_kept(
    house: House, ada: Browser
) -> None:
    handle = house.row().handle
    house.shelf.before["swap"] = lambda: house.register.rename(
        handle, "first", user_id="ada"
    )

    assert ada.does(lambda: house.manager.rename(handle, "second", user="ada"))
    assert house.row().label == "second"


# --- Asked again.


def test_who_is_in_is_so_when_asked_again(house: House, ada: Browser) -> None:
    assert ada.does(house.manager.revalidate) is True
    assert ada.who() == "ada"


def test_a_stranger_is_none_when_asked_again(house: House) -> None:
    assert house.browser().does(house.manager.revalidate) is False


@pytest.mark.requirement("7.4.1")
@pytest.mark.parametrize(
    "what",
    ["closed", "inactive", "deleted", "new password", "at rest", "no loader"],
)
def test_who_is_put_out_meanwhile_is_nobody_from_then_on(
    house: House, ada: Browser, what: str
) -> None:
    def meanwhile() -> None:
        if what == "closed":
            house.register.close_all("ada")
        elif what == "inactive":
            house.people["ada"].active = False
        elif what == "deleted":
            del house.people["ada"]
        elif what == "new password":
            house.people["ada"].password = "a new one"
        elif what == "at rest":
            house.clock.passes(7 * DAY + MINUTE)
        else:
            house.manager._user_callback = None

    def go_on() -> tuple[bool, Any, Any]:
        before = get_user()
        meanwhile()
        return house.manager.revalidate(), get_user(), before

    still_in, after, before = ada.does(go_on)

    assert before is not None
    assert (still_in, after) == (False, None)


def test_it_is_not_known_while_the_store_is_down(house: House, ada: Browser) -> None:
    def go_on() -> None:
        get_user()
        house.shelf.goes_down()
        with pytest.raises(StoreDown):
            house.manager.revalidate()

    ada.does(go_on)


def test_an_async_loader_is_asked_again_as_well(house: House) -> None:
    async def load(user_id: str) -> Any:
        return house.people.get(user_id)

    house.manager.user_loader(load)
    ada = house.signed_in("ada")

    assert ada.does(house.manager.revalidate) is True
    assert ada.who() == "ada"


@pytest.mark.parametrize("is_known", [True, False])
def test_who_is_known_by_the_request_is_asked_for_by_the_request(
    house: House, is_known: bool
) -> None:
    people = [Person("eve")]
    house.manager.request_loader(lambda _: people[0] if people else None)

    def go_on() -> tuple[Any, bool]:
        before = get_user()
        if not is_known:
            people.clear()
        return before, house.manager.revalidate()

    before, still_in = house.browser().does(go_on)

    assert before is not None
    assert still_in is is_known


@pytest.mark.parametrize("what", ["nothing", "deleted", "new password"])
def test_without_a_register_the_loader_and_the_stamp_decide(
    site: Site, what: str
) -> None:
    told: list[bool] = []

    @site.app.post("/go-on")
    @login_required
    def go_on() -> str:
        if what == "deleted":
            del site.people["ada"]
        elif what == "new password":
            site.people["ada"].password = "a new one"  # type: ignore[attr-defined]
        told.append(site.manager.revalidate())
        return str(get_user())

    visitor = site.visitor()
    visitor.signs_in("ada")
    answer = visitor.post("/go-on")

    assert told == [what == "nothing"]
    assert (answer.text == "None") is (what != "nothing")


def test_to_act_as_somebody_else_is_not_undone_by_asking_again(
    house: House, ada: Browser
) -> None:
    """The request's own person is there after it."""
    bob = house.people["bob"]

    def act() -> Any:
        with run_as(bob):
            house.manager.revalidate()
            assert get_user() is bob
        return get_user()

    assert ada.does(act) is house.people["ada"]


def test_who_is_acted_closes_nothing_of_this_browser(
    house: House, ada: Browser
) -> None:
    house.signed_in("bob")

    def act() -> Any:
        with run_as(house.people["bob"]):
            return house.manager.close_all("bob")

    assert ada.does(act) == 1
    assert ada.who() == "ada"


def test_who_is_acted_is_neither_fresh_nor_remembered(
    house: House, ada: Browser
) -> None:
    def act() -> tuple[bool, bool]:
        get_user()
        with run_as(house.people["bob"]):
            return house.manager.login_fresh(), house.manager.login_remembered()

    assert ada.does(act) == (False, False)


# --- Without a register.


@pytest.mark.parametrize(
    "ask",
    [
        lambda manager: manager.signins_of("ada"),
        lambda manager: manager.close("handle", user="ada"),
        lambda manager: manager.close_others("ada"),
        lambda manager: manager.close_all("ada"),
        lambda manager: manager.rename("handle", "Laptop", user="ada"),
    ],
    ids=["signins_of", "close", "close_others", "close_all", "rename"],
)
def test_without_a_register_it_is_said_that_there_is_none(site: Site, ask: Any) -> None:
    with site.app.app_context(), pytest.raises(ConfigError, match="has no register"):
        ask(site.manager)


# --- Two kinds of people in one register.


@pytest.fixture
def staff(house: House) -> LoginManager[Any]:
    """Another manager over the same register; its people have the same ids."""
    manager: LoginManager[Any] = LoginManager(name="staff", register=house.register)
    manager.clock = house.clock
    members = {"ada": Person("ada")}
    manager.user_loader(members.get)
    manager.init_app(house.app)

    @house.app.post("/staff/in")
    def staff_in() -> str:
        return str(manager.login_user(members["ada"], remember=True))

    @house.app.get("/staff/who")
    def staff_who() -> str:
        return str(manager.current_user.get_id())

    return manager


def test_the_row_of_one_kind_is_nobody_of_the_other(
    house: House, staff: LoginManager[Any]
) -> None:
    browser = house.browser()
    browser.post("/staff/in")
    cookie, value = "session_signin", browser.cookie("session_signin_staff") or ""
    ada = house.signed_in("ada")
    ada.client.set_cookie(cookie, value)

    assert browser.get("/staff/who").text == "ada"
    assert browser.who() == "None"
    assert ada.who() == "None"
    assert ada.get("/staff/who").text == "None"


def test_the_remember_value_of_one_kind_is_nobody_of_the_other(
    house: House, staff: LoginManager[Any]
) -> None:
    browser, plain = house.browser(), house.browser()
    browser.post("/staff/in")
    value = browser.cookie("remember_token_staff") or ""
    plain.client.set_cookie("remember_token", value)

    assert plain.who() == "None"
    plain.client.set_cookie("remember_token_staff", value)
    assert plain.get("/staff/who").text == "ada"


def test_the_verbs_of_each_see_their_own(
    house: House, staff: LoginManager[Any], clock: Clock
) -> None:
    browser = house.browser()
    browser.signs_in("ada")
    browser.post("/staff/in")
    plain_handle = house.row().handle
    (staff_row,) = browser.does(lambda: staff.signins_of("ada"))

    assert staff_row.realm == "staff"
    assert not browser.does(lambda: staff.close(plain_handle, user="ada"))
    assert not browser.does(lambda: staff.rename(plain_handle, "x", user="ada"))
    assert browser.does(lambda: house.manager.close_all("ada")) == 1
    assert (browser.who(), browser.get("/staff/who").text) == ("None", "ada")
    clock.passes(SECOND)
    assert browser.does(lambda: staff.close_all("ada")) == 1
    assert browser.get("/staff/who").text == "None"


def test_both_are_remembered_and_come_back(
    house: House, staff: LoginManager[Any]
) -> None:
    browser = house.signed_in("ada", remember="yes")
    browser.post("/staff/in")
    browser.restarts()
    browser.client.delete_cookie("session_signin_staff")

    assert (browser.who(), browser.get("/staff/who").text) == ("ada", "ada")
    assert (browser.who(), browser.get("/staff/who").text) == ("ada", "ada")


# --- Everybody's.


@pytest.mark.requirement("7.4.5")
def test_everybodys_sign_ins_are_closed_by_one_verb(house: House) -> None:
    browsers = [house.signed_in(each) for each in ("ada", "bob", "ada")]

    assert browsers[0].does(house.manager.close_everybodys) == 3

    assert {each.who() for each in browsers} == {"None"}
    assert len(house.told(Kind.CLOSED)) == 3


def test_who_closes_everybodys_in_a_view_that_asked_for_nobody_is_out(
    house: House,
) -> None:
    browser = house.signed_in("ada", remember="yes")

    browser.does(house.manager.close_everybodys)

    assert [*browser.cookies] == ["session"]


def test_everybodys_are_those_of_who_has_not_moved_in_yet_too(clock: Clock) -> None:
    until = clock() + 90 * DAY
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": until})
    before = Site(clock)
    before.people = house.people
    visitor, browser = before.visitor(), house.browser()
    visitor.signs_in("ada")
    browser.client.set_cookie("session", str(visitor.cookie("session")))
    clock.passes(MINUTE)

    with house.app.app_context():
        house.manager.close_everybodys()

    assert browser.who() == "None"


def test_they_are_closed_also_outside_of_a_request(house: House) -> None:
    browser = house.signed_in("ada")

    with house.app.app_context():
        assert house.manager.close_everybodys() == 1

    assert browser.who() == "None"


def test_a_store_that_knows_no_people_says_so(house: House) -> None:
    class Dumb:
        def swap(self) -> None: ...

    house.register.store = cast("Any", Dumb())

    with pytest.raises(ConfigError, match="Dumb does not say whose sign-ins"):
        house.register.people(limit=1)


# --- Nobody's.


@pytest.mark.parametrize("who", ["anonymous", "None"])
def test_who_is_nobody_has_no_sign_ins_to_ask_for(house: House, who: str) -> None:
    browser = house.browser()

    def ask() -> object:
        return house.manager.signins_of(current_user if who == "anonymous" else None)

    with pytest.raises(UserError, match="Put @login_required above the view"):
        browser.does(ask)
