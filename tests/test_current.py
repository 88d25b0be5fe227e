"""One person a request: nobody is taken for whoever was there before."""

import threading
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from unittest import mock

import pytest
from flask import Flask, after_this_request, copy_current_request_context, g, session

from flask_signet import (
    LoginManager,
    NotBoundError,
    OutsideRequestError,
    current,
    current_user,
    get_user,
    login_required,
    login_user,
    logout_user,
    user_accessed,
    user_loaded_from_cookie,
    user_loaded_from_request,
)
from support import Member, Person, Site, Visitor

MIRROR = "_login_user"


@pytest.fixture
def shared(site: Site) -> Iterator[Site]:
    """Give the site within an application context that all its requests share."""
    with site.app.app_context():
        yield site


# --- Nobody leaks from one request into another.


def test_a_second_browser_is_not_taken_for_the_first(shared: Site) -> None:
    ada, stranger = shared.visitor(), shared.visitor()
    ada.signs_in("ada")

    assert ada.who() == "ada"
    assert stranger.who() == "None"


def test_whoever_signed_in_with_the_last_request_is_not_there_in_the_next(
    shared: Site,
) -> None:
    shared.visitor().signs_in("ada")

    assert shared.visitor().get("/secret").status_code == 302


def test_of_two_requests_made_by_hand_the_second_does_not_know_the_first(
    site: Site,
) -> None:
    with site.app.app_context():
        with site.app.test_request_context():
            login_user(site.people["ada"])
            assert current_user.id == "ada"
        with site.app.test_request_context():
            assert get_user() is None


def test_a_view_that_asks_its_own_site_asks_as_a_stranger(site: Site) -> None:
    @site.app.get("/inside")
    @login_required
    def inside() -> str:
        answer = site.app.test_client().get("/who").text
        return f"{answer} within {current_user.id}"

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/inside").text == "None within ada"


def test_a_view_that_asks_its_own_site_as_another_stays_who_it_was(site: Site) -> None:
    bob, visitor = site.visitor(), site.visitor()

    @site.app.get("/inside")
    @login_required
    def inside() -> str:
        before = g._login_user
        answer = bob.who()
        return f"{answer} within {current_user.id}, {g._login_user is before}"

    bob.signs_in("bob")
    visitor.signs_in("ada")

    assert visitor.get("/inside").text == "bob within ada, True"


def test_whoever_the_application_asks_for_is_loaded_once_a_request(site: Site) -> None:
    @site.app.get("/often")
    @login_required
    def often() -> str:
        return f"{current_user.id} {current_user.id} {get_user().id}"

    visitor = site.visitor()
    visitor.signs_in("ada")
    site.asked.clear()
    visitor.get("/often")

    assert site.asked == ["ada"]


# --- The mirror on g, for those who look there.


def test_dependents_find_the_user_on_g_during_the_request(site: Site) -> None:
    @site.app.get("/mirror")
    @login_required
    def mirror() -> str:
        return str(g._login_user is current_user._get_current_object())

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/mirror").text == "True"


def test_dependents_find_the_anonymous_user_of_a_stranger_on_g(site: Site) -> None:
    @site.app.get("/mirror")
    def mirror() -> str:
        return f"{current_user.is_anonymous} {g._login_user.is_anonymous}"

    assert site.visitor().get("/mirror").text == "True True"


def test_with_the_answer_the_mirror_is_taken_off(shared: Site) -> None:
    visitor = shared.visitor()
    visitor.signs_in("ada")
    visitor.get("/secret")

    assert [*g] == []


def test_a_mirror_left_by_a_request_without_an_answer_is_nobody_s(site: Site) -> None:
    with site.app.app_context():
        with site.app.test_request_context():
            login_user(site.people["ada"])

        assert site.visitor().who() == "None"


def test_who_deletes_the_mirror_has_the_user_loaded_again(site: Site) -> None:
    @site.app.get("/reload")
    @login_required
    def reload() -> str:
        del g._login_user
        return str(current_user.id)

    visitor = site.visitor()
    visitor.signs_in("ada")
    site.asked.clear()

    assert visitor.get("/reload").text == "ada"
    assert site.asked == ["ada", "ada"]


