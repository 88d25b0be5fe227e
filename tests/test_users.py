"""What a user must be, and what is asked of one."""

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
)
from werkzeug.local import LocalProxy

from flask_signet import AnonymousUserMixin, UserError, UserMixin, users
from support import Member, Person


class Plain(UserMixin):
    """A user as a lesson writes it, with nothing but an id."""

    def __init__(self, user_id: object) -> None:
        self.id = user_id


class Admin(Plain):
    """Another class of users."""


def a_user(**has: Any) -> SimpleNamespace:
    """Make a user of somebody's own class, without any mixin."""
    return SimpleNamespace(**has)


# --- The mixins.


def test_who_takes_the_mixin_is_somebody_and_may_come_in() -> None:
    ada = Plain("ada")

    assert ada.is_authenticated is True
    assert ada.is_active is True
    assert ada.is_anonymous is False


def test_who_is_made_inactive_is_no_longer_authenticated() -> None:
    assert Person("ada", active=False).is_authenticated is False


@pytest.mark.parametrize(
    ("user_id", "text"),
    [
        pytest.param("ada", "ada", id="a text"),
        pytest.param(7, "7", id="a number"),
        pytest.param(0, "0", id="nought"),
    ],
)
def test_the_id_of_a_user_is_a_text(user_id: object, text: str) -> None:
    assert Plain(user_id).get_id() == text


def test_who_has_no_id_is_told_what_to_write() -> None:
    with pytest.raises(NotImplementedError, match="No `id` attribute"):
        UserMixin().get_id()


def test_two_objects_of_one_id_are_one_person() -> None:
    assert Plain("ada") == Plain("ada")
    assert Plain(7) == Plain("7")
    assert len({Plain("ada"), Plain("ada"), Plain("bob")}) == 2
    assert not Plain("ada") != Plain("ada")  # noqa: SIM202 (what is tested is `!=`)


def test_two_ids_are_two_people() -> None:
    assert Plain("ada") != Plain("bob")
    assert not Plain("ada") == Plain("bob")  # noqa: SIM201 (what is tested is `==`)


def test_one_id_in_two_classes_is_two_people() -> None:
    assert Plain("ada") != Admin("ada")
    assert len({Plain("ada"), Admin("ada")}) == 2


def test_who_has_no_id_yet_is_the_same_as_nobody_else() -> None:
    new, other = Plain(None), Plain(None)
    nameless = UserMixin()

    assert new == new  # noqa: PLR0124 (what is tested is `==`)
    assert new != other
    assert new != Plain("None")
    assert {new, other, nameless} == {nameless, other, new}


def test_a_proxy_of_a_user_is_that_user() -> None:
    ada = Plain("ada")
    proxy = LocalProxy(lambda: ada)

    assert ada == proxy
    assert proxy == ada
    assert hash(proxy) == hash(ada)


def test_a_user_is_no_text_and_no_stranger() -> None:
    assert Plain("ada") != "ada"
    assert not Plain("ada") == "ada"  # noqa: SIM201 (the same)
    assert Plain("ada") != AnonymousUserMixin()


def test_a_user_may_be_a_key() -> None:
    ada, bob = Plain("ada"), Plain("bob")

    desks = {ada: "by the window", bob: "by the door"}

    assert desks[ada] == "by the window"


def test_a_stranger_is_nobody_and_has_no_id() -> None:
    stranger: Any = AnonymousUserMixin()

    assert stranger.is_authenticated is False
    assert stranger.is_active is False
    assert stranger.is_anonymous is True
    assert stranger.get_id() is None


# --- What is asked of a user, of whatever class.


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        pytest.param(True, True, id="true"),
        pytest.param(False, False, id="false"),
        pytest.param(1, True, id="a database's one"),
        pytest.param(0, False, id="a database's nought"),
        pytest.param(None, False, id="a database's null"),
    ],
)
def test_a_user_is_what_it_says(told: object, counts: bool) -> None:
    user = a_user(is_authenticated=told, is_active=told)

    assert users.is_authenticated(user) is counts
    assert users.is_active(user) is counts


def test_who_does_not_say_is_active_and_somebody() -> None:
    assert users.is_active(a_user()) is True
    assert users.is_anonymous(a_user()) is False


def test_who_says_anonymous_is_anonymous() -> None:
    assert users.is_anonymous(AnonymousUserMixin()) is True
    assert users.is_anonymous(Plain("ada")) is False


class Forgetful:
    """A user whose author forgot the properties."""

    def is_authenticated(self) -> bool:
        return False

    def is_active(self) -> bool:
        return False


class ForgetfulAndStatic:
    @staticmethod
    def is_authenticated() -> bool:
        return False

    @staticmethod
    def is_active() -> bool:
        return False


@pytest.mark.parametrize("user", [Forgetful(), ForgetfulAndStatic()])
@pytest.mark.parametrize("name", ["is_authenticated", "is_active"])
def test_a_method_is_refused_and_not_taken_for_true(user: object, name: str) -> None:
    ask = getattr(users, name)

    with pytest.raises(UserError) as caught:
        ask(user)

    kind = type(user).__name__
    assert str(caught.value) == (
        f"{kind}.{name} is a method, and a method is always true."
        f" Make it a property: @property above def {name}(self)."
    )


def test_who_forgot_all_the_properties_is_not_taken_for_anonymous() -> None:
    assert users.is_anonymous(a_user(is_anonymous=lambda: True)) is False


# --- The id that stands in a session.


def test_the_id_is_asked_of_the_method_that_the_manager_names() -> None:
    user = a_user(get_email=lambda: "ada@example.org")

    assert users.id_of(user, "get_email") == "ada@example.org"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param(7, "7", id="a number"),
        pytest.param(0, "0", id="nought"),
        pytest.param("None", "None", id="somebody called None"),
    ],
)
def test_what_stands_in_a_session_is_a_text(given: object, text: str) -> None:
    assert users.id_of(a_user(get_id=lambda: given), "get_id") == text


