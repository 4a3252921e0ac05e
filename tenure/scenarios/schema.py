"""What a scenario file says."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from tenure.envs import jobs
from tenure.envs.world import World


class Limits(BaseModel):
    """What ends an episode from outside."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(ge=1, description="Tool calls, faulty ones included.")


class Scenario(BaseModel):
    """A job with parameters, a brief and limits.

    Attributes:
        id: `job/name`, such as `vending/year`.
        version: Bumped whenever a change can affect results.
        brief: What the agent is told of its job; `{name}` stands for a parameter or a limit.
        parameters: The job's parameters; those left out have their defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9_]+/[a-z0-9_-]+$")
    version: int = Field(ge=1)
    title: str
    brief: str
    parameters: dict[str, Any] = {}
    limits: Limits

    @property
    def job_name(self) -> str:
        """The name of the job, the first part of the id."""
        return self.id.partition("/")[0]

    @cached_property
    def job(self) -> jobs.Job:
        """The job itself, imported.

        Raises:
            UsageError: If no such job is registered.
        """
        return jobs.load(self.job_name)

    @cached_property
    def digest(self) -> str:
        """A hash of everything the scenario says: 32 hex digits."""
        canonical = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return blake2b(canonical, digest_size=16).hexdigest()

    @cached_property
    def briefing(self) -> str:
        """The brief with the parameters and the limits filled in."""
        parameters = self.job.world.Parameters.model_validate(self.parameters)
        known = parameters.model_dump() | self.limits.model_dump()
        return self.brief.format_map(known).strip()

    def make_world(self, seed: int) -> World[Any]:
        """Draw a world of this scenario."""
        return self.job.make(self.parameters, seed)
