"""References: quick play leads to the states that tools lead to, and is better than the scripts."""

import pytest

from tenure.scenarios import load
from tenure.scenarios.playing import acting, play
from tenure.scoring.ledger.values import play_on

IDS = ["vending/month", "supply-line/quarter", "bookings/smoke"]


@pytest.mark.parametrize("scenario_id", IDS)
def test_quick_calls_lead_to_the_same_state_as_steps(scenario_id):
    scenario = load(scenario_id)
    stepped, quick = scenario.make_world(3), scenario.make_world(3)
    while not stepped.ended:
        for call in scenario.job.reference(stepped):
            stepped.step(call.to_json())
            quick.perform(call)
            assert stepped.digest() == quick.digest()
    quick.run_out()
    assert quick.measured == stepped.measured


@pytest.mark.parametrize("scenario_id", IDS)
def test_a_twin_is_where_a_restored_world_is_and_goes_its_own_way(scenario_id):
    scenario = load(scenario_id)
    world, other = scenario.make_world(3), scenario.make_world(3)
    for call in scenario.job.reference(world):
        world.step(call.to_json())
    other.restore(world.snapshot())
    twin, before = world.twin(), world.digest()
    assert twin.digest() == other.digest()
    play_on(twin, scenario.job.reference)
    assert world.digest() == before


@pytest.mark.parametrize("scenario_id", IDS)
def test_what_a_reference_does_hangs_on_the_present_state_alone(scenario_id):
    scenario = load(scenario_id)
    world, other = scenario.make_world(5), scenario.make_world(5)
    while not world.ended:
        other.memo.clear()
        other.restore(world.snapshot())
        for mine, theirs in zip(
            scenario.job.reference(world), scenario.job.reference(other), strict=True
        ):
            assert mine == theirs
            world.perform(mine)
            other.perform(theirs)


@pytest.mark.parametrize(
    ("scenario_id", "policy"),
    [("vending/quarter", "shopkeeper"), ("supply-line/quarter", "sterman")],
)
def test_a_reference_is_better_than_the_scripts(scenario_id, policy):
    scenario = load(scenario_id)
    for seed in (1, 2, 3):
        world = scenario.make_world(seed)
        script = scenario.make_world(seed)
        play_on(world, scenario.job.reference)
        act = acting(scenario, script, policy)
        assert world.earned > play(script, script.opening(), act, scenario.limits.steps).earned
