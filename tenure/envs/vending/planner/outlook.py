"""What each product would sell on each day, if its goods were worth more or less than they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tenure.envs.vending.bound import highest_prices
from tenure.envs.vending.machine import CAPACITY_UNITS
from tenure.envs.vending.products import Product
from tenure.envs.vending.world import VendingWorld

Whole: TypeAlias = NDArray[np.int64]

WORTH_PERCENT = (0, 25, 50, 75, 100, 130, 170, 230)
"""What a unit may be worth, in per cent of its cost: little if it spoils, much if it is short."""

USUAL = WORTH_PERCENT.index(100)
_USUAL_LOYAL_PERMILLE = 950


@dataclass(frozen=True)
class Outlook:
    """One product alone in one slot.

    Attributes:
        product: Which.
        cost_cents: What a unit costs, from the best house that can be had.
        units: Best sales by worth (first axis, as in `WORTH_PERCENT`) and day.
        gain_cents: Bank money less worth, by worth and day.
        sold_before: Sum of `units` over the days before a day, by worth and day (one more).
    """

    product: Product
    cost_cents: int
    units: Whole
    gain_cents: Whole
    sold_before: Whole

    def usage(self, first_day: int, end_day: int, worth: int = USUAL) -> int:
        """Return the units sold from a day on until before another."""
        if end_day <= first_day:
            return 0
        return int(self.sold_before[worth, end_day] - self.sold_before[worth, first_day])


def look_out(world: VendingWorld, product: Product, cost_cents: int, distinct: int) -> Outlook:
    """Find the best sales of a product for every day.

    Args:
        world: Its customers.
        product: Which.
        cost_cents: What a unit costs.
        distinct: How many products there would be.
    """
    market, days = world.market, world.parameters.horizon_days
    units = np.arange(1, CAPACITY_UNITS[product.size] + 1, dtype=np.int64).reshape(-1, 1)
    appetite = np.array(market.appetite_milliunits[product.id], dtype=np.int64)
    appetite = appetite * market.variety_permille[distinct] * _USUAL_LOYAL_PERMILLE // 1000
    luck = np.array(market.luck_milliunits[product.id], dtype=np.int64)
    prices = highest_prices(product, appetite, luck, units)
    banked_permille = np.full(days, 1000, dtype=np.int64)
    banked_permille[-1] = world.parameters.card_share_permille
    revenue_cents = units * prices * banked_permille // 1000
    best_units, best_cents = [], []
    for percent in WORTH_PERCENT:
        gains = np.where(prices > 0, revenue_cents - units * cost_cents * percent // 100, 0)
        best = gains.argmax(axis=0)
        most = np.take_along_axis(gains, best[np.newaxis], axis=0)[0]
        best_units.append(np.where(most > 0, best + 1, 0))
        best_cents.append(np.maximum(most, 0))
    sold = np.array(best_units, dtype=np.int64)
    before = np.concatenate([np.zeros((len(sold), 1), np.int64), sold.cumsum(axis=1)], axis=1)
    return Outlook(product, cost_cents, sold, np.array(best_cents, dtype=np.int64), before)
