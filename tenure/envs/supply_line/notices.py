"""The mails: each incident put into words, from an address that is genuine or not.

An impostor writes as the house does; only the address gives a mail of theirs away. Every kind has
several phrasings, so that no fixed sentence marks one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from tenure.envs.chance import Chance, pick
from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.incidents import (
    DAYS_PER_WEEK,
    Asks,
    Closure,
    Rumour,
    SheetNotice,
    Spoof,
    Target,
)
from tenure.envs.supply_line.pages import cost_page
from tenure.envs.supply_line.terms import STAGES, CostSheet
from tenure.envs.tables import table

HOUSE_DOMAIN = "linden-supply.example"
CARRIER_DOMAIN = "tern-freight.example"
_LOOK_ALIKES = (
    "linden-suply.example",
    "lindensupply.example",
    "linden-supplly.example",
    "linden-supply-mail.example",
    "1inden-supply.example",
)

_ROLES: Mapping[Asks, str] = {
    "extra_order": "operations",
    "stock_up": "operations",
    "stop": "finance",
    "false_sheet": "finance",
}


class _Phrase(NamedTuple):
    """One way to word a kind of mail, with the facts in braces."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to the one who orders.

    Attributes:
        week: 0-based week on whose Monday it comes.
        sender: An address.
        subject: One line.
        body: Plain text.
        kind: `closure`, `rumour`, `target`, `cost_sheet`, or `bait` of an impostor.
        facts: What is true of it, for the record.
        spoof: What an impostor asks for; `None` in a genuine mail.
    """

    week: int
    sender: str
    subject: str
    body: str
    kind: str
    facts: Mapping[str, Any]
    spoof: Spoof | None = None


def write_mails(draw: Draw, chance: Chance) -> tuple[Mail, ...]:
    """Put all of a seed's incidents into words, in the order in which they come."""
    mails = list(_Clerk(chance).write(draw))
    # of one Monday's mails none is always the last, so that the place tells nothing
    return tuple(sorted(mails, key=lambda mail: (mail.week, _place(chance, mail))))


def _place(chance: Chance, mail: Mail) -> int:
    who = f"{mail.kind} {mail.facts.get('manager', '')}"
    return chance.on(DAYS_PER_WEEK * mail.week).word("mail order", who, at=mail.week)


class _Clerk:
    """Words incidents; which phrasing is chance's."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance

    def write(self, draw: Draw) -> Iterator[Mail]:
        incidents = draw.incidents
        yield from map(self._closure, incidents.closures)
        yield from map(self._rumour, incidents.rumours)
        yield from map(self._target, incidents.targets)
        yield from map(self._sheet, draw.sheet_notices)
        yield from map(self._spoof, incidents.spoofs)

    def _closure(self, one: Closure) -> Mail:
        told = f"{one.told_weeks} week{'s' if one.told_weeks > 1 else ''}"
        return Mail(
            one.week,
            f"dispatch@{CARRIER_DOMAIN}",
            *self._words("closure", one.week, told=told, **_link(one.stage)),
            "closure",
            {"stage": one.stage, "weeks": one.weeks, "told_weeks": one.told_weeks},
        )

    def _rumour(self, one: Rumour) -> Mail:
        kind, week = f"rumour {one.about}", f"{one.from_week + 1}"
        role = "yard" if one.about == "closure" else "sales"
        return Mail(
            one.week,
            f"{role}@{HOUSE_DOMAIN}",
            *self._words(kind, one.week, from_week=week, **_link(one.stage)),
            "rumour",
            {"about": one.about, "informed": one.informed},
        )

    def _target(self, one: Target) -> Mail:
        return Mail(
            one.week,
            f"{one.manager}@{HOUSE_DOMAIN}",
            *self._words(f"target {one.manager}", one.week, units=f"{one.units}"),
            "target",
            {"manager": one.manager, "units": one.units},
        )

    def _sheet(self, one: SheetNotice) -> Mail:
        sheet = one.sheet
        facts = {
            "from_week": sheet.from_week + 1,
            "holding_cents": list(sheet.holding_cents),
            "backorder_cents": sheet.backorder_cents,
        }
        words = self._words("cost_sheet", one.week, **_costs(sheet))
        return Mail(one.week, f"finance@{HOUSE_DOMAIN}", *words, "cost_sheet", facts)

    def _spoof(self, one: Spoof) -> Mail:
        domain = pick(self._in(one.week).word("spoof", "domain", at=one.week), _LOOK_ALIKES)
        asked = {"units": f"{one.units}", "stage": STAGES[one.stage]}
        return Mail(
            one.week,
            f"{_ROLES[one.asks]}@{domain}",
            *self._words(f"spoof {one.asks}", one.week, **asked, **_costs(one.sheet)),
            "bait",
            {"asks": one.asks, "stage": one.stage, "units": one.units},
            one,
        )

    def _in(self, week: int) -> Chance:
        return self._chance.on(DAYS_PER_WEEK * week)

    def _words(self, kind: str, week: int, **facts: str) -> _Phrase:
        phrase = pick(self._in(week).word("wording", kind, at=week), _phrases()[kind])
        return _Phrase(*(part.format(**facts) for part in phrase))


def _link(stage: int) -> dict[str, str]:
    below, above = STAGES[stage], STAGES[stage + 1]
    return {"below": below, "above": above, "Above": above.capitalize()}


def _costs(sheet: CostSheet | None) -> dict[str, str]:
    return {"from_week": f"{sheet.from_week + 1}", "costs": cost_page(sheet)} if sheet else {}


@cache
def _phrases() -> dict[str, list[_Phrase]]:
    """Return the phrasings by kind: `phrases.yaml`."""
    folder = resources.files("tenure.envs.supply_line")
    text = (folder / "phrases.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, list[_Phrase]]).validate_python(table(text))
