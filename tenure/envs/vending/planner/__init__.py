"""The planner: a privileged script that knows the truth of its seed, for how much room there is.

It is told everything a seed draws: products and their economics, every day's customers (weekday,
month, sky, events, noise, rounding), the wholesalers' prices, practice and way of bargaining, when
each order would come and how long its goods would keep, and every mishap. It plays through the same
tools, calls and mail as everybody, within the scenario's steps. It rehearses several ways through
the business on twins of the world, and then does by heart what ended best.

A way (`rehearsal.py`) chooses an assortment for some days at a time from what each product would
earn (`outlook.py`, `assortment.py`), buys what that plan will sell from the houses that really
bring it, at prices bargained to the end (`buying.py`), and sets every day's prices beside their
rivals, as far as a changed price is worth a call (`pricing.py`). It is strong, not optimal.
"""

from __future__ import annotations

from typing import cast

from tenure.envs.jobs import Policy, Truth
from tenure.envs.tools import ToolCall
from tenure.envs.vending.planner.rehearsal import Rehearsal, Style
from tenure.envs.vending.world import VendingWorld

_STYLES = tuple(
    Style(block_days, swap_cents, first_cover_days, cover_days, slack_days)
    for first_cover_days, slack_days in ((10, 2), (14, 3), (7, 1), (5, 2))
    for block_days, swap_cents, cover_days in (
        (7, 200, 45),
        (30, 300, 75),
        (2, 150, 30),
        (1, 50, 45),
        (14, 300, 30),
        (4, 100, 20),
    )
)
"""The ways to try, the usually best first."""

_REHEARSED_DAYS = 2_400


def planner(truth: Truth) -> Policy:
    """Do what ends best, knowing everything; see the module."""
    for call in rehearse(truth):  # noqa: UP028  a list cannot be sent what was heard
        yield call
    while True:
        yield ToolCall("wait_for_next_day")


def rehearse(truth: Truth) -> list[ToolCall]:
    """Return the calls of the best way that is known."""
    world = cast(VendingWorld, truth.world)
    start = world.snapshot()
    best: list[ToolCall] = []
    most = -1
    for style in _STYLES[: max(2, _REHEARSED_DAYS // world.parameters.horizon_days)]:
        world.restore(start)
        rehearsal = Rehearsal(world, truth.steps, style)
        earned = rehearsal.play()
        if earned > most:
            best, most = rehearsal.calls, earned
    return best
