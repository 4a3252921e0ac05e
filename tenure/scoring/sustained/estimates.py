"""Estimates over seeds as the measures take them: each with the same chance for its interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from tenure.scoring.statistics import FEWEST_FOR_INTERVAL, wilson
from tenure.scoring.sustained.competence import (
    Estimate,
    by_month,
    mean_estimate,
    ratio_estimate,
)

_SEED = 20_260_103


def generator() -> np.random.Generator:
    """Return the chance of one interval, the same for each."""
    return np.random.Generator(np.random.PCG64(_SEED))


def mean(values: Sequence[float]) -> Estimate:
    """Return the mean over seeds, of which there are some."""
    found = mean_estimate(values, generator())
    assert found is not None  # noqa: S101  an agent is measured only with an episode
    return found


def monthly(daily: Sequence[Sequence[float]]) -> list[Estimate]:
    """Return the mean of a day in each month over seeds, each a sequence of days."""
    return [mean(values) for values in zip(*map(by_month, daily), strict=True)]


def monthly_means(daily: Sequence[Sequence[float]]) -> list[float]:
    """Return the same without intervals."""
    return [fmean(values) for values in zip(*map(by_month, daily), strict=True)]


def pairs(ones: Sequence[float], others: Sequence[float]) -> list[tuple[float, float]]:
    """Return the first of both, then the second of both, and so on."""
    return list(zip(ones, others, strict=True))


def share(parts: Iterable[tuple[float, float]], lowest: float = 0.0) -> Estimate | None:
    """Return the sum of firsts over that of seconds, with an interval over seeds up to 1.

    Where all seeds have none, or all have all, it is Wilson's for so many seeds.
    """
    wholes = list(parts)
    found = ratio_estimate(wholes, generator())
    if found is None:
        return None
    if found.value in {0.0, 1.0} and len(wholes) >= FEWEST_FOR_INTERVAL:
        seeds = sum(whole > 0 for _, whole in wholes)
        return Estimate(value=found.value, interval=wilson(round(found.value) * seeds, seeds))
    return clipped(found, 1.0, lowest)


def clipped(one: Estimate, highest: float, lowest: float = 0.0) -> Estimate:
    """Return an estimate of what lies between two numbers, its interval too."""
    if one.interval is None:
        return one
    ends = replace(
        one.interval, low=max(lowest, one.interval.low), high=min(highest, one.interval.high)
    )
    return Estimate(value=one.value, interval=ends)
