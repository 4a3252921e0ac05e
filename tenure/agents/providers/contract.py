"""What a provider is, what it answers, and what an API's dialect has to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypedDict, cast

from tenure.agents.context import Message
from tenure.agents.protocols import ToolProtocol, Vocabulary, Way
from tenure.envs.tools import Toolbox
from tenure.errors import ProviderError

Finish = Literal["stop", "tool_calls", "length", "refusal", "content_filter", "malformed", "other"]
"""Why an answer ended, in one vocabulary for all APIs.

`stop`: the model had said what it wanted. `tool_calls`: it wants tools run. `length`: it ran into
the longest answer, or the end of its window. `refusal`: it would not answer. `content_filter`: the
provider cut it off or answered in its place. `malformed`: its own call was so broken that the
provider could not pass it on. `other`: none of these, or the provider did not say.
"""

_MAX_TOKENS = 2**53
"""A count beyond it is not one."""
_TOO_LONG_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_TOO_LONG_MARKS = (
    *("context length", "context size", "context window", "prompt is too long"),
    *("input token count", "exceed context limit"),
)
_FILTER_CODES = {
    *("content_filter", "content_policy_violation", "invalid_prompt"),
    *("bio_policy", "misalignment_policy_violation"),
}
FILTERED = "The provider's content filter refused to answer."
"""What stands in the conversation where a provider's filter answered in the model's place."""


class ContextTooLong(ProviderError):  # noqa: N818  a state that the agent can mend
    """The prompt is longer than the model can read."""


class Usage(TypedDict):
    """Tokens of one request, as the provider counted them.

    `input_tokens` includes `cached_tokens` (read from a cache) and `cache_write_tokens` (written to
    one), `output_tokens` includes `reasoning_tokens`.
    """

    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int


class Reply(NamedTuple):
    """What a provider answered.

    Attributes:
        message: The assistant's message in the form of its API, such as JSON can hold.
        model: The model's name as returned.
        finish: Why the answer ended.
        stop: The same in the API's own word; empty if it did not say.
        usage: `None` if the provider did not say.
        cost_usd: US dollars, or `None` if unknown.
        latency_ms: Wall-clock time of the request that was answered.
        failures: Why requests failed before it, in order, each in a few words.
    """

    message: Message
    model: str
    finish: Finish
    stop: str
    usage: Usage | None
    cost_usd: float | None
    latency_ms: int
    failures: tuple[str, ...] = ()

    @property
    def retries(self) -> int:
        """How many requests failed before it."""
        return len(self.failures)


class Provider(Protocol):
    """Answers a conversation."""

    def speak(self, way: Way, toolbox: Toolbox, *, parallel: bool = False) -> ToolProtocol:
        """Return how its messages are written, with tools natively, in JSON text, or without.

        Args:
            way: How tools are called.
            toolbox: The tools on offer.
            parallel: Whether one message may hold several native calls that are all taken.
        """

    async def complete(self, messages: list[Message], fields: Mapping[str, Any]) -> Reply:
        """Ask for the next message of a conversation.

        Args:
            messages: The whole conversation, in wire form; the first is the system message.
            fields: What else the request says, such as the tools.

        Raises:
            ContextTooLong: If the conversation is longer than the model can read.
            ProviderError: If there is no answer to be had.
        """

    async def close(self) -> None:
        """Let go of the connection."""


class Answer(NamedTuple):
    """What a response with status 200 holds, as `Reply` has it.

    Attributes:
        cost_usd: What the provider itself says that the request cost; `None` if it does not.
    """

    message: Message
    model: str
    finish: Finish
    stop: str
    usage: Usage | None
    cost_usd: float | None = None


class Stated(NamedTuple):
    """An error as a provider states it.

    Attributes:
        message: In words.
        code: The provider's name for it; may be empty.
        status: The HTTP status that it says it is; 0 for none.
        retry_after_s: How long it asks to wait, or `None`.
    """

    message: str
    code: str = ""
    status: int = 0
    retry_after_s: float | None = None

    @property
    def too_long(self) -> bool:
        """Whether it says that the conversation is too long."""
        said = self.message.lower()
        return self.code in _TOO_LONG_CODES or any(mark in said for mark in _TOO_LONG_MARKS)

    @property
    def is_filter(self) -> bool:
        """Whether it is a filter's verdict on the conversation."""
        return self.code in _FILTER_CODES


class Dialect(Vocabulary, Protocol):
    """One model's API: where it is, what requests say, and how responses are read."""

    def url(self, base_url: str) -> str:
        """Return where requests go; it holds no secret."""

    def headers(self, key: str) -> dict[str, str]:
        """Return the headers beyond content types; an empty key authorises nothing."""

    def body(self, messages: list[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request's body around a conversation, whose messages are not copied."""

    def read(self, answer: Mapping[str, Any]) -> Answer | Stated:
        """Read a response with status 200, or the error in it.

        Raises:
            ValueError: If it holds neither; the message ends the sentence "its answer ...".
        """

    def stated(self, answer: Mapping[str, Any]) -> Stated:
        """Read the error in a response with another status."""

    def filtered(self) -> Message:
        """Return the assistant's message that says `FILTERED`."""


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say something: without those that are `None`."""
    return {name: value for name, value in fields.items() if value is not None}


def count(counts: Any, name: str, absent: int | None = None) -> int | None:
    """Return a count of tokens, `absent` if none is stated, `None` if it cannot be one."""
    value = counts.get(name) if isinstance(counts, Mapping) else None
    if value is None:
        return absent
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_TOKENS:
        return value
    return None


def usage(
    read: int | None,
    cached: int | None,
    cache_written: int | None,
    written: int | None,
    reasoning: int | None,
) -> Usage | None:
    """Return the counts together, or `None` if one of them is unknown."""
    counts = {
        "input_tokens": read,
        "cached_tokens": cached,
        "cache_write_tokens": cache_written,
        "output_tokens": written,
        "reasoning_tokens": reasoning,
    }
    return None if None in counts.values() else cast("Usage", counts)


def total_usage(parts: Sequence[Usage | None]) -> Usage | None:
    """Return the tokens of some requests, one or more, together; `None` if any is unknown."""
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    totals = (sum(counts) for counts in zip(*(part.values() for part in known), strict=True))
    return cast("Usage", dict(zip(known[0], totals, strict=True)))


def total_cost_usd(parts: Sequence[float | None]) -> float | None:
    """Return what some requests cost together; `None` if that of any is unknown."""
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
