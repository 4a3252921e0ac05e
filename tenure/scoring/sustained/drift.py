"""Whether and when a course changed its level: a CUSUM over weeks with a known false alarm.

Page 1954 for the cumulative sum. Bad weeks come in rows, and a test that takes weeks for
independent, or shuffles them, takes such rows for changes. So the sum is measured against its own
wandering on both sides of the change (Shao and Zhang 2010, doi 10.1198/jasa.2010.tm10103), and
compared with what simulated weeks give that hang together as much as these do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, sqrt
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

FALSE_ALARM = 0.05
"""How often a course that never changed is said to have changed."""
LEAST_WEEKS = 24
"""Half a year: with fewer, weeks that hang together cannot be told from a change."""
_MARGIN_WEEKS = 4
_SIMULATIONS = 1_999
_SEED = 20_260_102


class Change(BaseModel):
    """The likeliest change of a course's level, and whether it is one.

    Attributes:
        day: The first day of the new level; 1 is the first of the episode.
        before: Mean of a day before it.
        after: Mean of a day from it on.
        p: How often a course without a change looks at least as changed; it is one if at most 0.05.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: int
    before: float
    after: float
    p: float

    @property
    def is_one(self) -> bool:
        """Whether the course changed."""
        return self.p <= FALSE_ALARM


def change_point(daily: Sequence[float]) -> Change | None:
    """Find where the sum of weekly deviations from the mean is farthest from 0.

    The rule: with the n weekly means x and D(k) the sum of the first k deviations from their mean,
    the change is where |D(k)| is largest, four weeks from either end at least. It is one if the
    largest D(k)^2 / V(k) is among the highest 5 % of what normal weeks without a change give, V(k)
    being the squares of the same sums taken before the change alone and after it alone. Those
    weeks are correlated with the week before as the course's own are, once the change is taken out.

    Returns:
        `None` if there are fewer than 24 whole weeks.
    """
    count = len(daily) // 7
    if count < LEAST_WEEKS:
        return None
    weeks = np.array([fmean(daily[7 * week : 7 * week + 7]) for week in range(count)])
    scale = float(np.abs(weeks).max())
    if np.ptp(weeks) <= 1e-9 * scale:
        return Change(day=1, before=fmean(daily), after=fmean(daily), p=1.0)
    weeks = (weeks - weeks.mean()) / scale
    sums = np.abs(weeks.cumsum())[_MARGIN_WEEKS - 1 : count - _MARGIN_WEEKS]
    day = 7 * (int(sums.argmax()) + _MARGIN_WEEKS)
    rivals = _rivals(count, _persistence(weeks, day // 7))
    at_least = int((rivals >= _contrast(weeks[None, :])[0]).sum())
    return Change(
        day=day + 1,
        before=fmean(daily[:day]),
        after=fmean(daily[day:]),
        p=(1 + at_least) / (1 + _SIMULATIONS),
    )


def _contrast(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest D(k)^2 / V(k) of each row of weeks."""
    count = rows.shape[1]
    best = np.zeros(len(rows))
    for place in range(_MARGIN_WEEKS, count - _MARGIN_WEEKS + 1):
        before, after = rows[:, :place], rows[:, place:]
        moved = before.sum(axis=1) - rows.sum(axis=1) * place / count
        wandered = (_wandering(before) + _wandering(after)) / count
        worth = wandered > 0
        found = np.where(worth, np.inf, 0.0)
        np.divide(moved**2, wandered, out=found, where=worth)
        best = np.maximum(best, np.where(worth | (moved == 0), found, np.inf))
    return best


def _wandering(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of squares of the cumulative sums of each row's deviations from its mean."""
    sums = (rows - rows.mean(axis=1, keepdims=True)).cumsum(axis=1)
    squares: NDArray[np.float64] = (sums**2).sum(axis=1)
    return squares


def _persistence(weeks: NDArray[np.float64], place: int) -> int:
    """Return the correlation of neighbouring weeks in tenths, 0 to 9, the change at `place` out.

    What few weeks show is too small by about (1 + 4 r)/n for each of the two means that are taken
    out (Kendall 1954), which is added; and it is rounded up.
    """
    left = weeks - np.where(np.arange(len(weeks)) < place, *_means(weeks, place))
    spread = float((left**2).sum())
    raw = float((left[1:] * left[:-1]).sum()) / spread if spread > 0 else 0.0
    corrected = raw + 2 * (1 + 4 * max(raw, 0.0)) / len(weeks)
    return min(9, max(0, ceil(10 * corrected)))


def _means(weeks: NDArray[np.float64], place: int) -> tuple[float, float]:
    return float(weeks[:place].mean()), float(weeks[place:].mean())


@lru_cache
def _rivals(count: int, tenths: int) -> NDArray[np.float64]:
    """Return what so many weeks without a change give, in each of 1,999 simulations."""
    generator = np.random.Generator(np.random.PCG64(_SEED))
    rows = generator.standard_normal((_SIMULATIONS, count))
    persistence = tenths / 10
    rows[:, 0] /= sqrt(1 - persistence**2)
    for week in range(1, count):
        rows[:, week] += persistence * rows[:, week - 1]
    return _contrast(rows)
