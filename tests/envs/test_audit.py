"""An audit looks at its world and changes nothing."""

from itertools import islice

import pytest

from tenure.envs.audit import Audit
from tenure.envs.checker import random_actions
from tenure.envs.tools import Mistake, ToolCall
from tenure.envs.watch import digest_of
from tenure.scenarios import load
from tenure.scenarios.playing import acting

PLACES = ["vending/month", "vending/classic", "supply-line/hostile", "bookings/smoke"]


def audited(world, actions):
    """Play actions with an audit that must leave the world as it is; return its facts."""
    audit, facts = load_audit(world), []
    for n, action in enumerate(actions):
        if world.ended:
            break
        before = digest_of(world)
        parsed = world.offered.parse(action)
        call = ToolCall(parsed[0].name, parsed[1]) if not isinstance(parsed, Mistake) else None
        audit.before(n, world, call)
        audit.work(world)
        audit.undone(world)
        assert digest_of(world) == before
        step = world.step(action)
        after = digest_of(world)
        facts += audit.after(n, world, None if step.fault else call, step.events)
        assert digest_of(world) == after
    return facts


def load_audit(world):
    from tenure.envs import jobs

    job = next(jobs.load(name) for name in jobs.names() if isinstance(world, jobs.load(name).world))
    return job.audit()


@pytest.mark.parametrize("place", PLACES)
def test_random_actions_are_audited_without_a_change(place):
    world = load(place).make_world(3)
    audited(world, random_actions(world, 3, 300))


@pytest.mark.parametrize(
    ("place", "policy"),
    [("vending/month", "random"), ("vending/month", "naive"), ("supply-line/hostile", "sterman")],
)
def test_scripts_are_audited_without_a_change(place, policy):
    scenario = load(place)
    world = scenario.make_world(3)
    heard, script = [world.opening()], acting(scenario, world, policy)

    def actions():
        while not world.ended:
            yield script(heard[-1])

    real_step = world.step

    def step(action):
        done = real_step(action)
        heard.append(done.text)
        return done

    world.step = step
    audited(world, islice(actions(), 400))


def test_a_job_that_knows_of_nothing_tells_nothing():
    audit = Audit()
    assert list(audit.after(0, None, None, ())) == []
    assert (audit.work(None), audit.undone(None)) == (None, "")
