"""What an agent could have looked up before a decision: its own goods, prices, orders and bills.

All of it is what `check_machine`, `check_storage` and the mails of houses say, and nothing more: a
delivery has the day that was promised, not the one on which it comes.
"""

from __future__ import annotations

from typing import Any, cast

from tenure.envs.jobs import Matter
from tenure.envs.vending.machine import slot_capacity
from tenure.envs.vending.money import dollars
from tenure.envs.vending.world import VendingWorld
from tenure.envs.world import World


def at_hand(world: World[Any], matter: Matter) -> dict[str, str]:
    """Tell of the product that a decision is about, or of all goods if it is about none."""
    business = cast("VendingWorld", world)
    named = (one.id for one in business.catalogue if one.name == matter.product)
    product_id = next(named, "") if matter.product else ""
    told = _of_product(business, product_id) if product_id else _of_all(business)
    told |= {"empty slots": _empty(business), "unpaid invoices": _unpaid(business)}
    return {name: text for name, text in told.items() if text}


def _of_product(world: VendingWorld, product_id: str) -> dict[str, str]:
    state = world.state
    stored = state.storage.get(product_id)
    slots = [
        f"{name} {slot.pile.units} of {slot_capacity(name)} at "
        f"{'no price' if slot.price_cents is None else dollars(slot.price_cents)}"
        for name, slot in state.slots.items()
        if slot.product_id == product_id
    ]
    return {
        "in storage": str(stored.units if stored else 0),
        "in slots": ", ".join(slots) or "0",
        "on the way": _on_the_way(world, product_id),
    }


def _of_all(world: VendingWorld) -> dict[str, str]:
    state = world.state
    stored = [pile.units for pile in state.storage.values()]
    units = sum(slot.pile.units for slot in state.slots.values())
    return {
        "in storage": f"{_units(sum(stored))} of {len(stored)} goods" if stored else "nothing",
        "in slots": f"{units} of {sum(map(slot_capacity, state.slots))} units",
        "on the way": _on_the_way(world),
    }


def _on_the_way(world: VendingWorld, product_id: str = "") -> str:
    """Return how many units were promised for which days; empty for none."""
    days: dict[int, int] = {}
    for shipment in world.state.shipments:
        units = sum(
            line.quantity for line in shipment.invoice.lines if product_id in ("", line.product_id)
        )
        if units:
            days[shipment.promised_day] = days.get(shipment.promised_day, 0) + units
    return ", ".join(f"{units} promised for day {day + 1}" for day, units in sorted(days.items()))


def _empty(world: VendingWorld) -> str:
    return " ".join(name for name, slot in world.state.slots.items() if not slot.pile.lots)


def _unpaid(world: VendingWorld) -> str:
    """Return how much the invoices come to that were sent and are neither paid nor lapsed."""
    bills = [one for account in world.state.accounts.values() for one in account.open_invoices]
    return f"{len(bills)}, {dollars(sum(one.total_cents for one in bills))}" if bills else ""


def _units(count: int) -> str:
    return f"{count} unit{'s' * (count != 1)}"
