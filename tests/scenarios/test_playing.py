"""Scripts are played below the runner as by it: their own seed tells nothing of the world's."""

from dataclasses import replace

import pytest

from tenure.envs.jobs import agent_seed
from tenure.envs.tools import ToolCall
from tenure.errors import ContractError
from tenure.kit.trials import Trials
from tenure.scenarios import references
from tests.lemonade import JOB, Stand, StandParameters
from tests.runner.stand import scenario

SEEDS = (1, 2, 3, 4)
DAYS = 20


def with_foresight(customers):
    for wanted in customers:
        if wanted > 3:
            yield ToolCall("make_pitchers", {"count": wanted // 4})
        yield ToolCall("close_for_today")
    raise AssertionError("asked for more than the episode has")


def seer(briefing):
    """Rebuild the world from one's own seed, and serve the customers that would come there."""
    return with_foresight(Stand(StandParameters(horizon_days=DAYS), briefing.seed).customers)


def oracle_of(seed):
    return lambda _: with_foresight(scenario(DAYS).make_world(seed).customers)


@pytest.mark.parametrize("floor", ["idle", "seer"])
def test_who_rebuilds_the_world_from_its_own_seed_gains_nothing(monkeypatch, floor):
    oracles = {f"oracle {seed}": oracle_of(seed) for seed in SEEDS}
    job = replace(JOB, policies={**JOB.policies, "seer": seer, **oracles}, floor=floor)
    monkeypatch.setattr("tests.lemonade.JOB", job)
    trials = Trials(scenario(DAYS), SEEDS)
    for seed in SEEDS:
        guess = trials.policy_on("seer", seed)
        assert guess.actions != trials.policy_on(f"oracle {seed}", seed).actions


def test_the_floor_is_the_same_for_the_reference_and_for_the_checks(monkeypatch):
    monkeypatch.setattr("tests.lemonade.JOB", replace(JOB, policies={"seer": seer}, floor="seer"))
    points = [references(scenario(DAYS), seed) for seed in SEEDS]
    assert Trials(scenario(DAYS), SEEDS).references == points


def test_a_script_has_the_seed_that_the_runner_gives_it(monkeypatch):
    seeds = []

    def curious(briefing):
        seeds.append(briefing.seed)
        return JOB.policies["idle"](briefing)

    job = replace(JOB, policies={**JOB.policies, "curious": curious})
    monkeypatch.setattr("tests.lemonade.JOB", job)
    Trials(scenario(DAYS), [5]).policy_on("curious", 5)
    assert seeds == [agent_seed(5)]


def test_a_floor_that_returns_is_named(monkeypatch):
    job = replace(JOB, policies={"short": lambda _: iter(())}, floor="short")
    monkeypatch.setattr("tests.lemonade.JOB", job)
    with pytest.raises(ContractError, match="'short' returned before its episode was over"):
        references(scenario(DAYS), 1)
