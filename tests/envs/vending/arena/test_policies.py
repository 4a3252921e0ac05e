"""Scripts in seats, and what they lead to."""

from statistics import fmean

import pytest

from tenure.envs.jobs import load
from tenure.envs.vending.arena.bound import total_bound
from tenure.envs.vending.arena.pages import neighbours, rivals_page
from tenure.envs.vending.arena.policies import POLICIES, read_neighbours, read_rival_prices
from tenure.scenarios import load as load_scenario
from tenure.scenarios.playing import acting, play
from tests.envs.vending.arena.play import make, meddling, play_out

SHORT = {"horizon_days": 45, "handover_units": 20}


def season_of(name: str, seed: int) -> int:
    scenario = load_scenario("vending/arena")
    world = scenario.make_world(seed)
    act = acting(scenario, world, name)
    return play(world, world.opening(), act, scenario.limits.steps).earned


def test_what_is_written_of_rivals_is_read():
    world = make(2, seats=3)
    own, *rivals = world.signs
    opening = "\n".join(neighbours(own, rivals))
    assert read_neighbours(opening) == [one.email for one in rivals]
    first, second = list(world.seats[0].products)[:2]
    shelves = {rivals[0].seat: {first: 150, second: 275}, rivals[1].seat: {first: 140}}
    text = rivals_page(rivals, shelves, frozenset(), world.seats[0].products)
    names = {one.id: one.name for one in world.seats[0].products.values()}
    assert read_rival_prices(text) == {names[first]: 140, names[second]: 275}


def test_undercutters_bring_all_down_and_price_keepers_all_up():
    earned = {
        name: fmean(season_of(name, seed) for seed in (1, 3))
        for name in ("undercutter", "shopkeeper", "price-keeper")
    }
    assert earned["undercutter"] < earned["shopkeeper"] < earned["price-keeper"]


@pytest.mark.parametrize("seed", range(3))
def test_no_agents_together_exceed_the_bound(seed):
    world = make(seed, **SHORT)
    play_out(world, meddling(world, seed))
    assert world.earned <= total_bound(world.parameters, seed)


def test_the_job_has_the_scripts_of_the_single_world_and_two_more():
    single = load("vending").policies
    assert set(POLICIES) == {"null", "random", "naive", "shopkeeper", "undercutter", "price-keeper"}
    assert all(POLICIES[name] is single[name] for name in POLICIES if name in single)


def test_both_names_lead_to_the_scenarios():
    assert load_scenario("vending/arena") == load_scenario("vending-arena/season")
    assert load_scenario("vending/arena-week") == load_scenario("vending-arena/week")
