"""The numeric face plays the same world as the tools do, alone and many at once."""

import re
from functools import partial

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from tenure.envs.chance import Chance
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.manager import VendingManagerEnv, VendingManagerVectorEnv
from tenure.envs.vending.manager.draw import AT, draw_terms
from tenure.envs.vending.manager.figures import FIGURES, PLACES, SCALE
from tenure.envs.vending.manager.terms import PER_SIZE, SLOTS
from tenure.envs.vending.policies.texts import read_price_list
from tenure.envs.vending.purchases import ship
from tenure.envs.vending.state import VendingParameters
from tenure.envs.vending.world import VendingWorld
from tenure.errors import EpisodeOver, UsageError
from tests.envs.vending.clerk import Clerk
from tests.envs.vending.play import make, wait

CROOKED = {
    "bait_permille": 500,
    "short_permille": 400,
    "late_permille": 300,
    "failing_permille": 700,
}
UNLUCKY = {
    "machine_faults_per_1000_days": 60,
    "coin_jams_per_1000_days": 60,
    "thefts_per_1000_days": 80,
}
RICH = {"start_balance_cents": 500_000}
PARAMETERS = [
    {"horizon_days": 60},
    {"horizon_days": 120, **RICH, **CROOKED, **UNLUCKY, "handover_units": 20},
    {"horizon_days": 40, "start_balance_cents": 3_000, "unpaid_days_limit": 4, **UNLUCKY},
    {"horizon_days": 60, **RICH, "shelf_life_percent": 20, "rivalry_percent": 60},
]


@pytest.fixture(params=PARAMETERS, ids=range(len(PARAMETERS)))
def parameters(request):
    return request.param


def random_actions(days, worlds=1, seed=5):
    """Any prices, with orders on every third day."""
    actions = np.random.default_rng(seed).integers(0, 8, size=(days, worlds, 16))
    actions[np.arange(days) % 3 > 0, :, 8:] = 0
    return actions


@pytest.mark.parametrize("seed", range(6))
def test_equal_decisions_lead_to_equal_sales_stock_and_balance_as_through_the_tools(
    parameters, seed
):
    world = VendingWorld(VendingParameters(**parameters), seed)
    clerk, env = Clerk(world), VendingManagerEnv(parameters)
    env.reset(seed=seed)
    for action in random_actions(parameters["horizon_days"], seed=seed)[:, 0]:
        clerk.play_day(action.tolist())
        seen, _, terminated, _, info = env.step(action)
        figures = np.rint(seen / SCALE).astype(int)
        assert info["bank_cents"] == world.state.bank_cents
        assert terminated == bool(world.ended)
        assert figures[PLACES["sold_units"]].tolist() == clerk.sold_units
        assert figures[PLACES["slot_units"]].tolist() == [
            world.state.slots[slot].pile.units for slot in SLOTS
        ]
        assert figures[PLACES["storage_units"]].tolist() == clerk.stored_units
        if terminated:
            return
    raise AssertionError("the episode did not end")


def test_in_those_games_everything_happens_that_can():
    """Else equality would prove little: units sold, expired and stolen, late and lost orders."""
    kinds = set()
    for seed in range(6):
        world = VendingWorld(VendingParameters(**PARAMETERS[1]), seed)
        clerk, call = Clerk(world), world.call

        def recorded(name, *, _call=call, **arguments):
            step = _call(name, **arguments)
            kinds.update(event["kind"] for event in step.events)
            return step

        world.call = recorded
        for action in random_actions(120, seed=seed)[:, 0]:
            clerk.play_day(action.tolist())
    wanted = {"delivery", "expired", "fault", "repair", "jam", "theft", "lost"}
    assert wanted <= kinds


