"""What a model was asked, rebuilt from the record of what it answered.

A record holds of each turn only what was new in it. The requests follow from that: the brief, the
turns before as far as the window kept them, and what was read last, as the model's API writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from tenure.agents.context import Message
from tenure.agents.contract import Turn
from tenure.agents.llm import Asked, LLMAgent
from tenure.agents.protocols import ToolProtocol, Way, speak
from tenure.agents.providers import Dialect, Reply, dialect_of
from tenure.agents.spec import AgentSpec
from tenure.envs.delegation import WORKER
from tenure.envs.jobs import Briefing
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError, UsageError


class Request(NamedTuple):
    """A request as it was sent; of an embedded model without what concerns its server's cache.

    Attributes:
        purpose: For a summary of turns that were then dropped, or for the answer that is a step.
        url: Where it went; empty for an embedded model, whose server is gone.
        body: What it said, as JSON.
    """

    purpose: Literal["summary", "answer"]
    url: str
    body: bytes

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"purpose": self.purpose, "url": self.url, "body": orjson.loads(self.body)}


class Rebuilder:
    """Lives through a model's recorded turns and tells what it was asked in each.

    Args:
        spec: The agent, as the record has it.
        seat: Where it works: what its specification says of its sub-agent's seat holds there.
        briefing: What it was told of the job.

    Raises:
        UsageError: If no model works there.
    """

    def __init__(self, spec: AgentSpec, seat: str, briefing: Briefing) -> None:
        own = _working(spec, seat)
        if not own.is_model:
            raise UsageError(f"{own.name} is no model that a run asks, so there is no request.")
        self._dialect = dialect_of(own, briefing.seed)
        self._url = self._dialect.url(own.base_url) if own.base_url else ""
        self._agent = LLMAgent(own, _Scribe(self._dialect))
        self._agent.begin(briefing)

    def skip(self, observation: str, turn: Turn) -> None:
        """Live through the next recorded turn.

        Raises:
            TrajectoryError: If the turn was recorded by an agent without a model.
        """
        self._agent.recall(observation, turn)

    def turn(self, observation: str, turn: Turn) -> list[Request]:
        """Live through the next recorded turn; return what was asked, what its action answers last.

        Nothing if the turn's action came together with that of the turn before.

        Raises:
            TrajectoryError: If the turn was recorded by an agent without a model.
        """
        asked = self._agent.retrace(observation, turn)
        for_summaries = [self._written("summary", one) for one in asked[:-1]]
        return [*for_summaries, *(self._written("answer", one) for one in asked[-1:])]

    def _written(self, purpose: Literal["summary", "answer"], asked: Asked) -> Request:
        body = self._dialect.body(asked.messages, asked.fields)
        return Request(purpose, self._url, orjson.dumps(body))


def _working(spec: AgentSpec, seat: str) -> AgentSpec:
    """Return the specification of who is hired for a seat."""
    if spec.employee and seat != WORKER:
        return spec.employing(None)
    return spec.in_seat(seat)


class _Scribe:
    """A provider that only writes."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        return speak(self._dialect, way, toolbox, parallel=parallel)

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:  # noqa: ARG002  as in Provider
        raise ProviderError("An agent that is rebuilt from its record asks nobody.")

    async def close(self) -> None:
        """Nothing is open."""
