"""The page about two kinds of people: its shop is written down, and visited."""

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import render_template_string, session
from werkzeug.security import generate_password_hash

import documents
from flask_signet import SignetClient, user_logged_in, user_passes
from flask_signet.cli import signet

PAGE = documents.DOCS / "howto" / "staff-and-customers.md"

PASSWORD = "eleven quiet geese"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents.put_into(tmp_path, PAGE)
    return tmp_path


@pytest.fixture
def shop(folder: Path) -> ModuleType:
    """Load the page's shop, with customers and staff of the same numbers."""
    spec = spec_from_file_location("shop_of_the_page", folder / "shop.py")
    assert spec
    assert spec.loader
    shop = module_from_spec(spec)
    spec.loader.exec_module(shop)
    kept = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
    for number, name in (1, "ada"), (2, "bob"):
        shop.CUSTOMERS[str(number)] = shop.Customer(number, name, kept)
    shop.STAFF["1"] = shop.Employee(1, "carol", kept, roles=["bookkeeper"])
    shop.STAFF["2"] = shop.Employee(2, "dan", kept)
    shop.app.testing = True
    shop.app.test_client_class = SignetClient
    return shop


@pytest.fixture
def browser(shop: ModuleType) -> Any:
    return shop.app.test_client()


def types_in(browser: Any, page: str, name: str, password: str = PASSWORD) -> Any:
    return browser.post(page, data={"name": name, "password": password})


def test_both_are_in_with_one_browser_and_each_goes_alone(browser: Any) -> None:
    assert types_in(browser, "/login", "ada").location == "/orders"
    assert types_in(browser, "/staff/login", "carol").location == "/staff/"
    assert browser.get("/orders").text == "The orders of ada."
    assert browser.get("/staff/").text == "At the desk: carol."

    browser.post("/logout")
    assert browser.get("/orders").location == "/login?next=%2Forders"
    assert browser.get("/staff/").status_code == 200

    types_in(browser, "/login", "ada")
    browser.post("/staff/logout")
    assert browser.get("/orders").status_code == 200
    assert browser.get("/staff/").location == "/staff/login?next=%2Fstaff%2F"


