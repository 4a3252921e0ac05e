"""The episodes below a folder: found, read once, and read again when their files have changed."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

from tenure.errors import TrajectoryError, UsageError
from tenure.scoring.limits import told_tokens, told_usd
from tenure.scoring.manifest import EPISODES, FILE_NAME, PARENT, SUFFIX, SUITE_FILE_NAME
from tenure.scoring.past import Past
from tenure.scoring.records import Episode, read_partial
from tenure.scoring.scenes import Scene, scenes

_KEPT_EPISODES = 6
_KEPT_ROWS = 20_000

_Kept = TypeVar("_Kept")
Stamp = tuple[int, int]
"""When a file was last changed, in nanoseconds, and its size in bytes."""


class Reading:
    """An episode as its file holds it now.

    Attributes:
        name: Its file, relative to the folder that is viewed.
        path: Its file.
        episode: Its records.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.episode: Episode = read_partial(path)

    @cached_property
    def scenes(self) -> list[Scene]:
        """Its steps, as a reader follows them."""
        return list(scenes(self.episode))

    @cached_property
    def past(self) -> Past:
        """What lies behind it, so that its world can be entered at any step.

        Raises:
            TrajectoryError: If the header describes no world that this Tenure can build.
            UsageError: If the job is not installed.
        """
        return Past(self.episode)


class _Shelf(Generic[_Kept]):
    """Keeps what was made of files until these change, the latest used so many."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[str, tuple[Stamp, _Kept]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: str, stamp: Stamp, make: Callable[[], _Kept]) -> _Kept:
        with self._lock:
            known = self._kept.get(name)
            if known is None or known[0] != stamp:
                known = (stamp, make())
            self._kept[name] = known
            self._kept.move_to_end(name)
            if len(self._kept) > self._room:
                self._kept.popitem(last=False)
            return known[1]


class Library:
    """The episodes below a folder, or the one that a file holds, and the forks made of them here.

    Args:
        place: A run, the run of a suite, a folder of runs, or an episode's file.

    Raises:
        UsageError: If there is no such place.
    """

    def __init__(self, place: Path) -> None:
        if not place.exists():
            raise UsageError(f"There is no {place}.")
        self.root = place if place.is_dir() else place.parent
        self._resolved = self.root.resolve()
        self._only = None if place.is_dir() else place.name
        self._nurseries: frozenset[Path] = frozenset()
        self._readings: _Shelf[Reading] = _Shelf(_KEPT_EPISODES)
        self._rows: _Shelf[dict[str, Any]] = _Shelf(_KEPT_ROWS)

    @property
    def title(self) -> str:
        """What is viewed, as the user may know it."""
        return self._only or self.root.absolute().name

    def names(self) -> list[str]:
        """Return the episodes' files, relative to the folder, in the order of runs and seeds.

        Forks that stand beside what is viewed follow, by a name that begins with `..`. The copy
        that a fork keeps of its parent is no episode of its own.
        """
        own = [self._only] if self._only else sorted(self._below(self.root), key=_natural)
        one_a_folder = {path.parent: path for path in (self.root / name for name in own)}
        homes = map(nursery, one_a_folder.values())
        self._nurseries = frozenset(home for home in homes if self._is_apart(home))
        forks = (name for home in self._nurseries for name in self._below(home))
        return [*own, *sorted(forks, key=_natural)]

    def _below(self, folder: Path) -> Iterator[str]:
        base = self.root if folder == self.root else self._resolved
        found = (path for path in folder.rglob(f"*{SUFFIX}") if not _is_copy(path))
        names = (Path(os.path.relpath(path, base)).as_posix() for path in found)
        return filter(self._is_here, names)

    def _is_apart(self, folder: Path) -> bool:
        return bool(self._only) or not folder.is_relative_to(self._resolved)

    def path(self, name: str) -> Path:
        """Return an episode's file.

        Raises:
            UsageError: If it is none of the episodes here, wherever else it may stand.
        """
        if "\0" in name:
            raise UsageError("There is no episode with a zero byte in its name.")
        if not self._is_here(name):
            self.names()  # another process may have made forks here
            if not self._is_here(name):
                raise UsageError(f"There is no episode {name!r} here.")
        return self.root / name

    def _is_here(self, name: str) -> bool:
        """Tell whether a page can ask for a name: it is text, and no way out of the folder."""
        try:
            name.encode()
        except UnicodeEncodeError:
            return False
        if name == self._only:
            return True
        path = (self.root / name).resolve()
        inside = not self._is_apart(path) or any(map(path.is_relative_to, self._nurseries))
        return inside and path.name.endswith(SUFFIX) and path.is_file()

    def name_of(self, path: Path) -> str | None:
        """Return the name of an episode by its file; `None` if it is none of those here."""
        name = Path(os.path.relpath(path.resolve(), self._resolved)).as_posix()
        try:
            self.path(name)
        except UsageError:
            return None
        return name

    def stamp(self, name: str) -> Stamp:
        """Return what changes whenever the episode's file does."""
        found = self.path(name).stat()
        return found.st_mtime_ns, found.st_size

    def reading(self, name: str) -> Reading:
        """Return an episode as its file holds it now.

        Raises:
            UsageError: If there is no such episode here.
            TrajectoryError: If not even the header is whole, or the file is damaged.
        """
        path, stamp = self.path(name), self.stamp(name)
        return self._readings.get(name, stamp, lambda: Reading(name, path))

    def row(self, name: str) -> dict[str, Any]:
        """Return an episode's line in the list; of an unreadable one, why it cannot be read."""
        try:
            return self._rows.get(name, self.stamp(name), lambda: self._summary(name))
        except (TrajectoryError, UsageError, OSError) as error:
            return {"path": name, "run": run_of(name), "error": str(error)}

    def _summary(self, name: str) -> dict[str, Any]:
        return summary(Reading(name, self.path(name)))  # a long list is not to crowd out the shelf


