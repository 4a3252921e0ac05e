"""The world of one seed as its manager meets it: goods, houses, and what each day brings.

Every draw is the vending world's own, of the same streams. Only what can matter to eight products
is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenure.envs.chance import Chance, below
from tenure.envs.clock import Calendar
from tenure.envs.vending.demand import Market, draw_market, price_permille
from tenure.envs.vending.manager.terms import (
    HOUSES,
    LASTING_DAYS,
    ORDER_UNITS,
    PER_SIZE,
    PRICE_PERCENT,
    PRODUCTS,
    SIZES,
    SLOTS,
    price_cents,
)
from tenure.envs.vending.mishaps import Mishaps, draw_mishaps
from tenure.envs.vending.products import (
    Product,
    Size,
    draw_catalogue,
    draw_handover,
    draw_last_day,
    pool,
)
from tenure.envs.vending.state import VendingParameters
from tenure.envs.vending.suppliers import Supplier, draw_suppliers
from tenure.envs.vending.weather import SKIES

Whole = NDArray[np.int64]
Rows = NDArray[np.int32]

_MOST_RELATIVE = 10_000
"""At so many thousandths of the reference price nothing is bought, nor taken from others."""

_DELIVERY_MINUTES = (9 * 60, 18 * 60 + 59)
_HALF, _LOW_HALF = np.uint64(32), np.uint64(2**32 - 1)


class Column(NamedTuple):
    """Neighbouring columns of a day's row."""

    name: str
    size: int


COLUMNS = (
    Column("weekday", 7),
    Column("month", 1),
    Column("sky", len(SKIES)),
    Column("celsius", 1),
    Column("event_today", 1),
    Column("event_tomorrow", 1),
    Column("list_cents", PRODUCTS),
    Column("minimum_cents", len(SIZES)),
    Column("appetite", PRODUCTS),
    Column("luck", PRODUCTS),
    Column("card_luck", PRODUCTS),
    Column("fault", PRODUCTS),
    Column("any_fault", 1),
    Column("jam", 1),
    Column("cash_theft_permille", 1),
    Column("stolen_units", PRODUCTS),
    Column("any_theft", 1),
    Column("house", len(SIZES)),
    Column("answers", len(SIZES)),
    Column("arrival_days", len(SIZES)),
    Column("arrival_minute", len(SIZES)),
    Column("missing_permille", len(SIZES)),
    Column("swaps", len(SIZES)),
    Column("life_days", PRODUCTS),
)
"""A day's row. From `house` on: what comes of an order that is sent on that day and paid the next;
`arrival_days` and `life_days` (until the goods' last day) count from that day."""

_ENDS = list(accumulate(column.size for column in COLUMNS))
AT = {
    column.name: slice(end - column.size, end) for column, end in zip(COLUMNS, _ENDS, strict=True)
}
WIDTH = _ENDS[-1]


@dataclass(frozen=True, slots=True)
class Terms:
    """What stays the same through an episode.

    Arrays are of whole numbers. Houses are the clerk's, in the order in which it turns to them.

    Attributes:
        products: Eight products, small ones first.
        houses: By size.
        average_cents: Average list price by product.
        keeps_days: By product.
        price_cents: By price level and product.
        effect_permille: What a price does to demand, by level and product.
        relative_permille: Price over reference price, by level and product.
        rivals: 1 where two products are of one category, by product and product.
        variety_permille: By number of distinct products on offer.
        quote_cents: What a line costs by the price list, by house, product and order level.
        bill_cents: What a line costs on the invoice.
        bait: By house and size: the place of the product that is delivered instead of others
            (-1 for none of the eight), and its price on an invoice.
        handover: By product: units in storage at the start, and their last day.
        rows: By day, the columns of `COLUMNS`; the row after the last day is 0.
    """

    products: tuple[Product, ...]
    houses: tuple[tuple[Supplier, ...], ...]
    average_cents: Whole
    keeps_days: Whole
    price_cents: Whole
    effect_permille: Whole
    relative_permille: Whole
    rivals: Whole
    variety_permille: Whole
    quote_cents: Whole
    bill_cents: Whole
    bait: Whole
    handover: Whole
    rows: Rows


class Range(NamedTuple):
    """What is traded in one size, and with whom.

    Attributes:
        products: Four.
        houses: One after the other, at most four.
    """

    products: tuple[Product, ...]
    houses: tuple[Supplier, ...]


