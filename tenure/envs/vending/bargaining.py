"""From a mail to a bid and back: the negotiation kernel's mouth and ears.

What a mail proposes is put in numbers, the kernel plays a round, and its answer is worded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tenure.envs.vending.moves import Act, Move
from tenure.envs.vending.negotiation import (
    Answer,
    Bid,
    Outcome,
    Relation,
    bargain,
    needed_permille,
)
from tenure.envs.vending.reading import Intent, Line
from tenure.envs.vending.suppliers import Supplier
from tenure.envs.vending.wording import percent, say


def _nobody(_product_id: str, _house_ids: Sequence[str]) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a desk knows when a mail comes.

    Attributes:
        day: The 0-based day.
        relation: What the house remembers of the customer.
        owed_cents: What was paid for units that did not come.
        checks_quotes: Whether it looks up a rival's quote today.
        finds_out: Whether it hears today that a quote it believed was false.
        rival_cents: The lowest price at which one of some houses (any house, if none is named)
            offers the customer a product; `None` if none does.
        houses: Ids of the wholesalers by their names in lower case.
        last_day: Last day to pay for whoever promises to pay at once.
        last_day_label: The same, in words.
    """

    day: int = 0
    relation: Relation = field(default_factory=Relation)
    owed_cents: int = 0
    checks_quotes: bool = False
    finds_out: bool = False
    rival_cents: Callable[[str, Sequence[str]], int | None] = _nobody
    houses: Mapping[str, str] = field(default_factory=dict)
    last_day: int = 0
    last_day_label: str = "tomorrow"


class Haggling(NamedTuple):
    """What bargaining comes to.

    Attributes:
        relation: What the house remembers from now on.
        remarks: What it says of prices; empty if there was no bargaining.
        events: Ground truth for the record.
    """

    relation: Relation
    remarks: tuple[str, ...] = ()
    events: tuple[dict[str, Any], ...] = ()


def speed_permille(supplier: Supplier, move: Move) -> int:
    """Return what a house takes off because the mail promises to pay by the next day."""
    return supplier.stance.speed_permille if move.pays_at_once else 0


def haggle(
    supplier: Supplier, situation: Situation, move: Move, intent: Intent, priced: Sequence[Line]
) -> Haggling:
    """Play a round of bargaining if the mail wants a better price than it would get.

    Args:
        supplier: Whose desk it is.
        situation: What the desk knows.
        move: What the mail does.
        intent: What it wants of goods.
        priced: The goods carried that it names a price for.
    """
    relation = situation.relation.at(situation.day)
    if situation.finds_out and relation.unchecked_claims:
        event = {"kind": "lie_found", "supplier": supplier.id}
        return Haggling(relation.caught(), (say("caught", supplier.voice),), (event,))
    wanted_permille = max((_needed(supplier, line) for line in priced), default=0)
    has_permille = relation.granted_permille + speed_permille(supplier, move)
    is_order = intent is Intent.ORDER
    is_low_order = is_order and wanted_permille > has_permille
    is_content = is_order and priced and not is_low_order and move.asked_permille is None
    if is_content or (Act.OFFER not in move.acts and not is_low_order):
        return Haggling(relation)
    if move.defers and not priced and move.asked_permille is None:
        return Haggling(relation, (say("prepaid", supplier.voice),))
    bid = _bid(situation, move, priced, wanted_permille)
    outcome = bargain(supplier.stance, relation, bid, situation.day)
    return Haggling(outcome.relation, _words(supplier, outcome), _events(supplier, bid, outcome))


def _needed(supplier: Supplier, line: Line) -> int:
    """Return the concession, beside a volume break, that comes to the price the mail names."""
    quoted_cents = supplier.unit_cents(line.product_id, line.quantity or 1)
    list_cents = supplier.prices_cents[line.product_id]
    if line.price_cents is None or line.price_cents >= quoted_cents:
        return 0
    earned_permille = needed_permille(list_cents, quoted_cents)
    return max(0, needed_permille(list_cents, line.price_cents) - earned_permille)


def _bid(situation: Situation, move: Move, priced: Sequence[Line], wanted_permille: int) -> Bid:
    """Put in numbers what a mail proposes; prices beside a rival's name are the rival's."""
    is_claim = move.cites_rival and bool(priced)
    asked_permille = move.asked_permille
    if asked_permille is None and priced:
        asked_permille = wanted_permille
    return Bid(
        asked_permille=asked_permille,
        rival_permille=wanted_permille if is_claim else None,
        rival_is_true=not is_claim
        or all(_is_asked_elsewhere(situation, move, line) for line in priced),
        is_checked=situation.checks_quotes,
        is_threat=Act.THREAT in move.acts,
    )


def _is_asked_elsewhere(situation: Situation, move: Move, line: Line) -> bool:
    rival_cents = situation.rival_cents(line.product_id, move.rival_ids)
    return rival_cents is not None and rival_cents <= (line.price_cents or 0)


def _words(supplier: Supplier, outcome: Outcome) -> tuple[str, ...]:
    voice, granted_permille = supplier.voice, outcome.relation.granted_permille
    if not supplier.stance.room_permille:
        return (say("fixed" if supplier.breaks else "fixed_without_breaks", voice),)
    if outcome.answer in (Answer.CAUGHT, Answer.ENDED):
        return (say(outcome.answer.value, voice),)
    if not granted_permille:
        return (say("final", voice), say("no_discount", voice))
    granted = say("discount", voice, percent=percent(granted_permille))
    return (say(outcome.answer.value, voice), granted)


def _events(supplier: Supplier, bid: Bid, outcome: Outcome) -> tuple[dict[str, Any], ...]:
    played = {
        "kind": "bargain",
        "supplier": supplier.id,
        "answer": outcome.answer.value,
        "asked_permille": bid.asked_permille,
        "granted_permille": outcome.relation.granted_permille,
    }
    if bid.rival_permille is None:
        return (played,)
    claimed = {
        "kind": "rival_quote",
        "supplier": supplier.id,
        "is_true": bid.rival_is_true,
        "is_checked": bid.is_checked,
    }
    return (played, claimed)
