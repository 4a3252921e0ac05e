"""The location: who has a machine there, what is on offer, and whose the customers are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from tenure.envs.chance import Chance, shuffled
from tenure.envs.tables import table
from tenure.envs.vending.arena.split import Stall, divide
from tenure.envs.vending.demand import Market, rivals_permille
from tenure.envs.vending.products import Product

MOST_SEATS = 8
SEATS = tuple(f"seat_{number}" for number in range(1, MOST_SEATS + 1))
"""The seats' ids in records and in PettingZoo; agents know each other by drawn names only."""


class Sign(NamedTuple):
    """What the others know of a business.

    Attributes:
        seat: Its id, which no agent is told.
        name: Such as `Cedar Vending`.
        email: Where it reads mail.
    """

    seat: str
    name: str
    email: str


@cache
def _trees() -> tuple[str, ...]:
    text = (resources.files("tenure.envs.vending.arena") / "names.yaml").read_text(encoding="utf-8")
    return tuple(table(text)["names"])


def draw_signs(chance: Chance, seats: int) -> tuple[Sign, ...]:
    """Draw the names of the businesses, in the order of the seats."""
    trees = shuffled(chance.words("names of seats", count=len(_trees())), _trees())
    return tuple(
        Sign(seat, f"{tree} Vending", f"office@{tree.lower()}-vending.example")
        for seat, tree in zip(SEATS[:seats], trees, strict=False)
    )


class Counters(NamedTuple):
    """What is on offer at the location on a day.

    Attributes:
        day: 0-based.
        offers: By seat: the lowest price in cents of each product on offer, by product id.
        dearest: By seat: the highest one; the same as the lowest if left out.
    """

    day: int
    offers: tuple[Mapping[str, int], ...]
    dearest: tuple[Mapping[str, int], ...] = ()

    @property
    def asked(self) -> tuple[Mapping[str, int], ...]:
        """The prices by which customers choose a machine, by seat and product id."""
        return self.dearest or self.offers

    @property
    def best(self) -> dict[str, int]:
        """The lowest price of each product anywhere at the location."""
        lowest: dict[str, int] = {}
        for offer in self.offers:
            for product_id, price_cents in offer.items():
                lowest[product_id] = min(price_cents, lowest.get(product_id, price_cents))
        return lowest


def crowd(
    market: Market, products: Mapping[str, Product], counters: Counters, own: int
) -> Callable[[str, int], int]:
    """Return the units wanted of a product at one machine, by product id and price in cents.

    Where a machine offers a product at several prices, its highest decides how many customers come
    to it, so that one cheap unit is no bait; each price decides how many of those buy. Who wants
    what is sold out at one machine buys at another; what is sold out everywhere, they miss at all
    of them.

    Args:
        market: The town's customers.
        products: By id.
        counters: What is on offer where.
        own: The machine's index.
    """
    best = counters.best
    places = {product_id: place for place, product_id in enumerate(products)}

    def customers(product_id: str, price_cents: int) -> int:
        product = products[product_id]
        sellers = [one for one, offer in enumerate(counters.offers) if product_id in offer]
        rivals = rivals_permille(products, best, product)
        if not sellers:
            distinct = len(counters.offers[own])
            return market.customers(product, counters.day, price_cents, distinct, rivals)
        if own not in sellers:
            return 0
        stalls = [
            _stall(
                market,
                product,
                counters,
                seller,
                price_cents if seller == own else counters.asked[seller][product_id],
                rivals,
            )
            for seller in sellers
        ]
        turn = (counters.day + places[product_id]) % len(sellers)
        luck = market.luck_milliunits[product_id][counters.day]
        return divide(stalls, luck, first=turn)[sellers.index(own)]

    return customers


def _stall(  # noqa: PLR0917  one machine's offer has these six sides
    market: Market,
    product: Product,
    counters: Counters,
    seller: int,
    price_cents: int,
    rivals: Sequence[int],
) -> Stall:
    distinct = len(counters.offers[seller])
    return Stall(
        price_permille=counters.asked[seller][product.id] * 1000 // product.reference_cents,
        variety_permille=market.variety_permille[distinct],
        alone_milliunits=market.wanted_milliunits(
            product, counters.day, price_cents, distinct, rivals
        ),
    )
