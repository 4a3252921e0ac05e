"""Competence over time, from plain sequences of days: months, thirds, ratios, slope.

A day's loss is what a reference policy earned on it more than the agent did, in the unit of the
job's worth (cents). Where the reference earns, competence is the share of its earnings: a business
that grows, or a better season, raises losses in cents of an agent that is as good as ever. The
sequences may come from a loss ledger or from a script on the same seed; nothing here knows which.
The seed is the unit: months and days of one episode are never samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import fmean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tenure.scoring.statistics import (
    FEWEST_FOR_INTERVAL,
    Interval,
    mean_interval,
    t_quantile,
)

MONTH_DAYS = 30
LEAST_DAYS = 90
"""Three months: with less there is no early and no late."""
_MOST_DEGENERATE = 0.01
_RESAMPLES = 2_000
_ROUNDING = 1e-9
_DECIMALS = 9


class Estimate(BaseModel):
    """A number over seeds.

    Attributes:
        value: The number.
        interval: Its 95 % interval; `None` below five seeds, and where what a ratio is taken of
            may well be nothing. It is the value alone where seeds do not differ at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    interval: Interval | None


def months(days: int) -> list[range]:
    """Split so many days into months: spans of 30 days, a little more or less to come out even."""
    count = max(1, round(days / MONTH_DAYS))
    edges = [days * place // count for place in range(count + 1)]
    return [range(edges[place], edges[place + 1]) for place in range(count)]


def by_month(daily: Sequence[float]) -> list[float]:
    """Return the mean of a day in each month."""
    return [fmean(daily[day] for day in month) for month in months(len(daily))]


class Thirds(NamedTuple):
    """The mean of a day in the first third of the days, and in the last."""

    early: float
    late: float


def thirds(daily: Sequence[float]) -> Thirds:
    """Return the mean of a day in the first third of the days, and in the last.

    Raises:
        ValueError: If there are fewer than three days.
    """
    if len(daily) < 3:
        raise ValueError(f"thirds need at least three days, got {len(daily)}")
    size = len(daily) // 3
    return Thirds(fmean(daily[:size]), fmean(daily[-size:]))


def mean_estimate(values: Sequence[float], generator: np.random.Generator) -> Estimate | None:
    """Return the mean over seeds with its interval; `None` of nothing."""
    return (
        Estimate(value=fmean(values), interval=mean_interval(values, generator)) if values else None
    )


def ratio_estimate(
    wholes: Sequence[tuple[float, float]], generator: np.random.Generator
) -> Estimate | None:
    """Return the sum of firsts over the sum of seconds; each pair is a seed's.

    Returns:
        `None` where the seconds are not above 0: nothing is then a multiple of them.
    """
    return _of_means(wholes, lambda m: m[0] / m[1], _ratio_gradient, generator)


def ratio_difference(
    later: Sequence[tuple[float, float]],
    earlier: Sequence[tuple[float, float]],
    generator: np.random.Generator,
) -> Estimate | None:
    """Return the later ratio less the earlier one; item `i` of both is the same seed's."""

    def gradient(m: Columns) -> Columns:
        return np.concatenate([_ratio_gradient(m[:2]), -_ratio_gradient(m[2:])])

    return _of_means(
        _joined(later, earlier), lambda m: m[0] / m[1] - m[2] / m[3], gradient, generator
    )


def ratio_of_ratios(
    later: Sequence[tuple[float, float]],
    earlier: Sequence[tuple[float, float]],
    generator: np.random.Generator,
) -> Estimate | None:
    """Return the later ratio over the earlier one; item `i` of both is the same seed's.

    Returns:
        `None` too where the earlier ratio is not above 0.
    """

    def value(m: Columns) -> NDArray[np.float64]:
        return np.asarray(m[0] * m[3] / (m[1] * m[2]))

    def gradient(m: Columns) -> Columns:
        whole = value(m)
        last = m[0] / (m[1] * m[2])
        return np.stack([m[3] / (m[1] * m[2]), -whole / m[1], -whole / m[2], last])

    return _of_means(_joined(later, earlier), value, gradient, generator, positive=(1, 2, 3))


Columns = NDArray[np.float64]
"""Means: a row for each column of numbers, and in it one for each resample."""


def _ratio_gradient(m: Columns) -> Columns:
    return np.stack([1 / m[1], -m[0] / m[1] ** 2])


def _joined(
    later: Sequence[tuple[float, float]], earlier: Sequence[tuple[float, float]]
) -> list[tuple[float, ...]]:
    return [(*after, *before) for after, before in zip(later, earlier, strict=True)]


def _of_means(
    rows: Sequence[tuple[float, ...]],
    value: Callable[[Columns], NDArray[np.float64]],
    gradient: Callable[[Columns], Columns],
    generator: np.random.Generator,
    positive: Sequence[int] | None = None,
) -> Estimate | None:
    """Return a function of the means over seeds, with a bootstrap-t interval.

    Whole seeds are drawn, so all that belongs to one stays together; the standard error of each
    draw is that of the linearised function.

    Args:
        rows: The numbers of each seed.
        value: The function.
        gradient: Its derivative by each mean.
        generator: Chance of the bootstrap.
        positive: Places of the means that must be above 0; every second one if left out.

    Returns:
        `None` if one of those means is not; no interval if it is not in more than one draw in a
        hundred.
    """
    if not rows:
        return None
    numbers = np.array(rows, dtype=np.float64).T
    places = list(positive if positive is not None else range(1, len(numbers), 2))
    if (numbers[places].mean(axis=1) <= 0).any():
        return None
    count = len(rows)
    own = numbers[:, None, :]
    found = float(value(own.mean(axis=2))[0])
    if count < FEWEST_FOR_INTERVAL:
        return Estimate(value=found, interval=None)
    drawn = numbers[:, generator.integers(count, size=(_RESAMPLES, count))]
    sound = (drawn[places].mean(axis=2) > 0).all(axis=0)
    if sound.mean() < 1 - _MOST_DEGENERATE:
        return Estimate(value=found, interval=None)
    error = float(_error(own, gradient)[0])
    if error <= _ROUNDING * max(1.0, abs(found)):
        return _certain(found)
    drawn = drawn[:, sound]
    errors = _error(drawn, gradient)
    spread = errors > _ROUNDING * max(1.0, abs(found))
    pivots = (value(drawn.mean(axis=2))[spread] - found) / errors[spread]
    return Estimate(value=found, interval=_from_pivots(found, error, pivots, count))


def _from_pivots(found: float, error: float, pivots: NDArray[np.float64], count: int) -> Interval:
    """Return the bootstrap-t interval; Student's where too many draws have no spread."""
    if len(pivots) < (1 - _MOST_DEGENERATE) * _RESAMPLES:
        reach = t_quantile(0.975, count - 1) * error
        return Interval(found - reach, found + reach, 0.95, "t")
    low, high = np.quantile(pivots, [0.025, 0.975])
    ends = found - float(high) * error, found - float(low) * error
    return Interval(*ends, 0.95, "bootstrap-t")


def _certain(found: float) -> Estimate:
    """Return an estimate on which all seeds agree, without the dust of their floats."""
    value = round(found, _DECIMALS)
    return Estimate(value=value, interval=Interval(value, value, 0.95, "t"))


def _error(
    numbers: NDArray[np.float64], gradient: Callable[[Columns], Columns]
) -> NDArray[np.float64]:
    """Return the linearised standard error of each draw of seeds."""
    means = numbers.mean(axis=2)
    left = ((numbers - means[:, :, None]) * gradient(means)[:, :, None]).sum(axis=0)
    error: NDArray[np.float64] = left.std(axis=1, ddof=1) / sqrt(left.shape[1])
    return error


def slope_estimate(
    daily: Sequence[Sequence[float]], scale: Sequence[Sequence[float]] | None = None
) -> Estimate | None:
    """Return how much a day's value, as a share of its scale, rises in 30 days.

    Least squares over all seeds' days, each weighing as much as its scale. The standard error is
    clustered by seed (Liang and Zeger 1986) with the small-sample factor G/(G-1), its quantile
    Student's with G-1 degrees, for G seeds.

    Args:
        daily: A sequence of days for each seed.
        scale: Of what each day's value is a share, such as what the reference earned; 1 if left
            out.

    Returns:
        `None` if there are not two days, or the scale is not positive on the whole.
    """
    values = [np.asarray(one, dtype=np.float64) for one in daily]
    wholes = [np.asarray(one, dtype=np.float64) for one in scale or map(np.ones_like, values)]
    times = [np.arange(len(one), dtype=np.float64) / MONTH_DAYS for one in values]
    weight = sum(float(whole.sum()) for whole in wholes)
    if weight <= 0:
        return None
    middle = _dot(times, wholes) / weight
    level = sum(float(value.sum()) for value in values) / weight
    times = [time - middle for time in times]
    spread = _dot([time**2 for time in times], wholes)
    if spread <= 0:
        return None
    slope = _dot(times, values) / spread
    count = len(values)
    if count < FEWEST_FOR_INTERVAL:
        return Estimate(value=slope, interval=None)
    scores = [
        float((time * (value - (level + slope * time) * whole)).sum())
        for time, value, whole in zip(times, values, wholes, strict=True)
    ]
    error = sqrt(sum(score**2 for score in scores) * count / (count - 1)) / spread
    if error <= _ROUNDING * max(1.0, abs(slope)):
        return _certain(slope)
    reach = t_quantile(0.975, count - 1) * error
    return Estimate(value=slope, interval=Interval(slope - reach, slope + reach, 0.95, "cluster-t"))


def _dot(ones: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]) -> float:
    return sum(float((one * other).sum()) for one, other in zip(ones, others, strict=True))
