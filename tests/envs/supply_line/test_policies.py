"""The ladder of scripted agents, and what they read."""

import statistics

import pytest

from tenure.envs.jobs import Briefing
from tenure.envs.supply_line import JOB
from tenure.envs.supply_line.demand import TOTAL_WEIGHT
from tenure.envs.supply_line.line import Stage
from tenure.envs.supply_line.policies import texts
from tenure.envs.supply_line.policies.base_stock import updated_belief
from tenure.envs.supply_line.policies.weekly import orders_up_to, read_monday
from tenure.envs.supply_line.terms import CostSheet
from tenure.envs.tools import ToolCall
from tests.envs.supply_line.scripts import (
    BRIEF,
    HOSTILE,
    REGIMES,
    SHIFT,
    TIERS,
    bound,
    make,
    order,
    play,
    play_steps,
)

LADDER = list(JOB.policies)


def mean_earned(policy, tier, seeds=range(1, 7)):
    return statistics.mean(play(policy, seed, **TIERS[tier]).earned for seed in seeds)


@pytest.mark.parametrize("tier", ["classic", "year"])
def test_each_rung_is_above_the_one_below(tier):
    means = [mean_earned(policy, tier) for policy in LADDER]
    assert means == sorted(means)
    assert len(set(means)) == len(LADDER) == 7


@pytest.mark.parametrize("tier", ["regimes", "shift"])
def test_with_moods_planning_beats_habit_and_habit_beats_nothing(tier):
    null, random, habit, people, local, planner = (
        mean_earned(policy, tier) for policy in LADDER if policy != "mean-demand"
    )
    assert null < random < min(habit, people) < max(habit, people) < local < planner


@pytest.mark.parametrize("tier", ["classic", "year", "regimes"])
@pytest.mark.parametrize("seed", range(1, 9))
def test_the_planner_earns_the_optimum_to_the_cent(tier, seed):
    world = play("echelon-base-stock", seed, **TIERS[tier])
    assert world.earned == bound(seed, **TIERS[tier])
    assert world.state.above_optimum_permille == 0


@pytest.mark.parametrize("family", ["lumpy", "uniform"])
def test_the_planner_earns_the_optimum_of_other_demand(family):
    parameters = {"demand_family": family, "horizon_weeks": 26, "regimes": "observed"}
    assert play("echelon-base-stock", 3, **parameters).earned == bound(3, **parameters)


def test_the_planner_earns_the_optimum_of_costs_that_a_seed_draws():
    parameters = {"holding_cents": (90, 90, 20, 20), "backorder_cents": (101, 3_000)}
    for seed in (1, 2, 3):
        assert play("echelon-base-stock", seed, **parameters).earned == bound(seed, **parameters)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("policy", LADDER)
def test_no_script_makes_a_faulty_call_or_takes_more_than_two_a_week(policy, tier):
    world, steps = play_steps(policy, 4, **TIERS[tier])
    assert [step.text for step in steps if step.fault] == []
    assert len(steps) <= 2 * world.parameters.horizon_weeks


@pytest.mark.parametrize("policy", LADDER)
def test_a_script_does_the_same_again(policy):
    parameters = {"horizon_weeks": 12, **SHIFT}
    assert play(policy, 5, **parameters).digest() == play(policy, 5, **parameters).digest()


def test_the_planner_never_orders_what_cannot_be_shipped():
    world = play("echelon-base-stock", 2)
    assert all(week.order_units == week.shipped_units for week in world.state.weeks)


def test_sterman_s_people_amplify_demand():
    bullwhips = [play("sterman", seed).state.bullwhip_permille for seed in range(1, 9)]
    assert statistics.mean(bullwhips) > 1_500


# --- what the scripts read -----------------------------------------------------------------------


@pytest.mark.parametrize("family", ["poisson", "lumpy", "uniform"])
@pytest.mark.parametrize("regimes", ["one", "observed", "hidden"])
def test_the_opening_tells_all_terms(family, regimes):
    for seed, weeks in ((1, 2), (2, 20), (3, 103), (4, 104)):
        world = make(
            seed,
            demand_family=family,
            regimes=regimes,
            regime_weeks=weeks,
            backorder_cents=(1, 5_000),
        )
        assert texts.read_terms(world.opening()) == world.draw.terms


def test_a_monday_is_read_as_it_is():
    world = make(3, **REGIMES)
    step = order(world, (5, 6, 7, 500))
    monday = read_monday(step.text)
    assert monday.week == 1
    assert monday.stages == world.state.stages
    assert monday.demand_units == world.draw.demand_units[0]
    assert monday.mood == world.draw.terms.regimes[world.draw.regime_path[1]].name


def test_the_first_monday_has_no_demand_and_a_hidden_mood_no_name():
    monday = read_monday(make(3, **SHIFT).opening())
    assert monday.demand_units is None
    assert monday.mood == ""


