"""The shop: customers and staff in one application, every page of it guarded.

Nobody's password is known beforehand, so in most tests people sign in without the form.
The whole of it, forms and passwords and all, is walked through in a process of its own.
"""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

import documents
from flask_signet import SignetClient
from flask_signet.testing import assert_guarded

SHOP = Path(__file__).parents[2] / "examples" / "shop"

OPEN = ["shop.front", "shop.login", "health.check"]

PASSWORD = "eleven quiet geese"

STRANGERS_ALONE = [("/staff/login", "GET"), ("/staff/login", "POST")]

FOR_CUSTOMERS = [
    ("/orders", "GET"),
    ("/orders/7", "GET"),
    ("/find?number=7", "GET"),
    ("/address", "GET"),
    ("/address", "POST"),
    ("/logout", "POST"),
]
FOR_STAFF = [
    ("/staff/", "GET"),
    ("/staff/orders/7/refund", "POST"),
    ("/staff/accounts/", "GET"),
    ("/staff/logout", "POST"),
]

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

PATIENCE = 30
"""Seconds for a process to start or to end; it takes about one."""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Run the shop's file anew: its people and its orders are in it."""
    spec = spec_from_file_location("shop_site", SHOP / "shop.py")
    assert spec
    assert spec.loader
    shop = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, shop)
    spec.loader.exec_module(shop)
    # Not in the folder of the example, where a reader may have made passwords.
    kept = tmp_path / "instance" / "passwords.json"
    monkeypatch.setattr(shop, "password_file", lambda app: kept)
    return shop


@pytest.fixture
def app(shop: ModuleType) -> Flask:
    app: Flask = shop.create_app({"TESTING": True, "WTF_CSRF_ENABLED": False})
    app.test_client_class = SignetClient
    return app


@pytest.fixture
def browser(app: Flask) -> SignetClient:
    client = app.test_client()
    assert isinstance(client, SignetClient)
    return client


@pytest.fixture
def ada(browser: SignetClient, shop: ModuleType) -> SignetClient:
    browser.sign_in(shop.ADA)
    return browser


@pytest.fixture
def carol(browser: SignetClient, shop: ModuleType) -> SignetClient:
    browser.sign_in(shop.CAROL, name="staff")
    return browser


@pytest.fixture
def dan(browser: SignetClient, shop: ModuleType) -> SignetClient:
    browser.sign_in(shop.DAN, name="staff")
    return browser


def give_passwords(shop: ModuleType) -> None:
    """Give everybody the same password, by a hash that is hardly any work."""
    for person in (shop.ADA, shop.BOB, shop.CAROL, shop.DAN):
        person.password_hash = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")


def types_in(
    client: FlaskClient, page: str, name: str, password: str = PASSWORD
) -> TestResponse:
    return client.post(page, data={"name": name, "password": password})


def is_in(client: FlaskClient, page: str) -> bool:
    answer = client.get(page)
    assert answer.status_code in {200, 302}
    return answer.status_code == 200


# What is closed ---------------------------------------------------------------------


def test_no_page_is_open_but_those_that_are_meant(app: Flask) -> None:
    assert_guarded(app, open=OPEN)


