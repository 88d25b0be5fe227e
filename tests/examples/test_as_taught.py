"""The lesson's lines as lessons teach them, letter for letter."""

import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import LegacyAPIWarning

# `User.query.get` is SQLAlchemy's own older way, and it says so.
pytestmark = pytest.mark.filterwarnings(
    f"ignore::{LegacyAPIWarning.__module__}.{LegacyAPIWarning.__name__}"
)

PACKAGE = "app_as_taught"

FILES = {
    "__init__.py": """
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_signet import LoginManager

config = {
    "development": {"SECRET_KEY": "hard to guess string"},
    "testing": {"SECRET_KEY": "hard to guess string", "TESTING": True},
}

db = SQLAlchemy()
login_manager = LoginManager()
login_manager.login_view = "auth.login"


def create_app(config_name):
    app = Flask(__name__)
    app.config.update(config[config_name], SQLALCHEMY_DATABASE_URI="sqlite://")

    db.init_app(app)
    login_manager.init_app(app)

    from .main import main as main_blueprint
    app.register_blueprint(main_blueprint)

    from .auth import auth as auth_blueprint
    app.register_blueprint(auth_blueprint, url_prefix="/auth")

    return app
""",
    "models.py": """
from flask_signet import UserMixin
from werkzeug.security import check_password_hash, generate_password_hash

from . import db
from . import login_manager


class User(UserMixin, db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(64), unique=True, index=True)
    username = db.Column(db.String(64), unique=True, index=True)
    password_hash = db.Column(db.String(128))

    @property
    def password(self):
        raise AttributeError("password is not a readable attribute")

    @password.setter
    def password(self, password):
        self.password_hash = generate_password_hash(password)

    def verify_password(self, password):
        return check_password_hash(self.password_hash, password)


@login_manager.user_loader
def load_user(user_id):
    return User.query.get(int(user_id))
""",
    "main.py": """
from flask import Blueprint, render_template_string
from flask_signet import login_required

main = Blueprint("main", __name__)


@main.route("/")
def index():
    return render_template_string(
        "Hello, {% if current_user.is_authenticated %}{{ current_user.username }}"
        "{% else %}Stranger{% endif %}!"
    )


@main.route("/top-secret")
@login_required
def secret():
    return "Only authenticated users are allowed!"
""",
    "auth.py": """
from flask import Blueprint, flash, redirect, request, url_for
from flask_signet import login_required, login_user, logout_user

from .models import User

auth = Blueprint("auth", __name__)


@auth.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        user = User.query.filter_by(email=request.form["email"]).first()
        if user is not None and user.verify_password(request.form["password"]):
            login_user(user, request.form.get("remember_me"))
            next = request.args.get("next")
            if next is None or not next.startswith("/"):
                next = url_for("main.index")
            return redirect(next)
        flash("Invalid username or password.")
    return "Please sign in."


@auth.route("/logout")
@login_required
def logout():
    logout_user()
    flash("You have been logged out.")
    return redirect(url_for("main.index"))
""",
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    folder = tmp_path / PACKAGE
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    package: Any = import_module(PACKAGE)
    app: Flask = package.create_app("testing")
    models: Any = import_module(f"{PACKAGE}.models")
    with app.app_context():
        package.db.create_all()
        ada = models.User(email="ada@example.org", username="Ada", password="cat")
        package.db.session.add(ada)
        package.db.session.commit()
        yield app
        package.db.session.remove()
        package.db.engine.dispose()
    for name in [each for each in sys.modules if each.startswith(PACKAGE)]:
        del sys.modules[name]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def signs_in(client: FlaskClient, **more: str) -> Any:
    form = {"email": "ada@example.org", "password": "cat", **more}
    return client.post("/auth/login?next=%2Ftop-secret", data=form)


def test_a_stranger_is_greeted_and_kept_from_the_secret(client: FlaskClient) -> None:
    assert client.get("/").text == "Hello, Stranger!"
    answer = client.get("/top-secret")
    assert answer.location == "/auth/login?next=%2Ftop-secret"
    with client.session_transaction() as held:
        assert held["_flashes"] == [
            ("message", "Please log in to access this page."),
        ]


def test_somebody_signed_in_sees_the_secret(client: FlaskClient) -> None:
    assert signs_in(client).location == "/top-secret"
    assert client.get("/top-secret").text == "Only authenticated users are allowed!"
    assert client.get("/").text == "Hello, Ada!"


def test_somebody_remembered_is_in_after_a_restart(client: FlaskClient) -> None:
    signs_in(client, remember_me="y")
    client.delete_cookie("session")

    assert client.get("/").text == "Hello, Ada!"


def test_somebody_signed_out_is_a_stranger(client: FlaskClient) -> None:
    signs_in(client, remember_me="y")
    client.get("/auth/logout")
    client.delete_cookie("session")

    assert client.get("/").text == "Hello, Stranger!"
