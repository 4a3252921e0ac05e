"""The report's table of reliability: one row an agent, one column a number of attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenure.scoring.report import wording
from tenure.scoring.scorecard import AgentScore, Reliability


def reliability_table(agents: Sequence[AgentScore]) -> dict[str, Any]:
    """Return pass^k of all agents; nothing if each seed was played once.

    Returns:
        `heads` has a heading for each k, `rows` a list for each agent: a cell for each k, which is
        a text and a smaller one below it, and how many seeds they rest on. An agent without a seed
        whose attempts all have a score has dashes.
    """
    ks = sorted({k for agent in agents for k in agent.reliability})
    if not ks:
        return {}
    return {
        "heads": [f"pass^{k}" for k in ks],
        "rows": [
            {"cells": [_cell(agent.reliability.get(k)) for k in ks], "seeds": _seeds(agent)}
            for agent in agents
        ],
    }


def _cell(found: Reliability | None) -> dict[str, str]:
    if found is None:
        return {"share": wording.DASH, "interval": ""}
    ends = found.interval
    return {
        "share": wording.percent(found.share),
        "interval": f"{wording.percent(ends.low)} to {wording.percent(ends.high)}" if ends else "",
    }


def _seeds(agent: AgentScore) -> str:
    return wording.number(max((found.seeds for found in agent.reliability.values()), default=0))
