"""Kinds of houses: who is tough, overprices, cheats, comes late or fails, and by how much.

A kind is a habit with a rate of its own, drawn from a stream of its own. So switching one off
changes the houses of that kind alone, and with all rates 0 every house is honest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from pydantic import BaseModel, Field

from tenure.envs.chance import Chance, below, between, pick
from tenure.envs.tables import table
from tenure.envs.vending.negotiation import Stance

Range = tuple[int, int]


class Kind(StrEnum):
    """A habit of a house."""

    TOUGH = "tough"
    OVERPRICING = "overpricing"
    MEMBERSHIP = "membership"
    BAIT = "bait"
    LATE = "late"
    SHORT = "short"
    FAILING = "failing"


class KindRates(BaseModel, frozen=True, extra="forbid"):
    """How many of a thousand houses are of each kind."""

    tough_permille: int = Field(
        default=220, ge=0, le=1000, description="Houses that ask much first and yield slowly."
    )
    overpricing_permille: int = Field(
        default=100, ge=0, le=1000, description="Houses that ask far too much."
    )
    membership_permille: int = Field(
        default=70, ge=0, le=1000, description="Houses that want a fee before they sell, if ever."
    )
    bait_permille: int = Field(
        default=80, ge=0, le=1000, description="Houses that invoice more than they quote."
    )
    late_permille: int = Field(
        default=100, ge=0, le=1000, description="Houses that deliver after the day they promise."
    )
    short_permille: int = Field(
        default=80, ge=0, le=1000, description="Houses that deliver less than was paid for."
    )
    failing_permille: int = Field(
        default=100, ge=0, le=1000, description="Houses that go out of business during the year."
    )


@dataclass(frozen=True, slots=True)
class Practice:
    """How a house does business behind its price list; the defaults are those of an honest one.

    Attributes:
        kinds: Its habits.
        level_permille: What its list prices are multiplied by, in thousandths.
        fee_cents: What it wants before it sells anything; 0 for nothing.
        serves_members: Whether it sells at all once the fee is paid.
        surcharge_permille: What an invoice adds to the prices quoted.
        swap_permille: How often it delivers something cheaper instead.
        late_permille: How often it breaks the promised day.
        late_days: By how many days.
        short_permille: How often it delivers less than was paid for.
        missing_permille: How much less.
        makes_good: Whether it credits missing units when asked.
        closing_day: 0-based day on which it goes out of business; `None` if it does not.
        distress_days: How many days before that it stops shipping what was paid for.
    """

    kinds: tuple[Kind, ...] = ()
    level_permille: int = 1000
    fee_cents: int = 0
    serves_members: bool = True
    surcharge_permille: int = 0
    swap_permille: int = 0
    late_permille: int = 0
    late_days: Range = (0, 0)
    short_permille: int = 0
    missing_permille: Range = (0, 0)
    makes_good: bool = True
    closing_day: int | None = None
    distress_days: int = 0

    def is_closed(self, day: int) -> bool:
        """Tell whether it is out of business on a 0-based day."""
        return self.closing_day is not None and day >= self.closing_day


class _Manner(BaseModel, frozen=True, extra="forbid"):
    room_permille: Range
    steps_permille: tuple[tuple[int, ...], ...]
    checks_permille: Range
    speed_permille: Range


class _Tough(BaseModel, frozen=True, extra="forbid"):
    level_permille: Range
    manner: _Manner


class _Membership(BaseModel, frozen=True, extra="forbid"):
    fee_cents: Range
    serves_permille: int
    level_permille: Range


class _Bait(BaseModel, frozen=True, extra="forbid"):
    level_permille: Range
    surcharge_permille: Range
    swap_permille: Range


class _Late(BaseModel, frozen=True, extra="forbid"):
    late_permille: Range
    days: Range


class _Short(BaseModel, frozen=True, extra="forbid"):
    short_permille: Range
    missing_permille: Range
    makes_good_permille: int


class _Failing(BaseModel, frozen=True, extra="forbid"):
    level_permille: Range
    closing_day: Range
    distress_days: Range


class _Kinds(BaseModel, frozen=True, extra="forbid"):
    """Everything about kinds that a designer tunes: `kinds.yaml`."""

    honest: _Manner
    tough: _Tough
    overpricing: _Tough
    membership: _Membership
    bait: _Bait
    late: _Late
    short: _Short
    failing: _Failing


@cache
def _table() -> _Kinds:
    text = (resources.files("tenure.envs.vending") / "kinds.yaml").read_text(encoding="utf-8")
    return _Kinds.model_validate(table(text))


def draw_practice(chance: Chance, supplier_id: str, rates: KindRates) -> Practice:
    """Draw the habits of a house."""
    habits = tuple(
        kind
        for kind in Kind
        if below(chance.word(f"is {kind}", supplier_id), 1000) < getattr(rates, f"{kind}_permille")
    )
    draws = {kind: chance.words(f"how {kind}", supplier_id, count=4) for kind in habits}
    table, level_permille = _table(), 1000
    for kind in habits:
        range_permille = getattr(getattr(table, kind), "level_permille", None)
        if range_permille:
            level_permille = level_permille * between(draws[kind][0], *range_permille) // 1000
    values: dict[str, object] = {}
    for kind, words in draws.items():
        values.update(_habit(kind, words))
    return Practice(kinds=habits, level_permille=level_permille, **values)  # type: ignore[arg-type]  # of fields


def _habit(kind: Kind, words: list[int]) -> dict[str, object]:
    """Return the fields of a practice that a kind sets; word 0 is spent on the price level."""
    table = _table()
    if kind is Kind.MEMBERSHIP:
        return {
            "fee_cents": between(words[1], *table.membership.fee_cents) // 100 * 100,
            "serves_members": below(words[2], 1000) < table.membership.serves_permille,
        }
    if kind is Kind.BAIT:
        return {
            "surcharge_permille": between(words[1], *table.bait.surcharge_permille),
            "swap_permille": between(words[2], *table.bait.swap_permille),
        }
    if kind is Kind.LATE:
        return {
            "late_permille": between(words[1], *table.late.late_permille),
            "late_days": table.late.days,
        }
    if kind is Kind.SHORT:
        return {
            "short_permille": between(words[1], *table.short.short_permille),
            "missing_permille": table.short.missing_permille,
            "makes_good": below(words[2], 1000) < table.short.makes_good_permille,
        }
    if kind is Kind.FAILING:
        return {
            "closing_day": between(words[1], *table.failing.closing_day),
            "distress_days": between(words[2], *table.failing.distress_days),
        }
    return {}


def draw_stance(chance: Chance, supplier_id: str, practice: Practice) -> Stance:
    """Draw how a house bargains, which only its being tough or overpricing changes."""
    table, words = _table(), chance.words("stance", supplier_id, count=4)
    manner = table.honest
    if Kind.TOUGH in practice.kinds:
        manner = table.tough.manner
    elif Kind.OVERPRICING in practice.kinds:
        manner = table.overpricing.manner
    return Stance(
        room_permille=between(words[0], *manner.room_permille),
        steps_permille=pick(words[1], manner.steps_permille),
        checks_permille=between(words[2], *manner.checks_permille),
        speed_permille=between(words[3], *manner.speed_permille) // 5 * 5,
    )
