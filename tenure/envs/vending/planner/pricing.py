"""The best prices of a day, with all customers and rivals known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tenure.envs.vending.demand import Market, loyal_permille
from tenure.envs.vending.products import Product

_SWEEPS = 2
_NEAR_UNITS = 2
_HIGHEST_CENTS = 9_999


@dataclass(slots=True)
class Shelf:
    """A product on offer today.

    Attributes:
        product: Which.
        stock: Units in the machine.
        worth_cents: What a unit kept for later is worth.
        usual_units: About how many are best sold.
        asked_cents: The price that stands in the machine; 0 if none is set.
        price_cents: The price to be asked.
    """

    product: Product
    stock: int
    worth_cents: int
    usual_units: int
    asked_cents: int
    price_cents: int


def set_best_prices(
    market: Market, day: int, shelves: Sequence[Shelf], call_cents: int, banked_permille: int
) -> None:
    """Give every shelf the price that is best beside the others' prices.

    Args:
        market: The customers.
        day: 0-based.
        shelves: All of today's; their prices are changed in place.
        call_cents: What changing a price must bring at least.
        banked_permille: Which part of today's revenue counts.
    """
    groups: dict[str, list[Shelf]] = {}
    for shelf in shelves:
        groups.setdefault(shelf.product.category, []).append(shelf)
    for group in groups.values():
        pricing = _Pricing(market, day, group, len(shelves), call_cents, banked_permille)
        for _ in range(_SWEEPS if len(group) > 1 else 1):
            for shelf in group:
                pricing.improve(shelf)


@dataclass(frozen=True)
class _Pricing:
    market: Market
    day: int
    group: list[Shelf]
    distinct: int
    call_cents: int
    banked_permille: int

    def improve(self, shelf: Shelf) -> None:
        """Find the best of the prices at which one customer more or less comes."""
        best, most = shelf.price_cents, self.value()
        for price_cents in self._candidates(shelf):
            shelf.price_cents = price_cents
            value = self.value()
            if value > most:
                best, most = price_cents, value
        shelf.price_cents = best

    def value(self) -> int:
        """What the category earns today, in thousandths of a cent, less the calls it takes."""
        total = 0
        for shelf in self.group:
            price_cents = shelf.price_cents
            wanted = self.market.customers(
                shelf.product, self.day, price_cents, self.distinct, self._rivals(shelf)
            )
            each = price_cents * self.banked_permille - shelf.worth_cents * 1000
            total += min(wanted, shelf.stock) * each
            if price_cents != shelf.asked_cents:
                total -= self.call_cents * 1000
        return total

    def _rivals(self, shelf: Shelf) -> list[int]:
        return [
            other.price_cents * 1000 // other.product.reference_cents
            for other in self.group
            if other is not shelf
        ]

    def _candidates(self, shelf: Shelf) -> Iterator[int]:
        rivals, usual = self._rivals(shelf), shelf.usual_units
        if shelf.asked_cents:
            yield shelf.asked_cents
        for units in range(max(1, usual - _NEAR_UNITS), min(shelf.stock, usual + _NEAR_UNITS) + 1):
            price_cents = self._price(shelf.product, units, rivals)
            if price_cents > 0:
                yield min(price_cents, _HIGHEST_CENTS)

    def _price(self, product: Product, units: int, rivals: list[int]) -> int:
        """Return about the highest price at which so many come."""
        market, loyal, price_cents = self.market, 1000, 0
        appetite = market.appetite_milliunits[product.id][self.day]
        appetite *= market.variety_permille[self.distinct]
        luck = market.luck_milliunits[product.id][self.day]
        needed = 1000 * units - luck
        for _ in range(3):
            scaled = max(1, appetite * loyal // 1000)
            effect = -(-1_000_000 * needed // scaled)
            away = (1000 - effect) * product.reference_cents // -product.elasticity_permille
            price_cents = product.reference_cents + away
            if price_cents < 1 or not rivals:
                break
            loyal = loyal_permille(product, price_cents, rivals, market.rivalry_percent)
        wanted = market.customers(product, self.day, max(1, price_cents), self.distinct, rivals)
        return price_cents if wanted >= units else price_cents - 1
