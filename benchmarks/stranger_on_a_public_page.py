"""What does an extension cost a stranger, on a page that asks for nobody?"""

import flask_login
from flask import Flask

import flask_signet
from _applications import bare, expect, people_of, visit, with_extension
from _interleave import Contender, run

EXPLANATION = """
The page is one line of text. Neither the view nor a guard asks who is there, and no
cookie comes. Vary: Cookie on such an answer would keep it out of shared caches.
"""


def contender(label: str, app: Flask, budget: float | None = None) -> Contender:
    environ = visit("/")
    varies = "Cookie" in expect(app, environ, "Welcome.").vary
    if varies and budget is not None:
        raise SystemExit(f"{label}: the answer says Vary: Cookie, and must not")
    return Contender(
        label=label,
        app=app,
        environs=[environ],
        against=None if label == "bare Flask" else "bare Flask",
        is_noise=label == "bare Flask again",
        budget=budget,
        remark="Vary: Cookie" if varies else "no Vary",
    )


def main() -> None:
    login = with_extension(flask_login, people_of(flask_login.UserMixin))
    signet = with_extension(flask_signet, people_of(flask_signet.UserMixin))
    run(
        "A stranger on a public page, against bare Flask",
        [
            contender("bare Flask", bare()),
            contender("bare Flask again", bare()),
            contender("Flask-Login", login),
            contender("Flask-Signet", signet, 1.01),
        ],
        explanation=EXPLANATION,
    )


if __name__ == "__main__":
    main()
