"""The lower rungs: who does nothing, who guesses, and who follows a rule of thumb."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tenure.envs.chance import Chance, below
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.supply_line.line import Stage
from tenure.envs.supply_line.policies.texts import read_terms
from tenure.envs.supply_line.policies.weekly import (
    Monday,
    every_week,
    local_positions_units,
    orders_up_to,
)
from tenure.envs.supply_line.terms import STAGES, Terms
from tenure.envs.tools import ToolCall


def null(_briefing: Briefing) -> Policy:
    """Let the weeks pass and order nothing."""
    while True:
        yield ToolCall("end_week")


def random(briefing: Briefing) -> Policy:
    """Order at every stage anything from nothing to twice the mean demand."""
    words = _words(briefing.seed)
    most = 2 * mean_demand_units(read_terms(briefing.opening))
    return every_week(briefing, lambda _: [below(next(words), most + 1) for _ in STAGES])


def pass_through(briefing: Briefing) -> Policy:
    """Order at every stage what it is asked for: what customers wanted last week."""
    return every_week(briefing, lambda monday: [monday.demand_units or 0] * len(STAGES))


def mean_demand(briefing: Briefing) -> Policy:
    """Order up to the mean demand of the lead time, without any safety stock.

    The mean is that of the mood that is told, else of the busiest one: who is not told does best
    to plan for that. The retailer must last one week more: its goods arrive on a Monday and are
    counted on Sunday.
    """
    terms = read_terms(briefing.opening)
    weeks = [lead + (stage == 0) for stage, lead in enumerate(terms.lead_weeks)]
    means = {regime.name: regime.mean_units for regime in terms.regimes}
    busiest = max(means.values())

    def rule(monday: Monday) -> Sequence[int]:
        mean = means.get(monday.mood, busiest)
        return orders_up_to([mean * count for count in weeks], monday.stages)

    return every_week(briefing, rule)


def mean_demand_units(terms: Terms) -> int:
    """Return mean weekly demand over all moods, which are equally frequent; rounded down."""
    return sum(regime.mean_units for regime in terms.regimes) // len(terms.regimes)


# --- Sterman's people ----------------------------------------------------------------------------

_SMOOTHING, _STOCK_WEIGHT, _LINE_WEIGHT = 36, 26, 34
"""In hundredths: theta, alpha and beta."""

_ANCHOR_UNITS, _ANCHOR_DEMAND_UNITS = 17, 8
"""The stock they aim at, supply line included, and the demand they met with."""

_PERCENT = 100


def sterman(briefing: Briefing) -> Policy:
    """Order as people do in the beer game: anchor on demand, adjust for stock, forget the line.

    Each stage orders `expected + alpha * (target - stock - beta * supply line)`, where what it
    expects to be asked for is smoothed with theta, and stock is net of what it owes. Parameters
    are the means that J. D. Sterman estimated of his players (Management Science 35(3), 1989):
    theta 0.36, alpha 0.26, beta 0.34, target 17 units, here per 8 units of mean demand.
    """
    terms = read_terms(briefing.opening)
    mean = mean_demand_units(terms)
    return every_week(briefing, _Anchoring(mean).orders)


class _Anchoring:
    """What the players of four stages expect, in hundredths of a unit."""

    def __init__(self, mean_units: int) -> None:
        self._target = _PERCENT * _ANCHOR_UNITS * mean_units // _ANCHOR_DEMAND_UNITS
        self._expected = [_PERCENT * mean_units] * len(STAGES)
        self._orders: list[int] = []

    def orders(self, monday: Monday) -> list[int]:
        asked = [monday.demand_units or 0, *self._orders[:-1]]
        if self._orders:
            self._expected = [
                (_SMOOTHING * _PERCENT * units + (_PERCENT - _SMOOTHING) * before) // _PERCENT
                for units, before in zip(asked, self._expected, strict=True)
            ]
        self._orders = [
            self._order(expected, stock, position - stock)
            for expected, stock, position in zip(
                self._expected,
                _net_stock_units(monday.stages),
                local_positions_units(monday.stages),
                strict=True,
            )
        ]
        return self._orders

    def _order(self, expected: int, stock_units: int, line_units: int) -> int:
        gap = self._target - _PERCENT * stock_units - _LINE_WEIGHT * line_units
        wanted = expected + _STOCK_WEIGHT * gap // _PERCENT
        return max(0, (wanted + _PERCENT // 2) // _PERCENT)


def _net_stock_units(stages: Sequence[Stage]) -> list[int]:
    return [stage.on_hand_units - stage.owed_units for stage in stages]


def _words(seed: int) -> Iterator[int]:
    """Return endless words of one seed."""
    chance, start = Chance(seed), 0
    while True:
        yield from chance.words("random policy", start=start, count=256)
        start += 256
