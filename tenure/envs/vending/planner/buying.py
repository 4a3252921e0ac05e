"""What to order from whom, with every house's real practice known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tenure.envs.clock import day_of
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.negotiation import Bid, Relation, bargain
from tenure.envs.vending.planner.outlook import USUAL, Outlook, Whole
from tenure.envs.vending.products import draw_last_day
from tenure.envs.vending.purchases import ship
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.world import VendingWorld

COVERS_DAYS = (75, 45, 30, 20, 14, 10, 7, 5, 4, 3, 2)
_SLACK_DAYS = 2
_JOIN_DAYS = 12
_SAMPLE_UNITS = 1_000
_WORTH_A_MAIL_PERMILLE = 6

Basket = dict[str, int]
"""Units by product id."""


class Dispatch(NamedTuple):
    """What becomes of an order paid on a day.

    Attributes:
        usable_day: The first 0-based day on whose morning the goods are in storage.
        arrival_day: The day they come.
    """

    usable_day: int
    arrival_day: int


@dataclass(frozen=True)
class Demand:
    """Planned sales of one product.

    Attributes:
        outlook: Of the product.
        sold_before: Units planned before a day, by day.
        gain_before: The same of the gain in cents.
        supply: Units in hand and on their way that can be sold.
    """

    outlook: Outlook
    sold_before: Whole
    gain_before: Whole
    supply: int

    def runs_out(self, day: int) -> int:
        """Return the first day on which there is too little; the horizon if there is none."""
        reached = int(self.sold_before[day]) + self.supply
        return int(np.searchsorted(self.sold_before, reached, side="right")) - 1


def planned_sales(outlook: Outlook, offered: Whole, supply: int) -> Demand:
    """Return the planned sales of a product.

    Args:
        outlook: Of the product.
        offered: 1 for the days on which it is to be in the machine, else 0.
        supply: Units in hand and on their way.
    """

    def before(values: Whole) -> Whole:
        return np.concatenate([np.zeros(1, np.int64), (values * offered).cumsum()])

    return Demand(outlook, before(outlook.units[USUAL]), before(outlook.gain_cents[USUAL]), supply)


def sellable(lots: Iterable[tuple[int, int]], sold_before: Whole, day: int) -> int:
    """Return how many units of some lots (last day, units) can be sold before they spoil."""
    total, days = 0, len(sold_before) - 1
    for last_day, units in sorted(lots):
        most = int(sold_before[max(day, min(last_day + 1, days))] - sold_before[day])
        total = min(total + units, max(total, most))
    return total


class Talk(NamedTuple):
    """How to bargain.

    Attributes:
        rounds: Mails that ask for less, the order among them; 0 if none helps.
        granted_permille: What is off the list after them.
    """

    rounds: int
    granted_permille: int


def _talk(supplier: Supplier, relation: Relation, day: int) -> Talk:
    """Bargain as long as a further mail brings something."""
    best = Talk(0, relation.granted_permille)
    for number in range(1, len(supplier.stance.steps_permille) + 1 - relation.rounds):
        _, relation = bargain(supplier.stance, relation, Bid(), day)
        more_permille = relation.granted_permille - best.granted_permille
        is_free = number == 1
        if more_permille >= (1 if is_free else _WORTH_A_MAIL_PERMILLE * (number - best.rounds)):
            best = Talk(number, relation.granted_permille)
    return best


class Houses:
    """The wholesalers that sell to anybody."""

    def __init__(self, world: VendingWorld) -> None:
        self._world = world
        self.all = [one for one in world.suppliers if not one.practice.fee_cents]
        self._dispatches: dict[tuple[str, int], Dispatch | None] = {}
        self._talks: dict[tuple[str, Relation, int], Talk] = {}

    def talk(self, supplier: Supplier, day: int) -> Talk:
        """Return how to bargain with a house in mails that it answers on a day."""
        account = self._world.state.accounts.get(supplier.id)
        relation = account.relation.at(day) if account else Relation()
        key = supplier.id, relation, day if relation.rounds else 0
        if key not in self._talks:
            self._talks[key] = _talk(supplier, relation, day)
        return self._talks[key]

    def unit_cents(self, supplier: Supplier, product_id: str, units: int, day: int) -> int:
        """Return what a unit costs who orders on a day, bargains, and promises to pay at once."""
        off_permille = self.talk(supplier, day + 1).granted_permille
        off_permille += supplier.stance.speed_permille
        return supplier.invoiced_cents(product_id, units, off_permille)

    def dispatch(self, supplier: Supplier, day: int) -> Dispatch | None:
        """Return what becomes of an order paid on a day; `None` if not all of it comes."""
        key = supplier.id, day
        if key not in self._dispatches:
            self._dispatches[key] = self._dispatch(supplier, day)
        return self._dispatches[key]

    def _dispatch(self, supplier: Supplier, day: int) -> Dispatch | None:
        practice, products = supplier.practice, self._world.products
        if practice.is_closed(day):
            return None
        lines = tuple(
            InvoiceLine(name, _SAMPLE_UNITS, cents + 1)
            for name, cents in supplier.prices_cents.items()
        )
        invoice = Invoice("", supplier.id, lines, 0)
        shipment = ship(self._world.chance, supplier, invoice, day, products)
        arrival_day = day_of(shipment.due_minutes)
        if shipment.parcel != lines or practice.is_closed(arrival_day):
            return None
        return Dispatch(arrival_day + 1, arrival_day)


def plan_orders(
    world: VendingWorld,
    houses: Houses,
    demands: Mapping[str, Demand],
    day: int,
    budget_cents: int,
    covers_days: Sequence[int] = COVERS_DAYS,
) -> dict[str, Basket]:
    """Return what to order today, to be paid tomorrow, by supplier id.

    Args:
        world: The truth.
        houses: Those to buy from.
        demands: By product id.
        day: 0-based.
        budget_cents: What there will be to pay with.
        covers_days: For how many days' sales to order, the most that can be paid.
    """
    plan: dict[str, Basket] = {}
    for cover_days in covers_days:
        plan, total_cents = _for_cover(world, houses, demands, day, cover_days, budget_cents)
        if plan and total_cents <= budget_cents:
            return plan
        if not plan and cover_days == covers_days[0]:
            return {}
    return {}


def _for_cover(
    world: VendingWorld,
    houses: Houses,
    demands: Mapping[str, Demand],
    day: int,
    cover_days: int,
    budget_cents: int,
) -> tuple[dict[str, Basket], int]:
    banned: set[str] = set()
    while True:
        plan = _cheapest(world, houses, demands, day, cover_days, banned)
        totals = {
            one.id: sum(
                units * houses.unit_cents(one, name, units, day)
                for name, units in plan[one.id].items()
            )
            for one in houses.all
            if one.id in plan
        }
        small = [
            one.id
            for one in houses.all
            if one.id in plan and totals[one.id] < one.minimum_order_cents
        ]
        if not small:
            return plan, sum(totals.values())
        banned.add(min(small, key=lambda name: totals[name]))


def _cheapest(
    world: VendingWorld,
    houses: Houses,
    demands: Mapping[str, Demand],
    day: int,
    cover_days: int,
    banned: set[str],
) -> dict[str, Basket]:
    soon: dict[str, dict[str, tuple[int, int, int]]] = {}
    urgent: set[str] = set()
    for name, demand in demands.items():
        out = demand.runs_out(day)
        if out >= world.parameters.horizon_days:
            continue
        found = _best_house(world, houses, demand, day, out, cover_days, banned)
        if found is None:
            continue
        supplier, usable_day, units = found
        soon.setdefault(supplier.id, {})[name] = (out, usable_day, units)
        if out <= usable_day + _SLACK_DAYS:
            urgent.add(supplier.id)
    return {
        house: {
            name: units
            for name, (out, usable_day, units) in goods.items()
            if out <= usable_day + _JOIN_DAYS
        }
        for house, goods in soon.items()
        if house in urgent
    }


def _best_house(
    world: VendingWorld,
    houses: Houses,
    demand: Demand,
    day: int,
    out: int,
    cover_days: int,
    banned: set[str],
) -> tuple[Supplier, int, int] | None:
    product, horizon = demand.outlook.product, world.parameters.horizon_days
    best, most = None, 0
    for supplier in houses.all:
        if supplier.id in banned or product.id not in supplier.prices_cents:
            continue
        dispatch = houses.dispatch(supplier, day + 1)
        if dispatch is None or dispatch.usable_day >= horizon:
            continue
        last_day = draw_last_day(world.chance, product, supplier.id, dispatch.arrival_day)
        first = max(dispatch.usable_day, out)
        end = min(max(day + 4, out) + cover_days, last_day + 1, horizon)
        if end <= first:
            continue
        units = int(demand.sold_before[end] - demand.sold_before[first])
        left = int(demand.sold_before[day]) + demand.supply - int(demand.sold_before[first])
        units -= max(0, left)
        if units <= 0:
            continue
        cents = houses.unit_cents(supplier, product.id, units, day)
        gain = int(demand.gain_before[end] - demand.gain_before[first])
        gain += units * (demand.outlook.cost_cents - cents)
        if gain > most:
            best, most = (supplier, dispatch.usable_day, units), gain
    return best
