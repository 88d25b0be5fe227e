"""In, out, and proved again."""

from drop_in.both import Browser, Site


def test_login_user_lets_somebody_in_for_the_requests_that_follow(
    browser: Browser,
) -> None:
    assert browser.post("/in/ada").told == "True ada"

    assert browser.who() == "ada"


def test_login_user_says_no_to_somebody_inactive_and_changes_nothing(
    browser: Browser,
) -> None:
    browser.post("/in/ada")

    assert browser.post("/in/eve").told == "False ada"

    assert browser.who() == "ada"


def test_login_user_lets_somebody_inactive_in_by_force(browser: Browser) -> None:
    assert browser.post("/in/eve", force="yes").told == "True eve"

    assert browser.who() == "eve"


def test_login_user_may_be_told_that_nothing_was_proved(browser: Browser) -> None:
    browser.post("/in/ada", stale="yes")

    assert browser.get("/fresh").location == "/prove?next=%2Ffresh"


def test_login_user_writes_the_keys_that_dependents_read(browser: Browser) -> None:
    browser.post("/in/ada")

    held = browser.session
    assert (held["_user_id"], held["_fresh"]) == ("ada", True)
    assert held["_id"]


def test_logout_user_lets_nobody_back_in(browser: Browser) -> None:
    browser.post("/in/ada", remember="yes")

    assert browser.post("/out").told == "True None"

    assert browser.who() is None
    browser.restarts()
    assert browser.who() is None


def test_logout_user_does_no_harm_where_nobody_is_in(browser: Browser) -> None:
    assert browser.post("/out").told == "True None"


def test_confirm_login_makes_a_sign_in_fresh_again(browser: Browser) -> None:
    browser.post("/in/ada", stale="yes")

    browser.post("/confirm")

    assert browser.get("/fresh").told == "a fresh secret for ada"


def test_login_fresh_is_true_of_who_has_just_signed_in(browser: Browser) -> None:
    browser.post("/in/ada")

    assert browser.get("/how").told == "[true,false]\n"


def test_login_fresh_is_false_of_who_comes_back_by_the_cookie(browser: Browser) -> None:
    browser.post("/in/ada", remember="yes")
    browser.restarts()

    browser.who()

    assert browser.get("/how").told == "[false,true]\n"


def test_a_session_with_nothing_but_an_id_is_a_sign_in(
    site: Site, browser: Browser
) -> None:
    client = site.app.test_client()
    with client.session_transaction() as held:
        held["_user_id"] = "ada"

    assert client.get("/secret").text == "a secret for ada"
    assert client.get("/fresh").status_code == 302
