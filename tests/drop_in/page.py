"""The part of ``docs/howto/from-flask-login.md`` that is made from the table.

It stands between two marks. What is before and after them is written by hand.
"""

from collections.abc import Iterator

from documents import DOCS
from drop_in.differences import DIFFERENCES, Difference, Under

PAGE = DOCS / "howto" / "from-flask-login.md"

BEGIN = "<!-- Made by scripts/differences, from tests/drop_in/differences.py: -->"
END = "<!-- The end of what is made. -->"

HEAD = """\
| Flask-Login 0.6.3 | Flask-Signet | why | |
| --- | --- | --- | --- |
"""


def made_anew(page: str) -> str:
    """Put the tables as they should be between the marks of a page.

    Raises:
        ValueError: the page has not each mark once, or has them in another order.

    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in before + after:
        raise ValueError(f"{PAGE.name} should have {BEGIN!r} once, and {END!r} below")
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{after}"


def tables() -> str:
    return "\n".join(
        f"### {heading}\n\n{HEAD}{''.join(rows(heading))}" for heading in Under
    )


def rows(heading: Under) -> Iterator[str]:
    for each in DIFFERENCES:
        if each.under is heading:
            cells = (each.there, each.here, why(each), each.code)
            row = " | ".join(cell.replace("|", "\\|") for cell in cells)
            yield f"| {row} |\n"


def why(difference: Difference) -> str:
    settings = (f"{key} = {value!r}" for key, value in difference.back.items())
    back = " and ".join(f"`{each}`" for each in settings).replace("'", '"')
    return f"{difference.reason} The old way: {back}." if back else difference.reason