def test_who_replaces_the_mirror_replaces_the_user_of_that_request_alone(
    shared: Site,
) -> None:
    @shared.app.get("/replace")
    def replace() -> str:
        before = current_user.get_id()
        g._login_user = shared.people["bob"]
        return f"{before} {current_user.id} {get_user().id}"

    visitor = shared.visitor()

    assert visitor.get("/replace").text == "None bob bob"
    assert visitor.who() == "None"
    assert MIRROR not in g


def test_a_test_may_put_somebody_on_g_before_anybody_asked(site: Site) -> None:
    with site.app.test_request_context():
        g._login_user = site.people["ada"]

        assert current_user.id == "ada"
        assert get_user() is site.people["ada"]


def test_g_answers_for_the_user_as_for_all_else(site: Site) -> None:
    with site.app.test_request_context():
        assert (MIRROR in g, g.get(MIRROR), g.get("cart", "empty")) == (
            False,
            None,
            "empty",
        )
        with pytest.raises(AttributeError):
            _ = g._login_user
        with pytest.raises(KeyError):
            g.pop(MIRROR)
        login_user(site.people["ada"])
        g.cart = "full"

        assert (MIRROR in g, g.get(MIRROR)) == (True, site.people["ada"])
        assert g.pop(MIRROR) is site.people["ada"]
        assert ("cart" in g, g.pop("cart"), g.pop("cart", 0)) == (True, "full", 0)
        assert g.pop(MIRROR, None) is None


def test_a_test_may_take_off_g_whom_it_has_put_there(site: Site) -> None:
    with site.app.app_context():
        g._login_user = site.people["ada"]
        del g._login_user
        with pytest.raises(AttributeError):
            del g._login_user

        assert site.visitor().who() == "None"


def test_a_g_of_the_application_s_own_class_has_a_mirror(site: Site) -> None:
    class Own(site.app.app_ctx_globals_class):  # type: ignore[name-defined, misc]
        colour = "green"

    app = Flask("own")
    app.app_ctx_globals_class = Own
    app.secret_key = "key"
    LoginManager(app).user_loader(site.load)

    with app.test_request_context():
        login_user(site.people["ada"])

        assert (g.colour, g._login_user) == ("green", site.people["ada"])


