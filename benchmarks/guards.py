"""Does a guard cost more than `login_required`, and a second manager anything at all?

All applications are on Flask-Signet, and one of them has `login_required` alone over
its page: `protect` is set against that. Other guards ask something more, so each is
set against `login_required` over a view that asks the same by hand, as `abort(403)`
unless `current_user.has_role("x")`. The lines without a budget say what that costs.

`anonymous_required` is set against a view without a guard that asks
`current_user.is_authenticated`. The guard also says `no-store`, so one line tells what
that costs by hand. Public pages are visited by strangers. Where there are two managers,
nobody asks for the second one's people. All people are of one class, with the same
cookies everywhere, and nothing is to be dearer than its peer: the budget is 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Flask, abort, render_template
from jinja2 import DictLoader

from _applications import (
    Environ,
    application,
    cookies_after,
    expect,
    expect_of_each,
    people_of,
    see,
    visit,
)
from _interleave import Contender, run
from flask_signet import (
    LoginManager,
    UserMixin,
    anonymous_required,
    current_user,
    fresh_login_required,
    login_fresh,
    login_required,
    login_user,
    permission_required,
    public,
    roles_required,
    user_passes,
)

View = Callable[[], str]

BUDGET = 1.0

ALONE, ASKED = "login_required", "is_authenticated by hand"
NO_STORE = f"{ASKED}, no-store"


class Permitted(UserMixin):
    """May everything that is asked of them here."""

    id: str
    granted = frozenset({"x"})

    def has_role(self, role: str) -> bool:
        return role in self.granted

    def has_permission(self, permission: str) -> bool:
        return permission in self.granted


def is_somebody(user: Permitted) -> bool:
    return user.id != ""


# --- Views: a new function for each application.


def asks_nothing() -> View:
    def me() -> str:
        return str(current_user.id)

    return me


def asks_when() -> View:
    def me() -> str:
        if not login_fresh():
            abort(403)
        return str(current_user.id)

    return me


def asks_a_predicate() -> View:
    def me() -> str:
        if not is_somebody(current_user):
            abort(403)
        return str(current_user.id)

    return me


def asks_for_a_role() -> View:
    def me() -> str:
        if not current_user.has_role("x"):
            abort(403)
        return str(current_user.id)

    return me


def asks_for_a_permission() -> View:
    def me() -> str:
        if not current_user.has_permission("x"):
            abort(403)
        return str(current_user.id)

    return me


# --- Applications: one for each line, for what is visited twice a round is warmer.


def guarded(
    people: Mapping[str, Any],
    guard: Callable[[View], View] = login_required,
    view: View | None = None,
) -> Flask:
    """Make an application whose page has a guard over it."""
    app = with_manager(people)
    app.add_url_rule("/me", "me", guard(view or asks_nothing()))
    return app


def protected(people: Mapping[str, Any]) -> Flask:
    """Make one that is closed, but for its public page."""
    app = with_manager(people)
    app.add_url_rule("/me", "me", asks_nothing())
    public(app.view_functions["front"])
    app.login_manager.protect(app)  # type: ignore[attr-defined]
    return app


def with_staff(people: Mapping[str, Any]) -> Flask:
    """Make one that has a second manager, and a page of the first."""
    app = guarded(people)
    LoginManager(app, name="staff").user_loader(people.get)
    return app


def for_strangers(people: Mapping[str, Any]) -> Flask:
    app = with_manager(people)

    @app.get("/sign-up")
    @anonymous_required
    def sign_up() -> str:
        return "Welcome."

    return app


def for_strangers_by_hand(people: Mapping[str, Any]) -> Flask:
    app = with_manager(people)

    @app.get("/sign-up")
    def sign_up() -> str:
        if current_user.is_authenticated:
            abort(403)
        return "Welcome."

    return app


def and_no_store(people: Mapping[str, Any]) -> Flask:
    app = with_manager(people)

    @app.get("/sign-up")
    def sign_up() -> tuple[str, dict[str, str]]:
        if current_user.is_authenticated:
            abort(403)
        return "Welcome.", {"Cache-Control": "no-store"}

    return app


def with_manager(people: Mapping[str, Any]) -> Flask:
    app = application()
    app.jinja_loader = DictLoader({"front.txt": "Welcome."})
    LoginManager(app).user_loader(people.get)

    @app.get("/template")
    @public
    def template() -> str:
        return render_template("front.txt")

    return app


# --- Who visits them.


def who_are_in(app: Flask, people: Mapping[str, Any]) -> list[Environ]:
    """Give a visit for each of the people; its cookie holds in all applications."""
    visits = []
    for person in people.values():
        cookies = cookies_after(app, login_user, person)
        visits.append(visit("/me", f"session={cookies['session']}"))
    return visits


def signed_in(
    label: str, app: Flask, environs: Sequence[Environ], **more: Any
) -> Contender:
    if see(app, visit("/me")).status_code != 401:
        raise SystemExit(f"{label}: the page is open to strangers")
    expect_of_each(app, environs, [*people_of()])
    return Contender(label=label, app=app, environs=environs, **more)


def stranger(label: str, app: Flask, path: str, **more: Any) -> Contender:
    answer = expect(app, visit(path), "Welcome.")
    remark = answer.headers.get("Cache-Control", "")
    return Contender(
        label=label, app=app, environs=[visit(path)], remark=remark, **more
    )


def main() -> None:
    people = people_of(Permitted)
    visits = who_are_in(guarded(people), people)

    def page(label: str, app: Flask, against: str | None, **more: Any) -> Contender:
        return signed_in(label, app, visits, against=against, **more)

    def pair(guard: Callable[[View], View], asked: str, view: View) -> list[Contender]:
        peer = f"{asked} by hand"
        return [
            page(peer, guarded(people, view=view), ALONE),
            page(guard.__name__, guarded(people, guard), peer, budget=BUDGET),
        ]

    def public_pages(kind: str, path: str) -> list[Contender]:
        peer, protect, two = (
            f"{kind}{more}" for more in ("", ", protect", ", two managers")
        )
        return [
            stranger(peer, guarded(people), path),
            stranger(f"{peer} again", guarded(people), path, against=peer),
            stranger(protect, protected(people), path, against=peer, budget=BUDGET),
            stranger(two, with_staff(people), path, against=peer, budget=BUDGET),
        ]

    run(
        "Guards against login_required, two managers against one",
        [
            page(ALONE, guarded(people), None),
            page(f"{ALONE} again", guarded(people), ALONE, is_noise=True),
            page("protect", protected(people), ALONE, budget=BUDGET),
            page("two managers", with_staff(people), ALONE, budget=BUDGET),
            *pair(fresh_login_required, "login_fresh", asks_when()),
            *pair(user_passes(is_somebody), "predicate", asks_a_predicate()),
            *pair(roles_required("x"), "has_role", asks_for_a_role()),
            *pair(permission_required("x"), "has_permission", asks_for_a_permission()),
            *public_pages("public page", "/"),
            *public_pages("public template", "/template"),
            stranger(ASKED, for_strangers_by_hand(people), "/sign-up"),
            stranger(NO_STORE, and_no_store(people), "/sign-up", against=ASKED),
            stranger(
                "anonymous_required",
                for_strangers(people),
                "/sign-up",
                against=ASKED,
                budget=BUDGET,
            ),
        ],
        explanation=__doc__.partition("\n")[2],
    )


if __name__ == "__main__":
    main()
