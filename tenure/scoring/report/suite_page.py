"""The report of a suite's run: agents by scenarios, then all that a run's own report shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from markupsafe import Markup

from tenure.scoring.manifest import Manifest
from tenure.scoring.report import wording
from tenure.scoring.report.page import (
    Place,
    fill,
    gaps,
    run_context,
    spoken_interval,
    swatches,
    write_page,
)
from tenure.scoring.scorecard import AgentScore, Scorecard
from tenure.scoring.suite import Across, SuiteManifest, SuiteScorecard


def write_suite_report(suite_dir: Path, scorecard: SuiteScorecard) -> Path:
    """Write the report of a suite's run into its folder.

    The same run gives the same bytes.

    Args:
        suite_dir: The suite's run; trajectories are read where the scorecard has no series.
        scorecard: What `score_suite` says of it.

    Returns:
        The path of `report.html`.

    Raises:
        UsageError: If the folder holds no suite's run.
        TrajectoryError: If an episode that has a score can no longer be read.
    """
    manifest = SuiteManifest.read(suite_dir)
    context = {
        "title": manifest.title,
        "summary": _summary(manifest, scorecard),
        "changed": _changed(manifest),
        "gaps": gaps(scorecard.planned, scorecard.complete),
        "swatches": swatches(len(manifest.labels)),
        "parts": list(_parts(suite_dir, manifest, scorecard)),
        "rows": [_row(place, agent, scorecard) for place, agent in enumerate(scorecard.agents)],
        "example": _example(manifest.runs[0]),
    }
    return write_page(suite_dir, "suite.html.j2", context)


def _summary(manifest: SuiteManifest, scorecard: SuiteScorecard) -> str:
    agents = wording.counted(len(manifest.labels), "agent")
    scenarios = wording.counted(len(manifest.runs), "scenario")
    planned = wording.counted(scorecard.planned, "planned episode")
    return (
        f"{manifest.id}, version {manifest.suite_version}: {agents} in {scenarios}, "
        f"{scorecard.complete} of {planned} scored."
    )


def _changed(manifest: SuiteManifest) -> str:
    changes = manifest.departures()
    return f"{manifest.id}, changed. Not as built in: {'; '.join(changes)}." if changes else ""


def _parts(
    suite_dir: Path, manifest: SuiteManifest, scorecard: SuiteScorecard
) -> Iterator[dict[str, Any]]:
    pairs = zip(manifest.folders(suite_dir), scorecard.scenarios, strict=True)
    for number, ((folder, run), own) in enumerate(pairs, 1):
        scenario, prefix = run.scenario, f"part-{number}-"
        place = Place(level=3, prefix=prefix, folder=scenario.id)
        context = run_context(folder, run, own, place)
        yield {
            "id": scenario.id,
            "title": scenario.title,
            "anchor": f"part-{number}",
            "summary": context["summary"],
            "score": wording.title(own.score_figure) or "Score",
            "sections": Markup(fill("report.html.j2", context)),  # noqa: S704  escaped there
        }


def _row(place: int, across: Across, scorecard: SuiteScorecard) -> dict[str, Any]:
    agents = [own.agents[place] for own in scorecard.scenarios]
    complete, planned = (sum(getattr(agent, name) for agent in agents) for name in _COUNTS)
    where = across.worst_scenario or ""
    if where and across.scored < len(agents):
        where += f", of {across.scored} scored"
    return {
        "label": across.label,
        "count": f"{complete} of {wording.counted(planned, 'episode')}",
        "cells": [
            _cell(agent, own) for agent, own in zip(agents, scorecard.scenarios, strict=True)
        ],
        "worst": wording.ratio(across.worst_normalised),
        "worst_where": where,
    }


_COUNTS = ("complete", "planned")


def _cell(agent: AgentScore, scorecard: Scorecard) -> Mapping[str, str]:
    figure, luck = scorecard.score_figure, scorecard.luck_figure
    count = f"{agent.complete} of {wording.counted(agent.planned, 'episode')}"
    return {
        "normalised": wording.ratio(agent.normalised.mean if agent.normalised else None),
        "interval": spoken_interval(agent.normalised, agent.complete),
        "raw": wording.amount(figure, agent.score.mean) if agent.score else "",
        "luck": wording.amount(luck, agent.figures[luck]) if luck and agent.score else "",
        "policy": agent.policy,
        "count": count if agent.complete < agent.planned else "",
    }


def _example(run: Manifest) -> PurePosixPath:
    return PurePosixPath(run.scenario.id) / run.episode_path(*next(run.planned()))
