"""Bradley-Terry ratings, with intervals over seeds.

In the model of Bradley and Terry (1952) the first of two agents ends above the second with
probability 1 / (1 + e^(b2 - b1)). Strengths b are the maximum of the likelihood, found by the
iteration of Hunter (2004), a tie counting as half a win for both. They do not depend on the order
of the matches. A rating is 1000 + 400 b / ln 10, so that 400 points more mean ten wins to one.

All agents of a match meet each other in it, and matches on one seed depend on each other, so the
unit of the bootstrap is the seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MEAN_RATING, POINTS_PER_TENFOLD = 1000.0, 400.0
PRIOR_WINS = 0.5
"""Wins that every agent is credited with against every other one, so that who never lost has a
rating too."""
FEWEST_SEEDS = 5
RESAMPLES = 1000
_MOST_ROUNDS = 2000
_CLOSE = 1e-9


class Rating(NamedTuple):
    """How strong an agent is.

    Attributes:
        points: Its rating.
        low: Lower end of the 95% interval over seeds; `None` below five seeds.
        high: Upper end.
    """

    points: float
    low: float | None
    high: float | None


def wins(balances: Mapping[str, float], labels: Sequence[str]) -> Floats:
    """Return who ended above whom in a match: 1 in row i and column j if i did, 0.5 for a tie.

    Args:
        balances: The final balance of each agent.
        labels: All agents, in the order of the rows.
    """
    values = np.array([balances[label] for label in labels], dtype=np.float64)
    above: Floats = (values[:, None] > values) + 0.5 * (values[:, None] == values)
    np.fill_diagonal(above, 0)
    return above


def strengths(
    won: Floats, fixed: Mapping[int, float] | None = None, *, prior_wins: float = PRIOR_WINS
) -> Floats:
    """Return the strengths of agents that have all met.

    Args:
        won: Wins of each row over each column, of the shape (..., agents, agents).
        fixed: Strengths that are known, by index; all others are relative to them. With none, the
            mean is 0.
        prior_wins: Added for each against each other; without it, who never lost has no maximum.

    Returns:
        Strengths of the shape (..., agents).
    """
    known = dict(fixed or {})
    count = won.shape[-1]
    apart = 1 - np.eye(count)
    won = (won + prior_wins) * apart
    met = won + np.swapaxes(won, -1, -2)
    scored = won.sum(axis=-1)
    power: Floats = np.ones(won.shape[:-1])
    for index, strength in known.items():
        power[..., index] = np.exp(strength)
    free = [index for index in range(count) if index not in known]
    for _ in range(_MOST_ROUNDS):
        share = (met / (power[..., :, None] + power[..., None, :])).sum(axis=-1)
        new = power.copy()
        new[..., free] = (scored / share)[..., free]
        if not known:
            new /= np.exp(np.log(new).mean(axis=-1, keepdims=True))
        moved = np.abs(np.log(new / power)).max()
        power = new
        if moved < _CLOSE:
            break
    found: Floats = np.log(power)
    return found


def ratings(
    won_by_seed: Sequence[Floats],
    generator: np.random.Generator,
    *,
    fixed: Mapping[int, float] | None = None,
    centre: Sequence[int] = (),
) -> list[Rating]:
    """Return the agents' ratings.

    Args:
        won_by_seed: For each seed, the sum of `wins` over its matches; at least one.
        generator: Chance of the bootstrap.
        fixed: Ratings that are known, by index.
        centre: If none are known, the indices of those whose mean rating is 1000; all if empty.
    """
    known = {index: strength_of(points) for index, points in (fixed or {}).items()}
    whole = np.stack(won_by_seed)
    points = _points(strengths(whole.sum(axis=0), known), known, centre)
    if len(whole) < FEWEST_SEEDS:
        return [Rating(float(one), None, None) for one in points]
    drawn = generator.integers(len(whole), size=(RESAMPLES, len(whole)))
    resampled = _points(strengths(whole[drawn].sum(axis=1), known), known, centre)
    low, high = np.quantile(resampled, [0.025, 0.975], axis=0)
    return [Rating(*map(float, one)) for one in zip(points, low, high, strict=True)]


def strength_of(points: float) -> float:
    """Return the strength that a rating stands for."""
    return (points - MEAN_RATING) * log(10) / POINTS_PER_TENFOLD


def _points(strong: Floats, known: Mapping[int, float], centre: Sequence[int]) -> Floats:
    if not known and centre:
        strong = strong - strong[..., list(centre)].mean(axis=-1, keepdims=True)
    points: Floats = MEAN_RATING + strong * POINTS_PER_TENFOLD / log(10)
    return points
