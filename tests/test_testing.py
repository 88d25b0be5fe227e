"""The client for an application's own tests that signs in, out, and goes away."""

import unittest
from typing import Any

import pytest
from flask import Flask, g

from flask_signet import (
    LoginManager,
    UserError,
    current_user,
    login_user,
    session_protected,
    user_logged_in,
    user_logged_out,
)
from flask_signet.testing import SignetClient
from support import Clock, Person, Site


@pytest.fixture
def client(site: Site) -> SignetClient:
    return a_client(site)


def a_client(site: Site) -> SignetClient:
    site.app.test_client_class = SignetClient
    client = site.app.test_client()
    assert isinstance(client, SignetClient)
    return client


def test_who_signs_in_is_in(site: Site, client: SignetClient) -> None:
    client.sign_in(site.people["ada"])

    assert client.get("/secret").text == "a secret for ada"
    assert client.get("/fresh").text == "a fresh secret for ada"


def test_a_client_is_a_stranger_first(client: SignetClient) -> None:
    assert client.get("/who").text == "None"


def test_who_signs_out_is_out_and_not_remembered(
    site: Site, client: SignetClient
) -> None:
    client.sign_in(site.people["ada"], remember=True)
    client.sign_out()

    assert client.get("/who").text == "None"
    assert client.get_cookie("remember_token") is None
    client.restart()
    assert client.get("/who").text == "None"


def test_who_is_remembered_is_known_after_a_restart_and_not_fresh(
    site: Site, client: SignetClient
) -> None:
    client.sign_in(site.people["ada"], remember=True)
    client.restart()

    assert client.get_cookie("session") is None
    assert client.get("/how").json == {"fresh": False, "remembered": True}
    assert client.get("/who").text == "ada"


def test_who_is_not_remembered_is_a_stranger_after_a_restart(
    site: Site, client: SignetClient
) -> None:
    client.sign_in(site.people["ada"])
    client.restart()

    assert client.get("/who").text == "None"


def test_who_grows_stale_is_in_and_must_prove_again(
    site: Site, client: SignetClient
) -> None:
    client.sign_in(site.people["ada"])
    client.grow_stale()

    assert client.get("/who").text == "ada"
    assert client.get("/fresh").status_code == 401


def test_a_stranger_does_not_grow_stale(client: SignetClient) -> None:
    client.grow_stale()

    assert client.get_cookie("session") is None


def test_one_may_sign_in_without_a_fresh_proof(
    site: Site, client: SignetClient
) -> None:
    client.sign_in(site.people["ada"], fresh=False)

    assert client.get("/how").json == {"fresh": False, "remembered": False}


def test_how_it_was_proved_is_kept(site: Site, client: SignetClient) -> None:
    client.sign_in(site.people["ada"], methods=["pwd", "otp"])

    with client.session_transaction() as held:
        assert held["_methods"] == ["pwd", "otp"]


@pytest.mark.parametrize("protection", ["basic", "strong", None])
def test_every_protection_takes_it_for_a_browser(
    clock: Clock, protection: str | None
) -> None:
    site = Site(clock, SESSION_PROTECTION=protection)
    client, told = a_client(site), []
    client.environ_base["HTTP_USER_AGENT"] = "another browser"

    def tell(sender: Any) -> None:
        told.append(sender)

    with session_protected.connected_to(tell, sender=site.app):
        client.sign_in(site.people["ada"], remember=True)
        assert client.get("/fresh").text == "a fresh secret for ada"
        client.restart()
        assert [client.get("/who").text for _ in range(2)] == ["ada", "ada"]

    assert told == []


def test_listeners_hear_of_it(site: Site, client: SignetClient) -> None:
    told: list[object] = []

    def tell(sender: Any, user: Any) -> None:
        told.append(user)

    with (
        user_logged_in.connected_to(tell, sender=site.app),
        user_logged_out.connected_to(tell, sender=site.app),
    ):
        client.sign_in(site.people["ada"])
        client.sign_out()

    assert told == [site.people["ada"]] * 2


def test_the_application_s_own_hooks_do_not_run_for_it(
    site: Site, client: SignetClient
) -> None:
    ran: list[str] = []
    site.app.before_request(lambda: ran.append("before"))
    client.sign_in(site.people["ada"])

    assert ran == []


