"""The lower rungs of the ladder: who waits, who guesses, and who follows fixed rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import TypeVar

from tenure.envs.chance import Chance, below, pick
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies import errands
from tenure.envs.vending.policies.errands import Errand
from tenure.envs.vending.policies.texts import (
    Bill,
    Contact,
    Offer,
    Place,
    PriceList,
    Stored,
    is_closed,
    read_bank,
    read_bill,
    read_day,
    read_price_list,
    read_repair_cents,
    read_unread,
)

T = TypeVar("T")

WAIT = ToolCall("wait_for_next_day")


def null(_briefing: Briefing) -> Policy:
    """Wait, and do nothing else."""
    while True:
        yield WAIT


# --- naive ---------------------------------------------------------------------------------------

_BASKET_PER_SIZE = 4
_MARKUP_PERCENT = 200
_ORDER_DAYS = 7
_FIRST_ORDER_DAY = 3
_SELL_OFF_DAYS = 14
_COLLECT_DAYS = 7
_BUDGET_PERCENT = 80
_ORDER_UNITS = 20
_LASTING_DAYS = 14


def naive(_briefing: Briefing) -> Policy:
    """Follow fixed rules with the first supplier found that has a price list for it.

    A basket of the first four products of each size on its list that keep two weeks, at twice what
    they cost; twenty units more of whatever runs low, every seven days, but not in the last
    fourteen; slots refilled when half empty; cash collected once a week and on the last day; what
    is out of order repaired. Goods left by a previous owner are put on sale in the same way. When
    the supplier closes, the next one found takes its place. Nobody else's mail is answered or paid.
    """
    yield from _install_leftovers()
    contacts = yield from errands.search("vending machine supplies")
    contact, basket, prices = yield from _first_prices(contacts)
    text = yield WAIT
    while True:
        day, days = read_day(text)
        if _can_repair(text):
            yield errands.REPAIR
        if read_unread(text):
            mails = yield from errands.unread_mails()
            for bill in filter(None, (read_bill(mail) for _, mail in mails)):
                if bill.email == contact.email:
                    yield from errands.pay(bill)
            if contact.email in (header.sender for header, _ in mails if is_closed(header.subject)):
                contacts = [*(one for one in contacts if one != contact), contact]
                contact, basket, prices = yield from _first_prices(contacts)
        places, stored = yield from errands.look_around()
        stored = yield from _install(basket, places, stored)
        yield from errands.refill(places, stored, up_to_percent=50)
        if day % _ORDER_DAYS == _FIRST_ORDER_DAY and day <= days - _SELL_OFF_DAYS:
            yield from _reorder(contact, basket, prices, stored)
        if day % _COLLECT_DAYS == 0 or day == days:
            yield ToolCall("collect_cash")
        text = yield WAIT


def _can_repair(report: str) -> bool:
    """Tell whether something is out of order and the bank has what the technician takes."""
    cents = read_repair_cents(report)
    return cents is not None and cents <= (read_bank(report) or 0)


def _install_leftovers() -> Errand[None]:
    places, stored = yield from errands.look_around()
    leftovers = [Offer(goods.product, goods.size, goods.cost_cents) for goods in stored]
    yield from _install(leftovers, places, stored)


def _first_prices(contacts: Sequence[Contact]) -> Errand[tuple[Contact, list[Offer], PriceList]]:
    """Ask one supplier after another for a price list, and choose the basket from its top."""
    for contact in cycle(contacts):
        yield from errands.ask_for_prices(contact.email)
        yield WAIT
        mails = yield from errands.unread_mails()
        prices = next(filter(None, (read_price_list(text) for _, text in mails)), None)
        if prices:
            lasting = [offer for offer in prices.offers if offer.keeps_days >= _LASTING_DAYS]
            small = [offer for offer in lasting if offer.size == "small"]
            large = [offer for offer in lasting if offer.size == "large"]
            return contact, small[:_BASKET_PER_SIZE] + large[:_BASKET_PER_SIZE], prices
    raise ValueError("a search found no supplier at all")


def _reorder(
    contact: Contact, basket: Sequence[Offer], prices: PriceList, stored: Sequence[Stored]
) -> Errand[None]:
    """Order a fixed number of each product that runs low, more if the minimum order asks for it."""
    bank = read_bank((yield ToolCall("check_bank"))) or 0
    held = {goods.product: goods.units for goods in stored}
    low = [offer for offer in basket if held.get(offer.product, 0) < _ORDER_UNITS]
    one_of_each_cents = sum(offer.unit_cents for offer in low)
    if not one_of_each_cents:
        return
    count = max(_ORDER_UNITS, -(-prices.minimum_cents // one_of_each_cents))
    if count * one_of_each_cents > bank * _BUDGET_PERCENT // 100:
        count = bank * _BUDGET_PERCENT // 100 // one_of_each_cents
    if count * one_of_each_cents >= max(1, prices.minimum_cents):
        yield from errands.order(contact.email, {offer.product: count for offer in low})


def _install(
    basket: Sequence[Offer], places: Sequence[Place], stored: Sequence[Stored]
) -> Errand[list[Stored]]:
    """Give every empty slot a product of the basket, in turn; return what stays in storage."""
    left = {goods.product: goods.units for goods in stored}
    for size in ("small", "large"):
        offers = [offer for offer in basket if offer.size == size]
        slots = [place for place in places if place.size == size]
        for index, place in enumerate(slots):
            offer = offers[index % len(offers)] if offers else None
            count = min(place.capacity, left.get(offer.product, 0)) if offer else 0
            if offer and count and not place.product:
                left[offer.product] -= count
                yield errands.stock(place.slot, offer.product, count)
                yield errands.price(place.slot, offer.unit_cents * _MARKUP_PERCENT // 100)
    return [goods._replace(units=left[goods.product]) for goods in stored]


# --- random --------------------------------------------------------------------------------------

_QUERIES = ("vending supplies", "drinks", "snacks", "candy", "wholesale", "chips", "water")


class _Dice:
    """Endless words of one seed."""

    def __init__(self, seed: int) -> None:
        self._words = self._draw(Chance(seed))

    def below(self, bound: int) -> int:
        """Return an integer in [0, bound)."""
        return below(next(self._words), bound)

    def pick(self, items: Sequence[T]) -> T:
        """Choose one item."""
        return pick(next(self._words), items)

    @staticmethod
    def _draw(chance: Chance) -> Iterator[int]:
        start = 0
        while True:
            yield from chance.words("random policy", start=start, count=1024)
            start += 1024


def random(briefing: Briefing) -> Policy:
    """Do something meaningful at random, among what it has read; a few things a day."""
    dice = _Dice(briefing.seed)
    trader = _Trader(dice)
    while True:
        for _ in range(dice.below(9)):
            yield from trader.act()
        trader.hear((yield WAIT))


class _Trader:
    """What a random trader has read so far."""

    def __init__(self, dice: _Dice) -> None:
        self._dice = dice
        self._contacts: dict[str, Contact] = {}
        self._offers: dict[str, PriceList] = {}
        self._bills: list[Bill] = []
        self._is_broken = False

    def hear(self, report: str) -> None:
        """Take note of what a morning report says."""
        self._is_broken = read_repair_cents(report) is not None

    def act(self) -> Errand[None]:
        """Do one of the things that are possible."""
        errand = self._dice.pick(
            [
                self._search,
                self._ask,
                self._order,
                self._read,
                self._pay,
                self._collect,
                *(self._fill,) * 4,
                *(self._repair,) * self._is_broken,
            ]
        )
        yield from errand()

    def _search(self) -> Errand[None]:
        for contact in (yield from errands.search(self._dice.pick(_QUERIES))):
            self._contacts[contact.email] = contact

    def _ask(self) -> Errand[None]:
        if self._contacts:
            yield from errands.ask_for_prices(self._dice.pick(list(self._contacts)))

    def _order(self) -> Errand[None]:
        if not self._offers:
            return
        email = self._dice.pick(list(self._offers))
        offers = self._offers[email].offers
        chosen = {self._dice.pick(offers).product for _ in range(5)}
        yield from errands.order(
            email, {product: 5 + self._dice.below(25) for product in sorted(chosen)}
        )

    def _read(self) -> Errand[None]:
        for header, text in (yield from errands.unread_mails()):
            prices, bill = read_price_list(text), read_bill(text)
            if prices:
                self._offers[header.sender] = prices
            if bill:
                self._bills.append(bill)

    def _pay(self) -> Errand[None]:
        if self._bills:
            bill = self._bills.pop(self._dice.below(len(self._bills)))
            if self._dice.below(2):
                yield from errands.pay(bill)

    def _fill(self) -> Errand[None]:
        places, stored = yield from errands.look_around()
        if not stored:
            return
        goods = self._dice.pick(stored)
        fitting = [
            place
            for place in places
            if place.size == goods.size and (not place.units or place.product == goods.product)
        ]
        if not fitting:
            yield ToolCall("empty_slot", {"slot": self._dice.pick(places).slot})
            return
        place = self._dice.pick(fitting)
        count = min(goods.units, place.capacity - place.units)
        if count:
            yield errands.stock(place.slot, goods.product, count)
        yield errands.price(place.slot, goods.cost_cents * (120 + self._dice.below(260)) // 100)

    def _collect(self) -> Errand[None]:
        yield ToolCall("collect_cash")

    def _repair(self) -> Errand[None]:
        yield errands.REPAIR
        self._is_broken = False
