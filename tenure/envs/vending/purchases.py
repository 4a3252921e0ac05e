"""Invoices, payments and shipments: how money becomes goods."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tenure.envs.chance import Chance, between
from tenure.envs.clock import at
from tenure.envs.vending.desk import Invoice
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
    """

    credit_cents: int = 0
    open_invoices: list[Invoice] = field(default_factory=list)

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


@dataclass(frozen=True, slots=True)
class Shipment:
    """A paid order on its way.

    Attributes:
        due_minutes: When the goods are in storage.
        invoice: What was paid for.
    """

    due_minutes: int
    invoice: Invoice


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


def invoice_units(invoice: Invoice) -> dict[str, int]:
    """Return the units an invoice is for, by product id; a product may be on several lines."""
    units: dict[str, int] = {}
    for line in invoice.lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return units
