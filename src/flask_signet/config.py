"""What an application may set, and what holds where it sets nothing.

``SIGNET_*`` keys are read once, when the application is bound, and refused when not
understood. Flask-Login's keys are live, as they always were: the rooms that use them
read them where they are used, from the defaults below.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple, Self, cast

from .errors import ConfigError

PREFIX = "SIGNET_"

COOKIE_NAME = "remember_token"
"""The remember cookie's name; ``REMEMBER_COOKIE_NAME`` sets another."""

COOKIE_DURATION = timedelta(days=365)
"""How long somebody is remembered (Flask-Login's); ``REMEMBER_COOKIE_DURATION``."""

COOKIE_SECURE = False
"""Flask-Login's. Here the session cookie's counts; ``REMEMBER_COOKIE_SECURE``."""

COOKIE_HTTPONLY = True
"""Flask-Login's. Here the session cookie's counts; ``REMEMBER_COOKIE_HTTPONLY``."""

COOKIE_SAMESITE = None
"""Flask-Login's. Here the session cookie's counts; ``REMEMBER_COOKIE_SAMESITE``."""

LOGIN_MESSAGE = "Please log in to access this page."

LOGIN_MESSAGE_CATEGORY = "message"

REFRESH_MESSAGE = "Please reauthenticate to access this page."

REFRESH_MESSAGE_CATEGORY = "message"

ID_ATTRIBUTE = "get_id"
"""The user's method that gives its id."""

AUTH_HEADER_NAME = "Authorization"
"""The header whose value the header loader is given; the setting of that name."""

SESSION_KEYS = {"_user_id", "_remember", "_remember_seconds", "_id", "_fresh", "next"}
"""Flask-Login's keys in Flask's session. There are more, see ``Names.login_keys``."""

EXEMPT_METHODS = {"OPTIONS"}
"""Methods that guards let through. OPTIONS is answered for the view, never by it."""

USE_SESSION_FOR_NEXT = False
"""Whether the page asked for waits in the session, instead of in the address."""

TOUCH_EVERY = timedelta(minutes=1)
"""How often it is written at most that somebody was seen. So much is added to the idle
limit: nobody is out early, and nobody later than that."""

TOUCHES = 10
"""Into so many parts an idle limit is cut that is shorter than ten minutes."""

LONGEST = timedelta(days=365_000)
"""What may be remembered at most: a date must come out of it."""

PROTECTIONS = ("basic", "strong")
"""What ``SESSION_PROTECTION`` may be, besides None for off."""


class Config(NamedTuple):
    """An application's settings: ``SIGNET_FRESH_MAX_AGE`` sets ``fresh_max_age``."""

    fresh_max_age: timedelta | None = timedelta(hours=12)
    """How old a proof may be for ``fresh_login_required``; None: however old."""

    idle: timedelta | None = None
    """How long a sign-in may rest between two requests; None: as long as it lasts."""

    lifetime: timedelta | None = None
    """How long it lasts after the last proof, however busy; None: as long as Flask's
    session."""

    move_until: datetime | None = None
    """Until when what Flask-Login wrote is taken. A date is its first moment, UTC."""

    site_origin: str | None = None
    """Where people see the site, as ``https://example.org``, if not where it runs."""

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """Take an application's settings, and refuse what was not understood.

        Raises:
            ConfigError: a value is of the wrong type, or a key is not one of these:
                a misspelt ``SIGNET_FRESH_MAXAGE`` must not pass in silence.

        """
        known = {PREFIX + field.upper(): field for field in cls._fields}
        given = {key: settings[key] for key in settings if key.startswith(PREFIX)}

        for key in given.keys() - known.keys():
            raise ConfigError(key, f"is no setting; {_meant(key, [*known])}")

        config = cls(**{known[key]: value for key, value in given.items()})
        config._refuse_what_cannot_be_meant()
        return config._replace(move_until=_moment_of(config.move_until))

    def _refuse_what_cannot_be_meant(self) -> None:
        for field in ("fresh_max_age", "idle", "lifetime"):
            age = getattr(self, field)
            if age is not None:
                refuse_a_bad_age(PREFIX + field.upper(), age)
        if self.site_origin is not None and not is_origin(self.site_origin):
            problem = (
                f"is {self.site_origin!r}; it should be like 'https://example.org',"
                " with nothing behind the host"
            )
            raise ConfigError("SIGNET_SITE_ORIGIN", problem)


