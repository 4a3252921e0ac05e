from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.chance import Chance
from tenure.envs.clock import Calendar
from tenure.envs.vending.demand import (
    Market,
    Weather,
    draw_market,
    draw_variety,
    heat_permille,
    price_permille,
)
from tenure.envs.vending.products import Product, draw_catalogue

COLA = Product("cola", "Cola", "small", "drink", 50, 200, -2000, 4000)


def market(appetite=4000, luck=0, variety=1000) -> Market:
    return Market([Weather("sunny", 15)], {"cola": [appetite]}, {"cola": [luck]}, [variety] * 13)


@pytest.mark.parametrize(
    ("price_cents", "permille"),
    [(200, 1000), (250, 500), (300, 0), (400, 0), (100, 2000), (201, 990)],
)
def test_demand_falls_linearly_with_the_price(price_cents, permille):
    assert price_permille(COLA, price_cents) == permille


@pytest.mark.parametrize(("luck", "units"), [(0, 2), (499, 2), (500, 3), (999, 3)])
def test_fractions_of_a_customer_are_decided_by_luck(luck, units):
    assert market(appetite=5000, luck=luck).customers(COLA, 0, 250, 1) == units


def test_variety_multiplies_demand():
    assert market(variety=1200).customers(COLA, 0, 200, 5) == 4
    assert market(appetite=5000, variety=1200).customers(COLA, 0, 200, 5) == 6


@given(st.integers(1, 600), st.integers(0, 20_000), st.integers(0, 999))
def test_a_higher_price_never_brings_more_customers(price_cents, appetite, luck):
    town = market(appetite, luck)
    cheap, dear = (town.customers(COLA, 0, price_cents + more, 1) for more in (0, 1))
    assert cheap >= dear >= 0


def test_heat_sells_drinks_and_spoils_the_wish_for_soup():
    assert heat_permille("drink", 25) == 1180
    assert heat_permille("meal", 25) == 900
    assert heat_permille("snack", 25) == 1000


def test_variety_rises_to_an_ideal_and_falls_after_it():
    for seed in range(20):
        effect = draw_variety(Chance(seed))
        ideal = effect.index(max(effect))
        assert len(effect) == 13
        assert 7 <= ideal <= 10
        assert effect[ideal] == 1200
        assert list(effect[1 : ideal + 1]) == sorted(effect[1 : ideal + 1])
        assert list(effect[ideal:]) == sorted(effect[ideal:], reverse=True)
        assert effect[12] >= 600


def drawn(seed: int, days: int) -> Market:
    chance = Chance(seed)
    return draw_market(chance, draw_catalogue(chance), Calendar(date(2026, 1, 5), days), days)


def test_the_first_days_do_not_depend_on_how_many_follow():
    short, long = drawn(1, 10), drawn(1, 40)
    assert long.weather[:10] == short.weather
    assert {name: days[:10] for name, days in long.appetite_milliunits.items()} == (
        short.appetite_milliunits
    )


def test_weather_differs_between_seeds():
    assert drawn(1, 30).weather != drawn(2, 30).weather


def test_a_year_of_noise_leaves_a_product_near_its_base_sales():
    chance = Chance(5)
    town = drawn(5, 365)
    for product in draw_catalogue(chance):
        mean = sum(town.appetite_milliunits[product.id]) / 365
        assert 0.8 < mean / product.base_sales_milliunits < 1.25
