"""Numbers over seeds: their mean with its interval, and the chance that attempts pass.

The seed is the unit; where seeds are played several times, each counts with the mean of its
attempts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from tenure.scoring.scorecard.episode import EpisodeScore
from tenure.scoring.statistics import Interval, cvar, mean_interval, pass_hat_k
from tenure.scoring.written import Part

WORST_TAIL = 0.1
PASS_HAT_KS = (1, 2, 4, 8)
_BOOTSTRAP_SEED = 20_260_101


class Summary(Part):
    """One number over the scored seeds.

    Attributes:
        mean: Mean over seeds.
        interval: 95 % interval of the mean; `None` below five seeds.
        worst: The lowest value.
        best: The highest value.
        cvar10: Mean of the worst tenth.
    """

    mean: float
    interval: Interval | None
    worst: float
    best: float
    cvar10: float


class Reliability(Part):
    """pass^k: the chance that `k` attempts at one seed all pass.

    Attributes:
        share: C(c, k) / C(n, k) with c passes among a seed's n attempts, unbiased; its mean over
            seeds.
        interval: 95 % interval of that mean, cut off at 0 and 1; `None` below five seeds.
        seeds: On how many seeds it rests: those whose attempts all have a score.
    """

    share: float
    interval: Interval | None
    seeds: int


def summary(values: Sequence[tuple[int, float | None]], attempts: int) -> Summary | None:
    """Sum up values by seed; several attempts at a seed are one value, their mean."""
    told = [(seed, value) for seed, value in values if value is not None]
    if not told or len(told) < len(values):
        return None
    numbers = [value for _, value in told] if attempts == 1 else list(by_seed(told).values())
    return Summary(
        mean=fmean(numbers),
        interval=mean_interval(numbers, generator()),
        worst=min(numbers),
        best=max(numbers),
        cvar10=cvar(numbers, WORST_TAIL),
    )


def above_floor(scored: Sequence[EpisodeScore], attempts: int) -> dict[int, float]:
    """Take the scenario for the task and the seeds for independent attempts at it."""
    tries = [one for one in scored if attempts == 1 or one.attempt == 0]
    passes = sum(episode.earned > episode.floor for episode in tries)
    return {k: pass_hat_k([(passes, len(tries))], k) for k in PASS_HAT_KS if k <= len(tries)}


def reliability(scored: Sequence[EpisodeScore], attempts: int) -> dict[int, Reliability]:
    """Take each seed for a task, and its attempts for independent attempts at it."""
    if attempts == 1:
        return {}
    tries = Counter(one.seed for one in scored)
    passes = Counter(one.seed for one in scored if one.earned > one.floor)
    whole = [seed for seed, count in tries.items() if count == attempts]
    if not whole:
        return {}
    found = {
        k: [pass_hat_k([(passes[seed], attempts)], k) for seed in whole]
        for k in PASS_HAT_KS
        if k <= attempts
    }
    return {
        k: Reliability(share=fmean(shares), interval=_of_a_chance(shares), seeds=len(whole))
        for k, shares in found.items()
    }


def _of_a_chance(shares: Sequence[float]) -> Interval | None:
    """Return the interval of a mean of chances, without the part where no chance can be."""
    found = mean_interval(shares, generator())
    return found and replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def by_seed(values: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Return the mean of a seed's attempts, by seed."""
    found: dict[int, list[float]] = {}
    for seed, value in values:
        found.setdefault(seed, []).append(float(value))
    return {seed: fmean(attempts) for seed, attempts in found.items()}


def generator() -> np.random.Generator:
    """Return the same chance for each interval, so that one agent's never depends on another's."""
    return np.random.Generator(np.random.PCG64(_BOOTSTRAP_SEED))