def _meant(key: str, known: list[str]) -> str:
    """Say which setting may have been meant; all of them, if none is near."""
    near = [each for each in known if key.startswith(each)]
    near += get_close_matches(key, known, n=1, cutoff=0.8)
    return f"the nearest is {near[0]}" if near else f"there are {', '.join(known)}"


def _moment_of(given: object) -> datetime | None:
    """Read ``SIGNET_MOVE_UNTIL``.

    Raises:
        ConfigError: it is neither a date nor a datetime with a time zone.

    """
    if given is None or (isinstance(given, datetime) and given.tzinfo is not None):
        return given
    if isinstance(given, date) and not isinstance(given, datetime):
        return datetime(given.year, given.month, given.day, tzinfo=UTC)
    problem = f"is {given!r}; it should be a date, or a datetime with a time zone"
    raise ConfigError("SIGNET_MOVE_UNTIL", problem)


_ORIGIN = re.compile(
    r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?",
    re.IGNORECASE | re.ASCII,
)


def is_origin(text: object) -> bool:
    """Tell whether this is a scheme, a host and perhaps a port, and nothing else."""
    found = _ORIGIN.fullmatch(text) if isinstance(text, str) else None
    return found is not None and int(found["port"] or 1) in range(1, 65536)


def session_protection(settings: Mapping[str, Any], default: object) -> str | None:
    """Read ``SESSION_PROTECTION``, or the manager's attribute of that name.

    Raises:
        ConfigError: it is neither of ``PROTECTIONS`` nor None.

    """
    mode = settings.get("SESSION_PROTECTION", default)
    if not mode:
        return None
    if mode not in PROTECTIONS:
        problem = f"is {mode!r}; it should be 'basic', 'strong' or None"
        raise ConfigError("SESSION_PROTECTION", problem)
    return str(mode)


def remember_duration(settings: Mapping[str, Any]) -> timedelta:
    """Read ``REMEMBER_COOKIE_DURATION``: a timedelta, or a number of seconds.

    Raises:
        ConfigError: it is neither, or not longer than nothing.

    """
    duration = settings.get("REMEMBER_COOKIE_DURATION", COOKIE_DURATION)
    if isinstance(duration, int) and not isinstance(duration, bool):
        duration = timedelta(seconds=duration)
    refuse_a_bad_duration("REMEMBER_COOKIE_DURATION", duration)
    return cast("timedelta", duration)


def seconds_to_remember(given: object) -> float | None:
    """Read what a session says of it; None if it says nothing that can be meant."""
    if isinstance(given, (int, float)) and 1 <= given <= LONGEST.total_seconds():
        return given
    return None


def refuse_a_bad_age(key: str, age: object) -> None:
    """Refuse what a proof cannot be as old as.

    Raises:
        ConfigError: it is no timedelta, or not longer than nothing.

    """
    if not isinstance(age, timedelta):
        hint = f", as timedelta(seconds={age})" if type(age) in {int, float} else ""
        raise ConfigError(key, f"is {age!r}; it should be a timedelta or None{hint}")
    if age <= timedelta(0):
        raise ConfigError(key, f"is {age}; it should be longer than nothing")


def refuse_a_bad_duration(key: str, duration: object) -> None:
    """Refuse what nobody can be remembered for.

    Raises:
        ConfigError: it is no timedelta, below a second, or beyond the calendar.

    """
    if not isinstance(duration, timedelta):
        problem = f"must be a datetime.timedelta, instead got: {duration!r}"
        raise ConfigError(key, problem)
    if not timedelta(seconds=1) <= duration <= LONGEST:
        problem = (
            f"is {duration}; it should be a second at least, a thousand years at most"
        )
        raise ConfigError(key, problem)
