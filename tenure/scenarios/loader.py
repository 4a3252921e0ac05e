"""Find and read scenarios: by id, or anyone's own YAML file by path.

A scenario of an id is built in, or it lies in the folder `scenarios` next to the module that holds
the job of an installed package.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from tenure.envs import jobs
from tenure.envs.fitting import fitted
from tenure.errors import UsageError, nearest
from tenure.scenarios import variant
from tenure.scenarios.schema import Scenario

SUITES = "suites"
"""The folder of built-in suites; no job has this name."""
_BUILTIN = resources.files("tenure.scenarios") / "builtin"
_ENDING = ".yaml"
_ALIASES = {"vending/arena": "vending-arena/season", "vending/arena-week": "vending-arena/week"}
"""Short names of scenarios whose job is a variant of the one they are named by."""


def names() -> list[str]:
    """Return the ids of the built-in scenarios: those that Tenure itself ships and vouches for."""
    return sorted(
        f"{job.name}/{file.name.removesuffix(_ENDING)}"
        for job in _BUILTIN.iterdir()
        if job.is_dir() and job.name != SUITES
        for file in job.iterdir()
        if file.name.endswith(_ENDING)
    )


def installed_names() -> list[str]:
    """Return the ids of the scenarios that came with jobs of other packages."""
    return sorted(
        f"{job}/{file.name.removesuffix(_ENDING)}" for job in jobs.names() for file in _files(job)
    )


def load(name: str) -> Scenario:
    """Read a scenario.

    Args:
        name: The id of a scenario that is built in (`vending/year`) or came with an installed job,
            or the path of a YAML file.

    Raises:
        UsageError: If there is no such scenario, or the file does not say what a scenario must.
    """
    if name.endswith((_ENDING, ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"There is no scenario file {name!r}.")
        return _parse(path.read_bytes(), name)
    name = _ALIASES.get(name, name)
    if name in names():
        return _parse((_BUILTIN / f"{name}{_ENDING}").read_bytes(), name)
    return _load_installed(name)


def folder_of(job_name: str) -> Path | None:
    """Return the folder of the module that holds a job, without running any of its code.

    `None` if it cannot be found: what is wrong is said when the job is used.

    Raises:
        UsageError: If there is no such job, or several have the name.
    """
    first, *rest = jobs.reference(job_name).partition(":")[0].split(".")
    try:
        spec = find_spec(first)
    except (ImportError, ValueError):
        return None
    for part in rest:  # find_spec of a dotted name would import the packages above it
        inside = spec.submodule_search_locations if spec else None
        spec = PathFinder.find_spec(part, inside) if inside else None
    return Path(spec.origin).parent if spec and spec.origin else None


def _load_installed(name: str) -> Scenario:
    known = installed_names()
    job, _, short = name.partition("/")
    if name not in known:
        if job in jobs.names():
            jobs.load(job)  # a job that clashes or is broken is said first
        hint = "" if job in jobs.names() else f" {jobs.INSTALL}."
        complaint = f"There is no scenario {name!r}. {nearest(name, [*names(), *known])}{hint}"
        raise UsageError(complaint)
    path = next(file for file in _files(job) if file.name == f"{short}{_ENDING}")
    scenario = _parse(path.read_bytes(), str(path))
    if scenario.id != name:
        raise UsageError(f"{path} has the id {scenario.id!r}; where it lies it must be {name!r}.")
    return scenario


def _files(job_name: str) -> Iterator[Path]:
    """Yield the scenario files that lie beside the job of another package."""
    try:
        if jobs.reference(job_name).startswith("tenure."):
            return
        folder = folder_of(job_name)
    except UsageError:  # two jobs of one name: said when it is used
        return
    if folder is not None:
        yield from sorted((folder / "scenarios").glob(f"*{_ENDING}"))


def read_yaml(content: bytes, source: str) -> Any:
    """Return what a YAML file says.

    Raises:
        UsageError: If it is not YAML; the message names `source`.
    """
    try:
        return yaml.safe_load(content)
    except RecursionError:
        raise UsageError(f"{source} is not YAML: it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:  # such as a 13th month
        raise UsageError(f"{source} is not YAML: {error}") from None


def _parse(content: bytes, source: str) -> Scenario:
    said = read_yaml(content, source)
    try:
        if variant.is_variant(said):
            said = variant.whole(said, lambda name: load(name).model_dump(mode="json"))
        scenario = fitted(Scenario, said)
        _ = scenario.briefing, scenario.asked, scenario.layers
    except UsageError as error:
        raise UsageError(f"{source} is not a scenario: {error}") from None
    return scenario
