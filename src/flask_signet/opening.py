"""What is looked at once, before an application's first view runs.

What its developer has forgotten or mistaken is said in a sentence. Two settings that
want a hook at every request get it here, and no others have one.
"""

import logging
from contextlib import suppress
from functools import partial
from inspect import iscoroutinefunction

from flask import Flask, Response, after_this_request
from flask.sessions import SessionMixin

from . import (
    awaited,
    closings,
    config,
    cookie,
    current,
    entry,
    handover,
    look,
    moving,
    protecting,
)
from .config import Config
from .errors import ConfigError, MissingLoaderError
from .state import (
    EXTENSION,
    State,
    app_at_hand,
    config_of,
    request_at_hand,
    session_at_hand,
    state,
    states_of,
)

log = logging.getLogger("flask_signet")


def look_at_first_request(app: Flask) -> None:
    taken = look.Look(
        _look_for_a_loader,
        _look_for_the_extra,
        _look_at_the_session_interface,
        look.mend_guard_order,
        protecting.close_what_is_protected,
        closings.note_as_seen,
        _look_for_unknown_names,
        _look_at_the_cookies_names,
        _look_for_late_settings,
        _look_for_late_registers,
        _look_for_refreshing,
        _look_for_moving,
    )
    taken.wait_for(app)
    app.extensions[f"{EXTENSION}_look"] = taken


def _look_for_a_loader(app: Flask) -> None:
    """Say so if there is none; to a developer at once, elsewhere when it is missed."""
    for each in states_of(app).values():
        if each.manager.user_callback is None and each.manager.request_callback is None:
            missing = MissingLoaderError(app.name)
            if app.debug:
                raise missing
            log.error("%s", missing)


def _look_for_the_extra(app: Flask) -> None:
    """Say so at once if an async loader cannot be awaited, and not to who signs in."""
    for each in states_of(app).values():
        manager = each.manager
        for whose, loader in (
            ("user_loader", manager.user_callback),
            ("request_loader", manager.request_callback),
        ):
            if iscoroutinefunction(loader) and not awaited.has_extra():
                raise awaited.missing_extra(f"{whose} {loader.__name__!r}")


def _look_at_the_session_interface(app: Flask) -> None:
    if not cookie.is_renewed(app):
        log.warning(
            "%s has no regenerate(session): whoever knew the id of a session before"
            " its sign-in knows it after, too.",
            type(app.session_interface).__name__,
        )


def _look_for_unknown_names(app: Flask) -> None:
    """Say so if a guard asks for people of a manager that there is not.

    Raises:
        ConfigError: there is one, in development or testing; elsewhere it is logged.

    """
    for refusal in look.guards_of_nobody(app, states_of(app)):
        if app.debug or app.testing:
            raise refusal
        log.error("%s", refusal)


def _look_at_the_cookies_names(app: Flask) -> None:
    session_name = app.session_interface.get_cookie_name(app)
    states = states_of(app).values()
    taken = {session_name, *(cookie.seen_name(app, each.names) for each in states)}
    taken |= {cookie.token_name(app, each.names) for each in states if each.desk}
    for each in states:
        if (name := cookie.remember_name(app.config, each.names)) in taken:
            problem = f"makes {name!r} the name of two cookies"
            raise ConfigError("REMEMBER_COOKIE_NAME", problem)


def _look_for_late_settings(app: Flask) -> None:
    """Say so if a setting came after ``init_app``, which had read them all."""
    now, then = Config.read(app.config), config_of(app)
    for field in now._fields:
        if getattr(now, field) != getattr(then, field):
            key = f"{config.PREFIX}{field.upper()}"
            problem = "was set after init_app(), which had read it; set it before"
            raise ConfigError(key, problem)


def _look_for_late_registers(app: Flask) -> None:
    """Say so if a manager got a register when it was bound already.

    Raises:
        ConfigError: it did, so that nothing would be kept there.

    """
    for here in states_of(app).values():
        if here.manager.register is not None and here.register is None:
            problem = "got its register after init_app(); give it before"
            raise ConfigError(f"{here.manager!r}", problem)


REFUSALS = (
    closings.refuse_what_nobody_closes,
    _look_for_the_extra,
    _look_at_the_cookies_names,
    _look_for_late_settings,
    _look_for_late_registers,
)
"""Of these looks, those that only refuse; they may be taken beforehand."""


def _look_for_refreshing(app: Flask) -> None:
    if not app.config.get("REMEMBER_COOKIE_REFRESH_EACH_REQUEST"):
        return
    # Not by app.before_request(), which is closed once the first request is here.
    # First of them: what is noted after another has asked who is there is too late.
    hooks = app.before_request_funcs.setdefault(None, [])
    hooks[:0] = [partial(_refresh_afterwards, name) for name in states_of(app)]


def _refresh_afterwards(name: str) -> None:
    after_this_request(partial(handover.refresh_remember, name))


def _look_for_moving(app: Flask) -> None:
    if config_of(app).move_until is not None:
        hooks = app.before_request_funcs.setdefault(None, [])
        hooks[:0] = [partial(_end_who_has_left, name) for name in states_of(app)]


def _is_of_ours(app: Flask, here: State, held: SessionMixin) -> bool:
    """Tell whether a session has moved in: with a register, it has what opens a row."""
    if here.names.signin not in held:
        return False
    token = cookie.token_name(app, here.names)
    return here.desk is None or token in request_at_hand().cookies


def _end_who_has_left(name: str) -> None:
    """End a session that may not move in any more, before it is signed anew.

    For when it was signed decides that. It is looked at before the view, and once more
    with its answer: they may have left meanwhile.
    """
    app, here = app_at_hand(), state(name)
    session_name = app.session_interface.get_cookie_name(app)
    if not moving.is_set(here) or session_name not in request_at_hand().cookies:
        return
    _end_if_they_have_left(app, here)
    held, names = session_at_hand(), here.names
    if (whose := held.get(names.user_id)) is None:
        return
    came = whose, held.get(names.signin)

    def look_again(response: Response) -> Response:
        known = current.known_here(here.name)
        has_row = known is not None and known.signin is not None
        is_the_same = (held.get(names.user_id), held.get(names.signin)) == came
        if is_the_same and not has_row:  # else they have come in meanwhile
            _end_if_they_have_left(app, here)
        return response

    after_this_request(look_again)


def _end_if_they_have_left(app: Flask, here: State) -> None:
    """End a session signed before they left; if that cannot be asked, leave it."""
    held, names = session_at_hand(), here.names
    if names.user_id not in held or _is_of_ours(app, here, held):
        return
    with suppress(Exception):
        if moving.has_left(app, here, str(held[names.user_id]), entry.signed_at(app)):
            cookie.write_keys(dict.fromkeys(names.login_keys), held)
