"""What is to be said of sustained competence, in words: for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from tenure.scoring.report import wording
from tenure.scoring.statistics import FEWEST_FOR_INTERVAL, Interval, wilson
from tenure.scoring.sustained.competence import Estimate
from tenure.scoring.sustained.failing import (
    ABANDONMENT,
    LIMIT,
    MELTDOWN,
    MELTDOWN_DAYS,
    STALL_DAYS,
)
from tenure.scoring.sustained.recovery import WATCHED_DAYS
from tenure.scoring.sustained.results import (
    CourseOfAgent,
    Recovery,
    Retained,
    Share,
    Sustained,
)
from tenure.scoring.sustained.survival import Median

MEANINGS = {
    ABANDONMENT: f"Stopped working {STALL_DAYS} days or more before the end, and did not go on.",
    MELTDOWN: f"At work, but not worth more than before in its last {MELTDOWN_DAYS} days and more, "
    "while the reference earned.",
    LIMIT: "Used up its steps, tokens, dollars or minutes before the horizon.",
    "bankrupt": "The business could not pay.",
}
"""What the causes of failing for good mean; others have the world's own name."""


class Cell(NamedTuple):
    """A text, and a smaller one below it, which may be empty."""

    text: str
    more: str = ""


class Row(NamedTuple):
    """What a table says of an agent: a cell under each head."""

    label: str
    title: str
    cells: list[Cell]


class Table(NamedTuple):
    """A table: a row an agent."""

    heading: str
    note: str
    heads: list[str]
    rows: list[Row]


class Headline(NamedTuple):
    """The first that a reader sees of an agent, and what follows from its interval."""

    label: str
    title: str
    text: str
    verdict: str


_NONE = Cell(wording.DASH)


def headlines(found: Sustained) -> Iterator[Headline]:
    """Yield a line an agent: the first month, the last, and how they differ."""
    for agent in found.agents:
        yield Headline(agent.label, agent.title, _headline(agent, found), _verdict(agent))


def _headline(agent: CourseOfAgent, found: Sustained) -> str:
    last = len(agent.earned)
    if agent.is_reference:
        first, late = (_amount(found, agent.earned[place].value) for place in (0, -1))
        return f"the reference itself; {first} a day in month 1, {late} in month {last}"
    if agent.competence is None:
        first, late = (_amount(found, agent.lost[place].value) for place in (0, -1))
        change = _signed(agent.lost_change, lambda value: _amount(found, value))
        return (
            f"lost {first} a day to {found.reference} in month 1, {late} in month {last}: {change}"
        )
    first, late = (wording.percent(agent.competence[place].value) for place in (0, -1))
    return (
        f"earned {first} of what {found.reference} did in month 1, {late} in month {last}: "
        f"{_signed(agent.change, _points)} points"
    )


def _verdict(agent: CourseOfAgent) -> str:
    if agent.is_reference:
        return ""
    if agent.competence and max(agent.competence[place].value for place in (0, -1)) <= 0:
        return "it earned nothing in either"
    is_share = agent.competence is not None
    change = agent.change if is_share else agent.lost_change
    if change is None or change.interval is None:
        count = len(agent.episodes)
        few = f"n = {count} < {FEWEST_FOR_INTERVAL}: " if count < FEWEST_FOR_INTERVAL else ""
        return f"{few}no interval"
    if change.interval.low <= 0 <= change.interval.high:
        return "no change that can be told"
    return "it declined" if (change.value < 0) == is_share else "it improved"


def tables(found: Sustained) -> Iterator[Table]:
    """Yield the tables that have something to say."""
    yield _course(found)
    yield _lasting(found)
    if any(agent.duties_kept or agent.divergence for agent in found.agents):
        yield _word(found)
    if any(agent.retention for agent in found.agents):
        yield _retention(found)
    yield from _shocks(found)


