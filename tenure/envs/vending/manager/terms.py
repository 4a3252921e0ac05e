"""What a manager of the vending machine decides, and the timetable of the clerk who obeys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure.envs.fitting import fitted
from tenure.envs.vending.machine import CAPACITY_UNITS, SlotName
from tenure.envs.vending.products import Size
from tenure.envs.vending.state import VendingParameters
from tenure.errors import UsageError

SIZES: tuple[Size, ...] = ("small", "large")
PER_SIZE = 4
PRODUCTS = len(SIZES) * PER_SIZE

SLOTS: tuple[SlotName, ...] = ("A1", "A2", "A3", "B1", "C1", "C2", "C3", "D1")
"""The slot of each product: small ones first."""

CAPACITIES = tuple(CAPACITY_UNITS[size] for size in SIZES for _ in range(PER_SIZE))

PRICE_PERCENT = (140, 170, 200, 230, 260, 300, 340, 400)
"""Levels of a price: per cent of the product's average list price."""

ORDER_UNITS = (0, 4, 8, 12, 20, 30, 45, 60)
"""Levels of an order."""

LEVELS, ACTIONS = len(PRICE_PERCENT), 2 * PRODUCTS

MOST_PRICE_CENTS = 9_999

HOUSES = 4
"""How many houses, one after another, a clerk turns to for the goods of one size."""

LOTS = 4
"""More lots of a product, of different last days, are never in house."""

ORDERED_LOTS = 3
"""A product of which there are so many is not ordered."""

LASTING_DAYS = 14
"""Products that keep less are chosen only where there is nothing else."""

# The clerk's day, in minutes since midnight. Every errand has its time, needed or not.
CASH_MINUTE = 8 * 60
REPAIR_MINUTE = CASH_MINUTE + 25
PAYMENT_MINUTES = (REPAIR_MINUTE + 25, REPAIR_MINUTE + 30)
LETTER_MINUTES = (PAYMENT_MINUTES[1] + 5, PAYMENT_MINUTES[1] + 10)
STOCK_MINUTES = tuple(LETTER_MINUTES[1] + 5 + 30 * number for number in range(PRODUCTS))
"""When each slot is filled up; five minutes before the next one's turn its price is set."""


def parameters_of(given: Mapping[str, Any] | None) -> VendingParameters:
    """Return the parameters of a manager's world, those left out with their defaults.

    Raises:
        UsageError: If one is unknown or out of range, or means nothing to a manager, who writes no
            tokens and is paid by the bank balance.
    """
    parameters = fitted(VendingParameters, given or {})
    for name in ("score", "token_price_cents_per_million"):
        usual = VendingParameters.model_fields[name].default
        if getattr(parameters, name) != usual:
            raise UsageError(f"{name} means nothing to the manager; leave it at {usual!r}.")
    return parameters


def price_cents(list_cents: int, level: int) -> int:
    """Return the price of a level.

    Args:
        list_cents: The product's average list price.
        level: 0 to 7.
    """
    return max(1, min(MOST_PRICE_CENTS, list_cents * PRICE_PERCENT[level] // 100))
