"""The agent contract: whatever answers an observation with an action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

from tenure.envs.jobs import Briefing


class Turn(NamedTuple):
    """An agent's answer to one observation.

    Attributes:
        action: What the world's `step` takes: JSON text of a tool call, or any other text, which
            then is a faulty step.
        exchange: What passed between the agent and its model in this turn: only what is new, and
            enough for `recall`. It is recorded verbatim, so it holds nothing that JSON cannot: no
            lone surrogates, no numbers beyond 64 bits, no nesting of more than some 200 levels;
            see `tenure.agents.wire`. `None` for agents without a model.
    """

    action: str
    exchange: Mapping[str, Any] | None = None

    @property
    def output_tokens(self) -> int | None:
        """How many tokens the model wrote, reasoning included; `None` if nobody counted them."""
        usage = self.exchange.get("usage") if self.exchange else None
        return usage["output_tokens"] if usage else None


class Agent(Protocol):
    """One agent in one episode."""

    def begin(self, briefing: Briefing) -> None:
        """Learn the job; called once, before anything else."""

    async def act(self, observation: str) -> Turn:
        """Answer an observation; the first is the briefing's opening.

        Raises:
            ProviderError: If an outside service failed for good; the episode stays resumable.
        """

    def recall(self, observation: str, turn: Turn) -> None:
        """Live through a recorded turn again without spending anything, when a run resumes."""

    async def close(self) -> None:
        """Let go of connections and processes."""


@runtime_checkable
class Listener(Protocol):
    """An agent that is also told what its last action led to, since nothing is to be answered."""

    def end(self, observation: str, reason: str) -> None:
        """Learn that the episode is over and its record complete; `close` follows.

        Args:
            observation: The last one.
            reason: The world's own reason, or `steps` at the scenario's limit.
        """
