"""What a check has found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong, and how it is put right."""

    problem: str
    """What is wrong, in a sentence."""

    why: str = ""
    """The requirement it follows from, as ``ASVS 5.0, 3.3.1``."""

    mend: str = ""
    """The line that mends it, as it is written in the application."""


def called(name: str) -> str:
    """Give what an application may call its manager of that name."""
    return f"{name}_manager" if name else "login_manager"
