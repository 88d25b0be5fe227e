"""The page about proxies: its code is put behind one, and all it says is tried."""

from collections.abc import Callable, Iterable
from typing import Any

import flask_login
import pytest
from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client, TestResponse

import documents
from flask_signet import (
    ConfigError,
    LoginManager,
    UserMixin,
    fresh_login_required,
    get_user,
    login_fresh,
    login_required,
    login_user,
    logout_user,
    safe_next,
)

PAGE = documents.DOCS / "howto" / "behind-a-proxy.md"
PROXY_FIX, NO_PROTECTION, ORIGIN, LOGIN_ELSEWHERE, PATH, FLAGS, HELLO, NO_REFRESH = (
    range(8)
)
"""The page's pieces of Python, in their order."""

SITE = "https://www.example.org"
HOME, TRAIN = "203.0.113.5", "198.51.100.9"

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Proxy:
    """Asks the application in its own name, and adds its entries at the ends.

    Args:
        writes: the ``X-Forwarded-`` headers that it writes; it hands on the others.
        address: its own.
        takes_off: what it takes off the path.

    """

    def __init__(
        self,
        app: Wsgi,
        *,
        writes: Iterable[str] = ("FOR", "PROTO", "HOST", "PREFIX"),
        address: str = "10.0.0.2",
        takes_off: str = "",
    ) -> None:
        self.app, self.writes, self.address = app, writes, address
        self.takes_off = takes_off

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        entries = {
            "FOR": environ["REMOTE_ADDR"],
            "PROTO": environ["wsgi.url_scheme"],
            "HOST": environ["HTTP_HOST"],
            "PREFIX": self.takes_off,
        }
        passed_on = {**environ}
        for name in self.writes:
            key = f"HTTP_X_FORWARDED_{name}"
            passed_on[key] = ", ".join(filter(None, (environ.get(key), entries[name])))
        passed_on["REMOTE_ADDR"] = self.address
        passed_on["wsgi.url_scheme"] = "http"
        passed_on["HTTP_HOST"] = "127.0.0.1:8000"
        passed_on["PATH_INFO"] = environ["PATH_INFO"].removeprefix(self.takes_off)
        return self.app(passed_on, start_response)


