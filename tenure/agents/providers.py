"""Providers: any endpoint that speaks OpenAI's Chat Completions, over httpx.

There is no SDK in between: messages are the dicts that go over the wire, orjson writes them, and
nothing is copied or validated again on the way. Outside failures that may pass are repeated with
growing pauses; those that will not pass are a `ProviderError` that says what to do.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypedDict

import httpx
import orjson
import tenacity

from tenure.agents.context import Message
from tenure.agents.network import Network
from tenure.agents.network.pauses import retry_after_s
from tenure.agents.spec import AgentSpec
from tenure.agents.wire import Secret, read
from tenure.errors import ProviderError

MAX_PAUSE_S = 60
"""The longest pause of our own choosing before a request is repeated."""
MAX_RETRY_AFTER_S = 600
"""The longest pause that a provider may ask for; one that asks for more has failed for good."""
UNREACHED_RETRIES = 2
"""How often at most an endpoint is tried again that nobody could connect to so far."""

_LOGGER = logging.getLogger("tenure.agents")
_PASSING_STATUSES = {408, 409, 429}
_MAX_QUOTED_CHARS = 500
_HINTS = dict.fromkeys(
    (301, 302, 307, 308), "Give the address that it has moved to as the base URL."
) | {
    400: "Check that the model knows the options (protocol, temperature, max_output_tokens).",
    401: "Check OPENAI_API_KEY.",
    402: "Check the account's credit with the provider.",
    403: "Check that this key may use this model.",
    404: "Check the model's name and the base URL, which mostly ends in /v1.",
    429: "Check the plan and the limits of the account with the provider.",
}
_TOO_LONG_STATUSES = {200, 400, 413, 422}
"""Where a complaint about length can be about the conversation; 200 is an error without status."""
_TOO_LONG_MARKS = ("context length", "context size", "context window", "prompt is too long")
_MAX_TOKENS = 2**53
"""A count beyond it is not one."""
_MODELS_OWN_ERROR = "MALFORMED_FUNCTION_CALL"
"""How Gemini's endpoints call a broken tool call, which routers pass on as an error."""


class ContextTooLong(ProviderError):  # noqa: N818  a state that the agent can mend
    """The prompt is longer than the model can read."""


class Usage(TypedDict):
    """Tokens of one request, as the provider counted them.

    `output_tokens` includes `reasoning_tokens`, `input_tokens` includes `cached_tokens`.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int


class Reply(NamedTuple):
    """What a provider answered.

    Attributes:
        message: The assistant's message, without empty fields and such as JSON can hold.
        model: The model's name as returned.
        finish: Why the answer ended, such as `stop`, `tool_calls`, `length`, `content_filter`.
        usage: `None` if the provider did not say.
        cost_usd: US dollars, or `None` if unknown.
        latency_ms: Wall-clock time of the request that was answered.
        retries: How many requests failed before it.
    """

    message: Message
    model: str
    finish: str
    usage: Usage | None
    cost_usd: float | None
    latency_ms: int
    retries: int = 0


class Provider(Protocol):
    """Answers a conversation."""

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        """Ask for the next message of a conversation.

        Args:
            messages: The whole conversation, in wire form.
            fields: What else the request says, such as the tools.

        Raises:
            ContextTooLong: If the conversation is longer than the model can read.
            ProviderError: If there is no answer to be had.
        """

    async def close(self) -> None:
        """Let go of the connection."""


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


class ChatCompletions:
    """One model behind one OpenAI-compatible endpoint.

    Args:
        spec: Model, options, time-out and number of retries.
        base_url: The endpoint.
        key: Secret that authorises; empty for none. It is in no error and no record.
        network: Carries the requests; it is not closed with the provider.
        seed: Sent with every request, or `None`.
        pause: Waits for that many seconds.
    """

    def __init__(
        self,
        spec: AgentSpec,
        base_url: str,
        key: str = "",
        *,
        network: Network,
        seed: int | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._spec = spec
        self._secret = Secret(key)
        self._url = f"{base_url}/chat/completions"
        self._options = _options(spec, base_url, seed)
        self._network = network
        self._headers = _headers(key)
        self._reached = False
        self._retry = tenacity.AsyncRetrying(
            sleep=pause,
            stop=self._has_failed_for_good,
            wait=_pause_s,
            before_sleep=self._announce_retry,
            retry=tenacity.retry_if_exception_type(_Passing),
            reraise=True,
        )

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        body = orjson.dumps({**self._options, "messages": messages, **fields})
        try:
            reply: Reply = await self._retry(self._attempt, body)
        except _Passing as failure:
            raise ProviderError(
                f"{self._url} failed {self._retries(failure) + 1} times, the last time because"
                f" {failure}. Run again to resume the episode."
            ) from None
        return reply._replace(retries=self._retry.statistics["attempt_number"] - 1)

    async def close(self) -> None:
        """Nothing is to be let go of: the connections are the network's."""

    def _retries(self, failure: BaseException | None) -> int:
        """Return how often to try again: seldom where the address itself seems to be wrong."""
        if isinstance(failure, _Unreached) and not self._reached:
            return min(UNREACHED_RETRIES, self._spec.max_retries)
        return self._spec.max_retries

    def _has_failed_for_good(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number > self._retries(_failure_of(state))

    def _announce_retry(self, state: tenacity.RetryCallState) -> None:
        """Log each retry but the first, which mostly mends it."""
        if state.attempt_number > 1:
            failure = _failure_of(state)
            retry = f"retry {state.attempt_number} of {self._retries(failure)}"
            _LOGGER.warning("%s; %s in %.0f s", failure, retry, state.upcoming_sleep)

    async def _attempt(self, body: bytes) -> Reply:
        response = await self._post(body)
        latency_ms = round(response.elapsed.total_seconds() * 1000)
        if response.status_code == httpx.codes.OK:
            return self._counted(response, self._read(response, latency_ms))
        error = self._error_of(response)
        if response.is_client_error and error.code == "content_filter":
            return _filtered(self._spec.model, latency_ms)
        raise self._failure(response, error)

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

    def _counted(self, response: httpx.Response, reply: Reply) -> Reply:
        """Tell the network what a reply cost."""
        if reply.usage:
            used = reply.usage["input_tokens"] + reply.usage["output_tokens"]
            self._network.count(response, used)
        return reply

    def _read(self, response: httpx.Response, latency_ms: int) -> Reply:
        answer = self._json(response)
        choice = _first_choice(answer)
        error = _error_within(answer, choice)
        if error:
            raise self._failure(response, error)
        message = choice.get("message")
        if not isinstance(message, dict):
            raise _Passing("its answer has no message in it")
        said = {name: value for name, value in message.items() if value}
        usage = _usage(answer.get("usage"))
        return Reply(
            message={"role": "assistant", **said},
            model=str(answer.get("model") or self._spec.model),
            finish=str(choice.get("finish_reason") or ""),
            usage=usage,
            cost_usd=_cost_usd(self._spec, usage, answer.get("usage")),
            latency_ms=latency_ms,
        )

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            answer = read(response.content, self._secret)
        except ValueError:
            kind = self._quoted(response.headers.get("content-type", "no content type"))
            raise _Passing(
                f"it sent {kind} that is not whole JSON; the base URL may be wrong"
            ) from None
        if not isinstance(answer, dict):
            raise _Passing("its answer is not a JSON object")
        return answer

    def _error_of(self, response: httpx.Response) -> _Stated:
        try:
            answer = read(response.content, self._secret)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            return _error_in(answer)
        return _Stated(self._quoted(response.reason_phrase))

    def _failure(self, response: httpx.Response, error: _Stated) -> Exception:
        status = error.status or response.status_code
        reason = f"{status} {error.message}".strip()
        if error.too_long and {status, response.status_code} <= _TOO_LONG_STATUSES:
            return ContextTooLong(f"The conversation is too long for {self._spec.model}: {reason}")
        if error.code == "insufficient_quota":
            return self._final(reason, 402)
        if status in _PASSING_STATUSES or status >= 500 or status == httpx.codes.OK:
            return self._passing(reason, status, retry_after_s(response.headers))
        return self._final(reason, status)

    def _passing(self, reason: str, status: int, retry_after_s: float | None) -> Exception:
        if retry_after_s is not None and retry_after_s > MAX_RETRY_AFTER_S:
            wish = f"{reason} (it asks to wait {retry_after_s:,.0f} s)"
            return self._final(wish, status)
        return _Passing(f"it answered {reason}", retry_after_s)

    def _final(self, reason: str, status: int) -> ProviderError:
        hint = _HINTS.get(status, "")
        return ProviderError(
            f"{self._url} answered {reason} for model {self._spec.model!r}. {hint}".strip()
        )

    def _quoted(self, text: str) -> str:
        return _quoted(self._secret.hidden(text))


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


class _Stated(NamedTuple):
    """An error as a provider states it; a status of 0 is none."""

    message: str
    code: str = ""
    status: int = 0

    @property
    def too_long(self) -> bool:
        if self.code in ("context_length_exceeded", "exceed_context_size_error"):
            return True
        return any(mark in self.message.lower() for mark in _TOO_LONG_MARKS)


def _headers(key: str) -> dict[str, str]:
    authorisation = {"Authorization": f"Bearer {key}"} if key else {}
    return {"Content-Type": "application/json", "Accept": "application/json", **authorisation}


def _options(spec: AgentSpec, base_url: str, seed: int | None) -> dict[str, Any]:
    """Return what every request to a model says; OpenAI alone insists on its newer name."""
    openai = httpx.URL(base_url).host.endswith("openai.com")
    limit = "max_completion_tokens" if openai else "max_tokens"
    options = {
        "model": spec.model,
        limit: spec.max_output_tokens,
        "temperature": spec.temperature,
        "seed": seed,
    }
    return {name: value for name, value in options.items() if value is not None}


def _first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    match answer.get("choices"):
        case [dict() as choice, *_]:
            return choice
    return {}


def _error_within(answer: Mapping[str, Any], choice: Mapping[str, Any]) -> _Stated | None:
    """Find the error in an answer with status 200: beside its choices, in one, or in its finish.

    An answer may be half there when its provider fails; that is nobody's step.
    """
    for part in (answer, choice):
        error = part.get("error")
        if any(error.values()) if isinstance(error, dict) else error:
            return _error_in(part)
    broken = choice.get("finish_reason") == "error"
    if broken and choice.get("native_finish_reason") != _MODELS_OWN_ERROR:
        return _Stated("the answer broke off with an error")
    return None


def _error_in(answer: Mapping[str, Any]) -> _Stated:
    """Read `{"error": {"message", "code", "type"}}`, or the many shapes that come near it."""
    error = answer.get("error", answer)
    if not isinstance(error, dict):
        return _Stated(_quoted(error))
    message = _quoted(error.get("message") or error.get("detail") or error)
    code, kind = str(error.get("code") or ""), str(error.get("type") or "")
    if not code.isdecimal():
        return _Stated(message, code or kind)
    return _Stated(message, kind, int(code) if "400" <= code < "600" and len(code) == 3 else 0)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return " ".join(text.split())[:_MAX_QUOTED_CHARS]


def _filtered(model: str, latency_ms: int) -> Reply:
    """Take a filter's refusal of the conversation for the model's own: a step like any other."""
    message = {"role": "assistant", "refusal": "The provider's content filter refused to answer."}
    return Reply(message, model, "content_filter", None, None, latency_ms)


def _usage(stated: Any) -> Usage | None:
    if not isinstance(stated, dict):
        return None
    read_tokens = _count(stated, "prompt_tokens")
    written_tokens = _count(stated, "completion_tokens")
    cached_tokens = _count(stated.get("prompt_tokens_details"), "cached_tokens", 0)
    reasoning_tokens = _count(stated.get("completion_tokens_details"), "reasoning_tokens", 0)
    if (
        read_tokens is None
        or written_tokens is None
        or cached_tokens is None
        or reasoning_tokens is None
    ):
        return None
    return Usage(
        input_tokens=read_tokens,
        cached_tokens=cached_tokens,
        output_tokens=written_tokens,
        reasoning_tokens=reasoning_tokens,
    )


def _count(counts: Any, name: str, absent: int | None = None) -> int | None:
    """Return a count of tokens, `absent` if none is stated, `None` if it cannot be one."""
    count = counts.get(name) if isinstance(counts, dict) else None
    if count is None:
        return absent
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= _MAX_TOKENS:
        return count
    return None


def _cost_usd(spec: AgentSpec, usage: Usage | None, stated: Any) -> float | None:
    """Return what a request cost: by the spec's prices, else as the provider states, else None."""
    input_price, output_price = spec.input_usd_per_mtok, spec.output_usd_per_mtok
    if usage is not None and input_price is not None and output_price is not None:
        cached_price = spec.cached_usd_per_mtok
        cached_price = input_price if cached_price is None else cached_price
        cached_tokens = min(usage["cached_tokens"], usage["input_tokens"])
        fresh_tokens = usage["input_tokens"] - cached_tokens
        paid = fresh_tokens * input_price + cached_tokens * cached_price
        return (paid + usage["output_tokens"] * output_price) / 1_000_000
    cost = stated.get("cost") if isinstance(stated, dict) else None
    if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < math.inf:
        return float(cost)
    return None


_growing_pause_s = tenacity.wait_exponential_jitter(initial=1, max=MAX_PAUSE_S, jitter=1)


def _failure_of(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _pause_s(state: tenacity.RetryCallState) -> float:
    failure = _failure_of(state)
    if isinstance(failure, _Passing) and failure.retry_after_s is not None:
        return failure.retry_after_s
    return _growing_pause_s(state)
