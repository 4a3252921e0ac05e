"""The top rung: asks every wholesaler, compares, tries products, learns prices, orders ahead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache, partial
from statistics import median_low

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies import errands
from tenure.envs.vending.policies.errands import Errand
from tenure.envs.vending.policies.forecast import Curve, Forecast, rounded_price
from tenure.envs.vending.policies.purchasing import Need, plan_orders
from tenure.envs.vending.policies.shelves import allot
from tenure.envs.vending.policies.texts import (
    Bill,
    Header,
    Offer,
    Place,
    PriceList,
    Stored,
    is_closed,
    read_bank,
    read_bill,
    read_day,
    read_delivered,
    read_discount,
    read_machine,
    read_price_list,
    read_repair_cents,
    read_sales,
    read_storage,
    read_unread,
    tells_of_jam,
    tells_of_waste,
)

_QUERIES = (
    "soft drinks and water wholesaler",
    "snacks and chips wholesaler",
    "candy and chocolate wholesaler",
    "cakes, pastries, bakery wholesaler",
    "ready meals and noodles wholesaler",
)
_DISTINCT = 10
_SLOTS_PER_SIZE = 6
_TRIAL_UNITS = 18
_TRIAL_DAYS = 6
_REVIEW_DAYS = 3
_HOPED_UNITS, _HOPED_UNITS_A_YEAR = 2.2, 1.2
_COVER_DAYS, _MOST_COVER_DAYS = 12, 21
_COLLECT_DAYS = 6
_CLEARANCE_DAYS = 8
_PRICE_DAYS = 6
_PRICE_TRIALS = (0.94, 1.0, 1.06)
_RESERVE_CENTS = 2500
_SLOT_UNITS = {"small": 15, "large": 8}
_LOYALTY = 1.1
_LAST_TRIAL_DAYS = 25
_PRICE_STEP_PERCENT = 4
_JOIN_DAYS, _SAFETY_DAYS = 9, 2
_CALM = (0.5, 1.8)
_SLOWLY = 0.05
_FRESH_PERCENT = 85
_SHORT_LIVED_DAYS = 20
_UNSERVED = 1.25
_BUSY_DAY = 1.15
_BARGAINING_ROUNDS = 2
_OVERDUE_DAYS = 8
_TOO_DEAR_PERCENT = 103


def shopkeeper(briefing: Briefing) -> Policy:
    """Keep shop with care; see the module."""
    keeper = _Shopkeeper()
    keeper.day, keeper.horizon_days = read_day(briefing.opening)
    yield from keeper.open_shop()
    while True:
        yield from keeper.work()
        yield from keeper.sleep()


class _Shopkeeper:
    """What the shopkeeper knows and intends; products go by their names."""

    def __init__(self) -> None:
        self.day = self.horizon_days = 0
        self._bank_cents = 0
        self._unread = self._left_unread = self._last_mail = 0
        self._is_new_list = self._knows_storage = False
        self._lists: dict[str, PriceList] = {}
        self._asking_lists: dict[str, PriceList] = {}
        self._rounds: Counter[str] = Counter()
        self._due: dict[str, tuple[int, str]] = {}
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
        self._repair_cents: int | None = None
        self._is_jammed = False
        self._busyness = 1.0

    # --- the first day -----------------------------------------------------------------------

    def open_shop(self) -> Errand[None]:
        """Put on sale what is there, find suppliers, and ask all of them for prices."""
        yield from self._look_around()
        self._meet(
            (Offer(one.product, one.size, one.cost_cents), 0) for one in self._stored.values()
        )
        self._choose_products()
        yield from self._arrange()
        emails: dict[str, None] = {}
        for query in _QUERIES:
            found = yield from errands.search(query)
            emails.update(dict.fromkeys(contact.email for contact in found))
        for email in emails:
            yield from errands.ask_for_prices(email)
        yield from self.sleep()

    def _meet(self, offers: Iterable[tuple[Offer, int]]) -> None:
        """Learn sizes, costs and lead times of products; each offer comes with its lead days."""
        terms: dict[str, list[tuple[int, int]]] = {}
        for offer, lead_days in offers:
            self._sizes[offer.product] = offer.size
            terms.setdefault(offer.product, []).append((offer.unit_cents, lead_days))
        for product, found in terms.items():
            cheapest = self._costs[product] = min(cents for cents, _ in found)
            self._lead_days[product] = max(days for cents, days in found if cents == cheapest)
            if product not in self._forecasts:
                self._forecasts[product] = Forecast(median_low(cents for cents, _ in found))

    # --- every day ---------------------------------------------------------------------------

    def work(self) -> Errand[None]:
        """Do a day's work."""
        yield from self._read_mail()
        yield from self._pay_bills()
        yield from self._look_around()
        yield from self._repair()
        if self._is_new_list:
            self._meet(
                (offer, one.longest_lead_days)
                for one in self._lists.values()
                for offer in one.offers
            )
        if self._is_new_list or self.day % _REVIEW_DAYS == 0:
            self._choose_products()
            self._is_new_list = False
        yield from self._arrange()
        yield from self._order_goods()
        yield from self._bargain()
        if self._is_jammed or self.day % _COLLECT_DAYS == 0 or self.day == self.horizon_days:
            yield ToolCall("collect_cash")

    def _look_around(self) -> Errand[None]:
        self._places = read_machine((yield ToolCall("check_machine")))
        self._facings = Counter(place.product for place in self._places)
        if not self._knows_storage:
            stored = read_storage((yield ToolCall("check_storage")))
            self._stored = {goods.product: goods for goods in stored}
            self._knows_storage = True
            for goods in stored:
                keeps = max(last_day for last_day, _ in goods.lots) - self.day + 1
                self._keeps[goods.product] = max(keeps, self._keeps.get(goods.product, 0))
            self._meet(
                (Offer(one.product, one.size, one.cost_cents), 0)
                for one in stored
                if one.product not in self._sizes
            )

    def _repair(self) -> Errand[None]:
        """Have the machine repaired if that pays for the days that are left."""
        broken = [place for place in self._places if place.is_broken]
        if self._repair_cents is None or self._repair_cents > self._bank_cents:
            return
        daily_cents = sum(self._slot_profit(place.product) for place in broken if place.product)
        if daily_cents * self._days_left > self._repair_cents:
            yield errands.REPAIR
            self._bank_cents -= self._repair_cents
            self._places = [place._replace(is_broken=False) for place in self._places]

    def _slot_profit(self, product: str) -> float:
        """Cents a day that one of a product's slots earns."""
        facings = self._facings[product]
        return self._profit(Counter(), product, facings) / facings

    def _arrange(self) -> Errand[None]:
        yield from self._refill()
        yield from self._rearrange()
        yield from self._set_prices()

    def sleep(self) -> Errand[None]:
        """Wait for the morning and learn from its report."""
        text = yield ToolCall("wait_for_next_day")
        self.day, _ = read_day(text)
        self._bank_cents = read_bank(text) or 0
        self._unread = read_unread(text)
        self._repair_cents = read_repair_cents(text)
        self._is_jammed = tells_of_jam(text)
        if tells_of_waste(text):
            self._knows_storage = False
        self._learn(read_sales(text) or {})

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

    # --- mail and money ----------------------------------------------------------------------

    def _read_mail(self) -> Errand[None]:
        """Read price lists and invoices; of confirmations and deliveries the subject is enough."""
        if self._unread <= self._left_unread:
            return
        mails = yield from errands.new_mails(after=self._last_mail, skip=("confirmed", "delivered"))
        for header, text in mails:
            self._last_mail = header.id
            self._left_unread += not text
            self._file(header, text)

    def _file(self, header: Header, text: str) -> None:
        bill, delivered = read_bill(text), read_delivered(header.subject)
        prices = None if header.sender in self._asking_lists else read_price_list(text)
        if prices:
            self._lists[header.sender] = self._asking_lists[header.sender] = prices
            self._is_new_list = True
        discount = read_discount(text)
        if discount is not None and header.sender in self._lists:
            asking = self._asking_lists[header.sender]
            self._lists[header.sender] = asking.discounted(discount)
            self._is_new_list = True
        if bill:
            self._bills.append(bill)
        if text:
            self._asked.pop(header.sender, None)
        if is_closed(header.subject):
            self._give_up(header.sender)
        if delivered:
            self._on_order.pop(delivered, None)
            self._due.pop(delivered, None)
            self._knows_storage = False

    def _pay_bills(self) -> Errand[None]:
        """Pay what fits the price list and the purse, and give up houses that are late."""
        for day, email in list(self._due.values()):
            if day < self.day:
                self._give_up(email)
        bills, self._bills = self._bills, []
        for bill in bills:
            asking = self._asking_lists.get(bill.email)
            fair_cents = asking.total_cents(bill.units) if asking else 0
            if bill.total_cents * 100 > fair_cents * _TOO_DEAR_PERCENT:
                self._give_up(bill.email)
            elif (
                bill.total_cents <= self._bank_cents - _RESERVE_CENTS and bill.email in self._lists
            ):
                self._bank_cents -= bill.total_cents
                yield from errands.pay(bill)
                self._on_order[bill.id] = bill.units
                lead_days = self._lists[bill.email].longest_lead_days
                self._due[bill.id] = (self.day + lead_days + _OVERDUE_DAYS, bill.email)

    def _give_up(self, email: str) -> None:
        """Expect no goods of a house any more, and order none."""
        if self._lists.pop(email, None):
            self._is_new_list = True
        for bill_id in [one for one, (_, sender) in self._due.items() if sender == email]:
            del self._due[bill_id]
            self._on_order.pop(bill_id, None)

    def _bargain(self) -> Errand[None]:
        """Ask every house a few times for less, if there is time to profit from it."""
        if self._days_left < _LAST_TRIAL_DAYS:
            return
        for email in self._lists:
            if self._rounds[email] < _BARGAINING_ROUNDS and email not in self._asked:
                self._rounds[email] += 1
                yield from errands.ask_for_less(email)

    # --- what to sell ------------------------------------------------------------------------

    def _choose_products(self) -> None:
        """Plan the slots anew; untried products get a chance while it can pay."""
        sizes: dict[str, list[str]] = {"small": [], "large": []}
        holdings = self._holdings()
        offered = {product for one in self._lists.values() for product in one.unit_cents}
        for product in sorted(self._forecasts):
            if product in offered or holdings[product]:
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

    def _hoped_units(self, product: str) -> float:
        """Curiosity: the more days are left, the better an untried product may look."""
        if self._days_left < _LAST_TRIAL_DAYS and product not in self._plan:
            return 0.0
        return _HOPED_UNITS + _HOPED_UNITS_A_YEAR * self._days_left / 365

    def _steady_price(self, product: str, curve: Curve, slots: int) -> float:
        """The price of the highest profit, or a higher one if the slots cannot hold as much."""
        room = max(1, slots) * _SLOT_UNITS[self._sizes[product]]
        return max(curve.best_price(self._costs[product]), curve.price_to_sell(room))

    @property
    def _days_left(self) -> int:
        return self.horizon_days - self.day + 1

    # --- the machine -------------------------------------------------------------------------

    def _units_in_machine(self) -> Counter[str]:
        units: Counter[str] = Counter()
        for place in self._places:
            units[place.product] += place.units
        return units

    def _put(self, index: int, place: Place) -> None:
        """Take note of what a slot holds now."""
        self._facings[self._places[index].product] -= 1
        self._facings[place.product] += 1
        self._places[index] = place

    def _refill(self) -> Errand[None]:
        """Fill up what a busy day could sell out."""
        for index, place in enumerate(self._places):
            if place.product in self._stored:
                units = self._daily_units(place.product) / self._facings[place.product]
                if place.units <= units * _BUSY_DAY:
                    yield from self._stock(index, place.product)

    def _rearrange(self) -> Errand[None]:
        """Give the products that wait for a slot those that are free, empty ones first."""
        for is_occupied in (False, True):
            for index, place in enumerate(self._places):
                is_free = self._facings[place.product] > self._plan.get(place.product, 0)
                if is_free and is_occupied == bool(place.units):
                    yield from self._give(index, self._next_for(place.size))

    def _give(self, index: int, product: str) -> Errand[None]:
        """Turn a slot over to a product, if there is one."""
        if product and self._places[index].units:
            yield from self._empty(index)
        if product:
            yield from self._stock(index, product)

    def _empty(self, index: int) -> Errand[None]:
        place = self._places[index]
        yield ToolCall("empty_slot", {"slot": place.slot})
        self._put(index, place._replace(product="", units=0, price_cents=0))
        goods = self._stored.get(place.product)
        back = goods or Stored(place.product, place.size, 0, self._costs[place.product])
        self._stored[place.product] = back._replace(units=back.units + place.units)

    def _next_for(self, size: str) -> str:
        """Return a stored product that lacks a slot, empty if there is none."""
        for product in self._stored:
            is_wanted = self._facings[product] < self._plan.get(product, 0)
            if is_wanted and self._sizes[product] == size:
                return product
        return ""

    def _stock(self, index: int, product: str) -> Errand[None]:
        place, goods = self._places[index], self._stored[product]
        old = place if place.product == product else place._replace(price_cents=0)
        count = min(place.capacity - place.units, goods.units)
        if not count:
            return
        yield errands.stock(place.slot, product, count)
        self._put(index, old._replace(product=product, units=place.units + count))
        self._stored[product] = goods._replace(units=goods.units - count)
        if goods.units == count:
            del self._stored[product]

    # --- prices ------------------------------------------------------------------------------

    def _set_prices(self) -> Errand[None]:
        for index, place in enumerate(self._places):
            if not place.units:
                continue
            price_cents = rounded_price(self._price(place.product))
            if abs(price_cents - place.price_cents) * 100 >= _PRICE_STEP_PERCENT * price_cents:
                yield errands.price(place.slot, price_cents)
                self._put(index, place._replace(price_cents=price_cents))

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

    def _lots(self, product: str) -> list[tuple[int, int]]:
        """Units in machine and storage by last day, as far as it is known; soonest first."""
        goods = self._stored.get(product)
        places = [(p.last_day, p.units) for p in self._places if p.product == product and p.units]
        return sorted([*places, *(goods.lots if goods else ())])

    def _daily_units(self, product: str) -> float:
        curve = self._forecasts[product].curve
        slots = max(self._facings[product], self._plan.get(product, 1))
        return curve.units(self._steady_price(product, curve, slots)) * self._busyness

    # --- orders ------------------------------------------------------------------------------

    def _order_goods(self) -> Errand[None]:
        orders = plan_orders(self._needs(), self._open_lists)
        if not orders and self._days_left >= _LAST_TRIAL_DAYS:
            orders = plan_orders(self._needs(is_bold=True), self._open_lists)
        budget_cents = self._bank_cents - _RESERVE_CENTS - self._owed_cents
        for email, units in orders.items():
            prices = self._lists[email]
            total_cents = prices.total_cents(units)
            if total_cents <= budget_cents:
                budget_cents -= total_cents
                self._asked[email] = units
                yield from errands.order(email, units, errands.BARGAINING)

    @property
    def _open_lists(self) -> dict[str, PriceList]:
        return {email: one for email, one in self._lists.items() if email not in self._asked}

    @property
    def _owed_cents(self) -> int:
        asked = (self._lists[email].total_cents(units) for email, units in self._asked.items())
        return sum(asked) + sum(bill.total_cents for bill in self._bills)

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

    def _fresh_days(self, product: str) -> int:
        """How many days' sales may be in hand without much of it going to waste."""
        return self._keeps.get(product, 365) * _FRESH_PERCENT // 100

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