class Browser:
    """Somebody's browser, which knows the site by its public address."""

    def __init__(self, wsgi: Wsgi, at: str = "") -> None:
        self.client = Client(wsgi)
        self.address = HOME
        self.at = at

    def goes_through(self, wsgi: Wsgi) -> None:
        self.client.application = wsgi

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.asks("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> TestResponse:
        return self.asks("POST", path, **kwargs)

    def asks(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        return self.client.open(
            self.at + path,
            method=method,
            base_url=SITE,
            environ_base={"REMOTE_ADDR": self.address},
            **kwargs,
        )

    def seen(self, **headers: str) -> Any:
        return self.get("/seen", headers=headers).json

    def signs_in(self, **form: str) -> TestResponse:
        return self.post("/login", data=form)


class User(UserMixin):
    id = "ada"


def site(*numbers: int, **settings: Any) -> Flask:
    """Make the application that the page speaks of, and do what its pieces say."""
    app = Flask("site")
    app.config.update(SECRET_KEY="a key", TESTING=True, **settings)
    login_manager = LoginManager()
    login_manager.login_view = "login"
    login_manager.user_loader({"ada": User()}.get)
    add_pages(app)
    names = {"app": app, "login_manager": login_manager, "ProxyFix": ProxyFix}
    for number, piece in enumerate(documents.pieces(PAGE, "python")):
        if number in numbers:
            exec(compile(piece.text, f"{PAGE}:{piece.line}", "exec"), names)
    login_manager.init_app(app)
    return app


def add_pages(app: Flask) -> None:
    @app.route("/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        if request.method == "GET":
            return "a form"
        login_user(User(), remember="remember" in request.form)
        session.permanent = "permanent" in request.form
        return redirect(safe_next(url_for("index")))

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.get("/")
    def index() -> str:
        return "welcome"

    @app.get("/seen")
    def seen() -> dict[str, object]:
        user = get_user()
        return {
            "address": request.remote_addr,
            "url": request.url,
            "user": user.get_id() if user else None,
            "fresh": login_fresh(),
        }

    add_guarded_pages(app)


def add_guarded_pages(app: Flask) -> None:
    @app.get("/top-secret")
    @login_required
    def top_secret() -> str:
        return "secret"

    @app.get("/close-account")
    @fresh_login_required
    def close_account() -> str:
        return "sure?"

    @app.get("/prices")
    @login_required
    def prices() -> ResponseReturnValue:
        return "prices", {"Cache-Control": "public, max-age=60"}


def fixed(app: Flask, **numbers: int) -> Wsgi:
    counts = {"x_for": 0, "x_proto": 0, "x_host": 0, "x_prefix": 0, **numbers}
    return ProxyFix(app.wsgi_app, **counts)


# Seeing the browser -----------------------------------------------------------------


def test_with_the_pages_lines_the_application_sees_the_browser() -> None:
    browser = Browser(Proxy(site(PROXY_FIX).wsgi_app))

    seen = browser.seen()

    assert seen["address"] == HOME
    assert seen["url"] == f"{SITE}/seen"


def test_without_them_it_sees_the_proxy() -> None:
    browser = Browser(Proxy(site().wsgi_app))

    seen = browser.seen()

    assert seen["address"] == "10.0.0.2"
    assert seen["url"] == "http://127.0.0.1:8000/seen"


def test_two_proxies_in_a_row_count_as_two() -> None:
    inside = fixed(site(), x_for=2, x_proto=2, x_host=2)
    browser = Browser(Proxy(Proxy(inside, address="10.0.0.3")))

    seen = browser.seen()

    assert seen["address"] == HOME
    assert seen["url"] == f"{SITE}/seen"


@pytest.mark.parametrize(
    ("count", "believed"),
    [
        pytest.param(1, HOME, id="as many as there are"),
        pytest.param(2, TRAIN, id="one more"),
    ],
)
def test_with_a_number_too_high_a_visitor_says_where_they_come_from(
    count: int, believed: str
) -> None:
    browser = Browser(Proxy(fixed(site(), x_for=count)))

    seen = browser.seen(x_forwarded_for=TRAIN)

    assert seen["address"] == believed


@pytest.mark.parametrize(
    ("count", "believed"),
    [
        pytest.param(0, "http://127.0.0.1:8000/seen", id="0"),
        pytest.param(1, "http://evil.example/seen", id="1"),
    ],
)
def test_where_the_proxy_writes_no_host_a_visitor_may_name_it(
    count: int, believed: str
) -> None:
    browser = Browser(Proxy(fixed(site(), x_host=count), writes=["FOR"]))

    seen = browser.seen(x_forwarded_host="evil.example")

    assert seen["url"] == believed


def test_past_the_proxy_every_header_is_believed() -> None:
    browser = Browser(site(PROXY_FIX).wsgi_app)

    seen = browser.seen(x_forwarded_for=TRAIN)

    assert seen["address"] == TRAIN


def test_the_host_that_is_trusted_is_the_public_one() -> None:
    app = site(PROXY_FIX)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1"]
    browser = Browser(Proxy(app.wsgi_app))

    assert browser.get("/").status_code == 400
    app.config["TRUSTED_HOSTS"] = ["www.example.org"]
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/top-secret", "/login"])
@pytest.mark.parametrize("host", ["evil.example", "10.0.0.5"])
def test_whoever_asks_for_another_host_gets_400(path: str, host: str) -> None:
    client = Client(site(PROXY_FIX))

    answer = client.get(path, base_url=f"http://{host}")

    assert answer.status_code == 400


# Addresses that change --------------------------------------------------------------


def test_a_header_alone_is_not_believed() -> None:
    browser = Browser(site().wsgi_app)
    browser.signs_in()

    assert browser.seen(x_forwarded_for=TRAIN)["fresh"] is True


def test_by_flask_login_it_is() -> None:
    app = Flask("theirs")
    app.config["SECRET_KEY"] = "a key"

    @app.get("/seal")
    def seal() -> str:
        return flask_login.utils._create_identifier()  # type: ignore[no-any-return]

    browser = Browser(app)
    plain = browser.get("/seal").text
    assert browser.get("/seal", headers={"X-Forwarded-For": TRAIN}).text != plain


def test_without_proxy_fix_only_the_browsers_name_is_compared() -> None:
    browser = Browser(Proxy(site().wsgi_app))
    browser.signs_in()
    browser.address = TRAIN

    assert browser.seen()["fresh"] is True
    assert browser.seen(user_agent="another browser")["fresh"] is False


@pytest.mark.parametrize(
    ("mode", "user"),
    [
        pytest.param("basic", "ada", id="basic"),
        pytest.param("strong", None, id="strong"),
    ],
)
def test_between_two_proxies_without_proxy_fix_nobody_stays(
    mode: str, user: str | None
) -> None:
    app = site(SESSION_PROTECTION=mode)
    browser = Browser(Proxy(app.wsgi_app, address="10.0.0.2"))
    browser.signs_in()
    browser.goes_through(Proxy(app.wsgi_app, address="10.0.0.3"))

    seen = browser.seen()

    assert (seen["user"], seen["fresh"]) == (user, False)


def test_between_two_proxies_with_proxy_fix_everybody_does() -> None:
    app = site(PROXY_FIX, SESSION_PROTECTION="strong")
    browser = Browser(Proxy(app.wsgi_app, address="10.0.0.2"))
    browser.signs_in()
    browser.goes_through(Proxy(app.wsgi_app, address="10.0.0.3"))

    seen = browser.seen()

    assert (seen["user"], seen["fresh"]) == ("ada", True)


def test_in_a_train_ada_is_asked_for_her_password() -> None:
    app = site(PROXY_FIX)
    app.login_manager.refresh_view = "login"  # type: ignore[attr-defined]
    browser = Browser(Proxy(app.wsgi_app))
    browser.signs_in()
    browser.address = TRAIN

    assert browser.get("/top-secret").status_code == 200
    assert browser.get("/close-account").location == "/login?next=%2Fclose-account"


def test_under_strong_she_is_out() -> None:
    browser = Browser(Proxy(site(PROXY_FIX, SESSION_PROTECTION="strong").wsgi_app))
    browser.signs_in()
    browser.address = TRAIN

    assert browser.get("/top-secret").location == "/login?next=%2Ftop-secret"


def test_on_the_day_of_proxy_fix_addresses_change_once() -> None:
    app = site()
    browser = Browser(Proxy(app.wsgi_app))
    browser.signs_in()
    browser.goes_through(Proxy(fixed(app, x_for=1)))

    assert browser.seen()["fresh"] is False
    browser.signs_in()
    assert browser.seen()["fresh"] is True


def test_switched_off_it_takes_nothing_away() -> None:
    browser = Browser(Proxy(site(PROXY_FIX, NO_PROTECTION).wsgi_app))
    browser.signs_in()
    browser.address = TRAIN

    assert browser.seen(user_agent="another browser")["fresh"] is True


# The site's own address -------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "goes_to"),
    [
        pytest.param([], "/", id="untold"),
        pytest.param([PROXY_FIX], f"{SITE}/orders", id="by ProxyFix"),
        pytest.param([ORIGIN], f"{SITE}/orders", id="by the setting"),
    ],
)
def test_an_address_of_ones_own_is_safe_once_it_is_told(
    numbers: list[int], goes_to: str
) -> None:
    browser = Browser(Proxy(site(*numbers).wsgi_app))

    assert browser.signs_in(next=f"{SITE}/orders").location == goes_to


@pytest.mark.parametrize(
    ("numbers", "back_to"),
    [
        pytest.param([], "http%3A%2F%2F127.0.0.1%3A8000%2Ftop-secret", id="untold"),
        pytest.param(
            [PROXY_FIX], "https%3A%2F%2Fwww.example.org%2Ftop-secret", id="by ProxyFix"
        ),
        pytest.param(
            [ORIGIN], "https%3A%2F%2Fwww.example.org%2Ftop-secret", id="by the setting"
        ),
    ],
)
def test_a_login_page_elsewhere_is_told_where_to_send_people_back(
    numbers: list[int], back_to: str
) -> None:
    browser = Browser(Proxy(site(LOGIN_ELSEWHERE, *numbers).wsgi_app))

    asked = browser.get("/top-secret").location

    assert asked == f"https://login.example.org/?next={back_to}"


@pytest.mark.parametrize(
    "origin", [f"{SITE}/", f"{SITE}/shop", "www.example.org", "https://you@example.org"]
)
def test_an_origin_is_a_scheme_a_host_and_perhaps_a_port(origin: str) -> None:
    site(SIGNET_SITE_ORIGIN=f"{SITE}:8443")

    with pytest.raises(ConfigError):
        site(SIGNET_SITE_ORIGIN=origin)


def test_url_for_does_not_look_at_it() -> None:
    app = site(ORIGIN)

    with app.test_request_context("/", base_url="http://127.0.0.1:8000"):
        assert url_for("index", _external=True) == "http://127.0.0.1:8000/"


def test_a_path_alone_leads_back_through_any_proxy() -> None:
    browser = Browser(Proxy(site().wsgi_app, writes=[]))

    asked = browser.get("/top-secret").location

    assert asked == "/login?next=%2Ftop-secret"
    assert browser.post(asked).location == "/top-secret"


def test_a_forced_host_stands_before_the_login_pages_path_and_not_in_next() -> None:
    app = site(FORCE_HOST_FOR_REDIRECTS="www.example.org")
    browser = Browser(Proxy(app.wsgi_app))

    asked = browser.get("/top-secret").location

    assert f"`{asked}`" in documents.read(PAGE)
    assert asked == "//www.example.org/login?next=%2Ftop-secret"


# Under a path -----------------------------------------------------------------------


def in_the_shop(*numbers: int, **settings: Any) -> Browser:
    app = site(*numbers, **settings)
    return Browser(Proxy(app.wsgi_app, takes_off="/shop"), at="/shop")


def paths_of(answer: TestResponse) -> dict[str, bool]:
    return {
        cookie.partition("=")[0]: "Path=/shop" in cookie.split("; ")
        for cookie in answer.headers.getlist("Set-Cookie")
    }


def test_the_way_to_the_login_page_and_back_has_the_path() -> None:
    browser = in_the_shop(PATH)

    asked = browser.get("/top-secret").location

    assert f"`{asked}`" in documents.read(PAGE)
    assert browser.post(asked.removeprefix("/shop")).location == "/shop/top-secret"


def test_a_server_that_sets_script_name_needs_no_header() -> None:
    client = Client(site())

    asked = client.get("/top-secret", environ_overrides={"SCRIPT_NAME": "/shop"})

    assert asked.location == "/shop/login?next=%2Fshop%2Ftop-secret"


def test_application_root_mounts_nothing() -> None:
    browser = in_the_shop(APPLICATION_ROOT="/shop")

    assert browser.get("/top-secret").location == "/login?next=%2Ftop-secret"


def test_both_cookies_are_for_the_shop_alone() -> None:
    browser = in_the_shop(PATH)

    answer = browser.signs_in(remember="on")

    assert paths_of(answer) == {"remember_token": True, "session": True}
    assert browser.client.get_cookie("session", "www.example.org", "/shop")


def test_the_session_cookies_path_comes_before_the_root() -> None:
    settings = {"SESSION_COOKIE_PATH": "/shop", "APPLICATION_ROOT": "/elsewhere"}
    browser = in_the_shop(**settings)

    answer = browser.signs_in(remember="on")

    assert paths_of(answer) == {"remember_token": True, "session": True}


def test_a_login_view_that_is_a_path_is_next_door() -> None:
    app = site(PATH)
    app.login_manager.login_view = "/login"  # type: ignore[attr-defined]
    browser = Browser(Proxy(app.wsgi_app, takes_off="/shop"), at="/shop")

    assert browser.get("/top-secret").location == "/login?next=%2Fshop%2Ftop-secret"


def test_a_remember_cookie_of_another_path_outlives_the_logout() -> None:
    before, after = site(), site(PATH)
    browser = Browser(Proxy(before.wsgi_app, takes_off="/shop"), at="/shop")
    browser.signs_in(remember="on")
    browser.goes_through(Proxy(after.wsgi_app, takes_off="/shop"))
    browser.signs_in(remember="on")

    browser.post("/out")

    assert not browser.client.get_cookie("remember_token", "www.example.org", "/shop")
    assert browser.client.get_cookie("remember_token", "www.example.org", "/")


# Cookies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([PROXY_FIX], id="with ProxyFix"),
        pytest.param([], id="without"),
    ],
)
def test_the_remember_cookie_has_the_flags_of_the_session_cookie(
    numbers: list[int],
) -> None:
    browser = Browser(Proxy(site(FLAGS, *numbers).wsgi_app))

    answer = browser.signs_in(remember="on")

    flags = {
        cookie.partition("=")[0]: {"Secure", "SameSite=Lax"} <= {*cookie.split("; ")}
        for cookie in answer.headers.getlist("Set-Cookie")
    }
    assert flags == {"remember_token": True, "session": True}


