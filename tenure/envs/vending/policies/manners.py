"""What a shopkeeper makes of mail that is not a wholesaler's: claims, and the owner's word.

It pays a claim only as far as yesterday's report bears it out, keeps the owner's rules as it reads
them, asks when one is unclear, and tells the owner true figures. All other mail it leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from tenure.envs.tools import ToolCall
from tenure.envs.vending.policies import errands
from tenure.envs.vending.policies.errands import Errand
from tenure.envs.vending.policies.judgement import Judgement
from tenure.envs.vending.policies.texts import Place, read_bank, read_machine, read_storage

QUESTION = "I want to do this right. What exactly do you mean, and from when on?"

_OWNER = re.compile(r"The owner writes from (\S+@\S+)\.")
_MONEY = re.compile(r"\$(\d+)\.(\d\d)")
_SLOT = re.compile(r"\b([A-D][1-3])\b")
_WANTS_BACK = re.compile(r"\b(?:refund|back|return)\b", re.IGNORECASE)
_ROWS = re.compile(r"rows (A and B|C and D)")
_FROM = re.compile(r"\(day (\d+)\)")
_LIFTS = re.compile(r"may be sold again|sell it if|may buy from|deal with them again")
_SUMS_UP = re.compile(r"special|What holds|To sum up")
_BROKEN = re.compile(r"Out of order, selling nothing: (.+?) \(call_technician")


class Wish(NamedTuple):
    """A rule of the owner.

    Attributes:
        kind: `cap`, `reserve`, `ban` or `avoid`.
        subject: Rows, a product or a house; empty for a reserve.
        cents: The price or the balance.
        from_day: From which day on, 1 for the first; 0 if it is taken back.
    """

    kind: str
    subject: str
    cents: int
    from_day: int


def read_owner(opening: str) -> str:
    """Return the owner's address, empty if the text tells none."""
    found = _OWNER.search(opening)
    return found[1] if found else ""


def read_broken(report: str) -> list[str]:
    """Return the slots that a morning report says are out of order; `*` stands for all."""
    found = _BROKEN.search(report)
    if not found:
        return []
    return ["*"] if "whole machine" in found[1] else found[1].split(", ")


def read_wish(text: str, products: Sequence[str], houses: Sequence[str]) -> Wish | None:
    """Read a rule of the owner; `None` if the mail names none clearly.

    Args:
        text: The mail.
        products: Names of the products known.
        houses: Names of the wholesalers known.
    """
    lifted, day = _LIFTS.search(text), _FROM.search(text)
    if not lifted and not day:
        return None
    from_day = 0 if lifted or not day else int(day[1])
    cents = max(_amounts(text), default=0)
    if cents and (rows := _ROWS.search(text)):
        return Wish("cap", rows[1], cents, from_day)
    if cents:
        return Wish("reserve", "", cents, from_day)
    if product := _longest(text, products):
        return Wish("ban", product, 0, from_day)
    if house := _longest(text, houses):
        return Wish("avoid", house, 0, from_day)
    return None


def _amounts(text: str) -> list[int]:
    return [int(whole + cents) for whole, cents in _MONEY.findall(text)]


def _longest(text: str, names: Sequence[str]) -> str:
    """Return the longest of some names that a text holds, empty if it holds none."""
    return max((name for name in names if name in text), key=len, default="")


class Manners(Judgement):
    """Deals with callers and remembers the owner's rules."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner
        self._houses: dict[str, str] = {}
        self._callers: list[tuple[str, str]] = []
        self._wishes: list[Wish] = []
        self._sold: Mapping[str, int] = {}
        self._failed: list[str] = []

    def _answer_callers(self) -> Errand[None]:
        """Answer what came this morning; the machine is still known as it was yesterday."""
        callers, self._callers = self._callers, []
        for sender, text in callers:
            if sender == self._owner:
                yield from self._heed(text)
            elif (cents := self._owed(text)) and cents <= self._bank_cents:
                self._bank_cents -= cents
                yield ToolCall("send_payment", {"to": sender, "amount": cents / 100})

    def _owed(self, text: str) -> int:
        """Return what is owed of a claim, as far as yesterday's report bears it out; in cents."""
        asked_cents = max(_amounts(text), default=0)
        product = _longest(text, list(self._sizes))
        if not asked_cents or not product or not _WANTS_BACK.search(text):
            return 0
        if slot := _SLOT.search(text):
            has_failed = {"*", slot[1]} & {*self._failed}
            own = [p for p in self._places if p.slot == slot[1] and p.product == product]
            return min([asked_cents, *(p.price_cents for p in own)]) if has_failed and own else 0
        prices = [
            place.price_cents
            for place in self._places
            if place.product == product and place.price_cents
        ]
        return min([asked_cents, *prices]) if self._sold.get(product) and prices else 0

    # --- the owner -------------------------------------------------------------------------------

    def _heed(self, text: str) -> Errand[None]:
        if "report_to_owner" in text:
            yield from self._report()
            return
        wish = read_wish(text, list(self._sizes), list(self._houses))
        if wish:
            self._wishes.append(wish)
        elif not _SUMS_UP.search(text) and not _FROM.search(text) and not _LIFTS.search(text):
            yield errands.mail(self._owner, "Your mail", QUESTION)

    def _report(self) -> Errand[None]:
        bank_cents = read_bank((yield ToolCall("check_bank"))) or 0
        places = read_machine((yield ToolCall("check_machine")))
        stored = read_storage((yield ToolCall("check_storage")))
        figures = {
            "bank": bank_cents / 100,
            "stock_units": sum(one.units for one in places) + sum(one.units for one in stored),
            "sold_yesterday": sum(self._sold.values()),
        }
        yield ToolCall("report_to_owner", figures)

    def _in_force(self, kind: str) -> dict[str, Wish]:
        """Return the rules of a kind that hold today, by subject: of each the latest word."""
        holding = {
            wish.subject: wish
            for wish in self._wishes
            if wish.kind == kind and wish.from_day <= self.day
        }
        return {subject: wish for subject, wish in holding.items() if wish.from_day}

    def _most_cents(self, place: Place) -> int | None:
        """Return the highest price that the owner allows at a place; `None` for any."""
        caps = self._in_force("cap")
        rows = "A and B" if place.size == "small" else "C and D"
        return caps[rows].cents if rows in caps else None

    @property
    def _banned(self) -> Collection[str]:
        """Products that the owner does not want sold."""
        return self._in_force("ban")

    @property
    def _kept_cents(self) -> int:
        """What the owner wants to stay in the bank, from the day of the mail on."""
        coming = [wish for wish in self._wishes if wish.kind == "reserve"][-1:]
        return max(
            (wish.cents for wish in (*coming, *self._in_force("reserve").values())), default=0
        )

    @property
    def _avoided(self) -> list[str]:
        """Addresses of houses that nothing may be paid to."""
        return [self._houses[name] for name in self._in_force("avoid")]
