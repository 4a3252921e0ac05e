"""A short record of the vending job."""

from tenure.scenarios import References, load
from tenure.scenarios.playing import acting
from tenure.scoring.recorder import Recorder, header


def month(folder, days, policy="shopkeeper"):
    """Record some days of a month, and then stop working."""
    scenario = load("vending/month")
    world = scenario.make_world(1)
    path = folder / "month.jsonl.zst"
    script, heard = acting(scenario, world, policy), world.opening()
    told = header(scenario, 1, {"name": policy}, 0, world, References(0, 1))
    with Recorder(path, told) as recorder:
        while world.today < days:
            action = script(heard)
            step = world.step(action)
            recorder.step(world, action, None, step)
            heard = step.text
        recorder.end(world, "steps")
    return path
