"""What the command prints: lines, tables and amounts."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from unicodedata import category


def say(text: str) -> None:
    """Print a line of the result."""
    sys.stdout.write(f"{text}\n")


def remark(text: str) -> None:
    """Print a line that is not part of the result: news, warnings, errors."""
    sys.stderr.write(f"{printable(text)}\n")


def amount(value: float, figure: str) -> str:
    """Return a figure's value as a person reads it: its name says if it is cents or thousandths."""
    if figure.endswith("_permille"):
        return f"{value / 10:,.1f}%"
    if not figure.endswith("_cents"):
        return f"{round(value):,}"
    cents = round(value)
    return f"{'-' if cents < 0 else ''}${abs(cents) / 100:,.2f}"


def ratio(value: float) -> str:
    """Return a normalised score with three decimals; what rounds to zero has no sign."""
    return f"{round(value, 3) + 0.0:.3f}"


def heading(figure: str) -> str:
    """Return a figure's name as the head of a column: `units_sold` is `units sold`."""
    return figure.removesuffix("_cents").removesuffix("_permille").replace("_", " ")


def at_limits(reasons: Mapping[str, int]) -> str:
    """Return how many episodes which limit has ended: `2 tokens, 1 usd`; empty if none did."""
    limits = ("steps", "tokens", "usd", "minutes")
    return ", ".join(f"{reasons[name]} {name}" for name in limits if reasons.get(name))


def width() -> int | None:
    """Return how many characters a line of the result may have; `None` if nobody said."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return None


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    width: int | None = None,
) -> str:
    """Return columns of text under their heads; rows as paragraphs where those are too wide.

    Args:
        head: The heads.
        rows: As many texts each.
        left: How many columns, from the first, stand to the left; the others to the right.
        width: The most characters of a line; `None` for any.
    """
    lines = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if width is not None and sum(widths) + 2 * (len(widths) - 1) > width:
        return "\n".join(_paragraph(head, cells) for cells in rows)
    return "\n".join("  ".join(_padded(cells, widths, left)).rstrip() for cells in lines)


def _paragraph(head: Sequence[str], cells: Sequence[str]) -> str:
    """Return a row under its first cell, a line for each other."""
    name_chars = max(map(len, head))
    facts = zip(head[1:], cells[1:], strict=True)
    return "\n".join([cells[0], *(f"  {name:<{name_chars}}  {cell}" for name, cell in facts)])


def _padded(cells: Sequence[str], widths: Sequence[int], left: int) -> Iterator[str]:
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        yield cell.ljust(width) if index < left else cell.rjust(width)


def printable(text: str) -> str:
    """Return a text without control characters: what an agent wrote must not steer a terminal."""
    return "".join(
        char if char in "\n\t" or category(char)[0] != "C" else "\ufffd" for char in text
    )
