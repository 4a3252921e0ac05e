"""Plays of policies and attacks over seeds, each once, for all checks that look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from tenure.envs.checker import check_measured
from tenure.envs.jobs import Briefing, Policy
from tenure.errors import ContractError
from tenure.kit.attacks import ATTACKS, Stage
from tenure.scenarios import Scenario


class Play(NamedTuple):
    """How one episode ended.

    Attributes:
        earned: The score without luck, in units of the score figure.
        luck: What luck added to the score; 0 if the world does not know.
        actions: What was done.
        finished: Whether the world ended before the steps were used up.
    """

    earned: int
    luck: int
    actions: tuple[str, ...]
    finished: bool


class Trials:
    """The plays of one scenario.

    Args:
        scenario: What is played.
        seeds: The worlds; two or more, since a replay needs another one.
    """

    def __init__(self, scenario: Scenario, seeds: Sequence[int]) -> None:
        self.scenario = scenario
        self.seeds = list(seeds)
        self.job = scenario.job
        self.best = list(self.job.policies)[-1]
        self._plays: dict[tuple[str, int], Play] = {}

    @cached_property
    def bounds(self) -> list[int]:
        """The bound on each seed.

        Raises:
            ContractError: If one of them is no whole number.
        """
        values = [self.job.bound(self.scenario.world_parameters, seed) for seed in self.seeds]
        for value in values:
            if type(value) is not int:
                raise ContractError(f"bound() returns {value!r}; it must be a whole number (int).")
        return values

    def policy(self, name: str) -> list[Play]:
        """Return how a policy or an exploit does on each seed."""
        return [self.policy_on(name, seed) for seed in self.seeds]

    def policy_on(self, name: str, seed: int) -> Play:
        """Return how a policy or an exploit does on any seed."""
        make = {**self.job.policies, **self.job.exploits}[name]

        def script(stage: Stage) -> Iterator[str]:
            toolbox = stage.world.toolbox
            briefing = Briefing(self.scenario.briefing, stage.heard, toolbox, seed)
            return _actions(name, make(briefing), stage)

        return self._played(name, seed, script)

    def attack(self, name: str) -> list[Play]:
        """Return how an attack does on each seed."""
        return [self._attack_on(name, seed) for seed in self.seeds]

    def normalised(self, plays: Sequence[Play]) -> float | None:
        """Return the mean normalised score of plays on the seeds.

        `None` if the bound is nowhere above the floor. Seeds on which it is not are left out.
        """
        floors = [play.earned for play in self.policy(self.job.floor)]
        shares = [
            (play.earned - floor) / (bound - floor)
            for play, floor, bound in zip(plays, floors, self.bounds, strict=True)
            if bound > floor
        ]
        return sum(shares) / len(shares) if shares else None

    def _attack_on(self, name: str, seed: int) -> Play:
        other = self.seeds[self.seeds.index(seed) - 1]

        def script(stage: Stage) -> Iterator[str]:
            stage.best_actions = self.policy_on(self.best, seed).actions
            stage.other_actions = self.policy_on(self.best, other).actions
            return ATTACKS[name](stage)

        return self._played(f"attack: {name}", seed, script)

    def _played(self, name: str, seed: int, script: Callable[[Stage], Iterator[str]]) -> Play:
        if (name, seed) not in self._plays:
            world = self.scenario.make_world(seed)
            stage = Stage(self.scenario, world, seed, world.opening())
            self._plays[name, seed] = _play(stage, script(stage))
        return self._plays[name, seed]


def _actions(name: str, policy: Policy, stage: Stage) -> Iterator[str]:
    """Yield what a policy does, which must never return."""
    try:
        call = next(policy)
        while True:
            yield call.to_json()
            call = policy.send(stage.heard)
    except StopIteration:
        raise ContractError(
            f"The policy {name!r} returned before its episode was over; "
            "it must go on yielding calls until it is closed."
        ) from None


def _play(stage: Stage, script: Iterator[str]) -> Play:
    world, actions = stage.world, []
    wanted = islice(script, stage.scenario.limits.steps)
    while not world.ended and (action := next(wanted, None)) is not None:
        stage.heard = world.step(action).text
        actions.append(action)
        check_measured(world)
    finished = bool(world.ended)
    world.run_out()
    check_measured(world)
    score = [figure.name for figure in world.figures].index(world.score)
    luck = world.measured[score] - world.earned
    return Play(world.earned, luck, tuple(actions), finished)
