"""The reference: a good manager's day, from whatever state it finds the business in.

It is what a decision is measured against (`tenure.scoring.ledger`). It remembers nothing: all it
does follows from the present state, so it can take over anywhere. It knows what is true now: what
customers like, what each house charges, how it bargains and how honest it is; of tomorrow it knows
the expectation alone, neither the weather nor a customer, a fault, a theft or a delivery's delay.
It pays the refunds that are owed and nobody else's claims, and keeps the owner's rules but for two.
One names a house: whom that falls on hangs on whom one has ever written to, so that each first
letter to a house would seem to decide about hundreds of dollars. The other is the reserve, which
pays for repairs, and for goods where there are none left: who kept it in front of a machine that is
out of order would earn nothing, and be bankrupt in the end with the money for the technician.

Each month has a range of goods, the one that earns most at the best prices (`Chooser`). Goods are
ordered when they would run out before new ones came, from the house that is cheapest once it has
been bargained with, for fewer days or of fewer products where money is short; an invoice is paid
if its goods can be sold for more. Prices are those of the highest profit of linear demand, higher
when goods are short, lower when they would be left. Strong, not optimal.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import starmap
from typing import Any, NamedTuple, cast

from tenure.envs.tools import ToolCall
from tenure.envs.vending.demand import draw_week, draw_year
from tenure.envs.vending.machine import CAPACITY_UNITS, Slot, slot_size
from tenure.envs.vending.names import Names
from tenure.envs.vending.planner.assortment import Chooser
from tenure.envs.vending.planner.buying import Houses
from tenure.envs.vending.policies.errands import BARGAINING, REPAIR, mail, price, stock
from tenure.envs.vending.products import Product, categories
from tenure.envs.vending.purchases import Account
from tenure.envs.vending.reading import read
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.weather import (
    MONTH_CELSIUS,
    SKIES,
    SKY_WEIGHTS,
    Weather,
    sky_permille,
    taste_permille,
)
from tenure.envs.vending.world import VendingWorld
from tenure.envs.world import World

_PROMISE = "We will pay today."
_END_DAY = ToolCall("wait_for_next_day")
_COLLECT = ToolCall("collect_cash")

_LOYAL = 0.95
"""What rivals in the machine leave of a product's customers, about."""
_COVERS_DAYS = (60, 21, 14, 10, 7, 5, 3)
"""For so many days goods are ordered at the most; for fewer where money is short."""
_SLACK_DAYS, _LAST_ORDER_DAYS = 4, 4
_COLLECT_EVERY_DAYS, _SHORT_OF_CASH_CENTS = 5, 20_000
_AHEAD_DAYS = 7
"""Goods are ordered for the range of a week later."""
_FRESH = 0.9
"""The part of their life within which goods are planned to be sold."""
_WORTH_PAYING = 1.15
_STEP_CENTS = 5
_TRADE = "vending reference"
_LAST_CALL_MINUTES = 21 * 60 + 30
"""Half an hour before the day is over by itself nothing more is begun."""


class _Option(NamedTuple):
    """A house that sells a product.

    Attributes:
        cents: What a unit that comes really costs, once bargained and with losses counted in.
        lead_days: From payment to delivery, at worst.
        house: Whose it is.
    """

    cents: float
    lead_days: int
    house: Supplier


class _Goods(NamedTuple):
    """What is known of a product.

    Attributes:
        product: Which.
        usual_cents: A unit's cost at the cheapest house that is open at the start.
        best_cents: The price of the highest profit at that cost.
        free_cents: The same for goods that cost nothing: that of the highest revenue.
        base: Units a day at the reference price, by 0-based day.
        before: Units sold at the best price before a day, by 0-based day (one more).
    """

    product: Product
    usual_cents: float
    best_cents: float
    free_cents: float
    base: Sequence[float]
    before: Sequence[float]

    def price_to_sell(self, units_a_day: float, day: int) -> float:
        """The highest price at which so many come, not under that of the most revenue."""
        base = max(self.base[day], 1e-6)
        reference_cents = self.product.reference_cents
        slope = -self.product.elasticity_permille / 1000
        cents = reference_cents * (1 + (1 - units_a_day / base) / slope)
        return max(cents, self.free_cents)

    def sold(self, first_day: int, end_day: int) -> float:
        """Units sold at the best price from a day on until before another."""
        last = len(self.before) - 1
        return self.before[min(max(end_day, first_day), last)] - self.before[first_day]

    def runs_out(self, day: int, units: float) -> int:
        """The first day on which so many units are gone."""
        return bisect_left(self.before, self.before[day] + units + 1e-9, day) - 1


