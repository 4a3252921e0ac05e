"""One week of a drawn line, for the tool world and the numeric faces alike."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.line import (
    Stage,
    echelon_position_units,
    echelon_stock_units,
    sell,
    ship,
    week_cost_cents,
)
from tenure.envs.supply_line.state import Week


def pass_week(
    draw: Draw,
    week: int,
    stages: Sequence[Stage],
    order_units: Sequence[int],
    arrived_units: Sequence[int],
) -> Week:
    """Send the orders up, ship, sell and count; the goods of the next Monday do not arrive yet.

    Args:
        draw: The seed's line.
        week: 0-based.
        stages: The line on the week's Monday, retailer first; changed.
        order_units: By stage.
        arrived_units: What arrived on that Monday, by stage.
    """
    positions, echelons = echelon_position_units(stages), echelon_stock_units(stages)
    shipped = ship(stages, order_units, draw.closed(week))
    demand = draw.demand_units[week]
    sold = sell(stages[0], demand)
    return Week(
        demand_units=demand,
        sold_units=sold,
        order_units=list(order_units),
        shipped_units=shipped,
        arrived_units=list(arrived_units),
        on_hand_units=[stage.on_hand_units for stage in stages],
        owed_units=[stage.owed_units for stage in stages],
        position_units=positions,
        echelon_units=echelons,
        cost_cents=week_cost_cents(stages, draw.terms.sheet(week)),
    )
