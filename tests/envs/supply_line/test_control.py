"""The numeric faces play the same line as the world, alone and many at once."""

import re
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tenure.envs.supply_line import lines
from tenure.envs.supply_line.control import SupplyLineControlEnv, SupplyLineControlVectorEnv
from tenure.envs.supply_line.figures import ECHELON, LINE, MOST_LEAD_WEEKS, places
from tenure.envs.supply_line.line import Stage, ship, week_cost_cents
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.supply_line_v1 import SupplyLineStages
from tenure.envs.supply_line.terms import STAGES, CostSheet
from tenure.envs.supply_line.world import SupplyLineWorld
from tenure.errors import EpisodeOver, UsageError

EVENTFUL = {"horizon_weeks": 52, "cost_sheets_per_year": 26, "disruptions_per_year": 26}
PARAMETERS = [
    {},
    {"horizon_weeks": 8, "lead_weeks": (1, 4), "demand_family": "lumpy", "start_weeks": (0, 0)},
    {"horizon_weeks": 20, "regimes": "observed", "regime_weeks": 3, "mean_demand_units": (1, 20)},
    {"horizon_weeks": 12, "regimes": "hidden", "backorder_cents": (1, 5_000)},
    EVENTFUL,
]
PLACES = places(LINE)


def random_orders(weeks, lines=1, most=25):
    return np.random.default_rng(5).integers(0, most + 1, size=(weeks, lines, len(STAGES)))


@pytest.fixture(params=PARAMETERS, ids=str)
def parameters(request):
    return SupplyLineParameters.model_validate(request.param).model_dump()


def test_gymnasium_finds_nothing_to_say():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*not having a spec")
        check_env(SupplyLineControlEnv())


def test_equal_orders_cost_the_same_as_in_the_world_stage_by_stage(parameters):
    world = SupplyLineWorld(SupplyLineParameters(**parameters), 11)
    env = SupplyLineControlEnv(parameters)
    env.reset(seed=11)
    for orders in random_orders(parameters["horizon_weeks"])[:, 0]:
        world.call("place_orders", **dict(zip(STAGES, orders.tolist(), strict=True)))
        step = world.call("end_week")
        seen, reward, terminated, truncated, info = env.step(orders)
        week = world.state.weeks[len(world.state.weeks) - 1]
        assert info["cost_cents"].tolist() == week.cost_cents
        assert seen[PLACES["last_demand_units"]] == week.demand_units
        assert seen[PLACES["on_hand_units"]].tolist() == [
            stage.on_hand_units for stage in world.state.stages
        ]
        assert reward == step.reward
        assert (terminated, truncated) == (bool(step.ended), False)
    assert terminated


def test_with_assess_the_end_tells_luck_from_work_as_the_world_does():
    world = SupplyLineWorld(SupplyLineParameters(horizon_weeks=8), 4)
    env = SupplyLineControlEnv({"horizon_weeks": 8}, assess=True)
    env.reset(seed=4)
    for orders in random_orders(8)[:, 0]:
        world.call("place_orders", **dict(zip(STAGES, orders.tolist(), strict=True)))
        world.call("end_week")
        info = env.step(orders)[4]
    names = [figure.name for figure in world.figures]
    for name in ("result_cents", "luck_cents", "above_optimum_permille"):
        assert info[name] == world.measured[names.index(name)]
    assert len(info["loss_cents"]) == 8


def test_a_closed_link_is_shown_and_nothing_leaves_on_it():
    env = SupplyLineControlEnv({**EVENTFUL, "lead_weeks": (4, 4)})
    seen, _ = env.reset(seed=1)
    closed_weeks = 0
    for _ in range(EVENTFUL["horizon_weeks"] - 1):
        closed = seen[PLACES["closed"]]
        seen = env.step(np.full(4, 9))[0]
        just_left = seen[PLACES["inbound_units"]].reshape(4, MOST_LEAD_WEEKS)[:, 2]
        assert not just_left[closed == 1].any()
        closed_weeks += closed.sum()
    assert closed_weeks > 5


@pytest.mark.parametrize(
    ("face", "blocks"),
    [(SupplyLineControlEnv, LINE), (SupplyLineStages, ECHELON)],
    ids=["control", "stages"],
)
def test_the_documented_table_is_the_order_of_the_figures(face, blocks):
    rows = re.findall(r"^ *\| ([\d-]+) +\| (\w+)", face.__doc__, flags=re.MULTILINE)
    assert [name for _, name in rows] == [block.name for block in blocks]
    for numbers, name in rows:
        first, _, last = numbers.partition("-")
        assert places(blocks)[name] == slice(int(first), int(last or first) + 1)


def test_a_mood_is_shown_only_where_the_scenario_tells_it():
    told = SupplyLineControlEnv({"regimes": "observed"}).reset(seed=0)[0]
    hidden = SupplyLineControlEnv({"regimes": "hidden"}).reset(seed=0)[0]
    assert told[PLACES["mood"]] in (0, 1)
    assert hidden[PLACES["mood"]] == -1


def test_after_the_end_and_before_the_start_there_is_no_week_to_play():
    env = SupplyLineControlEnv({"horizon_weeks": 4})
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(np.zeros(4, int))
    env.reset(seed=0)
    for _ in range(4):
        env.step(np.zeros(4, int))
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(np.zeros(4, int))


