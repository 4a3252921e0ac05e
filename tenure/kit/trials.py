"""Plays of policies and attacks over seeds, each once, for all checks that look at them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from functools import cached_property, partial
from itertools import count
from typing import TypeVar

from tenure.envs.checker import check_measured
from tenure.envs.jobs import Policy
from tenure.envs.tools import Fault, ToolCall
from tenure.envs.world import Step
from tenure.errors import ContractError, told
from tenure.kit.advice import AdvisedError
from tenure.kit.attacks import ATTACKS, Stage
from tenure.scenarios import References, Scenario
from tenure.scenarios.playing import Act, Play, acting, play

T = TypeVar("T")

_NO_CALLS = (Fault.MALFORMED, Fault.UNKNOWN_TOOL, Fault.BAD_ARGUMENTS)
"""What no script of the ladder may be told; a world may refuse what it likes."""


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
    def references(self) -> list[References]:
        """Floor and bound on each seed.

        Raises:
            ContractError: If a bound is no whole number.
        """
        return [self._references_on(seed) for seed in self.seeds]

    def policy(self, name: str) -> list[Play]:
        """Return how a policy, an exploit or a privileged script does on each seed."""
        return [self.policy_on(name, seed) for seed in self.seeds]

    def policy_on(self, name: str, seed: int) -> Play:
        """Return how a policy, an exploit or a privileged script does on any seed."""
        faults = () if name in self.job.exploits else _NO_CALLS

        def who(stage: Stage) -> Act:
            def begin(make: Callable[[], Policy]) -> Policy:
                return _watched(name, make, stage, faults)

            return acting(self.scenario, stage.world, name, begin)

        return self._played(name, seed, who)

    def attack(self, name: str) -> list[Play]:
        """Return how an attack does on each seed."""
        return [self._attack_on(name, seed) for seed in self.seeds]

    def normalised(self, plays: Sequence[Play]) -> float | None:
        """Return the mean normalised score of plays on the seeds.

        `None` if floor and bound coincide on all. Seeds on which they do are left out.
        """
        all_shares = [
            point.normalised(one.earned) for one, point in zip(plays, self.references, strict=True)
        ]
        shares = [share for share in all_shares if share is not None]
        return sum(shares) / len(shares) if shares else None

    def _references_on(self, seed: int) -> References:
        bound = self.job.bound(self.scenario.world_parameters, seed)
        if type(bound) is not int:
            raise ContractError(f"bound() returns {bound!r}; it must be a whole number (int).")
        return References(self.policy_on(self.job.floor, seed).earned, bound)

    def _attack_on(self, name: str, seed: int) -> Play:
        other = self.seeds[self.seeds.index(seed) - 1]

        def who(stage: Stage) -> Act:
            stage.best_actions = self.policy_on(self.best, seed).actions
            stage.other_actions = self.policy_on(self.best, other).actions
            actions = ATTACKS[name](stage)
            return lambda _: next(actions, None)

        return self._played(f"attack: {name}", seed, who)

    def _played(self, name: str, seed: int, who: Callable[[Stage], Act]) -> Play:
        if (name, seed) not in self._plays:
            world = self.scenario.make_world(seed)
            stage = Stage(self.scenario, world, seed, world.opening())

            def saw(step: Step) -> None:
                stage.heard, stage.fault = step.text, step.fault
                check_measured(world)

            limit = self.scenario.limits.steps
            self._plays[name, seed] = play(world, stage.heard, who(stage), limit, saw)
            check_measured(world)
        return self._plays[name, seed]


def _watched(
    name: str, make: Callable[[], Policy], stage: Stage, faults: Sequence[Fault]
) -> Policy:
    """Return a script that never returns nor meets one of the faults without being told.

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
        _of_script(name, call.to_json)
        heard = yield call
        if stage.fault in faults:
            raise PolicyError(
                f"The policy {name!r} makes a call that cannot be, at step {number} on seed "
                f"{stage.seed}: {heard.partition(chr(10))[0]}"
            )
        call = _of_script(name, partial(policy.send, heard))


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
