"""Whole applications and blueprints closed, but for what is public."""

from functools import partial, wraps
from typing import Any, ClassVar

import pytest
from flask import Blueprint, Flask, current_app
from flask.testing import FlaskClient
from flask.views import MethodView

from flask_signet import (
    ConfigError,
    LoginManager,
    NotBoundError,
    anonymous_required,
    current_user,
    login_required,
    login_user,
    public,
    roles_required,
    user_passes,
)
from flask_signet.routes import table
from flask_signet.testing import assert_guarded
from support import Person


def page(**_: Any) -> str:
    return f"a page for {current_user.get_id()}"


class House:
    """An application with a manager, people, and a way in."""

    def __init__(self) -> None:
        self.app = app = Flask("house")
        app.config.update(SECRET_KEY="key", TESTING=True)
        self.manager: LoginManager[Person] = LoginManager(app)
        self.manager.login_view = "way_in"
        self.people = {"ada": Person("ada")}
        self.manager.user_loader(self.people.get)
        app.add_url_rule("/in", "way_in", self.way_in, methods=["GET", "POST"])

    def way_in(self) -> str:
        login_user(self.people["ada"])
        return "in"

    def has(self, path: str, view: Any = page, on: Any = None, **more: Any) -> None:
        endpoint = path.strip("/").replace("/", "_") or "front"
        (on or self.app).add_url_rule(path, endpoint, view, **more)

    def seen_by_a_stranger(self, path: str, **how: Any) -> int:
        return self.app.test_client().open(path, **how).status_code


@pytest.fixture
def house() -> House:
    return House()


def inside(house: House) -> FlaskClient:
    client = house.app.test_client()
    client.post("/in")
    return client


# --- An application.


def test_a_new_page_is_closed_by_itself(house: House) -> None:
    house.manager.protect(house.app)
    house.has("/new")

    answer = house.app.test_client().get("/new")
    assert answer.location == "/in?next=%2Fnew"
    assert inside(house).get("/new").text == "a page for ada"


def test_a_page_from_before_is_closed_as_well(house: House) -> None:
    house.has("/old")
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/old") == 302


def test_what_is_public_stays_open(house: House) -> None:
    house.manager.protect(house.app)
    house.has("/front", public(lambda: "welcome"))

    assert house.seen_by_a_stranger("/front") == 200


def test_the_way_in_stays_open(house: House) -> None:
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/in") == 200
    assert house.seen_by_a_stranger("/in", method="POST") == 200


@pytest.mark.parametrize("address", ["/in", "/in?from=door", "/in#form", "in"])
def test_a_way_in_that_is_an_address_stays_open(house: House, address: str) -> None:
    house.manager.login_view = "way_in" if address == "in" else address
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/in") == 200


def test_a_way_in_without_its_last_slash_stays_open(house: House) -> None:
    house.has("/door/")
    house.manager.login_view = "/door"
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/door/") == 200


def test_a_way_in_under_the_application_s_root_stays_open(house: House) -> None:
    house.app.config["APPLICATION_ROOT"] = "/shop"
    house.manager.login_view = "/shop/in"
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/in") == 200


def test_a_way_in_that_leads_elsewhere_opens_nothing(house: House) -> None:
    house.manager.login_view = "https://example.org/in"
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/in") == 302


def test_a_page_for_whatever_comes_is_no_way_in(house: House) -> None:
    house.manager.login_view = "/app/in"
    house.has("/app/<path:rest>")
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/app/in") == 302


def test_a_page_that_is_called_static_is_closed(house: House) -> None:
    shop = Blueprint("shop", "shop", url_prefix="/shop")
    shop.add_url_rule("/page", "static", page)
    house.app.register_blueprint(shop)
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/shop/page") == 302


def test_a_class_from_a_public_one_is_closed(house: House) -> None:
    @public
    class News(MethodView):
        def get(self) -> str:
            return "news"

    class Drafts(News):
        """Says nothing of itself."""

    house.has("/drafts", Drafts.as_view("drafts"))
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/drafts") == 302


def test_where_people_prove_themselves_stays_open(house: House) -> None:
    house.manager.refresh_view = "again"
    house.manager.blueprint_login_views["shop"] = "shop_door"
    house.manager.protect(house.app)
    house.has("/again")
    house.has("/shop/door")

    assert house.seen_by_a_stranger("/again") == 200
    assert house.seen_by_a_stranger("/shop/door") == 200


