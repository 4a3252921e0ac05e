"""The same world with other luck from some day on, for every job."""

import pytest

from tenure.envs.chance import Chance, Future
from tenure.envs.checker import check_futures
from tenure.envs.supply_line.draw import draw_line
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.vending.local_events import draw_local_events
from tenure.errors import ContractError
from tenure.scenarios import load
from tenure.scenarios.playing import acting

TURN = 12


def by_its_floor(scenario, seed, steps):
    """Return what the floor does in the seed's own world."""
    world = scenario.make_world(seed)
    act, heard, actions = acting(scenario, world, scenario.job.floor), world.opening(), []
    while not world.ended and len(actions) < steps:
        actions.append(act(heard))
        heard = world.step(actions[-1]).text
    return actions


@pytest.mark.parametrize(
    "scenario_id",
    [
        *("vending/month", "vending/forecast-month", "vending-arena/week"),
        *("supply-line/hostile", "supply-line/forecast-year", "bookings/smoke"),
    ],
)
def test_another_future_is_the_own_one_until_it_begins(scenario_id):
    scenario = load(scenario_id)
    actions = by_its_floor(scenario, 3, 200)
    assert check_futures(scenario.make_world, 3, max_steps=200, actions=actions, seeds=3) == 3


def test_the_town_is_the_same_in_every_future():
    here, there = (load("vending/year").make_world(1, Future(n, TURN)) for n in (0, 1))
    assert here.catalogue == there.catalogue
    assert here.suppliers == there.suppliers
    assert here.handover == there.handover
    assert here.market.weather[:TURN] == there.market.weather[:TURN]
    assert here.market.weather[TURN:] != there.market.weather[TURN:]


def test_a_fair_that_was_announced_comes_in_every_future_and_no_other_before_its_notice():
    for number in range(1, 6):
        own = draw_local_events(Chance(2), 200, 60)
        other = draw_local_events(Chance(2, Future(number, TURN)), 200, 60)
        told = [one._replace(is_cancelled=False) for one in own if max(0, one.told_day) < TURN]
        assert [
            one._replace(is_cancelled=False) for one in other if max(0, one.told_day) < TURN
        ] == told


def test_a_closure_that_hearsay_was_right_about_comes_in_every_future():
    parameters = SupplyLineParameters(disruptions_per_year=20, rumours_per_year=26)
    heard = 0
    for seed in range(20):
        own = draw_line(parameters, Chance(seed)).incidents
        other = draw_line(parameters, Chance(seed, Future(1, 7 * TURN))).incidents
        told = [one for one in own.rumours if one.week < TURN]
        assert [one for one in other.rumours if one.week < TURN] == told
        for one in told:
            if one.informed and one.from_week >= TURN:
                heard += 1
                assert (one.stage, one.from_week) in {(c.stage, c.week) for c in other.closures}
    assert heard


def test_a_world_that_tells_of_a_day_before_it_comes_is_caught():
    scenario = load("bookings/smoke")

    class Prophet(scenario.job.world):
        def opening(self):
            return f"{super().opening()} {self.bookings[-1]}"

    def make(seed, future):
        return Prophet(scenario.world_parameters, seed, future=future)

    with pytest.raises(ContractError, match="begins otherwise"):
        check_futures(make, 1, max_steps=12, actions=by_its_floor(scenario, 1, 12), seeds=9)
