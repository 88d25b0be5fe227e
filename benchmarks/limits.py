"""What do the idle limit, the session protection and the stamp cost together?

Both applications are on Flask-Signet, and people are signed in, on a guarded page. The
one has none of the three, the other has all. Its clock stands still: what is written
once a minute is not written here, as it is not with most requests.
"""

from datetime import timedelta
from typing import Any

from flask import Flask

import flask_signet
from _applications import (
    Environ,
    cookies_after,
    people_of,
    visit,
    with_extension,
)
from _interleave import run
from signed_in import Stamped, contender

BUDGET = 1.03

NONE = "none of the three"

IDLE = timedelta(minutes=30)


def signed_in(*classes: type, **settings: Any) -> tuple[Flask, list[Environ]]:
    """Make the application, and a visit for each of its people, who are in."""
    people = people_of(flask_signet.UserMixin, *classes)
    app = with_extension(flask_signet, people, **settings)
    now = app.login_manager.clock()  # type: ignore[attr-defined]
    app.login_manager.clock = lambda: now  # type: ignore[attr-defined]
    visits = []
    for person in people.values():
        cookies = cookies_after(app, flask_signet.login_user, person)
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        visits.append(visit("/me", sent))
    return app, visits


def main() -> None:
    plain, of_plain = signed_in(SESSION_PROTECTION=None)
    again, of_again = signed_in(SESSION_PROTECTION=None)
    protected, of_protected = signed_in()
    stamped, of_stamped = signed_in(Stamped, SESSION_PROTECTION=None)
    resting, of_resting = signed_in(SESSION_PROTECTION=None, SIGNET_IDLE=IDLE)
    everything, of_everything = signed_in(Stamped, SIGNET_IDLE=IDLE)
    run(
        "The idle limit, the protection and the stamp, against none of them",
        [
            contender(NONE, plain, of_plain),
            contender("none again", again, of_again, against=NONE, is_noise=True),
            contender("protection", protected, of_protected, against=NONE),
            contender("stamp", stamped, of_stamped, against=NONE),
            contender("idle limit", resting, of_resting, against=NONE),
            contender(
                "all three", everything, of_everything, against=NONE, budget=BUDGET
            ),
        ],
        explanation=__doc__.partition("\n")[2],
    )


if __name__ == "__main__":
    main()