def test_static_files_and_pages_that_are_not_there_stay_open(house: House) -> None:
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/static/nothing.css") == 404
    assert house.seen_by_a_stranger("/nowhere") == 404
    assert house.seen_by_a_stranger("/in", method="DELETE") == 405


def test_a_class_of_views_is_closed_or_public(house: House) -> None:
    class Letters(MethodView):
        def get(self) -> str:
            return "letters"

    @public
    class News(MethodView):
        def get(self) -> str:
            return "news"

    house.has("/letters", Letters.as_view("letters"))
    house.has("/news", News.as_view("news"))
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/letters") == 302
    assert house.seen_by_a_stranger("/news") == 200
    assert inside(house).get("/letters").text == "letters"


def test_an_async_view_is_closed_as_well(house: House) -> None:
    async def later() -> str:
        return "later"

    house.has("/later", later)
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/later") == 302
    assert inside(house).get("/later").text == "later"


def test_a_view_of_another_extension_may_be_named(house: House) -> None:
    house.has("/health")
    house.has("/metrics")
    house.manager.protect(house.app, open=["health"])

    assert house.seen_by_a_stranger("/health") == 200
    assert house.seen_by_a_stranger("/metrics") == 302


def test_what_is_said_to_be_open_is_open_however_often_it_is_closed(
    house: House,
) -> None:
    house.has("/health")
    house.manager.protect(house.app)
    house.manager.protect(house.app, open=["health"])

    assert house.seen_by_a_stranger("/health") == 200


def test_an_endpoint_that_there_is_not_is_an_error(house: House) -> None:
    house.has("/health")
    house.manager.protect(house.app, open=["helth"])

    with pytest.raises(ConfigError) as caught:
        house.seen_by_a_stranger("/health")

    assert str(caught.value) == (
        "protect(open=...) has 'helth', which is no endpoint; the nearest is 'health'."
    )


def test_a_view_that_has_a_guard_keeps_it(house: House) -> None:
    guards = {
        "/guarded": login_required(lambda: "a page"),
        "/admin": roles_required("admin")(lambda: "a page"),
        "/sign-up": anonymous_required(lambda: "a page"),
    }
    for path, view in guards.items():
        house.has(path, view)
    house.manager.protect(house.app)
    seen = [house.seen_by_a_stranger(path) for path in guards]

    assert seen == [302, 302, 200]
    assert house.app.view_functions["guarded"] is guards["/guarded"]


def test_a_class_that_has_a_guard_keeps_it(house: House) -> None:
    @login_required
    class Letters(MethodView):
        def get(self) -> str:
            return "letters"

    view = Letters.as_view("letters")
    house.has("/letters", view)
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/letters") == 302
    assert house.app.view_functions["letters"] is view


def test_nothing_is_closed_where_nobody_said_so(house: House) -> None:
    house.has("/page")

    assert house.seen_by_a_stranger("/page") == 200


def test_another_application_of_the_manager_is_not_closed(house: House) -> None:
    other = Flask("other")
    other.config.update(SECRET_KEY="key", TESTING=True)
    house.manager.init_app(other)
    other.add_url_rule("/page", "page", page)
    house.manager.protect(house.app)

    assert other.test_client().get("/page").status_code == 200


# --- A blueprint.


def test_a_blueprint_is_closed_and_the_rest_is_not(house: House) -> None:
    shop, park = Blueprint("shop", "shop"), Blueprint("park", "park")
    house.has("/shop", on=shop)
    house.has("/park", on=park)
    house.app.register_blueprint(shop)
    house.app.register_blueprint(park)
    house.manager.protect(shop)

    assert house.seen_by_a_stranger("/shop") == 302
    assert house.seen_by_a_stranger("/park") == 200


def test_what_is_nested_in_a_blueprint_is_closed_under_every_name(house: House) -> None:
    shop, staff = Blueprint("shop", "shop"), Blueprint("staff", "staff")
    house.has("/staff", on=staff)
    shop.register_blueprint(staff)
    house.manager.protect(shop)
    house.app.register_blueprint(shop, name="market", url_prefix="/market")
    house.app.register_blueprint(shop, name="fair", url_prefix="/fair")

    assert house.seen_by_a_stranger("/market/staff") == 302
    assert house.seen_by_a_stranger("/fair/staff") == 302


