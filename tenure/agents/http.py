"""Agents over HTTP: a process in any language that answers `tenure.agent/1`.

    begin -> act, act, act ... -> end        begin -> recall -> act ...    when a run resumes

All are POSTs of JSON to one address. Requests that failed on the way are repeated, so a request
may come twice, and is to be answered the same.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import orjson
from pydantic import ValidationError

from tenure.agents.actions import written
from tenure.agents.contract import Turn
from tenure.agents.http_schema import SCHEMA, Action
from tenure.agents.network import Network
from tenure.agents.network.pauses import retry_after_s
from tenure.agents.network.sender import Odd, Passing, Sender, is_passing
from tenure.agents.spec import AgentSpec
from tenure.agents.wire import read
from tenure.envs.jobs import Briefing
from tenure.errors import ProviderError, TrajectoryError

STEPS_A_RECALL = 200
"""How many recorded steps one request tells of."""

_LOGGER = logging.getLogger("tenure.agents")
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_MOST_QUOTED_CHARS = 300


class _Heard(NamedTuple):
    """An answer, the time that it took, and why the requests before it failed."""

    answer: dict[str, Any]
    latency_ms: int
    failures: tuple[str, ...] = ()


class HttpAgent:
    """A process at work, in one episode.

    The exchange of a turn holds `usage` and `cost_usd` (`None` if the agent did not say),
    `latency_ms` of the request that was answered, and, where there are any, `model`, `note`,
    `retries` (how many requests failed before it) and `failures` (why).

    Args:
        spec: Its address, how long it may take, and how often a request is repeated.
        network: Carries the requests; it is not closed with the agent.
        seed: The agent's own.
    """

    def __init__(self, spec: AgentSpec, network: Network, seed: int) -> None:
        self._spec = spec
        self._sender = Sender(
            network,
            spec.name,
            _HEADERS,
            timeout_s=spec.timeout_s,
            max_retries=spec.max_retries,
        )
        self._seed = seed
        self._episode = uuid4().hex
        self._step = 0
        self._past: list[dict[str, Any]] = []
        self._begun = False
        self._last: tuple[str, str] | None = None

    def begin(self, briefing: Briefing) -> None:
        self._briefing = briefing

    async def act(self, observation: str) -> Turn:
        """Ask for an action.

        Raises:
            ProviderError: If there is none to be had; the episode can be resumed.
            TrajectoryError: If the process says that it cannot go on in the middle of an episode.
        """
        await self._catch_up()
        heard = await self._ask("act", step=self._step, observation=observation)
        self._step += 1
        return self._turn(heard)

    def recall(self, observation: str, turn: Turn) -> None:
        past = {"step": self._step, "observation": observation, "action": turn.action}
        self._past.append(past | {"note": (turn.exchange or {}).get("note")})
        self._step += 1

    def end(self, observation: str, reason: str) -> None:
        self._last = observation, reason

    async def close(self) -> None:
        """Tell it of the end if there was one; whether it hears is not the episode's affair."""
        if not self._begun or not self._last:
            return
        observation, reason = self._last
        try:
            await self._ask("end", observation=observation, reason=reason)
        except ProviderError as error:
            _LOGGER.warning("The episode is complete, and its agent could not be told: %s", error)

    async def _catch_up(self) -> None:
        """Tell it of the job before its first action, and of the steps behind it."""
        if not self._begun:
            await self._ask("begin", **_told(self._briefing, self._seed))
            self._begun = True
        while self._past:
            await self._ask("recall", steps=self._past[:STEPS_A_RECALL])
            del self._past[:STEPS_A_RECALL]

    async def _ask(self, kind: str, **said: Any) -> _Heard:
        message = {"schema": SCHEMA, "type": kind, "episode": self._episode, **said}
        heard, failures = await self._sender.send(partial(orjson.dumps, message), self._heard)
        return heard._replace(failures=failures)

    def _heard(self, response: httpx.Response) -> _Heard:
        if response.status_code == httpx.codes.OK:
            return _Heard(_object_in(response), round(response.elapsed.total_seconds() * 1000))
        status, said = response.status_code, _quoted(response)
        if status == httpx.codes.NOT_IMPLEMENTED:
            raise TrajectoryError(
                f"The agent {self._spec.name} cannot go on in the middle of an episode: it answered"
                f" 501 {said}. Let it take `recall`."
            )
        if is_passing(status):
            raise Passing(f"it answered {status} {said}", retry_after_s(response.headers))
        raise ProviderError(
            f"{self._spec.name} answered {status} {said}. It should answer a POST of {SCHEMA} with"
            " status 200; check the address."
        )

    def _turn(self, heard: _Heard) -> Turn:
        try:
            said = Action.model_validate(heard.answer)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise ProviderError(
                f"The answer of {self._spec.name} does not fit {SCHEMA}: {where}: {problem['msg']}."
            ) from None
        exchange = {
            "usage": said.usage and said.usage.model_dump(),
            "cost_usd": said.cost_usd,
            "latency_ms": heard.latency_ms,
        }
        rare = {
            "model": said.model,
            "note": said.note,
            "retries": len(heard.failures),
            "failures": list(heard.failures),
        }
        more = {name: value for name, value in rare.items() if value}
        return Turn(_text(heard.answer["action"]), exchange | more)


def _told(briefing: Briefing, seed: int) -> dict[str, Any]:
    tools = [
        {"name": tool.name, "description": tool.description, "parameters": tool.schema}
        for tool in briefing.toolbox.tools.values()
    ]
    return {
        "seed": seed,
        "brief": briefing.brief,
        "opening": briefing.opening,
        "tools": tools,
        "limits": {"steps": briefing.steps},
    }


def _text(action: Any) -> str:
    return action if isinstance(action, str) else written(action)


def _object_in(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = read(response.content)
    except ValueError:
        raise Odd(f"it sent what is not whole JSON: {_quoted(response)}") from None
    if not isinstance(answer, dict):
        raise Odd(f"its answer is not a JSON object: {_quoted(response)}")
    return answer


def _quoted(response: httpx.Response) -> str:
    """Return the beginning of what it said, on one line."""
    text = response.content[: 4 * _MOST_QUOTED_CHARS].decode("utf-8", "replace")
    return " ".join(text.split())[:_MOST_QUOTED_CHARS] or "(nothing)"
