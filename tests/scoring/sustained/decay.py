"""A shopkeeper that restocks less and less from day 150 on, and runs of it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tenure.envs.chance import Chance, below
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.vending.policies.shopkeeper import shopkeeper
from tenure.envs.vending.policies.texts import read_day
from tenure.scenarios import Scenario, references
from tenure.scenarios.playing import briefing_of
from tenure.scoring.manifest import Manifest
from tenure.scoring.recorder import Recorder, header

FIRST_DAY, LAST_DAY = 150, 330


def decaying(briefing: Briefing) -> Policy:
    """Keep shop; from day 150 on leave out more of the restocking, from day 330 on all of it."""
    keeper, dice, day, asked = shopkeeper(briefing), Chance(briefing.seed), 1, 0
    call, text = next(keeper), briefing.opening
    while True:
        due = (day - FIRST_DAY) * 1000 // (LAST_DAY - FIRST_DAY)
        asked += 1
        if call.name == "stock_slot" and below(dice.word("lazy", "", at=asked), 1000) < due:
            call = keeper.send(text)  # believes that it was done, and sees tomorrow that it was not
            continue
        text = yield call
        if call.name == "wait_for_next_day":
            day, _ = read_day(text)
        call = keeper.send(text)


def record(
    folder: Path,
    scenario: Scenario,
    seeds: Sequence[int],
    agents: Mapping[str, Callable[[Briefing], Policy]],
) -> Manifest:
    """Play a run of scripts that no job knows."""
    specs = [{"name": name} for name in agents]
    manifest = Manifest(scenario=scenario, agents=specs, seeds=list(seeds))
    manifest.write(folder)
    for label, seed in manifest.planned():
        world = scenario.make_world(seed)
        heard = world.opening()
        policy = agents[label](briefing_of(scenario, world, heard, label))
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
    return manifest
