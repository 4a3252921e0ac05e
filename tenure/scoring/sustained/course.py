"""What a business was worth on each morning, from a record or from a script played below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from tenure.envs.clock import day_of
from tenure.envs.jobs import OverTime
from tenure.envs.world import Step, World
from tenure.errors import TrajectoryError
from tenure.scenarios import Scenario
from tenure.scenarios.playing import acting, play
from tenure.scoring.records import Episode
from tenure.scoring.scorecard import tool_called


class Reading(NamedTuple):
    """What a business was worth at a simulated minute, in the figure's unit."""

    minute: int
    worth: int


def by_morning(readings: Iterable[Reading]) -> list[float]:
    """Return the worth with which each day began; the last item is what it was at the end.

    What came of a step that passed several days is spread over them evenly.

    Args:
        readings: From the start to the end, one after each step.
    """
    mornings: list[float] = []
    worth = 0
    for before, after in pairwise(readings):
        mornings = mornings or [float(before.worth)]
        passed = day_of(after.minute) - day_of(before.minute)
        risen = after.worth - before.worth
        mornings += [before.worth + risen * day / passed for day in range(1, passed + 1)]
        worth = after.worth
    if mornings:
        mornings[-1] = float(worth)
    return mornings


def earned(mornings: Sequence[float], days: int) -> list[float]:
    """Return what each of so many days has earned; nothing after the business is over."""
    daily = [after - before for before, after in pairwise(mornings)][:days]
    return daily + [0.0] * (days - len(daily))


def recorded(episode: Episode, figure: str) -> list[float]:
    """Return an episode's worth by morning; the score figure's if none is named.

    Raises:
        TrajectoryError: If its record has no such figure.
    """
    figure = figure or episode.header["score"]
    if figure not in episode.figure_names:
        raise TrajectoryError(f"The record has no figure {figure!r}, which its job has.", 0)
    place = episode.figure_names.index(figure)
    worth = episode.header["measured"][place]
    readings = [Reading(episode.header["minute"], worth)]
    for step in episode.steps:
        worth = step.get("figures", {}).get(figure, worth)
        readings.append(Reading(step["minute"], worth))
    if episode.end:
        readings.append(Reading(episode.end["minute"], episode.end["measured"][place]))
    return by_morning(readings)


def played(scenario: Scenario, seed: int, script: str, figure: str) -> list[float]:
    """Play a script on a seed and return its worth by morning.

    Raises:
        UsageError: If the scenario does not fit its job.
        ContractError: If the script is none that goes on to the end.
    """
    world = scenario.make_world(seed)
    heard = world.opening()
    place = [one.name for one in world.figures].index(figure or world.score)
    readings = [_reading(world, place)]

    def saw(step: Step) -> None:
        readings.append(Reading(step.minute, step.figures[place]))

    play(world, heard, acting(scenario, world, script), scenario.limits.steps, saw)
    readings.append(_reading(world, place))
    return by_morning(readings)


def _reading(world: World, place: int) -> Reading:  # type: ignore[type-arg]  # any job's
    return Reading(world.state.now_minutes, world.measured[place])


def days_lasted(episode: Episode) -> int:
    """Return on how many days somebody could act: to the end, or to the limit that was reached."""
    return day_of(max(episode.header["minute"], episode.last_minute - 1)) + 1


def busy_days(episode: Episode, over_time: OverTime, scenario: Scenario) -> set[int]:
    """Return the 0-based days on which something was done that a job counts as work.

    A call counts if it was carried out, whether or not it was wise.
    """
    works = set(over_time.works) or {
        tool.name
        for tool in scenario.job.world.toolbox.tools.values()
        if tool.writes and tool.minutes
    }
    days, minute = set(), episode.header["minute"]
    for step in episode.steps:
        if "fault" not in step and tool_called(step) in works:
            days.add(day_of(minute))
        minute = step["minute"]
    return days
