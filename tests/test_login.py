"""In, out and proved again: what a view may ask for, and whom it may not mix up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cachelib import SimpleCache
from flask import Flask, flash, session
from flask_session import Session

from flask_signet import (
    FlaskLoginClient,
    UserError,
    confirm_login,
    current_user,
    get_user,
    login_fresh,
    login_required,
    login_user,
    logout_user,
    session_protected,
    user_logged_in,
    user_logged_out,
    user_login_confirmed,
)
from support import DAY, HOUR, SECOND, Clock, Person, Site, Visitor

SIGN_IN_KEYS = {"_user_id", "_fresh", "_id", "_signin", "_proved", "_stamp"}


def session_of(visitor: Visitor) -> dict[str, Any]:
    with visitor.client.session_transaction() as held:
        return dict(held)


# --- Signing in.


def test_a_sign_in_has_flask_login_s_keys_and_ours(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    held = session_of(visitor)

    assert held.keys() == SIGN_IN_KEYS
    assert held["_user_id"] == "ada"
    assert held["_fresh"] is True
    assert held["_proved"] == site.clock.now.timestamp()


def test_two_sign_ins_of_one_person_are_told_apart(site: Site) -> None:
    laptop, phone = site.visitor(), site.visitor()
    laptop.signs_in("ada")
    phone.signs_in("ada")

    assert session_of(laptop)["_signin"] != session_of(phone)["_signin"]


def test_how_somebody_proved_it_is_kept_with_the_sign_in(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"], methods=("pwd", "otp"))
        assert session["_methods"] == ["pwd", "otp"]
        login_user(site.people["ada"])
        assert "_methods" not in session


@pytest.mark.parametrize("user", [None, Person(""), Person(None)])
def test_nobody_can_be_signed_in_without_an_id(site: Site, user: Any) -> None:
    with site.app.test_request_context():
        with pytest.raises(UserError):
            login_user(user)

        assert not session


def test_the_proxy_of_the_current_user_may_be_signed_in_again(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        login_user(current_user)

        assert get_user() is site.people["ada"]


def test_somebody_inactive_is_refused_and_whoever_was_in_is_so_still(
    site: Site,
) -> None:
    site.people["bob"].active = False
    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.signs_in("bob").text == "refused"
    assert visitor.who() == "ada"


def test_a_listener_is_told_of_a_sign_in_that_has_happened(site: Site) -> None:
    heard: list[Any] = []

    def listen(app: Flask, user: Any) -> None:
        heard.append((app, user, current_user.id))

    with user_logged_in.connected_to(listen, site.app):
        site.visitor().signs_in("ada")

    assert heard == [(site.app, site.people["ada"], "ada")]


# --- Signing out.


def test_a_sign_out_takes_away_all_that_a_sign_in_has_put_there(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["next"] = "/somewhere"
    visitor.signs_out()

    assert session_of(visitor) == {}


def test_a_listener_is_told_who_signed_out(site: Site) -> None:
    heard: list[Any] = []
    visitor = site.visitor()
    visitor.signs_in("ada")

    def listen(_: Flask, user: Any) -> None:
        heard.append((user, current_user.is_anonymous))

    with user_logged_out.connected_to(listen, site.app):
        visitor.signs_out()

    assert heard == [(site.people["ada"], True)]


def test_who_cannot_be_loaded_can_sign_out(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Any] = []
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    @site.manager.user_loader
    def fails(user_id: str) -> Any:
        raise OSError(f"no database for {user_id}")

    def listen(_: Flask, user: Any) -> None:
        heard.append(user.is_anonymous)

    with user_logged_out.connected_to(listen, site.app):
        assert visitor.signs_out().text == "out"

    assert heard == [True]
    assert "no database" in caplog.text
    site.manager.user_loader(site.load)
    assert visitor.who() == "None"


def test_a_sign_out_that_nobody_listens_to_loads_nobody(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    site.asked.clear()
    visitor.signs_out()

    assert site.asked == []


def test_a_stranger_may_sign_out(site: Site) -> None:
    assert site.visitor().signs_out().text == "out"


# --- One session, and another person in it.


def test_a_stranger_s_cart_stays_at_sign_in(site: Site) -> None:
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    visitor.signs_in("ada")

    assert session_of(visitor)["cart"] == ["tea"]


def test_one_s_own_data_is_there_after_signing_out_and_in(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    visitor.signs_out()
    visitor.signs_in("ada")

    held_now = session_of(visitor)
    assert held_now["cart"] == ["tea"]
    assert "_left" not in held_now


def test_the_next_person_finds_nothing_of_the_one_before(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
        held.permanent = True
    visitor.signs_out()
    with visitor.client.session_transaction() as held:
        held["next"] = "/secret"
    visitor.signs_in("bob")

    assert session_of(visitor).keys() == SIGN_IN_KEYS | {"_permanent", "next"}


def test_who_signs_in_over_another_finds_nothing_of_theirs(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
        held["next"] = "/ada-s"
    visitor.signs_in("bob")

    assert session_of(visitor).keys() == SIGN_IN_KEYS


def test_who_signs_in_over_somebody_remembered_finds_nothing_of_theirs(
    site: Site,
) -> None:
    @site.app.post("/swap")
    def swap() -> str:
        was = current_user.id
        session["cart"] = [f"{was}'s tea"]
        login_user(site.people["bob"])
        return str(was)

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert visitor.post("/swap").text == "ada"
    assert "cart" not in session_of(visitor)
    visitor.who()
    assert session_of(visitor).keys() == SIGN_IN_KEYS
    visitor.restarts()
    assert visitor.who() == "None"


def test_somebody_deleted_leaves_nothing_to_the_next(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    del site.people["ada"]
    visitor.signs_in("bob")

    assert "cart" not in session_of(visitor)


def test_somebody_known_by_their_key_inherits_no_session(site: Site) -> None:
    @site.app.post("/in-by-key")
    def in_by_key() -> str:
        login_user(current_user)
        return str(current_user.id)

    site.manager.request_loader(lambda asked: site.people.get(asked.args.get("key")))
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    site.people["ada"].active = False

    assert visitor.post("/in-by-key?key=bob").text == "bob"
    assert "cart" not in session_of(visitor)


def test_who_left_is_not_to_be_read_in_the_cookie(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    visitor.signs_out()

    assert "ada" not in str(session_of(visitor))
    assert session_of(visitor).keys() == {"cart", "_left"}


def test_an_id_that_changed_on_the_same_object_is_the_same_person(site: Site) -> None:
    @site.app.post("/renamed")
    @login_required
    def renamed() -> str:
        site.people["ada"].id = "ada-2"
        login_user(current_user)
        return "in"

    visitor = site.visitor()
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    visitor.post("/renamed")

    assert session_of(visitor)["cart"] == ["tea"]
    assert session_of(visitor)["_user_id"] == "ada-2"


# --- A new session at sign-in.


@pytest.fixture
def stored(clock: Clock) -> Site:
    """Give the site with its sessions in a store, under an id in the cookie."""
    site = Site(clock, SESSION_TYPE="cachelib", SESSION_CACHELIB=SimpleCache())
    Session(site.app)

    @site.app.post("/cart")
    def cart() -> str:
        session["cart"] = ["tea"]
        return "kept"

    @site.app.post("/permanent")
    def permanent() -> str:
        session.permanent = True
        return "kept"

    return site


@pytest.mark.filterwarnings(
    # Flask-Session's own, of what it was told to use.
    "ignore::DeprecationWarning:flask_session"
)
@pytest.mark.parametrize("before", [None, "/permanent", "/cart"])
def test_whoever_knew_the_session_before_the_sign_in_has_no_use_of_it(
    stored: Site, before: str | None
) -> None:
    visitor = stored.visitor()
    if before:
        visitor.post(before)
    known = visitor.cookie("session")
    visitor.signs_in("ada")

    assert visitor.who() == "ada"
    assert visitor.cookie("session") != known
    thief = stored.app.test_client(use_cookies=False)
    headers = {"Cookie": f"session={known}"}
    assert thief.get("/who", headers=headers).text == "None"


@pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_session")
def test_a_cart_in_a_store_stays_at_sign_in(stored: Site) -> None:
    visitor = stored.visitor()
    visitor.post("/cart")
    visitor.signs_in("ada")

    assert session_of(visitor)["cart"] == ["tea"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_session")
def test_whoever_knew_the_session_before_a_new_proof_has_no_use_of_it(
    stored: Site,
) -> None:
    visitor = stored.visitor()
    visitor.signs_in("ada")
    known = visitor.cookie("session")
    visitor.post("/again")

    assert visitor.who() == "ada"
    assert visitor.cookie("session") != known


# --- Fresh, and how long.


@pytest.mark.parametrize(
    ("age", "fresh"),
    [
        pytest.param(12 * HOUR, True, id="twelve hours"),
        pytest.param(12 * HOUR + SECOND, False, id="a second more"),
    ],
)
def test_a_proof_is_fresh_for_twelve_hours(
    site: Site, age: timedelta, *, fresh: bool
) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    site.clock.passes(age)

    assert visitor.get("/how").json == {"fresh": fresh, "remembered": False}
    assert visitor.get("/fresh").status_code == (200 if fresh else 401)


def test_a_proof_is_fresh_for_ever_where_the_application_says_so(clock: Clock) -> None:
    site = Site(clock, SIGNET_FRESH_MAX_AGE=None)
    visitor = site.visitor()
    visitor.signs_in("ada")
    site.clock.passes(30 * DAY)

    assert visitor.get("/fresh").status_code == 200


def test_a_session_of_flask_login_s_is_as_old_as_its_cookie(site: Site) -> None:
    now = datetime.now(UTC)
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held.update({"_user_id": "eve", "_fresh": True})
    site.manager.session_protection = None

    site.clock.now = now + 11 * HOUR
    assert visitor.get("/fresh").status_code == 200
    site.clock.now = now + 13 * HOUR
    assert visitor.get("/fresh").status_code == 401


@pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_session")
def test_a_session_of_flask_login_s_in_a_store_ages_from_when_it_is_seen(
    stored: Site,
) -> None:
    stored.manager.session_protection = None
    visitor = stored.visitor()
    with visitor.client.session_transaction() as held:
        held.update({"_user_id": "eve", "_fresh": True})

    assert visitor.get("/fresh").status_code == 200
    stored.clock.passes(12 * HOUR + SECOND)
    assert visitor.get("/fresh").status_code == 401


def test_a_session_begun_by_hand_in_this_request_is_fresh(site: Site) -> None:
    site.manager.session_protection = None
    with site.app.test_request_context():
        session.update({"_user_id": "eve", "_fresh": True})

        assert login_fresh()


def test_who_proves_themselves_again_is_fresh_again(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    before = session_of(visitor)
    site.clock.passes(DAY)
    visitor.post("/again")

    assert visitor.get("/fresh").status_code == 200
    assert session_of(visitor)["_signin"] != before["_signin"]


def test_who_came_back_by_the_cookie_is_fresh_once_they_prove_themselves(
    site: Site,
) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    assert visitor.get("/fresh").status_code == 401
    visitor.restarts()
    visitor.post("/again")

    assert visitor.get("/how").json == {"fresh": True, "remembered": True}


def test_a_stranger_who_confirms_is_no_less_a_stranger(site: Site) -> None:
    visitor = site.visitor()
    visitor.post("/again")

    assert session_of(visitor) == {}
    assert visitor.who() == "None"


def test_who_is_known_by_their_key_alone_is_never_fresh(site: Site) -> None:
    site.manager.request_loader(lambda asked: site.people.get(asked.args.get("key")))
    visitor = site.visitor()
    visitor.post("/again?key=bob")

    assert session_of(visitor) == {}
    assert visitor.get("/fresh?key=bob").status_code == 401


def test_a_listener_is_told_of_a_new_proof(site: Site) -> None:
    heard: list[Flask] = []

    def listen(app: Flask) -> None:
        heard.append(app)

    with (
        site.app.test_request_context(),
        user_login_confirmed.connected_to(listen, site.app),
    ):
        login_user(site.people["ada"], fresh=False)
        assert not login_fresh()
        confirm_login(methods=["pwd"])

        assert login_fresh()
        assert session["_methods"] == ["pwd"]
        assert heard == [site.app]


# --- Session protection.


PHONE = {"HTTP_USER_AGENT": "another browser"}


def test_another_browser_costs_freshness_once_and_is_told_once(site: Site) -> None:
    heard: list[Any] = []

    def listen(app: Flask) -> None:
        heard.append((app, current_user.id))

    visitor = site.visitor()
    visitor.signs_in("ada")
    with session_protected.connected_to(listen, site.app):
        answers = [visitor.get("/fresh", environ_overrides=PHONE) for _ in range(3)]

    assert [each.status_code for each in answers] == [401, 401, 401]
    assert heard == [(site.app, "ada")]
    assert visitor.get("/fresh").status_code == 401
    assert visitor.who() == "ada"


def test_under_strong_protection_another_browser_is_nobody(clock: Clock) -> None:
    site = Site(clock, SESSION_PROTECTION="strong")
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    assert visitor.get("/who", environ_overrides=PHONE).text == "None"
    assert visitor.cookie("remember_token") is None
    assert session_of(visitor) == {}


def test_without_protection_another_browser_is_the_same(clock: Clock) -> None:
    site = Site(clock, SESSION_PROTECTION=None)
    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/fresh", environ_overrides=PHONE).status_code == 200


def test_a_stranger_is_not_protected_from_anything(site: Site) -> None:
    heard: list[Any] = []
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["cart"] = ["tea"]
    with session_protected.connected_to(lambda *_: heard.append(1), site.app):
        visitor.get("/who", environ_overrides=PHONE)

    assert heard == []
    assert session_of(visitor) == {"cart": ["tea"]}


def test_the_address_is_not_to_be_found_from_the_cookie(site: Site) -> None:
    one, two = site.visitor(), Site(site.clock).visitor()
    two.client.application.config["SECRET_KEY"] = "another key"
    one.signs_in("ada")
    two.signs_in("ada")

    assert session_of(one)["_id"] != session_of(two)["_id"]


# --- A client for tests.


@pytest.mark.parametrize("mode", ["basic", "strong", None])
@pytest.mark.parametrize("fresh", [True, False])
def test_a_test_s_client_is_somebody_under_every_protection(
    clock: Clock, mode: str | None, *, fresh: bool
) -> None:
    site = Site(clock, SESSION_PROTECTION=mode)
    site.app.test_client_class = FlaskLoginClient
    client = site.app.test_client(user=site.people["ada"], fresh_login=fresh)

    assert client.get("/secret").text == "a secret for ada"
    assert client.get("/fresh").status_code == (200 if fresh else 401)


def test_a_test_s_client_is_nobody_if_nobody_is_named(site: Site) -> None:
    site.app.test_client_class = FlaskLoginClient

    assert site.app.test_client().get("/secret").status_code == 302


# --- Messages.


def test_a_message_to_the_one_before_is_not_shown_to_the_next(site: Site) -> None:
    @site.app.post("/farewell")
    def farewell() -> str:
        flash("Your parcel is on its way, Ada.")
        logout_user()
        return "out"

    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.post("/farewell")
    visitor.signs_in("bob")

    assert "_flashes" not in session_of(visitor)
