"""An entry of the board: what a checked run says, and what is proven about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import Field, ValidationError

from tenure import __version__, scenarios
from tenure.errors import UsageError
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import Episode
from tenure.scoring.report.page import floor_name
from tenure.scoring.scorecard import AgentScore, EpisodeScore, Scorecard, Summary
from tenure.scoring.spending import Spending
from tenure.scoring.written import Part

ENTRIES = "entries"
FILE_NAME = "entry.json"
NOT_PROVEN = (
    "which model acted, nor what it cost: both are as the run tells them; nor that no attempt was "
    "left out before the run was submitted; nor that the seeds were unknown beforehand"
)


class EpisodeFile(Part):
    """A checked episode.

    Attributes:
        attempt: 0-based number of the attempt on this seed, as the record says.
        score: Final value of the score figure, in its unit.
        path: Its trajectory, relative to the entry's folder.
        head: The last hash of its chain.
    """

    seed: int
    attempt: int
    score: int
    normalised: float | None
    reason: str
    path: str
    head: str


class Row(Part):
    """One agent of a submission.

    Attributes:
        spec: The agent's specification.
        planned: Episodes planned.
        complete: Episodes played to their end and checked.
        score: Summary of the raw score.
        normalised: Summary of the normalised score; `None` where floor and bound coincide.
        ended_early: Episodes that ended before the horizon.
        spending: Tokens and cost as the run tells them.
        proven: What was checked, as a sentence.
    """

    label: str
    spec: dict[str, Any]
    planned: int
    complete: int
    score: Summary
    normalised: Summary | None
    ended_early: int
    spending: Spending | None
    proven: str
    episodes: list[EpisodeFile]


class Entry(Part):
    """A run on the board.

    Attributes:
        id: The first 16 digits of the run's digest; names the entry's folder.
        run_digest: SHA-256 over the scenario and each episode's label, seed and actions: a run
            is known again by what was done in it.
        checked_with: The version of Tenure that checked it.
        scenario_builtin: Whether Tenure ships the scenario, and it was played unchanged.
        score_figure: The name of the figure that decides.
        floor: The script that is normalised to 0.
        rows: One an agent.
        not_proven: What the checks do not prove.
    """

    format: Literal["tenure.entry"] = "tenure.entry"
    version: Literal[1] = 1
    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    run_digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    checked_with: str = __version__
    scenario_id: str
    scenario_version: int
    scenario_digest: str
    scenario_title: str
    scenario_builtin: bool
    score_figure: str
    floor: str
    seeds: list[int]
    rows: list[Row]
    not_proven: str = NOT_PROVEN

    def write(self, folder: Path) -> None:
        """Write `entry.json`."""
        content = self.model_dump(mode="json")
        (folder / FILE_NAME).write_bytes(
            orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read `entry.json`.

        Raises:
            UsageError: If this version of Tenure cannot read it.
        """
        path = folder / FILE_NAME
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"{path} is not an entry of a leaderboard: {reason}.") from None


def is_builtin(scenario_id: str) -> bool:
    """Tell whether Tenure ships a scenario of this id; any other is somebody's own."""
    return scenario_id in scenarios.names()


def describe(
    run_digest: str, manifest: Manifest, scorecard: Scorecard, episodes: Sequence[Episode]
) -> Entry:
    """Return the entry of a checked run.

    Args:
        run_digest: The run's digest.
        manifest: What was planned.
        scorecard: What the records say; every planned episode is scored.
        episodes: The planned episodes in their order.
    """
    heads = {
        (slot.label, slot.seed): episode.head
        for slot, episode in zip(manifest.planned(), episodes, strict=True)
    }
    scenario = manifest.scenario
    return Entry(
        id=run_digest[:16],
        run_digest=run_digest,
        scenario_id=scenario.id,
        scenario_version=scenario.version,
        scenario_digest=scenario.digest,
        scenario_title=scenario.title,
        scenario_builtin=is_builtin(scenario.id),
        score_figure=scorecard.score_figure,
        floor=floor_name(scenario),
        seeds=manifest.seeds,
        rows=[_row(agent, manifest, heads) for agent in scorecard.agents],
    )


def _row(agent: AgentScore, manifest: Manifest, heads: dict[tuple[str, int], str]) -> Row:
    if agent.score is None:
        raise UsageError(f"No episode of {agent.label} has a score.")
    return Row(
        label=agent.label,
        spec=agent.spec,
        planned=agent.planned,
        complete=agent.complete,
        score=agent.score,
        normalised=agent.normalised,
        ended_early=agent.ended_early,
        spending=agent.spending,
        proven=f"re-simulated: {agent.complete} of {agent.planned}; scores recomputed",
        episodes=[
            _file(episode, manifest, heads[agent.label, episode.seed]) for episode in agent.scored
        ],
    )


def _file(episode: EpisodeScore, manifest: Manifest, head: str) -> EpisodeFile:
    return EpisodeFile(
        seed=episode.seed,
        attempt=episode.attempt,
        score=episode.score,
        normalised=episode.normalised,
        reason=episode.reason,
        path=manifest.episode_path(episode.agent, episode.seed).as_posix(),
        head=head,
    )
