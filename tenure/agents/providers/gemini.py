"""Google's Gemini `generateContent`.

A message of the conversation is a `Content`, except the first, which is the system instruction.
What a model says is sent back part by part as it came, with the signatures of its thoughts, which
the API demands for calls. A prompt's beginning is cached without being asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

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

_VERSIONS = ("/v1", "/v1beta", "/v1alpha")
_FINISHES: dict[str, Finish] = {"STOP": "stop", "MAX_TOKENS": "length"}
_FINISHES |= dict.fromkeys(
    (
        *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        *("ESCALATION", "MODEL_ARMOR"),
    ),
    "content_filter",
)
_FINISHES |= dict.fromkeys(
    (
        *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"),
        *("TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"),
    ),
    "malformed",
)
_ACCOUNT_LIMITED = "PUP_LIMITED_DISABLED"
"""How an answer ends that the account, and not the model, is to blame for."""
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d+)?)s")
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


class Gemini:
    """One model behind an endpoint that speaks `generateContent`.

    Args:
        spec: The model and what is asked of it.
        seed: Sent with every request, or `None`.
    """

    def __init__(self, spec: AgentSpec, seed: int | None = None) -> None:
        self._model = spec.model
        self._generation = _generation(spec, seed)

    def url(self, base_url: str) -> str:
        version = "" if base_url.endswith(_VERSIONS) else "/v1beta"
        return f"{base_url}{version}/models/{quote(self._model, safe='')}:generateContent"

    def headers(self, key: str) -> dict[str, str]:
        return {"x-goog-api-key": key} if key else {}

    def body(self, messages: list[Message], fields: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "systemInstruction": messages[0],
            "contents": messages[1:],
            "generationConfig": self._generation,
            **fields,
        }

    def read(self, answer: Mapping[str, Any]) -> Answer | Stated:
        if answer.get("error"):
            return self.stated(answer)
        model, counted = str(answer.get("modelVersion") or self._model), answer.get("usageMetadata")
        if blocked := _blocked(answer):
            return Answer(self.filtered(), model, "content_filter", blocked, _usage(counted))
        match answer.get("candidates"):
            case [dict() as candidate, *_]:
                return self._candidate(candidate, model, counted)
        raise ValueError("has no candidate in it")

    def stated(self, answer: Mapping[str, Any]) -> Stated:
        error = answer.get("error")
        status = str(error.get("status") or "") if isinstance(error, dict) else ""
        said = stated(answer)
        return said._replace(code=status or said.code, retry_after_s=_retry_after_s(error))

    def filtered(self) -> Message:
        return {"role": "model", "parts": [{"text": FILTERED}]}

    def system(self, text: str) -> Message:
        return {"parts": [{"text": text}]}

    def user(self, text: str) -> Message:
        return {"role": "user", "parts": [{"text": text}]}

    def text(self, message: Message) -> str:
        said = (part for part in _parts(message) if not part.get("thought"))
        return "".join(str(part.get("text") or "") for part in said)

    def refusal(self, message: Message) -> str:  # noqa: ARG002  a refusal is text here
        return ""

    def calls(self, message: Message) -> list[Call]:
        functions = (part["functionCall"] for part in _parts(message) if _is_call(part))
        return [Call(function.get("name"), function.get("args")) for function in functions]

    def echo(self, message: Message, *, with_calls: bool) -> list[Message]:
        parts = list(_sendable(message, with_calls=with_calls))
        return [{"role": "model", "parts": parts or [{"text": EMPTY}]}]

    def results(self, echoed: Sequence[Message], texts: Iterable[str]) -> list[Message]:
        calls = [part["functionCall"] for part in echoed[0]["parts"] if _is_call(part)]
        told = [_result(call, text) for call, text in zip(calls, texts, strict=False)]
        return [{"role": "user", "parts": told}] if told else []

    def offer(self, toolbox: Toolbox, *, parallel: bool) -> Mapping[str, Any]:  # noqa: ARG002  the API cannot be told
        return {
            "tools": [{"functionDeclarations": defined(_definition, toolbox)}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
        }

    def constrain(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted = {"responseMimeType": "application/json", "responseJsonSchema": schema}
        return {"generationConfig": {**self._generation, **wanted}}

    def forbid(self, offer: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**offer, "toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}

    def cleared(self, message: Message, mark: str) -> Message:
        if message["role"] != "user":
            return message
        shown = [_marked(part, mark) for part in message["parts"]]
        return {**message, "parts": shown} if shown != message["parts"] else message

    def asked(self, messages: Sequence[Message], text: str) -> list[Message]:
        *before, last = messages
        if last["role"] != "user":
            return [*messages, self.user(text)]
        return [*before, {**last, "parts": [*last["parts"], {"text": text}]}]

    def _candidate(self, candidate: Mapping[str, Any], model: str, counted: Any) -> Answer | Stated:
        stop = str(candidate.get("finishReason") or "")
        if stop == _ACCOUNT_LIMITED:
            return Stated("the account is limited by the provider's policy", stop, 403)
        content = candidate.get("content")
        parts = _parts(content) if isinstance(content, dict) else []
        message = {"role": "model", "parts": parts}
        finish = _FINISHES.get(stop, "other")
        if finish == "stop" and self.calls(message):
            finish = "tool_calls"
        return Answer(message, model, finish, stop, _usage(counted))


def _generation(spec: AgentSpec, seed: int | None) -> dict[str, Any]:
    options = {
        "maxOutputTokens": spec.max_output_tokens,
        "temperature": spec.temperature,
        "seed": seed,
        "thinkingConfig": _thinking(spec.reasoning_effort),
    }
    return given(options)


def _thinking(effort: str | None) -> dict[str, Any] | None:
    if effort == "none":
        return {"thinkingBudget": 0}
    return {"thinkingLevel": effort.upper()} if effort else None


def _blocked(answer: Mapping[str, Any]) -> str:
    """Return why the prompt itself was blocked; empty if it was not."""
    feedback = answer.get("promptFeedback")
    return str(feedback.get("blockReason") or "") if isinstance(feedback, dict) else ""


def _parts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = content.get("parts")
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _is_call(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("functionCall"), dict)


def _sendable(message: Message, *, with_calls: bool) -> Iterator[dict[str, Any]]:
    """Yield the parts that the API takes back; one that only signs a thought is one of them."""
    for part in _parts(message):
        if _is_call(part):
            if with_calls:
                yield {**part, "functionCall": _call(part["functionCall"])}
        elif part.get("text") or part.get("thoughtSignature"):
            yield part


def _call(function: Mapping[str, Any]) -> dict[str, Any]:
    mended = {
        "name": tool_name(function.get("name")),
        "args": arguments_object(function.get("args")),
    }
    return {**function, **mended}


def _marked(part: dict[str, Any], mark: str) -> dict[str, Any]:
    """Return a user's part with a mark in place of a longer text."""
    if "text" in part:
        return {"text": mark} if len(part["text"]) > len(mark) else part
    answer = part["functionResponse"]
    if len(answer["response"]["result"]) <= len(mark):
        return part
    return {"functionResponse": {**answer, "response": {"result": mark}}}


