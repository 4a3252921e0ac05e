"""A line played by numbers alone: the same draws and rules as the world, without tools or texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tenure.envs.chance import Chance
from tenure.envs.supply_line.assessment import assess
from tenure.envs.supply_line.draw import draw_line
from tenure.envs.supply_line.line import receive
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.state import SupplyLineState, Week
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.weeks import pass_week

OPEN = (False,) * len(STAGES)
"""No link is closed."""


class LinePlay:
    """One line on its way through its weeks.

    Args:
        parameters: What is drawn from.
        seed: The draw.

    Attributes:
        draw: What the seed drew.
        stages: Where the goods are now, on a Monday after what arrived.
        order_units: Last week's orders by stage; 0 before the first.
        arrived_units: What arrived at the start of this week, by stage.
        demand_units: Last week's demand; 0 before the first.
        cost_cents: Last week's cost by stage; 0 before the first.
        total_cents: All costs so far.
        week: How many weeks are over.
    """

    def __init__(self, parameters: SupplyLineParameters, seed: int) -> None:
        self.draw = draw_line(parameters, Chance(seed))
        self.stages = self.draw.stages()
        self.order_units = [0] * len(STAGES)
        self.arrived_units = [0] * len(STAGES)
        self.cost_cents = [0] * len(STAGES)
        self.demand_units = self.total_cents = self.week = 0
        self._told = parameters.regimes == "observed"
        self._weeks: list[Week] = []

    @property
    def over(self) -> bool:
        """Whether all weeks are over."""
        return self.week == self.draw.terms.horizon_weeks

    @property
    def mood(self) -> int:
        """The index of this week's regime, if the scenario tells it; else -1."""
        return self.draw.regime_path[self.week] if self._told and not self.over else -1

    @property
    def closed(self) -> Sequence[bool]:
        """By stage, whether nothing can leave for it this week; no longer once all are over."""
        return OPEN if self.over else self.draw.closed(self.week)

    def play_week(self, order_units: Sequence[int]) -> list[int]:
        """Send the orders up and let the week pass.

        Returns:
            The week's cost in cents, by stage.
        """
        passed = pass_week(self.draw, self.week, self.stages, order_units, self.arrived_units)
        self._weeks.append(passed)
        self.demand_units, self.order_units = passed.demand_units, passed.order_units
        self.cost_cents = passed.cost_cents
        self.total_cents += sum(self.cost_cents)
        self.week += 1
        if not self.over:
            self.arrived_units = receive(self.stages)
        return self.cost_cents

    def state(self) -> SupplyLineState:
        """Return where the goods are as a state, for the pages that show one."""
        return SupplyLineState(stages=self.stages, arrived_units=self.arrived_units)

    def assessment(self) -> Mapping[str, Any]:
        """Tell luck from work at the end of an episode.

        Returns:
            `result_cents`, `luck_cents` and `above_optimum_permille`, as the world's figures of
            those names; `loss_cents`, by week and stage what the decision lost.
        """
        found = assess(self.draw, self._weeks)
        return {
            "result_cents": -self.total_cents,
            "luck_cents": found.earned_cents - self.total_cents,
            "above_optimum_permille": found.above_optimum_permille,
            "loss_cents": found.loss_cents,
        }
