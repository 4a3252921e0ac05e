"""Which products to offer together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tenure.envs.vending.demand import MOST_DISTINCT
from tenure.envs.vending.products import Product

_SLOTS = {"small": 6, "large": 6}
_FEWEST = 4
_RIVAL_TAKES = 0.035


def choose(
    values: Mapping[str, float],
    products: Mapping[str, Product],
    variety_permille: Sequence[int],
    incumbents: Collection[str],
    swap_cents: float,
    rivalry_percent: int = 100,
) -> list[str]:
    """Choose the products that earn most together, one slot each.

    Args:
        values: What each earns alone among the best number of products, in cents, by product id.
        products: By id.
        variety_permille: By number of products.
        incumbents: Those in the machine now.
        swap_cents: What it costs to bring in another.
        rivalry_percent: How much products of a category take from each other.
    """
    takes, best = _RIVAL_TAKES * rivalry_percent / 100, max(variety_permille)
    found: list[str] = []
    found_cents = 0.0
    for distinct in range(1, MOST_DISTINCT + 1):
        scale = variety_permille[distinct] / best
        worth = {name: value * scale for name, value in values.items()}
        chosen = _greedy(worth, products, distinct, incumbents, swap_cents, takes)
        cents = _together(chosen, worth, products, incumbents, swap_cents, takes)
        if cents > found_cents and len(chosen) == distinct:
            found, found_cents = chosen, cents
    return found


def _greedy(
    worth: Mapping[str, float],
    products: Mapping[str, Product],
    distinct: int,
    incumbents: Collection[str],
    swap_cents: float,
    takes: float,
) -> list[str]:
    chosen: list[str] = []
    free = dict(_SLOTS)
    taken: dict[str, float] = {}
    rivals: dict[str, int] = {}
    left = dict(worth)
    while len(chosen) < distinct:
        best, most = "", 0.0
        for name, value in left.items():
            product = products[name]
            if not free[product.size]:
                continue
            category = product.category
            gain = value * (1 - takes * rivals.get(category, 0)) - taken.get(category, 0.0)
            if name not in incumbents:
                gain -= swap_cents
            if gain > most:
                best, most = name, gain
        if not best:
            return chosen
        product = products[best]
        chosen.append(best)
        free[product.size] -= 1
        rivals[product.category] = rivals.get(product.category, 0) + 1
        taken[product.category] = taken.get(product.category, 0.0) + takes * left.pop(best)
    return chosen


def _together(
    chosen: Sequence[str],
    worth: Mapping[str, float],
    products: Mapping[str, Product],
    incumbents: Collection[str],
    swap_cents: float,
    takes: float,
) -> float:
    count: dict[str, int] = {}
    for name in chosen:
        count[products[name].category] = count.get(products[name].category, 0) + 1
    return sum(
        worth[name] * (1 - takes * (count[products[name].category] - 1))
        - (0 if name in incumbents else swap_cents)
        for name in chosen
    )
