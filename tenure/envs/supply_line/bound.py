"""The least expected cost of a seed, as the score that no agent exceeds."""

from __future__ import annotations

from tenure.envs.chance import Chance
from tenure.envs.supply_line.assessment import least_cost_cents
from tenure.envs.supply_line.draw import draw_line
from tenure.envs.supply_line.parameters import SupplyLineParameters


def optimum_cents(parameters: SupplyLineParameters, seed: int) -> int:
    """Return minus the least expected cost of a line, as week 0 finds it.

    With one regime or an observed one this is the optimum, which `echelon-base-stock` reaches.
    Whatever else a scenario adds (a mood that is not told, closed links, cost sheets to come)
    only takes choices or knowledge away, so there it is a proven bound.
    """
    return -least_cost_cents(draw_line(parameters, Chance(seed)))
