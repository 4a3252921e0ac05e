"""One machine under one manager, a day at a time: what the clerk does, and what the day brings.

The rules are those of the vending world (`machine.py`, `demand.py`, `upkeep.py`, `purchases.py`),
on tables that were drawn before; a test plays both side by side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tenure.envs.vending.manager.draw import AT, Terms
from tenure.envs.vending.manager.figures import (
    FROM_ROW,
    MOST_SHOWN_CENTS,
    MOST_SHOWN_DAYS,
    MOST_SHOWN_UNITS,
    SCALE,
    Seen,
)
from tenure.envs.vending.manager.terms import (
    CAPACITIES,
    LOTS,
    ORDER_UNITS,
    ORDERED_LOTS,
    PER_SIZE,
    PRODUCTS,
    SIZES,
    STOCK_MINUTES,
)
from tenure.envs.vending.state import VendingParameters

PACE_DAYS = 8
"""A pace moves so many times slower than sales."""

_APPETITE, _LUCK = AT["appetite"].start, AT["luck"].start
_CARD_LUCK, _FAULT = AT["card_luck"].start, AT["fault"].start
_ANY_FAULT, _JAM = AT["any_fault"].start, AT["jam"].start
_ANY_THEFT, _CASH_THEFT = AT["any_theft"].start, AT["cash_theft_permille"].start
_STOLEN, _LIST, _MINIMUM = (
    AT["stolen_units"].start,
    AT["list_cents"].start,
    AT["minimum_cents"].start,
)
_HOUSE, _ANSWERS, _SWAPS = AT["house"].start, AT["answers"].start, AT["swaps"].start
_ARRIVAL, _MINUTE = AT["arrival_days"].start, AT["arrival_minute"].start
_MISSING, _LIFE = AT["missing_permille"].start, AT["life_days"].start
_ALL = range(PRODUCTS)
_LEVELS = {units: level for level, units in enumerate(ORDER_UNITS)}
_GROUPS = [range(group * PER_SIZE, (group + 1) * PER_SIZE) for group in range(len(SIZES))]


class Lot:
    """Units of a product with one last day, in storage and in the slot."""

    __slots__ = ("in_slot", "last_day", "stored")

    def __init__(self, last_day: int, stored: int) -> None:
        self.last_day, self.stored, self.in_slot = last_day, stored, 0


class Order:
    """What was ordered in one size and has not come.

    Attributes:
        day: On which it was sent.
        units: By place among the eight products.
        bill_cents: What is to be paid next morning.
        parcel: What will come, by place; empty until it is paid.
        arrival_day: When it comes.
        arrival_minute: Of that day.
    """

    __slots__ = ("arrival_day", "arrival_minute", "bill_cents", "day", "parcel", "units")

    def __init__(self, day: int, units: dict[int, int], bill_cents: int) -> None:
        self.day, self.units, self.bill_cents = day, units, bill_cents
        self.parcel: dict[int, int] = {}
        self.arrival_day = self.arrival_minute = -1


class ManagerPlay:
    """An episode of one world.

    Args:
        parameters: The vending job's.
        terms: The drawn world.

    Attributes:
        day: 0-based.
        bank_cents: What is in the bank this morning.
        over: Whether the episode is.
    """

    def __init__(self, parameters: VendingParameters, terms: Terms) -> None:
        self._parameters, self._terms = parameters, terms
        self._rows: list[list[int]] = terms.rows.tolist()
        self._prices = terms.price_cents.tolist()
        self._effects = terms.effect_permille.tolist()
        self._relatives = terms.relative_permille.tolist()
        self._rivals = [np.flatnonzero(row).tolist() for row in terms.rivals]
        self._variety = terms.variety_permille.tolist()
        self._quotes, self._bills = terms.quote_cents.tolist(), terms.bill_cents.tolist()
        self._known = [*terms.average_cents.tolist(), *terms.keeps_days.clip(0, 400).tolist()]
        self._ranks = ranks([product.id for product in terms.products])
        self.day, self.over, self.unpaid_days = 0, False, 0
        self.bank_cents, self.cash_cents = parameters.start_balance_cents, 0
        self.lots: list[list[Lot]] = [
            [Lot(last_day, units)] if units else [] for units, last_day in terms.handover.tolist()
        ]
        self.slot_units = [0] * PRODUCTS
        self.broken = [0] * PRODUCTS
        self.any_broken = False
        self.orders: list[Order | None] = [None] * len(SIZES)
        self.sold = [0] * PRODUCTS
        self._pace = [0] * PRODUCTS
        self._asked = [0] * PRODUCTS

    def play_day(self, action: Sequence[int]) -> int:
        """Let the clerk do the day's errands, and the day and the night pass.

        Args:
            action: Eight price levels, then eight order levels.

        Returns:
            The change of the bank balance until next morning, in cents.
        """
        before_cents, row = self.bank_cents, self._rows[self.day]
        self.bank_cents += self.cash_cents
        self.cash_cents = 0
        if self.any_broken:
            self._repair()
        self._pay()
        self._write(action, row)
        self._fill_slots()
        if row[_ANY_FAULT]:
            self._break_down(row)
        card_cents = self._sell(action, row)
        self._take_fee()
        self._pass_night(row)
        self.day += 1
        self.bank_cents += card_cents
        is_bankrupt = self.unpaid_days >= self._parameters.unpaid_days_limit
        self.over = is_bankrupt or self.day == self._parameters.horizon_days
        return self.bank_cents - before_cents

    def seen(self) -> Seen:
        """Return the scaled figures of a morning, of shape (112,)."""
        day, orders = self.day, self.orders
        on_the_way = [0] * PRODUCTS
        for order in orders:
            if order is not None:
                for place, units in order.units.items():
                    on_the_way[place] = units
        figures = [
            *self._rows[day][:FROM_ROW],
            day,
            self._parameters.horizon_days - day,
            min(self.bank_cents, MOST_SHOWN_CENTS),
            min(self.cash_cents, MOST_SHOWN_CENTS),
            self.unpaid_days,
            orders[0] is not None,
            orders[1] is not None,
            *self._known,
            *self._asked,
            *self.slot_units,
            *[self._stored(lots) for lots in self.lots],
            *on_the_way,
            *self.sold,
            *self._pace,
            *[min(lots[0].last_day - day, MOST_SHOWN_DAYS) if lots else 0 for lots in self.lots],
            *self.broken,
        ]
        return np.array(figures, np.float32) * SCALE

    @staticmethod
    def _stored(lots: Sequence[Lot]) -> int:
        units = 0
        for lot in lots:
            units += lot.stored
        return min(units, MOST_SHOWN_UNITS)

    # --- errands -----------------------------------------------------------------------------

    def _repair(self) -> None:
        if self.bank_cents >= self._parameters.repair_cents:
            self.bank_cents -= self._parameters.repair_cents
            self.broken, self.any_broken = [0] * PRODUCTS, False

    def _pay(self) -> None:
        """Pay last night's invoices; one that the bank cannot pay is dropped."""
        for group, order in enumerate(self.orders):
            if order is None or not order.bill_cents:
                continue
            if order.bill_cents > self.bank_cents:
                self.orders[group] = None
            else:
                self.bank_cents -= order.bill_cents
                self._send_off(order, group)

    def _send_off(self, order: Order, group: int) -> None:
        """Decide what of a paid order comes when; see `purchases.ship`."""
        row = self._rows[order.day]
        order.bill_cents = 0
        order.arrival_day = order.day + row[_ARRIVAL + group]
        order.arrival_minute = row[_MINUTE + group]
        missing_permille = row[_MISSING + group]
        for place, units in order.units.items():
            order.parcel[place] = units - units * missing_permille // 1000
        if row[_SWAPS + group]:
            self._swap(order, group, row[_HOUSE + group])

    def _swap(self, order: Order, group: int, house: int) -> None:
        levels = {
            place: self._unit_bill(house, place, units) for place, units in order.units.items()
        }
        largest = max(
            order.units, key=lambda place: (order.units[place] * levels[place], self._ranks[place])
        )
        bait_place, bait_cents = self._terms.bait[house, group].tolist()
        if bait_cents >= levels[largest]:
            return
        units = order.parcel.pop(largest)
        if bait_place >= 0:
            place = group * PER_SIZE + bait_place
            order.parcel[place] = order.parcel.get(place, 0) + units

    def _unit_bill(self, house: int, place: int, units: int) -> int:
        bills = self._bills[house][place]
        return int(bills[_LEVELS[units]] // units)

    def _write(self, action: Sequence[int], row: Sequence[int]) -> None:
        """Send the orders that can be sent; those of which no invoice will come are forgotten."""
        for group, order in enumerate(self.orders):
            if order is None and row[_ANSWERS + group]:
                self.orders[group] = self._ordered(action, row, group)

    def _ordered(self, action: Sequence[int], row: Sequence[int], group: int) -> Order | None:
        house, lots = row[_HOUSE + group], self.lots
        quote_cents = bill_cents = 0
        units: dict[int, int] = {}
        for place in _GROUPS[group]:
            level, count = action[PRODUCTS + place], len(lots[place])
            if count >= LOTS:
                return None
            if level and row[_LIST + place] and count < ORDERED_LOTS:
                units[place] = ORDER_UNITS[level]
                quote_cents += self._quotes[house][place][level]
                bill_cents += self._bills[house][place][level]
        if not units or quote_cents < row[_MINIMUM + group]:
            return None
        return Order(self.day, units, bill_cents)

    def _fill_slots(self) -> None:
        """Fill every slot from storage, each at its time of the day."""
        slot_units = self.slot_units
        for order in self.orders:
            if order is not None and order.arrival_day == self.day:
                self._unload(order, early=True)
        for place, lots in enumerate(self.lots):
            if lots:
                room = CAPACITIES[place] - slot_units[place]
                if room:
                    slot_units[place] += _fill(lots, room)

    def _unload(self, order: Order, *, early: bool) -> None:
        """Put the goods into storage that come before their slot is filled, or after it."""
        life = self._rows[order.day]
        for place, units in order.parcel.items():
            if units and (order.arrival_minute <= STOCK_MINUTES[place]) == early:
                _add(self.lots[place], order.day + life[_LIFE + place], units)

    # --- the day and the night ---------------------------------------------------------------

    def _break_down(self, row: Sequence[int]) -> None:
        self.broken = [
            int(was or now)
            for was, now in zip(self.broken, row[_FAULT : _FAULT + PRODUCTS], strict=True)
        ]
        self.any_broken = True

    def _sell(self, action: Sequence[int], row: Sequence[int]) -> int:
        """Sell the day's units; return the card money, and leave the cash in the machine."""
        slot_units, broken, pace = self.slot_units, self.broken, self._pace
        offered = [place for place in _ALL if slot_units[place] and not broken[place]]
        levels, variety = self._relatives, self._variety[len(offered)]
        relative = {place: levels[action[place]][place] for place in offered}
        sold, revenue_cents = [0] * PRODUCTS, 0
        for place in _ALL:
            if slot_units[place]:
                self._asked[place] = self._prices[action[place]][place]
        for place in offered:
            level = action[place]
            units = row[_APPETITE + place] * self._effects[level][place] * variety // 1_000_000
            rivals = self._rivals[place]
            if rivals and units:
                units = units * self._loyal_permille(place, relative, rivals) // 1000
            units = (units + row[_LUCK + place]) // 1000
            if row[_JAM]:
                share = self._parameters.card_share_permille
                units = (units * share + row[_CARD_LUCK + place]) // 1000
            units = min(units, slot_units[place])
            if units:
                sold[place] = units
                slot_units[place] -= units
                revenue_cents += units * self._prices[level][place]
                _take(self.lots[place], units)
            pace[place] += (1000 * units - pace[place]) // PACE_DAYS
        self.sold = sold
        share = 1000 if row[_JAM] else self._parameters.card_share_permille
        card_cents = revenue_cents * share // 1000
        self.cash_cents = revenue_cents - card_cents
        return card_cents

    def _loyal_permille(self, place: int, relative: dict[int, int], rivals: Sequence[int]) -> int:
        """Return what a product keeps beside its rivals; see `demand.loyal_permille`."""
        own, taken = relative[place], 0
        for rival in rivals:
            if rival in relative:
                part = 40 + (own - relative[rival]) * 3 // 10
                if part > 0:
                    taken += min(200, part)
        return 1000 - min(taken, 600) * self._parameters.rivalry_percent // 100

    def _take_fee(self) -> None:
        fee_cents = self._parameters.daily_fee_cents
        if self.bank_cents >= fee_cents:
            self.bank_cents -= fee_cents
            self.unpaid_days = 0
        else:
            self.unpaid_days += 1

    def _pass_night(self, row: Sequence[int]) -> None:
        """Throw away what has expired, let thieves come, and bring in what came during the day."""
        day = self.day
        for place, lots in enumerate(self.lots):
            while lots and lots[0].last_day <= day:
                self.slot_units[place] -= lots.pop(0).in_slot
        if row[_ANY_THEFT]:
            self._steal(row)
        for group, order in enumerate(self.orders):
            if order is not None and order.arrival_day == day:
                self._unload(order, early=False)
                self.orders[group] = None

    def _steal(self, row: Sequence[int]) -> None:
        self.cash_cents -= self.cash_cents * row[_CASH_THEFT] // 1000
        for place in _ALL:
            units = min(row[_STOLEN + place], self.slot_units[place])
            if units:
                self.slot_units[place] -= units
                _take(self.lots[place], units)


def ranks(names: Sequence[str]) -> list[int]:
    """Return the place of each name in alphabetical order."""
    return [sorted(names).index(name) for name in names]


def _add(lots: list[Lot], last_day: int, units: int) -> None:
    for index, lot in enumerate(lots):
        if lot.last_day == last_day:
            lot.stored += units
            return
        if lot.last_day > last_day:
            lots.insert(index, Lot(last_day, units))
            return
    lots.append(Lot(last_day, units))


def _fill(lots: Sequence[Lot], room: int) -> int:
    """Move the units that expire first from storage into the slot; return how many."""
    left = room
    for lot in lots:
        stored = lot.stored
        if stored:
            units = min(left, stored)
            lot.stored -= units
            lot.in_slot += units
            left -= units
            if not left:
                break
    return room - left


def _take(lots: list[Lot], units: int) -> None:
    """Take the units that expire first out of the slot, which has as many."""
    for lot in lots:
        taken = min(units, lot.in_slot)
        lot.in_slot -= taken
        units -= taken
        if not units:
            break
    if not all([lot.stored or lot.in_slot for lot in lots]):  # noqa: C419  a list is faster here
        lots[:] = [lot for lot in lots if lot.stored or lot.in_slot]
