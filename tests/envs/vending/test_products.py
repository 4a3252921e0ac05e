from dataclasses import replace

import pytest

from tenure.envs.chance import Chance
from tenure.envs.vending.names import Names
from tenure.envs.vending.products import (
    categories,
    draw_catalogue,
    draw_handover,
    draw_last_day,
    pool,
)
from tenure.envs.vending.reading import read

ANY = draw_catalogue(Chance(0))[0]


def test_the_pool_has_at_least_120_products_with_unique_names():
    assert len({entry.id for entry in pool()}) == len(pool()) >= 120
    assert min(sum(one.size == size for one in pool()) for size in ("small", "large")) >= 60
    assert {entry.category for entry in pool()} == set(categories())
    assert len({entry.name for entry in pool()}) == len(pool())


def test_a_catalogue_can_fill_the_slots_of_each_size_with_distinct_products():
    for seed in range(20):
        catalogue = draw_catalogue(Chance(seed))
        assert 30 <= len(catalogue) <= 40
        assert min(sum(p.size == size for p in catalogue) for size in ("small", "large")) >= 15


def test_catalogues_differ_between_seeds_and_not_within_one():
    assert draw_catalogue(Chance(1)) == draw_catalogue(Chance(1))
    assert draw_catalogue(Chance(1)) != draw_catalogue(Chance(2))


def test_every_product_can_be_sold_at_a_profit():
    for product in draw_catalogue(Chance(3)):
        assert product.wholesale_cents < product.reference_cents
        assert product.elasticity_permille < -1000
        assert product.base_sales_milliunits >= 500


@pytest.mark.parametrize("seed", range(5))
def test_suppliers_understand_an_order_by_the_name_of_any_product_of_a_town(seed):
    catalogue = draw_catalogue(Chance(seed))
    names = Names(catalogue)
    for product in catalogue:
        (line,) = read("Order", f"Please send:\n20 x {product.name}", names).lines
        assert (line.product_id, line.quantity) == (product.id, 20)


@pytest.mark.parametrize(
    "aside",
    [
        "What is the delivery date?",
        "Can you match this price?",
        "Please give me a better price.",
        "Call me at any time.",
        "Here is my data, on our site.",
        "Is a price break possible? Please drop a line, with thanks.",
        "Order date: 2026-01-05. Read the last bill; my bank can raise no coins.",
    ],
)
def test_among_all_products_of_the_pool_common_words_are_taken_for_none(aside):
    names = Names([replace(ANY, id=entry.id, name=entry.name) for entry in pool()])
    (line,) = read("Order", f"{aside}\n20 x Kombucha bottle 330 ml", names).lines
    assert (line.product_id, line.quantity) == ("kombucha", 20)


def test_goods_come_with_up_to_a_quarter_of_their_shelf_life_gone():
    for product in draw_catalogue(Chance(3)):
        days = {draw_last_day(Chance(3), product, "s1", day) - day for day in range(200)}
        assert max(days) <= product.shelf_days
        assert min(days) >= product.keeps_days >= product.shelf_days * 3 // 4
        assert len(days) > 1
        assert draw_last_day(Chance(3), product, "s1", 5) == (
            draw_last_day(Chance(3), product, "s1", 5)
        )


def test_shelf_life_can_be_stretched_and_moves_no_other_draw():
    usual, stretched = draw_catalogue(Chance(1)), draw_catalogue(Chance(1), 300)
    for one, other in zip(usual, stretched, strict=True):
        assert other == replace(one, shelf_days=3 * one.shelf_days)


def test_what_a_previous_owner_leaves_keeps_for_two_months():
    for seed in range(20):
        catalogue = draw_catalogue(Chance(seed))
        left = draw_handover(Chance(seed), catalogue)
        assert [one.size for one in left] == ["small"] * 3 + ["large"] * 3
        assert min(one.shelf_days for one in left) >= 60
