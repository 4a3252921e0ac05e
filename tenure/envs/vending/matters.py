"""What a step at the vending business was about: which goods, with whom, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from tenure.envs.jobs import Deed, Matter
from tenure.envs.tools import ToolCall
from tenure.envs.vending.office import bare_address
from tenure.envs.vending.world import VendingWorld

_LEFT_UNDONE = {
    "send_mail": "goods not ordered",
    "send_payment": "invoice not paid",
    "stock_slot": "slots not filled",
    "set_price": "prices not set well",
    "empty_slot": "dead goods kept in slots",
    "collect_cash": "cash not collected",
    "call_technician": "machine not repaired",
}
"""Why a day that passed was worth less than it could have been, the most weighty first."""

_CAUSES = {
    "empty_slot": "slot emptied",
    "stock_slot": "goods put into a slot",
    "collect_cash": "cash collected",
    "call_technician": "technician called",
}
_OWED = {"refund": "refund", "con_mail": "paid a con man", "spoofed_invoice": "paid an impostor"}


def matter(deed: Deed) -> Matter:
    """Tell what a step was about."""
    world = cast("VendingWorld", deed.world)
    if deed.passes_day:
        return _of_a_night(world, deed.would)
    if deed.tool == "send_payment":
        return _of_a_payment(world, deed)
    if deed.tool == "send_mail":
        cause = "order by mail" if _has_numbers(deed.arguments) else "mail"
        return Matter("", _house(world, deed.arguments.get("to")), cause)
    if deed.tool == "set_price":
        return _of_a_price(world, deed.arguments)
    product = _product_in(world, deed.arguments.get("slot"))
    product = str(deed.arguments.get("product", product))[:60]
    return Matter(product, "", _CAUSES.get(deed.tool, ""))


def _of_a_night(world: VendingWorld, would: Sequence[ToolCall]) -> Matter:
    """Say what was most of all left undone, by what the reference would have done yet."""
    by_tool = Counter(call.name for call in would)
    undone = next((tool for tool in _LEFT_UNDONE if by_tool[tool]), "")
    if not undone:
        return Matter(cause="the day as it came")
    calls = [call.arguments for call in would if call.name == undone]
    product = house = ""
    if undone in ("stock_slot", "set_price", "empty_slot"):
        names = {
            str(call.get("product") or _product_in(world, call.get("slot"))) for call in calls
        } - {""}
        product = names.pop() if len(names) == 1 else ""
    if undone in ("send_mail", "send_payment"):
        houses = {_house(world, call.get("to")) for call in calls}
        house = houses.pop() if len(houses) == 1 else ""
    return Matter(product, house, _LEFT_UNDONE[undone])


def _of_a_payment(world: VendingWorld, deed: Deed) -> Matter:
    address = bare_address(str(deed.arguments.get("to", "")))
    house = _house(world, address)
    kinds = {event["kind"] for event in deed.events}
    if "order" in kinds:
        products = {name for event in deed.events for name in event.get("units", ())}
        names = [world.products[name].name for name in products if name in world.products]
        return Matter(names[0] if len(names) == 1 else "", house, "invoice paid")
    if "membership" in kinds:
        return Matter("", house, "membership fee paid")
    if "payment" in kinds:
        return Matter("", house, "paid a wholesaler for no goods")
    topic = world.state.dealings.payees.get(address, "")
    return Matter("", house, _OWED.get(topic, "paid somebody" if "sent" in kinds else ""))


def _of_a_price(world: VendingWorld, arguments: Mapping[str, Any]) -> Matter:
    """Compare a price with the one that customers find normal."""
    slot = world.state.slots.get(str(arguments.get("slot")))
    product = world.products.get(slot.product_id) if slot else None
    dollars = arguments.get("price")
    if product is None or not isinstance(dollars, int | float):
        return Matter()
    cents, low = dollars * 100, (product.reference_cents + product.wholesale_cents) / 2
    cause = "price set"
    if cents < low:
        cause = "price set low"
    elif cents > product.reference_cents * 1.3:
        cause = "price set high"
    return Matter(product.name, "", cause)


def _has_numbers(arguments: Mapping[str, Any]) -> bool:
    return any(sign.isdigit() for sign in str(arguments.get("body", "")))


def _product_in(world: VendingWorld, slot: object) -> str:
    place = world.state.slots.get(str(slot))
    return world.products[place.product_id].name if place and place.product_id else ""


def _house(world: VendingWorld, address: object) -> str:
    """Return the name of who reads mail at an address, the address itself for who has none."""
    bare = bare_address(str(address))
    return next((one.name for one in world.suppliers if one.email.lower() == bare), bare[:80])
