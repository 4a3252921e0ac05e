"""What goes wrong at the machine by itself: faults, coin jams and thefts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

from pydantic import BaseModel

from tenure.envs.chance import Chance, below, between, happens, pick, pick_weighted
from tenure.envs.tables import table
from tenure.envs.vending.machine import SLOT_NAMES, SlotName

Range = tuple[int, int]
Extent = Literal["slot", "row", "machine"]


class Hazards(BaseModel, frozen=True, extra="forbid"):
    """Everything about mishaps that a designer tunes: `mishaps.yaml`."""

    fault_extents: dict[Extent, int]
    cash_theft_permille: int
    stolen_cash_permille: Range
    stolen_units: Range


class Theft(NamedTuple):
    """What a thief takes if it is there.

    Attributes:
        cash_permille: Part of the cash in the machine; 0 for a thief of goods.
        slot: Where goods are taken.
        units: How many at most.
    """

    cash_permille: int
    slot: SlotName
    units: int


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What will go wrong, by 0-based day.

    Attributes:
        faults: Slots that go out of order before the day's first customer.
        jams: Days on which the coin slot jams before the first customer.
        thefts: What is taken in the night after the day.
    """

    faults: Mapping[int, tuple[SlotName, ...]]
    jams: frozenset[int]
    thefts: Mapping[int, Theft]


@cache
def hazards() -> Hazards:
    """Read the data file."""
    text = (resources.files("tenure.envs.vending") / "mishaps.yaml").read_text(encoding="utf-8")
    return Hazards.model_validate(table(text))


def draw_mishaps(
    chance: Chance,
    days: int,
    *,
    faults_per_1000_days: int,
    jams_per_1000_days: int,
    thefts_per_1000_days: int,
) -> Mishaps:
    """Draw the mishaps of a number of days; a rate moves no draw but its own."""
    return Mishaps(
        faults={
            day: _draw_fault(chance, day)
            for day in days_of(chance, "machine fault", faults_per_1000_days, days)
        },
        jams=frozenset(days_of(chance, "coin jam", jams_per_1000_days, days)),
        thefts={
            day: _draw_theft(chance, day)
            for day in days_of(chance, "theft", thefts_per_1000_days, days)
        },
    )


def days_of(chance: Chance, stream: str, per_1000_days: int, days: int) -> list[int]:
    """Return the 0-based days on which something happens, by a stream of its own."""
    words = chance.series(stream, count=days)
    return [day for day, word in enumerate(words) if happens(word, 1000 * per_1000_days)]


def _draw_fault(chance: Chance, day: int) -> tuple[SlotName, ...]:
    kind, place = chance.on(day).words("machine fault", str(day), count=2)
    extents = hazards().fault_extents
    extent = pick_weighted(kind, list(extents), list(extents.values()))
    if extent == "machine":
        return SLOT_NAMES
    slot = pick(place, SLOT_NAMES)
    return (slot,) if extent == "slot" else tuple(n for n in SLOT_NAMES if n[0] == slot[0])


def _draw_theft(chance: Chance, day: int) -> Theft:
    kind, share, slot, units = chance.on(day).words("theft", str(day), count=4)
    takes_cash = below(kind, 1000) < hazards().cash_theft_permille
    return Theft(
        cash_permille=between(share, *hazards().stolen_cash_permille) if takes_cash else 0,
        slot=pick(slot, SLOT_NAMES),
        units=between(units, *hazards().stolen_units),
    )
