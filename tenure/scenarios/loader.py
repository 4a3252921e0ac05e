"""Find and read scenarios: built in by id, or anyone's own YAML file by path."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml
from pydantic import ValidationError

from tenure.errors import UsageError, nearest
from tenure.scenarios.schema import Scenario

_BUILTIN = resources.files("tenure.scenarios") / "builtin"


def names() -> list[str]:
    """Return the ids of the built-in scenarios."""
    return sorted(
        f"{job.name}/{file.name.removesuffix('.yaml')}"
        for job in _BUILTIN.iterdir()
        if job.is_dir()
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
        return _parse(path.read_text(encoding="utf-8"), name)
    if name not in names():
        raise UsageError(f"There is no scenario {name!r}. {nearest(name, names())}")
    return _parse((_BUILTIN / f"{name}.yaml").read_text(encoding="utf-8"), name)


def _parse(text: str, source: str) -> Scenario:
    try:
        scenario = Scenario.model_validate(yaml.safe_load(text))
        scenario.job.world.Parameters.model_validate(scenario.parameters)
        _ = scenario.briefing
    except yaml.YAMLError as error:
        raise UsageError(f"{source} is not YAML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, detail['loc'])) or 'file'}: {detail['msg']}"
            for detail in error.errors()
        )
        raise UsageError(f"{source} is not a scenario: {problems}") from None
    except (KeyError, IndexError, ValueError) as error:
        raise UsageError(f"{source}: the brief names an unknown parameter {error}") from None
    return scenario
