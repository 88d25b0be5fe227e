"""``flask signet signins``, ``init-db``, ``upgrade-db``: what a person reads."""

import io
import json
import logging
import re
import sys
from dataclasses import fields
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo

import documents
from flask_signet import LoginManager, cli, signals
from flask_signet.signins import (
    Kind,
    Register,
    SignIn,
    StoreBusy,
    StoreDown,
    Token,
    shown,
)
from flask_signet.signins import commands as all_commands
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.offers import Counts
from register.house import House
from support import DAY, HOUR, SECOND, Clock

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Safari/537.36"
)


# What the desk is to do when it is laid out; here, until it does.


# The actors.


@pytest.fixture
def staff(house: House) -> Register:
    """Give the register of another manager's people."""
    manager: LoginManager[Any] = LoginManager(name="staff", register=house.register)
    manager.user_loader(house.load)
    manager.init_app(house.app)
    return house.register.for_realm("staff")


def run(house: House, *words: str, says: str | None = None) -> Result:
    return house.app.test_cli_runner().invoke(cli.signet, [*words], input=says)


def signins(house: House, *words: str, says: str | None = None) -> Result:
    return run(house, "signins", *words, says=says)


def said(result: Result) -> str:
    """Give what was said by a command that did what it was told."""
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result) -> str:
    """Give the sentence by which a command was refused: that, and nothing else."""
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


def opened(register: Register, user_id: str = "ada", **more: Any) -> SignIn:
    _, row = register.open(user_id, **more)
    return row


# Listed -----------------------------------------------------------------------------


def test_a_persons_sign_ins_are_listed_those_seen_last_first(
    house: House, clock: Clock
) -> None:
    phone = opened(house.register, agent=CHROME, remember=True, network="203.0.113.9")
    opened(house.register, "bob")
    clock.passes(HOUR)
    laptop = opened(house.register, label="the laptop", agent=CHROME)

    head, first, second = said(signins(house, "list", "ada")).splitlines()

    assert re.split(r"  +", head) == [
        "handle",
        "user",
        "device",
        "network",
        "opened (UTC)",
        "seen (UTC)",
        "ends (UTC)",
        "state",
    ]
    assert re.split(r"  +", first) == [
        laptop.handle,
        "ada",
        "the laptop",
        "-",
        "2026-01-01 10:00",
        "2026-01-01 10:00",
        "2026-01-31 10:00",
        "in",
    ]
    assert re.split(r"  +", second) == [
        phone.handle,
        "ada",
        "Chrome on Windows",
        "203.0.113.9",
        "2026-01-01 09:00",
        "2026-01-01 09:00",
        "2026-01-31 09:00",
        "remembered",
    ]
    assert head.index("network") == second.index("203.0.113.9")


def test_who_is_in_by_the_remember_value_alone_is_at_rest(
    house: House, clock: Clock
) -> None:
    opened(house.register, remember=True)
    opened(house.register)
    clock.passes(8 * DAY)

    head, line = said(signins(house, "list", "ada")).splitlines()

    assert line[head.index("state") :] == "at rest"


def test_who_has_none_is_said_to_have_none(house: House) -> None:
    assert said(signins(house, "list", "ada")) == "'ada' has no sign-ins.\n"
    assert json.loads(said(signins(house, "list", "ada", "--json"))) == []


def test_a_terminal_is_not_moved_by_what_a_browser_calls_itself(house: House) -> None:
    opened(house.register, agent="\x1b[2J\u202eevil\nmore")

    lines = said(signins(house, "list", "ada")).splitlines()

    assert len(lines) == 2
    assert r"\x1b[2J\u202eevil\nmore" in lines[1]


def test_programs_get_times_in_iso_and_no_secrets(house: House, clock: Clock) -> None:
    token, row = house.register.open(
        "ada", methods=["pwd"], remember=True, stamp="s3al"
    )
    house.register.renew(row)  # so that there is a pending pair, too

    text = said(signins(house, "list", "ada", "--json"))
    (told,) = json.loads(text)

    assert told["handle"] == row.handle
    assert told["state"] == "remembered"
    assert told["opened_at"] == "2026-01-01T09:00:00+00:00"
    assert told["methods"] == [{"name": "pwd", "at": "2026-01-01T09:00:00+00:00"}]
    assert no_secrets(text, token, house.row())


