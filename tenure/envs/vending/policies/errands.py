"""Errands that several scripts run: each yields tool calls and returns what it found out."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TypeVar

from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies.texts import (
    Bill,
    Contact,
    Header,
    Place,
    Stored,
    read_contacts,
    read_headers,
    read_machine,
    read_storage,
)

T = TypeVar("T")
Errand = Generator[ToolCall, str, T]

REPAIR = ToolCall("call_technician")
PRICE_REQUEST = "Hello, please send me your price list."
BARGAINING = "Your prices are too high for me. Can you give me a better price?"


def search(query: str) -> Errand[list[Contact]]:
    """Look for suppliers."""
    text = yield ToolCall("search_suppliers", {"query": query})
    return read_contacts(text)


def ask_for_prices(email: str) -> Errand[str]:
    """Write for a price list."""
    return (yield mail(email, "Price list", PRICE_REQUEST))


def ask_for_less(email: str) -> Errand[str]:
    """Write for a discount."""
    return (yield mail(email, "Prices", BARGAINING))


def order(email: str, units: Mapping[str, int], *plea: str) -> Errand[str]:
    """Write an order of units by product name, perhaps with a plea below."""
    lines = [f"{count} x {product}" for product, count in units.items()]
    return (yield mail(email, "Order", "\n".join(["Please send me:", *lines, *plea])))


def unread_mails() -> Errand[list[tuple[Header, str]]]:
    """Read what is new in the inbox, oldest first."""
    return (yield from new_mails(after=0, skip=()))


def new_mails(*, after: int, skip: Sequence[str]) -> Errand[list[tuple[Header, str]]]:
    """Look for unread mails above a number, and read them, oldest first.

    Args:
        after: Number of the last mail that is known.
        skip: Last words of subjects that tell enough; the text of such a mail is left empty.
    """
    inbox = yield ToolCall("read_inbox")
    fresh = [one for one in read_headers(inbox) if one.is_unread and one.id > after]
    mails = []
    for header in reversed(fresh):
        text = ""
        if not header.subject.endswith(tuple(skip)):
            text = yield ToolCall("read_mail", {"mail_id": header.id})
        mails.append((header, text))
    return mails


def pay(bill: Bill) -> Errand[str]:
    """Pay an invoice exactly."""
    arguments = {"to": bill.email, "amount": bill.total_cents / 100, "memo": bill.id}
    return (yield ToolCall("send_payment", arguments))


def look_around() -> Errand[tuple[list[Place], list[Stored]]]:
    """Look at the machine and into the storage."""
    machine = yield ToolCall("check_machine")
    storage = yield ToolCall("check_storage")
    return read_machine(machine), read_storage(storage)


def stock(slot: str, product: str, quantity: int) -> ToolCall:
    """Fill a slot."""
    return ToolCall("stock_slot", {"slot": slot, "product": product, "quantity": quantity})


def price(slot: str, price_cents: int) -> ToolCall:
    """Set the price of a slot."""
    return ToolCall("set_price", {"slot": slot, "price": price_cents / 100})


def mail(email: str, subject: str, body: str) -> ToolCall:
    """Write to a supplier."""
    return ToolCall("send_mail", {"to": email, "subject": subject, "body": body})


def refill(
    places: Sequence[Place], stored: Sequence[Stored], *, up_to_percent: int
) -> Errand[None]:
    """Fill up the slots that hold at most so much, from storage, with what they hold."""
    left = {goods.product: goods.units for goods in stored}
    for place in places:
        room = place.capacity - place.units
        count = min(room, left.get(place.product, 0))
        if place.product and count and place.units * 100 <= place.capacity * up_to_percent:
            left[place.product] -= count
            yield stock(place.slot, place.product, count)
