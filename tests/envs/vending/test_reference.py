"""The reference where money is short: a business that can still be saved is saved."""

import pytest

from tenure.envs.tools import ToolCall
from tenure.envs.vending.conduct import Rule
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.reference import reference
from tenure.scenarios import load
from tenure.scoring.ledger.values import play_day

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
