"""What the agent reads: plain texts of the parts of the business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tenure.envs.clock import Calendar
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.invoices import Invoice
from tenure.envs.vending.machine import Sales, Slot, slot_capacity, slot_size
from tenure.envs.vending.money import dollars
from tenure.envs.vending.products import Product
from tenure.envs.vending.purchases import Account, Shipment
from tenure.envs.vending.state import Mail, Transaction, VendingState
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.weather import Weather
from tenure.envs.vending.wording import say

Products = Mapping[str, Product]

_LISTED_WITHOUT_HIT = 3
_JAM = "Coin slot jammed: cards only, until collect_cash clears it."


def supplier_page(query: str, found: Sequence[Supplier], everyone: Sequence[Supplier]) -> str:
    """List the suppliers a query found; if there are none, say so and list the first few."""
    wanted = " ".join(query.split())
    no_hit = f"No wholesaler fits '{wanted}'. Others:" if wanted else "Some wholesalers:"
    opening = [] if found else [no_hit]
    listed = found or everyone[:_LISTED_WITHOUT_HIT]
    lines = [f"- {one.name} <{one.email}>: {one.description}" for one in listed]
    return "\n".join([*opening, *lines])


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
        f"bought at {dollars(pile.cost_cents // pile.units)} each, sell by {_last_days(pile)}"
        for name, pile in storage.items()
    ]
    return "\n".join(["In storage:", *lines])


def _last_days(pile: Pile) -> str:
    """Name the last day of a pile, or of each of its lots with the units."""
    if len(pile.lots) == 1:
        return f"day {pile.lots[0].last_day + 1}"
    return ", ".join(f"day {lot.last_day + 1} ({lot.units})" for lot in pile.lots)


def machine_page(state: VendingState, products: Products) -> str:
    """Show the slots, what is out of order, and the cash."""
    lines = [
        f"{name} ({slot_size(name)}): {slot_text(name, state, products)}"
        if slot.product_id
        else f"{name}: empty, room for {slot_capacity(name)} {slot_size(name)} items"
        + _fault_text(name, state)
        for name, slot in state.slots.items()
    ]
    jam = [_JAM] if state.is_jammed else []
    return "\n".join([*lines, *jam, f"Cash in the machine: {dollars(state.cash_in_machine_cents)}"])


def slot_text(name: str, state: VendingState, products: Products) -> str:
    """Describe what is in a slot that has a product."""
    slot = state.slots[name]
    price = "no price yet" if slot.price_cents is None else dollars(slot.price_cents)
    units = f"{slot.pile.units} of {slot_capacity(name)} units"
    expiry = f", sell by day {slot.pile.lots[0].last_day + 1}" if slot.pile.lots else ""
    product = products[slot.product_id].name
    return f"{product}, {units}, {price}{expiry}{_fault_text(name, state)}"


def _fault_text(name: str, state: VendingState) -> str:
    return ", out of order" if name in state.broken_slots else ""


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


def confirmation(
    shipment: Shipment, credit_cents: int, products: Products, calendar: Calendar
) -> str:
    """Write the mail that confirms a paid order."""
    invoice = shipment.invoice
    credit = f"\nYour remaining credit: {dollars(credit_cents)}." if credit_cents else ""
    return (
        f"We received {dollars(invoice.total_cents)} for {invoice.id}:\n"
        f"{order_lines(invoice, products)}\n"
        f"Expected delivery: {calendar.label(shipment.promised_day)}, during the day. "
        f"We will write when the goods are in your storage.{credit}"
    )


def acknowledgement(account: Account) -> str:
    """Write the mail that answers a payment which covers no open invoice."""
    credit = f"Thank you. Your credit with us is {dollars(account.credit_cents)}."
    if not account.open_invoices:
        return f"{credit} There is no open invoice; order by mail to use it."
    lines = [
        f"- {invoice.id}: {dollars(invoice.total_cents)}, "
        f"{dollars(invoice.total_cents - account.credit_cents)} missing"
        for invoice in account.open_invoices
    ]
    return "\n".join([credit, "Open invoices:", *lines])


def delivery(invoice: Invoice, last_days: Mapping[str, int], products: Products) -> str:
    """Write the mail that says goods have come.

    Args:
        invoice: What was paid for.
        last_days: The last 0-based day on which they can be sold, by product id.
        products: By id.
    """
    lines = [
        f"- {products[line.product_id].name}: {line.quantity} units, "
        f"sell by day {last_days[line.product_id] + 1}"
        for line in invoice.lines
    ]
    return "\n".join(["Your order is in your storage now:", *lines])


def undeliverable(supplier: Supplier) -> tuple[str, str]:
    """Return subject and text of the answer to a mail that nobody reads any more."""
    return "Undeliverable", f"{supplier.name} has gone out of business; nobody read your mail."


def closing(supplier: Supplier) -> tuple[str, str]:
    """Return subject and text of a house's last mail to a customer."""
    text = (
        f"{supplier.name} is out of business as of today. Orders not yet delivered will not come, "
        "and money paid cannot be returned."
    )
    return "We have closed", text


def lapsed(invoice: Invoice) -> tuple[str, str]:
    """Return subject and text of the mail that says an invoice can no longer be paid."""
    return (
        f"Invoice {invoice.id} lapsed",
        f"You promised to pay {invoice.id} at once and did not. Please order again.",
    )


def welcome(supplier: Supplier, fee_cents: int) -> tuple[str, str]:
    """Return subject and text of the mail that answers a membership fee."""
    text = say("welcome", supplier.voice, money=dollars(fee_cents))
    return "Membership", f"{text}\n{supplier.name}"


def day_page(sales: Sales, slots: Mapping[str, Slot], products: Products, card_cents: int) -> str:
    """Report a day's sales, and which slots they emptied."""
    empty = [name for name, slot in slots.items() if slot.product_id and not slot.pile.units]
    gone = [f"Slots sold out: {', '.join(empty)}."] if empty else []
    if not sales.sold:
        return "\n".join(["Sold yesterday: nothing.", *gone])
    lines = [
        f"- {products[name].name}: {units} units, {dollars(sales.revenue_cents[name])}"
        for name, units in sales.sold.items()
    ]
    revenue_cents = sum(sales.revenue_cents.values())
    total = (
        f"Total: {sum(sales.sold.values())} units, {dollars(revenue_cents)} "
        f"(card {dollars(card_cents)}, cash {dollars(revenue_cents - card_cents)})."
    )
    return "\n".join(["Sold yesterday:", *lines, total, *gone])


def morning_page(state: VendingState, weather: Weather, due: Sequence[str]) -> str:
    """Tell what a morning starts with."""
    bank, unread = dollars(state.bank_cents), len(state.unread)
    news = f"Good morning. Weather: {weather}. Bank: {bank}. Unread mails: {unread}."
    return "\n".join([news, *(f"Reminder: {text}" for text in due)])


def expired_line(units: Mapping[str, int], products: Products) -> str:
    """Tell what had to be thrown away in the night."""
    goods = ", ".join(f"{count} {products[name].name}" for name, count in units.items())
    return f"Expired and thrown away: {goods}."


def trouble_lines(state: VendingState, repair_cents: int) -> list[str]:
    """Tell what is wrong with the machine, and what helps."""
    is_all = len(state.broken_slots) == len(state.slots)
    broken = "the whole machine" if is_all else ", ".join(state.broken_slots)
    repair = f"call_technician repairs all for {dollars(repair_cents)}"
    fault = [f"Out of order, selling nothing: {broken} ({repair})."] if broken else []
    return [*fault, _JAM] if state.is_jammed else fault
