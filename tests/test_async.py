"""Loaders, handlers and views that are async, and those that are not, in every pair."""

from typing import Any

import pytest
from flask import render_template_string, request
from flask.typing import ResponseReturnValue

from flask_signet import (
    ConfigError,
    LoginManager,
    awaited,
    current_user,
    get_user,
    login_required,
    login_user,
)
from support import Clock, Person, Site, Visitor


@pytest.fixture(params=[True, False], ids=["async loader", "plain loader"])
def loading(site: Site, request: pytest.FixtureRequest) -> Site:
    async def load(user_id: str) -> Person | None:
        return site.load(user_id)

    site.manager.user_loader(load if request.param else site.load)
    add_views(site)
    return site


def add_views(site: Site) -> None:
    @site.app.get("/plain")
    def plain() -> str:
        return who()

    @site.app.get("/plain/guarded")
    @login_required
    def plain_and_guarded() -> str:
        return who()

    @site.app.get("/async")
    async def not_plain() -> str:
        return who()

    @site.app.get("/async/guarded")
    @login_required
    async def not_plain_and_guarded() -> str:
        return who()

    @site.app.get("/async/template")
    async def template() -> str:
        return render_template_string("{{ current_user.id }}")


def who() -> str:
    return str(getattr(get_user(), "id", None))


VIEWS = ["/plain", "/plain/guarded", "/async", "/async/guarded", "/async/template"]


@pytest.mark.parametrize("path", VIEWS)
def test_who_is_in_is_known_whichever_is_async(loading: Site, path: str) -> None:
    visitor = loading.visitor()
    visitor.signs_in("ada")
    loading.asked.clear()

    assert visitor.get(path).text == "ada"
    assert loading.asked == ["ada"]


@pytest.mark.parametrize("path", VIEWS)
def test_who_is_remembered_is_known_whichever_is_async(
    loading: Site, path: str
) -> None:
    visitor = loading.visitor()
    visitor.signs_in("ada", remember="yes")
    visitor.restarts()

    assert visitor.get(path).text == "ada"
    assert visitor.cookie("session")


@pytest.mark.parametrize("path", ["/plain/guarded", "/async/guarded"])
def test_a_stranger_is_sent_away_whichever_is_async(loading: Site, path: str) -> None:
    visitor = loading.visitor()
    with visitor.client.session_transaction() as held:
        held["_user_id"] = "nobody"

    assert visitor.get(path).status_code == 302


@pytest.mark.parametrize("path", ["/plain", "/async"])
def test_a_request_loader_may_be_async(loading: Site, path: str) -> None:
    @loading.manager.request_loader
    async def load(asked: Any) -> Person | None:
        return loading.people.get(asked.headers.get("Key", ""))

    visitor = loading.visitor()

    assert visitor.get(path, headers={"Key": "bob"}).text == "bob"
    assert visitor.get(path).text == "None"


@pytest.mark.parametrize("path", ["/plain/guarded", "/async/guarded"])
def test_a_handler_for_strangers_may_be_async(loading: Site, path: str) -> None:
    @loading.manager.unauthorized_handler
    async def answer() -> ResponseReturnValue:
        return f"not {request.path}", 403

    refused = loading.visitor().get(path)

    assert (refused.status_code, refused.text) == (403, f"not {path}")


def test_a_handler_for_old_proofs_may_be_async(loading: Site) -> None:
    @loading.manager.needs_refresh_handler
    async def answer() -> ResponseReturnValue:
        return "prove it", 403

    visitor = loading.visitor()
    visitor.signs_in("ada", stale="yes")

    assert visitor.get("/fresh").text == "prove it"


def test_a_loader_that_asks_who_is_there_does_not_go_round(
    site: Site, visitor: Visitor
) -> None:
    asked = []

    @site.manager.user_loader
    async def load(user_id: str) -> Person | None:
        asked.append(who())
        return site.people.get(user_id)

    visitor.signs_in("ada")

    assert visitor.who() == "ada"
    assert asked == ["None"]


def test_loaders_that_ask_one_another_do_not_go_round(clock: Clock) -> None:
    site = Site(clock)
    staff = LoginManager(site.app, name="staff")

    @site.manager.user_loader
    def load(user_id: str) -> Person | None:
        get_user(name="staff")
        return site.people.get(user_id)

    @staff.user_loader
    def load_staff(user_id: str) -> Person | None:
        get_user()
        return site.people.get(user_id)

    @site.app.post("/staff/in")
    def staff_in() -> str:
        login_user(site.people["bob"], name="staff")
        return "in"

    @site.app.get("/both")
    def both() -> list[str]:
        return [get_user().id, get_user(name="staff").id]

    visitor = site.visitor()
    visitor.signs_in("ada")
    visitor.post("/staff/in")

    assert visitor.get("/both").json == ["ada", "bob"]


def test_what_an_async_loader_raises_is_what_the_application_gets(
    site: Site, visitor: Visitor
) -> None:
    @site.manager.user_loader
    async def load(user_id: str) -> None:
        raise LookupError(user_id)

    visitor.signs_in("ada")

    with pytest.raises(LookupError, match="ada"):
        visitor.who()


def test_without_flasks_extra_it_is_said_which_loader_wants_it(
    site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("Install Flask with the 'async' extra.")

    @site.manager.user_loader
    async def load(_: str) -> None: ...

    monkeypatch.setattr(site.app, "async_to_sync", refuse)
    visitor.signs_in("ada")

    with pytest.raises(ConfigError, match=r"^The user_loader is async; install flask"):
        visitor.who()


@pytest.mark.parametrize("path", ["/plain", "/async"])
def test_a_view_that_raises_an_attribute_error_is_called_once(
    site: Site, visitor: Visitor, path: str
) -> None:
    called = []

    def call() -> None:
        called.append(current_user.id)
        raise AttributeError("nothing")

    @site.app.get("/plain")
    @login_required
    def plain() -> None:
        call()

    @site.app.get("/async")
    @login_required
    async def not_plain() -> None:
        call()

    visitor.signs_in("ada")

    with pytest.raises(AttributeError, match="nothing"):
        visitor.get(path)
    assert called == ["ada"]


@pytest.mark.parametrize("whose", ["user_loader", "request_loader"])
def test_without_flasks_extra_nobody_has_to_sign_in_to_find_out(
    site: Site, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    async def load(_: object) -> None: ...

    getattr(site.manager, whose)(load)
    monkeypatch.setattr(awaited, "find_spec", lambda _: None)

    with pytest.raises(ConfigError) as caught:
        visitor.get("/")

    assert str(caught.value) == (
        f"The {whose} 'load' is async; install flask[async], or write it without async."
    )
