"""Episodes of scripts that make mistakes which a test has put there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tenure.envs.clock import day_of
from tenure.envs.tools import ToolCall
from tenure.envs.world import World
from tenure.scenarios import References, Scenario, load
from tenure.scenarios.playing import briefing_of
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import Episode, read, read_partial

Spoil = Callable[[World[Any], int, ToolCall], Iterator[ToolCall] | None]
"""Is told the world, the day (1 for the first) and what the script wants to do; yields what is done
instead, or returns `None` to let it be."""


def shortened(scenario_id: str, days: int, steps: int = 100_000) -> Scenario:
    """Return a built-in scenario with another horizon."""
    scenario = load(scenario_id)
    parameters = {**scenario.parameters, "horizon_days": days}
    limits = scenario.limits.model_copy(update={"steps": steps})
    return scenario.model_copy(update={"parameters": parameters, "limits": limits})


def spoilt(
    path: Path,
    scenario: Scenario,
    policy: str,
    spoil: Spoil = lambda *_: None,
    *,
    seed: int = 1,
    floor: int = 0,
    finish: bool = True,
) -> Episode:
    """Record an episode of a job's script with some of its calls replaced.

    The script is sent what its last call led to; a call put in before it is not heard of.
    """
    world = scenario.make_world(seed)
    opening = world.opening()
    told = header(scenario, seed, {"name": policy}, 0, world, References(floor, floor + 1))
    briefing = briefing_of(scenario, world, opening, policy)
    script = scenario.job.script(policy)(briefing)
    steps = 0
    with Recorder(path, told) as recorder:
        call = next(script)
        while not world.ended and steps < scenario.limits.steps:
            day, text = day_of(world.state.now_minutes) + 1, ""
            for done in spoil(world, day, call) or (call,):
                step = world.step(done.to_json())
                recorder.step(world, done.to_json(), None, step)
                steps, text = steps + 1, step.text
                if step.ended or steps == scenario.limits.steps:
                    break
            else:
                call = script.send(text)
        if finish:
            recorder.end(world, world.ended or "steps")
    return read(path) if finish else read_partial(path)


def once(day: int, tool: str, make: Callable[[World[Any], ToolCall], Iterator[ToolCall]]) -> Spoil:
    """Replace the first call of a tool on a day or after it."""
    done: list[int] = []

    def spoil(world: World[Any], today: int, call: ToolCall) -> Iterator[ToolCall] | None:
        if done or today < day or call.name != tool:
            return None
        done.append(today)
        return make(world, call)

    return spoil
