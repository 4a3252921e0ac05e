"""A recorded episode that can be entered again: the world as it was before any of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tenure.envs.chance import Future
from tenure.envs.clock import day_of
from tenure.envs.world import NOTHING, World
from tenure.errors import TrajectoryError, UsageError
from tenure.scoring.records import Episode, StepRecord, action_of
from tenure.scoring.replay import recorded_scenario

_STEPS_BETWEEN_SNAPSHOTS = 512


class Moment(NamedTuple):
    """The world as an agent found it when it took a step.

    Attributes:
        n: The step's number, from 0.
        world: The world before it. It moves on with the walk, and is not to be altered.
        step: What was recorded of the step.
    """

    n: int
    world: World[Any]
    step: StepRecord


class Past:
    """What lies behind a recorded episode, finished or not.

    The world is simulated again from its seed, so a record needs to hold no states: a year of 5,000
    steps takes some 0.4 s, and after the first time a step in the middle of it a tenth of that.

    Args:
        episode: Its records.

    Attributes:
        episode: Its records.
        scenario: What was played.

    Raises:
        TrajectoryError: If the header describes no world that this Tenure can build.
        UsageError: If the job is not installed.
    """

    def __init__(self, episode: Episode) -> None:
        self.episode = episode
        self.scenario = recorded_scenario(episode)
        self._snapshots: dict[int, bytes] = {}

    def __len__(self) -> int:
        """How many steps were recorded."""
        return len(self.episode.steps)

    def before(self, n: int, future: int = 0) -> World[Any]:
        """Return the world as it was before step `n`; `len(self)` is after the last. It is yours.

        Args:
            n: The step's number, from 0.
            future: Which luck it meets from the next day on: 0 for the recorded one. What the day
                of the step brings is the recorded one's in every future, and so is all that was
                announced or sent on its way by then.

        Raises:
            UsageError: If there is no such step.
            TrajectoryError: If the steps up to there come out otherwise than recorded.
        """
        if not 0 <= n <= len(self):
            raise UsageError(f"There is no step {n}: the episode has {len(self)}, from 0 on.")
        start = max((known for known in self._snapshots if known <= n), default=0)
        world = self.scenario.make_world(self.episode.seed, self.episode.future)
        if start:
            world.restore(self._snapshots[start])
        for moment in self._live(world, start, n):
            if moment.n and moment.n % _STEPS_BETWEEN_SNAPSHOTS == 0:
                self._snapshots.setdefault(moment.n, world.snapshot())
        if not future:
            return world
        other = self.scenario.make_world(self.episode.seed, self.future(n, future))
        other.restore(world.snapshot())
        return other

    def future(self, n: int, number: int) -> Future:
        """Return a future that begins on the day after that of step `n`; 0 is the recorded one.

        Raises:
            UsageError: If the record has a future of its own already and another is wanted.
        """
        if not number:
            return self.episode.future
        if self.episode.future.number:
            raise UsageError(
                f"This record is itself in future {self.episode.future.number}; only a record with"
                " the seed's own luck can meet other futures. Fork its parent."
            )
        steps = self.episode.steps
        minute = steps[n - 1]["minute"] if n else self.episode.header["minute"]
        return Future(number, day_of(minute) + 1)

    def moments(self) -> Iterator[Moment]:
        """Yield every step with the world before it, in one walk through the episode.

        Raises:
            TrajectoryError: If a step comes out otherwise than recorded.
        """
        yield from self._live(
            self.scenario.make_world(self.episode.seed, self.episode.future), 0, len(self)
        )

    def first_of_day(self, day: int) -> int:
        """Return the first step that was taken on a day or after it; 1 is the first day.

        Raises:
            UsageError: If the episode did not come so far.
        """
        minute, last = self.episode.header["minute"], 0
        for n, step in enumerate(self.episode.steps):
            last = day_of(minute) + 1
            if last >= day:
                return n
            minute = step["minute"]
        raise UsageError(f"There is no step on day {day} or after it: the last is on day {last}.")

    def _live(self, world: World[Any], start: int, stop: int) -> Iterator[Moment]:
        """Yield the steps of a span, each before the world takes it."""
        for n, step in enumerate(self.episode.steps[start:stop], start):
            yield Moment(n, world, step)
            told = world.step(action_of(step), step.get("outside", NOTHING))
            if told.text != step["text"] or told.minute != step["minute"]:
                raise TrajectoryError(
                    f"Step {n} comes out otherwise than recorded; `tenure verify` tells how.", n + 1
                )
