"""Failures over a run: which class befalls how many episodes, and when first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any, NamedTuple

from tenure.scoring.failures.classes import CLASSES
from tenure.scoring.failures.failure import Failure
from tenure.scoring.statistics import Interval, wilson


class Incidence(NamedTuple):
    """One class over the episodes of a run.

    Attributes:
        code: The class.
        episodes: How many episodes there are.
        first_days: The day of the first failure of each episode that has one, rising.
        failures: How many failures there are in all.
    """

    code: str
    episodes: int
    first_days: tuple[int, ...]
    failures: int

    def by_day(self, day: int) -> float:
        """Return the cumulative incidence: the share of episodes that had one by a day."""
        return sum(first <= day for first in self.first_days) / self.episodes

    @property
    def share(self) -> Interval:
        """Wilson's 95 % interval of the share of episodes that have one at all."""
        return wilson(len(self.first_days), self.episodes)

    @property
    def median_first_day(self) -> int | None:
        """The day by which half of those that have one have had it; `None` if none has."""
        return median_low(self.first_days) if self.first_days else None

    def to_json(self) -> dict[str, Any]:
        """Return it as a plain object, for a viewer."""
        return {
            "code": self.code,
            "name": CLASSES[self.code].name,
            "episodes": self.episodes,
            "with": len(self.first_days),
            "low": self.share.low,
            "high": self.share.high,
            "failures": self.failures,
            "first_days": list(self.first_days),
        }


def incidence(episodes: Sequence[Sequence[Failure]]) -> Mapping[str, Incidence]:
    """Return the incidence of every class that befell any episode, in the order of the classes.

    Args:
        episodes: The failures of each episode; an episode without any is an empty list.
    """
    found: dict[str, Incidence] = {}
    for code in CLASSES:
        own = [[one for one in failures if one.code == code] for failures in episodes]
        firsts = sorted(min(one.day for one in failures) for failures in own if failures)
        if firsts:
            found[code] = Incidence(code, len(episodes), tuple(firsts), sum(map(len, own)))
    return found
