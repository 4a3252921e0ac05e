"""Inspect's log format (`.eval`), written by Inspect itself.

An episode is a log with one sample; its conversation is the sample's messages. Nobody recorded
when it was played, so the log is dated `UNDATED`. Simulated time, figures, events, faults and
digests are in the messages' metadata, and so is every field that this Tenure does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure.envs.delegation import WORKER
from tenure.scoring.export.fields import (
    brief_of,
    end_of,
    header_of,
    left_over,
    model_of,
    name_in_seat,
)
from tenure.scoring.records import Episode
from tenure.scoring.scenes import Scene, scenes
from tenure.scoring.scorecard import EpisodeScore, score_episode
from tenure.scoring.spending import MAIN_SEAT, Spending, spending

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalResults, EvalSample
    from inspect_ai.model import ChatMessage, ModelUsage
    from inspect_ai.scorer import Score

UNDATED = "2000-01-01T00:00:00+00:00"


def write(episodes: Iterable[Episode], path: Path) -> None:
    """Write the one episode there is as a log of Inspect."""
    from inspect_ai.log import write_eval_log

    (episode,) = episodes
    path.unlink(missing_ok=True)
    write_eval_log(log(episode), str(path), format="eval")


def log(episode: Episode) -> EvalLog:
    """Return an episode as a log of Inspect with one sample."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSpec, EvalStats

    scenario = episode.header["scenario"]
    version = scenario.get("version")
    outcome = score_episode(episode)
    scores = _scores(outcome) if isinstance(outcome, EpisodeScore) else {}
    spent = spending(episode.steps)
    return EvalLog(
        status="success" if episode.complete else "cancelled",
        eval=EvalSpec(
            created=UNDATED,
            eval_id=_id(episode, "eval"),
            run_id=_id(episode, "run"),
            task_id=_id(episode, "task"),
            task=episode.scenario_id or "unnamed",
            task_version=version if isinstance(version, int | str) else 0,
            task_args={"seed": episode.seed, **_object(scenario.get("parameters"))},
            dataset=EvalDataset(
                name=episode.scenario_id, samples=1, sample_ids=[f"seed-{episode.seed}"]
            ),
            model=episode.agent_name,
            config=EvalConfig(),
            packages={"tenure": episode.header["tenure"]},
            metadata={"tenure": {"agent": dict(episode.header["agent"])}},
        ),
        results=_results(scores),
        stats=EvalStats(
            started_at=UNDATED, completed_at=UNDATED, model_usage=_usage(episode, spent)
        ),
        samples=[_sample(episode, scores, spent)],
    )


def _sample(episode: Episode, scores: dict[str, Score], spent: Spending) -> EvalSample:
    from inspect_ai.log import EvalSample

    return EvalSample(
        id=f"seed-{episode.seed}",
        epoch=episode.attempt + 1,
        input=episode.header["opening"],
        target="",
        messages=list(_messages(episode)),
        scores=scores,
        metadata={"tenure": {"header": header_of(episode), "end": end_of(episode)}},
        model_usage=_usage(episode, spent),
        turn_count=spent.model_calls,
        uuid=_id(episode, "sample"),
    )


def _messages(episode: Episode) -> Iterator[ChatMessage]:
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    yield ChatMessageSystem(id="brief", content=brief_of(episode))
    acted = False
    for scene in scenes(episode):
        acted = True
        if scene.opening:
            seat = scene.step.get("seat", "")
            told = {"tenure": {"seat": seat}} if seat else None
            opening = f"opening-{seat}".removesuffix("-")
            yield ChatMessageUser(id=opening, content=scene.opening, metadata=told)
        yield from _turn(scene)
    if not acted:
        yield ChatMessageUser(id="opening", content=episode.header["opening"])


def _turn(scene: Scene) -> Iterator[ChatMessage]:
    """Yield what an agent said and what came back: a tool's message if it was a call."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageTool, ChatMessageUser
    from inspect_ai.tool import ToolCall, ToolCallError

    n = scene.step["n"]
    call = scene.call
    asked = call if call is not None and isinstance(call.arguments, dict) else None
    called = (
        [ToolCall(id=f"step-{n}", function=asked.name, arguments=asked.arguments)]
        if asked
        else None
    )
    yield ChatMessageAssistant(
        id=f"step-{n}-said",
        content=scene.said or ("" if asked else scene.step["action"]),
        tool_calls=called,
        model=model_of(scene),
        metadata={"tenure": _metadata(scene)},
    )
    if scene.answer is None:
        return
    if asked is None:
        yield ChatMessageUser(id=f"step-{n}-read", content=scene.answer)
        return
    fault = scene.step.get("fault")
    yield ChatMessageTool(
        id=f"step-{n}-read",
        content=scene.answer,
        tool_call_id=f"step-{n}",
        function=asked.name,
        error=ToolCallError("unknown", fault) if fault else None,
    )


def _metadata(scene: Scene) -> dict[str, Any]:
    told = left_over(scene.step, "type", "text", "hash")
    return {"day": scene.day, "began": scene.began, **told}


def _scores(outcome: EpisodeScore) -> dict[str, Score]:
    from inspect_ai.scorer import Score

    scores = {"score": Score(value=outcome.score, metadata={"figures": outcome.figures})}
    if outcome.normalised is not None:
        scores["normalised"] = Score(value=outcome.normalised)
    return scores


def _results(scores: dict[str, Score]) -> EvalResults:
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    found = [
        EvalScore(
            name=name,
            scorer="tenure",
            scored_samples=1,
            metrics={"mean": EvalMetric(name="mean", value=score.as_float())},
        )
        for name, score in scores.items()
    ]
    return EvalResults(total_samples=1, completed_samples=int(bool(scores)), scores=found)


def _usage(episode: Episode, spent: Spending) -> dict[str, ModelUsage]:
    """Return what is known of tokens and cost; nothing where no model acted."""
    from inspect_ai.model import ModelUsage

    if not spent.model_calls:
        return {}
    found: dict[str, ModelUsage] = {}
    for name, own in _by_model(episode, spent).items():
        tokens = own.known_tokens
        found[name] = ModelUsage(
            input_tokens=tokens.input - tokens.cached - tokens.cache_write,
            output_tokens=tokens.output,
            total_tokens=tokens.input + tokens.output,
            input_tokens_cache_read=tokens.cached,
            input_tokens_cache_write=tokens.cache_write,
            reasoning_tokens=tokens.reasoning,
            total_cost=own.cost_usd,
        )
    return found


def _by_model(episode: Episode, spent: Spending) -> dict[str, Spending]:
    """Return what each model took: a sub-agent's may be another than its employer's."""
    employee = name_in_seat(episode, WORKER)
    if employee == episode.agent_name or set(spent.seats) != {MAIN_SEAT, WORKER}:
        return {episode.agent_name: spent}
    by_name = {episode.agent_name: spent.seats[MAIN_SEAT], employee: spent.seats[WORKER]}
    return {name: own for name, own in by_name.items() if own.model_calls}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(episode: Episode, what: str) -> str:
    """Return an id that is the same whenever the same record is exported."""
    return sha256(f"{episode.head}:{what}".encode()).hexdigest()[:22]
