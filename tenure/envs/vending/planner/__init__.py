"""The planner: a privileged script that knows the truth of its seed, for how much room there is.

It is told everything a seed draws: products and their economics, every day's customers (weekday,
month, sky, events, noise, rounding), the wholesalers' prices, practice and way of bargaining, when
each order would come and how long its goods would keep, and every mishap. It plays through the same
tools, calls and mail as everybody. It rehearses several ways through the business on twins of the
world, and then does by heart what ended best.
"""

from __future__ import annotations

from typing import cast

from tenure.envs.jobs import Policy, Truth
from tenure.envs.tools import ToolCall
from tenure.envs.vending.planner.rehearsal import Rehearsal, Style
from tenure.envs.vending.world import VendingWorld

_STYLES = (
    Style(block_days=30, swap_cents=300, first_cover_days=14),
    Style(block_days=7, swap_cents=300, first_cover_days=14),
    Style(block_days=2, swap_cents=150, first_cover_days=7),
    Style(block_days=1, swap_cents=100, first_cover_days=7),
)


def planner(truth: Truth) -> Policy:
    """Do what ends best, knowing everything; see the module."""
    for call in rehearse(truth):
        yield call
    while True:
        yield ToolCall("wait_for_next_day")


def rehearse(truth: Truth) -> list[ToolCall]:
    """Return the calls of the best way that is known."""
    world = cast(VendingWorld, truth.world)
    start = world.snapshot()
    best: list[ToolCall] = []
    most = -1
    for style in _STYLES:
        world.restore(start)
        rehearsal = Rehearsal(world, truth.steps, style)
        earned = rehearsal.play()
        if earned > most:
            best, most = rehearsal.calls, earned
    return best
