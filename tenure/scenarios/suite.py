"""Suites: several scenarios, of one job or of many, that are played and reported together."""

from __future__ import annotations

from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure.envs.fitting import fitted
from tenure.errors import UsageError, nearest
from tenure.scenarios.loader import SUITES, load, read_yaml
from tenure.scenarios.schema import Scenario

_BUILTIN = resources.files("tenure.scenarios") / "builtin" / SUITES
_YAML = (".yaml", ".yml")
_MOST_EPISODES = 100_000

Episodes = Annotated[int, Field(ge=1, le=_MOST_EPISODES)]
Seed = Annotated[int, Field(ge=0, le=2**53)]


class Entry(BaseModel):
    """One scenario of a suite. A file may also name it as a mere text.

    Attributes:
        scenario: The id of a built-in scenario, or the path of a YAML file; a file's paths are
            relative to it, `load_suite` resolves them.
        episodes: How many seeds; `None` for the suite's number.
        seed: The first seed; `None` for the suite's.
        max_steps: A lower step limit than the scenario's; `None` for the scenario's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str = Field(min_length=1)
    episodes: Episodes | None = None
    seed: Seed | None = None
    max_steps: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _take_text(cls, said: Any) -> Any:
        return {"scenario": said} if isinstance(said, str) else said

    def load(self) -> Scenario:
        """Read the scenario, with its own step limit.

        Raises:
            UsageError: If there is no such scenario.
        """
        return load(self.scenario)


class Suite(BaseModel):
    """What a suite's file says.

    Attributes:
        id: `suites/name`, such as `suites/quick`.
        version: Bumped whenever a change can affect results.
        episodes: How many seeds each scenario is played on unless its entry says otherwise.
        seed: The first of them, likewise.
        scenarios: The scenarios in the order of the report; no two have the same id.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        pattern=r"^suites/[a-z0-9_-]+$",
        description="an id is suites/name in small letters, digits, - and _, such as suites/quick",
    )
    version: int = Field(ge=1, le=10**9)
    title: str
    episodes: Episodes = 1
    seed: Seed = 1
    scenarios: list[Entry] = Field(min_length=1)

    def seeds(self, entry: Entry) -> list[int]:
        """Return the seeds of one of its scenarios."""
        first = self.seed if entry.seed is None else entry.seed
        return list(range(first, first + (entry.episodes or self.episodes)))


def suite_names() -> list[str]:
    """Return the ids of the built-in suites."""
    files = (file.name for file in _BUILTIN.iterdir() if file.name.endswith(".yaml"))
    return sorted(f"{SUITES}/{file.removesuffix('.yaml')}" for file in files)


def is_suite(name: str) -> bool:
    """Tell whether a name is meant for a suite: an id, or a YAML file with a suite's keys.

    Raises:
        UsageError: If there is such a file and it is not YAML.
    """
    if not name.endswith(_YAML):
        return name.startswith(f"{SUITES}/")
    path = Path(name)
    said = read_yaml(path.read_bytes(), name) if path.is_file() else None
    return isinstance(said, dict) and (
        "scenarios" in said or str(said.get("id", "")).startswith(f"{SUITES}/")
    )


def load_suite(name: str) -> Suite:
    """Read a suite and see that its scenarios can be had.

    Args:
        name: The id of a built-in suite (`suites/quick`), or the path of a YAML file.

    Raises:
        UsageError: If there is no such suite, the file does not say what a suite must, or one of
            its scenarios cannot be read.
    """
    if not name.endswith(_YAML):
        if name not in suite_names():
            raise UsageError(f"There is no suite {name!r}. {nearest(name, suite_names())}")
        return _parse((_BUILTIN / f"{name.partition('/')[2]}.yaml").read_bytes(), name, Path())
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"There is no suite file {name!r}.")
    return _parse(path.read_bytes(), name, path.parent)


def _parse(content: bytes, source: str, folder: Path) -> Suite:
    suite = fitted(Suite, read_yaml(content, source), f"{source} is not a suite: ")
    found = [_found(entry, folder, source) for entry in suite.scenarios]
    for scenario_id, count in Counter(scenario.id for _, scenario in found).items():
        if count > 1:
            raise UsageError(
                f"{source} names {scenario_id} {count} times; a suite holds a scenario once. "
                f"Give a variant an id of its own, in a file of its own."
            )
    return suite.model_copy(update={"scenarios": [entry for entry, _ in found]})


def _found(entry: Entry, folder: Path, source: str) -> tuple[Entry, Scenario]:
    """Return an entry with its path resolved, and its scenario."""
    if entry.scenario.endswith(_YAML):
        entry = entry.model_copy(update={"scenario": str(folder / entry.scenario)})
    try:
        return entry, entry.load()
    except UsageError as error:
        raise UsageError(f"{source}: {error}") from None
