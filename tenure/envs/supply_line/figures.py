"""What the numeric faces show: whole numbers in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.play import LinePlay
from tenure.envs.supply_line.terms import CostSheet
from tenure.envs.supply_line.world import MOST_UNITS

Figures = NDArray[np.int32]

MOST_LEAD_WEEKS = 4
"""Goods on their way to a stage are shown in as many slots; those past its lead time are 0."""

_MOST_GOODS = 2_000_000
"""More than a line can hold after 104 of the largest orders; float32 is exact up to here."""


class Block(NamedTuple):
    """Neighbouring figures of one kind.

    Attributes:
        name: Of each of them.
        size: How many.
        low: Smallest possible value.
        high: Largest possible value.
    """

    name: str
    size: int
    low: int
    high: int


TERMS = (
    Block("week", 1, 0, 104),
    Block("horizon_weeks", 1, 4, 104),
    Block("mood", 1, -1, 1),
    Block("lowest_mean_units", 1, 1, 40),
    Block("highest_mean_units", 1, 1, 40),
    Block("backorder_cents", 1, 0, 2**24),
    Block("holding_cents", 4, 0, 2**24),
    Block("lead_weeks", 4, 1, MOST_LEAD_WEEKS),
    Block("closed", 4, 0, 1),
)
"""What everyone on the line knows."""

LINE = (
    *TERMS,
    Block("last_demand_units", 1, 0, MOST_UNITS),
    Block("on_hand_units", 4, 0, _MOST_GOODS),
    Block("owed_units", 4, 0, _MOST_GOODS),
    Block("last_order_units", 4, 0, MOST_UNITS),
    Block("inbound_units", 4 * MOST_LEAD_WEEKS, 0, _MOST_GOODS),
)
"""What one who orders for all stages sees."""

OWN = (
    *TERMS,
    Block("on_hand_units", 1, 0, _MOST_GOODS),
    Block("owed_units", 1, 0, _MOST_GOODS),
    Block("due_units", 1, 0, _MOST_GOODS),
    Block("last_order_units", 1, 0, MOST_UNITS),
    Block("last_wanted_units", 1, 0, MOST_UNITS),
    Block("inbound_units", MOST_LEAD_WEEKS, 0, _MOST_GOODS),
)
"""What a stage sees of itself."""

ECHELON = (
    *OWN,
    Block("echelon_position_units", 1, -_MOST_GOODS, _MOST_GOODS),
    Block("supplier_stock_units", 1, 0, _MOST_GOODS),
)
"""What a stage sees that is told of its echelon and of its supplier, too."""


def space(blocks: Sequence[Block]) -> gymnasium.Space[Figures]:
    """Return the space of some blocks, one after the other."""
    low = [block.low for block in blocks for _ in range(block.size)]
    high = [block.high for block in blocks for _ in range(block.size)]
    box = gymnasium.spaces.Box(np.array(low, np.int32), np.array(high, np.int32), dtype=np.int32)
    return cast("gymnasium.Space[Figures]", box)


def places(blocks: Sequence[Block]) -> dict[str, slice]:
    """Return where each block stands."""
    ends = accumulate(block.size for block in blocks)
    return {
        block.name: slice(end - block.size, end) for block, end in zip(blocks, ends, strict=True)
    }


def count(blocks: Sequence[Block]) -> int:
    """Return how many figures some blocks have."""
    return sum(block.size for block in blocks)


def sheet_figures(sheet: CostSheet) -> list[int]:
    """Return what a unit costs: as a backorder, then in stock at each stage."""
    return [sheet.backorder_cents, *sheet.holding_cents]


def fixed_figures(draw: Draw) -> list[int]:
    """Return what never changes: the lowest and highest mean demand, and the lead times."""
    means = [regime.mean_units for regime in draw.terms.regimes]
    return [min(means), max(means), *draw.terms.lead_weeks]


def inbound_figures(inbound_units: Iterable[Sequence[int]]) -> list[int]:
    """Return goods on their way to some stages, each in the full number of slots."""
    full = []
    for units in inbound_units:
        full += [*units, *[0] * (MOST_LEAD_WEEKS - len(units))]
    return full


def term_figures(play: LinePlay) -> list[int]:
    """Return the figures of `TERMS`."""
    terms = play.draw.terms
    lowest, highest, *leads = fixed_figures(play.draw)
    rates = sheet_figures(terms.sheet(play.week))
    now = [play.week, terms.horizon_weeks, play.mood]
    return [*now, lowest, highest, *rates, *leads, *play.closed]


def line_figures(play: LinePlay) -> Figures:
    """Return the figures of `LINE`."""
    return np.array(
        [
            *term_figures(play),
            play.demand_units,
            *[stage.on_hand_units for stage in play.stages],
            *[stage.owed_units for stage in play.stages],
            *play.order_units,
            *inbound_figures(stage.inbound_units for stage in play.stages),
        ],
        np.int32,
    )


def checked_most_units(most_units: int) -> int:
    """Return the largest order if it is one.

    Raises:
        ValueError: If it is not from 1 to 9,999.
    """
    if not 1 <= most_units <= MOST_UNITS:
        raise ValueError(f"most_units must be from 1 to {MOST_UNITS}, got {most_units}")
    return most_units
