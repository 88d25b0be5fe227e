"""The remember cookie: whom it knows again, how long, and when it is gone."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import session

from flask_signet import ConfigError, login_remembered, login_user, logout_user
from support import DAY, HOUR, SECOND, Clock, Member, Site, Visitor

YEAR = 365 * DAY


def attributes(visitor: Visitor, name: str = "remember_token") -> Any:
    found = visitor.client.get_cookie(name)
    assert found is not None
    return found


# --- How long.


@pytest.mark.parametrize(
    ("away", "known"),
    [
        pytest.param(YEAR - SECOND, "ada", id="a second short of a year"),
        pytest.param(YEAR, "None", id="a year"),
    ],
)
def test_somebody_is_remembered_for_a_year_if_nobody_says_otherwise(
    site: Site, away: Any, known: str
) -> None:
    visitor = site.visitor()
    token = _token_of(site, visitor)
    site.clock.passes(away)

    assert _asked_with(site, token) == known


@pytest.mark.parametrize(
    ("away", "known"),
    [
        pytest.param(59 * SECOND, "ada", id="a second short"),
        pytest.param(60 * SECOND, "None", id="on the second"),
    ],
)
def test_the_server_ends_what_the_browser_might_keep(
    site: Site, away: Any, known: str
) -> None:
    visitor = site.visitor()
    token = _token_of(site, visitor, seconds="60")
    site.clock.passes(away)

    assert _asked_with(site, token) == known


@pytest.mark.parametrize("duration", [HOUR, 3600], ids=["timedelta", "seconds"])
def test_the_application_says_how_long(clock: Clock, duration: Any) -> None:
    site = Site(clock, REMEMBER_COOKIE_DURATION=duration)
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    assert attributes(visitor).max_age == 3600
    assert attributes(visitor).expires == datetime(2026, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("duration", [3600, "1h", 0 * SECOND, -HOUR])
def test_a_duration_that_cannot_be_meant_is_refused_before_anybody_is_in(
    site: Site, duration: Any
) -> None:
    with site.app.test_request_context():
        with pytest.raises(ConfigError, match=r"^duration "):
            login_user(site.people["ada"], remember=True, duration=duration)

        assert not session


def test_the_next_sign_in_does_not_inherit_how_long(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes", seconds="60")
    visitor.signs_in("ada", remember="yes")

    assert attributes(visitor).max_age == YEAR.total_seconds()


# --- Its flags.


def test_its_flags_are_the_session_cookie_s(clock: Clock) -> None:
    site = Site(
        clock,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_PARTITIONED=True,
    )
    answer = site.visitor().signs_in("ada", remember="yes")

    (header,) = (
        each for each in answer.headers.getlist("Set-Cookie") if "remember" in each
    )
    for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/", "Partitioned"):
        assert flag in header


def test_its_flags_are_its_own_where_the_application_says_so(clock: Clock) -> None:
    site = Site(
        clock,
        REMEMBER_COOKIE_NAME="known",
        REMEMBER_COOKIE_PATH="/in",
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_SECURE=True,
    )
    answer = site.visitor().signs_in("ada", remember="yes")

    (header,) = (
        each for each in answer.headers.getlist("Set-Cookie") if "known" in each
    )
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/in"):
        assert flag in header


# --- Who is known, and who no more.


def test_coming_back_writes_a_whole_sign_in(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    visitor.get("/secret")

    with visitor.client.session_transaction() as held:
        assert held["_user_id"] == "ada"
        assert held["_fresh"] is False
        assert {"_id", "_signin", "_stamp"} <= held.keys()
        assert "_proved" not in held


def test_under_strong_protection_somebody_remembered_stays_in(clock: Clock) -> None:
    site = Site(clock, SESSION_PROTECTION="strong")
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert [visitor.who(), visitor.who()] == ["ada", "ada"]


def test_another_s_sign_in_removes_the_cookie_of_the_one_before(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.signs_in("bob")

    assert visitor.cookie("remember_token") is None
    visitor.restarts()
    assert visitor.who() == "None"


def test_one_s_own_sign_in_again_leaves_one_remembered(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.signs_in("ada")
    visitor.restarts()

    assert visitor.who() == "ada"


def test_a_logout_counts_whatever_the_view_does_with_the_session(site: Site) -> None:
    @site.app.post("/out-and-clear")
    def out_and_clear() -> str:
        logout_user()
        session.clear()
        return "out"

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.post("/out-and-clear")

    assert visitor.cookie("remember_token") is None
    assert visitor.who() == "None"


def test_a_sign_in_that_the_view_takes_back_is_not_remembered(site: Site) -> None:
    @site.app.post("/in-and-clear")
    def in_and_clear() -> str:
        login_user(site.people["ada"], remember=True)
        session.clear()
        return "no"

    visitor = site.visitor()
    visitor.post("/in-and-clear")

    assert visitor.cookie("remember_token") is None
    assert visitor.who() == "None"


def test_a_sign_in_and_out_in_one_view_leaves_nothing(site: Site) -> None:
    @site.app.post("/in-and-out")
    def in_and_out() -> str:
        login_user(site.people["ada"], remember=True)
        logout_user()
        return "no"

    visitor = site.visitor()
    visitor.post("/in-and-out")

    assert visitor.cookie("remember_token") is None
    assert visitor.who() == "None"


def test_somebody_deleted_is_not_remembered_and_the_cookie_goes(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    del site.people["ada"]

    assert visitor.who() == "None"
    assert visitor.cookie("remember_token") is None


def test_an_id_is_a_text_whether_from_session_or_cookie(site: Site) -> None:
    site.people["7"] = Member(7)
    visitor = site.visitor()
    visitor.signs_in("7", remember="yes")
    visitor.who()
    visitor.restarts()
    visitor.who()

    assert site.asked == ["7", "7"]


# --- What the view is told.


def test_a_view_is_told_whether_this_person_is_remembered(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    assert visitor.get("/how").json == {"fresh": True, "remembered": False}

    visitor.signs_in("ada", remember="yes")
    assert visitor.get("/how").json == {"fresh": True, "remembered": True}


def test_a_view_is_not_told_of_another_s_cookie(site: Site) -> None:
    bob = site.visitor()
    bob.signs_in("bob", remember="yes")
    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.client.set_cookie("remember_token", bob.cookie("remember_token") or "")

    assert visitor.get("/how").json == {"fresh": True, "remembered": False}


def test_a_stranger_is_not_remembered(site: Site) -> None:
    assert site.visitor().get("/how").json == {"fresh": False, "remembered": False}


def test_the_view_that_signs_in_is_told_at_once(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"], remember=True)
        assert login_remembered()
        logout_user()
        assert not login_remembered()


# --- Refreshed with each answer, where the application wants that.


@pytest.fixture
def refreshing(clock: Clock) -> Site:
    return Site(clock, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)


def test_a_refreshed_cookie_counts_from_now_for_its_own_time(refreshing: Site) -> None:
    visitor = refreshing.visitor()
    visitor.signs_in("ada", remember="yes", seconds="3600")
    for _ in range(3):
        refreshing.clock.passes(HOUR - SECOND)
        visitor.restarts()
        visitor.get("/")

    assert visitor.who() == "ada"
    assert attributes(visitor).max_age == 3600


def test_refreshing_makes_nobody_remembered_who_was_not(refreshing: Site) -> None:
    visitor = refreshing.visitor()
    visitor.signs_in("ada")
    visitor.get("/secret")

    assert visitor.cookie("remember_token") is None


def test_refreshing_makes_no_cookie_of_rubbish(refreshing: Site) -> None:
    visitor = refreshing.visitor()
    visitor.signs_in("ada")
    visitor.client.set_cookie("remember_token", "rubbish")
    answer = visitor.get("/secret")

    assert "Set-Cookie" not in answer.headers


def test_refreshing_keeps_no_other_s_cookie_alive(refreshing: Site) -> None:
    bob = refreshing.visitor()
    bob.signs_in("bob", remember="yes")
    visitor = refreshing.visitor()
    visitor.signs_in("ada")
    visitor.client.set_cookie("remember_token", bob.cookie("remember_token") or "")

    assert "Set-Cookie" not in visitor.get("/secret").headers


def test_refreshing_does_not_undo_a_logout(refreshing: Site) -> None:
    visitor = refreshing.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.signs_out()

    assert visitor.cookie("remember_token") is None


def test_refreshing_does_not_undo_a_sign_in(refreshing: Site) -> None:
    visitor = refreshing.visitor()
    visitor.signs_in("ada", remember="yes", seconds="60")
    visitor.signs_in("ada", remember="yes", seconds="3600")

    assert attributes(visitor).max_age == 3600


# --- New keys.


def test_a_new_secret_key_costs_nobody_their_place(clock: Clock) -> None:
    site = Site(clock)
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes", seconds="3600")
    visitor.restarts()
    site.clock.passes(600 * SECOND)
    site.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[site.app.secret_key])

    assert visitor.get("/secret").status_code == 200
    assert attributes(visitor).max_age == 3000
    site.app.config["SECRET_KEY_FALLBACKS"] = []
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


# --- What is wished by hand, or too late for this answer.


def test_a_cookie_wished_for_by_hand_is_set(site: Site) -> None:
    @site.app.post("/by-hand")
    def by_hand() -> str:
        login_user(site.people["ada"])
        session["_remember"] = "set"
        session["_remember_seconds"] = 60
        return "in"

    visitor = site.visitor()
    visitor.post("/by-hand")

    assert attributes(visitor).max_age == 60
    with visitor.client.session_transaction() as held:
        assert "_remember" not in held
        assert "_remember_seconds" not in held


def test_a_cookie_taken_back_by_hand_is_deleted(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    with visitor.client.session_transaction() as held:
        held["_remember"] = "clear"
    visitor.who()

    assert visitor.cookie("remember_token") is None


def test_a_stranger_s_wish_gives_them_nothing(site: Site) -> None:
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["_remember"] = "set"
    visitor.who()

    assert visitor.cookie("remember_token") is None


def _token_of(site: Site, visitor: Visitor, **how: str) -> str:
    visitor.signs_in("ada", remember="yes", **how)
    token = visitor.cookie("remember_token")
    assert token is not None
    return token


def _asked_with(site: Site, token: str) -> str:
    client = site.app.test_client(use_cookies=False)
    headers = {"Cookie": f"remember_token={token}"}
    return client.get("/who", headers=headers).text
