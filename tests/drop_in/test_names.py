"""Whether each public name of Flask-Login is stated in this folder."""

import warnings
from pathlib import Path

import flask_login
import pytest

from drop_in.both import (
    FLASK_LOGIN,
    FLASK_SIGNET,
    SIGNALS,
    Browser,
    Library,
    Site,
    name_of,
)

NAMES = sorted(flask_login.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_stated_in_a_test(name: str) -> None:
    texts = [each.read_text("utf-8") for each in Path(__file__).parent.glob("*.py")]

    assert name in SIGNALS or any(f"login.{name}" in text for text in texts)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_found_in_both_libraries(name: str) -> None:
    name_of(FLASK_LOGIN.module, name)
    name_of(FLASK_SIGNET.module, name)


def test_a_name_that_nobody_has_is_not_found() -> None:
    with pytest.raises(KeyError, match="login_maybe"):
        name_of(FLASK_SIGNET.module, "login_maybe")


def test_the_version_is_a_text(login: Library) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Flask-Login tells that it will go

        assert isinstance(login.__version__, str)


def test_a_header_loader_knows_a_user_by_this_header(login: Library) -> None:
    assert login.AUTH_HEADER_NAME == "Authorization"


def test_a_cookie_may_be_sent_in_the_clear_if_nothing_is_said(login: Library) -> None:
    assert login.COOKIE_SECURE is False


def test_strangers_are_sent_to_the_login_view_that_is_set(site: Site) -> None:
    site.manager.login_view = None

    with site.app.test_request_context():
        site.login.set_login_view("prove")

    assert Browser(site).get("/secret").location == "/prove?next=%2Fsecret"
