"""The desk where the register lies: from a request's cookies to its row, and back.

Loaded where a manager has a register, and by nobody else. Finding never writes: what is
to be done with a row is noted, and done with the answer, the store first and the
cookies after it.
"""

import logging
from typing import Any

from flask import Flask
from flask.cli import with_appcontext
from werkzeug.exceptions import ServiceUnavailable

from flask_signet import answers, moving
from flask_signet.errors import ConfigError
from flask_signet.signins import Register, StoreDown
from flask_signet.signins.commands import commands
from flask_signet.state import EXTENSION, State, app_at_hand, state, states_of

from .verbs import Desk as Desk

log = logging.getLogger("flask_signet")


def laid_out(app: Flask, here: State, register: Register) -> Desk:
    """Make the desk of a manager in an application.

    Raises:
        ConfigError: ``SIGNET_IDLE`` or ``SIGNET_LIFETIME`` is set besides, or people
            are to be remembered for longer than the register keeps them.

    """
    for key, limit in (("SIGNET_IDLE", "idle"), ("SIGNET_LIFETIME", "lifetime")):
        if getattr(here.config, limit) is not None:
            raise ConfigError(key, f"is set beside a register; say Register({limit}=…)")
    register.limits.refuse_longer_settings(app.config)
    made = commands(_register_of, keep_out=_keep_out, inside=with_appcontext)
    app.extensions.setdefault(f"{EXTENSION}_commands", {}).update(made)
    if StoreDown not in app.error_handler_spec[None][None]:
        app.register_error_handler(StoreDown, _answer_that_it_is_down)
    return Desk(register, here.name)


def _register_of(name: str) -> Register:
    """Give a manager's register of the application at hand."""
    states = states_of(app_at_hand()).values()
    desks: dict[str, Any] = {each.name: each.desk for each in states if each.desk}
    if name not in desks:
        known = ", ".join(repr(each) if each else "the plain one" for each in desks)
        problem = f"has no register. These have one: {known}"
        raise ConfigError(
            f"The manager {name!r}" if name else "The plain manager", problem
        )
    register: Register = desks[name].register
    return register


def _keep_out(name: str, user_id: str | None) -> None:
    if user_id is None:
        moving.keep_all_out(app_at_hand(), state(name))
    else:
        moving.keep_out(app_at_hand(), state(name), user_id)


def _answer_that_it_is_down(error: Exception) -> Any:
    """Answer a view that could not go on: 503, by the application's own page for it."""
    log.error("The register cannot be asked: %s", error)
    unavailable = ServiceUnavailable(retry_after=answers.RETRY_AFTER)
    return app_at_hand().handle_http_exception(unavailable)