# Caches -----------------------------------------------------------------------------


@pytest.fixture
def ada() -> Browser:
    browser = Browser(Proxy(site(PROXY_FIX, HELLO).wsgi_app))
    browser.signs_in()
    return browser


@pytest.fixture
def stranger() -> Browser:
    return Browser(Proxy(site(PROXY_FIX, HELLO).wsgi_app))


def told(answer: TestResponse) -> tuple[list[str], list[str]]:
    headers = answer.headers
    return headers.getlist("Cache-Control"), headers.getlist("Vary")


def test_what_only_ada_may_see_is_kept_by_no_cache(ada: Browser) -> None:
    assert told(ada.get("/top-secret")) == (["no-store"], ["Cookie"])


def test_a_view_that_has_said_something_is_believed(ada: Browser) -> None:
    assert told(ada.get("/prices")) == (["public, max-age=60"], ["Cookie"])


def test_a_refusal_is_for_those_without_the_cookie(stranger: Browser) -> None:
    assert told(stranger.get("/top-secret")) == ([], ["Cookie"])


def test_a_page_that_asks_nobody_is_for_every_cache(ada: Browser) -> None:
    assert told(ada.get("/")) == ([], [])


def test_a_greeting_is_for_one_browser(ada: Browser, stranger: Browser) -> None:
    assert ada.get("/hello").text == "Hello, ada."
    assert stranger.get("/hello").text == "Hello."

    assert told(ada.get("/hello")) == (["private"], ["Cookie"])
    assert told(stranger.get("/hello")) == (["private"], ["Cookie"])


@pytest.mark.parametrize(
    ("numbers", "is_sent"),
    [
        pytest.param([], True, id="as Flask does"),
        pytest.param([NO_REFRESH], False, id="switched off"),
    ],
)
def test_a_permanent_session_is_sent_with_public_pages(
    numbers: list[int], is_sent: bool
) -> None:
    browser = Browser(Proxy(site(PROXY_FIX, *numbers).wsgi_app))
    browser.signs_in(permanent="on")

    assert ("Set-Cookie" in browser.get("/").headers) is is_sent


# All of it --------------------------------------------------------------------------


def test_every_piece_of_the_page_is_tried_here() -> None:
    assert len([*documents.pieces(PAGE, "python")]) == NO_REFRESH + 1
