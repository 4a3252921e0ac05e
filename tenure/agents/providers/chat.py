"""OpenAI's Chat Completions, and the many servers that speak it.

A message of the conversation is a message of the API. Reasoning that providers want back
(`reasoning_content`, `reasoning_details`, signatures within calls) is sent back as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tenure.agents.context import Message
from tenure.agents.protocols import EMPTY, SCHEMA_NAME, Call
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
from tenure.agents.providers.openai import OpenAI, cache_key_of, call_in, mended
from tenure.agents.providers.statements import is_error, stated, stated_cost_usd
from tenure.agents.spec import AgentSpec
from tenure.envs.tools import Tool

_KEPT = ("reasoning_content", "reasoning", "reasoning_details", "extra_content")
"""Fields beyond the standard that some providers want back with the next request."""
_FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "content_filter": "content_filter",
}
_MODELS_OWN_ERROR = "MALFORMED_FUNCTION_CALL"
"""How Gemini's endpoints call a broken tool call, which routers pass on as an error."""


class Chat(OpenAI):
    """One model behind an endpoint that speaks Chat Completions.

    Args:
        spec: The model and what is asked of it.
        seed: Sent with every request, or `None`.
        cache_key: Tells the provider which requests begin alike; sent where it is known.
    """

    def __init__(self, spec: AgentSpec, seed: int | None = None, cache_key: str = "") -> None:
        self._model = spec.model
        self._options = _options(spec, seed, cache_key)

    def url(self, base_url: str) -> str:
        return f"{base_url}/chat/completions"

    def body(self, messages: list[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._options, "messages": messages, **fields}

    def read(self, answer: Mapping[str, Any]) -> Answer | Stated:
        choice = _first_choice(answer)
        if error := _error_within(answer, choice):
            return error
        message = choice.get("message")
        if not isinstance(message, dict):
            raise ValueError("has no message in it")  # noqa: TRY004  it is no bug of ours
        said = {"role": "assistant", **{name: value for name, value in message.items() if value}}
        stop = str(choice.get("finish_reason") or "")
        counted = answer.get("usage")
        return Answer(
            said,
            str(answer.get("model") or self._model),
            _finish(said, stop),
            stop,
            _usage(counted),
            stated_cost_usd(counted),
        )

    def stated(self, answer: Mapping[str, Any]) -> Stated:
        return stated(answer)

    def filtered(self) -> Message:
        return {"role": "assistant", "refusal": FILTERED}

    def text(self, message: Message) -> str:
        content = message.get("content")
        if isinstance(content, list):
            parts = (part.get("text", "") for part in content if isinstance(part, dict))
            content = "".join(map(str, parts))
        return str(content or "")

    def refusal(self, message: Message) -> str:
        return str(message.get("refusal") or "")

    def calls(self, message: Message) -> list[Call]:
        return [call_in(call["function"]) for call in _calls(message)]

    def echo(self, message: Message, *, with_calls: bool) -> list[Message]:
        calls = [_sendable(call, index) for index, call in enumerate(_calls(message))]
        said = self.text(message) or self.refusal(message)
        kept = {name: message[name] for name in _KEPT if message.get(name)}
        if with_calls and calls:
            content = said or None
            return [{"role": "assistant", "content": content, "tool_calls": calls, **kept}]
        return [{"role": "assistant", "content": said or EMPTY, **kept}]

    def results(self, echoed: Sequence[Message], texts: Iterable[str]) -> list[Message]:
        calls = echoed[0].get("tool_calls", ())
        return [
            {"role": "tool", "tool_call_id": call["id"], "content": text}
            for call, text in zip(calls, texts, strict=False)
        ]

    def constrain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        named = {"name": SCHEMA_NAME, "strict": False, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": named}}

    def cleared(self, message: Message, mark: str) -> Message:
        if message["role"] == "assistant" or len(message["content"]) <= len(mark):
            return message
        return {**message, "content": mark}

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        *before, last = messages
        if last["role"] != "user":
            return [*messages, self.user(text)]
        return [*before, self.user(f"{last['content']}\n\n{text}")]  # some refuse two in a row

    @staticmethod
    def _definition(tool: Tool) -> dict[str, Any]:
        function = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
        return {"type": "function", "function": function}


def _options(spec: AgentSpec, seed: int | None, cache_key: str) -> dict[str, Any]:
    """Return what every request says; some of the names differ from provider to provider."""
    quirks = spec.quirks
    limit = "max_completion_tokens" if "max_completion_tokens" in quirks else "max_tokens"
    options = {
        "model": spec.model,
        limit: spec.max_output_tokens,
        "temperature": spec.temperature,
        "reasoning_effort": spec.reasoning_effort,
        "random_seed" if "random_seed" in quirks else "seed": seed,
        "prompt_cache_key": cache_key_of(spec, cache_key),
    }
    return given(options)


def _first_choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    match answer.get("choices"):
        case [dict() as choice, *_]:
            return choice
    return {}


def _error_within(answer: Mapping[str, Any], choice: Mapping[str, Any]) -> Stated | None:
    """Find the error in an answer with status 200: beside its choices, in one, or in its finish.

    An answer may be half there when its provider fails; that is nobody's step.
    """
    for part in (answer, choice):
        if is_error(part.get("error")):
            return stated(part)
    if choice.get("finish_reason") == "error" and not _is_models_own(choice):
        return Stated("the answer broke off with an error")
    return None


def _is_models_own(choice: Mapping[str, Any]) -> bool:
    return choice.get("native_finish_reason") == _MODELS_OWN_ERROR


def _finish(message: Message, stop: str) -> Finish:
    if stop == "error":
        return "malformed"
    finish = _FINISHES.get(stop, "other")
    return "refusal" if message.get("refusal") and finish == "stop" else finish


def _usage(stated: Any) -> Usage | None:
    if not isinstance(stated, dict):
        return None
    given = stated.get("prompt_tokens_details")
    written = stated.get("completion_tokens_details")
    return usage(
        count(stated, "prompt_tokens"),
        count(given, "cached_tokens", count(stated, "prompt_cache_hit_tokens", 0)),
        count(given, "cache_write_tokens", 0),
        count(stated, "completion_tokens"),
        count(written, "reasoning_tokens", 0),
    )


def _calls(message: Message) -> list[Mapping[str, Any]]:
    """Return the calls in an assistant's message that are calls at all."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return []
    return [
        call for call in calls if isinstance(call, dict) and isinstance(call.get("function"), dict)
    ]


def _sendable(call: Mapping[str, Any], index: int) -> Message:
    """Return a call as endpoints take it back, with what else a provider put into it."""
    function = call["function"]
    return {
        **call,
        "id": str(call.get("id") or f"call_{index}"),
        "type": "function",
        "function": {**function, **mended(function)},
    }
