"""What the doctor finds about a register, and nothing where all is well."""

import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, current_app

from flask_signet import ConfigError, LoginManager
from flask_signet.doctor import Finding, register, surroundings
from flask_signet.signins import Register, SignIn, StoreDown
from flask_signet.signins.memory import MemoryStore
from flask_signet.signins.offers import Counts
from flask_signet.signins.record import utc_now
from register.house import House
from support import DAY, KEY, SECOND, Clock

CHECKS = [
    register.check_memory,
    register.check_schema,
    register.check_swept,
    register.check_clock,
]


class Elsewhere(MemoryStore):
    """A store on a server, which has tables, a clock, and much to count."""

    schema = 2

    def __init__(
        self,
        *,
        noted: int | None = 2,
        counts: Counts | None = None,
        off: timedelta = timedelta(0),
    ) -> None:
        super().__init__()
        self.noted = noted
        self.counts = counts or Counts(0, 0, 0)
        self.off = off
        self.asked = 0

    def schema_version(self) -> int | None:
        self.asked += 1
        assert current_app  # as a database of Flask-SQLAlchemy's wants
        return self.noted

    def count(self, now: datetime) -> Counts:
        return self.counts

    def clock_now(self) -> datetime:
        return utc_now() + self.off


def an_app(
    store: Any, *, name: str = "", app: Flask | None = None, **how: Any
) -> Flask:
    app = app or Flask("shop")
    app.config["SECRET_KEY"] = KEY
    LoginManager(app, name=name, register=Register(store, **how))
    return app


def found(check: Callable[[Flask], Iterable[Finding]], app: Flask) -> list[Finding]:
    return [*check(app)]


def problem(check: Callable[[Flask], Iterable[Finding]], app: Flask) -> str:
    (finding,) = check(app)
    return finding.problem


@pytest.fixture(autouse=True)
def _one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    monkeypatch.delenv("GUNICORN_CMD_ARGS", raising=False)


@pytest.mark.parametrize("check", CHECKS)
def test_nothing_is_found_where_there_is_no_register(
    check: Callable[[Flask], Iterable[Finding]],
) -> None:
    app = Flask("shop")
    assert found(check, app) == []

    LoginManager(app)
    assert found(check, app) == []


@pytest.mark.parametrize("check", CHECKS[1:])
def test_nothing_is_found_where_all_is_well(
    check: Callable[[Flask], Iterable[Finding]],
) -> None:
    assert found(check, an_app(Elsewhere())) == []
    assert found(check, an_app(MemoryStore())) == []


def test_a_store_that_two_managers_have_is_looked_at_once() -> None:
    store = Elsewhere(noted=None)
    app = an_app(store, name="staff", app=an_app(store))

    assert len(found(register.check_schema, app)) == 1
    assert store.asked == 1


# In memory --------------------------------------------------------------------------

IN_MEMORY = (
    "Sign-ins are in the memory of one process: they end with it, and another worker"
    " neither knows them nor ends them."
)


def test_a_store_in_memory_is_found_outside_of_tests_and_development() -> None:
    app = an_app(MemoryStore())

    assert found(register.check_memory, app) == [
        Finding(
            IN_MEMORY,
            "ASVS 5.0, 7.4.1",
            "Register(SQLAlchemyStore(db))  # or RedisStore(url)",
        )
    ]

    app.debug = True
    assert found(register.check_memory, app) == []

    app.debug, app.testing = False, True
    assert found(register.check_memory, app) == []


def test_a_store_elsewhere_is_for_many_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")

    assert found(register.check_memory, an_app(Shared())) == []


class Shared:
    """A store that is in no memory of ours."""

    def swap(self) -> None: ...


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WEB_CONCURRENCY", "4", " WEB_CONCURRENCY is 4."),
        ("WEB_CONCURRENCY", "1", None),
        ("WEB_CONCURRENCY", "auto", None),
        ("GUNICORN_CMD_ARGS", "-w 3", " GUNICORN_CMD_ARGS asks for 3 workers."),
        (
            "GUNICORN_CMD_ARGS",
            "-k gevent -w3",
            " GUNICORN_CMD_ARGS asks for 3 workers.",
        ),
        (
            "GUNICORN_CMD_ARGS",
            "--workers=12",
            " GUNICORN_CMD_ARGS asks for 12 workers.",
        ),
        ("GUNICORN_CMD_ARGS", "--workers 2", " GUNICORN_CMD_ARGS asks for 2 workers."),
        ("GUNICORN_CMD_ARGS", "--workers=1 --threads=8", None),
        ("GUNICORN_CMD_ARGS", "--worker-connections 9", None),
    ],
)
def test_several_workers_are_found_in_development_too(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str | None
) -> None:
    monkeypatch.setenv(variable, value)
    app = an_app(MemoryStore())
    app.debug = True

    problems = [each.problem for each in register.check_memory(app)]

    assert problems == ([] if said is None else [f"{IN_MEMORY}{said}"])


