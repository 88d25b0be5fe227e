"""Test clients: one that is signed in from its first request on, and one that walks."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from flask import Flask, Response, session
from flask.testing import EnvironBuilder, FlaskClient
from werkzeug.test import Client

from flask_signet import cookie, current, ending, login
from flask_signet.errors import UserError
from flask_signet.names import Names
from flask_signet.state import session_at_hand, state, states_of


class FlaskLoginClient(FlaskClient):
    """Flask's test client, signed in as a user.

    Set ``app.test_client_class = FlaskLoginClient`` and say
    ``app.test_client(user=user)``.

    Args:
        user: who to be; nobody by default.
        fresh_login: whether as if the password had been given just now.

    """

    def __init__(
        self, *args: Any, user: Any = None, fresh_login: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if user is None:
            return
        app, token = self.application, None
        with app.test_request_context(environ_base=self.environ_base):
            login.write_sign_in(user, fresh=fresh_login)
            here = state()
            if here.desk is not None:
                known = current.memory()
                token = here.desk.token_for(known, user, fresh=fresh_login)
            keys = dict(session)
        with self.session_transaction() as held:
            held.update(keys)
        if token is not None:
            self.set_cookie(cookie.token_name(app, here.names), token)


class SignetClient(FlaskLoginClient):
    """That client, with what a person does at a browser: in, out, and away.

    Set ``app.test_client_class = SignetClient``. It signs in by ``login_user`` itself,
    so that cookies and signals are those of a real sign-in; the application's own hooks
    do not run for it.
    """

    def sign_in(
        self,
        user: Any,
        *,
        fresh: bool = True,
        remember: bool = False,
        methods: Sequence[str] = (),
        name: str = "",
    ) -> None:
        """Sign a user in, as your sign-in page would.

        Args:
            user: saved, so that your loader knows it.
            fresh: whether as if the password had been given just now.
            remember: whether as if "keep me signed in" had been ticked.
            methods: how it was proved, in AMR names (RFC 8176).
            name: which manager's user this is.

        Raises:
            UserError: the user is None, has no id yet, or is not active.

        """

        def enter() -> None:
            if not login.login_user(
                user, remember=remember, fresh=fresh, methods=methods, name=name
            ):
                raise UserError(f"{user!r} is not active, and cannot sign in.")

        self._visit(enter, name)
        self._visit(lambda: _refuse_who_is_not_known(user, name), name)

    def sign_out(self, *, name: str = "") -> None:
        """Sign out whoever is in, as your page for that would."""
        self._visit(lambda: login.logout_user(name=name), name)

    def grow_stale(self, *, name: str = "") -> None:
        """Let so much time pass that who is in must prove again who they are."""
        names = Names.of(name)

        def wait() -> None:
            held, desk = session_at_hand(), state(name).desk
            if names.user_id in held:
                held[names.fresh] = False
            if desk is not None and current.get_user(name=name) is not None:
                desk.grow_stale(current.memory(name))

        self._visit(wait, name)

    def restart(self) -> None:
        """Close the browser and open it.

        It forgets a session that is not permanent, and remembers who is remembered.
        """
        app = self.application

        def forget(answer: Response) -> None:
            if not session_at_hand().permanent:
                for each in states_of(app).values():
                    cookie.write_unseen(answer, each.names, app)
                    cookie.write_no_token(answer, each.names, app)
                cookie.write_no_session(answer, app)

        self._ask(forget)

    def _visit(self, act: Callable[[], object], name: str) -> None:
        """Do something in a request of this browser, and say so with its answer."""
        app = self.application

        def visit(answer: Response) -> None:
            act()
            ending.close(current.memory(name), answer)
            app.session_interface.save_session(app, session_at_hand(), answer)

        self._ask(visit)

    def _ask(self, visit: Callable[[Response], None]) -> None:
        self.get_cookie("session")  # refuses a client without cookies
        app, answer = self.application, self.application.response_class()
        # Where the session's cookie is sent to; its path may be below the root.
        path, root = app.session_interface.get_cookie_path(app), _root_of(app)
        below = path[len(root) :] if path.startswith(root) else "/"
        base = self.environ_base
        request = EnvironBuilder(app, below or "/", environ_base=base).get_request()

        def served(environ: Any, start_response: Any) -> Iterable[bytes]:
            with app.request_context(environ):
                visit(answer)
            return answer(environ, start_response)

        # The jar is the client's own; what answers is not the application.
        self.application = cast("Flask", served)
        try:
            Client.open(self, request)
        finally:
            self.application = app


def _refuse_who_is_not_known(user: Any, name: str) -> None:
    manager = state(name).manager
    if manager.user_callback is not None and current.get_user(name=name) is None:
        raise UserError(
            f"{user!r} was signed in, and the user_loader does not know them by their"
            " id: is the user saved, in the database of this application?"
        )


def _root_of(app: Flask) -> str:
    root: str = app.config["APPLICATION_ROOT"]
    return root.rstrip("/")