def test_nobody_cannot_be_signed_in() -> None:
    with pytest.raises(UserError, match="was given None"):
        users.id_of(None, "get_id")


@pytest.mark.parametrize("given", [None, ""], ids=["none", "an empty text"])
def test_a_user_without_an_id_cannot_be_signed_in(given: str | None) -> None:
    with pytest.raises(UserError, match="which is no id"):
        users.id_of(a_user(get_id=lambda: given), "get_id")


def test_a_user_who_is_not_saved_yet_cannot_be_signed_in() -> None:
    with pytest.raises(UserError) as caught:
        users.id_of(Plain(None), "get_id")

    assert str(caught.value) == (
        "Plain.get_id() gave 'None', which is no id."
        " A new user has one once it is saved: commit before login_user()."
    )


def test_a_user_known_by_something_else_than_its_id_can_be_signed_in() -> None:
    user = a_user(id=None, get_id=lambda: "ada@example.org")

    assert users.id_of(user, "get_id") == "ada@example.org"


def test_an_id_that_no_session_can_carry_cannot_be_signed_in() -> None:
    with pytest.raises(UserError, match="half a letter"):
        users.id_of(Plain("ad\ud800"), "get_id")


def test_an_id_may_be_written_in_any_script() -> None:
    assert users.id_of(Plain("Łukasz 李 🦉"), "get_id") == "Łukasz 李 🦉"


def test_somebody_whose_name_is_none_can_be_signed_in() -> None:
    assert users.id_of(Plain("None"), "get_id") == "None"


# --- The stamp.


def test_who_has_no_stamp_has_none() -> None:
    assert users.stamp_of(Person("eve")) is None


def test_a_stamp_is_a_text() -> None:
    assert users.stamp_of(Member("ada")) == "ada's first password"
    assert users.stamp_of(a_user(get_auth_stamp=lambda: 7)) == "7"


def test_who_has_a_stamp_that_is_not_set_is_not_one_who_has_none() -> None:
    assert users.stamp_of(a_user(get_auth_stamp=lambda: None)) == ""


# --- What a loader gave.


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(None, id="nobody"),
        pytest.param(Plain("ada"), id="a user of the mixin"),
        pytest.param(AnonymousUserMixin(), id="the stranger"),
        pytest.param(a_user(is_authenticated=True), id="a user of its own kind"),
    ],
)
def test_a_loader_may_give_a_user_or_nobody(user: object) -> None:
    assert users.loaded(user, "user_loader") is user


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        pytest.param(True, "bool", id="a yes"),
        pytest.param(False, "bool", id="a no"),
        pytest.param("ada", "str", id="an id"),
        pytest.param(7, "int", id="a number"),
        pytest.param((Plain("ada"),), "tuple", id="a row"),
        pytest.param([], "list", id="no rows"),
    ],
)
def test_a_loader_that_gives_anything_else_is_named(given: object, kind: str) -> None:
    with pytest.raises(UserError) as caught:
        users.loaded(given, "request_loader")

    assert str(caught.value) == (
        f"The request_loader returned {kind}, which has no is_authenticated."
        " It should return a user object (see UserMixin), or None for nobody."
    )


def test_to_see_that_it_is_a_user_costs_none_of_its_properties() -> None:
    class Dear:
        @property
        def is_authenticated(self) -> bool:
            raise AssertionError

    user = Dear()

    assert users.loaded(user, "user_loader") is user


# --- In sets and dicts, also before there is an id.


def test_who_is_saved_while_in_a_set_is_found_in_it() -> None:
    new = Plain(None)
    people = {new}
    new.id = 7

    assert new in people
    people.remove(new)
    assert people == set()


def test_who_was_put_into_a_set_before_there_was_an_id_is_equal_to_itself_alone() -> (
    None
):
    new, same = Plain(None), Plain(7)
    _ = {new}
    new.id = 7

    assert new != same
    assert same != new
    assert len({new, same}) == 2


def test_who_is_new_is_nobody_else_whatever_the_method_makes_of_it() -> None:
    class Prefixed(Plain):
        def get_id(self) -> str:
            return f"user:{self.id}"

    assert Prefixed(None) != Prefixed(None)
    assert Prefixed(1) == Prefixed(1)


def test_who_cannot_say_an_id_yet_may_be_hashed() -> None:
    class Named(UserMixin):
        def get_id(self) -> str:
            return self.name  # type: ignore[attr-defined, no-any-return]

    assert hash(Named()) != hash(Named())


def test_an_id_that_is_no_text_is_compared_as_text() -> None:
    class Odd(Plain):
        def get_id(self) -> Any:
            return [self.id]

    assert Odd(1) == Odd(1)
    assert hash(Odd(1)) == hash(Odd(1))


def test_a_set_of_sqlalchemy_keeps_all_who_are_new() -> None:
    class Base(DeclarativeBase): ...

    class Team(Base):
        __tablename__ = "teams"
        id: Mapped[int] = mapped_column(primary_key=True)
        people: Mapped[set["Someone"]] = relationship()

    class Someone(UserMixin, Base):
        __tablename__ = "people"
        id: Mapped[int] = mapped_column(primary_key=True)
        team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        team = Team(people={ada := Someone(), Someone()})
        session.add(team)
        session.commit()

        assert len(team.people) == 2
        team.people.remove(ada)
        assert ada not in team.people
    engine.dispose()


def test_an_id_with_a_nul_is_refused() -> None:
    class Odd(UserMixin):
        id = "a\0b"

    with pytest.raises(UserError, match="NUL"):
        users.id_of(Odd(), "get_id")
