"""The register's tables from the command line: made, and brought up to date."""

import click

from .at_a_desk import Desk, at_a_desk, fail, kind_of
from .offers import Tabled, tabled
from .register import Register


@click.command("init-db")
@at_a_desk
def init_db(desk: Desk) -> None:
    """Make the register's tables, where they are not there yet."""
    store = _tabled(desk.register)
    noted = store.schema_version()
    if not noted:
        store.create_all()
        done = "Made the register's tables" if noted is None else "The tables are there"
        click.echo(f"{done}; noted that they are of version {store.schema}.")
    elif noted < store.schema:
        fail(f"{_versions(noted, store)}: flask signet upgrade-db")
    else:
        _say_that_they_are_there(noted, store)


@click.command("upgrade-db")
@at_a_desk
def upgrade_db(desk: Desk) -> None:
    """Bring the register's tables up to date.

    It is for those without Alembic.
    """
    store = _tabled(desk.register)
    noted = store.schema_version()
    if not noted:
        fault = "are not there" if noted is None else "have no version noted"
        fail(f"The register's tables {fault}: flask signet init-db")
    elif noted < store.schema:
        store.upgrade_schema()
        click.echo(f"Brought the tables from version {noted} to {store.schema}.")
    else:
        _say_that_they_are_there(noted, store)


def _tabled(register: Register) -> Tabled:
    """Give the store, if it has tables; else it is said, and all is done."""
    store = tabled(register.store)
    if store is None:
        click.echo(f"{kind_of(register)} has no tables: there is nothing to do.")
        click.get_current_context().exit()
    return store


def _say_that_they_are_there(noted: int, store: Tabled) -> None:
    if noted > store.schema:
        fail(f"{_versions(noted, store)}: pip install --upgrade flask-signet")
    click.echo(f"There is nothing to do: the tables are there, of version {noted}.")


def _versions(noted: int, store: Tabled) -> str:
    return f"The tables are of version {noted}, and {store.schema} is wanted"
