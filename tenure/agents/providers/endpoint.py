"""One endpoint of any API, over httpx: retries, pauses, failures told apart, and the secret kept.

There is no SDK in between: messages are the dicts that go over the wire, orjson writes them, and
nothing is copied or validated again on the way. Outside failures that may pass are repeated with
growing pauses; those that will not pass are a `ProviderError` that says what to do.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import orjson
import tenacity

from tenure.agents.context import Message
from tenure.agents.network import Network
from tenure.agents.network.pauses import retry_after_s
from tenure.agents.protocols import ToolProtocol, Way, speak
from tenure.agents.providers.contract import Answer, ContextTooLong, Dialect, Reply, Stated
from tenure.agents.providers.prices import cost_usd
from tenure.agents.providers.statements import quoted
from tenure.agents.spec import AgentSpec
from tenure.agents.wire import Secret, read
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError

MAX_PAUSE_S = 60
"""The longest pause of our own choosing before a request is repeated."""
MAX_RETRY_AFTER_S = 600
"""The longest pause that a provider may ask for; one that asks for more has failed for good."""
UNREACHED_RETRIES = 2
"""How often at most an endpoint is tried again that nobody could connect to so far."""
ODD_RETRIES = 3
"""How often at most an endpoint is asked again that keeps sending the same nonsense."""

_LOGGER = logging.getLogger("tenure.agents")
_PASSING_STATUSES = {408, 409, 425, 429}
_MAX_FAILURE_CHARS = 160
_CONTENT_TYPES = {"Content-Type": "application/json", "Accept": "application/json"}
_HINTS = dict.fromkeys(
    (301, 302, 307, 308), "Give the address that it has moved to as the base URL."
) | {
    400: "Check that the model knows the options (protocol, temperature, max_output_tokens,"
    " reasoning_effort).",
    402: "Check the account's credit with the provider.",
    403: "Check that this key may use this model.",
    404: "Check the model's name, the base URL, which mostly ends in /v1, and the api.",
    429: "Check the plan and the limits of the account with the provider.",
}
_TOO_LONG_STATUSES = {200, 400, 413, 422}
"""Where a complaint about length can be about the conversation; 200 is an error without status."""
_UNPAID_CODES = {"insufficient_quota", "billing_error"}


class _Passing(Exception):  # noqa: N818  never leaves this module
    """A failure that may pass.

    Attributes:
        retry_after_s: How long the provider asks to wait, or `None`.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class _Unreached(_Passing):
    """There was no connection to be had."""


class _Odd(_Passing):
    """What came was no answer, and no error that says when to ask again."""


