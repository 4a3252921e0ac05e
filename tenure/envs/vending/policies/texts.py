"""What a script reads in the texts of the tools, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple


class Contact(NamedTuple):
    """A supplier as a search shows it."""

    name: str
    email: str


class Offer(NamedTuple):
    """One line of a price list; `keeps_days` counts from delivery, 0 if nobody says."""

    product: str
    size: str
    unit_cents: int
    keeps_days: int = 0


@dataclass(frozen=True)
class PriceList:
    """A supplier's answer to a request for prices."""

    offers: tuple[Offer, ...]
    minimum_cents: int
    longest_lead_days: int

    @cached_property
    def unit_cents(self) -> Mapping[str, int]:
        """List prices of the products carried."""
        return {one.product: one.unit_cents for one in self.offers}

    def discounted(self, permille: int) -> PriceList:
        """Return the list after a discount on all prices."""
        offers = (
            one._replace(unit_cents=max(1, (one.unit_cents * (1000 - permille) + 500) // 1000))
            for one in self.offers
        )
        return replace(self, offers=tuple(offers))

    def total_cents(self, units: Mapping[str, int]) -> int:
        """Return the list price of so many units by product, without those not carried."""
        return sum(self.unit_cents.get(product, 0) * count for product, count in units.items())


class Bill(NamedTuple):
    """An invoice to pay."""

    id: str
    email: str
    total_cents: int
    units: dict[str, int]


class Header(NamedTuple):
    """One line of the inbox."""

    id: int
    is_unread: bool
    sender: str
    subject: str


class Place(NamedTuple):
    """One slot of the machine: an empty one has no product, and price 0 means that none is set.

    `last_day` is that of the units that expire first, counted from 1; 0 if there are none.
    """

    slot: str
    size: str
    product: str
    units: int
    capacity: int
    price_cents: int
    last_day: int = 0
    is_broken: bool = False


class Stored(NamedTuple):
    """One product in storage; `lots` are its units by the last day they can be sold."""

    product: str
    size: str
    units: int
    cost_cents: int
    lots: tuple[tuple[int, int], ...] = ()


_STAMP = re.compile(r"\[Day (\d+) of (\d+), ")
_MAILS = re.compile(r"(\d+) unread\]$")
_BANK = re.compile(r"(?:Bank|Balance|bank account has):? (-?)\$(\d+)\.(\d\d)")
_CONTACT = re.compile(r"^- (.+?) <(.+?)>:", re.MULTILINE)
_HEADER = re.compile(r"^(\d+)\. (\[unread\] )?\S+ \S+ \S+, (.+?): (.*)$", re.MULTILINE)
_OFFER = re.compile(
    r"^(?:For (small|large) slots:|(.+): \$(\d+)\.(\d\d) each.*; keeps (\d+) days?)$",
    re.MULTILINE,
)
_MINIMUM = re.compile(r"Minimum order \$(\d+)\.(\d\d)")
_LEAD = re.compile(r"Delivery: (?:\d+-)?(\d+) day")
_BILL = re.compile(r"send_payment: to (\S+), amount (\d+)\.(\d\d), memo (\S+)\.")
_BILL_LINE = re.compile(r"^(\d+) x (.+) at \$", re.MULTILINE)
_PLACE = re.compile(
    r"^([A-D][1-3])(?:: empty, room for (\d+) (small|large) items"
    r"| \((small|large)\): (.+), (\d+) of (\d+) units, "
    r"(?:\$(\d+)\.(\d\d)|no price yet)(?:, sell by day (\d+))?)(, out of order)?$",
    re.MULTILINE,
)
_STORED = re.compile(
    r"^- (.+) \((small|large)\): (\d+) units, "
    r"bought at \$(\d+)\.(\d\d) each, sell by (.+)$",
    re.MULTILINE,
)
_LOT = re.compile(r"day (\d+)(?: \((\d+)\))?")
_SOLD = re.compile(r"^- (.+): (\d+) units, \$\d", re.MULTILINE)
_REPAIR = re.compile(r"call_technician repairs all for \$(\d+)\.(\d\d)")
_DISCOUNT = re.compile(r"We take (\d+)\.(\d)% off our list prices for you")
_DELIVERED = re.compile(r"^Order (\S+) delivered$")


def read_day(text: str) -> tuple[int, int]:
    """Return the day (1 for the first) and the number of days; (0, 0) if the text tells none."""
    found = _STAMP.search(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def read_unread(text: str) -> int:
    """Return how many mails are unread."""
    found = _MAILS.search(text)
    return int(found[1]) if found else 0


def read_bank(text: str) -> int | None:
    """Return the bank balance in cents, `None` if the text tells none."""
    found = _BANK.search(text)
    return int(f"{found[1]}{found[2]}{found[3]}") if found else None


def read_contacts(text: str) -> list[Contact]:
    """Read a page of search results."""
    return [Contact(name, email) for name, email in _CONTACT.findall(text)]


def read_headers(text: str) -> list[Header]:
    """Read the inbox, newest first."""
    return [
        Header(int(number), bool(unread), sender, subject)
        for number, unread, sender, subject in _HEADER.findall(text)
    ]


def read_price_list(text: str) -> PriceList | None:
    """Read the mail that answers a request for prices, `None` if it is another mail."""
    offers, size = [], ""
    for new_size, product, whole, cents, keeps_days in _OFFER.findall(text):
        size = new_size or size
        if product:
            offers.append(Offer(product, size, int(whole + cents), int(keeps_days)))
    if not offers:
        return None
    minimum, lead = _MINIMUM.search(text), _LEAD.search(text)
    return PriceList(
        tuple(offers), int(minimum[1] + minimum[2]) if minimum else 0, int(lead[1]) if lead else 1
    )


def read_discount(text: str) -> int | None:
    """Return what a house takes off its list prices, in thousandths; `None` if it says nothing."""
    found = _DISCOUNT.search(text)
    return int(found[1] + found[2]) if found else None


def is_closed(subject: str) -> bool:
    """Tell whether a mail says that its sender is out of business."""
    return subject in ("We have closed", "Undeliverable")


def read_bill(text: str) -> Bill | None:
    """Read an invoice, `None` if the mail is none."""
    found = _BILL.search(text)
    if not found:
        return None
    units = {product: int(count) for count, product in _BILL_LINE.findall(text)}
    return Bill(found[4], found[1], int(found[2] + found[3]), units)


def read_delivered(subject: str) -> str:
    """Return the invoice whose goods have come, empty if the mail tells of none."""
    found = _DELIVERED.match(subject)
    return found[1] if found else ""


def read_machine(text: str) -> list[Place]:
    """Read the slots of the machine, in order."""
    return [
        Place(
            slot,
            room_size or size,
            product,
            int(units or 0),
            int(room or capacity),
            int(whole + cents or 0),
            int(last_day or 0),
            bool(fault),
        )
        for (
            slot, room, room_size, size, product, units, capacity, whole, cents, last_day, fault
        ) in _PLACE.findall(text)
    ]  # fmt: skip


def read_storage(text: str) -> list[Stored]:
    """Read what is in storage."""
    return [
        Stored(product, size, int(units), int(whole + cents), _read_lots(lots, int(units)))
        for product, size, units, whole, cents, lots in _STORED.findall(text)
    ]


def _read_lots(text: str, all_units: int) -> tuple[tuple[int, int], ...]:
    return tuple((int(day), int(units or all_units)) for day, units in _LOT.findall(text))


def read_repair_cents(text: str) -> int | None:
    """Return what a technician would take, `None` if a morning report tells of no fault."""
    found = _REPAIR.search(text)
    return int(found[1] + found[2]) if found else None


def tells_of_jam(text: str) -> bool:
    """Tell whether a morning report says that the coin slot is jammed."""
    return "Coin slot jammed" in text


def read_sales(text: str) -> dict[str, int] | None:
    """Return the units sold by product, `None` if the text is no morning report."""
    if "Sold yesterday" not in text:
        return None
    return {product: int(units) for product, units in _SOLD.findall(text)}


def tells_of_waste(text: str) -> bool:
    """Tell whether a morning report says that goods have expired."""
    return "Expired and thrown away" in text
