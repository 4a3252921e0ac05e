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
        for _ in range(slots):
            _add_best(plan, products, profit)
    while len(plan) > most_distinct:
        weakest = min(plan, key=lambda product: (profit(product, plan[product]), product))
        freed = plan.pop(weakest)
        products = next(group for group in sizes.values() if weakest in group)
        kept = [product for product in products if product in plan]
        for _ in range(freed):
            _add_best(plan, kept, profit)
    return plan


def _add_best(plan: dict[str, int], products: Sequence[str], profit: Profit) -> None:
    def gain(product: str) -> float:
        slots = plan.get(product, 0)
        return profit(product, slots + 1) - profit(product, slots)

    best = max(products, key=gain, default="")
    if best and gain(best) > 0:
        plan[best] = plan.get(best, 0) + 1