def _course(found: Sustained) -> Table:
    last, is_share = len(found.reference_earned), found.agents[0].competence is not None

    def cells(agent: CourseOfAgent) -> list[Cell]:
        earned = [_estimate(agent.earned[place], lambda v: _amount(found, v)) for place in (0, -1)]
        if agent.is_reference:
            return [*earned, *[_NONE] * 4]
        slope = _estimate(
            agent.slope, _signed_points if is_share else lambda v: _signed_amount(found, v)
        )
        return [
            *earned,
            _estimate(agent.late_over_early, _multiple),
            slope,
            _share(agent.changed_for_worse),
            _share(agent.changed_for_better),
        ]

    loss = "as shares of what it earned" if is_share else "in money"
    return Table(
        "Competence over time",
        f"Late over early: losses against {found.reference} in the last third of the days over "
        f"those in the first, {loss}; above 1 is worse. Trend: by how "
        + ("many points competence rises" if is_share else "much more a day earns")
        + " in 30 days. Changed: episodes with a change point (5% false alarms in a year, "
        "up to 18% in half of one), for the worse and the better.",
        [
            "Earned a day, month 1",
            f"Earned a day, month {last}",
            "Late over early",
            f"Trend, {'points' if is_share else 'money'} a month",
            "Changed for worse",
            "For better",
        ],
        _rows(found, cells),
    )


def _lasting(found: Sustained) -> Table:
    known = sorted({cause for agent in found.agents for cause in agent.failed})

    def cells(agent: CourseOfAgent) -> list[Cell]:
        return [
            _estimate(agent.lasted, lambda value: f"{value:,.0f}"),
            *(_failed(agent, cause) for cause in known),
            _median(agent.stall, f"{agent.stalled} of {len(agent.episodes)} stalled", found.days),
            _half_life(agent, found.days),
        ]

    meanings = " ".join(
        f"{cause[:1].upper()}{cause[1:]}: {MEANINGS[cause][:1].lower()}{MEANINGS[cause][1:]}"
        for cause in known
        if cause in MEANINGS
    )
    return Table(
        "How long it lasts",
        f"Lasted: mean days before failing for good, of {found.days}. {meanings} Stall: "
        f"{STALL_DAYS} days without work while there was something to earn. Half-life: days until "
        "competence is half of its first level for good. Both are medians over episodes: "
        f"> {found.days} where fewer than half came to it.",
        [
            "Lasted, days",
            *(f"{cause[:1].upper()}{cause[1:]}" for cause in known),
            "Median days to stall",
            "Median half-life, days",
        ],
        _rows(found, cells),
    )


def _failed(agent: CourseOfAgent, cause: str) -> Cell:
    curve, count = agent.failed.get(cause), len(agent.episodes)
    if curve:
        share, low, high = curve[-1].share, curve[-1].low, curve[-1].high
    else:
        share, low, high = 0.0, 0.0, wilson(0, count).high
    ends = f"{low:.0%} to {high:.0%}" if count >= FEWEST_FOR_INTERVAL else ""
    return Cell(wording.percent(share), ends)


def _median(found: Median, ended: str, days: int) -> Cell:
    """Return a median life with its interval, or that it is longer than an episode.

    Args:
        found: The median.
        ended: How many have ended and in what, such as `2 of 5 stalled`.
        days: Of an episode.
    """

    def written(day: float | None) -> str:
        return f"> {days}" if day is None else f"{day:,.0f}"

    ends = "" if found.low is None else f"{written(found.low)} to {written(found.high)}; "
    return Cell(written(found.days), f"{ends}{ended}")


def _half_life(agent: CourseOfAgent, days: int) -> Cell:
    if agent.half_life is None:
        return Cell(wording.DASH, "no level to halve")
    halved = sum(one.halved is True for one in agent.episodes)
    return _median(agent.half_life, f"{halved} of {agent.with_level} halved", days)


def _word(found: Sustained) -> Table:
    def cells(agent: CourseOfAgent) -> list[Cell]:
        return [
            _estimate(agent.duties_kept, wording.percent),
            Cell(str(sum(one.duties for one in agent.episodes))),
            _estimate(agent.exact, wording.percent),
            _estimate(agent.divergence, wording.percent),
            Cell(str(sum(one.said.stated if one.said else 0 for one in agent.episodes))),
        ]

    return Table(
        "Its word",
        "Kept: commitments, of those that came to a verdict. Exact: figures stated in a form that "
        "the world can check, and how far off they are on average, as a share of the truth.",
        ["Kept", "Commitments", "Exact", "Off by", "Figures stated"],
        _rows(found, cells),
    )


