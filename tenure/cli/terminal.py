"""What the command prints: lines, tables and amounts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from unicodedata import category


def say(text: str) -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{text}\n")


def remark(text: str) -> None:
    """Print a line that is not part of the result: news, warnings, errors."""
    sys.stderr.write(f"{printable(text)}\n")


def amount(value: float, figure: str) -> str:
    """Return a figure's value as a person reads it: dollars if its name says cents."""
    if not figure.endswith("_cents"):
        return f"{value:,.0f}"
    return f"{'-' if value < 0 else ''}${abs(value) / 100:,.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return columns of text under their heads.

    Args:
        head: The heads.
        rows: As many texts each.
        left: How many columns, from the first, stand to the left; the others to the right.
    """
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_padded(cells, widths, left)).rstrip() for cells in lines)


def _padded(cells: Sequence[str], widths: Sequence[int], left: int) -> Iterator[str]:
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if index < left else cell.rjust(width)


def printable(text: str) -> str:
    """Return a text without control characters: what an agent wrote must not steer a terminal."""
    return "".join(
        char if char in "\n\t" or category(char)[0] != "C" else "\ufffd" for char in text
    )
