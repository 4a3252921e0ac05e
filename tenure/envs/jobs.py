"""The registry of jobs: a name, and an import string so that registering stays cheap."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel

from tenure.envs.forecasts import Ask, Asked, Question, asking, schedule
from tenure.envs.tools import Toolbox, ToolCall
from tenure.envs.world import World
from tenure.errors import UsageError, nearest


class Briefing(NamedTuple):
    """What an agent knows when it begins.

    Attributes:
        brief: The job's instructions.
        opening: The first observation.
        toolbox: The tools on offer.
        seed: Seed of the agent's own chance; tells nothing of the world's seed.
    """

    brief: str
    opening: str
    toolbox: Toolbox
    seed: int


class Face(NamedTuple):
    """A Gymnasium environment of a job.

    Attributes:
        id: Gymnasium id, such as `tenure/Vending-v1`.
        env: Import string `module:class` of the environment.
        vector: Import string of its `gymnasium.vector.VectorEnv`, if it has one.
    """

    id: str
    env: str
    vector: str = ""


Policy = Generator[ToolCall, str, None]
"""Yields a call and is sent the text it led to, until the episode ends."""


@dataclass(frozen=True)
class Job:
    """An environment family.

    Attributes:
        world: The simulation.
        policies: Scripted agents by name, weakest first.
        floor: The policy whose score is normalised to 0.
        bound: The highest score without luck (in units of the world's score figure) that any agent
            can reach with the given parameters and seed: the optimum, or a proven upper bound.
        questions: By name, what a scenario can have forecast.
    """

    world: type[World[Any]]
    policies: Mapping[str, Callable[[Briefing], Policy]]
    floor: str
    bound: Callable[[Any, int], int]
    questions: Mapping[str, Question] = field(default_factory=dict)

    def make(
        self,
        parameters: Mapping[str, Any] | BaseModel,
        seed: int,
        forecasts: Sequence[Ask] = (),
    ) -> World[Any]:
        """Build a world; parameters left out have their defaults.

        Args:
            parameters: The job's parameters.
            seed: The draw of the world, >= 0.
            forecasts: What the agent is asked to forecast; with none, the world is the job's own.

        Raises:
            pydantic.ValidationError: If a parameter is unknown or out of range.
            UsageError: If a forecast does not fit the job.
        """
        known = self.world.Parameters.model_validate(parameters)
        if not forecasts:
            return self.world(known, seed)
        return asking(self.world)(known, seed, self.questions, self.plan(known, forecasts))

    def plan(self, parameters: BaseModel, forecasts: Sequence[Ask]) -> tuple[Asked, ...]:
        """Return what is asked when.

        Raises:
            UsageError: If a forecast does not fit the job.
        """
        return schedule(self.questions, forecasts, parameters)


_JOBS: dict[str, str] = {}


def register(name: str, job: str, *faces: Face) -> None:
    """Make a job known.

    Args:
        name: The job's name, the first part of its scenarios' ids.
        job: Import string `module:attribute` of its `Job`.
        faces: Its Gymnasium environments.
    """
    import gymnasium

    _JOBS[name] = job
    for face in faces:
        if face.id not in gymnasium.registry:
            gymnasium.register(
                id=face.id, entry_point=face.env, vector_entry_point=face.vector or None
            )


def names() -> list[str]:
    """Return the names of the registered jobs."""
    return sorted(_JOBS)


def load(name: str) -> Job:
    """Import a registered job.

    Raises:
        UsageError: If there is no such job.
    """
    if name not in _JOBS:
        raise UsageError(f"There is no job {name!r}. {nearest(name, _JOBS)}")
    module, _, attribute = _JOBS[name].partition(":")
    job: Job = getattr(importlib.import_module(module), attribute)
    return job
