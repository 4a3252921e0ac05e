"""Learners of this field can be trained on the numeric face; needs the extra `rl`."""

import pytest

from tenure.envs.vending.manager import VendingManagerEnv

pytestmark = pytest.mark.rl


def test_stable_baselines_finds_nothing_to_say():
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(VendingManagerEnv({"horizon_days": 30}))


def test_a_short_ppo_run_beats_the_naive_rule_on_held_out_seeds():
    pytest.importorskip("stable_baselines3")
    from tests.envs.vending import learner

    model = learner.train()
    gains = [
        learner.earned(rule, learner.HELD_OUT, learner.QUARTER).mean()
        for rule in (learner.of(model), learner.naive)
    ]
    assert gains[0] > gains[1]