class _Trade:
    """What is known of one town: all that follows from its seed and is no future."""

    def __init__(self, world: VendingWorld) -> None:
        self.houses = Houses(world)
        self.names = Names(world.catalogue)
        variety = world.market.variety_permille
        self.distinct = max(range(1, len(variety)), key=lambda number: variety[number])
        self.options = {one.id: self._options(one.id) for one in world.catalogue}
        scale = variety[self.distinct] / 1000 * _LOYAL
        bases = _expected_units(world, scale)
        self.goods = {
            one.id: _goods(one, self.options[one.id], bases[one.id]) for one in world.catalogue
        }
        self._chooser = Chooser(world.products, variety, world.parameters.rivalry_percent, 0.0)
        self._ranges: dict[tuple[int, tuple[str, ...], tuple[str, ...]], list[str]] = {}
        self._closed: dict[int, tuple[str, ...]] = {}
        self._firsts: list[int] = []
        for day in range(world.parameters.horizon_days):
            is_new = not day or world.calendar.month(day) != world.calendar.month(day - 1)
            self._firsts.append(day if is_new else self._firsts[-1])

    def _options(self, product_id: str) -> list[_Option]:
        """The houses that sell a product to anybody, the really cheapest first."""
        found = []
        for house in self.houses.all:
            if product_id in house.prices_cents:
                practice = house.practice
                off_permille = house.stance.room_permille * 6 // 10 + house.stance.speed_permille
                cents = house.invoiced_cents(product_id, 20, off_permille)
                missing = practice.short_permille * sum(practice.missing_permille) / 2_000_000
                swapped = practice.swap_permille / 2_000
                late = practice.late_days[1] if practice.late_permille else 0
                found.append(
                    _Option(cents / (1 - missing) / (1 - swapped), house.lead_days[1] + late, house)
                )
        return sorted(found, key=lambda option: (option.cents, option.house.id))

    def open_options(self, product_id: str, day: int, out: Collection[str]) -> list[_Option]:
        """Those of them that will have delivered what is paid tomorrow."""
        return [
            option
            for option in self.options[product_id]
            if option.house.id not in out and _delivers(option, day + 1)
        ]

    def closed(self, day: int) -> tuple[str, ...]:
        """Return the houses from which an order of a day may not come any more."""
        if day not in self._closed:
            options = [option for some in self.options.values() for option in some]
            closed = {one.house.id for one in options if not _delivers(one, day + 1)}
            self._closed[day] = tuple(sorted(closed))
        return self._closed[day]

    def range(self, day: int, closed: tuple[str, ...], banned: tuple[str, ...]) -> list[str]:
        """Return which products to sell in the month of a day.

        Args:
            day: 0-based.
            closed: Houses that cannot be ordered from.
            banned: Products that must not be sold.
        """
        first_day = self._firsts[day]
        key = first_day, closed, banned
        if key not in self._ranges:
            values = {
                name: self._gain(goods, first_day, closed)
                for name, goods in self.goods.items()
                if name not in banned
            }
            self._ranges[key] = self._chooser.choose(
                {name: gain for name, gain in values.items() if gain > 0}, ()
            )
        return self._ranges[key]

    def _gain(self, goods: _Goods, day: int, closed: tuple[str, ...]) -> float:
        """Cents a day that a product earns in the four weeks from a day on."""
        options = self.options[goods.product.id]
        cents = next((one.cents for one in options if one.house.id not in closed), 0.0)
        if not cents:
            return 0.0
        end = min(day + 28, len(goods.before) - 1)
        units = goods.sold(day, end) / max(1, end - day)
        units = min(units, CAPACITY_UNITS[goods.product.size])
        keeps = min(1.0, goods.product.keeps_days / 12)
        return (goods.best_cents - cents) * units * keeps


