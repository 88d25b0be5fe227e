"""Known again after the browser was closed."""

from datetime import timedelta

import pytest

from drop_in.both import DAY, HOUR, REMEMBER, Browser, Cookie, Library, Site
from support import Clock


def remember_cookie(seen_cookies: tuple[Cookie, ...]) -> Cookie:
    (found,) = (each for each in seen_cookies if each.name == REMEMBER)
    return found


def test_who_is_remembered_is_in_after_a_restart(browser: Browser) -> None:
    browser.post("/in/ada", remember="yes")
    browser.restarts()

    assert browser.who() == "ada"


def test_who_is_not_remembered_is_out_after_a_restart(browser: Browser) -> None:
    browser.post("/in/ada")
    browser.restarts()

    assert browser.who() is None


def test_login_remembered_is_true_of_who_will_be_known_again(browser: Browser) -> None:
    browser.post("/in/ada", remember="yes")

    assert browser.get("/how").told == "[true,true]\n"


def test_cookie_name_is_what_the_cookie_is_called(
    login: Library, browser: Browser
) -> None:
    browser.post("/in/ada", remember="yes")

    assert login.COOKIE_NAME in browser.jar


def test_cookie_duration_is_how_long_somebody_is_remembered(
    login: Library, browser: Browser
) -> None:
    seen = browser.post("/in/ada", remember="yes")

    lasts = remember_cookie(seen.cookies).lasts
    assert timedelta(seconds=lasts or 0) == login.COOKIE_DURATION == 365 * DAY


def test_cookie_httponly_keeps_scripts_from_the_cookie(
    login: Library, browser: Browser
) -> None:
    seen = browser.post("/in/ada", remember="yes")

    assert remember_cookie(seen.cookies).http_only is login.COOKIE_HTTPONLY is True


def test_a_duration_said_at_the_sign_in_is_how_long_it_lasts(browser: Browser) -> None:
    seen = browser.post("/in/ada", remember="yes", seconds="90")

    assert remember_cookie(seen.cookies).lasts == 90


@pytest.mark.parametrize("hour", [HOUR, 3600], ids=["a timedelta", "seconds"])
def test_a_setting_says_how_long_somebody_is_remembered(
    login: Library, time: Clock, hour: object
) -> None:
    browser = Browser(Site(login, time, REMEMBER_COOKIE_DURATION=hour))

    seen = browser.post("/in/ada", remember="yes")

    assert remember_cookie(seen.cookies).lasts == 3600


def test_settings_say_what_the_cookie_is_like(login: Library, time: Clock) -> None:
    site = Site(
        login,
        time,
        REMEMBER_COOKIE_NAME="again",
        REMEMBER_COOKIE_PATH="/shop",
        REMEMBER_COOKIE_DOMAIN="example.org",
        REMEMBER_COOKIE_SECURE=True,
        REMEMBER_COOKIE_HTTPONLY=False,
        REMEMBER_COOKIE_SAMESITE="Strict",
    )

    seen = Browser(site).post("/in/ada", remember="yes")

    assert seen.cookies[0] == Cookie(
        name="again",
        is_set=True,
        lasts=365 * 24 * 3600,
        path="/shop",
        domain="example.org",
        http_only=False,
        secure=True,
        same_site="Strict",
    )


def test_a_logout_takes_the_cookie_away_where_it_was_put(
    login: Library, time: Clock
) -> None:
    site = Site(
        login,
        time,
        REMEMBER_COOKIE_NAME="again",
        REMEMBER_COOKIE_PATH="/",
        REMEMBER_COOKIE_DOMAIN="example.org",
    )
    browser = Browser(site)
    browser.post("/in/ada", remember="yes")

    gone = {
        (each.name, each.path, each.domain)
        for each in browser.post("/out").cookies
        if not each.is_set
    }

    assert ("again", "/", "example.org") in gone


def test_a_cookie_that_is_refreshed_lasts_from_now(login: Library, time: Clock) -> None:
    browser = Browser(Site(login, time, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True))
    browser.post("/in/ada", remember="yes", seconds="3600")
    time.passes(HOUR / 2)

    assert remember_cookie(browser.get("/who").cookies).lasts == 3600


def test_a_duration_that_is_none_is_refused(login: Library, site: Site) -> None:
    with (
        site.app.test_request_context(),
        pytest.raises(Exception, match=r"must be a datetime\.timedelta, instead got"),
    ):
        login.login_user(site.people["ada"], remember=True, duration="a day")
