"""What was left undone at the vending business when a day passed, kind of work by kind of work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from tenure.envs.jobs import Deed, Matter, Part
from tenure.envs.tools import ToolCall
from tenure.envs.vending.matters import house_at, product_in
from tenure.envs.vending.world import VendingWorld
from tenure.envs.world import World

NOT_COLLECTED = "cash not collected"
NOT_REFUNDED = "refund not paid"
NOT_PAID = "invoice not paid"
NOT_REPAIRED = "machine not repaired"
NOT_FILLED = "slots not filled"
DEAD_GOODS = "dead goods kept in slots"
NO_PRICE = "goods without a price"
TOO_LOW = "price left far too low"
TOO_HIGH = "price left far too high"
OTHER_PRICES = "prices not set well"
NOT_ORDERED = "goods not ordered"

_IN_ORDER = (
    NOT_COLLECTED,
    NOT_REPAIRED,
    NOT_REFUNDED,
    NOT_PAID,
    NOT_FILLED,
    DEAD_GOODS,
    NO_PRICE,
    TOO_LOW,
    TOO_HIGH,
    OTHER_PRICES,
    NOT_ORDERED,
)
"""As the reference goes about them."""
_BY_TOOL = {
    "collect_cash": NOT_COLLECTED,
    "call_technician": NOT_REPAIRED,
    "stock_slot": NOT_FILLED,
    "send_mail": NOT_ORDERED,
}
_ODD = 1.7
"""A price is odd that is so many times too high or too low."""


def parts(deed: Deed) -> list[Part]:
    """Tell what the reference would yet have done.

    The price of what is put into a slot anew belongs to filling, since neither sells without the
    other; so does what is taken out to make room for it.
    """
    world = cast("VendingWorld", deed.world)
    fresh = _restocked(world, deed.would)
    found: dict[str, list[ToolCall]] = {}
    for call in deed.would:
        if cause := _cause(world, call, fresh):
            found.setdefault(cause, []).append(call)
    return [
        Part(_matter(world, cause, found[cause]), _Doing(found[cause]))
        for cause in _IN_ORDER
        if cause in found
    ]


class _Doing:
    """Does some calls in whatever world."""

    def __init__(self, calls: Sequence[ToolCall]) -> None:
        self._calls = calls

    def __call__(self, _: World[Any]) -> Iterator[ToolCall]:
        return iter(self._calls)


def _restocked(world: VendingWorld, would: Sequence[ToolCall]) -> set[str]:
    """Return the slots into which goods come that were not in them, or never had a price."""
    return {
        name
        for name, product in _put(would)
        if not _price_cents(world, name) or product_in(world, name) != product
    }


def _put(would: Sequence[ToolCall]) -> Iterator[tuple[str, str]]:
    for call in would:
        if call.name == "stock_slot":
            yield call.arguments["slot"], call.arguments["product"]


def _price_cents(world: VendingWorld, slot: str) -> int | None:
    return world.state.slots[slot].price_cents


def _cause(world: VendingWorld, call: ToolCall, fresh: set[str]) -> str:
    """Return what is said if a call of the reference was not made; empty for waiting."""
    slot = str(call.arguments.get("slot"))
    if call.name == "set_price":
        return NOT_FILLED if slot in fresh else _price_cause(world, slot, call.arguments["price"])
    if call.name == "empty_slot":
        return NOT_FILLED if slot in fresh else DEAD_GOODS
    if call.name == "send_payment":
        return NOT_PAID if call.arguments.get("memo") else NOT_REFUNDED
    return _BY_TOOL.get(call.name, "")


def _price_cause(world: VendingWorld, slot: str, dollars: float) -> str:
    cents = _price_cents(world, slot)
    if not cents:
        return NO_PRICE
    ratio = cents / (100 * dollars)
    return TOO_LOW if ratio <= 1 / _ODD else TOO_HIGH if ratio >= _ODD else OTHER_PRICES


def _matter(world: VendingWorld, cause: str, calls: Sequence[ToolCall]) -> Matter:
    """Name the product or the house if there is but one."""
    goods = {_product(world, call.arguments) for call in calls} - {""}
    houses = {house_at(world, call.arguments["to"]) for call in calls if "to" in call.arguments}
    return Matter(_only(goods), _only(houses), cause)


def _product(world: VendingWorld, arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("product") or product_in(world, arguments.get("slot")))


def _only(names: set[str]) -> str:
    return names.pop() if len(names) == 1 else ""
