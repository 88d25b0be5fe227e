"""What testers found in cookies, hooks and addresses, so that nobody finds it again."""

import string
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import (
    Response,
    copy_current_request_context,
    redirect,
    session,
)

from flask_signet import (
    ConfigError,
    UserError,
    current_user,
    login_required,
    login_user,
    safe_next,
)
from flask_signet.cookie import Remember
from support import DAY, KEY, Clock, Person, Site

ADA = Remember(
    user_id="ada",
    seconds=3600,
    stamp="5ea1",
    forced=False,
    signed_at=datetime(2026, 1, 1, 9, 0, tzinfo=UTC),
)


@pytest.fixture
def failing(site: Site) -> list[bool]:
    fails = [False]
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    @site.app.after_request
    def hook(response: Response) -> Response:
        if fails[0]:
            fails[0] = False
            raise RuntimeError("the log is full")
        return response

    return fails


def test_somebody_is_remembered_though_a_late_hook_fails(
    site: Site, failing: list[bool]
) -> None:
    ada = site.visitor()
    failing[0] = True
    assert ada.signs_in("ada", remember="yes").status_code == 500
    assert ada.who() == "ada"
    ada.restarts()
    assert ada.who() == "ada"


@pytest.mark.parametrize(
    "origin", ["https://[::1", "https://[x]", "https://\u2100.example"]
)
def test_an_origin_that_python_cannot_read_is_a_config_error(
    site: Site, origin: str
) -> None:
    with site.app.test_request_context("/login"), pytest.raises(ConfigError):
        safe_next("/", origins=[origin])


@pytest.mark.parametrize("origin", ["https://[::1", "https://\u2100.example"])
def test_the_same_in_the_setting(clock: Clock, origin: str) -> None:
    with pytest.raises(ConfigError):
        Site(clock, SIGNET_SITE_ORIGIN=origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://partner example",
        "https://partner.example\\",
        "https://partner.example:port",
        "https://partner.example:99999",
        "https://*.partner.example",
        "https://partner.example:",
    ],
)
def test_an_origin_that_can_never_match_is_told(site: Site, origin: str) -> None:
    with site.app.test_request_context("/login"), pytest.raises(ConfigError):
        safe_next("/", origins=[origin])


def test_no_cookie_is_good_with_its_last_letter_exchanged() -> None:
    value = ADA.signed((KEY,), "")
    exchanged = [
        value[:-1] + letter for letter in string.printable if letter != value[-1]
    ]
    good = [each for each in exchanged if Remember.read(each, (KEY,), "") is not None]
    assert good == []


@pytest.fixture
def asked_by_a_thread(site: Site) -> Site:
    @site.app.before_request
    def hook() -> None:
        @copy_current_request_context
        def work() -> None:
            str(current_user.get_id())

        thread = Thread(target=work)
        thread.start()
        thread.join()

    return site


@pytest.mark.parametrize("duration", [timedelta.max, 9000 * 365 * DAY])
def test_a_duration_beyond_the_calendar_is_told(
    clock: Clock, duration: timedelta
) -> None:
    with pytest.raises(ConfigError):
        Site(clock, REMEMBER_COOKIE_DURATION=duration).visitor().signs_in(
            "ada", remember="yes"
        )


def test_a_duration_beyond_the_calendar_is_told_to_the_view(site: Site) -> None:
    with site.app.test_request_context("/"), pytest.raises(ConfigError):
        login_user(site.people["ada"], remember=True, duration=timedelta.max)


@pytest.mark.parametrize(
    "page",
    [
        "/pages/a%5Cb",
        "/pages/a?q=%5C",
        "/pages/a%C2%A0b",
        "/pages/a?q=%C2%A0",
        "/pages/a?q=%EF%BB%BF",
        "/pages/a?q=%C2%85",
    ],
)
def test_somebody_sent_to_the_login_page_is_back_after_it(
    site: Site, page: str
) -> None:
    @site.app.get("/go")
    def go() -> Any:
        return redirect(safe_next("/default"))

    @site.app.get("/pages/<path:page>")
    @login_required
    def pages(page: str) -> str:
        return page

    visitor = site.visitor()
    sent = visitor.get(page)
    back = visitor.get("/go" + sent.location.removeprefix("/login"))
    assert back.location != "/default"


def test_a_forced_host_is_forced_after_a_form_too(clock: Clock) -> None:
    site = Site(clock, FORCE_HOST_FOR_REDIRECTS="good.test")

    @site.app.post("/write")
    @login_required
    def write() -> str:
        return ""

    assert "good.test" in site.visitor().post("/write").headers["Location"]


def test_an_id_that_is_half_a_letter_is_refused_before_anybody_is_in(
    site: Site,
) -> None:
    site.people["\ud800"] = Person("\ud800")
    with site.app.test_request_context(), pytest.raises(UserError):
        login_user(site.people["\ud800"], remember=True)


@pytest.mark.parametrize("empty", ["", b""], ids=["text", "bytes"])
def test_an_empty_fallback_key_signs_nobody_in(clock: Clock, empty: Any) -> None:
    try:
        site = Site(clock, SECRET_KEY_FALLBACKS=[empty])
    except ConfigError:
        return
    forged = Remember(
        user_id="eve", seconds=3600, stamp=None, forced=False, signed_at=clock.now
    ).signed((empty,), "")
    visitor = site.visitor()
    visitor.client.set_cookie("remember_token", forged)
    assert visitor.who() == "None"


def test_a_page_that_waits_for_a_named_manager_is_found(site: Site) -> None:
    with site.app.test_request_context("/login"):
        session["next_staff"] = "/stock"

        assert safe_next("/", name="staff") == "/stock"
        assert "next_staff" not in session
