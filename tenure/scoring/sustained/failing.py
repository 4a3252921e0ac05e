"""When work stopped, and when and of what an episode failed for good."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from tenure.scoring.sustained.competence import months
from tenure.scoring.sustained.survival import Life

STALL_DAYS = 14
"""So many days in a row without work, while there was something to earn, are a stall."""
MELTDOWN_DAYS = 30
"""So many days without ever being worth more than before, while the reference earned, are one."""
ABANDONMENT, MELTDOWN, LIMIT = "abandonment", "meltdown", "limit"
_LIMITS = frozenset({"steps", "tokens", "usd", "minutes"})
_HALVED_MONTHS = 2


def stalls(busy: Collection[int], lasted: int, losses: Sequence[float]) -> list[range]:
    """Return the spans of 14 days and more without work in which the reference earned more.

    Args:
        busy: 0-based days on which something was done.
        lasted: On how many days somebody could act.
        losses: What each day earned less than the reference's.
    """
    edges = [-1, *sorted(day for day in busy if day < lasted), lasted]
    spans = [range(before + 1, after) for before, after in pairwise(edges)]
    return [
        span for span in spans if len(span) >= STALL_DAYS and sum(losses[day] for day in span) > 0
    ]


def failure(
    worth: Sequence[float],
    stalled: Sequence[range],
    lasted: int,
    reference: Sequence[float],
    reason: str,
) -> Life:
    """Return when an episode failed for good, and of what; without a cause if it did not.

    The first of: `abandonment`, a stall that lasts to the end; `meltdown`, at work, but worth less
    than on some day 30 and more days before its end on all that followed, while the reference
    earned in that time; the end before the horizon, whose cause is the world's word, or `limit`.

    Args:
        worth: By morning.
        stalled: Its stalls.
        lasted: On how many days somebody could act.
        reference: What the reference earned on each day.
        reason: Why the episode ended.
    """
    found = []
    if stalled and stalled[-1].stop == lasted:
        found.append(Life(stalled[-1].start, ABANDONMENT))
    peak = _last_peak(worth[: lasted + 1])
    if lasted - peak >= MELTDOWN_DAYS and sum(reference[peak:lasted]) > 0:
        found.append(Life(peak, MELTDOWN))
    if reason != "horizon":
        found.append(Life(lasted, LIMIT if reason in _LIMITS else reason))
    return min(found, key=lambda life: life.days, default=Life(lasted))


def _last_peak(worth: Sequence[float]) -> int:
    """Return the last morning on which a business was worth most."""
    most = max(worth)
    return max(day for day, value in enumerate(worth) if value == most)


def half_life(earned: Sequence[float], reference: Sequence[float]) -> Life | None:
    """Return the day on which competence fell to half of its first level for good.

    Competence is the share of the reference's earnings. Its first level is that of the first third
    of the days. It is halved on the first day of a month after these, if in that month and all
    that follow, two at least, it is at most half the level.

    Returns:
        A life with the cause `halved`, or without one if it never was; `None` where the first
        third earned nothing, by either: then there is no level to halve.
    """
    days, early = len(earned), len(earned) // 3
    own, theirs = sum(earned[:early]), sum(reference[:early])
    if own <= 0 or theirs <= 0:
        return None
    level, start = own / theirs, days
    later = [month for month in months(days) if month.start >= early]
    for count, month in enumerate(reversed(later), 1):
        if sum(earned[month.start : month.stop]) > level / 2 * max(
            0.0, sum(reference[month.start : month.stop])
        ):
            break
        if count >= _HALVED_MONTHS:
            start = month.start
    return Life(start, "halved") if start < days else Life(days)
