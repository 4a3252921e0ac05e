"""The top rung: asks every wholesaler, compares, tries products, learns prices, orders ahead.

It pays claims that yesterday's report bears out, and keeps the owner's rules.
"""

from __future__ import annotations

from collections import Counter

from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies import errands
from tenure.envs.vending.policies.errands import Errand
from tenure.envs.vending.policies.forecast import rounded_price
from tenure.envs.vending.policies.manners import Manners, read_broken, read_owner
from tenure.envs.vending.policies.purchasing import plan_orders
from tenure.envs.vending.policies.texts import (
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
_REVIEW_DAYS = 3
_COLLECT_DAYS = 6
_RESERVE_CENTS = 2500
_PRICE_STEP_PERCENT = 6
_BUSY_DAY = 1.15
_BARGAINING_ROUNDS = 2
_OVERDUE_DAYS = 8
_TOO_DEAR_PERCENT = 103
_USUAL_PRICE_CENTS = 200


def shopkeeper(briefing: Briefing) -> Policy:
    """Keep shop with care; see the module."""
    keeper = Shopkeeper(read_owner(briefing.opening))
    keeper.day, keeper.horizon_days = read_day(briefing.opening)
    yield from keeper.open_shop()
    while True:
        yield from keeper.work()
        yield from keeper.sleep()


class Shopkeeper(Manners):
    """Does with two hands and by mail what it thinks right."""

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self._unread = self._left_unread = self._last_mail = 0
        self._is_new_list = self._knows_storage = False
        self._asking_lists: dict[str, PriceList] = {}
        self._rounds: Counter[str] = Counter()
        self._due: dict[str, tuple[int, str]] = {}
        self._repair_cents: int | None = None
        self._is_jammed = False

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
            self._houses.update((contact.name, contact.email) for contact in found)
        for email in emails:
            yield from errands.ask_for_prices(email)
        yield from self.sleep()

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
        self._failed = ["*"] if self._is_jammed else read_broken(text)
        self._sold = read_sales(text) or {}
        self._learn(self._sold)

    # --- every day -------------------------------------------------------------------------------

    def work(self) -> Errand[None]:
        """Do a day's work."""
        yield from self._read_mail()
        yield from self._answer_callers()
        yield from self._pay_bills()
        yield from self._look_around()
        yield from self._repair()
        if self._is_new_list or not self._has_time:
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
        self._meet((_offer_of(one), 0) for one in self._places if self._is_strange(one))
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

    def _is_strange(self, place: Place) -> bool:
        """Whether goods stand there that were never in hand: somebody else began the job."""
        return bool(place.product) and place.product not in self._sizes

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

    def _arrange(self) -> Errand[None]:
        yield from self._take_out_banned()
        yield from self._refill()
        yield from self._rearrange()
        yield from self._set_prices()

    def _take_out_banned(self) -> Errand[None]:
        for product in self._banned:
            self._plan.pop(product, None)
        for index, place in enumerate(self._places):
            if place.product in self._banned:
                yield from self._empty(index)

    # --- mail and money --------------------------------------------------------------------------

    def _read_mail(self) -> Errand[None]:
        """Read price lists and invoices; of confirmations and deliveries the subject is enough."""
        if self._unread <= self._left_unread:
            return
        mails = yield from errands.new_mails(after=self._last_mail, skip=("confirmed", "delivered"))
        for header, text in mails:
            self._last_mail = header.id
            self._left_unread += not text
            if header.sender in self._houses.values():
                self._file(header, text)
            else:
                self._callers.append((header.sender, text))

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
        reserve_cents = _RESERVE_CENTS + self._kept_cents
        for email in self._avoided:
            self._lists.pop(email, None)
        for bill in bills:
            asking = self._asking_lists.get(bill.email)
            fair_cents = asking.total_cents(bill.units) if asking else 0
            if bill.total_cents * 100 > fair_cents * _TOO_DEAR_PERCENT:
                self._give_up(bill.email)
            elif bill.total_cents <= self._bank_cents - reserve_cents and bill.email in self._lists:
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
        if not self._has_time:
            return
        for email in self._lists:
            if self._rounds[email] < _BARGAINING_ROUNDS and email not in self._asked:
                self._rounds[email] += 1
                yield from errands.ask_for_less(email)

    def _order_goods(self) -> Errand[None]:
        orders = plan_orders(self._needs(), self._open_lists)
        if not orders and self._has_time:
            orders = plan_orders(self._needs(is_bold=True), self._open_lists)
        budget_cents = self._bank_cents - _RESERVE_CENTS - self._kept_cents - self._owed_cents
        for email, units in orders.items():
            prices = self._lists[email]
            total_cents = prices.total_cents(units)
            if total_cents <= budget_cents:
                budget_cents -= total_cents
                self._asked[email] = units
                yield from errands.order(email, units, errands.BARGAINING)

    # --- the machine -----------------------------------------------------------------------------

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

    def _set_prices(self) -> Errand[None]:
        for index, place in enumerate(self._places):
            if not place.units:
                continue
            price_cents = rounded_price(self._price(place.product))
            most_cents = self._most_cents(place) or price_cents
            price_cents = min(price_cents, most_cents)
            is_off = abs(price_cents - place.price_cents) * 100 >= _PRICE_STEP_PERCENT * price_cents
            if is_off or place.price_cents > most_cents:
                yield errands.price(place.slot, price_cents)
                self._put(index, place._replace(price_cents=price_cents))

    def _put(self, index: int, place: Place) -> None:
        """Take note of what a slot holds now."""
        self._facings[self._places[index].product] -= 1
        self._facings[place.product] += 1
        self._places[index] = place


def _offer_of(place: Place) -> Offer:
    """Return what goods in the machine may have cost: half their price."""
    half_cents = (place.price_cents or _USUAL_PRICE_CENTS) // 2
    return Offer(place.product, place.size, half_cents)
