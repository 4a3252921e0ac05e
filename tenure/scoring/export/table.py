"""Parquet: one table, a row a step, whatever was played.

Columns are typed, figures have a column each (`figure_<name>`, their value after the step), and
what has no column of its own is JSON: `arguments`, `events`, `exchange`, and `other` for fields
that this Tenure does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from tenure.scoring.export.fields import left_over, model_of
from tenure.scoring.limits import told_usd
from tenure.scoring.records import Episode, FigureRecord
from tenure.scoring.scenes import Scene, scenes
from tenure.scoring.spending import tokens_of

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_A_GROUP = 20_000
"""As many rows are in memory at once; groups of a Parquet file are read and skipped as a whole."""

_OF_EPISODE = {
    "scenario": "string",
    "scenario_version": "int64",
    "seed": "uint64",
    "agent": "string",
    "attempt": "int64",
    "complete": "bool",
    "reason": "string",
    "final_score": "int64",
}
_OF_STEP = {
    "n": "int64",
    "seat": "string",
    "day": "int64",
    "began": "int64",
    "minute": "int64",
    "tool": "string",
    "arguments": "string",
    "action": "string",
    "opening": "string",
    "answer": "string",
    "fault": "string",
    "reward": "int64",
    "ended": "string",
    "model": "string",
    "input_tokens": "int64",
    "cached_tokens": "int64",
    "cache_write_tokens": "int64",
    "output_tokens": "int64",
    "reasoning_tokens": "int64",
    "cost_usd": "double",
    "events": "string",
    "exchange": "string",
    "digest": "string",
    "other": "string",
}
_TOLD = (
    *("type", "n", "seat", "minute", "action", "text", "fault", "reward", "figures", "ended"),
    *("events", "exchange", "digest", "hash"),
)

Row = dict[str, Any]


def write(episodes: Iterable[Episode], path: Path) -> None:
    """Write the steps of all episodes into one table, in their order.

    The episodes are gone through twice: first for their figures, which may differ by job.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(list(_figures(episodes).values()))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(row for episode in episodes for row in rows(episode)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))


def rows(episode: Episode) -> Iterator[Row]:
    """Yield the rows of an episode: values by column, of those columns that say something."""
    common = _common(episode)
    for scene in scenes(episode):
        yield common | _row(scene)


def _figures(episodes: Iterable[Episode]) -> dict[str, FigureRecord]:
    return {figure["name"]: figure for episode in episodes for figure in episode.header["figures"]}


def _schema(figures: list[FigureRecord]) -> pa.Schema:
    import pyarrow as pa

    plain = {**_OF_EPISODE, **_OF_STEP}
    fields = [pa.field(name, pa.type_for_alias(kind)) for name, kind in plain.items()]
    for figure in figures:
        about = {"meaning": figure["meaning"], "hidden": str(figure["hidden"]).lower()}
        fields.append(pa.field(f"figure_{figure['name']}", pa.int64(), metadata=about))
    return pa.schema(fields, metadata={"tenure": "one row a step; see docs/exports.md"})


def _groups(every: Iterator[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in every:
        group.append(row)
        if len(group) == ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group


def _common(episode: Episode) -> Row:
    end = episode.end
    version = episode.header["scenario"].get("version")
    return {
        "scenario": episode.scenario_id,
        "scenario_version": version if isinstance(version, int) else None,
        "seed": episode.seed,
        "agent": episode.agent_name,
        "attempt": episode.attempt,
        "complete": end is not None,
        "reason": end["reason"] if end else None,
        "final_score": episode.final_score,
    }


def _row(scene: Scene) -> Row:
    step = scene.step
    call = scene.call
    tokens = tokens_of(scene.exchange)
    return {
        "n": step["n"],
        "seat": step.get("seat"),
        "day": scene.day,
        "began": scene.began,
        "minute": step["minute"],
        "tool": call.name if call else None,
        "arguments": _json(call.arguments) if call else None,
        "action": step["action"],
        "opening": scene.opening or None,
        "answer": scene.answer,
        "fault": step.get("fault"),
        "reward": step.get("reward", 0),
        "ended": step.get("ended"),
        "model": model_of(scene),
        **({f"{name}_tokens": n for name, n in tokens.model_dump().items()} if tokens else {}),
        "cost_usd": told_usd(scene.exchange),
        "events": _json(step["events"]) if "events" in step else None,
        "exchange": _json(step["exchange"]) if "exchange" in step else None,
        "digest": step.get("digest"),
        "other": _json(other) if (other := left_over(step, *_TOLD)) else None,
        **{f"figure_{name}": value for name, value in scene.figures.items()},
    }


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
