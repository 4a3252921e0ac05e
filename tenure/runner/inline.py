"""Plays episodes in this process, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from logging import LogRecord
from typing import TYPE_CHECKING

from tenure.agents import Hire, Staff, speaking, staff
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.agents.spec import AgentSpec
from tenure.errors import ProviderError, TenureError, TrajectoryError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Player, Post, Watcher, is_complete, play, post_of
from tenure.runner.files import allow_files
from tenure.scenarios import References, references

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
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return ""
    return task.get_name() if task else ""


async def play_here(
    todo: Sequence[Assignment],
    hold: AbstractContextManager[None],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits = UNLIMITED,
    brake: Brake | None = None,
    staffing: Staff = staff,
) -> list[Failure]:
    """Play episodes in this process; a `Place`.

    The folders are held as soon as agents are ready, so that a missing key leaves no folder.

    Args:
        todo: Which.
        hold: Holds the folders.
        watcher: Is told of every step.
        concurrency: How many may be under way at a time, >= 1.
        limits: What all of them together may ask of one endpoint.
        brake: Stops all of them.
        staffing: Makes an agent ready, as where it comes from outside.
    """
    from tenure.agents.network import Network

    async with AsyncExitStack() as stack:
        network = await stack.enter_async_context(Network(limits=limits))

        async def ready(spec: AgentSpec, item: Assignment) -> Hire | ProviderError:
            try:
                own = staffing(spec, item.scenario.job, network)
                return await stack.enter_async_context(own)
            except ProviderError as error:
                return error

        hires, unserved = await _hire(todo, ready, watcher)
        voices = {
            voice: await stack.enter_async_context(speaking(voice, network))
            for voice in {item.voice for item in todo if item.voice}
        }
        stack.enter_context(hold)
        served = [
            item for item in todo if item.post in hires and not is_complete(item.path)
        ]  # asked again: another process may have been here while servers started
        brake = brake or Brake()
        return unserved + await play_all(served, hires, voices, watcher, concurrency, brake=brake)


async def _hire(
    todo: Sequence[Assignment],
    ready: Callable[[AgentSpec, Assignment], Awaitable[Hire | ProviderError]],
    watcher: Watcher,
) -> tuple[dict[Post, Hire], list[Failure]]:
    """Make ready what each agent with something to do needs, by the posts of its episodes.

    Returns:
        How to hire them, and the episodes of those whose server does not start.
    """
    firsts: dict[Post, Assignment] = {}
    for item in todo:
        firsts.setdefault(item.post, item)
    staffed: dict[Post, Hire | ProviderError] = {}
    hires: dict[Post, Hire] = {}
    errors: dict[Post, ProviderError] = {}
    for post, item in firsts.items():
        crew: dict[str, Hire] = {}
        for label, spec in entrants(item.agent).items():
            own = post_of(label, spec, item.scenario)
            if own not in staffed:
                staffed[own] = await ready(spec, item)
            match staffed[own]:
                case ProviderError() as error:
                    errors.setdefault(post, error)
                case hire:
                    crew[label] = hire
        if post not in errors:
            hires[post] = _hiring(item.agent, crew)
    return hires, [failed(item, errors[item.post], watcher) for item in todo if item.post in errors]


def entrants(player: Player) -> Mapping[str, AgentSpec]:
    """Return the agents of an episode by label: one, or in a contest one a seat."""
    return {player.label: player} if isinstance(player, AgentSpec) else player.specs


def is_scripted(item: Assignment) -> bool:
    """Tell whether an episode needs the processor alone, and nothing from outside."""
    specs = entrants(item.agent).values()
    return not item.voice and all(one.is_script for spec in specs for one in spec.crew)


def _hiring(player: Player, crew: Mapping[str, Hire]) -> Hire:
    return crew[player.label] if isinstance(player, AgentSpec) else player.hiring(crew)


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
                known = await normalising.begun(item)
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

    That may take half a second. Where agents wait for answers it is done in a thread, one world at
    a time. An episode asks for its first answer when its world's turn comes: of a thousand episodes
    the first asks its model at once, and only answers on one world wait.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], References | asyncio.Future[References]] = {}
        self._under_way: asyncio.Future[References] | None = None
        self._turn = asyncio.Lock()

    async def begun(self, item: Assignment) -> References | asyncio.Future[References]:
        """Return the references of an episode's world when its turn to be computed has come."""
        world = item.scenario.id, item.seed
        if item.branch and (recorded := item.branch.references(item.scenario)):
            return recorded
        async with self._turn:
            if world not in self._known:
                self._known[world] = await self._begin(item)
        return self._known[world]

    async def _begin(self, item: Assignment) -> References | asyncio.Future[References]:
        if is_scripted(item):
            return references(item.scenario, item.seed)
        if self._under_way:
            await asyncio.wait([self._under_way])
        self._under_way = asyncio.create_task(_thought_of(item))
        return self._under_way


async def _thought_of(item: Assignment) -> References:
    """Compute an episode's references in a thread, which begins when its agent has been asked."""
    await asyncio.sleep(0)
    return await asyncio.to_thread(references, item.scenario, item.seed)