def test_a_test_may_put_nobody_on_g(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        g._login_user = None

        assert get_user() is None
        assert current_user.is_anonymous


# --- Outside of a request, and where nothing is bound.


def test_outside_a_request_there_is_nobody(site: Site) -> None:
    assert get_user() is None
    with site.app.app_context():
        assert get_user() is None
        assert not current_user


def test_who_asks_something_of_the_user_outside_a_request_is_told_so(
    site: Site,
) -> None:
    with site.app.app_context(), pytest.raises(OutsideRequestError) as caught:
        current_user.get_id()

    assert str(caught.value).startswith("current_user was used outside of a request")
    assert isinstance(caught.value, (AttributeError, RuntimeError))
    assert getattr(current_user, "id", "nobody") == "nobody"


def test_outside_a_request_the_user_is_for_all_else_as_none(site: Site) -> None:
    assert (current_user == None, current_user != None) == (True, False)  # noqa: E711
    assert {current_user} == {None}
    assert f"{current_user} {current_user!r}" == "None None"
    assert deepcopy(current_user) == current_user
    assert current_user != site.people["ada"]


def test_a_proxy_that_is_not_made_yet_has_no_names() -> None:
    with pytest.raises(AttributeError):
        current.CurrentUser.__new__(current.CurrentUser).get_id()


def test_the_user_of_each_manager_says_so(site: Site) -> None:
    with pytest.raises(OutsideRequestError):
        site.manager.current_user.get_id()


def test_a_manager_knows_its_user_as_the_package_does(site: Site) -> None:
    with site.app.test_request_context():
        stranger = site.manager.get_user()
        login_user(site.people["ada"])

        assert stranger is None
        assert site.manager.get_user() is get_user() is site.people["ada"]
        assert site.manager.current_user == current_user


def test_an_application_without_a_manager_says_so() -> None:
    with Flask("bare").test_request_context(), pytest.raises(NotBoundError) as caught:
        get_user()

    assert "login_manager.init_app(app)" in str(caught.value)
    assert isinstance(caught.value, AttributeError)


def test_a_stranger_s_user_is_made_by_the_application(site: Site) -> None:
    class Guest:
        is_authenticated = is_active = False
        is_anonymous = True
        name = "a guest"

    site.manager.anonymous_user = Guest
    with site.app.test_request_context():
        assert current_user.name == "a guest"
        assert current_user._get_current_object() is current_user._get_current_object()
        assert get_user() is None


# --- Rooms ask through the module, so a test may replace who is there.


def test_a_test_may_be_somebody_by_replacing_one_function(
    site: Site, visitor: Visitor
) -> None:
    with mock.patch.object(current, "get_user", return_value=Person("mallory")):
        assert visitor.get("/secret").text == "a secret for mallory"


def test_a_test_may_be_nobody_by_replacing_one_function(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    with mock.patch.object(current, "get_user", return_value=None):
        assert visitor.get("/secret").status_code == 302
        assert visitor.who() == "None"


# --- Listeners and loaders may ask, too.


def test_a_listener_that_asks_for_the_user_is_told(
    site: Site, visitor: Visitor
) -> None:
    heard: list[Any] = []

    def listen(app: Flask, **kwargs: Any) -> None:
        heard.append((app, current_user.get_id(), kwargs.get("user")))

    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    with (
        user_accessed.connected_to(listen, site.app),
        user_loaded_from_cookie.connected_to(listen, site.app),
    ):
        visitor.get("/secret")

    assert {*heard} == {
        (site.app, "ada", None),
        (site.app, "ada", site.people["ada"]),
    }


def test_a_loader_that_asks_for_the_user_finds_nobody_yet(site: Site) -> None:
    found: list[str | None] = []

    @site.manager.user_loader
    def load(user_id: str) -> Person | None:
        found.append(current_user.get_id())
        return site.people.get(user_id)

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/secret").status_code == 200
    assert found == [None]


def test_a_user_known_by_the_request_is_announced_and_never_written(
    site: Site,
) -> None:
    heard: list[Any] = []
    site.manager.request_loader(lambda asked: site.people.get(asked.args.get("key")))
    visitor = site.visitor()

    def listen(_: Flask, user: Any) -> None:
        heard.append((user, current_user.id))

    with user_loaded_from_request.connected_to(listen, site.app):
        answer = visitor.get("/secret?key=bob")

    assert answer.text == "a secret for bob"
    assert "Set-Cookie" not in answer.headers
    assert heard == [(site.people["bob"], "bob")]
    assert visitor.who() == "None"


# --- Copied contexts.


def test_a_thread_with_a_copied_context_knows_who_is_there(site: Site) -> None:
    found: list[str] = []

    @site.app.get("/thread")
    def in_a_thread() -> str:
        @copy_current_request_context
        def work() -> None:
            found.append(current_user.id)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return str(current_user.id)

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/thread").text == "ada"
    assert found == ["ada"]


def test_a_logout_counts_though_a_thread_has_asked_first(site: Site) -> None:
    @site.app.post("/late-out")
    def late_out() -> str:
        thread = threading.Thread(target=copy_current_request_context(get_user))
        thread.start()
        thread.join()
        logout_user()
        return "out"

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    visitor.post("/late-out")

    assert visitor.cookie("remember_token") is None
    assert visitor.who() == "None"


def test_who_asks_while_the_answer_is_written_is_told_the_same(site: Site) -> None:
    found: list[str] = []

    @site.app.get("/late")
    @login_required
    def late() -> str:
        @after_this_request
        def ask(response: Any) -> Any:
            found.append(current_user.id)
            return response

        return "late"

    @site.app.after_request
    def ask_later(response: Any) -> Any:
        found.append(str(current_user.get_id()))
        return response

    visitor = site.visitor()
    visitor.signs_in("ada")
    found.clear()
    visitor.get("/late")

    assert found == ["ada", "ada"]


# --- Quiet on public pages.


def test_a_public_page_is_not_made_private_by_us(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    site.asked.clear()
    answer = visitor.get("/")

    assert "Vary" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "Cache-Control" not in answer.headers
    assert site.asked == []


def test_a_page_that_asks_who_is_there_varies_by_the_cookie(site: Site) -> None:
    assert site.visitor().get("/who").headers["Vary"] == "Cookie"


def test_a_page_for_somebody_remembered_varies_by_the_cookie(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert visitor.get("/who").headers["Vary"] == "Cookie"


# --- Inactive users, from every source.


def test_somebody_deactivated_is_out_at_the_next_request(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    site.people["ada"].active = False

    assert visitor.who() == "None"
    assert visitor.cookie("remember_token") is None


def test_somebody_deactivated_is_not_remembered(site: Site) -> None:
    heard: list[Any] = []
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    site.people["ada"].active = False

    with user_loaded_from_cookie.connected_to(lambda *_, **__: heard.append(1)):
        assert visitor.who() == "None"
    assert heard == []


def test_somebody_deactivated_is_out_though_their_class_says_nothing_of_it(
    site: Site,
) -> None:
    class Own:
        is_authenticated, is_active, is_anonymous = True, True, False

        def get_id(self) -> str:
            return "own"

    own = Own()
    site.manager.user_loader(lambda _: own)
    visitor = site.visitor()
    site.people["own"] = own  # type: ignore[assignment]
    visitor.signs_in("own")
    assert visitor.who() == "own"
    own.is_active = False

    assert visitor.who() == "None"


def test_somebody_deactivated_has_no_use_of_their_key(site: Site) -> None:
    site.manager.request_loader(lambda asked: site.people.get(asked.args.get("key")))
    site.people["bob"].active = False

    assert site.visitor().get("/secret?key=bob").status_code == 302


def test_somebody_forced_in_stays_in_though_inactive(site: Site) -> None:
    site.people["ada"].active = False
    visitor = site.visitor()

    assert visitor.signs_in("ada").text == "refused"
    assert visitor.signs_in("ada", force="yes", remember="yes").text == "in"
    assert visitor.who() == "ada"
    visitor.restarts()
    assert visitor.who() == "ada"


def test_a_force_that_was_not_needed_is_not_kept(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada", force="yes", remember="yes")
    site.people["ada"].active = False

    assert visitor.who() == "None"
    visitor.restarts()
    assert visitor.who() == "None"


# --- Rejected ids.


def test_somebody_deleted_is_looked_for_once_and_then_no_more(site: Site) -> None:
    visitor = site.visitor()
    visitor.signs_in("ada")
    del site.people["ada"]
    site.asked.clear()
    visitor.get("/secret")
    visitor.get("/secret")

    assert site.asked == ["ada"]


def test_a_session_that_holds_only_an_id_will_do(site: Site) -> None:
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "eve"

    assert visitor.who() == "eve"


def test_an_id_that_is_a_number_reaches_the_loader_as_a_text(site: Site) -> None:
    site.people["7"] = Person("7")
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = 7
    visitor.who()

    assert site.asked == ["7"]


def test_a_session_without_the_stamp_is_not_somebody_s_who_has_one(
    site: Site,
) -> None:
    assert isinstance(site.people["ada"], Member)
    visitor = site.visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "ada"

    assert visitor.who() == "None"
    with visitor.client.session_transaction() as held:
        assert "_user_id" not in held


def test_with_a_request_loader_alone_sessions_and_cookies_are_left_alone(
    site: Site,
) -> None:
    site.manager._user_callback = None
    site.manager.request_loader(lambda _: None)
    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    assert visitor.who() == "None"
    with visitor.client.session_transaction() as held:
        assert held["_user_id"] == "ada"


def test_the_view_s_own_sign_in_by_hand_is_not_overwritten(site: Site) -> None:
    @site.app.get("/by-hand")
    def by_hand() -> str:
        was = current_user.id
        session["_user_id"] = "eve"
        return str(was)

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    visitor.get("/by-hand")

    with visitor.client.session_transaction() as held:
        assert held["_user_id"] == "eve"
