"""The LLM agent: a provider, a protocol and a window on the conversation.

    observation -> answers(...) -> window -> provider -> message -> action(...)

Work per turn is bounded by the window: messages stay the dicts that go over the wire, and the only
thing that touches all of them is orjson, once, when the request is written.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from tenure.agents.context import CHARS_PER_TOKEN, HEAD_MESSAGES, Message, Window, cut
from tenure.agents.contract import Turn
from tenure.agents.protocols import ToolProtocol
from tenure.agents.providers import ContextTooLong, Provider, Reply, total_cost_usd, total_usage
from tenure.agents.spec import AgentSpec
from tenure.envs.jobs import Briefing
from tenure.errors import TrajectoryError

SUMMARY_REQUEST = (
    "[The turns above will not be shown to you any longer. Call no tool now. Write, as plain text"
    " of at most {words} words, the summary of them with which you will go on working: what you"
    " know, what you have done and why, what is under way and when it is due. It takes the place"
    " of your earlier summary, if there is one; keep from that what still matters.]"
)
MAX_SUMMARY_CHARS = 8_000
"""The longest summary that is shown; in a small window it is half a character for each token."""

_CHARS_PER_WORD = 8
"""More than words have, so that who counts badly has room."""
_PARAGRAPH = "\n\n"


class Asked(NamedTuple):
    """What a model was asked.

    Attributes:
        messages: The conversation, in wire form.
        fields: What else the request says, as `Provider.complete` takes it.
    """

    messages: list[Message]
    fields: Mapping[str, Any]


class LLMAgent:
    """A model at work.

    The exchange of a turn holds what the model said (`message`), its name as returned (`model`),
    its tokens (`usage`) and its price (`cost_usd`), both `None` if unknown, `latency_ms`, and why
    the answer ended (`finish`, and `stop` if the API's own word is another); also, if there is
    anything to say, how many messages were dropped just before the request (`dropped`), how many of
    the turns left were then without their answers (`cleared`), and how often the request had failed
    before (`retries`) and why (`failures`). `summaries` has the requests for summaries
    that were made before; tokens and price are of all requests of the turn. Together with the
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
        self._observations = 0
        self._summary_chars = min(spec.window_tokens // 2, MAX_SUMMARY_CHARS)

    def begin(self, briefing: Briefing) -> None:
        self._brief = briefing.brief
        self._protocol: ToolProtocol = self._provider.speak(
            protocol_of(self._spec), briefing.toolbox, parallel=briefing.parallel_calls
        )

    async def act(self, observation: str) -> Turn:
        self._hear(observation)
        if self._actions:
            return Turn(self._actions.popleft())
        window = self._told()
        before = window.dropped, window.cleared
        summaries: list[dict[str, Any]] = []
        reply = await self._answered(window, summaries)
        exchange = _exchange(reply, _trimmed(window, *before), summaries)
        self._keep(window, exchange)
        return Turn(self._actions.popleft(), exchange)

    def recall(self, observation: str, turn: Turn) -> None:
        """Rebuild the conversation from a recorded turn.

        Raises:
            TrajectoryError: If the turn was recorded by an agent without a model.
        """
        self.retrace(observation, turn)

    def retrace(self, observation: str, turn: Turn) -> list[Asked]:
        """Do as `recall`, and return what the model was asked in that turn.

        Returns:
            The requests for summaries, then the one that the turn's action answers, whose messages
            stay as they are until the next turn only. Nothing if the action came together with
            that of the turn before. What an endpoint refused is not on record, and not among them.

        Raises:
            TrajectoryError: If the turn was recorded by an agent without a model.
        """
        self._hear(observation)
        if self._actions:
            self._actions.popleft()
            return []
        if turn.exchange is None:
            raise TrajectoryError(f"The record of {self._spec.name!r} has a turn without exchange.")
        window = self._told()
        asked = self._trim_again(window, turn.exchange)
        asked.append(Asked(window.messages, self._protocol.fields))
        self._keep(window, turn.exchange)
        self._actions.popleft()
        return asked

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

    def _hear(self, observation: str) -> None:
        """Take in an observation, cut to what fits, with a reminder if it is time for one."""
        text = cut(observation, self._spec.window_tokens)
        every = self._spec.remind_every
        if every and self._observations and self._observations % every == 0:
            text = f"{text}\n\n{reminder(self._brief)}"
        self._observations += 1
        self._heard.append(text)

    def _opened(self, opening: str) -> Window:
        summarises = self._spec.context == "summary"
        return Window(
            self._protocol,
            self._brief,
            opening,
            limit_tokens=self._spec.window_tokens,
            keep_percent=self._spec.keep_percent,
            clears=self._spec.context == "clear",
            reserve_tokens=self._summary_chars // CHARS_PER_TOKEN if summarises else 0,
        )

    async def _answered(self, window: Window, summaries: list[dict[str, Any]]) -> Reply:
        """Return what the model says, after making room where there is too little."""
        if window.is_full:
            await self._trim(window, summaries)
        try:
            return await self._ask(window)
        except ContextTooLong:
            if not await self._trim(window, summaries):
                raise
            return await self._ask(window)

    async def _ask(self, window: Window) -> Reply:
        return await self._provider.complete(window.messages, self._protocol.fields)

    async def _trim(self, window: Window, summaries: list[dict[str, Any]]) -> bool:
        """Make the prompt smaller; return whether anything went.

        What is summarised before it goes is added to `summaries`.
        """
        if self._spec.context != "summary":
            return window.trim()
        going = window.surplus()
        if going:
            summaries.append(await self._summary_of(window.messages[: HEAD_MESSAGES + going]))
            self._show_summary(window, summaries[-1:])
            window.drop(going)
        return bool(going)

    async def _summary_of(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Have the model write a summary of the beginning of its conversation."""
        asked = self._to_summarise(messages)
        try:
            reply = await self._provider.complete(asked.messages, asked.fields)
        except ContextTooLong as error:
            return {"text": "", "error": str(error)}
        return {"text": self._protocol.text(reply.message).strip(), **_facts(reply)}

    def _to_summarise(self, messages: Sequence[Message]) -> Asked:
        request = SUMMARY_REQUEST.format(words=self._summary_chars // _CHARS_PER_WORD)
        return Asked(self._protocol.asked(messages, request), self._protocol.text_fields)

    def _trim_again(self, window: Window, exchange: Mapping[str, Any]) -> list[Asked]:
        """Make the prompt as small as it was; return the requests for summaries on the way.

        How many messages went is on record for all of a turn. Where it had two summaries, since a
        prompt of the size of the first trim was refused, that trim went by the window alone.
        """
        summaries, left = exchange.get("summaries", ()), exchange.get("dropped", 0)
        asked = []
        for number, summary in enumerate(summaries, 1):
            going = left if number == len(summaries) else min(left, window.surplus())
            asked.append(self._to_summarise(window.messages[: HEAD_MESSAGES + going]))
            self._show_summary(window, [summary])
            window.drop(going)
            left -= going
        window.drop(left)
        window.clear(exchange.get("cleared", 0))
        return asked

    def _show_summary(self, window: Window, summaries: Sequence[Mapping[str, Any]]) -> None:
        """Show the newest summary that says anything; with none, an earlier one stays."""
        for text in [one["text"] for one in summaries if one["text"]][-1:]:
            window.summarise(cut(text, self._summary_chars))

    def _keep(self, window: Window, exchange: Mapping[str, Any]) -> None:
        if exchange["usage"] is not None:
            summaries = exchange.get("summaries", ())
            for_summaries = sum(one["usage"]["input_tokens"] for one in _paid(summaries))
            window.count(exchange["usage"]["input_tokens"] - for_summaries)
        self._spoken = self._protocol.spoken(exchange["message"])
        self._actions.extend(self._protocol.actions(exchange["message"]))


def reminder(brief: str) -> str:
    """Return what reminds an agent of its job: the first paragraph of its brief."""
    return f"[Remember your job: {brief.strip().partition(_PARAGRAPH)[0]}]"


def protocol_of(spec: AgentSpec) -> Literal["tools", "json"]:
    """Return the protocol that `auto` stands for."""
    if spec.protocol == "auto":
        return "json" if spec.provider == "local" else "tools"
    return spec.protocol


def _trimmed(window: Window, dropped: int, cleared: int) -> dict[str, int]:
    """Return how a window differs from what it was, as an exchange says it."""
    if (window.dropped, window.cleared) == (dropped, cleared):
        return {}
    return {"dropped": window.dropped - dropped, "cleared": window.cleared}


def _exchange(
    reply: Reply, trimmed: Mapping[str, int], summaries: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    answer = _facts(reply)
    paid = [*_paid(summaries), answer]
    totals = {
        "usage": total_usage([one["usage"] for one in paid]),
        "cost_usd": total_cost_usd([one["cost_usd"] for one in paid]),
    }
    rare = {**trimmed, "summaries": summaries}
    said = {name: value for name, value in rare.items() if value}
    return {"message": reply.message, **answer, **totals, **said}


def _facts(reply: Reply) -> dict[str, Any]:
    """Return what is recorded of a request besides what was said."""
    facts = {
        "model": reply.model,
        "usage": reply.usage,
        "cost_usd": reply.cost_usd,
        "latency_ms": reply.latency_ms,
        "finish": reply.finish,
    }
    rare = {
        "stop": "" if reply.stop == reply.finish else reply.stop,
        "retries": reply.retries,
        "failures": list(reply.failures),
    }
    return facts | {name: value for name, value in rare.items() if value}


def _paid(summaries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those requests for summaries that were answered, and so paid."""
    return [one for one in summaries if "usage" in one]
