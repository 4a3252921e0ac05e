"""What a finished episode's decisions cost, apart from chance.

Along the weeks, the expected cost to go changes by what each decision loses and by what chance
brings. The former add up to the exact expected cost of the decisions; the latter have mean zero
whatever an agent does. (For games of poker the same idea is known as AIVAT, arXiv:1612.06915.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.optimum import PRECISION_BITS, Decision, solve
from tenure.envs.supply_line.state import Week


class Assessment(NamedTuple):
    """What an episode's decisions were worth.

    Attributes:
        least_cents: The least expected cost from the first week on.
        earned_cents: The expected cost of the decisions made, never below `least_cents`.
        loss_cents: By week and stage, what the decision added to the expected cost; rounded down.
    """

    least_cents: int
    earned_cents: int
    loss_cents: list[list[int]]

    @property
    def above_optimum_permille(self) -> int:
        """How far the expected cost of the decisions is above the least."""
        return 1000 * (self.earned_cents - self.least_cents) // max(1, self.least_cents)


def least_cost_cents(draw: Draw) -> int:
    """Return the least expected cost of a line, rounded down."""
    return _value(draw) >> PRECISION_BITS


def assess(draw: Draw, weeks: Sequence[Week]) -> Assessment:
    """Assess a whole episode."""
    losses = [_losses(draw, number, week) for number, week in enumerate(weeks)]
    value = _value(draw)
    return Assessment(
        least_cents=value >> PRECISION_BITS,
        earned_cents=value + sum(map(sum, losses)) >> PRECISION_BITS,
        loss_cents=[[loss >> PRECISION_BITS for loss in week] for week in losses],
    )


def bullwhip_permille(weeks: Sequence[Week]) -> int:
    """Return the variance of the factory's orders over that of demand, in thousandths.

    0 where demand never varied.
    """
    ordered = _spread([week.order_units[-1] for week in weeks])
    wanted = _spread([week.demand_units for week in weeks])
    return 1000 * ordered // wanted if wanted else 0


def _spread(values: Sequence[int]) -> int:
    """Return the variance times the square of the count: a whole number."""
    return len(values) * sum(value * value for value in values) - sum(values) ** 2


def _value(draw: Draw) -> int:
    return solve(draw.terms).value(draw.stages(), draw.regime_path[0])


def _losses(draw: Draw, number: int, week: Week) -> list[int]:
    optimum, regime = solve(draw.terms), draw.regime_path[number]
    limits = [*week.echelon_units[1:], None]
    return [
        optimum.loss(number, stage, regime, Decision(position, position + shipped, limit))
        for stage, (position, shipped, limit) in enumerate(
            zip(week.position_units, week.shipped_units, limits, strict=True)
        )
    ]
