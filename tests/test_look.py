"""The order of decorators: a guard above the route guards nothing, and is found."""

import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial, wraps
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Blueprint, Flask, request_started
from flask.views import MethodView

from flask_signet import (
    GuardOrderError,
    LoginManager,
    current_user,
    fresh_login_required,
    login_required,
)
from flask_signet.look import Guarding
from support import HOUR, MINUTE, SECOND, Clock, Person, Site, Visitor

View = Callable[..., Any]
Way = Callable[[Flask, list[str]], object]
"""Puts a diary on ``/diary``, which notes who read it."""


def dear(read: list[str]) -> str:
    read.append(str(current_user.get_id()))
    return f"Dear {current_user.get_id()}"


def decorating(view: View) -> View:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return decorated


def hiding(view: View) -> View:
    """Decorate without functools.wraps: nobody can see what is under it."""

    def hidden() -> Any:
        return view()

    return hidden


# --- The wrong order.


def above_the_route(app: Flask, read: list[str]) -> None:
    @login_required
    @app.get("/diary")
    def diary() -> str:
        return dear(read)


def above_the_route_and_kept(app: Flask, read: list[str]) -> object:
    @login_required
    @app.get("/diary")
    def diary() -> str:
        return dear(read)

    app.extensions["kept"] = diary
    return diary


def above_the_route_of_an_async_view(app: Flask, read: list[str]) -> None:
    @login_required
    @app.get("/diary")
    async def diary() -> str:
        return dear(read)


def after_add_url_rule(app: Flask, read: list[str]) -> None:
    def diary() -> str:
        return dear(read)

    app.add_url_rule("/diary", view_func=diary)
    login_required(diary)


def before_add_url_rule(app: Flask, read: list[str]) -> None:
    def diary() -> str:
        return dear(read)

    login_required(diary)
    app.add_url_rule("/diary", view_func=diary)


def over_what_a_class_gave(app: Flask, read: list[str]) -> None:
    class Diary(MethodView):
        def get(self) -> str:
            return dear(read)

    diary = Diary.as_view("diary")
    app.add_url_rule("/diary", view_func=diary)
    login_required(diary)


def on_a_blueprint(app: Flask, read: list[str]) -> None:
    books = Blueprint("books", __name__)

    @login_required
    @books.get("/diary")
    def diary() -> str:
        return dear(read)

    app.register_blueprint(books)


def on_a_blueprint_registered_before(app: Flask, read: list[str]) -> None:
    def diary() -> str:
        return dear(read)

    books = Blueprint("books", __name__)
    books.add_url_rule("/diary", view_func=diary)
    app.register_blueprint(books)
    login_required(diary)


def on_a_blueprint_in_a_blueprint(app: Flask, read: list[str]) -> None:
    shelf, books = Blueprint("shelf", __name__), Blueprint("books", __name__)

    @login_required
    @books.get("/diary")
    def diary() -> str:
        return dear(read)

    shelf.register_blueprint(books)
    app.register_blueprint(shelf)


def over_a_decorated_view(app: Flask, read: list[str]) -> None:
    @login_required
    @app.get("/diary")
    @decorating
    def diary() -> str:
        return dear(read)


def under_another_decorator(app: Flask, read: list[str]) -> None:
    @decorating
    @login_required
    @app.get("/diary")
    def diary() -> str:
        return dear(read)


def under_what_an_extension_put_over_it(app: Flask, read: list[str]) -> None:
    above_the_route(app, read)
    app.view_functions["diary"] = decorating(app.view_functions["diary"])


def over_the_right_one(app: Flask, read: list[str]) -> None:
    @fresh_login_required
    @app.get("/diary")
    @login_required
    def diary() -> str:
        return dear(read)


def by_name(way: Callable[..., object]) -> str:
    return way.__name__


