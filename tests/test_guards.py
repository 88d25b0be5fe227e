"""Who may pass: guards over views, over classes of views, over whole blueprints."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any, ClassVar
from unittest import mock

import pytest
from flask import Blueprint, Flask, Response, abort, make_response, request
from flask.views import MethodView, View

from flask_signet import (
    ConfigError,
    FlaskLoginClient,
    LoginManager,
    UserError,
    config,
    current_user,
    fresh_login_required,
    login_required,
    login_user,
)
from support import DAY, HOUR, MINUTE, SECOND, Clock, Person, Site, Visitor

Guard = Callable[[Any], Any]
Way = Callable[[Flask, Guard, list[str]], object]
"""Puts a guarded diary on ``/diary``, which notes by what method it was opened."""

METHODS = ["GET", "POST", "OPTIONS"]


def dear(opened: list[str]) -> str:
    opened.append(request.method)
    return f"Dear {current_user.get_id()}"


def over_a_view(app: Flask, guard: Guard, opened: list[str]) -> None:
    @app.route("/diary", methods=METHODS)
    @guard
    def diary() -> str:
        return dear(opened)


def over_an_async_view(app: Flask, guard: Guard, opened: list[str]) -> None:
    @app.route("/diary", methods=METHODS)
    @guard
    async def diary() -> str:
        return dear(opened)


def over_another_decorator(app: Flask, guard: Guard, opened: list[str]) -> None:
    def twice(view: Callable[[], str]) -> Callable[[], str]:
        @wraps(view)
        def both() -> str:
            return f"{view()}!"

        return both

    @app.route("/diary", methods=METHODS)
    @guard
    @twice
    def diary() -> str:
        return dear(opened)


def over_a_partial(app: Flask, guard: Guard, opened: list[str]) -> None:
    app.add_url_rule("/diary", "diary", guard(partial(dear, opened)), methods=METHODS)


def over_a_bound_method(app: Flask, guard: Guard, opened: list[str]) -> None:
    class Book:
        def diary(self) -> str:
            return dear(opened)

    app.add_url_rule("/diary", view_func=guard(Book().diary), methods=METHODS)


def a_class_of_views(opened: list[str]) -> type[MethodView]:
    class Diary(MethodView):
        def get(self) -> str:
            return dear(opened)

        def post(self) -> str:
            return dear(opened)

        def options(self) -> str:
            return dear(opened)

    return Diary


def over_a_class(app: Flask, guard: Guard, opened: list[str]) -> None:
    diary = guard(a_class_of_views(opened))
    app.add_url_rule("/diary", view_func=diary.as_view("diary"))


def over_an_async_class(app: Flask, guard: Guard, opened: list[str]) -> None:
    @guard
    class Diary(View):
        methods = METHODS

        async def dispatch_request(self) -> str:  # type: ignore[override]
            return dear(opened)

    app.add_url_rule("/diary", view_func=Diary.as_view("diary"))


def among_the_decorators_of_a_class(
    app: Flask, guard: Guard, opened: list[str]
) -> None:
    class Diary(a_class_of_views(opened)):  # type: ignore[misc]
        decorators: ClassVar[list[Guard]] = [guard]

    app.add_url_rule("/diary", view_func=Diary.as_view("diary"))


def over_what_a_class_gave(app: Flask, guard: Guard, opened: list[str]) -> None:
    diary = a_class_of_views(opened).as_view("diary")
    app.add_url_rule("/diary", view_func=guard(diary))


def by_name(way: Callable[..., object]) -> str:
    return way.__name__


@pytest.fixture(
    params=[
        over_a_view,
        over_an_async_view,
        over_another_decorator,
        over_a_partial,
        over_a_bound_method,
        over_a_class,
        over_an_async_class,
        among_the_decorators_of_a_class,
        over_what_a_class_gave,
    ],
    ids=by_name,
)
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture(
    params=[
        pytest.param(login_required, id="login"),
        pytest.param(login_required(), id="login()"),
        pytest.param(fresh_login_required, id="fresh"),
        pytest.param(fresh_login_required(), id="fresh()"),
        pytest.param(fresh_login_required(max_age=HOUR), id="fresh of an hour"),
    ]
)
def guard(request: pytest.FixtureRequest) -> Guard:
    found: Guard = request.param
    return found


@pytest.fixture
def opened() -> list[str]:
    return []


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """List what Signet has logged."""
    ours = (record for record in caplog.records if record.name == "flask_signet")
    return [(record.levelno, record.getMessage()) for record in ours]


# --- Whatever is guarded, and by whichever guard.


def test_a_stranger_reads_nobodys_diary(
    site: Site, visitor: Visitor, way: Way, guard: Guard, opened: list[str]
) -> None:
    way(site.app, guard, opened)

    answer = visitor.get("/diary")

    assert answer.status_code == 302
    assert answer.location == "/login?next=%2Fdiary"
    assert not opened


def test_a_stranger_writes_in_nobodys_diary(
    site: Site, visitor: Visitor, way: Way, guard: Guard, opened: list[str]
) -> None:
    way(site.app, guard, opened)

    assert visitor.post("/diary").location == "/login"
    assert not opened


def test_ada_reads_her_own(
    site: Site, visitor: Visitor, way: Way, guard: Guard, opened: list[str]
) -> None:
    way(site.app, guard, opened)
    visitor.signs_in("ada")

    assert visitor.get("/diary").text.startswith("Dear ada")
    assert visitor.post("/diary").text.startswith("Dear ada")
    assert opened == ["GET", "POST"]


def test_no_cache_keeps_what_ada_has_read(
    site: Site, visitor: Visitor, way: Way, guard: Guard, opened: list[str]
) -> None:
    way(site.app, guard, opened)
    visitor.signs_in("ada")

    assert visitor.get("/diary").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("person", [None, "ada"])
def test_options_is_answered_and_opens_no_diary(
    site: Site,
    visitor: Visitor,
    way: Way,
    guard: Guard,
    opened: list[str],
    person: str | None,
) -> None:
    way(site.app, guard, opened)
    if person is not None:
        visitor.signs_in(person)

    answer = visitor.client.options("/diary")

    assert answer.status_code == 200
    assert answer.allow >= {"GET", "POST"}
    assert answer.text == ""
    assert not opened


# --- A guarded view is the view, but for who may pass.


@pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])
def test_a_guarded_view_keeps_its_name_its_words_and_its_arguments(
    guard: Guard, *, is_async: bool
) -> None:
    def show(page: int, colour: str = "blue") -> str:
        """Show a page in a colour."""
        return f"{page}, {colour}"

    async def show_async(page: int, colour: str = "blue") -> str:
        """Show a page in a colour."""
        return f"{page}, {colour}"

    view: Callable[..., str | Awaitable[str]] = show_async if is_async else show
    guarded = guard(view)

    assert guarded.__name__ == view.__name__
    assert guarded.__doc__ == "Show a page in a colour."
    assert guarded.__module__ == __name__
    assert inspect.signature(guarded) == inspect.signature(view)


def test_a_guarded_view_is_given_what_stands_in_the_address(
    site: Site, visitor: Visitor, guard: Guard
) -> None:
    @site.app.get("/page/<int:number>")
    @guard
    def page(number: int) -> str:
        return f"page {number + 1}"

    visitor.signs_in("ada")

    assert visitor.get("/page/41").text == "page 42"


def test_a_view_that_fails_is_called_once_and_its_error_is_the_applications(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    @site.app.post("/pay")
    @guard
    def pay() -> str:
        opened.append("the purse")
        raise AttributeError("no such coin")

    visitor.signs_in("ada")

    with pytest.raises(AttributeError, match="no such coin"):
        visitor.post("/pay")
    assert opened == ["the purse"]


def test_a_guard_outside_any_request_says_so_and_opens_nothing(
    guard: Guard, opened: list[str]
) -> None:
    guarded = guard(partial(opened.append, "the diary"))

    with pytest.raises(RuntimeError, match="outside of request context"):
        guarded()
    assert not opened


def test_a_guard_made_while_a_request_is_served_guards(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    def chapter(number: int, *, title: str) -> str:
        opened.append(title)
        return f"{number}: {title}"

    @site.app.get("/book")
    def book() -> Any:
        return guard(chapter)(1, title="The beginning")

    refused = visitor.get("/book")
    assert refused.location == "/login?next=%2Fbook"
    assert not opened

    visitor.signs_in("ada")
    assert visitor.get("/book").text == "1: The beginning"


# --- Classes of views.


def test_a_class_is_guarded_in_place_and_stays_the_class(guard: Guard) -> None:
    diary = a_class_of_views([])

    assert guard(diary) is diary


def test_a_guarded_class_leaves_other_classes_open(
    site: Site, visitor: Visitor, guard: Guard
) -> None:
    guard(a_class_of_views([]))
    site.app.add_url_rule("/open", view_func=a_class_of_views([]).as_view("open"))

    assert visitor.get("/open").text == "Dear None"


def test_who_inherits_a_guarded_class_is_guarded(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    class Later(guard(a_class_of_views(opened))):  # type: ignore[misc]
        def get(self) -> str:
            return dear(opened)

    site.app.add_url_rule("/later", view_func=Later.as_view("later"))

    assert visitor.get("/later").status_code == 302
    assert not opened


# --- Fresh: proved lately.


@pytest.fixture
def stale(site: Site, visitor: Visitor) -> Visitor:
    """Give Ada as she is remembered after a restart: in, but not fresh."""
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    return visitor


def test_who_is_only_remembered_is_sent_to_prove_it(site: Site, stale: Visitor) -> None:
    site.manager.refresh_view = "login"

    assert stale.get("/fresh").location == "/login?next=%2Ffresh"
    assert stale.get("/secret").text == "a secret for ada"


def test_who_is_only_remembered_is_refused_where_there_is_no_way_to_prove_it(
    stale: Visitor,
) -> None:
    assert stale.get("/fresh").status_code == 401


def test_who_has_proved_it_again_may_pass(stale: Visitor) -> None:
    stale.post("/again")

    assert stale.get("/fresh").text == "a fresh secret for ada"


def test_a_stranger_is_sent_to_sign_in_and_not_to_prove_it(
    site: Site, visitor: Visitor
) -> None:
    site.manager.refresh_view = "who"

    assert visitor.get("/fresh").location == "/login?next=%2Ffresh"


@pytest.mark.parametrize(
    ("setting", "max_age", "limit"),
    [
        pytest.param({}, None, 12 * HOUR, id="unsaid: twelve hours"),
        pytest.param({"SIGNET_FRESH_MAX_AGE": HOUR}, None, HOUR, id="the setting"),
        pytest.param({}, MINUTE, MINUTE, id="the guard's own, shorter"),
        pytest.param({}, DAY, DAY, id="the guard's own, longer"),
        pytest.param(
            {"SIGNET_FRESH_MAX_AGE": None}, MINUTE, MINUTE, id="the guard's own, of all"
        ),
    ],
)
@pytest.mark.parametrize(
    ("too_late", "status"),
    [
        pytest.param(0 * SECOND, 200, id="at the limit"),
        pytest.param(SECOND, 401, id="a second past it"),
    ],
)
def test_a_proof_is_good_up_to_its_limit(
    clock: Clock,
    setting: dict[str, Any],
    max_age: timedelta | None,
    limit: timedelta,
    too_late: timedelta,
    status: int,
) -> None:
    site = Site(clock, **setting)
    site.app.add_url_rule(
        "/vault", view_func=fresh_login_required(max_age=max_age)(lambda: "gold")
    )
    visitor = site.visitor()
    visitor.signs_in("ada")

    clock.passes(limit + too_late)

    assert visitor.get("/vault").status_code == status


def test_a_proof_is_good_for_ever_where_the_setting_is_none(clock: Clock) -> None:
    site = Site(clock, SIGNET_FRESH_MAX_AGE=None)
    visitor = site.visitor()
    visitor.signs_in("ada")

    clock.passes(5000 * DAY)

    assert visitor.get("/fresh").text == "a fresh secret for ada"


def test_a_proof_too_old_still_opens_what_asks_for_none(
    visitor: Visitor, clock: Clock
) -> None:
    visitor.signs_in("ada")

    clock.passes(30 * DAY)

    assert visitor.get("/secret").text == "a secret for ada"


# --- Before every request of a blueprint.


def a_club(site: Site, guard: Guard, opened: list[str]) -> None:
    """Open a club: one guard at its door, and a room with an OPTIONS of its own."""
    club = Blueprint("club", __name__)

    @club.before_request
    @guard
    def at_the_door() -> None:
        opened.append("the door")

    @club.route("/club", methods=METHODS)
    def room() -> str:
        return dear(opened)

    site.app.register_blueprint(club)


def test_a_guard_at_the_door_keeps_strangers_from_the_rooms(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    a_club(site, guard, opened)

    assert visitor.get("/club").location == "/login?next=%2Fclub"
    assert not opened


def test_a_guard_at_the_door_lets_members_in_and_no_cache_keeps_what_they_see(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    a_club(site, guard, opened)
    visitor.signs_in("ada")

    answer = visitor.get("/club")

    assert answer.text == "Dear ada"
    assert answer.headers["Cache-Control"] == "no-store"
    assert opened == ["the door", "GET"]


def test_behind_a_guarded_door_options_is_answered_for_the_rooms(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    a_club(site, guard, opened)

    answer = visitor.client.options("/club")

    assert answer.text == ""
    assert {*answer.allow} == {"GET", "HEAD", "OPTIONS", "POST"}
    assert not opened


def test_behind_a_guarded_door_options_of_no_page_is_not_found(
    site: Site, visitor: Visitor, guard: Guard
) -> None:
    @site.app.before_request
    @guard
    def at_the_door() -> None: ...

    assert visitor.client.options("/nowhere").status_code == 404


def test_an_async_door_is_guarded_too(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    @site.app.before_request
    @guard
    async def at_the_door() -> str:
        opened.append("the door")
        return "The club is closed today."

    assert visitor.get("/").location == "/login?next=%2F"
    assert not opened


def test_what_the_guarded_door_answers_is_the_answer(site: Site, guard: Guard) -> None:
    @site.app.before_request
    @guard
    async def at_the_door() -> str:
        return "The club is closed today."

    site.app.test_client_class = FlaskLoginClient
    member = site.app.test_client(user=site.people["ada"])

    assert member.get("/").text == "The club is closed today."


# --- Methods that guards let through.


def test_a_method_exempted_by_the_application_reaches_the_view(
    site: Site, visitor: Visitor, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "EXEMPT_METHODS", {"OPTIONS", "PURGE"})

    @site.app.route("/cache", methods=["GET", "PURGE"])
    @guard
    def cache() -> str:
        return "purged"

    assert visitor.client.open("/cache", method="PURGE").text == "purged"
    assert visitor.get("/cache").status_code == 302


def test_options_is_guarded_too_where_the_application_exempts_nothing(
    site: Site, visitor: Visitor, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "EXEMPT_METHODS", set[str]())
    opened: list[str] = []
    over_a_view(site.app, guard, opened)

    assert visitor.client.options("/diary").location == "/login"
    assert not opened


# --- LOGIN_DISABLED.


def test_a_test_may_switch_guards_off(
    clock: Clock, way: Way, guard: Guard, opened: list[str]
) -> None:
    site = Site(clock, LOGIN_DISABLED=True)
    way(site.app, guard, opened)

    assert site.visitor().get("/diary").text.startswith("Dear None")


def test_guards_are_on_again_when_the_test_says_so(
    clock: Clock, guard: Guard, opened: list[str]
) -> None:
    site = Site(clock, LOGIN_DISABLED=True)
    over_a_view(site.app, guard, opened)

    site.app.config["LOGIN_DISABLED"] = False

    assert site.visitor().get("/diary").status_code == 302


def test_nobody_switches_guards_off_where_people_are(
    clock: Clock, guard: Guard, opened: list[str]
) -> None:
    site = Site(clock, LOGIN_DISABLED=True)
    site.app.testing = False
    over_a_view(site.app, guard, opened)

    assert site.visitor().get("/diary").status_code == 302
    assert not opened


def test_who_tries_to_switch_guards_off_is_told_once(
    clock: Clock, guard: Guard, opened: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(clock, LOGIN_DISABLED=True)
    site.app.testing = False
    over_a_view(site.app, guard, opened)
    visitor = site.visitor()

    visitor.get("/diary")
    visitor.get("/diary")

    ((level, sentence),) = said(caplog)
    assert level == logging.ERROR
    assert "LOGIN_DISABLED is set and ignored" in sentence


# --- Answers to who may not pass.


def test_strangers_are_answered_by_the_applications_own_words(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    site.manager.unauthorized_handler(lambda: ("Members only.", 403))
    over_a_view(site.app, guard, opened)

    answer = visitor.get("/diary")

    assert (answer.text, answer.status_code) == ("Members only.", 403)
    assert not opened


@pytest.mark.parametrize(
    "nothing", [pytest.param("", id="an empty string"), pytest.param(None, id="None")]
)
def test_a_handler_that_answers_strangers_with_nothing_opens_no_door(
    clock: Clock, way: Way, guard: Guard, opened: list[str], nothing: str | None
) -> None:
    site = Site(clock, PROPAGATE_EXCEPTIONS=False)
    site.manager.unauthorized_handler(lambda: nothing)
    way(site.app, guard, opened)

    answer = site.visitor().get("/diary")

    assert "Dear" not in answer.text
    assert not opened


@pytest.mark.parametrize(
    "nothing", [pytest.param("", id="an empty string"), pytest.param(None, id="None")]
)
def test_a_handler_that_answers_the_stale_with_nothing_opens_no_door(
    clock: Clock, way: Way, opened: list[str], nothing: str | None
) -> None:
    site = Site(clock, PROPAGATE_EXCEPTIONS=False)
    site.manager.needs_refresh_handler(lambda: nothing)
    way(site.app, fresh_login_required, opened)
    visitor = site.visitor()
    visitor.signs_in("ada", stale="yes")

    answer = visitor.get("/diary")

    assert "Dear" not in answer.text
    assert not opened


def test_a_handler_that_answers_an_empty_string_opens_no_club(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    site.manager.unauthorized_handler(lambda: "")
    a_club(site, guard, opened)

    assert visitor.get("/club").text == ""
    assert not opened


def test_a_subclass_may_answer_strangers(guard: Guard) -> None:
    class Curt(LoginManager):
        def unauthorized(self) -> str:
            return "No."

    app = Flask("another")
    app.config.update(SECRET_KEY="key", TESTING=True)
    manager = Curt(app)
    manager.user_loader(Person)
    app.add_url_rule("/vault", view_func=guard(lambda: "gold"))

    assert app.test_client().get("/vault").text == "No."


# --- Caches.


def test_a_page_for_everybody_may_be_cached(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    assert "Cache-Control" not in visitor.get("/").headers


def test_a_view_has_the_last_word_about_caches(
    site: Site, visitor: Visitor, guard: Guard
) -> None:
    @site.app.get("/portrait")
    @guard
    def portrait() -> Response:
        answer = make_response("a portrait")
        answer.headers["Cache-Control"] = "private, max-age=60"
        return answer

    visitor.signs_in("ada")

    cached = visitor.get("/portrait").headers.getlist("Cache-Control")
    assert cached == ["private, max-age=60"]


def test_an_error_page_in_a_guarded_room_is_kept_from_caches(
    site: Site, visitor: Visitor, guard: Guard
) -> None:
    @site.app.get("/letters/<int:number>")
    @guard
    def letter(number: int) -> str:
        abort(404)

    visitor.signs_in("ada")
    answer = visitor.get("/letters/1")

    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


# --- Who counts as signed in.


def test_who_forgot_the_property_above_is_authenticated_opens_no_door(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    class Forgetful(Person):
        def is_authenticated(self) -> bool:  # type: ignore[override]
            return False

    site.people["kim"] = Forgetful("kim")
    over_a_view(site.app, guard, opened)
    visitor.signs_in("kim")

    with pytest.raises(UserError, match="is_authenticated is a method"):
        visitor.get("/diary")
    assert not opened


def test_who_says_that_they_are_not_authenticated_is_believed(
    site: Site, visitor: Visitor, guard: Guard, opened: list[str]
) -> None:
    class Pending(Person):
        is_authenticated = False

    site.people["kim"] = Pending("kim")
    over_a_view(site.app, guard, opened)
    visitor.signs_in("kim")

    assert visitor.get("/diary").status_code == 302
    assert not opened


def test_a_guard_for_staff_lets_members_go_no_further(
    site: Site, visitor: Visitor, opened: list[str]
) -> None:
    a_second_manager(site)
    over_a_view(site.app, login_required(name="staff"), opened)
    visitor.signs_in("ada")

    assert visitor.get("/diary").location == "/staff-only?next=%2Fdiary"
    assert not opened


@pytest.mark.parametrize(
    "staff_guard",
    [
        pytest.param(login_required(name="staff"), id="login"),
        pytest.param(fresh_login_required(name="staff"), id="fresh"),
    ],
)
def test_staff_pass_the_guard_for_staff_and_not_the_one_for_members(
    site: Site, visitor: Visitor, opened: list[str], staff_guard: Guard
) -> None:
    a_second_manager(site)
    over_a_view(site.app, staff_guard, opened)
    visitor.post("/staff/kim")

    answer = visitor.get("/diary")

    assert opened == ["GET"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert visitor.get("/secret").status_code == 302


def a_second_manager(site: Site) -> None:
    staff = LoginManager(name="staff")
    staff.login_view = "/staff-only"
    staff.clock = site.clock
    staff.user_loader(Person)
    staff.init_app(site.app)

    @site.app.post("/staff/<person_id>")
    def staff_door(person_id: str) -> str:
        login_user(Person(person_id), name="staff")
        return "in"


# --- In other people's tests.


def test_who_replaces_get_user_in_a_test_is_that_user(visitor: Visitor) -> None:
    with mock.patch("flask_signet.current.get_user", return_value=Person("kim")):
        assert visitor.get("/secret").text == "a secret for kim"


def test_who_replaces_get_user_by_nobody_is_nobody(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    with mock.patch("flask_signet.current.get_user", return_value=None):
        assert visitor.get("/secret").status_code == 302
        assert visitor.who() == "None"
    assert visitor.who() == "ada"


def test_who_replaces_login_fresh_in_a_test_is_as_fresh_as_it_says(
    stale: Visitor,
) -> None:
    with mock.patch("flask_signet.login.login_fresh", return_value=True):
        assert stale.get("/fresh").text == "a fresh secret for ada"
    assert stale.get("/fresh").status_code == 401


# --- What cannot be guarded.


@pytest.mark.parametrize(
    ("thing", "hint"),
    [
        pytest.param(7, "", id="a number"),
        pytest.param(list, "", id="any class"),
        pytest.param(
            "staff", " (for a manager's name write name='staff')", id="a name"
        ),
    ],
)
def test_what_is_no_view_is_refused_where_the_guard_is_written(
    thing: Any, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        login_required(thing)

    assert str(caught.value) == (
        f"What a guard is put over is {thing!r}; it should be a function or a class of"
        f" views{hint}."
    )
