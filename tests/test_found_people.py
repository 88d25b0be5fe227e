"""What testers found about one person after another, so that nobody finds it again."""

import gc
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from weakref import ref

import pytest
from flask import (
    Flask,
    Request,
    Response,
    copy_current_request_context,
    g,
    request,
    session,
)
from flask.sessions import SessionInterface, SessionMixin

from flask_signet import (
    ConfigError,
    LoginManager,
    NotBoundError,
    UserError,
    current_user,
    fresh_login_required,
    get_user,
    keep_signed_in,
    login_required,
    login_user,
    logout_user,
)
from support import Clock, Member, Person, Site, Visitor


@pytest.fixture
def cart(site: Site) -> Callable[[Visitor], str]:
    """Give somebody's cart; who has none finds nothing in it."""

    @site.app.get("/cart")
    def look() -> str:
        return str(session.get("cart"))

    @site.app.post("/cart/<what>")
    def put(what: str) -> str:
        session["cart"] = what
        return "put"

    @site.app.get("/cart/once-asked")
    def look_once_asked() -> str:
        get_user()
        return str(session.get("cart"))

    @site.app.post("/cart/once-asked/<what>")
    def put_once_asked(what: str) -> str:
        get_user()
        session["cart"] = what
        return "put"

    return lambda visitor: visitor.get("/cart").text


# --- Whose sign-in has ended by itself.


def deleted(site: Site) -> None:
    del site.people["ada"]


def inactive(site: Site) -> None:
    site.people["ada"].active = False


def other_credentials(site: Site) -> None:
    site.people["ada"].password = "changed"


def elsewhere(site: Site) -> None:
    site.app.config["SESSION_PROTECTION"] = "strong"


@pytest.mark.parametrize("ends", [deleted, inactive, other_credentials, elsewhere])
def test_who_is_put_out_leaves_nothing_for_the_next_one(
    site: Site, visitor: Visitor, cart: Callable[[Visitor], str], ends: Any
) -> None:
    site.people["ada"] = Member("ada")
    visitor.signs_in("ada")
    visitor.post("/cart/private")

    ends(site)
    visitor.client.environ_base["HTTP_USER_AGENT"] = "another browser"
    assert visitor.who() == "None"
    visitor.signs_in("bob")

    assert cart(visitor) == "None"


def test_who_is_put_out_and_comes_back_finds_the_cart_again(
    site: Site, visitor: Visitor, cart: Callable[[Visitor], str]
) -> None:
    visitor.signs_in("ada")
    visitor.post("/cart/private")

    inactive(site)
    assert visitor.who() == "None"
    site.people["ada"].active = True
    visitor.signs_in("ada")

    assert cart(visitor) == "private"