def test_a_blueprint_whose_name_begins_alike_is_not_closed(house: House) -> None:
    shop, shopping = Blueprint("shop", "shop"), Blueprint("shopping", "shopping")
    house.has("/list", on=shopping)
    house.app.register_blueprint(shop)
    house.app.register_blueprint(shopping)
    house.manager.protect(shop)

    assert house.seen_by_a_stranger("/list") == 200


# --- Two kinds of people.


def test_a_blueprint_may_be_closed_for_staff_alone(house: House) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    back = Blueprint("back", "back", url_prefix="/back")
    house.has("/stock", on=back)
    house.app.register_blueprint(back)
    staff.protect(back)
    house.has("/cart")

    assert house.seen_by_a_stranger("/cart") == 200
    assert house.seen_by_a_stranger("/back/stock") == 401
    assert inside(house).get("/back/stock").status_code == 401


@pytest.mark.parametrize("is_staff_first", [True, False])
def test_a_part_for_staff_is_not_open_to_members(is_staff_first: bool) -> None:
    app = Flask("house")
    app.config.update(SECRET_KEY="key", TESTING=True)
    plain: LoginManager[Person] = LoginManager()
    staff: LoginManager[Person] = LoginManager(name="staff")
    for each in (staff, plain) if is_staff_first else (plain, staff):
        each.init_app(app)
        each.user_loader(Person)
    back = Blueprint("back", "back", url_prefix="/back")
    back.add_url_rule("/stock", "stock", lambda: "stock")
    app.register_blueprint(back)
    app.add_url_rule("/in", "in", public(lambda: str(login_user(Person("ada")))))
    app.add_url_rule("/cart", "cart", lambda: "cart")
    plain.protect(app)
    staff.protect(back)
    client = app.test_client()
    client.get("/in")

    assert client.get("/cart").status_code == 200
    assert client.get("/back/stock").status_code == 401


@pytest.mark.parametrize("guard", [login_required, user_passes(lambda user: True)])
def test_a_plain_guard_in_a_part_for_staff_lets_no_member_in(
    house: House, guard: Any
) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    back = Blueprint("back", "back", url_prefix="/back")
    house.has("/stock", guard(lambda: "stock"), on=back)
    house.has("/shelf", staff.login_required(lambda: "shelf"), on=back)
    house.app.register_blueprint(back)
    house.has("/staff/in", public(lambda: str(staff.login_user(house.people["ada"]))))
    staff.protect(back)
    member, employee, both = inside(house), house.app.test_client(), inside(house)
    employee.get("/staff/in")
    both.get("/staff/in")

    assert member.get("/back/stock").status_code == 401
    assert employee.get("/back/stock").location.startswith("/in?")
    assert both.get("/back/stock").status_code == 200
    assert employee.get("/back/shelf").status_code == 200


def test_a_guard_with_a_name_stands_alone_where_members_are_meant(house: House) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    house.has("/stock", staff.login_required(lambda: "stock"))
    house.has("/staff/in", public(lambda: str(staff.login_user(house.people["ada"]))))
    house.manager.protect(house.app)
    employee = house.app.test_client()
    employee.get("/staff/in")

    assert employee.get("/stock").status_code == 200


def test_a_blueprint_that_is_closed_again_is_closed_once(house: House) -> None:
    back = Blueprint("back", "back")
    for _ in range(3):
        house.manager.protect(back)
    house.has("/stock", on=back)
    house.app.register_blueprint(back)

    assert house.seen_by_a_stranger("/stock") == 302
    assert len(vars(back)["flask_signet_closed"]) == 1


# --- What was said in vain is said aloud.


def test_a_blueprint_closed_too_late_is_refused(house: House) -> None:
    back = Blueprint("back", "back")
    house.has("/stock", on=back)
    house.app.register_blueprint(back)
    house.app.test_client().get("/stock")

    with pytest.raises(ConfigError, match="was said after the first request, to no"):
        house.manager.protect(back)


def test_a_blueprint_closed_by_a_manager_that_is_not_bound_is_not_left_open(
    house: House,
) -> None:
    back = Blueprint("back", "back")
    house.has("/stock", on=back)
    house.app.register_blueprint(back)
    LoginManager(name="staff").protect(back)

    with pytest.raises(NotBoundError, match=r"No LoginManager\(name='staff'\)"):
        house.seen_by_a_stranger("/stock")


