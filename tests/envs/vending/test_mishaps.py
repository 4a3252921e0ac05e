"""What goes wrong by itself: drawn by rates that move nothing else."""

import pytest

from tenure.envs.chance import Chance
from tenure.envs.vending.machine import SLOT_NAMES
from tenure.envs.vending.mishaps import draw_mishaps, hazards
from tests.envs.vending.play import make, wait

RATES = ("machine_faults_per_1000_days", "coin_jams_per_1000_days", "thefts_per_1000_days")
MOST = dict.fromkeys((*RATES, "local_events_per_1000_days"), 300)


def drawn(seed, *, faults=300, jams=300, thefts=300, days=400):
    return draw_mishaps(
        Chance(seed),
        days,
        faults_per_1000_days=faults,
        jams_per_1000_days=jams,
        thefts_per_1000_days=thefts,
    )


def test_rates_are_days_in_a_thousand():
    days = [
        count
        for seed in range(20)
        for one in [drawn(seed, faults=100, jams=100, thefts=100, days=1000)]
        for count in (len(one.faults), len(one.jams), len(one.thefts))
    ]
    assert sum(days) / len(days) == pytest.approx(100, abs=5)


def test_a_rate_of_zero_is_a_twin_that_differs_by_its_own_kind_alone():
    all_of_them = drawn(1)
    assert drawn(1, faults=0).faults == {}
    assert drawn(1, faults=0).jams == all_of_them.jams
    assert drawn(1, faults=0).thefts == all_of_them.thefts
    assert drawn(1, jams=0, thefts=0).faults == all_of_them.faults
    assert drawn(1, jams=0).jams == frozenset()
    assert drawn(1, thefts=0).thefts == {}


def test_a_lower_rate_only_leaves_mishaps_out():
    few, many = drawn(2, faults=30, jams=30, thefts=30), drawn(2)
    assert few.faults.items() < many.faults.items()
    assert few.jams < many.jams
    assert few.thefts.items() < many.thefts.items()


def test_a_fault_is_of_a_slot_a_row_or_the_machine():
    faults = [slots for seed in range(5) for slots in drawn(seed).faults.values()]
    assert {len(slots) for slots in faults} == {1, 3, 12}
    for slots in faults:
        assert len({name[0] for name in slots}) == 1 or slots == SLOT_NAMES


def test_thieves_take_cash_or_goods_within_what_the_data_file_says():
    thefts = [theft for seed in range(5) for theft in drawn(seed).thefts.values()]
    low, high = hazards().stolen_cash_permille
    cash = [theft.cash_permille for theft in thefts if theft.cash_permille]
    assert low <= min(cash) < max(cash) <= high
    assert 0.5 < len(cash) / len(thefts) < 0.7
    assert {theft.units for theft in thefts} == set(range(2, 7))


# --- twins of the whole world ------------------------------------------------------------------


@pytest.mark.parametrize("switch", [*RATES, "local_events_per_1000_days"])
def test_an_event_class_switched_off_leaves_every_other_draw_as_it_was(switch):
    world, twin = make(5, **MOST), make(5, **{**MOST, switch: 0})
    assert twin.catalogue == world.catalogue
    assert twin.suppliers == world.suppliers
    assert twin.market.weather == world.market.weather
    assert twin.market.luck_milliunits == world.market.luck_milliunits
    kept = {
        "machine_faults_per_1000_days": lambda one: one.mishaps.faults,
        "coin_jams_per_1000_days": lambda one: one.mishaps.jams,
        "thefts_per_1000_days": lambda one: one.mishaps.thefts,
        "local_events_per_1000_days": lambda one: (
            one.market.events,
            one.market.appetite_milliunits,
        ),
    }
    for name, read in kept.items():
        assert (read(twin) == read(world)) == (name != switch)


@pytest.mark.parametrize("switch", RATES)
def test_a_twin_lives_the_same_days_until_the_first_mishap(switch):
    quiet = dict.fromkeys(RATES, 0)
    world = make(8, horizon_days=200, handover_units=60, **{**quiet, switch: 20})
    twin = make(8, horizon_days=200, handover_units=60, **quiet)
    assert world.opening() == twin.opening()
    for one in (world, twin):
        sell_what_is_there(one)
    days = [*world.mishaps.faults, *world.mishaps.jams, *world.mishaps.thefts]
    for _ in range(min(days)):
        assert wait(world) == wait(twin)
        assert world.digest() == twin.digest()
    later = [(wait(world), wait(twin)) for _ in range(min(40, 199 - min(days)))]
    assert any(mine != other for mine, other in later)


def sell_what_is_there(world):
    for slot in SLOT_NAMES:
        fits = "small" if slot[0] in "AB" else "large"
        for name in list(world.state.storage):
            product = world.products[name]
            if product.size == fits and not world.state.slots[slot].product_id:
                world.call("stock_slot", slot=slot, product=product.name, quantity=8)
                world.call("set_price", slot=slot, price=product.reference_cents / 100)