def draw_terms(parameters: VendingParameters, seed: int) -> Terms:
    """Draw a seed's world."""
    chance = Chance(seed)
    catalogue = draw_catalogue(chance, parameters.shelf_life_percent)
    suppliers = draw_suppliers(chance, catalogue, parameters)
    averages = average_list_cents(suppliers)
    ranges = [choose(catalogue, suppliers, averages, size) for size in SIZES]
    products = tuple(product for one in ranges for product in one.products)
    market = _draw_market(parameters, chance, products)
    own_cents = [averages.get(product.id, product.wholesale_cents) for product in products]
    prices = _prices_by_level(own_cents)
    return Terms(
        products=products,
        houses=tuple(one.houses for one in ranges),
        average_cents=np.array(own_cents),
        keeps_days=np.array([product.keeps_days for product in products]),
        price_cents=np.array(prices),
        effect_permille=_by_level(prices, products, price_permille),
        relative_permille=_by_level(prices, products, _relative_permille),
        rivals=np.array([[_are_rivals(one, two) for one in products] for two in products]),
        variety_permille=np.array(market.variety_permille),
        quote_cents=_lines_cents(ranges, invoiced=False),
        bill_cents=_lines_cents(ranges, invoiced=True),
        bait=np.array([_bait(one) for one in ranges]).transpose(1, 0, 2),
        handover=_draw_handover(chance, catalogue, products, parameters.handover_units),
        rows=_draw_rows(parameters, chance, market, ranges),
    )


# --- what is traded -------------------------------------------------------------------------------


