"""Tiers: places on a board that claim no more than the intervals allow."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.scoring.scorecard import Summary


def tiers(summaries: Sequence[Summary | None]) -> list[int | None]:
    """Return each one's tier, 1 for the best.

    The best mean leads a tier, and whoever's interval overlaps with the leader's shares it; the
    next best mean leads the next tier. One without an interval has no tier.
    """
    intervals = [summary.interval if summary else None for summary in summaries]
    means = [summary.mean if summary else 0.0 for summary in summaries]
    places: list[int | None] = [None] * len(summaries)
    tier, reach = 0, float("inf")
    for index in sorted(range(len(summaries)), key=lambda index: -means[index]):
        interval = intervals[index]
        if interval is None:
            continue
        if interval.high < reach:
            tier, reach = tier + 1, interval.low
        places[index] = tier
    return places
