"""Find and read scenarios: built in by id, or anyone's own YAML file by path."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tenure.errors import UsageError, nearest
from tenure.scenarios.schema import Scenario, problems

SUITES = "suites"
"""The folder of built-in suites; no job has this name."""
_BUILTIN = resources.files("tenure.scenarios") / "builtin"


def names() -> list[str]:
    """Return the ids of the built-in scenarios."""
    return sorted(
        f"{job.name}/{file.name.removesuffix('.yaml')}"
        for job in _BUILTIN.iterdir()
        if job.is_dir() and job.name != SUITES
        for file in job.iterdir()
        if file.name.endswith(".yaml")
    )


def load(name: str) -> Scenario:
    """Read a scenario.

    Args:
        name: The id of a built-in scenario (`vending/year`), or the path of a YAML file.

    Raises:
        UsageError: If there is no such scenario, or the file does not say what a scenario must.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UsageError(f"There is no scenario file {name!r}.")
        return _parse(path.read_bytes(), name)
    if name not in names():
        raise UsageError(f"There is no scenario {name!r}. {nearest(name, names())}")
    return _parse((_BUILTIN / f"{name}.yaml").read_bytes(), name)


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
        scenario = Scenario.model_validate(said)
        _ = scenario.briefing, scenario.asked
    except ValidationError as error:
        raise UsageError(f"{source} is not a scenario: {problems(error)}") from None
    except UsageError as error:
        raise UsageError(f"{source} is not a scenario: {error}") from None
    return scenario
