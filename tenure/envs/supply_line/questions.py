"""What an agent of the supply line can be asked to forecast."""

from __future__ import annotations

from tenure.envs.forecasts import Asked, Distribution, Question
from tenure.envs.supply_line.demand import Regime
from tenure.envs.supply_line.pages import dollars
from tenure.envs.supply_line.world import SupplyLineWorld

_DAYS_PER_WEEK = 7


def _week_of(asked: Asked) -> int:
    """Return the 0-based week that a question is about: the last before it is due."""
    return (asked.due_day - 1) // _DAYS_PER_WEEK


def _demand_text(asked: Asked) -> str:
    return f"How many units will customers want in week {_week_of(asked) + 1}?"


def _demand(world: SupplyLineWorld, asked: Asked) -> int:
    return world.draw.demand_units[_week_of(asked)]


def _demand_truth(world: SupplyLineWorld, asked: Asked) -> Distribution:
    """Return the distribution that follows from the present mood, whether that is told or not."""
    terms = world.draw.terms
    chances = [0] * len(terms.regimes)
    chances[world.draw.regime_path[world.week]] = 1
    for _ in range(_week_of(asked) - world.week):
        other = [*chances[1:], chances[0]]
        chances = [
            terms.stay_weight * stay + terms.switch_weight * come
            for stay, come in zip(chances, other, strict=True)
        ]
    return Distribution.scaled(0, _mixed(terms.regimes, chances))


def _mixed(regimes: tuple[Regime, ...], chances: list[int]) -> list[int]:
    """Return the weight of each demand when the regimes have these chances."""
    longest = max(len(regime.weights) for regime in regimes)
    mixed = [0] * longest
    for regime, chance in zip(regimes, chances, strict=True):
        for units, weight in enumerate(regime.weights):
            mixed[units] += chance * weight
    return mixed


def _cost_text(asked: Asked) -> str:
    week = -(-asked.due_day // _DAYS_PER_WEEK)
    return (
        f"Will all costs up to the end of week {week} come to {dollars(asked.threshold)} or less?"
    )


def _cost(world: SupplyLineWorld, asked: Asked) -> int:
    return int(world.state.cost_cents <= asked.threshold)


QUESTIONS = {
    "demand-next-week": Question(
        _demand_text,
        "units",
        "quantiles",
        _demand,
        _demand_truth,
        as_of="open",  # the week in which it is answered passes in one step
        days_to_answer=_DAYS_PER_WEEK,
        days_ahead=_DAYS_PER_WEEK,
        period_days=_DAYS_PER_WEEK,
    ),
    "cost-within": Question(
        _cost_text,
        "",
        "probability",
        _cost,
        period_days=_DAYS_PER_WEEK,
        needs_threshold=True,
    ),
}
