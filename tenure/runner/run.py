"""A run: the episodes of a plan, a few at a time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.agents import Hire, Staff, speaking, staff
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.errors import ProviderError, TrajectoryError
from tenure.runner.arena import (
    LineUp,
    check_arena_folder,
    match_assignments,
    settled_arena,
    specs_of,
)
from tenure.runner.episode import Assignment, Watcher, is_complete
from tenure.runner.inline import Failure, failed, hire, play_all
from tenure.runner.plan import assignments, check_folder, settled
from tenure.runner.suite import check_suite_folder, settled_suite, suite_assignments
from tenure.scoring.arena.manifest import ArenaManifest
from tenure.scoring.manifest import Manifest
from tenure.scoring.suite import SuiteManifest

if TYPE_CHECKING:
    from tenure.agents.network import Network


async def run(
    folder: Path,
    manifest: Manifest,
    watcher: Watcher,
    *,
    concurrency: int = 4,
    limits: Limits = UNLIMITED,
    staffing: Staff | None = None,
) -> list[Failure]:
    """Play what is not complete yet of a plan.

    Args:
        folder: Where the run lives; made if it is not there.
        manifest: The plan.
        watcher: Is told of every step. An episode's asyncio task has the episode's name, so that
            what an agent logs can be put down to it.
        concurrency: How many episodes may be under way at a time, >= 1.
        limits: What all of them together may ask of one endpoint.
        staffing: Makes the agents ready in place of `tenure.agents.staff`, as where they come from
            outside.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished; the others are
        complete.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    manifest = check_folder(folder, manifest)
    hold = settled(folder, manifest)
    planned = assignments(folder, manifest)
    return await _play_out(planned, hold, watcher, concurrency, limits=limits, staffing=staffing)


async def run_suite(
    suite_dir: Path,
    manifest: SuiteManifest,
    watcher: Watcher,
    *,
    concurrency: int = 4,
    limits: Limits = UNLIMITED,
) -> list[Failure]:
    """Play what is not complete yet of a suite, as `run` does; its limit is that of all runs.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    manifest = check_suite_folder(suite_dir, manifest)
    hold = settled_suite(suite_dir, manifest)
    return await _play_out(
        suite_assignments(suite_dir, manifest), hold, watcher, concurrency, limits=limits
    )


async def run_arena(
    folder: Path,
    manifest: ArenaManifest,
    watcher: Watcher,
    *,
    concurrency: int = 4,
    limits: Limits = UNLIMITED,
) -> list[Failure]:
    """Play what is not complete yet of an arena run, as `run` does; an episode is a match.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    manifest = check_arena_folder(folder, manifest)
    todo, failures = _sort_out(match_assignments(folder, manifest), watcher)
    hires: dict[str, Hire] = {}
    async with AsyncExitStack() as stack:
        network = await _network(stack, limits)
        for label, spec in specs_of(manifest).items() if todo else ():
            try:
                hires[label] = await stack.enter_async_context(
                    staff(spec, manifest.scenario.job, network)
                )
            except ProviderError as error:  # everybody plays in every match
                return failures + [failed(item, error, watcher) for item in todo]
        stack.enter_context(settled_arena(folder, manifest))
        served = [item for item in todo if not is_complete(item.path)]
        posts = {
            item.post: item.agent.hiring(hires) for item in served if isinstance(item.agent, LineUp)
        }
        return failures + await play_all(served, posts, {}, watcher, concurrency)


async def _play_out(
    planned: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits,
    staffing: Staff | None = None,
) -> list[Failure]:
    """Play what is not complete yet, in folders that are held as soon as agents are ready."""
    todo, failures = _sort_out(planned, watcher)
    async with AsyncExitStack() as stack:
        network = await _network(stack, limits)
        hires, unserved = await hire(todo, stack, watcher, network, staffing)
        voices = {
            voice: await stack.enter_async_context(speaking(voice, network))
            for voice in {item.voice for item in todo if item.voice}
        }
        stack.enter_context(hold)
        served = [
            item for item in todo if item.post in hires and not is_complete(item.path)
        ]  # asked again: another process may have been here while servers started
        return failures + unserved + await play_all(served, hires, voices, watcher, concurrency)


async def _network(stack: AsyncExitStack, limits: Limits) -> Network:
    """Return the network that all agents of a run share."""
    from tenure.agents.network import Network

    return await stack.enter_async_context(Network(limits=limits))


def _sort_out(
    planned: Sequence[Assignment], watcher: Watcher
) -> tuple[list[Assignment], list[Failure]]:
    """Return the episodes still to be played, and those whose records cannot be read."""
    todo, failures = [], []
    for item in planned:
        try:
            if not is_complete(item.path):
                todo.append(item)
        except TrajectoryError as error:
            failures.append(failed(item, _damaged(item, error), watcher))
    if kept := len(planned) - len(todo) - len(failures):
        watcher.kept(kept)
    return todo, failures


def _damaged(item: Assignment, error: TrajectoryError) -> TrajectoryError:
    return TrajectoryError(
        f"The record of {item.name} is damaged. {error} {item.way_out}", error.record
    )
