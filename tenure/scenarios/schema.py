"""What a scenario file says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from sys import intern
from typing import Any, Literal, Self

import orjson
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from tenure.envs import jobs
from tenure.envs.chance import OWN_FUTURE, Future
from tenure.envs.delegation import Delegation
from tenure.envs.fitting import fitted
from tenure.envs.forecasts import Ask, Asked
from tenure.envs.layers import lasting_days
from tenure.envs.memory import Kind
from tenure.envs.retention import Retention
from tenure.envs.retention.plan import check_fits
from tenure.envs.world import World
from tenure.errors import UsageError, nearest

_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]{0,60}\}|[{}]")


class Limits(BaseModel):
    """What ends an episode from outside; `tenure.scoring.limits` says how each is counted.

    A limit that is not set is not written either, so digests stay what they were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    steps: int = Field(ge=1, le=10**9, description="Tool calls, faulty ones included.")
    tokens: int | None = Field(
        default=None, ge=1, le=2**53, description="Tokens that models read and write."
    )
    usd: float | None = Field(default=None, gt=0, le=1e9, description="US dollars for models.")
    minutes: float | None = Field(
        default=None, gt=0, le=1e9, description="Minutes of waiting for the agents' answers."
    )

    @model_serializer(mode="wrap")
    def _without_those_not_set(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in written(self).items() if value is not None}


