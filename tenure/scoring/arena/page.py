"""The report of an arena run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenure.scoring.arena.manifest import ArenaManifest
from tenure.scoring.arena.scorecard import ArenaAgent, ArenaScorecard, MatchScore, Mean
from tenure.scoring.report import wording
from tenure.scoring.report.page import write_page

_PLOT_FROM, _PLOT_TO = 45, 84
"""Between which hundredths of the width ratings are drawn; names and numbers stand beside."""


def write_arena_report(run_dir: Path, scorecard: ArenaScorecard) -> Path:
    """Write the report of an arena run into its folder; the same run gives the same bytes.

    Returns:
        The path of `report.html`.

    Raises:
        UsageError: If the folder holds no arena run.
    """
    manifest = ArenaManifest.read(run_dir)
    return write_page(run_dir, "arena.html.j2", _context(manifest, scorecard))


def _context(manifest: ArenaManifest, scorecard: ArenaScorecard) -> dict[str, Any]:
    figure = scorecard.score_figure
    ranked = sorted(scorecard.agents, key=lambda one: -(one.points or 0))

    def written(value: float) -> str:
        return wording.amount(figure, value)

    return {
        "scenario": manifest.scenario,
        "summary": _summary(manifest, scorecard),
        "changed": "; ".join(manifest.departures()),
        "gaps": [f"{one.label}, seed {one.seed}: {one.problem}" for one in scorecard.unscored],
        "score_title": wording.title(figure) or "Score",
        "rows": [_row(agent, scorecard, written) for agent in ranked],
        "seats": [_cell(mean, written) for mean in scorecard.seats],
        "places": range(1, len(manifest.agents) + 1),
        "collusion": _cell(scorecard.collusion, lambda value: f"{value:.2f}"),
        "matches": [_match(one, written) for one in scorecard.scored],
        "plot": _plot(ranked),
        "has_anchors": any(agent.is_anchor for agent in scorecard.agents),
        "pool": ", ".join(manifest.pool),
    }


def _plot(ranked: list[ArenaAgent]) -> list[dict[str, Any]]:
    """Return for each agent where its rating and its interval lie, in hundredths of the width."""
    rated = [agent for agent in ranked if agent.points is not None]
    ends = [
        end
        for agent in rated
        for end in (agent.points_low, agent.points, agent.points_high)
        if end is not None
    ]
    if not ends:
        return []
    low, span = min(ends), max(max(ends) - min(ends), 1.0)

    def place(points: float | None, otherwise: float) -> str:
        at = ((otherwise if points is None else points) - low) / span
        return f"{_PLOT_FROM + (_PLOT_TO - _PLOT_FROM) * at:.1f}"

    return [
        {
            "label": agent.label,
            "points": f"{agent.points:.0f}",
            "at": place(agent.points, low),
            "from": place(agent.points_low, agent.points or low),
            "to": place(agent.points_high, agent.points or low),
        }
        for agent in rated
    ]


def _summary(manifest: ArenaManifest, scorecard: ArenaScorecard) -> str:
    agents = wording.counted(len(manifest.agents), "agent")
    seeds = wording.counted(len(manifest.seeds), "seed")
    played = f"{len(scorecard.scored)} of {scorecard.planned} matches scored"
    return f"{agents} at one location on {seeds}, each in every seat of each seed; {played}."


def _row(
    agent: ArenaAgent, scorecard: ArenaScorecard, written: Callable[[float], str]
) -> dict[str, Any]:
    has_interval = agent.points_low is not None and agent.points_high is not None
    return {
        "label": agent.label,
        "sub": "of the pool" if agent.in_pool else "",
        "matches": f"{agent.matches} of {scorecard.planned}",
        "rating": "-" if agent.points is None else f"{agent.points:.0f}",
        "interval": "fixed"
        if agent.is_anchor
        else f"{agent.points_low:.0f} to {agent.points_high:.0f}"
        if has_interval
        else "",
        "balance": _cell(agent.balance, written),
        "worst": "-" if agent.worst is None else written(agent.worst),
        "wins": f"{agent.wins:g}",
        "conduct": agent.conduct,
        "faults": f"{agent.faults:,.0f}",
    }


def _cell(mean: Mean | None, written: Callable[[float], str]) -> dict[str, str]:
    """Return a mean and its interval in words."""
    if mean is None:
        return {"mean": "-", "interval": ""}
    if mean.interval is None:
        return {"mean": written(mean.mean), "interval": ""}
    low, high = written(mean.interval.low), written(mean.interval.high)
    return {"mean": written(mean.mean), "interval": f"{low} to {high}"}


def _match(match: MatchScore, written: Callable[[float], str]) -> dict[str, Any]:
    index = match.prices.collusion
    best = max(match.balances)
    return {
        "seed": match.seed,
        "rotation": match.rotation,
        "file": match.file,
        "seats": [
            {"label": label, "balance": written(cents), "won": cents == best}
            for label, cents in zip(match.labels, match.balances, strict=True)
        ],
        "collusion": "-" if index is None else f"{index:.2f}",
        "reason": match.reason,
    }