@pytest.mark.parametrize(
    ("action", "advice"),
    [([1, 2, 3], "four whole numbers"), ([0.5] * 4, "four whole"), ([0, 0, 0, 26], "0 to 25")],
)
def test_a_wrong_action_is_told_what_would_be_right(action, advice):
    env = SupplyLineControlEnv(most_units=25)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=advice):
        env.step(np.array(action))
    many = SupplyLineControlVectorEnv(2, most_units=25)
    many.reset(seed=0)
    with pytest.raises(ValueError, match=r"whole numbers of shape|0 to 25"):
        many.step(np.array([action, action]))


def test_the_largest_order_can_be_lowered_for_learners():
    env = SupplyLineControlEnv(most_units=99)
    assert env.action_space == gymnasium.spaces.MultiDiscrete([100] * 4)
    with pytest.raises(ValueError, match="from 1 to 9999"):
        SupplyLineControlEnv(most_units=10_000)


def test_many_lines_equal_as_many_single_ones_through_new_episodes(parameters):
    count, weeks = 5, parameters["horizon_weeks"]
    many = SupplyLineControlVectorEnv(count, parameters)
    single = SyncVectorEnv(
        [lambda: SupplyLineControlEnv(parameters)] * count, autoreset_mode=AutoresetMode.NEXT_STEP
    )
    assert many.metadata["autoreset_mode"] == AutoresetMode.NEXT_STEP
    assert_equal(many.reset(seed=3), single.reset(seed=3))
    for orders in random_orders(2 * weeks + 3, count):
        assert_equal(many.step(orders), single.step(orders))


def assert_equal(ours, theirs):
    *arrays, info = ours
    *expected, expected_info = theirs
    for array, other in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(array, other)
        assert array.dtype == other.dtype
    assert info.keys() == expected_info.keys()
    for name, array in info.items():
        np.testing.assert_array_equal(array, expected_info[name])


def test_every_figure_stays_in_its_space_even_with_the_largest_orders():
    env = SupplyLineControlVectorEnv(3, {"horizon_weeks": 104, "lead_weeks": (4, 4)})
    seen, _ = env.reset(seed=0)
    for _ in range(104):
        assert env.observation_space.contains(seen)
        seen = env.step(np.full((3, 4), 9_999))[0]
    assert env.observation_space.contains(seen)


def test_a_reset_without_a_seed_draws_other_lines_than_before():
    env = SupplyLineControlVectorEnv(4)
    first = env.reset(seed=[7, 8, 9, 10])[1]["seed"]
    assert first.tolist() == [7, 8, 9, 10]
    assert not set(env.reset()[1]["seed"]) & set(first)


def test_a_seed_may_be_numpys():
    ours, numpys = SupplyLineControlVectorEnv(3), SupplyLineControlVectorEnv(3)
    seen = numpys.reset(seed=np.int64(4))[0]
    assert np.array_equal(seen, ours.reset(seed=4)[0])


def test_lines_begin_together_and_each_has_a_seed():
    env = SupplyLineControlVectorEnv(4)
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(np.zeros((4, 4), int))
    with pytest.raises(ValueError, match="4 lines need as many seeds, got 2"):
        env.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="reset_mask"):
        env.reset(options={"reset_mask": np.array([True, False, True, False])})
    with pytest.raises(ValueError, match="num_envs"):
        SupplyLineControlVectorEnv(0)


def test_the_rules_of_many_lines_are_those_of_one_also_where_links_are_closed():
    random = np.random.default_rng(2)
    goods = random.integers(0, 30, size=(2, 4, 50))
    inbound = random.integers(0, 9, size=(4, MOST_LEAD_WEEKS, 50))
    orders, closed = random.integers(0, 30, size=(4, 50)), random.integers(0, 2, size=(4, 50))
    rates = random.integers(0, 500, size=(5, 50))
    on_hand, owed = goods.copy()
    costs = lines.week_cost_cents(on_hand, owed, inbound, rates)
    shipped = lines.ship(on_hand, owed, orders, 1 - closed)
    for number in range(50):
        stages = [
            Stage(*goods[:, stage, number].tolist(), inbound[stage, :, number].tolist())
            for stage in range(4)
        ]
        backorder, *holding = rates[:, number].tolist()
        sheet = CostSheet(0, tuple(holding), backorder)
        assert costs[:, number].tolist() == week_cost_cents(stages, sheet)
        expected = ship(stages, orders[:, number].tolist(), closed[:, number].astype(bool).tolist())
        assert shipped[:, number].tolist() == expected
        assert on_hand[:, number].tolist() == [stage.on_hand_units for stage in stages]
        assert owed[:, number].tolist() == [stage.owed_units for stage in stages]


def test_a_thousand_lines_are_made_by_name_and_an_unknown_word_is_told_what_is_known():
    lines_ = gymnasium.make_vec("tenure/SupplyLineControl-v1", num_envs=1024)
    assert lines_.reset(seed=1)[0].shape[0] == 1024
    with pytest.raises(TypeError, match="no assess here; known: num_envs, parameters, most_units"):
        gymnasium.make_vec("tenure/SupplyLineControl-v1", num_envs=2, assess=True)
    with pytest.raises(UsageError, match="Did you mean 'horizon_weeks'"):
        gymnasium.make_vec("tenure/SupplyLineControl-v1", parameters={"horizn_weeks": 9})
