"""The two points that normalise a score on one seed: the naive script, and the bound."""

from __future__ import annotations

from typing import Any, NamedTuple

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.world import World
from tenure.scenarios.schema import Scenario


class References(NamedTuple):
    """Scores (in units of the world's score figure, without luck) normalised to 0 and to 1.

    Attributes:
        floor: What the job's named naive script reaches on the seed.
        bound: The optimum or a proven upper bound for the seed.
    """

    floor: int
    bound: int


def references(scenario: Scenario, seed: int) -> References:
    """Play the naive script on a seed and compute the bound.

    Raises:
        UsageError: If the scenario does not fit its job.
    """
    job = scenario.job
    return References(
        floor=_earned(scenario, seed, job.floor),
        bound=job.bound(scenario.world_parameters, seed),
    )


def _earned(scenario: Scenario, seed: int, policy_name: str) -> int:
    world = scenario.make_world(seed)
    start = Briefing(scenario.briefing, world.opening(), world.toolbox, seed=0)
    policy = scenario.job.policies[policy_name](start)
    _play(policy, world, scenario.limits.steps)
    return world.earned


def _play(policy: Policy, world: World[Any], steps: int) -> None:
    call = next(policy)
    for _ in range(steps):
        done = world.step(call.to_json())
        if done.ended:
            return
        call = policy.send(done.text)
    world.run_out()
