"""What one person leaves in a session, and that the next one finds nothing of it.

Who goes and leaves anything, leaves a mark: a seal of their id. By it they are told
from the next one, and it does not show the id.
"""

from typing import Any

from flask import Flask
from flask.sessions import SessionMixin

from . import seals
from .names import Names
from .state import State, states_of


def mark(app: Flask, here: State, held: SessionMixin, user_id: str) -> dict[str, Any]:
    """Make the mark of who goes, as a key for the session; none if nothing is left."""
    names = here.names
    if not held.keys() - {*names.login_keys, names.left} - _keys_of_others(app, here):
        return {}
    return {names.left: seals.seal(seals.secret_of(app), names.left, user_id)}


def are_anothers(app: Flask, names: Names, held: SessionMixin, user_id: str) -> bool:
    """Tell whether somebody else has left what the session holds."""
    if names.left not in held:
        return False
    keys, left = seals.secrets_of(app), held[names.left]
    return seals.sealed_by(keys, names.left, user_id, left) is None


def clear(app: Flask, here: State, held: SessionMixin, *keep: str) -> None:
    for key in held.keys() - _keys_of_others(app, here) - {*keep}:
        del held[key]


def _keys_of_others(app: Flask, here: State) -> set[str]:
    """Name what no sign-in or sign-out of this manager may touch."""
    others = (each.names for each in states_of(app).values() if each is not here)
    return {"_permanent"}.union(*((*each.login_keys, each.left) for each in others))
