"""What guards each route, as a table, on the command line, and in tests."""

import json
import subprocess
import sys
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Blueprint, Flask
from flask.views import MethodView, View
from werkzeug.routing import Rule

from flask_signet import (
    ConfigError,
    GuardOrderError,
    LoginManager,
    anonymous_required,
    cli,
    fresh_login_required,
    login_required,
    permission_required,
    public,
    roles_required,
    user_passes,
)
from flask_signet.routes import table
from flask_signet.testing import assert_guarded
from support import Person


def a_page() -> Any:
    return lambda **_: "a page"


def is_author(user: Person) -> bool:
    return user.id == "ada"


@pytest.fixture
def app() -> Flask:
    app = Flask("house")
    app.config.update(SECRET_KEY="key", TESTING=True)
    LoginManager(app).user_loader(Person)
    return app


def needs(app: Flask) -> dict[str, tuple[str, str]]:
    return {
        f"{route.method} {route.rule}": (route.needs, route.by)
        for route in table(app)
        if route.endpoint != "static"
    }


def has(app: Any, path: str, view: Any = None, **more: Any) -> None:
    endpoint = path.strip("/").replace("/", "_")
    app.add_url_rule(path, endpoint, view or a_page(), **more)


# --- The table.


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        pytest.param(login_required, "signed in", id="signed in"),
        pytest.param(login_required(name="staff"), "signed in (staff)", id="staff"),
        pytest.param(fresh_login_required, "fresh", id="fresh"),
        pytest.param(
            fresh_login_required(max_age=timedelta(minutes=10)),
            "fresh within 0:10:00",
            id="fresh by age",
        ),
        pytest.param(user_passes(is_author), "passes is_author", id="predicate"),
        pytest.param(roles_required("a", "b"), "role a, b", id="roles"),
        pytest.param(permission_required("sell"), "permission sell", id="permission"),
        pytest.param(anonymous_required, "nobody", id="strangers"),
    ],
)
def test_a_guard_says_what_it_asks(app: Flask, guard: Any, said: str) -> None:
    has(app, "/room", guard(a_page()))

    assert needs(app) == {"GET /room": (said, "decorator")}


def test_a_route_without_a_guard_is_open(app: Flask) -> None:
    has(app, "/room", methods=["GET", "POST"])

    assert needs(app) == {"GET /room": ("open", ""), "POST /room": ("open", "")}


def test_two_guards_are_both_said(app: Flask) -> None:
    has(app, "/room", roles_required("admin")(fresh_login_required(a_page())))

    assert needs(app) == {"GET /room": ("role admin and fresh", "decorator")}


def test_what_is_closed_as_a_whole_is_said_to_be(app: Flask) -> None:
    app.login_manager.protect(app)  # type: ignore[attr-defined]
    has(app, "/room")
    has(app, "/front", public(a_page()))

    assert needs(app) == {
        "GET /room": ("signed in", "protect"),
        "GET /front": ("open", ""),
    }


def test_a_guard_before_requests_is_seen(app: Flask) -> None:
    shop = Blueprint("shop", "shop", url_prefix="/shop")
    back = Blueprint("back", "back", url_prefix="/back")
    has(back, "/stock")
    shop.register_blueprint(back)
    app.register_blueprint(shop)
    has(app, "/room")
    app.before_request_funcs.setdefault("shop", []).append(login_required(lambda: None))

    assert needs(app) == {
        "GET /shop/back/stock": ("signed in", "before_request"),
        "GET /room": ("open", ""),
    }


def test_a_class_says_it_of_each_method(app: Flask) -> None:
    class Letters(MethodView):
        def get(self) -> str:
            return "letters"

        @login_required
        def post(self) -> str:
            return "sent"

    has(app, "/letters", Letters.as_view("letters"))

    assert needs(app) == {
        "GET /letters": ("open", ""),
        "POST /letters": ("signed in", "decorator"),
    }


def test_what_stands_over_a_guard_is_said_for_it_may_answer(app: Flask) -> None:
    def cached(view: Any) -> Any:
        @wraps(view)
        def from_the_cache(**_: Any) -> str:
            return "kept"

        return from_the_cache

    cached_room = cached(login_required(a_page()))
    cached_room.__name__ = "from_the_cache"
    has(app, "/room", cached_room)
    hook = cached(login_required(lambda: None))
    hook.__name__ = "sometimes"
    app.before_request_funcs.setdefault(None, []).append(hook)

    assert needs(app) == {
        "GET /room": (
            "signed in",
            "before_request under sometimes, decorator under from_the_cache",
        )
    }


def test_a_guard_on_a_method_counts_only_where_the_method_is_called(
    app: Flask,
) -> None:
    class Letters(MethodView):
        @login_required
        def get(self) -> str:
            return "letters"

        def dispatch_request(self, **_: Any) -> str:
            return "for all"

    has(app, "/letters", Letters.as_view("letters"))

    assert needs(app) == {"GET /letters": ("open", "")}


def test_a_rule_that_only_leads_on_is_not_listed(app: Flask) -> None:
    app.url_map.add(Rule("/old", redirect_to="/room"))
    has(app, "/room", login_required(a_page()))

    assert needs(app) == {"GET /room": ("signed in", "decorator")}


