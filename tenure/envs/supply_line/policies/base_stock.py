"""The upper rungs: base-stock levels, of the stationary line and of the exact recursion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.supply_line.demand import TOTAL_WEIGHT
from tenure.envs.supply_line.line import Stage, echelon_position_units, echelon_stock_units
from tenure.envs.supply_line.optimum import Table, solve
from tenure.envs.supply_line.policies.texts import (
    read_domains,
    read_news,
    read_sheet_to_come,
    read_terms,
)
from tenure.envs.supply_line.policies.weekly import (
    Monday,
    every_week,
    orders_up_to,
    place_orders,
    read_monday,
)
from tenure.envs.supply_line.terms import Terms
from tenure.envs.tools import ToolCall

Row = NDArray[np.int64]

_STATIONARY_WEEKS = 60
"""So far from the end the levels no longer depend on it."""


def local_base_stock(briefing: Briefing) -> Policy:
    """Keep each stage's own position at a constant level, whatever the others do.

    The levels are those of a line that never ends; with several moods, of one that is always busy.
    """
    levels = local_levels(read_terms(briefing.opening))
    return every_week(briefing, lambda monday: orders_up_to(levels, monday.stages))


def local_levels(terms: Terms) -> list[int]:
    """Return the constant local levels that are optimal in the long run, retailer first."""
    busiest = max(terms.regimes, key=lambda regime: regime.mean_units)
    endless = replace(terms, horizon_weeks=_STATIONARY_WEEKS, regimes=(busiest,), switch_weight=0)
    optimum = solve(endless)
    echelon = [optimum.level_units(0, stage, 0) for stage in range(len(terms.lead_weeks))]
    # a stage can never have more than the stages above let through
    nested = list(accumulate(reversed(echelon), min))[::-1]
    return [above - below for below, above in zip([0, *nested], nested, strict=False)]


def echelon_base_stock(briefing: Briefing) -> Policy:
    """Bring echelon positions up to this week's levels, as far as the stage above can ship.

    The levels are those of the exact recursion, so this is the optimum where demand has one mood
    or the mood is told. Where it is not told, they are best for what a Bayes filter believes of
    this week's mood, as if it were told from next week on; new cost sheets count from the genuine
    mail on that tells them; closed links are not foreseen. There it is a strong plan, no optimum.
    """
    planner = Planner(read_terms(briefing.opening))
    genuine = read_domains(briefing.brief)
    text = briefing.opening
    while True:
        for number in read_news(text, genuine):
            planner.learn((yield ToolCall("read_mail", {"number": number})))
        yield place_orders(planner.orders(read_monday(text)))
        text = yield ToolCall("end_week")


class Planner:
    """Follows time-indexed levels, and keeps a belief of the mood.

    Args:
        terms: What is known of the line in its first week.
    """

    def __init__(self, terms: Terms) -> None:
        self._optimum = solve(terms)
        count = len(terms.regimes)
        self._belief = [TOTAL_WEIGHT // count] * count

    def learn(self, mail: str) -> None:
        """Plan with the cost sheet that a mail tells, if any."""
        sheet, terms = read_sheet_to_come(mail), self._optimum.terms
        if sheet:
            sheets = sorted((*terms.sheets, sheet), key=lambda one: one.from_week)
            self._optimum = solve(replace(terms, sheets=tuple(sheets)))

    def orders(self, monday: Monday) -> list[int]:
        """Return the orders of a Monday, retailer first; every Monday must be asked for."""
        terms = self._optimum.terms
        if monday.demand_units is not None:
            self._belief = updated_belief(terms, self._belief, monday.demand_units)
        belief = [
            TOTAL_WEIGHT * (regime.name == monday.mood) if monday.mood else believed
            for regime, believed in zip(terms.regimes, self._belief, strict=True)
        ]
        rows = [average_cost(table, belief) for table in self._optimum.cost[monday.week]]
        return best_orders(rows, monday.stages)


def updated_belief(terms: Terms, belief: Sequence[int], demand_units: int) -> list[int]:
    """Return what to believe of this week's regime after last week's demand.

    Args:
        terms: What is known of the regimes.
        belief: By regime, in 2**20 parts, what was believed of last week.
        demand_units: Last week's demand.

    Returns:
        By regime, in 2**20 parts, rounded down.
    """
    joint = [
        believed * (regime.weights[demand_units] if demand_units < len(regime.weights) else 0)
        for regime, believed in zip(terms.regimes, belief, strict=True)
    ]
    joint = joint if any(joint) else list(belief)
    after = [
        terms.stay_weight * same + terms.switch_weight * before
        for same, before in zip(joint, [joint[-1], *joint[:-1]], strict=True)
    ]
    return [TOTAL_WEIGHT * part // sum(after) for part in after]


def average_cost(table: Table, belief: Sequence[int]) -> Row:
    """Return the cost to go by position, averaged over a belief in 2**20 parts: exact."""
    parts = np.array(belief, np.int64)
    row: Row = parts @ table  # whole numbers: the recursion itself weighs such tables so
    return row


def best_orders(rows: Sequence[Row], stages: Sequence[Stage]) -> list[int]:
    """Return the orders that are best by cost to go, among those the stage above can ship.

    What the stage above owes already leaves first, so nothing is ordered twice.
    """
    limits = [*echelon_stock_units(stages)[1:], None]
    owed = [*(stage.owed_units for stage in stages[1:]), 0]
    orders = []
    for row, position, limit, to_come in zip(
        rows, echelon_position_units(stages), limits, owed, strict=True
    ):
        orders.append(max(0, _best_position(row, position, limit) - position - to_come))
    return orders


def _best_position(row: Row, lowest: int, highest: int | None) -> int:
    """Return the least of the best positions between two, both included.

    A row holds the costs of -1, 0, 1 ... units and is straight on from its ends.
    """
    if highest is not None and highest < -1:
        return highest if row[1] < row[0] else lowest
    if lowest < -1 and row[1] >= row[0]:
        return lowest
    start = max(lowest, -1) + 1
    inside = row[start : None if highest is None else highest + 2]
    return start - 1 + int(np.argmin(inside)) if inside.size else lowest
