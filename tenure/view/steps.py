"""Single steps: as lines of a list, in full, and those in which a text stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tenure import __version__
from tenure.agents.rebuilding import Request
from tenure.errors import TenureError, UsageError
from tenure.runner import rebuilding
from tenure.runner.fork import Change, command
from tenure.scoring.replay import recorded_scenario
from tenure.scoring.scenes import Scene
from tenure.view.library import Reading
from tenure.view.timeline import tool_of

MOST_ROWS = 500
_ROW_CHARACTERS = 160
_MOST_FOUND = 5000


def rows(reading: Reading, start: int, count: int) -> list[dict[str, Any]]:
    """Return some steps as lines of a list; at most `MOST_ROWS`, and none beyond the last."""
    return [_row(scene) for scene in reading.scenes[start : start + min(count, MOST_ROWS)]]


def _row(scene: Scene) -> dict[str, Any]:
    step = scene.step
    text = scene.call.text.partition("(")[2] if scene.call else step["action"]
    kinds = [str(event.get("kind", "")) for event in step.get("events", ())]
    return {
        "n": step["n"],
        "began": scene.began,
        "tool": tool_of(scene),
        "text": text.removesuffix(")")[:_ROW_CHARACTERS] if scene.call else text[:_ROW_CHARACTERS],
        "fault": step.get("fault", ""),
        "reward": step.get("reward", 0),
        "events": kinds[:4],
        "seat": step.get("seat", ""),
    }


def whole(reading: Reading, n: int) -> dict[str, Any]:
    """Return all that is known of a step: what was read, said, answered, changed and spent.

    Raises:
        UsageError: If there is no such step.
    """
    if not 0 <= n < len(reading.scenes):
        raise UsageError(f"There is no step {n}: the episode has {len(reading.scenes)}.")
    scene = reading.scenes[n]
    step = scene.step
    return {
        "n": n,
        "day": scene.day,
        "began": scene.began,
        "minute": step["minute"],
        "seat": step.get("seat", ""),
        "observation": observation(reading, n),
        "call": scene.call and {"name": scene.call.name, "arguments": scene.call.arguments},
        "action": step["action"],
        "said": scene.said,
        "answer": scene.answer,
        "fault": step.get("fault", ""),
        "reward": step.get("reward", 0),
        "ended": step.get("ended", ""),
        "changes": [[name, *values] for name, values in scene.changes.items()],
        "figures": dict(scene.figures),
        "events": step.get("events", []),
        "exchange": dict(scene.exchange),
        "rest": {name: step[name] for name in _REST if name in step},  # type: ignore[literal-required]  # names of this record
        "fork": command(reading.path, f"step:{n}", Change(), Path(f"fork-step-{n}")),
    }


def requests(reading: Reading, n: int) -> dict[str, Any]:
    """Return what the model was asked that took a step, rebuilt from the record.

    Returns:
        `requests`, in their order, and `note`: in what they may differ from what was sent.

    Raises:
        UsageError: If nobody was asked, or it cannot be rebuilt here.
        TrajectoryError: If the episode comes out otherwise than recorded.
    """
    found = rebuilding.requests(reading.past, n)
    return {"requests": [one.to_json() for one in found], "note": _note(reading, found)}


def _note(reading: Reading, found: Sequence[Request]) -> str:
    """Return in what rebuilt requests may differ from what was sent; empty if in nothing."""
    recorded_with = reading.episode.header["tenure"]
    notes = []
    if recorded_with != __version__:
        notes.append(
            f"Sent by Tenure {recorded_with} and rebuilt by {__version__}, which may word "
            "what it says of the window otherwise."
        )
    if not all(one.url for one in found):
        notes.append("Left out: what the server of the embedded model was told of its cache.")
    return " ".join(notes)


_REST = ("outside", "lone_surrogates", "digest", "hash")


def observation(reading: Reading, n: int) -> str:
    """Return what the seat that acts in step `n` had read just before."""
    scene = reading.scenes[n]
    if scene.opening:
        return scene.opening
    seat = scene.step.get("seat", "")
    before = (earlier for earlier in reversed(reading.scenes[:n]))
    last = next((each for each in before if each.step.get("seat", "") == seat), None)
    return (last.answer or "") if last else reading.episode.header["opening"]


def briefing(reading: Reading) -> dict[str, Any]:
    """Return what the agent was told of its job, and the whole header.

    The brief is as it was told, or, if this Tenure cannot fill it in, as the scenario has it.
    """
    header = dict(reading.episode.header)
    scenario: Mapping[str, Any] = reading.episode.header["scenario"]
    try:
        text = recorded_scenario(reading.episode).briefing
    except TenureError:
        text = str(scenario.get("brief", ""))
    return {"brief": text, "opening": header["opening"], "header": header}


def search(reading: Reading, wanted: str) -> list[int]:
    """Return the steps in whose action, call, speech or answer a text stands, whatever its case."""
    needle = wanted.casefold()
    found: list[int] = []
    for scene in reading.scenes:
        if any(needle in part.casefold() for part in _parts(scene)):
            found.append(scene.step["n"])
            if len(found) == _MOST_FOUND:
                break
    return found


def _parts(scene: Scene) -> Iterator[str]:
    yield scene.step["action"]
    yield scene.answer or ""
    yield scene.said
    yield scene.step.get("fault", "")
    yield from (str(event) for event in scene.step.get("events", ()))
