"""What a lesson writes: a plain manager, where a user is anything.

Nothing here is run. Type checkers read it, strict, and a line that is wrong on purpose
says by which rule.
"""

from datetime import timedelta
from typing import Any, assert_type

from flask import Flask, Request
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from flask_signet import (
    LoginManager,
    Permitted,
    UserMixin,
    anonymous_required,
    confirm_login,
    current_user,
    fresh_login_required,
    get_user,
    login_required,
    login_user,
    logout_user,
    roles_required,
    safe_next,
    user_passes,
)

login_manager = LoginManager()
login_manager.login_view = "auth.login"


class User(UserMixin):
    def __init__(self, user_id: int) -> None:
        self.id = user_id


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return User(int(user_id))


@login_manager.request_loader
def load_by_key(request: Request) -> User | None:
    return User(1) if request.headers.get("X-Api-Key") else None


@login_manager.unauthorized_handler
def refuse() -> ResponseReturnValue:
    return "Who are you?", 401


def create_app(config_name: str) -> Flask:
    app = Flask(__name__)
    login_manager.init_app(app)
    return app


@login_required
def top_secret() -> str:
    return f"Only user {current_user.id} reads this."


@fresh_login_required
def close_account(reason: str, *, at_once: bool = False) -> str:
    return f"{reason} {at_once}"


@fresh_login_required(max_age=timedelta(minutes=10))
def pay(amount: int) -> str:
    return f"{amount} paid"


@login_required(name="staff")
def at_work() -> str:
    return "at work"


@login_required
async def letter(number: int) -> str:
    return f"letter {number}"


@login_required
class Letters(MethodView):
    def get(self) -> str:
        return "letters"


def sign_in() -> ResponseReturnValue:
    assert_type(login_user(User(1), remember=True), bool)
    assert_type(logout_user(), bool)
    confirm_login(methods=["pwd"])
    return safe_next("/")


def is_theirs(user: User, number: int) -> bool:
    return user.id == number


@user_passes(is_theirs)
def my_letter(number: int) -> str:
    return f"letter {number}"


@roles_required("editor", on_fail=404)
async def desk() -> str:
    return "the desk"


@anonymous_required
def sign_up() -> str:
    return "welcome"


class Editor(UserMixin):
    def has_role(self, role: str, /) -> bool:
        return role == "editor"

    def has_permission(self, permission: str, /) -> bool:
        return permission == "publish"


editor: Permitted = Editor()

# What the guards give is what was put under them.
assert_type(top_secret(), str)
assert_type(close_account("moved", at_once=True), str)
assert_type(pay(7), str)
assert_type(my_letter(7), str)
assert_type(sign_up(), str)
assert_type(at_work(), str)
assert_type(Letters().get(), str)
assert_type(login_manager, LoginManager[Any])
assert_type(get_user(), Any)


async def read() -> None:
    assert_type(await letter(7), str)
    assert_type(await desk(), str)


close_account(7)  # type: ignore[arg-type]
