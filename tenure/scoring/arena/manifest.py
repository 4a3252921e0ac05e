"""The manifest of an arena run: who meets whom on which seeds, and in which seats.

Every agent plays every match. Each seed is played as often as there are seats, with the agents
moved on by a seat each time, so that on each seed every agent has had every seat once. On every
second seed the circle is mirrored, so that nobody always sits behind the same neighbour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure import __version__
from tenure.errors import UsageError
from tenure.scenarios import Scenario, departures
from tenure.scoring.files import write_whole
from tenure.scoring.manifest import ARENA_FILE_NAME as FILE_NAME
from tenure.scoring.manifest import EPISODES, SUFFIX, check_label, check_seed, read_plan
from tenure.scoring.records import Episode

__all__ = ["FILE_NAME", "MOST_AGENTS", "ArenaManifest", "Match", "is_arena_run"]

MOST_AGENTS = 8


class Match(NamedTuple):
    """One planned match.

    Attributes:
        seed: The world's seed.
        rotation: How far the agents have moved on, 0 for none.
        labels: Who sits where, `seat_1` first.
    """

    seed: int
    rotation: int
    labels: tuple[str, ...]

    @property
    def path(self) -> PurePosixPath:
        """Where its trajectory stands, relative to the run's folder."""
        return PurePosixPath(EPISODES, f"seed-{self.seed}", f"rotation-{self.rotation}{SUFFIX}")


class ArenaManifest(BaseModel):
    """What an arena run plans.

    Raises:
        UsageError: If labels or seeds are not unique, or the seats are not as many as the agents.

    Attributes:
        scenario: With as many seats as there are agents.
        agents: Their specifications, each with a `label`.
        pool: The labels of those that anchor the ratings; none, and the mean of all does.
        seeds: The worlds' seeds, each once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["tenure.arena"] = "tenure.arena"
    version: Literal[1] = 1
    tenure: str = __version__
    scenario: Scenario
    agents: list[dict[str, Any]] = Field(min_length=2, max_length=MOST_AGENTS)
    pool: list[str] = []
    seeds: list[int] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_plan(self) -> Self:
        if not all(isinstance(agent.get("label"), str) for agent in self.agents):
            raise UsageError("Every agent needs a label.")
        for label in self.labels:
            check_label(label)
        for seed in self.seeds:
            check_seed(seed)
        for what, values in (("label", self.labels), ("seed", self.seeds)):
            for value, count in Counter(values).items():
                if count > 1:
                    raise UsageError(f"The {what} {value!r} is there {count} times.")
        if strangers := [label for label in self.pool if label not in self.labels]:
            raise UsageError(f"{strangers[0]!r} of the pool is none of the agents.")
        if self.scenario.parameters.get("seats") != len(self.agents):
            raise UsageError(f"The scenario must have {len(self.agents)} seats, one an agent.")
        return self

    @property
    def labels(self) -> list[str]:
        """The agents' labels, in the order of `agents`."""
        return [str(agent["label"]) for agent in self.agents]

    @property
    def planned(self) -> int:
        """How many matches are planned."""
        return len(self.seeds) * len(self.agents)

    def matches(self) -> Iterator[Match]:
        """Yield the planned matches, seed by seed."""
        for place, seed in enumerate(self.seeds):
            labels = self.labels[:: -1 if place % 2 else 1]
            for rotation in range(len(labels)):
                moved = (*labels[rotation:], *labels[:rotation])
                yield Match(seed, rotation, moved)

    def agent(self, label: str) -> dict[str, Any]:
        """Return the specification with a label."""
        return self.agents[self.labels.index(label)]

    def line_up(self, match: Match) -> dict[str, Any]:
        """Return what a match's record says of who plays."""
        seats = {
            f"seat_{number}": self.agent(label) for number, label in enumerate(match.labels, 1)
        }
        return {"name": ", ".join(match.labels), "seats": seats}

    def disagreement(self, match: Match, episode: Episode) -> str:
        """Tell how an episode differs from the match that was planned; empty if it does not."""
        header = episode.header
        if header["scenario"] != self.scenario.model_dump(mode="json"):
            return f"it was played on another scenario ({episode.scenario_id})"
        if episode.seed != match.seed:
            return f"it was played on seed {episode.seed}, not {match.seed}"
        if dict(header["agent"]) != self.line_up(match):
            return f"others played, or in other seats ({episode.agent_name})"
        if episode.attempt:
            return f"it was attempt {episode.attempt}, not 0"
        return ""

    def departures(self) -> list[str]:
        """Tell how the scenario differs from the built-in one of its id, but for its seats."""
        return [
            change
            for change in departures(self.scenario)
            if not change.startswith("parameters.seats ")
        ]

    def write(self, run_dir: Path) -> None:
        """Write `arena.json`."""
        content = self.model_dump(mode="json")
        run_dir.mkdir(parents=True, exist_ok=True)
        whole = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        write_whole(run_dir / FILE_NAME, whole)

    @classmethod
    def read(cls, run_dir: Path) -> Self:
        """Read `arena.json`.

        Raises:
            UsageError: If the folder holds no arena run, or one that this version cannot read.
        """
        path = run_dir / FILE_NAME
        if not path.is_file():
            raise UsageError(f"{run_dir} is no arena run: it has no {FILE_NAME}.")
        return read_plan(cls, path)


def is_arena_run(folder: Path) -> bool:
    """Tell whether a folder holds an arena run."""
    return (folder / FILE_NAME).is_file()
