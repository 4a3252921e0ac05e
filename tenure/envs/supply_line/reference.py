"""The reference: the exact optimum of the line, week by week."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tenure.envs.jobs import Deed, Matter
from tenure.envs.supply_line.optimum import solve
from tenure.envs.supply_line.policies.base_stock import best_orders
from tenure.envs.supply_line.policies.weekly import place_orders
from tenure.envs.supply_line.world import SupplyLineWorld
from tenure.envs.tools import ToolCall
from tenure.envs.world import World


def reference(world: World[Any]) -> Iterator[ToolCall]:
    """Order up to the echelon levels of the exact recursion, and end the week.

    It knows this week's mood of the customers, told or not, and the cost sheets to come, as the
    optimum does that the job scores against; it knows no demand to come.
    """
    line = cast("SupplyLineWorld", world)
    regime = line.draw.regime_path[line.week]
    rows = [table[regime] for table in solve(line.draw.terms).cost[line.week]]
    yield place_orders(best_orders(rows, line.state.stages))
    yield ToolCall("end_week")


def matter(deed: Deed) -> Matter:
    """Tell which stage ordered least well, where a week passes."""
    if not deed.passes_day:
        return Matter()
    line = cast("SupplyLineWorld", deed.world)
    best = next((call.arguments for call in deed.would if call.name == "place_orders"), {})
    entered = dict(zip(best, line.state.order_units, strict=False))
    off = {stage: entered[stage] - units for stage, units in best.items()}
    stage = max(off, key=lambda name: abs(off[name]), default="")
    if not stage or not off[stage]:
        return Matter(cause="orders as the optimum has them")
    return Matter("", stage, "too much ordered" if off[stage] > 0 else "too little ordered")