def average_list_cents(suppliers: Sequence[Supplier]) -> dict[str, int]:
    """Return each product's average price on the lists that houses send who is no member."""
    told: dict[str, list[int]] = {}
    for house in _tellers(suppliers):
        for product_id in house.prices_cents:
            told.setdefault(product_id, []).append(house.unit_cents(product_id, 1))
    return {product_id: sum(cents) // len(cents) for product_id, cents in told.items()}


def choose(
    catalogue: Sequence[Product],
    suppliers: Sequence[Supplier],
    averages: Mapping[str, int],
    size: Size,
) -> Range:
    """Choose what to trade in one size, from price lists alone.

    Of each house that sends a list to who is no member, the four products that are cheapest against
    their average list price, those that keep two weeks first. The house with most of these that
    keep two weeks is taken, then the one whose four prices are lowest against the averages, then
    the first. When it closes, the next is the open house that has most of the four, then the one
    cheapest for these, then the first.
    """
    goods = {product.id: product for product in catalogue if product.size == size}
    tellers = _tellers(suppliers)

    def dearness(house: Supplier, product_id: str) -> int:
        return house.unit_cents(product_id, 1) * 1000 // averages[product_id]

    def best_of(house: Supplier) -> list[str]:
        carried = [product_id for product_id in house.prices_cents if product_id in goods]
        return sorted(carried, key=lambda i: (_spoils(goods[i]), dearness(house, i), i))[:PER_SIZE]

    def first_rank(house: Supplier) -> tuple[int, int]:
        best = best_of(house)
        lasting = sum(not _spoils(goods[product_id]) for product_id in best)
        return -lasting, sum(dearness(house, product_id) for product_id in best)

    def next_rank(house: Supplier) -> tuple[int, int]:
        carried = [product_id for product_id in chosen if product_id in house.prices_cents]
        return -len(carried), sum(dearness(house, product_id) for product_id in carried)

    houses = [min(tellers, key=first_rank)] if tellers else []
    best = best_of(houses[0]) if houses else []
    spare = [product_id for product_id in sorted(goods) if product_id not in best]
    chosen = (best + spare)[:PER_SIZE]
    while houses and len(houses) < HOUSES:
        closing_day = houses[-1].practice.closing_day
        if closing_day is None:
            break
        left = [one for one in tellers if not one.practice.is_closed(closing_day)]
        left = [one for one in left if next_rank(one)[0]]
        if not left:
            break
        houses.append(min(left, key=next_rank))
    return Range(tuple(goods[product_id] for product_id in chosen), tuple(houses))


def _tellers(suppliers: Sequence[Supplier]) -> list[Supplier]:
    return [house for house in suppliers if not house.practice.fee_cents]


def _spoils(product: Product) -> bool:
    return product.keeps_days < LASTING_DAYS


def _are_rivals(one: Product, other: Product) -> int:
    return int(one.category == other.category and one.id != other.id)


def _relative_permille(product: Product, cents: int) -> int:
    return min(_MOST_RELATIVE, cents * 1000 // product.reference_cents)


def _prices_by_level(own_cents: Sequence[int]) -> list[list[int]]:
    """Return what each product is sold for, by level, from its average list price."""
    levels = range(len(PRICE_PERCENT))
    return [[price_cents(cents, level) for cents in own_cents] for level in levels]


def _by_level(
    prices: Sequence[Sequence[int]],
    products: Sequence[Product],
    rule: Callable[[Product, int], int],
) -> Whole:
    return np.array([[rule(*pair) for pair in zip(products, row, strict=True)] for row in prices])


# --- what it costs --------------------------------------------------------------------------------


def _lines_cents(ranges: Sequence[Range], *, invoiced: bool) -> Whole:
    """Return what a line costs by the invoice or by the list, by house, product and level."""
    return np.concatenate([_lines_of(one, invoiced=invoiced) for one in ranges], axis=1)


def _lines_of(one: Range, *, invoiced: bool) -> Whole:
    """Return what a line costs, by house, product and level; 0 if the house does not carry it."""
    cents = np.zeros((HOUSES, PER_SIZE, len(ORDER_UNITS)), np.int64)
    for number, house in enumerate(one.houses):
        unit_cents = house.invoiced_cents if invoiced else house.unit_cents
        for place, product in enumerate(one.products):
            if product.id in house.prices_cents:
                cents[number, place] = [
                    units * unit_cents(product.id, units) for units in ORDER_UNITS
                ]
    return cents


def _bait(one: Range) -> list[list[int]]:
    """Return for each house the place of its cheapest product of the size, and its price."""
    chosen = [product.id for product in one.products]
    found = []
    for house in one.houses:
        of_size = [i for i in house.prices_cents if _sizes()[i] == one.products[0].size]
        cheapest = min(of_size, key=lambda i: (house.prices_cents[i], i))
        place = chosen.index(cheapest) if cheapest in chosen else -1
        found.append([place, house.invoiced_cents(cheapest, 1)])
    return found + [[-1, 0]] * (HOUSES - len(found))


@cache
def _sizes() -> dict[str, Size]:
    return {entry.id: entry.size for entry in pool()}


def _draw_handover(
    chance: Chance, catalogue: Sequence[Product], products: Sequence[Product], units: int
) -> Whole:
    left = {product.id for product in draw_handover(chance, catalogue)} if units else set()
    return np.array(
        [
            [units, draw_last_day(chance, product, "previous owner", 0)]
            if product.id in left
            else [0, 0]
            for product in products
        ]
    )


# --- what a day brings ----------------------------------------------------------------------------


def _draw_market(
    parameters: VendingParameters, chance: Chance, products: Sequence[Product]
) -> Market:
    return draw_market(
        chance,
        products,
        Calendar(parameters.start_date, 0),
        parameters.horizon_days,
        local_events_per_1000_days=parameters.local_events_per_1000_days,
        weather_effect_percent=parameters.weather_effect_percent,
        rivalry_percent=parameters.rivalry_percent,
    )


def _draw_mishaps(parameters: VendingParameters, chance: Chance) -> Mishaps:
    return draw_mishaps(
        chance,
        parameters.horizon_days,
        faults_per_1000_days=parameters.machine_faults_per_1000_days,
        jams_per_1000_days=parameters.coin_jams_per_1000_days,
        thefts_per_1000_days=parameters.thefts_per_1000_days,
    )


def _draw_rows(
    parameters: VendingParameters, chance: Chance, market: Market, ranges: Sequence[Range]
) -> Rows:
    """Return what each day brings, and a row of zeros for the day after the last."""
    days = parameters.horizon_days
    products = [product for one in ranges for product in one.products]
    rows = np.zeros((days + 1, WIDTH), np.int32)
    _write_calendar(rows, Calendar(parameters.start_date, 0), market, days)
    _write_demand(rows, market, products, days)
    _write_mishaps(rows, chance, _draw_mishaps(parameters, chance), products)
    for group, one in enumerate(ranges):
        _write_trade(rows, chance, one, group, days)
    return rows


def _write_calendar(rows: Rows, calendar: Calendar, market: Market, days: int) -> None:
    weekdays = np.array([calendar.weekday(day) for day in range(days)])
    rows[:-1, AT["weekday"]] = np.eye(7, dtype=np.int64)[weekdays]
    rows[:-1, AT["month"].start] = [calendar.month(day) for day in range(days)]
    skies = np.array([SKIES.index(one.sky) for one in market.weather])
    rows[:-1, AT["sky"]] = np.eye(len(SKIES), dtype=np.int64)[skies]
    rows[:-1, AT["celsius"].start] = [one.celsius for one in market.weather]
    for event in market.events:
        sign = 1 if event.traffic_permille > 1000 else -1
        if 0 < event.first_day <= days:
            rows[event.first_day - 1, AT["event_tomorrow"].start] = sign
        if not event.is_cancelled:
            rows[event.first_day : min(event.end_day, days), AT["event_today"].start] = sign


def _write_demand(rows: Rows, market: Market, products: Sequence[Product], days: int) -> None:
    for place, product in enumerate(products):
        rows[:days, AT["appetite"].start + place] = market.appetite_milliunits[product.id]
        rows[:days, AT["luck"].start + place] = market.luck_milliunits[product.id]


def _write_mishaps(
    rows: Rows, chance: Chance, mishaps: Mishaps, products: Sequence[Product]
) -> None:
    for day, slots in mishaps.faults.items():
        rows[day, AT["fault"]] = [int(slot in slots) for slot in SLOTS]
        rows[day, AT["any_fault"].start] = int(any(slot in slots for slot in SLOTS))
    for day in mishaps.jams:
        rows[day, AT["jam"].start] = 1
        rows[day, AT["card_luck"]] = [
            below(chance.word("card customers", product.id, at=day), 1000) for product in products
        ]
    for day, theft in mishaps.thefts.items():
        rows[day, AT["cash_theft_permille"].start] = theft.cash_permille
        rows[day, AT["any_theft"].start] = 1
        if not theft.cash_permille and theft.slot in SLOTS:
            rows[day, AT["stolen_units"].start + SLOTS.index(theft.slot)] = theft.units


def _write_trade(rows: Rows, chance: Chance, one: Range, group: int, days: int) -> None:
    """Write what comes of the orders of each day, of which the last is never paid."""
    first_day = 0
    for number, house in enumerate(one.houses):
        closing_day = house.practice.closing_day
        end_day = days if closing_day is None else min(days, closing_day)
        if first_day < end_day:
            span = slice(first_day, end_day)
            rows[span, AT["house"].start + group] = number
            rows[span, AT["minimum_cents"].start + group] = house.minimum_order_cents
            for place, product in enumerate(one.products):
                rows[span, AT["list_cents"].start + group * PER_SIZE + place] = (
                    house.unit_cents(product.id, 1) if product.id in house.prices_cents else 0
                )
            order_days = range(max(1, first_day), end_day - 1)
            _write_orders(rows, chance, one, house, group=group, order_days=order_days)
        first_day = max(first_day, end_day)


def _write_orders(
    rows: Rows, chance: Chance, one: Range, house: Supplier, *, group: int, order_days: range
) -> None:
    """Write what comes of orders that are paid on the next day, as `purchases.ship` has it."""
    if not order_days:
        return
    paid_days, practice = range(order_days.start + 1, order_days.stop + 1), house.practice
    words = _Words(chance, house.id, paid_days)
    lead_days = words.between("lead-days", *house.lead_days)
    minutes = words.between("delivery-minute", *_DELIVERY_MINUTES)
    is_late = words.below("late", 1000) < practice.late_permille
    late_days = is_late * words.between("days late", *practice.late_days)
    is_short = words.below("short", 1000) < practice.short_permille
    missing = is_short * words.between("missing", *practice.missing_permille)
    arrivals = np.array(paid_days) + lead_days + late_days
    if practice.closing_day is not None:
        in_distress = np.array(paid_days) >= practice.closing_day - practice.distress_days
        is_lost = in_distress | (arrivals >= practice.closing_day)
        arrivals = np.where(is_lost, practice.closing_day - 1, arrivals)
        missing = np.where(is_lost, 1000, missing)
    span = slice(order_days.start, order_days.stop)
    for name, values in {
        "answers": 1,
        "arrival_days": arrivals - np.array(order_days),
        "arrival_minute": minutes,
        "missing_permille": missing,
        "swaps": words.below("swap", 1000) < practice.swap_permille,
    }.items():
        rows[span, AT[name].start + group] = values
    for place, product in enumerate(one.products):
        ages = product.shelf_days - product.keeps_days + 1
        words = _Words(chance, house.id, range(int(arrivals.max()) + 1))
        age_days = words.below(f"age of {product.id}", ages)[arrivals]
        rows[span, AT["life_days"].start + group * PER_SIZE + place] = (
            arrivals - np.array(order_days) + product.shelf_days - age_days
        )


class _Words:
    """The words of one entity on some days, mapped to whole numbers."""

    def __init__(self, chance: Chance, entity: str, days: range) -> None:
        self._chance, self._entity, self._days = chance, entity, days

    def below(self, stream: str, bound: int) -> Whole:
        """Map each day's word to [0, bound), as `chance.below` does; the bound is below 2**32."""
        if bound == 1:
            return np.zeros(len(self._days), np.int64)
        words = np.array(
            self._chance.words(stream, self._entity, start=self._days.start, count=len(self._days)),
            np.uint64,
        )
        high, low = words >> _HALF, words & _LOW_HALF
        factor = np.uint64(bound)
        return ((high * factor + (low * factor >> _HALF)) >> _HALF).astype(np.int64)

    def between(self, stream: str, low: int, high: int) -> Whole:
        """Map each day's word to [low, high]."""
        return low + self.below(stream, high - low + 1)
