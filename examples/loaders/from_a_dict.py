"""Users from a plain dict: what a loader gives may come from anywhere.

Run it from the project's folder, with either of

    python examples/loaders/from_a_dict.py
    flask --app examples/loaders/from_a_dict run

It prints ada's password, made for this start; set ADA_PASSWORD to choose one yourself,
and SECRET_KEY to stay signed in over a restart. Then try it in a browser at
http://127.0.0.1:5000/top-secret, or so:

    curl -c jar -b jar -i http://127.0.0.1:5000/top-secret         # off to the login
    curl -c jar -b jar -i -d name=ada -d password=… http://127.0.0.1:5000/login
    curl -c jar -b jar -i http://127.0.0.1:5000/top-secret         # hello, ada
    curl -c jar -b jar -i -X POST http://127.0.0.1:5000/logout
"""

import os
import secrets

from flask import Flask, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash, generate_password_hash

from flask_signet import (
    LoginManager,
    UserMixin,
    login_required,
    login_user,
    logout_user,
    safe_next,
)

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY") or secrets.token_hex()
# No browser sends a Lax cookie with a form that another site posts: nobody else signs a
# person out. The lesson's site uses Flask-WTF, for its login form, too.
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"

login_manager = LoginManager(app)
login_manager.login_view = "login"


class User(UserMixin):
    def __init__(self, name: str, password: str) -> None:
        self.id = name
        # The method by name: ASVS 5.0, appendix C, asks for more than the default.
        self.password_hash = generate_password_hash(password, "scrypt:131072:8:1")


def new_password() -> str:
    """Make a password and show it, once: an example has none that is known before."""
    password = secrets.token_urlsafe()
    print(f"Sign in as ada with the password {password}")
    return password


USERS = {"ada": User("ada", os.environ.get("ADA_PASSWORD") or new_password())}
NOBODY = User("nobody", secrets.token_urlsafe())


@login_manager.user_loader
def load_user(user_id: str) -> User | None:
    return USERS.get(user_id)


@app.get("/")
def index() -> str:
    return '<p>Anybody may read this. <a href="/top-secret">That</a> is secret.</p>'


@app.get("/top-secret")
@login_required
def top_secret() -> str:
    return render_template_string(SECRET)


@app.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template_string(LOGIN)
    # For an unknown name, nobody's hash is computed: time must not tell who is known.
    user = USERS.get(request.form["name"], NOBODY)
    if not check_password_hash(user.password_hash, request.form["password"]):
        return render_template_string(LOGIN, problem="Name or password is wrong."), 401
    login_user(user)
    return redirect(safe_next(url_for("top_secret")), 303)


@app.post("/logout")
def logout() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("index"), 303)


LOGIN = """
<!doctype html><html lang="en"><title>Sign in</title>
{% for message in get_flashed_messages() %}<p>{{ message }}</p>{% endfor %}
{% if problem %}<p role="alert">{{ problem }}</p>{% endif %}
<form method="post">
  <p><label>Name <input name="name" autocomplete="username" required></label>
  <p><label>Password <input name="password" type="password"
    autocomplete="current-password" required></label>
  <p><button>Sign in</button>
</form>
"""

SECRET = """
<!doctype html><html lang="en"><title>Top secret</title>
<p>Hello, {{ current_user.id }}: only those who are signed in read this.
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
"""

if __name__ == "__main__":
    app.run()