def summary(reading: Reading) -> dict[str, Any]:
    """Return who played what, and how it went; what is not known is `None`."""
    episode = reading.episode
    header, end = episode.header, episode.end
    figures = final_figures(episode)
    score = figures[header["score"]]
    earned = score - (figures[header["luck"]] if "luck" in header else 0)
    return {
        "path": reading.name,
        "run": run_of(reading.name),
        "scenario": episode.scenario_id,
        "title": str(header["scenario"].get("title", "")),
        "seed": str(episode.seed),
        "attempt": episode.attempt,
        "forked_at": header["parent"]["step"] if "parent" in header else None,
        "future": episode.future.number,
        "agent": _names(header["agent"]),
        "complete": episode.complete,
        "reason": end["reason"] if end else None,
        "steps": len(episode.steps),
        "score_name": header["score"],
        "score": score,
        "luck": score - earned if "luck" in header else None,
        "normalised": normalised(earned, header["references"]),
        **header["references"],
        "faults": sum("fault" in step for step in episode.steps),
        "minute": end["minute"] if end else episode.last_minute,
        **spending(step.get("exchange") for step in episode.steps),
    }


def _names(agent: Mapping[str, Any]) -> str:
    """Return an agent's name, with that of its sub-agent if that is another."""
    other = agent.get("sub_agent") or {}
    return f"{agent['name']} with {other['name']}" if "name" in other else agent["name"]


def final_figures(episode: Episode) -> dict[str, int]:
    """Return the figures after the last record, by name."""
    if episode.end:
        return dict(zip(episode.figure_names, episode.end["measured"], strict=True))
    figures = dict(zip(episode.figure_names, episode.header["measured"], strict=True))
    for step in episode.steps:
        figures |= step.get("figures", {})
    return figures


def normalised(earned: int, references: Any) -> float | None:
    """Return a score without luck, 0 at the floor and 1 at the bound; `None` if these are one."""
    span = references["bound"] - references["floor"]
    return (earned - references["floor"]) / span if span else None


def spending(exchanges: Iterable[Any]) -> dict[str, Any]:
    """Return how many tokens and dollars models took; `None` if one is unknown, or none acted."""
    found = [exchange for exchange in exchanges if isinstance(exchange, dict)]
    tokens = [told_tokens(exchange) for exchange in found]
    costs = [told_usd(exchange) for exchange in found]
    return {
        "model_turns": len(found),
        "tokens": _sum(tokens),
        "cost_usd": _sum(costs),
    }


def _sum(values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def nursery(path: Path) -> Path:
    """Return the folder for the forks of an episode that the page asks for.

    It stands beside the episode's run, or beside the suite that this is one of, so that neither
    holds what its plan does not know: `RUN-forks`. An episode's file that lies alone has `forks`
    beside it.
    """
    path = path.resolve()
    if path.parent.parent.name != EPISODES:
        return path.parent / "forks"
    run = path.parent.parent.parent
    suite = run.parent.parent
    whole = suite if (suite / SUITE_FILE_NAME).is_file() else run
    return whole.parent / f"{whole.name}-forks"


def _is_copy(path: Path) -> bool:
    """Tell whether a file is what a fork's folder keeps of its parent."""
    return path.name == PARENT and (path.parent / FILE_NAME).is_file()


def run_of(name: str) -> str:
    """Return the run's folder of an episode's file; empty if the episodes stand right here."""
    before, _, _ = f"/{name}".rpartition(f"/{EPISODES}/")
    return before.removeprefix("/")


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return what sorts `seed-2` before `seed-10`, and `seed-1` before `seed-1-attempt-1`."""
    parts = name.removesuffix(SUFFIX).replace("/", "-/-").replace(".", "-").split("-")
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
