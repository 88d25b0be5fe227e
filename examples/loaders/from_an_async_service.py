"""Users from a service that is asked with await: an async loader, for all views.

It needs Flask's extra (`pip install flask[async]`). Run it from the project's folder,
with either of

    python examples/loaders/from_an_async_service.py
    flask --app examples/loaders/from_an_async_service run

It starts a small service of people beside itself, and prints ada's and bob's passwords,
made for this start; set ADA_PASSWORD and BOB_PASSWORD to choose them yourself, and
SECRET_KEY to stay signed in over a restart. Then try it in a browser at
http://127.0.0.1:5000/top-secret, or so:

    curl -c jar -b jar -i http://127.0.0.1:5000/top-secret       # 401, and where to go
    curl -c jar -b jar -i -d name=ada -d password=… http://127.0.0.1:5000/login
    curl -c jar -b jar -i http://127.0.0.1:5000/top-secret       # a view, guarded
    curl -c jar -b jar -i http://127.0.0.1:5000/colleagues       # async and guarded
    curl -c jar -b jar -i http://127.0.0.1:5000/me               # async, with no guard
    curl -c jar -b jar -i http://127.0.0.1:5000/hello            # the same, a template
    curl -c jar -b jar -i -X POST http://127.0.0.1:5000/logout

To see what happens while the service rests, start that in a terminal of its own, and
stop and start it as you like; the site is told where it is:

    PEOPLE_PORT=5001 python examples/loaders/from_an_async_service.py people
    PEOPLE_PORT=5001 python examples/loaders/from_an_async_service.py
"""

import asyncio
import json
import os
import secrets
import socket
import sys
from contextlib import suppress
from threading import Thread

from flask import Flask, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.security import check_password_hash, generate_password_hash

from flask_signet import (
    LoginManager,
    UserMixin,
    get_user,
    login_required,
    login_url,
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
    # Bytes of a form. As JSON they are six times as many at most, and still a line to
    # asyncio, which takes 64 KiB for the longest.
    MAX_CONTENT_LENGTH=8 * 1024,
    PEOPLE_PORT=int(os.environ.get("PEOPLE_PORT", "0")),
)

login_manager = LoginManager(app)

PATIENCE = 5
"""Seconds to wait for the service, from the call to its answer."""


class NoAnswerError(Exception):
    """The service said nothing, or nothing that can be understood."""


class Person(UserMixin):
    def __init__(self, known: dict[str, str]) -> None:
        self.id = known["id"]
        self.name = known["name"]


@login_manager.user_loader
async def load_user(user_id: str) -> Person | None:
    # The connection is made here, and used up here: this may run on another loop than
    # the view's, so what that has opened is of no use.
    return only(await ask("with id", user_id))


async def sign_in(name: str, password: str) -> Person | None:
    """Let the service judge the password."""
    return only(await ask("who may", name, password))


def only(people: list[Person]) -> Person | None:
    return people[0] if len(people) == 1 else None


