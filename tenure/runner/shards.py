"""Shards: a few episodes at a time for workers elsewhere, and what those tell of them.

A worker is a process of this machine or an actor of a cluster. It plays its shard as this process
would, with `play_here`, so the records are the same. What it tells travels in bundles, twice a
second, whatever the number of steps.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from itertools import groupby
from math import ceil
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

from tenure.agents import check_script
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.envs import jobs
from tenure.envs.world import Figure
from tenure.errors import ProviderError, TenureError, TrajectoryError, UsageError
from tenure.runner.budget import Brake
from tenure.runner.episode import Assignment, Scene, Watcher
from tenure.runner.inline import (
    Failure,
    entrants,
    episode_of,
    failed,
    is_scripted,
    play_here,
)
from tenure.scoring.limits import Meter
from tenure.scoring.records import read_partial

_LOGGER = logging.getLogger("tenure.agents")
SECONDS_BETWEEN_NEWS = 0.5
"""How often a worker tells what is new, unless the run has limits: then it tells of each step."""
SHARD_S = 16.0
"""How long a shard of scripted episodes should take: dispatch is a thousandth of it."""
MOST_LOSSES = 3
"""How many workers an episode may lose before it is left unfinished."""


@dataclass(frozen=True)
class Shard:
    """Episodes for one worker.

    Attributes:
        items: Which.
        concurrency: How many of them may be under way at a time.
        limits: What they together may ask of one endpoint.
        jobs: Import strings of jobs by name, for a worker that may not know them.
        is_counted: Whether the run stops when its steps have used up something.
        losses: How many workers ended while they had them.
    """

    items: Sequence[Assignment]
    concurrency: int
    limits: Limits
    jobs: Mapping[str, str]
    is_counted: bool = False
    losses: int = 0


@dataclass(slots=True)
class Progress:
    """What is new of one episode.

    Attributes:
        began: After how many recorded steps it was taken up, if it has just been.
        steps: How many steps were recorded since.
        usage: Tokens by kind that models used for them.
        cost_usd: What that cost; `None` once a price was not known.
        asked: Whether a model was asked at all.
        minute: The simulated time.
        score: The figure that decides, and its value.
        notices: What its agent logged.
        ended: Why it ended, if it did.
        error: Why it could not be completed, if so.
    """

    began: int | None = None
    steps: int = 0
    usage: dict[str, int] = field(default_factory=dict)
    cost_usd: float | None = 0.0
    asked: bool = False
    minute: int = 0
    score: tuple[str, int] = ("", 0)
    notices: list[str] = field(default_factory=list)
    ended: str = ""
    error: TenureError | None = None

    def add(self, exchange: Mapping[str, Any]) -> None:
        """Count what a model's turn used."""
        self.asked = True
        for name, count in (exchange.get("usage") or {}).items():
            if isinstance(count, int):
                self.usage[name] = self.usage.get(name, 0) + count
        cost_usd = exchange.get("cost_usd")
        if self.cost_usd is not None:
            self.cost_usd = None if cost_usd is None else self.cost_usd + cost_usd

    @property
    def exchange(self) -> Mapping[str, Any] | None:
        """What a watcher is told of the models' turns."""
        return {"usage": self.usage, "cost_usd": self.cost_usd} if self.asked else None


class News(NamedTuple):
    """What is new of a shard.

    Attributes:
        episodes: What is new of its episodes, by their places in it.
        used: What their steps used, for the limits of the whole run.
    """

    episodes: Mapping[int, Progress]
    used: Meter


