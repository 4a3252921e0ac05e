"""The reference orders what it can pay, however little that is."""

from itertools import pairwise

import pytest

from tenure.envs.vending.reference import reference
from tenure.scenarios import load
from tenure.scoring.ledger.values import play_day, play_on


def with_dollars(dollars):
    world = load("vending/month").make_world(1)
    world.state.bank_cents = dollars * 100
    return world


def orders(world):
    calls = play_day(world, reference)
    return [call for call in calls if call.arguments.get("subject") == "Order"]


@pytest.mark.parametrize("dollars", [80, 150, 500])
def test_who_has_not_enough_for_the_whole_range_orders_a_part_of_it(dollars):
    world = with_dollars(dollars)
    assert orders(world)
    assert world.state.bank_cents >= 0


def test_nothing_is_ordered_that_cannot_be_paid():
    assert orders(with_dollars(3)) == []


def test_more_money_is_never_worth_much_less():
    worths = []
    for dollars in (100, 150, 200, 300, 500):
        world = with_dollars(dollars)
        play_on(world, reference)
        worths.append(world.earned / 100 - dollars)
    assert worths[0] > 100  # it works its way up
    assert all(more > 0.8 * less for less, more in pairwise(worths))
