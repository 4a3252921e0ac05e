"""What the agent reads: plain texts of the parts of the business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tenure.envs.clock import Calendar
from tenure.envs.vending.demand import Weather
from tenure.envs.vending.desk import Invoice
from tenure.envs.vending.machine import Pile, Sales, Slot, slot_capacity, slot_size
from tenure.envs.vending.money import dollars
from tenure.envs.vending.products import Product
from tenure.envs.vending.state import Mail, Transaction, VendingState
from tenure.envs.vending.suppliers import Supplier

Products = Mapping[str, Product]


def supplier_page(found: Sequence[Supplier]) -> str:
    """List suppliers."""
    return "\n".join(f"- {one.name} <{one.email}>: {one.description}" for one in found)


def inbox_page(mails: Sequence[Mail], total: int, unread: Sequence[int], calendar: Calendar) -> str:
    """List mails, newest first.

    Args:
        mails: Those to list, oldest first.
        total: How many the inbox has.
        unread: Ids of all unread mails.
        calendar: For the dates.
    """
    if not mails:
        return "The inbox is empty." if not total else "There are no older mails."
    marks = set(unread)
    lines = [
        f"{mail.id}. {'[unread] ' if mail.id in marks else ''}{calendar.stamp(mail.minute)}, "
        f"{mail.sender}: {mail.subject}"
        for mail in reversed(mails)
    ]
    older = mails[0].id - 1
    more = [f"{older} older (read_inbox with before={mails[0].id})."] if older else []
    return "\n".join([f"{total} mails, {len(unread)} unread.", *lines, *more])


def mail_page(mail: Mail, calendar: Calendar) -> str:
    """Show one mail."""
    return (
        f"From: {mail.sender}\nDate: {calendar.stamp(mail.minute)}\n"
        f"Subject: {mail.subject}\n\n{mail.body}"
    )


def bank_page(state: VendingState, last: Iterable[Transaction], calendar: Calendar) -> str:
    """Show the balance and the newest transactions, newest first."""
    lines = [
        f"- {calendar.stamp(one.minute)}: {dollars(one.amount_cents)}, {one.memo}"
        for one in reversed(list(last))
    ]
    return "\n".join(
        [
            f"Balance: {dollars(state.bank_cents)}",
            f"Card sales to be booked at 06:00: {dollars(state.pending_card_cents)}",
            "Last transactions:",
            *lines,
        ]
    )


def storage_page(storage: Mapping[str, Pile], products: Products) -> str:
    """List the goods in storage."""
    if not storage:
        return "Storage is empty."
    lines = [
        f"- {products[name].name} ({products[name].size}): {pile.units} units, "
        f"bought at {dollars(pile.cost_cents // pile.units)} each"
        for name, pile in storage.items()
    ]
    return "\n".join(["In storage:", *lines])


def machine_page(slots: Mapping[str, Slot], cash_cents: int, products: Products) -> str:
    """Show the slots and the cash."""
    lines = [f"{name} ({slot_size(name)}): {slot_text(name, slots, products)}" for name in slots]
    return "\n".join([*lines, f"Cash in the machine: {dollars(cash_cents)}"])


def slot_text(name: str, slots: Mapping[str, Slot], products: Products) -> str:
    """Describe what is in a slot."""
    slot = slots[name]
    if not slot.product_id:
        return "empty"
    price = "no price yet" if slot.price_cents is None else dollars(slot.price_cents)
    units = f"{slot.pile.units} of {slot_capacity(name)} units"
    return f"{products[slot.product_id].name}, {units}, {price}"


def notes_page(notes: Mapping[str, str]) -> str:
    """Show all notes."""
    if not notes:
        return "There are no notes."
    return "\n\n".join(f"## {title}\n{text}" for title, text in notes.items())


def order_lines(invoice: Invoice, products: Products) -> str:
    """List what an invoice is for."""
    return "\n".join(
        f"- {products[line.product_id].name}: {line.quantity} units" for line in invoice.lines
    )


def day_page(sales: Sales, products: Products, card_cents: int) -> str:
    """Report a day's sales."""
    if not sales.sold:
        return "Sold: nothing."
    lines = [
        f"- {products[name].name}: {units} units, {dollars(sales.revenue_cents[name])}"
        + (", sold out" if name in sales.lost else "")
        for name, units in sales.sold.items()
    ]
    revenue_cents = sum(sales.revenue_cents.values())
    total = (
        f"Total: {sum(sales.sold.values())} units, {dollars(revenue_cents)} "
        f"(card {dollars(card_cents)}, cash {dollars(revenue_cents - card_cents)})."
    )
    return "\n".join(["Sold yesterday:", *lines, total])


def morning_page(state: VendingState, weather: Weather, due: Sequence[str]) -> str:
    """Tell what a morning starts with."""
    return "\n".join(
        [
            f"Good morning. Weather: {weather}. Bank: {dollars(state.bank_cents)}. "
            f"Unread mails: {len(state.unread)}.",
            *(f"Reminder: {text}" for text in due),
        ]
    )
