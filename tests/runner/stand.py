"""A short plan at the lemonade stand, for the runner's tests."""

from pathlib import Path

import tests.lemonade  # noqa: F401  registers the job
from tenure.agents import AgentSpec
from tenure.runner.plan import draw_up
from tenure.scenarios import Scenario, load

SCENARIO_FILE = Path(__file__).with_name("stand.yaml")


def scenario(days=60, steps=400):
    content = load(str(SCENARIO_FILE)).model_dump()
    parameters = {"horizon_days": days}
    return Scenario.model_validate(content | {"parameters": parameters, "limits": {"steps": steps}})


def plan(*agents, seeds=(1,), days=60, steps=400):
    specs = [AgentSpec(name=agent) for agent in agents or ("two-a-day",)]
    return draw_up(scenario(days, steps), specs, seeds)


def contents(folder):
    """Every file under a run's episodes, by relative path."""
    files = sorted((folder / "episodes").rglob("*"))
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}
