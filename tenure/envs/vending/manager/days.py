"""Many machines at once: the days of `manager/play.py` in arrays whose last axis is the world.

Rows of the days stand in a ring in which each world begins where it is reset, so that one row holds
the present day of every world, whatever day that is there. Days are counted from the first reset on
(a tick), so lots and orders carry ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenure.envs.vending.manager.draw import AT, WIDTH, Terms
from tenure.envs.vending.manager.figures import (
    COUNT,
    FROM_ROW,
    MOST_SHOWN_CENTS,
    MOST_SHOWN_DAYS,
    MOST_SHOWN_UNITS,
    PLACES,
    SCALE,
    Seen,
)
from tenure.envs.vending.manager.play import PACE_DAYS, ranks
from tenure.envs.vending.manager.terms import (
    CAPACITIES,
    HOUSES,
    LOTS,
    ORDER_UNITS,
    ORDERED_LOTS,
    PER_SIZE,
    PRICE_PERCENT,
    PRODUCTS,
    SIZES,
    STOCK_MINUTES,
)
from tenure.envs.vending.state import VendingParameters

Whole = NDArray[np.int64]
Small = NDArray[np.int32]
Flags = NDArray[np.bool_]

_GROUPS, _LEVELS, _NEVER = len(SIZES), len(ORDER_UNITS), 2**30
_CAPACITIES = np.array(CAPACITIES, np.int32)[:, None]
_STOCK_MINUTES = np.array(STOCK_MINUTES, np.int32)[:, None]
_UNITS = np.array(ORDER_UNITS, np.int32)


_HIGHEST = np.int16(np.iinfo(np.int16).max)
_TRADE = slice(AT["house"].start, WIDTH)
_IN_TRADE = {
    name: slice(place.start - _TRADE.start, place.stop - _TRADE.start)
    for name, place in AT.items()
    if place.start >= _TRADE.start
}
"""Where the columns from `house` on stand among themselves."""


class ManagerDays:
    """Worlds with equal parameters, each on a day of its own.

    Args:
        parameters: The vending job's.
        worlds: How many.

    Attributes:
        bank_cents: By world.
        day: By world, 0-based.
        over: By world, whether its episode is.
    """

    def __init__(self, parameters: VendingParameters, worlds: int) -> None:
        self._parameters, self._worlds, self._tick = parameters, worlds, 0
        self._ring = parameters.horizon_days + 1
        self._rows = np.zeros((self._ring, WIDTH, worlds), np.int32)
        self._figures = np.zeros((COUNT, worlds), np.int32)
        self._lay_out_terms(worlds)
        self._lay_out_state(worlds)

    def begin(self, index: Sequence[int], terms: Sequence[Terms]) -> None:
        """Let some worlds begin anew, with the next day that is played."""
        which = np.array(index)
        rows = np.stack([one.rows for one in terms], axis=-1)
        ticks = (self._tick + np.arange(self._ring)) % self._ring
        if len(which) == self._worlds:
            self._rows[ticks] = rows
        else:
            self._rows[ticks[:, None], :, which[None, :]] = rows.transpose(0, 2, 1)
        for place, one in zip(index, terms, strict=True):
            self._write_terms(place, one)
        self._clear(which, np.stack([one.handover for one in terms], axis=-1))
        self._show(self._rows[self._tick % self._ring], which)

    def play_day(self, levels: Small) -> Whole:
        """Let a day pass in every world.

        Args:
            levels: Of shape (16, worlds): eight price levels, then eight order levels.

        Returns:
            The change of each bank balance until next morning, in cents.
        """
        before_cents = self.bank_cents.copy()
        row = self._rows[self._tick % self._ring]
        self.bank_cents += self._cash_cents
        self._repair()
        self._pay(self._rows[(self._tick - 1) % self._ring])
        self._write(levels[PRODUCTS:], row)
        self._fill_slots()
        self._break_down(row)
        card_cents = self._sell(levels[:PRODUCTS], row)
        self._take_fee()
        self._pass_night(row)
        self._tick += 1
        self.day += 1
        self.bank_cents += card_cents
        limit = self._parameters.unpaid_days_limit
        self.over[:] = (self._unpaid_days >= limit) | (self.day == self._parameters.horizon_days)
        self._show(self._rows[self._tick % self._ring], None)
        return self.bank_cents - before_cents

    def seen(self) -> Seen:
        """Return the scaled figures of all worlds, of shape (worlds, 112)."""
        return np.multiply(self._figures.T, SCALE, dtype=np.float32)

    # --- the tables and the state ------------------------------------------------------------

    def _lay_out_terms(self, worlds: int) -> None:
        """Make room for what stays the same through an episode; see `Terms`."""
        by_level = (len(PRICE_PERCENT), PRODUCTS, worlds)
        self._prices = np.zeros(by_level, np.int32)
        self._effects = np.zeros(by_level, np.float64)
        self._relatives = np.zeros(by_level, np.int16)
        self._rivals = np.zeros((PRODUCTS, PRODUCTS, worlds), np.int16)
        self._taken = np.empty_like(self._rivals)
        self._variety = np.zeros((PRODUCTS + 1, worlds), np.float64)
        by_house = (HOUSES, PRODUCTS, _LEVELS, worlds)
        self._quotes, self._bills = np.zeros(by_house, np.int32), np.zeros(by_house, np.int32)
        self._bait = np.zeros((HOUSES, _GROUPS, 2, worlds), np.int32)
        self._ranks = np.zeros((PRODUCTS, worlds), np.int32)
        self._world = np.arange(worlds)
        self._cell = np.arange(PRODUCTS * worlds).reshape(PRODUCTS, worlds)

    def _write_terms(self, place: int, terms: Terms) -> None:
        self._prices[..., place] = terms.price_cents
        self._effects[..., place] = terms.effect_permille
        self._relatives[..., place] = 3 * terms.relative_permille
        self._rivals[..., place] = terms.rivals
        self._variety[..., place] = terms.variety_permille[: PRODUCTS + 1]
        self._quotes[..., place] = terms.quote_cents
        self._bills[..., place] = terms.bill_cents
        self._bait[..., place] = terms.bait
        self._ranks[..., place] = ranks([product.id for product in terms.products])
        self._figures[PLACES["average_list_cents"], place] = terms.average_cents
        self._figures[PLACES["keeps_days"], place] = np.minimum(terms.keeps_days, MOST_SHOWN_DAYS)

    def _lay_out_state(self, worlds: int) -> None:
        self.day: Whole = np.zeros(worlds, np.int64)
        self.over: Flags = np.ones(worlds, np.bool_)
        self.bank_cents: Whole = np.zeros(worlds, np.int64)
        self._cash_cents: Whole = np.zeros(worlds, np.int64)
        self._unpaid_days: Whole = np.zeros(worlds, np.int64)
        self._last = np.full((LOTS, PRODUCTS, worlds), _NEVER, np.int32)
        self._stored = np.zeros((LOTS, PRODUCTS, worlds), np.int32)
        self._in_slot = np.zeros((LOTS, PRODUCTS, worlds), np.int32)
        self._slot_units = self._figures[PLACES["slot_units"]]
        self._broken = self._figures[PLACES["out_of_order"]]
        self._asked = self._figures[PLACES["price_cents"]]
        self._sold = self._figures[PLACES["sold_units"]]
        self._pace = self._figures[PLACES["pace_milliunits"]]
        self._ordered = self._figures[PLACES["on_the_way_units"]]
        self._open = self._figures[PLACES["order_open"]]
        self._order_level = np.zeros((PRODUCTS, worlds), np.int32)
        self._bill_cents = np.zeros((_GROUPS, worlds), np.int32)
        self._parcel = np.zeros((PRODUCTS, worlds), np.int32)
        self._parcel_last = np.zeros((PRODUCTS, worlds), np.int32)
        self._is_early = np.zeros((PRODUCTS, worlds), np.bool_)
        self._arrival = np.full((_GROUPS, worlds), -1, np.int32)

    def _clear(self, which: Whole, handover: Whole) -> None:
        """Write the first morning of some worlds."""
        self.day[which], self.over[which], self._unpaid_days[which] = 0, False, 0
        self.bank_cents[which], self._cash_cents[which] = self._parameters.start_balance_cents, 0
        for lots in (self._stored, self._in_slot):
            lots[..., which] = 0
        self._last[..., which] = _NEVER
        units, last_days = handover[:, 0], handover[:, 1]
        self._stored[0][:, which] = units
        self._last[0][:, which] = np.where(units > 0, last_days + self._tick, _NEVER)
        for name in ("slot_units", "out_of_order", "price_cents", "sold_units"):
            self._figures[PLACES[name], which[:, None]] = 0
        for name in ("pace_milliunits", "on_the_way_units", "order_open"):
            self._figures[PLACES[name], which[:, None]] = 0
        self._bill_cents[:, which], self._parcel[:, which], self._arrival[:, which] = 0, 0, -1

    # --- errands -----------------------------------------------------------------------------

    def _repair(self) -> None:
        cost_cents = self._parameters.repair_cents
        can = self._broken.any(axis=0) & (self.bank_cents >= cost_cents)
        if can.any():
            self.bank_cents -= can * cost_cents
            self._broken[:, can] = 0

    def _pay(self, order_row: Small) -> None:
        """Pay last night's invoices; one that the bank cannot pay is dropped."""
        for group in range(_GROUPS):
            bill_cents = self._bill_cents[group]
            places = _places(group)
            is_dropped = bill_cents > self.bank_cents
            if is_dropped.any():
                self._ordered[places, is_dropped] = 0
                self._open[group, is_dropped] = 0
            is_paid = (bill_cents > 0) & ~is_dropped
            self.bank_cents -= bill_cents * is_paid
            self._send_off(group, np.flatnonzero(is_paid), order_row)
        self._bill_cents[:] = 0

    def _send_off(self, group: int, paid: Whole, order_row: Small) -> None:
        """Decide what of the paid orders comes when; see `purchases.ship`."""
        if not paid.size:
            return
        places = _places(group)
        row = order_row[_TRADE, paid]
        self._arrival[group, paid] = self._tick - 1 + row[_IN_TRADE["arrival_days"].start + group]
        minute = row[_IN_TRADE["arrival_minute"].start + group]
        self._is_early[places, paid] = minute <= _STOCK_MINUTES[places]
        self._parcel_last[places, paid] = self._tick - 1 + row[_IN_TRADE["life_days"]][places]
        units = self._ordered[places, paid]
        parcel = units - units * row[_IN_TRADE["missing_permille"].start + group] // 1000
        swaps = np.flatnonzero(row[_IN_TRADE["swaps"].start + group])
        if swaps.size:
            house = row[_IN_TRADE["house"].start + group, swaps]
            parcel[:, swaps] = self._swapped(group, paid[swaps], house, parcel[:, swaps])
        self._parcel[places, paid] = parcel

    def _swapped(self, group: int, which: Whole, house: Small, parcel: Small) -> Small:
        places, here = _places(group), np.arange(len(which))
        level = self._order_level[places, which]
        bills = self._bills[house, np.arange(PRODUCTS)[places][:, None], level, which]
        largest = (bills * PRODUCTS + self._ranks[places, which]).argmax(axis=0)
        unit_cents = bills[largest, here] // np.maximum(1, _UNITS[level[largest, here]])
        bait_place, bait_cents = self._bait[house, group, :, which].T
        is_swapped = bait_cents < unit_cents
        swapped = parcel.copy()
        moved = np.where(is_swapped, parcel[largest, here], 0)
        swapped[largest, here] -= moved
        known = bait_place >= 0
        swapped[bait_place[known], here[known]] += moved[known]
        return swapped

    def _write(self, levels: Small, row: Small) -> None:
        """Send the orders that can be sent; those of which no invoice will come are forgotten."""
        counts = _over_lots(np.add, (self._last < _NEVER).astype(np.int8))
        is_line = (levels > 0) & (row[AT["list_cents"]] > 0) & (counts < ORDERED_LOTS)
        is_full = (counts >= LOTS).reshape(_GROUPS, PER_SIZE, -1).any(axis=1)
        can = (row[AT["answers"]] > 0) & (self._open == 0) & ~is_full
        is_line &= can.repeat(PER_SIZE, axis=0)
        level = levels * is_line
        house = row[AT["house"]].repeat(PER_SIZE, axis=0)
        cell = ((house * PRODUCTS + _PLACE) * _LEVELS + level) * self._worlds + self._world
        quotes = _by_group(self._quotes.take(cell))
        is_sent = can & (quotes > 0) & (quotes >= row[AT["minimum_cents"]])
        self._bill_cents[:] = _by_group(self._bills.take(cell)) * is_sent
        is_ordered = is_sent.repeat(PER_SIZE, axis=0)
        np.copyto(self._order_level, level, where=is_ordered)
        np.copyto(self._ordered, _UNITS[level], where=is_ordered)
        self._open |= is_sent

    def _fill_slots(self) -> None:
        """Fill every slot from storage, each at its time of the day."""
        self._unload(early=True)
        room = _CAPACITIES - self._slot_units
        self._slot_units += room
        for stored, in_slot in zip(self._stored, self._in_slot, strict=True):
            units = np.minimum(stored, room)
            np.subtract(stored, units, out=stored)
            np.add(in_slot, units, out=in_slot)
            room -= units
        self._slot_units -= room

    def _unload(self, *, early: bool) -> None:
        """Put the goods into storage that come before their slot is filled, or after it."""
        comes = (self._arrival == self._tick).repeat(PER_SIZE, axis=0)
        comes &= self._parcel > 0
        comes &= self._is_early == early
        cells = np.flatnonzero(comes)
        if not cells.size:
            return
        units, last = self._parcel.take(cells), self._parcel_last.take(cells)
        is_same = _flat(self._last)[:, cells] == last
        is_new = ~is_same.any(axis=0)
        _flat(self._stored)[:, cells] += is_same * units
        self._insert(cells[is_new], last[is_new], units[is_new])

    def _insert(self, cells: Whole, last: Small, units: Small) -> None:
        """Add lots, the first to expire first; there is always room for one more."""
        lots = _flat(self._last), _flat(self._stored), _flat(self._in_slot)
        lasts, stored, in_slot = (
            np.concatenate([some[:, cells], one[None]])
            for some, one in zip(lots, (last, units, np.zeros_like(units)), strict=True)
        )
        order = lasts.argsort(axis=0, kind="stable")[:LOTS]
        here = order * len(cells) + np.arange(len(cells))
        for some, sorted_ in zip(lots, (lasts, stored, in_slot), strict=True):
            some[:, cells] = sorted_.take(here)

    # --- the day and the night ---------------------------------------------------------------

    def _break_down(self, row: Small) -> None:
        if row[AT["any_fault"]].any():
            self._broken |= row[AT["fault"]]

    def _sell(self, levels: Small, row: Small) -> Whole:
        """Sell the day's units; return the card money, and leave the cash in the machine."""
        cell = levels * (PRODUCTS * self._worlds) + self._cell
        prices = self._prices.take(cell)
        is_stocked = self._slot_units > 0
        is_offered = is_stocked & (self._broken == 0)
        np.copyto(self._asked, prices, where=is_stocked)
        variety = self._variety[is_offered.sum(axis=0), self._world]
        wanted = row[AT["appetite"]] * self._effects.take(cell)
        wanted *= variety
        units = (wanted / 1e6).astype(np.int32)
        units *= self._loyal_permille(self._relatives.take(cell), is_offered)
        units //= 1000
        units += row[AT["luck"]]
        units //= 1000
        jam = np.flatnonzero(row[AT["jam"].start])
        share_permille = np.full(self._worlds, self._parameters.card_share_permille)
        if jam.size:
            card_luck = row[AT["card_luck"]][:, jam]
            units[:, jam] = (units[:, jam] * share_permille[jam] + card_luck) // 1000
            share_permille[jam] = 1000
        np.minimum(units, self._slot_units, out=units)
        units *= is_offered
        self._sold[:] = units
        self._slot_units -= units
        self._pace += ((1000 * units - self._pace) // PACE_DAYS) * is_offered
        revenue_cents = (units * prices).sum(axis=0)
        self._take(units)
        card_cents: Whole = revenue_cents * share_permille // 1000
        self._cash_cents[:] = revenue_cents - card_cents
        return card_cents

    def _loyal_permille(self, relatives: NDArray[np.int16], is_offered: Flags) -> Small:
        """Return what each product keeps beside its rivals; see `demand.loyal_permille`.

        Args:
            relatives: Three times each price in thousandths of its reference price, at most 30,000.
            is_offered: Others take nothing: their price is taken to be the highest number.
        """
        rivals, taken = np.where(is_offered, relatives, _HIGHEST), self._taken
        np.subtract((relatives + 400)[:, np.newaxis], rivals, out=taken)
        np.clip(taken, 0, 2009, out=taken)
        np.floor_divide(taken, 10, out=taken)
        np.multiply(taken, self._rivals, out=taken)
        most: NDArray[np.int16] = taken.sum(axis=1, dtype=np.int16)
        np.minimum(most, 600, out=most)
        loyal: Small = 1000 - most.astype(np.int32) * self._parameters.rivalry_percent // 100
        return loyal

    def _take(self, units: Small) -> None:
        """Take the units that expire first out of the slots; changes `units`."""
        for in_slot in self._in_slot:
            taken = np.minimum(in_slot, units)
            np.subtract(in_slot, taken, out=in_slot)
            units -= taken

    def _take_fee(self) -> None:
        fee_cents = self._parameters.daily_fee_cents
        is_paid = self.bank_cents >= fee_cents
        self.bank_cents -= is_paid * fee_cents
        self._unpaid_days += 1
        self._unpaid_days *= ~is_paid

    def _pass_night(self, row: Small) -> None:
        """Throw away what has expired, let thieves come, and bring in what came during the day."""
        is_gone = self._last <= self._tick
        if is_gone.any():
            for gone, stored, in_slot in zip(is_gone, self._stored, self._in_slot, strict=True):
                if not gone.any():
                    continue
                self._slot_units -= in_slot * gone
                np.copyto(stored, 0, where=gone)
                np.copyto(in_slot, 0, where=gone)
        self._steal(np.flatnonzero(row[AT["any_theft"].start]), row)
        is_empty = (self._stored | self._in_slot) == 0
        np.maximum(self._last, is_empty.astype(np.int32) * _NEVER, out=self._last)
        self._unload(early=False)
        has_come = self._arrival == self._tick
        self._open &= ~has_come
        self._ordered *= ~has_come.repeat(PER_SIZE, axis=0)

    def _steal(self, which: Whole, row: Small) -> None:
        """Let thieves come to some worlds."""
        share_permille = row[AT["cash_theft_permille"].start, which]
        self._cash_cents[which] -= self._cash_cents[which] * share_permille // 1000
        stolen = np.minimum(row[AT["stolen_units"]][:, which], self._slot_units[:, which])
        self._slot_units[:, which] -= stolen
        for in_slot in self._in_slot:
            taken = np.minimum(in_slot[:, which], stolen)
            in_slot[:, which] -= taken
            stolen -= taken

    # --- what is shown -----------------------------------------------------------------------

    def _show(self, row: Small, which: Whole | None) -> None:
        """Write down the figures that are not kept up to date by themselves."""
        one = slice(None) if which is None else which
        figures = self._figures
        figures[:FROM_ROW, one] = row[:FROM_ROW, one]
        figures[PLACES["day"], one] = self.day[one]
        figures[PLACES["days_left"], one] = self._parameters.horizon_days - self.day[one]
        figures[PLACES["bank_cents"], one] = np.minimum(self.bank_cents[one], MOST_SHOWN_CENTS)
        figures[PLACES["cash_cents"], one] = np.minimum(self._cash_cents[one], MOST_SHOWN_CENTS)
        figures[PLACES["unpaid_days"], one] = self._unpaid_days[one]
        stored = _over_lots(np.add, self._stored[..., one])
        figures[PLACES["storage_units"], one] = np.minimum(stored, MOST_SHOWN_UNITS)
        first = _over_lots(np.minimum, self._last[..., one])
        lasts_days = np.where(first < _NEVER, np.minimum(first - self._tick, MOST_SHOWN_DAYS), 0)
        figures[PLACES["lasts_days"], one] = lasts_days


_PLACE = np.arange(PRODUCTS, dtype=np.int32)[:, None]


def _places(group: int) -> slice:
    return slice(group * PER_SIZE, (group + 1) * PER_SIZE)


def _flat(lots: Small) -> Small:
    """Return a view of lots by number and cell."""
    return lots.reshape(LOTS, -1)


def _over_lots(rule: np.ufunc, lots: NDArray[Any]) -> NDArray[Any]:
    """Reduce the first axis, which is short: faster than `reduce`."""
    total: NDArray[Any] = lots[0].copy()
    for one in lots[1:]:
        rule(total, one, out=total)
    return total


def _by_group(values: Small) -> Small:
    """Add up the four products of each size."""
    total: Small = values.reshape(_GROUPS, PER_SIZE, -1).sum(axis=1, dtype=np.int32)
    return total
