"""Plays episodes in this process, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenure.agents import Hire, Staff, staff
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Post, Watcher, play
from tenure.runner.files import allow_files
from tenure.scenarios import References, references

if TYPE_CHECKING:
    from tenure.agents.network import Network
    from tenure.agents.voice import Voice


FIRST_REQUEST_S = 0.1
"""How long the second world waits, so that the first episode's request gets on its way."""


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
    todo: Sequence[Assignment],
    stack: AsyncExitStack,
    watcher: Watcher,
    network: Network,
    staffing: Staff | None = None,
) -> tuple[dict[Post, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by its post.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    hires: dict[Post, Hire] = {}
    failures: list[Failure] = []
    for post, item in {item.post: item for item in todo}.items():
        try:
            hires[post] = await stack.enter_async_context(_staffed(item, network, staffing))
        except ProviderError as error:
            own = [item for item in todo if item.post == post]
            failures += [failed(item, error, watcher) for item in own]
    return hires, failures


def _staffed(
    item: Assignment, network: Network, staffing: Staff | None
) -> AbstractAsyncContextManager[Hire]:
    spec = AgentSpec.model_validate(item.agent.record())
    return (staffing or staff)(spec, item.scenario.job, network)


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

    Raises:
        UsageError: If the system does not allow so many open files.
    """
    allow_files(min(concurrency, len(todo)))
    gate = asyncio.Semaphore(concurrency)
    normalising = _Normalising()

    async def attempt(item: Assignment) -> Failure | None:
        async with gate:
            if brake.reason:
                return None
            try:
                known = await normalising.references(item)
                voice = voices[item.voice](item.seed) if item.voice else None
                await play(item, hires[item.post], known, watcher, voice, brake=brake)
            except (ProviderError, TrajectoryError) as error:
                return failed(item, error, watcher)
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(item), name=item.name) for item in todo]
            await brake.attend(tasks)
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__  # and not from the group
    ended = (task for task in tasks if not task.cancelled())
    return [failure for task in ended if (failure := task.result())]


class _Normalising:
    """Computes the floor and the bound of each world once, when an episode needs them.

    That may take half a second. Before a model's next world whatever else can go on goes on: of a
    thousand episodes the first asks its model at once, not after a thousand bounds.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], References] = {}
        self._turn = asyncio.Lock()

    async def references(self, item: Assignment) -> References:
        world = item.scenario.id, item.seed
        if item.branch and (recorded := item.branch.references(item.scenario)):
            return recorded
        async with self._turn:
            if world not in self._known:
                if self._known and not item.agent.is_script:
                    await asyncio.sleep(FIRST_REQUEST_S if len(self._known) == 1 else 0)
                self._known[world] = references(item.scenario, item.seed)
        return self._known[world]
