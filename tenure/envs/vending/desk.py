"""A supplier's sales desk: it answers a mail, and its prices are its own.

What the reader finds in a mail decides which goods and how many; what they cost is decided by the
supplier's list and volume breaks alone, so no text can move a price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tenure.envs.vending.money import dollars
from tenure.envs.vending.names import Names
from tenure.envs.vending.products import Product
from tenure.envs.vending.reading import Intent, Line, Reading, read
from tenure.envs.vending.remarks import Topic, remark_on, topic_of
from tenure.envs.vending.suppliers import Supplier

_LONGEST_SUBJECT = 60


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Goods on an invoice, at what they cost after volume breaks."""

    product_id: str
    quantity: int
    unit_cents: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """An offer to sell; it binds nobody until it is paid."""

    id: str
    supplier_id: str
    lines: tuple[InvoiceLine, ...]
    total_cents: int


class Reply(NamedTuple):
    """The answer to a mail, with an invoice if the mail was a clear order."""

    subject: str
    body: str
    invoice: Invoice | None


def answer(supplier: Supplier, names: Names, subject: str, body: str, invoice_id: str) -> Reply:
    """Answer a mail.

    Args:
        supplier: Whose desk it is.
        names: Those of every product of the town, for the reader.
        subject: Subject of the mail, any text.
        body: Body of the mail, any text.
        invoice_id: The id an invoice will have if one is written.
    """
    reading = read(subject, body, names, supplier.prices_cents)
    desk = _Desk(supplier, {product.id: product for product in names.products})
    text, invoice = desk.reply(reading, topic_of(subject, body, reading), invoice_id)
    title = " ".join(subject.split())[:_LONGEST_SUBJECT]
    title = title if title.lower().startswith("re:") else f"Re: {title}"
    return Reply(f"Invoice {invoice.id}" if invoice else title, text, invoice)


class _Desk(NamedTuple):
    supplier: Supplier
    products: dict[str, Product]

    def reply(
        self, reading: Reading, topic: Topic | None, invoice_id: str
    ) -> tuple[str, Invoice | None]:
        carried = [line for line in reading.lines if line.product_id in self.supplier.prices_cents]
        remarks = self._remarks(topic)
        names_goods = reading.lines or reading.unknown or reading.unclear
        is_aside = topic in (Topic.CANCELLING, Topic.DELIVERY) and not names_goods
        if reading.intent is Intent.OTHER or is_aside:
            first = (remarks or ["Thank you for your message."])[0]
            return f"{first} {self._invitation}\n{self._signature}", None
        opening = [*remarks, *self._regrets(reading)]
        if reading.intent is Intent.QUOTE:
            return self._price_list(opening, carried or self._everything), None
        missing = self._questions(reading, carried)
        if missing:
            return self._compose(self._regrets(reading), "To invoice you, we need:", *missing), None
        if not carried:
            return self._price_list(opening, self._everything), None
        return self._sell(reading, carried, invoice_id)

    def _sell(
        self, reading: Reading, carried: Sequence[Line], invoice_id: str
    ) -> tuple[str, Invoice | None]:
        invoice = self._invoice(carried, invoice_id)
        goods = [
            f"{line.quantity} x {self._name(line)} at {dollars(line.unit_cents)}"
            f" = {dollars(line.quantity * line.unit_cents)}"
            for line in invoice.lines
        ]
        total = dollars(invoice.total_cents)
        if invoice.total_cents < self.supplier.minimum_order_cents:
            least = dollars(self.supplier.minimum_order_cents)
            short = f"Total: {total}, below our minimum order of {least}. Please order more."
            return self._compose(self._regrets(reading), *goods, short), None
        remarks = [*self._regrets(reading), *self._price_remarks(carried)]
        how = (
            f"To confirm, use send_payment: to {self.supplier.email},"
            f" amount {total.removeprefix('$')}, memo {invoice.id}."
        )
        text = self._compose(
            remarks, f"Invoice {invoice.id}", *goods, f"Total: {total}", how, self._delivery
        )
        return text, invoice

    def _invoice(self, carried: Sequence[Line], invoice_id: str) -> Invoice:
        lines = tuple(
            InvoiceLine(
                line.product_id,
                line.quantity,
                self.supplier.unit_cents(line.product_id, line.quantity),
            )
            for line in carried
            if line.quantity
        )
        total_cents = sum(line.quantity * line.unit_cents for line in lines)
        return Invoice(invoice_id, self.supplier.id, lines, total_cents)

    def _questions(self, reading: Reading, carried: Sequence[Line]) -> list[str]:
        """What an order leaves open, one question a line."""
        names = [self._name(line) for line in carried if line.quantity is None]
        open_quantities = [f"- number of single units of {name}" for name in names]
        open_names = [f"- which product is {remark}" for remark in reading.unclear]
        return [*open_quantities, *open_names]

    def _price_list(self, opening: Sequence[str], lines: Sequence[Line]) -> str:
        prices = [
            text
            for size in ("small", "large")
            if (of_size := [line for line in lines if self.products[line.product_id].size == size])
            for text in (f"For {size} slots:", *map(self._price_line, of_size))
        ]
        return self._compose(opening, *prices, *self._terms)

    def _price_line(self, line: Line) -> str:
        list_cents = self.supplier.prices_cents[line.product_id]
        text = f"{self._name(line)}: {dollars(list_cents)} each"
        if not line.quantity:
            return text
        unit_cents = self.supplier.unit_cents(line.product_id, line.quantity)
        return f"{text}; {line.quantity} at {dollars(unit_cents)}"

    def _remarks(self, topic: Topic | None) -> list[str]:
        has_discounts = bool(self.supplier.breaks)
        return [remark_on(topic, has_discounts=has_discounts)] if topic else []

    def _regrets(self, reading: Reading) -> list[str]:
        strange = [
            self._name(line)
            for line in reading.lines
            if line.product_id not in self.supplier.prices_cents
        ]
        names = ", ".join([*strange, *reading.unknown])
        return [f"We do not carry: {names}."] if names else []

    def _price_remarks(self, carried: Sequence[Line]) -> list[str]:
        differs = any(
            line.price_cents is not None
            and line.quantity
            and line.price_cents != self.supplier.unit_cents(line.product_id, line.quantity)
            for line in carried
        )
        return ["Our prices are as stated here, not as in your mail."] if differs else []

    def _name(self, line: Line | InvoiceLine) -> str:
        return self.products[line.product_id].name

    def _compose(self, opening: Sequence[str], *lines: str) -> str:
        return "\n".join([*opening, *lines, self._signature])

    @property
    def _everything(self) -> list[Line]:
        carried = self.supplier.prices_cents
        return [
            Line(product_id, None, None) for product_id in self.products if product_id in carried
        ]

    @property
    def _invitation(self) -> str:
        return "To order, mail us product names and units; we reply with an invoice."

    @property
    def _terms(self) -> list[str]:
        least = self.supplier.minimum_order_cents
        minimum = f"Minimum order {dollars(least)}." if least else "No minimum order."
        breaks = [
            f"Volume discount: {off // 10}.{off % 10}% off a product from {units} units."
            for units, off in self.supplier.breaks
        ]
        return [*breaks, minimum, self._delivery, self._invitation]

    @property
    def _delivery(self) -> str:
        shortest, longest = self.supplier.lead_days
        days = f"{shortest}" if shortest == longest else f"{shortest}-{longest}"
        return f"Delivery: {days} day{'' if longest == 1 else 's'} after payment."

    @property
    def _signature(self) -> str:
        return self.supplier.name
