"""The stamp: another password, and every other sign-in is dead."""

from typing import Any

import pytest
from flask import Flask, session

from flask_signet import (
    ConfigError,
    LoginManager,
    UserError,
    confirm_login,
    current_user,
    keep_signed_in,
    login_fresh,
    login_required,
    login_user,
)
from support import KEY, Clock, Member, Person, Site, Visitor


@pytest.fixture
def site(site: Site) -> Site:
    @site.app.post("/password")
    @login_required
    def new_password() -> str:
        current_user.password = "another password"
        keep_signed_in(current_user)
        return "changed"

    @site.app.post("/password-alone")
    @login_required
    def new_password_alone() -> str:
        current_user.password = "another password"
        return "changed"

    return site


def _member(site: Site, person_id: str = "ada") -> Member:
    member = site.people[person_id]
    assert isinstance(member, Member)
    return member


def test_another_password_ends_every_other_sign_in(site: Site) -> None:
    laptop, phone = site.visitor(), site.visitor()
    laptop.signs_in("ada")
    phone.signs_in("ada", remember="yes")
    laptop.post("/password")

    assert phone.who() == "None"
    phone.restarts()
    assert phone.who() == "None"


def test_who_changed_it_stays_in_and_remembered(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.post("/password")

    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


def test_a_cookie_kept_from_before_the_change_is_worthless(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    session_before = visitor.cookie("session")
    token_before = visitor.cookie("remember_token")
    visitor.post("/password")

    for kept in (f"session={session_before}", f"remember_token={token_before}"):
        client = site.app.test_client(use_cookies=False)
        assert client.get("/who", headers={"Cookie": kept}).text == "None"


def test_who_changed_it_is_remembered_no_longer_than_before(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes", seconds="3600")
    site.clock.passes(site.clock.now.resolution * 600 * 10**6)
    visitor.post("/password")

    found = visitor.client.get_cookie("remember_token")
    assert found is not None
    assert found.max_age == 3000


def test_who_changed_it_is_as_fresh_as_before(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", stale="yes")
    visitor.post("/password")

    assert visitor.get("/how").json == {"fresh": False, "remembered": False}


def test_who_forgets_to_keep_themselves_in_is_out(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.post("/password-alone")

    assert visitor.who() == "None"


def test_a_change_by_another_browser_within_a_request_is_not_adopted(
    site: Site,
) -> None:
    @site.app.get("/meanwhile")
    @login_required
    def meanwhile() -> str:
        _member(site).password = "set by whoever has stolen the account"
        return "done"

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()  # so that the answer writes a session
    visitor.get("/meanwhile")

    assert visitor.who() == "None"


def test_a_change_within_a_request_is_not_adopted_by_refreshing(clock: Clock) -> None:
    site = Site(clock, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)

    @site.app.get("/meanwhile")
    @login_required
    def meanwhile() -> str:
        _member(site).password = "another password"
        return "done"

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.get("/meanwhile")

    assert visitor.who() == "None"
    visitor.restarts()
    assert visitor.who() == "None"


def test_nobody_is_kept_in_who_is_not_in(site: Site) -> None:
    with site.app.test_request_context(), pytest.raises(UserError) as caught:
        keep_signed_in(site.people["ada"])

    assert "login_user()" in str(caught.value)


def test_nobody_is_kept_in_for_another(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["bob"])
        with pytest.raises(UserError):
            keep_signed_in(site.people["ada"])

        assert session["_user_id"] == "bob"


def test_an_id_may_change_with_the_password(site: Site) -> None:
    @site.app.post("/new-id")
    @login_required
    def new_id() -> str:
        member: Any = current_user._get_current_object()
        member.id = "ada-2"
        member.password = "another password"
        site.people["ada-2"] = site.people.pop("ada")
        keep_signed_in(member)
        return "changed"

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.post("/new-id")

    assert visitor.who() == "ada-2"
    visitor.restarts()
    assert visitor.who() == "ada-2"


def test_a_remember_cookie_of_an_older_password_is_not_carried_over(
    site: Site,
) -> None:
    old = site.visitor()
    old.signs_in("ada", remember="yes")
    _member(site).password = "a second password"
    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.client.set_cookie("remember_token", old.cookie("remember_token") or "")
    visitor.post("/password")
    visitor.restarts()

    assert visitor.who() == "None"


# --- Proving oneself again takes the present stamp.


def test_who_proves_themselves_again_takes_the_present_stamp(site: Site) -> None:
    @site.app.post("/changed-and-proved")
    @login_required
    def changed_and_proved() -> str:
        current_user.password = "another password"
        confirm_login()
        return str(login_fresh())

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes", stale="yes")

    assert visitor.post("/changed-and-proved").text == "True"
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


# --- New keys, and users of other kinds.


def test_a_stamp_under_an_older_key_is_good_and_is_sealed_anew(clock: Clock) -> None:
    site = Site(clock)
    visitor = site.visitor()
    visitor.signs_in("ada")
    site.app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[KEY])
    with visitor.client.session_transaction() as held:
        before = dict(held)

    assert visitor.get("/how").json == {"fresh": True, "remembered": False}
    with visitor.client.session_transaction() as held:
        assert held["_stamp"] != before["_stamp"]
        assert held["_id"] != before["_id"]
    site.app.config["SECRET_KEY_FALLBACKS"] = None
    assert visitor.get("/how").json == {"fresh": True, "remembered": False}


def test_a_stamp_is_not_to_be_read_in_the_cookie(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")

    with visitor.client.session_transaction() as held:
        assert _member(site).password not in str(dict(held))


def test_a_user_without_a_password_has_a_stamp_all_the_same(site: Site) -> None:
    class Keyed(Person):
        stamp: str | None = None

        def get_auth_stamp(self) -> str | None:
            return self.stamp

    site.people["kay"] = kay = Keyed("kay")
    visitor = site.visitor()
    visitor.signs_in("kay")
    assert visitor.who() == "kay"
    kay.stamp = "now there is one"

    assert visitor.who() == "None"


def test_a_user_without_a_stamp_is_as_in_flask_login(site: Site) -> None:
    visitor: Visitor = site.visitor()
    visitor.signs_in("eve", remember="yes")
    with visitor.client.session_transaction() as held:
        assert "_stamp" not in held
    visitor.restarts()

    assert visitor.who() == "eve"


def test_an_application_without_a_key_is_told_so() -> None:
    from flask_signet import ConfigError

    app = Flask("keyless")
    manager = LoginManager(app)
    manager.user_loader(lambda _: None)
    with app.test_request_context(), pytest.raises(ConfigError, match="SECRET_KEY"):
        login_user(Member("ada"))


def test_older_keys_given_as_one_text_are_refused(clock: Clock) -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY_FALLBACKS"):
        Site(clock, SECRET_KEY_FALLBACKS=KEY)
