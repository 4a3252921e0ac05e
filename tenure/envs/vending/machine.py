"""The machine and the rules by which it sells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

from tenure.envs.vending.goods import Pile
from tenure.envs.vending.products import Size

SlotName = Literal["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3", "D1", "D2", "D3"]
SLOT_NAMES: tuple[SlotName, ...] = get_args(SlotName)
CAPACITY_UNITS: dict[Size, int] = {"small": 15, "large": 8}


@dataclass(slots=True)
class Slot:
    """One column of the machine.

    Attributes:
        product_id: What it holds or held last; empty if nothing yet.
        price_cents: `None` until a price is set; a slot without a price sells nothing.
        pile: What is in it.
    """

    product_id: str = ""
    price_cents: int | None = None
    pile: Pile = field(default_factory=Pile)


class Sales(NamedTuple):
    """What one day sold.

    Attributes:
        sold: Units by product id.
        revenue_cents: By product id.
        cost_cents: Purchase cost of the units sold.
        lost: Units by product id that customers wanted and did not find.
    """

    sold: dict[str, int]
    revenue_cents: dict[str, int]
    cost_cents: int
    lost: dict[str, int]


def slot_size(name: str) -> Size:
    """Return what fits: rows A and B take small items, C and D large ones."""
    return "small" if name[0] in "AB" else "large"


def slot_capacity(name: str) -> int:
    """Return how many units a slot holds."""
    return CAPACITY_UNITS[slot_size(name)]


def new_machine() -> dict[str, Slot]:
    """Return twelve empty slots by name."""
    return {name: Slot() for name in SLOT_NAMES}


def facings(slots: Sequence[Slot]) -> dict[str, list[Slot]]:
    """Return the priced slots of each product, cheapest first."""
    priced = [slot for slot in slots if slot.price_cents is not None]
    found: dict[str, list[Slot]] = {}
    for slot in sorted(priced, key=lambda slot: slot.price_cents or 0):
        found.setdefault(slot.product_id, []).append(slot)
    return found


def on_offer(slots: Sequence[Slot]) -> dict[str, int]:
    """Return the lowest price in cents of each product that has stock and a price."""
    offer: dict[str, int] = {}
    for slot in slots:
        cents = slot.price_cents
        if cents is not None and slot.pile.lots:
            offer[slot.product_id] = min(cents, offer.get(slot.product_id, cents))
    return offer


def dearest_on_offer(slots: Sequence[Slot]) -> dict[str, int]:
    """Return the highest price in cents of each product that has stock and a price."""
    offer: dict[str, int] = {}
    for slot in slots:
        cents = slot.price_cents
        if cents is not None and slot.pile.lots:
            offer[slot.product_id] = max(cents, offer.get(slot.product_id, cents))
    return offer


def sell_one_day(slots: Sequence[Slot], customers: Callable[[str, int], int]) -> Sales:
    """Sell a day's units out of the slots.

    All slots of a product face the same customers: they buy from the cheapest slot first, and who
    still wants one at the next slot's price buys there. So a second facing adds stock, not demand.

    Args:
        slots: Those that work; changed in place.
        customers: Units wanted of a product id at a price in cents.
    """
    sales = Sales({}, {}, 0, {})
    cost_cents = 0
    for product_id, group in facings(slots).items():
        sold = revenue_cents = lost = 0
        for slot in group:
            price_cents = slot.price_cents or 0
            wanted = max(0, customers(product_id, price_cents) - sold)
            units = min(wanted, slot.pile.units)
            if units:
                taken, slot.pile = slot.pile.take(units)
                sold += units
                revenue_cents += units * price_cents
                cost_cents += taken.cost_cents
            lost = wanted - units
        if sold:
            sales.sold[product_id] = sold
            sales.revenue_cents[product_id] = revenue_cents
        if lost:
            sales.lost[product_id] = lost
    return sales._replace(cost_cents=cost_cents)
