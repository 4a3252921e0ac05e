"""The recursion: against every decision tried, against closed forms, against published figures."""

from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.chance import Chance
from tenure.envs.supply_line.demand import TOTAL_WEIGHT, Regime, weekly_weights
from tenure.envs.supply_line.line import Stage, echelon_position_units, receive, sell, ship
from tenure.envs.supply_line.optimum import NEVER_ORDER, PRECISION_BITS, Decision, solve
from tenure.envs.supply_line.policies.base_stock import local_levels
from tenure.envs.supply_line.policies.weekly import orders_up_to
from tenure.envs.supply_line.terms import CostSheet, Terms
from tests.envs.supply_line.exhaustive import least_cost
from tests.envs.supply_line.scripts import steady

CENT = 1 << PRECISION_BITS
HALF, QUARTER = TOTAL_WEIGHT // 2, TOTAL_WEIGHT // 4

COIN = Regime("coin", 1, (QUARTER, HALF, QUARTER))
SLOW = Regime("slow", 1, (HALF, HALF))
FAST = Regime("fast", 2, (0, QUARTER, HALF + QUARTER))
SHEET = CostSheet(0, (20, 10), 90)
DEARER = CostSheet(2, (60, 15), 400)
CHEAPER = CostSheet(1, (10, 8), 40)

SMALL_LINES = {
    "one regime": Terms(5, (1, 1), (SHEET,), (COIN,)),
    "a longer way below": Terms(5, (2, 1), (SHEET,), (COIN,)),
    "a longer way above": Terms(5, (1, 2), (SHEET,), (COIN,)),
    "two regimes": Terms(4, (1, 1), (SHEET,), (SLOW, FAST), switch_weight=QUARTER),
    "regimes that last": Terms(4, (1, 2), (SHEET,), (SLOW, FAST), switch_weight=2**14),
    "costs that rise": Terms(5, (1, 1), (SHEET, DEARER), (COIN,)),
    "costs that change twice": Terms(5, (2, 1), (SHEET, CHEAPER, DEARER), (COIN,)),
    "regimes and costs": Terms(4, (1, 1), (SHEET, DEARER), (SLOW, FAST), switch_weight=QUARTER),
    "nothing held costs more above": Terms(5, (1, 1), (CostSheet(0, (5, 5), 30),), (COIN,)),
}


def line(terms, stocks, owed=0):
    """Return a line with the given stocks, one unit in each week's delivery to the retailer."""
    first, *others = terms.lead_weeks
    stages = [Stage(stocks[0], owed, [1] * first)]
    return stages + [
        Stage(stock, 0, [0] * lead) for stock, lead in zip(stocks[1:], others, strict=True)
    ]


@pytest.mark.parametrize("name", SMALL_LINES)
@pytest.mark.parametrize(("stocks", "owed"), [((1, 1), 0), ((0, 3), 1)])
def test_the_value_is_that_of_trying_every_decision_in_every_state(name, stocks, owed):
    terms = SMALL_LINES[name]
    for regime in range(len(terms.regimes)):
        stages = line(terms, stocks, owed)
        exact = least_cost(terms, stages, regime)
        assert solve(terms).value(stages, regime) == pytest.approx(exact, abs=CENT / 50)


def test_three_stages_agree_too():
    terms = Terms(5, (1, 1, 1), (CostSheet(0, (20, 10, 4), 90),), (SLOW,))
    stages = line(terms, (0, 1, 1))
    exact = least_cost(terms, stages, 0)
    assert solve(terms).value(stages, 0) == pytest.approx(exact, abs=CENT / 50)


def test_a_line_with_too_much_stock_is_valued_rightly():
    terms = SMALL_LINES["one regime"]
    stages = line(terms, (6, 2))
    exact = least_cost(terms, stages, 0)
    assert solve(terms).value(stages, 0) == pytest.approx(exact, abs=CENT / 50)


