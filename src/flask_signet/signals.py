"""What Signet tells the house. A listener hears of a thing that has happened.

The sender is always the :class:`~flask.Flask` application. Of a manager that has a
name, each has the argument ``name`` besides. A listener may ask for ``current_user``;
it decides nothing, and no signal carries a secret.
"""

from typing import Any

from blinker import NamedSignal, Namespace
from flask import Flask

_signals = Namespace()


def tell(signal: NamedSignal, app: Flask, whose: str, **told: Any) -> None:
    """Send a signal; of a manager that has a name, it says the name, too."""
    if not signal.receivers:
        return
    if whose:
        told["name"] = whose
    signal.send(app, **told)


user_logged_in = _signals.signal(
    "logged-in",
    doc="""Sent once the user is signed in, before the view's answer.

    :param user: the user object.
    """,
)

user_logged_out = _signals.signal(
    "logged-out",
    doc="""Sent once the user is signed out, before the view's answer.

    :param user: the user as it was; the anonymous one if nobody was in, or if
        the user could not be loaded.
    """,
)

user_loaded_from_cookie = _signals.signal(
    "loaded-from-cookie",
    doc="""Sent when somebody came back by the remember cookie alone.

    :param user: the user object.
    """,
)

user_loaded_from_header = _signals.signal(
    "loaded-from-header",
    doc="""Sent when the header loader knew the user.

    :param user: the user object.
    """,
)

user_loaded_from_request = _signals.signal(
    "loaded-from-request",
    doc="""Sent when the request loader knew the user.

    :param user: the user object.
    """,
)

user_login_confirmed = _signals.signal(
    "login-confirmed",
    doc="Sent when somebody signed in has proved again who they are.",
)

user_unauthorized = _signals.signal(
    "unauthorized",
    doc="Sent when a stranger was refused, before the answer is made.",
)

user_needs_refresh = _signals.signal(
    "needs-refresh",
    doc="Sent when a sign-in was not fresh enough, before the answer is made.",
)

user_accessed = _signals.signal(
    "accessed",
    doc="Sent once a request, when it is first asked who the user is.",
)

signin_opened = _signals.signal(
    "signin-opened",
    doc="""Sent once a sign-in is in the register.

    :param signin: the new ``SignIn``.
    """,
)

signin_closed = _signals.signal(
    "signin-closed",
    doc="""Sent once a sign-in is gone from the register, by somebody's doing.

    :param signin: the ``SignIn`` as it was.
    :param reason: why: ``logout``, ``login`` for another in the same browser,
        ``closed`` by a verb, ``command`` from the command line, ``account`` if the user
        is no more what it was, ``renewed`` if it goes on as another row.
    """,
)

signin_expired = _signals.signal(
    "signin-expired",
    doc="""Sent when a sign-in was found after its end, and is gone.

    :param signin: the ``SignIn`` as it was.
    """,
)

signin_evicted = _signals.signal(
    "signin-evicted",
    doc="""Sent when a sign-in had to go for another, of which there may be so many.

    :param signin: the ``SignIn`` as it was.
    """,
)

signin_restored = _signals.signal(
    "signin-restored",
    doc="""Sent when the remember cookie has opened a sign-in again.

    :param signin: the ``SignIn``.
    """,
)

remember_token_reused = _signals.signal(
    "remember-token-reused",
    doc="""Sent when two have used one remember cookie; the sign-in is gone.

    :param signin: the ``SignIn`` as it was.
    """,
)

session_protected = _signals.signal(
    "session-protected",
    doc="Sent when a sign-in came from another address or browser, and lost by it.",
)
