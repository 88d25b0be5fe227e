"""What a user is, and what stands for a stranger."""

import pytest
from flask import Flask, g, render_template_string

from drop_in.both import Browser, Library, Site, person


def test_current_user_is_the_user_behind_the_request(
    login: Library, site: Site
) -> None:
    with site.app.test_request_context(headers={"X-Api-Key": "ada"}):
        assert login.current_user == site.people["ada"]
        assert login.current_user._get_current_object() is site.people["ada"]


def test_current_user_is_anonymous_for_a_stranger(login: Library, site: Site) -> None:
    with site.app.test_request_context():
        assert login.current_user.is_anonymous
        assert not login.current_user.is_authenticated
        assert not login.current_user.is_active
        assert login.current_user.get_id() is None


def test_current_user_is_nothing_outside_a_request(login: Library) -> None:
    assert not login.current_user


def test_current_user_is_known_to_templates(site: Site, browser: Browser) -> None:
    @site.app.get("/hello")
    def hello() -> str:
        return render_template_string("Hello, {{ current_user.id }}.")

    browser.post("/in/ada")

    assert browser.get("/hello").told == "Hello, ada."


def test_current_user_stands_on_g_for_dependents(login: Library, site: Site) -> None:
    with site.app.test_request_context(headers={"X-Api-Key": "ada"}):
        assert login.current_user.id == "ada"
        assert g._login_user is site.people["ada"]


def test_who_is_taken_off_g_is_loaded_again(login: Library, site: Site) -> None:
    with site.app.test_request_context(headers={"X-Api-Key": "ada"}):
        assert login.current_user.id == "ada"
        site.people["ada"] = person(login, "ada")
        del g._login_user

        assert login.current_user._get_current_object() is site.people["ada"]


def test_who_is_put_on_g_is_the_current_user(login: Library, site: Site) -> None:
    with site.app.test_request_context():
        g._login_user = site.people["bob"]

        assert login.current_user.id == "bob"


def test_without_a_manager_the_error_is_an_attribute_error(
    login: Library,
) -> None:
    with Flask("bare").test_request_context(), pytest.raises(AttributeError):
        assert login.current_user.id


def test_a_user_mixin_is_active_and_somebody(login: Library) -> None:
    user = login.UserMixin()

    assert (user.is_active, user.is_authenticated, user.is_anonymous) == (
        True,
        True,
        False,
    )


def test_a_user_mixin_gives_its_id_as_text(login: Library) -> None:
    user = login.UserMixin()
    user.id = 7

    assert user.get_id() == "7"


def test_a_user_mixin_without_an_id_says_so(login: Library) -> None:
    with pytest.raises(NotImplementedError, match="No `id` attribute"):
        login.UserMixin().get_id()


def test_user_mixins_of_one_id_are_equal(login: Library) -> None:
    one, same, other = (person(login, name) for name in ("ada", "ada", "bob"))

    assert one == same
    assert one != other
    assert one != "ada"


def test_a_user_mixin_may_stand_in_a_set(login: Library) -> None:
    ada, bob = person(login, "ada"), person(login, "bob")

    assert ada in {ada, bob}


def test_an_anonymous_user_mixin_is_nobody(login: Library) -> None:
    user = login.AnonymousUserMixin()

    told = (user.is_active, user.is_authenticated, user.is_anonymous, user.get_id())
    assert told == (False, False, True, None)


def test_a_stranger_may_be_of_a_class_of_the_applications_own(
    login: Library, site: Site
) -> None:
    class Guest(login.AnonymousUserMixin):  # type: ignore[misc]
        name = "guest"

    site.manager.anonymous_user = Guest

    with site.app.test_request_context():
        assert login.current_user.name == "guest"


def test_id_attribute_names_the_method_that_gives_the_id(
    login: Library, site: Site, browser: Browser
) -> None:
    assert site.manager.id_attribute == login.ID_ATTRIBUTE == "get_id"
    site.manager.id_attribute = "get_other_id"
    site.people["ada"].get_other_id = lambda: "bob"

    browser.post("/in/ada")

    assert browser.who() == "bob"
