"""Whether there is a loader, and its users have a stamp."""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import unwrap
from types import CodeType
from typing import Any, TypeGuard

from flask import Flask

from flask_signet.errors import MissingLoaderError, NotBoundError
from flask_signet.state import states_of
from flask_signet.users import UserMixin

from .finding import Finding, called


def check_loader(app: Flask) -> Iterator[Finding]:
    if not states_of(app):
        yield Finding(str(NotBoundError(app.name)), mend="login_manager.init_app(app)")
    for name, state in states_of(app).items():
        manager = state.manager
        if manager.user_callback is None and manager.request_callback is None:
            problem = str(MissingLoaderError(app.name))
            yield Finding(problem, mend=f"@{called(name)}.user_loader")


def are_known_by_session(app: Flask) -> bool:
    """Tell whether somebody may be; else there are no cookies."""
    return any(each.manager.user_callback for each in states_of(app).values())


def check_stamp(app: Flask) -> Iterator[Finding]:
    """Find the classes of users that have no stamp.

    Nobody is loaded for it. They are the classes that the loader names, or else those
    of its module and of the application's that are a ``UserMixin``.
    """
    for state in states_of(app).values():
        loader = state.manager.user_callback
        for kind in [] if loader is None else _users_of(app, loader):
            if not hasattr(kind, "get_auth_stamp"):
                problem = (
                    f"{kind.__qualname__} has no get_auth_stamp: after a new password"
                    " whoever is in with the old one stays in."
                )
                mend = "def get_auth_stamp(self): return self.password_hash"
                yield Finding(problem, "ASVS 5.0, 7.4.3", mend)


def _users_of(app: Flask, loader: Callable[..., Any]) -> list[type]:
    named = [each for each in _named_in(loader) if _is_class_of_users(each)]
    if named:
        return [*dict.fromkeys(named)]
    home, place = getattr(loader, "__module__", None), app.import_name
    return [
        each
        for each in _below(UserMixin)
        if f"{each.__module__}.".startswith(f"{place}.") or each.__module__ == home
        if not each.__subclasses__()
    ]


def _is_class_of_users(thing: Any) -> TypeGuard[type]:
    # By its type, for a proxy that is asked for its class asks the application.
    if not issubclass(type(thing), type):
        return False
    return issubclass(thing, UserMixin) or hasattr(thing, "get_id")


def _named_in(loader: Any) -> Iterator[object]:
    """Give what a loader names: itself, whose method it is, and what its code says."""
    if isinstance(loader, partial):
        yield from loader.args
        loader = loader.func
    yield loader
    owner = getattr(loader, "__self__", None)
    yield owner
    if type(owner) is dict:  # people in memory, and the loader is its `get`
        yield from {type(each) for each in [*owner.values()]}
    function = unwrap(getattr(loader, "__func__", loader))
    code = getattr(function, "__code__", None)
    if code is None:
        return
    around = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    for name in _names_in(code):
        if name in around:
            yield _content(around[name])
        else:
            yield function.__globals__.get(name)


def _names_in(code: CodeType) -> Iterator[str]:
    yield from (*code.co_names, *code.co_freevars)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names_in(inner)


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # nothing is in it yet
        return None


def _below(kind: type) -> Iterator[type]:
    each: type
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)
