"""Ledgers are kept beside their episodes once drawn up; whoever asks again gets them at once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from tenure import __version__
from tenure.scoring.files import write_whole
from tenure.scoring.ledger.drawing import ledger
from tenure.scoring.ledger.entries import Ledger, Progress
from tenure.scoring.manifest import EPISODES, SUFFIX
from tenure.scoring.records import Episode, read_partial
from tenure.scoring.replay import recorded_scenario

FOLDER = "diagnosis"
"""Where the ledgers of a run stand, in its folder; no part of the run, and may be deleted."""
_FORMAT = 2


def diagnose(
    path: Path,
    *,
    episode: Episode | None = None,
    full: bool = False,
    futures: int = 0,
    bar: int | None = None,
    processes: int | None = 1,
    progress: Progress = lambda _: None,
) -> Ledger:
    """Return the ledger of an episode's file: the one that is kept, or a new one.

    `episode` is its records, if they were read already. Other arguments are those of `ledger`; so
    is what is raised.
    """
    episode = episode or read_partial(path)
    key = _key(episode, full=full, futures=futures, bar=bar)
    place = kept_at(path)
    kept = _kept(place, key)
    if kept is not None:
        return kept
    drawn = ledger(
        episode, full=full, futures=futures, bar=bar, processes=processes, progress=progress
    )
    _keep(place, {"key": key, "ledger": drawn.to_json()})
    return drawn


def _key(
    episode: Episode, *, full: bool = False, futures: int = 0, bar: int | None = None
) -> dict[str, Any]:
    """Return what a kept ledger must agree in to be the one that is asked for."""
    return {
        "format": _FORMAT,
        "head": episode.head,
        "tenure": __version__,
        "reference": _reference_of(episode),
        "full": full,
        "futures": futures,
        "bar": bar,
    }


def _reference_of(episode: Episode) -> str:
    """Return a hash of the modules in which the job says what a ledger needs: its author sees."""
    job = recorded_scenario(episode).job
    hooks = (job.reference, job.matter, job.parts, job.outlook, job.at_hand)
    told: list[Callable[..., Any]] = [hook for hook in hooks if hook]
    sources = dict.fromkeys(inspect.getsourcefile(inspect.unwrap(one)) for one in told)
    texts = [Path(source).read_bytes() for source in sources if source]
    return blake2b(b"".join(texts), digest_size=8).hexdigest() if texts else ""


def kept_at(path: Path) -> Path:
    """Return where the ledger of an episode's file is kept.

    In a run's folder beside `episodes`; of a file that stands alone, beside it.
    """
    name = f"{path.name.removesuffix(SUFFIX)}.ledger.json"
    if path.absolute().parent.parent.name == EPISODES:
        return path.absolute().parent.parent.parent / FOLDER / path.absolute().parent.name / name
    return path.with_name(name)


def is_kept(path: Path) -> bool:
    """Tell whether `diagnose` of an episode's file, without more, finds its ledger kept."""
    place = kept_at(path)
    return place.is_file() and _kept(place, _key(read_partial(path))) is not None


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
