"""Nothing that was copied opens a door after the end, nor does what lies in the store.

On each store: in memory, SQLite, PostgreSQL and Redis. The last two are real servers.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import combinations

import pytest

from flask_signet import cli, current_user, get_user, logout_user
from flask_signet.cookie import DeviceValue
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.record import utc_now
from register.house import COOKIES, Browser, House, Shelf
from register.stores import Kept, all_in, empty, in_a_database, in_redis
from signins.redis_server import RedisServer, given_url
from signins.servers import PostgresServer, database_on
from support import DAY, KEY, MINUTE, SECOND, Clock, Member

IDLE_END = 7 * DAY + MINUTE
"""What is written once a minute may be a minute behind."""

PARTS = [
    pytest.param(names, id="+".join(names) if len(names) < 3 else "all")
    for count in (1, 2, 3)
    for names in combinations(COOKIES, count)
]


# --- Where the house stands.


@pytest.fixture
def memory() -> Kept:
    return MemoryStore()


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    file = tmp_path_factory.mktemp("register") / "register.sqlite"
    with in_a_database(f"sqlite:///{file}") as store:
        yield store


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Kept]:
    with database_on(PostgresServer) as url, in_a_database(url) as store:
        yield store


@pytest.fixture(scope="module")
def redis() -> Iterator[Kept]:
    if given := given_url():
        with in_redis(given) as store:
            yield store
    else:
        with RedisServer() as server, in_redis(server.url) as store:
            yield store


@pytest.fixture(
    params=[
        pytest.param("memory", id="memory"),
        pytest.param("sqlite", id="SQLite"),
        pytest.param("postgresql", id="PostgreSQL", marks=pytest.mark.slow),
        pytest.param("redis", id="Redis", marks=pytest.mark.slow),
    ]
)
def shelf(request: pytest.FixtureRequest) -> Iterator[Shelf]:
    """Give each store in turn; that of a server is real, and there for all tests."""
    store: Kept = request.getfixturevalue(request.param)
    yield Shelf(store)
    empty(store)


@pytest.fixture
def clock() -> Clock:
    """Begin now, for a server goes by its own time: Redis takes off what has ended.

    From there on the time is the test's, and the servers' stands still as good as. So
    when an end comes by the clock, the row is there still, and it is the register that
    has to refuse it.
    """
    clock = Clock()
    clock.now = utc_now().replace(microsecond=0)
    return clock


@pytest.fixture
def house(clock: Clock, shelf: Shelf) -> House:
    house = House(clock, store=shelf)
    house.app.add_url_rule("/talk", view_func=_who_talks, websocket=True)
    return house


def _who_talks() -> str:
    return str(current_user.get_id())


def _a_minute_passes_in_the_store(house: House) -> None:
    """Have what was noted by the store's own clock be a minute older."""
    row = house.row()
    times = {
        name: time - MINUTE
        for name in ("confirmed_at", "previous_at", "pending_at")
        if (time := getattr(row, name)) is not None
    }
    assert house.shelf.swap(row, replace(row, **times))


# --- What each of these does to Ada's sign-in, from there on is to be final.


def _she_signs_out(house: House, ada: Browser) -> None:
    ada.signs_out()


def _she_signs_out_by_a_page_that_asks_who_she_is(house: House, ada: Browser) -> None:
    ada.does(lambda: (get_user(), logout_user()))


def _it_ends_however_busy(house: House, ada: Browser) -> None:
    for _ in range(15):
        house.clock.passes(2 * DAY)
        ada.get("/who")


def _it_is_closed(house: House, ada: Browser) -> None:
    handle = house.row().handle
    other = house.signed_in()
    assert other.does(lambda: house.manager.close(handle, user="ada"))


def _she_closes_it_herself(house: House, ada: Browser) -> None:
    handle = house.row().handle
    ada.does(lambda: house.manager.close(handle, user=current_user))


def _all_are_closed(house: House, ada: Browser) -> None:
    house.browser().does(lambda: house.manager.close_all("ada"))


def _all_are_closed_by_command(house: House, ada: Browser) -> None:
    words = ["signins", "close-all", "ada", "--yes"]
    assert house.app.test_cli_runner().invoke(cli.signet, words).exit_code == 0


def _another_browser_closes_the_others(house: House, ada: Browser) -> None:
    other = house.signed_in()
    other.does(lambda: house.manager.close_others(current_user))
    assert other.who() == "ada"


def _another_sign_in_had_to_come(house: House, ada: Browser) -> None:
    stricter = House(house.clock, store=house.shelf, at_most=1)
    assert stricter.signed_in("ada").who() == "ada"


def _she_has_a_new_password(house: House, ada: Browser) -> None:
    house.people["ada"].password = "a new one"


def _she_is_not_active(house: House, ada: Browser) -> None:
    house.people["ada"].active = False


