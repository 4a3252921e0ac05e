from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.chance import Chance
from tenure.envs.clock import Calendar
from tenure.envs.vending.demand import (
    Market,
    draw_market,
    draw_variety,
    loyal_permille,
    price_permille,
    rivals_permille,
)
from tenure.envs.vending.products import Product, draw_catalogue
from tenure.envs.vending.weather import Weather

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


# --- rivals of a category ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price_cents", "rivals", "permille"),
    [
        (200, [], 1000),
        (200, [1000], 960),  # one rival at the same relative price takes 4%
        (200, [800], 900),  # 20% cheaper: 4% and 0.3 times 20%
        (200, [1200], 1000),  # 20% dearer: it takes nobody
        (200, [1000, 800], 860),
        (200, [100], 800),  # one alone takes no more than a fifth
        (200, [100] * 5, 400),  # and all together no more than three fifths
    ],
)
def test_rivals_take_customers_and_cheap_ones_take_more(price_cents, rivals, permille):
    assert loyal_permille(COLA, price_cents, rivals) == permille


@pytest.mark.parametrize(("percent", "permille"), [(100, 860), (50, 930), (0, 1000)])
def test_rivalry_can_be_turned_down(percent, permille):
    assert loyal_permille(COLA, 200, [1000, 800], percent) == permille


@given(st.integers(1, 9_999), st.lists(st.integers(0, 50_000), max_size=11))
def test_rivals_only_take_and_never_by_a_lower_price_of_the_product(price_cents, rivals):
    cheap, dear = (loyal_permille(COLA, price_cents + more, rivals) for more in (0, 1))
    assert 400 <= dear <= cheap <= 1000
    assert loyal_permille(COLA, price_cents, [*rivals, 1000]) <= cheap


@given(
    st.integers(1, 600),
    st.integers(0, 20_000),
    st.integers(0, 999),
    st.lists(st.integers(0, 5_000), max_size=11),
)
def test_no_rivals_ever_bring_more_customers_than_none(price_cents, appetite, luck, rivals):
    town = market(appetite, luck)
    assert town.customers(COLA, 0, price_cents, 1, rivals) <= town.customers(
        COLA, 0, price_cents, 1
    )


def test_rivals_are_the_others_of_the_category_at_their_relative_prices():
    tea = replace(COLA, id="tea", reference_cents=100)
    gum = replace(COLA, id="gum", category="candy")
    products = {one.id: one for one in (COLA, tea, gum)}
    offer = {"cola": 200, "tea": 90, "gum": 50}
    assert rivals_permille(products, offer, COLA) == [900]
    assert rivals_permille(products, offer, tea) == [1000]
    assert rivals_permille(products, offer, gum) == []


def test_a_crowd_counts_the_variety_and_the_rivals_on_offer():
    tea = replace(COLA, id="tea")
    town = Market(
        [Weather("sunny", 15)],
        {"cola": [10_000], "tea": [10_000]},
        {"cola": [0], "tea": [0]},
        [0, 700, 900, *[1000] * 10],
    )
    products = {"cola": COLA, "tea": tea}
    assert town.crowd(products, 0, {"cola": 200})("cola", 200) == 7
    assert town.crowd(products, 0, {"cola": 200, "tea": 200})("cola", 200) == 8  # 9 x 0.96
    assert town.crowd(products, 0, {"cola": 200, "tea": 120})("cola", 200) == 7  # 9 x 0.84


# --- drawing -------------------------------------------------------------------------------------


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


def test_an_event_multiplies_the_customers_of_its_days_and_moves_nothing_else():
    chance = Chance(4)
    catalogue, calendar = draw_catalogue(chance), Calendar(date(2026, 1, 5), 365)
    quiet = draw_market(chance, catalogue, calendar, 365)
    lively = draw_market(chance, catalogue, calendar, 365, local_events_per_1000_days=40)
    assert lively.weather == quiet.weather
    assert lively.luck_milliunits == quiet.luck_milliunits
    busy = {
        day
        for event in lively.events
        if not event.is_cancelled
        for day in range(event.first_day, event.end_day)
    }
    assert 5 < len(busy & set(range(365))) < 100
    for name, calm in quiet.appetite_milliunits.items():
        for day in range(365):
            same = lively.appetite_milliunits[name][day] == calm[day]
            assert same or day in busy
    name = catalogue[0].id
    event = next(one for one in lively.events if not one.is_cancelled)
    before = quiet.appetite_milliunits[name][event.first_day]
    after = lively.appetite_milliunits[name][event.first_day]
    assert after == pytest.approx(before * event.traffic_permille / 1000, rel=0.02)


def test_without_an_effect_of_weather_the_sky_changes_no_customers():
    chance = Chance(4)
    catalogue, calendar = draw_catalogue(chance), Calendar(date(2026, 1, 5), 365)
    full = draw_market(chance, catalogue, calendar, 365)
    none = draw_market(chance, catalogue, calendar, 365, weather_effect_percent=0)
    assert none.weather == full.weather
    stormy = [day for day, weather in enumerate(full.weather) if weather.sky == "stormy"]
    assert stormy
    for day in stormy:
        mean = [sum(days[day] for days in m.appetite_milliunits.values()) for m in (full, none)]
        assert mean[0] < mean[1] * 0.85
