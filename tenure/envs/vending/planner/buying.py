"""What to order from whom, with every house's real practice known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
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
_USUAL_LEAD_DAYS = 4
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
    supply: int = 0

    def planned(self, first_day: int, end_day: int) -> int:
        """Return the units planned from a day on until before another."""
        return int(self.sold_before[end_day] - self.sold_before[first_day])

    def runs_out(self, day: int) -> int:
        """Return the first day on which there is too little; the horizon if there is none."""
        reached = int(self.sold_before[day]) + self.supply
        return int(np.searchsorted(self.sold_before, reached, side="right")) - 1


def planned_sales(outlook: Outlook, offered: Whole) -> Demand:
    """Return the planned sales of a product of which there is nothing yet.

    Args:
        outlook: Of the product.
        offered: 1 for the days on which it is to be in the machine, else 0.
    """

    def before(values: Whole) -> Whole:
        return np.concatenate([np.zeros(1, np.int64), (values * offered).cumsum()])

    return Demand(outlook, before(outlook.units[USUAL]), before(outlook.gain_cents[USUAL]))


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
        self.world = world
        self.all = [one for one in world.suppliers if not one.practice.fee_cents]
        self.by_id = {one.id: one for one in self.all}
        self._dispatches: dict[tuple[str, int], Dispatch | None] = {}
        self._talks: dict[tuple[str, Relation, int], Talk] = {}

    def talk(self, supplier: Supplier, day: int) -> Talk:
        """Return how to bargain with a house in mails that it answers on a day."""
        account = self.world.state.accounts.get(supplier.id)
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

    def total_cents(self, house: str, basket: Basket, day: int) -> int:
        """Return what an order of a day comes to."""
        supplier = self.by_id[house]
        return sum(
            units * self.unit_cents(supplier, name, units, day) for name, units in basket.items()
        )

    def dispatch(self, supplier: Supplier, day: int) -> Dispatch | None:
        """Return what becomes of an order paid on a day; `None` if not all of it comes."""
        key = supplier.id, day
        if key not in self._dispatches:
            self._dispatches[key] = self._dispatch(supplier, day)
        return self._dispatches[key]

    def _dispatch(self, supplier: Supplier, day: int) -> Dispatch | None:
        practice, products = supplier.practice, self.world.products
        if practice.is_closed(day):
            return None
        lines = tuple(
            InvoiceLine(name, _SAMPLE_UNITS, cents + 1)
            for name, cents in supplier.prices_cents.items()
        )
        invoice = Invoice("", supplier.id, lines, 0)
        shipment = ship(self.world.chance, supplier, invoice, day, products)
        arrival_day = day_of(shipment.due_minutes)
        if shipment.parcel != lines or practice.is_closed(arrival_day):
            return None
        return Dispatch(arrival_day + 1, arrival_day)


class Manner(NamedTuple):
    """How orders are put together.

    Attributes:
        covers_days: For how many days' sales to order; the most that can be paid.
        slack_days: How many days before goods run out new ones are to be there.
        join_days: What runs out within so many days is ordered together.
    """

    covers_days: Sequence[int] = COVERS_DAYS
    slack_days: int = 2
    join_days: int = 12


def plan_orders(
    houses: Houses,
    demands: Mapping[str, Demand],
    day: int,
    budget_cents: int,
    manner: Manner,
) -> dict[str, Basket]:
    """Return what to order today, to be paid tomorrow, by supplier id.

    Args:
        houses: Those to buy from.
        demands: By product id.
        day: 0-based.
        budget_cents: What there will be to pay with.
        manner: How to put orders together.
    """
    for cover_days in manner.covers_days:
        plan = _Orders(houses, demands, day, cover_days, manner).plan()
        if not plan:
            return {}
        if (
            sum(houses.total_cents(name, basket, day) for name, basket in plan.items())
            <= budget_cents
        ):
            return plan
    return {}


class _Need(NamedTuple):
    """Units to be had from a house, which run out on a day and can be there on another."""

    units: int
    out_day: int
    usable_day: int


@dataclass(frozen=True)
class _Orders:
    """The orders of one day, for sales of so many days."""

    houses: Houses
    demands: Mapping[str, Demand]
    day: int
    cover_days: int
    manner: Manner

    def plan(self) -> dict[str, Basket]:
        """Give each product to the best house; those whose minimum is not reached drop out."""
        banned: set[str] = set()
        while True:
            plan = {
                house: self._basket(house, needs)
                for house, needs in self._by_house(banned).items()
                if any(self._is_urgent(need) for need in needs.values())
            }
            small = {
                house: self.houses.total_cents(house, basket, self.day)
                for house, basket in plan.items()
                if not self._is_enough(house, basket)
            }
            if not small:
                return plan
            banned.add(min(small, key=small.__getitem__))

    def _basket(self, house: str, needs: Mapping[str, _Need]) -> Basket:
        """Order what is needed soon, or all that ever will be if the minimum asks for it."""
        soon = {
            name: need.units
            for name, need in needs.items()
            if need.out_day <= need.usable_day + self.manner.join_days
        }
        return (
            soon
            if self._is_enough(house, soon)
            else {name: need.units for name, need in needs.items()}
        )

    def _is_urgent(self, need: _Need) -> bool:
        return need.out_day <= need.usable_day + self.manner.slack_days

    def _is_enough(self, house: str, basket: Basket) -> bool:
        least_cents = self.houses.by_id[house].minimum_order_cents
        return self.houses.total_cents(house, basket, self.day) >= least_cents

    def _by_house(self, banned: Collection[str]) -> dict[str, dict[str, _Need]]:
        found: dict[str, dict[str, _Need]] = {}
        for name, demand in self.demands.items():
            out_day = demand.runs_out(self.day)
            if out_day < self.houses.world.parameters.horizon_days:
                offers = [
                    offer
                    for supplier in self.houses.all
                    if supplier.id not in banned
                    and (offer := self._offer(supplier, demand, out_day))
                ]
                if offers:
                    _, house, need = max(offers, key=lambda offer: offer[0])
                    found.setdefault(house, {})[name] = need
        return found

    def _offer(
        self, supplier: Supplier, demand: Demand, out_day: int
    ) -> tuple[int, str, _Need] | None:
        """Return what buying from a house gains, and what is needed of it; `None` for nothing."""
        product, day = demand.outlook.product, self.day
        dispatch = self.houses.dispatch(supplier, day + 1)
        if product.id not in supplier.prices_cents or dispatch is None:
            return None
        arrival, horizon = dispatch.arrival_day, self.houses.world.parameters.horizon_days
        last_day = draw_last_day(self.houses.world.chance, product, supplier.id, arrival)
        first = max(dispatch.usable_day, out_day)
        end = min(max(day + _USUAL_LEAD_DAYS, out_day) + self.cover_days, last_day + 1, horizon)
        if end <= first:
            return None
        units = demand.planned(first, end) - max(0, demand.supply - demand.planned(day, first))
        if units <= 0:
            return None
        unit_cents = self.houses.unit_cents(supplier, product.id, units, day)
        gain_cents = int(demand.gain_before[end] - demand.gain_before[first])
        gain_cents += units * (demand.outlook.cost_cents - unit_cents)
        if gain_cents <= 0:
            return None
        return gain_cents, supplier.id, _Need(units, out_day, dispatch.usable_day)
