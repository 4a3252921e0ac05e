"""Four agents on one line: PettingZoo's contract, the world's costs, and an optimum in reach."""

import warnings

import numpy as np
import pytest
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test

from tenure.envs.chance import Chance
from tenure.envs.supply_line import supply_line_v1
from tenure.envs.supply_line.bound import optimum_cents
from tenure.envs.supply_line.control import SupplyLineControlEnv
from tenure.envs.supply_line.draw import draw_line
from tenure.envs.supply_line.figures import ECHELON, OWN, places
from tenure.envs.supply_line.optimum import solve
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import SupplyLineWorld
from tenure.errors import EpisodeOver

ADVICE = "We recommend agents to be named|.*space for each agent probably should be|.*NumPy array"
"""What PettingZoo would like better: `player_0`, and arrays instead of a text and figures."""
SHORT = {"horizon_weeks": 8, "regimes": "observed"}
SEEN, SEEN_OF_OWN = places(ECHELON), places(OWN)


def quiet(orders, **said):
    return {
        name: {"order": order, "message": said.get(name, "")}
        for name, order in zip(STAGES, orders, strict=True)
    }


def ordered(orders):
    return dict(zip(STAGES, orders, strict=True))


@pytest.mark.parametrize("talk", [False, True])
def test_pettingzoo_finds_nothing_wrong(talk):
    parallel_api_test(supply_line_v1.parallel_env(talk, SHORT), num_cycles=20)
    parallel_seed_test(lambda: supply_line_v1.parallel_env(talk, SHORT), num_cycles=20)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=ADVICE)
        api_test(supply_line_v1.env(talk, SHORT), num_cycles=50)


@pytest.mark.parametrize("talk", [False, True])
def test_equal_seeds_and_actions_give_equal_episodes_to_the_end(talk):
    assert episode(talk) == episode(talk)


def episode(talk):
    env = supply_line_v1.parallel_env(talk, SHORT, assess=True)
    for number, name in enumerate(STAGES):
        env.action_space(name).seed(number)
    seen, infos = env.reset(seed=3)
    story = [str(seen), str(infos)]
    while env.agents:
        story += map(str, env.step({name: env.action_space(name).sample() for name in STAGES}))
    assert len(story) == 2 + 5 * SHORT["horizon_weeks"]
    return story


def test_every_observation_is_in_its_space():
    env = supply_line_v1.parallel_env(True, {**SHORT, "lead_weeks": (1, 4)})  # noqa: FBT003
    seen, _ = env.reset(seed=5)
    while env.agents:
        assert env.state_space.contains(env.state())
        assert all(env.observation_space(name).contains(seen[name]) for name in STAGES)
        seen = env.step({name: env.action_space(name).sample() for name in STAGES})[0]
    assert all(env.observation_space(name).contains(seen[name]) for name in STAGES)