class ContextOfSeat(BaseModel):
    """What a scenario recommends for the window of a model in one seat.

    Attributes:
        window_tokens: The longest prompt; beyond it the conversation is trimmed.
        keep_percent: How much of the window is left after trimming.
        policy: What goes when it is trimmed: the oldest turns (`drop`), old answers before turns
            (`clear`), or the oldest turns, of which a summary stays (`summary`).
        remind_every: After so many observations each, the brief's first paragraph is repeated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_tokens: int | None = Field(default=None, ge=1_024, le=2**53)
    keep_percent: int | None = Field(default=None, ge=10, le=90)
    policy: Literal["drop", "clear", "summary"] | None = None
    remind_every: int | None = Field(default=None, ge=1, le=2**53)

    @property
    def settings(self) -> dict[str, Any]:
        """The same by the names that an agent's specification has."""
        return {
            "window_tokens": self.window_tokens,
            "keep_percent": self.keep_percent,
            "context": self.policy,
            "remind_every": self.remind_every,
        }

    @model_serializer(mode="wrap")
    def _without_later_parts(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Say nothing of what early scenarios could not say: digests stay what they were."""
        content: dict[str, Any] = written(self)
        later = content.keys() - {"window_tokens", "keep_percent"}
        return {name: content[name] for name in content if content[name] or name not in later}


class Context(ContextOfSeat):
    """What a scenario recommends for models' windows.

    Attributes:
        sub_agent: What differs for the sub-agent, if the scenario has one.
    """

    sub_agent: ContextOfSeat | None = None


_OPTIONAL = (
    "forecasts",
    "memory",
    "without_tools",
    "delegation",
    "retention",
    "context",
    "parallel_calls",
)


class Scenario(BaseModel):
    """A job with parameters, a brief and limits.

    Attributes:
        id: `job/name`, such as `vending/year`.
        version: Bumped whenever a change can affect results.
        brief: What the agent is told of its job. `{name}` stands for a parameter or a limit, and
            `{{` and `}}` for a brace; nothing else may stand in braces.
        parameters: The job's parameters; those left out have their defaults.
        forecasts: What the agent is asked to forecast, of the job's questions.
        memory: Kinds of memory tools that the job gets in addition.
        without_tools: Tools of the job that are left out.
        delegation: Which tools a sub-agent has; `None` if there is no sub-agent.
        retention: What is told in passing and asked for later; `None` if nothing is.
        context: What is recommended for a model's window; what is said of an agent goes before it.
        parallel_calls: Whether a model's message may hold several calls. They are taken one after
            another, each a step, and the model hears of all of them before it speaks again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(
        pattern=r"^[a-z0-9_-]+/[a-z0-9_-]+$",
        description="an id is job/name in small letters, digits, - and _, such as vending/year",
    )
    version: int = Field(ge=1, le=10**9)
    title: str
    brief: str
    parameters: dict[str, Any] = {}
    forecasts: tuple[Ask, ...] = ()
    memory: tuple[Kind, ...] = ()
    without_tools: tuple[str, ...] = ()
    delegation: Delegation | None = None
    retention: Retention | None = None
    context: Context | None = None
    parallel_calls: bool = False
    limits: Limits

    @model_validator(mode="after")
    def _check_seats(self) -> Self:
        if self.context and self.context.sub_agent and not self.delegation:
            raise ValueError("context.sub_agent: there is no sub-agent without a delegation")
        return self

    @model_serializer(mode="wrap")
    def _without_empty_parts(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Say nothing of what a scenario does not have: digests stay what they were."""
        content: dict[str, Any] = written(self)
        for part in _OPTIONAL:
            if not getattr(self, part):
                content.pop(part, None)
        return content

    @property
    def job_name(self) -> str:
        """The name of the job, the first part of the id."""
        return self.id.partition("/")[0]

    @property
    def job(self) -> jobs.Job:
        """The job itself, imported.

        Raises:
            UsageError: If no such job is registered.
        """
        return jobs.load(self.job_name)

    @property
    def oracles(self) -> Mapping[str, jobs.Oracle]:
        """The privileged scripts that can play; none beside a sub-agent, who has tools they need.

        Raises:
            UsageError: If no such job is registered.
        """
        return {} if self.delegation else self.job.oracles

    @property
    def digest(self) -> str:
        """A hash of everything the scenario says: 32 hex digits."""
        canonical = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return blake2b(canonical, digest_size=16).hexdigest()

    @property
    def world_parameters(self) -> BaseModel:
        """The job's parameters, those left out with their defaults.

        Raises:
            UsageError: If there is no such job, or it has no such parameters.
        """
        return fitted(self.job.world.Parameters, self.parameters, "parameters: ")

    @property
    def briefing(self) -> str:
        """The brief with the parameters and the limits filled in.

        Raises:
            UsageError: If it names something else, or the parameters do not fit the job.
        """
        known = self.world_parameters.model_dump() | self.limits.model_dump()
        filled_in = _BRACES.sub(lambda found: _filled_in(found.group(), known), self.brief)
        return intern(filled_in.strip())  # a thousand episodes hold one

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What the agent is asked to forecast when.

        Raises:
            UsageError: If a forecast or the parameters do not fit the job.
        """
        return self.job.plan(self.world_parameters, self.forecasts)

    @property
    def layers(self) -> jobs.Layers:
        """What lies over the job's world besides the questions.

        Raises:
            UsageError: If it does not fit the job.
        """
        layers = jobs.Layers(self.memory, self.without_tools, self.delegation, self.retention)
        self.job.world_type(layers, asks=bool(self.forecasts))
        if self.retention:
            check_fits(self.retention, lasting_days(self.world_parameters, "retention"))
        return layers

    def make_world(self, seed: int, future: Future = OWN_FUTURE) -> World[Any]:
        """Draw a world of this scenario.

        Args:
            seed: The draw.
            future: Which luck its days have from some day on.

        Raises:
            UsageError: If the parameters do not fit the job.
        """
        return self.job.make(
            self.world_parameters, seed, self.forecasts, self.layers, future=future
        )


def _filled_in(braces: str, known: Mapping[str, Any]) -> str:
    """Return what stands for a part of a brief; never a format, which foreign files could abuse."""
    if braces in ("{{", "}}"):
        return braces[0]
    if len(braces) == 1:
        raise UsageError(f"the brief has a lone {braces!r}; write {2 * braces!r} for a brace.")
    name = braces[1:-1]
    if name not in known:
        raise UsageError(
            f"the brief says {braces}, which is neither a parameter nor a limit. "
            f"{nearest(name, known)}"
        )
    return str(known[name])
