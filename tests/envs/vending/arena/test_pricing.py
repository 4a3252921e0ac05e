"""Competitive and monopoly prices, against cases worked out by hand."""

import pytest

from tenure.envs.vending.arena.pricing import PricingGame
from tenure.envs.vending.products import Product
from tests.envs.vending.arena.play import make


def product(wholesale_cents=50, reference_cents=100, elasticity_permille=-2000):
    return Product(
        "x", "X", "small", "drink", wholesale_cents, reference_cents, elasticity_permille, 3000
    )


def test_the_monopoly_price_lies_halfway_between_cost_and_the_price_at_which_nobody_buys():
    """Demand 3 - p/50 is zero at 150, so (p - 50)(3 - p/50) is highest at 100."""
    assert PricingGame(product(), 2).levels.monopoly == 100
    assert PricingGame(product(wholesale_cents=80), 2).levels.monopoly == 115


def test_one_seller_is_a_monopoly():
    assert PricingGame(product(), 1).levels == (100, 100)


@pytest.mark.parametrize("sellers", [2, 3, 4, 8])
def test_the_competitive_price_solves_the_first_order_condition(sellers):
    """With shares alike, 1/(p - 50) = 1/(150 - p) + 0.06 (n - 1)/n: 73.2 cents for two."""
    price = PricingGame(product(), sellers).levels.competitive

    def condition(p):
        return 1 / (p - 50) - 1 / (150 - p) - 0.06 * (sellers - 1) / sellers

    assert condition(price - 1.5) > 0 > condition(price + 1.5)


def test_two_sellers_end_at_73_cents():
    assert PricingGame(product(), 2).levels.competitive == 73


@pytest.mark.parametrize("seed", range(3))
def test_nobody_gains_by_leaving_the_competitive_price_alone(seed):
    for one in make(seed, seats=4).seats[0].catalogue:
        game = PricingGame(one, 4)
        levels = game.levels
        assert game.best_answer(levels.competitive) <= levels.competitive
        assert abs(game.best_answer(levels.competitive) - levels.competitive) <= 1
        assert one.wholesale_cents < levels.competitive < levels.monopoly


def test_more_sellers_never_ask_more():
    prices = [PricingGame(product(), sellers).levels.competitive for sellers in range(1, 9)]
    assert prices == sorted(prices, reverse=True)
