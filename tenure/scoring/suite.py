"""A suite's run: its manifest, and the scorecard over all its scenarios.

A suite's run folder holds `suite.json` and, for each scenario, an ordinary run in the folder
`<job>/<name>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure import __version__
from tenure.errors import UsageError
from tenure.scenarios import differences, load_suite, suite_names
from tenure.scoring.files import write_whole
from tenure.scoring.manifest import SUITE_FILE_NAME, Manifest, read_plan
from tenure.scoring.scorecard import Scorecard, score_planned
from tenure.scoring.spread import Spread
from tenure.scoring.written import Part, to_json

SCORECARD_NAME = "suite-scorecard.json"


class SuiteManifest(BaseModel):
    """What a suite's run plans: a run of each scenario, by the same agents.

    Raises:
        UsageError: If a scenario stands twice, or the agents are not the same everywhere.

    Attributes:
        id: The suite's id.
        suite_version: The suite's version.
        title: The suite's title.
        runs: The runs, in the order of the suite.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["tenure.suite"] = "tenure.suite"
    version: Literal[1] = 1
    tenure: str = __version__
    id: str
    suite_version: int
    title: str
    runs: list[Manifest] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_runs(self) -> Self:
        for scenario_id, count in Counter(run.scenario.id for run in self.runs).items():
            if count > 1:
                raise UsageError(f"The scenario {scenario_id} is there {count} times.")
        for run in self.runs:
            if run.labels != self.labels:
                raise UsageError(
                    f"{run.scenario.id} has other agents than {self.runs[0].scenario.id}."
                )
        return self

    @property
    def labels(self) -> list[str]:
        """The agents' labels, in their order."""
        return self.runs[0].labels

    @property
    def planned(self) -> int:
        """How many episodes are planned."""
        return sum(len(run.agents) * len(run.seeds) for run in self.runs)

    def departures(self) -> list[str]:
        """Tell how the plan differs from the built-in suite whose id it has.

        How its scenarios differ from the built-in ones is theirs to tell.

        Returns:
            Such as `seeds.vending/week is [1], not [1,2,3]`; nothing for anyone's own suite.
        """
        if self.id not in suite_names():
            return []
        suite = load_suite(self.id)
        there = {entry.load().id: suite.seeds(entry) for entry in suite.scenarios}
        here = {run.scenario.id: run.seeds for run in self.runs}
        found = differences(
            {"version": suite.version, "title": suite.title, "seeds": there},
            {"version": self.suite_version, "title": self.title, "seeds": here},
        )
        return [f"{name} is {now}, not {before}" for name, before, now in found]

    def folders(self, suite_dir: Path) -> Iterator[tuple[Path, Manifest]]:
        """Yield the folder and the plan of each run."""
        for run in self.runs:
            yield suite_dir / run.scenario.id, run

    def write(self, suite_dir: Path) -> None:
        """Write `suite.json`."""
        suite_dir.mkdir(parents=True, exist_ok=True)
        content = self.model_dump(mode="json")
        whole = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        write_whole(suite_dir / SUITE_FILE_NAME, whole)

    @classmethod
    def read(cls, suite_dir: Path) -> Self:
        """Read `suite.json`.

        Raises:
            UsageError: If the folder holds no suite's run, or one this version cannot read.
        """
        path = suite_dir / SUITE_FILE_NAME
        if not path.is_file():
            raise UsageError(f"{suite_dir} is not a suite's run: it has no {SUITE_FILE_NAME}.")
        return read_plan(cls, path)


class Across(Part):
    """One agent over a suite.

    There is no mean over scenarios: 0 and 1 are other things in each of them.

    Attributes:
        label: The agent's label.
        scored: In how many scenarios it has a normalised score.
        worst_scenario: Where its mean normalised score is lowest; `None` if in several, or without
            any.
        worst_normalised: That score.
    """

    label: str
    scored: int
    worst_scenario: str | None
    worst_normalised: float | None


class SuiteScorecard(Part):
    """What a suite's run says.

    Attributes:
        id: The suite's id.
        suite_version: The suite's version.
        title: The suite's title.
        agents: One entry an agent, in the order of the manifest.
        scenarios: The scorecard of each scenario, in the order of the suite.
    """

    format: Literal["tenure.suite-scorecard"] = "tenure.suite-scorecard"
    version: Literal[1] = 1
    tenure: str = __version__
    id: str
    suite_version: int
    title: str
    agents: list[Across]
    scenarios: list[Scorecard]

    @property
    def planned(self) -> int:
        """Episodes planned."""
        return sum(scorecard.planned for scorecard in self.scenarios)

    @property
    def complete(self) -> int:
        """Episodes scored."""
        return sum(scorecard.complete for scorecard in self.scenarios)

    def to_json(self) -> bytes:
        """Return the content of `suite-scorecard.json`: the same bytes for the same run."""
        return to_json(self.model_dump(mode="json"))

    def write(self, suite_dir: Path) -> Path:
        """Write `suite-scorecard.json` into the suite's folder and return its path."""
        path = suite_dir / SCORECARD_NAME
        write_whole(path, self.to_json())
        return path


def is_suite_run(path: Path) -> bool:
    """Tell whether a folder holds a suite's run."""
    return (path / SUITE_FILE_NAME).is_file()


def score_suite(suite_dir: Path, spread: Spread = map) -> SuiteScorecard:
    """Score all that a suite's run has planned, whether it was played or not.

    Args:
        suite_dir: The suite's folder.
        spread: How the episodes are scored; the scores are the same.

    Raises:
        UsageError: If the folder holds no suite's run.
    """
    manifest = SuiteManifest.read(suite_dir)
    scenarios = [score_planned(folder, run, spread) for folder, run in manifest.folders(suite_dir)]
    return SuiteScorecard(
        id=manifest.id,
        suite_version=manifest.suite_version,
        title=manifest.title,
        agents=[_across(place, label, scenarios) for place, label in enumerate(manifest.labels)],
        scenarios=scenarios,
    )


def _across(place: int, label: str, scenarios: Sequence[Scorecard]) -> Across:
    known = [
        (summary.mean, scorecard.scenario["id"])
        for scorecard in scenarios
        if (summary := scorecard.agents[place].normalised)
    ]
    lowest = min((mean for mean, _ in known), default=None)
    where = [scenario for mean, scenario in known if mean == lowest]
    return Across(
        label=label,
        scored=len(known),
        worst_scenario=where[0] if len(where) == 1 else None,
        worst_normalised=lowest,
    )
