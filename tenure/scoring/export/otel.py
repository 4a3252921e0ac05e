"""OpenTelemetry spans by the GenAI conventions of semconv 1.41, as lines of OTLP/JSON.

One `invoke_agent` span is the episode; in it every model call is a `chat` span and every tool
call an `execute_tool` span. A step whose action was no call is a span `no_call`.

The record holds no wall-clock time but how long model calls took. So the spans follow each other
from `START_NS` on: a chat takes its `latency_ms`, anything else a microsecond, which only keeps the
order. Simulated time is in the attributes `tenure.day`, `tenure.began` and `tenure.minute`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from tenure.scoring.export.fields import (
    end_of,
    header_of,
    left_over,
    model_of,
    name_in_seat,
    session_of,
)
from tenure.scoring.limits import told_usd
from tenure.scoring.records import Episode
from tenure.scoring.scenes import Scene, scenes
from tenure.scoring.spending import spending, tokens_of

SCHEMA_URL = "https://opentelemetry.io/schemas/1.41.0"
START_NS = 946_684_800 * 10**9
"""2000-01-01T00:00:00Z, a date that nobody takes for real."""

_INTERNAL, _CLIENT = 1, 3
_ERROR = 2
_LEAST_NS = 1_000
_SPANS_A_LINE = 500
_TIME = "spans follow each other from 2000-01-01; only chat spans have a measured duration"
_LONGEST_MS = 10**10

Span = dict[str, Any]


def write(episodes: Iterable[Episode], path: Path) -> None:
    """Write the one episode there is as OTLP/JSON, some hundred spans a line."""
    (episode,) = episodes
    every = spans(episode)
    with path.open("wb") as file:
        while batch := list(islice(every, _SPANS_A_LINE)):
            file.write(orjson.dumps(_request(episode, batch), option=orjson.OPT_APPEND_NEWLINE))


def spans(episode: Episode) -> Iterator[Span]:
    """Yield the spans of an episode; the one that holds the others comes last, as it ends last."""
    now = START_NS
    for scene in scenes(episode):
        if scene.exchange:
            chat = _chat(episode, scene, now)
            now = int(chat["endTimeUnixNano"])
            yield chat
        yield _tool(episode, scene, now)
        now += _LEAST_NS
    yield _invocation(episode, now)


def _request(episode: Episode, batch: list[Span]) -> dict[str, Any]:
    resource = {
        "service.name": "tenure",
        "service.version": episode.header["tenure"],
        "tenure.time": _TIME,
    }
    scope = {"name": "tenure.export", "version": episode.header["tenure"]}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [{"scope": scope, "spans": batch, "schemaUrl": SCHEMA_URL}],
                "schemaUrl": SCHEMA_URL,
            }
        ]
    }


def _invocation(episode: Episode, end: int) -> Span:
    spent = spending(episode.steps)
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.provider.name": _provider(episode.agent_name),
        "gen_ai.agent.name": episode.agent_name,
        "gen_ai.conversation.id": session_of(episode),
        "tenure.opening": episode.header["opening"],
        "tenure.header": _json(header_of(episode)),
        "tenure.end": _json(end_of(episode)),
    }
    if spent.model_calls and spent.tokens is not None:
        attributes["gen_ai.usage.input_tokens"] = spent.tokens.input
        attributes["gen_ai.usage.output_tokens"] = spent.tokens.output
    if spent.model_calls and spent.cost_usd is not None:
        attributes["tenure.cost_usd"] = spent.cost_usd
    name = f"invoke_agent {episode.agent_name}"
    return _span(episode, "agent", name, _INTERNAL, START_NS, max(end, START_NS + 1), attributes)


def _chat(episode: Episode, scene: Scene, start: int) -> Span:
    """Return a model call: what it gave is here, what it was given is in the tools' spans."""
    exchange = scene.exchange
    model = model_of(scene)
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _provider(name_in_seat(episode, scene.step.get("seat", ""))),
        "gen_ai.conversation.id": session_of(episode),
        **({"gen_ai.response.model": model} if model else {}),
        "gen_ai.output.messages": _json([_output(scene)]),
        **_place(scene),
        "tenure.exchange": _json(left_over(exchange, "message")),
    }
    if tokens := tokens_of(exchange):
        attributes["gen_ai.usage.input_tokens"] = tokens.input
        attributes["gen_ai.usage.output_tokens"] = tokens.output
        attributes["gen_ai.usage.cache_read.input_tokens"] = tokens.cached
        attributes["gen_ai.usage.cache_creation.input_tokens"] = tokens.cache_write
    if isinstance(finish := exchange.get("finish"), str):
        attributes["gen_ai.response.finish_reasons"] = [finish]
    if (cost := told_usd(exchange)) is not None:
        attributes["tenure.cost_usd"] = cost
    end = start + max(_LEAST_NS, _latency_ms(exchange) * 10**6)
    name = f"chat {model}" if model else "chat"
    parent = _span_id(episode, "agent")
    key = f"chat-{scene.step['n']}"
    return _span(episode, key, name, _CLIENT, start, end, attributes, parent=parent)


