"""An assertion for an application's own tests: that no page is open by mistake."""

from collections.abc import Iterable

from flask import Flask

from flask_signet import routes
from flask_signet.errors import ConfigError
from flask_signet.protecting import is_static


def assert_guarded(app: Flask, *, open: Iterable[str] = ()) -> None:  # noqa: A002 (it reads so)
    """Assert that nobody reaches a view without a guard, but for those that are named.

    Args:
        app: the application, with all its routes.
        open: the endpoints that are meant to be open. Static files always are.

    Raises:
        ConfigError: the endpoints are one text.
        AssertionError: it says which are open and not named, and which are named and
            not open.

    """
    if isinstance(open, str):
        raise ConfigError(
            "assert_guarded(open=...)", "is one text; it should be a list"
        )
    found = routes.table(app)
    meant = {*open}
    are_open = {route.endpoint for route in found if route.needs == routes.OPEN}
    static = {each for each in are_open if is_static(app, each)}
    lines = [
        f"+ {route.method} {route.rule} ({route.endpoint}) is open, and not named"
        for route in found
        if route.needs == routes.OPEN and route.endpoint not in meant | static
    ]
    lines += [
        f"- {endpoint} is named, and is {_standing(endpoint, found)}"
        for endpoint in sorted(meant - are_open)
    ]
    if lines:
        raise AssertionError("\n".join(["What is open is not what was meant:", *lines]))


def _standing(endpoint: str, found: list[routes.Route]) -> str:
    needs = [route.needs for route in found if route.endpoint == endpoint]
    return f"for who is {needs[0]}" if needs else "no endpoint"
