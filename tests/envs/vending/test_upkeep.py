"""Faults, jams, thefts and spoilt goods as the one who runs the machine meets them."""

from types import MappingProxyType

import pytest

from tenure.envs.tools import Fault
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import SLOT_NAMES, Slot
from tenure.envs.vending.mishaps import Mishaps, Theft
from tests.envs.vending.play import make, wait

NOTHING = MappingProxyType({})


def shop(*, faults=NOTHING, jams=(), thefts=NOTHING, last_day=99, **parameters):
    """A world with known mishaps, and ten units of a small product in slot A1, half price.

    Four or more customers want it every day.
    """
    world = make(1, **{"local_events_per_1000_days": 0, **parameters})
    world.mishaps = Mishaps(faults, frozenset(jams), thefts)
    small = next(product for product in world.catalogue if product.size == "small")
    world.market.appetite_milliunits[small.id] = [4_000] * 365
    world.state.slots["A1"] = Slot(small.id, small.reference_cents // 2, Pile.of(10, 400, last_day))
    world.state.stock_units, world.state.stock_cost_cents = 10, 400
    return world, small


def events(step, kind):
    return [event for event in step.events if event["kind"] == kind]


# --- faults --------------------------------------------------------------------------------------


def test_a_slot_out_of_order_sells_nothing_until_the_technician_has_been():
    world, _ = shop(faults={0: ("A1",)})
    report = wait(world)
    line = "Out of order, selling nothing: A1 (call_technician repairs all for $40.00)."
    assert line in report.text
    assert events(report, "day")[0]["sold"] == {}
    assert "sell by day 100, out of order" in world.call("check_machine").text
    assert line in wait(world).text
    before = world.state.bank_cents
    step = world.call("call_technician")
    assert "Repaired: A1, for $40.00." in step.text
    assert world.state.bank_cents == before - 4000
    assert world.state.repairs_cents == 4000
    report = wait(world)
    assert "Out of order" not in report.text
    assert events(report, "day")[0]["sold"] != {}


def test_the_other_slots_go_on_selling():
    world, _ = shop(faults={0: ("A2", "B1")})
    assert events(wait(world), "day")[0]["sold"] != {}


def test_a_second_fault_adds_to_the_first():
    world, _ = shop(faults={0: ("B1",), 1: ("A3", "B1")})
    wait(world, 2)
    assert world.state.broken_slots == ["A3", "B1"]
    assert "out of order" in world.call("check_machine").text.splitlines()[2]


def test_a_fault_of_all_slots_is_called_by_its_name():
    world, _ = shop(faults={0: SLOT_NAMES})
    assert "selling nothing: the whole machine (" in wait(world).text


def test_a_technician_who_is_not_needed_or_cannot_be_paid_does_not_come():
    world, _ = shop(faults={0: ("A1",)}, repair_cents=60_000)
    step = world.call("call_technician")
    assert step.fault is Fault.REFUSED
    assert "Nothing is out of order" in step.text
    wait(world)
    step = world.call("call_technician")
    assert step.fault is Fault.REFUSED
    assert "takes $600.00; the bank balance is $498.00" in step.text
    assert world.state.broken_slots == ["A1"]


# --- coin jams -----------------------------------------------------------------------------------


def test_with_a_coin_jam_only_those_with_cards_buy():
    world, small = shop(jams=[0], card_share_permille=500)
    twin, _ = shop(card_share_permille=500)
    for one in (world, twin):
        one.market.appetite_milliunits[small.id][0] = 9_000
        one.market.luck_milliunits[small.id][0] = 0
    report, calm = wait(world), wait(twin)
    assert "Coin slot jammed: cards only, until collect_cash clears it." in report.text
    (with_jam,), (without,) = events(report, "day"), events(calm, "day")
    assert without["sold"][small.id] == 10
    assert with_jam["sold"][small.id] in (5, 6)
    assert "cash $0.00" in report.text
    assert world.state.cash_in_machine_cents == 0
    assert twin.state.cash_in_machine_cents > 0


def test_a_coin_jam_stays_until_the_cash_is_collected():
    world, _ = shop(jams=[0])
    wait(world)
    assert "Coin slot jammed" in world.call("check_machine").text
    assert "Coin slot jammed" in wait(world).text
    text = world.call("collect_cash").text
    assert text.startswith("The coin jam is cleared. There is no cash in the machine.")
    assert "Coin slot jammed" not in world.call("check_machine").text
    assert "Coin slot jammed" not in wait(world).text


def test_nobody_pays_by_card_where_the_share_is_zero():
    world, _ = shop(jams=[0], card_share_permille=0)
    assert events(wait(world), "day")[0]["sold"] == {}


# --- thefts --------------------------------------------------------------------------------------


def test_thieves_of_cash_take_a_part_of_what_is_in_the_machine():
    world, _ = shop(thefts={0: Theft(400, "A1", 3)}, daily_fee_cents=0)
    world.state.slots["A1"].price_cents = None
    world.state.cash_in_machine_cents = 1_001
    report = wait(world)
    assert "Theft in the night: $4.00 of the cash in the machine is gone." in report.text
    assert world.state.cash_in_machine_cents == 601
    assert world.state.stolen_cents == 400
    assert events(report, "theft") == [{"kind": "theft", "cash_cents": 400, "units": {}}]


def test_thieves_of_goods_take_the_units_of_one_slot():
    world, small = shop(thefts={0: Theft(0, "A1", 3)})
    world.state.slots["A1"].price_cents = None
    report = wait(world)
    assert f"Theft in the night: 3 units of {small.name} are gone from A1." in report.text
    assert world.state.slots["A1"].pile == Pile.of(7, 280, 99)
    assert (world.state.stock_units, world.state.stock_cost_cents) == (7, 280)
    assert world.state.stolen_units == 3


@pytest.mark.parametrize("theft", [Theft(1000, "A1", 3), Theft(0, "B2", 3)])
def test_where_there_is_nothing_nothing_is_stolen_or_told(theft):
    world, _ = shop(thefts={0: theft})
    world.state.slots["A1"].price_cents = None
    report = wait(world)
    assert "Theft" not in report.text
    assert events(report, "theft") == []


# --- shelf life ----------------------------------------------------------------------------------


def test_goods_can_be_sold_on_their_last_day_and_are_gone_the_morning_after():
    world, small = shop(last_day=1)
    slot = world.state.slots["A1"]
    slot.price_cents = None
    world.state.storage[small.id] = Pile.of(5, 100, 1) + Pile.of(2, 60, 2)
    world.state.stock_units, world.state.stock_cost_cents = 17, 560
    assert "Expired" not in wait(world).text
    assert f"{small.name}, 10 of 15 units, no price yet, sell by day 2" in (
        world.call("check_machine").text
    )
    assert "7 units, bought at $0.22 each, sell by day 2 (5), day 3 (2)" in (
        world.call("check_storage").text
    )
    slot.price_cents = small.reference_cents
    report = wait(world)
    sold = events(report, "day")[0]["sold"].get(small.id, 0)
    assert f"Expired and thrown away: {15 - sold} {small.name}." in report.text
    assert events(report, "expired") == [{"kind": "expired", "units": {small.id: 15 - sold}}]
    assert slot.pile == Pile()
    assert world.state.storage == {small.id: Pile.of(2, 60, 2)}
    assert (world.state.stock_units, world.state.stock_cost_cents) == (2, 60)
    assert world.state.expired_units == 15 - sold


def test_age_survives_the_way_into_the_machine_and_back():
    world, small = shop()
    mixed = Pile.of(4, 100, 6) + Pile.of(8, 400, 20)
    world.state.storage[small.id] = mixed
    for slot, units in (("A2", 3), ("A3", 5)):
        world.call("stock_slot", slot=slot, product=small.name, quantity=units)
    assert world.state.slots["A2"].pile == Pile.of(3, 75, 6)
    assert world.state.slots["A3"].pile == Pile.of(1, 25, 6) + Pile.of(4, 200, 20)
    for slot in ("A3", "A2"):
        world.call("empty_slot", slot=slot)
    assert world.state.storage[small.id] == mixed
