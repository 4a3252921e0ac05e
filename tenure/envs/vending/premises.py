"""Work at the machine and in the storage room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import Field

from tenure.envs.chance import below
from tenure.envs.clock import day_of
from tenure.envs.tools import Refusal, tool
from tenure.envs.vending import pages
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import (
    Sales,
    Slot,
    SlotName,
    on_offer,
    sell_one_day,
    slot_capacity,
    slot_size,
)
from tenure.envs.vending.money import whole_cents
from tenure.envs.vending.products import Product, draw_last_day
from tenure.envs.vending.purchases import Shipment, units_of
from tenure.envs.vending.town import Town
from tenure.errors import nearest


class Premises(Town):
    """The tools that need hands."""

    @tool(minutes=5)
    def check_storage(self) -> str:
        """List the goods in storage, and until when they can be sold."""
        return self._page("storage", self._storage_page)

    @tool(minutes=5)
    def check_machine(self) -> str:
        """Show the machine's slots (product, stock, price, expiry), faults and uncollected cash."""
        return self._page("machine", self._machine_page)

    @tool(minutes=25, writes=True)
    def stock_slot(
        self,
        slot: SlotName,
        product: Annotated[str, Field(max_length=100)],
        quantity: Annotated[int, Field(ge=1, le=1000)],
    ) -> str:
        """Move units of a product from storage into a slot. Rows A, B: small; C, D: large."""
        goods = self._find_in_storage(product)
        self._check_fit(slot, goods, quantity)
        self._changed()
        taken, left = self.state.storage[goods.id].take(quantity)
        self._put_in_storage(goods.id, left)
        place = self.state.slots[slot]
        if place.product_id != goods.id:
            place.product_id, place.price_cents = goods.id, None
        place.pile += taken
        hint = "" if place.price_cents else "; set a price, or it cannot sell"
        return self._describe(slot) + hint

    @tool(minutes=25, writes=True)
    def empty_slot(self, slot: SlotName) -> str:
        """Take everything out of a slot, back into storage."""
        place = self.state.slots[slot]
        if not place.product_id:
            raise Refusal(f"Slot {slot} is empty already.")
        self._changed()
        in_storage = self.state.storage.get(place.product_id, Pile())
        self._put_in_storage(place.product_id, in_storage + place.pile)
        name = self.products[place.product_id].name
        self.state.slots[slot] = Slot()
        return f"{place.pile.units} units of {name} are back in storage; slot {slot} is empty."

    @tool(minutes=5, writes=True)
    def set_price(self, slot: SlotName, price: Annotated[float, Field(gt=0, le=99.99)]) -> str:
        """Set the price of a slot's product, in dollars."""
        place = self.state.slots[slot]
        if not place.product_id:
            raise Refusal(f"Slot {slot} is empty; stock it first.")
        cents = whole_cents(price)
        self._changed()
        place.price_cents = cents
        return self._describe(slot)

    # --- what happens by itself --------------------------------------------------------------

    def _receive_shipments(self, until: int) -> None:
        """Let goods arrive that are due by a minute, each at its own time."""
        shipments = self.state.shipments
        while shipments and shipments[0].due_minutes <= until:
            shipment = shipments.pop(0)
            self.state.now_minutes = shipment.due_minutes
            self._unload(shipment)

    def _unload(self, shipment: Shipment) -> None:
        invoice, state = shipment.invoice, self.state
        arrival_day = day_of(shipment.due_minutes)
        last_days = {
            product_id: draw_last_day(
                self.chance, self.products[product_id], invoice.supplier_id, arrival_day
            )
            for product_id in units_of((*invoice.lines, *shipment.parcel))
        }
        for line in shipment.parcel:
            cost_cents = line.quantity * line.unit_cents
            pile = Pile.of(line.quantity, cost_cents, last_days[line.product_id])
            self._put_in_storage(line.product_id, state.storage.get(line.product_id, Pile()) + pile)
            state.stock_units += pile.units
            state.stock_cost_cents += pile.cost_cents
        state.transit_cost_cents -= invoice.total_cents
        state.accounts[invoice.supplier_id].owed_cents += shipment.missing_cents
        self.emit(
            "delivery",
            invoice=invoice.id,
            units=units_of(shipment.parcel),
            ordered=units_of(invoice.lines),
            days_late=max(0, arrival_day - shipment.promised_day),
            missing_cents=shipment.missing_cents,
        )
        sender = self._supplier(invoice.supplier_id).email
        body = pages.delivery(invoice, last_days, self.products)
        self._receive_mail(sender, f"Order {invoice.id} delivered", body)

    def _sell(self, day: int) -> Sales:
        """Let a day's customers buy, in one go, from the slots that work."""
        self._changed()
        state = self.state
        broken = state.broken_slots
        slots = [slot for name, slot in state.slots.items() if name not in broken]
        sales = sell_one_day(slots, self._customers(day, on_offer(slots)))
        units = sum(sales.sold.values())
        state.units_sold += units
        state.stock_units -= units
        state.stock_cost_cents -= sales.cost_cents
        state.stockout_days += len(sales.lost)
        return sales

    def _customers(self, day: int, offer: Mapping[str, int]) -> Callable[[str, int], int]:
        """Return the units wanted of a product at a price; with a coin jam, by card alone."""
        everyone = self._everyone(day, offer)
        if not self.state.is_jammed:
            return everyone
        share = self.parameters.card_share_permille

        def by_card(product_id: str, price_cents: int) -> int:
            word = self.chance.on(day).word("card customers", product_id, at=day)
            luck = below(word, 1000)
            return (everyone(product_id, price_cents) * share + luck) // 1000

        return by_card

    def _everyone(self, day: int, offer: Mapping[str, int]) -> Callable[[str, int], int]:
        """Return the units wanted of a product at a price, by whatever way of paying."""
        return self.market.crowd(self.products, day, offer)

    # --- finding and checking ----------------------------------------------------------------

    def _find_in_storage(self, text: str) -> Product:
        stored = [self.products[product_id] for product_id in self.state.storage]
        if not stored:
            raise Refusal("Storage is empty; order goods first.")
        wanted = text.strip().lower()
        for product in stored:
            if wanted in (product.id, product.name.lower()):
                return product
        choices = [product.name for product in stored]
        raise Refusal(f"Storage holds no {text[:60]!r}. {nearest(text[:60], choices)}")

    def _check_fit(self, slot: SlotName, product: Product, quantity: int) -> None:
        """Refuse what the slot cannot take or the storage cannot give."""
        place, stored = self.state.slots[slot], self.state.storage[product.id].units
        if product.size != slot_size(slot):
            rows = "A and B" if product.size == "small" else "C and D"
            raise Refusal(f"{product.name} is {product.size}: it fits rows {rows} only.")
        if place.pile.units and place.product_id != product.id:
            raise Refusal(f"Slot {self._describe(slot)}; empty it first.")
        if quantity > stored:
            raise Refusal(f"Storage holds {stored} units of {product.name}, not {quantity}.")
        room = slot_capacity(slot) - place.pile.units
        if quantity > room:
            raise Refusal(f"Slot {slot} has room for {room} more units, not {quantity}.")

    def _describe(self, slot: SlotName) -> str:
        return f"{slot}: {pages.slot_text(slot, self.state, self.products)}"

    def _storage_page(self) -> str:
        return pages.storage_page(self.state.storage, self.products)

    def _machine_page(self) -> str:
        state = self.state
        return pages.machine_page(state, self.products)