async def ask(*question: str) -> list[Person]:
    """Ask the service for people.

    Raises:
        NoAnswerError: it gave none; that is not to say that there is nobody.

    """
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await line_after(question)
        # By its key: who connects to a port where nobody listens may, if rarely, meet
        # themselves, and would hear the question for an answer.
        return [Person(known) for known in json.loads(answer)["people"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NoAnswerError(repr(error)) from error


async def line_after(question: tuple[str, ...]) -> bytes:
    # Away from your own machine: by TLS (`ssl=True`), and to a service that asks who
    # wants to know.
    port = app.config["PEOPLE_PORT"]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(json.dumps(question).encode() + b"\n")
        return await reader.readline()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@app.errorhandler(NoAnswerError)
def no_answer(error: NoAnswerError) -> ResponseReturnValue:
    """Say so: nobody is signed out because a service rests, and nobody let in."""
    app.logger.error("The service of people could not be asked: %s", error)
    return render_template_string(NO_ANSWER), 503


@login_manager.unauthorized_handler
async def refuse() -> ResponseReturnValue:
    # It may be async, or not. It asks nobody: strangers are told where to go also while
    # the service rests.
    login = login_url("login", request.url)
    return render_template_string(REFUSED, login=login), 401


@app.get("/")
def index() -> str:
    return '<p>Anybody may read this. <a href="/top-secret">That</a> is secret.</p>'


@app.get("/top-secret")
@login_required
def top_secret() -> str:
    return render_template_string(SECRET)


@app.get("/colleagues")
@login_required
async def colleagues() -> ResponseReturnValue:
    # The guard has asked who this is, before the view's loop: that waits for no loader.
    me = get_user()
    return [person.name for person in await ask("all") if person.id != me.id]


@app.get("/me")
async def me() -> ResponseReturnValue:
    # Nobody has asked before: the loader runs on a thread of its own, with a loop of
    # its own, and this one waits.
    user = get_user()
    return {"name": user.name if user else None}


@app.get("/hello")
async def hello() -> str:
    # And here that happens where the template looks at `current_user` first.
    return render_template_string(HELLO, count=len(await ask("all")))


@app.route("/login", methods=["GET", "POST"])
async def login() -> ResponseReturnValue:
    if request.method == "GET":
        return render_template_string(LOGIN)
    person = await sign_in(request.form["name"], request.form["password"])
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
{% if problem %}<p role="alert">{{ problem }}</p>{% endif %}
<form method="post">
  <p><label>Name <input name="name" autocomplete="username" required></label>
  <p><label>Password <input name="password" type="password"
    autocomplete="current-password" required></label>
  <p><button>Sign in</button>
</form>
"""

REFUSED = """
<!doctype html><html lang="en"><title>Not yet</title>
<p>Please <a href="{{ login }}">sign in</a> to access this page.
"""

SECRET = """
<!doctype html><html lang="en"><title>Top secret</title>
<p>Hello, {{ current_user.name }}: only those who are signed in read this.
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
"""

HELLO = """
<!doctype html><html lang="en"><title>Hello</title>
<p>Hello, {{ current_user.name if current_user.is_authenticated else "stranger" }}:
{{ count }} people may sign in.
"""

NO_ANSWER = """
<!doctype html><html lang="en"><title>Please wait</title>
<p>The service of people does not answer. Please try again in a while.
<form method="post" action="{{ url_for('logout') }}"><button>Sign out</button></form>
"""


# The service of people --------------------------------------------------------------
# It knows nothing of the site above. A question is a line of JSON, and so is its
# answer; a connection is for one of them.

PEOPLE = {"1": "ada", "2": "bob"}
HASHES: dict[str, str] = {}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        ids = await ids_for(json.loads(await reader.readline()))
        people = [{"id": each, "name": PEOPLE[each]} for each in ids]
        writer.write(json.dumps({"people": people}).encode() + b"\n")
        await writer.drain()
    except (OSError, ValueError):
        pass  # who asks nothing, or does not wait, gets no answer
    finally:
        writer.close()


async def ids_for(question: list[str]) -> list[str]:
    match question:
        case ["all"]:
            return list(PEOPLE)
        case ["with id", str(one)]:
            return [one] if one in PEOPLE else []
        case ["who may", str(name), str(password)]:
            # For an unknown name, nobody's hash is computed: time must not tell who is
            # known. On a thread, for it takes a while, and others ask meanwhile.
            hashed = HASHES.get(name, HASHES[""])
            right = await asyncio.to_thread(check_password_hash, hashed, password)
            return [each for each in PEOPLE if right and PEOPLE[each] == name]
    raise ValueError(question)


def password_of(name: str) -> str:
    """Make a password and show it, once: an example has none that is known before."""
    password = os.environ.get(f"{name.upper()}_PASSWORD")
    if not password:
        password = secrets.token_urlsafe()
        print(f"Sign in as {name} with the password {password}")
    return password


def people_at(port: int) -> socket.socket:
    """Get all ready; from here on a question waits to be answered, and is not lost."""
    passwords = {name: password_of(name) for name in PEOPLE.values()}
    for name, password in {**passwords, "": secrets.token_urlsafe()}.items():
        # The method by name: ASVS 5.0, appendix C, asks for more than the default.
        HASHES[name] = generate_password_hash(password, "scrypt:131072:8:1")
    listener = socket.create_server(("127.0.0.1", port))
    print(f"People are at port {listener.getsockname()[1]}", flush=True)
    return listener


async def serve(listener: socket.socket) -> None:
    server = await asyncio.start_server(answer, sock=listener)
    await server.serve_forever()


if __name__ == "__main__" and sys.argv[1:] == ["people"]:
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(people_at(app.config["PEOPLE_PORT"])))
    sys.exit()

if not app.config["PEOPLE_PORT"]:
    people = people_at(0)  # which is a port that is free
    app.config["PEOPLE_PORT"] = people.getsockname()[1]
    Thread(target=asyncio.run, args=[serve(people)], daemon=True).start()

if __name__ == "__main__":
    app.run()