def test_a_blueprint_closed_by_another_manager_is_not_left_open(house: House) -> None:
    back = Blueprint("back", "back")
    house.has("/stock", on=back)
    LoginManager().protect(back)
    house.app.register_blueprint(back)

    with pytest.raises(ConfigError) as refused:
        house.seen_by_a_stranger("/stock")

    assert str(refused.value) == (
        "The blueprint 'back' was closed by another manager than the one that this"
        " application has."
    )


def test_a_factory_may_close_one_blueprint_for_each_of_its_applications() -> None:
    back = Blueprint("back", "back", url_prefix="/back")
    back.add_url_rule("/stock", "stock", lambda: "stock")

    for name in ("first", "second"):
        app = Flask(name)
        app.config.update(SECRET_KEY="key", TESTING=True)
        manager: LoginManager[Person] = LoginManager(app)
        manager.user_loader(Person)
        manager.protect(back)
        app.register_blueprint(back)

        assert app.test_client().get("/back/stock").status_code == 401


# --- A look at the table in between decides nothing.


def test_what_is_closed_after_a_look_at_the_table_is_closed_as_well() -> None:
    app = Flask("house")
    app.config.update(SECRET_KEY="key", TESTING=True)
    members: LoginManager[Person] = LoginManager(app, name="members")
    staff: LoginManager[Person] = LoginManager(app, name="staff")
    for each in (members, staff):
        each.user_loader(Person)
        enter = partial(each.login_user, Person("ada"))
        view = public(lambda enter=enter: str(enter()))
        app.add_url_rule(f"/in/{each.name}", f"in_{each.name}", view)
    office = Blueprint("office", "office", url_prefix="/office")
    office.add_url_rule("/desk", "desk", lambda: "a desk")
    app.register_blueprint(office)
    members.protect(app)
    assert_guarded(app, open=["in_members", "in_staff"])
    staff.protect(office)
    member, employee = app.test_client(), app.test_client()
    member.get("/in/members")
    employee.get("/in/staff")

    assert member.get("/office/desk").status_code == 401
    assert employee.get("/office/desk").status_code == 200


def test_what_is_public_after_a_look_at_the_table_is_open(house: House) -> None:
    house.manager.protect(house.app)
    house.has("/front")
    table(house.app)
    public(house.app.view_functions["front"])

    assert house.seen_by_a_stranger("/front") == 200


def test_what_two_managers_close_is_not_open_to_one_after_a_look(house: House) -> None:
    house.manager.protect(house.app)
    house.has("/vault")
    table(house.app)
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    staff.protect(house.app)

    assert inside(house).get("/vault").status_code == 401


# --- What only looks as if it were guarded.


def test_a_guard_on_a_class_under_another_decorator_does_not_stand_alone(
    house: House,
) -> None:
    def cached(view: Any) -> Any:
        return wraps(view)(lambda **_: "from the cache")

    @login_required
    class Account(MethodView):
        decorators: ClassVar = [cached]

        def get(self) -> str:
            return "an account"

    house.manager.protect(house.app)
    house.has("/account", Account.as_view("account"))

    assert house.seen_by_a_stranger("/account") == 302


def test_a_guard_for_strangers_under_a_real_one_opens_nothing(house: House) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)

    def preview(view: Any) -> Any:
        return wraps(view)(lambda **_: "a preview")

    view = preview(login_required(staff.anonymous_required(lambda: "all of it")))
    house.manager.protect(house.app)
    house.has("/letter", view)

    assert house.seen_by_a_stranger("/letter") == 302


def test_a_login_page_on_another_host_opens_no_page_here(house: House) -> None:
    house.has("/")
    house.manager.login_view = "//sso.example.org/"
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/") == 302


def test_a_login_page_among_pages_with_variables_opens_none_of_them(
    house: House,
) -> None:
    def account(page: str) -> str:
        return page

    for rule, more in (
        ("/account/login", {"defaults": {"page": "login"}}),
        ("/account/<page>", {}),
    ):
        house.app.add_url_rule(rule, "account", account, **more)  # type: ignore[arg-type]
    house.manager.login_view = "/account/login"
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/account/secrets") == 302


def test_a_plain_guard_where_members_and_staff_are_meant_wants_both(
    house: House,
) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    house.has("/vault", login_required(lambda: "gold"))
    house.manager.protect(house.app)
    staff.protect(house.app)

    assert inside(house).get("/vault").status_code == 401


