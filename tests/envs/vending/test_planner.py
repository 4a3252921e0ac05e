"""The privileged planner: what it knows, that it keeps to the rules, and how far it gets."""

import numpy as np
import pytest

from tenure.envs.jobs import Briefing, Truth
from tenure.envs.vending import JOB
from tenure.envs.vending.bound import highest_prices, upper_bound
from tenure.envs.vending.demand import rivals_permille
from tenure.envs.vending.kinds import Kind
from tenure.envs.vending.planner import rehearse
from tenure.envs.vending.planner.assortment import Chooser
from tenure.envs.vending.planner.buying import Demand, Houses, planned_sales, sellable
from tenure.envs.vending.planner.outlook import USUAL, WORTH_PERCENT, look_out
from tenure.envs.vending.planner.pricing import Shelf, set_best_prices
from tenure.envs.vending.planner.rehearsal import Rehearsal, Style
from tests.envs.vending.play import make, wait

WAY = Style(block_days=7, swap_cents=200, first_cover_days=10)
MONTH = {"horizon_days": 30}


@pytest.fixture(scope="module")
def month():
    return make(3, **MONTH)


# --- a way through the business ------------------------------------------------------------------


def test_done_by_heart_it_ends_in_another_world_as_it_was_rehearsed():
    calls = rehearse(Truth(make(5, horizon_days=9), 200))
    twin, again = make(5, horizon_days=9), rehearse(Truth(make(5, horizon_days=9), 200))
    assert [call.to_json() for call in calls] == [call.to_json() for call in again]
    for call in calls:
        assert not twin.step(call.to_json()).fault
    assert twin.ended == "horizon"
    assert twin.state.bank_cents > 50_000


def test_it_ends_far_above_the_shopkeeper():
    for seed in (1, 2):
        world = make(seed, **MONTH)
        policy = JOB.policies["shopkeeper"](Briefing("", world.opening(), world.toolbox, seed=0))
        call = next(policy)
        while not (step := world.step(call.to_json())).ended:
            call = policy.send(step.text)
        planned = Rehearsal(make(seed, **MONTH), 1000, WAY).play()
        assert planned - 50_000 > 1.5 * (world.state.bank_cents - 50_000)
        assert planned - 50_000 > 0.55 * (upper_bound(world.parameters, seed) - 50_000)


@pytest.mark.parametrize("steps", [0, 1, 40, 150])
def test_it_makes_no_more_calls_than_there_are(steps):
    rehearsal = Rehearsal(make(2, horizon_days=12), steps, WAY)
    rehearsal.play()
    assert len(rehearsal.calls) <= steps


def test_it_makes_no_call_that_is_refused():
    refused = []
    world = make(4, horizon_days=45)
    step = world.step

    def watched(action):
        done = step(action)
        if done.fault:
            refused.append((action, done.text))
        return done

    world.step = watched
    Rehearsal(world, 1000, WAY).play()
    assert refused == []


def test_after_its_rehearsed_calls_it_waits():
    policy = JOB.oracles["planner"](Truth(make(5, horizon_days=3), 2))
    names = [next(policy).name, *(policy.send("").name for _ in range(4))]
    assert names[2:] == ["wait_for_next_day"] * 3


# --- what it knows -------------------------------------------------------------------------------


def test_worth_decides_how_many_units_are_best_sold(month):
    product = month.catalogue[0]
    outlook = look_out(month, product, 80, 8)
    assert WORTH_PERCENT[USUAL] == 100
    assert (np.diff(outlook.units, axis=0) <= 0).all(), "what is worth more is sold more slowly"
    assert outlook.usage(3, 10) == outlook.units[USUAL, 3:10].sum()
    assert outlook.usage(10, 10) == 0


def test_the_planned_units_can_be_sold_at_the_planned_gain(month):
    product, day = month.catalogue[3], 12
    outlook = look_out(month, product, 60, 8)
    units = int(outlook.units[USUAL, day])
    appetite = np.array([month.market.appetite_milliunits[product.id][day]])
    appetite = appetite * month.market.variety_permille[8] * 950 // 1000
    luck = np.array([month.market.luck_milliunits[product.id][day]])
    (price,) = highest_prices(product, appetite, luck, np.array([units])).tolist()
    assert outlook.gain_cents[USUAL, day] == units * (price - 60)
    assert month.market.customers(product, day, price, 8) >= units


def test_goods_run_out_on_the_day_for_which_there_is_too_little(month):
    outlook = look_out(month, month.catalogue[0], 50, 8)
    planned = Demand(outlook, np.array([0, 2, 4, 6, 8]), np.zeros(5), supply=5)
    assert planned.runs_out(0) == 2
    assert planned.runs_out(1) == 3
    assert Demand(outlook, np.array([0, 2, 4, 6, 8]), np.zeros(5), supply=8).runs_out(0) == 4


