"""No agent exceeds the bound, and what is left after the decisions is chance with mean zero."""

import statistics
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.supply_line import JOB
from tenure.envs.supply_line.assessment import assess
from tenure.envs.supply_line.line import echelon_position_units
from tenure.envs.supply_line.optimum import solve
from tests.envs.supply_line.scripts import CLASSIC, TIERS, bound, make, order, play, play_steps


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("policy", JOB.policies)
def test_no_scripted_agent_exceeds_the_bound(policy, tier):
    for seed in range(1, 6):
        assert play(policy, seed, **TIERS[tier]).earned <= bound(seed, **TIERS[tier])


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 20),
    orders=st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=6, max_size=6),
    regimes=st.sampled_from(("one", "observed", "hidden")),
)
def test_no_orders_exceed_the_bound(seed, orders, regimes):
    world = make(seed, horizon_weeks=6, regimes=regimes)
    for units in orders:
        order(world, units)
    assert world.earned <= bound(seed, horizon_weeks=6, regimes=regimes)


@pytest.mark.parametrize("last_order_week", range(44, 52))
def test_who_stops_ordering_before_the_end_gains_nothing_on_the_bound(last_order_week):
    """Against the optimum of a line that never ends, such an agent scores above 1."""
    optimum = solve(replace(make(1, **CLASSIC).draw.terms, horizon_weeks=104))
    for seed in (1, 2):
        world = make(seed, **CLASSIC)
        while not world.ended:
            order(world, _orders_until(world, optimum, last_order_week))
        assert world.earned <= bound(seed, **CLASSIC)


def _orders_until(world, optimum, last_week):
    if world.week >= last_week:
        return [0, 0, 0, 0]
    positions = echelon_position_units(world.state.stages)
    levels = [optimum.level_units(0, stage, 0) for stage in range(4)]
    room = [stage.on_hand_units - stage.owed_units for stage in world.state.stages[1:]]
    wanted = [max(0, level - units) for level, units in zip(levels, positions, strict=True)]
    return [*(max(0, min(pair)) for pair in zip(wanted, room, strict=False)), wanted[3]]


def luck_in_standard_errors(policy, seeds, **parameters):
    lucks = [play(policy, seed, **parameters).state.luck_cents for seed in seeds]
    return statistics.mean(lucks) / (statistics.stdev(lucks) / len(lucks) ** 0.5)


@pytest.mark.parametrize("regimes", ["one", "observed", "hidden"])
@pytest.mark.parametrize("policy", ["random", "echelon-base-stock"])
def test_luck_has_mean_zero_whatever_an_agent_does(policy, regimes):
    """Within four standard errors, on seeds that are always the same."""
    parameters = {"horizon_weeks": 8, "regimes": regimes, "regime_weeks": 4, **CLASSIC}
    assert abs(luck_in_standard_errors(policy, range(200), **parameters)) < 4


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["year", "regimes", "shift"])
def test_luck_has_mean_zero_over_a_year(tier):
    assert abs(luck_in_standard_errors("mean-demand", range(80), **TIERS[tier])) < 4


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("policy", ["random", "mean-demand", "local-base-stock"])
def test_losses_by_week_and_stage_are_the_distance_to_the_bound(policy, tier):
    world, steps = play_steps(policy, 7, **TIERS[tier])
    (event,) = (event for event in steps[-1].events if event["kind"] == "losses")
    total = sum(map(sum, event["cents"]))
    assert min(map(min, event["cents"])) >= 0
    # each of them is rounded down to a cent
    distance = bound(7, **TIERS[tier]) - world.earned
    assert total <= distance <= total + 4 * world.parameters.horizon_weeks + 1


def test_what_was_earned_and_luck_make_up_the_score():
    world = play("sterman", 3)
    found = assess(world.draw, list(world.state.weeks))
    assert world.measured[0] == -world.state.cost_cents == world.earned + world.state.luck_cents
    assert world.earned == -found.earned_cents
    assert bound(3) == -found.least_cents