def no_secrets(text: str, token: Token, row: SignIn) -> bool:
    digests = [
        getattr(row, each.name) for each in fields(row) if each.name.endswith("digest")
    ]
    secrets = [token.text, token.remember, row.stamp, *digests]
    return not any(each and each in text for each in secrets)


# Shown ------------------------------------------------------------------------------


def test_all_is_shown_of_a_sign_in_but_its_secrets(house: House) -> None:
    token, row = house.register.open(
        "ada",
        account_key="key 7",
        methods=["pwd", "otp"],
        remember=True,
        stamp="s3al",
        network="203.0.113.9",
        agent=CHROME,
        label="the laptop",
    )
    house.register.renew(row)

    text = said(signins(house, "show", row.handle))

    shown = dict(re.split(r"  +", line, maxsplit=1) for line in text.splitlines())
    assert shown == {
        "handle": row.handle,
        "user id": "ada",
        "realm": "-",
        "account key": "key 7",
        "is forced": "no",
        "opened at": "2026-01-01 09:00 UTC",
        "seen at": "2026-01-01 09:00 UTC",
        "proved at": "2026-01-01 09:00 UTC",
        "is fresh": "no",
        "methods": "pwd (2026-01-01 09:00 UTC), otp (2026-01-01 09:00 UTC)",
        "session ends": "2026-01-08 09:01 UTC",
        "ends": "2026-01-31 09:00 UTC",
        "network": "203.0.113.9",
        "agent": CHROME,
        "label": "the laptop",
        "generation": "1",
        "confirmed at": "-",
        "previous at": "-",
        "pending at": "2026-01-01 09:00 UTC",
        "version": "1",
        "state": "remembered",
    }
    assert no_secrets(text, token, house.row())


def test_what_is_over_is_shown_as_over(house: House, clock: Clock) -> None:
    row = opened(house.register)
    clock.passes(31 * DAY)

    text = said(signins(house, "show", row.handle))
    told = json.loads(said(signins(house, "show", row.handle, "--json")))

    assert "is fresh      yes\n" in text
    assert "methods       -\n" in text
    assert "state         over\n" in text
    assert told["state"] == "over"
    assert told["methods"] == []


@pytest.mark.parametrize("verb", ["show", "close"])
def test_a_handle_that_there_is_not_is_named(house: House, verb: str) -> None:
    assert (
        refused(signins(house, verb, "nonsense")) == "There is no sign-in 'nonsense'."
    )


def test_an_id_may_begin_with_a_dash(house: House) -> None:
    row = opened(house.register, "-5")

    assert row.handle in said(signins(house, "list", "--", "-5"))
    assert row.handle in said(signins(house, "close", row.handle, "--user", "-5"))
    assert said(signins(house, "close-all", "--yes", "--", "-5"))


def test_an_option_that_there_is_not_is_no_id(house: House) -> None:
    browser = house.signed_in("ada")

    answer = signins(house, "close-all", "--all", "--yes")

    assert answer.exit_code == 2
    assert "No such option" in answer.output
    assert browser.who() == "ada"


@pytest.mark.parametrize("words", [(), ("ada", "--everybody")], ids=["none", "both"])
def test_it_is_to_be_said_whose_are_closed(house: House, words: Any) -> None:
    browser = house.signed_in("ada")

    answer = signins(house, "close-all", "--yes", *words)

    assert answer.exit_code == 2
    assert "Say whose: USER_ID, or else --everybody." in answer.output
    assert browser.who() == "ada"


@pytest.mark.requirement("7.4.5")
def test_everybodys_are_closed_by_command(house: House, staff: Register) -> None:
    browsers = [house.signed_in(each) for each in ("ada", "bob", "ada")]
    of_staff = opened(staff)

    text = said(signins(house, "close-all", "--everybody", "--yes"))

    assert text == "Closed 3 sign-ins, of everybody.\n"
    assert {each.who() for each in browsers} == {"None"}
    assert staff.by_handle(of_staff.handle) is not None
    assert {each[2] for each in house.told(Kind.CLOSED)} == {"command"}


