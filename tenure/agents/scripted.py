"""Scripted agents: a job's policies as agents."""

from __future__ import annotations

from collections.abc import Callable

from tenure.agents.contract import Turn
from tenure.envs.jobs import Briefing, Oracle, Policy, Truth
from tenure.envs.tools import ToolCall
from tenure.errors import TrajectoryError


class ScriptedAgent:
    """Runs a policy; it costs nothing and has no exchange.

    Args:
        name: The policy's name, for messages.
        policy: Makes the generator from a briefing.
        seed: The agent's own seed; it takes the place of the briefing's.
    """

    def __init__(self, name: str, policy: Callable[[Briefing], Policy], seed: int) -> None:
        self._name = name
        self._make = policy
        self._seed = seed
        self._policy: Policy | None = None

    def begin(self, briefing: Briefing) -> None:
        self._briefing = briefing._replace(seed=self._seed)

    async def act(self, observation: str) -> Turn:
        """Answer an observation.

        Raises:
            RuntimeError: If the policy has ended before its episode; that is a bug in the policy.
        """
        return Turn(self._next(observation).to_json())

    def recall(self, observation: str, turn: Turn) -> None:
        """Run the policy past a recorded turn.

        Raises:
            TrajectoryError: If the policy now does something else than the record says.
        """
        action = self._next(observation).to_json()
        if action != turn.action:
            raise TrajectoryError(
                f"The policy {self._name!r} now answers {action} where the record has"
                f" {turn.action[:200]}: another version of it made the record. Start a new run."
            )

    async def close(self) -> None:
        if self._policy is not None:
            self._policy.close()

    def _next(self, observation: str) -> ToolCall:
        try:
            if self._policy is None:
                self._policy = self._make(self._briefing)
                return next(self._policy)
            return self._policy.send(observation)
        except StopIteration:
            raise RuntimeError(
                f"The policy {self._name!r} returned before its episode was over."
                " A policy must go on yielding calls until it is closed."
            ) from None


class OracleAgent(ScriptedAgent):
    """Runs a privileged script, which must be told the truth before it begins.

    Args:
        name: The script's name, for messages.
        oracle: Makes the generator from the truth.
        seed: The agent's own seed; a privileged script has no use for it.
    """

    def __init__(self, name: str, oracle: Oracle, seed: int) -> None:
        super().__init__(name, lambda _: oracle(self._truth), seed)

    def tell(self, truth: Truth) -> None:
        """Tell all about the world that is to be played."""
        self._truth = truth
