"""Flask-AppBuilder: its login page, its pages that ask for a permission, its tokens."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder import AppBuilder
from flask_appbuilder.security import manager
from flask_appbuilder.utils.legacy import get_sqla_class

ADA = {"username": "ada", "password": "correct horse"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("company")
    app.config.update(
        SECRET_KEY="a key for tests, as long as one for JWT must be",
        TESTING=True,
        SQLALCHEMY_DATABASE_URI="sqlite://",
        WTF_CSRF_ENABLED=False,
    )
    db = get_sqla_class()(app)
    with app.app_context():
        people = AppBuilder(app, db.session).sm
        boss = people.find_role("Admin")
        mail = "ada@example.com"
        people.add_user("ada", "Ada", "Lovelace", mail, boss, ADA["password"])
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_their_manager_is_ours() -> None:
    assert manager.LoginManager.__module__.startswith("flask_signet")


def test_the_boss_logs_in_sees_herself_and_leaves(client: FlaskClient) -> None:
    assert client.get("/users/userinfo/").location.startswith("/login/?next=")

    client.post("/login/", data={**ADA, "password": "wrong"})
    assert client.get("/users/userinfo/").status_code == 302

    client.post("/login/", data=ADA)
    assert "Lovelace" in client.get("/users/userinfo/").text

    client.get("/logout/")
    assert client.get("/users/userinfo/").location.startswith("/login/?next=")


def test_every_page_knows_who_is_there(client: FlaskClient) -> None:
    assert 'href="/logout/"' not in client.get("/").text

    client.post("/login/", data=ADA)

    assert 'href="/logout/"' in client.get("/").text


def test_a_program_comes_in_by_its_token(client: FlaskClient) -> None:
    asked = client.post("/api/v1/security/login", json={**ADA, "provider": "db"})
    token = asked.get_json()["access_token"]
    assert client.get("/api/v1/menu/").status_code == 401

    shown = {"Authorization": f"Bearer {token}"}

    assert client.get("/api/v1/menu/", headers=shown).status_code == 200


def test_a_browser_may_ask_as_a_program_does(client: FlaskClient) -> None:
    assert client.get("/api/v1/menu/").status_code == 401

    client.post("/login/", data=ADA)

    assert client.get("/api/v1/menu/").status_code == 200
