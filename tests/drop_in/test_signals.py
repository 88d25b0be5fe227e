"""What a listener hears, of whom, and when."""

import pytest

from drop_in.both import SIGNALS, Browser, Library, Site


def test_user_logged_in_tells_who_came_in(browser: Browser) -> None:
    assert browser.post("/in/ada").signals == ("user_logged_in ada",)


def test_user_logged_out_tells_who_left(browser: Browser) -> None:
    browser.post("/in/ada")

    assert browser.post("/out").signals == ("user_accessed", "user_logged_out ada")


def test_user_accessed_tells_once_that_somebody_was_asked_for(browser: Browser) -> None:
    browser.post("/in/ada")

    assert browser.get("/secret").signals == ("user_accessed",)


def test_user_loaded_from_cookie_tells_who_came_back(browser: Browser) -> None:
    browser.post("/in/ada", remember="yes")
    browser.restarts()

    heard = browser.get("/who").signals

    assert heard == ("user_accessed", "user_loaded_from_cookie ada")


def test_user_loaded_from_request_tells_who_was_known_by_it(browser: Browser) -> None:
    heard = browser.get("/who", key="bob").signals

    assert heard == ("user_accessed", "user_loaded_from_request bob")


def test_user_login_confirmed_tells_that_it_was_proved_again(browser: Browser) -> None:
    browser.post("/in/ada", stale="yes")

    heard = browser.post("/confirm").signals

    assert heard == ("user_accessed", "user_login_confirmed")


def test_user_unauthorized_tells_that_a_stranger_was_refused(browser: Browser) -> None:
    heard = browser.get("/secret").signals

    assert heard == ("user_accessed", "user_unauthorized")


def test_user_needs_refresh_tells_that_somebody_was_not_fresh(
    browser: Browser,
) -> None:
    browser.post("/in/ada", stale="yes")

    assert browser.get("/fresh").signals == ("user_accessed", "user_needs_refresh")


def test_session_protected_tells_that_a_session_was_used_elsewhere(
    browser: Browser,
) -> None:
    browser.post("/in/ada")
    browser.address = "198.51.100.2"

    assert browser.get("/who").signals == ("user_accessed", "session_protected")


def test_a_listener_may_ask_who_came_in(
    login: Library, site: Site, browser: Browser
) -> None:
    told = []

    def hears(sender: object, user: object) -> None:
        told.append((sender, user, login.current_user.id))

    with login.user_logged_in.connected_to(hears, sender=site.app):
        browser.post("/in/ada")

    assert told == [(site.app, site.people["ada"], "ada")]


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_has_the_name_that_dependents_print(login: Library, name: str) -> None:
    words = name.removeprefix("user_").replace("_", "-")

    assert getattr(login, name).name == words