@pytest.mark.parametrize(("processes", "is_found"), [(1, False), (2, True)])
def test_the_processes_of_uwsgi_are_counted(
    monkeypatch: pytest.MonkeyPatch, processes: int, is_found: bool
) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(numproc=processes))
    app = an_app(MemoryStore())
    app.debug = True

    problems = [each.problem for each in register.check_memory(app)]

    said = f"{IN_MEMORY} uWSGI runs {processes} processes."
    assert problems == ([said] if is_found else [])


# Its tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noted", "said", "mend"),
    [
        pytest.param(
            None,
            "The register's tables are not there.",
            "flask signet init-db",
            id="absent",
        ),
        pytest.param(
            1,
            "The register's tables are of version 1, not 2.",
            "flask signet upgrade-db",
            id="old",
        ),
        pytest.param(
            3,
            "The register's tables are of version 3, not 2.",
            "pip install --upgrade flask-signet",
            id="new",
        ),
    ],
)
def test_tables_that_are_not_the_codes_are_found(
    noted: int | None, said: str, mend: str
) -> None:
    app = an_app(Elsewhere(noted=noted))

    assert found(register.check_schema, app) == [Finding(said, mend=mend)]


def test_tables_that_a_migration_made_are_its_own_affair() -> None:
    assert found(register.check_schema, an_app(Elsewhere(noted=0))) == []


class Down(Elsewhere):
    def __getattribute__(self, name: str) -> Any:
        given = super().__getattribute__(name)
        return self._fails if callable(given) and name[0] != "_" else given

    def _fails(self, *args: Any, **more: Any) -> None:
        raise StoreDown("The register cannot be asked.")


class DownAndBare(MemoryStore):
    """A store that offers nothing besides, and is down."""

    def by_handle(self, handle: str) -> SignIn | None:
        raise StoreDown("The register cannot be asked.")


@pytest.mark.parametrize("store", [Down(), DownAndBare()], ids=["full", "bare"])
def test_a_store_that_is_down_is_one_finding(store: Any) -> None:
    app = an_app(store)

    findings = [each for check in CHECKS[1:] for each in check(app)]

    mend = "see that it runs, and that its address is right"
    assert findings == [Finding("The register cannot be asked.", mend=mend)]


def test_what_else_a_store_refuses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Any, handle: str) -> None:
        raise ConfigError("The table signet_signins", "is not there")

    monkeypatch.setattr(MemoryStore, "by_handle", refuse)

    assert found(register.check_schema, an_app(MemoryStore())) == [
        Finding("The table signet_signins is not there.", mend="as the sentence says")
    ]


# Swept ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signins", "ended", "is_found"),
    [
        pytest.param(1000, 1000, False, id="few, and none living"),
        pytest.param(1001, 1001, True, id="one more"),
        pytest.param(4000, 2000, False, id="as many as are living"),
        pytest.param(4001, 2001, True, id="more than are living"),
        pytest.param(90_000, 10_000, False, id="ten thousand among many"),
        pytest.param(90_000, 10_001, True, id="more than ten thousand"),
        pytest.param(None, 10_001, True, id="only those counted"),
        pytest.param(None, None, False, id="nothing counted"),
    ],
)
def test_what_has_ended_and_lies_about_is_found(
    signins: int | None, ended: int | None, is_found: bool
) -> None:
    app = an_app(Elsewhere(counts=Counts(signins, ended)))

    said = Finding(
        f"{ended or 0:,} sign-ins have ended and are in the store still, with the"
        " addresses they came from.",
        "ASVS 5.0, 14.2.7",
        "flask signet signins sweep  # each day",
    )
    assert found(register.check_swept, app) == ([said] if is_found else [])


# The time ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("off", "said"),
    [
        pytest.param(4 * SECOND, None, id="a little ahead"),
        pytest.param(-4 * SECOND, None, id="a little behind"),
        pytest.param(61 * SECOND, "61 seconds ahead of", id="ahead"),
        pytest.param(-3601 * SECOND, "3,601 seconds behind", id="behind"),
    ],
)
def test_two_clocks_that_do_not_agree_are_found(
    off: timedelta, said: str | None
) -> None:
    findings = found(register.check_clock, an_app(Elsewhere(off=off)))

    assert findings == (
        []
        if said is None
        else [
            Finding(
                f"The store's clock is {said} this machine's: sign-ins end too early or"
                " too late.",
                mend="timedatectl set-ntp true  # on both",
            )
        ]
    )


def test_a_tests_clock_is_not_compared(clock: Clock) -> None:
    assert found(register.check_clock, an_app(Elsewhere(), clock=clock)) == []


# --- Settings.


def test_a_longer_remember_duration_that_came_late_is_found(house: House) -> None:
    house.app.config["REMEMBER_COOKIE_DURATION"] = 365 * DAY

    (finding,) = surroundings.check_settings(house.app)

    assert finding.problem.startswith("REMEMBER_COOKIE_DURATION is 365 days")
    assert "Register(remember=timedelta(days=365))" in finding.problem