def test_a_text_of_something_else_is_an_error_that_shows_it():
    with pytest.raises(ValueError, match="Good morning"):
        texts.read_week("Good morning")


# --- mail ----------------------------------------------------------------------------------------

NEW_SHEET = """Mail 4, week 12
From: finance@linden-supply.example
Subject: Costs from week 15

Our costs change with week 15:
Cost of a unit in stock at the end of a week: retailer $1.30, wholesaler $0.75, distributor $0.50, \
factory $0.05. A unit on its way from a stage costs what it costs there; one in production costs \
nothing yet.
Cost of a unit that customers wait for: $12.00 a week.
[Week 12 of 52, Mon 08:05]"""


def test_a_new_cost_sheet_is_read():
    assert texts.read_sheet_to_come(NEW_SHEET) == CostSheet(14, (130, 75, 50, 5), 1200)


def test_a_wish_is_no_cost_sheet():
    assert texts.read_sheet_to_come("Please keep the stock at 40 units from week 15 on.") is None


def test_mail_is_genuine_by_the_whole_domain():
    """As the brief tells it: one letter more is an impostor's."""
    news = (
        "New mail:\n3. finance@linden-suply.example: New cost sheet\n"
        "4. finance@linden-supply.example: Costs\n5. dispatch@tern-freight.example: Closed\n"
        "6. yard@linden-supply.example.evil.example: Talk"
    )
    assert texts.read_news(news, texts.read_domains(BRIEF)) == [4, 5]


def test_the_planner_plans_with_a_new_sheet_from_its_mail_on():
    """Stock is to become dear: it lets the line run lower from the mail on, not from week 15."""
    world = make(1)
    script = JOB.policies["echelon-base-stock"](
        Briefing(BRIEF, world.opening(), world.toolbox, seed=0)
    )
    dear = NEW_SHEET.replace("$1.30", "$9.00").replace("week 15", "week 3")
    usual = next(script)
    script.close()
    again = JOB.policies["echelon-base-stock"](
        Briefing(BRIEF, f"{world.opening()}\n1. a@linden-supply.example: Costs", world.toolbox, 0)
    )
    assert next(again) == ToolCall("read_mail", {"number": 1})
    orders = again.send(dear).arguments
    assert sum(orders.values()) < sum(usual.arguments.values())


@pytest.mark.parametrize("policy", LADDER)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_script_stumbles_over_mail_or_exceeds_the_bound_with_it(policy, seed):
    world, steps = play_steps(policy, seed, **HOSTILE)
    assert [step.text for step in steps if step.fault] == []
    assert world.earned <= bound(seed, **HOSTILE)


# --- how they order ------------------------------------------------------------------------------


def test_each_stage_makes_up_for_what_it_is_asked_for():
    stages = [Stage(5, 2, [3]), Stage(4, 1, [0]), Stage(9, 0, [2])]
    # positions: 5 + 3 + 1 - 2 = 7; 4 - 1 + 0 = 3; 9 + 2 = 11
    assert orders_up_to([10, 8, 12], stages) == [3, 8, 9]


def test_nobody_orders_less_than_nothing():
    assert orders_up_to([1, 8], [Stage(5, 0, [3]), Stage(8, 0, [0])]) == [0, 0]


# --- what the planner believes -------------------------------------------------------------------


def test_a_belief_follows_the_demand():
    """Of 0 and 30 units, the former is likelier when quiet, the latter when busy."""
    terms = make(1, **SHIFT).draw.terms
    even = [TOTAL_WEIGHT // 2] * 2
    assert updated_belief(terms, even, 0)[0] > TOTAL_WEIGHT * 9 // 10
    assert updated_belief(terms, even, 30)[1] > TOTAL_WEIGHT * 9 // 10


def test_a_belief_is_bayes_rule_and_then_a_switch():
    terms = make(1, **SHIFT).draw.terms
    quiet, busy = (regime.weights[8] for regime in terms.regimes)
    posterior = 0.25 * quiet / (0.25 * quiet + 0.75 * busy)
    switch = terms.switch_weight / TOTAL_WEIGHT
    expected = posterior * (1 - switch) + (1 - posterior) * switch
    believed = updated_belief(terms, [TOTAL_WEIGHT // 4, TOTAL_WEIGHT * 3 // 4], 8)
    assert believed[0] / TOTAL_WEIGHT == pytest.approx(expected, abs=1e-5)
    assert sum(believed) == pytest.approx(TOTAL_WEIGHT, abs=2)


def test_a_demand_that_cannot_be_leaves_the_belief_to_the_switch():
    terms = make(1, **SHIFT).draw.terms
    assert updated_belief(terms, [TOTAL_WEIGHT, 0], 500)[1] == pytest.approx(
        terms.switch_weight, abs=1
    )
