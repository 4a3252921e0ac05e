"""Ledgers are kept beside their episodes once drawn up; whoever asks again gets them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from tenure import __version__
from tenure.scoring.files import write_whole
from tenure.scoring.ledger.drawing import ledger
from tenure.scoring.ledger.entries import Ledger, Progress
from tenure.scoring.manifest import EPISODES, SUFFIX
from tenure.scoring.records import read_partial

FOLDER = "diagnosis"
"""Where the ledgers of a run stand, in its folder; no part of the run, and may be deleted."""
_FORMAT = 1


def diagnose(
    path: Path,
    *,
    full: bool = False,
    futures: int = 0,
    bar: int | None = None,
    processes: int | None = 1,
    progress: Progress = lambda _: None,
) -> Ledger:
    """Return the ledger of an episode's file: the one that is kept, or a new one.

    Arguments are those of `ledger`; so is what is raised.
    """
    episode = read_partial(path)
    key = {
        "format": _FORMAT,
        "head": episode.head,
        "tenure": __version__,
        "full": full,
        "futures": futures,
        "bar": bar,
    }
    place = kept_at(path)
    kept = _kept(place, key)
    if kept is not None:
        return kept
    drawn = ledger(
        episode, full=full, futures=futures, bar=bar, processes=processes, progress=progress
    )
    _keep(place, {"key": key, "ledger": drawn.to_json()})
    return drawn


def kept_at(path: Path) -> Path:
    """Return where the ledger of an episode's file is kept.

    In a run's folder beside `episodes`; of a file that stands alone, beside it.
    """
    name = f"{path.name.removesuffix(SUFFIX)}.ledger.json"
    if path.absolute().parent.parent.name == EPISODES:
        return path.absolute().parent.parent.parent / FOLDER / path.absolute().parent.name / name
    return path.with_name(name)


def _kept(place: Path, key: dict[str, Any]) -> Ledger | None:
    try:
        content = orjson.loads(place.read_bytes())
        return Ledger.from_json(content["ledger"]) if content["key"] == key else None
    except (OSError, ValueError, LookupError, TypeError):
        return None  # none yet, or one of another version


def _keep(place: Path, content: dict[str, Any]) -> None:
    """Write a ledger, if that is possible: a run may stand where nobody may write."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, orjson.dumps(content, option=orjson.OPT_INDENT_2))
    except OSError:
        return
