"""What testers found in guards and their order, so that nobody finds it again."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from flask import Blueprint, request_started

from flask_signet import (
    ConfigError,
    GuardOrderError,
    LoginManager,
    UserError,
    fresh_login_required,
    login_fresh,
    login_required,
)
from support import HOUR, MINUTE, Clock, Person, Site, Visitor


@pytest.fixture
def live(clock: Clock) -> Site:
    site = Site(clock)
    site.app.testing = False
    return site


def decorating(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def decorated(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return decorated


@pytest.mark.parametrize("kind", ["stranger", "stale"])
def test_a_handler_that_answers_none_opens_no_club(clock: Clock, kind: str) -> None:
    site = Site(clock, PROPAGATE_EXCEPTIONS=False)
    site.manager.unauthorized_handler(lambda: None)
    site.manager.needs_refresh_handler(lambda: None)
    opened: list[str] = []
    club = Blueprint("club", __name__)

    @club.before_request
    @fresh_login_required
    def at_the_door() -> None:
        opened.append("the door")

    @club.get("/club")
    def room() -> str:
        opened.append("the room")
        return "the room"

    site.app.register_blueprint(club)
    visitor = site.visitor()
    if kind == "stale":
        visitor.signs_in("ada", stale="yes")

    answer = visitor.get("/club")

    assert "the room" not in answer.text
    assert not opened


def test_a_guard_over_a_decorator_over_the_route_is_found(
    site: Site, visitor: Visitor
) -> None:
    @login_required
    @decorating
    @site.app.get("/diary")
    def diary() -> str:
        return "Dear diary"

    with pytest.raises(GuardOrderError, match="diary"):
        visitor.get("/diary")


def test_a_guard_over_a_decorator_over_the_route_lets_no_stranger_in(
    live: Site,
) -> None:
    @login_required
    @decorating
    @live.app.get("/diary")
    def diary() -> str:
        return "Dear diary"

    assert live.visitor().get("/diary").status_code == 302


def test_two_guards_above_the_route_are_both_put_in_place(live: Site) -> None:
    @fresh_login_required
    @login_required
    @live.app.get("/diary")
    def diary() -> str:
        return "Dear diary"

    visitor = live.visitor()
    visitor.signs_in("ada", stale="yes")

    assert visitor.get("/diary").status_code == 401


def test_a_door_put_in_its_place_answers_options_for_the_rooms(live: Site) -> None:
    club = Blueprint("club", __name__)

    @login_required
    @club.before_request
    def at_the_door() -> None: ...

    @club.route("/club", methods=["GET", "OPTIONS"])
    def room() -> str:
        return "the room's own answer"

    live.app.register_blueprint(club)

    assert live.visitor().client.options("/club").text == ""


def test_the_look_leaves_nothing_behind_with_flask(clock: Clock) -> None:
    before = {*request_started.receivers}
    site = Site(clock)

    site.visitor().get("/")

    assert not {*request_started.receivers} - before


def test_two_named_managers_share_no_key(site: Site) -> None:
    LoginManager(site.app, name="a")

    with pytest.raises(ConfigError):
        LoginManager(site.app, name="seconds_a")


def test_a_wrong_order_over_a_view_that_wraps_itself_is_found(
    site: Site, visitor: Visitor
) -> None:
    def circle() -> str:
        return "round"

    circle.__wrapped__ = circle  # type: ignore[attr-defined]
    site.app.add_url_rule("/circle", view_func=circle)
    login_required(circle)

    with pytest.raises(GuardOrderError, match="circle"):
        visitor.get("/")


@pytest.mark.parametrize("max_age", [3600, "1h", timedelta(0), -HOUR])
def test_an_age_that_cannot_be_meant_is_refused_where_it_is_written(
    max_age: Any,
) -> None:
    with pytest.raises(ConfigError, match="max_age"):
        fresh_login_required(max_age=max_age)(lambda: "gold")
    with pytest.raises(ConfigError, match="max_age"):
        login_fresh(max_age)


def test_an_age_given_in_the_views_place_is_refused_where_it_is_written() -> None:
    with pytest.raises((ConfigError, TypeError)):
        fresh_login_required(MINUTE)(lambda: "gold")  # type: ignore[arg-type]


def test_one_guard_at_a_door_and_over_a_view(site: Site, visitor: Visitor) -> None:
    @login_required
    def both() -> None: ...

    club = Blueprint("club", __name__)
    club.before_request(both)
    club.add_url_rule("/club", "both", both, methods=["GET", "OPTIONS"])
    site.app.register_blueprint(club)

    assert visitor.client.options("/club").status_code == 200


@pytest.mark.parametrize("other", [login_required, fresh_login_required(max_age=HOUR)])
def test_one_view_may_be_guarded_otherwise_in_another_application(
    clock: Clock, other: Any
) -> None:
    def diary() -> str:
        return "Dear diary"

    sites = [Site(clock), Site(clock)]
    for site, guard in zip(
        sites, [fresh_login_required(max_age=MINUTE), other], strict=True
    ):
        site.app.add_url_rule("/diary", view_func=guard(diary))

    assert [site.visitor().get("/diary").status_code for site in sites] == [302, 302]


def test_what_can_be_called_is_not_taken_for_true(site: Site, visitor: Visitor) -> None:
    class No:
        def __call__(self) -> bool:
            return False

    class Forgetful(Person):
        is_authenticated = No()  # or partialmethod, or a compiled class's method

    site.people["kim"] = Forgetful("kim")
    visitor.signs_in("kim")

    with pytest.raises(UserError):
        visitor.get("/secret")
