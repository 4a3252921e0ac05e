"""Anthropic's Messages.

A message of the conversation is a message of the API, except the first, which is the system block.
Thinking blocks are sent back as they came, with their signatures. Two marks tell the provider what
to cache: one on the system block, which also covers the tools, and one for the whole request, which
the API puts on its last block, so that no message changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tenure.agents.context import Message
from tenure.agents.protocols import EMPTY, Call, arguments_object, defined, tool_name
from tenure.agents.providers.contract import (
    FILTERED,
    Answer,
    Finish,
    Stated,
    Usage,
    count,
    given,
    usage,
)
from tenure.agents.providers.statements import stated
from tenure.agents.spec import AgentSpec
from tenure.envs.tools import Tool, Toolbox

VERSION = "2023-06-01"
"""Of the API, sent with every request."""
BINDING_BETA = "thinking-binding-controls-2026-08-01"
"""Of the API, for models that bind their thinking to the conversation before it."""
_CACHED = {"cache_control": {"type": "ephemeral"}}
_FINISHES: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
_FILTER_MARK = "content filtering policy"
_BOUNDS = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "default"),
}
"""What structured output refuses in a schema; the world still minds it."""


class Messages:
    """One model behind an endpoint that speaks Messages.

    Args:
        spec: The model and what is asked of it.
    """

    def __init__(self, spec: AgentSpec) -> None:
        self._model = spec.model
        self._options = _options(spec)
        self._effort = spec.reasoning_effort
        self._is_bound = "bound_thinking" in spec.quirks

    def url(self, base_url: str) -> str:
        return f"{base_url}/messages" if base_url.endswith("/v1") else f"{base_url}/v1/messages"

    def headers(self, key: str) -> dict[str, str]:
        authorisation = {"x-api-key": key} if key else {}
        beta = {"anthropic-beta": BINDING_BETA} if self._is_bound else {}
        return {"anthropic-version": VERSION, **beta, **authorisation}

    def body(self, messages: list[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._options, "system": messages[:1], "messages": messages[1:], **fields}

    def read(self, answer: Mapping[str, Any]) -> Answer | Stated:
        if answer.get("type") == "error" or answer.get("error"):
            return self.stated(answer)
        content = answer.get("content")
        if not isinstance(content, list):
            raise ValueError("has no content in it")  # noqa: TRY004  it is no bug of ours
        stop = str(answer.get("stop_reason") or "")
        return Answer(
            {"role": "assistant", "content": content},
            str(answer.get("model") or self._model),
            _FINISHES.get(stop, "other"),
            stop,
            _usage(answer.get("usage")),
        )

    def stated(self, answer: Mapping[str, Any]) -> Stated:
        error = stated(answer)
        is_filter = _FILTER_MARK in error.message.lower()
        return error._replace(code="content_filter") if is_filter else error

    def filtered(self) -> Message:
        return {"role": "assistant", "content": [{"type": "text", "text": FILTERED}]}

    def system(self, text: str) -> Message:
        return {"type": "text", "text": text, **_CACHED}

    def user(self, text: str) -> Message:
        return {"role": "user", "content": text}

    def text(self, message: Message) -> str:
        said = (block for block in _blocks(message) if block.get("type") == "text")
        return "".join(str(block.get("text") or "") for block in said)

    def refusal(self, message: Message) -> str:  # noqa: ARG002  a refusal is text here
        return ""

    def calls(self, message: Message) -> list[Call]:
        return [
            Call(block.get("name"), block.get("input"))
            for block in _blocks(message)
            if block.get("type") == "tool_use"
        ]

    def echo(self, message: Message, *, with_calls: bool) -> list[Message]:
        content = list(_sendable(message, with_calls=with_calls))
        if not {block.get("type") for block in content} - {"thinking", "redacted_thinking"}:
            content.append({"type": "text", "text": EMPTY})
        return [{"role": "assistant", "content": content}]

    def results(self, echoed: Sequence[Message], texts: Iterable[str]) -> list[Message]:
        calls = [block["id"] for block in echoed[0]["content"] if block.get("type") == "tool_use"]
        told = [
            {"type": "tool_result", "tool_use_id": call_id, "content": text}
            for call_id, text in zip(calls, texts, strict=False)
        ]
        return [{"role": "user", "content": told}] if told else []

    def offer(self, toolbox: Toolbox, *, parallel: bool) -> Mapping[str, Any]:
        return {
            "tools": defined(_definition, toolbox),
            "tool_choice": {"type": "auto", "disable_parallel_tool_use": not parallel},
        }

    def constrain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = {"type": "json_schema", "schema": _without_bounds(schema)}
        return {"output_config": {**self._options.get("output_config", {}), "format": wanted}}

    def forbid(self, offer: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**offer, "tool_choice": {"type": "none"}}

    def cleared(self, message: Message, mark: str) -> Message:
        content = message["content"]
        if message["role"] == "assistant":
            return message
        if isinstance(content, str):
            return {**message, "content": mark} if len(content) > len(mark) else message
        shown = [_marked(block, mark) for block in content]
        return {**message, "content": shown} if shown != content else message

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        return [*messages, self.user(text)]  # the API joins what a user says


def _marked(block: dict[str, Any], mark: str) -> dict[str, Any]:
    return {**block, "content": mark} if len(block["content"]) > len(mark) else block


def _options(spec: AgentSpec) -> dict[str, Any]:
    effort = spec.reasoning_effort
    options = {
        "model": spec.model,
        "max_tokens": spec.max_output_tokens,
        "temperature": spec.temperature,
        "thinking": _thinking(spec),
        "output_config": {"effort": effort} if effort and effort != "none" else None,
        **_CACHED,
    }
    return given(options)


def _thinking(spec: AgentSpec) -> dict[str, Any] | None:
    """Return how to think: as the model does by itself, if nobody said anything.

    A window that drops old turns changes what stood before later thinking. Models that bind their
    thinking to it are told to leave out what no longer fits, instead of refusing the request.
    """
    if spec.reasoning_effort == "none":
        return {"type": "disabled"}
    if "bound_thinking" in spec.quirks:
        binding = {"prefix_mismatch_behavior": "drop_block"}
        return {"type": "adaptive", "block_binding": binding}
    return {"type": "adaptive"} if spec.reasoning_effort else None


def _blocks(message: Message) -> list[dict[str, Any]]:
    content = message.get("content")
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict)]


def _sendable(message: Message, *, with_calls: bool) -> Iterator[dict[str, Any]]:
    """Yield the blocks that the API takes back; it refuses text without a letter in it."""
    for index, block in enumerate(_blocks(message)):
        if block.get("type") == "tool_use":
            if with_calls:
                yield _call(block, index)
        elif block.get("type") != "text":
            yield block
        elif str(block.get("text") or "").strip():
            yield given(block)


def _call(block: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {
        **given(block),
        "id": tool_name(block.get("id") or f"call_{index}"),
        "name": tool_name(block.get("name")),
        "input": arguments_object(block.get("input")),
    }


def _definition(tool: Tool) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "input_schema": tool.schema}


def _without_bounds(schema: Any) -> Any:
    """Return a schema without what structured output refuses; names of properties stay."""
    if isinstance(schema, list):
        return [_without_bounds(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: (
            {key: _without_bounds(one) for key, one in value.items()}
            if name in ("properties", "$defs")
            else _without_bounds(value)
        )
        for name, value in schema.items()
        if name not in _BOUNDS
    }


def _usage(stated: Any) -> Usage | None:
    """Read the counts; input there is what was neither read from a cache nor written to one."""
    fresh, cached = count(stated, "input_tokens"), count(stated, "cache_read_input_tokens", 0)
    cache_written = count(stated, "cache_creation_input_tokens", 0)
    if fresh is None or cached is None or cache_written is None:
        return None
    details = stated.get("output_tokens_details")
    return usage(
        fresh + cached + cache_written,
        cached,
        cache_written,
        count(stated, "output_tokens"),
        count(details, "thinking_tokens", 0),
    )
