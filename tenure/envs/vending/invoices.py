"""What a supplier asks money for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Goods on an invoice, at what they cost after volume breaks."""

    product_id: str
    quantity: int
    unit_cents: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """An offer to sell; it binds nobody until it is paid.

    Attributes:
        id: `INV-0001` ...
        supplier_id: Who sells.
        lines: What is sold.
        total_cents: What is to be paid.
        last_day: The last 0-based day on which it can be paid, if its price was for paying at once.
    """

    id: str
    supplier_id: str
    lines: tuple[InvoiceLine, ...]
    total_cents: int
    last_day: int | None = None