def test_the_pages_tried_below_are_all_that_there_are(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")
    tried = {
        (adapter.match(path.partition("?")[0], method=method)[0], method)
        for path, method in FOR_CUSTOMERS + FOR_STAFF + STRANGERS_ALONE
    }
    there = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert {each for each in there - tried if each[0] not in {*OPEN, "static"}} == set()


@pytest.mark.parametrize("path", ["/", "/login", "/staff/login", "/health"])
def test_anybody_may_read_what_is_open(browser: SignetClient, path: str) -> None:
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize(("path", "method"), FOR_CUSTOMERS)
def test_a_stranger_is_sent_to_the_customers_page(
    browser: SignetClient, path: str, method: str
) -> None:
    answer = browser.open(path, method=method)

    assert answer.status_code == 302
    assert answer.location.partition("?")[0] == "/login"


@pytest.mark.parametrize(("path", "method"), FOR_STAFF)
def test_a_stranger_is_sent_to_the_staffs_page(
    browser: SignetClient, path: str, method: str
) -> None:
    answer = browser.open(path, method=method)

    assert answer.status_code == 302
    assert answer.location.partition("?")[0] == "/staff/login"


@pytest.mark.parametrize(("path", "method"), FOR_STAFF)
def test_a_customer_is_a_stranger_to_the_staffs_pages(
    ada: SignetClient, shop: ModuleType, path: str, method: str
) -> None:
    answer = ada.open(path, method=method)

    assert answer.location.partition("?")[0] == "/staff/login"
    assert shop.ORDERS[7].state == "paid"


@pytest.mark.parametrize(("path", "method"), FOR_CUSTOMERS)
def test_staff_are_strangers_to_the_customers_pages(
    carol: SignetClient, shop: ModuleType, path: str, method: str
) -> None:
    answer = carol.open(path, method=method, data={"address": "elsewhere"})

    assert answer.location.partition("?")[0] == "/login"
    assert shop.ADA.address == "12 Mill Lane"


def test_a_new_page_is_closed_by_itself(
    app: Flask, shop: ModuleType, browser: SignetClient
) -> None:
    app.add_url_rule("/new", "new", lambda: "for customers")

    assert browser.get("/new").location == "/login?next=%2Fnew"
    browser.sign_in(shop.CAROL, name="staff")
    assert not is_in(browser, "/new")
    browser.sign_in(shop.ADA)
    assert browser.get("/new").text == "for customers"


@pytest.mark.parametrize("blueprint", ["staff", "accounts"])
def test_a_new_page_of_the_staffs_is_closed_for_staff(
    shop: ModuleType, blueprint: str
) -> None:
    getattr(shop, blueprint).add_url_rule("/new", "new", lambda: "for staff")
    app = shop.create_app({"TESTING": True})
    app.test_client_class = SignetClient
    browser = app.test_client()
    path = "/staff/new" if blueprint == "staff" else "/staff/accounts/new"

    browser.sign_in(shop.ADA)
    assert browser.get(path).location.startswith("/staff/login?")
    browser.sign_in(shop.DAN, name="staff")
    assert browser.get(path).text == "for staff"


def test_a_page_that_is_open_by_mistake_is_named(app: Flask, shop: ModuleType) -> None:
    app.add_url_rule("/new", "new", shop.public(lambda: "for anybody"))

    with pytest.raises(AssertionError, match=r"\+ GET /new \(new\) is open"):
        assert_guarded(app, open=OPEN)


def test_the_shop_may_be_made_twice(shop: ModuleType) -> None:
    for _ in range(2):
        assert_guarded(shop.create_app(), open=OPEN)


# Two kinds of people ----------------------------------------------------------------


def test_both_are_in_with_one_browser_and_each_goes_alone(
    browser: SignetClient, shop: ModuleType
) -> None:
    give_passwords(shop)
    assert types_in(browser, "/login", "ada").location == "/orders"
    assert types_in(browser, "/staff/login", "dan").location == "/staff/"
    assert is_in(browser, "/orders")
    assert is_in(browser, "/staff/")

    assert browser.post("/logout").location == "/"
    assert not is_in(browser, "/orders")
    assert is_in(browser, "/staff/")

    types_in(browser, "/login", "ada")
    assert browser.post("/staff/logout").location == "/"
    assert is_in(browser, "/orders")
    assert not is_in(browser, "/staff/")


def test_a_page_says_who_is_in_of_each_kind(
    ada: SignetClient, shop: ModuleType
) -> None:
    assert "Sign ada out" in ada.get("/").text
    assert "(staff) out" not in ada.get("/").text
    ada.sign_in(shop.CAROL, name="staff")
    assert "Sign ada out" in ada.get("/").text
    assert "Sign carol (staff) out" in ada.get("/").text


def test_number_1_of_the_one_kind_is_not_number_1_of_the_other(
    shop: ModuleType, ada: SignetClient
) -> None:
    assert shop.ADA.get_id() == shop.CAROL.get_id() == "1"
    assert shop.ADA != shop.CAROL
    assert "The orders of ada" in ada.get("/orders").text
    assert not is_in(ada, "/staff/")


@pytest.mark.parametrize(
    ("person", "kind", "theirs", "foreign", "page"),
    [
        ("ADA", "", "remember_token", "remember_token_staff", "/staff/"),
        ("CAROL", "staff", "remember_token_staff", "remember_token", "/orders"),
    ],
)
def test_a_cookie_under_the_other_kinds_name_lets_nobody_in(
    browser: SignetClient,
    shop: ModuleType,
    person: str,
    kind: str,
    theirs: str,
    foreign: str,
    page: str,
) -> None:
    browser.sign_in(getattr(shop, person), remember=True, name=kind)
    cookie = browser.get_cookie(theirs)
    assert cookie
    thief = browser.application.test_client()
    thief.set_cookie(theirs, cookie.value)
    assert thief.get("/").text.count("<button>Sign ") == 1

    thief.set_cookie(foreign, cookie.value)

    assert not is_in(thief, page)


@pytest.mark.parametrize("page", ["/login", "/staff/login"])
def test_each_kind_has_a_sign_in_page_of_its_own(
    browser: SignetClient, shop: ModuleType, page: str
) -> None:
    give_passwords(shop)
    right, wrong = ("ada", "dan") if page == "/login" else ("dan", "ada")

    assert types_in(browser, page, wrong).status_code == 401
    assert types_in(browser, page, right).status_code == 303


@pytest.mark.parametrize("page", ["/login", "/staff/login"])
@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong"), ("dan", "wrong"), ("", PASSWORD), ("eve", PASSWORD)],
)
def test_nobody_gets_in_with_what_is_wrong(
    browser: SignetClient, shop: ModuleType, page: str, name: str, password: str
) -> None:
    give_passwords(shop)
    answer = types_in(browser, page, name, password)

    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert not is_in(browser, "/orders")
    assert not is_in(browser, "/staff/")


