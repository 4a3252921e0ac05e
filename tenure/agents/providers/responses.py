"""OpenAI's Responses, without its memory: `store` is false and every request is whole.

A message of the conversation is an item of the API; what a model says are several. Reasoning comes
encrypted and is sent back as it came, in its place before what it led to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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

_STATUS_OF_CODE = {"rate_limit_exceeded": 429, "server_error": 500}
_INCOMPLETE: dict[str, Finish] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}


class Responses(OpenAI):
    """One model behind an endpoint that speaks Responses.

    Args:
        spec: The model and what is asked of it.
        cache_key: Tells the provider which requests begin alike; sent where it is known.
    """

    def __init__(self, spec: AgentSpec, cache_key: str = "") -> None:
        self._model = spec.model
        self._options = _options(spec, cache_key)

    def url(self, base_url: str) -> str:
        return f"{base_url}/responses"

    def body(self, messages: list[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**self._options, "input": messages, **fields}

    def read(self, answer: Mapping[str, Any]) -> Answer | Stated:
        status = answer.get("status")
        if is_error(answer.get("error")) or status == "failed":
            return self.stated(answer)
        output = answer.get("output")
        if not isinstance(output, list):
            raise ValueError("has no output in it")  # noqa: TRY004  it is no bug of ours
        if status not in ("completed", "incomplete"):
            raise ValueError(f"is not finished: its status is {status!r}")
        message = {"role": "assistant", "output": output}
        stop = _stop(answer)
        counted = answer.get("usage")
        return Answer(
            message,
            str(answer.get("model") or self._model),
            self._finish(message, stop),
            stop,
            _usage(counted),
            stated_cost_usd(counted),
        )

    def stated(self, answer: Mapping[str, Any]) -> Stated:
        error = stated(answer)
        return error._replace(status=error.status or _STATUS_OF_CODE.get(error.code, 0))

    def filtered(self) -> Message:
        content = [{"type": "refusal", "refusal": FILTERED}]
        return {"role": "assistant", "output": [_said(content)]}

    def text(self, message: Message) -> str:
        return "".join(_parts(message, "output_text", "text"))

    def refusal(self, message: Message) -> str:
        return "".join(_parts(message, "refusal", "refusal"))

    def calls(self, message: Message) -> list[Call]:
        items = _items(message)
        return [call_in(item) for item in items if item.get("type") == "function_call"]

    def echo(self, message: Message, *, with_calls: bool) -> list[Message]:
        sent = [
            _sendable(item, index)
            for index, item in enumerate(_items(message))
            if with_calls or item.get("type") != "function_call"
        ]
        said = {item.get("type") for item in sent} - {"reasoning"}
        return sent if said else [*sent, {"role": "assistant", "content": EMPTY}]

    def results(self, echoed: Sequence[Message], texts: Iterable[str]) -> list[Message]:
        calls = [item["call_id"] for item in echoed if item.get("type") == "function_call"]
        return [
            {"type": "function_call_output", "call_id": call_id, "output": text}
            for call_id, text in zip(calls, texts, strict=False)
        ]

    def constrain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = {"type": "json_schema", "name": SCHEMA_NAME, "strict": False, "schema": schema}
        return {"text": {"format": wanted}}

    def cleared(self, message: Message, mark: str) -> Message:
        said = "output" if message.get("type") == "function_call_output" else "content"
        is_theirs = said == "output" or message.get("role") == "user"
        return {**message, said: mark} if is_theirs and len(message[said]) > len(mark) else message

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        return [*messages, self.user(text)]

    def _finish(self, message: Message, stop: str) -> Finish:
        if stop != "completed":
            return _INCOMPLETE.get(stop, "other")
        if self.calls(message):
            return "tool_calls"
        return "refusal" if self.refusal(message) else "stop"

    @staticmethod
    def _definition(tool: Tool) -> dict[str, Any]:
        return {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.schema,
            "strict": False,
        }


def _options(spec: AgentSpec, cache_key: str) -> dict[str, Any]:
    include = None if "no_reasoning" in spec.quirks else ["reasoning.encrypted_content"]
    options = {
        "model": spec.model,
        "max_output_tokens": spec.max_output_tokens,
        "temperature": spec.temperature,
        "reasoning": {"effort": spec.reasoning_effort} if spec.reasoning_effort else None,
        "store": False,
        "include": include,
        "prompt_cache_key": cache_key_of(spec, cache_key),
    }
    return given(options)


def _stop(answer: Mapping[str, Any]) -> str:
    """Return the status, or why the answer is incomplete."""
    details = answer.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return str(reason or answer["status"])


def _items(message: Message) -> list[dict[str, Any]]:
    output = message.get("output")
    return [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []


def _parts(message: Message, kind: str, field: str) -> Iterator[str]:
    for item in _items(message):
        content = item.get("content") if item.get("type") == "message" else None
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == kind:
                yield str(part.get(field) or "")


def _said(content: list[dict[str, Any]]) -> dict[str, Any]:
    status = {"status": "completed", "id": "msg_0"}
    return {"type": "message", "role": "assistant", **status, "content": content}


def _sendable(item: Mapping[str, Any], index: int) -> Message:
    """Return an item as endpoints take it back; they refuse fields that say null."""
    sent = given(item)
    if sent.get("type") != "function_call":
        return sent
    return {
        **sent,
        "call_id": str(sent.get("call_id") or f"call_{index}"),
        **mended(sent),
    }


def _usage(stated: Any) -> Usage | None:
    if not isinstance(stated, dict):
        return None
    given = stated.get("input_tokens_details")
    return usage(
        count(stated, "input_tokens"),
        count(given, "cached_tokens", 0),
        count(given, "cache_write_tokens", 0),
        count(stated, "output_tokens"),
        count(stated.get("output_tokens_details"), "reasoning_tokens", 0),
    )
