"""The score of one episode, or why it has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from tenure.envs.clock import day_of
from tenure.scenarios import References
from tenure.scoring.conduct import ConductScore, score_conduct
from tenure.scoring.forecasts import ForecastScore, score_forecasts
from tenure.scoring.records import Episode
from tenure.scoring.scorecard.days import Series, series, tool_called
from tenure.scoring.spending import Spending, spending
from tenure.scoring.written import Part


class EpisodeScore(Part):
    """The score of a finished episode.

    Attributes:
        score: Final value of the score figure, in its unit.
        luck: What chance alone added to the score, in its unit; 0 if the world does not tell.
        floor: What the naive script reaches on the seed, without luck.
        bound: What no agent can exceed on the seed, without luck.
        normalised: (score - luck - floor) / (bound - floor); `None` if the two coincide.
        figures: Final values of all figures.
        reason: Why it ended: `horizon`, the scenario's limit that was reached (`steps`, `tokens`,
            `usd`, `minutes`), or the world's own word.
        days: Simulated days worked, the last one included.
        steps: Actions, faulty ones included.
        faults: Faulty steps by kind.
        tools: Calls by tool, refused ones included.
        forecasts: By question, what the answers were worth; empty if none was asked.
        conduct: By topic, what was kept and broken; empty if the job tells nothing of it. No part
            of the score.
        series: The episode by day; `None` once read from `scorecard.json`, which leaves it out:
            the trajectories have it.
    """

    status: Literal["scored"] = "scored"
    agent: str
    seed: int
    attempt: int
    score: int
    luck: int = 0
    floor: int
    bound: int
    normalised: float | None
    figures: dict[str, int]
    reason: str
    days: int
    steps: int
    faults: dict[str, int]
    tools: dict[str, int]
    spending: Spending
    forecasts: dict[str, ForecastScore] = Field(default_factory=dict)
    conduct: dict[str, ConductScore] = Field(default_factory=dict)
    series: Series | None = Field(default=None, exclude=True)

    @property
    def earned(self) -> int:
        """The score without luck."""
        return self.score - self.luck

    @property
    def ended_early(self) -> bool:
        """Whether the episode ended before the job's horizon."""
        return self.reason != "horizon"


class Unscored(Part):
    """A planned episode without a score; a value of its own, never a zero.

    Attributes:
        kind: `missing` (there is no record), `unfinished` (it has no end) or `damaged` (it cannot
            be trusted).
        problem: What is wrong, as a sentence.
        steps: Steps that were recorded.
        spending: What they took; `None` if that cannot be read.
    """

    status: Literal["unscored"] = "unscored"
    agent: str
    seed: int
    kind: Literal["missing", "unfinished", "damaged"]
    problem: str
    steps: int = 0
    spending: Spending | None = None


Outcome = Annotated[EpisodeScore | Unscored, Field(discriminator="status")]


def score_episode(episode: Episode, agent: str = "") -> EpisodeScore | Unscored:
    """Score an episode from its records alone.

    Args:
        episode: The records.
        agent: The agent's label; its name if left out.

    Raises:
        TrajectoryError: If a forecast or an event of conduct in the record is none.
    """
    agent = agent or episode.agent_name
    if episode.end is None:
        return Unscored(
            agent=agent,
            seed=episode.seed,
            kind="unfinished",
            problem=episode.stop,
            steps=len(episode.steps),
            spending=spending(episode.own_steps),
        )
    final = dict(zip(episode.figure_names, episode.end["measured"], strict=True))
    score, known = final[episode.header["score"]], episode.header["references"]
    points = References(known["floor"], known["bound"])
    luck = final[episode.header["luck"]] if "luck" in episode.header else 0
    return EpisodeScore(
        agent=agent,
        seed=episode.seed,
        attempt=episode.attempt,
        score=score,
        luck=luck,
        floor=points.floor,
        bound=points.bound,
        normalised=points.normalised(score - luck),
        figures=final,
        reason=episode.end["reason"],
        days=_days_worked(episode),
        steps=len(episode.steps),
        faults=counted(step["fault"] for step in episode.steps if "fault" in step),
        tools=counted(name for step in episode.steps if (name := tool_called(step))),
        spending=spending(episode.own_steps),
        forecasts=score_forecasts(episode),
        conduct=score_conduct(episode),
        series=series(episode),
    )


def _days_worked(episode: Episode) -> int:
    """Count the days; an episode that ends at midnight did not begin the next one."""
    return day_of(max(episode.header["minute"], episode.last_minute - 1)) + 1


def counted(names: Iterable[str]) -> dict[str, int]:
    """Return how often each name is there, in the order of the names."""
    return dict(sorted(Counter(names).items()))
