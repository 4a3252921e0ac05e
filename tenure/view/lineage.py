"""Where a fork comes from, and where its parent can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tenure.errors import TrajectoryError
from tenure.scoring.manifest import PARENT
from tenure.scoring.records import ParentRecord
from tenure.view.library import Library, Reading


def parent_of(library: Library, reading: Reading) -> dict[str, Any] | None:
    """Return what an episode is a fork of, and what was changed; `None` if it is no fork.

    Returns:
        The header's `parent`, the `agent` by its name, and `path`: the parent's name in the
        library, that of the copy beside the fork if the parent itself is elsewhere or has gone on
        since, and empty if neither is here.
    """
    told = reading.episode.header.get("parent")
    if told is None:
        return None
    return {
        "step": told["step"],
        "agent": told["agent"]["name"],
        "context": told["context"],
        "action": told.get("action"),
        "future": told["future"]["number"] if "future" in told else None,
        "path": _place(library, reading.path, told),
    }


def _place(library: Library, fork: Path, told: ParentRecord) -> str:
    copy = fork.parent.parent.parent / PARENT
    name = library.name_of(copy)
    if name is None or not _holds(library, name, told):
        return ""
    content = copy.read_bytes()
    same = (each for each in library.names() if _is_same(library.root / each, content))
    return next(same, name)


def _is_same(path: Path, content: bytes) -> bool:
    return path.stat().st_size == len(content) and path.read_bytes() == content


def _holds(library: Library, name: str, told: ParentRecord) -> bool:
    """Tell whether a record is the one that was forked."""
    step = told["step"]
    try:
        episode = library.reading(name).episode
    except TrajectoryError:
        return False
    return step <= len(episode.steps) and episode.head_before(step) == told["hash"]