def _result(function: Mapping[str, Any], text: str) -> dict[str, Any]:
    identified = {"id": function["id"]} if function.get("id") else {}
    answer = {"name": function["name"], "response": {"result": text}}
    return {"functionResponse": {**identified, **answer}}


def _definition(tool: Tool) -> dict[str, Any]:
    declared = {"name": tool.name, "description": tool.description}
    has_arguments = bool(tool.schema.get("properties"))
    return declared | ({"parametersJsonSchema": tool.schema} if has_arguments else {})


def _retry_after_s(error: Any) -> float | None:
    """Read `RetryInfo`, whose delay is text such as `17.5s` (google/rpc/error_details.proto)."""
    details = error.get("details") if isinstance(error, dict) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and detail.get("@type") == _RETRY_INFO:
            delay = _SECONDS.fullmatch(str(detail.get("retryDelay")))
            return float(delay[1]) if delay else None
    return None


def _usage(stated: Any) -> Usage | None:
    """Read the counts; the thoughts are not among the candidates' tokens there."""
    prompt, tools = count(stated, "promptTokenCount"), count(stated, "toolUsePromptTokenCount", 0)
    said = count(stated, "candidatesTokenCount", 0)
    thought = count(stated, "thoughtsTokenCount", 0)
    if prompt is None or tools is None or said is None or thought is None:
        return None
    cached = count(stated, "cachedContentTokenCount", 0)
    return usage(prompt + tools, cached, 0, said + thought, thought)
