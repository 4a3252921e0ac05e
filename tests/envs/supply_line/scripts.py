"""Ways to play a supply line in tests."""

from collections.abc import Sequence

from tenure.envs.jobs import Briefing
from tenure.envs.supply_line import JOB
from tenure.envs.supply_line.demand import Regime, weekly_weights
from tenure.envs.supply_line.terms import STAGES, CostSheet, Terms
from tenure.envs.supply_line.world import SupplyLineWorld
from tenure.envs.world import Step

CLASSIC = {"mean_demand_units": (8, 8), "lead_weeks": (2, 2)}
YEAR: dict = {}
REGIMES = {"regimes": "observed"}
SHIFT = {"regimes": "hidden"}
TIERS = {"classic": CLASSIC, "year": YEAR, "regimes": REGIMES, "shift": SHIFT}
"""Without mail."""

HOSTILE = {
    "regimes": "observed",
    "disruptions_per_year": 5,
    "rumours_per_year": 8,
    "spoofs_per_year": 6,
    "targets_per_year": 4,
    "cost_sheets_per_year": 2,
}
BRIEF = "Genuine mail is from @linden-supply.example, or from @tern-freight.example, the carrier."

BEER_GAME = (CostSheet(0, (100, 75, 50, 25), 900),)


def steady(horizon_weeks: int = 120, mean_units: int = 8, lead_weeks: int = 2) -> Terms:
    """The line of the published figures: Poisson demand of 8, lead times of 2 weeks."""
    regime = Regime("steady", mean_units, weekly_weights("poisson", mean_units))
    return Terms(horizon_weeks, (lead_weeks,) * 4, BEER_GAME, (regime,))


def make(seed: int = 1, **parameters) -> SupplyLineWorld:
    return SupplyLineWorld(SupplyLineWorld.Parameters(**parameters), seed)


def bound(seed: int, **parameters) -> int:
    return JOB.bound(SupplyLineWorld.Parameters(**parameters), seed)


def order(world: SupplyLineWorld, units: Sequence[int]) -> Step:
    """Order for all stages and let the week pass."""
    world.call("place_orders", **dict(zip(STAGES, units, strict=True)))
    return world.call("end_week")


def play(policy: str, seed: int, **parameters) -> SupplyLineWorld:
    """Return the world at the end of an episode."""
    return play_steps(policy, seed, **parameters)[0]


def play_steps(policy: str, seed: int, **parameters) -> tuple[SupplyLineWorld, list[Step]]:
    world = make(seed, **parameters)
    script = JOB.policies[policy](Briefing(BRIEF, world.opening(), world.toolbox, seed=seed))
    call, steps = next(script), []
    while not world.ended:
        steps.append(world.step(call.to_json()))
        call = script.send(steps[-1].text) if not world.ended else call
    return world, steps