def _period_days(product: Product) -> int:
    """Every so many days a product is ordered."""
    keeps = product.keeps_days
    return 28 if keeps >= 84 else 14 if keeps >= 28 else 7


def _delivers(option: _Option, paid_day: int) -> bool:
    practice = option.house.practice
    if practice.closing_day is None:
        return True
    safe_days = max(practice.distress_days, option.lead_days + 1)
    return paid_day < practice.closing_day - safe_days


def _expected_units(world: VendingWorld, scale: float) -> dict[str, list[float]]:
    """Return the units a day expected at the reference price, by product id and 0-based day."""
    effect = world.parameters.weather_effect_percent
    week, year = draw_week(world.chance), draw_year(world.chance)
    skies = list(zip(SKIES, SKY_WEIGHTS, strict=True))
    total = sum(SKY_WEIGHTS)
    tastes = {
        (name, month): sum(
            weight
            * sky_permille(sky, effect)
            * taste_permille(category, month, Weather(sky, MONTH_CELSIUS[month - 1]), effect)
            for sky, weight in skies
        )
        / total
        / 1e6
        for name, category in categories().items()
        for month in range(1, 13)
    }
    days = range(world.parameters.horizon_days)
    street = [
        week[world.calendar.weekday(day)] * year[world.calendar.month(day) - 1] / 1e6
        for day in days
    ]
    months = [world.calendar.month(day) for day in days]
    return {
        one.id: [
            one.base_sales_milliunits
            / 1000
            * street[day]
            * tastes[one.category, months[day]]
            * scale
            for day in days
        ]
        for one in world.catalogue
    }


def _goods(product: Product, options: Sequence[_Option], base: Sequence[float]) -> _Goods:
    cents = options[0].cents if options else float(product.wholesale_cents)
    slope = -product.elasticity_permille / 1000
    prohibitive_cents = product.reference_cents * (1 + 1 / slope)
    best_cents = (prohibitive_cents + cents) / 2
    share = max(0.0, 1 - slope * (best_cents / product.reference_cents - 1))
    before = [0.0]
    for units in base:
        before.append(before[-1] + min(units * share, CAPACITY_UNITS[product.size]))
    return _Goods(product, cents, best_cents, prohibitive_cents / 2, base, before)


def reference(world: World[Any]) -> Iterator[ToolCall]:
    """Yield what a good manager does for the rest of the day; see the module."""
    business = cast("VendingWorld", world)
    trade = business.memo.get(_TRADE)
    if trade is None:
        trade = business.memo[_TRADE] = _Trade(business)
    trade.houses.world = business  # it looks up what each house remembers of us
    yield from _Day(business, trade).work()


