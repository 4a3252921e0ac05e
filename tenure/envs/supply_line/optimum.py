"""The exact optimum: Clark and Scarf's recursion over a finite horizon, with regimes.

A line in series decomposes into one problem a stage (Clark and Scarf 1960; with regimes of
demand, Chen and Song 2001). Write `y` for a stage's echelon position after its order of week `t`:
its goods, those further down, and those on their way to it, less what customers wait for. With

    base[j, t](x) = E[echelon cost of stage j at the end of week t] + penalty[j-1, t](x)
    cost[j, t](y) = E[base[j, t + lead](y - demand until then)] + E[least[j, t + 1](y - demand)]
    least[j, t](x) = min over y >= x of cost[j, t](y)
    penalty[j, t](x) = min over y <= x of cost[j, t](y), less the least of all

the value of a line is the sum of `least` at the stages' positions and of the expected `base` of
the weeks whose goods are on their way already. A decision that brings the positions to `y` loses
`cost(y) - least(position) - penalty(echelon stock of the stage above)` for each stage, which is
never negative, and 0 exactly for an optimal one.

Values are whole numbers in parts of 2**-12 cents and weights whole parts of 2**-20, so the same
terms give the same numbers on every platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenure.envs.supply_line.demand import TOTAL_WEIGHT, WEIGHT_BITS
from tenure.envs.supply_line.line import Stage, echelon_position_units, echelon_stock_units
from tenure.envs.supply_line.terms import Terms

PRECISION_BITS = 12
"""Values are in parts of 2**-12 cents."""

Table = NDArray[np.int64]
"""By regime, the values for -1, 0, 1, 2 ... units; straight on from both ends."""

NEVER_ORDER = -(10**9)
"""A base-stock level below any position."""

_WORST_SDS = 10


class Decision(NamedTuple):
    """What one stage did in one week, in terms of echelons.

    Attributes:
        position_units: Its echelon position before its order.
        raised_units: Its echelon position afterwards.
        limit_units: The echelon stock of the stage above, which it cannot exceed; `None` at the
            last stage, which nothing limits.
    """

    position_units: int
    raised_units: int
    limit_units: int | None


@dataclass(frozen=True, slots=True)
class Optimum:
    """The optimal values of all weeks and stages.

    Attributes:
        terms: What they are the values of.
        cost: By week and stage, expected cost to go as a function of the position after the order.
        pending: By stage, for week 0 and the weeks until its lead time is over: expected cost as a
            function of the echelon stock at week 0 and what arrives until then.
    """

    terms: Terms
    cost: tuple[tuple[Table, ...], ...]
    pending: tuple[tuple[Table, ...], ...]

    def level_units(self, week: int, stage: int, regime: int) -> int:
        """Return the echelon base-stock level: the least position that is optimal.

        Below it a stage orders up to it. `NEVER_ORDER` where no order can still pay.
        """
        index = int(np.argmin(self.cost[week][stage][regime]))
        return index - 1 if index else NEVER_ORDER

    def value(self, stages: Sequence[Stage], regime: int) -> int:
        """Return the least expected cost of a whole line, as week 0 finds it after arrivals.

        Args:
            stages: The line before its first orders.
            regime: The regime of week 0.

        Returns:
            The cost in parts of 2**-12 cents.
        """
        total = 0
        positions, stocks = echelon_position_units(stages), echelon_stock_units(stages)
        for index, stage in enumerate(stages):
            total += _at(_from_right(self.cost[0][index])[regime], positions[index])
            stock = stocks[index]
            for week, table in enumerate(self.pending[index]):
                stock += stage.inbound_units[week - 1] if week else 0
                total += _at(table[regime], stock)
        return total

    def loss(self, week: int, stage: int, regime: int, decision: Decision) -> int:
        """Return what a decision adds to the expected cost, in parts of 2**-12 cents, >= 0."""
        table = self.cost[week][stage][regime]
        lowest, highest = decision.position_units, decision.limit_units
        return _at(table, decision.raised_units) - _least_between(table, lowest, highest)


@lru_cache(maxsize=4)
def solve(terms: Terms) -> Optimum:
    """Compute the optimum of a line.

    A tenth of a second for a year with default terms, four for the largest ones allowed. The
    latest few are remembered by their terms; the largest holds 85 MB.
    """
    size = _table_size(terms)
    penalties = [np.zeros((len(terms.regimes), size), np.int64)] * terms.horizon_weeks
    costs, pending = [], []
    for stage in range(len(terms.lead_weeks)):
        base = [_base(terms, stage, week, penalties[week]) for week in range(terms.horizon_weeks)]
        cost = _stage_cost(terms, base, terms.lead_weeks[stage])
        costs.append(cost)
        pending.append(tuple(_pending(terms, base, terms.lead_weeks[stage])))
        penalties = [_from_left(table) - table.min(axis=1, keepdims=True) for table in cost]
    return Optimum(terms, tuple(zip(*costs, strict=True)), tuple(pending))


def _table_size(terms: Terms) -> int:
    """Return a size beyond which a table is straight but for demands that never happen."""
    weeks = terms.horizon_weeks + sum(terms.lead_weeks) + 1
    most = max(len(regime.weights) for regime in terms.regimes)
    mean = max(regime.mean_units for regime in terms.regimes)
    # ten deviations of a sum of weeks, each of which spreads less than its widest range
    spread = _WORST_SDS * int((weeks * most * mean) ** 0.5)
    return min(weeks * most, weeks * mean + spread) + 2


def _base(terms: Terms, stage: int, week: int, penalty: Table) -> Table:
    """Return what a week costs at a stage, as a function of its echelon stock before demand."""
    sheet = terms.sheet(week)
    rates = [*sheet.holding_cents, 0]
    units = np.arange(-1, penalty.shape[1] - 1, dtype=np.int64)
    cents = (rates[stage] - rates[stage + 1]) * units
    if stage == 0:
        cents = cents + (sheet.backorder_cents + rates[0]) * np.maximum(-units, 0)
    scaled = np.tile(cents << PRECISION_BITS, (len(terms.regimes), 1))
    return _after_demand(terms, scaled) + penalty


def _stage_cost(terms: Terms, base: Sequence[Table], lead_weeks: int) -> list[Table]:
    """Return cost to go by week, from the last to the first."""
    following = np.zeros_like(base[0])
    costs = []
    for week in reversed(range(terms.horizon_weeks)):
        due = week + lead_weeks
        arrival = base[due] if due < terms.horizon_weeks else np.zeros_like(following)
        for _ in range(lead_weeks if due < terms.horizon_weeks else 0):
            arrival = _next_week(terms, arrival)
        cost = arrival + _next_week(terms, following)
        costs.append(cost)
        following = _from_right(cost)
    return costs[::-1]


def _pending(terms: Terms, base: Sequence[Table], lead_weeks: int) -> list[Table]:
    tables = []
    for week in range(min(lead_weeks, terms.horizon_weeks)):
        table = base[week]
        for _ in range(week):
            table = _next_week(terms, table)
        tables.append(table)
    return tables


def _next_week(terms: Terms, table: Table) -> Table:
    """Return the expectation of next week's table, given this week's regime and units."""
    if len(terms.regimes) > 1:
        mixed = terms.stay_weight * table + terms.switch_weight * np.roll(table, -1, axis=0)
        table = _rounded(mixed)
    return _after_demand(terms, table)


def _after_demand(terms: Terms, table: Table) -> Table:
    """Return the expectation over one week's demand: of `table(units - demand)`."""
    return np.stack(
        [
            _rounded(_convolved(row, regime.weights))
            for row, regime in zip(table, terms.regimes, strict=True)
        ]
    )