def _output(scene: Scene) -> dict[str, Any]:
    """Return a model's answer as the conventions write messages."""
    words = {"reasoning": scene.reasoning, "text": scene.said}
    parts: list[dict[str, Any]] = [
        {"type": kind, "content": said} for kind, said in words.items() if said
    ]
    if scene.call is not None:
        name, arguments = scene.call
        called = {"id": f"step-{scene.step['n']}", "name": name, "arguments": arguments}
        parts.append({"type": "tool_call", **called})
    finish = scene.exchange.get("finish")
    return {"role": "assistant", "parts": parts, "finish_reason": str(finish or "unknown")}


def _tool(episode: Episode, scene: Scene, start: int) -> Span:
    step = scene.step
    attributes: dict[str, Any] = {"gen_ai.conversation.id": session_of(episode), **_place(scene)}
    if scene.call is None:
        name = "no_call"
    else:
        name = f"execute_tool {scene.call.name}"
        attributes |= {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": scene.call.name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": f"step-{step['n']}",
            "gen_ai.tool.call.arguments": _json(scene.call.arguments),
        }
    if scene.answer is not None:
        attributes["gen_ai.tool.call.result"] = scene.answer
    if scene.opening:
        attributes["tenure.opening"] = scene.opening
    if fault := step.get("fault"):
        attributes["error.type"] = fault
    told = ("type", "n", "seat", "minute", "text", "exchange", "hash")
    attributes |= {f"tenure.{key}": _plain(value) for key, value in left_over(step, *told).items()}
    parent, key = _span_id(episode, "agent"), f"step-{step['n']}"
    end = start + _LEAST_NS
    return _span(
        episode, key, name, _INTERNAL, start, end, attributes, parent=parent, error=fault or ""
    )


def _place(scene: Scene) -> dict[str, Any]:
    """Return which step it is and when, in simulated time."""
    step = scene.step
    seat = {"tenure.seat": step["seat"]} if "seat" in step else {}
    times = {"tenure.began": scene.began, "tenure.minute": step["minute"]}
    return {"tenure.n": step["n"], "tenure.day": scene.day, **times, **seat}


def _span(  # noqa: PLR0917  the seven facts of a span, in the order of the format
    episode: Episode,
    key: str,
    name: str,
    kind: int,
    start: int,
    end: int,
    attributes: Mapping[str, Any],
    *,
    parent: str = "",
    error: str = "",
) -> Span:
    return {
        "traceId": episode.head[:32],
        "spanId": _span_id(episode, key),
        **({"parentSpanId": parent} if parent else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "attributes": _attributes(attributes),
        **({"status": {"code": _ERROR, "message": error}} if error else {}),
    }


def _span_id(episode: Episode, key: str) -> str:
    return sha256(f"{episode.head}:{key}".encode()).hexdigest()[:16]


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    """Return an attribute's value as OTLP/JSON spells it: 64-bit integers are strings there."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}


def _plain(value: Any) -> Any:
    """Return what an attribute can hold as it is, and anything else as JSON."""
    return value if isinstance(value, str | int | float) else _json(value)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _latency_ms(exchange: Mapping[str, Any]) -> int:
    found = exchange.get("latency_ms")
    known = isinstance(found, int | float) and 0 <= found < _LONGEST_MS
    return int(found) if known and found is not None else 0


def _provider(name: str) -> str:
    """Return who answered: what stands before the slash in a model's name, or Tenure itself."""
    provider, slash, _ = name.partition("/")
    return provider if slash else "tenure"