def test_who_is_put_out_and_leaves_nothing_leaves_no_cookie(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")

    deleted(site)
    assert visitor.who() == "None"

    assert visitor.cookie("session") is None


# --- Who comes back by the remember cookie.


def known_again(site: Site, person_id: str) -> str:
    visitor = site.visitor()
    visitor.signs_in(person_id, remember="yes")
    value = visitor.cookie("remember_token")
    assert value
    return value


@pytest.mark.parametrize("signs_out", [True, False], ids=["out", "put out"])
def test_who_is_remembered_finds_nothing_of_the_one_before(
    site: Site, visitor: Visitor, cart: Callable[[Visitor], str], signs_out: bool
) -> None:
    token = known_again(site, "bob")
    visitor.signs_in("ada")
    visitor.post("/cart/private")
    if signs_out:
        visitor.signs_out()
    else:
        deleted(site)
    visitor.client.set_cookie("remember_token", token)

    assert visitor.get("/cart/once-asked").text == "None"
    assert visitor.who() == "bob"
    assert cart(visitor) == "None"


def test_what_a_view_puts_for_who_is_remembered_stays(
    site: Site, visitor: Visitor, cart: Callable[[Visitor], str]
) -> None:
    token = known_again(site, "bob")
    visitor.signs_in("ada")
    visitor.post("/cart/private")
    visitor.signs_out()
    visitor.client.set_cookie("remember_token", token)

    visitor.post("/cart/once-asked/for-bob")

    assert visitor.who() == "bob"
    assert cart(visitor) == "for-bob"


class OnServer(dict[str, Any], SessionMixin):
    def __init__(self, kept: dict[str, Any], sid: str) -> None:
        super().__init__(kept)
        self.sid = sid


class Store(SessionInterface):
    """Keeps sessions on the server, and can give one a new id."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}

    def open_session(self, app: Flask, asked: Request) -> OnServer:  # type: ignore[override]
        sid = asked.cookies.get("session", "")
        sid = sid if sid in self.kept else secrets.token_hex(8)
        return OnServer(self.kept.get(sid, {}), sid)

    def save_session(self, app: Flask, held: Any, response: Response) -> None:
        self.kept[held.sid] = dict(held)
        response.set_cookie("session", held.sid)

    def regenerate(self, held: Any) -> None:
        self.kept.pop(held.sid, None)
        held.sid = secrets.token_hex(8)


def test_who_is_remembered_does_not_share_a_session_that_was_given_to_them(
    site: Site, visitor: Visitor
) -> None:
    site.app.session_interface = Store()
    token = known_again(site, "ada")
    intruder = site.visitor()
    assert intruder.who() == "None"

    visitor.client.set_cookie("session", intruder.cookie("session") or "")
    visitor.client.set_cookie("remember_token", token)

    assert visitor.who() == "ada"
    assert intruder.who() == "None"
    assert visitor.who() == "ada"


# --- Who comes from Flask-Login, where cookies are for a whole domain.


def test_an_old_cookie_for_the_host_does_not_hide_the_new_one(clock: Clock) -> None:
    site = Site(clock, SESSION_COOKIE_DOMAIN="localhost")
    new = known_again(site, "ada")
    client = site.app.test_client(use_cookies=False)

    sent = {"Cookie": f"remember_token=ada|0123; remember_token={new}; a=b"}
    answer = client.get("/who", headers=sent)

    assert answer.text == "ada"


def test_an_old_cookie_for_the_host_is_removed_as_one(clock: Clock) -> None:
    site = Site(clock, SESSION_COOKIE_DOMAIN="localhost")
    client = site.app.test_client(use_cookies=False)

    sent = {"Cookie": "remember_token=ada|0123; remember_token=bob|4567"}
    removed = client.get("/who", headers=sent).headers.getlist("Set-Cookie")

    assert sorted("Domain=localhost" in each for each in removed) == [False, True]
    assert all("Max-Age=0" in each for each in removed)


@pytest.mark.parametrize("ends", [deleted, inactive, other_credentials, elsewhere])
def test_who_is_put_out_finds_the_way_back_to_the_page(clock: Clock, ends: Any) -> None:
    site = Site(clock, USE_SESSION_FOR_NEXT=True)
    visitor = site.visitor()
    visitor.signs_in("ada")
    ends(site)
    visitor.client.environ_base["HTTP_USER_AGENT"] = "another browser"

    visitor.get("/secret")

    with visitor.client.session_transaction() as held:
        assert held["next"] == "/secret"


# --- Others.


def test_who_is_known_by_the_request_is_not_fresh_by_another_s_session(
    site: Site, visitor: Visitor
) -> None:
    site.people["ada"] = Member("ada")
    token = {"X-Token": "bob"}

    @site.manager.request_loader
    def load(asked: Request) -> Person | None:
        return site.people.get(asked.headers.get("X-Token", ""))

    visitor.signs_in("ada")
    other_credentials(site)

    assert visitor.get("/secret", headers=token).text == "a secret for bob"
    assert visitor.get("/fresh", headers=token).status_code == 401


def test_a_remember_cookie_is_renewed_though_a_hook_has_asked_who_is_there(
    clock: Clock,
) -> None:
    site = Site(clock, REMEMBER_COOKIE_REFRESH_EACH_REQUEST=True)

    @site.app.before_request
    def hook() -> None:
        get_user()

    visitor = site.visitor()
    visitor.signs_in("ada", remember="yes")

    renewed = visitor.get("/who").headers.getlist("Set-Cookie")

    assert [each.partition("=")[0] for each in renewed] == ["remember_token"]


def change_password(site: Site) -> None:
    @site.app.post("/password")
    def password() -> str:
        user = get_user()
        user.password = "changed"
        keep_signed_in(user)
        return "changed"


@pytest.mark.parametrize("looked_meanwhile", [True, False])
def test_after_a_new_key_and_a_new_password_this_browser_is_remembered(
    site: Site, visitor: Visitor, looked_meanwhile: bool
) -> None:
    site.people["ada"] = Member("ada")
    change_password(site)
    visitor.signs_in("ada", remember="yes")
    old = site.app.config["SECRET_KEY"]
    site.app.config.update(SECRET_KEY="a new key", SECRET_KEY_FALLBACKS=[old])
    if looked_meanwhile:
        visitor.who()
    visitor.post("/password")

    visitor.restarts()
    assert visitor.who() == "ada"


def test_a_cookie_under_the_old_key_is_kept_by_who_changes_the_password(
    site: Site, visitor: Visitor
) -> None:
    site.people["ada"] = Member("ada")
    change_password(site)
    visitor.signs_in("ada", remember="yes")
    old = site.app.config["SECRET_KEY"]
    site.app.config.update(SECRET_KEY="a new key", SECRET_KEY_FALLBACKS=[old])
    visitor.signs_in("ada")  # the session is under the new key, the cookie is not

    visitor.post("/password")

    visitor.restarts()
    assert visitor.who() == "ada"


def test_two_threads_of_one_request_see_the_same_person(
    site: Site, visitor: Visitor
) -> None:
    begun = []

    @site.manager.user_loader
    def load(user_id: str) -> Person | None:
        begun.append(user_id)
        while len(begun) < 2:  # each waits until the other one loads as well
            time.sleep(0.001)
        return site.people.get(user_id)

    @site.app.get("/twice")
    def twice() -> list[str]:
        def who() -> str:
            return str(getattr(get_user(), "id", None))

        asking = [copy_current_request_context(who) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            return [each.result() for each in [pool.submit(ask) for ask in asking]]

    visitor.signs_in("ada")

    assert visitor.get("/twice").json == ["ada", "ada"]


def test_without_a_key_a_strange_cookie_breaks_no_logout() -> None:
    app = Flask(__name__)
    LoginManager(app).request_loader(lambda _: None)

    @app.post("/out")
    def out() -> str:
        logout_user()
        return "out"

    client = app.test_client()
    client.set_cookie("remember_token", "rubbish")

    assert client.post("/out").text == "out"


@pytest.mark.parametrize("guard", [login_required, fresh_login_required])
def test_a_guarded_method_may_be_registered_bound(
    site: Site, visitor: Visitor, guard: Any
) -> None:
    class Pages:
        @guard
        def of_one(self) -> str:
            return request.path

        @classmethod
        @guard
        def of_all(cls) -> str:
            return request.path

    site.app.add_url_rule("/one", "one", Pages().of_one)
    site.app.add_url_rule("/all", "all", Pages.of_all)

    assert visitor.get("/one").location == "/login?next=%2Fone"
    assert visitor.get("/all").location == "/login?next=%2Fall"


def test_a_guard_over_one_s_method_says_nothing_of_another_s(
    site: Site, visitor: Visitor
) -> None:
    class Pages:
        def diary(self) -> str:
            return "Dear diary"

    login_required(Pages().diary)
    site.app.add_url_rule("/diary", "diary", Pages().diary)

    assert visitor.get("/diary").text == "Dear diary"


@pytest.mark.parametrize(
    "seconds", ["a day", -1, 0, float("nan"), float("inf"), 10**12, [60]]
)
def test_a_wish_that_cannot_be_meant_is_for_the_usual_time(
    site: Site, visitor: Visitor, seconds: object
) -> None:
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held.update(_remember="set", _remember_seconds=seconds)

    visitor.who()

    cookie = visitor.client.get_cookie("remember_token")
    assert cookie is not None
    assert cookie.max_age == timedelta(days=365).total_seconds()


@pytest.mark.parametrize("proved", [10**12, -(10**12), 10**400])
def test_a_proof_beyond_the_calendar_is_not_fresh(
    visitor: Visitor, proved: int
) -> None:
    visitor.signs_in("ada")
    with visitor.client.session_transaction() as held:
        held["_proved"] = proved

    assert visitor.get("/fresh").status_code == 401


def test_who_was_in_a_request_that_broke_is_not_kept_by_the_next_ones(
    site: Site, visitor: Visitor
) -> None:
    asked = []

    @site.app.get("/breaks")
    def breaks() -> None:
        asked.append(ref(current_user._get_current_object()))
        raise RuntimeError

    with site.app.app_context():
        site.manager.user_loader(Person)
        visitor.signs_in("ada")
        for _ in range(3):
            with pytest.raises(RuntimeError):
                visitor.get("/breaks")
            gc.collect()
            assert site.visitor().who() == "None"
        assert "_login_user" not in g

    gc.collect()
    assert [each() for each in asked] == [None] * 3


# --- Who wires the application.


class Unawaited(Person):
    async def get_id(self) -> str:  # type: ignore[override]
        return "kim"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("ada", "an object of the class str", id="text"),
        pytest.param(7, "an object of the class int", id="number"),
        pytest.param(Person, "This is the class Person", id="class"),
        pytest.param(Unawaited("kim"), r"get_id\(\) is async", id="async"),
        pytest.param(current_user, "Nobody is signed in here", id="stranger"),
    ],
)
def test_who_signs_in_what_is_no_user_is_told_so(
    site: Site, given: Any, said: str
) -> None:
    with site.app.test_request_context():
        with pytest.raises(UserError, match=said):
            login_user(given)

        assert "_user_id" not in session


def test_who_asks_for_a_manager_that_is_not_there_is_told_its_name(site: Site) -> None:
    with (
        site.app.test_request_context(),
        pytest.raises(NotBoundError, match=r"Call LoginManager\(name='staff'\)\.init"),
    ):
        get_user(name="staff")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("SIGNET_FRESH_MAX_AGE", timedelta(seconds=1), "was set after init_app"),
        ("SIGNET_FRESH_MAXAGE", timedelta(seconds=1), "is no setting"),
    ],
)
def test_a_setting_that_comes_too_late_is_not_passed_over_in_silence(
    site: Site, visitor: Visitor, key: str, value: object, said: str
) -> None:
    site.app.config[key] = value

    with pytest.raises(ConfigError, match=f"^{key} {said}"):
        visitor.get("/")


def test_one_name_for_both_cookies_is_refused(site: Site, visitor: Visitor) -> None:
    site.app.config["REMEMBER_COOKIE_NAME"] = "session"

    with pytest.raises(ConfigError, match="the name of two cookies"):
        visitor.get("/")