def _convolved(row: Table, weights: Sequence[int]) -> Table:
    """Return the weighted sums of `row(units - demand)`, exact in 64 bits."""
    slope = row[1] - row[0]
    left = row[0] - slope * np.arange(len(weights) - 1, 0, -1, dtype=np.int64)
    whole: Table = np.convolve(np.concatenate([left, row]), np.array(weights, np.int64), "valid")
    return whole


def _rounded(values: Table) -> Table:
    return (values + (TOTAL_WEIGHT >> 1)) >> WEIGHT_BITS


def _from_right(table: Table) -> Table:
    """Return the least value at or above each number of units."""
    least: Table = np.minimum.accumulate(table[:, ::-1], axis=1)[:, ::-1]
    return least


def _from_left(table: Table) -> Table:
    """Return the least value at or below each number of units.

    A table that rises from its left end on has no least value there, and its stage no lower limit.
    """
    least: Table = np.minimum.accumulate(table, axis=1)
    return least


def _at(row: Table, units: int) -> int:
    """Return a table's value, straight on from its ends."""
    index, last = units + 1, len(row) - 1
    if index < 0:
        return int(row[0]) + index * (int(row[1]) - int(row[0]))
    if index > last:
        return int(row[last]) + (index - last) * (int(row[last]) - int(row[last - 1]))
    return int(row[index])


def _least_between(row: Table, lowest: int, highest: int | None) -> int:
    """Return the least value between two numbers of units, both included."""
    ends = [_at(row, lowest)] + ([] if highest is None else [_at(row, highest)])
    start = max(lowest, -1) + 1
    stop = len(row) if highest is None else highest + 2
    inside = row[start : max(stop, start)]
    return min([*ends, int(inside.min())] if inside.size else ends)
