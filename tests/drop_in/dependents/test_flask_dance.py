"""Flask-Dance: whose token it is, is asked of `current_user`."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_dance.consumer import (
    OAuth2ConsumerBlueprint,
    OAuth2Session,
    oauth_authorized,
)
from flask_dance.consumer.storage import sqla
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

db = SQLAlchemy()


class Member(db.Model, UserMixin):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Token(db.Model, sqla.OAuthConsumerMixin):
    user_id: Mapped[int] = mapped_column(ForeignKey(Member.id))
    user: Mapped[Member] = relationship()


class Provider(OAuth2Session):
    """The other site, which would be asked over the network."""

    def fetch_token(self, *args: Any, **kwargs: Any) -> dict[str, str]:
        return {"access_token": f"token of {kwargs['authorization_response'][-3:]}"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("club")
    app.config.update(
        SECRET_KEY="key", TESTING=True, SQLALCHEMY_DATABASE_URI="sqlite://"
    )
    db.init_app(app)
    manager = LoginManager(app)
    manager.login_view = "hub.login"
    manager.user_loader(lambda key: db.session.get(Member, int(key)))
    hub = OAuth2ConsumerBlueprint(
        "hub",
        __name__,
        client_id="club",
        authorization_url="https://hub.example/ask",
        token_url="https://hub.example/token",
        session_class=Provider,
        storage=sqla.SQLAlchemyStorage(Token, db.session, user=current_user),
    )
    app.register_blueprint(hub)
    _add_pages(app, hub)
    with app.app_context():
        db.create_all()
        db.session.add_all([Member(name="ada"), Member(name="bob")])
        db.session.commit()
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def _add_pages(app: Flask, hub: OAuth2ConsumerBlueprint) -> None:
    @app.get("/mine")
    @login_required
    def mine() -> str:
        return f"{current_user.name} has the {hub.token['access_token']}"

    @app.get("/logout")
    def logout() -> str:
        logout_user()
        return "bye"

    @app.get("/anybody")
    def anybody() -> str:
        try:
            return str(hub.token)
        except ValueError as error:
            return str(error)

    oauth_authorized.connect(welcome, hub)


def welcome(hub: OAuth2ConsumerBlueprint, token: dict[str, str]) -> None:
    name = token["access_token"].removeprefix("token of ")
    login_user(Member.query.filter_by(name=name).one())


def dance(client: FlaskClient, name: str) -> None:
    """Go to the other site, and come back with its yes."""
    client.get("/hub")
    client.get(f"/hub/authorized?code={name}")


def test_the_nobody_it_knows_is_ours() -> None:
    assert sqla.AnonymousUserMixin.__module__.startswith("flask_signet")


def test_a_member_dances_in_and_out(client: FlaskClient) -> None:
    stranger = client.get("/mine")
    assert stranger.location == "/hub?next=%2Fmine"
    asked = client.get(stranger.location)
    assert asked.location.startswith("https://hub.example/ask?")

    client.get("/hub/authorized?code=ada")
    assert client.get("/mine").text == "ada has the token of ada"

    client.get("/logout")
    assert client.get("/mine").location == "/hub?next=%2Fmine"


def test_each_member_has_a_token_of_their_own(client: FlaskClient) -> None:
    dance(client, "ada")
    client.get("/logout")
    dance(client, "bob")
    assert client.get("/mine").text == "bob has the token of bob"

    client.get("/logout")
    refusal = "Cannot get OAuth token without an associated user"
    assert client.get("/anybody").text == refusal
