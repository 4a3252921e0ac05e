"""Which products to offer together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tenure.envs.vending.demand import MOST_DISTINCT
from tenure.envs.vending.products import Product

_SLOTS = {"small": 6, "large": 6}
_RIVAL_TAKES_PERMILLE = 35
"""What a rival costs a product, in thousandths of its earnings: a little less than of customers."""


@dataclass(frozen=True)
class Chooser:
    """Chooses products, one slot each, by what they earn together.

    Attributes:
        products: By id.
        variety_permille: The effect of the number of products on offer.
        rivalry_percent: How much products of a category take from each other.
        swap_cents: What it costs to bring in another product.
    """

    products: Mapping[str, Product]
    variety_permille: Sequence[int]
    rivalry_percent: int
    swap_cents: float

    def choose(self, values: Mapping[str, float], incumbents: Collection[str]) -> list[str]:
        """Return the best products found, greedily for each number of them.

        Args:
            values: What each earns alone among the best number of products, in cents.
            incumbents: Those in the machine now.
        """
        best = max(self.variety_permille)
        found: list[str] = []
        found_cents = 0.0
        for distinct in range(1, MOST_DISTINCT + 1):
            scale = self.variety_permille[distinct] / best
            worth = {name: value * scale for name, value in values.items()}
            chosen = self._greedy(worth, distinct, incumbents)
            cents = self._together(worth, chosen, incumbents)
            if len(chosen) == distinct and cents > found_cents:
                found, found_cents = chosen, cents
        return found

    @property
    def _takes(self) -> float:
        return _RIVAL_TAKES_PERMILLE * self.rivalry_percent / 100_000

    def _greedy(
        self, worth: Mapping[str, float], distinct: int, incumbents: Collection[str]
    ) -> list[str]:
        """Add one by one what gains most, itself and by what it takes from the others."""
        chosen: list[str] = []
        free, rivals, taken = Counter(_SLOTS), Counter[str](), Counter[str]()
        while len(chosen) < distinct:
            best, most = "", 0.0
            for name, value in worth.items():
                product = self.products[name]
                if name in chosen or not free[product.size]:
                    continue
                category = product.category
                gain = value * (1 - self._takes * rivals[category]) - self._takes * taken[category]
                gain -= 0 if name in incumbents else self.swap_cents
                if gain > most:
                    best, most = name, gain
            if not best:
                break
            product = self.products[best]
            chosen.append(best)
            free[product.size] -= 1
            rivals[product.category] += 1
            taken[product.category] += int(worth[best])
        return chosen

    def _together(
        self, worth: Mapping[str, float], chosen: Sequence[str], incumbents: Collection[str]
    ) -> float:
        count = Counter(self.products[name].category for name in chosen)
        return sum(
            worth[name] * (1 - self._takes * (count[self.products[name].category] - 1))
            - (0 if name in incumbents else self.swap_cents)
            for name in chosen
        )