def _she_was_not_active_for_a_while(house: House, ada: Browser) -> None:
    house.people["ada"].active = False
    ada.who()
    house.people["ada"].active = True


def _she_is_deleted(house: House, ada: Browser) -> None:
    del house.people["ada"]


def _the_next_one_gets_her_id(house: House, ada: Browser) -> None:
    house.people["ada"] = Member("ada")
    house.people["ada"].password = "somebody else's"


def _the_next_one_gets_her_id_and_her_password(house: House, ada: Browser) -> None:
    """Told apart by the key of the account alone."""
    house.people["ada"] = another = Member("ada")
    house.manager.account_key = lambda user: "new" if user is another else None


def _somebody_else_signs_in(house: House, ada: Browser) -> None:
    ada.signs_in("bob")


def _she_signs_in_again(house: House, ada: Browser) -> None:
    ada.signs_in("ada")


def _a_thief_is_noticed(house: House, ada: Browser) -> None:
    _a_minute_passes_in_the_store(house)
    thief = ada.copy("remember_token")
    ada.restarts()
    assert [ada.who(), ada.who()] == ["ada", "ada"]
    _a_minute_passes_in_the_store(house)
    thief.who()


def _the_store_is_emptied(house: House, ada: Browser) -> None:
    empty(house.shelf.inside)


End = Callable[[House, Browser], None]

ENDS = [
    pytest.param(each, id=each.__name__.strip("_").replace("_", " "))
    for each in (
        _she_signs_out,
        _she_signs_out_by_a_page_that_asks_who_she_is,
        _it_ends_however_busy,
        _it_is_closed,
        _she_closes_it_herself,
        _all_are_closed,
        _all_are_closed_by_command,
        _another_browser_closes_the_others,
        _another_sign_in_had_to_come,
        _she_has_a_new_password,
        _she_is_not_active,
        _she_was_not_active_for_a_while,
        _she_is_deleted,
        _the_next_one_gets_her_id,
        _the_next_one_gets_her_id_and_her_password,
        _somebody_else_signs_in,
        _she_signs_in_again,
        _a_thief_is_noticed,
        _the_store_is_emptied,
    )
]


# --- Replays.


@pytest.mark.requirement("7.3.2", "7.4.1", "7.4.2")
@pytest.mark.parametrize("names", PARTS)
@pytest.mark.parametrize("end", ENDS)
def test_what_was_copied_before_the_end_is_nobody_after_it(
    house: House, ada: Browser, end: End, names: tuple[str, ...]
) -> None:
    copy = ada.copy(*names)
    end(house, ada)

    assert copy.who() == "None"
    assert copy.get("/secret").status_code == 302


@pytest.mark.parametrize("names", PARTS)
def test_before_the_end_a_copy_opens_what_it_would(
    house: House, ada: Browser, names: tuple[str, ...]
) -> None:
    copy = ada.copy(*names)
    opens = "remember_token" in names or len(names) > 1

    assert copy.who() == ("ada" if opens else "None")


@pytest.mark.requirement("7.4.1")
@pytest.mark.parametrize("end", ENDS)
def test_nothing_that_she_ever_had_opens_anything_after_the_end(
    house: House, ada: Browser, end: End
) -> None:
    """Of each pair that was made for her, and of each token."""
    had = [ada.copy()]
    ada.restarts()
    for act in (ada.who, lambda: ada.post("/again"), ada.who):
        act()
        had.append(ada.copy())
    assert len({each.cookie("session_signin") for each in had}) == 3
    end(house, ada)

    assert {each.who() for each in (*had, *reversed(had))} == {"None"}


@pytest.mark.requirement("7.4.1")
@pytest.mark.parametrize("end", ENDS)
def test_no_websocket_opens_for_a_copy_after_the_end(
    house: House, ada: Browser, end: End
) -> None:
    copy = ada.copy()
    assert _shakes_hands(copy) == "ada"
    end(house, ada)

    assert _shakes_hands(copy) == "None"


def _shakes_hands(browser: Browser) -> str:
    """Ask as a browser does that wants a WebSocket."""
    wanted = {"Connection": "Upgrade", "Upgrade": "websocket"}
    return browser.get("/talk", headers=wanted).text


@pytest.mark.parametrize("end", ENDS)
def test_the_row_itself_is_gone_once_it_was_asked_for(
    house: House, ada: Browser, end: End
) -> None:
    copy, handle = ada.copy(), house.row().handle
    end(house, ada)
    copy.who()

    assert handle not in {row.handle for row in house.rows()}


def test_who_is_out_by_a_new_password_stays_out_when_the_old_one_is_back(
    house: House, ada: Browser
) -> None:
    copy, was = ada.copy(), house.people["ada"].password
    house.people["ada"].password = "a new one"
    ada.who()
    house.people["ada"].password = was

    assert {ada.who(), copy.who()} == {"None"}


