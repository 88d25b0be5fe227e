"""``flask signet``: what an application's sign-in is like, from the command line.

An application's extensions and floors hang commands of their own under
``app.extensions["flask_signet_commands"]``, by name.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Final

import click
from flask import Flask
from flask.cli import AppGroup, NoAppException, ScriptInfo

from . import doctor, routes
from .columns import in_columns
from .doctor import Finding
from .errors import SignetError
from .state import EXTENSION, app_at_hand

OF_A_REGISTER: Final = ("signins", "init-db", "upgrade-db")
"""Commands that an application has if it has a register."""

HEAD: Final = routes.Route("route", "method", "endpoint", "needs", "by")


class _Signet(AppGroup):
    """Our commands, and those that the application at hand has besides."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SignetError as error:  # a sentence, which says it all
            raise click.ClickException(str(error)) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = {*super().list_commands(ctx)}
        with suppress(NoAppException):  # help is to be had without one
            names |= {*_commands_of(ctx)}
        return sorted(names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        ours = super().get_command(ctx, cmd_name) or _commands_of(ctx).get(cmd_name)
        if ours is None and cmd_name in OF_A_REGISTER:
            raise click.ClickException(
                f"{cmd_name!r} wants a register, and this application has none:"
                " LoginManager(app, register=Register(store))."
            )
        return ours


def _commands_of(ctx: click.Context) -> dict[str, click.Command]:
    app = ctx.ensure_object(ScriptInfo).load_app()
    commands: dict[str, click.Command] = app.extensions.get(f"{EXTENSION}_commands", {})
    for name in commands.keys() & signet.commands:
        raise click.UsageError(
            f"{EXTENSION}_commands has {name!r}, which is a command of ours; call it"
            " something else."
        )
    return commands


signet = _Signet("signet", help="What guards what, and whether all is well.")


@signet.command("routes")
@click.option("--unguarded", is_flag=True, help="Only those that anybody may reach.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show_routes(*, unguarded: bool, as_json: bool) -> None:
    """Show each route, and what it takes to reach it."""
    found = [
        route
        for route in routes.table(app_at_hand())
        if not unguarded or route.needs == routes.OPEN
    ]
    if as_json:
        click.echo(json.dumps([route._asdict() for route in found], indent=2))
    else:
        click.echo(in_columns([HEAD, *found]))


@signet.command("doctor")
@click.option("--skip", multiple=True, metavar="CHECK", help="Leave a check out.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def see_the_doctor(ctx: click.Context, *, skip: Sequence[str], as_json: bool) -> None:
    """Say what is wrong, why, and which line mends it.

    Run it under the settings of the site that people use. It exits with 1 if it has
    found something, with 0 if all is well.
    """
    app = app_at_hand()
    checks = doctor.checks_of(app)
    for name in skip:
        if name not in checks:
            near = get_close_matches(name, checks, n=1, cutoff=0)[0]
            known = ", ".join(checks)
            raise click.BadParameter(
                f"{name!r} is no check; the nearest is {near!r}. There are {known}.",
                param_hint="--skip",
            )
    found = [*doctor.examine(app, skip=skip)]
    if as_json:
        told = [{"check": name, **finding._asdict()} for name, finding in found]
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo(_prescription(app, found, len(checks) - len(set(skip))))
    ctx.exit(1 if found else 0)


def _prescription(app: Flask, found: list[tuple[str, Finding]], checks: int) -> str:
    """Set the findings below one another."""
    if not found:
        return f"All is well with {app.name!r}: {checks} checks, and nothing found."
    count = "1 thing is" if len(found) == 1 else f"{len(found)} things are"
    lines = [f"{count} wrong with {app.name!r}."]
    for name, (problem, why, mend) in found:
        lines += ["", f"{name}: {problem}"]
        lines += [f"    why   {why}"] if why else []
        lines += [f"    mend  {mend}"] if mend else []
    return "\n".join(lines)