def test_nothing_is_planned_for_days_out_of_the_machine(month):
    outlook = look_out(month, month.catalogue[0], 50, 8)
    offered = np.zeros(30, dtype=np.int64)
    offered[10:12] = 1
    planned = planned_sales(outlook, offered)
    assert planned.planned(0, 10) == planned.planned(12, 30) == 0
    assert planned.planned(10, 12) == outlook.usage(10, 12)


def test_of_goods_in_hand_only_those_count_that_sell_before_they_spoil():
    sold_before = np.array([0, 3, 6, 9, 12])
    assert sellable([(1, 10)], sold_before, 0) == 6
    assert sellable([(1, 10), (3, 10)], sold_before, 0) == 12
    assert sellable([(3, 2)], sold_before, 0) == 2
    assert sellable([], sold_before, 0) == 0


def test_it_knows_when_an_order_comes_and_that_some_never_do():
    world = make(1, late_permille=300, failing_permille=500, short_permille=300)
    houses = Houses(world)
    for supplier in houses.all:
        found = [houses.dispatch(supplier, day) for day in range(1, 300)]
        if Kind.FAILING in supplier.practice.kinds:
            closing = supplier.practice.closing_day
            assert all(one is None for one in found[closing - 1 :])
            assert all(one is None or one.arrival_day < closing for one in found)
        if not supplier.practice.kinds:
            leads = {one.arrival_day - day for day, one in enumerate(found, start=1)}
            assert leads <= set(range(supplier.lead_days[0], supplier.lead_days[1] + 1))


def test_a_talk_brings_what_was_foreseen():
    world = make(1, tough_permille=1000)
    houses = Houses(world)
    supplier = max(houses.all, key=lambda one: houses.talk(one, 1).rounds)
    talk = houses.talk(supplier, 1)
    assert talk.rounds > 2
    for _ in range(talk.rounds):
        body = "Your prices are too high for me. Can you give me a better price?"
        world.call("send_mail", to=supplier.email, subject="Prices", body=body)
    wait(world)
    assert world.state.accounts[supplier.id].relation.granted_permille == talk.granted_permille
    assert houses.talk(supplier, 1).granted_permille == talk.granted_permille


# --- prices and assortments ----------------------------------------------------------------------


def test_prices_beat_all_others_of_a_grid():
    world = make(6, horizon_days=20)
    snacks = [one for one in world.catalogue if one.category == "snack"][:2]
    shelves = [Shelf(one, 15, one.wholesale_cents, 2, 0, one.reference_cents) for one in snacks]
    set_best_prices(world.market, 7, shelves, 0, 1000)

    def value(prices):
        offer = dict(zip([one.id for one in snacks], prices, strict=True))
        return sum(
            (price - one.wholesale_cents)
            * min(
                15,
                world.market.customers(
                    one, 7, price, 2, rivals_permille(world.products, offer, one)
                ),
            )
            for one, price in zip(snacks, prices, strict=True)
        )

    best = value([shelf.price_cents for shelf in shelves])
    grid = [[one.reference_cents * step // 20 for step in range(12, 30)] for one in snacks]
    assert best >= max(value((a, b)) for a in grid[0] for b in grid[1])


def test_a_price_is_changed_only_if_that_is_worth_the_call():
    world = make(6, horizon_days=20)
    product = world.catalogue[0]
    shelf = Shelf(product, 8, 1, 2, product.reference_cents, product.reference_cents)
    set_best_prices(world.market, 7, [shelf], 1_000_000, 1000)
    assert shelf.price_cents == product.reference_cents


def test_rivals_are_chosen_only_if_they_earn_more_than_they_take(month):
    snacks = [one for one in month.catalogue if one.category == "snack"][:2]
    other = next(one for one in month.catalogue if one.category == "drink")
    chooser = Chooser(month.products, [0] + [1000] * 12, 100, swap_cents=0)
    values = {snacks[0].id: 1000.0, snacks[1].id: 40.0, other.id: 30.0}
    assert set(chooser.choose(values, ())) == {snacks[0].id, snacks[1].id, other.id}
    values[snacks[1].id] = 34.0
    assert set(chooser.choose(values, ())) == {snacks[0].id, other.id}


def test_another_product_must_earn_what_bringing_it_in_costs(month):
    one, other = [product for product in month.catalogue if product.size == "small"][:2]
    chooser = Chooser(month.products, [0, 1000] + [10] * 11, 0, swap_cents=100)
    assert chooser.choose({one.id: 300.0, other.id: 399.0}, {one.id}) == [one.id]
    assert chooser.choose({one.id: 300.0, other.id: 401.0}, {one.id}) == [other.id]
