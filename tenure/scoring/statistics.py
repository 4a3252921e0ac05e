"""Statistics of few, skewed scores.

The seed is the unit: days and steps of one episode depend on each other and are never samples.

Formulas: Miller 2024 (arXiv:2411.00640) for error bars, pairing and power; Efron and Tibshirani
1993, chapter 12, for the bootstrap-t; Yao et al. 2024 (arXiv:2406.12045) for pass^k; Wilson 1927.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import atan, comb, cos, pi, sin, sqrt
from statistics import NormalDist, fmean, stdev
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FEWEST_FOR_INTERVAL = 5
FEWEST_FOR_BOOTSTRAP = 10
RESAMPLES = 10_000
_MOST_DEGENERATE = 0.01
_ROUNDING = 1e-9
"""Values that differ by less than this part of the whole range are ties: a standard deviation of
equal floats is seldom 0, but some 1e-17."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval.

    Attributes:
        low: Lower end.
        high: Upper end.
        confidence: Nominal coverage, such as 0.95.
        method: How it was computed.
    """

    low: float
    high: float
    confidence: float
    method: Literal["bootstrap-t", "t", "wilson", "cluster-t", "greenwood", "rothman"]


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """How much better the first agent does than the second on the seeds both have played.

    Attributes:
        seeds: The shared seeds.
        mean: Mean of first minus second.
        interval: Interval of the mean; `None` below five shared seeds.
        smallest_detectable: The difference that so many seeds show in four of five cases (80 %
            power, 5 % two-sided); smaller ones cannot be told from none. `None` without interval.
    """

    seeds: tuple[int, ...]
    mean: float
    interval: Interval | None
    smallest_detectable: float | None


def mean_interval(
    values: Sequence[float], generator: np.random.Generator, confidence: float = 0.95
) -> Interval | None:
    """Return an interval of the mean of independent values, one a seed.

    Bootstrap-t from ten values on, Student's t from five to nine. Values so tied that more than
    one resample in a hundred has no spread get Student's t too.

    Returns:
        The interval, or `None` below five values: nothing honest can be said.
    """
    if len(values) < FEWEST_FOR_INTERVAL:
        return None
    mean, error = fmean(values), standard_error(values)
    if len(values) >= FEWEST_FOR_BOOTSTRAP and error > 0:
        pivots = _pivots(np.asarray(values, dtype=np.float64), generator)
        if len(pivots) >= (1 - _MOST_DEGENERATE) * RESAMPLES:
            tail = (1 - confidence) / 2
            low, high = np.quantile(pivots, [tail, 1 - tail])
            return Interval(
                mean - float(high) * error, mean - float(low) * error, confidence, "bootstrap-t"
            )
    reach = t_quantile(0.5 + confidence / 2, len(values) - 1) * error
    return Interval(mean - reach, mean + reach, confidence, "t")


def _pivots(values: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return (mean* - mean) / se* of the resamples that have a spread."""
    count = len(values)
    resamples = values[generator.integers(count, size=(RESAMPLES, count))]
    errors = resamples.std(axis=1, ddof=1) / sqrt(count)
    spread = np.ptp(resamples, axis=1) > _ROUNDING * np.ptp(values)
    pivots: NDArray[np.float64] = (resamples.mean(axis=1) - values.mean())[spread] / errors[spread]
    return pivots


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of two or more independent values."""
    return stdev(values) / sqrt(len(values))


def paired_difference(
    first: Mapping[int, float],
    second: Mapping[int, float],
    generator: np.random.Generator,
    confidence: float = 0.95,
) -> PairedDifference | None:
    """Compare two agents seed by seed.

    Args:
        first: Scores of one agent by seed.
        second: Scores of the other by seed.
        generator: Chance of the bootstrap.
        confidence: Nominal coverage of the interval.

    Returns:
        The difference, or `None` if no seed is shared.
    """
    seeds = tuple(sorted(first.keys() & second.keys()))
    if not seeds:
        return None
    differences = [first[seed] - second[seed] for seed in seeds]
    interval = mean_interval(differences, generator, confidence)
    detectable = smallest_detectable(differences) if interval else None
    return PairedDifference(seeds, fmean(differences), interval, detectable)


def smallest_detectable(
    differences: Sequence[float], *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """Return the mean difference that so many pairs, so spread, would show with that power."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    return reach * standard_error(differences)


def cvar(values: Sequence[float], tail: float = 0.1) -> float:
    """Return the mean of the worst `tail` of the values (conditional value at risk).

    A value that straddles the edge counts by its part, so with ten values or fewer the worst
    tenth is the worst value.

    Raises:
        ValueError: If there are no values or `tail` is not in (0, 1].
    """
    if not values or not 0 < tail <= 1:
        raise ValueError(f"cvar needs values and a tail in (0, 1], got {len(values)} and {tail}")
    room = max(1.0, tail * len(values))
    whole = int(room + 1e-9)
    worst = sorted(values)
    total = sum(worst[:whole])
    part = max(0.0, room - whole)
    if whole < len(worst):
        total += part * worst[whole]
    return total / room


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a proportion.

    Raises:
        ValueError: If there are no trials, or more successes than trials.
    """
    if not 0 <= successes <= trials or trials == 0:
        raise ValueError(f"wilson needs 0 <= successes <= trials > 0, got {successes}/{trials}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    reach = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == trials else (centre + reach) / scale
    return Interval(low, high, confidence, "wilson")


def pass_hat_k(tasks: Iterable[tuple[int, int]], k: int) -> float:
    """Return the unbiased estimate of the chance that `k` independent attempts all succeed.

    Args:
        tasks: Successes and attempts of each task; the estimate is their mean.
        k: How many attempts in a row.

    Raises:
        ValueError: If there is no task, or one has fewer than `k` attempts.
    """
    estimates = [_pass_hat_k(successes, attempts, k) for successes, attempts in tasks]
    if not estimates:
        raise ValueError("pass^k needs at least one task")
    return fmean(estimates)


def _pass_hat_k(successes: int, attempts: int, k: int) -> float:
    if not 1 <= k <= attempts or not 0 <= successes <= attempts:
        raise ValueError(f"pass^{k} cannot be estimated from {successes} of {attempts} attempts")
    return comb(successes, k) / comb(attempts, k)


@lru_cache
def t_quantile(probability: float, degrees: int) -> float:
    """Return a quantile of Student's t distribution with a whole number of degrees of freedom.

    Inverts the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4 by bisection.

    Raises:
        ValueError: If `probability` is not in (0, 1) or `degrees` is not positive.
    """
    if not 0 < probability < 1 or degrees < 1:
        raise ValueError(f"no t quantile for probability {probability}, {degrees} degrees")
    if probability < 0.5:
        return -t_quantile(1 - probability, degrees)
    low, high = 0.0, 1.0
    while _t_cdf(high, degrees) < probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_cdf(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


def _t_cdf(t: float, degrees: int) -> float:
    """Return P(T <= t) for t >= 0."""
    angle = atan(t / sqrt(degrees))
    square = cos(angle) ** 2
    term, series = 1.0, 0.0
    for step in range(2 + degrees % 2, degrees + 1, 2):
        series += term
        term *= square * (step - 1) / step
    if degrees % 2 == 0:
        return 0.5 + sin(angle) * series / 2
    return 0.5 + (angle + sin(angle) * cos(angle) * series) / pi
