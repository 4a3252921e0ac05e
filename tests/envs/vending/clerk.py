"""The clerk of the numeric face, as a script that uses the tools of the vending world.

It decides from the world's own state, by the rules that the face states, and knows nothing of the
face's tables.
"""

from typing import NamedTuple

from tenure.envs.clock import MINUTES_PER_DAY
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.invoices import Invoice
from tenure.envs.vending.manager.draw import average_list_cents, choose
from tenure.envs.vending.manager.terms import (
    CASH_MINUTE,
    LETTER_MINUTES,
    ORDER_UNITS,
    PAYMENT_MINUTES,
    PER_SIZE,
    REPAIR_MINUTE,
    SIZES,
    SLOTS,
    STOCK_MINUTES,
    price_cents,
)
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.world import VendingWorld
from tests.envs.vending.play import order


class Sent(NamedTuple):
    """An order on its way: to whom, on which day, and what was paid for (if it was)."""

    house: Supplier
    day: int
    invoice: Invoice | None = None


class Clerk:
    def __init__(self, world: VendingWorld) -> None:
        self.world = world
        self.averages = average_list_cents(world.suppliers)
        self.ranges = [choose(world.catalogue, world.suppliers, self.averages, s) for s in SIZES]
        self.products = [product for one in self.ranges for product in one.products]
        self.sent: list[Sent | None] = [None] * len(SIZES)
        self.sold_units = [0] * len(SLOTS)

    def play_day(self, action: list[int]) -> None:
        world, day = self.world, self.world.today
        self.idle_until(CASH_MINUTE)
        world.call("collect_cash")
        self.idle_until(REPAIR_MINUTE)
        if set(world.state.broken_slots) & set(SLOTS):
            world.call("call_technician")
        for group, minute in enumerate(PAYMENT_MINUTES):
            self.idle_until(minute)
            self.pay(group)
        for group, minute in enumerate(LETTER_MINUTES):
            self.idle_until(minute)
            if day:
                self.write(group, action[8:])
        for place, minute in enumerate(STOCK_MINUTES):
            self.idle_until(minute)
            self.fill(place)
            self.idle_until(minute + 25)
            self.set_price(place, action[place])
        step = world.call("wait_for_next_day")
        sold = next(event for event in step.events if event["kind"] == "day")["sold"]
        self.sold_units = [sold.get(product.id, 0) for product in self.products]

    def idle_until(self, minute: int) -> None:
        while (left := minute - self.world.state.now_minutes % MINUTES_PER_DAY) > 0:
            if left >= 25:
                self.world.call("search_suppliers", query="goods")
            else:
                self.world.call("check_bank")
        assert left == 0

    @property
    def stored_units(self) -> list[int]:
        storage = self.world.state.storage
        return [storage.get(product.id, Pile()).units for product in self.products]

    # --- buying ------------------------------------------------------------------------------

    def house_of(self, group: int) -> Supplier | None:
        """The first of the clerk's houses that has not closed."""
        for house in self.ranges[group].houses:
            if not house.practice.is_closed(self.world.today):
                return house
        return None

    def pay(self, group: int) -> None:
        sent = self.sent[group]
        if sent is None or sent.invoice is not None:
            return
        invoices = self.invoices(sent.house, group)
        if not invoices or invoices[-1].total_cents > self.world.state.bank_cents:
            self.sent[group] = None
            return
        step = self.world.call(
            "send_payment",
            to=sent.house.email,
            amount=invoices[-1].total_cents / 100,
            memo=invoices[-1].id,
        )
        assert step.fault is None
        self.sent[group] = sent._replace(invoice=invoices[-1])

    def invoices(self, house: Supplier, group: int) -> list[Invoice]:
        """Invoices that came this morning, on goods of one size."""
        account, mails = self.world.state.accounts.get(house.id), self.world.state.mails
        subjects = [
            mails[index].subject
            for index in range(len(mails))
            if mails[index].minute // MINUTES_PER_DAY == self.world.today
        ]
        goods = {product.id for product in self.ranges[group].products}
        return [
            one
            for one in (account.open_invoices if account else [])
            if f"Invoice {one.id}" in subjects and {line.product_id for line in one.lines} <= goods
        ]

    def write(self, group: int, levels: list[int]) -> None:
        if self.sent[group] is not None and not self.has_come(self.sent[group]):
            return
        self.sent[group] = None
        house = self.house_of(group)
        if house is None:
            return
        places = range(group * PER_SIZE, (group + 1) * PER_SIZE)
        counts = {place: self.lots(place) for place in places}
        if max(counts.values()) >= 4:
            return
        basket = {
            self.products[place].id: ORDER_UNITS[levels[place]]
            for place in places
            if levels[place] and counts[place] < 3 and self.products[place].id in house.prices_cents
        }
        quoted_cents = sum(units * house.unit_cents(i, units) for i, units in basket.items())
        if basket and quoted_cents >= house.minimum_order_cents:
            order(self.world, house, basket)
            self.sent[group] = Sent(house, self.world.today)

    def has_come(self, sent: Sent) -> bool:
        """Whether a paid order came before today, or never will."""
        if sent.house.practice.is_closed(self.world.today):
            return True
        mails, subject = self.world.state.mails, f"Order {sent.invoice.id} delivered"
        return any(
            mails[index].subject == subject
            and mails[index].minute // MINUTES_PER_DAY < self.world.today
            for index in range(len(mails))
        )

    def lots(self, place: int) -> int:
        """How many lots of different last days were in house this morning."""
        product_id, state = self.products[place].id, self.world.state
        piles = [slot.pile for slot in state.slots.values() if slot.product_id == product_id]
        piles += [state.storage[product_id]] if product_id in state.storage else []
        return len({lot.last_day for pile in piles for lot in pile.lots})

    # --- selling -----------------------------------------------------------------------------

    def fill(self, place: int) -> None:
        product, slot = self.products[place], self.world.state.slots[SLOTS[place]]
        stored = self.world.state.storage.get(product.id)
        room = (15 if product.size == "small" else 8) - slot.pile.units
        if stored and room:
            quantity = min(room, stored.units)
            step = self.world.call(
                "stock_slot", slot=SLOTS[place], product=product.name, quantity=quantity
            )
            assert step.fault is None

    def set_price(self, place: int, level: int) -> None:
        product = self.products[place]
        if self.world.state.slots[SLOTS[place]].product_id:
            average_cents = self.averages.get(product.id, product.wholesale_cents)
            cents = price_cents(average_cents, level)
            self.world.call("set_price", slot=SLOTS[place], price=cents / 100)