@pytest.mark.parametrize("page", ["/login", "/staff/login"])
@pytest.mark.parametrize("name", ["ada", "carol", "nobody", "eve"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong", ""])
def test_only_who_belongs_there_gets_in(
    browser: Any, page: str, name: str, password: str
) -> None:
    belongs = (page, name, password) in {
        ("/login", "ada", PASSWORD),
        ("/staff/login", "carol", PASSWORD),
    }

    assert types_in(browser, page, name, password).status_code == (
        302 if belongs else 200
    )


def test_the_keys_and_the_cookies_of_staff_have_names_of_their_own(
    shop: ModuleType, browser: Any
) -> None:
    browser.sign_in(shop.CUSTOMERS["1"], remember=True)
    browser.sign_in(shop.STAFF["2"], remember=True, name="staff")

    with browser.session_transaction() as held:
        assert held["_user_id"] == "1"
        assert held["_user_id_staff"] == "2"
    assert browser.get_cookie("remember_token")
    assert browser.get_cookie("remember_token_staff")


def test_a_cookie_copied_to_the_other_name_signs_nobody_in(
    shop: ModuleType, browser: Any
) -> None:
    browser.sign_in(shop.CUSTOMERS["1"], remember=True)
    thief = shop.app.test_client()
    thief.set_cookie("remember_token_staff", browser.get_cookie("remember_token").value)

    assert thief.get("/staff/").status_code == 302


@pytest.mark.parametrize("path", ["/staff/", "/staff/accounts/rates"])
def test_a_customer_is_a_stranger_to_the_staffs_pages(
    shop: ModuleType, browser: Any, path: str
) -> None:
    browser.sign_in(shop.CUSTOMERS["1"])

    assert browser.get(path).location.startswith("/staff/login?")


def test_staff_are_strangers_to_the_customers_pages(
    shop: ModuleType, browser: Any
) -> None:
    browser.sign_in(shop.STAFF["1"], name="staff")

    assert browser.get("/orders").location.startswith("/login?")


def test_rules_are_for_whom_the_page_says(shop: ModuleType, browser: Any) -> None:
    browser.sign_in(shop.CUSTOMERS["2"])
    assert browser.get("/orders/8").text == "Order 8."
    assert browser.get("/orders/7").status_code == 403
    assert browser.get("/orders/99").status_code == 403

    browser.sign_in(shop.STAFF["2"], name="staff")
    assert browser.get("/staff/accounts/rates").text == "The rates."
    assert browser.get("/staff/accounts/").status_code == 403
    assert browser.post("/staff/orders/7/refund").status_code == 403

    browser.sign_in(shop.STAFF["1"], name="staff")
    assert browser.get("/staff/accounts/").text == "The book."
    assert browser.post("/staff/orders/7/refund").text == "Order 7 is refunded."


def test_templates_ask_as_the_page_says(shop: ModuleType, browser: Any) -> None:
    page = "{{ owns_order(number=7) }} {{ may_refund() }} {{ current_user_staff.name }}"
    shop.app.add_url_rule("/asked", "asked", lambda: render_template_string(page))
    browser.sign_in(shop.CUSTOMERS["1"])
    assert browser.get("/asked").text == "True False "

    browser.sign_in(shop.STAFF["1"], name="staff")

    assert browser.get("/asked").text == "True True carol"


def test_a_rule_without_the_name_wants_people_of_both_kinds(
    shop: ModuleType, browser: Any
) -> None:
    anybody = user_passes(lambda user: True)
    shop.app.add_url_rule("/staff/slip", "staff.slip", anybody(lambda: "in"))
    browser.sign_in(shop.CUSTOMERS["1"])
    assert browser.get("/staff/slip").location.startswith("/staff/login?")

    browser.sign_in(shop.STAFF["1"], name="staff")

    assert browser.get("/staff/slip").text == "in"
    said = shop.app.test_cli_runner().invoke(signet, ["routes"]).output
    (line,) = (line for line in said.splitlines() if "staff.slip" in line)
    assert "signed in (staff) and passes" in line


def test_the_job_is_done_for_each_customer(shop: ModuleType) -> None:
    said = shop.app.test_cli_runner().invoke(args=["remind"])

    assert said.output == "The orders of ada.\nThe orders of bob.\n"


def test_in_the_block_of_a_customer_no_employee_is_there(shop: ModuleType) -> None:
    with shop.login_manager.run_as(shop.CUSTOMERS["1"]):
        assert shop.login_manager.get_user() is shop.CUSTOMERS["1"]
        assert shop.staff_manager.get_user() is None
    with shop.staff_manager.run_as(shop.STAFF["1"]):
        assert shop.staff_manager.get_user() is shop.STAFF["1"]
        assert shop.login_manager.get_user() is None


def test_the_table_is_as_the_page_shows_it(folder: Path) -> None:
    (piece,) = documents.pieces(PAGE, "console")

    said = run(folder, "flask", "--app", "shop", "signet", "routes")

    assert piece.text == f"$ flask --app shop signet routes\n{said}"


def test_the_readers_tests_pass(folder: Path) -> None:
    said = run(folder, "pytest", "-q", "-p", "no:cacheprovider", ".")

    assert "2 passed" in said


def test_a_fresh_employee_does_not_make_the_customer_fresh(
    shop: ModuleType, browser: Any
) -> None:
    shop.app.add_url_rule(
        "/fresh", "fresh", lambda: str(shop.login_manager.login_fresh())
    )
    browser.sign_in(shop.CUSTOMERS["1"], fresh=False)
    browser.sign_in(shop.STAFF["1"], name="staff")

    assert browser.get("/fresh").text == "False"


def test_a_signal_about_staff_says_so(shop: ModuleType, browser: Any) -> None:
    heard: list[dict[str, Any]] = []

    def hear(sender: object, **said: Any) -> None:
        heard.append(said)

    with user_logged_in.connected_to(hear, sender=shop.app):
        types_in(browser, "/staff/login", "carol")

    assert heard == [{"user": shop.STAFF["1"], "name": "staff"}]


def test_a_cart_is_gone_when_one_employee_follows_another(
    shop: ModuleType, browser: Any
) -> None:
    @shop.app.post("/cart")
    def cart() -> str:
        session["cart"] = ["a teapot"]
        return "put"

    def what_is_in_the_cart() -> object:
        with browser.session_transaction() as held:
            return held.get("cart")

    browser.sign_in(shop.CUSTOMERS["1"])
    browser.post("/cart")
    types_in(browser, "/staff/login", "carol")
    assert what_is_in_the_cart() == ["a teapot"]

    types_in(browser, "/staff/login", "dan")

    assert what_is_in_the_cart() is None
    assert browser.get("/orders").status_code == 200


def run(folder: Path, module: str, *arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_ADDOPTS": "",  # ours are not the reader's
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(folder),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
