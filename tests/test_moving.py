"""Moving over from Flask-Login: the cookies are Flask-Login's own, made by it."""

import warnings
from datetime import UTC, date, datetime, timedelta
from typing import Any

import flask_login
import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from flask_signet import (
    ConfigError,
    LoginManager,
    keep_signed_in,
    login_user,
    logout_user,
)
from support import DAY, HOUR, KEY, SECOND, Clock, Member, Site, Visitor

UNTIL = datetime(2026, 2, 1, tzinfo=UTC)
"""The clock of the tests begins at the 1st of January, at nine."""


class OldSite:
    """The same site before the move, on Flask-Login."""

    def __init__(self, site: Site, **settings: Any) -> None:
        self.clock = site.clock
        self.app = Flask("site before")
        self.app.config.update(SECRET_KEY=KEY, **settings)
        manager = flask_login.LoginManager(self.app)
        manager.user_loader(site.people.get)

        @self.app.post("/in/<name>")
        def sign_in(name: str) -> str:
            flask_login.login_user(site.people[name], remember=True)
            return "in"

    def browser_of(self, name: str) -> FlaskClient:
        client = self.app.test_client()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Flask-Login asks for the time by utcnow
            client.post(f"/in/{name}")
        return client


def moved(
    site: Site, name: str, *, only: str = "", old: OldSite | None = None
) -> Visitor:
    """Take the cookies of somebody who signed in at the site before over to this one.

    Args:
        site: this one.
        name: who it is.
        only: the one cookie that is brought; by default both.
        old: the site before; by default one like this one.

    """
    before = (old or OldSite(site)).browser_of(name)
    mover = Visitor(site.app.test_client())
    for cookie in ("session", "remember_token"):
        if only in {"", cookie}:
            found = before.get_cookie(cookie)
            assert found is not None
            mover.client.set_cookie(cookie, found.decoded_value)
    return mover


def copy_of(site: Site, mover: Visitor) -> Visitor:
    """Copy a browser's cookies, as a thief does."""
    thief = Visitor(site.app.test_client())
    for cookie in ("session", "remember_token"):
        found = mover.client.get_cookie(cookie)
        if found is not None:
            thief.client.set_cookie(cookie, found.decoded_value)
    return thief


def with_another_password(site: Site, name: str) -> Member:
    """Change the password behind everybody's back."""
    person = site.people[name]
    assert isinstance(person, Member)
    person.password = "changed at the counter"
    return person


@pytest.fixture(autouse=True)
def _one_time(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: clock().timestamp())


@pytest.fixture
def site(clock: Clock) -> Site:
    return moving_site(clock)


def moving_site(clock: Clock, **settings: Any) -> Site:
    site = Site(clock, **{"SIGNET_MOVE_UNTIL": UNTIL, **settings})

    @site.app.post("/password/<name>")
    def password(name: str) -> str:
        keep_signed_in(with_another_password(site, name))
        return "changed"

    @site.app.post("/reset/<name>")
    def reset(name: str) -> str:
        login_user(person := with_another_password(site, name))
        keep_signed_in(person)
        return "reset"

    @site.app.post("/cart")
    def cart() -> str:
        session["cart"] = session.get("cart", 0) + 1
        return "more"

    return site


# --- Until the date.


@pytest.mark.parametrize("protection", ["basic", "strong", None])
@pytest.mark.parametrize("name", ["ada", "eve"])
@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_nobody_is_signed_out_by_the_move(
    clock: Clock, protection: str | None, name: str, only: str
) -> None:
    site = moving_site(clock, SESSION_PROTECTION=protection)
    old = OldSite(site, SESSION_PROTECTION=protection)
    mover = moved(site, name, only=only, old=old)

    assert [mover.who(), mover.who()] == [name, name]
    mover.client.delete_cookie("remember_token")
    assert mover.who() == name


def test_who_was_signed_in_without_protection_is_so_after_the_move(
    clock: Clock,
) -> None:
    site = moving_site(clock, SESSION_PROTECTION="strong")
    mover = moved(site, "ada", old=OldSite(site, SESSION_PROTECTION=None))

    assert mover.who() == "ada"


