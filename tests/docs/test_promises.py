"""What docs/explanation/what-it-promises.md says, tried with the real thing."""

import functools
import hmac
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import flask_session
import pytest
from cachelib import FileSystemCache
from flask import Flask, Response, g, session, stream_with_context
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from flask_signet import (
    LoginManager,
    UserMixin,
    config,
    current_user,
    get_user,
    keep_signed_in,
    login_required,
    login_user,
    logout_user,
)
from support import DAY, HOUR, KEY, SECOND, Clock, Member, Person, Site, Visitor

ELSEWHERE = {"User-Agent": "another browser"}


@pytest.fixture
def lasting(site: Site, visitor: Visitor) -> Visitor:
    """Ada's browser, in a permanent session."""

    @site.app.post("/in-for-long")
    def sign_in_for_long() -> str:
        session.permanent = True
        login_user(site.people["ada"])
        return "in"

    visitor.post("/in-for-long")
    return visitor


@contextmanager
def later(passed: timedelta) -> Iterator[None]:
    now = time.time() + passed.total_seconds()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        yield


def copied(site: Site, visitor: Visitor, *names: str) -> Visitor:
    """Give a thief these cookies."""
    thief = site.visitor()
    for name in names:
        value = visitor.cookie(name)
        assert value
        thief.client.set_cookie(name, value)
    return thief


def arrives(answer: TestResponse, visitor: Visitor) -> None:
    """Let a browser take the session cookie of an answer that was under way."""
    for header in answer.headers.getlist("Set-Cookie"):
        for name, cookie in SimpleCookie(header).items():
            visitor.client.set_cookie(name, cookie.value)


def cookies_set(answer: TestResponse) -> list[str]:
    return [each.partition("=")[0] for each in answer.headers.getlist("Set-Cookie")]


# What it keeps ----------------------------------------------------------------------


def test_a_cookie_that_was_not_signed_here_never_reaches_the_loader(
    site: Site, visitor: Visitor
) -> None:
    other = Flask("other")
    other.secret_key = "another key"
    forged = other.session_interface.get_signing_serializer(other)  # type: ignore[attr-defined]
    visitor.client.set_cookie("session", forged.dumps({"_user_id": "ada"}))
    visitor.client.set_cookie("remember_token", "ada")

    assert visitor.who() == "None"
    assert site.asked == []


