"""The manager, what it is told, and the client for tests."""

import pytest
from flask import Flask

from drop_in.both import Browser, Library, Site
from support import Clock


def test_a_login_manager_is_bound_as_it_is_made(login: Library) -> None:
    app = Flask("app")

    manager = login.LoginManager(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]


def test_a_login_manager_may_be_bound_later(login: Library) -> None:
    app, manager = Flask("app"), login.LoginManager()

    manager.init_app(app)

    assert app.login_manager is manager  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_added", [True, False])
def test_a_login_manager_tells_templates_of_the_user_if_it_may(
    login: Library, is_added: bool
) -> None:
    app = Flask("app")
    app.secret_key = "a key"
    manager = login.LoginManager(app, add_context_processor=is_added)
    manager.user_loader(lambda user_id: None)

    with app.test_request_context():
        known: dict[str, object] = {}
        app.update_template_context(known)

    assert ("current_user" in known) is is_added


def test_a_login_manager_says_what_it_does_where_it_was_told_nothing(
    login: Library,
) -> None:
    manager = login.LoginManager()

    assert manager.login_view is manager.refresh_view is None
    assert manager.blueprint_login_views == {}
    assert manager.login_message == login.LOGIN_MESSAGE
    assert manager.login_message_category == login.LOGIN_MESSAGE_CATEGORY
    assert manager.needs_refresh_message == login.REFRESH_MESSAGE
    assert manager.needs_refresh_message_category == login.REFRESH_MESSAGE_CATEGORY
    assert manager.session_protection == "basic"
    assert manager.id_attribute == login.ID_ATTRIBUTE
    assert manager.anonymous_user is login.AnonymousUserMixin
    assert manager.localize_callback is None
    assert manager.unauthorized_callback is manager.needs_refresh_callback is None


def test_a_login_manager_hands_out_the_loaders_it_was_given(login: Library) -> None:
    manager = login.LoginManager()

    def load(what: object) -> None: ...

    assert manager.user_loader(load) is manager.user_callback is load
    assert manager.request_loader(load) is manager.request_callback is load


def test_without_a_loader_the_error_says_what_is_missing(login: Library) -> None:
    app = Flask("app")
    login.LoginManager(app)

    with (
        app.test_request_context(),
        pytest.raises(Exception, match="Missing user_loader or request_loader"),
    ):
        assert login.current_user.id


def test_what_a_loader_raises_is_the_applications_own(
    login: Library, site: Site
) -> None:
    @site.manager.request_loader
    def load(asked: object) -> None:
        raise ZeroDivisionError

    with site.app.test_request_context(), pytest.raises(ZeroDivisionError):
        assert login.current_user.id


def test_basic_protection_takes_freshness_away(browser: Browser) -> None:
    browser.post("/in/ada")
    browser.address = "198.51.100.2"

    assert browser.get("/secret").status == 200
    assert browser.get("/fresh").location == "/prove?next=%2Ffresh"


def test_strong_protection_takes_the_sign_in_away(login: Library, time: Clock) -> None:
    browser = Browser(Site(login, time, SESSION_PROTECTION="strong"))
    browser.post("/in/ada", remember="yes")
    browser.agent = "another browser"

    assert browser.who() is None
    assert browser.jar.keys() <= {"session"}


def test_no_protection_takes_nothing_away(login: Library, time: Clock) -> None:
    browser = Browser(Site(login, time, SESSION_PROTECTION=None))
    browser.post("/in/ada")
    browser.address = "198.51.100.2"

    assert browser.get("/fresh").told == "a fresh secret for ada"


def test_protection_may_be_an_attribute_of_the_manager(
    site: Site, browser: Browser
) -> None:
    site.manager.session_protection = None
    browser.post("/in/ada")
    browser.address = "198.51.100.2"

    assert browser.get("/fresh").told == "a fresh secret for ada"


def test_a_flask_login_client_is_signed_in_from_the_start(
    login: Library, site: Site
) -> None:
    site.app.test_client_class = login.FlaskLoginClient

    with site.app.test_client(user=site.people["ada"]) as client:
        assert client.get("/secret").text == "a secret for ada"
        assert client.get("/who").json == ["ada", True, False]


def test_a_flask_login_client_may_be_not_fresh(login: Library, site: Site) -> None:
    site.app.test_client_class = login.FlaskLoginClient

    with site.app.test_client(user=site.people["ada"], fresh_login=False) as client:
        assert client.get("/fresh").location == "/prove?next=%2Ffresh"


def test_a_flask_login_client_without_a_user_is_a_stranger(
    login: Library, site: Site
) -> None:
    site.app.test_client_class = login.FlaskLoginClient

    with site.app.test_client() as client:
        assert client.get("/who").json == [None, False, True]
