"""The lemonade stand, asked for forecasts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tenure.envs.forecasts import Ask, Asked, Distribution, Question
from tenure.envs.world import World
from tests import lemonade


def thirst(asked: Asked) -> str:
    days = f"days {asked.closes_day + 1} to {asked.due_day}"
    return f"How many customers will come in {days} together?"


def customers(world: lemonade.Stand, asked: Asked) -> int:
    return sum(world.customers[asked.closes_day : asked.due_day])


def chances(_: lemonade.Stand, asked: Asked) -> Distribution:
    """The customers of a day are 0 to 11, all equally likely."""
    weights = [1]
    for _day in range(asked.closes_day, asked.due_day):
        weights = [sum(weights[max(0, at - 11) : at + 1]) for at in range(len(weights) + 11)]
    return Distribution.scaled(0, weights)


QUESTIONS = {
    "customers": Question(thirst, "customers", "quantiles", customers, chances),
    "rich": Question(
        lambda asked: f"Will the tin hold more than {asked.threshold} cents at the end?",
        "",
        "probability",
        lambda world, asked: int(world.state.cash_cents > asked.threshold),
        freeze=lambda world, _: {"cups": world.state.cups},
        needs_threshold=True,
    ),
}
CUSTOMERS = Ask(
    question="customers", first_day=1, every_days=2, days_ahead=2, dont_know_price_milli=4000
)
RICH = Ask(question="rich", first_day=2, threshold=1100, dont_know_price_milli=250)
ASKS = (CUSTOMERS, RICH)
JOB = replace(lemonade.JOB, questions=QUESTIONS)


def stand(seed: int = 2, asks: Sequence[Ask] = ASKS, **parameters: int) -> World[Any]:
    return JOB.make({"horizon_days": 7} | parameters, seed, asks)
