"""A run: the episodes of a plan, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tenure.agents import Hire, speaking, staff
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.arena import (
    LineUp,
    check_arena_folder,
    match_assignments,
    settled_arena,
    specs_of,
)
from tenure.runner.episode import Assignment, Post, Watcher, is_complete, play
from tenure.runner.plan import assignments, check_folder, settled
from tenure.runner.suite import check_suite_folder, settled_suite, suite_assignments
from tenure.scenarios import References, references
from tenure.scoring.arena.manifest import ArenaManifest
from tenure.scoring.manifest import Manifest
from tenure.scoring.suite import SuiteManifest

if TYPE_CHECKING:
    from tenure.agents.voice import Voice


@dataclass(frozen=True, slots=True)
class Failure:
    """An episode that could not be completed, and why."""

    assignment: Assignment
    error: TenureError

    @property
    def damaged(self) -> bool:
        """Whether its record stands in the way; else the same command goes on."""
        return isinstance(self.error, TrajectoryError)

    @property
    def sentence(self) -> str:
        """What happened to which episode; of a record, also what to do with it."""
        if self.damaged:
            return str(self.error)
        return f"{self.assignment.name} is unfinished: {self.error}"


async def run(
    folder: Path, manifest: Manifest, watcher: Watcher, *, concurrency: int = 4
) -> list[Failure]:
    """Play what is not complete yet of a plan.

    Args:
        folder: Where the run lives; made if it is not there.
        manifest: The plan.
        watcher: Is told of every step. An episode's asyncio task has the episode's name, so that
            what an agent logs can be put down to it.
        concurrency: How many episodes may be under way at a time, >= 1.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished; the others are
        complete.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    check_folder(folder, manifest)
    hold = settled(folder, manifest)
    return await _play_out(assignments(folder, manifest), hold, watcher, concurrency)


async def run_suite(
    suite_dir: Path, manifest: SuiteManifest, watcher: Watcher, *, concurrency: int = 4
) -> list[Failure]:
    """Play what is not complete yet of a suite, as `run` does; its limit is that of all runs.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    check_suite_folder(suite_dir, manifest)
    hold = settled_suite(suite_dir, manifest)
    return await _play_out(suite_assignments(suite_dir, manifest), hold, watcher, concurrency)


async def run_arena(
    folder: Path, manifest: ArenaManifest, watcher: Watcher, *, concurrency: int = 4
) -> list[Failure]:
    """Play what is not complete yet of an arena run, as `run` does; an episode is a match.

    Raises:
        UsageError: If the folder is not this plan's, or an agent cannot be had.
    """
    check_arena_folder(folder, manifest)
    todo, failures = _sort_out(match_assignments(folder, manifest), watcher)
    hires: dict[str, Hire] = {}
    async with AsyncExitStack() as stack:
        for label, spec in specs_of(manifest).items() if todo else ():
            try:
                hires[label] = await stack.enter_async_context(staff(spec, manifest.scenario.job))
            except ProviderError as error:  # everybody plays in every match
                return failures + [_fail(item, error, watcher) for item in todo]
        stack.enter_context(settled_arena(folder, manifest))
        served = [item for item in todo if not is_complete(item.path)]
        posts = {
            item.post: item.agent.hiring(hires) for item in served if isinstance(item.agent, LineUp)
        }
        return failures + await _play_all(served, posts, {}, watcher, concurrency)


async def _play_out(
    planned: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
) -> list[Failure]:
    """Play what is not complete yet, in folders that are held as soon as agents are ready."""
    todo, failures = _sort_out(planned, watcher)
    async with AsyncExitStack() as stack:
        hires, unserved = await _hire(todo, stack, watcher)
        voices = {
            voice: await stack.enter_async_context(speaking(voice))
            for voice in {item.voice for item in todo if item.voice}
        }
        stack.enter_context(hold)
        served = [
            item for item in todo if item.post in hires and not is_complete(item.path)
        ]  # asked again: another process may have been here while servers started
        return failures + unserved + await _play_all(served, hires, voices, watcher, concurrency)


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
            failures.append(_fail(item, _damaged(item, error), watcher))
    if kept := len(planned) - len(todo) - len(failures):
        watcher.kept(kept)
    return todo, failures


async def _hire(
    todo: Sequence[Assignment], stack: AsyncExitStack, watcher: Watcher
) -> tuple[dict[Post, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by its post.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    hires: dict[Post, Hire] = {}
    failures: list[Failure] = []
    for post, item in {item.post: item for item in todo}.items():
        try:
            hires[post] = await stack.enter_async_context(_staffed(item))
        except ProviderError as error:
            own = [item for item in todo if item.post == post]
            failures += [_fail(item, error, watcher) for item in own]
    return hires, failures


def _staffed(item: Assignment) -> AbstractAsyncContextManager[Hire]:
    spec = AgentSpec.model_validate(item.agent.record())
    return staff(spec, item.scenario.job)


async def _play_all(
    todo: Sequence[Assignment],
    hires: dict[Post, Hire],
    voices: Mapping[AgentSpec, Callable[[int], Voice]],
    watcher: Watcher,
    concurrency: int,
) -> list[Failure]:
    gate = asyncio.Semaphore(concurrency)
    known: dict[tuple[str, int], References] = {}

    async def attempt(item: Assignment) -> Failure | None:
        async with gate:
            world = item.scenario.id, item.seed
            if world not in known:
                known[world] = references(item.scenario, item.seed)
            try:
                voice = voices[item.voice](item.seed) if item.voice else None
                await play(item, hires[item.post], known[world], watcher, voice)
            except (ProviderError, TrajectoryError) as error:
                return _fail(item, error, watcher)
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(item), name=item.name) for item in todo]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [failure for task in tasks if (failure := task.result())]


def _damaged(item: Assignment, error: TrajectoryError) -> TrajectoryError:
    return TrajectoryError(
        f"The record of {item.name} is damaged. {error} {item.way_out}", error.record
    )


def _fail(item: Assignment, error: TenureError, watcher: Watcher) -> Failure:
    watcher.failed(item, error)
    return Failure(item, error)
