"""The rules of the line: what a week does to goods and orders.

A week: what was due arrives; orders go up and what can be shipped leaves at once; customers come;
costs are counted. Orders pass up without delay. What a stage cannot ship it owes, and ships as
soon as it can.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tenure.envs.supply_line.terms import CostSheet


@dataclass(slots=True)
class Stage:
    """One stage's goods.

    Attributes:
        on_hand_units: In stock.
        owed_units: Ordered by the stage below (by customers, at the retailer) and not yet shipped.
        inbound_units: On the way: item 0 arrives next week; as long as the stage's lead time.
    """

    on_hand_units: int = 0
    owed_units: int = 0
    inbound_units: list[int] = field(default_factory=list)


def receive(stages: Sequence[Stage]) -> list[int]:
    """Begin a week: let arrive what was due. Return the units by stage."""
    arrived = []
    for stage in stages:
        units = stage.inbound_units.pop(0)
        stage.inbound_units.append(0)
        stage.on_hand_units += units
        arrived.append(units)
    return arrived


def ship(stages: Sequence[Stage], order_units: Sequence[int], closed: Sequence[bool]) -> list[int]:
    """Pass the orders up and ship what can be; all stages ship at once, from what they have.

    Args:
        stages: Downstream first; changed.
        order_units: What each stage orders from the one above (the factory: produces).
        closed: By stage, whether nothing can leave for it this week; production always can.

    Returns:
        The units that left for each stage.
    """
    shipped = []
    above = [*stages[1:], None]
    for stage, supplier, units, is_closed in zip(stages, above, order_units, closed, strict=True):
        leaving = _take(supplier, units, is_closed=is_closed) if supplier else units
        stage.inbound_units[-1] += leaving
        shipped.append(leaving)
    return shipped


def _take(supplier: Stage, ordered_units: int, *, is_closed: bool) -> int:
    supplier.owed_units += ordered_units
    leaving = 0 if is_closed else min(supplier.on_hand_units, supplier.owed_units)
    supplier.on_hand_units -= leaving
    supplier.owed_units -= leaving
    return leaving


def sell(retailer: Stage, demand_units: int) -> int:
    """Serve the customers, those who wait first. Return the units sold."""
    return _take(retailer, demand_units, is_closed=False)


def week_cost_cents(stages: Sequence[Stage], sheet: CostSheet) -> list[int]:
    """Return what the end of a week costs, by stage.

    A unit on its way is charged to the stage that sent it; waiting customers to the retailer.
    """
    costs = [
        rate * (stage.on_hand_units + sum(below.inbound_units))
        for rate, stage, below in zip(sheet.holding_cents[1:], stages[1:], stages, strict=False)
    ]
    retailer = stages[0]
    first = sheet.holding_cents[0] * retailer.on_hand_units
    return [first + sheet.backorder_cents * retailer.owed_units, *costs]


def echelon_stock_units(stages: Sequence[Stage]) -> list[int]:
    """Return for each stage the goods there and further down, less what customers wait for."""
    total, stocks = -stages[0].owed_units, []
    for stage in stages:
        total += stage.on_hand_units
        stocks.append(total)
        total += sum(stage.inbound_units)
    return stocks


def echelon_position_units(stages: Sequence[Stage]) -> list[int]:
    """Return for each stage its echelon stock and what is on its way to it."""
    stocks = echelon_stock_units(stages)
    return [stock + sum(stage.inbound_units) for stock, stage in zip(stocks, stages, strict=True)]
