"""A job for these tests: the lemonade stand, with scripts that earn, fade or are lazy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tenure.envs import jobs
from tenure.envs.jobs import Briefing, OverTime, Policy
from tenure.envs.tools import ToolCall
from tenure.scenarios import Limits, Scenario, references
from tenure.scenarios.playing import briefing_of
from tenure.scoring.manifest import Manifest
from tenure.scoring.recorder import Recorder, header
from tests import lemonade

CLOSE, BREW = ToolCall("close_for_today"), ToolCall("make_pitchers", {"count": 1})


def one_a_day(_: Briefing) -> Policy:
    """Make a pitcher every day, of which mostly all four cups are sold."""
    while True:
        yield BREW
        yield CLOSE


def fading(_: Briefing) -> Policy:
    """The same for 60 days, and nothing from then on."""
    for _day in range(60):
        yield BREW
        yield CLOSE
    while True:
        yield CLOSE


def lazy(_: Briefing) -> Policy:
    """The same on every second day."""
    while True:
        yield BREW
        yield CLOSE
        yield CLOSE


JOB = replace(
    lemonade.JOB,
    policies={"idle": lemonade.idle, "one-a-day": one_a_day},
    oracles={},
    over_time=OverTime(works=("make_pitchers",)),
)
jobs.register("kiosk", "tests.scoring.sustained.kiosk:JOB")
SEASON = Scenario(
    id="kiosk/season",
    version=1,
    title="A season",
    brief="Sell.",
    parameters={"horizon_days": 120},
    limits=Limits(steps=1000),
)
SCRIPTS: Mapping[str, Callable[[Briefing], Policy]] = {
    "one-a-day": one_a_day,
    "fading": fading,
    "lazy": lazy,
    "idle": lemonade.idle,
}


def record(
    folder: Path,
    scenario: Scenario,
    seeds: Sequence[int],
    scripts: Mapping[str, Callable[[Briefing], Policy]],
) -> Path:
    """Play a run of scripts, also such that the job does not know, and return its folder."""
    manifest = Manifest(
        scenario=scenario, agents=[{"name": name} for name in scripts], seeds=list(seeds)
    )
    manifest.write(folder)
    for label, seed, _ in manifest.planned():
        world = scenario.make_world(seed)
        policy = scripts[label](briefing_of(scenario, world, world.opening(), label))
        first = header(scenario, seed, {"name": label}, 0, world, references(scenario, seed))
        with Recorder(folder / manifest.episode_path(label, seed), first) as recorder:
            call = next(policy)
            for _ in range(scenario.limits.steps):
                done = world.step(call.to_json())
                recorder.step(world, call.to_json(), None, done)
                if done.ended:
                    break
                call = policy.send(done.text)
            recorder.end(world, world.ended or "steps")
    return folder
