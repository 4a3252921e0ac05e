"""What a page draws of a whole episode on one axis of time: columns of numbers, and little text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tenure.scoring.scenes import Scene
from tenure.view.library import Reading, summary

_FROM = re.compile(r"^From: (.{1,200})$", re.MULTILINE)
_MAIL = re.compile(r"mail|message|letter|payment")
_MOST_THREADS = 400


def timeline(reading: Reading) -> dict[str, Any]:
    """Return an episode for the page's timeline.

    Returns:
        `episode`, its line in the list; `figures`, their descriptions, each with `steps` and
        `values`: step -1 is the start, and as many steps as there are is the end; `steps`, columns
        as long as the episode; `events`, columns in the order of the record; `threads`, with whom
        mail and payments passed. Times are minutes; names of tools, faults and kinds stand once,
        and columns hold their places.
    """
    scenes = reading.scenes
    tools = [tool_of(scene) for scene in scenes]
    faults = [scene.step.get("fault", "") for scene in scenes]
    header = reading.episode.header
    return {
        "episode": summary(reading),
        "agent": header["agent"],
        "tenure": header["tenure"],
        "start": header["minute"],
        "figures": _figures(reading),
        "steps": {
            "began": [scene.began for scene in scenes],
            "tools": (names := _by_count(tools)),
            "tool": _places(tools, names),
            "faults": (kinds := ["", *_by_count(filter(None, faults))]),
            "fault": _places(faults, kinds),
        },
        "events": _events(reading),
        "threads": threads(scenes),
    }


def tool_of(scene: Scene) -> str:
    """Return what a step called; empty if its action is no call."""
    return scene.call.name if scene.call else ""


def _figures(reading: Reading) -> list[dict[str, Any]]:
    episode = reading.episode
    found = {
        figure["name"]: {**figure, "steps": [-1], "values": [value]}
        for figure, value in zip(episode.header["figures"], episode.header["measured"], strict=True)
    }
    for n, step in enumerate(episode.steps):
        for name, value in step.get("figures", {}).items():
            if name in found:
                _add(found[name], n, value)
    if episode.end:
        for name, value in zip(episode.figure_names, episode.end["measured"], strict=True):
            _add(found[name], len(episode.steps), value)
    return list(found.values())


def _add(figure: dict[str, Any], n: int, value: int) -> None:
    figure["steps"].append(n)
    figure["values"].append(value)


def _events(reading: Reading) -> dict[str, Any]:
    """Return the events' kinds, the rarest first, and which stood at which step."""
    end: Mapping[str, Any] = reading.episode.end or {}
    records = [*reading.episode.steps, end]
    found = [
        (n, str(event.get("kind", "")))
        for n, record in enumerate(records)
        for event in record.get("events", ())
    ]
    kinds = _by_count(kind for _, kind in found)[::-1]
    return {
        "kinds": kinds,
        "step": [n for n, _ in found],
        "kind": _places([kind for _, kind in found], kinds),
    }


def threads(scenes: Iterable[Scene]) -> list[dict[str, Any]]:
    """Return with whom something was exchanged and at which steps, the busiest first.

    A mail or a payment is told by its tool's name and the argument `to`; one that was read, by
    the line `From:` of the answer. A job that words these otherwise has no threads here.
    """
    found: dict[str, dict[str, Any]] = {}
    for scene in scenes:
        if (letter := _letter(scene)) is None:
            continue
        who, way = letter
        thread = found.setdefault(who, {"who": who, "step": [], "way": []})
        thread["step"].append(scene.step["n"])
        thread["way"].append(way)
    ranked = sorted(found.values(), key=lambda thread: (-len(thread["step"]), thread["step"][0]))
    return ranked[:_MOST_THREADS]


def _letter(scene: Scene) -> tuple[str, str] | None:
    """Return with whom a step exchanged something, and in which way: `to`, `from` or `paid`."""
    if scene.call is None or not _MAIL.search(scene.call.name):
        return None
    arguments = scene.call.arguments
    if isinstance(arguments, dict) and isinstance(arguments.get("to"), str):
        return arguments["to"][:200], "paid" if "pay" in scene.call.name else "to"
    sender = _FROM.search((scene.answer or "")[:2000])
    return (sender[1].strip(), "from") if sender else None


def _by_count(names: Iterable[str]) -> list[str]:
    """Return names, the most frequent first, and of equals the first in the alphabet."""
    counts = Counter(names)
    return sorted(counts, key=lambda name: (-counts[name], name))


def _places(values: Iterable[str], names: list[str]) -> list[int]:
    place = {name: index for index, name in enumerate(names)}
    return [place[value] for value in values]
