"""How many customers want what: weather, season, street, variety, price, rivals and noise.

Everything here is whole numbers in thousandths, so that equal seeds give equal customers on every
platform, and so that `bound.py` can invert the rules exactly.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, MutableSequence, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenure.envs.chance import Chance, below, between
from tenure.envs.clock import Calendar
from tenure.envs.vending.local_events import LocalEvent, draw_local_events, traffic_permille
from tenure.envs.vending.products import Product, categories
from tenure.envs.vending.weather import Weather, draw_weather, sky_permille, taste_permille

MOST_DISTINCT = 12

_OFFICE_WEEK_PERMILLE = (1100, 1120, 1120, 1100, 1060, 780, 720)
_LEISURE_WEEK_PERMILLE = (900, 880, 900, 950, 1080, 1180, 1110)
_MONTH_PERMILLE = (880, 900, 950, 1000, 1040, 1090, 1110, 1100, 1030, 990, 950, 960)
TOWN_NOISE_PERMILLE = 60
PRODUCT_NOISE_PERMILLE = 180
_TAKEN, _PULL_PERMILLE, _MOST_TAKEN, _MOST_TAKEN_IN_ALL = 40, 300, 200, 600

_BELL_MEAN = 2 * 65535
_BELL_SD = 37837


@dataclass(frozen=True, slots=True)
class Market:
    """What one seed's customers are like, for every day of the horizon.

    Attributes:
        weather: By day.
        appetite_milliunits: By product id and day: thousandths of a unit wanted at the reference
            price, before variety; everything exogenous is in it.
        luck_milliunits: By product id and day: 0 to 999, added before rounding down to whole units.
            Both are arrays, mostly of two bytes a day: a year of them takes 50 KB, as lists 900.
        variety_permille: By number of distinct products on offer, 0 to 12.
        events: What is announced for the street, in the order of the first days.
        rivalry_percent: How much products of a category take from each other.
    """

    weather: Sequence[Weather]
    appetite_milliunits: dict[str, MutableSequence[int]]
    luck_milliunits: dict[str, MutableSequence[int]]
    variety_permille: Sequence[int]
    events: tuple[LocalEvent, ...] = ()
    rivalry_percent: int = 100

    def customers(
        self,
        product: Product,
        day: int,
        price_cents: int,
        distinct: int,
        rivals_permille: Sequence[int] = (),
    ) -> int:
        """Return how many units of a product are wanted on a day at a price.

        Args:
            product: What is on offer.
            day: 0-based.
            price_cents: The lowest price at which it is on offer.
            distinct: How many distinct products the machine offers that day.
            rivals_permille: The prices of the other products of its category on offer, each in
                thousandths of its own reference price.
        """
        milliunits = self.wanted_milliunits(product, day, price_cents, distinct, rivals_permille)
        return (milliunits + self.luck_milliunits[product.id][day]) // 1000

    def wanted_milliunits(
        self,
        product: Product,
        day: int,
        price_cents: int,
        distinct: int,
        rivals_permille: Sequence[int] = (),
    ) -> int:
        """Return thousandths of a unit wanted, before they are rounded; see `customers`."""
        milliunits = (
            self.appetite_milliunits[product.id][day]
            * price_permille(product, price_cents)
            * self.variety_permille[distinct]
            // 1_000_000
        )
        if rivals_permille:
            loyal = loyal_permille(product, price_cents, rivals_permille, self.rivalry_percent)
            milliunits = milliunits * loyal // 1000
        return milliunits

    def crowd(
        self, products: Mapping[str, Product], day: int, offer: Mapping[str, int]
    ) -> Callable[[str, int], int]:
        """Return the units wanted of a product id at a price, beside what else is on offer.

        Args:
            products: By id.
            day: 0-based.
            offer: The lowest price in cents of each product on offer, by product id.
        """
        distinct = len(offer)

        def customers(product_id: str, price_cents: int) -> int:
            product = products[product_id]
            rivals = rivals_permille(products, offer, product)
            return self.customers(product, day, price_cents, distinct, rivals)

        return customers


def rivals_permille(
    products: Mapping[str, Product], offer: Mapping[str, int], product: Product
) -> list[int]:
    """Return the relative prices of the other products of a category, in thousandths.

    Args:
        products: By id.
        offer: The lowest price in cents of each product on offer, by product id.
        product: Whose rivals they are.
    """
    return [
        price_cents * 1000 // rival.reference_cents
        for product_id, price_cents in offer.items()
        if (rival := products[product_id]).category == product.category and product_id != product.id
    ]


def loyal_permille(
    product: Product, price_cents: int, rivals_permille: Sequence[int], rivalry_percent: int = 100
) -> int:
    """Return how much of its demand a product keeps beside others of its category.

    Each rival takes 40 thousandths at an equal relative price, 300 more for every whole reference
    price that it is cheaper by, from none to 200; together they never take more than 600. So the
    result lies in [400, 1000]: a rival only takes, and a lower price never loses a customer. Of
    what they take, `rivalry_percent` is left.
    """
    own = price_cents * 1000 // product.reference_cents
    taken = 0
    for rival in rivals_permille:
        taken += max(0, min(_MOST_TAKEN, _TAKEN + (own - rival) * _PULL_PERMILLE // 1000))
    return 1000 - min(taken, _MOST_TAKEN_IN_ALL) * rivalry_percent // 100


def price_permille(product: Product, price_cents: int) -> int:
    """Return the effect of a price on demand: 1000 at the reference price, linear, never below 0.

    Linear elasticity as in Vending-Bench (arXiv 2502.15840): the relative distance from the
    reference price, times the elasticity.
    """
    distance_cents = price_cents - product.reference_cents
    return max(0, 1000 + product.elasticity_permille * distance_cents // product.reference_cents)


def draw_market(
    chance: Chance,
    catalogue: Sequence[Product],
    calendar: Calendar,
    days: int,
    *,
    local_events_per_1000_days: int = 0,
    weather_effect_percent: int = 100,
    rivalry_percent: int = 100,
) -> Market:
    """Draw a town's weather, events and customers for a number of days."""
    weather = draw_weather(chance, calendar, days)
    events = draw_local_events(chance, local_events_per_1000_days, days)
    traffic = _draw_traffic(chance, calendar, [day.sky for day in weather], weather_effect_percent)
    traffic = traffic * np.array(traffic_permille(events, days), dtype=np.int64) // 1000
    months = [calendar.month(day) for day in range(days)]
    tastes = {
        name: np.array(
            [
                taste_permille(category, month, day, weather_effect_percent)
                for month, day in zip(months, weather, strict=True)
            ]
        )
        for name, category in categories().items()
    }
    return Market(
        weather=weather,
        appetite_milliunits={
            product.id: _draw_appetite(chance, product, traffic * tastes[product.category])
            for product in catalogue
        },
        luck_milliunits={
            product.id: array(
                "H", [below(word, 1000) for word in chance.series("luck", product.id, count=days)]
            )
            for product in catalogue
        },
        variety_permille=draw_variety(chance),
        events=events,
        rivalry_percent=rivalry_percent,
    )


