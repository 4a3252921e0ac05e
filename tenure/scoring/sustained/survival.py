"""How long things last when some are still lasting at the end of what was seen.

Kaplan and Meier 1958 for survival, Aalen and Johansen 1978 for competing causes, Greenwood 1926 and
its counterpart for cumulative incidence (Marubini and Valsecchi 1995, section 10.2) for variances.
Intervals are Wilson's with the number of episodes that would have the same variance if none were
censored (Rothman 1978): with nothing censored they are plain Wilson intervals of a share, and they
keep their size where nothing or everything has failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from tenure.scoring.statistics import FEWEST_FOR_INTERVAL, Interval, t_quantile


class Life(NamedTuple):
    """How long one episode lasted.

    Attributes:
        days: Days until it failed, or until nothing more was seen of it.
        cause: Why it failed; empty if it had not when it was last seen (censored).
    """

    days: float
    cause: str = ""


class Point(NamedTuple):
    """A step of a curve; it holds from `day` until the next point.

    Attributes:
        day: Days since the start.
        at_risk: Episodes that had not failed and were still seen just before.
        share: Share that is alive after the day, or has failed of one cause by then.
        low: Lower end of its interval.
        high: Upper end of its interval.
    """

    day: float
    at_risk: int
    share: float
    low: float
    high: float


class _Death(NamedTuple):
    """A day of failures: who was at risk, who failed, of a cause, and of whom so much is known."""

    day: float
    at_risk: int
    failed: int
    of_cause: int
    known: int


def survival(lives: Sequence[Life], confidence: float = 0.95) -> list[Point]:
    """Return the Kaplan-Meier curve, from day 0 on; a point at each day of a failure.

    Raises:
        ValueError: If there are no lives.
    """
    points, alive, greenwood = [_start(lives, 1.0, confidence)], 1.0, 0.0
    for death in _deaths(lives):
        alive *= 1 - death.failed / death.at_risk
        if death.failed < death.at_risk:
            greenwood += death.failed / (death.at_risk * (death.at_risk - death.failed))
        ends = _rothman(alive, alive * alive * greenwood, death.known, confidence)
        points.append(Point(death.day, death.at_risk, alive, *ends))
    return points


def incidence(lives: Sequence[Life], cause: str, confidence: float = 0.95) -> list[Point]:
    """Return the Aalen-Johansen curve of one cause: the share that it has ended by each day.

    The curves of all causes and that of survival add up to 1 on each day. Taking the other causes
    for censoring instead would tell what happened in a world without them.

    Raises:
        ValueError: If there are no lives.
    """
    points, deaths, befores, alive, share = [_start(lives, 0.0, confidence)], [], [], 1.0, 0.0
    shares: list[float] = []
    for death in _deaths(lives, cause):
        befores.append(alive)
        share += alive * death.of_cause / death.at_risk
        alive *= 1 - death.failed / death.at_risk
        deaths.append(death)
        shares.append(share)
        variance = _incidence_variance(deaths, befores, shares)
        ends = _rothman(share, variance, death.known, confidence)
        points.append(Point(death.day, death.at_risk, share, *ends))
    return points


def _incidence_variance(
    deaths: Sequence[_Death], befores: Sequence[float], shares: Sequence[float]
) -> float:
    total = 0.0
    for death, before, then in zip(deaths, befores, shares, strict=True):
        at_risk, left = death.at_risk, death.at_risk - death.failed
        later = shares[-1] - then
        if left:
            total += later**2 * death.failed / (at_risk * left)
        total += before**2 * death.of_cause * (at_risk - death.of_cause) / at_risk**3
        total -= 2 * later * before * death.of_cause / at_risk**2
    return total


def lasting_mean(
    lives: Sequence[Life], until_days: float, confidence: float = 0.95
) -> tuple[float, Interval | None]:
    """Return the mean days survived of the first `until_days` (restricted mean survival time).

    The area below the Kaplan-Meier curve; its standard error is Greenwood's, widened by
    n/(n-1), and its quantile Student's with n-1 degrees.

    Returns:
        The days, and their interval; `None` below five lives, and where all lasted equally long:
        no spread in a few episodes is no certainty.

    Raises:
        ValueError: If there are no lives.
    """
    curve = [(point.day, point.share) for point in survival(lives) if point.day < until_days]
    areas = [
        share * (end - start) for (start, share), (end, _) in pairwise([*curve, (until_days, 0.0)])
    ]
    mean, count = sum(areas), len(lives)
    if count < FEWEST_FOR_INTERVAL:
        return mean, None
    variance, after = 0.0, dict(zip((day for day, _ in curve), _tails(areas), strict=True))
    for death in _deaths(lives):
        left = death.at_risk - death.failed
        if death.day < until_days and left:
            variance += after[death.day] ** 2 * death.failed / (death.at_risk * left)
    if variance <= 0:
        return mean, None
    reach = t_quantile(0.5 + confidence / 2, count - 1) * sqrt(variance * count / (count - 1))
    low, high = max(0.0, mean - reach), min(until_days, mean + reach)
    return mean, Interval(low, high, confidence, "greenwood")


def _tails(areas: Sequence[float]) -> list[float]:
    """Return the sum of each area and all after it."""
    return [sum(areas[place:]) for place in range(len(areas))]


class Median(NamedTuple):
    """The day by which half have failed; each part is `None` where the curve does not come so far.

    Attributes:
        days: The first day on which at most half are alive.
        low: The first day on which the lower end of the curve's interval is at most half.
        high: The same of its upper end (Brookmeyer and Crowley 1982); both `None` below five lives.
    """

    days: float | None
    low: float | None
    high: float | None


def median(lives: Sequence[Life]) -> Median:
    """Return the median life.

    Raises:
        ValueError: If there are no lives.
    """
    curve = survival(lives)
    days = next((point.day for point in curve if point.share <= 0.5), None)
    if len(lives) < FEWEST_FOR_INTERVAL:
        return Median(days, None, None)
    low = next((point.day for point in curve if point.low <= 0.5), None)
    high = next((point.day for point in curve if point.high <= 0.5), None)
    return Median(days, low, high)


def causes(lives: Sequence[Life]) -> list[str]:
    """Return the causes of failure that occur, in the order of the alphabet."""
    return sorted({life.cause for life in lives} - {""})


def _deaths(lives: Sequence[Life], cause: str = "") -> list[_Death]:
    """Return the days of failures; who is censored on such a day was at risk on it."""
    days = sorted({life.days for life in lives if life.cause})
    return [
        _Death(
            day,
            sum(life.days >= day for life in lives),
            sum(life.days == day and life.cause != "" for life in lives),
            sum(life.days == day and life.cause == cause for life in lives),
            sum(life.cause != "" or life.days >= day for life in lives),
        )
        for day in days
    ]


def _start(lives: Sequence[Life], share: float, confidence: float) -> Point:
    if not lives:
        raise ValueError("survival needs at least one life")
    return Point(0.0, len(lives), share, *_rothman(share, 0.0, len(lives), confidence))


def _rothman(share: float, variance: float, at_risk: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval for the number of whole lives that the variance is worth."""
    spread = share * (1 - share)
    count = spread / variance if variance > 0 and spread > 0 else float(at_risk)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = share + z * z / (2 * count)
    reach = z * sqrt(spread / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low = 0.0 if share <= 0 else (centre - reach) / scale
    high = 1.0 if share >= 1 else (centre + reach) / scale
    return max(0.0, low), min(1.0, high)
