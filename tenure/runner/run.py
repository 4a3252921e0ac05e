"""A run: the episodes of a plan, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from tenure.agents import Hire, staff
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.episode import Assignment, Watcher, is_complete, play
from tenure.runner.plan import assignments, check_folder, settled
from tenure.scenarios import References, references
from tenure.scoring.manifest import Manifest


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
    todo, failures = _sort_out(assignments(folder, manifest), watcher)
    async with AsyncExitStack() as stack:
        hires, unserved = await _hire(todo, stack, watcher)
        stack.enter_context(settled(folder, manifest))
        served = [
            item for item in todo if item.agent.label in hires and not is_complete(item.path)
        ]  # asked again: another process may have been here while servers started
        return failures + unserved + await _play_all(served, hires, watcher, concurrency)


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
) -> tuple[dict[str, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by label.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    hires: dict[str, Hire] = {}
    failures: list[Failure] = []
    for label, item in {item.agent.label: item for item in todo}.items():
        try:
            hires[label] = await stack.enter_async_context(staff(item.agent, item.scenario.job))
        except ProviderError as error:
            own = [item for item in todo if item.agent.label == label]
            failures += [_fail(item, error, watcher) for item in own]
    return hires, failures


async def _play_all(
    todo: Sequence[Assignment], hires: dict[str, Hire], watcher: Watcher, concurrency: int
) -> list[Failure]:
    gate = asyncio.Semaphore(concurrency)
    known: dict[int, References] = {}

    async def attempt(item: Assignment) -> Failure | None:
        async with gate:
            if item.seed not in known:
                known[item.seed] = references(item.scenario, item.seed)
            try:
                await play(item, hires[item.agent.label], known[item.seed], watcher)
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
