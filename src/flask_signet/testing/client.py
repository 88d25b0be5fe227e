"""A test client that is signed in from its first request on."""

from typing import Any

from flask import session
from flask.testing import FlaskClient

from flask_signet import login


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
        app = self.application
        with app.test_request_context(environ_base=self.environ_base):
            login.write_sign_in(user, fresh=fresh_login)
            keys = dict(session)
        with self.session_transaction() as held:
            held.update(keys)