def test_everybodys_are_closed_after_a_question(house: House) -> None:
    browser = house.signed_in("ada")

    answer = signins(house, "close-all", "--everybody", says="n\n")

    assert "Close all sign-ins of all people?" in answer.output
    assert answer.exit_code == 1
    assert browser.who() == "ada"


@pytest.mark.parametrize(
    "words", [("list", "ada"), ("close-all", "ada", "--yes"), ("stats",), ("sweep",)]
)
def test_no_command_looks_into_another_process(
    clock: Clock, words: tuple[str, ...]
) -> None:
    house = House(clock, store=MemoryStore())

    sentence = refused(signins(house, *words))

    assert sentence.startswith("The register is in the memory of the server")


@pytest.mark.parametrize("name", ["signins", "init-db", "upgrade-db"])
def test_without_a_register_it_is_said_that_there_is_none(name: str) -> None:
    app = Flask("shop")
    LoginManager(app)

    answer = app.test_cli_runner().invoke(cli.signet, [name])

    assert answer.exit_code == 1
    assert "this application has none" in answer.output
    assert "register=Register(store)" in answer.output


# Closed -----------------------------------------------------------------------------


@pytest.mark.requirement("7.4.5")
def test_a_sign_in_is_closed_by_its_handle(house: House) -> None:
    lost = house.signed_in("ada")
    handle = house.row().handle
    kept = house.signed_in("ada")

    text = said(signins(house, "close", handle))

    assert text == f"Closed the sign-in {handle!r} of 'ada'.\n"
    assert lost.who() == "None"
    assert kept.who() == "ada"


@pytest.mark.requirement("7.4.5")
@pytest.mark.parametrize("words", [("close", "HANDLE"), ("close-all", "ada", "--yes")])
def test_what_is_closed_by_command_is_told(
    house: House, words: tuple[str, ...]
) -> None:
    row = opened(house.register)
    heard: list[tuple[Any, str, str]] = []

    def hear(sender: Any, signin: SignIn, reason: str) -> None:
        heard.append((sender, signin.handle, reason))

    with signals.signin_closed.connected_to(hear):
        said(
            signins(
                house, *[row.handle if each == "HANDLE" else each for each in words]
            )
        )

    assert heard == [(house.app, row.handle, "command")]
    assert house.told()[-1] == ("closed", "ada", "command")


def test_a_sign_in_is_closed_only_if_it_is_that_persons(house: House) -> None:
    row = opened(house.register)

    words = ("close", row.handle, "--user")
    assert refused(signins(house, *words, "bob")) == (
        f"The sign-in {row.handle!r} is not one of 'bob'."
    )
    assert house.rows() == [row]
    assert said(signins(house, *words, "ada"))
    assert house.rows() == []


def test_a_sign_in_that_goes_meanwhile_is_not_said_to_be_closed(house: House) -> None:
    row = opened(house.register)
    house.shelf.before["remove"] = lambda: house.shelf.inside.remove(row.handle)

    assert refused(signins(house, "close", row.handle)) == (
        f"The sign-in {row.handle!r} has just gone."
    )


@pytest.mark.requirement("7.4.5")
def test_a_person_is_put_out_everywhere_after_a_question(house: House) -> None:
    browsers = [house.signed_in("ada"), house.signed_in("ada"), house.signed_in("bob")]

    answer = signins(house, "close-all", "ada", says="y\n")

    assert said(answer) == (
        "Close 2 sign-ins of 'ada'? [y/N]: y\nClosed 2 sign-ins of 'ada'.\n"
    )
    assert [each.who() for each in browsers] == ["None", "None", "bob"]


@pytest.mark.parametrize("says", ["n\n", ""])
def test_who_does_not_say_yes_closes_nothing(house: House, says: str) -> None:
    row = opened(house.register)

    answer = signins(house, "close-all", "ada", says=says)

    assert answer.exit_code == 1
    assert "Aborted!" in answer.output
    assert house.rows() == [row]