class Endpoint:
    """One model behind one endpoint.

    Args:
        spec: Model, prices, time-out and number of retries.
        dialect: How its API is spoken.
        base_url: The endpoint.
        key: Secret that authorises; empty for none. It is in no error and no record.
        network: Carries the requests; it is not closed with the provider.
        pause: Waits for that many seconds.
    """

    def __init__(
        self,
        spec: AgentSpec,
        dialect: Dialect,
        base_url: str,
        key: str = "",
        *,
        network: Network,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._spec = spec
        self._dialect = dialect
        self._secret = Secret(key)
        self._url = dialect.url(base_url)
        self._headers = {**_CONTENT_TYPES, **dialect.headers(key)}
        self._network = network
        self._reached = False
        self._failures: list[str] = []
        self._retry = tenacity.AsyncRetrying(
            sleep=pause,
            stop=self._has_failed_for_good,
            wait=_pause_s,
            after=self._note_failure,
            before_sleep=self._announce_retry,
            retry=tenacity.retry_if_exception_type(_Passing),
            reraise=True,
        )

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        return speak(self._dialect, way, toolbox, parallel=parallel)

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        written = orjson.dumps(self._dialect.body(messages, fields))
        body = bytes(memoryview(written))  # orjson's own holds on to up to four times as much
        del written
        self._failures = []
        try:
            reply: Reply = await self._retry(self._attempt, body)
        except _Passing as failure:
            raise ProviderError(
                f"{self._url} failed {len(self._failures)} times, the last time because"
                f" {failure}. Run again to resume the episode."
            ) from None
        return reply._replace(failures=tuple(self._failures))

    async def close(self) -> None:
        """Nothing is to be let go of: the connections are the network's."""

    def _retries(self, failure: BaseException | None) -> int:
        """Return how often to try again: seldom where the address itself seems to be wrong."""
        if isinstance(failure, _Unreached) and not self._reached:
            return min(UNREACHED_RETRIES, self._spec.max_retries)
        return self._spec.max_retries

    def _has_failed_for_good(self, state: tenacity.RetryCallState) -> bool:
        failure = _failure_of(state)
        if isinstance(failure, _Odd) and _repeats(self._failures) > ODD_RETRIES:
            return True
        return len(self._failures) > self._retries(failure)

    def _note_failure(self, state: tenacity.RetryCallState) -> None:
        self._failures.append(str(_failure_of(state))[:_MAX_FAILURE_CHARS])

    def _announce_retry(self, state: tenacity.RetryCallState) -> None:
        """Log each retry but the first, which mostly mends it."""
        if state.attempt_number > 1:
            failure = _failure_of(state)
            retry = f"retry {state.attempt_number} of {self._retries(failure)}"
            _LOGGER.warning("%s; %s in %.0f s", failure, retry, state.upcoming_sleep)

    async def _attempt(self, body: bytes) -> Reply:
        response = await self._post(body)
        latency_ms = round(response.elapsed.total_seconds() * 1000)
        found = self._read(response)
        if isinstance(found, Answer):
            self._count(response, found)
            cost = cost_usd(self._spec, found.usage, found.cost_usd)
            said = (found.message, found.model, found.finish, found.stop)
            return Reply(*said, usage=found.usage, cost_usd=cost, latency_ms=latency_ms)
        if found.is_filter and not response.is_server_error:
            return self._filtered(found, latency_ms)
        raise self._failure(response, found)

    async def _post(self, body: bytes) -> httpx.Response:
        try:
            response = await self._network.post(
                self._url, body, self._headers, self._spec.timeout_s, repeatable=True
            )
        except TimeoutError:
            raise _Passing(f"it did not answer within {self._spec.timeout_s:g} s") from None
        except httpx.ConnectError as error:
            raise _Unreached(self._secret.hidden(_why_unreached(error))) from None
        except httpx.TransportError as error:
            reason = f"{type(error).__name__}: {error}".rstrip(": ")
            raise _Passing(f"the connection failed ({self._secret.hidden(reason)})") from None
        except httpx.DecodingError:
            raise _Passing("it sent a damaged compressed body") from None
        self._reached = True
        return response

    def _count(self, response: httpx.Response, answer: Answer) -> None:
        """Tell the network what an answer cost, for its limits."""
        if answer.usage:
            used = answer.usage["input_tokens"] + answer.usage["output_tokens"]
            self._network.count(response, used)

    def _read(self, response: httpx.Response) -> Answer | Stated:
        """Return what a response holds: an answer, or an error whatever the status."""
        if response.status_code != httpx.codes.OK:
            return self._error_of(response)
        try:
            return self._dialect.read(self._json(response))
        except ValueError as error:
            raise _Odd(f"its answer {error}") from None

    def _filtered(self, verdict: Stated, latency_ms: int) -> Reply:
        """Take a filter's refusal of the conversation for an answer: a step like any other."""
        return Reply(
            self._dialect.filtered(),
            self._spec.model,
            finish="content_filter",
            stop=verdict.code,
            usage=None,
            cost_usd=None,
            latency_ms=latency_ms,
        )

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = read(response.content, self._secret)
        except ValueError:
            kind = self._quoted(response.headers.get("content-type", "no content type"))
            raise _Odd(
                f"it sent {kind} that is not whole JSON; the base URL may be wrong"
            ) from None
        if not isinstance(answer, dict):
            raise _Odd("its answer is not a JSON object")
        return answer

    def _error_of(self, response: httpx.Response) -> Stated:
        try:
            answer = read(response.content, self._secret)
        except ValueError:
            answer = None
        match answer:
            case [dict() as first, *_]:  # Gemini's servers put some errors into a list
                return self._dialect.stated(first)
            case dict():
                return self._dialect.stated(answer)
        return Stated(self._quoted(response.reason_phrase))

    def _failure(self, response: httpx.Response, error: Stated) -> Exception:
        status = error.status or response.status_code
        reason = f"{status} {error.message}".strip()
        if error.too_long and {status, response.status_code} <= _TOO_LONG_STATUSES:
            return ContextTooLong(f"The conversation is too long for {self._spec.model}: {reason}")
        if error.code in _UNPAID_CODES:
            return self._final(reason, 402)
        if status in _PASSING_STATUSES or status >= 500 or status == httpx.codes.OK:
            wish_s = retry_after_s(response.headers)
            return self._passing(reason, status, error.retry_after_s if wish_s is None else wish_s)
        return self._final(reason, status)

    def _passing(self, reason: str, status: int, retry_after_s: float | None) -> Exception:
        if retry_after_s is not None and retry_after_s > MAX_RETRY_AFTER_S:
            wish = f"{reason} (it asks to wait {retry_after_s:,.0f} s)"
            return self._final(wish, status)
        return _Passing(f"it answered {reason}", retry_after_s)

    def _final(self, reason: str, status: int) -> ProviderError:
        hint = self._key_hint() if status == httpx.codes.UNAUTHORIZED else _HINTS.get(status, "")
        return ProviderError(
            f"{self._url} answered {reason} for model {self._spec.model!r}. {hint}".strip()
        )

    def _key_hint(self) -> str:
        variable = self._spec.key_variable
        return f"Check {variable}." if variable else "Name the variable of its key in a provider."

    def _quoted(self, text: str) -> str:
        return quoted(self._secret.hidden(text))


def _repeats(failures: list[str]) -> int:
    """Return how many failures at the end are the same."""
    return len(failures) - next(
        (n for n in range(len(failures), 0, -1) if failures[n - 1] != failures[-1]), 0
    )


def _why_unreached(error: httpx.ConnectError) -> str:
    """Say why there is no connection, by the system's error that lies beneath httpx's."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "the host is unknown"
        cause = cause.__cause__ or cause.__context__
    return f"the connection failed ({error})"


_growing_pause_s = tenacity.wait_exponential_jitter(initial=1, max=MAX_PAUSE_S, jitter=1)


def _failure_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _pause_s(state: tenacity.RetryCallState) -> float:
    failure = _failure_of(state)
    if isinstance(failure, _Passing) and failure.retry_after_s is not None:
        return failure.retry_after_s
    return _growing_pause_s(state)