def test_what_is_secret_is_compared_in_constant_time(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    compare = hmac.compare_digest

    def counted(one: Any, other: Any) -> bool:
        compared.append(one)
        return compare(one, other)

    visitor.signs_in("ada")
    monkeypatch.setattr(hmac, "compare_digest", counted)
    visitor.who()

    assert len(compared) >= 2  # the session's signature, the stamp's seal


def test_a_page_that_asks_nothing_leaves_the_session_alone(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada", remember="yes")
    site.asked.clear()
    answer = visitor.get("/")

    assert site.asked == []
    assert "Vary" not in answer.headers
    assert cookies_set(answer) == []


def test_who_is_signed_in_is_looked_up_once_a_request(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    site.asked.clear()
    visitor.get("/secret")

    assert site.asked == ["ada"]


def test_after_a_refused_session_the_remember_cookie_is_tried(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada", remember="yes")
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "bob"  # whose stamp is another
    site.asked.clear()

    assert visitor.who() == "ada"
    assert site.asked == ["bob", "ada"]


# A copied cookie --------------------------------------------------------------------


def test_a_copied_session_cookie_works_after_the_logout(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    thief = copied(site, visitor, "session")
    visitor.signs_out()

    assert thief.who() == "ada"


def test_a_copied_session_cookie_ends_31_days_after_it_was_written(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    thief = copied(site, visitor, "session")

    with later(31 * DAY - HOUR):
        assert thief.who() == "ada"
    with later(31 * DAY + HOUR):
        assert thief.who() == "None"


def test_a_permanent_session_never_ends_for_who_keeps_coming(
    lasting: Visitor,
) -> None:
    for month in range(1, 13):
        with later(month * 30 * DAY):
            assert lasting.who() == "ada"


def test_a_copied_remember_cookie_works_after_the_logout_until_its_end(
    site: Site, clock: Clock, visitor: Visitor
) -> None:
    visitor.signs_in("ada", remember="yes", seconds="3600")
    thief = copied(site, visitor, "remember_token")
    other = copied(site, visitor, "remember_token")
    visitor.signs_out()

    clock.passes(HOUR - SECOND)
    assert thief.who() == "ada"
    clock.passes(SECOND)
    assert other.who() == "None"


@pytest.mark.parametrize("name", ["session", "remember_token"])
def test_a_copied_cookie_ends_when_the_stamp_changes(
    site: Site, visitor: Visitor, name: str
) -> None:
    visitor.signs_in("ada", remember="yes")
    thief = copied(site, visitor, name)
    site.people["ada"].password = "another"  # type: ignore[attr-defined]

    assert thief.who() == "None"


def test_with_sessions_on_the_server_a_copied_cookie_ends_with_the_logout(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    site.app.config["SESSION_TYPE"] = "cachelib"
    site.app.config["SESSION_CACHELIB"] = FileSystemCache(str(tmp_path))
    flask_session.Session(site.app)
    visitor.signs_in("ada", remember="yes")
    thief = copied(site, visitor, "session")
    visitor.signs_out()

    assert thief.who() == "None"


def test_with_sessions_on_the_server_a_copied_remember_cookie_does_not(
    site: Site, visitor: Visitor, tmp_path: Path
) -> None:
    site.app.config["SESSION_TYPE"] = "cachelib"
    site.app.config["SESSION_CACHELIB"] = FileSystemCache(str(tmp_path))
    flask_session.Session(site.app)
    visitor.signs_in("ada", remember="yes")
    thief = copied(site, visitor, "remember_token")
    visitor.signs_out()

    assert thief.who() == "ada"


def test_a_logout_ends_one_browser_and_no_other(site: Site) -> None:
    laptop, phone = site.visitor(), site.visitor()
    laptop.signs_in("ada")
    phone.signs_in("ada")
    laptop.signs_out()

    assert phone.who() == "ada"


@pytest.mark.parametrize("why", ["deleted", "shut out", "another key"])
def test_a_copied_session_cookie_ends_with_the_account_or_the_key(
    site: Site, visitor: Visitor, why: str
) -> None:
    visitor.signs_in("eve")
    thief = copied(site, visitor, "session")
    if why == "deleted":
        del site.people["eve"]
    elif why == "shut out":
        site.people["eve"].active = False
    else:
        site.app.config["SECRET_KEY"] = "another key"

    assert thief.who() == "None"


def test_until_somebody_signs_in_a_stranger_sees_what_was_left_behind(
    site: Site, visitor: Visitor
) -> None:
    @site.app.post("/cart")
    def put() -> str:
        session["cart"] = f"a present from {current_user.id}"
        return "put"

    @site.app.get("/cart")
    def cart() -> str:
        return str(session.get("cart"))

    visitor.signs_in("ada")
    visitor.post("/cart")
    visitor.signs_out()
    assert visitor.get("/cart").text == "a present from ada"
    visitor.signs_in("bob")
    assert visitor.get("/cart").text == "None"


def test_a_view_may_clear_the_session_and_the_logout_holds(
    site: Site, visitor: Visitor
) -> None:
    @site.app.post("/out-and-clear")
    def out_and_clear() -> str:
        logout_user()
        session.clear()
        return "out"

    visitor.signs_in("ada", remember="yes")
    visitor.post("/out-and-clear")

    assert visitor.who() == "None"
    assert visitor.cookie("remember_token") is None


# A late answer ----------------------------------------------------------------------


def test_a_late_answer_of_a_permanent_session_undoes_a_logout(
    lasting: Visitor,
) -> None:
    slow = lasting.get("/secret")
    lasting.signs_out()
    assert lasting.who() == "None"
    arrives(slow, lasting)

    assert lasting.who() == "ada"


def test_even_a_public_page_sends_a_permanent_session_again(lasting: Visitor) -> None:
    assert cookies_set(lasting.get("/")) == ["session"]


def test_without_the_refreshing_a_late_answer_brings_nothing_back(
    site: Site, lasting: Visitor
) -> None:
    site.app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    slow = lasting.get("/secret")
    lasting.signs_out()
    arrives(slow, lasting)

    assert lasting.who() == "None"


def test_a_late_answer_that_wrote_the_session_undoes_a_logout(
    site: Site, visitor: Visitor
) -> None:
    @site.app.get("/slow")
    def slow_view() -> str:
        session["seen"] = "this"
        return "done"

    visitor.signs_in("ada")
    slow = visitor.get("/slow")
    visitor.signs_out()
    arrives(slow, visitor)

    assert visitor.who() == "ada"


def test_who_is_only_remembered_is_given_a_session_by_the_first_answer(
    visitor: Visitor,
) -> None:
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert cookies_set(visitor.get("/secret")) == ["session"]
    assert cookies_set(visitor.get("/secret")) == []


def test_a_late_first_answer_of_somebody_remembered_undoes_a_logout(
    visitor: Visitor,
) -> None:
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()
    slow = visitor.get("/secret")
    visitor.signs_out()
    arrives(slow, visitor)

    assert visitor.who() == "ada"


# The stamp --------------------------------------------------------------------------


def test_a_new_stamp_ends_a_sign_in_at_its_next_request_and_not_within_one(
    site: Site, visitor: Visitor
) -> None:
    @site.app.get("/changed-elsewhere")
    @login_required
    def changed_elsewhere() -> str:
        site.people["ada"].password = "another"  # type: ignore[attr-defined]
        return str(current_user.id)

    visitor.signs_in("ada")

    assert visitor.get("/changed-elsewhere").text == "ada"
    assert visitor.who() == "None"


def test_a_new_stamp_ends_every_sign_in_but_the_one_that_is_kept(site: Site) -> None:
    @site.app.post("/password")
    @login_required
    def new_password() -> str:
        current_user.password = "another"
        keep_signed_in(current_user)
        return "changed"

    laptop, phone = site.visitor(), site.visitor()
    laptop.signs_in("ada", remember="yes")
    phone.signs_in("ada", remember="yes")
    laptop.post("/password")

    assert phone.who() == "None"
    assert laptop.who() == "ada"
    laptop.restarts()
    assert laptop.who() == "ada"


def test_who_has_no_stamp_stays_in_whatever_becomes_of_the_password(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("eve")
    site.people["eve"].password = "another"  # type: ignore[attr-defined]

    assert visitor.who() == "eve"


def test_a_stamp_that_is_new_to_the_users_signs_everybody_out_once(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("eve")
    site.people["eve"] = Member("eve")

    assert visitor.who() == "None"


def test_a_stamp_that_is_taken_away_is_asked_for_no_more(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    site.people["ada"] = Person("ada")

    assert visitor.who() == "ada"


def test_without_a_stamp_the_next_owner_of_an_id_inherits_its_sign_ins(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("eve")
    site.people["eve"] = Person("eve")  # somebody new, by the old id

    assert visitor.who() == "eve"


def test_with_a_stamp_the_next_owner_of_an_id_inherits_nothing(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    site.people["ada"] = somebody_new = Member("ada")
    somebody_new.password = "a password of their own"

    assert visitor.who() == "None"


def test_the_stamp_stands_in_no_cookie(site: Site, visitor: Visitor) -> None:
    visitor.signs_in("ada", remember="yes")
    with visitor.client.session_transaction() as held:
        in_session = str(dict(held))

    assert "first password" not in in_session
    assert "first password" not in str(visitor.cookie("remember_token"))


# Session protection -----------------------------------------------------------------


def test_under_basic_another_browser_is_let_in_but_not_as_fresh(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada")
    thief = copied(site, visitor, "session")

    assert thief.get("/secret", headers=ELSEWHERE).status_code == 200
    assert thief.get("/how", headers=ELSEWHERE).json == {
        "fresh": False,
        "remembered": False,
    }


def test_under_strong_another_browser_is_nobody(site: Site, visitor: Visitor) -> None:
    site.manager.session_protection = "strong"
    visitor.signs_in("ada")
    thief = copied(site, visitor, "session")

    assert thief.get("/who", headers=ELSEWHERE).text == "None"


def test_strong_does_not_look_at_the_remember_cookie(
    site: Site, visitor: Visitor
) -> None:
    site.manager.session_protection = "strong"
    visitor.signs_in("ada", remember="yes")
    thief = copied(site, visitor, "remember_token")

    assert thief.get("/who", headers=ELSEWHERE).text == "ada"


def test_strong_signs_out_who_has_a_new_address(visitor: Visitor, site: Site) -> None:
    site.manager.session_protection = "strong"
    visitor.signs_in("ada")
    in_the_train = {"REMOTE_ADDR": "192.0.2.7"}

    assert visitor.get("/who", environ_base=in_the_train).text == "None"


def test_behind_a_proxy_everybody_has_the_address_of_the_proxy(
    site: Site, visitor: Visitor
) -> None:
    site.manager.session_protection = "strong"
    visitor.signs_in("ada")
    thief = copied(site, visitor, "session")

    forwarded = {"X-Forwarded-For": "192.0.2.7"}
    assert thief.get("/who", headers=forwarded).text == "ada"


def test_the_address_cannot_be_read_from_the_session(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    with visitor.client.session_transaction() as held:
        assert "127.0.0.1" not in str(dict(held))
        assert len(held["_id"]) == 32


# The look at the routes -------------------------------------------------------------


def without_wraps(view: Callable[..., Any]) -> Callable[..., Any]:
    def around(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return around


def test_above_a_decorator_without_wraps_a_guard_is_not_found(
    site: Site, visitor: Visitor
) -> None:
    @login_required
    @without_wraps
    @site.app.get("/meant-to-be-secret")
    def meant_to_be_secret() -> str:
        return "a secret"

    assert visitor.get("/meant-to-be-secret").text == "a secret"


def test_below_a_cache_a_guard_is_not_asked(site: Site) -> None:
    @site.app.get("/cached")
    @functools.cache
    @login_required
    def cached() -> str:
        return f"a secret for {current_user.id}"

    ada, stranger = site.visitor(), site.visitor()
    ada.signs_in("ada")
    ada.get("/cached")

    assert stranger.get("/cached").text == "a secret for ada"


def test_a_guard_over_a_bound_method_is_not_looked_after(
    site: Site, visitor: Visitor
) -> None:
    class Pages:
        def letters(self) -> str:
            return "a secret"

    pages = Pages()
    site.app.add_url_rule("/method", view_func=pages.letters)
    login_required(pages.letters)  # what this gives is registered nowhere

    assert visitor.get("/method").text == "a secret"


def test_what_is_put_among_the_views_after_the_first_request_is_not_looked_at(
    site: Site, visitor: Visitor
) -> None:
    def secret() -> str:
        return "a secret"

    visitor.get("/")
    login_required(secret)
    site.app.view_functions["secret"] = secret

    assert visitor.get("/secret").text == "a secret"


def test_a_view_that_nobody_guards_is_open(site: Site, visitor: Visitor) -> None:
    @site.app.get("/forgotten")
    def forgotten() -> str:
        return "a secret"

    assert visitor.get("/forgotten").text == "a secret"


# OPTIONS ----------------------------------------------------------------------------


def test_a_stranger_is_answered_to_options_but_not_by_the_view(
    site: Site, visitor: Visitor
) -> None:
    @site.app.route("/letters", methods=["GET", "OPTIONS"])
    @login_required
    def letters() -> str:
        return "ada's letters"

    answer = visitor.client.options("/letters")

    assert answer.status_code == 200
    assert answer.text == ""
    assert answer.allow.as_set() == {"get", "head", "options"}


def test_another_exempt_method_runs_the_view(
    site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "EXEMPT_METHODS", {"OPTIONS", "PROPFIND"})

    @site.app.route("/letters", methods=["PROPFIND"])
    @login_required
    def letters() -> str:
        return "ada's letters"

    assert visitor.client.open("/letters", method="PROPFIND").text == "ada's letters"


# Caches and the back button ---------------------------------------------------------


def test_a_guarded_page_stays_in_no_cache(visitor: Visitor) -> None:
    visitor.signs_in("ada")

    assert visitor.get("/secret").headers["Cache-Control"] == "no-store"


def test_what_the_view_says_of_caches_stands(site: Site, visitor: Visitor) -> None:
    @site.app.get("/kept")
    @login_required
    def kept() -> ResponseReturnValue:
        return "a secret", {"Cache-Control": "private, max-age=60"}

    visitor.signs_in("ada")

    assert visitor.get("/kept").headers["Cache-Control"] == "private, max-age=60"


def test_a_page_without_a_guard_is_not_kept_out_of_caches(visitor: Visitor) -> None:
    visitor.signs_in("ada")
    answer = visitor.get("/who")

    assert answer.text == "ada"
    assert "Cache-Control" not in answer.headers
    assert answer.headers["Vary"] == "Cookie"


# One request, one person ------------------------------------------------------------


def test_in_one_app_context_each_request_is_its_own(site: Site) -> None:
    ada, stranger = site.visitor(), site.visitor()

    with site.app.app_context():
        ada.signs_in("ada")
        assert ada.who() == "ada"
        assert stranger.who() == "None"
        assert not hasattr(g, "_login_user")


def test_a_request_within_a_request_is_not_the_outer_one(
    site: Site, visitor: Visitor
) -> None:
    @site.app.get("/both")
    @login_required
    def both() -> str:
        inner = site.visitor().who()
        return f"{current_user.id} and {inner} and {current_user.id}"

    visitor.signs_in("ada")

    assert visitor.get("/both").text == "ada and None and ada"


def test_what_a_test_puts_on_g_is_good_for_one_request(
    site: Site, visitor: Visitor
) -> None:
    with site.app.app_context():
        g._login_user = site.people["bob"]

        assert visitor.who() == "bob"
        assert visitor.who() == "None"


def test_outside_a_request_there_is_nobody(site: Site) -> None:
    with site.app.app_context():
        assert get_user() is None
        with pytest.raises(AttributeError):
            _ = current_user.is_authenticated


# When the answer has gone -----------------------------------------------------------


def test_a_sign_in_within_a_streamed_answer_is_not_kept(
    site: Site, visitor: Visitor
) -> None:
    @site.app.get("/stream")
    def stream() -> Response:
        def pieces() -> Iterator[str]:
            login_user(site.people["ada"], remember=True)
            yield str(current_user.get_id())

        return Response(stream_with_context(pieces()))

    answer = visitor.get("/stream")

    assert answer.text == "ada"
    assert cookies_set(answer) == []
    assert visitor.who() == "None"


def test_after_a_sign_in_by_a_late_hook_the_next_answer_remembers(
    site: Site, visitor: Visitor
) -> None:
    @site.app.get("/late")
    def late() -> str:
        g.late = True
        return "in, in a moment"

    @site.app.after_request
    def sign_in(response: Response) -> Response:
        if g.get("late"):
            login_user(site.people["ada"], remember=True)
        return response

    assert cookies_set(visitor.get("/late")) == ["session"]
    assert visitor.cookie("remember_token") is None
    visitor.get("/secret")

    assert visitor.cookie("remember_token")


# Inactive, forced -------------------------------------------------------------------


def test_who_is_shut_out_is_out_at_the_next_request(
    site: Site, visitor: Visitor
) -> None:
    visitor.signs_in("ada", remember="yes")
    site.people["ada"].active = False

    assert visitor.who() == "None"


def test_who_was_let_in_by_force_stays_in(site: Site, visitor: Visitor) -> None:
    site.people["ada"].active = False
    visitor.signs_in("ada", force="yes")

    assert visitor.who() == "ada"


# The key -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "seen"), [("eve", "eve"), ("ada", "None")])
def test_who_knows_the_key_is_whoever_has_no_stamp(
    site: Site, visitor: Visitor, name: str, seen: str
) -> None:
    other = Flask("other")
    other.secret_key = KEY
    forge = other.session_interface.get_signing_serializer(other)  # type: ignore[attr-defined]
    visitor.client.set_cookie("session", forge.dumps({"_user_id": name}))

    assert visitor.who() == seen


# Two applications -------------------------------------------------------------------


def make_app(name: str, key: str, **settings: object) -> Flask:
    app = Flask(name)
    app.config.update(SECRET_KEY=key, TESTING=True, **settings)
    people = {"1": type("User", (UserMixin,), {"id": "1", "name": f"{name}'s first"})()}
    LoginManager(app).user_loader(people.get)

    @app.post("/in")
    def sign_in() -> str:
        login_user(people["1"])
        return "in"

    @app.post("/out")
    def sign_out() -> str:
        logout_user()
        return "out"

    @app.get("/who")
    def who() -> str:
        user = get_user()
        return user.name if user else "nobody"

    return app


def test_two_applications_with_one_key_take_each_others_sign_ins() -> None:
    shop, blog = make_app("shop", KEY), make_app("blog", KEY)
    browser, same_browser = shop.test_client(), blog.test_client()
    browser.post("/in")
    cookie = browser.get_cookie("session")
    assert cookie
    same_browser.set_cookie("session", cookie.value)

    assert same_browser.get("/who").text == "blog's first"
