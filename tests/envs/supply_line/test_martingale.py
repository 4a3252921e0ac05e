"""What the bound and luck rest on, for any state and any decision: value, losses and chance add up.

The least expected cost of a line, and what a decision loses, are exactly the expected cost of the
week and the least expected cost of what it leaves.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from tenure.envs.supply_line.demand import TOTAL_WEIGHT, Regime, weekly_weights
from tenure.envs.supply_line.line import (
    Stage,
    echelon_position_units,
    echelon_stock_units,
    receive,
    sell,
    ship,
    week_cost_cents,
)
from tenure.envs.supply_line.optimum import PRECISION_BITS, Decision, solve
from tenure.envs.supply_line.terms import CostSheet, Terms

ROUNDING = 16
"""In parts of 2**-12 cents: each of the recursion's steps rounds by half a part."""


def random_terms(random: Random) -> Terms:
    weeks = random.choice([2, 3, 6, 12])
    starts = sorted({0, random.randrange(weeks), random.randrange(weeks)})
    means = [random.randint(1, 20) for _ in range(random.choice([1, 2]))]
    family = random.choice(["poisson", "lumpy", "uniform"])
    return Terms(
        horizon_weeks=weeks,
        lead_weeks=tuple(random.randint(1, 4) for _ in range(4)),
        sheets=tuple(random_sheet(random, start) for start in starts),
        regimes=tuple(Regime(str(mean), mean, weekly_weights(family, mean)) for mean in means),
        switch_weight=TOTAL_WEIGHT // random.choice([2, 20, 104]) if len(means) > 1 else 0,
    )


def random_sheet(random: Random, from_week: int) -> CostSheet:
    holding = sorted((random.choice([0, 1, 25, 100, 500]) for _ in range(4)), reverse=True)
    return CostSheet(from_week, tuple(holding), random.choice([1, 900, 5000]))


def random_line(random: Random, lead_weeks: Sequence[int]) -> list[Stage]:
    most = random.choice([5, 60, 500_000])
    stages = []
    for weeks in lead_weeks:
        units, is_in_debt = random.randint(0, most), random.random() < 0.3
        inbound = [random.randint(0, most) for _ in range(weeks)]
        stages.append(Stage(0 if is_in_debt else units, units if is_in_debt else 0, inbound))
    return stages


def a_week_later(terms: Terms) -> Terms:
    later = [replace(one, from_week=one.from_week - 1) for one in terms.sheets if one.from_week > 1]
    first = replace(terms.sheet(1), from_week=0)
    return replace(terms, horizon_weeks=terms.horizon_weeks - 1, sheets=(first, *later))


def lost(terms: Terms, before: list[Stage], shipped: list[int], regime: int) -> int:
    limits = [*echelon_stock_units(before)[1:], None]
    positions = echelon_position_units(before)
    return sum(
        solve(terms).loss(0, stage, regime, Decision(position, position + units, limit))
        for stage, (position, units, limit) in enumerate(
            zip(positions, shipped, limits, strict=True)
        )
    )


def expected(terms: Terms, shipped: list[Stage], regime: int) -> Fraction:
    """Return the expected cost of the week and of the best play after it."""
    later = solve(a_week_later(terms))
    total = Fraction(0)
    for demand, weight in enumerate(terms.regimes[regime].weights):
        stages = deepcopy(shipped)
        sell(stages[0], demand)
        cost = sum(week_cost_cents(stages, terms.sheet(0))) << PRECISION_BITS
        receive(stages)
        chances = {regime: terms.stay_weight, (regime + 1) % 2: terms.switch_weight}
        following = sum(
            chance * later.value(stages, mood) for mood, chance in chances.items() if chance
        )
        total += weight * (cost + Fraction(following, TOTAL_WEIGHT))
    return total / TOTAL_WEIGHT


@pytest.mark.parametrize("seed", range(12))
def test_value_losses_and_chance_add_up_for_any_state_and_any_decision(seed):
    random = Random(seed)
    terms = random_terms(random)
    for _ in range(3):
        regime = random.randrange(len(terms.regimes))
        before = random_line(random, terms.lead_weeks)
        after = deepcopy(before)
        orders = [random.randint(0, random.choice([0, 30, 9_999])) for _ in range(4)]
        shipped = ship(after, orders, [random.random() < 0.2 for _ in range(3)] + [False])
        loss = lost(terms, before, shipped, regime)
        assert loss >= 0
        gap = expected(terms, after, regime) - solve(terms).value(before, regime) - loss
        assert abs(gap) <= ROUNDING