def test_a_browser_that_signs_out_leaves_no_row_that_its_cookies_open(
    house: House,
) -> None:
    """Late answers may have left it the session of one and the other's remember."""
    ada = house.signed_in(remember="yes")
    other = house.signed_in(remember="yes")
    ada.client.set_cookie("remember_token", other.cookie("remember_token") or "")
    copy = ada.copy()
    _she_signs_out_by_a_page_that_asks_who_she_is(house, ada)

    assert copy.who() == "None"


# --- Ends that come by the clock.


@pytest.mark.requirement("7.3.1", "7.4.1")
@pytest.mark.parametrize(
    "names", [COOKIES[:1], COOKIES[1:2], COOKIES[:2]], ids="+".join
)
def test_at_rest_for_too_long_a_copy_is_nobody(
    house: House, clock: Clock, names: tuple[str, ...]
) -> None:
    ada = house.signed_in()
    copy = ada.copy(*names)
    clock.passes(IDLE_END)

    assert copy.who() == "None"


def test_what_ended_at_rest_is_not_opened_by_who_comes_back(
    house: House, ada: Browser, clock: Clock
) -> None:
    """Only the remember value opens it again; the old token is over."""
    copy = ada.copy("session", "session_signin")
    clock.passes(IDLE_END)
    ada.restarts()

    assert ada.who() == "ada"
    assert copy.who() == "None"
    assert ada.who() == "ada"
    assert copy.who() == "None"


@pytest.mark.requirement("7.3.1", "7.3.2")
@pytest.mark.parametrize(
    ("away", "who"),
    [(-SECOND, "ada"), (timedelta(0), "None")],
    ids=["a second short", "on the second"],
)
@pytest.mark.parametrize(
    ("end", "names"),
    [
        pytest.param(IDLE_END, COOKIES[:2], id="at rest"),
        pytest.param(30 * DAY, COOKIES[2:], id="at most"),
    ],
)
def test_an_end_comes_to_the_second(
    house: House,
    ada: Browser,
    clock: Clock,
    end: timedelta,
    names: tuple[str, ...],
    away: timedelta,
    who: str,
) -> None:
    copy = ada.copy(*names)
    clock.passes(end + away)

    assert copy.who() == who


@pytest.mark.requirement("7.3.1", "7.3.2")
@pytest.mark.parametrize(
    ("away", "who"),
    [(MINUTE, "ada"), (-SECOND, "None")],
    ids=["a minute before", "a second after"],
)
@pytest.mark.parametrize(
    ("ends", "names"),
    [
        pytest.param(["session_ends"], COOKIES[:2], id="at rest"),
        pytest.param(["session_ends", "ends"], COOKIES, id="at most"),
    ],
)
def test_by_the_real_clocks_it_ends_as_well(
    shelf: Shelf, ends: list[str], names: tuple[str, ...], away: timedelta, who: str
) -> None:
    """Nobody waits for it: the row's own times are moved."""
    house = House(utc_now, store=shelf)  # type: ignore[arg-type]
    copy = house.signed_in(remember="yes").copy(*names)
    row = house.row()
    moved = replace(row, **dict.fromkeys(ends, utc_now() + away))
    assert shelf.swap(row, moved)

    assert copy.who() == who


# --- What is kept.


@pytest.fixture
def kept(house: House, ada: Browser) -> tuple[str, set[str]]:
    """Give all that is kept of two pairs of Ada's, and the secrets of both."""
    tokens, values = {ada.cookie("session_signin")}, [ada.cookie("remember_token")]
    ada.restarts()
    ada.who()
    tokens.add(ada.cookie("session_signin"))
    values.append(ada.cookie("remember_token"))
    read = [DeviceValue.read(value or "", (KEY,), "") for value in values]
    found = all_in(house.shelf.inside)
    return found, {*map(str, tokens), *(each.secret for each in read if each)}


@pytest.mark.requirement("7.2.3")
def test_no_secret_lies_in_the_store(kept: tuple[str, set[str]]) -> None:
    found, secrets = kept

    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in found]


@pytest.mark.requirement("7.2.3")
def test_what_lies_there_in_its_place_is_its_sha_256(
    kept: tuple[str, set[str]],
) -> None:
    found, secrets = kept

    assert all(sha256(each.encode()).hexdigest() in found for each in secrets)


@pytest.mark.requirement("7.2.1", "7.2.3")
@pytest.mark.parametrize("name", ["digest", "remember_digest", "handle"])
def test_what_lies_there_is_no_token(house: House, ada: Browser, name: str) -> None:
    thief = ada.copy("session")
    thief.client.set_cookie("session_signin", str(getattr(house.row(), name)))

    assert thief.who() == "None"
    assert ada.who() == "ada"
