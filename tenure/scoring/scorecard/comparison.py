"""Agents of a run compared in pairs, on the seeds that both finished."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from tenure.scoring.scorecard.agent import AgentScore
from tenure.scoring.scorecard.seeds import by_seed, generator
from tenure.scoring.statistics import PairedDifference, paired_difference
from tenure.scoring.written import Part


class Comparison(Part):
    """Two agents of a run on the seeds that both finished.

    Attributes:
        score: First minus second, in units of the score.
        normalised: First minus second, normalised; `None` if some score is not.
    """

    first: str
    second: str
    score: PairedDifference
    normalised: PairedDifference | None


def comparisons(agents: Sequence[AgentScore]) -> list[Comparison]:
    """Compare every pair that shares a finished seed."""
    pairs = (_comparison(first, second) for first, second in combinations(agents, 2))
    return [pair for pair in pairs if pair is not None]


def _comparison(first: AgentScore, second: AgentScore) -> Comparison | None:
    scores = [by_seed((one.seed, one.score) for one in agent.scored) for agent in (first, second)]
    score = paired_difference(scores[0], scores[1], generator())
    if score is None:
        return None
    return Comparison(
        first=first.label,
        second=second.label,
        score=score,
        normalised=_normalised_difference(first, second),
    )


def _normalised_difference(first: AgentScore, second: AgentScore) -> PairedDifference | None:
    if first.normalised is None or second.normalised is None:
        return None
    values = [
        by_seed((one.seed, one.normalised) for one in agent.scored if one.normalised is not None)
        for agent in (first, second)
    ]
    return paired_difference(values[0], values[1], generator())