# --- closed forms --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["poisson", "lumpy", "uniform"])
@pytest.mark.parametrize(("holding_cents", "backorder_cents"), [(100, 900), (50, 75), (1, 5000)])
def test_one_stage_and_one_order_is_the_newsvendor(family, holding_cents, backorder_cents):
    """What is ordered in week 0 arrives in week 1, the last: it must last for both weeks' demand,
    with a chance of at least b / (b + h)."""
    weights = weekly_weights(family, 8)
    sheet = CostSheet(0, (holding_cents,), backorder_cents)
    optimum = solve(Terms(2, (1,), (sheet,), (Regime("steady", 8, weights),)))
    lasting = accumulate(np.convolve(weights, weights).tolist())
    critical = TOTAL_WEIGHT**2 * backorder_cents / (backorder_cents + holding_cents)
    newsvendor = next(units for units, weight in enumerate(lasting) if weight >= critical)
    assert optimum.level_units(0, 0, 0) == newsvendor
    assert optimum.level_units(1, 0, 0) == NEVER_ORDER


def test_no_order_can_pay_that_arrives_after_the_end():
    terms = steady(horizon_weeks=10)
    optimum = solve(terms)
    assert [optimum.level_units(8, stage, 0) for stage in range(4)] == [NEVER_ORDER] * 4
    assert optimum.level_units(7, 0, 0) > 0
    assert optimum.level_units(7, 3, 0) == NEVER_ORDER


# --- published figures ---------------------------------------------------------------------------


def test_the_published_levels_are_found():
    """Poisson demand of 8, lead times 2, h = 1, 0.75, 0.5, 0.25, b = 9."""
    optimum = solve(steady())
    assert [optimum.level_units(0, stage, 0) for stage in range(4)] == [34, 52, 68, 85]


def test_a_week_more_costs_what_is_published():
    """38.03 a week in the long run."""
    stages = [Stage(24, 0, [8, 8])] + [Stage(8, 0, [8, 8]) for _ in range(3)]
    longer, shorter = (solve(steady(weeks)).value(stages, 0) for weeks in (110, 100))
    assert (longer - shorter) / 10 / CENT == pytest.approx(3803, abs=0.5)


def test_the_same_levels_kept_by_each_stage_alone():
    assert local_levels(steady()) == [34, 18, 16, 17]


def test_four_local_policies_ship_what_the_echelon_levels_ship():
    """Differences of nested echelon levels are local levels with the same shipments."""
    terms = steady()
    chance = Chance(5)
    demand = [terms.regimes[0].draw(word) for word in chance.words("demand", count=300)]
    stages = [
        Stage(34, 0, [0, 0]),
        Stage(18, 0, [0, 0]),
        Stage(16, 0, [0, 0]),
        Stage(17, 0, [0, 0]),
    ]
    for units in demand:
        raised = [
            level - position
            for level, position in zip(
                [34, 52, 68, 85], echelon_position_units(stages), strict=True
            )
        ]
        limits = [*(stage.on_hand_units for stage in stages[1:]), raised[3]]
        shipped = ship(stages, orders_up_to([34, 18, 16, 17], stages), [False] * 4)
        assert shipped == [min(pair) for pair in zip(raised, limits, strict=True)]
        sell(stages[0], units)
        receive(stages)


# --- losses --------------------------------------------------------------------------------------


@given(st.integers(0, 51), st.integers(0, 3), st.integers(-60, 150), st.integers(0, 60), st.data())
def test_no_decision_gains_on_the_optimum(week, stage, position, room, data):
    optimum = solve(steady(52))
    limit = None if stage == 3 else position + room
    raised = data.draw(st.integers(position, position + room))
    assert optimum.loss(week, stage, 0, Decision(position, raised, limit)) >= 0


def test_the_best_decision_loses_nothing():
    optimum = solve(steady(52))
    assert optimum.loss(0, 0, 0, Decision(20, 34, 60)) == 0
    assert optimum.loss(0, 0, 0, Decision(40, 40, 60)) == 0
    assert optimum.loss(0, 0, 0, Decision(20, 30, 30)) == 0
    assert optimum.loss(0, 0, 0, Decision(20, 33, 60)) > 0
    assert optimum.loss(0, 3, 0, Decision(20, 300, None)) > 0
