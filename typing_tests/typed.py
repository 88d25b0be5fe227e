"""A manager that knows its users: the pieces of docs/howto/types.md, and what is found.

Nothing here is run. Type checkers read it, strict, and a line that is wrong on purpose
says by which rule.
"""

from collections.abc import Awaitable, Callable
from typing import Any, assert_type

from flask import Flask, Request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from flask_signet import LoginManager, UserMixin, login_required


class Base(MappedAsDataclass, DeclarativeBase): ...


db = SQLAlchemy(model_class=Base)


class User(UserMixin, Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


app = Flask(__name__)

login_manager: LoginManager[User] = LoginManager()
current_user = login_manager.current_user


@app.get("/letter")
@login_required
def letter() -> str:
    return f"Dear {current_user.name}"


@app.get("/")
def front() -> str:
    user = login_manager.get_user()
    return "Welcome." if user is None else f"Welcome, {user.name}."


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return db.session.get(User, int(user_id))


# --- What they give.

assert_type(current_user, User)
assert_type(current_user.name, str)
assert_type(login_manager.get_user(), User | None)
assert_type(load_user("1"), User | None)
assert_type(letter(), str)


async def load_later(user_id: str) -> User | None:
    return None


async def load_by_key(request: Request) -> User | None:
    return None


assert_type(
    login_manager.user_loader(load_later), Callable[[str], Awaitable[User | None]]
)
assert_type(
    login_manager.request_loader(load_by_key),
    Callable[[Request], Awaitable[User | None]],
)


class Shop(LoginManager[User]):
    """A subclass is typed as well."""


assert_type(Shop().get_user(), User | None)


# --- What they find.


def load_by_number(user_id: int) -> User | None:
    return None


def load_a_dict(user_id: str) -> dict[str, Any]:
    return {}


login_manager.user_loader(load_by_number)  # type: ignore[arg-type]
login_manager.user_loader(load_a_dict)  # type: ignore[arg-type]
login_manager.login_veiw = 7  # type: ignore[attr-defined]
current_user.email  # type: ignore[attr-defined]  # noqa: B018