def test_a_view_that_has_whatever_it_is_asked_for_is_closed(house: House) -> None:
    class Obliging:
        def __call__(self) -> str:
            return "a page"

        def __getattr__(self, name: str) -> Any:
            if not name.startswith("__signet"):
                raise AttributeError(name)
            return lambda *_: True

    house.app.add_url_rule("/page", "page")
    house.app.view_functions["page"] = Obliging()  # type: ignore[assignment]
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/page") == 302


# --- A bound method has no marks of its own.


def test_a_bound_method_is_public_in_its_own_place(house: House) -> None:
    class Shelf:
        def show(self) -> str:
            return "books"

    shelf, other = Shelf(), Shelf()
    house.manager.protect(house.app)
    house.has("/open", public(shelf.show))
    house.has("/closed", other.show)

    assert house.seen_by_a_stranger("/open") == 200
    assert house.seen_by_a_stranger("/closed") == 302


def test_an_endpoint_s_name_cannot_be_public() -> None:
    with pytest.raises(ConfigError, match=r"^public\(\) was given 'index'; it wants"):
        public("index")


def test_what_two_managers_close_wants_people_of_both(house: House) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(house.people.get)
    house.has("/staff/in", public(lambda: str(staff.login_user(house.people["ada"]))))
    house.has("/vault")
    house.manager.protect(house.app)
    staff.protect(house.app)
    member, both, other = inside(house), inside(house), house.app.test_client()
    both.get("/staff/in")
    other.get("/staff/in")

    assert member.get("/vault").status_code == 401
    assert other.get("/vault").status_code == 302
    assert both.get("/vault").status_code == 200


def test_the_way_in_of_other_people_stays_open(house: House) -> None:
    staff: LoginManager[Person] = LoginManager(house.app, name="staff")
    staff.user_loader(Person)
    staff.login_view = "staff_in"
    house.has("/staff/in")
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/staff/in") == 200


# --- However it is asked.


def test_a_manager_bound_by_a_proxy_closes_as_well() -> None:
    app = Flask("house")
    app.config.update(SECRET_KEY="key", TESTING=True)
    with app.app_context():
        manager: LoginManager[Person] = LoginManager(current_app)
        manager.protect(current_app)
    manager.user_loader(Person)
    app.add_url_rule("/page", "page", lambda: "a page")

    assert app.test_client().get("/page").status_code == 401


def test_a_page_that_comes_after_a_look_at_the_table_is_closed(house: House) -> None:
    house.manager.protect(house.app)
    assert_guarded(house.app, open=["way_in"])
    house.has("/new")

    assert house.seen_by_a_stranger("/new") == 302


def test_a_view_that_only_looks_like_a_guarded_one_is_closed(house: House) -> None:
    guarded = login_required(lambda: "a page")

    @wraps(guarded)
    def without() -> str:
        return "open to all"

    house.has("/page", without)
    house.manager.protect(house.app)

    assert house.seen_by_a_stranger("/page") == 302


# --- What cannot be meant.


def test_an_application_without_the_manager_cannot_be_closed_by_it() -> None:
    with pytest.raises(NotBoundError):
        LoginManager().protect(Flask("bare"))


def test_a_blueprint_in_an_application_without_the_manager_is_not_left_open() -> None:
    app, shop = Flask("bare"), Blueprint("shop", "shop")
    app.testing = True
    shop.add_url_rule("/shop", "shop", lambda: "open to all")
    LoginManager().protect(shop)
    app.register_blueprint(shop)

    with pytest.raises(NotBoundError):
        app.test_client().get("/shop")


def test_after_the_first_request_it_is_too_late(house: House) -> None:
    house.seen_by_a_stranger("/in")

    with pytest.raises(ConfigError, match="was said after the first request"):
        house.manager.protect(house.app)


def test_a_part_that_an_application_has_not_is_none_of_its_business(
    house: House,
) -> None:
    house.manager.protect(Blueprint("shop", "shop"), open=["shop.window"])

    assert house.seen_by_a_stranger("/in") == 200


@pytest.mark.parametrize("scope", ["shop", None, 7])
def test_what_cannot_be_closed_is_refused(house: House, scope: Any) -> None:
    with pytest.raises(ConfigError, match="it wants an application or a blueprint"):
        house.manager.protect(scope)


def test_endpoints_in_one_text_are_refused(house: House) -> None:
    with pytest.raises(ConfigError, match="is one text; it should be a list"):
        house.manager.protect(house.app, open="health")
