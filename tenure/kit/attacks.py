"""Agents that do not do the job. None of them may score above the floor.

Each yields actions, which are any texts. When it ends, nobody is at work for the rest of the
episode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, cast

import numpy as np

from tenure.envs.chance import Chance, below
from tenure.envs.checker import HOSTILE_ACTIONS
from tenure.envs.clock import MINUTES_PER_DAY
from tenure.envs.spaces import sample_json
from tenure.envs.tools import Fault, Toolbox, ToolCall
from tenure.envs.world import World
from tenure.scenarios import Scenario

_EARLY = 10
_LATE_PERCENT = 90


@dataclass
class Stage:
    """One episode, as an attack sees it.

    Attributes:
        scenario: What is played.
        world: The world it acts in; only to let time pass and to learn its tools.
        seed: The world's seed.
        heard: What the latest action led to; at first the opening.
        best_actions: What the job's best policy does on this seed.
        other_actions: What it does on another one.
        fault: Why the latest action failed, if it did.
    """

    scenario: Scenario
    world: World[Any]
    seed: int
    heard: str
    best_actions: Sequence[str] = ()
    other_actions: Sequence[str] = ()
    fault: Fault | None = None


def absent(_: Stage) -> Iterator[str]:
    """Never come to work."""
    return iter(())


def random(stage: Stage) -> Iterator[str]:
    """Use any tool with any valid arguments."""
    return random_calls(stage.world.toolbox, stage.seed)


def spam(stage: Stage) -> Iterator[str]:
    """Use every tool in turn with the least arguments its schema allows."""
    for tool in cycle(stage.world.toolbox.tools.values()):
        yield ToolCall(tool.name, least_json(tool.schema)).to_json()


def malformed(_: Stage) -> Iterator[str]:
    """Answer with texts that are no tool calls."""
    return cycle(HOSTILE_ACTIONS)


def echo(stage: Stage) -> Iterator[str]:
    """Say the brief, and then what was read last."""
    yield stage.scenario.briefing
    while True:
        yield stage.heard


def early_stop(stage: Stage) -> Iterator[str]:
    """Do what the best policy does in the first tenth of its calls, then stay away."""
    return iter(stage.best_actions[: len(stage.best_actions) // _EARLY])


def last_minute(stage: Stage) -> Iterator[str]:
    """Stay away for nine tenths of the time, then use any tools: the end-of-horizon liquidator."""
    last_day = _idle_days(stage) * _LATE_PERCENT // 100
    for _ in range(last_day):
        if not stage.world.ended:
            stage.world.advance(MINUTES_PER_DAY)
    if not stage.world.ended:
        yield from random(stage)


def replay(stage: Stage) -> Iterator[str]:
    """Repeat what the best policy did on another seed."""
    return iter(stage.other_actions)


ATTACKS: Mapping[str, Callable[[Stage], Iterator[str]]] = {
    "absent": absent,
    "random": random,
    "spam": spam,
    "malformed": malformed,
    "echo": echo,
    "early stop": early_stop,
    "last minute": last_minute,
    "replay": replay,
}


def random_calls(toolbox: Toolbox, seed: int) -> Iterator[str]:
    """Yield valid calls without end, equal for equal seeds whatever the version of NumPy."""
    draws = _Draws(seed)
    tools = list(toolbox.tools.values())
    while True:
        tool = tools[draws.integers(len(tools))]
        arguments = sample_json(tool.schema, cast("np.random.Generator", draws))
        yield ToolCall(tool.name, arguments).to_json()


def least_json(schema: Mapping[str, Any]) -> Any:
    """Return the smallest value that fits a JSON Schema of the kind tools have."""
    if "const" in schema:
        return schema["const"]
    if choices := schema.get("enum") or schema.get("examples"):
        return choices[0]
    if "anyOf" in schema:
        return least_json(schema["anyOf"][0])
    least = _LEAST.get(schema.get("type", ""))
    return least(schema) if least else None


def _least_number(schema: Mapping[str, Any], step: float) -> float:
    if "minimum" in schema:
        return float(schema["minimum"])
    if "exclusiveMinimum" in schema:
        return float(schema["exclusiveMinimum"]) + step
    return min(0.0, float(schema.get("maximum", 0)))


def _least_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    return {name: least_json(fields[name]) for name in schema.get("required", [])}


_LEAST: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "string": lambda schema: "a" * schema.get("minLength", 0),
    "integer": lambda schema: int(_least_number(schema, 1)),
    "number": lambda schema: _least_number(schema, 0.01),
    "boolean": lambda _: False,
    "array": lambda schema: [least_json(schema["items"])] * schema.get("minItems", 0),
    "object": _least_object,
}


def _idle_days(stage: Stage) -> int:
    """Return how many days an episode lasts in which nobody works."""
    idle = stage.scenario.make_world(stage.seed)
    idle.run_out()
    minutes: int = idle.state.now_minutes
    return minutes // MINUTES_PER_DAY


class _Draws:
    """The three draws that `sample_json` needs, out of words that no version of NumPy changes."""

    def __init__(self, seed: int) -> None:
        self._chance = Chance(seed)
        self._words: list[int] = []
        self._count = 0

    def integers(self, low: int, high: int | None = None, size: int | None = None) -> Any:
        """Return one integer, or several, from `low` (0 if it stands alone) to below `high`."""
        low, high = (0, low) if high is None else (low, high)
        if size is not None:
            return [low + below(self._word(), high - low) for _ in range(size)]
        return low + below(self._word(), high - low)

    def random(self) -> float:
        return (self._word() >> 11) / 2**53

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def _word(self) -> int:
        if not self._words:
            self._words = self._chance.words("checker", start=self._count, count=256)[::-1]
            self._count += 256
        return self._words.pop()