def test_nobody_is_asked_who_says_yes_or_has_nothing_to_close(house: House) -> None:
    opened(house.register)

    assert said(signins(house, "close-all", "ada", "--yes")) == (
        "Closed 1 sign-in of 'ada'.\n"
    )
    assert said(signins(house, "close-all", "ada")) == "Closed 0 sign-ins of 'ada'.\n"


@pytest.mark.parametrize("words", [("close", "HANDLE"), ("close-all", "ada", "--yes")])
def test_who_is_put_out_by_command_does_not_move_in_again(
    clock: Clock, words: tuple[str, ...]
) -> None:
    house = House(clock, settings={"SIGNET_MOVE_UNTIL": clock() + 30 * DAY})
    marks: dict[str, str] = {}
    house.manager.move_marks = marks
    row = opened(house.register)

    said(signins(house, *[row.handle if each == "HANDLE" else each for each in words]))

    assert [*marks] == ["left ada"]


# Of another manager -----------------------------------------------------------------


def test_each_manager_has_its_own_people(house: House, staff: Register) -> None:
    ours, theirs = opened(house.register), opened(staff)

    of_staff = ("--manager", "staff")
    assert ours.handle in said(signins(house, "list", "ada"))
    assert theirs.handle not in said(signins(house, "list", "ada"))
    assert theirs.handle in said(signins(house, "list", "ada", *of_staff))
    assert theirs.handle in said(signins(house, "show", theirs.handle, *of_staff))
    assert said(signins(house, "close-all", "ada", "--yes", *of_staff))
    assert house.rows() == [ours]
    assert house.shelf.inside.of_user("ada", realm="staff") == []


@pytest.mark.parametrize("verb", ["show", "close"])
def test_another_managers_sign_in_is_not_found_but_it_is_said_how(
    house: House, staff: Register, verb: str
) -> None:
    ours, theirs = opened(house.register), opened(staff)

    assert refused(signins(house, verb, theirs.handle)) == (
        f"The sign-in {theirs.handle!r} is another manager's:"
        " say it with --manager staff."
    )
    assert refused(signins(house, verb, ours.handle, "--manager", "staff")) == (
        f"The sign-in {ours.handle!r} is another manager's: say it without --manager."
    )


def test_a_manager_without_a_register_is_refused(house: House, staff: Register) -> None:
    LoginManager(house.app, name="guests")

    assert refused(signins(house, "list", "ada", "--manager", "guests")) == (
        "The manager 'guests' has no register. These have one: the plain one, 'staff'."
    )


# Counted and swept ------------------------------------------------------------------


def test_what_is_in_the_store_is_counted(
    house: House, staff: Register, clock: Clock
) -> None:
    opened(house.register)
    opened(house.register)
    clock.passes(31 * DAY)
    for number in range(1000):
        opened(staff, f"{number}")

    assert said(signins(house, "stats")) == (
        "sign-ins              1,002\n"
        "ended, and not swept  2\n"
        "people                1,001\n"
    )
    assert json.loads(said(signins(house, "stats", "--json"))) == {
        "signins": 1002,
        "ended": 2,
        "people": 1001,
    }


def test_what_a_store_does_not_count_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryStore, "count", lambda self, now: Counts(ended=0))

    assert "people                not counted\n" in said(signins(house, "stats"))

    monkeypatch.setattr(MemoryStore, "count", None)

    assert refused(signins(house, "stats")) == "Shelf does not count its sign-ins."


@pytest.fixture
def leftovers(house: House, clock: Clock) -> None:
    """Leave 25 sign-ins that have ended, and one that has not."""
    for number in range(25):
        opened(house.register, f"{number}")
    clock.passes(30 * DAY)
    opened(house.register)


@pytest.mark.usefixtures("leftovers")
def test_what_has_ended_is_swept_in_batches_until_nothing_is_left(house: House) -> None:
    house.shelf.asked = []

    assert said(signins(house, "sweep", "--batch", "10")) == "Swept 25 sign-ins.\n"
    assert house.shelf.asked == ["sweep"] * 4 + ["forget_origins"]
    assert len(house.rows()) == 1
    assert said(signins(house, "sweep")) == "Swept 0 sign-ins.\n"


