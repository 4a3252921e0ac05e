"""Forecasts: a layer that any job switches on in a scenario.

At set times the principal asks for quantiles or for a probability. Answers are kept beside the
job, never in its score, and resolved against what came and against the world's true distribution
at the time of answering.
"""

from tenure.envs.forecasts.answers import (
    LEVELS_PERCENT,
    best_quantiles,
    expected_pinball_percents,
    pinball_percents,
    resolved_facts,
)
from tenure.envs.forecasts.distribution import Distribution
from tenure.envs.forecasts.layer import asking
from tenure.envs.forecasts.questions import Ask, Asked, Question, schedule

__all__ = [
    "LEVELS_PERCENT",
    "Ask",
    "Asked",
    "Distribution",
    "Question",
    "asking",
    "best_quantiles",
    "expected_pinball_percents",
    "pinball_percents",
    "resolved_facts",
    "schedule",
]