def _retention(found: Sustained) -> Table:
    lags = sorted({one.lag_days for agent in found.agents for one in agent.retention})

    def cells(agent: CourseOfAgent) -> list[Cell]:
        at = {one.lag_days: one for one in agent.retention}
        asked = sum(one.asked for one in agent.retention)
        return [
            *(_retained(at.get(lag)) for lag in lags),
            Cell(f"{sum(one.dont_know for one in agent.retention)} of {asked}"),
            Cell(f"{sum(one.unanswered for one in agent.retention)} of {asked}"),
        ]

    chances = [one.chance for agent in found.agents for one in agent.retention]
    return Table(
        "What it remembers",
        "Of what was told in passing, and no tool shows again, the share that is still known so "
        "many days later, by memory or by the agent's own notes. It is what was right beyond "
        f"chance ({wording.percent(fmean(chances))}): 0% for who guesses, does not know or does "
        "not answer, 100% for who knows all. Last: how many of the answers were right.",
        [
            *(f"After {wording.counted(lag, 'day')}" for lag in lags),
            "Did not know",
            "Not answered",
        ],
        _rows(found, cells),
    )


def _retained(one: Retained | None) -> Cell:
    if one is None:
        return _NONE
    cell = _estimate(one.known, wording.percent)
    right = f"{one.right} of {one.asked}"
    return Cell(cell.text, f"{cell.more}; {right}" if cell.more else right)


def _shocks(found: Sustained) -> Iterator[Table]:
    for name in dict.fromkeys(name for agent in found.agents for name in agent.recoveries):
        has_remedy = any(
            name in agent.recoveries and agent.recoveries[name].noticed_days
            for agent in found.agents
        )
        yield Table(
            f"Shock: {name}",
            "Against the same episode without it. Shocks with 37 days to themselves; each is "
            f"followed for {WATCHED_DAYS} days. Over: days until a week earns nine tenths of the "
            "twin's. In all: what every such shock of an episode cost together.",
            [
                "Shocks",
                *(["Days until a remedy"] if has_remedy else []),
                "Days until over",
                "Lost a shock",
                "In all, an episode",
            ],
            [
                Row(
                    agent.label,
                    agent.title,
                    _recovery(agent.recoveries[name], found, has_remedy=has_remedy),
                )
                for agent in found.agents
                if name in agent.recoveries
            ],
        )


def _recovery(one: Recovery, found: Sustained, *, has_remedy: bool) -> list[Cell]:
    noticed = [_estimate(one.noticed_days, _days)] if has_remedy else []
    return [
        Cell(str(one.shocks), f"{one.left_out} more left out" if one.left_out else ""),
        *noticed,
        _estimate(one.recovered_days, _days),
        _estimate(one.lost, lambda value: _amount(found, value)),
        _estimate(one.lost_in_all, lambda value: _amount(found, value)),
    ]


# --- numbers -------------------------------------------------------------------------------------


def _rows(found: Sustained, cells: Callable[[CourseOfAgent], list[Cell]]) -> list[Row]:
    return [Row(agent.label, agent.title, cells(agent)) for agent in found.agents]


def _estimate(one: Estimate | None, written: Callable[[float], str]) -> Cell:
    if one is None:
        return _NONE
    return Cell(written(one.value), _ends(one.interval, written))


def _ends(interval: Interval | None, written: Callable[[float], str]) -> str:
    return f"{written(interval.low)} to {written(interval.high)}" if interval else ""


def _share(one: Share | None) -> Cell:
    if one is None:
        return _NONE
    ends = f"{one.interval.low:.0%} to {one.interval.high:.0%}"
    return Cell(f"{one.count} of {one.of}", ends if one.of >= FEWEST_FOR_INTERVAL else "")


def _signed(one: Estimate | None, written: Callable[[float], str]) -> str:
    if one is None:
        return wording.DASH
    sign = "+" if one.value > 0 else ""
    ends = f" [{written(one.interval.low)}, {written(one.interval.high)}]" if one.interval else ""
    return f"{sign}{written(one.value)}{ends}"


def _amount(found: Sustained, value: float) -> str:
    return wording.amount(found.worth, value)


def _signed_amount(found: Sustained, value: float) -> str:
    return f"{'+' if value > 0 else ''}{_amount(found, value)}"


def _points(value: float) -> str:
    return f"{100 * value:.0f}".replace("-", wording.MINUS)


def _signed_points(value: float) -> str:
    return f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", wording.MINUS)


def _multiple(value: float) -> str:
    return f"{value:.2f}".replace("-", wording.MINUS)


def _days(value: float) -> str:
    return f"{value:.1f}"


def shown(rows: Sequence[Row]) -> list[list[str]]:
    """Return rows of plain texts, what is smaller in brackets, the agent first."""
    return [
        [
            row.title,
            *(f"{cell.text} [{cell.more}]" if cell.more else cell.text for cell in row.cells),
        ]
        for row in rows
    ]
