"""Wholesalers: drawn per seed, found by words."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.chance import Chance
from tenure.envs.vending.kinds import KindRates
from tenure.envs.vending.products import draw_catalogue
from tenure.envs.vending.suppliers import Supplier, VolumeBreak, draw_suppliers, search

COLA_HOUSE = Supplier(
    id="s1",
    name="Alder Trading",
    email="mail@alder-trading.example",
    description="Drinks for offices.",
    specialties=("drink",),
    prices_cents={"cola-can": 50, "peanut-bar": 33},
    lead_days=(1, 2),
    minimum_order_cents=1000,
    breaks=(VolumeBreak(50, 30), VolumeBreak(100, 100)),
)
CANDY_HOUSE = Supplier(
    id="s2",
    name="Wren Foods",
    email="info@wren-foods.example",
    description="Sweets for offices.",
    specialties=("candy",),
    prices_cents={"gummy-bears": 70},
    lead_days=(2, 2),
    minimum_order_cents=0,
)

seeds = st.integers(0, 2**32)


HONEST = KindRates(**dict.fromkeys(KindRates.model_fields, 0))


def drawn(seed, rates=None):
    chance = Chance(seed)
    catalogue = draw_catalogue(chance)
    return catalogue, draw_suppliers(chance, catalogue, rates or KindRates())


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_a_town_has_8_to_14_suppliers_with_names_and_addresses_of_their_own(seed):
    _, suppliers = drawn(seed)
    assert 8 <= len(suppliers) <= 14
    assert len({supplier.email for supplier in suppliers}) == len(suppliers)
    assert len({supplier.name for supplier in suppliers}) == len(suppliers)


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_every_product_is_sold_by_two_suppliers_or_more(seed):
    catalogue, suppliers = drawn(seed)
    for product in catalogue:
        assert sum(product.id in supplier.prices_cents for supplier in suppliers) >= 2


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_list_prices_of_honest_houses_stay_between_three_quarters_and_1_6_times_the_market(seed):
    catalogue, suppliers = drawn(seed, HONEST)
    wholesale = {product.id: product.wholesale_cents for product in catalogue}
    for supplier in suppliers:
        for product_id, price_cents in supplier.prices_cents.items():
            assert 0.75 * wholesale[product_id] - 0.5 <= price_cents
            assert price_cents <= 1.6 * wholesale[product_id] + 0.5


@settings(max_examples=40, deadline=None)
@given(seeds)
def test_deliveries_take_one_to_six_days(seed):
    for supplier in drawn(seed)[1]:
        shortest, longest = supplier.lead_days
        assert 1 <= shortest <= longest <= 6


def test_a_seed_draws_the_same_suppliers_again_and_another_seed_draws_others():
    assert drawn(7) == drawn(7)
    assert {s.name for s in drawn(7)[1]} != {s.name for s in drawn(8)[1]}


@pytest.mark.parametrize(
    ("quantity", "unit_cents"),
    [(1, 50), (49, 50), (50, 49), (99, 49), (100, 45), (100_000, 45)],  # 48.5 rounds up to 49
)
def test_volume_breaks_lower_the_unit_price(quantity, unit_cents):
    assert COLA_HOUSE.unit_cents("cola-can", quantity) == unit_cents


def test_the_lowest_unit_price_is_that_of_the_deepest_break():
    assert COLA_HOUSE.lowest_unit_cents("peanut-bar") == 30  # 29.7
    assert CANDY_HOUSE.lowest_unit_cents("gummy-bears") == 70


@pytest.mark.parametrize(
    ("query", "first"),
    [("candy wholesaler", "s2"), ("cola cans", "s1"), ("Wren Foods", "s2"), ("GUMMY BEARS!", "s2")],
)
def test_search_ranks_by_the_words_it_knows(query, first):
    assert search([COLA_HOUSE, CANDY_HOUSE], query)[0].id == first


def test_search_finds_whoever_sells_a_kind_of_goods_on_the_side():
    house = replace(COLA_HOUSE, prices_cents={"cola-can": 50, "gummy-bears": 70})
    assert search([house], "candy") == [house]


@pytest.mark.parametrize("query", ["", "???", "zebra"])
def test_a_hopeless_query_finds_nobody(query):
    assert search([COLA_HOUSE, CANDY_HOUSE], query) == []


@given(st.text(max_size=200))
def test_search_answers_any_text(query):
    assert len(search([COLA_HOUSE, CANDY_HOUSE], query)) <= 2
