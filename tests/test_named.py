"""Two kinds of people in one application, each by the manager that is theirs."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string
from flask.testing import FlaskClient

from flask_signet import (
    ConfigError,
    LoginManager,
    current_user,
    login_required,
    login_user,
    session_protected,
    user_accessed,
    user_loaded_from_cookie,
    user_loaded_from_request,
    user_logged_in,
    user_logged_out,
    user_login_confirmed,
    user_needs_refresh,
    user_unauthorized,
)
from support import KEY, Member, Person

SIGNALS = {
    "session_protected": session_protected,
    "user_accessed": user_accessed,
    "user_loaded_from_cookie": user_loaded_from_cookie,
    "user_loaded_from_request": user_loaded_from_request,
    "user_logged_in": user_logged_in,
    "user_logged_out": user_logged_out,
    "user_login_confirmed": user_login_confirmed,
    "user_needs_refresh": user_needs_refresh,
    "user_unauthorized": user_unauthorized,
}

HOUR = timedelta(hours=1)


class Shop:
    """Customers, and staff, with the same ids."""

    def __init__(self) -> None:
        self.app = app = Flask("shop")
        app.config.update(SECRET_KEY="key", TESTING=True)
        self.customers = {"1": Person("1"), "2": Person("2")}
        self.staff_people = {"1": Member("1")}
        self.plain: LoginManager[Person] = LoginManager(app)
        self.plain.login_view = "/in"
        self.plain.user_loader(self.customers.get)
        self.staff: LoginManager[Member] = LoginManager(app, name="staff")
        self.staff.login_view = "/back/in"
        self.staff.refresh_view = "/back/again"
        self.staff.user_loader(self.staff_people.get)
        add_front(self)
        app.register_blueprint(back_office(self))


def add_front(shop: Shop) -> None:
    app = shop.app

    @app.post("/in/<key>")
    def sign_in(key: str) -> str:
        shop.plain.login_user(shop.customers[key], remember=True)
        return "in"

    @app.post("/out")
    def sign_out() -> str:
        shop.plain.logout_user()
        return "out"

    @app.get("/cart")
    @login_required
    def cart() -> str:
        return f"customer {current_user.id}"


def back_office(shop: Shop) -> Blueprint:
    back, staff = Blueprint("back", __name__, url_prefix="/back"), shop.staff

    @back.post("/in/<key>")
    def sign_in(key: str) -> str:
        staff.login_user(shop.staff_people[key], True, HOUR)
        return "in"

    @back.post("/out")
    def sign_out() -> str:
        staff.logout_user()
        return "out"

    @back.post("/again")
    def again() -> dict[str, bool]:
        staff.confirm_login(methods=["pwd"])
        return {"fresh": staff.login_fresh(), "remembered": staff.login_remembered()}

    @back.post("/password")
    @staff.login_required
    def password() -> str:
        person = staff.current_user
        person.password = "another"
        staff.keep_signed_in(person)
        return "changed"

    @back.get("/stock")
    @staff.login_required
    def stock() -> str:
        return f"staff {staff.current_user.id}"

    @back.get("/pay")
    @staff.fresh_login_required(max_age=HOUR)
    def pay() -> str:
        return "paid"

    return back


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def browser(shop: Shop) -> FlaskClient:
    return shop.app.test_client()


def test_two_people_are_in_one_browser_at_once(browser: FlaskClient) -> None:
    browser.post("/in/2")
    browser.post("/back/in/1")

    assert browser.get("/cart").text == "customer 2"
    assert browser.get("/back/stock").text == "staff 1"


@pytest.mark.parametrize(
    ("out", "cart", "stock"), [("/out", 302, 200), ("/back/out", 200, 302)]
)
def test_who_signs_out_of_the_one_is_still_in_the_other(
    browser: FlaskClient, out: str, cart: int, stock: int
) -> None:
    browser.post("/in/2")
    browser.post("/back/in/1")
    browser.post(out)
    browser.delete_cookie("no such")

    assert browser.get("/cart").status_code == cart
    assert browser.get("/back/stock").status_code == stock


def test_a_customer_is_no_staff_of_the_same_id(browser: FlaskClient) -> None:
    browser.post("/in/1")

    answer = browser.get("/back/stock")
    assert answer.status_code == 302
    assert answer.location == "/back/in?next=%2Fback%2Fstock"


def test_each_is_remembered_apart(browser: FlaskClient) -> None:
    browser.post("/in/2")
    browser.post("/back/in/1")
    browser.delete_cookie("session")

    assert browser.get("/back/stock").text == "staff 1"
    assert browser.get("/cart").text == "customer 2"


def test_staff_prove_again_who_they_are(browser: FlaskClient) -> None:
    browser.post("/back/in/1")
    browser.delete_cookie("session")
    assert browser.get("/back/pay").location == "/back/again?next=%2Fback%2Fpay"

    assert browser.post("/back/again").json == {"fresh": True, "remembered": True}
    assert browser.get("/back/pay").text == "paid"


def test_staff_stay_in_after_a_new_password(browser: FlaskClient) -> None:
    browser.post("/back/in/1")
    browser.post("/back/password")

    assert browser.get("/back/stock").text == "staff 1"


def heard_in(shop: Shop, browser: FlaskClient, where: str) -> dict[str, list[Any]]:
    heard: dict[str, list[Any]] = {}
    listeners = []
    for called, signal in SIGNALS.items():

        def listen(app: Flask, called: str = called, **told: Any) -> None:
            heard.setdefault(called, []).append(told.get("name"))

        listeners.append(listen)
        signal.connect(listen, sender=shop.app)
    browser.get(f"{where}stock" if where == "/back/" else "/cart")
    browser.post(f"{where}in/1")
    browser.post("/back/again")
    browser.post(f"{where}out")
    return heard


def test_a_listener_is_told_whose_people_are_meant(
    shop: Shop, browser: FlaskClient
) -> None:
    heard = heard_in(shop, browser, "/back/")

    for called in ("user_logged_in", "user_logged_out", "user_unauthorized"):
        assert heard[called] == ["staff"]
    assert heard["user_login_confirmed"] == ["staff"]
    assert {*heard["user_accessed"]} == {"staff"}


def test_of_the_plain_people_a_listener_is_told_as_ever(
    shop: Shop, browser: FlaskClient
) -> None:
    told: list[dict[str, Any]] = []

    def listen(sender: Flask, user: Any) -> None:  # as Flask-Login's listeners are
        told.append({"user": user})

    with (
        user_logged_in.connected_to(listen, shop.app),
        user_logged_out.connected_to(listen, shop.app),
    ):
        browser.post("/in/2")
        browser.post("/out")

    assert told == [{"user": shop.customers["2"]}] * 2


# --- Guards for people that there are not, and managers that come too late.


@pytest.mark.parametrize("kind", ["debug", "testing"])
def test_a_guard_for_people_of_no_manager_is_said_at_the_first_request(
    kind: str,
) -> None:
    app = Flask("shop")
    app.config["SECRET_KEY"] = KEY
    setattr(app, kind, True)
    LoginManager(app, name="staff").user_loader(Person)
    app.add_url_rule("/stock", "stock", login_required(lambda: "stock", name="staf"))

    with pytest.raises(ConfigError) as refused:
        app.test_client().get("/")

    assert str(refused.value) == (
        "The guard over the view 'stock' says name='staf', and no manager has that"
        " name."
    )


def test_in_production_it_is_logged_and_the_rest_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Flask("shop")
    app.config["SECRET_KEY"] = KEY
    LoginManager(app, name="staff").user_loader(Person)
    app.add_url_rule("/stock", "stock", login_required(lambda: "stock", name="staf"))
    app.add_url_rule("/", "front", lambda: "welcome")
    client = app.test_client()

    assert client.get("/").text == "welcome"
    assert client.get("/stock").status_code == 500

    assert "says name='staf'" in caplog.messages[0]


@pytest.mark.parametrize("name", [None, 7, b"staff"])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises(ConfigError, match="it should be a text"):
        LoginManager(name=name)


def test_a_manager_that_comes_after_the_first_request_is_refused() -> None:
    app = Flask("shop")
    app.config["SECRET_KEY"] = KEY
    LoginManager(app).user_loader(Person)
    app.test_client().get("/")

    with pytest.raises(ConfigError, match="has served its first request; bind its"):
        LoginManager(app, name="staff")


def test_templates_know_the_people_of_each_manager_by_one_function() -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    before = len(app.template_context_processors[None])
    for name in ("", "staff", "press"):
        LoginManager(app, name=name).user_loader(Person)
    ask = "{{ current_user_staff }} {{ current_user }} {{ current_user_press }}"

    with app.test_request_context():
        login_user(Person("ada"), name="staff")
        shown = render_template_string(ask)

    assert shown.startswith("&lt;Person ada&gt; ")
    assert len(app.template_context_processors[None]) == before + 1


def test_a_rule_of_a_manager_is_about_its_people() -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    staff: LoginManager[Any] = LoginManager(app, name="staff")
    staff.user_loader(Person)
    LoginManager(app).user_loader(Person)
    is_ada = staff.user_passes(lambda user: user.id == "ada")
    rules = [is_ada, staff.roles_required("clerk"), staff.permission_required("sell")]

    with app.test_request_context():
        login_user(Person("ada"))
        assert not is_ada.allows()
        login_user(Person("ada"), name="staff")
        assert is_ada.allows()

    assert [rule.says for rule in rules] == [
        "passes <lambda> (staff)",
        "role clerk (staff)",
        "permission sell (staff)",
    ]


def test_a_page_for_who_is_not_staff_is_open_to_members() -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    staff: LoginManager[Any] = LoginManager(app, name="staff")
    for manager in (staff, LoginManager(app)):
        manager.user_loader(Person)
    app.add_url_rule("/in", "in", staff.anonymous_required(lambda: "a form"))
    app.add_url_rule("/up", "up", staff.anonymous_required(on_fail=404)(lambda: "up"))
    for name in ("", "staff"):
        sign_in = partial(login_user, Person("ada"), name=name)
        app.add_url_rule(f"/sign-in{name}", f"s{name}", lambda go=sign_in: str(go()))
    client = app.test_client()

    client.get("/sign-in")
    assert client.get("/in").text == "a form"
    client.get("/sign-instaff")
    assert client.get("/in").status_code == 403
    assert client.get("/up").status_code == 404
