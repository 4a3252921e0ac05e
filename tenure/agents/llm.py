"""The LLM agent: a provider, a protocol and a window on the conversation.

    observation -> answers(...) -> window -> provider -> message -> action(...)

Work per turn is bounded by the window: messages stay the dicts that go over the wire, and the only
thing that touches all of them is orjson, once, when the request is written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Literal

from tenure.agents.context import DROPPED_NOTE, Message, Window, cut
from tenure.agents.contract import Turn
from tenure.agents.protocols import ToolProtocol
from tenure.agents.providers import ContextTooLong, Provider, Reply
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing
from tenure.errors import TrajectoryError


class LLMAgent:
    """A model at work.

    The exchange of a turn holds what the model said (`message`), its name as returned (`model`),
    its tokens (`usage`) and its price (`cost_usd`), both `None` if unknown, `latency_ms`, and why
    the answer ended (`finish`, and `stop` if the API's own word is another); also, if there is
    anything to say, how many messages were dropped just before the request (`dropped`), how often
    it had failed before (`retries`) and why each time (`failures`). Together with the
    observations that suffices to rebuild every request byte for byte. Where a message holds several
    calls that may all be taken, the first step has the exchange and those after it have none.

    After a `ProviderError` the agent is done for; a resumed episode begins with a new one.

    Args:
        spec: Protocol, window and limits.
        provider: Answers conversations; closed with the agent.
    """

    def __init__(self, spec: AgentSpec, provider: Provider) -> None:
        self._spec = spec
        self._provider = provider
        self._window: Window | None = None
        self._spoken: list[Message] = []
        self._actions: deque[str] = deque()
        self._heard: list[str] = []

    def begin(self, briefing: Briefing) -> None:
        self._brief = briefing.brief
        self._protocol: ToolProtocol = self._provider.speak(
            protocol_of(self._spec), briefing.toolbox, parallel=briefing.parallel_calls
        )

    async def act(self, observation: str) -> Turn:
        self._heard.append(cut(observation, self._spec.window_tokens))
        if self._actions:
            return Turn(self._actions.popleft())
        window = self._told()
        dropped = window.fit()
        try:
            reply = await self._ask(window)
        except ContextTooLong:
            more = window.shrink()
            if not more:
                raise
            dropped += more
            reply = await self._ask(window)
        exchange = _exchange(reply, dropped)
        self._keep(window, exchange)
        return Turn(self._actions.popleft(), exchange)

    def recall(self, observation: str, turn: Turn) -> None:
        """Rebuild the conversation from a recorded turn.

        Raises:
            TrajectoryError: If the turn was recorded by an agent without a model.
        """
        self._heard.append(cut(observation, self._spec.window_tokens))
        if self._actions:
            self._actions.popleft()
            return
        if turn.exchange is None:
            raise TrajectoryError(f"The record of {self._spec.name!r} has a turn without exchange.")
        window = self._told()
        window.drop(turn.exchange.get("dropped", 0))
        self._keep(window, turn.exchange)
        self._actions.popleft()

    async def close(self) -> None:
        await self._provider.close()

    def _told(self) -> Window:
        """Return the window after the model has been told what its last message led to."""
        heard, self._heard = self._heard, []
        if self._window is None:
            self._window = self._opened(heard[0])
        else:
            self._window.add([*self._spoken, *self._protocol.answers(self._spoken, heard)])
        return self._window

    def _opened(self, opening: str) -> Window:
        return Window(
            head=[self._protocol.system(self._brief), self._protocol.user(opening)],
            noted=self._protocol.user(f"{opening}\n\n{DROPPED_NOTE}"),
            overhead=self._protocol.fields,
            limit_tokens=self._spec.window_tokens,
            keep_percent=self._spec.keep_percent,
        )

    async def _ask(self, window: Window) -> Reply:
        return await self._provider.complete(window.messages, self._protocol.fields)

    def _keep(self, window: Window, exchange: Mapping[str, Any]) -> None:
        if exchange["usage"] is not None:
            window.count(exchange["usage"]["input_tokens"])
        self._spoken = self._protocol.spoken(exchange["message"])
        self._actions.extend(self._protocol.actions(exchange["message"]))


def protocol_of(spec: AgentSpec) -> Literal["tools", "json"]:
    """Return the protocol that `auto` stands for."""
    if spec.protocol == "auto":
        return "json" if spec.provider == "local" else "tools"
    return spec.protocol


def _exchange(reply: Reply, dropped: int) -> dict[str, Any]:
    exchange = {
        "message": reply.message,
        "model": reply.model,
        "usage": reply.usage,
        "cost_usd": reply.cost_usd,
        "latency_ms": reply.latency_ms,
        "finish": reply.finish,
    }
    rare = {
        "stop": "" if reply.stop == reply.finish else reply.stop,
        "dropped": dropped,
        "retries": reply.retries,
        "failures": list(reply.failures),
    }
    return exchange | {name: value for name, value in rare.items() if value}
