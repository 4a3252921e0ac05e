"""What must hold whatever an agent does."""

import subprocess
import sys
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.supply_line.bound import optimum_cents
from tests.envs.supply_line.accountant import weekly_costs_cents
from tests.envs.supply_line.play import (
    HOSTILE,
    STORMY,
    make,
    pass_week,
    play_at_random,
    play_to_levels,
)

GOLDEN = ("a2511bdab74804f89c657b34147fa855", "eae2d7275d78fe5d0f87f031cd0727a2")
ANY_ORDERS = st.lists(
    st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=10, max_size=10
)


def units(world):
    """Everything in stock and on its way."""
    return sum(stage.on_hand_units + sum(stage.inbound_units) for stage in world.state.stages)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9), orders=ANY_ORDERS)
def test_units_are_conserved(seed, orders):
    world = make(seed, horizon_weeks=10, **STORMY)
    first, produced = units(world), 0
    for week in orders:
        pass_week(world, week)
        produced += week[3]
        state = world.state
        wanted = sum(world.draw.demand_units[: world.week])
        assert units(world) == first + produced - state.sold_units
        assert state.sold_units + state.stages[0].owed_units == wanted
        assert all(s.on_hand_units >= 0 <= s.owed_units for s in state.stages)
        assert all(min(s.inbound_units) >= 0 for s in state.stages)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9), orders=ANY_ORDERS)
def test_what_is_ordered_is_shipped_or_owed(seed, orders):
    world = make(seed, horizon_weeks=10, **STORMY)
    for week in orders:
        pass_week(world, week)
    for stage, above in enumerate(world.state.stages[1:]):
        ordered = sum(week[stage] for week in orders)
        shipped = sum(week.shipped_units[stage] for week in world.state.weeks)
        assert ordered == shipped + above.owed_units


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9), orders=ANY_ORDERS)
def test_a_second_accountant_finds_the_same_costs(seed, orders):
    world = make(seed, horizon_weeks=10, **STORMY)
    for week in orders:
        pass_week(world, week)
    costs = [sum(week.cost_cents) for week in world.state.weeks]
    assert costs == weekly_costs_cents(world.draw, orders)
    assert sum(costs) == world.state.cost_cents


def test_the_accountant_sees_closed_links_and_new_cost_sheets():
    """Else the test above would not test them."""
    draws = [make(seed, horizon_weeks=10, **STORMY).draw for seed in range(10)]
    assert any(any(draw.closed(week)) for draw in draws for week in range(10))
    assert any(len(draw.terms.sheets) > 1 for draw in draws)


@pytest.mark.parametrize("parameters", [HOSTILE, STORMY, HOSTILE | {"regimes": "hidden"}])
@pytest.mark.parametrize("seed", range(3))
def test_nobody_exceeds_the_bound(seed, parameters):
    """Closed links, hearsay and what mails say of costs to come only make the job harder."""
    worlds = [make(seed, horizon_weeks=26, **parameters) for _ in range(3)]
    play_at_random(worlds[0], seed)
    play_to_levels(worlds[1])
    worlds[2].run_out()
    bound = optimum_cents(worlds[0].parameters, seed)
    assert all(world.earned <= bound for world in worlds)
    assert worlds[1].earned == max(world.earned for world in worlds)


@pytest.mark.parametrize("seed", range(4))
def test_with_open_links_the_optimal_levels_reach_the_bound_to_the_cent(seed):
    """Also across new cost sheets, which the bound knows from the start."""
    world = make(seed, **STORMY | {"disruptions_per_year": 0})
    play_to_levels(world)
    assert world.earned == optimum_cents(world.parameters, seed)


def test_what_closed_links_cost_is_no_luck():
    """Luck has mean zero in a hostile world too: nothing there depends on what customers buy."""
    rates = STORMY | {"cost_sheets_per_year": 0, "regimes": "one"}
    fixed = {"mean_demand_units": (8, 8), "lead_weeks": (1, 1), "horizon_weeks": 13}
    luck = []
    for seed in range(300):
        world = make(seed, **fixed, **rates)
        play_to_levels(world)
        luck.append(world.state.luck_cents)
    squares = sum(cents * cents for cents in luck)
    assert sum(luck) ** 2 < 4**2 * squares
    assert squares > 0


@pytest.mark.parametrize("seed", range(3))
def test_a_restored_world_goes_on_identically(seed):
    world, copy = make(seed, horizon_weeks=26, **STORMY), make(seed, horizon_weeks=26, **STORMY)
    for week in range(12):
        pass_week(world, [week, 9, 8, 7])
    world.call("read_mail", number=world.state.unread[0])
    world.call("place_orders", retailer=5, wholesaler=6, distributor=7, factory=8)
    copy.restore(world.snapshot())
    assert copy.digest() == world.digest()
    while not world.ended:
        assert copy.call("list_mail") == world.call("list_mail")
        assert pass_week(copy, [4, 9, 8, 7]) == pass_week(world, [4, 9, 8, 7])
    assert copy.snapshot() == world.snapshot()


SCRIPT = """
from tests.envs.supply_line.play import STORMY, make, play_at_random
world = make(5, horizon_weeks=13, **STORMY)
play_at_random(world, 5)
print(world.digest())
"""


def test_the_same_seed_and_actions_give_the_same_bytes_in_another_process():
    world = make(5, horizon_weeks=13, **STORMY)
    play_at_random(world, 5)
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == world.digest()


def test_the_recorded_year_is_still_the_same():
    """A new digest means that results change: then it is time for a new version of the
    environment (`tenure/SupplyLine-v2`) and of the built-in scenarios.
    """
    world, told = make(2026, **HOSTILE), blake2b(digest_size=16)
    while not world.ended:
        week = world.week
        step = pass_week(world, [week % 13, (3 * week) % 17, (5 * week) % 19, (7 * week) % 23])
        told.update(step.text.encode())
        for number in world.state.unread[::2]:
            told.update(world.call("read_mail", number=number).text.encode())
    assert world.state.sold_units > 200
    assert (world.digest(), told.hexdigest()) == GOLDEN
