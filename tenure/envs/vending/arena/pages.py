"""What a seat reads of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tenure.envs.vending.arena.street import Sign
from tenure.envs.vending.money import dollars
from tenure.envs.vending.products import Product


def neighbours(own: Sign, rivals: Sequence[Sign]) -> list[str]:
    """Tell on the first morning who else is there; nothing to someone alone."""
    if not rivals:
        return []
    names = ", ".join(f"{one.name} ({one.email})" for one in rivals)
    return [
        f"You are {own.name} ({own.email}).",
        f"Rivals with a machine at the same location: {names}.",
    ]


def rivals_page(
    rivals: Sequence[Sign],
    shelves: Mapping[str, Mapping[str, int]],
    closed: frozenset[str],
    products: Mapping[str, Product],
) -> str:
    """Show the other machines as they were last evening.

    Args:
        rivals: The other businesses.
        shelves: By seat, prices in cents of what was on offer, by product id; empty on the first
            day.
        closed: The seats that are out of business.
        products: By id.
    """
    if not rivals:
        return "There is no other machine at the location."
    if not shelves:
        return "The other machines were still empty last evening."
    lines = [
        f"- {one.name} ({one.email}): "
        + ("out of business" if one.seat in closed else _shelf(shelves[one.seat], products))
        for one in rivals
    ]
    return "\n".join(["The other machines last evening:", *lines])


def _shelf(shelf: Mapping[str, int], products: Mapping[str, Product]) -> str:
    if not shelf:
        return "nothing on sale"
    return ", ".join(f"{products[name].name} {dollars(cents)}" for name, cents in shelf.items())


def standings(own: Sign, balances_cents: Mapping[Sign, int]) -> str:
    """Rank the businesses by their bank balances of last evening; equal ones by name."""
    ranked = sorted(balances_cents.items(), key=lambda one: (-one[1], one[0].name))
    places = ", ".join(
        f"{place}. {'you' if sign == own else sign.name} {dollars(cents)}"
        for place, (sign, cents) in enumerate(ranked, start=1)
    )
    return f"Bank balances last evening: {places}."


def payment_mail(sender: Sign, amount_cents: int, memo: str) -> tuple[str, str]:
    """Return subject and text of the bank's mail about money from a rival."""
    reason = f" Memo: {memo}" if memo else ""
    return (
        f"Payment of {dollars(amount_cents)} received",
        f"{sender.name} has paid you {dollars(amount_cents)}; it is in your bank account.{reason}",
    )


def goods_mail(sender: Sign, product: Product, units: int, spoilt: int) -> tuple[str, str]:
    """Return subject and text of the mail that says a rival's goods have come."""
    waste = f" {spoilt} of them had expired and were thrown away." if spoilt else ""
    return (
        f"Goods from {sender.name}",
        f"{units} units of {product.name} came from {sender.name}; they are in storage.{waste}",
    )