def draw_variety(chance: Chance) -> tuple[int, ...]:
    """Draw how customers like a choice of 0 to 12 distinct products, in thousandths.

    It rises from 700 for one product to 1200 at an ideal of 7 to 10, and falls by 70 for each one
    more, so the penalty for excess stays well under the half at which Vending-Bench caps it.
    """
    ideal = between(chance.word("variety"), 7, 10)
    rising = [700 + 500 * (distinct - 1) // (ideal - 1) for distinct in range(1, ideal)]
    falling = [1200 - 70 * (distinct - ideal) for distinct in range(ideal, MOST_DISTINCT + 1)]
    return (rising[0], *rising, *falling)


def _draw_traffic(
    chance: Chance, calendar: Calendar, skies: Sequence[str], weather_effect_percent: int
) -> NDArray[np.int64]:
    """Return each day's multiplier for all products, in millionths, before local events."""
    week = draw_week(chance)
    year = draw_year(chance)
    noise = bell_permille(chance.series("town", count=len(skies)), TOWN_NOISE_PERMILLE)
    calm = [
        week[calendar.weekday(day)]
        * year[calendar.month(day) - 1]
        // 1000
        * sky_permille(sky, weather_effect_percent)
        for day, sky in enumerate(skies)
    ]
    traffic: NDArray[np.int64] = np.array(calm, dtype=np.int64) * noise // 1000
    return traffic


def draw_week(chance: Chance) -> list[int]:
    """Blend a street of offices with one of strollers."""
    offices = between(chance.word("week"), 0, 1000)
    return [
        (offices * office + (1000 - offices) * leisure) // 1000
        for office, leisure in zip(_OFFICE_WEEK_PERMILLE, _LEISURE_WEEK_PERMILLE, strict=True)
    ]


def draw_year(chance: Chance) -> list[int]:
    """Return the twelve months' multipliers, in thousandths."""
    words = chance.words("year", count=len(_MONTH_PERMILLE))
    return [
        month * between(word, 940, 1060) // 1000
        for month, word in zip(_MONTH_PERMILLE, words, strict=True)
    ]


def _draw_appetite(chance: Chance, product: Product, traffic: NDArray[np.int64]) -> array[int]:
    words = chance.series("noise", product.id, count=len(traffic))
    noise = bell_permille(words, PRODUCT_NOISE_PERMILLE)
    appetite = appetite_milliunits(product, traffic, noise)
    if appetite.max(initial=0) < 2**16:
        return array("H", appetite.astype(np.uint16).tobytes())
    return array("q", appetite.tobytes())


def appetite_milliunits(
    product: Product, traffic: NDArray[np.int64], noise: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return thousandths of a unit wanted at the reference price, before variety.

    Args:
        product: What is on offer.
        traffic: The town's multiplier times the category's, in thousand-millionths.
        noise: In thousandths, of the same shape.
    """
    calm = product.base_sales_milliunits * (traffic // 1000) // 1_000_000
    return calm * noise // 1000


def bell_permille(
    words: Sequence[int] | NDArray[np.uint64], spread_permille: int
) -> NDArray[np.int64]:
    """Return 1000 plus bell-shaped noise: the sum of a word's four 16-bit parts, in integers."""
    bits = np.array(words, dtype=np.uint64)
    sixteen = [(bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48)]
    total: NDArray[np.int64] = np.sum(sixteen, axis=0, dtype=np.int64)
    return 1000 + (total - _BELL_MEAN) * spread_permille // _BELL_SD
