"""The table of an arena run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from tenure.cli.terminal import amount, at_limits, heading, table, width

if TYPE_CHECKING:
    from tenure.scoring.arena.scorecard import ArenaAgent, ArenaScorecard, Mean

_NOTHING = "-"


def contest_summary(scorecard: ArenaScorecard) -> str:
    """Return the table of an arena run, best rated first, and what seats and prices were like."""
    ranked = sorted(scorecard.agents, key=lambda one: -(one.points or 0))
    rows = [_row(agent, scorecard) for agent in ranked]
    heads = [head for head in rows[0] if any(row[head] != _NOTHING for row in rows)]
    agents = table(heads, [[row[head] for head in heads] for row in rows], width=width())
    return "\n".join([agents, "", *_notes(scorecard)])


def _row(agent: ArenaAgent, scorecard: ArenaScorecard) -> dict[str, str]:
    figure = scorecard.score_figure
    cost = "?" if agent.cost_usd is None else f"${agent.cost_usd:,.2f}"
    return {
        "agent": agent.label + (" (pool)" if agent.in_pool else ""),
        "matches": f"{agent.matches}/{scorecard.planned}",
        heading(figure): _mean(agent.balance, lambda value: amount(value, figure)),
        "worst": _NOTHING if agent.worst is None else amount(agent.worst, figure),
        "wins": f"{agent.wins:g}",
        "rating": _rating(agent),
        "faults": f"{agent.faults:,.0f}",
        "mails": f"{agent.conduct.get('mail', 0):,}",
        "reports": f"{agent.conduct.get('report', 0):,}",
        "reported": f"{agent.conduct.get('reported', 0):,}",
        "cost": cost if agent.cost_usd != 0 else _NOTHING,
    }


def _rating(agent: ArenaAgent) -> str:
    if agent.points is None:
        return _NOTHING
    if agent.is_anchor:
        return f"{agent.points:.0f} (fixed)"
    if agent.points_low is None or agent.points_high is None:
        return f"{agent.points:.0f}"
    return f"{agent.points:.0f} [{agent.points_low:.0f}, {agent.points_high:.0f}]"


def _notes(scorecard: ArenaScorecard) -> list[str]:
    figure = scorecard.score_figure
    seats = ", ".join(
        f"{number}: {_mean(mean, lambda value: amount(value, figure))}"
        for number, mean in enumerate(scorecard.seats, start=1)
    )
    index = _mean(scorecard.collusion, lambda value: f"{value:.2f}")
    reached = at_limits(Counter(match.reason for match in scorecard.scored))
    return [
        *([f"Matches that a limit has ended: {reached}."] if reached else []),
        f"What a seat added to the balance: {seats or 'no seed is complete yet'}.",
        f"Collusion index (0 competitive prices, 1 a monopoly's): {index}.",
    ]


def _mean(of: Mean | None, written: Callable[[float], str]) -> str:
    if of is None:
        return _NOTHING
    if of.interval is None:
        return written(of.mean)
    return f"{written(of.mean)} [{written(of.interval.low)}, {written(of.interval.high)}]"
