"""The reference: the exact filter, which has seen the counts so far and no others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from tenure.envs.bookings.rules import expected_loss_milli
from tenure.envs.bookings.world import BookingsWorld
from tenure.envs.forecasts import best_quantiles
from tenure.envs.jobs import Deed, Matter
from tenure.envs.tools import ToolCall
from tenure.envs.world import World


def reference(world: World[Any]) -> Iterator[ToolCall]:
    """Give the best quantiles, or say "I don't know" where that is cheaper: the exact optimum."""
    desk = cast("BookingsWorld", world)
    truth = desk.truths[desk.evening]
    answer = best_quantiles(truth)
    if expected_loss_milli(answer, truth) <= desk.parameters.dont_know_price_milli:
        yield ToolCall("forecast_tomorrow", {"quantiles": list(answer)})
    else:
        yield ToolCall("forecast_tomorrow", {"dont_know": True})


def matter(deed: Deed) -> Matter:
    """Tell in which way an answer was off, compared with the best quantiles."""
    desk = cast("BookingsWorld", deed.world)
    if not deed.passes_day:
        return Matter()
    if deed.tool != "forecast_tomorrow":
        return Matter(cause="no forecast given")
    best, given = best_quantiles(desk.truths[desk.evening]), deed.arguments.get("quantiles")
    if not given:
        return Matter(cause='said "I don\'t know"')
    if len(given) != len(best):
        return Matter(cause="no forecast that can be read")
    return Matter(cause=_off(given, best))


def _off(given: Sequence[int], best: Sequence[int]) -> str:
    """Say whether the middle is off by more than the reach from the lowest to the highest."""
    middle, reach = len(best) // 2, best[-1] - best[0]
    shift, stretch = given[middle] - best[middle], given[-1] - given[0] - reach
    if not shift and not stretch:
        return "quantiles not the best"
    if abs(shift) >= abs(stretch) / 2:
        return "forecast too high" if shift > 0 else "forecast too low"
    return "forecast too vague" if stretch > 0 else "forecast too sure"
