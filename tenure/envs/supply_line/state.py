"""What may change in a supply line."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenure.envs.log import Log
from tenure.envs.supply_line.line import Stage
from tenure.envs.world import WorldState


@dataclass(frozen=True, slots=True)
class Week:
    """What happened in one week; lists are by stage, retailer first.

    Attributes:
        demand_units: What customers wanted.
        sold_units: What they got, late deliveries included.
        order_units: What was ordered.
        shipped_units: What left for each stage.
        arrived_units: What arrived at the start of the week.
        on_hand_units: In stock at the end.
        owed_units: Owed to the stage below at the end, to customers at the retailer.
        position_units: Echelon position before the orders.
        echelon_units: Echelon stock before the orders.
        cost_cents: What the week cost.
    """

    demand_units: int
    sold_units: int
    order_units: list[int]
    shipped_units: list[int]
    arrived_units: list[int]
    on_hand_units: list[int]
    owed_units: list[int]
    position_units: list[int]
    echelon_units: list[int]
    cost_cents: list[int]


@dataclass(slots=True)
class SupplyLineState(WorldState):
    """The whole state of a line.

    Attributes:
        stages: Goods and debts, retailer first.
        order_units: This week's orders as entered so far, by stage.
        arrived_units: What arrived at the start of this week.
        cost_cents: Since the start.
        sold_units: Since the start.
        unread: Numbers of the mails that have come and not been read, oldest first.
        followed: Numbers of the impostors' mails that were seen to be obeyed.
        weeks: The weeks that are over.
        luck_cents: What chance added to the result; known at the end.
        above_optimum_permille: Cost without luck, above the least expected; known at the end.
        bullwhip_permille: Variance of production over that of demand; known at the end.
    """

    stages: list[Stage] = field(default_factory=list)
    order_units: list[int] = field(default_factory=list)
    arrived_units: list[int] = field(default_factory=list)
    cost_cents: int = 0
    sold_units: int = 0
    unread: list[int] = field(default_factory=list)
    followed: list[int] = field(default_factory=list)
    weeks: Log[Week] = field(default_factory=Log)
    luck_cents: int = 0
    above_optimum_permille: int = 0
    bullwhip_permille: int = 0
