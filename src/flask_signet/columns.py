"""Lines of cells, as a terminal shows them: in columns, and with nothing let loose."""

from collections.abc import Iterable


def in_columns(lines: Iterable[Iterable[str]]) -> str:
    """Set lines in columns, each as wide as it must be."""
    cells = [[_printable(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def _printable(text: str) -> str:
    # A browser's name, or a label, may have in it what moves a terminal's cursor.
    return text if text.isprintable() else repr(text)[1:-1]
