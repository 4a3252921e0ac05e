"""A run: the episodes of a plan, a few at a time, in this process or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.errors import TrajectoryError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Watcher, is_complete
from tenure.runner.inline import Failure, failed, is_scripted, play_here
from tenure.runner.plan import assignments, check_folder, settled
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read_partial

if TYPE_CHECKING:
    from tenure.scoring.arena.manifest import ArenaManifest
    from tenure.scoring.suite import SuiteManifest


class Place(Protocol):
    """Where episodes are played: in this process (`play_here`), in processes, on a cluster."""

    async def __call__(
        self,
        todo: Sequence[Assignment],
        hold: AbstractContextManager[None],
        watcher: Watcher,
        concurrency: int,
        *,
        limits: Limits,
        brake: Brake,
    ) -> list[Failure]:
        """Play episodes to their ends, and stop all of them when cancelled.

        Args:
            todo: Which.
            hold: Holds the folders that the records go to; entered before the first is written.
            watcher: Is told of every step. An episode's asyncio task has the episode's name, so
                that what an agent logs can be put down to it; see `episode_of`.
            concurrency: How many may be under way at a time, >= 1.
            limits: What all of them together may ask of one endpoint.
            brake: Counts their steps, and stops them between two answers.

        Returns:
            The episodes that an outside failure or a damaged record left unfinished.

        Raises:
            UsageError: If an agent or the place cannot be had.
        """


@dataclass(frozen=True, slots=True)
class Conditions:
    """How episodes are played, as opposed to what is planned.

    Attributes:
        concurrency: How many may be under way at a time, >= 1.
        limits: What all of them together may ask of one endpoint.
        brake: Stops them, on demand or when their budget is used up; `None` for nothing that does.
        place: Where they are played.
    """

    concurrency: int = 4
    limits: Limits = UNLIMITED
    brake: Brake | None = None
    place: Place = play_here


USUAL = Conditions()


async def play_where_fast(
    todo: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits = UNLIMITED,
    brake: Brake | None = None,
) -> list[Failure]:
    """Play scripts in processes if that is worth it, and all else in this one; a `Place`.

    The first episode is played here, and tells how long the others would take. Agents that wait
    for others stay here: one process can wait for a thousand answers at once.
    """
    if len(todo) < 2 or not all(map(is_scripted, todo)):
        return await play_here(todo, hold, watcher, concurrency, limits=limits, brake=brake)
    from tenure.runner.processes import play_in_processes, worth_starting

    brake = brake or Brake()
    with hold:
        began_s = monotonic()
        failures = await play_here(todo[:1], nullcontext(), watcher, 1, brake=brake)
        workers = worth_starting(monotonic() - began_s, len(todo) - 1)
        place = partial(play_in_processes, workers=workers, brake=brake)
        return failures + await place(todo[1:], nullcontext(), watcher, concurrency)


async def run(
    folder: Path,
    manifest: Manifest,
    watcher: Watcher,
    conditions: Conditions = USUAL,
) -> list[Failure]:
    """Play what is not complete yet of a plan.

    Args:
        folder: Where the run lives; made if it is not there.
        manifest: The plan.
        watcher: Is told of every step.
        conditions: How it is played; they change nothing about the records of episodes that end.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished; the others are
        complete, unless the brake was pulled.

    Raises:
        UsageError: If the folder is not this plan's, or an agent or the place cannot be had.
    """
    manifest = check_folder(folder, manifest)
    hold = settled(folder, manifest)
    planned = assignments(folder, manifest)
    return await play_out(planned, hold, watcher, conditions)


async def run_suite(
    suite_dir: Path,
    manifest: SuiteManifest,
    watcher: Watcher,
    conditions: Conditions = USUAL,
) -> list[Failure]:
    """Play what is not complete yet of a suite, as `run` does; the conditions hold for all of it.

    Raises:
        UsageError: If the folder is not this plan's, or an agent or the place cannot be had.
    """
    from tenure.runner.suite import check_suite_folder, settled_suite, suite_assignments

    manifest = check_suite_folder(suite_dir, manifest)
    hold = settled_suite(suite_dir, manifest)
    planned = suite_assignments(suite_dir, manifest)
    return await play_out(planned, hold, watcher, conditions)


async def run_arena(
    folder: Path,
    manifest: ArenaManifest,
    watcher: Watcher,
    conditions: Conditions = USUAL,
) -> list[Failure]:
    """Play what is not complete yet of an arena run, as `run` does; an episode is a match.

    Raises:
        UsageError: If the folder is not this plan's, or an agent or the place cannot be had.
    """
    from tenure.runner.arena import check_arena_folder, match_assignments, settled_arena

    manifest = check_arena_folder(folder, manifest)
    hold = settled_arena(folder, manifest)
    planned = match_assignments(folder, manifest)
    return await play_out(planned, hold, watcher, conditions)


async def play_out(
    planned: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    conditions: Conditions,
) -> list[Failure]:
    """Play what is not complete yet, by the run's clock.

    Args:
        planned: All that was planned.
        hold: Holds the folders that the records go to; entered once the agents are ready.
        watcher: Is told of every step.
        conditions: How it is played.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished.

    Raises:
        UsageError: If an agent or the place cannot be had, or the folders cannot be held.
    """
    brake, limits = conditions.brake or Brake(), conditions.limits
    todo, failures = _sort_out(planned, watcher, brake)
    with brake.timed():
        played = await conditions.place(
            todo, hold, watcher, conditions.concurrency, limits=limits, brake=brake
        )
    return failures + played


def _sort_out(
    planned: Sequence[Assignment], watcher: Watcher, brake: Brake
) -> tuple[list[Assignment], list[Failure]]:
    """Return the episodes still to be played, and those whose records cannot be read.

    There is nothing to be played if the run's budget is used up already.
    """
    todo, failures = [], []
    for item in planned:
        try:
            if brake.budget.counts_before and item.path.exists():
                brake.count_before(read_partial(item.path))
            if not is_complete(item.path):
                todo.append(item)
        except TrajectoryError as error:
            failures.append(failed(item, _damaged(item, error), watcher))
    if kept := len(planned) - len(todo) - len(failures):
        watcher.kept(kept)
    return [] if brake.reason else todo, failures


def _damaged(item: Assignment, error: TrajectoryError) -> TrajectoryError:
    return TrajectoryError(
        f"The record of {item.name} is damaged. {error} {item.way_out}", error.record
    )
