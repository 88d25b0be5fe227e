"""Whether each public name of Flask-Login is stated in this folder."""

from pathlib import Path

import flask_login
import pytest

from drop_in.both import FLASK_LOGIN, FLASK_SIGNET, SIGNALS, name_of

NOT_YET = {"AUTH_HEADER_NAME", "COOKIE_SECURE", "__version__", "set_login_view"}
"""Names that Flask-Signet has not, or not yet; a test of both comes with each."""

NAMES = sorted(set(flask_login.__all__) - NOT_YET)


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
