"""Whether and when a course changed its level: a CUSUM over weeks, judged by simulation.

Page 1954 for the cumulative sum. Bad weeks come in rows, and a test that takes weeks for
independent takes such rows for changes. So the sum is compared with what simulated weeks give that
have no change and hang together as much as these do.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, sqrt
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

FALSE_ALARM = 0.05
"""How often a course that never changed is said to have changed: at most nominally. Simulated over
a year it is 3 to 9 %, over half a year up to 18 % where weeks hang together much."""
LEAST_WEEKS = 24
"""Half a year: with fewer, weeks that hang together cannot be told from a change."""
_MARGIN_WEEKS = 4
_SIMULATIONS = 1_999
_SEED = 20_260_102

_Rows = NDArray[np.float64]


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

    The rule: with the weekly means x and D(k) the sum of the first k deviations from their mean,
    the change is where |D(k)| is largest, four weeks from either end at least. What is left of the
    weeks when a straight line is taken out before the change and another after it tells how much
    they scatter, and how much each resembles the one before. It is a change if |D(k)| over the root
    of the sum of squares of what is left is among the highest 5 % of 1,999 simulations of as many
    weeks that are normal, without a change, and resemble one another as much (first-order
    autoregressive; the correlation is taken to the next tenth, after correcting for what taking
    out the lines makes of it).

    Returns:
        `None` if there are fewer than 24 whole weeks.
    """
    count = len(daily) // 7
    if count < LEAST_WEEKS:
        return None
    weeks = np.array([fmean(daily[7 * week : 7 * week + 7]) for week in range(count)])
    if np.ptp(weeks) <= 1e-9 * np.abs(weeks).max():
        return Change(day=1, before=fmean(daily), after=fmean(daily), p=1.0)
    found = _contrasts(weeks[None, :] / np.abs(weeks).max())
    rivals = _rivals_like(count, float(found.persistence[0]))
    at_least = int((rivals >= found.size[0]).sum())
    day = 7 * int(found.place[0])
    return Change(
        day=day + 1,
        before=fmean(daily[:day]),
        after=fmean(daily[day:]),
        p=(1 + at_least) / (1 + _SIMULATIONS),
    )


class _Contrasts(NamedTuple):
    """Of each row of weeks: where it changes most, by how much, and how its weeks hang together."""

    place: NDArray[np.int64]
    size: _Rows
    persistence: _Rows


def _contrasts(rows: _Rows) -> _Contrasts:
    count = rows.shape[1]
    sums = np.abs((rows - rows.mean(axis=1, keepdims=True)).cumsum(axis=1))
    inner = sums[:, _MARGIN_WEEKS - 1 : count - _MARGIN_WEEKS]
    places = inner.argmax(axis=1) + _MARGIN_WEEKS
    left = np.empty_like(rows)
    for place in np.unique(places):
        where = places == place
        left[where, :place] = _without_line(rows[where, :place])
        left[where, place:] = _without_line(rows[where, place:])
    squares = (left**2).sum(axis=1)
    squares = np.maximum(squares, 1e-18 * (rows**2).sum(axis=1))
    neighbours = (left[:, 1:] * left[:, :-1]).sum(axis=1)
    return _Contrasts(places, inner.max(axis=1) / np.sqrt(squares), neighbours / squares)


def _without_line(rows: _Rows) -> _Rows:
    """Return what is left of each row when its straight line is taken out."""
    times = np.arange(rows.shape[1]) - (rows.shape[1] - 1) / 2
    level = rows - rows.mean(axis=1, keepdims=True)
    slopes = (level * times).sum(axis=1, keepdims=True) / (times**2).sum()
    left: _Rows = level - slopes * times
    return left


def _rivals_like(count: int, persistence: float) -> _Rows:
    """Return the contrasts of simulations whose weeks show as much persistence as was found."""
    shown = [_rivals(count, tenths)[0] for tenths in range(10)]
    tenths = float(np.interp(persistence, shown, range(10)))
    return _rivals(count, ceil(tenths - 1e-9))[1]


@lru_cache(maxsize=1024)
def _rivals(count: int, tenths: int) -> tuple[float, _Rows]:
    """Simulate so many weeks without a change, each correlated with the one before.

    Returns:
        The median persistence that they show, which is less than theirs, and their contrasts.
    """
    generator = np.random.Generator(np.random.PCG64(_SEED))
    rows = generator.standard_normal((_SIMULATIONS, count))
    correlation = tenths / 10
    rows[:, 0] /= sqrt(1 - correlation**2)
    for week in range(1, count):
        rows[:, week] += correlation * rows[:, week - 1]
    found = _contrasts(rows)
    return float(np.median(found.persistence)), found.size
