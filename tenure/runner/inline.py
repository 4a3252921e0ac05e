"""Plays episodes in this process, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from logging import LogRecord
from typing import TYPE_CHECKING

from tenure.agents import Hire, speaking, staff
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.arena import LineUp
from tenure.runner.episode import Assignment, Player, Post, Watcher, is_complete, play
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


def episode_of(record: LogRecord) -> str:
    """Return the name of the episode that a log message is about; empty if it is about none.

    An episode's asyncio task has the episode's name; what was logged elsewhere brings it along.
    """
    told: str | None = getattr(record, "episode", None)
    if told is not None:
        return told
    task = asyncio.current_task()
    return task.get_name() if task else ""


async def play_here(
    todo: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
) -> list[Failure]:
    """Play episodes in this process; a `Place`.

    The folders are held as soon as agents are ready, so that a missing key leaves no folder.
    """
    async with AsyncExitStack() as stack:
        network = await _network(stack)
        hires, unserved = await _hire(todo, stack, watcher, network)
        voices = {
            voice: await stack.enter_async_context(speaking(voice, network))
            for voice in {item.voice for item in todo if item.voice}
        }
        stack.enter_context(hold)
        served = [
            item for item in todo if item.post in hires and not is_complete(item.path)
        ]  # asked again: another process may have been here while servers started
        return unserved + await play_all(served, hires, voices, watcher, concurrency)


async def _network(stack: AsyncExitStack) -> Network:
    """Return the network that all agents share."""
    from tenure.agents.network import Network

    return await stack.enter_async_context(Network())


async def _hire(
    todo: Sequence[Assignment], stack: AsyncExitStack, watcher: Watcher, network: Network
) -> tuple[dict[Post, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by the posts of its episodes.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    staffed: dict[Post, Hire | ProviderError] = {}
    for item in todo:
        for label, spec in entrants(item.agent).items():
            own = _own_post(label, spec, item)
            if own not in staffed:
                staffed[own] = await _staffed(spec, item, stack, network)
    hires: dict[Post, Hire] = {}
    failures: list[Failure] = []
    for item in todo:
        crew = {
            label: staffed[_own_post(label, spec, item)]
            for label, spec in entrants(item.agent).items()
        }
        if error := next((one for one in crew.values() if isinstance(one, ProviderError)), None):
            failures.append(failed(item, error, watcher))
        elif item.post not in hires:
            hires[item.post] = _hiring(item.agent, crew)  # type: ignore[arg-type]  # no error is left
    return hires, failures


async def _staffed(
    spec: AgentSpec, item: Assignment, stack: AsyncExitStack, network: Network
) -> Hire | ProviderError:
    try:
        return await stack.enter_async_context(staff(spec, item.scenario.job, network))
    except ProviderError as error:
        return error


def _own_post(label: str, spec: AgentSpec, item: Assignment) -> Post:
    return label, item.scenario.job_name if spec.is_script else ""


def entrants(player: Player) -> Mapping[str, AgentSpec]:
    """Return the agents of an episode by label: one, or in a contest one a seat."""
    if isinstance(player, LineUp):
        return player.specs
    return {player.label: AgentSpec.model_validate(player.record())}


def _hiring(player: Player, crew: Mapping[str, Hire]) -> Hire:
    return player.hiring(crew) if isinstance(player, LineUp) else crew[player.label]


async def play_all(
    todo: Sequence[Assignment],
    hires: dict[Post, Hire],
    voices: Mapping[AgentSpec, Callable[[int], Voice]],
    watcher: Watcher,
    concurrency: int,
) -> list[Failure]:
    """Play episodes to their ends.

    Args:
        todo: Which.
        hires: How to hire the agent of each post.
        voices: How to make each voice.
        watcher: Is told of every step.
        concurrency: How many may be under way at a time, >= 1.

    Returns:
        The episodes that an outside failure or a damaged record left unfinished.
    """
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
                return failed(item, error, watcher)
            return None

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(attempt(item), name=item.name) for item in todo]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [failure for task in tasks if (failure := task.result())]
