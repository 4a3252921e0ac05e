"""The same episode without a shock: played for a script, read from a run for whoever else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tenure.envs.jobs import Shock
from tenure.errors import UsageError
from tenure.scenarios import Scenario, differences
from tenure.scoring.manifest import Manifest, Slot
from tenure.scoring.records import read
from tenure.scoring.sustained import course


def without(scenario: Scenario, shock: Shock) -> Scenario:
    """Return the scenario's twin in which a shock never comes."""
    return scenario.model_copy(update={"parameters": {**scenario.parameters, shock.parameter: 0}})


class PlayedTwins:
    """Plays the twins of a run's scripts; there are none of models, who would have to be asked.

    Args:
        manifest: The run's plan.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def __call__(self, label: str, seed: int, shock: Shock) -> Sequence[float] | None:
        """Return the worth by morning, or `None` if the agent is no script."""
        scenario, spec = self._manifest.scenario, self._manifest.agent(label)
        script = str(spec.get("policy") or spec["name"])
        if script not in {**scenario.job.policies, **scenario.oracles}:
            return None
        return course.played(without(scenario, shock), seed, script, scenario.job.over_time.worth)


class RecordedTwins:
    """Reads the twins of a run's episodes from runs of the same plan, each without one shock.

    Args:
        manifest: The run's plan.
        folders: The twins' folders.

    Raises:
        UsageError: If one of them is no twin of this run.
    """

    def __init__(self, manifest: Manifest, folders: Iterable[Path]) -> None:
        self._worth = manifest.scenario.job.over_time.worth
        self._twins = {_switched_off(manifest, folder): folder for folder in folders}

    def __call__(self, label: str, seed: int, shock: Shock) -> Sequence[float] | None:
        """Return the worth by morning, or `None` if that episode is not there, whole and planned.

        Raises:
            TrajectoryError: If its record is damaged or has no end.
        """
        folder = self._twins.get(shock.parameter)
        if folder is None:
            return None
        manifest = Manifest.read(folder)
        if label not in manifest.labels or seed not in manifest.seeds:
            return None
        path = folder / manifest.episode_path(label, seed)
        if not path.is_file():
            return None
        episode = read(path)
        if problem := manifest.disagreement(Slot(label, seed), episode):
            raise UsageError(f"{path} is not what its run has planned: {problem}.")
        return course.recorded(episode, self._worth)


def _switched_off(manifest: Manifest, folder: Path) -> str:
    """Return the parameter that is 0 in a twin and is all that sets it apart.

    Raises:
        UsageError: If it is not such a twin.
    """
    twin, own = Manifest.read(folder), manifest.scenario
    shocks = own.job.over_time.shocks
    for shock in shocks.values():
        if _world(twin.scenario) == _world(without(own, shock)):
            if _world(own) == _world(twin.scenario):
                break
            return shock.parameter
    known = ", ".join(shock.parameter for shock in shocks.values())
    apart = "; ".join(
        f"{name} is {there}, not {here}"
        for name, here, there in differences(_world(own), _world(twin.scenario))
    )
    raise UsageError(
        f"{folder} is no twin of this run: it must be the same scenario with one of "
        f"{known or 'no parameters, as the job names no shocks'} at 0 and nothing else changed. "
        f"There: {apart or 'nothing is changed'}."
    )


def _world(scenario: Scenario) -> dict[str, object]:
    """Return all that a scenario says but its name, every parameter written out."""
    said = scenario.model_dump(mode="json")
    whole = {**said, "parameters": scenario.world_parameters.model_dump(mode="json")}
    return {key: value for key, value in whole.items() if key not in {"id", "version", "title"}}
