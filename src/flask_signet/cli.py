"""``flask signet``: what an application's sign-in is like, from the command line."""

import json

import click
from flask import current_app
from flask.cli import AppGroup

from . import routes

signet = AppGroup("signet", help="What guards what, and whether all is well.")


@signet.command("routes")
@click.option("--unguarded", is_flag=True, help="Only those that anybody may reach.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show_routes(*, unguarded: bool, as_json: bool) -> None:
    """Show each route, and what it takes to reach it."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (the public way)
    found = [
        route
        for route in routes.table(app)
        if not unguarded or route.needs == routes.OPEN
    ]
    if as_json:
        click.echo(json.dumps([route._asdict() for route in found], indent=2))
    else:
        click.echo(_columns(found))


def _columns(found: list[routes.Route]) -> str:
    """Set the routes in columns, each as wide as it must be."""
    head = routes.Route("route", "method", "endpoint", "needs", "by")
    lines = [head, *found]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )
