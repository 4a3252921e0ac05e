"""One endpoint of any API, over httpx: failures told apart, and the secret kept.

There is no SDK in between: messages are the dicts that go over the wire, orjson writes them, and
nothing is copied or validated again on the way. Outside failures that may pass are the sender's to
repeat; those that will not pass are a `ProviderError` that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx
import orjson

from tenure.agents.context import Message
from tenure.agents.network import Network
from tenure.agents.network.pauses import retry_after_s
from tenure.agents.network.sender import Odd, Passing, Sender, is_passing
from tenure.agents.protocols import ToolProtocol, Way, speak
from tenure.agents.providers.contract import Answer, ContextTooLong, Dialect, Reply, Stated
from tenure.agents.providers.prices import cost_usd
from tenure.agents.providers.statements import quoted
from tenure.agents.spec import AgentSpec
from tenure.agents.wire import Secret, read
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError

_CONTENT_TYPES = {"Content-Type": "application/json", "Accept": "application/json"}
_HINTS = dict.fromkeys(
    (301, 302, 307, 308), "Give the address that it has moved to as the base URL."
) | {
    400: "Check that the model knows the options (protocol, temperature, max_output_tokens,"
    " reasoning_effort).",
    402: "Check the account's credit with the provider.",
    403: "Check that this key may use this model.",
    404: "Check the model's name, the base URL, which mostly ends in /v1, and the api.",
}
_TOO_LONG_STATUSES = {200, 400, 413, 422}
"""Where a complaint about length can be about the conversation; 200 is an error without status."""
_UNPAID_CODES = {"insufficient_quota", "billing_error"}


class Endpoint:
    """One model behind one endpoint.

    Args:
        spec: Model, prices, time-out and number of retries.
        dialect: How its API is spoken.
        base_url: The endpoint.
        key: Secret that authorises; empty for none. It is in no error and no record.
        network: Carries the requests; it is not closed with the provider.
    """

    def __init__(
        self,
        spec: AgentSpec,
        dialect: Dialect,
        base_url: str,
        key: str = "",
        *,
        network: Network,
    ) -> None:
        self._spec = spec
        self._dialect = dialect
        self._secret = Secret(key)
        self._url = dialect.url(base_url)
        self._network = network
        self._sender = Sender(
            network,
            self._url,
            {**_CONTENT_TYPES, **dialect.headers(key)},
            timeout_s=spec.timeout_s,
            max_retries=spec.max_retries,
            secret=self._secret,
        )

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        return speak(self._dialect, way, toolbox, parallel=parallel)

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        body = partial(self._dialect.body, messages, fields)
        reply, failures = await self._sender.send(partial(_written, body), self._reply)
        return reply._replace(failures=failures)

    async def close(self) -> None:
        """Nothing is to be let go of: the connections are the network's."""

    def _reply(self, response: httpx.Response) -> Reply:
        """Read a response.

        Raises:
            Passing: If it says or looks as if the request should be repeated.
            ProviderError: If it says that there is no use in that.
        """
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
            raise Odd(f"its answer {error}") from None

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
            raise Odd(f"it sent {kind} that is not whole JSON; the base URL may be wrong") from None
        if not isinstance(answer, dict):
            raise Odd("its answer is not a JSON object")
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
        if is_passing(status) or status == httpx.codes.OK:
            wish_s = retry_after_s(response.headers)
            wish_s = error.retry_after_s if wish_s is None else wish_s
            return Passing(f"it answered {reason}", wish_s)
        return self._final(reason, status)

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


def _written(body: Callable[[], Mapping[str, Any]]) -> bytes:
    """Return a body as JSON, in memory of its size: orjson's own is up to four times as large."""
    return bytes(memoryview(orjson.dumps(body())))