def test_after_the_first_request_the_table_changes_nothing(app: Flask) -> None:
    app.login_manager.protect(app)  # type: ignore[attr-defined]
    has(app, "/room")
    client = app.test_client()
    client.get("/room")
    app.view_functions["room"] = a_page()

    assert needs(app) == {"GET /room": ("open", "")}
    assert client.get("/room").status_code == 200


def test_a_route_cannot_forge_a_line_of_the_table(app: Flask) -> None:
    forged = "/room\n/else  GET  else  signed in"
    app.add_url_rule(forged, "room", a_page())

    assert "/room\\n/else" in say(app).output
    assert len(say(app).output.splitlines()) == 3


def test_what_is_open_is_said_in_a_list(app: Flask) -> None:
    with pytest.raises(ConfigError, match="is one text; it should be a list"):
        assert_guarded(app, open="room")


def test_a_method_that_only_bears_such_a_name_says_nothing(app: Flask) -> None:
    class Shelf(View):
        def dispatch_request(self) -> str:
            return "open to all"

        @login_required
        def get(self) -> str:
            return "a book"

    has(app, "/shelf", Shelf.as_view("shelf"))

    assert needs(app) == {"GET /shelf": ("open", "")}


def test_a_guarded_class_says_it_of_all(app: Flask) -> None:
    @login_required
    class Letters(MethodView):
        def get(self) -> str:
            return "letters"

    has(app, "/letters", Letters.as_view("letters"))

    assert needs(app) == {"GET /letters": ("signed in", "decorator")}


def test_a_guard_above_its_route_is_an_error_here_as_well(app: Flask) -> None:
    @login_required
    @app.get("/room")
    def room() -> str:
        return "open to all"

    with pytest.raises(GuardOrderError):
        table(app)


def test_an_application_without_a_manager_has_a_table(app: Flask) -> None:
    bare = Flask("bare")
    has(bare, "/room")

    assert needs(bare) == {"GET /room": ("open", "")}


def test_a_route_whose_view_is_missing_is_open(app: Flask) -> None:
    app.add_url_rule("/room", "room")

    assert needs(app) == {"GET /room": ("open", "")}


def test_a_route_for_all_methods_has_a_line(app: Flask) -> None:
    app.url_map.add(Rule("/room", endpoint="room"))
    app.endpoint("room")(a_page())

    assert needs(app) == {"* /room": ("open", "")}


def test_a_method_that_is_a_page_of_its_own_has_a_line(app: Flask) -> None:
    class Letters(MethodView):
        @login_required
        def get(self) -> str:
            return "letters"

        def head(self) -> str:
            return ""

        def options(self) -> str:
            return "open to all"

    has(app, "/letters", Letters.as_view("letters"))
    has(app, "/ping", methods=["HEAD"])

    assert needs(app) == {
        "GET /letters": ("signed in", "decorator"),
        "HEAD /letters": ("open", ""),
        "OPTIONS /letters": ("open", ""),
        "HEAD /ping": ("open", ""),
    }


# --- The command.


def say(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(cli.signet, ["routes", *words])


def test_the_command_shows_the_table(app: Flask) -> None:
    has(app, "/room", login_required(a_page()))
    has(app, "/front")

    said = say(app)

    assert said.exit_code == 0
    assert said.output.splitlines() == [
        "route                    method  endpoint  needs      by",
        "/front                   GET     front     open",
        "/room                    GET     room      signed in  decorator",
        "/static/<path:filename>  GET     static    open",
    ]


def test_the_command_shows_what_is_unguarded(app: Flask) -> None:
    has(app, "/room", login_required(a_page()))
    has(app, "/front")

    assert "/room" not in say(app, "--unguarded").output
    assert "/front" in say(app, "--unguarded").output


def test_a_program_reads_it(app: Flask) -> None:
    has(app, "/room", login_required(a_page()))

    found = json.loads(say(app, "--json").output)

    assert found[0] == {
        "rule": "/room",
        "method": "GET",
        "endpoint": "room",
        "needs": "signed in",
        "by": "decorator",
    }


def test_flask_finds_the_command_of_an_application() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "signet", "routes"],
        cwd=Path(__file__).parents[1] / "examples" / "lesson",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    (line,) = (each for each in said.stdout.splitlines() if "/top-secret" in each)
    assert line.split() == [
        "/top-secret",
        "GET",
        "main.top_secret",
        "signed",
        "in",
        "decorator",
    ]


# --- The assertion.


def test_an_application_that_is_as_meant_passes(app: Flask) -> None:
    has(app, "/room", login_required(a_page()))
    has(app, "/front")

    assert_guarded(app, open=["front"])


def test_a_test_says_what_is_open_by_mistake_and_what_is_not(app: Flask) -> None:
    has(app, "/room", login_required(a_page()))
    has(app, "/letter/<int:number>", methods=["GET", "POST"])

    with pytest.raises(AssertionError) as caught:
        assert_guarded(app, open=["room", "gone"])

    assert str(caught.value).splitlines() == [
        "What is open is not what was meant:",
        "+ GET /letter/<int:number> (letter_<int:number>) is open, and not named",
        "+ POST /letter/<int:number> (letter_<int:number>) is open, and not named",
        "- gone is named, and is no endpoint",
        "- room is named, and is for who is signed in",
    ]