class Reporter:
    """A watcher that gathers what there is to tell, and sends it now and then.

    Args:
        shard: What is played.
        send: Takes the news.
        brake: Counts the steps.
    """

    def __init__(self, shard: Shard, send: Callable[[News], None], brake: Brake) -> None:
        self._places = {item.path: place for place, item in enumerate(shard.items)}
        self._names = {item.name: place for place, item in enumerate(shard.items)}
        self._worlds: dict[int, Scene] = {}
        self._news: dict[int, Progress] = {}
        self._send, self._brake = send, brake
        self._pause_s = 0.0 if shard.is_counted else SECONDS_BETWEEN_NEWS
        self._due_s = monotonic()  # the first step is told at once
        self._timer: asyncio.TimerHandle | None = None

    def kept(self, episodes: int) -> None:
        raise AssertionError(f"{episodes} complete episodes are no work for a worker")

    def began(self, assignment: Assignment, world: Scene, steps: int) -> None:
        place = self._places[assignment.path]
        self._worlds[place] = world
        self._of(place).began = steps

    def stepped(
        self, assignment: Assignment, exchange: Mapping[str, Any] | None, steps: int = 1
    ) -> None:
        progress = self._of(self._places[assignment.path])
        progress.steps += steps
        if exchange is not None:
            progress.add(exchange)
        self._send_in_time()

    def ended(self, assignment: Assignment, reason: str) -> None:
        self._leave(self._places[assignment.path]).ended = reason

    def failed(self, assignment: Assignment, error: TenureError) -> None:
        self._leave(self._places[assignment.path]).error = error

    def noticed(self, name: str, text: str) -> None:
        """Take what an agent logged."""
        if name in self._names:
            self._of(self._names[name]).notices.append(text)

    def _send_in_time(self) -> None:
        """Send what is new if it is time, else as soon as it is, whether or not a step follows."""
        left_s = self._due_s - monotonic()
        if left_s <= 0:
            self.send()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(left_s, self.send)

    def send(self) -> None:
        """Send what is new."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for place, world in self._worlds.items():
            self._look(place, world)
        if self._news:
            self._send(News(self._news, self._brake.hand_over()))
        self._news = {}
        self._due_s = monotonic() + self._pause_s

    def _of(self, place: int) -> Progress:
        return self._news.setdefault(place, Progress())

    def _look(self, place: int, world: Scene) -> None:
        if progress := self._news.get(place):
            names = [figure.name for figure in world.figures]
            progress.minute = world.state.now_minutes
            progress.score = world.score, world.measured[names.index(world.score)]

    def _leave(self, place: int) -> Progress:
        progress = self._of(place)
        if world := self._worlds.pop(place, None):
            self._look(place, world)
        return progress


async def play_shard(shard: Shard, send: Callable[[News], None], brake: Brake) -> None:
    """Play a shard in this process, which is a worker, and send news of it.

    Args:
        shard: What is played.
        send: Takes the news.
        brake: Stops it.

    Raises:
        UsageError: If an agent cannot be had here.
    """
    jobs.learn(shard.jobs)
    reporter = Reporter(shard, send, brake)
    if shard.losses:
        _tell_of_complete(shard, reporter)
    with _hearing(reporter):
        await play_here(
            shard.items,
            nullcontext(),
            reporter,
            shard.concurrency,
            limits=shard.limits,
            brake=brake,
        )
    reporter.send()


def _tell_of_complete(shard: Shard, reporter: Reporter) -> None:
    """Tell of episodes that a worker completed of which no news came any more."""
    for item in shard.items:
        with suppress(TrajectoryError):  # said when it is played
            if item.path.exists() and (end := read_partial(item.path).end):
                reporter.ended(item, end["reason"])


class _Ear(logging.Handler):
    def __init__(self, reporter: Reporter) -> None:
        super().__init__(logging.WARNING)
        self._reporter = reporter

    def emit(self, record: logging.LogRecord) -> None:
        self._reporter.noticed(episode_of(record), record.getMessage())


@contextmanager
def _hearing(reporter: Reporter) -> Iterator[None]:
    ear = _Ear(reporter)
    _LOGGER.addHandler(ear)
    try:
        yield
    finally:
        _LOGGER.removeHandler(ear)


class _Glimpse:
    """What is known here of a world that is played elsewhere; a `Scene`."""

    def __init__(self, parameters: Any) -> None:
        self.parameters = parameters
        self.update(Progress())

    def update(self, progress: Progress) -> None:
        self.score, value = progress.score
        self.figures: Sequence[Figure] = (Figure(self.score, ""),)
        self.measured: Sequence[int] = (value,)
        self.state = SimpleNamespace(now_minutes=progress.minute)


class Worker(Protocol):
    """Plays one shard at a time, elsewhere."""

    async def play(self, shard: Shard, hear: Callable[[News], None]) -> str:
        """Play a shard and pass on what is told of it; a worker that ended is replaced first.

        Returns:
            Why the worker ended before the shard did; empty if it did not.

        Raises:
            TenureError: If an agent or the worker cannot be had.
        """

    async def pull(self, reason: str, grace_s: float) -> None:
        """Pull the brake of all that it plays from now on; see `Brake.pull`."""


class Shards:
    """What is still to be played, cut as it is asked for.

    Episodes on one world stay together, because they share its floor and bound. Scripts get shards
    of some seconds, as soon as the first ones have shown how long an episode takes, and smaller
    ones towards the end. Agents that wait for others, such as models, get one shard a worker: its
    episodes wait at the same time, and a local model's server starts once.

    Args:
        todo: The episodes.
        workers: How many ask.
        concurrency: How many episodes may be under way at a time, of agents that wait.
        limits: What all of them together may ask of one endpoint.
        is_counted: Whether the run stops when its steps have used up something.
    """

    def __init__(
        self,
        todo: Sequence[Assignment],
        workers: int,
        concurrency: int,
        limits: Limits = UNLIMITED,
        *,
        is_counted: bool = False,
    ) -> None:
        self._workers = workers
        self._waits = not all(map(is_scripted, todo))
        self._each = ceil(concurrency / workers) if self._waits else 1
        self._limits = _part(limits, workers)
        self._share = ceil(len(todo) / workers)
        self._worlds = deque(_by_world(todo))
        if len(self._worlds) < workers:
            self._worlds = deque([item] for item in todo)
        self._left = len(todo)
        self._back: deque[Shard] = deque()
        self._jobs = jobs.known()
        self._is_counted = is_counted
        self._episode_s: float | None = None

    def take(self) -> Shard | None:
        """Return the next shard, or `None` if there is none."""
        if self._back:
            return self._back.popleft()
        wanted = self._size()
        items: list[Assignment] = []
        while self._worlds and len(items) < wanted:
            items += self._worlds.popleft()
        self._left -= len(items)
        if not items:
            return None
        return Shard(items, self._each, self._limits, self._jobs, self._is_counted)

    def took(self, shard: Shard, seconds: float) -> None:
        """Learn how long a shard took."""
        self._episode_s = seconds / len(shard.items)

    def put_back(self, shard: Shard, items: Sequence[Assignment]) -> None:
        """Take back what a worker that ended left of a shard."""
        self._back.append(replace(shard, items=items, losses=shard.losses + 1))

    def _size(self) -> int:
        """Return how many episodes the next shard should have."""
        if self._waits:
            return self._share
        if self._episode_s is None:
            return 1
        fair = ceil(self._left / (2 * self._workers))
        return max(1, min(fair, int(SHARD_S / max(self._episode_s, 1e-6))))


def _by_world(todo: Sequence[Assignment]) -> list[list[Assignment]]:
    groups = groupby(todo, lambda item: (item.scenario.id, item.seed))
    return [list(group) for _, group in groups]


def useful_workers(workers: int, todo: Sequence[Assignment], limits: Limits) -> int:
    """Return how many of so many workers can do something: each needs its part of every limit."""
    given: list[int] = [most for most in astuple(limits) if most is not None]
    return min(workers, len(todo), *given)


def _part(limits: Limits, workers: int) -> Limits:
    """Return what one worker may ask of an endpoint, so that all together keep the limits."""
    return Limits(*(most and most // workers for most in astuple(limits)))


def check_portable(todo: Sequence[Assignment]) -> None:
    """See that agents can play elsewhere, before a folder is held for them.

    Raises:
        UsageError: If one is bound to this process, as a person at its terminal is, or is a script
            that its job does not have.
    """
    for item in todo:
        for spec in entrants(item.agent).values():
            if spec.kind in ("human", "mcp"):
                raise UsageError(
                    f"{spec.name} plays in the process that it has been started in; leave out "
                    f"--workers and --on."
                )
            for one in spec.crew:
                if one.is_script:
                    check_script(one, item.scenario.job)


async def play_in_shards(
    todo: Sequence[Assignment],
    workers: Sequence[Worker],
    watcher: Watcher,
    concurrency: int,
    *,
    limits: Limits = UNLIMITED,
    brake: Brake | None = None,
) -> list[Failure]:
    """Let workers play episodes to their ends, each a shard at a time.

    What a worker that ended has left is played on from its records, by the next that is free.
    A brake that is pulled here is pulled in each worker.

    Returns:
        The episodes that are unfinished, in their order.

    Raises:
        UsageError: If an agent cannot be had there.
    """
    brake = brake or Brake()
    counted = brake.budget.counts_before
    shards = Shards(todo, len(workers), concurrency, limits, is_counted=counted)
    table = _Table(shards, watcher, brake)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(table.keep_busy(worker)) for worker in workers]
            telling = group.create_task(_pass_on(brake, workers))
            await brake.attend(tasks)
            telling.cancel()
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__  # and not from the group
    planned = {item.path: place for place, item in enumerate(todo)}
    return sorted(table.failures, key=lambda failure: planned[failure.assignment.path])


async def _pass_on(brake: Brake, workers: Sequence[Worker]) -> None:
    """Once a brake is pulled, pull those of all workers."""
    how = await brake.pulled()
    await asyncio.gather(*(worker.pull(*how) for worker in workers))


class _Table:
    """What the workers of a run take their shards from, and where their news arrives.

    Attributes:
        failures: The episodes that were given up.
    """

    def __init__(self, shards: Shards, watcher: Watcher, brake: Brake) -> None:
        self._shards = shards
        self._watcher = watcher
        self._brake = brake
        self._glimpses: dict[Path, _Glimpse] = {}
        self._over: set[Path] = set()
        self.failures: list[Failure] = []

    async def keep_busy(self, worker: Worker) -> None:
        """Give a worker shard after shard, until there are none or the brake is pulled."""
        while not self._brake.reason and (shard := self._shards.take()):
            began_s = monotonic()
            if lost := await worker.play(shard, partial(self._hear, shard)):
                self._bear(shard, lost)
            else:
                self._shards.took(shard, monotonic() - began_s)

    def _bear(self, shard: Shard, reason: str) -> None:
        """Put back what a worker that ended has left, or give it up."""
        left = [item for item in shard.items if item.path not in self._over]
        if not left:  # it ended between its last news and its own end
            return
        if shard.losses + 1 < MOST_LOSSES:
            self._shards.put_back(shard, left)
            return
        error = ProviderError(
            f"{MOST_LOSSES} workers ended while they had it, the last one {reason}."
        )
        self.failures += [failed(item, error, self._watcher) for item in left]

    def _hear(self, shard: Shard, news: News) -> None:
        self._brake.count_elsewhere(news.used)
        for place, progress in news.episodes.items():
            item = shard.items[place]
            self._hear_how_it_goes(item, progress)
            if progress.ended or progress.error:
                self._over.add(item.path)
                self._hear_the_end(item, progress)

    def _hear_how_it_goes(self, item: Assignment, progress: Progress) -> None:
        if progress.began is not None:
            glimpse = self._glimpses[item.path] = _Glimpse(item.scenario.world_parameters)
            glimpse.update(progress)
            self._watcher.began(item, glimpse, progress.began)
        if progress.steps:
            self._glimpses[item.path].update(progress)
            self._watcher.stepped(item, progress.exchange, progress.steps)
        for text in progress.notices:
            _LOGGER.warning("%s", text, extra={"episode": item.name})

    def _hear_the_end(self, item: Assignment, progress: Progress) -> None:
        if progress.error:
            self.failures.append(failed(item, progress.error, self._watcher))
        elif self._glimpses.pop(item.path, None):
            self._watcher.ended(item, progress.ended)
        else:  # no news of its beginning came
            self._watcher.kept(1)
