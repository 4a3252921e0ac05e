"""Real episodes of the lemonade stand, for the tests of this folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tenure.envs.jobs import Briefing
from tenure.scenarios import References, Scenario, references
from tenure.scoring.recorder import Recorder, header
from tests import lemonade

SCENARIO = Scenario.model_validate(
    {
        "id": "lemonade/week",
        "version": 1,
        "title": "A week at the stand",
        "brief": "Run the stand for {horizon_days} days.",
        "parameters": {"horizon_days": 5},
        "limits": {"steps": 40},
    }
)
YEAR = SCENARIO.model_copy(
    update={
        "id": "lemonade/year",
        "parameters": {"horizon_days": 365},
        "limits": SCENARIO.limits.model_copy(update={"steps": 5000}),
    }
)
SLEEP = '{"name":"close_for_today","arguments":{}}'
BREW = '{"name":"make_pitchers","arguments":{"count":1}}'


def play(
    path: Path,
    actions: Sequence[str],
    *,
    seed: int = 1,
    scenario: Scenario = SCENARIO,
    agent: Mapping[str, Any] | None = None,
    exchanges: Sequence[Mapping[str, Any] | None] | None = None,
    known: References | None = None,
    finish: bool = True,
    reason: str = "steps",
    attempt: int = 0,
) -> Path:
    """Record an episode of the given actions, until it ends or they do."""
    world = scenario.make_world(seed)
    known = known or references(scenario, seed)
    told = header(scenario, seed, agent or {"name": "fixed"}, attempt, world, known)
    with Recorder(path, told) as recorder:
        for n, action in enumerate(actions):
            step = world.step(action)
            recorder.step(world, action, exchanges[n] if exchanges else None, step)
            if step.ended or n + 1 == scenario.limits.steps:
                break
        if finish:
            recorder.end(world, world.ended or reason)
    return path


def scripted(policy: str, seed: int, scenario: Scenario = SCENARIO) -> list[str]:
    """Return what a policy of the stand does on a seed."""
    world = scenario.make_world(seed)
    script = lemonade.JOB.policies[policy](
        Briefing(scenario.briefing, world.opening(), world.toolbox, 0)
    )
    actions = [next(script).to_json()]
    while not (step := world.step(actions[-1])).ended and len(actions) < scenario.limits.steps:
        actions.append(script.send(step.text).to_json())
    return actions
