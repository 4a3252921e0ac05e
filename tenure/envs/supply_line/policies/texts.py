"""What the scripts read: the texts of the tools, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Container

from tenure.envs.supply_line.demand import TOTAL_WEIGHT, Family, Regime, weekly_weights
from tenure.envs.supply_line.line import Stage
from tenure.envs.supply_line.terms import STAGES, CostSheet, Terms

_WEEK = re.compile(r"^\[Week (\d+) of (\d+),", re.MULTILINE)
_ROW = re.compile(rf"^(?:{'|'.join(STAGES)}) +(\d+) +(\d+) +\d+  ([\d, ]*)$", re.MULTILINE)
_WANTED = re.compile(r"^Week \d+: customers wanted (\d+), got", re.MULTILINE)
_MOOD = re.compile(r"^Customers are in a (\w+) mood this week\.", re.MULTILINE)
_HOLDING = re.compile(r"in stock at the end of a week: (.*?)\. A unit")
_WAITING = re.compile(r"customers wait for: \$(\d+)\.(\d\d) a week")
_DOLLARS = re.compile(r"\$(\d+)\.(\d\d)")
_LEADS = re.compile(r"^Weeks on the way to each stage: (.*) \(production\)", re.MULTILINE)
_KIND = re.compile(
    r"(?P<name>\w+): (?:(?P<poisson>Poisson, mean )|(?P<lumpy>negative binomial, mean )|0 to )"
    r"(?P<units>\d+)"
)
_NUMBER = re.compile(r"\d+")
_DOMAIN = re.compile(r"@([\w.-]+\w)")
_NEWS = re.compile(r"^(\d+)\. [^@\s]+@([^\s:]+): ", re.MULTILINE)
_FROM_WEEK = re.compile(r"(?:from|with) week (\d+)")
_CHANGES = re.compile(r"the mood changes with a chance of ([\d.]+) %")


def read_week(text: str) -> tuple[int, int]:
    """Return this week, 1 for the first, and how many weeks there are."""
    week, weeks = _found(_WEEK, text).groups()
    return int(week), int(weeks)


def read_line(text: str) -> list[Stage]:
    """Return where the goods are on a Monday, retailer first."""
    return [
        Stage(int(on_hand), int(owed), [int(units) for units in inbound.split(",")])
        for on_hand, owed, inbound in _ROW.findall(text)[-len(STAGES) :]
    ]


def read_demand(text: str) -> int | None:
    """Return what customers wanted last week; `None` before the first week is over."""
    found = _WANTED.search(text)
    return int(found[1]) if found else None


def read_mood(text: str) -> str:
    """Return the customers' mood; empty if nobody tells it."""
    found = _MOOD.search(text)
    return found[1] if found else ""


def tells_terms(text: str) -> bool:
    """Tell whether a text has the terms of the line in it."""
    return _LEADS.search(text) is not None


def read_terms(text: str) -> Terms:
    """Return the terms of the line, as the opening tells them."""
    changes = _CHANGES.search(text)
    return Terms(
        horizon_weeks=read_week(text)[1],
        lead_weeks=tuple(map(int, _NUMBER.findall(_found(_LEADS, text)[1]))),
        sheets=(_read_sheet(text, from_week=0),),
        regimes=tuple(_read_regime(found) for found in _KIND.finditer(text)),
        # the chance is told rounded, and is always one in a whole number of weeks
        switch_weight=TOTAL_WEIGHT // round(100 / float(changes[1])) if changes else 0,
    )


def _read_regime(found: re.Match[str]) -> Regime:
    units = int(found["units"])
    family: Family = "poisson" if found["poisson"] else "lumpy" if found["lumpy"] else "uniform"
    mean_units = units // 2 if family == "uniform" else units
    name = "steady" if found["name"] == "others" else found["name"]  # a lone mood has no name
    return Regime(name, mean_units, weekly_weights(family, mean_units))


def _read_sheet(text: str, from_week: int) -> CostSheet:
    holding = _DOLLARS.findall(_found(_HOLDING, text)[1])
    return CostSheet(
        from_week=from_week,
        holding_cents=tuple(_cents(*amount) for amount in holding),
        backorder_cents=_cents(*_found(_WAITING, text).groups()),
    )


# --- mail ----------------------------------------------------------------------------------------


def read_domains(brief: str) -> frozenset[str]:
    """Return the domains whose mail is genuine, as the brief tells them."""
    return frozenset(_DOMAIN.findall(brief))


def read_news(text: str, domains: Container[str]) -> list[int]:
    """Return the numbers of this Monday's mails from the given domains."""
    return [int(number) for number, domain in _NEWS.findall(text) if domain in domains]


def read_sheet_to_come(mail: str) -> CostSheet | None:
    """Return the cost sheet that a mail tells; `None` if it is about something else."""
    week = _FROM_WEEK.search(mail)
    told = week and _HOLDING.search(mail)
    return _read_sheet(mail, int(week[1]) - 1) if week and told else None


def _cents(dollars: str, cents: str) -> int:
    return 100 * int(dollars) + int(cents)


def _found(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.search(text)
    if not found:
        raise ValueError(f"No match of {pattern.pattern!r} in the text of a tool:\n{text}")
    return found
