"""The report on sustained competence: sentences, tables and figures, and a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tenure.scoring.report import figures, telling, wording
from tenure.scoring.report.figures import Axis, Drawing, Line, Spot
from tenure.scoring.sustained.competence import Estimate, months
from tenure.scoring.sustained.results import CourseOfAgent, Recovery, Sustained
from tenure.scoring.sustained.survival import Point

PAGE_NAME = "sustained.html"


def sustained_context(found: Sustained, labels: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """Return what the section shows.

    Args:
        found: The measures.
        labels: All agents of the page in their order, which gives each its colour.
        prefix: What ids in the figures begin with.
    """
    places = {label: place for place, label in enumerate(labels)}
    return {
        "reference": found.reference,
        "days": found.days,
        "headlines": [
            {
                "index": places[line.label],
                "label": line.title,
                "text": line.text,
                "more": line.verdict,
            }
            for line in telling.headlines(found)
        ],
        "tables": [
            {
                "heading": table.heading,
                "heads": table.heads,
                "rows": [
                    {"index": places[row.label], "label": row.title, "cells": row.cells}
                    for row in table.rows
                ],
                "note": table.note,
            }
            for table in telling.tables(found)
        ],
        "drawings": [
            drawing.prefixed(f"{prefix}sustained-") for drawing in _drawings(found, places)
        ],
        "gaps": found.unscored,
    }


def _drawings(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    yield from _over_months(found, places)
    yield from _changes(found, places)
    yield from _survivals(found, places)
    yield from _words_kept(found, places)
    yield from _remembered(found, places)
    yield from _recoveries(found, places)


def _over_months(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    scale = _scale(found.worth)
    axis = Axis("share earned", "share")
    shares = [
        Line(places[agent.label], agent.label, _spots(agent.competence))
        for agent in found.agents
        if agent.competence and not agent.is_reference
    ]
    if shares:
        yield figures.lines(
            "Competence, month by month",
            f"What was earned, as a share of what {found.reference} earned on the same seeds. "
            "Intervals with an arrowhead go on beyond it.",
            "month",
            axis,
            shares,
        )
    losses = [
        Line(places[agent.label], agent.label, _spots(agent.lost, scale))
        for agent in found.agents
        if not agent.is_reference
    ]
    if losses:
        yield figures.lines(
            "Lost a day, month by month",
            f"What a day earned less than {found.reference}'s. It also grows with what there is "
            "to earn. Intervals with an arrowhead go on beyond it.",
            "month",
            Axis(f"a day{wording.unit(found.worth)}", _kind(found.worth)),
            losses,
        )


def _changes(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    """Yield what tells whether losses grow: late over early, the trend, and change points."""
    agents = [agent for agent in found.agents if not agent.is_reference]

    def compared(of: Callable[[CourseOfAgent], Estimate | None], scale: float = 1) -> list[Line]:
        return [
            Line(places[agent.label], agent.label, [_spot(0, one, scale)])
            for agent in agents
            if (one := of(agent))
        ]

    if drawn := compared(lambda agent: agent.late_over_early):
        yield figures.rows(
            "Late over early",
            "Losses of the last third of the days over those of the first; right of 1 is worse.",
            "late over early",
            "number",
            drawn,
            1,
        )
    is_share = found.agents[0].competence is not None
    if drawn := compared(lambda agent: agent.slope, 0.01 if is_share else _scale(found.worth)):
        yield figures.rows(
            "Trend",
            f"By how much {'competence rises' if is_share else 'more a day earns'} in 30 days; "
            "left of 0 is worse.",
            "points a month" if is_share else f"a day, a month{wording.unit(found.worth)}",
            "number" if is_share else _kind(found.worth),
            drawn,
            0,
        )
    for heading, sign in (("Changes for the worse", -1), ("Changes for the better", 1)):
        points = [
            Line(places[agent.label], agent.label, list(_change_spots(agent, sign)))
            for agent in agents
        ]
        if any(line.spots for line in points):
            yield figures.rows(
                heading,
                "A mark an episode: the day from which on it earned "
                f"{'less' if sign < 0 else 'more'} than before.",
                "simulated day",
                "number",
                points,
                0,
                found.days,
            )


def _change_spots(agent: CourseOfAgent, sign: int) -> Iterator[Spot]:
    for one in agent.episodes:
        if one.change and one.change.is_one and (one.change.after - one.change.before) * sign > 0:
            yield Spot(0, one.change.day, one.change.day, one.change.day)


def _survivals(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    def drawing(
        heading: str, caption: str, curve: Callable[[CourseOfAgent], Sequence[Point]]
    ) -> Drawing:
        drawn = [
            Line(places[agent.label], agent.label, [Spot(p.day, *p[2:]) for p in curve(agent)])
            for agent in found.agents
            if curve(agent)
        ]
        return figures.steps(heading, caption, "simulated day", drawn, found.days)

    yield drawing("Still at it", "Share that has not failed for good.", lambda one: one.alive)
    for cause in sorted({cause for agent in found.agents for cause in agent.failed}):
        yield drawing(
            f"Failed: {cause}",
            telling.MEANINGS.get(cause, "An end that the world gave this name."),
            lambda one, cause=cause: one.failed.get(cause, []),  # type: ignore[misc]  # bound now
        )
    if any(agent.stalled for agent in found.agents):
        yield drawing("Not stalled", "Share without a stall so far.", lambda one: one.stall_curve)
    if any(one.halved for agent in found.agents for one in agent.episodes):
        yield drawing(
            "Competence not halved",
            "Share whose competence has not fallen to half of its first level for good.",
            lambda one: one.half_life_curve,
        )


def _words_kept(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    kept = [
        Line(places[agent.label], agent.label, list(_kept_spots(agent.duties_by_month)))
        for agent in found.agents
        if any(count for _, count in agent.duties_by_month)
    ]
    if kept:
        yield figures.lines(
            "Commitments kept, month by month",
            "Share of those that came to a verdict in the month, over all seeds; months hold few, "
            "so there are no intervals.",
            "month",
            Axis("share kept", "share"),
            kept,
        )
    said = [
        Line(places[agent.label], agent.label, list(_said_spots(agent.divergence_by_month)))
        for agent in found.agents
        if any(agent.divergence_by_month)
    ]
    if said:
        yield figures.lines(
            "Stated figures, how far off",
            "Mean distance from the truth, as a share of it, at most 100% each; over all seeds.",
            "month",
            Axis("share of the truth", "share"),
            said,
        )


def _remembered(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    lags = sorted({one.lag_days for agent in found.agents for one in agent.retention})
    place_of = {lag: place for place, lag in enumerate(lags)}
    drawn = [
        Line(
            places[agent.label],
            agent.label,
            [_spot(place_of[one.lag_days], one.known) for one in agent.retention],
        )
        for agent in found.agents
        if agent.retention
    ]
    if drawn:
        yield figures.lines(
            "What it remembers, by how long ago it was told",
            "Share of what was told in passing that is still known, beyond chance, which is 0%.",
            "days since it was told",
            Axis("share known", "share"),
            drawn,
            marks=[str(lag) for lag in lags],
        )


def _recoveries(found: Sustained, places: dict[str, int]) -> Iterator[Drawing]:
    scale = _scale(found.worth)
    for name in dict.fromkeys(name for agent in found.agents for name in agent.recoveries):
        drawn = [
            Line(places[agent.label], agent.label, _gap_spots(agent.recoveries[name], scale))
            for agent in found.agents
            if name in agent.recoveries and agent.recoveries[name].gaps
        ]
        if drawn:
            yield figures.lines(
                f"After a shock: {name}",
                "What a day earned less than in the twin without it; day 0 is that of the shock.",
                "days after",
                Axis(f"a day{wording.unit(found.worth)}", _kind(found.worth)),
                drawn,
            )


def _spots(estimates: Sequence[Estimate], scale: float = 1) -> list[Spot]:
    return [_spot(month, one, scale) for month, one in enumerate(estimates, 1)]


def _gap_spots(recovery: Recovery, scale: float) -> list[Spot]:
    return [_spot(day, one, scale) for day, one in enumerate(recovery.gaps)]


def _spot(x: float, one: Estimate, scale: float = 1) -> Spot:
    low, high = (one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
    return Spot(x, one.value / scale, low / scale, high / scale)


def _kept_spots(by_month: Sequence[tuple[int, int]]) -> Iterator[Spot]:
    for month, (kept, count) in enumerate(by_month, 1):
        if count:
            share = kept / count
            yield Spot(month, share, share, share)


def _said_spots(by_month: Sequence[float | None]) -> Iterator[Spot]:
    for month, value in enumerate(by_month, 1):
        if value is not None:
            yield Spot(month, value, value, value)


def _scale(figure: str) -> int:
    return 100 if wording.is_money(figure) else 1


def _kind(figure: str) -> Any:
    return "money" if wording.is_money(figure) else "number"


def write_sustained(run_dir: Path, found: Sustained, labels: Sequence[str]) -> Path:
    """Write the page on a run's sustained competence into its folder, and return its path."""
    from tenure.scoring.report.page import swatches, write_page

    context = {
        "level": 2,
        "at": "",
        "scenario": found.scenario,
        "months": len(months(found.days)),
        "swatches": swatches(len(labels)),
        "rows": [{"label": label} for label in labels],
        "sustained": sustained_context(found, labels),
    }
    return write_page(run_dir, "sustained_page.html.j2", context, PAGE_NAME)
