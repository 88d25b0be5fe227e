"""What a command of the register is given, and how it says that it cannot be done."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple, NoReturn

import click

from .register import Register


class Desk(NamedTuple):
    """What a command works on."""

    register: Register
    keep_out: Callable[[str | None], object]
    """Told whose sign-ins are to be closed, before they are; None for everybody's."""


def at_a_desk(command: Callable[..., object]) -> Callable[..., object]:
    """Give a command the desk of the manager that is named."""

    @click.option(
        "--manager",
        default="",
        metavar="NAME",
        help="Whose register; by default, the plain manager's.",
    )
    @click.pass_obj
    @wraps(command)
    def named(desk_of: Callable[[str], Desk], /, manager: str, **words: Any) -> None:
        command(desk_of(manager), **words)

    return named


def kind_of(register: Register) -> str:
    return type(register.store).__name__


def fail(sentence: str) -> NoReturn:
    raise click.ClickException(sentence)
