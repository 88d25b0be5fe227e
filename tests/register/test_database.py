"""What is written in the application's database by hand counts at the next request."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column

from flask_signet import LoginManager, UserMixin, current_user, login_user
from flask_signet.signins import Register
from flask_signet.signins.sqlalchemy import SQLAlchemyStore
from support import KEY, Visitor


class Shop:
    """An application whose users and sign-ins are in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.app = Flask("shop")
        self.app.config.update(SECRET_KEY=KEY, TESTING=True)
        self.app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
        self.db = db = SQLAlchemy(self.app)

        class User(UserMixin, db.Model):  # type: ignore[misc, name-defined]
            id: Mapped[int] = mapped_column(primary_key=True)
            password_hash: Mapped[str]
            is_active: Mapped[bool]

            def get_auth_stamp(self) -> str:
                return self.password_hash

        self.User = User
        manager: LoginManager[Any] = LoginManager(
            self.app, register=Register(SQLAlchemyStore(db))
        )
        manager.user_loader(lambda user_id: db.session.get(User, int(user_id)))
        self.manager = manager
        with self.app.app_context():
            db.create_all()
            db.session.add(User(id=1, password_hash="first", is_active=True))
            db.session.commit()
        self._add_rooms()

    def _add_rooms(self) -> None:
        @self.app.post("/in/<int:person_id>")
        def sign_in(person_id: int) -> str:
            login_user(self.db.session.get(self.User, person_id), remember=True)
            return "in"

        @self.app.get("/who")
        def who() -> str:
            return str(current_user.get_id())

    def by_hand(self, statement: str) -> None:
        """Write to the file, beside the application."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            assert connection.execute(statement).rowcount > 0

    def user(self) -> Any:
        return self.db.session.get(self.User, 1)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop.sqlite")
    yield shop
    with shop.app.app_context():
        shop.db.engine.dispose()


@pytest.fixture
def devices(shop: Shop) -> list[Visitor]:
    """Three sign-ins of one person; of one, the remember cookie alone is left."""
    devices = [Visitor(shop.app.test_client()) for _ in range(3)]
    for each in devices:
        each.signs_in("1")
    devices[2].restarts()
    devices[2].client.delete_cookie("session_signin")
    return devices


def _write(statement: str) -> Callable[[Shop], None]:
    return lambda shop: shop.by_hand(statement)


def _disable(shop: Shop) -> None:
    shop.user().is_active = False
    shop.db.session.commit()


def _delete(shop: Shop) -> None:
    shop.db.session.delete(shop.user())
    shop.db.session.commit()


def _close(shop: Shop) -> None:
    assert shop.manager.close_all(shop.user()) == 3


@pytest.mark.requirement("7.4.2")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_write("UPDATE user SET is_active = 0"), id="disabled by hand"),
        pytest.param(_write("DELETE FROM user"), id="deleted by hand"),
        pytest.param(
            _write("UPDATE user SET password_hash = 'x'"), id="a password by hand"
        ),
        pytest.param(_write("DELETE FROM signet_signins"), id="rows taken off by hand"),
        pytest.param(_disable, id="disabled by the application"),
        pytest.param(_delete, id="deleted by the application"),
        pytest.param(_close, id="closed by the application"),
    ],
)
def test_after_it_each_device_is_out(
    shop: Shop, devices: list[Visitor], change: Callable[[Shop], None]
) -> None:
    with shop.app.app_context():
        change(shop)

    assert [each.who() for each in devices] == ["None"] * 3


def test_before_it_each_device_is_in(devices: list[Visitor]) -> None:
    assert [each.who() for each in devices] == ["1"] * 3


@pytest.mark.requirement("7.4.2")
def test_who_is_enabled_again_has_to_sign_in_again(
    shop: Shop, devices: list[Visitor]
) -> None:
    shop.by_hand("UPDATE user SET is_active = 0")
    assert [each.who() for each in devices] == ["None"] * 3
    shop.by_hand("UPDATE user SET is_active = 1")

    assert [each.who() for each in devices] == ["None"] * 3
