"""What a manager sees in the morning: whole numbers in a fixed order, scaled to small floats."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple, cast

import gymnasium
import numpy as np
from numpy.typing import NDArray

from tenure.envs.vending.manager.terms import CAPACITIES, PRODUCTS, SIZES
from tenure.envs.vending.weather import SKIES

Seen = NDArray[np.float32]

MOST_SHOWN_CENTS = 10_000_000
MOST_SHOWN_DAYS = 400
MOST_SHOWN_UNITS = 1_000


class Figure(NamedTuple):
    """Neighbouring figures of one kind.

    Attributes:
        name: Of each of them, with its unit.
        size: How many.
        low: Smallest possible value.
        high: Largest possible value.
        per: What 1.0 stands for.
    """

    name: str
    size: int
    low: int
    high: int
    per: int


FIGURES = (
    Figure("weekday", 7, 0, 1, 1),
    Figure("month", 1, 0, 12, 12),
    Figure("sky", len(SKIES), 0, 1, 1),
    Figure("celsius", 1, -50, 50, 40),
    Figure("event_today", 1, -1, 1, 1),
    Figure("event_tomorrow", 1, -1, 1, 1),
    Figure("list_cents", PRODUCTS, 0, 10_000, 500),
    Figure("minimum_order_cents", len(SIZES), 0, 100_000, 10_000),
    Figure("day", 1, 0, 3_650, 365),
    Figure("days_left", 1, 0, 3_650, 365),
    Figure("bank_cents", 1, 0, MOST_SHOWN_CENTS, 100_000),
    Figure("cash_cents", 1, 0, MOST_SHOWN_CENTS, 100_000),
    Figure("unpaid_days", 1, 0, 3_650, 10),
    Figure("order_open", len(SIZES), 0, 1, 1),
    Figure("average_list_cents", PRODUCTS, 0, 10_000, 500),
    Figure("keeps_days", PRODUCTS, 0, MOST_SHOWN_DAYS, 100),
    Figure("price_cents", PRODUCTS, 0, 9_999, 500),
    Figure("slot_units", PRODUCTS, 0, max(CAPACITIES), 15),
    Figure("storage_units", PRODUCTS, 0, MOST_SHOWN_UNITS, 60),
    Figure("on_the_way_units", PRODUCTS, 0, 60, 60),
    Figure("sold_units", PRODUCTS, 0, max(CAPACITIES), 15),
    Figure("pace_milliunits", PRODUCTS, 0, 15_000, 5_000),
    Figure("lasts_days", PRODUCTS, 0, MOST_SHOWN_DAYS, 100),
    Figure("out_of_order", PRODUCTS, 0, 1, 1),
)
"""In the order of the observation; the first ones are the first columns of a day's row."""

_ENDS = list(accumulate(figure.size for figure in FIGURES))
PLACES = {
    figure.name: slice(end - figure.size, end) for figure, end in zip(FIGURES, _ENDS, strict=True)
}
COUNT = _ENDS[-1]
FROM_ROW = PLACES["day"].start
SCALE = np.array([1 / one.per for one in FIGURES for _ in range(one.size)], np.float32)


def space() -> gymnasium.Space[Seen]:
    """Return the space of the scaled figures."""
    low = np.array([one.low for one in FIGURES for _ in range(one.size)], np.float32)
    high = np.array([one.high for one in FIGURES for _ in range(one.size)], np.float32)
    box = gymnasium.spaces.Box(low * SCALE, high * SCALE, dtype=np.float32)
    return cast("gymnasium.Space[Seen]", box)
