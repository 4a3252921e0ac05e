"""What a step at the vending business was about: which goods, with whom, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from tenure.envs.jobs import Deed, Matter
from tenure.envs.tools import ToolCall
from tenure.envs.vending.office import bare_address
from tenure.envs.vending.products import Product
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
"""Why a day that passed was worth less than it could have been, the most weighty first.

But slots that were not filled come before all of it where they cost more (`_of_a_night`).
"""

_CAUSES = {
    "empty_slot": "slot emptied",
    "stock_slot": "goods put into a slot",
    "collect_cash": "cash collected",
    "call_technician": "technician called",
}
_ON_THE_WAY_DAYS = 7
"""An order that comes too late is one whose goods are gone before so many days are over."""
_ODD = 1.7
"""A price is odd that is so many times too high or too low."""
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
    """Say what was most of all left undone, by what the reference would have done yet.

    Goods in storage while customers find none in the slots: those were not filled. Goods that are
    nowhere, or soon will be: they were not ordered, or not paid for. Where both is so, what counts
    is which of the two the more of a day's profit hangs on.
    """
    if odd := _odd_price(world, would):
        return odd
    tools = {call.name for call in would}
    undone = next((tool for tool in _LEFT_UNDONE if tool in tools), "")
    if _unfilled_cents(world, would) > _unordered_cents(world, would):
        undone = "stock_slot"
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


def _unfilled_cents(world: VendingWorld, would: Sequence[ToolCall]) -> float:
    """Estimate a day's profit that is lost if goods stay in storage."""
    put: Counter[str] = Counter()
    for call in would:
        if call.name == "stock_slot":
            put[call.arguments["product"]] += call.arguments["quantity"]
    on_offer = _units_in_slots(world)
    lost_cents = 0.0
    for product in world.catalogue:
        lacking = _units_a_day(product) - on_offer[product.id]
        lost_cents += max(0.0, min(lacking, put[product.name])) * _profit_cents(product)
    return lost_cents


def _unordered_cents(world: VendingWorld, would: Sequence[ToolCall]) -> float:
    """Estimate a day's profit that is lost if goods come a day later, of those that run out."""
    texts = [str(call.arguments.get("body")) for call in would if call.name == "send_mail"]
    memos = {str(call.arguments.get("memo")) for call in would if call.name == "send_payment"}
    billed = {
        line.product_id
        for account in world.state.accounts.values()
        for invoice in account.open_invoices
        if invoice.id in memos
        for line in invoice.lines
    }
    owned = _units_owned(world)
    lost_cents = 0.0
    for product in world.catalogue:
        is_wanted = product.id in billed or any(f" x {product.name}\n" in text for text in texts)
        units = _units_a_day(product)
        if is_wanted and owned[product.id] < _ON_THE_WAY_DAYS * units:
            lost_cents += units * _profit_cents(product)
    return lost_cents


def _units_in_slots(world: VendingWorld) -> Counter[str]:
    """Return the units that customers can reach, by product id."""
    state, found = world.state, Counter[str]()
    for name, slot in state.slots.items():
        if name not in state.broken_slots:
            found[slot.product_id] += slot.pile.units
    return found


def _units_owned(world: VendingWorld) -> Counter[str]:
    """Return the units in the machine, in storage and on their way, by product id."""
    found = Counter({name: pile.units for name, pile in world.state.storage.items()})
    for slot in world.state.slots.values():
        found[slot.product_id] += slot.pile.units
    for shipment in world.state.shipments:
        for line in shipment.invoice.lines:
            found[line.product_id] += line.quantity
    return found


def _units_a_day(product: Product) -> float:
    return product.base_sales_milliunits / 1000


def _profit_cents(product: Product) -> int:
    """Return what a unit brings at the usual price."""
    return product.reference_cents - product.wholesale_cents


def _odd_price(world: VendingWorld, would: Sequence[ToolCall]) -> Matter | None:
    """Name the product with the oddest price of those that the reference would have changed."""
    found: dict[str, float] = {}
    for call in would:
        slot = world.state.slots.get(str(call.arguments.get("slot")))
        if call.name == "set_price" and slot and slot.price_cents and slot.pile.lots:
            found[slot.product_id] = slot.price_cents / (100 * call.arguments["price"])
    name = max(found, key=lambda name: max(found[name], 1 / found[name]), default="")
    if not name or 1 / _ODD < found[name] < _ODD:
        return None
    cause = "price left far too low" if found[name] < 1 else "price left far too high"
    return Matter(world.products[name].name, "", cause)


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
