"""An episode by day: its figures, and which tools were called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from tenure.envs.clock import day_of
from tenure.scoring.records import Episode, StepRecord
from tenure.scoring.written import Part

_NO_CALL = frozenset({"malformed", "unknown_tool"})


class Series(Part):
    """An episode by day; item `d` of each list belongs to the 0-based day `d`.

    Attributes:
        figures: By figure, its value when the day's last step was done. A day without a step
            keeps the value of the day before.
        calls: By tool, how often it was called on the day.
        faults: Faulty steps begun on the day.
    """

    figures: dict[str, list[int]]
    calls: dict[str, list[int]]
    faults: list[int]

    @property
    def days(self) -> int:
        """How many days the series has."""
        return len(self.faults)


def series(episode: Episode) -> Series:
    """Return an episode by day; what a step limit left to nobody is flat until its last day."""
    end_minute = episode.end["minute"] if episode.end else episode.last_minute
    days = day_of(end_minute) + 1
    calls: dict[str, list[int]] = {}
    faults = [0] * days
    current = dict(zip(episode.figure_names, episode.header["measured"], strict=True))
    began = day_of(episode.header["minute"])
    last_of_day = {began: current}
    for step in episode.steps:
        if name := tool_called(step):
            calls.setdefault(name, [0] * days)[began] += 1
        faults[began] += "fault" in step
        current = current | step.get("figures", {})
        began = day_of(step["minute"])
        last_of_day[began] = current
    if episode.end:
        final = zip(episode.figure_names, episode.end["measured"], strict=True)
        last_of_day[day_of(end_minute)] = dict(final)
    return Series(
        figures=_carried_forward(episode.figure_names, last_of_day, days),
        calls=dict(sorted(calls.items())),
        faults=faults,
    )


def tool_called(step: StepRecord) -> str:
    """Return the name of the tool that a step called; empty if it called none that exists."""
    if step.get("fault") in _NO_CALL:
        return ""
    try:
        return str(orjson.loads(step["action"])["name"])
    except (ValueError, LookupError, TypeError):  # not a call, whatever the record claims
        return ""


def _carried_forward(
    names: Sequence[str], last_of_day: Mapping[int, Mapping[str, int]], days: int
) -> dict[str, list[int]]:
    """Return each figure by day; a day without a step keeps what was."""
    values: dict[str, list[int]] = {name: [] for name in names}
    current = last_of_day[min(last_of_day)]
    for day in range(days):
        current = last_of_day.get(day, current)
        for name in names:
            values[name].append(current[name])
    return values
