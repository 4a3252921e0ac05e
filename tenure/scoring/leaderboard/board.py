"""The board's page: every entry, scenario by scenario."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from tenure.scoring.leaderboard.entry import ENTRIES, FILE_NAME, NOT_PROVEN, Entry, Row
from tenure.scoring.leaderboard.tiers import tiers
from tenure.scoring.report import wording
from tenure.scoring.report.page import FILE_NAME as REPORT
from tenure.scoring.report.page import asset, cost, render, settings, spoken_interval

PAGE = "index.html"


class _Place(NamedTuple):
    entry: Entry
    row: Row


def entries(board_dir: Path) -> list[Entry]:
    """Return the entries of a board, in the order of their ids; none if there is no board yet.

    Raises:
        UsageError: If an entry cannot be read.
    """
    return [Entry.read(path.parent) for path in sorted(board_dir.glob(f"{ENTRIES}/*/{FILE_NAME}"))]


def build(board_dir: Path) -> Path:
    """Write the board's page.

    Args:
        board_dir: The board; made if need be. A board without entries says how to submit.

    Returns:
        The path of `index.html`.

    Raises:
        UsageError: If an entry cannot be read.
    """
    found = sorted(entries(board_dir), key=_scenario_order)
    groups = [_group(list(same)) for _, same in groupby(found, key=_scenario_order)]
    script = asset("sort.js")
    context = {"groups": groups, "summary": _summary(found), "not_proven": NOT_PROVEN}
    board_dir.mkdir(parents=True, exist_ok=True)
    draft = board_dir / f".{PAGE}.draft"
    draft.write_text(render("board.html.j2", context, script), encoding="utf-8", newline="\n")
    os.replace(draft, board_dir / PAGE)  # noqa: PTH105  atomic, and said so
    return board_dir / PAGE


def _scenario_order(entry: Entry) -> tuple[bool, str, int, str]:
    custom = not entry.scenario_builtin
    return custom, entry.scenario_id, -entry.scenario_version, entry.scenario_digest


def _summary(found: Sequence[Entry]) -> str:
    rows = sum(len(entry.rows) for entry in found)
    episodes = sum(row.complete for entry in found for row in entry.rows)
    return (
        f"{wording.counted(rows, 'agent')} and {wording.counted(episodes, 'episode')} in "
        f"{wording.counted(len(found), 'submission')}, every episode played again in the "
        "simulation before it was let in."
        if found
        else "Long-horizon jobs for agents, scored by playing every episode again."
    )


def _group(same: list[Entry]) -> dict[str, Any]:
    places = [_Place(entry, row) for entry in same for row in entry.rows]
    ranks = tiers([place.row.normalised for place in places])
    ordered = sorted(zip(ranks, places, strict=True), key=lambda pair: _order(*pair))
    first = same[0]
    return {
        "title": first.scenario_title,
        "scenario": first.scenario_id,
        "version": first.scenario_version,
        "digest": first.scenario_digest,
        "builtin": first.scenario_builtin,
        "floor": first.floor,
        "score_title": wording.title(first.score_figure),
        "rows": [_cells(rank, place) for rank, place in ordered],
    }


def _order(rank: int | None, place: _Place) -> tuple[float, float, str, str]:
    normalised = place.row.normalised
    mean = normalised.mean if normalised else float("-inf")
    return (float("inf") if rank is None else rank, -mean, place.row.label, place.entry.id)


def _cells(rank: int | None, place: _Place) -> dict[str, Any]:
    entry, row = place
    figure, scaled, spent = entry.score_figure, row.normalised, row.spending
    folder = f"{ENTRIES}/{entry.id}"
    return {
        "tier": wording.DASH if rank is None else rank,
        "tier_value": "" if rank is None else rank,
        "label": row.label,
        "settings": settings(row.spec),
        "normalised": wording.ratio(scaled.mean if scaled else None),
        "normalised_value": scaled.mean if scaled else "",
        "normalised_interval": spoken_interval(scaled, row.complete),
        "mean": wording.amount(figure, row.score.mean),
        "mean_value": row.score.mean,
        "interval": spoken_interval(row.score, row.complete, figure),
        "worst": wording.amount(figure, row.score.worst),
        "worst_value": row.score.worst,
        "count": row.complete,
        "seeds": f"seeds {wording.ranges(entry.seeds)}",
        "early": row.ended_early,
        "cost": cost(spent),
        "cost_value": _cost_value(row),
        "proven": row.proven,
        "report": f"{folder}/{REPORT}",
        "episodes": [
            {
                "seed": episode.seed,
                "score": wording.amount(figure, episode.score),
                "href": quote(f"{folder}/{episode.path}"),
            }
            for episode in row.episodes
        ],
    }


def _cost_value(row: Row) -> float | str:
    """Return what the column of costs sorts by; the empty text, for unknown, comes last."""
    spent = row.spending
    return "" if spent is None or spent.cost_usd is None else spent.cost_usd
