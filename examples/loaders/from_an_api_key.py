"""Users by an API key: no session, no cookie; each request says who it is from.

Run it from the project's folder, with either of

    python examples/loaders/from_an_api_key.py
    flask --app examples/loaders/from_an_api_key run

It prints a key for ada, made for this start. Then try it so:

    curl -i http://127.0.0.1:5000/me                                     # 401
    curl -i -H "Authorization: Bearer $KEY" http://127.0.0.1:5000/me     # {"id": "ada"}

For a key that lasts, make one; it is for ada, and its digest for this file:

    KEY=$(python -c "import secrets; print(secrets.token_urlsafe(32))")
    export ADA_KEY_SHA256=$(printf %s "$KEY" | sha256sum | cut -c -64)
"""

import hashlib
import os
import secrets

from flask import Flask, Request
from flask.typing import ResponseReturnValue

from flask_signet import LoginManager, UserMixin, current_user, login_required

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_hex()

login_manager = LoginManager(app)


class User(UserMixin):
    def __init__(self, name: str) -> None:
        self.id = name


def digest_of(key: str) -> str:
    # SHA-256 and no password hash: 256 random bits cannot be guessed, so there is
    # nothing to slow down, and this runs on every request (ASVS 5.0, 6.5.2).
    return hashlib.sha256(key.encode()).hexdigest()


def new_key() -> str:
    """Make a key and show it, once; what is kept is its digest."""
    key = secrets.token_urlsafe(32)  # bytes, which are 256 bits
    print(f"KEY={key}")
    return digest_of(key)


# Digests, never keys: a thief of this dict gains no key. To revoke one, take it out.
USERS = {os.environ.get("ADA_KEY_SHA256") or new_key(): User("ada")}


@login_manager.request_loader
def load_user(request: Request) -> User | None:
    # From a header and never from the URL: that ends in logs, histories and links. No
    # browser sends this one by itself, either, so no other site can ask in ada's name.
    sent = request.authorization
    if sent is None or sent.type != "bearer" or not sent.token:
        return None
    # Looked up by digest: how long it takes says nothing about anybody's key.
    return USERS.get(digest_of(sent.token))


@login_manager.unauthorized_handler
def unauthorized() -> ResponseReturnValue:
    # A 401 says what would do (RFC 9110, 11.6.1).
    return {"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"}


@app.get("/me")
@login_required
def me() -> ResponseReturnValue:
    return {"id": current_user.id}


if __name__ == "__main__":
    app.run()
