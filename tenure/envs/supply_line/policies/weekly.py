"""The rhythm that all scripts share: read Monday's text, order, let the week pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.supply_line.line import Stage
from tenure.envs.supply_line.policies.texts import (
    read_demand,
    read_line,
    read_mood,
    read_week,
    tells_terms,
)
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.tools import ToolCall


class Monday(NamedTuple):
    """What a script knows when it orders.

    Attributes:
        week: 0-based.
        stages: The line after what arrived, retailer first.
        demand_units: What customers wanted last week; `None` in the first week.
        mood: Of the customers; empty if nobody tells it.
    """

    week: int
    stages: list[Stage]
    demand_units: int | None
    mood: str


Rule = Callable[[Monday], Sequence[int]]
"""Maps a Monday to the orders of all stages, retailer first."""


def informed(policy: Callable[[Briefing], Policy]) -> Callable[[Briefing], Policy]:
    """Return a script that, taking over in the middle, first asks for what the opening tells."""

    def script(briefing: Briefing) -> Policy:
        text = briefing.opening
        if not tells_terms(text):
            terms = yield ToolCall("read_terms")
            line = "" if read_line(text) else (yield ToolCall("check_line"))
            text = f"{terms}\n{text}\n{line}"
        yield from policy(briefing._replace(opening=text))

    return script


def every_week(briefing: Briefing, rule: Rule) -> Policy:
    """Order by a rule, week after week."""
    text = briefing.opening
    while True:
        yield place_orders(rule(read_monday(text)))
        text = yield ToolCall("end_week")


def read_monday(text: str) -> Monday:
    """Read what a week's first text tells."""
    return Monday(read_week(text)[0] - 1, read_line(text), read_demand(text), read_mood(text))


def place_orders(units: Sequence[int]) -> ToolCall:
    """Return the call that enters the orders of all stages; nobody can order less than nothing."""
    return ToolCall(
        "place_orders", {name: max(0, order) for name, order in zip(STAGES, units, strict=True)}
    )


def local_positions_units(stages: Sequence[Stage]) -> list[int]:
    """Return each stage's own position: stock and what is still to come, less what it owes."""
    owed_to = [*(stage.owed_units for stage in stages[1:]), 0]
    return [
        stage.on_hand_units + sum(stage.inbound_units) + to_come - stage.owed_units
        for stage, to_come in zip(stages, owed_to, strict=True)
    ]


def orders_up_to(levels: Sequence[int], stages: Sequence[Stage]) -> list[int]:
    """Return what brings each stage's own position up to its level, retailer first.

    Orders pass up at once: a stage makes up in the same week for what it is asked for.
    """
    orders: list[int] = []
    asked = 0
    for level, position in zip(levels, local_positions_units(stages), strict=True):
        asked = max(0, level - position + asked)
        orders.append(asked)
    return orders
