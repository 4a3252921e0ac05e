"""The rules of many lines at once, in arrays whose last axis is the line.

The same week as in `line.py`, which says what its steps mean; equality is tested figure by figure.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tenure.envs.supply_line import figures
from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.figures import MOST_LEAD_WEEKS, Figures
from tenure.envs.supply_line.terms import STAGES

Whole = NDArray[np.int64]


class Lines:
    """Lines of one horizon, in the same week.

    Args:
        draws: One a line.
        told: Whether the mood is told.
    """

    def __init__(self, draws: Sequence[Draw], *, told: bool) -> None:
        self.week = 0
        self.horizon_weeks = draws[0].terms.horizon_weeks
        self._told = told
        self._demand = _by_week([draw.demand_units for draw in draws])
        self._moods = _by_week([draw.regime_path for draw in draws])
        self._rates = _rates_by_week(draws, self.horizon_weeks)
        self._closed = _closed_by_week(draws, self.horizon_weeks)
        self._lay_out(len(draws))
        self._begin(draws)

    @property
    def over(self) -> bool:
        """Whether all weeks are over."""
        return self.week == self.horizon_weeks

    def seen(self) -> Figures:
        """Return the figures of all lines: int32 of shape (lines, 47)."""
        return self._figures.T.astype(np.int32, order="C")

    def play_week(self, order_units: Whole) -> Whole:
        """Send the orders up and let the week pass.

        Args:
            order_units: Of shape (4, lines), retailer first.

        Returns:
            The week's cost in cents, of shape (4, lines).
        """
        self._last_order[:] = order_units
        self._last_demand[:] = self._demand[self.week]
        shipped = ship(self._on_hand, self._owed, order_units, 1 - self._closed[self.week])
        self._inbound += shipped[:, None] * self._last_slot
        _take(self._on_hand[0], self._owed[0], self._last_demand[0], None)
        costs = week_cost_cents(self._on_hand, self._owed, self._inbound, self._rate)
        self.week += 1
        if not self.over:
            self._receive()
        self._tell()
        return costs

    def _lay_out(self, lines: int) -> None:
        """Name the parts of the one array that is shown, so that showing it is one copy."""
        place = figures.places(figures.LINE)
        self._figures = np.zeros((figures.count(figures.LINE), lines), np.int64)
        self._week, self._mood = self._figures[place["week"]], self._figures[place["mood"]]
        self._rate = self._figures[place["backorder_cents"].start : place["holding_cents"].stop]
        self._shut = self._figures[place["closed"]]
        self._last_demand = self._figures[place["last_demand_units"]]
        self._on_hand = self._figures[place["on_hand_units"]]
        self._owed = self._figures[place["owed_units"]]
        self._last_order = self._figures[place["last_order_units"]]
        inbound = self._figures[place["inbound_units"]]
        self._inbound = inbound.reshape(len(STAGES), MOST_LEAD_WEEKS, lines)

    def _begin(self, draws: Sequence[Draw]) -> None:
        place = figures.places(figures.LINE)
        fixed = np.array([figures.fixed_figures(draw) for draw in draws]).T
        means = slice(place["lowest_mean_units"].start, place["highest_mean_units"].stop)
        self._figures[place["horizon_weeks"]] = self.horizon_weeks
        self._figures[means] = fixed[:2]
        self._figures[place["lead_weeks"]] = leads = fixed[2:]
        self._on_hand[:] = np.array([draw.on_hand_units for draw in draws]).T
        self._figures[place["inbound_units"]] = np.array(
            [figures.inbound_figures(draw.inbound_units) for draw in draws]
        ).T
        slots = np.arange(MOST_LEAD_WEEKS)[None, :, None]
        self._last_slot = (slots == leads[:, None] - 1).astype(np.int64)
        self._tell()

    def _receive(self) -> None:
        self._on_hand += self._inbound[:, 0]
        self._inbound[:, :-1] = self._inbound[:, 1:]
        self._inbound[:, -1] = 0

    def _tell(self) -> None:
        """Write down what a week brings: its number, the mood, costs and closed links."""
        self._week[:] = self.week
        self._mood[:] = self._moods[self.week] if self._told and not self.over else -1
        self._rate[:] = self._rates[min(self.week, self.horizon_weeks - 1)]
        self._shut[:] = 0 if self.over else self._closed[self.week]


def ship(on_hand: Whole, owed: Whole, order_units: Whole, is_open: Whole) -> Whole:
    """Pass the orders up and ship what can be.

    Args:
        on_hand: By stage; changed.
        owed: By stage; changed.
        order_units: By stage; the factory's is what it produces.
        is_open: By stage, 1 if goods can leave for it this week, else 0.

    Returns:
        The units that left for each stage.
    """
    shipped = order_units.copy()
    shipped[:-1] = _take(on_hand[1:], owed[1:], order_units[:-1], is_open[:-1])
    return shipped


def week_cost_cents(on_hand: Whole, owed: Whole, inbound: Whole, rates: Whole) -> Whole:
    """Return what the end of a week costs, by stage.

    Args:
        on_hand: By stage.
        owed: By stage.
        inbound: By stage and slot.
        rates: For a backorder, then for a unit in stock at each stage.
    """
    held = on_hand.copy()
    held[1:] += inbound[:-1].sum(axis=1)
    costs = rates[1:] * held
    costs[0] += rates[0] * owed[0]
    return costs


def _take(on_hand: Whole, owed: Whole, ordered: Whole, is_open: Whole | None) -> Whole:
    owed += ordered
    leaving: Whole = np.minimum(on_hand, owed)
    if is_open is not None:
        leaving *= is_open
    on_hand -= leaving
    owed -= leaving
    return leaving


def _by_week(rows: Sequence[Sequence[int]]) -> Whole:
    """Turn a row for each line into a row for each week."""
    return np.ascontiguousarray(np.array(rows, np.int64).T)


def _rates_by_week(draws: Sequence[Draw], weeks: int) -> Whole:
    """Return for each week what a unit costs, of shape (weeks, 5, lines)."""
    rates = np.zeros((weeks, 1 + len(STAGES), len(draws)), np.int64)
    for index, draw in enumerate(draws):
        for sheet in draw.terms.sheets:
            rates[sheet.from_week :, :, index] = figures.sheet_figures(sheet)
    return rates


def _closed_by_week(draws: Sequence[Draw], weeks: int) -> Whole:
    """Return for each week 1 where nothing can leave for a stage, of shape (weeks, 4, lines)."""
    closed = np.zeros((weeks, len(STAGES), len(draws)), np.int64)
    for index, draw in enumerate(draws):
        for one in draw.incidents.closures:
            closed[one.week : one.week + one.weeks, one.stage, index] = 1
    return closed
