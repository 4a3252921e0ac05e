"""What a shock cost and how long it lasted, against the same episode without the shock.

Both worlds have the same seed, and every other draw of theirs is the same, so what differs is the
shock and what the agent made of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tenure.envs.clock import day_of
from tenure.scoring.records import Episode
from tenure.scoring.scorecard import tool_called

WATCHED_DAYS = 30
"""How long a shock is followed; one that is not over by then counts as so many days."""
_SPAN_DAYS = 7
_TOLERANCE = 0.1


class Shocked(NamedTuple):
    """One shock that had its time to itself.

    Attributes:
        day: The 0-based day on which it came.
        recovered_days: Days until the next seven earn nine tenths of the twin's; at most 30.
        noticed_days: Days until a remedy was called, at most 30; `None` if there is no remedy.
        lost: What was earned less than by the twin, until it was over.
        gaps: The same of each of the 30 days, from the day itself.
    """

    day: int
    recovered_days: int
    noticed_days: int | None
    lost: float
    gaps: tuple[float, ...]


def shocked(
    own: Sequence[float],
    twin: Sequence[float],
    days: Sequence[int],
    remedied: Collection[int] | None,
) -> list[Shocked]:
    """Return the shocks after which 30 days and a week passed without another.

    Args:
        own: What each day earned.
        twin: What each day of the twin earned.
        days: The 0-based days of the shocks.
        remedied: Days on which a remedy was called; `None` if there is none to call.
    """
    clear = [
        day
        for day, end in pairwise([*sorted(days), len(own)])
        if end - day >= WATCHED_DAYS + _SPAN_DAYS
    ]
    return [_shocked(own, twin, day, remedied) for day in clear]


def _shocked(
    own: Sequence[float], twin: Sequence[float], day: int, remedied: Collection[int] | None
) -> Shocked:
    gaps = tuple(twin[at] - own[at] for at in range(day, day + WATCHED_DAYS))
    over = next(
        (
            passed
            for passed in range(WATCHED_DAYS)
            if _is_over(own, twin, range(day + passed, day + passed + _SPAN_DAYS))
        ),
        WATCHED_DAYS,
    )
    noticed = None
    if remedied is not None:
        waits = (at - day for at in remedied if at >= day)
        noticed = min(WATCHED_DAYS, min(waits, default=WATCHED_DAYS))
    return Shocked(day, over, noticed, sum(gaps[:over]), gaps)


def _is_over(own: Sequence[float], twin: Sequence[float], span: range) -> bool:
    theirs = sum(twin[day] for day in span)
    return theirs - sum(own[day] for day in span) <= _TOLERANCE * abs(theirs)


def days_of_events(episode: Episode, kind: str) -> list[int]:
    """Return the 0-based days on which events of a kind happened, each day once."""
    found, minute = set(), episode.header["minute"]
    for step in episode.steps:
        if any(event.get("kind") == kind for event in step.get("events", ())):
            found.add(day_of(minute))
        minute = step["minute"]
    return sorted(found)


def days_of_calls(episode: Episode, tools: Iterable[str]) -> set[int]:
    """Return the 0-based days on which one of some tools was called and did what it does."""
    found, wanted, minute = set(), set(tools), episode.header["minute"]
    for step in episode.steps:
        if "fault" not in step and tool_called(step) in wanted:
            found.add(day_of(minute))
        minute = step["minute"]
    return found
