"""Plays episodes in this process, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.agents import Hire, staff
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Post, Watcher, play
from tenure.scenarios import References, references

if TYPE_CHECKING:
    from tenure.agents.network import Network
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


def failed(item: Assignment, error: TenureError, watcher: Watcher) -> Failure:
    """Return the failure of an episode, and tell the watcher of it."""
    watcher.failed(item, error)
    return Failure(item, error)


async def hire(
    todo: Sequence[Assignment], stack: AsyncExitStack, watcher: Watcher, network: Network
) -> tuple[dict[Post, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by its post.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    hires: dict[Post, Hire] = {}
    failures: list[Failure] = []
    for post, item in {item.post: item for item in todo}.items():
        try:
            hires[post] = await stack.enter_async_context(_staffed(item, network))
        except ProviderError as error:
            own = [item for item in todo if item.post == post]
            failures += [failed(item, error, watcher) for item in own]
    return hires, failures


def _staffed(item: Assignment, network: Network) -> AbstractAsyncContextManager[Hire]:
    spec = AgentSpec.model_validate(item.agent.record())
    return staff(spec, item.scenario.job, network)


async def play_all(
    todo: Sequence[Assignment],
    hires: dict[Post, Hire],
    voices: Mapping[AgentSpec, Callable[[int], Voice]],
    watcher: Watcher,
    concurrency: int,
    *,
    brake: Brake,
) -> list[Failure]:
    """Play episodes to their ends, or until the brake is pulled.

    Args:
        todo: Which.
        hires: How to hire the agent of each post.
        voices: How to make each voice.
        watcher: Is told of every step.
        concurrency: How many may be under way at a time, >= 1.
        brake: Stops all of them.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished.
    """
    gate = asyncio.Semaphore(concurrency)
    known: dict[tuple[str, int], References] = {}

    async def attempt(item: Assignment) -> Failure | None:
        async with gate:
            if brake.reason:
                return None
            world = item.scenario.id, item.seed
            if world not in known:
                known[world] = references(item.scenario, item.seed)
            try:
                voice = voices[item.voice](item.seed) if item.voice else None
                await play(item, hires[item.post], known[world], watcher, voice, brake=brake)
            except (ProviderError, TrajectoryError) as error:
                return failed(item, error, watcher)
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(item), name=item.name) for item in todo]
            await brake.attend(tasks)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    ended = (task for task in tasks if not task.cancelled())
    return [failure for task in ended if (failure := task.result())]