def test_a_session_of_flask_login_s_that_moved_elsewhere_is_protected(
    clock: Clock,
) -> None:
    site = moving_site(clock, SESSION_PROTECTION="strong")
    mover = moved(site, "ada", only="session")

    assert mover.client.get("/who", headers={"User-Agent": "another"}).text == "None"


def test_who_moves_in_has_a_session_like_everybody_s(site: Site) -> None:
    mover = moved(site, "ada")
    mover.who()

    with mover.client.session_transaction() as held:
        assert {"_signin", "_stamp", "_id", "_proved"} <= held.keys()
        assert len(held["_id"]) == 32
        assert "_methods" not in held


def test_who_moves_in_because_of_the_date_is_not_fresh(site: Site) -> None:
    mover = moved(site, "ada")

    assert mover.get("/how").json == {"fresh": False, "remembered": True}
    assert mover.get("/how").json == {"fresh": False, "remembered": True}


def test_who_would_be_let_in_without_the_date_stays_fresh(site: Site) -> None:
    mover = moved(site, "eve")

    assert mover.get("/how").json == {"fresh": True, "remembered": True}
    assert mover.get("/how").json == {"fresh": True, "remembered": True}


def test_who_moves_in_was_in_since_the_cookie_was_signed(clock: Clock) -> None:
    site = moving_site(clock, SIGNET_LIFETIME=8 * HOUR)
    mover = moved(site, "ada", only="session")
    clock.passes(7 * HOUR)
    assert mover.who() == "ada"
    clock.passes(HOUR)

    assert mover.who() == "None"


def test_the_remember_cookie_is_replaced_by_one_that_ends(
    site: Site, clock: Clock
) -> None:
    mover = moved(site, "ada", only="remember_token")
    before = mover.cookie("remember_token")
    mover.who()
    mover.restarts()

    assert mover.cookie("remember_token") != before
    clock.passes(365 * DAY)
    assert mover.who() == "None"


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_what_flask_login_signed_with_a_key_that_is_old_now_is_taken(
    clock: Clock, name: str
) -> None:
    site = moving_site(clock, SECRET_KEY="new", SECRET_KEY_FALLBACKS=[KEY])

    assert moved(site, name, only="remember_token").who() == name
    assert moved(site, name, only="session").who() == name


def test_who_is_not_active_does_not_move_in(site: Site) -> None:
    site.people["ada"].active = True
    mover = moved(site, "ada")
    site.people["ada"].active = False

    assert mover.who() == "None"
    assert mover.cookie("remember_token") is None


def test_who_is_no_more_does_not_move_in(site: Site) -> None:
    mover = moved(site, "ada")
    del site.people["ada"]

    assert mover.who() == "None"


def test_a_forged_cookie_does_not_move_in(site: Site) -> None:
    mover = Visitor(site.app.test_client())
    mover.client.set_cookie("remember_token", f"ada|{'0' * 128}")

    assert mover.who() == "None"


# --- After it, and without one.


@pytest.mark.parametrize("only", ["session", "remember_token"])
@pytest.mark.parametrize("until", [None, UNTIL])
def test_after_the_date_or_without_one_who_has_a_stamp_does_not_move_in(
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    until: datetime | None,
    only: str,
) -> None:
    site = moving_site(clock, SIGNET_MOVE_UNTIL=until)
    clock.now = UNTIL
    movers = [moved(site, "ada", only=only) for _ in range(3)]

    assert [mover.who() for mover in movers] == ["None"] * 3
    named = [each for each in caplog.messages if "SIGNET_MOVE_UNTIL" in each]
    assert len(named) == 1


def test_a_second_before_the_date_somebody_moves_in(site: Site, clock: Clock) -> None:
    clock.now = UNTIL - SECOND

    assert moved(site, "ada").who() == "ada"


def test_a_date_is_its_first_moment(clock: Clock) -> None:
    site = moving_site(clock, SIGNET_MOVE_UNTIL=date(2026, 2, 1))
    clock.now = UNTIL - SECOND
    early = moved(site, "ada").who()
    clock.passes(SECOND)

    assert (early, moved(site, "ada").who()) == ("ada", "None")


