"""ATIF, the Agent Trajectory Interchange Format of Harbor, version 1.7.

An agent step is one action with what it called and what its seat read next. The brief is a system
step, and what a seat read first a user step. Simulated time, figures, events, faults and digests
stand in `extra.tenure`, and so does every field that this Tenure does not know. ATIF's
`timestamp` is left out: nobody recorded when a step was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tenure.scoring.export.fields import (
    brief_of,
    end_of,
    header_of,
    left_over,
    model_of,
    session_of,
)
from tenure.scoring.limits import told_usd
from tenure.scoring.records import Episode
from tenure.scoring.scenes import Scene, scenes
from tenure.scoring.spending import spending, tokens_of

SCHEMA_VERSION = "ATIF-v1.7"
"""The first that can say that no model was called, and readers of 1.8 take it."""

_NOTES = (
    "Exported from a Tenure record. Times in extra.tenure are simulated minutes since midnight of "
    "the first day; reward and figures are in the units that extra.tenure.header describes, hidden "
    "figures included. The message of the first step is the brief; {placeholders} in it are "
    "unfilled where the job was not installed."
)


def write(episodes: Iterable[Episode], path: Path) -> None:
    """Write the one episode there is as an ATIF file."""
    (episode,) = episodes
    path.write_bytes(orjson.dumps(trajectory(episode), option=orjson.OPT_APPEND_NEWLINE))


def trajectory(episode: Episode) -> dict[str, Any]:
    """Return an episode as an ATIF trajectory."""
    steps = [{"step_id": number, **step} for number, step in enumerate(_steps(episode), start=1)]
    header = episode.header
    return {
        "schema_version": SCHEMA_VERSION,
        "session_id": session_of(episode),
        "trajectory_id": episode.head,
        "agent": {
            "name": episode.agent_name,
            "version": header["tenure"],
            "extra": dict(header["agent"]),
        },
        "steps": steps,
        "notes": _NOTES,
        "final_metrics": _final_metrics(episode, len(steps)),
        "extra": {"tenure": {"header": header_of(episode), "end": end_of(episode)}},
    }


def action_of(step: dict[str, Any]) -> str:
    """Return the action of an agent step of an export, as the record has it."""
    extra: dict[str, Any] = step["extra"]["tenure"]
    if "action" in extra:
        return str(extra["action"])
    if "tool_calls" not in step:
        return str(step["message"])
    (call,) = step["tool_calls"]
    return _as_action(call)


def _steps(episode: Episode) -> Iterator[dict[str, Any]]:
    yield {"source": "system", "message": brief_of(episode)}
    acted = False
    for scene in scenes(episode):
        acted = True
        if scene.opening:
            yield _opening(scene.opening, scene.step.get("seat"))
        yield _agent_step(scene)
    if not acted:
        yield _opening(episode.header["opening"], None)


def _opening(text: str, seat: str | None) -> dict[str, Any]:
    told = {"extra": {"tenure": {"seat": seat}}} if seat else {}
    return {"source": "user", "message": text, **told}


def _agent_step(scene: Scene) -> dict[str, Any]:
    step: dict[str, Any] = {"source": "agent"}
    if model := model_of(scene):
        step["model_name"] = model
    step["message"] = scene.said or ("" if scene.call else scene.step["action"])
    if thought := scene.reasoning:
        step["reasoning_content"] = thought
    calls = _tool_calls(scene)
    if calls:
        step["tool_calls"] = calls
    if scene.answer is not None:
        source = {"source_call_id": calls[0]["tool_call_id"]} if calls else {}
        step["observation"] = {"results": [{**source, "content": scene.answer}]}
    if metrics := _metrics(scene):
        step["metrics"] = metrics
    step["llm_call_count"] = 1 if "exchange" in scene.step else 0
    step["extra"] = {"tenure": _extra(scene, step)}
    return step


def _tool_calls(scene: Scene) -> list[dict[str, Any]]:
    if scene.call is None or not isinstance(scene.call.arguments, dict):
        return []
    name, arguments = scene.call
    call_id = f"step-{scene.step['n']}"
    return [{"tool_call_id": call_id, "function_name": name, "arguments": arguments}]


def _metrics(scene: Scene) -> dict[str, Any]:
    metrics: dict[str, Any] = {}
    if tokens := tokens_of(scene.exchange):
        metrics = {
            "prompt_tokens": tokens.input,
            "completion_tokens": tokens.output,
            "cached_tokens": tokens.cached,
            "extra": {
                "reasoning_tokens": tokens.reasoning,
                "cache_write_tokens": tokens.cache_write,
            },
        }
    if (cost := told_usd(scene.exchange)) is not None:
        metrics["cost_usd"] = cost
    return metrics


def _extra(scene: Scene, step: dict[str, Any]) -> dict[str, Any]:
    """Return what ATIF has no place for; the action too, where it is not what the step says."""
    action = scene.step["action"]
    extra = {
        "day": scene.day,
        "began": scene.began,
        **left_over(scene.step, "type", "action", "text", "exchange", "hash"),
    }
    calls = step.get("tool_calls")
    if (_as_action(calls[0]) if calls else step["message"]) != action:
        extra["action"] = action
    if "exchange" in scene.step:
        plain = {"role": "assistant", "content": step["message"]}
        told = ("message",) if scene.exchange.get("message") == plain else ()
        extra["exchange"] = left_over(scene.exchange, *told)
    return extra


def _as_action(call: dict[str, Any]) -> str:
    return orjson.dumps({"name": call["function_name"], "arguments": call["arguments"]}).decode()


def _final_metrics(episode: Episode, steps: int) -> dict[str, Any]:
    spent = spending(episode.steps)
    metrics: dict[str, Any] = {"total_steps": steps}
    if spent.model_calls and spent.tokens is not None:
        metrics["total_prompt_tokens"] = spent.tokens.input
        metrics["total_completion_tokens"] = spent.tokens.output
        metrics["total_cached_tokens"] = spent.tokens.cached
    if spent.model_calls and spent.cost_usd is not None:
        metrics["total_cost_usd"] = spent.cost_usd
    return metrics
