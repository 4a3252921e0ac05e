"""Scripted forecasters, weakest first. They know the law of the job and read its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tenure.envs.bookings.rules import (
    MOST_BOOKINGS,
    expected_loss_milli,
    predictions,
)
from tenure.envs.chance import Chance, below
from tenure.envs.forecasts import LEVELS_PERCENT, Distribution, best_quantiles
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall

_SO_FAR = re.compile(r"Bookings so far, oldest first: ([\d, ]+)")
_NEWS = re.compile(r"^Bookings of day \d+: (\d+)", re.MULTILINE)
_PRICE = re.compile(r"dont_know, or no answer, costs (\d+)(?:\.(\d+))? bookings")
_RECENT = 8

Forecaster = Callable[[Sequence[int], int], Sequence[int] | None]
"""Takes the bookings so far and the price of not knowing (in thousandths of a booking), and returns
seven quantiles, or `None` for "I don't know"."""


def null(_briefing: Briefing) -> Policy:
    """Say nothing."""
    while True:
        yield ToolCall("wait_for_tomorrow")


def random(briefing: Briefing) -> Policy:
    """Give seven numbers up to 60 in order, drawn at random."""
    chance, evening = Chance(briefing.seed), 0
    while True:
        words = chance.words("random policy", start=8 * evening, count=len(LEVELS_PERCENT))
        yield _call(sorted(below(word, 61) for word in words))
        evening += 1


def _follow(forecaster: Forecaster) -> Callable[[Briefing], Policy]:
    def policy(briefing: Briefing) -> Policy:
        price = _read_price(f"{briefing.opening}\n{briefing.brief}")
        seen, text = _read_history(briefing.opening), briefing.opening
        while True:
            seen += [int(count) for count in _NEWS.findall(text)]
            answer = forecaster(seen, price)
            text = (
                yield ToolCall("forecast_tomorrow", {"dont_know": True})
                if (answer is None)
                else _call(answer)
            )

    policy.__doc__ = forecaster.__doc__
    return policy


def _climatology(_seen: Sequence[int], _price: int) -> Sequence[int]:
    """Give the quantiles that hold before anything is seen."""
    return best_quantiles(predictions([])[0])


def _last_value(seen: Sequence[int], price: int) -> Sequence[int]:
    """Expect the same again, and be sure of it."""
    return [seen[-1]] * len(LEVELS_PERCENT) if seen else _climatology(seen, price)


def _last_8(seen: Sequence[int], price: int) -> Sequence[int]:
    """Give the quantiles of the last eight counts."""
    recent = seen[-_RECENT:]
    return best_quantiles(Distribution.of_samples(recent)) if recent else _climatology(seen, price)


def _bayes(seen: Sequence[int], price: int) -> Sequence[int] | None:
    """Give the quantiles of the exact filter; say "I don't know" where that is cheaper."""
    truth = predictions(seen)[-1]
    answer = best_quantiles(truth)
    return answer if expected_loss_milli(answer, truth) <= price else None


def _call(quantiles: Sequence[int]) -> ToolCall:
    return ToolCall("forecast_tomorrow", {"quantiles": list(quantiles)})


def _read_history(opening: str) -> list[int]:
    found = _SO_FAR.search(opening)
    return [min(int(count), MOST_BOOKINGS) for count in found[1].split(",")] if found else []


def _read_price(opening: str) -> int:
    found = _PRICE.search(opening)
    return int(found[1]) * 1_000 + int((found[2] or "").ljust(3, "0")) if found else 0


POLICIES: Mapping[str, Callable[[Briefing], Policy]] = {
    "random": random,
    "null": null,
    "last-value": _follow(_last_value),
    "climatology": _follow(_climatology),
    "last-8": _follow(_last_8),
    "bayes": _follow(_bayes),
}
