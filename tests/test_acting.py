"""Being somebody where nobody has signed in."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import copy_current_request_context, session

from flask_signet import (
    LoginManager,
    NotBoundError,
    OutsideRequestError,
    UserError,
    UserMixin,
    confirm_login,
    current_user,
    get_user,
    login_fresh,
    login_required,
    login_user,
    run_as,
)
from support import Site


def test_a_job_is_somebody_while_it_says_so(site: Site) -> None:
    with run_as(site.people["ada"]):
        assert get_user() is site.people["ada"]
        assert current_user.id == "ada"

    assert get_user() is None
    with pytest.raises(OutsideRequestError):
        current_user.get_id()


def test_a_command_is_somebody_in_a_context_of_the_application(site: Site) -> None:
    with site.app.app_context(), run_as(site.people["ada"]):
        assert current_user.id == "ada"


def test_blocks_may_stand_in_one_another(site: Site) -> None:
    with run_as(site.people["ada"]):
        with run_as(site.people["bob"]):
            assert current_user.id == "bob"
            with run_as(None):
                assert get_user() is None
        assert current_user.id == "ada"


def test_an_error_in_the_block_ends_it(site: Site) -> None:
    with pytest.raises(ZeroDivisionError), run_as(site.people["ada"]):
        _ = 1 / 0

    assert get_user() is None


def test_another_thread_is_nobody(site: Site) -> None:
    found: list[Any] = []
    with run_as(site.people["ada"]):
        thread = threading.Thread(target=lambda: found.append(get_user()))
        thread.start()
        thread.join()

    assert found == [None]


def test_a_request_that_begins_meanwhile_has_people_of_its_own(site: Site) -> None:
    bob = site.visitor()
    bob.signs_in("bob")
    with run_as(site.people["ada"]):
        assert (site.visitor().who(), bob.who()) == ("None", "bob")
        assert current_user.id == "ada"


def test_in_a_request_somebody_is_another_for_the_block_alone(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        keys = dict(session)
        with run_as(site.people["bob"]):
            assert current_user.id == "bob"
            assert not login_fresh()
        assert current_user.id == "ada"
        assert login_fresh()
        assert dict(session) == keys


def test_a_view_that_acts_as_another_writes_nothing(site: Site) -> None:
    @site.app.get("/as-bob")
    @login_required
    def as_bob() -> str:
        with run_as(site.people["bob"]):
            return f"{current_user.id} for {session['_user_id']}"

    visitor = site.visitor()
    visitor.signs_in("ada")
    answer = visitor.get("/as-bob")

    assert answer.text == "bob for ada"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_generator_that_is_left_open_ends_with_its_block(site: Site) -> None:
    def pages() -> Iterator[str]:
        with run_as(site.people["ada"]):
            yield str(current_user.id)

    page = pages()

    assert next(page) == "ada"
    page.close()
    assert get_user() is None


def test_who_is_no_user_is_refused(site: Site) -> None:
    with pytest.raises(UserError, match="was given str"), run_as("ada"):
        pytest.fail("nobody runs as a text")


def test_a_request_without_such_people_says_so(site: Site) -> None:
    with (
        site.app.test_request_context(),
        pytest.raises(NotBoundError),
        run_as(site.people["ada"], name="staff"),
    ):
        pytest.fail("there is no staff")


def test_the_two_kinds_of_people_are_apart(site: Site) -> None:
    staff: LoginManager[Any] = LoginManager(site.app, name="staff")

    with staff.run_as(site.people["bob"]), run_as(site.people["ada"]):
        assert (staff.current_user.id, current_user.id) == ("bob", "ada")
        assert staff.get_user() is site.people["bob"]


# --- What an attack has found.


def test_two_tasks_of_one_request_are_two_people(site: Site) -> None:
    @site.app.get("/gather")
    async def gather() -> list[str]:
        async def one(name: str) -> str:
            with run_as(site.people[name]):
                await asyncio.sleep(0)
                return str(current_user.get_id())

        return [*await asyncio.gather(one("ada"), one("bob")), str(get_user())]

    assert site.visitor().get("/gather").json == ["ada", "bob", "None"]


def test_a_thread_of_the_same_request_is_the_visitor(site: Site) -> None:
    found: list[Any] = []

    @site.app.get("/thread")
    @login_required
    def in_a_thread() -> str:
        ask = copy_current_request_context(lambda: found.append(current_user.id))
        with run_as(site.people["bob"]):
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()
            return str(current_user.id)

    visitor = site.visitor()
    visitor.signs_in("ada")

    assert (visitor.get("/thread").text, found) == ("bob", ["ada"])


def test_blocks_in_generators_may_end_in_another_order(site: Site) -> None:
    def acting(name: str) -> Iterator[str]:
        with run_as(site.people[name]):
            yield str(current_user.id)

    with site.app.test_request_context():
        first, second = acting("ada"), acting("bob")
        assert (next(first), next(second)) == ("ada", "bob")
        first.close()
        second.close()

        assert get_user() is None


def test_a_block_that_is_left_in_one_request_is_nothing_in_another(
    site: Site,
) -> None:
    def acting() -> Iterator[str]:
        with run_as(site.people["ada"]):
            yield str(current_user.id)

    left = acting()
    with site.app.test_request_context():
        next(left)
    with site.app.test_request_context():
        assert get_user() is None
        left.close()
        assert get_user() is None


def test_a_proof_within_the_block_proves_nothing_of_the_visitor(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"], fresh=False)
        before = dict(session)
        with run_as(site.people["bob"]):
            confirm_login()

        assert dict(session) == before
        assert not login_fresh()


def test_the_current_user_may_act_as_themselves(site: Site) -> None:
    with site.app.test_request_context():
        login_user(site.people["ada"])
        with run_as(current_user):
            assert current_user.id == "ada"


def test_a_class_is_nobody() -> None:
    with pytest.raises(UserError, match=r"^run_as\(\) was given type, which has no"):
        run_as(UserMixin).__enter__()


def test_what_somebody_sees_by_acting_is_kept_out_of_caches(site: Site) -> None:
    @site.app.get("/letters")
    def letters() -> Any:
        with run_as(site.people["ada"]):
            return login_required(lambda: "ada's letters")()

    answer = site.app.test_client().get("/letters")

    assert answer.headers["Cache-Control"] == "no-store"
