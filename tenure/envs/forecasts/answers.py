"""Answers to forecast questions: what is allowed, what they cost, and what the record keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from tenure.envs.forecasts.distribution import Distribution
from tenure.envs.tools import Refusal

Form = Literal["quantiles", "probability"]

LEVELS_PERCENT = (5, 10, 25, 50, 75, 90, 95)
"""The quantiles that are asked for."""
MOST = 10**12
"""No answer is larger, to either side."""

_LEVELS = "5, 10, 25, 50, 75, 90 and 95 %"
DONT_KNOW = "dont_know"


class Given(NamedTuple):
    """What an agent has said.

    Attributes:
        numbers: Seven quantiles, or one probability in percent; empty for "I don't know".
    """

    numbers: tuple[int, ...] = ()

    def written(self, form: Form) -> str:
        """Return the answer as a reader sees it."""
        if not self.numbers:
            return DONT_KNOW
        if form == "probability":
            return f"{self.numbers[0]} %"
        return ", ".join(map(str, self.numbers))


def read_quantiles(numbers: Sequence[int]) -> Given:
    """Return seven quantiles.

    Raises:
        Refusal: If they are not seven, or one is smaller than the one before.
    """
    if len(numbers) != len(LEVELS_PERCENT):
        raise Refusal(f"Give seven whole numbers, for {_LEVELS}; got {len(numbers)}.")
    if sorted(numbers) != list(numbers):
        in_order = ", ".join(map(str, sorted(numbers)))
        raise Refusal(f"The numbers for {_LEVELS} must not fall. In order they are {in_order}.")
    return Given(tuple(numbers))


def pinball_percents(answer: Sequence[int], outcome: int) -> int:
    """Return the pinball loss summed over the seven levels, in hundredths of the outcome's unit.

    Twice its mean over the levels, `2 * sum / 700`, approximates the CRPS (Gneiting and Raftery
    2007, section 4.2).
    """
    return sum(
        level * (outcome - quantile)
        if outcome >= quantile
        else (100 - level) * (quantile - outcome)
        for level, quantile in zip(LEVELS_PERCENT, answer, strict=True)
    )


def expected_pinball_percents(answer: Sequence[int], truth: Distribution) -> int:
    """Return the mean of `pinball_percents` under a distribution, times its total weight."""
    return sum(
        weight * pinball_percents(answer, outcome)
        for outcome, weight in enumerate(truth.weights, truth.start)
        if weight
    )


def best_quantiles(truth: Distribution) -> list[int]:
    """Return the seven quantiles with the lowest expected loss."""
    return [truth.quantile(level) for level in LEVELS_PERCENT]


def rule(form: Form, unit: str, price_milli: int) -> str:
    """Return one line that says how to answer and what it costs."""
    if form == "probability":
        return (
            "Give probability_percent, 0 to 100. Loss: (probability - outcome) squared, 0 to 1. "
            f"dont_know, or no answer, costs {_thousandths(price_milli)}."
        )
    return (
        f"Give quantiles: seven whole numbers ({unit}) that the outcome does not exceed with "
        f"{_LEVELS}. Loss: twice the mean pinball loss. dont_know, or no answer, costs "
        f"{_thousandths(price_milli)} {unit}."
    )


def resolved_facts(
    form: Form,
    given: Given | None,
    outcome: int,
    truth: Distribution | None,
    **facts: Any,
) -> dict[str, Any]:
    """Return all that scoring needs of a resolved question: the event `forecast_resolved`.

    Args:
        form: What was asked for.
        given: The answer; `None` if there was none.
        outcome: What came: a whole number, or 1 for yes and 0 for no.
        truth: The world's own distribution when the answer was due, if it can tell.
        facts: `id`, `question`, `unit`, `dont_know_price_milli`.
    """
    answer: dict[str, Any] = {}
    if given is not None and not given.numbers:
        answer = {"answer": DONT_KNOW}
    elif given is not None:
        answer = {"answer": given.numbers[0] if form == "probability" else list(given.numbers)}
    told: dict[str, Any] = {}
    if truth is not None:
        told = {"truth": {"start": truth.start, "weights": list(truth.weights)}}
    return {**facts, "form": form, **answer, "outcome": outcome, **told}


def _thousandths(value: int) -> str:
    whole, rest = divmod(value, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")
