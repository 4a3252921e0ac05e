"""Failures as a person reads them: of one episode, and over a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tenure.cli.terminal import table

if TYPE_CHECKING:
    from tenure.scoring.failures import Failure, Incidence


class Row(NamedTuple):
    """One failure, as a table shows it.

    Attributes:
        code: Such as `M1`.
        name: Its class in words.
        place: Its day and steps.
        what: What happened.
    """

    code: str
    name: str
    place: str
    what: str


def failure_rows(failures: Iterable[Failure]) -> list[Row]:
    """Return a row for each failure, in the order of their steps."""
    from tenure.scoring.failures import CLASSES

    return [
        Row(one.code, CLASSES[one.code].name, _place(one), one.what)
        for one in sorted(failures, key=lambda one: (one.step, one.code))
    ]


def failure_lines(
    failures: Sequence[Failure], seats: Mapping[str, str] = {}, most: int = 20
) -> Iterator[str]:
    """Yield failures as lines: how many of each class, then the first ones, seat by seat.

    Args:
        failures: Those of one episode.
        seats: Who sits where, if there are several.
        most: How many of a seat are told one by one.
    """
    if not seats:
        yield from _lines_of(failures, "", most)
        return
    for seat, who in seats.items():
        whose = who if seat in ("", who) else f"{seat} ({who})"
        yield from _lines_of([one for one in failures if one.seat == seat], whose, most)
    if nobodys := [one for one in failures if one.seat not in seats]:
        yield from _lines_of(nobodys, "all", most)


NO_FACTS = (
    "This job tells no facts, so only classes that need none were looked for: `record` in the "
    "table of docs/failures.md."
)
"""What is said where nothing found means less than it seems."""


def _lines_of(failures: Sequence[Failure], whose: str, most: int) -> Iterator[str]:
    """Yield the failures of a seat, or of a whole episode if it is nobody's."""
    head = f"{whose}: " if whose else ""
    if not failures:
        yield f"{head}no failure was found." if head else "No failure was found."
        return
    rows = failure_rows(failures)
    counts: dict[str, int] = {}
    for row in rows:
        counts[f"{row.code} {row.name}"] = counts.get(f"{row.code} {row.name}", 0) + 1
    told = ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counts.items())
    yield f"{head}{len(rows):,} failure{'s' if len(rows) > 1 else ''}: {told}."
    for row in rows[:most]:
        yield f"  {row.code}  {row.place}: {row.what}"
    if len(rows) > most:
        yield f"  and {len(rows) - most:,} more"


def incidence_table(found: Mapping[str, Incidence], days: Sequence[int]) -> str:
    """Return a table of a run: by class, the share of episodes that had one by each of some days.

    Args:
        found: By class.
        days: The columns.
    """
    from tenure.scoring.failures import CLASSES

    head = ["failure", *(f"by day {day}" for day in days), "episodes", "first on day (median)"]
    rows = [
        [
            f"{one.code} {CLASSES[one.code].name}",
            *(f"{100 * one.by_day(day):.0f} %" for day in days),
            f"{len(one.first_days)} of {one.episodes}",
            str(one.median_first_day),
        ]
        for one in found.values()
    ]
    return table(head, rows)


def _place(one: Failure) -> str:
    steps = f"step {one.step}" if one.until == one.step else f"steps {one.step} to {one.until}"
    return f"day {one.day}, {steps}"
