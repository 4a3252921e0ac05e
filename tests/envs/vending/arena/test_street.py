"""Customers at a location with several machines."""

from random import Random

import pytest

from tenure.envs.vending.arena.street import Counters, crowd, draw_signs
from tests.envs.vending.arena.play import make
from tests.envs.vending.play import make as make_alone

DAY = 3


@pytest.fixture
def town():
    return make_alone(4)


def some(town, size, count):
    return [product for product in town.catalogue if product.size == size][:count]


def offer_of(products, permille=1000):
    return {one.id: one.reference_cents * permille // 1000 for one in products}


def wanted(town, *offers, product, price_cents):
    counters = Counters(DAY, offers)
    return [
        crowd(town.market, town.products, counters, seat)(product.id, price_cents)
        for seat in range(len(offers))
    ]


def test_alone_a_machine_has_exactly_the_single_worlds_customers(town):
    offer = offer_of([*some(town, "small", 5), *some(town, "large", 4)])
    alone = town.market.crowd(town.products, DAY, offer)
    shared = crowd(town.market, town.products, Counters(DAY, (offer,)), 0)
    for product in town.catalogue:
        for percent in (60, 80, 100, 120):
            price_cents = product.reference_cents * percent // 100
            assert shared(product.id, price_cents) == alone(product.id, price_cents)


def test_two_equal_machines_halve_the_customers_of_each_product(town):
    offer = offer_of(some(town, "small", 6))
    alone = town.market.crowd(town.products, DAY, offer)
    for product in some(town, "small", 6):
        price_cents = product.reference_cents
        parts = wanted(town, offer, offer, product=product, price_cents=price_cents)
        assert sum(parts) == alone(product.id, price_cents)
        assert abs(parts[0] - parts[1]) <= 1


def test_a_product_that_no_one_else_offers_is_not_shared(town):
    (product,) = some(town, "small", 1)
    parts = wanted(
        town,
        offer_of([product]),
        {},
        product=product,
        price_cents=product.reference_cents,
    )
    alone = town.market.crowd(town.products, DAY, offer_of([product]))
    assert parts == [alone(product.id, product.reference_cents), 0]


def test_products_of_a_category_at_other_machines_are_rivals_too(town):
    drinks = [product for product in town.catalogue if product.category == "drink"][:4]
    product, *others = drinks
    price_cents = product.reference_cents
    apart = [offer_of([product]), offer_of(others, permille=500)]
    beside = town.market.customers(product, DAY, price_cents, 1, [500] * 3)
    counters = Counters(DAY, tuple(apart))
    assert crowd(town.market, town.products, counters, 0)(product.id, price_cents) == beside


def test_undercutting_wins_customers(town):
    products = some(town, "small", 6)
    best = max(products, key=lambda one: one.base_sales_milliunits)
    days = range(28)
    cheap = dear = 0
    for day in days:
        offers = (offer_of(products, permille=850), offer_of(products))
        counters = Counters(day, offers)
        cheap += crowd(town.market, town.products, counters, 0)(best.id, offers[0][best.id])
        dear += crowd(town.market, town.products, counters, 1)(best.id, offers[1][best.id])
    assert cheap > 2 * dear > 0


def test_one_cheap_unit_beside_full_prices_draws_nobody_away_from_others(town):
    products = some(town, "small", 6)
    best = max(products, key=lambda one: one.base_sales_milliunits)
    plain = offer_of(products)
    bait = plain | {best.id: 1}
    for day in range(14):
        fair = crowd(town.market, town.products, Counters(day, (plain, plain)), 1)
        baited = Counters(day, (bait, plain), (plain, plain))
        beside = crowd(town.market, town.products, baited, 1)
        assert beside(best.id, plain[best.id]) == fair(best.id, plain[best.id])


@pytest.mark.parametrize("seed", range(8))
def test_customers_never_exceed_those_of_one_machine_at_the_lowest_price(town, seed):
    """Whatever is on offer where, and with the choice that customers like best."""
    random = Random(seed)
    offers = [
        {
            one.id: one.reference_cents * random.randint(40, 150) // 100
            for one in random.sample(town.catalogue, random.randint(0, 12))
        }
        for _ in range(random.randint(2, 8))
    ]
    counters = Counters(DAY, tuple(offers))
    market, products = town.market, town.products
    liked = max(range(13), key=lambda distinct: market.variety_permille[distinct])
    for product_id, lowest_cents in counters.best.items():
        shared = sum(
            crowd(market, products, counters, seat)(product_id, offer[product_id])
            for seat, offer in enumerate(offers)
            if product_id in offer
        )
        assert shared <= market.customers(products[product_id], DAY, lowest_cents, liked)


def test_names_are_drawn_by_the_seed_and_distinct():
    names = [draw_signs(make(seed).chance, 8) for seed in range(5)]
    assert len(set(names)) == 5
    assert all(len({sign.email for sign in signs}) == 8 for signs in names)