def test_who_is_not_active_cannot_sign_in(site: Site, client: SignetClient) -> None:
    with pytest.raises(UserError) as caught:
        client.sign_in(Person("eve", active=False))

    assert str(caught.value) == "<Person eve> is not active, and cannot sign in."
    assert client.get("/who").text == "None"
    assert client.application is site.app


def test_who_is_not_saved_cannot_sign_in(client: SignetClient) -> None:
    with pytest.raises(UserError) as caught:
        client.sign_in(Person("zoe"))

    assert str(caught.value).startswith(
        "<Person zoe> was signed in, and the user_loader"
    )


def test_two_clients_are_two_people_in_one_context(site: Site) -> None:
    ada, bob = a_client(site), a_client(site)
    with site.app.app_context():
        ada.sign_in(site.people["ada"])
        bob.sign_in(site.people["bob"])

        assert (ada.get("/who").text, bob.get("/who").text) == ("ada", "bob")
        assert not vars(g._get_current_object())


def test_two_kinds_of_people_in_one_browser(site: Site, client: SignetClient) -> None:
    staff = LoginManager(site.app, name="staff")
    staff.user_loader(site.load)
    site.app.get("/staff")(lambda: str(staff.current_user.get_id()))

    client.sign_in(site.people["ada"])
    client.sign_in(site.people["bob"], name="staff")
    client.sign_out()

    assert client.get("/who").text == "None"
    assert client.get("/staff").text == "bob"


def test_an_application_under_a_path_and_a_host_of_its_own() -> None:
    app = Flask("shop")
    app.config.update(
        SECRET_KEY="key",
        TESTING=True,
        SERVER_NAME="shop.example.org",
        APPLICATION_ROOT="/shop",
        SESSION_COOKIE_DOMAIN="example.org",
        SESSION_COOKIE_SECURE=True,
        PREFERRED_URL_SCHEME="https",
    )
    manager = LoginManager(app)
    manager.user_loader(Person)
    app.get("/who")(lambda: str(current_user.get_id()))
    app.test_client_class = SignetClient
    client: Any = app.test_client()

    client.sign_in(Person("ada"), remember=True)
    assert client.get("/who").text == "ada"
    client.restart()
    assert client.get_cookie("session", domain="example.org", path="/shop") is None
    assert client.get("/who").text == "ada"


def test_a_session_that_is_sent_to_a_part_of_the_site_is_ended_as_well(
    clock: Clock,
) -> None:
    site = Site(clock, SESSION_COOKIE_PATH="/letters")
    site.app.get("/letters/who")(lambda: str(current_user.get_id()))
    client = a_client(site)
    client.sign_in(site.people["ada"])
    assert client.get("/letters/who").text == "ada"

    client.grow_stale()
    client.sign_out()

    assert client.get("/letters/who").text == "None"


def test_a_restart_keeps_a_permanent_session(site: Site, client: SignetClient) -> None:
    client.sign_in(site.people["ada"])
    with client.session_transaction() as held:
        held.permanent = True
    client.restart()

    assert client.get("/who").text == "ada"


def test_a_client_without_cookies_is_refused(site: Site) -> None:
    site.app.test_client_class = SignetClient
    client: Any = site.app.test_client(use_cookies=False)

    with pytest.raises(TypeError, match="Cookies are disabled"):
        client.sign_in(site.people["ada"])


def test_it_goes_on_in_a_with_block(site: Site, client: SignetClient) -> None:
    with client:
        client.sign_in(site.people["ada"])
        client.get("/who")

        assert current_user == site.people["ada"]
        client.sign_out()
        client.get("/who")
        assert current_user.is_anonymous


def test_it_serves_a_test_case_of_unittest(site: Site) -> None:
    class LetterTest(unittest.TestCase):
        def setUp(self) -> None:
            self.client = a_client(site)
            self.client.sign_in(site.people["ada"])

        def test_ada_reads(self) -> None:
            assert self.client.get("/secret").status_code == 200

    result = unittest.TestResult()
    LetterTest("test_ada_reads").run(result)

    assert result.wasSuccessful()


def test_the_browser_at_work_is_the_one_of_the_request(site: Site) -> None:
    client = a_client(site)
    with site.app.test_request_context():
        login_user(site.people["bob"])
        client.sign_in(site.people["ada"])

        assert current_user == site.people["bob"]