@pytest.fixture(
    params=[
        above_the_route,
        above_the_route_and_kept,
        above_the_route_of_an_async_view,
        after_add_url_rule,
        before_add_url_rule,
        over_what_a_class_gave,
        on_a_blueprint,
        on_a_blueprint_registered_before,
        on_a_blueprint_in_a_blueprint,
        over_a_decorated_view,
        under_another_decorator,
        under_what_an_extension_put_over_it,
        over_the_right_one,
    ],
    ids=by_name,
)
def wrong(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
def read() -> list[str]:
    return []


@pytest.fixture
def live(clock: Clock) -> Site:
    """Give the site as it runs where people are: not in a test, not in debug."""
    site = Site(clock)
    site.app.testing = False
    return site


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """List what Signet has logged."""
    ours = (record for record in caplog.records if record.name == "flask_signet")
    return [(record.levelno, record.getMessage()) for record in ours]


def test_who_writes_the_wrong_order_is_told_at_the_first_request_in_a_test(
    site: Site, visitor: Visitor, wrong: Way, read: list[str]
) -> None:
    wrong(site.app, read)

    with pytest.raises(GuardOrderError, match="diary"):
        visitor.get("/")


def test_who_writes_the_wrong_order_is_told_at_the_first_request_in_development(
    live: Site, wrong: Way, read: list[str]
) -> None:
    wrong(live.app, read)
    live.app.debug = True

    with pytest.raises(GuardOrderError, match="diary"):
        live.visitor().get("/diary")
    assert not read


def test_the_wrong_order_lets_no_stranger_in_where_people_are(
    live: Site, wrong: Way, read: list[str]
) -> None:
    wrong(live.app, read)

    assert live.visitor().get("/diary").location == "/login?next=%2Fdiary"
    assert live.visitor().get("/diary").status_code == 302
    assert not read


def test_the_wrong_order_keeps_nobody_out_who_may_come_in(
    live: Site, wrong: Way, read: list[str]
) -> None:
    wrong(live.app, read)
    visitor = live.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/diary").text.startswith("Dear ada")
    assert visitor.get("/diary").headers["Cache-Control"] == "no-store"


def test_who_looks_after_the_site_finds_the_wrong_order_in_the_log_once(
    live: Site, wrong: Way, read: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    wrong(live.app, read)
    visitor = live.visitor()

    visitor.get("/")
    visitor.get("/diary")

    ((level, sentence),) = said(caplog)
    assert level == logging.ERROR
    assert "login_required stands above the route decorator" in sentence
    assert "diary" in sentence
    assert sentence.endswith("It has been put in its place.")


# --- What a developer reads.


def test_the_error_names_the_view_the_file_and_the_line(
    site: Site, visitor: Visitor
) -> None:
    @login_required
    @site.app.get("/diary")
    @decorating
    def diary() -> str:
        return ""

    with pytest.raises(GuardOrderError) as caught:
        visitor.get("/")

    line = test_the_error_names_the_view_the_file_and_the_line.__code__.co_firstlineno
    assert str(caught.value) == (
        "@login_required stands above the route decorator of the view 'diary'"
        f" ({__file__}, line {line + 3}), where it guards nothing: put the route"
        " decorator on top, and @login_required under it."
    )


def test_the_error_names_every_view(site: Site, visitor: Visitor) -> None:
    @login_required
    @site.app.get("/diary")
    def diary() -> str:
        return ""

    @fresh_login_required(max_age=HOUR)
    @site.app.get("/vault")
    def vault() -> str:
        return ""

    with pytest.raises(GuardOrderError) as caught:
        visitor.get("/")

    first, second = str(caught.value).splitlines()
    assert first.startswith("@login_required stands above")
    assert "the view 'diary'" in first
    assert second.startswith("@fresh_login_required stands above")
    assert "the view 'vault'" in second


def test_the_error_names_a_view_that_has_no_line(site: Site, visitor: Visitor) -> None:
    diary = partial(dear, [])
    site.app.add_url_rule("/diary", "diary", diary)
    login_required(diary)

    with pytest.raises(GuardOrderError, match="of the view 'diary', where it guards"):
        visitor.get("/")


def test_the_error_comes_again_until_it_is_mended(
    site: Site, visitor: Visitor, read: list[str]
) -> None:
    above_the_route(site.app, read)

    for path in ["/", "/diary", "/diary"]:
        with pytest.raises(GuardOrderError):
            visitor.get(path)
    assert not read


# --- The same guard is put in its place.


@pytest.mark.parametrize(
    ("guard", "limit"),
    [
        pytest.param(fresh_login_required, 12 * HOUR, id="bare"),
        pytest.param(fresh_login_required(max_age=MINUTE), MINUTE, id="of a minute"),
    ],
)
def test_a_fresh_guard_put_in_its_place_is_as_strict_as_it_was_written(
    live: Site,
    clock: Clock,
    read: list[str],
    guard: Callable[[View], View],
    limit: timedelta,
) -> None:
    @guard
    @live.app.get("/diary")
    def diary() -> str:
        return dear(read)

    visitor = live.visitor()
    visitor.signs_in("ada")

    clock.passes(limit)
    assert visitor.get("/diary").text == "Dear ada"
    clock.passes(SECOND)
    assert visitor.get("/diary").status_code == 401


@pytest.mark.parametrize(
    "guard",
    [
        pytest.param(login_required(name="staff"), id="login"),
        pytest.param(fresh_login_required(name="staff"), id="fresh"),
    ],
)
def test_a_guard_for_staff_put_in_its_place_is_for_staff(
    live: Site, guard: Callable[[View], View]
) -> None:
    staff = LoginManager(name="staff")
    staff.user_loader(Person)
    staff.init_app(live.app)

    @guard
    @live.app.get("/safe")
    def safe() -> str:
        return "gold"

    visitor = live.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/safe").status_code == 401


# --- Before every request.


def a_door(site: Site, read: list[str]) -> Blueprint:
    """Open a club whose guard stands above before_request."""
    club = Blueprint("club", __name__)

    @login_required
    @club.before_request
    def at_the_door() -> None:
        read.append("the door")

    @club.get("/club")
    def room() -> str:
        return dear(read)

    site.app.register_blueprint(club)
    return club


def test_who_guards_the_door_from_above_is_told(
    site: Site, visitor: Visitor, read: list[str]
) -> None:
    a_door(site, read)

    with pytest.raises(GuardOrderError) as caught:
        visitor.get("/")

    line = a_door.__code__.co_firstlineno
    assert str(caught.value) == (
        "@login_required stands above @app.before_request of the before_request"
        f" function 'at_the_door' ({__file__}, line {line + 4}), where it guards"
        " nothing: put @app.before_request on top, and @login_required under it."
    )


def test_a_door_guarded_from_above_lets_no_stranger_in_where_people_are(
    live: Site, read: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    a_door(live, read)

    assert live.visitor().get("/club").location == "/login?next=%2Fclub"
    assert not read
    ((level, sentence),) = said(caplog)
    assert level == logging.ERROR
    assert "'at_the_door'" in sentence


def test_a_door_guarded_from_above_lets_members_in_where_people_are(
    live: Site, read: list[str]
) -> None:
    a_door(live, read)
    visitor = live.visitor()
    visitor.signs_in("ada")

    assert visitor.get("/club").text == "Dear ada"
    assert read == ["the door", "ada"]


def test_one_wrong_door_among_right_ones_is_put_in_its_own_place(
    live: Site, read: list[str]
) -> None:
    live.app.before_request(lambda: read.append("first"))
    login_required(live.app.before_request(lambda: read.append("second")))
    live.app.before_request(lambda: read.append("third"))

    assert live.visitor().get("/").status_code == 302
    assert read == ["first"]


# --- The right order.


def under_the_route(app: Flask, read: list[str]) -> None:
    @app.get("/diary")
    @login_required
    def diary() -> str:
        return dear(read)


def under_the_route_and_a_decorator(app: Flask, read: list[str]) -> None:
    @app.get("/diary")
    @decorating
    @login_required
    def diary() -> str:
        return dear(read)


def between_decorators(app: Flask, read: list[str]) -> None:
    @app.get("/diary")
    @decorating
    @login_required
    @decorating
    def diary() -> str:
        return dear(read)


def between_decorators_that_hide(app: Flask, read: list[str]) -> None:
    def diary() -> str:
        return dear(read)

    app.add_url_rule("/diary", "diary", view_func=hiding(login_required(hiding(diary))))


def twice(app: Flask, read: list[str]) -> None:
    @app.get("/diary")
    @fresh_login_required(max_age=HOUR)
    @login_required
    def diary() -> str:
        return dear(read)


def on_a_nested_blueprint(app: Flask, read: list[str]) -> None:
    shelf, books = Blueprint("shelf", __name__), Blueprint("books", __name__)

    @books.get("/diary")
    @login_required
    def diary() -> str:
        return dear(read)

    shelf.register_blueprint(books)
    app.register_blueprint(shelf)


def over_a_class(app: Flask, read: list[str]) -> None:
    @login_required
    class Diary(MethodView):
        def get(self) -> str:
            return dear(read)

    app.add_url_rule("/diary", view_func=Diary.as_view("diary"))


def over_as_view(app: Flask, read: list[str]) -> None:
    class Diary(MethodView):
        def get(self) -> str:
            return dear(read)

    app.add_url_rule("/diary", view_func=login_required(Diary.as_view("diary")))


def over_a_bound_method(app: Flask, read: list[str]) -> None:
    class Book:
        def diary(self) -> str:
            return dear(read)

    app.add_url_rule("/diary", view_func=login_required(Book().diary))


def at_the_door(app: Flask, read: list[str]) -> None:
    books = Blueprint("books", __name__)
    books.before_request(decorating(login_required(lambda: None)))
    books.add_url_rule("/diary", "diary", partial(dear, read))
    app.register_blueprint(books)


def after_it_was_registered(app: Flask, read: list[str]) -> None:
    app.add_url_rule("/diary", "diary", partial(dear, read))
    app.view_functions["diary"] = login_required(app.view_functions["diary"])


def at_one_of_two_endpoints(app: Flask, read: list[str]) -> None:
    def diary() -> str:
        return dear(read)

    app.add_url_rule("/diary", view_func=login_required(diary))
    app.add_url_rule("/read-aloud", "read_aloud", view_func=diary)


def at_both_endpoints(app: Flask, read: list[str]) -> None:
    diary = login_required(partial(dear, read))
    app.add_url_rule("/diary", "diary", view_func=diary)
    app.add_url_rule("/read-aloud", "read_aloud", view_func=diary)


def beside_a_view_that_carries_nothing(app: Flask, read: list[str]) -> None:
    class Bare:
        __slots__ = ()

        def __call__(self) -> str:
            return "bare"

    under_the_route(app, read)
    app.add_url_rule("/bare", "bare", Bare())


def over_a_callable_that_carries_nothing(app: Flask, read: list[str]) -> None:
    class Bare:
        __slots__ = ()

        def __call__(self) -> str:
            return dear(read)

    app.add_url_rule("/diary", "diary", login_required(Bare()))


def beside_a_view_that_wraps_itself(app: Flask, read: list[str]) -> None:
    def circle() -> str:
        return "round"

    circle.__wrapped__ = circle  # type: ignore[attr-defined]
    under_the_route(app, read)
    app.add_url_rule("/circle", view_func=circle)


@pytest.mark.parametrize(
    "right",
    [
        under_the_route,
        under_the_route_and_a_decorator,
        between_decorators,
        between_decorators_that_hide,
        twice,
        on_a_nested_blueprint,
        over_a_class,
        over_as_view,
        over_a_bound_method,
        at_the_door,
        after_it_was_registered,
        at_one_of_two_endpoints,
        at_both_endpoints,
        beside_a_view_that_carries_nothing,
        over_a_callable_that_carries_nothing,
        beside_a_view_that_wraps_itself,
    ],
    ids=by_name,
)
def test_who_writes_the_right_order_hears_nothing_and_is_guarded(
    site: Site,
    visitor: Visitor,
    read: list[str],
    right: Way,
    caplog: pytest.LogCaptureFixture,
) -> None:
    right(site.app, read)

    assert visitor.get("/diary").status_code == 302
    assert not read
    visitor.signs_in("ada")
    assert visitor.get("/diary").text.startswith("Dear ada")
    assert not said(caplog)


def test_what_is_deliberately_open_beside_a_guarded_endpoint_stays_open(
    live: Site, read: list[str]
) -> None:
    at_one_of_two_endpoints(live.app, read)

    assert live.visitor().get("/read-aloud").text == "Dear None"


# --- One application, and the next.


def test_a_view_guarded_while_serving_may_be_open_in_the_next_application(
    clock: Clock,
) -> None:
    def page() -> str:
        return "a page"

    first, second = Site(clock), Site(clock)

    @first.app.get("/page")
    def guarded_page() -> str:
        return login_required(page)()

    first.visitor().get("/page")

    second.app.add_url_rule("/page", view_func=page)

    assert second.visitor().get("/page").text == "a page"


def test_a_view_guarded_in_an_application_that_is_gone_may_be_open_in_the_next(
    clock: Clock,
) -> None:
    def page() -> str:
        return "a page"

    first = Site(clock)
    first.app.add_url_rule("/page", view_func=login_required(page))
    first.visitor().get("/")
    del first
    gc.collect()

    second = Site(clock)
    second.app.add_url_rule("/page", view_func=page)

    assert second.visitor().get("/page").text == "a page"


def test_one_view_may_be_guarded_in_each_application_of_a_factory(
    clock: Clock, read: list[str]
) -> None:
    def diary() -> str:
        return dear(read)

    sites = [Site(clock), Site(clock)]
    for each in sites:
        each.app.add_url_rule("/diary", view_func=login_required(diary))

    assert [each.visitor().get("/diary").status_code for each in sites] == [302, 302]
    assert read == []


def test_one_guard_does_not_excuse_a_stricter_one_above_the_route(
    site: Site, read: list[str]
) -> None:
    @fresh_login_required
    @site.app.get("/diary")
    @login_required
    def diary() -> str:
        return dear(read)

    with pytest.raises(GuardOrderError, match="@fresh_login_required"):
        site.visitor().get("/diary")


def test_one_guard_does_not_excuse_a_stricter_one_above_another_route(
    site: Site, read: list[str]
) -> None:
    def diary() -> str:
        return dear(read)

    site.app.add_url_rule("/diary", view_func=login_required(diary))
    fresh_login_required(site.app.get("/diary/keys", endpoint="keys")(diary))

    with pytest.raises(GuardOrderError, match="@fresh_login_required stands above"):
        site.visitor().get("/diary")


def test_the_wrong_order_is_found_in_each_application(clock: Clock) -> None:
    books = Blueprint("books", __name__)
    login_required(books.get("/diary")(lambda: "Dear diary"))
    sites = [Site(clock), Site(clock)]

    for site in sites:
        site.app.register_blueprint(books)

    for site in sites:
        with pytest.raises(GuardOrderError):
            site.visitor().get("/diary")


def test_the_right_order_of_one_application_does_not_excuse_the_wrong_one_of_another(
    clock: Clock,
) -> None:
    def diary() -> str:
        return "Dear diary"

    right, wrong = Site(clock), Site(clock)
    guarded = login_required(diary)
    right.app.add_url_rule("/diary", view_func=guarded)
    wrong.app.add_url_rule("/diary", view_func=diary)

    assert right.visitor().get("/diary").status_code == 302
    with pytest.raises(GuardOrderError):
        wrong.visitor().get("/diary")


# --- Two first requests at once.


class Gate(logging.Handler):
    """Stops a look in its middle, where it says that it will mend something."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.opened = Event(), Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.reached.set()
        self.opened.wait(0.2)


@pytest.fixture
def gate() -> Iterator[Gate]:
    log, gate = logging.getLogger("flask_signet"), Gate()
    log.addHandler(gate)
    yield gate
    log.removeHandler(gate)


def two_at_once(app: Flask, gate: Gate) -> list[int]:
    """Ask for the diary, and again while the first one's look is stopped.

    The guard is not in its place then, and the gate stays shut until the second
    request has had its chance to slip past.
    """

    def first() -> int:
        return app.test_client().get("/diary").status_code

    def second() -> int:
        gate.reached.wait(10)
        status = app.test_client().get("/diary").status_code
        gate.opened.set()
        return status

    with ThreadPoolExecutor() as threads:
        asked = [threads.submit(each) for each in (second, first)]
        return [each.result() for each in asked]


def test_of_two_first_requests_neither_comes_before_the_look(
    live: Site, gate: Gate, read: list[str]
) -> None:
    above_the_route(live.app, read)

    assert two_at_once(live.app, gate) == [302, 302]
    assert not read


def test_of_two_first_requests_one_takes_the_look(
    live: Site, gate: Gate, read: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    live.app.config["REMEMBER_COOKIE_REFRESH_EACH_REQUEST"] = True
    above_the_route(live.app, read)

    two_at_once(live.app, gate)

    assert len(said(caplog)) == 1
    assert len(live.app.before_request_funcs[None]) == 1


def test_of_many_first_requests_none_is_let_in(live: Site, read: list[str]) -> None:
    visitors = 8
    start = Barrier(visitors)

    def come(_: int) -> int:
        client = live.app.test_client()
        start.wait()
        return client.get("/diary").status_code

    above_the_route(live.app, read)

    with ThreadPoolExecutor(visitors) as threads:
        answers = [*threads.map(come, range(visitors))]

    assert answers == [302] * visitors
    assert not read


# --- The look costs nothing once it is over, and keeps nothing alive.


def test_the_look_is_over_after_the_first_request(clock: Clock) -> None:
    site = Site(clock)
    assert [*request_started.receivers_for(site.app)]

    site.visitor().get("/")

    assert not [*request_started.receivers_for(site.app)]


def test_an_application_that_never_served_can_go(clock: Clock) -> None:
    site = Site(clock)
    app = weakref.ref(site.app)
    receivers = {*request_started.receivers}

    del site
    gc.collect()

    assert app() is None
    assert {*request_started.receivers} < receivers


def test_an_application_that_served_can_go(clock: Clock, read: list[str]) -> None:
    site = Site(clock, LOGIN_DISABLED=True)
    site.app.testing = False
    above_the_route(site.app, read)
    site.visitor().get("/diary")
    app = weakref.ref(site.app)

    del site
    gc.collect()

    assert app() is None


def test_a_guard_that_nobody_holds_is_gone_at_once() -> None:
    def view() -> str:
        return ""

    guard = weakref.ref(login_required(view))

    assert guard() is None


def test_a_view_that_nobody_holds_is_gone_at_once() -> None:
    def view() -> str:
        return ""

    guarded = login_required(view)
    gone = weakref.ref(view)

    del view, guarded

    assert gone() is None


def test_a_view_guarded_at_each_request_does_not_gather_guards(clock: Clock) -> None:
    def view() -> str:
        return ""

    site = Site(clock)

    @site.app.get("/page")
    def guarded_page() -> str:
        return login_required(view)()

    visitor = site.visitor()
    visitor.get("/page")
    before = guardings_alive()

    for _ in range(10):
        visitor.get("/page")

    assert guardings_alive() == before


def guardings_alive() -> int:
    gc.collect()
    return sum(isinstance(each, Guarding) for each in gc.get_objects())
