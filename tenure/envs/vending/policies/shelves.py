"""How many slots of the machine each product gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Profit = Callable[[str, int], float]
"""Profit a day of a product in a number of slots; each further slot adds no more than the last."""


def allot(
    sizes: Mapping[str, Sequence[str]], slots: int, most_distinct: int, profit: Profit
) -> dict[str, int]:
    """Give each slot of each size to the product that earns most with one slot more.

    Args:
        sizes: The products that fit the slots of a size.
        slots: Slots of each size.
        most_distinct: Largest number of distinct products in all; customers dislike a jumble.
        profit: What a product earns.
    """
    plan: dict[str, int] = {}
    for products in sizes.values():
        _add_slots(plan, products, slots, profit)
    while len(plan) > most_distinct:
        weakest = min(plan, key=lambda product: (profit(product, plan[product]), product))
        freed = plan.pop(weakest)
        products = next(group for group in sizes.values() if weakest in group)
        _add_slots(plan, [product for product in products if product in plan], freed, profit)
    return plan


def _add_slots(plan: dict[str, int], products: Sequence[str], slots: int, profit: Profit) -> None:
    """Hand out slots one by one while that pays; each changes the next gain of one product only."""

    def gain(product: str) -> float:
        taken = plan.get(product, 0)
        return profit(product, taken + 1) - profit(product, taken)

    gains = {product: gain(product) for product in products}
    for _ in range(slots):
        best = max(gains, key=gains.__getitem__, default="")
        if not best or gains[best] <= 0:
            return
        plan[best] = plan.get(best, 0) + 1
        gains[best] = gain(best)
