"""What Signet raises, and for whom: the person who wires the application.

What a visitor can cause is never raised from here: a bad cookie is nobody, a
bad ``next`` is the default.
"""


class SignetError(Exception):
    """Anything Signet raises on purpose."""


class ConfigError(SignetError):
    """A setting or argument that cannot be meant; says which one, and what would do."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key} {problem}.")
        self.key = key


class NotBoundError(SignetError, AttributeError):
    """Signet was used in an application it was never bound to.

    It is an ``AttributeError`` too, for that is what ``app.login_manager`` raises
    where there is none.
    """

    def __init__(self, app_name: str, name: str = "") -> None:
        which = f"LoginManager(name={name!r})" if name else "LoginManager"
        manager = which if name else "login_manager"
        super().__init__(
            f"No {which} on the application {app_name!r}. Call"
            f" {manager}.init_app(app) where the application is made,"
            " before its first request."
        )


class OutsideRequestError(SignetError, RuntimeError, AttributeError):
    """``current_user`` was used where there is no request.

    It is a ``RuntimeError`` as with Flask's own proxies, and an ``AttributeError``, for
    such Flask-Login's users look out for.
    """

    def __init__(self) -> None:
        super().__init__(
            "current_user was used outside of a request, where nobody is signed in."
            " get_user() gives None there. Who needs a user, as a job or a command, is"
            " given one as an argument, or runs under run_as(user)."
        )


class MissingLoaderError(SignetError):
    """There is no function that could load a user."""

    def __init__(self, app_name: str) -> None:
        super().__init__(
            "Missing user_loader or request_loader on the login manager of the"
            f" application {app_name!r}. Is the module that registers it imported?"
            " A models module that nobody imports never runs its"
            " @login_manager.user_loader."
        )


class UserError(SignetError):
    """A user object that cannot be meant; says what is wrong with it."""


class GuardOrderError(SignetError):
    """A guard stands above the route, where it guards nothing."""