def test_who_has_moved_in_stays_after_the_date(site: Site, clock: Clock) -> None:
    clock.now = UNTIL - HOUR
    mover = moved(site, "ada")
    mover.who()
    clock.now = UNTIL

    assert mover.who() == "ada"


def test_without_a_stamp_a_session_is_taken_as_it_was_left(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    site = moving_site(clock, SIGNET_MOVE_UNTIL=None)
    mover = moved(site, "eve", only="session")

    assert mover.get("/how").json == {"fresh": True, "remembered": False}
    assert "SIGNET_MOVE_UNTIL" not in caplog.text


# --- What was copied before, and is played again.


@pytest.mark.parametrize("name", ["ada", "eve"])
@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_logout_ends_what_was_copied_before_the_move(
    site: Site, clock: Clock, name: str, only: str
) -> None:
    mover = moved(site, name)
    thief = copy_of(site, moved(site, name, only=only))
    assert mover.who() == name
    clock.passes(DAY)
    mover.post("/out")

    assert thief.who() == "None"


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_logout_ends_it_though_nobody_was_looked_for(site: Site, only: str) -> None:
    mover = moved(site, "ada", only=only)
    thief = copy_of(site, mover)
    mover.post("/out")

    assert thief.who() == "None"


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_new_password_ends_what_was_copied_before_the_move(
    site: Site, only: str
) -> None:
    mover = moved(site, "ada")
    thief = copy_of(site, moved(site, "ada", only=only))
    mover.post("/password/ada")

    assert mover.who() == "ada"
    assert thief.who() == "None"


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_password_reset_by_a_stranger_to_the_site_ends_it(
    site: Site, only: str
) -> None:
    thief = moved(site, "ada", only=only)
    site.visitor().post("/reset/ada")

    assert thief.who() == "None"


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_password_changed_elsewhere_ends_what_was_seen_to_move(
    site: Site, only: str
) -> None:
    mover = moved(site, "ada")
    thief = copy_of(site, moved(site, "ada", only=only))
    mover.who()
    with_another_password(site, "ada")

    assert thief.who() == "None"


@pytest.mark.parametrize("lost", ["session", "remember_token"])
def test_who_is_put_out_by_a_new_stamp_ends_what_was_copied(
    site: Site, lost: str
) -> None:
    before = site.visitor()
    before.signs_in("bob", remember="yes")
    thief = moved(site, "bob", only="session")
    with_another_password(site, "bob")
    before.client.delete_cookie(lost)

    assert before.who() == "None"
    assert thief.who() == "None"


def test_signing_a_session_anew_does_not_make_it_younger(
    site: Site, clock: Clock
) -> None:
    mover, thief = moved(site, "ada"), moved(site, "ada", only="session")
    mover.who()
    mover.post("/out")
    clock.passes(HOUR)
    thief.post("/cart")

    assert thief.who() == "None"


def test_what_was_signed_after_a_logout_moves_in(site: Site, clock: Clock) -> None:
    mover = moved(site, "ada")
    mover.who()
    mover.post("/out")
    clock.passes(SECOND)

    assert moved(site, "ada", only="session").who() == "ada"


def test_what_was_signed_in_the_second_of_a_logout_does_not(site: Site) -> None:
    moved(site, "ada").post("/out")

    assert moved(site, "ada", only="session").who() == "None"


def test_the_logout_of_one_ends_nothing_of_another(site: Site, clock: Clock) -> None:
    mover, other = moved(site, "ada"), moved(site, "bob")
    mover.post("/out")

    assert other.who() == "bob"


def test_who_has_moved_in_is_not_put_out_by_a_logout_elsewhere(
    site: Site, clock: Clock
) -> None:
    laptop, phone = moved(site, "eve"), moved(site, "eve", only="session")
    phone.who()
    clock.passes(HOUR)
    laptop.post("/out")

    assert phone.who() == "eve"


def test_the_marks_are_kept_where_the_application_says(
    site: Site, clock: Clock
) -> None:
    kept: dict[str, str] = {}
    site.manager.move_marks = kept
    mover, thief = moved(site, "ada"), moved(site, "ada", only="session")
    mover.who()
    mover.post("/out")
    another = moving_site(clock)
    another.manager.move_marks = kept

    assert copy_of(another, thief).who() == "None"
    assert {*kept} == {"left ada", "stamp ada"}
    assert "ada's first password" not in str(kept)


def test_two_applications_keep_their_marks_apart(clock: Clock) -> None:
    one, other = moving_site(clock), moving_site(clock)
    moved(one, "ada").post("/out")

    assert moved(other, "ada").who() == "ada"


def test_without_a_date_nothing_is_kept_of_who_signs_out(clock: Clock) -> None:
    site = Site(clock)
    site.manager.move_marks = kept = {}
    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.signs_out()

    assert kept == {}


def test_two_kinds_of_people_leave_marks_of_their_own(site: Site, clock: Clock) -> None:
    staff = LoginManager(site.app, name="staff")
    staff.clock = clock
    staff.user_loader(site.load)

    @site.app.post("/staff/in-and-out")
    def staff_in_and_out() -> str:
        login_user(site.people["ada"], name="staff")
        staff.current_user.get_id()
        logout_user(name="staff")
        return "out"

    site.visitor().post("/staff/in-and-out")

    assert moved(site, "ada").who() == "ada"


# --- The setting.


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2027-01-01", id="a text"),
        pytest.param(datetime(2027, 1, 1), id="no time zone"),  # noqa: DTZ001
        pytest.param(timedelta(days=30), id="a time"),
    ],
)
def test_a_date_that_cannot_be_meant_is_refused(clock: Clock, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        Site(clock, SIGNET_MOVE_UNTIL=value)

    assert str(caught.value) == (
        f"SIGNET_MOVE_UNTIL is {value!r}; it should be a date, or a datetime with a"
        " time zone."
    )


def test_a_stranger_s_public_page_stays_public_while_people_move(site: Site) -> None:
    answer = site.visitor().get("/")

    assert "Vary" not in answer.headers


# --- What an attack has found.


def test_a_customer_s_cookie_makes_nobody_staff(site: Site, clock: Clock) -> None:
    staff = LoginManager(site.app, name="staff")
    staff.clock = clock
    staff.user_loader(site.load)
    site.app.get("/staff")(lambda: str(staff.current_user.get_id()))
    customer = moved(site, "eve", only="remember_token")
    value = customer.cookie("remember_token") or ""
    thief = site.visitor()
    thief.client.set_cookie("remember_token_staff", value)

    assert thief.get("/staff").text == "None"
    assert customer.who() == "eve"


@pytest.mark.parametrize("permanent", [True, False])
def test_who_shows_a_key_first_does_not_make_a_dead_session_younger(
    site: Site, clock: Clock, permanent: bool
) -> None:
    site.manager.request_first = True
    site.manager.request_loader(
        lambda request: site.people["bob"] if "X-Api-Key" in request.headers else None
    )
    mover, thief = moved(site, "ada"), moved(site, "ada", only="session")
    with thief.client.session_transaction() as held:
        held["_permanent"] = permanent
    mover.post("/out")
    clock.passes(HOUR)
    thief.get("/who", headers={"X-Api-Key": "bob's"})
    thief.post("/cart", headers={"X-Api-Key": "bob's"})

    assert thief.who() == "None"


def test_an_error_of_the_loader_does_not_make_a_dead_session_younger(
    site: Site, clock: Clock
) -> None:
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    mover, thief = moved(site, "ada"), moved(site, "ada", only="session")
    with thief.client.session_transaction() as held:
        held["_permanent"] = True
    mover.post("/out")
    clock.passes(HOUR)
    site.manager.user_loader(broken)
    thief.get("/who")
    site.manager.user_loader(site.load)

    assert thief.who() == "None"


def broken(*_: object) -> None:
    raise ConnectionError


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_a_password_changed_after_a_sign_in_ends_what_was_copied_before_the_move(
    site: Site, only: str
) -> None:
    thief = moved(site, "ada", only=only)
    site.visitor().signs_in("ada")
    with_another_password(site, "ada")

    assert thief.who() == "None"


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_who_signs_in_by_a_new_password_ends_what_was_copied_before_the_move(
    site: Site, only: str
) -> None:
    thief = moved(site, "ada", only=only)
    site.visitor().signs_in("ada")
    with_another_password(site, "ada")
    site.visitor().signs_in("ada")

    assert thief.who() == "None"


def test_who_is_put_out_by_a_new_stamp_is_not_let_in_by_an_old_cookie_beside(
    site: Site,
) -> None:
    old = moved(site, "ada", only="remember_token").cookie("remember_token") or ""
    visitor = site.visitor()
    visitor.signs_in("ada")
    site.app.extensions["flask_signet_move_marks"].clear()  # as after a restart
    visitor.client.set_cookie("remember_token", old)
    with_another_password(site, "ada")

    assert [visitor.who(), visitor.who()] == ["None", "None"]


class Broken:
    """Where marks are to be kept, and the database is down."""

    def get(self, name: str, /) -> None:
        raise ConnectionError

    def __setitem__(self, name: str, value: str, /) -> None:
        raise ConnectionError


def test_one_can_sign_out_while_the_marks_cannot_be_kept(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    site.manager.move_marks = Broken()

    assert visitor.signs_out().text == "out"
    visitor.restarts()
    assert visitor.who() == "None"
    assert "A mark of who may not move in any more was not kept." in caplog.messages


def test_one_can_sign_in_while_the_marks_cannot_be_kept(site: Site) -> None:
    site.manager.move_marks = Broken()
    visitor = site.visitor()

    assert visitor.signs_in("ada").text == "in"
    assert visitor.who() == "ada"


def test_a_public_page_is_shown_while_the_marks_cannot_be_read(site: Site) -> None:
    mover = moved(site, "ada")
    site.manager.move_marks = Broken()

    assert mover.get("/").text == "Welcome."


@pytest.mark.parametrize("only", ["session", "remember_token"])
def test_while_the_marks_cannot_be_read_nobody_moves_and_nothing_is_taken_away(
    site: Site, caplog: pytest.LogCaptureFixture, only: str
) -> None:
    mover = moved(site, "ada", only=only)
    other = moved(site, "ada", only=only)
    third = moved(site, "ada", only=only)
    site.manager.move_marks = Broken()
    during = [mover.who(), mover.post("/out").text]
    during += [other.who(), other.signs_in("ada").text, other.who()]
    during.append(third.who())
    site.manager.move_marks = {}

    assert during == ["None", "out", "None", "in", "ada", "None"]
    assert third.who() == "ada"
    assert "could not be read" in caplog.text


@pytest.mark.parametrize("name", ["ada", "eve"])
def test_a_mark_counts_after_the_date_as_long_as_the_setting_is_there(
    site: Site, clock: Clock, name: str
) -> None:
    clock.now = UNTIL - HOUR
    mover = moved(site, name)
    thief = copy_of(site, moved(site, name, only="session"))
    mover.post("/out")
    clock.now = UNTIL + HOUR
    thief.post("/cart")

    assert thief.who() == "None"


def test_a_mark_that_is_no_time_counts(site: Site) -> None:
    site.manager.move_marks = {"left ada": "yesterday"}

    assert moved(site, "ada").who() == "None"


def test_while_the_marks_cannot_be_read_a_session_gets_no_keys_of_ours(
    clock: Clock,
) -> None:
    site = moving_site(clock, SIGNET_IDLE=DAY)
    mover, thief = moved(site, "eve"), moved(site, "eve", only="session")
    mover.post("/out")
    kept = site.app.extensions["flask_signet_move_marks"]
    site.manager.move_marks = Broken()
    thief.who()
    site.manager.move_marks = kept

    assert thief.who() == "None"


@pytest.mark.parametrize("until", [None, UNTIL])
def test_without_a_date_nobody_asks_when_a_session_was_signed(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, until: datetime | None
) -> None:
    site = moving_site(clock, SIGNET_MOVE_UNTIL=until)
    mover = moved(site, "eve", only="session")
    mover.who()
    asked: list[object] = []
    monkeypatch.setattr("flask_signet.entry.signed_at", asked.append)

    assert mover.who() == "eve"
    assert asked == []