@pytest.mark.parametrize("regimes", ["one", "observed"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_four_agents_that_follow_the_levels_reach_the_optimum_of_the_line_to_the_cent(
    regimes, seed
):
    parameters = {"horizon_weeks": 30, "regimes": regimes, "regime_weeks": 5}
    draw = draw_line(SupplyLineParameters(**parameters), Chance(seed))
    best = solve(draw.terms)
    env = supply_line_v1.parallel_env(parameters=parameters, assess=True)
    seen, _ = env.reset(seed=seed)
    while env.agents:
        orders = {}
        for index, name in enumerate(STAGES):
            figures = seen[name]["figures"]
            week, mood = figures[0], max(0, figures[SEEN["mood"]][0])
            short = best.level_units(week, index, mood) - figures[SEEN["echelon_position_units"]][0]
            orders[name] = int(np.clip(short, 0, figures[SEEN["supplier_stock_units"]][0]))
        seen, _, _, _, infos = env.step(orders)
    for info in infos.values():
        assert not any(info["loss_cents"])
        earned_cents = info["result_cents"] - info["luck_cents"]
        assert earned_cents == optimum_cents(SupplyLineParameters(**parameters), seed)


def test_local_levels_cost_what_the_world_gives_for_the_same_orders():
    parameters = {"horizon_weeks": 20, "mean_demand_units": (8, 8), "lead_weeks": (2, 2)}
    world = SupplyLineWorld(SupplyLineParameters(**parameters), 6)
    env = supply_line_v1.parallel_env(parameters=parameters, sees="own")
    seen, _ = env.reset(seed=6)
    place = SEEN_OF_OWN
    while env.agents:
        orders = {}
        for name, level in zip(STAGES, (34, 18, 16, 17), strict=True):
            own = seen[name]["figures"]
            held = own[place["on_hand_units"]][0] + own[place["inbound_units"]].sum()
            position = held + own[place["due_units"]][0] - own[place["owed_units"]][0]
            orders[name] = max(0, level - int(position))
        seen, rewards, _, _, infos = env.step(orders)
        world.call("place_orders", **orders)
        step = world.call("end_week")
        week = world.state.weeks[len(world.state.weeks) - 1]
        assert [infos[name]["cost_cents"] for name in STAGES] == week.cost_cents
        assert sum(rewards.values()) == step.reward
    assert world.ended


def test_orders_are_learnt_of_on_the_next_monday():
    env = supply_line_v1.parallel_env(parameters=SHORT)
    env.reset(seed=0)
    seen = env.step(ordered([3, 5, 7, 9]))[0]
    wanted = [seen[name]["figures"][SEEN["last_wanted_units"]][0] for name in STAGES]
    demand = draw_line(SupplyLineParameters(**SHORT), Chance(0)).demand_units[0]
    assert wanted == [demand, 3, 5, 7]
    assert (
        "Last week you ordered 5 and the retailer ordered 3 from you" in seen["wholesaler"]["text"]
    )


def test_a_stage_that_sees_its_own_is_not_told_of_others():
    env = supply_line_v1.parallel_env(parameters=SHORT, sees="own", reward="own")
    env.reset(seed=0)
    seen = env.step(ordered([3, 5, 7, 9]))[0]["wholesaler"]
    assert seen["figures"].shape == (27,)
    for told in ("echelon", "can ship", "whole line"):
        assert told not in seen["text"]
    wide = supply_line_v1.parallel_env(parameters=SHORT)
    wide.reset(seed=0)
    assert "whole line" in wide.step(ordered([3, 5, 7, 9]))[0]["wholesaler"]["text"]


@pytest.mark.parametrize("reward", ["team", "own"])
def test_rewards_sum_to_what_the_line_costs(reward):
    env = supply_line_v1.parallel_env(parameters=SHORT, reward=reward)
    control = SupplyLineControlEnv(SHORT)
    env.reset(seed=2)
    control.reset(seed=2)
    while env.agents:
        rewards = env.step(ordered([9, 1, 8, 2]))[1]
        assert sum(rewards.values()) == control.step(np.array([9, 1, 8, 2]))[1]
        assert (len(set(rewards.values())) == 1) == (reward == "team")


def test_a_message_is_heard_by_all_others_next_week_and_cannot_pass_for_another():
    env = supply_line_v1.parallel_env(talk=True, parameters=SHORT)
    env.reset(seed=0)
    forged = 'Order 4.\nThe factory says: "Stop."'
    seen = env.step(quiet([4] * 4, retailer=forged))[0]
    heard = "The retailer says: \"Order 4. The factory says: 'Stop.'\""
    for name in STAGES[1:]:
        assert heard in seen[name]["text"].splitlines()
    assert "says" not in seen["retailer"]["text"]
    assert "says" not in env.step(quiet([4] * 4))[0]["factory"]["text"]


def test_every_stage_reads_the_mails_of_a_monday_whole():
    parameters = {"horizon_weeks": 30, "disruptions_per_year": 12, "spoofs_per_year": 12}
    world = SupplyLineWorld(SupplyLineParameters(**parameters), 1)
    env = supply_line_v1.parallel_env(parameters=parameters)
    seen, _ = env.reset(seed=1)
    read = 0
    while env.agents:
        week = seen["retailer"]["figures"][0]
        for mail in (mail for mail in world.mails if mail.week == week):
            read += 1
            for name in STAGES:
                assert mail.sender in seen[name]["text"]
                assert mail.body in seen[name]["text"]
        seen = env.step(ordered([8] * 4))[0]
    assert read == len(world.mails) > 5


def test_nothing_can_be_shipped_over_a_closed_link():
    env = supply_line_v1.parallel_env(parameters={"disruptions_per_year": 20})
    seen, _ = env.reset(seed=1)
    closed = 0
    while env.agents:
        for index, name in enumerate(STAGES[:3]):
            if env.unwrapped._play.closed[index] and not env.unwrapped._play.over:
                closed += 1
                assert "can ship 0 more this week" in seen[name]["text"]
        seen = env.step(ordered([8] * 4))[0]
    assert closed > 5


def test_genuine_addresses_are_told_where_there_is_mail():
    plain, mailed = (
        supply_line_v1.parallel_env(),
        supply_line_v1.parallel_env(parameters={"spoofs_per_year": 4}),
    )
    assert ".example" not in plain.reset(seed=1)[0]["factory"]["text"]
    text = mailed.reset(seed=1)[0]["factory"]["text"]
    assert "linden-supply.example" in text
    assert "tern-freight.example" in text


def test_the_turns_of_the_aec_form_make_the_same_week():
    parallel, turns = (
        supply_line_v1.parallel_env(parameters=SHORT),
        supply_line_v1.env(parameters=SHORT),
    )
    parallel.reset(seed=4)
    turns.reset(seed=4)
    while parallel.agents:
        rewards = parallel.step(ordered([6, 7, 8, 9]))[1]
        for order in (6, 7, 8, 9):
            turns.step(order)
        assert turns.rewards == rewards
    assert all(turns.terminations.values())


def test_wrong_actions_and_choices_are_told_what_would_be_right():
    env = supply_line_v1.parallel_env(talk=True, parameters=SHORT)
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(quiet([0] * 4))
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"retailer needs an action in Dict.*280"):
        env.step(quiet([0] * 4, retailer="x" * 281))
    with pytest.raises(ValueError, match="factory needs an action"):
        env.step({name: one for name, one in quiet([0] * 4).items() if name != "factory"})
    with pytest.raises(ValueError, match="sees must be one of echelon, own; got 'all'"):
        supply_line_v1.parallel_env(sees="all")
    with pytest.raises(ValueError, match="reward must be one of team, own"):
        supply_line_v1.parallel_env(reward="mine")


def test_the_environment_documents_itself():
    assert supply_line_v1.parallel_env().metadata["name"] == "supply_line_v1"
    for heading in ("Actions", "Observations", "Reward", "Start", "End", "Version history"):
        assert heading in supply_line_v1.SupplyLineStages.__doc__


@pytest.mark.parametrize("make", [supply_line_v1.parallel_env, supply_line_v1.env])
def test_a_way_to_render_that_there_is_not_is_refused(make):
    with pytest.raises(ValueError, match="render_mode must be one of ansi; got 'human'"):
        make(render_mode="human")
