"""What a fork says: its outcomes beside that of the episode that it goes on from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np

from tenure.errors import TrajectoryError
from tenure.scoring.manifest import PARENT, Origin
from tenure.scoring.records import read_partial
from tenure.scoring.statistics import Interval, mean_interval
from tenure.scoring.written import Part

_BOOTSTRAP_SEED = 20_260_102


class ForkOutcome(Part):
    """How one fork ended.

    Attributes:
        label: Who went on.
        attempt: 0-based; its futures are met in turn, again and again.
        future: 0 for the seed's own.
        repetition: How many attempts came before it in the same future.
        score: Final value of the score figure.
        difference: That minus the parent's; `None` if the parent has no end.
    """

    label: str
    attempt: int
    future: int
    repetition: int
    score: int
    difference: int | None


class ForkMean(Part):
    """One agent's forks together.

    Attributes:
        difference: Mean difference to the parent; `None` if the parent has no end.
        interval: 95 % interval of that mean over futures, each the mean of its forks; in the seed's
            own future over forks. `None` below five.
    """

    label: str
    forks: int
    score: float
    difference: float | None
    interval: Interval | None


class ForkScore(Part):
    """Forks beside their parent.

    Attributes:
        parent_agent: Who recorded the parent.
        parent_score: Its final score; `None` if it has no end.
        step: The first step that was taken anew.
        decided: Whether that step was decided beforehand.
        context: Whether the agents began there (`fresh`), or remembered (`kept`).
        outcomes: Each finished fork.
        means: Each agent with a finished fork.
    """

    parent_agent: str
    parent_score: int | None
    step: int
    decided: bool
    context: str
    outcomes: list[ForkOutcome]
    means: list[ForkMean]


def score_forks(
    run_dir: Path, origin: Origin, scores: Sequence[tuple[str, int, int]]
) -> ForkScore | None:
    """Compare the forks of a run with their parent.

    Args:
        run_dir: The run's folder, which holds the parent's record.
        origin: Where they come from.
        scores: Label, attempt and score of each finished fork.

    Returns:
        The comparison; `None` if the parent's record cannot be read.
    """
    try:
        parent = read_partial(run_dir / PARENT)
    except (OSError, TrajectoryError):
        return None
    score = parent.final_score
    outcomes = [
        ForkOutcome(
            label=label,
            attempt=attempt,
            future=origin.future(attempt).number,
            repetition=attempt // max(1, len(origin.futures)),
            score=own,
            difference=None if score is None else own - score,
        )
        for label, attempt, own in scores
    ]
    return ForkScore(
        parent_agent=parent.agent_name,
        parent_score=score,
        step=origin.step,
        decided=origin.action is not None,
        context=origin.context,
        outcomes=outcomes,
        means=[_mean(label, outcomes) for label in dict.fromkeys(one.label for one in outcomes)],
    )


def _mean(label: str, outcomes: Sequence[ForkOutcome]) -> ForkMean:
    own = [one for one in outcomes if one.label == label]
    differences = _independent(own)
    chance = np.random.Generator(np.random.PCG64(_BOOTSTRAP_SEED))
    return ForkMean(
        label=label,
        forks=len(own),
        score=fmean(one.score for one in own),
        difference=fmean(differences) if differences else None,
        interval=mean_interval(differences, chance) if differences else None,
    )


def _independent(own: Sequence[ForkOutcome]) -> list[float]:
    """Return differences that owe nothing to each other: forks in one future share its luck."""
    futures: dict[int, list[float]] = {}
    for one in own:
        if one.difference is not None:
            key = one.future or -one.attempt
            futures.setdefault(key, []).append(float(one.difference))
    return [fmean(shared) for shared in futures.values()]
