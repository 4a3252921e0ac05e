"""The history of an episode on the screen: wrapped text that is never interpreted."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tenure.cli.desk.story import Scene

ITEM = re.compile(r"\s*([-*]|\d+[.)])\s")
"""How a line of a list begins."""

_HANGING_CHARS = 2
_LEAST_CHARS = 8


class Paragraph(NamedTuple):
    """A line of text before it is wrapped, and how it looks: a component class, or empty."""

    text: str
    style: str = ""


class _Row(NamedTuple):
    """A line on the screen: characters `start` to `end` of a paragraph, moved to the right."""

    paragraph: int
    start: int
    end: int
    indent: int


class Paper(ScrollView, can_focus=True):
    """Text that is wrapped and scrolled, and shown as it is: nothing in it is markup.

    Args:
        text: What stands on it at first.
        hangs: Whether what is wrapped stands further in, as it does in lists anyway.
        id: For style sheets.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paper--call",
        "paper--stamp",
        "paper--error",
        "paper--match",
        "paper--chosen",
    }
    ALLOW_SELECT = True

    def __init__(self, text: str = "", *, hangs: bool = False, id: str | None = None) -> None:  # noqa: A002  Textual's own name
        super().__init__(id=id)
        self._hangs = hangs
        self.paragraphs = [Paragraph(line) for line in text.split("\n")] if text else []
        self.rows: list[_Row] = []
        self._wrapped_at = 0

    @property
    def text(self) -> str:
        """All that can be read in it, as it is wrapped now."""
        return "\n".join(self._row_text(row) for row in self.rows)

    def append(self, paragraphs: Iterable[Paragraph]) -> None:
        """Write at the end."""
        first = len(self.paragraphs)
        self.paragraphs += paragraphs
        for place in range(first, len(self.paragraphs)):
            self.rows += self._wrap(place)
        self._fit()

    def clear(self) -> None:
        """Take everything away."""
        self.paragraphs, self.rows = [], []
        self._fit()

    def first_row(self, paragraph: int) -> int:
        """Return the row with which a paragraph begins."""
        return bisect_right(self.rows, paragraph - 1, key=lambda row: row.paragraph)

    def _wrap(self, place: int) -> Iterator[_Row]:
        text = self.paragraphs[place].text
        indent = len(text) - len(text.lstrip())
        hang = indent + (_HANGING_CHARS if self._hangs or ITEM.match(text) else 0)
        width = max(self._width, 2 * hang, _LEAST_CHARS)
        for start, end in _breaks(text, width, hang):
            yield _Row(place, start, end, hang if start else 0)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width or 80

    def _fit(self) -> None:
        self.virtual_size = Size(self._width, len(self.rows))
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """Wrap anew if the width has changed."""
        del event
        if self._width != self._wrapped_at:
            self._wrapped_at = self._width
            self.rows = [row for place in range(len(self.paragraphs)) for row in self._wrap(place)]
            self._fit()
            self.rewrapped()

    def rewrapped(self) -> None:
        """Do what is to be done when rows have moved."""

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        scroll_x, scroll_y = self.scroll_offset
        place, width = y + scroll_y, self.size.width
        base = self.rich_style
        if place >= len(self.rows):
            return Strip.blank(width, base)
        row = self.rows[place]
        own = self.paragraphs[row.paragraph].style
        style = self.get_component_rich_style(f"paper--{own}") if own else base
        strip = Strip(list(self._segments(place, row, style)))
        filled = strip.extend_cell_length(width, style).crop(0, width)
        return filled.apply_offsets(scroll_x, place)

    def _segments(self, place: int, row: _Row, style: Style) -> Iterator[Segment]:
        """Yield a row's pieces: plain and marked ones."""
        text = self._row_text(row)
        marks = [(start, end, look) for start, end, look in self.marks(place, row) if start < end]
        edges = sorted({0, len(text), *(edge for mark in marks for edge in mark[:2])})
        for start, end in pairwise(edges):
            looks = [look for low, high, look in marks if low <= start and end <= high]
            yield Segment(text[start:end], style + looks[-1] if looks else style)

    def marks(self, place: int, row: _Row) -> Iterator[tuple[int, int, Style]]:
        """Yield which characters of a row look different: what is selected."""
        if (selection := self.text_selection) and (span := selection.get_span(place)):
            look = self.screen.get_component_rich_style("screen--selection")
            chars = len(self._row_text(row))
            yield span[0], chars if span[1] == -1 else min(span[1], chars), look

    def _row_text(self, row: _Row) -> str:
        return " " * row.indent + self.paragraphs[row.paragraph].text[row.start : row.end]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw the selection."""
        del selection
        self.refresh()


class History(Paper):
    """Scenes, one after another, with search."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.older_match", "older match", show=False),
        Binding("N", "app.newer_match", "newer match", show=False),
        Binding("q", "app.stop", "Stop", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(hangs=True, id="history")
        self._newest = 0
        self._matches: list[tuple[int, int, int]] = []
        self._chosen = 0

    def add(self, *scenes: Scene) -> None:
        """Append scenes and show the last: from its head if it is longer than the screen."""
        told = [_told(scene) for scene in scenes]
        self.append(paragraph for paragraphs in told for paragraph in paragraphs)
        self._newest = len(self.paragraphs) - len(told[-1]) if told else self._newest
        self.rewrapped()

    def rewrapped(self) -> None:
        """Show the newest scene."""
        self.scroll_to(y=self.first_row(self._newest), animate=False, force=True, immediate=True)

    def marks(self, place: int, row: _Row) -> Iterator[tuple[int, int, Style]]:
        """Yield which characters of a row look different: what was found, what is selected."""
        chars = len(self._row_text(row))
        first = bisect_left(self._matches, (row.paragraph, 0, 0))
        last = bisect_left(self._matches, (row.paragraph + 1, 0, 0))
        shift = row.indent - row.start
        for number in range(first, last):
            _, start, end = self._matches[number]
            name = "paper--chosen" if number == self._chosen else "paper--match"
            look = self.get_component_rich_style(name)
            yield max(start + shift, row.indent), min(end + shift, chars), look
        yield from super().marks(place, row)

    # --- search --------------------------------------------------------------------------------

    def find(self, wanted: str) -> str:
        """Mark all places where a text stands, case aside, and show the newest.

        Returns:
            Where in how many places one is, as a person reads it.
        """
        pattern = re.compile(re.escape(wanted), re.IGNORECASE) if wanted else None
        self._matches = [
            (place, found.start(), found.end())
            for place, paragraph in enumerate(self.paragraphs)
            for found in (pattern.finditer(paragraph.text) if pattern else ())
        ]
        self._chosen = len(self._matches) - 1
        return self._show_match()

    def step(self, by: int) -> str:
        """Go to another match: -1 for an older, 1 for a newer one; it goes round at the ends."""
        if self._matches:
            self._chosen = (self._chosen + by) % len(self._matches)
        return self._show_match()

    def _show_match(self) -> str:
        self.refresh()
        if not self._matches:
            return "not found"
        paragraph, start, _ = self._matches[self._chosen]
        rows = range(self.first_row(paragraph), self.first_row(paragraph + 1))
        row = next(row for row in rows if self.rows[row].end > start or row == rows[-1])
        self.scroll_to_region(Region(0, row, 1, 1), animate=False, force=True, center=True)
        return f"{self._chosen + 1} of {len(self._matches)}"


def _told(scene: Scene) -> list[Paragraph]:
    """Return a scene's paragraphs: its head, the text, and a gap."""
    seat = f"({scene.seat}) " if scene.seat else ""
    head = f"{scene.number} > {seat}{scene.call}" if scene.call else "The job begins"
    *lines, last = scene.text.split("\n")
    return [
        Paragraph(head, "call"),
        *(Paragraph(line, "error" if line.startswith("Error: ") else "") for line in lines),
        Paragraph(last, "stamp"),
        Paragraph("", ""),
    ]


def _breaks(text: str, width: int, hang: int) -> Iterator[tuple[int, int]]:
    """Yield where the rows of a paragraph begin and end, all but the first so much shorter."""
    start, room = 0, width
    while _is_wider(text, start, room):
        end = _row_end(text, start, room)
        yield start, end
        start, room = end, width - hang
        while start < len(text) and text[start] == " ":
            start += 1
    yield start, len(text)


def _is_wider(text: str, start: int, room: int) -> bool:
    if len(text) - start > room:
        return True
    return not text.isascii() and cell_len(text[start:]) > room


def _row_end(text: str, start: int, room: int) -> int:
    """Return where a row ends: at the last space that fits, or where the row is full."""
    full = start + room
    if not text.isascii():
        full, used = start, 0
        while full < len(text) and (used := used + cell_len(text[full])) <= room:
            full += 1
    full = max(full, start + 1)
    space = text.rfind(" ", start, full + 1)
    return space if space > start and text[start:space].strip() else full
