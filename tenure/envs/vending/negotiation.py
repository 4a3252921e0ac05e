"""The negotiation kernel: who yields how much, as whole numbers. Language only words it.

A house has room below its list prices and never goes further. How much of the room it offers
depends on the rounds of the talk (a time-dependent tactic in the terms of Faratin, Sierra and
Jennings 1998: a tough house yields late, a soft one early), on a rival's quote, and on what it
remembers of the customer. A concession holds for all its goods and stays until the talk goes sour
or is long forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

SPEED_DAYS = 1
"""A customer who promises to pay at once has until the evening of the day after the invoice."""

_EXTRA_ROUNDS = 2
_FORGETS_ROUNDS_DAYS = 21
_FORGETS_CONCESSION_DAYS = 60
_TRUST_AT_FIRST, _TRUST_A_PAID_ORDER, _MOST_PAID_ORDERS = 600, 80, 5
_TRUST_A_BROKEN_PROMISE, _TRUST_A_LIE = 200, 300


def discounted(price_cents: int, discount_permille: int) -> int:
    """Return a price after a discount, in whole cents, rounded half up, at least one cent."""
    return max(1, (price_cents * (1000 - discount_permille) + 500) // 1000)


def needed_permille(list_cents: int, target_cents: int) -> int:
    """Return the smallest discount, in thousandths, that brings a price down to a target.

    Args:
        list_cents: The price before the discount, >= 1.
        target_cents: What the customer wants to pay; any number.
    """
    missing_cents = list_cents - max(0, target_cents)
    return max(0, -(-missing_cents * 1000 // list_cents))


@dataclass(frozen=True, slots=True)
class Stance:
    """What a house is ready for and never says; the defaults never yield.

    Attributes:
        room_permille: Most it takes off list prices by bargaining, beside the volume breaks.
        steps_permille: What share of the room it offers after one, two ... rounds; rising.
        checks_permille: How often it looks up what a rival is said to ask.
        speed_permille: What it takes off for a promise to pay by the next day.
    """

    room_permille: int = 0
    steps_permille: tuple[int, ...] = (1000,)
    checks_permille: int = 0
    speed_permille: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """What a house remembers of the customer.

    Attributes:
        granted_permille: What it has conceded and takes off now.
        rounds: Rounds of the present talk.
        last_day: 0-based day of the last talk or payment.
        paid_orders: Orders paid.
        broken_promises: Promises to pay at once that were not kept.
        lies: Rivals' quotes that were found to be false.
        unchecked_claims: False quotes that it believed.
        is_member: Whether the membership fee is paid.
        has_list: Whether the customer was sent the whole price list.
    """

    granted_permille: int = 0
    rounds: int = 0
    last_day: int = 0
    paid_orders: int = 0
    broken_promises: int = 0
    lies: int = 0
    unchecked_claims: int = 0
    is_member: bool = False
    has_list: bool = False

    def at(self, day: int) -> Relation:
        """Return what is still remembered on a day: talks and concessions fade, the rest stays."""
        silent_days = day - self.last_day
        if silent_days >= _FORGETS_CONCESSION_DAYS:
            return replace(self, rounds=0, granted_permille=0)
        return replace(self, rounds=0) if silent_days >= _FORGETS_ROUNDS_DAYS else self

    def paid(self, day: int) -> Relation:
        """Remember an order paid: the talk is over, and trust grows."""
        return replace(self, rounds=0, last_day=day, paid_orders=self.paid_orders + 1)

    def let_down(self) -> Relation:
        """Remember a promise to pay at once that was broken."""
        return replace(self, broken_promises=self.broken_promises + 1)

    def caught(self) -> Relation:
        """Remember a false quote, and take back what was conceded."""
        return replace(self, lies=self.lies + 1, granted_permille=0, unchecked_claims=0)

    @property
    def trust_permille(self) -> int:
        """What part of its room a house would use for this customer, 0 to 1000."""
        good = _TRUST_A_PAID_ORDER * min(self.paid_orders, _MOST_PAID_ORDERS)
        bad = _TRUST_A_BROKEN_PROMISE * self.broken_promises + _TRUST_A_LIE * self.lies
        return max(0, min(1000, _TRUST_AT_FIRST + good - bad))


class Bid(NamedTuple):
    """What a customer proposes, in numbers.

    Attributes:
        asked_permille: Discount that would satisfy; `None` for as much as there is.
        rival_permille: Discount that would match the rival's quote; `None` if none is named.
        rival_is_true: Whether a rival does ask no more than that.
        is_checked: Whether the house looks it up.
        is_threat: Whether the customer will go elsewhere.
    """

    asked_permille: int | None = None
    rival_permille: int | None = None
    rival_is_true: bool = True
    is_checked: bool = False
    is_threat: bool = False


class Answer(StrEnum):
    """How a house takes a bid."""

    ACCEPTED = "accepted"
    COUNTERED = "countered"
    FINAL = "final"
    ENDED = "ended"
    CAUGHT = "caught"


class Outcome(NamedTuple):
    """How a round of bargaining ends."""

    answer: Answer
    relation: Relation


def bargain(stance: Stance, relation: Relation, bid: Bid, day: int) -> Outcome:
    """Play one round.

    Whatever is bid, the relation returned grants no more than the room of the stance.

    Args:
        stance: The house's.
        relation: What it remembers.
        bid: Numbers of any size; a nonsensical one is a bid like any other.
        day: 0-based day of the round.
    """
    before = relation.at(day)
    rounds = before.rounds + (2 if bid.is_threat else 1)
    talked = replace(before, rounds=rounds, last_day=day)
    claims = bid.rival_permille is not None
    if claims and bid.is_checked and not bid.rival_is_true:
        return Outcome(Answer.CAUGHT, talked.caught())
    if rounds > len(stance.steps_permille) + _EXTRA_ROUNDS:
        return Outcome(Answer.ENDED, replace(talked, granted_permille=0))
    if claims and not bid.rival_is_true:
        talked = replace(talked, unchecked_claims=talked.unchecked_claims + 1)
    ready_permille = max(before.granted_permille, _offer(stance, before, rounds, bid))
    asked_permille = ready_permille if bid.asked_permille is None else bid.asked_permille
    granted_permille = max(before.granted_permille, min(ready_permille, asked_permille))
    granted = replace(talked, granted_permille=granted_permille)
    if bid.asked_permille is not None and asked_permille <= granted_permille:
        return Outcome(Answer.ACCEPTED, granted)
    is_last = rounds >= len(stance.steps_permille)
    return Outcome(Answer.FINAL if is_last else Answer.COUNTERED, granted)


def _offer(stance: Stance, relation: Relation, rounds: int, bid: Bid) -> int:
    """Return what the house is ready to take off in a round, in thousandths."""
    limit_permille = stance.room_permille * relation.trust_permille // 1000
    step_permille = stance.steps_permille[min(rounds, len(stance.steps_permille)) - 1]
    matched_permille = min(limit_permille, bid.rival_permille or 0)
    return max(limit_permille * step_permille // 1000, matched_permille)
