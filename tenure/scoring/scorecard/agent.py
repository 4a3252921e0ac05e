"""The score of one agent over all its planned episodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from pydantic import Field

from tenure.scoring.conduct import ConductScore, pool_conduct
from tenure.scoring.forecasts import ForecastSummary, pool_forecasts
from tenure.scoring.scorecard.episode import EpisodeScore, Outcome, Unscored, counted
from tenure.scoring.scorecard.seeds import (
    Reliability,
    Summary,
    above_floor,
    generator,
    reliability,
    summary,
)
from tenure.scoring.spending import Spending, added
from tenure.scoring.statistics import Interval, wilson
from tenure.scoring.written import Part


class AgentScore(Part):
    """One agent over all planned seeds.

    Where seeds are played several times, means and intervals are over the means of the seeds.

    Attributes:
        label: The agent's folder in the run.
        spec: The agent's specification.
        planned: Episodes planned.
        complete: Episodes scored; the numbers below rest on these alone.
        episodes: Every planned episode in the order of the seeds, scored or not.
        score: Summary of the raw score; `None` if nothing is scored.
        normalised: Summary of the normalised score; `None` if nothing is scored or on some seed
            floor and bound coincide.
        ended_early: Episodes that ended before the horizon.
        ended_early_share: Their share with Wilson's interval; `None` if nothing is scored.
        reasons: Episodes by reason of ending.
        above_floor: pass^k by k, a pass being a score above the floor: the chance that `k` fresh
            seeds all pass. Of seeds that are played several times the first attempts count.
        reliability: pass^k by k on one seed; empty if each seed is played once.
        figures: Means of the other final figures.
        steps: Actions in all scored episodes.
        faults: Faulty steps by kind, in all scored episodes.
        tools: Calls by tool, in all scored episodes.
        spending: Of all episodes, unscored ones included; `None` if one of them is unreadable.
        forecasts: By question, over the scored episodes; empty if none was asked.
        conduct: By topic, summed over the scored episodes; no part of the score.
    """

    label: str
    spec: dict[str, Any]
    planned: int
    complete: int
    episodes: list[Outcome]
    score: Summary | None
    normalised: Summary | None
    ended_early: int
    ended_early_share: Interval | None
    reasons: dict[str, int]
    above_floor: dict[int, float]
    reliability: dict[int, Reliability] = Field(default_factory=dict)
    figures: dict[str, float]
    steps: int
    faults: dict[str, int]
    tools: dict[str, int]
    spending: Spending | None
    forecasts: dict[str, ForecastSummary] = Field(default_factory=dict)
    conduct: dict[str, ConductScore] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        """The agent's name."""
        return str(self.spec.get("name", self.label))

    @property
    def policy(self) -> str:
        """The script that a name which every job knows stood for; empty for all others."""
        return str(self.spec.get("policy") or "")

    @property
    def is_privileged(self) -> bool:
        """Whether it was told the truth of its seeds: then it is a reference and has no rank."""
        return bool(self.spec.get("oracle"))

    @property
    def title(self) -> str:
        """The label, and what is to be known of it: `best (shopkeeper)`, `planner (privileged)`."""
        if self.is_privileged:
            return f"{self.label} (privileged)"
        return f"{self.label} ({self.policy})" if self.policy else self.label

    @property
    def scored(self) -> list[EpisodeScore]:
        """The episodes that have a score."""
        return [episode for episode in self.episodes if isinstance(episode, EpisodeScore)]


def score_agent(
    spec: dict[str, Any], label: str, episodes: list[EpisodeScore | Unscored], attempts: int
) -> AgentScore:
    """Score an agent.

    Args:
        spec: Its specification.
        label: Its folder in the run.
        episodes: Every planned episode in the order of the seeds, scored or not.
        attempts: How often each seed is played.
    """
    scored = [episode for episode in episodes if isinstance(episode, EpisodeScore)]
    early = sum(episode.ended_early for episode in scored)
    return AgentScore(
        label=label,
        spec=spec,
        planned=len(episodes),
        complete=len(scored),
        episodes=episodes,
        score=summary([(one.seed, one.score) for one in scored], attempts),
        normalised=summary([(one.seed, one.normalised) for one in scored], attempts),
        ended_early=early,
        ended_early_share=wilson(early, len(scored)) if scored else None,
        reasons=counted(episode.reason for episode in scored),
        above_floor=above_floor(scored, attempts),
        reliability=reliability(scored, attempts),
        figures=_mean_figures(scored),
        steps=sum(episode.steps for episode in scored),
        faults=_added(episode.faults for episode in scored),
        tools=_added(episode.tools for episode in scored),
        spending=_total_spending(episodes),
        forecasts=pool_forecasts([episode.forecasts for episode in scored], generator),
        conduct=pool_conduct([episode.conduct for episode in scored]),
    )


def _mean_figures(scored: Sequence[EpisodeScore]) -> dict[str, float]:
    names = scored[0].figures if scored else {}
    return {name: fmean(episode.figures[name] for episode in scored) for name in names}


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _total_spending(episodes: Sequence[EpisodeScore | Unscored]) -> Spending | None:
    begun = [
        episode
        for episode in episodes
        if not (isinstance(episode, Unscored) and episode.kind == "missing")
    ]
    parts = [episode.spending for episode in begun if episode.spending is not None]
    return added(parts) if len(parts) == len(begun) else None
