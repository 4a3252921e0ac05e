"""Two episodes beside each other: where they part."""

from __future__ import annotations

from typing import Any

from tenure.scoring.records import Episode, StepRecord
from tenure.view.library import Reading


def divergence(one: Reading, other: Reading) -> dict[str, Any]:
    """Return the first difference of two episodes.

    Returns:
        `step`, the first that is not the same in both, `None` if there is none; `what` differs
        there: `start` (another world or another beginning), `action`, `answer` (the world answered
        the same action otherwise) or `length` (one stops there); `same_world`, whether both played
        one scenario on one seed.
    """
    a, b = one.episode, other.episode
    same_world = _world(a) == _world(b)
    if a.header["opening"] != b.header["opening"] or a.header["digest"] != b.header["digest"]:
        return {"step": 0, "what": "start", "same_world": same_world}
    for n, (left, right) in enumerate(zip(a.steps, b.steps, strict=False)):
        if what := _difference(left, right):
            return {"step": n, "what": what, "same_world": same_world}
    shorter = min(len(a.steps), len(b.steps))
    if len(a.steps) != len(b.steps):
        return {"step": shorter, "what": "length", "same_world": same_world}
    return {"step": None, "what": "", "same_world": same_world}


def _world(episode: Episode) -> tuple[Any, int]:
    return episode.header["scenario"], episode.seed


def _difference(left: StepRecord, right: StepRecord) -> str:
    if left["action"] != right["action"] or left.get("seat") != right.get("seat"):
        return "action"
    if left["text"] != right["text"] or left["minute"] != right["minute"]:
        return "answer"
    return ""