def test_a_batch_is_of_one_at_least(house: House) -> None:
    assert signins(house, "sweep", "--batch", "0").exit_code == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def swept_in_sight(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sweep in front of a terminal; give what it shows, one after the other."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    given = ScriptInfo(create_app=lambda: house.app)
    words = ["signins", "sweep", "--batch", "10"]
    cli.signet.main(words, obj=given, standalone_mode=False)
    found = re.findall(r"Sweeping +([^\r\n\x1b]+)", terminal.getvalue())
    return [each.rstrip() for each in found]


def test_a_sweep_waits_while_others_write(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_commands.time, "sleep", lambda _: house.shelf.comes_back())
    opened(house.register)
    clock.passes(31 * DAY)
    house.shelf.goes_down("sweep", error=StoreBusy)

    assert said(signins(house, "sweep")) == "Swept 1 sign-in.\n"


def test_a_sweep_rests_no_longer_than_between_two_tries(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 40:
            house.shelf.comes_back()

    monkeypatch.setattr(all_commands.time, "sleep", sleep)
    monkeypatch.setattr(all_commands.time, "monotonic", lambda: sum(paused))
    opened(house.register)
    clock.passes(31 * DAY)
    house.shelf.goes_down("sweep", error=StoreBusy)

    signins(house, "sweep")

    assert max(paused) == 0.5


def test_a_sweep_gives_up_when_others_never_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    monkeypatch.setattr(all_commands.time, "sleep", paused.append)
    house.shelf.goes_down("sweep", error=StoreBusy)

    assert refused(signins(house, "sweep")) == "as the test wants it"

    assert sum(paused) == 30


def test_a_sweep_forgets_where_those_of_90_days_came_from(clock: Clock) -> None:
    house = House(clock, lifetime=365 * DAY)
    opened(house.register, network="192.0.2.7", agent=CHROME)
    clock.passes(90 * DAY - SECOND)
    assert said(signins(house, "sweep")) == "Swept 0 sign-ins.\n"
    assert house.row().network == "192.0.2.7"
    clock.passes(SECOND)

    text = said(signins(house, "sweep"))

    assert text == "Swept 0 sign-ins.\nForgot where 1 sign-in came from.\n"
    assert (house.row().network, house.row().agent) == ("", "")
    assert house.row().label == "Chrome on Windows"


@pytest.mark.usefixtures("leftovers")
def test_a_terminal_shows_how_far_the_sweep_is(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = swept_in_sight(house, monkeypatch)

    assert shown[0] == f"[{'-' * 36}]  0/25"
    assert shown[-1] == f"[{'#' * 36}]  25/25"
    assert capsys.readouterr().out == "Swept 25 sign-ins.\n"


@pytest.mark.usefixtures("leftovers")
def test_where_nobody_has_counted_a_terminal_shows_how_many_went(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(MemoryStore, "count", None)

    shown = swept_in_sight(house, monkeypatch)

    assert (shown[0], shown[-1]) == ("0", "25")
    assert capsys.readouterr().out == "Swept 25 sign-ins.\n"


# Tables -----------------------------------------------------------------------------


class Tables(MemoryStore):
    """A store with tables, of which the code wants the second version."""

    schema = 2

    def __init__(self, noted: int | None) -> None:
        super().__init__()
        self.noted = noted
        self.done: list[str] = []

    def schema_version(self) -> int | None:
        return self.noted

    def create_all(self) -> None:
        self.done.append("made")
        self.noted = self.schema

    def upgrade_schema(self) -> None:
        self.done.append("upgraded")
        self.noted = self.schema


THERE = "There is nothing to do: the tables are there, of version 2.\n"


@pytest.mark.parametrize(
    ("command", "noted", "done", "sentence"),
    [
        pytest.param(
            "init-db",
            None,
            "made",
            "Made the register's tables; noted that they are of version 2.\n",
            id="made",
        ),
        pytest.param(
            "init-db",
            0,
            "made",
            "The tables are there; noted that they are of version 2.\n",
            id="noted",
        ),
        pytest.param(
            "upgrade-db",
            1,
            "upgraded",
            "Brought the tables from version 1 to 2.\n",
            id="upgraded",
        ),
    ],
)
def test_tables_are_made_and_brought_up_to_date(
    clock: Clock, command: str, noted: int | None, done: str, sentence: str
) -> None:
    store = Tables(noted)
    house = House(clock, store=store)

    assert said(run(house, command)) == sentence
    assert store.done == [done]
    assert said(run(house, "init-db")) == said(run(house, "upgrade-db")) == THERE
    assert store.done == [done]


OLD = "The tables are of version 1, and 2 is wanted: flask signet upgrade-db"
NEW = "The tables are of version 3, and 2 is wanted: pip install --upgrade flask-signet"
ABSENT = "The register's tables are not there: flask signet init-db"
UNNOTED = "The register's tables have no version noted: flask signet init-db"


@pytest.mark.parametrize(
    ("command", "noted", "sentence"),
    [
        pytest.param("init-db", 1, OLD, id="old"),
        pytest.param("init-db", 3, NEW, id="new"),
        pytest.param("upgrade-db", None, ABSENT, id="absent"),
        pytest.param("upgrade-db", 0, UNNOTED, id="unnoted"),
        pytest.param("upgrade-db", 3, NEW, id="new, again"),
    ],
)
def test_who_calls_the_wrong_command_is_told_the_right_one(
    clock: Clock, command: str, noted: int | None, sentence: str
) -> None:
    store = Tables(noted)
    house = House(clock, store=store)

    assert refused(run(house, command)) == sentence
    assert store.done == []


@pytest.mark.parametrize("command", ["init-db", "upgrade-db"])
def test_a_store_without_tables_has_no_use_for_them(house: House, command: str) -> None:
    assert said(run(house, command)) == "Shelf has no tables: there is nothing to do.\n"


# Down -------------------------------------------------------------------------------


class Down(Tables):
    def __getattribute__(self, name: str) -> Any:
        given = super().__getattribute__(name)
        return self._fails if callable(given) and name[0] != "_" else given

    def _fails(self, *args: Any, **more: Any) -> None:
        raise StoreDown("The store is down.")


@pytest.mark.parametrize(
    "words",
    [
        ("signins", "list", "ada"),
        ("signins", "show", "handle"),
        ("signins", "close", "handle"),
        ("signins", "close-all", "ada", "--yes"),
        ("signins", "sweep"),
        ("signins", "stats"),
        ("init-db",),
        ("upgrade-db",),
    ],
)
def test_a_store_that_is_down_is_a_sentence_and_no_traceback(
    clock: Clock, caplog: pytest.LogCaptureFixture, words: tuple[str, ...]
) -> None:
    house = House(clock, store=Down(None))

    with caplog.at_level(logging.DEBUG):
        assert refused(run(house, *words)) == "The store is down."

    assert caplog.records == []


def test_help_is_to_be_had_of_each_command(house: House) -> None:
    overview = said(run(house, "--help"))
    assert "signins     Who is signed in, and who no longer is.\n" in overview
    assert "init-db     Make the register's tables, where" in overview
    assert "upgrade-db  Bring the register's tables up to date.\n" in overview

    for name in ("list", "show", "close", "close-all", "sweep", "stats"):
        assert "--manager NAME" in said(signins(house, name, "--help"))


# As the reference tells it ----------------------------------------------------------

PAGE = documents.read(documents.DOCS / "reference" / "commands.md")


@pytest.mark.parametrize("name", [*all_commands.signins.commands])
def test_the_reference_has_each_command_with_its_options(name: str) -> None:
    command = all_commands.signins.commands[name]
    found = re.search(rf"### signins {name}\b(.*)\n([^#]+)", PAGE)
    assert found
    heading, text = found.groups()

    for each in command.params:
        if each.opts == ["--manager"]:
            continue
        if isinstance(each, click.Option):
            assert f"`{each.opts[0]}" in text
        else:
            assert heading == f" {each.human_readable_name}"


def test_the_reference_has_the_table_and_the_numbers_that_there_are() -> None:
    head = "  ".join(shown.HEAD)

    assert head in re.sub(r"  +", "  ", PAGE)
    assert f"rows at a time ({all_commands.BATCH:,})" in PAGE
