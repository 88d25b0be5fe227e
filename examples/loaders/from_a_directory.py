"""Users from an LDAP directory, which is asked at sign-in and again at each request.

It needs ldap3 (`pip install ldap3`), and a directory. Say where that is (by the name in
its certificate), who signed this, where people are, and who may read about them:

    export LDAP_URL=ldap://ldap.example.org          # by StartTLS; or ldaps://…
    export LDAP_CA_FILE=/etc/ssl/our-own-ca.pem      # not set: whom the system trusts
    export LDAP_PEOPLE=ou=people,dc=example,dc=org
    export LDAP_READER=cn=reader,dc=example,dc=org   # not set: reads without a name
    export LDAP_READER_PASSWORD=…

`python tests/examples/slapd.py` starts one to try, and prints these lines filled in.
Then run this from the project's folder, with either of

    python examples/loaders/from_a_directory.py
    flask --app examples/loaders/from_a_directory run

and try it in a browser at http://127.0.0.1:5000/top-secret, or so:

    curl -c jar -b jar -i -d name=ada -d password=… http://127.0.0.1:5000/login
    curl -c jar -b jar -i http://127.0.0.1:5000/top-secret
    curl -c jar -b jar -i -X POST http://127.0.0.1:5000/logout
"""

import os
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import ldap3
from flask import Flask, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue
from ldap3.core.exceptions import (
    LDAPException,
    LDAPInvalidCredentialsResult,
    LDAPOperationResult,
)
from ldap3.core.results import RESULT_SUCCESS
from ldap3.utils.conv import escape_filter_chars

from flask_signet import (
    LoginManager,
    UserMixin,
    login_required,
    login_user,
    logout_user,
    safe_next,
)

app = Flask(__name__)
app.config.from_mapping(
    SECRET_KEY=os.environ.get("SECRET_KEY") or secrets.token_hex(),
    # No browser sends a Lax cookie with a form that another site posts: nobody else
    # signs a person out. The lesson's site uses Flask-WTF, for its login form, too.
    SESSION_COOKIE_SAMESITE="Lax",
    LDAP_URL=os.environ.get("LDAP_URL", "ldap://localhost"),
    LDAP_CA_FILE=os.environ.get("LDAP_CA_FILE"),
    LDAP_PEOPLE=os.environ.get("LDAP_PEOPLE", "ou=people,dc=example,dc=org"),
    LDAP_READER=os.environ.get("LDAP_READER"),
    LDAP_READER_PASSWORD=os.environ.get("LDAP_READER_PASSWORD"),
)

login_manager = LoginManager(app)
login_manager.login_view = "login"

PATIENCE = 5
"""Seconds to wait for the directory: to connect, and for each answer."""


class Person(UserMixin):
    def __init__(self, entry: ldap3.Entry) -> None:
        # Not the uid: that may be given to somebody else one day, an entryUUID never is
        # (RFC 4530). Active Directory calls it objectGUID.
        self.id = entry.entryUUID.value
        self.dn = entry.entry_dn
        self.name = entry.cn.values[0]


@login_manager.user_loader
def load_user(user_id: str) -> Person | None:
    # Who is taken out of the directory is out at once; for this, each request waits for
    # a new connection (some 50 ms). A busy site keeps connections open, one a thread.
    return find("entryUUID", user_id)


def sign_in(name: str, password: str) -> Person | None:
    """Find the person, and let the directory judge the password."""
    # With an empty one, many a directory lets in anybody (RFC 4513, 5.1.2).
    if not password:
        return None
    person = find("uid", name)
    # An unknown name is tried, too: the time must not tell who is known.
    dn = person.dn if person else f"uid=nobody,{app.config['LDAP_PEOPLE']}"
    try:
        # In bytes it is sent as it was typed: text with an emoji ldap3 would refuse.
        with directory(dn, password.encode()):
            return person
    except LDAPInvalidCredentialsResult:
        return None


def find(attribute: str, value: str) -> Person | None:
    """Find the one person of whom this is true.

    Raises:
        LDAPException: the directory could not be asked, or did not tell all.

    """
    # Escaped: a name such as `a*` is a name, and no part of the question.
    condition = f"({attribute}={escape_filter_chars(value)})"
    config = app.config
    with directory(config["LDAP_READER"], config["LDAP_READER_PASSWORD"]) as connection:
        connection.search(
            config["LDAP_PEOPLE"],
            f"(&(objectClass=inetOrgPerson){condition})",
            attributes=["entryUUID", "cn"],
        )
        # A limit that was hit is no exception to ldap3; but not found is not absent.
        if connection.result["result"] != RESULT_SUCCESS:
            raise LDAPOperationResult(connection.result["result"])
        people = [Person(entry) for entry in connection.entries]
    return people[0] if len(people) == 1 else None


@contextmanager
def directory(
    dn: str | None, password: str | bytes | None
) -> Iterator[ldap3.Connection]:
    """Talk to it as somebody, or without a name; encrypted, or not at all."""
    server = ldap3.Server(
        app.config["LDAP_URL"],
        # Told nothing, ldap3 takes any certificate.
        tls=ldap3.Tls(
            validate=ssl.CERT_REQUIRED, ca_certs_file=app.config["LDAP_CA_FILE"]
        ),
        connect_timeout=PATIENCE,
        get_info=ldap3.NONE,
    )
    connection = ldap3.Connection(
        server,
        dn,
        password,
        receive_timeout=PATIENCE,
        auto_referrals=False,  # or a password is sent to wherever an answer points
        raise_exceptions=True,
    )
    try:
        connection.open()
        # A refusal is an exception, but for a few (ldap3's DO_NOT_RAISE_EXCEPTIONS).
        if not ((server.ssl or connection.start_tls()) and connection.bind()):
            raise LDAPOperationResult(connection.result["result"])
        yield connection
    finally:
        # Of a connection that failed, ldap3 leaves the socket behind.
        with suppress(LDAPException):
            connection.unbind()
        if connection.socket:
            connection.socket.close()


@app.errorhandler(LDAPException)
def no_answer(error: LDAPException) -> ResponseReturnValue:
    """Say so: nobody is signed out because a directory rests, and nobody let in."""
    app.logger.error("The directory could not be asked: %s", error)
    return render_template_string(NO_ANSWER), 503


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
    person = sign_in(request.form["name"], request.form["password"])
    if person is None:
        return render_template_string(LOGIN, problem="Name or password is wrong."), 401
    login_user(person)
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
<p>Hello, {{ current_user.name }}: only those who are signed in read this.
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
"""

NO_ANSWER = """
<!doctype html><html lang="en"><title>Please wait</title>
<p>The directory does not answer. Please try again in a while.
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
"""

if __name__ == "__main__":
    app.run()
