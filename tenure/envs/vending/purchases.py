"""Invoices, payments and shipments: how money becomes goods."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tenure.envs.chance import Chance, below, between
from tenure.envs.clock import at, day_of
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.negotiation import Relation
from tenure.envs.vending.products import Product
from tenure.envs.vending.suppliers import Supplier

OPEN_INVOICES = 10
"""How many unpaid invoices a supplier keeps; an eleventh makes it forget the oldest."""

_DELIVERY_HOURS = (9, 18)
_INVOICE_ID = re.compile(r"INV-\d+")


@dataclass(slots=True)
class Account:
    """What a supplier knows of its customer.

    Attributes:
        credit_cents: Money received and not yet used.
        open_invoices: Unpaid, oldest first.
        owed_cents: What was paid for units that did not come.
        relation: What the supplier remembers of the customer's manners.
    """

    credit_cents: int = 0
    open_invoices: list[Invoice] = field(default_factory=list)
    owed_cents: int = 0
    relation: Relation = field(default_factory=Relation)

    def bill(self, invoice: Invoice) -> None:
        """Open an invoice."""
        self.open_invoices = [*self.open_invoices, invoice][-OPEN_INVOICES:]

    def settle(self, invoice: Invoice) -> None:
        """Pay an open invoice out of the credit.

        Raises:
            ValueError: If the credit is too small.
        """
        if invoice.total_cents > self.credit_cents:
            raise ValueError(f"{invoice.id} costs more than the credit")
        self.credit_cents -= invoice.total_cents
        self.open_invoices.remove(invoice)

    def lapse(self, day: int) -> list[Invoice]:
        """Drop the invoices that had to be paid before a day, and remember the broken promises."""
        lapsed = [i for i in self.open_invoices if i.last_day is not None and i.last_day < day]
        for invoice in lapsed:
            self.open_invoices.remove(invoice)
            self.relation = self.relation.let_down()
        return lapsed


@dataclass(frozen=True, slots=True)
class Shipment:
    """A paid order on its way.

    Attributes:
        due_minutes: When the goods are in storage.
        invoice: What was paid for.
        promised_day: The 0-based day of delivery that the supplier names.
        parcel: What is really in it.
    """

    due_minutes: int
    invoice: Invoice
    promised_day: int
    parcel: tuple[InvoiceLine, ...]

    @property
    def missing_cents(self) -> int:
        """What was paid for units that are not in it."""
        return self.invoice.total_cents - sum(
            line.quantity * line.unit_cents for line in self.parcel
        )


def next_paid(account: Account, memo: str = "", paid_cents: int = 0) -> Invoice | None:
    """Return the open invoice that a supplier takes as paid.

    Of those the credit covers: the one the memo names, else one of exactly the amount just paid,
    else the oldest.

    Args:
        account: The customer's account, with the payment already credited.
        memo: What the customer wrote on the payment.
        paid_cents: The amount of the payment; 0 if there was none just now.
    """
    covered = [i for i in account.open_invoices if i.total_cents <= account.credit_cents]
    named = set(_INVOICE_ID.findall(memo.upper()))
    by_name = [invoice for invoice in covered if invoice.id in named]
    by_amount = [invoice for invoice in covered if invoice.total_cents == paid_cents]
    return next(iter(by_name or by_amount or covered), None)


def draw_arrival(chance: Chance, supplier: Supplier, day: int) -> int:
    """Return the minute at which an order paid on a day is in storage: between 9:00 and 18:59."""
    chance = chance.on(day)
    lead_days = between(chance.word("lead-days", supplier.id, at=day), *supplier.lead_days)
    hour, minute = divmod(
        between(
            chance.word("delivery-minute", supplier.id, at=day),
            _DELIVERY_HOURS[0] * 60,
            _DELIVERY_HOURS[1] * 60 + 59,
        ),
        60,
    )
    return at(day + lead_days, hour, minute)


def ship(
    chance: Chance, supplier: Supplier, invoice: Invoice, day: int, products: Mapping[str, Product]
) -> Shipment:
    """Send off an order paid on a day, as honestly as the supplier does such things.

    Args:
        chance: The seed's.
        supplier: Who sells.
        invoice: What was paid for.
        day: 0-based.
        products: Those of the town by id.
    """
    chance, practice = chance.on(day), supplier.practice
    due_minutes = draw_arrival(chance, supplier, day)
    promised_day = day_of(due_minutes)
    if _befalls(chance, "late", supplier, day, practice.late_permille):
        late_days = between(chance.word("days late", supplier.id, at=day), *practice.late_days)
        due_minutes += at(late_days, 0)
    if practice.closing_day is not None and day >= practice.closing_day - practice.distress_days:
        due_minutes = max(due_minutes, at(practice.closing_day, _DELIVERY_HOURS[0]))
    parcel = invoice.lines
    if _befalls(chance, "swap", supplier, day, practice.swap_permille):
        parcel = _swapped(supplier, parcel, products)
    if _befalls(chance, "short", supplier, day, practice.short_permille):
        word = chance.word("missing", supplier.id, at=day)
        parcel = _shortened(parcel, between(word, *practice.missing_permille))
    return Shipment(due_minutes, invoice, promised_day, parcel)


def _befalls(chance: Chance, what: str, supplier: Supplier, day: int, permille: int) -> bool:
    return permille > 0 and below(chance.word(what, supplier.id, at=day), 1000) < permille


def _swapped(
    supplier: Supplier, lines: tuple[InvoiceLine, ...], products: Mapping[str, Product]
) -> tuple[InvoiceLine, ...]:
    """Replace the goods of the largest line by the cheapest of that size, if they are cheaper.

    What replaces them never costs more anywhere in the house than what was paid, so nobody gets
    goods below their floor in this way.
    """
    largest = max(lines, key=lambda line: (line.quantity * line.unit_cents, line.product_id))
    size = products[largest.product_id].size
    cheapest = min(
        (product_id for product_id in supplier.prices_cents if products[product_id].size == size),
        key=lambda product_id: (supplier.prices_cents[product_id], product_id),
    )
    if supplier.invoiced_cents(cheapest, 1) >= largest.unit_cents:
        return lines
    return tuple(replace(line, product_id=cheapest) if line is largest else line for line in lines)


def _shortened(lines: tuple[InvoiceLine, ...], missing_permille: int) -> tuple[InvoiceLine, ...]:
    """Leave out so many thousandths of each line, rounded down."""
    left = (
        replace(line, quantity=line.quantity - line.quantity * missing_permille // 1000)
        for line in lines
    )
    return tuple(line for line in left if line.quantity)


def units_of(lines: Iterable[InvoiceLine]) -> dict[str, int]:
    """Return the units on some lines, by product id; a product may be on several."""
    units: dict[str, int] = {}
    for line in lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return units
