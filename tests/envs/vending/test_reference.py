"""The reference where money is short: a business that can still be saved is saved."""

from itertools import pairwise

import pytest

from tenure.envs.tools import ToolCall
from tenure.envs.vending.conduct import Rule
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.reference import reference
from tenure.scenarios import load
from tenure.scoring.ledger.values import play_day, play_on

REPAIR = ToolCall("call_technician")


@pytest.fixture
def world():
    """Twenty days of the reference's own work; then no rule holds."""
    world = load("vending/month").make_world(1)
    while world.today < 20:
        play_day(world, reference)
    world.state.dealings.rules = []
    return world


def reserve(world, cents):
    world.state.dealings.rules = [Rule("reserve", "", cents, from_day=0)]


def test_the_reserve_pays_for_the_repair_of_a_machine_that_is_out_of_order(world):
    reserve(world, 14_000)
    world.state.broken_slots = list(world.state.slots)
    world.state.bank_cents = 15_900
    assert REPAIR in play_day(world, reference)
    assert world.state.broken_slots == []


def test_a_repair_that_would_take_the_money_for_the_fee_is_not_made(world):
    parameters = world.parameters
    world.state.broken_slots = list(world.state.slots)
    world.state.cash_in_machine_cents = 0
    world.state.bank_cents = parameters.repair_cents + parameters.daily_fee_cents - 1
    assert REPAIR not in play_day(world, reference)


def test_the_reserve_pays_for_goods_only_where_none_are_left(world):
    state = world.state
    state.bank_cents, state.shipments, state.outbox = 20_000, [], []
    reserve(world, 20_000)
    assert not any(call.name == "send_mail" for call in play_day(world.twin(), reference))
    state.storage = {}
    for slot in state.slots.values():
        slot.pile = Pile()
    assert any(call.name == "send_mail" for call in play_day(world, reference))


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