def test_what_is_traded_follows_from_the_price_lists_that_come_by_mail():
    world = make(3)
    for house in world.suppliers:
        world.call("send_mail", to=house.email, subject="Prices", body="Please send a price list.")
    wait(world)
    lists = {}
    for index in range(len(world.state.mails)):
        mail = world.state.mails[index]
        if found := read_price_list(mail.body):
            lists[mail.sender] = {offer.product: offer.unit_cents for offer in found.offers}
    terms, row = draw_terms(world.parameters, 3), draw_terms(world.parameters, 3).rows[1]
    for place, product in enumerate(terms.products):
        told = [prices[product.name] for prices in lists.values() if product.name in prices]
        assert terms.average_cents[place] == sum(told) // len(told)
        house = terms.houses[place // PER_SIZE][0]
        assert row[AT["list_cents"].start + place] == lists[house.email].get(product.name, 0)
    members_only = {one.email for one in world.suppliers if one.practice.fee_cents}
    assert set(lists) == {one.email for one in world.suppliers} - members_only


@pytest.mark.parametrize("seed", range(12))
def test_what_comes_of_an_order_is_what_the_world_ships(seed):
    parameters = VendingParameters(horizon_days=90, **CROOKED)
    terms, world = draw_terms(parameters, seed), VendingWorld(parameters, seed)
    for day in range(1, 89):
        row = terms.rows[day]
        for group, houses in enumerate(terms.houses):
            if not row[AT["answers"].start + group]:
                continue
            house = houses[row[AT["house"].start + group]]
            products = terms.products[group * PER_SIZE : (group + 1) * PER_SIZE]
            lines = tuple(InvoiceLine(one.id, 1000, 1) for one in products)
            paid = Invoice("INV-0001", house.id, lines, 4000)
            shipment = ship(Chance(seed), house, paid, day + 1, world.products)
            arrival_day, minute = divmod(shipment.due_minutes, 1440)
            closing_day = house.practice.closing_day
            if closing_day is not None and arrival_day >= closing_day:
                assert row[AT["missing_permille"].start + group] == 1000
                assert day + row[AT["arrival_days"].start + group] == closing_day - 1
                continue
            assert day + row[AT["arrival_days"].start + group] == arrival_day
            assert row[AT["arrival_minute"].start + group] == minute
            left = 1000 - row[AT["missing_permille"].start + group]
            assert [line.quantity for line in shipment.parcel] == [left] * 4


def test_the_documented_table_is_the_order_of_the_figures():
    rows = re.findall(
        r"^ *\| ([\d-]+) +\| (\w+).*?\| *(-?[\d,]+) *\| *([\d,]+) *\| *([\d,]+) *\|$",
        VendingManagerEnv.__doc__,
        flags=re.MULTILINE,
    )
    assert [name for _, name, *_ in rows] == [figure.name for figure in FIGURES]
    for (numbers, name, *bounds), figure in zip(rows, FIGURES, strict=True):
        first, _, last = numbers.partition("-")
        assert PLACES[name] == slice(int(first), int(last or first) + 1)
        low, high, per = (int(bound.replace(",", "")) for bound in bounds)
        assert (low, high, per) == (figure.low, figure.high, figure.per)


def test_gymnasium_finds_nothing_to_say():
    check_env(gymnasium.make("tenure/VendingManager-v1").unwrapped)


def test_rewards_add_up_to_the_balance():
    env = VendingManagerEnv({"horizon_days": 30})
    env.reset(seed=4)
    rewards = [env.step(action) for action in random_actions(30)[:, 0]]
    assert round(100 * sum(step[1] for step in rewards)) == rewards[-1][4]["bank_cents"] - 50_000


@pytest.mark.parametrize(
    ("action", "advice"),
    [([1] * 15, "16 whole numbers"), ([0.5] * 16, "whole numbers"), ([8] * 16, "from 0 to 7")],
)
def test_a_wrong_action_is_told_what_would_be_right(action, advice):
    env, many = VendingManagerEnv({"horizon_days": 9}), VendingManagerVectorEnv(2)
    env.reset(seed=0)
    many.reset(seed=0)
    with pytest.raises(ValueError, match=advice):
        env.step(np.array(action))
    with pytest.raises(ValueError, match=r"whole numbers of shape|0 to 7"):
        many.step(np.array([action, action]))


def test_before_the_start_and_after_the_end_there_is_no_day_to_play():
    env = VendingManagerEnv({"horizon_days": 1})
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(np.zeros(16, int))
    env.reset(seed=0)
    env.step(np.zeros(16, int))
    with pytest.raises(EpisodeOver, match="reset the environment"):
        env.step(np.zeros(16, int))


# --- many worlds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_many_worlds_equal_as_many_single_ones_through_new_episodes(parameters, mode):
    count, days = 12, parameters["horizon_days"]
    many = VendingManagerVectorEnv(count, parameters, autoreset_mode=mode)
    single = SyncVectorEnv([lambda: VendingManagerEnv(parameters)] * count, autoreset_mode=mode)
    assert many.metadata["autoreset_mode"] == mode
    assert_equal(many.reset(seed=3), single.reset(seed=3))
    for actions in random_actions(2 * days + 5, count):
        ours = many.step(actions)
        assert many.observation_space.contains(np.ascontiguousarray(ours[0]))
        assert_equal(ours, single.step(actions))


def test_without_autoreset_worlds_begin_anew_by_a_mask():
    parameters = PARAMETERS[2]
    many = VendingManagerVectorEnv(6, parameters, autoreset_mode=AutoresetMode.DISABLED)
    single = SyncVectorEnv(
        [lambda: VendingManagerEnv(parameters)] * 6, autoreset_mode=AutoresetMode.DISABLED
    )
    assert_equal(many.reset(seed=1), single.reset(seed=1))
    over = np.zeros(6, np.bool_)
    for actions in random_actions(60, 6):
        if over.any():
            with pytest.raises(EpisodeOver, match="reset_mask"):
                many.step(actions)
            mask = {"reset_mask": over}
            assert_equal(many.reset(options=dict(mask)), single.reset(options=dict(mask)))
        ours = many.step(actions)
        assert_equal(ours, single.step(actions))
        over = ours[2].copy()


def assert_equal(ours, theirs):
    *arrays, info = ours
    *expected, expected_info = theirs
    for array, other in zip(arrays, expected, strict=True):
        np.testing.assert_array_equal(array, other)
        assert array.dtype == other.dtype
    assert_equal_info(info, expected_info)


def assert_equal_info(info, expected):
    assert info.keys() == expected.keys()
    for name, value in info.items():
        if isinstance(value, dict):
            assert_equal_info(value, expected[name])
        elif value.dtype == object:
            for one, other in zip(value, expected[name], strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            np.testing.assert_array_equal(value, expected[name])


def test_worlds_are_made_by_name_and_an_unknown_word_is_told_what_is_known():
    worlds = gymnasium.make_vec("tenure/VendingManager-v1", num_envs=8)
    assert worlds.reset(seed=1)[0].shape == (8, 112)
    with pytest.raises(TypeError, match="no assess here; known: num_envs, parameters"):
        gymnasium.make_vec("tenure/VendingManager-v1", num_envs=2, assess=True)
    with pytest.raises(UsageError, match="Did you mean 'horizon_days'"):
        gymnasium.make_vec("tenure/VendingManager-v1", parameters={"horizn_days": 9})
    with pytest.raises(ValueError, match="8 worlds need as many seeds, got 2"):
        worlds.reset(seed=[1, 2])
    with pytest.raises(ValueError, match="reset_mask"):
        worlds.reset(options={"reset_mask": np.zeros(8, np.bool_)})
    with pytest.raises(ValueError, match="num_envs"):
        VendingManagerVectorEnv(0)


@pytest.mark.parametrize(
    "odd", [{"score": "net_worth"}, {"token_price_cents_per_million": 10_000}, {"no_such": 1}]
)
@pytest.mark.parametrize("face", [VendingManagerEnv, partial(VendingManagerVectorEnv, 2)])
def test_what_means_nothing_to_a_manager_is_refused(face, odd):
    with pytest.raises(UsageError, match=next(iter(odd))):
        face(parameters=odd)
