"""``g._login_user``: where dependents of Flask-Login look for the user of a request.

They read it, delete it to have the user loaded again, and put somebody there to be them
in a test. Nothing is kept on ``g`` for it while a request is served: to read, set or
delete the name is to do so in the request's own memory, which no other request shares.
"""

from typing import Any

from flask import Flask, has_request_context

from . import current
from .memory import UNASKED
from .names import Names


class Mirrors:
    """What ``g`` is, with attributes that stand for the user of the request at hand."""

    signet_mirrors: dict[str, str]
    """Which manager's user is meant, by the attribute's name."""

    def __getattr__(self, called: str) -> Any:
        name = self.signet_mirrors.get(called)
        user = UNASKED if name is None else _shown(name)
        if user is UNASKED:
            rest: Any = super()
            return rest.__getattr__(called)
        return user

    def __setattr__(self, called: str, user: Any) -> None:
        name = self.signet_mirrors.get(called)
        # Where there is no request it waits on g, for the one that comes.
        if name is None or not show(user, name):
            super().__setattr__(called, user)
        else:
            vars(self).pop(called, None)

    def __delattr__(self, called: str) -> None:
        name = self.signet_mirrors.get(called)
        if name is None or not _forget(name):
            super().__delattr__(called)

    # Flask's look into the dict of g.

    def get(self, called: str, default: Any = None) -> Any:
        if called in self.signet_mirrors:
            return getattr(self, called, default)
        return vars(self).get(called, default)

    def pop(self, called: str, *default: Any) -> Any:
        if called not in self.signet_mirrors or not hasattr(self, called):
            return vars(self).pop(called, *default)
        user = getattr(self, called)
        delattr(self, called)
        return user

    def __contains__(self, called: str) -> bool:
        if called in self.signet_mirrors:
            return hasattr(self, called)
        return called in vars(self)


def hang(app: Flask, name: str, names: Names) -> None:
    """Hang the mirror of a manager on the ``g`` of an application."""
    kind: Any = app.app_ctx_globals_class
    if not issubclass(kind, Mirrors):
        kind = type(kind.__name__, (Mirrors, kind), {"signet_mirrors": {}})
        app.app_ctx_globals_class = kind
    kind.signet_mirrors[names.mirror] = name


def _shown(name: str) -> Any:
    known = current.known_here(name)
    return UNASKED if known is None else known.user


def show(user: Any, name: str) -> bool:
    """Let this be the user of this request, and write nothing; None for nobody.

    Returns:
        Whether there is a request.

    """
    if not has_request_context():
        return False
    known = current.memory(name)
    current.set_user(known, user)
    known.person_id = None
    return True


def _forget(name: str) -> bool:
    """Have the user of this request loaded again when somebody asks.

    Returns:
        Whether anybody was known.

    """
    known = current.known_here(name)
    if known is None or known.user is UNASKED:
        return False
    known.user, known.nobody, known.accessed = UNASKED, True, False
    known.by_cookie = known.by_request = known.by_header = False
    return True
