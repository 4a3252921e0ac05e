"""The four APIs as tests know them: answers built with the vendors' own types, and their schemas.

A response is made with the SDK's types, so that what is read from it was written by who serves it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson
from anthropic.types import Message as AnthropicMessage
from google.genai import types as gemini
from openai.types.chat import ChatCompletion
from openai.types.responses import Response

SIGNATURE = "c2lnbmVk"
"""A signature of thoughts, base64 as all APIs send it."""


class Said(NamedTuple):
    """What a model says in any API.

    Attributes:
        text: Its words; may be empty.
        calls: Names and arguments of tools.
        thought: Whether signed reasoning comes first.
        stop: Why it ended: `stop`, `tool_calls`, `length`, `content_filter` or `refusal`.
    """

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    thought: bool = False
    stop: str = "stop"


CLOSE = Said(calls=(("close_for_today", {}),), stop="tool_calls")


class Counts(NamedTuple):
    """Tokens: all read, of these from a cache and into one; all written, of these reasoning."""

    read: int = 1_000
    cached: int = 600
    cache_written: int = 100
    written: int = 50
    reasoning: int = 20


COUNTS = Counts()


def chat(said: Said, counts: Counts = COUNTS) -> dict[str, Any]:
    calls = [
        {
            "id": f"call-{n}",
            "type": "function",
            "function": {"name": name, "arguments": orjson.dumps(arguments).decode()},
        }
        for n, (name, arguments) in enumerate(said.calls)
    ]
    message = {
        "role": "assistant",
        "content": None if said.stop == "refusal" else said.text or None,
        "refusal": said.text if said.stop == "refusal" else None,
        "tool_calls": calls or None,
    }
    if said.thought:
        message["reasoning_content"] = "hm"
    finish = "stop" if said.stop == "refusal" else said.stop
    answer = ChatCompletion.model_validate(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "model-1",
            "choices": [
                {"index": 0, "finish_reason": finish, "message": message, "logprobs": None}
            ],
            "usage": {
                "prompt_tokens": counts.read,
                "completion_tokens": counts.written,
                "total_tokens": counts.read + counts.written,
                "prompt_tokens_details": {
                    "cached_tokens": counts.cached,
                    "cache_write_tokens": counts.cache_written,
                },
                "completion_tokens_details": {"reasoning_tokens": counts.reasoning},
            },
        }
    )
    return answer.model_dump(mode="json")


def responses(said: Said, counts: Counts = COUNTS) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    if said.thought:
        output.append(
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SIGNATURE}
        )
    if said.text:
        part = (
            {"type": "refusal", "refusal": said.text}
            if said.stop == "refusal"
            else {"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}
        )
        head = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
        output.append({**head, "content": [part]})
    output += [
        {
            "type": "function_call",
            "id": f"fc_{n}",
            "call_id": f"call-{n}",
            "name": name,
            "arguments": orjson.dumps(arguments).decode(),
            "status": "completed",
        }
        for n, (name, arguments) in enumerate(said.calls)
    ]
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = reasons.get(said.stop)
    answer = Response.model_validate(
        {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "model": "model-1",
            "status": "incomplete" if reason else "completed",
            "incomplete_details": {"reason": reason} if reason else None,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": {
                "input_tokens": counts.read,
                "output_tokens": counts.written,
                "total_tokens": counts.read + counts.written,
                "input_tokens_details": {
                    "cached_tokens": counts.cached,
                    "cache_write_tokens": counts.cache_written,
                },
                "output_tokens_details": {"reasoning_tokens": counts.reasoning},
            },
        }
    )
    return answer.model_dump(mode="json")


def messages(said: Said, counts: Counts = COUNTS) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    if said.thought:
        content.append({"type": "thinking", "thinking": "hm", "signature": SIGNATURE})
    if said.text:
        content.append({"type": "text", "text": said.text})
    content += [
        {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": arguments}
        for n, (name, arguments) in enumerate(said.calls)
    ]
    stops = {
        "stop": "end_turn",
        "tool_calls": "tool_use",
        "length": "max_tokens",
        "refusal": "refusal",
        "content_filter": "refusal",
    }
    answer = AnthropicMessage.model_validate(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "model-1",
            "content": content,
            "stop_reason": stops[said.stop],
            "usage": {
                "input_tokens": counts.read - counts.cached - counts.cache_written,
                "cache_read_input_tokens": counts.cached,
                "cache_creation_input_tokens": counts.cache_written,
                "output_tokens": counts.written,
                "output_tokens_details": {"thinking_tokens": counts.reasoning},
            },
        }
    )
    return answer.model_dump(mode="json")


def generate_content(said: Said, counts: Counts = COUNTS) -> dict[str, Any]:
    signed = {"thought_signature": base64.b64decode(SIGNATURE)} if said.thought else {}
    parts = [gemini.Part(text=said.text)] if said.text else []
    parts += [
        gemini.Part(function_call=gemini.FunctionCall(name=name, args=arguments), **signed)
        for name, arguments in said.calls
    ]
    stops = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "refusal": "SAFETY"}
    answer = gemini.GenerateContentResponse(
        model_version="model-1",
        candidates=[
            gemini.Candidate(
                content=gemini.Content(role="model", parts=parts),
                finish_reason=gemini.FinishReason(stops.get(said.stop, "STOP")),
            )
        ],
        usage_metadata=gemini.GenerateContentResponseUsageMetadata(
            prompt_token_count=counts.read,
            cached_content_token_count=counts.cached,
            candidates_token_count=counts.written - counts.reasoning,
            thoughts_token_count=counts.reasoning,
        ),
    )
    return answer.model_dump(mode="json", by_alias=True, exclude_none=True)


class Api(NamedTuple):
    """One API: its name in a specification, how it answers, and in which header the key is."""

    name: str
    answer: Callable[..., dict[str, Any]]
    key_header: str
    path: str


APIS = {
    "chat": Api("chat", chat, "authorization", "/v1/chat/completions"),
    "responses": Api("responses", responses, "authorization", "/v1/responses"),
    "messages": Api("messages", messages, "x-api-key", "/v1/messages"),
    "gemini": Api("gemini", generate_content, "x-goog-api-key", "/v1/models/m:generateContent"),
}
