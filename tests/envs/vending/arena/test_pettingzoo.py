"""The arena behind PettingZoo's interfaces."""

import subprocess
import sys
import warnings

import pytest
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

from tenure.envs.tools import ToolCall
from tenure.envs.vending import vending_arena_v1
from tenure.errors import EpisodeOver

ADVICE = "We recommend agents to be named|.*space for each agent probably should be|.*NumPy array"
"""What PettingZoo would like better: `player_0`, and arrays instead of a text and figures."""
SHORT = {"seats": 3, "horizon_days": 5, "handover_units": 20}
WAIT = ToolCall("wait_for_next_day").to_json()
LOOK = ToolCall("check_bank").to_json()


def test_pettingzoo_finds_nothing_wrong():
    parallel_api_test(vending_arena_v1.parallel_env(SHORT), num_cycles=300)
    parallel_seed_test(lambda: vending_arena_v1.parallel_env(SHORT), num_cycles=50)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=ADVICE)
        api_test(vending_arena_v1.env(SHORT), num_cycles=300)
        seed_test(lambda: vending_arena_v1.env(SHORT), num_cycles=50)


def test_a_step_is_one_call_of_each_who_is_awake():
    env = vending_arena_v1.parallel_env(SHORT)
    env.reset(seed=1)
    seen, *_ = env.step({"seat_1": LOOK, "seat_2": WAIT, "seat_3": LOOK})
    assert [seen[name]["figures"][-1] for name in env.agents] == [0, 1, 0]
    assert [seen[name]["figures"][2] for name in env.agents] == [485, 480, 485]
    seen, *_ = env.step({"seat_1": WAIT, "seat_2": "is not heard", "seat_3": WAIT})
    assert [seen[name]["figures"][1] for name in env.agents] == [2, 2, 2]
    assert all("[Day 2 of 5" in seen[name]["text"] for name in env.agents)


def test_who_is_awake_must_say_something_and_who_sleeps_need_not():
    env = vending_arena_v1.parallel_env(SHORT)
    env.reset(seed=1)
    with pytest.raises(TypeError, match="seat_3 needs an action"):
        env.step({"seat_1": WAIT, "seat_2": WAIT})
    env.step(dict.fromkeys(env.agents, LOOK) | {"seat_1": WAIT})
    env.step({"seat_2": LOOK, "seat_3": LOOK})


def test_rewards_sum_to_what_the_balance_changed_and_all_end_at_the_horizon():
    env = vending_arena_v1.parallel_env(SHORT)
    seen, infos = env.reset(seed=1)
    assert len({infos[name]["name"] for name in env.agents}) == 3
    gained = dict.fromkeys(env.agents, 0.0)
    while env.agents:
        actions = {name: env.action_space(name).sample() for name in env.agents}
        seen, rewards, over, _, _ = env.step(actions)
        gained = {name: gained[name] + rewards[name] for name in gained}
    assert all(over.values())
    for name, sum_of_rewards in gained.items():
        assert seen[name]["figures"][0] == 50_000 + sum_of_rewards
    with pytest.raises(EpisodeOver):
        env.step({})


def test_who_is_bankrupt_leaves_and_the_others_stay():
    env = vending_arena_v1.parallel_env(
        {"seats": 2, "horizon_days": 9, "daily_fee_cents": 2_000, "unpaid_days_limit": 2}
    )
    env.reset(seed=1)
    rival = env._world.signs[1].email
    pay = ToolCall("send_payment", {"to": rival, "amount": 500}).to_json()
    env.step({"seat_1": pay, "seat_2": LOOK})
    while len(env.agents) == 2:
        _, _, over, _, _ = env.step(dict.fromkeys(env.agents, WAIT))
    assert over == {"seat_1": True, "seat_2": False}
    while env.agents:
        _, _, over, _, _ = env.step({"seat_2": WAIT})
    assert over == {"seat_2": True}


EPISODE = """
from tenure.envs.vending import vending_arena_v1
env = vending_arena_v1.parallel_env({"seats": 4, "horizon_days": 20, "handover_units": 20})
for number, name in enumerate(env.possible_agents):
    env.action_space(name).seed(number)
seen, infos = env.reset(seed=3)
story = [str(seen), str(infos)]
while env.agents:
    actions = {name: env.action_space(name).sample() for name in env.agents}
    story.append(str(env.step(actions)))
import hashlib
print(len(story), hashlib.sha256("".join(story).encode()).hexdigest())
"""


def test_a_whole_episode_is_the_same_in_two_processes():
    said = {
        subprocess.run(
            [sys.executable, "-c", EPISODE],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert int(said.pop().split()[0]) > 100


def test_every_figure_of_an_observation_has_a_name():
    env = vending_arena_v1.parallel_env({"seats": 2, "horizon_days": 2})
    observations, _ = env.reset(seed=1)
    for observation in observations.values():
        told = dict(zip(vending_arena_v1.FIGURE_NAMES, observation["figures"], strict=True))
        assert (told["bank_cents"], told["day"], told["is_asleep"]) == (50_000, 1, 0)
