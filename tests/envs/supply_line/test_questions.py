"""What the supply line can be asked: next week's demand, and whether costs stay within a sum."""

from dataclasses import replace
from statistics import fmean

import pytest

from tenure.envs.forecasts import Ask, Asked, Distribution
from tenure.envs.supply_line import JOB
from tenure.envs.supply_line.demand import weekly_weights
from tenure.envs.supply_line.questions import QUESTIONS
from tenure.envs.supply_line.world import SupplyLineWorld
from tenure.errors import UsageError
from tenure.scenarios import load
from tenure.scenarios.references import references

DEMAND, COST = QUESTIONS["demand-next-week"], QUESTIONS["cost-within"]
WEEKLY = Ask(question="demand-next-week", first_day=1, days_to_answer=7, dont_know_price_milli=1)


def make(seed, **parameters):
    return SupplyLineWorld(SupplyLineWorld.Parameters(**parameters), seed)


def asked_in(week):
    """Return the question of a week's Monday; weeks count from 0."""
    return Asked(1, WEEKLY, 7 * week, 7 * week + 7, 7 * week + 14)


def test_it_asks_for_the_week_after_the_one_in_which_it_is_answered():
    assert DEMAND.text(asked_in(4)) == "How many units will customers want in week 6?"
    world = make(3)
    assert DEMAND.outcome(world, asked_in(4)) == world.draw.demand_units[5]


def test_with_one_regime_the_truth_is_what_demand_is_drawn_from():
    world = make(3, mean_demand_units=(8, 8))
    expected = Distribution.scaled(0, weekly_weights("poisson", 8))
    assert DEMAND.truth(world, asked_in(0)) == expected


def test_the_truth_mixes_the_moods_by_the_chance_of_a_change():
    world = make(3, mean_demand_units=(8, 8), regimes="observed", regime_weeks=4)
    quiet, busy = (weekly_weights("poisson", mean) for mean in (6, 12))
    stay, come = (3, 1) if world.draw.regime_path[0] == 0 else (1, 3)
    mixed = [
        stay * (quiet[units] if units < len(quiet) else 0) + come * weight
        for units, weight in enumerate(busy)
    ]
    assert DEMAND.truth(world, asked_in(0)) == Distribution.scaled(0, mixed)


@pytest.mark.parametrize("regimes", ["observed", "hidden"])
def test_outcomes_of_many_weeks_fit_the_distributions_told_before_them(regimes):
    ranks, inside = [], 0
    for seed in range(6):
        world = make(seed, regimes=regimes, horizon_weeks=104)
        for week in range(100):
            truth, came = DEMAND.truth(world, asked_in(week)), DEMAND.outcome(world, asked_in(week))
            below, here = truth.weight_within(0, came - 1), truth.weight_within(came, came)
            ranks.append((below + here / 2) / truth.total)
            inside += truth.quantile(5) <= came <= truth.quantile(95)
            world.call("end_week")
    assert 0.47 < fmean(ranks) < 0.53
    assert 0.90 < inside / len(ranks) < 0.96


def test_costs_are_within_a_sum_or_not():
    world = make(3)
    world.call("end_week")
    ask = WEEKLY.model_copy(update={"question": "cost-within", "threshold": world.state.cost_cents})
    asked = replace(asked_in(0), ask=ask)
    assert COST.outcome(world, asked) == 1
    assert COST.outcome(world, replace(asked, ask=ask.model_copy(update={"threshold": 1}))) == 0
    assert COST.text(asked).startswith("Will all costs up to the end of week 2 come to $")


def test_the_scenario_asks_and_leaves_floor_and_bound_as_they_are():
    plain, asking = load("supply-line/regimes"), load("supply-line/forecast-year")
    assert references(asking, 4) == references(plain, 4)
    assert [one.ask.question for one in asking.asked].count("demand-next-week") == 25
    world = asking.make_world(4)
    world.call("end_week")
    answer = world.call("answer_forecast", forecast=1, quantiles=[1, 2, 4, 6, 9, 11, 13])
    assert answer.fault is None
    world.call("end_week")
    told = world.call("end_week").text
    assert "Forecast 1 (demand-next-week): the outcome is" in told


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"first_day": 3}, "forecasts.0.first_day: .* write 1, 8, 15"),
        ({"every_days": 5}, "forecasts.0.every_days"),
        ({"days_to_answer": 1}, "has a window of days_to_answer: 7"),
        ({"days_to_answer": 14}, "has a window of days_to_answer: 7"),
    ],
)
def test_no_outcome_may_be_told_in_the_middle_of_a_week(changes, problem):
    with pytest.raises(UsageError, match=problem):
        JOB.make({}, 1, [WEEKLY.model_copy(update=changes)])


def test_costs_are_asked_for_whole_weeks():
    ask = WEEKLY.model_copy(
        update={"question": "cost-within", "threshold": 50_000, "days_ahead": 16}
    )
    with pytest.raises(UsageError, match=r"forecasts\.0\.days_ahead: .* write 7"):
        JOB.make({}, 1, [ask])
