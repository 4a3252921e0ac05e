"""Weather and seasons, and how the taste for each kind of goods follows them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tenure.envs.chance import Chance, below, pick_weighted
from tenure.envs.clock import Calendar
from tenure.envs.vending.products import Category

MONTH_CELSIUS = (8, 9, 12, 15, 18, 21, 23, 23, 20, 16, 12, 9)
SKIES = ("sunny", "cloudy", "rainy", "stormy")
SKY_WEIGHTS = (45, 33, 19, 3)
SKY_PERMILLE = {"sunny": 1100, "cloudy": 1000, "rainy": 820, "stormy": 600}
_MILD_CELSIUS = 15


class Weather(NamedTuple):
    """One day's weather."""

    sky: str
    celsius: int

    def __str__(self) -> str:
        return f"{self.sky}, {self.celsius} C"


def draw_weather(chance: Chance, calendar: Calendar, days: int) -> list[Weather]:
    """Draw each day's sky, and a temperature that follows the season and lingers for days.

    A swing is first felt two days before the day of its number.
    """
    words = chance.series("sky", count=days)
    skies = [pick_weighted(word, SKIES, SKY_WEIGHTS) for word in words]
    drifts = chance.series("temperature", count=days + 2, first_day=-2)
    swings = [below(word, 11) - 5 for word in drifts]
    return [
        _weather(sky, MONTH_CELSIUS[calendar.month(day) - 1] + sum(swings[day : day + 3]))
        for day, sky in enumerate(skies)
    ]


@lru_cache(maxsize=1_024)
def _weather(sky: str, celsius: int) -> Weather:
    """Return a weather that all days share on which it is so."""
    return Weather(sky, celsius)


def sky_permille(sky: str, effect_percent: int) -> int:
    """Return what a sky does to the whole street; 1000 if weather has no effect."""
    return 1000 + (SKY_PERMILLE[sky] - 1000) * effect_percent // 100


def taste_permille(category: Category, month: int, weather: Weather, effect_percent: int) -> int:
    """Return how much a category is wanted in a month and weather, beside the whole street.

    Args:
        category: What its customers like.
        month: 1 to 12.
        weather: The day's.
        effect_percent: How much of the weather's effect is left; the season's always is.
    """
    degrees = max(-10, min(15, weather.celsius - _MILD_CELSIUS))
    heat = 1000 + category.heat_permille_per_degree * degrees * effect_percent // 100
    sky = 1000 + (category.skies_permille[weather.sky] - 1000) * effect_percent // 100
    return category.months_permille[month - 1] * heat // 1000 * sky // 1000
