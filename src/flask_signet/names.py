"""What one manager's keys and cookies are called.

The plain manager has Flask-Login's names. A manager with a name of its own has
the same ones with ``_<name>`` behind, so that two never meet in one session.
"""

import re
from functools import cache

from .errors import ConfigError


class Names:
    """Keys in Flask's session, and what is hung on ``g``. Changed by nobody."""

    tail: str
    """What stands behind the plain name, of cookies too."""

    user_id: str
    fresh: str
    id: str
    """From which address and browser, sealed: what session protection compares."""

    remember: str
    """A wish about the remember cookie that no answer could carry: set or clear."""

    remember_seconds: str
    next: str

    signin: str
    """A random id of this sign-in."""

    since: str
    """When it got that id; whole seconds since 1970, UTC. Only with an idle limit."""

    proved: str
    """When this person last proved who they are; whole seconds since 1970, UTC. With a
    limit also when somebody came in who has proved nothing."""

    stamp: str
    forced: str
    """There and true if the user was let in though inactive."""

    methods: str
    """How the person proved it: AMR names (RFC 8176), a list; absent if unsaid."""

    left: str
    """Who signed out of this session last: a seal of the id, for data left behind."""

    seen: str
    """What stands behind the session cookie's name, for when somebody was seen."""

    mirror: str
    """The user on ``g``, where Flask-Login's dependents look for it."""

    def __init__(self, tail: str) -> None:
        self.tail = tail
        self.user_id = f"_user_id{tail}"
        self.fresh = f"_fresh{tail}"
        self.id = f"_id{tail}"
        self.remember = f"_remember{tail}"
        self.remember_seconds = f"_remember_seconds{tail}"
        self.next = f"next{tail}"
        self.signin = f"_signin{tail}"
        self.since = f"_since{tail}"
        self.proved = f"_proved{tail}"
        self.stamp = f"_stamp{tail}"
        self.forced = f"_forced{tail}"
        self.methods = f"_methods{tail}"
        self.left = f"_left{tail}"
        self.seen = f"_seen{tail}"
        self.mirror = f"_login_user{tail}"

    @property
    def login_keys(self) -> tuple[str, ...]:
        """All that a sign-in puts into the session, and a sign-out takes away."""
        return (
            self.user_id,
            self.fresh,
            self.id,
            self.remember,
            self.remember_seconds,
            self.next,
            self.signin,
            self.since,
            self.proved,
            self.stamp,
            self.forced,
            self.methods,
        )

    @classmethod
    def of(cls, name: str) -> "Names":
        """Make the names for a manager.

        Raises:
            ConfigError: the name would not do in a cookie's name, or would make
                a key that another manager has.

        """
        given: object = name
        if not isinstance(given, str):
            raise ConfigError("name", f"is {name!r}; it should be a text")
        return _names_of(name)


@cache
def _names_of(name: str) -> Names:
    if name and not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise ConfigError("name", f"is {name!r}; small letters, digits and _ will do")
    if re.match(r"seconds(_|$)", name):
        problem = f"is {name!r}, and would share _remember_seconds with another"
        raise ConfigError("name", problem)
    return Names(f"_{name}" if name else "")
