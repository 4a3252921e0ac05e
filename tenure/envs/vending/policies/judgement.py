"""What the shopkeeper knows of its trade, and what it makes of it: plans, prices and needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache, partial
from statistics import median_low

from tenure.envs.vending.policies.forecast import Curve, Forecast
from tenure.envs.vending.policies.purchasing import Need
from tenure.envs.vending.policies.shelves import allot
from tenure.envs.vending.policies.texts import (
    Bill,
    Offer,
    Place,
    PriceList,
    Stored,
)

_DISTINCT = 10
_SLOTS_PER_SIZE = 6
_TRIAL_UNITS = 18
_TRIAL_DAYS = 6
_HOPED_UNITS, _HOPED_UNITS_A_YEAR = 2.2, 1.2
_COVER_DAYS, _MOST_COVER_DAYS = 12, 21
_CLEARANCE_DAYS = 8
_PRICE_DAYS = 9
_PRICE_TRIALS = (0.94, 1.0, 1.06)
_SLOT_UNITS = {"small": 15, "large": 8}
_LOYALTY = 1.1
_LAST_TRIAL_DAYS = 25
_JOIN_DAYS, _SAFETY_DAYS = 9, 2
_CALM = (0.5, 1.8)
_SLOWLY = 0.05
_FRESH_PERCENT = 85
_SHORT_LIVED_DAYS = 20
_UNSERVED = 1.4
_LEAST_SALES_DAYS = 2


class Judgement:
    """Knowledge of a shop, and the decisions that follow; products go by their names."""

    def __init__(self) -> None:
        self.day = self.horizon_days = 0
        self._bank_cents = 0
        self._lists: dict[str, PriceList] = {}
        self._sizes: dict[str, str] = {}
        self._forecasts: dict[str, Forecast] = {}
        self._costs: dict[str, int] = {}
        self._lead_days: dict[str, int] = {}
        self._plan: dict[str, int] = {}
        self._asked: dict[str, Mapping[str, int]] = {}
        self._bills: list[Bill] = []
        self._on_order: dict[str, Mapping[str, int]] = {}
        self._places: list[Place] = []
        self._facings: Counter[str] = Counter()
        self._stored: dict[str, Stored] = {}
        self._keeps: dict[str, int] = {}
        self._busyness = 1.0

    @property
    def _days_left(self) -> int:
        return self.horizon_days - self.day + 1

    @property
    def _has_time(self) -> bool:
        """Whether what is tried or bargained for now can still pay."""
        return self._days_left >= _LAST_TRIAL_DAYS

    @property
    def _banned(self) -> Collection[str]:
        """Products that must not be sold, whatever they would earn."""
        return ()

    # --- what is known ---------------------------------------------------------------------------

    def _meet(self, offers: Iterable[tuple[Offer, int]]) -> None:
        """Learn sizes, costs and lead times of products; each offer comes with its lead days."""
        terms: dict[str, list[tuple[int, int]]] = {}
        for offer, lead_days in offers:
            self._sizes[offer.product] = offer.size
            if offer.keeps_days:
                self._keeps.setdefault(offer.product, offer.keeps_days)
            terms.setdefault(offer.product, []).append((offer.unit_cents, lead_days))
        for product, found in terms.items():
            timely = [one for one in found if self._is_timely(one[1])] or found
            cheapest = self._costs[product] = min(cents for cents, _ in timely)
            self._lead_days[product] = max(days for cents, days in timely if cents == cheapest)
            if product not in self._forecasts:
                self._forecasts[product] = Forecast(median_low(cents for cents, _ in found))

    def _learn(self, sold: Mapping[str, int]) -> None:
        """Compare sales with what was expected: how busy the town was, and what each is worth."""
        offered = {
            place.product: place
            for place in self._places
            if place.units and place.price_cents and not place.is_broken
        }
        there = self._units_in_machine()
        enough = {
            product: place
            for product, place in offered.items()
            if sold.get(product, 0) < there[product]
        }
        expected = sum(
            self._forecasts[product].curve.units(place.price_cents)
            for product, place in enough.items()
        )
        if not expected:
            return
        ratio = (sum(sold.get(product, 0) for product in enough) + 1.0) / (expected + 1.0)
        busy = min(_CALM[1], max(_CALM[0], ratio / self._busyness))
        self._busyness += (ratio - self._busyness) * _SLOWLY
        for product, place in offered.items():
            censored = 1.0 if product in enough else _UNSERVED
            units = sold.get(product, 0) * censored / busy
            self._forecasts[product].observe(place.price_cents, units)

    def _units_in_machine(self) -> Counter[str]:
        units: Counter[str] = Counter()
        for place in self._places:
            units[place.product] += place.units
        return units

    def _lots(self, product: str) -> list[tuple[int, int]]:
        """Units in machine and storage by last day, as far as it is known; soonest first."""
        goods = self._stored.get(product)
        places = [(p.last_day, p.units) for p in self._places if p.product == product and p.units]
        return sorted([*places, *(goods.lots if goods else ())])

    def _holdings(self) -> Counter[str]:
        """Units of each product in the machine, in storage, on their way and asked for."""
        held = self._units_in_machine()
        for goods in self._stored.values():
            held[goods.product] += goods.units
        for units in (*self._on_order.values(), *self._asked.values()):
            held.update(units)
        for bill in self._bills:
            held.update(bill.units)
        return held

    # --- what to sell ----------------------------------------------------------------------------

    def _choose_products(self) -> None:
        """Plan the slots anew; untried products get a chance while it can pay."""
        sizes: dict[str, list[str]] = {"small": [], "large": []}
        holdings = self._holdings()
        offered = {product for one in self._lists.values() for product in one.unit_cents}
        for product in sorted(self._forecasts):
            if product not in self._banned and (product in offered or holdings[product]):
                sizes[self._sizes[product]].append(product)
        profit = cache(partial(self._profit, holdings))
        self._plan = allot(sizes, _SLOTS_PER_SIZE, _DISTINCT, profit)

    def _profit(self, held: Counter[str], product: str, slots: int) -> float:
        """Cents a day that a product earns in so many slots, as far as known or hoped."""
        if not slots:
            return 0.0
        forecast = self._forecasts[product]
        curve = forecast.curve
        if forecast.days < _TRIAL_DAYS:
            curve = curve._replace(base_units=max(curve.base_units, self._hoped_units(product)))
        price_cents = self._steady_price(product, curve, slots)
        units = curve.units(price_cents)
        is_sunk = held[product] >= units * self._days_left
        loyalty = _LOYALTY if product in self._plan else 1.0
        keeps_days = self._keeps.get(product, _SHORT_LIVED_DAYS)
        loyalty *= min(1.0, keeps_days / _SHORT_LIVED_DAYS)
        return (price_cents - (0 if is_sunk else self._costs[product])) * units * loyalty

    def _slot_profit(self, product: str) -> float:
        """Cents a day that one of a product's slots earns."""
        facings = self._facings[product]
        return self._profit(Counter(), product, facings) / facings

    def _hoped_units(self, product: str) -> float:
        """Curiosity: the more days are left, the better an untried product may look."""
        if not self._has_time and product not in self._plan:
            return 0.0
        return _HOPED_UNITS + _HOPED_UNITS_A_YEAR * self._days_left / 365

    def _next_for(self, size: str) -> str:
        """Return a stored product that lacks a slot, empty if there is none."""
        for product in self._stored:
            is_wanted = self._facings[product] < self._plan.get(product, 0)
            if is_wanted and self._sizes[product] == size:
                return product
        return ""

    # --- at which price --------------------------------------------------------------------------

    def _price(self, product: str) -> float:
        """The most profitable price, tried a little above and below; less when goods must go."""
        curve = self._forecasts[product].curve
        price_cents = self._steady_price(product, curve, self._facings[product])
        if product not in self._plan:
            return self._clearing_price(product, price_cents, _CLEARANCE_DAYS)
        price_cents = min(price_cents, self._fresh_price(product, price_cents))
        if self._days_left <= _CLEARANCE_DAYS:
            return self._clearing_price(product, price_cents, self._days_left)
        turn = self.day // _PRICE_DAYS + sorted(self._plan).index(product)
        return price_cents * _PRICE_TRIALS[turn % len(_PRICE_TRIALS)]

    def _steady_price(self, product: str, curve: Curve, slots: int) -> float:
        """The price of the highest profit, or a higher one if the slots cannot hold as much."""
        room = max(1, slots) * _SLOT_UNITS[self._sizes[product]]
        return max(curve.best_price(self._costs[product]), curve.price_to_sell(room))

    def _clearing_price(self, product: str, price_cents: float, days: int) -> float:
        """The price that sells all there is within some days, if it is not above the usual."""
        stored = self._stored.get(product)
        units = self._units_in_machine()[product] + (stored.units if stored else 0)
        return min(price_cents, self._forecasts[product].curve.price_to_sell(units / days))

    def _fresh_price(self, product: str, price_cents: float) -> float:
        """The price that sells every lot before it expires, if that is below the usual."""
        units, curve = 0, self._forecasts[product].curve
        for last_day, count in self._lots(product):
            units += count
            days = max(1, last_day - self.day + 1)
            price_cents = min(price_cents, curve.price_to_sell(units / days))
        return price_cents

    # --- what to order ---------------------------------------------------------------------------

    def _needs(self, *, is_bold: bool = False) -> dict[str, Need]:
        """What runs low, and with it what will soon; the bold try new goods in larger numbers."""
        soon, urgent = {}, False
        holdings = self._holdings()
        for product in self._plan:
            lead_days = 1 + self._lead_days[product]
            if lead_days >= self._days_left:
                continue
            daily, held = self._daily_units(product), holdings[product]
            fresh_days = self._fresh_days(product)
            if held >= daily * min(lead_days + _JOIN_DAYS, fresh_days):
                continue
            urgent |= held <= daily * min(lead_days + _SAFETY_DAYS, fresh_days // 2)
            soon[product] = self._need(product, held, lead_days, is_bold=is_bold)
        return {product: need for product, need in soon.items() if need.units} if urgent else {}

    def _need(self, product: str, held: int, lead_days: int, *, is_bold: bool) -> Need:
        daily = self._daily_units(product)
        sellable_days = self._days_left - 1
        cover_days = min(lead_days + _COVER_DAYS, sellable_days)
        most_days = min(lead_days + _MOST_COVER_DAYS, sellable_days)
        fresh_days = self._fresh_days(product)
        cover_days, most_days = min(cover_days, fresh_days), min(most_days, fresh_days)
        units, most = int(daily * cover_days - held), int(daily * most_days - held)
        if self._forecasts[product].days < _TRIAL_DAYS:
            on_sale_days = sellable_days - lead_days
            units = min(units, _TRIAL_UNITS - held, int(daily * on_sale_days) - held)
            most = min(
                most, (4 if is_bold else 2) * _TRIAL_UNITS - held, (4 if is_bold else 2) * units
            )
        return Need(max(0, units), max(0, most))

    def _daily_units(self, product: str) -> float:
        curve = self._forecasts[product].curve
        slots = max(self._facings[product], self._plan.get(product, 1))
        return curve.units(self._steady_price(product, curve, slots)) * self._busyness

    def _fresh_days(self, product: str) -> int:
        """How many days' sales may be in hand without much of it going to waste."""
        return self._keeps.get(product, 365) * _FRESH_PERCENT // 100

    def _is_timely(self, lead_days: int) -> bool:
        """Tell whether what is asked for today can be sold on some days yet."""
        return 2 + lead_days + _LEAST_SALES_DAYS <= self._days_left

    @property
    def _open_lists(self) -> dict[str, PriceList]:
        return {
            email: one
            for email, one in self._lists.items()
            if email not in self._asked and self._is_timely(one.longest_lead_days)
        }

    @property
    def _owed_cents(self) -> int:
        asked = (self._lists[email].total_cents(units) for email, units in self._asked.items())
        return sum(asked) + sum(bill.total_cents for bill in self._bills)
