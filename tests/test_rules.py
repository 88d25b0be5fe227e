"""Who may pass besides being signed in: predicates, roles, permissions, strangers."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from flask_signet import (
    ConfigError,
    GuardOrderError,
    LoginManager,
    UserError,
    anonymous_required,
    login_user,
    permission_required,
    roles_required,
    user_passes,
)
from flask_signet.testing import SignetClient
from support import KEY, Person


class Clerk(Person):
    """Somebody with roles and permissions."""

    def __init__(self, key: str, *roles: str) -> None:
        super().__init__(key)
        self.roles = roles
        self.asked: list[str] = []

    def has_role(self, role: str) -> bool:
        return role in self.roles

    def has_permission(self, permission: str) -> bool:
        self.asked.append(permission)
        return f"may {permission}" in self.roles


class Office:
    """An application with two clerks, and a door for each test."""

    def __init__(self, **settings: Any) -> None:
        self.app = app = Flask("office")
        app.config.update(SECRET_KEY="key", TESTING=True, **settings)
        app.test_client_class = SignetClient
        self.people = {
            "ada": Clerk("ada", "admin", "may count", "may sell"),
            "bob": Clerk("bob", "clerk", "may sell"),
        }
        self.manager: LoginManager[Clerk] = LoginManager(app)
        self.manager.login_view = "/in"
        self.manager.user_loader(self.people.get)

    def has(self, guard: Callable[[Any], Any], rule: str = "/room") -> None:
        def room(**given: Any) -> str:
            return f"in {given or ''}"

        self.app.add_url_rule(rule, "room", guard(room), methods=["GET", "POST"])

    def as_(self, key: str | None, path: str = "/room", **how: Any) -> Any:
        client: Any = self.app.test_client()
        if key is not None:
            client.sign_in(self.people[key])
        return client.get(path, **how)


@pytest.fixture
def office() -> Office:
    return Office()


def is_admin(user: Clerk) -> bool:
    return "admin" in user.roles


# --- A predicate.


def test_who_passes_is_let_in(office: Office) -> None:
    office.has(user_passes(is_admin))

    assert office.as_("ada").text == "in "


def test_who_does_not_is_told_403(office: Office) -> None:
    office.has(user_passes(is_admin))

    assert office.as_("bob").status_code == 403


def test_a_stranger_is_sent_to_sign_in(office: Office) -> None:
    office.has(user_passes(is_admin))

    assert office.as_(None).location == "/in?next=%2Froom"


def test_a_stranger_is_not_asked_about(office: Office) -> None:
    asked: list[Any] = []
    office.has(user_passes(asked.append))
    office.as_(None)

    assert asked == []


def test_a_program_is_told_in_json(office: Office) -> None:
    office.has(user_passes(is_admin))

    answer = office.as_("bob", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (403, {"error": "forbidden"})


def test_a_page_of_the_application_s_own_answers_403(office: Office) -> None:
    office.app.errorhandler(403)(lambda error: ("not for you", 403))
    office.has(user_passes(is_admin))

    assert office.as_("bob").text == "not for you"


def test_it_may_be_another_status(office: Office) -> None:
    office.has(user_passes(is_admin, on_fail=404))

    assert office.as_("bob").status_code == 404
    answer = office.as_("bob", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json) == (404, {"error": "not_found"})


def test_it_may_be_an_answer_of_the_application_s_own(office: Office) -> None:
    def upgrade() -> ResponseReturnValue:
        return "for members", 402

    office.has(user_passes(is_admin, on_fail=upgrade))

    answer = office.as_("bob")
    assert (answer.text, answer.status_code) == ("for members", 402)


def test_a_predicate_takes_what_it_names_of_the_view_s_arguments(
    office: Office,
) -> None:
    def owns(user: Clerk, letter: int) -> bool:
        return user.id == "ada" and letter == 7

    office.has(user_passes(owns), "/room/<shelf>/<int:letter>")

    assert office.as_("ada", "/room/a/7").status_code == 200
    assert office.as_("ada", "/room/a/8").status_code == 403
    assert office.as_("bob", "/room/a/7").status_code == 403


def test_a_predicate_may_take_them_all(office: Office) -> None:
    given: dict[str, Any] = {}

    def owns(user: Clerk, **rest: Any) -> bool:
        given.update(rest)
        return True

    office.has(user_passes(owns), "/room/<shelf>/<int:letter>")
    office.as_("ada", "/room/a/7")

    assert given == {"shelf": "a", "letter": 7}


def test_a_predicate_may_be_async(office: Office) -> None:
    async def later(user: Clerk) -> bool:
        return is_admin(user)

    office.has(user_passes(later))

    assert office.as_("ada").status_code == 200
    assert office.as_("bob").status_code == 403


def test_an_async_view_is_behind_it_as_well(office: Office) -> None:
    @office.app.get("/later")
    @user_passes(is_admin)
    async def later() -> str:
        return "later"

    assert office.as_("ada", "/later").text == "later"
    assert office.as_("bob", "/later").status_code == 403


def test_a_class_of_views_is_behind_it_as_well(office: Office) -> None:
    @user_passes(is_admin)
    class Ledger(MethodView):
        def get(self, page: int) -> str:
            return f"page {page}"

    office.app.add_url_rule("/ledger/<int:page>", view_func=Ledger.as_view("ledger"))

    assert office.as_("ada", "/ledger/3").text == "page 3"
    assert office.as_("bob", "/ledger/3").status_code == 403


def test_an_error_of_a_predicate_opens_no_door(office: Office) -> None:
    office.app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(user: Clerk) -> bool:
        raise ConnectionError

    office.app.errorhandler(500)(lambda error: ("sorry", 500))
    office.has(user_passes(broken))

    assert office.as_("ada").text == "sorry"


class Later:
    """Something to be awaited that is no coroutine."""

    def __await__(self) -> Any:
        yield


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(lambda user: user.has_role, id="a method that was not called"),
        pytest.param(lambda user: "no", id="a text"),
        pytest.param(lambda user: ("no", 403), id="an answer"),
        pytest.param(lambda user: 1, id="a number"),
        pytest.param(lambda user: (x for x in ()), id="a generator"),
        pytest.param(lambda user: Later(), id="something to await"),
        pytest.param(Person, id="a class"),
    ],
)
def test_what_is_no_yes_or_no_opens_no_door(
    office: Office, told: Callable[[Any], Any]
) -> None:
    office.has(user_passes(told))

    with pytest.raises(UserError, match="which is no yes or no"):
        office.as_("ada")


def test_nothing_is_a_no(office: Office) -> None:
    office.has(user_passes(lambda user: None))

    assert office.as_("ada").status_code == 403


def test_a_builtin_may_be_a_predicate(office: Office) -> None:
    office.has(user_passes(bool))

    assert office.as_("ada").status_code == 200


def test_what_is_kept_from_some_is_kept_out_of_caches(office: Office) -> None:
    office.has(user_passes(is_admin))

    assert office.as_("ada").headers["Cache-Control"] == "no-store"


def test_a_rule_above_its_route_is_found(office: Office) -> None:
    @user_passes(is_admin)
    @office.app.get("/ledger")
    def ledger() -> str:
        return "open to all"

    with pytest.raises(GuardOrderError, match="@user_passes stands above"):
        office.as_("ada", "/ledger")


def test_two_rules_are_both_asked(office: Office) -> None:
    is_x = user_passes(lambda user: user.id == "x")
    office.has(lambda view: user_passes(is_admin)(is_x(view)))

    assert office.as_("ada").status_code == 403


@pytest.mark.parametrize("predicate", ["is_admin", 7, None])
def test_what_cannot_be_asked_is_refused(predicate: Any) -> None:
    with pytest.raises(ConfigError, match="it should be a function of the user"):
        user_passes(predicate)


@pytest.mark.parametrize("on_fail", [200, 302, 600, "403", None])
@pytest.mark.parametrize(
    "make",
    [
        lambda on_fail: user_passes(is_admin, on_fail=on_fail),
        lambda on_fail: roles_required("admin", on_fail=on_fail),
        lambda on_fail: anonymous_required(on_fail=on_fail),
    ],
    ids=["user_passes", "roles_required", "anonymous_required"],
)
def test_an_answer_that_cannot_be_meant_is_refused(
    make: Callable[[Any], Any], on_fail: Any
) -> None:
    with pytest.raises(ConfigError, match="on_fail is"):
        make(on_fail)


# --- Roles and permissions.


def test_a_role_is_asked_of_the_user(office: Office) -> None:
    office.has(roles_required("admin"))

    assert office.as_("ada").status_code == 200
    assert office.as_("bob").status_code == 403
    assert office.as_(None).status_code == 302


def test_of_several_permissions_all_are_wanted(office: Office) -> None:
    office.has(permission_required("sell", "count"))

    assert office.as_("ada").status_code == 200
    assert office.as_("bob").status_code == 403
    assert office.people["bob"].asked == ["sell", "count"]


def test_a_user_that_cannot_be_asked_is_an_error(office: Office) -> None:
    office.people["ada"].has_role = None  # type: ignore[assignment]
    office.has(roles_required("admin"))

    with pytest.raises(UserError) as caught:
        office.as_("ada")

    assert str(caught.value) == (
        "Clerk has no has_role(): a user is asked by it (see Permitted)."
    )


def test_a_user_that_gives_no_yes_or_no_is_an_error(office: Office) -> None:
    office.people["ada"].has_role = lambda role: "yes"  # type: ignore[assignment, return-value]
    office.has(roles_required("admin"))

    with pytest.raises(UserError, match="gave 'yes', which is no yes or no"):
        office.as_("ada")


def test_a_user_may_answer_async(office: Office) -> None:
    async def has_role(role: str) -> bool:
        return role == "admin"

    office.people["bob"].has_role = has_role  # type: ignore[assignment]
    office.has(roles_required("admin"))

    assert office.as_("bob").status_code == 200


@pytest.mark.parametrize("rule", [roles_required, permission_required])
@pytest.mark.parametrize(
    "names", [(), (is_admin,), (7,)], ids=["none", "a function", "a number"]
)
def test_a_rule_without_names_is_refused(rule: Any, names: tuple[Any, ...]) -> None:
    with pytest.raises(ConfigError, match="it wants names, as 'admin'"):
        rule(*names)


# --- Strangers only.


@pytest.mark.parametrize(
    "guard", [anonymous_required, anonymous_required()], ids=["bare", "called"]
)
def test_only_strangers_may_sign_up(office: Office, guard: Any) -> None:
    office.has(guard)

    assert office.as_(None).status_code == 200
    assert office.as_("ada").status_code == 403


def test_who_is_in_may_be_sent_on(office: Office) -> None:
    office.has(anonymous_required(on_fail=lambda: ("go on", 303)))

    assert office.as_("ada").text == "go on"


# --- In views and templates.


def test_a_template_asks_the_same_question(office: Office) -> None:
    owns = user_passes(lambda user, letter: is_admin(user) and letter == 7)
    office.app.add_template_global(owns.allows, "owns")

    @office.app.get("/letters")
    def letters() -> str:
        page = "{{ owns(letter=7) }} {{ owns(letter=8) }}"
        return render_template_string(page)

    assert office.as_("ada", "/letters").text == "True False"
    assert office.as_("bob", "/letters").text == "False False"
    assert office.as_(None, "/letters").text == "False False"


def test_a_template_asks_for_a_role_also_of_a_stranger(office: Office) -> None:
    @office.app.get("/menu")
    def menu() -> str:
        asked = ("has_role('admin')", "has_permission('x')")
        return render_template_string(
            " ".join(f"{{{{ current_user.{each} }}}}" for each in asked)
        )

    assert office.as_("ada", "/menu").text == "True False"
    assert office.as_(None, "/menu").text == "False False"


# --- Another kind of people.


def test_a_rule_may_be_for_other_people(office: Office) -> None:
    staff: LoginManager[Clerk] = LoginManager(office.app, name="staff")
    staff.user_loader(office.people.get)
    office.has(roles_required("admin", name="staff"))
    client: Any = office.app.test_client()
    client.sign_in(office.people["ada"])

    assert client.get("/room").status_code == 401
    client.sign_in(office.people["ada"], name="staff")
    assert client.get("/room").status_code == 200


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("status", [402, 403, 421, 507])
def test_any_status_of_refusal_can_be_answered(status: int, accept: str) -> None:
    app = Flask("shop")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    LoginManager(app).user_loader(Person)
    nobody = user_passes(lambda user: False, on_fail=status)
    app.add_url_rule("/gold", "gold", nobody(lambda: "gold"))
    app.add_url_rule("/in", "in", lambda: str(login_user(Person("ada"))))
    client = app.test_client()
    client.get("/in")

    assert client.get("/gold", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize("status", [200, 399, 499, 599, 600])
def test_what_is_no_status_of_refusal_is_refused(status: int) -> None:
    with pytest.raises(ConfigError, match="it should be a status from 400 on"):
        user_passes(lambda user: False, on_fail=status)
