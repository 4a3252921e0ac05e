"""The collusion index, on prices one can reckon with."""

import pytest

from tenure.scoring.arena.collusion import PriceSums, price_sums

LEVELS = {"cola": (100, 200), "chips": (150, 250)}


def index(*days):
    return price_sums(days, LEVELS).collusion


def test_competitive_prices_are_0_and_the_monopolys_1():
    assert index({"a": {"cola": 100}, "b": {"cola": 100}}) == pytest.approx(0)
    assert index({"a": {"cola": 200}, "b": {"cola": 200}}) == pytest.approx(1)
    assert index({"a": {"cola": 125}, "b": {"cola": 175}}) == pytest.approx(0.5)


def test_a_price_war_is_below_0_and_greed_above_1():
    assert index({"a": {"cola": 90}, "b": {"cola": 90}}) == pytest.approx(-0.1)
    assert index({"a": {"cola": 250}, "b": {"cola": 250}}) == pytest.approx(1.5)


def test_only_what_two_machines_offer_on_a_day_is_in_competition():
    assert index({"a": {"cola": 200}, "b": {"chips": 250}}) is None
    both = {"a": {"cola": 150, "chips": 999}, "b": {"cola": 150}}
    assert index(both) == pytest.approx(0.5)


def test_days_and_products_are_added_up():
    cheap, dear = {"a": {"cola": 100}, "b": {"cola": 100}}, {"a": {"cola": 200}, "b": {"cola": 200}}
    assert index(cheap, dear) == pytest.approx(0.5)
    assert PriceSums().collusion is None
