"""Fields of records as all exports need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.envs.delegation import WORKER
from tenure.errors import UsageError
from tenure.scenarios import Scenario
from tenure.scoring.records import Episode
from tenure.scoring.scenes import Scene


def left_over(record: Mapping[str, Any], *told: str) -> dict[str, Any]:
    """Return the fields of a record that are not told elsewhere, those of newer versions too."""
    return {name: value for name, value in record.items() if name not in told}


def header_of(episode: Episode) -> dict[str, Any]:
    """Return the header without the opening, which exports show as what it is: a text to read."""
    return left_over(episode.header, "type", "opening")


def end_of(episode: Episode) -> dict[str, Any] | None:
    """Return the end, its figures by name; `None` if the episode is unfinished."""
    if episode.end is None:
        return None
    figures = dict(zip(episode.figure_names, episode.end["measured"], strict=True))
    return {**left_over(episode.end, "type", "measured"), "figures": figures}


def brief_of(episode: Episode) -> str:
    """Return the brief as agents read it; as the scenario has it where the job is not installed."""
    scenario = episode.header["scenario"]
    try:
        return Scenario.model_validate(scenario).briefing
    except (UsageError, ValueError):
        brief = scenario.get("brief")
        return brief if isinstance(brief, str) else ""


def model_of(scene: Scene) -> str | None:
    """Return the model's name as its provider gave it; `None` if no model acted or it has none."""
    model = scene.exchange.get("model")
    return model if isinstance(model, str) and model else None


def name_in_seat(episode: Episode, seat: str) -> str:
    """Return the name of the agent in a seat: a sub-agent may be another than its employer."""
    agent: Mapping[str, Any] = episode.header["agent"]
    employee = agent.get("sub_agent") if seat == WORKER else None
    named = employee.get("name") if isinstance(employee, Mapping) else None
    return named if isinstance(named, str) and named else episode.agent_name


def session_of(episode: Episode) -> str:
    """Return a name that the episode shares with no other of its run."""
    return f"{episode.scenario_id}/seed-{episode.seed}/{episode.agent_name}/{episode.attempt}"
