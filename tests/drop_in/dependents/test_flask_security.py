"""Flask-Security: its form, its tokens, and HTTP Basic."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user, login_required
from flask_security import (
    Security,
    SQLAlchemyUserDatastore,
    auth_required,
    core,
    hash_password,
)
from flask_security.models.fsqla_v3 import FsModels, FsRoleMixin, FsUserMixin
from flask_sqlalchemy import SQLAlchemy

ADA = {"email": "ada@example.com", "password": "correct horse"}

db = SQLAlchemy()
FsModels.set_db_info(db)


class Role(db.Model, FsRoleMixin):
    pass


class Account(db.Model, FsUserMixin):
    __tablename__ = "user"


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    app = Flask("bank")
    app.config.update(
        SECRET_KEY="key",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        SECURITY_PASSWORD_SALT="salt",
        SECURITY_PASSWORD_HASH="pbkdf2_sha512",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        WTF_CSRF_ENABLED=False,
        **getattr(request, "param", {}),
    )
    db.init_app(app)
    security = Security(app, SQLAlchemyUserDatastore(db, Account, Role))
    _add_pages(app)
    with app.app_context():
        db.create_all()
        password = hash_password(ADA["password"])
        security.datastore.create_user(email=ADA["email"], password=password)
        security.datastore.commit()
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def _add_pages(app: Flask) -> None:
    @app.get("/hall")
    @login_required
    def hall() -> str:
        return f"the hall, {current_user.email}"

    @app.get("/study")
    @auth_required("session")
    def study() -> str:
        return f"the study, {current_user.email}"

    @app.get("/vault")
    @auth_required("token", "basic")
    def vault() -> str:
        return f"the vault, {current_user.email}"

    @app.get("/street")
    def street() -> str:
        return "somebody" if current_user else "nobody"


def test_their_manager_is_ours() -> None:
    assert core.LoginManager.__module__.startswith("flask_signet")


@pytest.mark.parametrize("room", ["hall", "study"])
def test_a_customer_comes_in_by_the_form_and_goes(
    client: FlaskClient, room: str
) -> None:
    assert client.get(f"/{room}").location == f"/login?next=/{room}"

    client.post("/login", data={**ADA, "password": "wrong"})
    assert client.get(f"/{room}").status_code == 302

    assert client.post(f"/login?next=/{room}", data=ADA).location == f"/{room}"
    assert client.get(f"/{room}").text == f"the {room}, ada@example.com"

    client.post("/logout")
    assert client.get(f"/{room}").location == f"/login?next=/{room}"


def test_a_customer_is_remembered_until_the_logout(client: FlaskClient) -> None:
    client.post("/login", data={**ADA, "remember": "y"})
    client.delete_cookie("session")
    assert client.get("/study").text == "the study, ada@example.com"

    client.post("/logout")
    client.delete_cookie("session")
    assert client.get("/study").status_code == 302


def test_a_program_comes_in_by_its_token(client: FlaskClient) -> None:
    asked = client.post("/login?include_auth_token", json=ADA).get_json()
    token = asked["response"]["user"]["authentication_token"]
    program = client.application.test_client()
    assert program.get("/vault").status_code == 401

    shown = {"Authentication-Token": token}
    assert program.get("/vault", headers=shown).text == "the vault, ada@example.com"
    assert program.get("/hall", headers=shown).text == "the hall, ada@example.com"

    assert program.get("/vault").status_code == 401
    assert program.get("/study", headers=shown).status_code == 302


def test_a_program_comes_in_by_its_password(client: FlaskClient) -> None:
    assert client.get("/vault", auth=(ADA["email"], "wrong")).status_code == 401

    inside = client.get("/vault", auth=(ADA["email"], ADA["password"]))

    assert inside.text == "the vault, ada@example.com"
    assert client.get("/vault").status_code == 401


@pytest.mark.parametrize(
    "client", [{"SECURITY_ANONYMOUS_USER_DISABLED": True}], indirect=True
)
def test_nobody_is_none_where_that_is_asked_for(client: FlaskClient) -> None:
    assert client.get("/street").text == "nobody"
    assert client.get("/study").status_code == 302

    client.post("/login", data=ADA)
    assert client.get("/street").text == "somebody"

    client.post("/logout")
    assert client.get("/street").text == "nobody"
