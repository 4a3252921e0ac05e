"""Agents over HTTP: a process in any language that answers `tenure.agent/1`.

    begin -> act, act, act ... -> end        begin -> recall -> act ...    when a run resumes

All are POSTs of JSON to one address. Requests that failed on the way are repeated, so a request
may come twice, and is to be answered the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
import orjson
import tenacity
from pydantic import ValidationError

from tenure.agents.actions import written
from tenure.agents.contract import Turn
from tenure.agents.http_schema import SCHEMA, Action
from tenure.agents.network import Network
from tenure.agents.spec import AgentSpec
from tenure.agents.wire import Secret, read
from tenure.envs.jobs import Briefing
from tenure.errors import ProviderError, TrajectoryError

MAX_PAUSE_S = 60
"""The longest pause before a request is repeated."""
UNREACHED_RETRIES = 2
"""How often at most an address is tried again at which nobody was met so far."""
STEPS_A_RECALL = 200
"""How many recorded steps one request tells of."""

_LOGGER = logging.getLogger("tenure.agents")
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}
_PASSING_STATUSES = {408, 409, 425, 429}
_MOST_QUOTED_CHARS = 300
_NO_SECRET = Secret("")


class _Passing(Exception):  # noqa: N818  never leaves this module
    """A failure that may pass."""


class _Unreached(_Passing):
    """Nobody was there."""


class HttpAgent:
    """A process at work, in one episode.

    The exchange of a turn holds `usage` and `cost_usd` (`None` if the agent did not say),
    `latency_ms` of the request that was answered, and, where there are any, `model`, `note` and
    `retries`.

    Args:
        spec: Its address, how long it may take, and how often a request is repeated.
        network: Carries the requests; it is not closed with the agent.
        seed: The agent's own.
        pause: Waits for that many seconds.
    """

    def __init__(
        self,
        spec: AgentSpec,
        network: Network,
        seed: int,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._spec = spec
        self._network = network
        self._seed = seed
        self._episode = uuid4().hex
        self._step = 0
        self._past: list[dict[str, Any]] = []
        self._begun = self._reached = False
        self._elapsed_s = 0.0
        self._last: tuple[str, str] | None = None
        self._retry = tenacity.AsyncRetrying(
            sleep=pause,
            stop=self._has_failed_for_good,
            wait=tenacity.wait_exponential_jitter(initial=0.5, max=MAX_PAUSE_S),
            before_sleep=self._announce_retry,
            retry=tenacity.retry_if_exception_type(_Passing),
            reraise=True,
        )

    def begin(self, briefing: Briefing) -> None:
        self._briefing = briefing

    async def act(self, observation: str) -> Turn:
        """Ask for an action.

        Raises:
            ProviderError: If there is none to be had; the episode can be resumed.
            TrajectoryError: If the process says that it cannot go on in the middle of an episode.
        """
        await self._catch_up()
        answer = await self._ask("act", step=self._step, observation=observation)
        self._step += 1
        return self._turn(answer)

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

    async def _ask(self, kind: str, **said: Any) -> dict[str, Any]:
        message = {"schema": SCHEMA, "type": kind, "episode": self._episode, **said}
        try:
            answer: dict[str, Any] = await self._retry(self._attempt, orjson.dumps(message))
        except _Passing as failure:
            raise ProviderError(
                f"{self._spec.name} failed {self._retry.statistics['attempt_number']} times, the"
                f" last time because {failure}. Run again to resume the episode."
            ) from None
        return answer

    def _has_failed_for_good(self, state: tenacity.RetryCallState) -> bool:
        failure = state.outcome and state.outcome.exception()
        retries = self._spec.max_retries
        if isinstance(failure, _Unreached) and not self._reached:
            retries = min(UNREACHED_RETRIES, retries)
        return state.attempt_number > retries

    def _announce_retry(self, state: tenacity.RetryCallState) -> None:
        """Log each retry but the first, which mostly mends it."""
        if state.attempt_number > 1 and state.outcome:
            failure, pause_s = state.outcome.exception(), state.upcoming_sleep
            _LOGGER.warning("%s; retry %d in %.0f s", failure, state.attempt_number, pause_s)

    async def _attempt(self, body: bytes) -> dict[str, Any]:
        response = await self._post(body)
        if response.status_code == httpx.codes.OK:
            return _object_in(response)
        status, said = response.status_code, _quoted(response)
        if status == httpx.codes.NOT_IMPLEMENTED:
            raise TrajectoryError(
                f"The agent {self._spec.name} cannot go on in the middle of an episode: it answered"
                f" 501 {said}. Let it take `recall`."
            )
        if response.is_server_error or status in _PASSING_STATUSES:
            raise _Passing(f"it answered {status} {said}")
        raise ProviderError(
            f"{self._spec.name} answered {status} {said}. It should answer a POST of {SCHEMA} with"
            " status 200; check the address."
        )

    async def _post(self, body: bytes) -> httpx.Response:
        timeout_s = self._spec.timeout_s
        try:
            response = await self._network.post(
                self._spec.name, body, _HEADERS, timeout_s, repeatable=True
            )
        except TimeoutError:
            raise _Passing(f"it did not answer within {timeout_s:g} s") from None
        except httpx.ConnectError:
            raise _Unreached("there was no connection to be had") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _Passing(f"the connection failed ({type(error).__name__})") from None
        self._reached = True
        self._elapsed_s = response.elapsed.total_seconds()
        return response

    def _turn(self, answer: Mapping[str, Any]) -> Turn:
        try:
            said = Action.model_validate(answer)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise ProviderError(
                f"The answer of {self._spec.name} does not fit {SCHEMA}: {where}: {problem['msg']}."
            ) from None
        exchange = {
            "usage": said.usage and said.usage.model_dump(),
            "cost_usd": said.cost_usd,
            "latency_ms": round(self._elapsed_s * 1000),
        }
        retries = self._retry.statistics["attempt_number"] - 1
        rare = {"model": said.model, "note": said.note, "retries": retries}
        more = {name: value for name, value in rare.items() if value}
        return Turn(_text(answer["action"]), exchange | more)


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
        answer = read(response.content, _NO_SECRET)
    except ValueError:
        raise _Passing(f"it sent what is not whole JSON: {_quoted(response)}") from None
    if not isinstance(answer, dict):
        raise _Passing(f"its answer is not a JSON object: {_quoted(response)}")
    return answer


def _quoted(response: httpx.Response) -> str:
    """Return the beginning of what it said, on one line."""
    text = response.content[: 4 * _MOST_QUOTED_CHARS].decode("utf-8", "replace")
    return " ".join(text.split())[:_MOST_QUOTED_CHARS] or "(nothing)"
