"""Replay: live through a recorded episode again, without the agent, and compare everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from tenure import __version__
from tenure.envs import jobs
from tenure.envs.world import NOTHING, World
from tenure.errors import ContractError, TrajectoryError, UsageError
from tenure.scenarios import References, Scenario, references
from tenure.scoring.limits import Meter
from tenure.scoring.recorder import Narrator, header
from tenure.scoring.records import Episode, HeaderRecord, StepRecord, action_of

_GIVEN = frozenset({"scenario", "minor", "tenure", "exchange", "hash"})
"""What a replay takes as given, or has no part in."""
_KNOWN = frozenset({*HeaderRecord.__annotations__, *StepRecord.__annotations__}) - _GIVEN


class Divergence(NamedTuple):
    """The first place where a replay differs from the record.

    Attributes:
        record: 0-based index of the record; 0 is the header.
        field: Name of the field.
        recorded: What the file says; `None` if it says nothing.
        replayed: What the world says now; `None` if it says nothing.
    """

    record: int
    field: str
    recorded: Any
    replayed: Any


class Replay(NamedTuple):
    """What a replay found.

    Attributes:
        divergence: The first difference, or `None`.
        steps: How many steps were replayed and agreed.
        recorded_with: The version of Tenure that recorded the episode.
        replayed_with: The version of Tenure that replayed it.
    """

    divergence: Divergence | None
    steps: int
    recorded_with: str
    replayed_with: str = __version__

    @property
    def explanation(self) -> str:
        """What diverged, as a sentence; empty if nothing did."""
        if self.divergence is None:
            return ""
        index, field, recorded, replayed = self.divergence
        sentence = (
            f"Record {index}, field {field!r}: the file says {_short(recorded)}, "
            f"replay gives {_short(replayed)}."
        )
        if self.recorded_with != self.replayed_with:
            sentence += (
                f" It was recorded with Tenure {self.recorded_with} and replayed with "
                f"{self.replayed_with}, which may behave differently."
            )
        return sentence


def replay(episode: Episode, known: Callable[[int], References] | None = None) -> Replay:
    """Build the world of an episode anew, feed it every recorded action and compare every field.

    What passed between an agent and its model is not replayed. An unfinished episode is replayed
    as far as it goes.

    Args:
        episode: The records.
        known: Tells the references of a seed of this scenario; for callers that remember them.
            They are computed if left out.

    Raises:
        TrajectoryError: If the header describes no world that this Tenure can build, or the job
            breaks the world contract on the way.
        UsageError: If the job is not installed, or cannot be imported.
    """
    scenario = recorded_scenario(episode)
    try:
        world = scenario.make_world(episode.seed, episode.future)
        normal = known(episode.seed) if known else references(scenario, episode.seed)
    except (ContractError, UsageError) as error:
        raise _no_such_world(str(error)) from None
    recorded = episode.header
    told = header(
        scenario,
        episode.seed,
        recorded["agent"],
        episode.attempt,
        world,
        normal,
        recorded.get("voice"),
        recorded.get("parent"),
    )
    try:
        divergence = difference(0, recorded, told) or _in_what_followed(episode, scenario, world)
    except ContractError as error:
        raise TrajectoryError(f"It cannot be played again: {error}") from None
    agreed = len(episode.steps) if divergence is None else max(0, divergence.record - 1)
    return Replay(divergence, agreed, episode.header["tenure"])


def recorded_scenario(episode: Episode) -> Scenario:
    """Return what was played, and see that its job is here: that it is not is no fault of it.

    Raises:
        TrajectoryError: If the header describes no scenario that this Tenure knows.
        UsageError: If the job is not installed, or cannot be imported.
    """
    try:
        scenario = Scenario.model_validate(episode.header["scenario"])
    except ValidationError as error:
        raise _no_such_world(_misfit(error)) from None
    if scenario.job_name not in jobs.names():
        raise UsageError(
            f"To play {scenario.id} again needs the job {scenario.job_name!r}, which is not "
            f"installed; install its package."
        )
    _ = scenario.job
    return scenario


def _no_such_world(problem: str) -> TrajectoryError:
    return TrajectoryError(f"Record 0 (header): no such world: {problem}", record=0)


def _misfit(error: ValidationError) -> str:
    """Say how what a header calls its scenario is none."""
    detail = error.errors(include_url=False)[0]
    where = ".".join(map(str, ("scenario", *detail["loc"])))
    if detail["type"] == "extra_forbidden":
        return f"this Tenure knows no field {where!r}, and so not what world it would make."
    return f"field {where!r}: {detail['msg'].removeprefix('Value error, ').removesuffix('.')}."


def _in_what_followed(episode: Episode, scenario: Scenario, world: World[Any]) -> Divergence | None:
    narrator, meter = Narrator(episode.header), Meter(scenario.limits)
    for index, recorded in enumerate(episode.steps, start=1):
        if world.ended or meter.reached:
            return Divergence(index, "type", "step", "end")
        if meter.untold:
            return Divergence(index - 1, "exchange", None, f"its {meter.untold}, which are limited")
        action = action_of(recorded)
        if found := _unaccounted(index, recorded, episode):
            return found
        step = world.step(action, recorded.get("outside", NOTHING))
        meter.add_step(recorded.get("exchange"), step.outside, inherited=index <= episode.inherited)
        told = narrator.step(world, action, None, step)
        if found := difference(index, recorded, told):
            return found
    if episode.end is None:
        return None
    told = narrator.end(world, world.ended or meter.reached)
    return difference(narrator.steps + 1, episode.end, told)


def _unaccounted(index: int, recorded: StepRecord, episode: Episode) -> Divergence | None:
    """Return what came in from outside and does not agree with the rest of the record."""
    outside: Mapping[str, Any] = recorded.get("outside", NOTHING)
    exchange: Mapping[str, Any] = recorded.get("exchange") or NOTHING
    written = (exchange.get("usage") or NOTHING).get("output_tokens")
    if "output_tokens" in outside and outside["output_tokens"] != written:
        return Divergence(index, "outside", outside["output_tokens"], written)
    if {"wordings", "voice"} & outside.keys() and "voice" not in episode.header:
        return Divergence(index, "outside", sorted(outside), None)
    return None


def difference(
    index: int, recorded: Mapping[str, Any], told: Mapping[str, Any]
) -> Divergence | None:
    """Return the first field that differs to the byte: 1, 1.0 and true are three values.

    What passed between an agent and its model, and which version wrote it, are not compared.

    Args:
        index: 0-based index of the record.
        recorded: What a file says.
        told: What the world says now.
    """
    said, known = _compared(recorded), _compared(told)
    if orjson.dumps(said) == orjson.dumps(known):
        return None
    for name in (*known, *(_KNOWN & said.keys() - known.keys())):
        if orjson.dumps(said.get(name)) != orjson.dumps(known.get(name)):
            return Divergence(index, name, said.get(name), known.get(name))
    return None


def _compared(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _GIVEN}


def _short(value: Any) -> str:
    text = "nothing" if value is None else orjson.dumps(value).decode()
    return text if len(text) <= 120 else f"{text[:117]}..."
