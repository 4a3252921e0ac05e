"""How many customers want what: weather, weekday, month, variety, price and noise.

Everything here is whole numbers in thousandths, so that equal seeds give equal customers on every
platform, and so that `bound.py` can invert the rules exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenure.envs.chance import Chance, below, between, pick_weighted
from tenure.envs.clock import Calendar
from tenure.envs.vending.products import Product

MOST_DISTINCT = 12

_OFFICE_WEEK_PERMILLE = (1100, 1120, 1120, 1100, 1060, 780, 720)
_LEISURE_WEEK_PERMILLE = (900, 880, 900, 950, 1080, 1180, 1110)
_MONTH_PERMILLE = (880, 900, 950, 1000, 1040, 1090, 1110, 1100, 1030, 990, 950, 960)
MONTH_CELSIUS = (8, 9, 12, 15, 18, 21, 23, 23, 20, 16, 12, 9)
SKIES = ("sunny", "cloudy", "rainy", "stormy")
SKY_WEIGHTS = (45, 33, 19, 3)
SKY_PERMILLE = {"sunny": 1100, "cloudy": 1000, "rainy": 820, "stormy": 600}
_MILD_CELSIUS = 15
_HEAT_PERMILLE_PER_DEGREE = {"drink": 18, "candy": -4, "snack": 0, "meal": -10, "bakery": -6}
TOWN_NOISE_PERMILLE = 60
PRODUCT_NOISE_PERMILLE = 180

_BELL_MEAN = 2 * 65535
_BELL_SD = 37837


class Weather(NamedTuple):
    """One day's weather."""

    sky: str
    celsius: int

    def __str__(self) -> str:
        return f"{self.sky}, {self.celsius} C"


@dataclass(frozen=True, slots=True)
class Market:
    """What one seed's customers are like, for every day of the horizon.

    Attributes:
        weather: By day.
        appetite_milliunits: By product id and day: thousandths of a unit wanted at the reference
            price, before variety; everything exogenous is in it.
        luck_milliunits: By product id and day: 0 to 999, added before rounding down to whole units.
        variety_permille: By number of distinct products on offer, 0 to 12.
    """

    weather: Sequence[Weather]
    appetite_milliunits: dict[str, list[int]]
    luck_milliunits: dict[str, list[int]]
    variety_permille: Sequence[int]

    def customers(self, product: Product, day: int, price_cents: int, distinct: int) -> int:
        """Return how many units of a product are wanted on a day at a price.

        Args:
            product: What is on offer.
            day: 0-based.
            price_cents: The lowest price at which it is on offer.
            distinct: How many distinct products the machine offers that day.
        """
        milliunits = (
            self.appetite_milliunits[product.id][day]
            * price_permille(product, price_cents)
            * self.variety_permille[distinct]
            // 1_000_000
        )
        return (milliunits + self.luck_milliunits[product.id][day]) // 1000


def price_permille(product: Product, price_cents: int) -> int:
    """Return the effect of a price on demand: 1000 at the reference price, linear, never below 0.

    Linear elasticity as in Vending-Bench (arXiv 2502.15840): the relative distance from the
    reference price, times the elasticity.
    """
    distance_cents = price_cents - product.reference_cents
    return max(0, 1000 + product.elasticity_permille * distance_cents // product.reference_cents)


def draw_market(
    chance: Chance, catalogue: Sequence[Product], calendar: Calendar, days: int
) -> Market:
    """Draw a town's weather and customers for a number of days."""
    weather = draw_weather(chance, calendar, days)
    traffic = _draw_traffic(chance, calendar, weather)
    heat = {
        category: np.array([heat_permille(category, day.celsius) for day in weather])
        for category in _HEAT_PERMILLE_PER_DEGREE
    }
    return Market(
        weather=weather,
        appetite_milliunits={
            product.id: _draw_appetite(chance, product, traffic * heat[product.category])
            for product in catalogue
        },
        luck_milliunits={
            product.id: [below(word, 1000) for word in _words(chance, "luck", product.id, days)]
            for product in catalogue
        },
        variety_permille=draw_variety(chance),
    )


def draw_weather(chance: Chance, calendar: Calendar, days: int) -> list[Weather]:
    """Draw each day's sky, and a temperature that follows the season and lingers for days."""
    skies = [pick_weighted(word, SKIES, SKY_WEIGHTS) for word in _words(chance, "sky", "", days)]
    swings = [below(word, 11) - 5 for word in _words(chance, "temperature", "", days + 2)]
    return [
        Weather(sky, MONTH_CELSIUS[calendar.month(day) - 1] + sum(swings[day : day + 3]))
        for day, sky in enumerate(skies)
    ]


def heat_permille(category: str, celsius: int) -> int:
    """Return the effect of the temperature on a category: more drinks and fewer soups in heat."""
    degrees = max(-10, min(15, celsius - _MILD_CELSIUS))
    return 1000 + _HEAT_PERMILLE_PER_DEGREE[category] * degrees


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
    chance: Chance, calendar: Calendar, weather: Sequence[Weather]
) -> NDArray[np.int64]:
    """Return each day's multiplier for all products, in millionths."""
    week = draw_week(chance)
    year = draw_year(chance)
    noise = bell_permille(_words(chance, "town", "", len(weather)), TOWN_NOISE_PERMILLE)
    calm = [
        week[calendar.weekday(day)] * year[calendar.month(day) - 1] // 1000 * SKY_PERMILLE[sky]
        for day, (sky, _) in enumerate(weather)
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
    words = _words(chance, "year", "", len(_MONTH_PERMILLE))
    return [
        month * between(word, 940, 1060) // 1000
        for month, word in zip(_MONTH_PERMILLE, words, strict=True)
    ]


def _draw_appetite(chance: Chance, product: Product, traffic: NDArray[np.int64]) -> list[int]:
    words = _words(chance, "noise", product.id, len(traffic))
    appetite: list[int] = appetite_milliunits(
        product, traffic, bell_permille(words, PRODUCT_NOISE_PERMILLE)
    ).tolist()
    return appetite


def appetite_milliunits(
    product: Product, traffic: NDArray[np.int64], noise: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return thousandths of a unit wanted at the reference price, before variety.

    Args:
        product: What is on offer.
        traffic: The town's multiplier times the temperature's, in thousand-millionths.
        noise: In thousandths, of the same shape.
    """
    calm = product.base_sales_milliunits * (traffic // 1000) // 1_000_000
    return calm * noise // 1000


def _words(chance: Chance, stream: str, entity: str, count: int) -> list[int]:
    return chance.words(stream, entity, count=count)


def bell_permille(
    words: Sequence[int] | NDArray[np.uint64], spread_permille: int
) -> NDArray[np.int64]:
    """Return 1000 plus bell-shaped noise: the sum of a word's four 16-bit parts, in integers."""
    bits = np.array(words, dtype=np.uint64)
    sixteen = [(bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48)]
    total: NDArray[np.int64] = np.sum(sixteen, axis=0, dtype=np.int64)
    return 1000 + (total - _BELL_MEAN) * spread_permille // _BELL_SD
