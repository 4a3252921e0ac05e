"""What prices are competitive, and what prices a single owner of all machines would ask.

The published one-day pricing game, for one product by itself: every machine offers it beside the
same other goods, nobody runs out, and a unit costs its typical wholesale price. With f(p) what is
left of demand at price p and e^-d(p) how strongly that price draws (`split`), a machine that asks p
while the n - 1 others ask q earns, but for a constant,

    (p - cost) f(p) e^-d(p) / (e^-d(p) + (n - 1) e^-d(q))

The competitive price is a symmetric Nash equilibrium in whole cents: found by going from best
answer to best answer, from the cost upwards, until the best answer is not higher; as a best answer
never falls when the others ask more, that ends at the lowest equilibrium. The monopoly price
maximises (p - cost) f(p). How busy the day is cancels, so both hold for every day.
"""

from __future__ import annotations

from typing import NamedTuple

from tenure.envs.vending.arena.split import Stall, weights
from tenure.envs.vending.demand import price_permille
from tenure.envs.vending.products import Product


class PriceLevels(NamedTuple):
    """Two prices of a product in cents.

    Attributes:
        competitive: What machines that answer each other best end up asking.
        monopoly: What a single owner of all of them would ask.
    """

    competitive: int
    monopoly: int


class _Price(NamedTuple):
    """What a price does.

    Attributes:
        cents: From the cost to the highest at which anyone buys.
        margin: The margin in cents times what is left of demand in thousandths.
        pull: How strongly it draws.
    """

    cents: int
    margin: int
    pull: int


class PricingGame:
    """The pricing game of one product.

    Args:
        product: Its cost is `wholesale_cents`, below the highest price at which anyone buys.
        sellers: How many machines offer it, >= 1; with one the two prices are the same.
    """

    def __init__(self, product: Product, sellers: int) -> None:
        self._cost_cents, self._others = product.wholesale_cents, sellers - 1
        cents = [product.wholesale_cents]
        while price_permille(product, cents[-1] + 1):
            cents.append(cents[-1] + 1)
        pulls = weights([Stall(one * 1000 // product.reference_cents, 0, 0) for one in cents])
        margins = [(one - product.wholesale_cents) * price_permille(product, one) for one in cents]
        self._prices = [_Price(*one) for one in zip(cents, margins, pulls, strict=True)]

    @property
    def levels(self) -> PriceLevels:
        """The competitive and the monopoly price."""
        monopoly = max(self._prices, key=lambda one: one.margin).cents
        if not self._others:
            return PriceLevels(monopoly, monopoly)
        asked = self._cost_cents
        while (answer := self.best_answer(asked)) > asked:
            asked = answer
        return PriceLevels(asked, monopoly)

    def best_answer(self, asked_cents: int) -> int:
        """Return the price that earns most while all others ask one; the lowest of equals.

        Raises:
            IndexError: If nobody buys at what the others ask.
        """
        rival_pull = self._others * self._prices[asked_cents - self._cost_cents].pull
        best = self._prices[0]
        for price in self._prices:
            earned = price.margin * price.pull * (best.pull + rival_pull)
            if earned > best.margin * best.pull * (price.pull + rival_pull):
                best = price
        return best.cents
