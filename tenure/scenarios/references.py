"""The two points that normalise a score on one seed: the naive script, and the bound."""

from __future__ import annotations

from typing import NamedTuple

from tenure.scenarios.playing import acting, play
from tenure.scenarios.schema import Scenario


class References(NamedTuple):
    """Scores (in units of the world's score figure, without luck) normalised to 0 and to 1.

    Attributes:
        floor: What the job's named naive script reaches on the seed.
        bound: The optimum or a proven upper bound for the seed.
    """

    floor: int
    bound: int

    def normalised(self, earned: float) -> float | None:
        """Map the floor to 0 and the bound to 1; `None` if the two coincide."""
        return (
            None if self.bound == self.floor else (earned - self.floor) / (self.bound - self.floor)
        )


def references(scenario: Scenario, seed: int) -> References:
    """Play the naive script on a seed and compute the bound.

    Raises:
        UsageError: If the scenario does not fit its job.
    """
    return References(
        floor=_floor(scenario, seed),
        bound=scenario.job.bound(scenario.world_parameters, seed),
    )


def _floor(scenario: Scenario, seed: int) -> int:
    name, world = scenario.job.floor, scenario.make_world(seed)
    opening = world.opening()
    return play(world, opening, acting(scenario, world, name), scenario.limits.steps).earned
