"""Plays of policies and attacks over seeds, each once, for all checks that look at them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cached_property, partial
from itertools import count, islice
from typing import NamedTuple, TypeVar

from tenure.envs.checker import check_measured
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import Fault, ToolCall
from tenure.errors import ContractError, told
from tenure.kit.advice import AdvisedError
from tenure.kit.attacks import ATTACKS, Stage
from tenure.scenarios import Scenario

T = TypeVar("T")

_NO_CALLS = (Fault.MALFORMED, Fault.UNKNOWN_TOOL, Fault.BAD_ARGUMENTS)
"""What no script of the ladder may be told; a world may refuse what it likes."""


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


class PolicyError(AdvisedError):
    """A script that does not do what a script must; the message names it."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            "Mend the script: a generator that yields ToolCalls of the job's tools, is sent the "
            "text that each led to, and never ends.",
        )


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
            faults = _NO_CALLS if name in self.job.policies else ()
            return _actions(name, partial(make, briefing), stage, faults)

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


def _actions(
    name: str, make: Callable[[], Policy], stage: Stage, faults: Sequence[Fault]
) -> Iterator[str]:
    """Yield what a script does, which must never return nor meet one of the faults.

    Raises:
        PolicyError: If it does, or fails otherwise.
    """
    policy = _of_script(name, make)
    if not isinstance(policy, Generator):
        raise PolicyError(f"The policy {name!r} is no generator but {_kind(policy)}.")
    call = _of_script(name, partial(next, policy))
    for number in count(1):
        if not isinstance(call, ToolCall):
            raise PolicyError(
                f"The policy {name!r} yields {_kind(call)} at step {number}, not a ToolCall."
            )
        yield _of_script(name, call.to_json)
        if stage.fault in faults:
            raise PolicyError(
                f"The policy {name!r} makes a call that cannot be, at step {number} on seed "
                f"{stage.seed}: {stage.heard.partition(chr(10))[0]}"
            )
        call = _of_script(name, partial(policy.send, stage.heard))


def _of_script(name: str, ask: Callable[[], T]) -> T:
    """Return what a script answers."""
    try:
        return ask()
    except StopIteration:
        raise PolicyError(
            f"The policy {name!r} returned before its episode was over; "
            "it must go on yielding calls until it is closed."
        ) from None
    except Exception as error:
        raise PolicyError(f"The policy {name!r} raised {told(error)}.") from error


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _play(stage: Stage, script: Iterator[str]) -> Play:
    world, actions = stage.world, []
    wanted = islice(script, stage.scenario.limits.steps)
    while not world.ended and (action := next(wanted, None)) is not None:
        step = world.step(action)
        stage.heard, stage.fault = step.text, step.fault
        actions.append(action)
        check_measured(world)
    finished = bool(world.ended)
    world.run_out()
    check_measured(world)
    score = [figure.name for figure in world.figures].index(world.score)
    luck = world.measured[score] - world.earned
    return Play(world.earned, luck, tuple(actions), finished)
