"""Find what is to be checked: a job by name, a job's project folder, or a scenario's YAML file."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tenure.envs import jobs
from tenure.errors import UsageError, nearest
from tenure.scenarios import Scenario, folder_of, installed_names, load, names
from tenure.scenarios.loader import SUITES

_PROJECT_FILE = "pyproject.toml"
_NAME = re.compile(r"[a-z0-9_-]+")


class Subject(NamedTuple):
    """What is checked.

    Attributes:
        job_name: The job's name.
        scenarios: All scenarios of the job, or the one file that was named; fewest steps first.
        folder: Where the job's `golden.json` belongs; `None` for a scenario alone.
        target: What `tenure check` was told to look at.
    """

    job_name: str
    scenarios: tuple[Scenario, ...]
    folder: Path | None
    target: str = ""


def find(target: str) -> list[Subject]:
    """Find what a word on the command line stands for.

    Args:
        target: The folder of a job's project (it need not be installed), a scenario's YAML file,
            or the name of a job that is built in or installed.

    Raises:
        UsageError: If it is none of these, or the project or the scenario cannot be read.
    """
    path = Path(target)
    if target.endswith((".yaml", ".yml")):
        return [_scenario_file(path)]
    if (path / _PROJECT_FILE).is_file():
        return [_job(name, target) for name in open_project(path)]
    if target in jobs.names():
        return [_job(target, target)]
    if path.exists():
        raise UsageError(
            f"{target} is neither a scenario's YAML file nor the folder of a job's project: "
            f"there is no {_PROJECT_FILE} in it."
        )
    raise UsageError(
        f"There is no job and no file {target!r}. {nearest(target, jobs.names())} "
        "`tenure check` takes a job's name, a job's project folder (it need not be installed) or "
        "a scenario's YAML file."
    )


def open_project(folder: Path) -> list[str]:
    """Make the jobs of a project folder known to this process, and return their names.

    Raises:
        UsageError: If the project names no jobs, or one whose name is taken or does not fit.
    """
    points = _entry_points(folder / _PROJECT_FILE)
    if not points:
        raise UsageError(
            f'{folder / _PROJECT_FILE} names no job. Write [project.entry-points."'
            f'{jobs.ENTRY_POINTS}"] and below it: name = "package:JOB".'
        )
    source = folder / "src" if (folder / "src").is_dir() else folder
    if str(source.resolve()) not in sys.path:
        sys.path.insert(0, str(source.resolve()))
    for name, import_string in points.items():
        _make_known(name, import_string)
    return list(points)


def open_project_around(path: Path) -> Path | None:
    """Make known the jobs of the project that a path lies in, and return the project's folder.

    `None` if it lies in no project of a job.

    Raises:
        UsageError: If one of them has a name that is taken or does not fit.
    """
    for folder in path.resolve().parents:
        if (folder / _PROJECT_FILE).is_file():
            if not _entry_points(folder / _PROJECT_FILE):
                return None
            open_project(folder)
            return folder
    return None


def project_of(scenario: Path) -> Path | None:
    """Return the folder of the project whose own scenario a file is, which knows it by its id.

    `None` for a file that lies elsewhere.
    """
    project = open_project_around(scenario)
    folder = folder_of(load(str(scenario)).job_name)
    own = folder is not None and scenario.resolve().parent == (folder / "scenarios").resolve()
    return project if own else None


def _make_known(name: str, import_string: str) -> None:
    if not _NAME.fullmatch(name) or name == SUITES:
        raise UsageError(
            f"{name!r} cannot name a job; write small letters, digits and hyphens, such as "
            f"corner-shop, but not {SUITES!r}."
        )
    if name not in jobs.names():
        jobs.register(name, import_string)
    elif jobs.reference(name) != import_string:
        raise UsageError(
            f"The name {name!r} is taken by the job {jobs.reference(name)}; choose another one."
        )


def _entry_points(path: Path) -> Mapping[str, str]:
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not TOML: {error}.") from None
    found: Any = project.get("project", {}).get("entry-points", {}).get(jobs.ENTRY_POINTS, {})
    return {name: str(value).replace(" ", "") for name, value in found.items()}


def _job(name: str, target: str) -> Subject:
    jobs.load(name)  # a job that cannot be imported is said first
    ids = [known for known in [*names(), *installed_names()] if known.startswith(f"{name}/")]
    if not ids:
        raise UsageError(
            f"The job {name!r} has no scenario. Write scenarios/week.yaml beside its module; "
            f"`tenure new scenario {name}/week --dir FOLDER` writes one into that folder."
        )
    scenarios = sorted((load(known) for known in ids), key=lambda one: one.limits.steps)
    return Subject(name, tuple(scenarios), folder_of(name), target)


def _scenario_file(path: Path) -> Subject:
    open_project_around(path)
    scenario = load(str(path))
    return Subject(scenario.job_name, (scenario,), None, str(path))