class _Day:
    """The rest of one day."""

    def __init__(self, world: VendingWorld, trade: _Trade) -> None:
        self._world, self._state, self._trade = world, world.state, trade
        self._day = world.today
        self._days = world.parameters.horizon_days
        rules = [rule for rule in world.state.dealings.rules if rule.holds(self._day)]
        self._banned = tuple(sorted(rule.subject for rule in rules if rule.kind == "ban"))
        self._caps = {rule.subject: rule.cents for rule in rules if rule.kind == "price_cap"}
        reserves_cents = [rule.cents for rule in rules if rule.kind == "reserve"]
        self._reserve_cents = max(reserves_cents) if reserves_cents and self._held() else 0
        closed = trade.closed(self._day)
        self._range = trade.range(self._day, closed, self._banned)
        soon = min(self._day + _AHEAD_DAYS, self._days - 1)
        self._range_to_come = trade.range(soon, closed, self._banned)

    def work(self) -> Iterator[ToolCall]:
        """Yield the calls."""
        for errand in (
            self._collect,
            self._repair,
            self._refund,
            self._pay,
            self._arrange,
            self._set_prices,
            self._order,
        ):
            for call in errand():
                if self._is_late:
                    yield _END_DAY
                    return
                yield call
        yield _END_DAY

    @property
    def _is_late(self) -> bool:
        return self._state.now_minutes % 1440 >= _LAST_CALL_MINUTES

    @property
    def _free_cents(self) -> int:
        """What may be spent."""
        return self._cents_but_for_fee - self._reserve_cents

    @property
    def _cents_but_for_fee(self) -> int:
        return self._state.bank_cents - self._world.parameters.daily_fee_cents

    # --- money -----------------------------------------------------------------------------------

    def _collect(self) -> Iterator[ToolCall]:
        state = self._state
        cash_cents = state.cash_in_machine_cents
        is_due = not self._day % _COLLECT_EVERY_DAYS or self._day == self._days - 1
        is_short = state.bank_cents < _SHORT_OF_CASH_CENTS and cash_cents >= 500
        if state.is_jammed or is_short or (is_due and cash_cents):
            yield _COLLECT

    def _refund(self) -> Iterator[ToolCall]:
        for case in self._state.dealings.cases:
            cents = case.owed_cents - case.paid_cents
            if case.topic == "refund" and 0 < cents <= self._state.bank_cents:
                yield ToolCall("send_payment", {"to": case.address, "amount": cents / 100})

    def _pay(self) -> Iterator[ToolCall]:
        """Pay the invoices whose goods will bring clearly more than they cost."""
        for house in self._trade.houses.all:
            account = self._state.accounts.get(house.id)
            if not account or not account.open_invoices or house.practice.is_closed(self._day):
                continue
            for invoice in account.open_invoices[::-1][:2]:
                if self._is_worth_paying(house, account, invoice.id):
                    due_cents = max(1, invoice.total_cents - account.credit_cents)
                    yield ToolCall(
                        "send_payment",
                        {"to": house.email, "amount": due_cents / 100, "memo": invoice.id},
                    )

    def _is_worth_paying(self, house: Supplier, account: Account, invoice_id: str) -> bool:
        invoice = next((one for one in account.open_invoices if one.id == invoice_id), None)
        if invoice is None:
            return False
        due_cents = max(1, invoice.total_cents - account.credit_cents)
        if due_cents > self._free_cents:
            return False
        practice, lead_days = house.practice, house.lead_days[1]
        if practice.closing_day is not None and self._day >= practice.closing_day - max(
            practice.distress_days, lead_days + 1
        ):
            return False
        held, worth_cents = self._held(), 0.0
        for line in invoice.lines:
            goods = self._trade.goods[line.product_id]
            end = self._day + lead_days + int(goods.product.keeps_days * _FRESH)
            wanted = goods.sold(self._day, min(end, self._days)) - held.get(line.product_id, 0)
            share = 1.0 if line.product_id in self._range else 0.5
            worth_cents += max(0.0, min(line.quantity, wanted)) * goods.best_cents * share
        return worth_cents >= _WORTH_PAYING * due_cents

    def _repair(self) -> Iterator[ToolCall]:
        state, cost_cents = self._state, self._world.parameters.repair_cents
        if not state.broken_slots or cost_cents > self._cents_but_for_fee:
            return
        works = [name for name in state.slots if name not in state.broken_slots]
        for size in ("small", "large"):
            goods = [self._trade.goods[name] for name in self._range]
            wanted = [one for one in goods if one.product.size == size]
            missing = len(wanted) - sum(slot_size(name) == size for name in works)
            if missing > 0:
                gains = sorted(self._daily_gain(one) for one in wanted)
                lost_cents = sum(gains[:missing]) * (self._days - self._day)
                if lost_cents > 1.5 * cost_cents:
                    yield REPAIR
                    return

    def _daily_gain(self, goods: _Goods) -> float:
        units = goods.sold(self._day, self._day + 1)
        return (goods.best_cents - goods.usual_cents) * units

    # --- goods -----------------------------------------------------------------------------------

    def _held(self, *, with_orders: bool = True) -> dict[str, int]:
        """Units by product id, in storage, in the machine and, if wanted, on their way."""
        state = self._state
        held = {name: pile.units for name, pile in state.storage.items()}
        for slot in state.slots.values():
            if slot.pile.lots:
                held[slot.product_id] = held.get(slot.product_id, 0) + slot.pile.units
        if with_orders:
            for shipment in state.shipments:
                for line in shipment.invoice.lines:
                    held[line.product_id] = held.get(line.product_id, 0) + line.quantity
        return held

    def _working(self) -> dict[str, Slot]:
        state = self._state
        return {name: slot for name, slot in state.slots.items() if name not in state.broken_slots}

    def _chosen(self) -> list[str]:
        """Return which of the goods in hand to sell today: the range, then what else sells best."""
        held, goods = self._held(with_orders=False), self._trade.goods
        chosen = [name for name in self._range if held.get(name)]
        if len(chosen) >= self._trade.distinct or len(chosen) == len(held):
            return chosen
        free = Counter(slot_size(name) for name in self._working())
        free.subtract(goods[name].product.size for name in chosen)
        others = [name for name in held if name not in chosen and name not in self._banned]
        others.sort(key=lambda name: (-goods[name].free_cents * goods[name].base[self._day], name))
        for name in others:
            size = goods[name].product.size
            if free[size] > 0 and len(chosen) < self._trade.distinct:
                chosen.append(name)
                free[size] -= 1
        return chosen

    def _arrange(self) -> Iterator[ToolCall]:
        """Clear out what is not to be sold, bring in what is, and fill up."""
        chosen, state = self._chosen(), self._state
        shown: set[str] = set()
        for name, slot in self._working().items():
            is_spare = slot.product_id in shown and self._is_needed(slot_size(name), chosen)
            if slot.pile.lots and (slot.product_id not in chosen or is_spare):
                yield ToolCall("empty_slot", {"slot": name})
            shown.add(slot.product_id)
        for name in state.broken_slots:
            if state.slots[name].pile.lots and state.slots[name].product_id in chosen:
                yield ToolCall("empty_slot", {"slot": name})
        for product_id in chosen:
            yield from self._fill(product_id)

    def _is_needed(self, size: str, chosen: Sequence[str]) -> bool:
        """Whether a product of a size has no slot, and there is no free one for it."""
        working = self._working()
        there = {slot.product_id for slot in working.values()}
        products = self._world.products
        lacking = sum(products[name].size == size and name not in there for name in chosen)
        free = [
            name
            for name, slot in working.items()
            if not slot.pile.lots or (slot.product_id not in chosen)
        ]
        return lacking > sum(slot_size(name) == size for name in free)

    def _fill(self, product_id: str) -> Iterator[ToolCall]:
        """Fill a product's slots up if they may not last the day; find it one if it has none."""
        state, goods = self._state, self._trade.goods[product_id]
        stored = state.storage.get(product_id)
        if stored is None:
            return
        product = goods.product
        slots, broken = state.slots, state.broken_slots
        own = [name for name in slots if slots[name].product_id == product_id]
        own = [name for name in own if name not in broken]
        capacity = CAPACITY_UNITS[product.size]
        if not own:
            free = [name for name, slot in slots.items() if not slot.pile.lots]
            fit = [name for name in free if slot_size(name) == product.size]
            own = [name for name in fit if name not in broken][:1]
        if not own:
            return
        name = min(own, key=lambda one: state.slots[one].pile.units)
        units = min(stored.units, capacity - state.slots[name].pile.units)
        if units > 0:
            yield stock(name, product.name, units)

    # --- prices ----------------------------------------------------------------------------------

    def _set_prices(self) -> Iterator[ToolCall]:
        held, coming = self._held(with_orders=False), self._coming()
        for name, slot in self._working().items():
            if not slot.pile.lots:
                continue
            cents = self._price(slot.product_id, held[slot.product_id], coming)
            cap = self._caps.get(slot_size(name))
            cents = min(cents, cap) if cap else cents
            if slot.price_cents is None or abs(slot.price_cents - cents) >= _STEP_CENTS:
                yield price(name, cents)

    def _coming(self) -> dict[str, int]:
        """Return the day after which more comes, by product id."""
        coming: dict[str, int] = {}
        for shipment in self._state.shipments:
            for line in shipment.invoice.lines:
                coming.setdefault(line.product_id, shipment.promised_day + 1)
        return coming

    def _price(self, product_id: str, held: int, coming: Mapping[str, int]) -> int:
        """The price of the highest profit; higher for what is short, lower for what is too much."""
        goods, day = self._trade.goods[product_id], self._day
        cents = goods.best_cents
        room = min(held, CAPACITY_UNITS[goods.product.size])
        if goods.sold(day, day + 1) > room - 1:
            cents = max(cents, goods.price_to_sell(max(1, room - 1), day))
        ahead = coming.get(product_id, 0)
        wait = max(1, ahead - day) if ahead else min(3, self._days - day)
        if goods.sold(day, day + wait) > held:
            cents = max(cents, goods.price_to_sell(held / wait, day))
        units = 0
        for last_day, count in self._lots(product_id):
            units += count
            end = min(last_day + 1, self._days)
            if goods.sold(day, end) < units:
                cents = min(cents, goods.price_to_sell(units / max(1, end - day), day))
        steps = int(cents / _STEP_CENTS + 0.5)
        return min(9_995, max(1, steps) * _STEP_CENTS)

    def _lots(self, product_id: str) -> list[tuple[int, int]]:
        state = self._state
        piles = [slot.pile for slot in state.slots.values() if slot.product_id == product_id]
        if product_id in state.storage:
            piles.append(state.storage[product_id])
        lots = [(lot.last_day, lot.units) for pile in piles for lot in pile.lots]
        return lots if len(lots) < 2 else sorted(lots)

    # --- orders ----------------------------------------------------------------------------------

    def _order(self) -> Iterator[ToolCall]:
        """Order what is due for review, and what would run out before its next review's goods.

        Each product is ordered up to a level that hangs on the day alone. So businesses of
        different pasts become alike, and what sets them apart later is what the past has cost.
        """
        if self._days - self._day < _LAST_ORDER_DAYS:
            return
        until = self._due()
        if not until:
            return
        for house, basket in self._within_means(until).items():
            yield from self._write(self._trade.houses.by_id[house], basket)

    def _within_means(self, until: Mapping[str, int]) -> dict[str, dict[str, int]]:
        """Return what to order by house: for as many days as there is money for.

        Who has not even enough for a few days of the whole range orders a part of it.
        """
        too_dear: list[dict[str, dict[str, int]]] = []
        for cover_days in _COVERS_DAYS:
            plan = self._plan(until, cover_days)
            if sum(starmap(self._total, plan.items())) <= self._free_cents:
                if plan or not too_dear:
                    return plan
                break  # for so few days no house's minimum is reached
            too_dear.append(plan)
        parts = map(self._affordable, reversed(too_dear))
        return next(filter(None, parts), {})

    def _affordable(self, plan: Mapping[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        """Return a part of a plan that is too dear: house by house what earns most for the rest."""
        left_cents, houses, chosen = self._free_cents, set(plan), {}
        while houses:
            parts = {house: self._part(house, plan[house], left_cents) for house in sorted(houses)}
            best = max(parts, key=lambda house: self._gain(house, parts[house]))
            if not parts[best]:
                break
            chosen[best] = parts[best]
            left_cents -= self._total(best, parts[best])
            houses.remove(best)
        return chosen

    def _part(self, house: str, basket: Mapping[str, int], most_cents: int) -> dict[str, int]:
        """Return what can be paid of a basket, what earns most for its money first.

        Nothing if that does not reach the house's minimum.
        """
        goods = self._trade.goods
        part: dict[str, int] = {}
        for name in sorted(
            basket, key=lambda name: (-goods[name].best_cents / goods[name].usual_cents, name)
        ):
            more = {**part, name: basket[name]}
            if self._total(house, more) <= most_cents:
                part = more
        return part if part and self._is_enough(house, part) else {}

    def _gain(self, house: str, basket: dict[str, int]) -> float:
        """Return the cents by which the goods of a basket sell for more than they cost."""
        worth = sum(self._trade.goods[name].best_cents * units for name, units in basket.items())
        return worth - self._total(house, basket) if basket else 0.0

    def _due(self) -> dict[str, int]:
        """Return by product id until which day goods are to last that are ordered today."""
        position, day, due = self._position, self._day, dict[str, int]()
        for name in self._range_to_come:
            goods, lead_days = self._trade.goods[name], self._trade.options[name][0].lead_days
            period_days = _period_days(goods.product)
            review = day + period_days - day % period_days
            comes = review + 1 + lead_days
            is_review = not day % period_days
            if is_review or goods.runs_out(day, position.get(name, 0)) < min(comes, self._days):
                due[name] = min(comes + _SLACK_DAYS, self._days)
        return due

    @cached_property
    def _position(self) -> dict[str, int]:
        """Units by product id, in hand, on their way, and in orders that were written today."""
        position = self._held()
        for letter in self._state.outbox:
            prices = self._trade.houses.by_id.get(letter.supplier_id)
            if prices is not None:
                reading = read(letter.subject, letter.body, self._trade.names, prices.prices_cents)
                for line in reading.lines:
                    units = line.quantity or 0
                    position[line.product_id] = position.get(line.product_id, 0) + units
        return position

    def _plan(self, until: Mapping[str, int], cover_days: int) -> dict[str, dict[str, int]]:
        """Give each product to the cheapest house; one whose minimum is not reached drops out."""
        out: set[str] = set()
        for _ in range(len(self._trade.houses.all)):
            plan: dict[str, dict[str, int]] = {}
            for name, day in until.items():
                options = self._trade.open_options(name, self._day, out)
                if options:
                    units = self._wanted(name, options[0], day, cover_days)
                    if units > 0:
                        plan.setdefault(options[0].house.id, {})[name] = units
            small = [house for house in plan if not self._is_enough(house, plan[house])]
            if not small:
                return plan
            out.add(min(small, key=lambda house: (self._total(house, plan[house]), house)))
        return {}

    def _wanted(self, name: str, option: _Option, until: int, cover_days: int) -> int:
        goods, day = self._trade.goods[name], self._day
        held = self._position.get(name, 0)
        come = day + 2 + option.lead_days
        fresh = day + 2 + option.house.lead_days[0] + int(goods.product.keeps_days * _FRESH)
        end = min(come + cover_days, until, fresh, self._days)
        first = day if held else min(come - 1, self._days)
        return int(goods.sold(first, end)) - held if end > come else 0

    def _total(self, house: str, basket: dict[str, int]) -> int:
        return self._trade.houses.total_cents(house, basket, self._day)

    def _is_enough(self, house: str, basket: dict[str, int]) -> bool:
        least_cents = self._trade.houses.by_id[house].minimum_order_cents
        return self._total(house, basket) >= least_cents

    def _write(self, house: Supplier, basket: Mapping[str, int]) -> Iterator[ToolCall]:
        """Bargain to the end, and order."""
        rounds = self._trade.houses.talk(house, self._day + 1).rounds
        for _ in range(rounds - 1):
            yield mail(house.email, "Prices", BARGAINING)
        products = self._world.products
        lines = [f"{units} x {products[name].name}" for name, units in basket.items()]
        pleas = [_PROMISE, *([BARGAINING] if rounds else [])]
        yield mail(house.email, "Order", "\n".join(["Please send me:", *lines, *pleas]))
