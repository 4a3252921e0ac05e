from datetime import date

import pytest

from tenure.envs.chance import Chance
from tenure.envs.clock import Calendar
from tenure.envs.vending.products import Category, categories
from tenure.envs.vending.weather import (
    SKIES,
    Weather,
    draw_weather,
    sky_permille,
    taste_permille,
)

ICE = Category(
    months_permille=(500,) * 6 + (2000,) + (500,) * 5,
    heat_permille_per_degree=20,
    skies_permille={"sunny": 1100, "cloudy": 1000, "rainy": 500, "stormy": 0},
)


@pytest.mark.parametrize(
    ("month", "weather", "effect_percent", "permille"),
    [
        (1, Weather("cloudy", 15), 100, 500),
        (7, Weather("cloudy", 15), 100, 2000),
        (7, Weather("cloudy", 20), 100, 2200),  # five degrees at 2%
        (7, Weather("rainy", 20), 100, 1100),
        (7, Weather("rainy", 20), 50, 1575),  # 2000 x 1.05 x 0.75
        (7, Weather("rainy", 20), 0, 2000),
        (7, Weather("cloudy", 60), 100, 2600),  # no more than fifteen degrees count
    ],
)
def test_taste_follows_month_heat_and_sky(month, weather, effect_percent, permille):
    assert taste_permille(ICE, month, weather, effect_percent) == permille


def test_the_sky_over_the_street_can_be_switched_off():
    assert [sky_permille(sky, 100) for sky in SKIES] == [1100, 1000, 820, 600]
    assert [sky_permille(sky, 0) for sky in SKIES] == [1000] * 4


def test_each_category_has_a_season_of_its_own_that_leaves_the_year_as_it_is():
    seasons = [category.months_permille for category in categories().values()]
    assert len(set(seasons)) == len(seasons) == 5
    for months in seasons:
        assert 980 <= sum(months) / 12 <= 1020
    drink, meal = (categories()[name].months_permille for name in ("drink", "meal"))
    assert drink[6] > drink[0]
    assert meal[6] < meal[0]


def test_every_category_knows_every_sky():
    for category in categories().values():
        assert set(category.skies_permille) == set(SKIES)


def test_july_is_warmer_than_january():
    weather = draw_weather(Chance(1), Calendar(date(2026, 1, 1), 365), 365)
    january, july = weather[:31], weather[181:212]
    assert sum(day.celsius for day in july) > sum(day.celsius for day in january) + 31 * 8
