"""The reference: the exact filter, which has seen the counts so far and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from tenure.envs.bookings.rules import expected_loss_milli
from tenure.envs.bookings.world import BookingsWorld
from tenure.envs.forecasts import best_quantiles
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
