"""The report's tables of forecasts: one a question, losses beside coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenure.scoring.forecasts import Coverage, ForecastSummary, SeedMean
from tenure.scoring.report import wording
from tenure.scoring.scorecard import AgentScore
from tenure.scoring.statistics import Interval

_NOT_TOLD = "not told by the job"


def forecast_tables(agents: Sequence[AgentScore]) -> list[dict[str, Any]]:
    """Return a table for each question that any agent was asked; nothing if none was.

    A row has the agent's place among all agents and its cells, each a text and smaller ones below
    it, some of them empty.
    """
    names = dict.fromkeys(name for agent in agents for name in agent.forecasts)
    return [_table(name, agents) for name in names]


def _table(name: str, agents: Sequence[AgentScore]) -> dict[str, Any]:
    asked = [
        (index, agent, agent.forecasts[name])
        for index, agent in enumerate(agents)
        if name in agent.forecasts
    ]
    form, unit = asked[0][2].form, asked[0][2].unit
    return {
        "name": name,
        "form": form,
        "unit": unit,
        "heads": list(_cells(asked[0][2])),
        "rows": [
            {"index": index, "label": agent.title, "cells": list(_cells(found).values())}
            for index, agent, found in asked
        ],
    }


def _cells(found: ForecastSummary) -> dict[str, tuple[str, ...]]:
    """Return the cells by their heads; what rests on nothing is a dash."""
    loss = "CRPS" if found.form == "quantiles" else "Brier"
    untold = _NOT_TOLD if found.answered else ""
    cells: dict[str, tuple[str, ...]] = {
        "Answered": (f"{found.answered} of {found.asked}", _unanswered(found)),
        "Loss": _mean(found.loss),
        f"{loss}, answered": _mean(found.answered_loss),
        f"{loss} of the truth": _mean(found.truth_loss, untold),
        "Excess": _mean(found.excess_loss, untold),
    }
    if found.form == "quantiles":
        return cells | {
            f"{percent}% interval holds": _coverage(found.coverage.get(percent))
            for percent in (90, 50)
        }
    sure = f"{found.sure_and_wrong} of {found.sure}"
    return cells | {"Sure and wrong": (sure, _ends(found.sure_and_wrong_share))}


def _unanswered(found: ForecastSummary) -> str:
    parts = [
        f"{found.dont_know} don't know" if found.dont_know else "",
        f"{found.unanswered} silent" if found.unanswered else "",
        f"{found.void} void" if found.void else "",
    ]
    return ", ".join(filter(None, parts))


def _mean(mean: SeedMean | None, otherwise: str = "") -> tuple[str, str]:
    if mean is None:
        return wording.DASH, otherwise
    if mean.interval is None:
        return wording.ratio(mean.mean), ""
    low, high = wording.ratio(mean.interval.low), wording.ratio(mean.interval.high)
    return wording.ratio(mean.mean), f"{low} to {high}"


def _coverage(coverage: Coverage | None) -> tuple[str, ...]:
    if coverage is None:
        return (wording.DASH,)
    truth = "" if coverage.truth is None else f"the truth {coverage.truth:.0%}"
    return f"{coverage.share:.0%}", _ends(coverage.interval), truth


def _ends(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.0%} to {interval.high:.0%}"