def test_a_hash_is_computed_for_who_is_not_known(
    browser: SignetClient, shop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    monkeypatch.setattr(
        shop, "check_password_hash", lambda hash_, _: bool(checked.append(hash_))
    )

    types_in(browser, "/login", "eve")

    assert [each.partition("$")[0] for each in checked] == [shop.PASSWORD_METHOD]


@pytest.mark.slow
def test_before_there_are_passwords_nobody_gets_in(
    browser: SignetClient, shop: ModuleType
) -> None:
    for password in ("", "nobody", shop.ADA.password_hash):
        assert types_in(browser, "/login", "ada", password).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_staffs_sign_in_page_is_not_for_who_is_in(
    browser: SignetClient, shop: ModuleType, method: str
) -> None:
    browser.sign_in(shop.ADA)
    assert browser.get("/staff/login").status_code == 200
    browser.sign_in(shop.CAROL, name="staff")

    assert browser.open("/staff/login", method=method).location == "/staff/"


def test_who_signs_in_is_where_they_wanted_to_go(
    browser: SignetClient, shop: ModuleType
) -> None:
    give_passwords(shop)
    sent_to = browser.get("/staff/accounts/").location

    assert types_in(browser, sent_to, "carol").location == "/staff/accounts/"
    elsewhere = "/login?next=https://evil.example/"
    assert types_in(browser, elsewhere, "ada").location == "/orders"


@pytest.mark.parametrize(
    ("person", "kind", "page"), [("ADA", "", "/orders"), ("DAN", "staff", "/staff/")]
)
def test_with_another_password_who_was_in_is_out(
    browser: SignetClient, shop: ModuleType, person: str, kind: str, page: str
) -> None:
    browser.sign_in(getattr(shop, person), remember=True, name=kind)
    was_in = is_in(browser, page)

    getattr(shop, person).password_hash = "another"

    assert was_in
    assert not is_in(browser, page)


# Who may do what --------------------------------------------------------------------


def test_an_order_is_for_its_customer_alone(
    browser: SignetClient, shop: ModuleType
) -> None:
    browser.sign_in(shop.BOB)
    assert browser.get("/orders/7").status_code == 403
    assert browser.get("/orders/8").status_code == 200

    browser.sign_in(shop.ADA)
    assert browser.get("/orders/7").status_code == 200
    assert browser.get("/orders/8").status_code == 403


def test_an_order_that_there_is_not_is_like_anothers(ada: SignetClient) -> None:
    unknown, bobs = ada.get("/orders/99"), ada.get("/orders/8")

    assert unknown.status_code == bobs.status_code == 403
    assert unknown.text == bobs.text
    assert "<h1>Forbidden</h1>" in unknown.text
    assert "Sign ada out" in unknown.text


def test_the_list_has_ones_own_orders(ada: SignetClient) -> None:
    page = ada.get("/orders").text

    assert "a teapot" in page
    assert "four cups" in page
    assert "a kettle" not in page


@pytest.mark.parametrize(
    ("number", "goes_to"),
    [
        ("7", "/orders/7"),
        ("8", "/orders"),
        ("99", "/orders"),
        ("seven", "/orders"),
        ("", "/orders"),
    ],
)
def test_a_view_asks_the_same_question(
    ada: SignetClient, number: str, goes_to: str
) -> None:
    assert ada.get(f"/find?number={number}").location == goes_to


def test_a_template_asks_the_same_question(
    browser: SignetClient, shop: ModuleType
) -> None:
    assert "/orders/" not in browser.get("/").text

    browser.sign_in(shop.CAROL, name="staff")
    assert "/orders/" not in browser.get("/").text

    browser.sign_in(shop.ADA)
    assert re.findall(r"/orders/(\d+)", browser.get("/").text) == ["7", "9"]


def test_who_may_refund_does(carol: SignetClient, shop: ModuleType) -> None:
    assert "Refund order 8" in carol.get("/staff/").text

    answer = carol.post("/staff/orders/8/refund", follow_redirects=True)

    assert "Order 8 is refunded." in answer.text
    assert shop.ORDERS[8].state == "refunded"
    assert carol.post("/staff/orders/99/refund").status_code == 404


def test_who_may_not_refund_sees_no_button_and_gets_403(
    dan: SignetClient, shop: ModuleType
) -> None:
    page = dan.get("/staff/")

    assert page.status_code == 200
    assert "Refund" not in page.text
    assert dan.post("/staff/orders/8/refund").status_code == 403
    assert dan.post("/staff/orders/99/refund").status_code == 403
    assert shop.ORDERS[8].state == "paid"


def test_the_book_is_for_the_bookkeeper_alone(
    browser: SignetClient, shop: ModuleType
) -> None:
    browser.sign_in(shop.DAN, name="staff")
    assert browser.get("/staff/accounts/").status_code == 403
    assert "The book" not in browser.get("/staff/").text

    browser.sign_in(shop.CAROL, name="staff")
    assert browser.get("/staff/accounts/").status_code == 200
    assert "The book" in browser.get("/staff/").text


# A fresh sign-in --------------------------------------------------------------------


def test_who_has_just_signed_in_changes_the_address(
    ada: SignetClient, shop: ModuleType
) -> None:
    assert "12 Mill Lane" in ada.get("/address").text

    answer = ada.post("/address", data={"address": "4 New Road"}, follow_redirects=True)

    assert "Your address is changed." in answer.text
    assert "4 New Road" in answer.text
    assert shop.BOB.address == "3 Harbour Street"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_ten_minutes_one_proves_again_who_one_is(
    ada: SignetClient,
    shop: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:
    give_passwords(shop)
    ada.sign_in(shop.ADA)
    form = {"address": "4 New Road"}

    def after(minutes: int) -> TestResponse:
        now = datetime.now(UTC) + timedelta(minutes=minutes)
        monkeypatch.setattr(shop.login_manager, "clock", lambda: now)
        return ada.open("/address", method=method, data=form)

    assert after(9).status_code in {200, 303}
    shop.ADA.address = "12 Mill Lane"
    refused = after(11)
    assert refused.location.partition("?")[0] == "/login"
    assert shop.ADA.address == "12 Mill Lane"
    assert is_in(ada, "/orders")
    assert types_in(ada, refused.location, "ada").status_code == 303
    assert is_in(ada, "/address")


def test_a_fresh_employee_does_not_make_the_customer_fresh(
    ada: SignetClient, shop: ModuleType
) -> None:
    ada.grow_stale()
    ada.sign_in(shop.CAROL, name="staff")

    assert is_in(ada, "/orders")
    assert not is_in(ada, "/address")


# Other sites' forms -----------------------------------------------------------------

FORMS = [
    ("", "/login"),
    ("", "/staff/login"),
    ("ADA", "/logout"),
    ("ADA", "/address"),
    ("CAROL", "/staff/logout"),
    ("CAROL", "/staff/orders/8/refund"),
]


def test_the_forms_tried_below_are_all_that_there_are(app: Flask) -> None:
    adapter = app.url_map.bind("localhost")

    tried = {adapter.match(path, method="POST")[0] for _, path in FORMS}
    there = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert tried == there


@pytest.mark.parametrize(("person", "path"), FORMS)
def test_a_form_without_the_token_does_nothing(
    shop: ModuleType, person: str, path: str
) -> None:
    give_passwords(shop)
    app = shop.create_app({"TESTING": True})
    app.test_client_class = SignetClient
    client = app.test_client()
    if person:
        kind = "staff" if person == "CAROL" else ""
        client.sign_in(getattr(shop, person), name=kind)
    form = {"name": "ada", "password": PASSWORD, "address": "elsewhere"}
    before = client.get("/").text

    answer = client.post(path, data=form)

    assert answer.status_code == 400
    assert "The CSRF token is missing." in answer.text
    assert without_tokens(client.get("/").text) == without_tokens(before)
    assert shop.ADA.address == "12 Mill Lane"
    assert shop.ORDERS[8].state == "paid"


def test_each_form_that_is_sent_has_the_token(
    browser: SignetClient, shop: ModuleType
) -> None:
    pages = [browser.get("/login"), browser.get("/staff/login")]
    browser.sign_in(shop.ADA)
    browser.sign_in(shop.CAROL, name="staff")
    pages += [browser.get("/address"), browser.get("/staff/")]

    forms = [
        form
        for page in pages
        for form in re.findall(r'<form method="post".*?</form>', page.text, re.DOTALL)
    ]
    assert len(forms) == 9  # two to sign in, four to sign out, and three others
    assert [form for form in forms if not TOKEN.search(form)] == []


def without_tokens(page: str) -> str:
    return TOKEN.sub("", page)


def test_the_cookies_are_not_sent_along_with_another_sites_form(
    browser: SignetClient, shop: ModuleType
) -> None:
    browser.sign_in(shop.ADA, remember=True)

    for name in ("session", "remember_token"):
        cookie = browser.get_cookie(name)
        assert cookie
        assert cookie.same_site == "Lax"


# The job ----------------------------------------------------------------------------


def test_the_job_writes_to_each_as_if_they_were_there(
    app: Flask, shop: ModuleType
) -> None:
    shop.ORDERS[8].state = "not paid"

    said = app.test_cli_runner().invoke(args=["remind"])

    assert said.exit_code == 0, said.output
    assert said.output == (
        "To ada, 12 Mill Lane\n  Order 9, four cups, is not paid.\n"
        "To bob, 3 Harbour Street\n  Order 8, a kettle, is not paid.\n"
    )


# Passwords --------------------------------------------------------------------------


def test_each_has_a_password_that_was_made_up_and_is_kept_as_a_hash(
    app: Flask, shop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "PASSWORD_METHOD", "scrypt:1024:8:1")
    said = [
        app.test_cli_runner().invoke(args=["make-passwords"]).output for _ in range(2)
    ]

    assert said[0] != said[1]
    shown = dict(line.split(": ") for line in said[1].splitlines())
    kept = shop.password_file(app)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert shown.keys() == json.loads(kept.read_text()).keys()
    assert {*shown} == {"ada", "bob", "carol", "dan"}
    assert not any(password in kept.read_text() for password in shown.values())

    shop.create_app()
    assert shop.ADA.check_password(shown["ada"])
    assert not shop.ADA.check_password(shown["bob"])


# The README, and a process ----------------------------------------------------------


FLASK = [sys.executable, "-m", "flask", "--app", "shop"]


def ended(folder: Path, *command: str) -> str:
    """Run one of the shop's commands to its end; give what it says."""
    return subprocess.run(
        [*FLASK, *command],
        cwd=folder,
        env=surroundings(),
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    ).stdout


def surroundings() -> dict[str, str]:
    # Under FLASK_DEBUG there would be a process more, that nobody ends.
    return {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}


def test_the_readme_shows_the_table_as_it_is() -> None:
    (piece,) = documents.pieces(SHOP / "README.md", "text")

    assert piece.text == ended(SHOP, "signet", "routes")


def test_the_readme_shows_the_letter_as_it_is() -> None:
    shown = f"$ flask --app shop remind\n{ended(SHOP, 'remind')}```\n"

    assert shown in (SHOP / "README.md").read_text()


class Answer(NamedTuple):
    status: int
    path: str
    text: str


class Visitor:
    """Somebody with a cookie jar, who fills in the forms that pages have."""

    def __init__(self, site: str) -> None:
        self._site = site
        # No proxy, whatever the environment says: this stays on the machine.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def asks(self, path: str, form: dict[str, str] | None = None) -> Answer:
        body = None if form is None else urlencode(form).encode()
        try:
            answer = self._opener.open(self._site + path, body, timeout=PATIENCE)
        except HTTPError as refusal:
            answer = refusal
        with answer:
            at = answer.url.removeprefix(self._site)
            return Answer(answer.status, at, answer.read().decode())

    def sends(self, page: str, to: str = "", **form: str) -> Answer:
        """Send a form that is on a page, with its token."""
        found = TOKEN.search(self.asks(page).text)
        assert found
        return self.asks(to or page, {"csrf_token": found[1], **form})


def wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(PATIENCE * 20):
        if b"Running on" in log.read_bytes():
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the shop on a port that is free; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as tried:
        port = tried.getsockname()[1]
    log = folder / "shop.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*FLASK, "run", "--port", str(port)],
            cwd=folder,
            env=surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE)


@pytest.mark.slow
def test_the_shop_runs_as_the_readme_says(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("instance", "__pyc*"))
    said = ended(folder, "make-passwords")
    passwords = dict(line.split(": ") for line in said.splitlines())

    with running(folder) as site:
        one = Visitor(site)
        assert one.asks("/health").text == "well"
        assert one.asks("/orders").path == "/login?next=%2Forders"
        typed = {"name": "ada", "password": passwords["ada"]}
        assert one.sends("/login?next=/orders/7", **typed).path == "/orders/7"
        typed = {"name": "carol", "password": passwords["carol"]}
        assert one.sends("/staff/login", **typed).path == "/staff/"
        assert one.asks("/orders/8").status == 403
        assert one.asks("/staff/orders/8/refund", {}).status == 400
        refunded = one.sends("/staff/", to="/staff/orders/8/refund")
        assert "Order 8 is refunded." in refunded.text
        assert one.sends("/staff/", to="/staff/logout").path == "/"
        assert one.asks("/staff/").path == "/staff/login?next=%2Fstaff%2F"
        assert "four cups" in one.asks("/orders").text

        other = Visitor(site)
        typed = {"name": "ada", "password": passwords["carol"]}
        assert other.sends("/login", **typed).status == 401
        assert other.asks("/orders").path == "/login?next=%2Forders"
