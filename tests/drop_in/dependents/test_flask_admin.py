"""Flask-Admin, which imports no flask_login: `is_accessible` is the application's."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, redirect, request, url_for
from flask.testing import FlaskClient
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.wrappers import Response

PASSWORD = "correct horse"

db = SQLAlchemy()


class Staff(db.Model, UserMixin):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Doors(AdminIndexView):
    """Flask-Admin's front page, with a way in and a way out."""

    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for(".come_in"))
        return super().index()

    @expose("/login/", methods=["GET", "POST"])
    def come_in(self) -> Any:
        if request.form.get("password") != PASSWORD:
            return "Who are you?"
        login_user(Staff.query.filter_by(name=request.form["name"]).one())
        return redirect(url_for(".index"))

    @expose("/logout/")
    def go(self) -> Response:
        logout_user()
        return redirect(url_for(".index"))


class Guarded(ModelView):
    def is_accessible(self) -> bool:
        return current_user.is_authenticated

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        return redirect(url_for("admin.come_in", next=request.url))


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("office")
    app.config.update(
        SECRET_KEY="key", TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://"
    )
    Babel(app)  # once Flask-Babel is installed, Flask-Admin wants it
    db.init_app(app)
    LoginManager(app).user_loader(lambda key: db.session.get(Staff, int(key)))
    admin = Admin(app, "Office", index_view=Doors())
    admin.add_view(Guarded(Staff, db, endpoint="staff"))
    with app.app_context():
        db.create_all()
        db.session.add(Staff(name="ada"))
        db.session.commit()
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_the_manager_is_ours() -> None:
    assert LoginManager.__module__.startswith("flask_signet")


def test_staff_walk_in_through_the_office_and_out(client: FlaskClient) -> None:
    stranger = client.get("/admin/staff/")
    assert stranger.location.startswith("/admin/login/?next=")

    client.post("/admin/login/", data={"name": "ada", "password": "wrong"})
    assert client.get("/admin/staff/").status_code == 302

    client.post("/admin/login/", data={"name": "ada", "password": PASSWORD})
    inside = client.get("/admin/staff/")
    assert inside.status_code == 200
    assert "ada" in inside.text

    client.get("/admin/logout/")
    assert client.get("/admin/staff/").location == stranger.location
