import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.jobs import Briefing
from tenure.envs.vending import JOB
from tenure.envs.vending.bound import _gains, highest_prices, lowest_cost_cents, upper_bound
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import (
    SLOT_NAMES,
    Slot,
    facings,
    on_offer,
    slot_capacity,
    slot_size,
)
from tests.envs.vending.omniscient import LASTING_AND_LONELY, share_of_bound
from tests.envs.vending.play import make
from tests.envs.vending.test_guarantees import play

WORLD = make(3)


@settings(deadline=None)
@given(
    st.sampled_from(WORLD.catalogue), st.integers(0, 364), st.integers(1, 12), st.integers(1, 20)
)
def test_the_highest_price_is_exact(product, day, distinct, units):
    market = WORLD.market
    appetite = market.appetite_milliunits[product.id][day] * market.variety_permille[distinct]
    luck = market.luck_milliunits[product.id][day]
    (price,) = highest_prices(
        product, np.array([appetite]), np.array([luck]), np.array([units])
    ).tolist()
    if price >= 1:
        assert market.customers(product, day, price, distinct) >= units
    assert market.customers(product, day, max(1, price + 1), distinct) < units


MONTH = make(2, horizon_days=30, coin_jams_per_1000_days=100)
GAINS = {one.id: _gains(MONTH, one) for one in MONTH.catalogue}
LAST_DAY = 29


@st.composite
def machines(draw):
    """A machine with few or many products, in one facing or several, at any prices and stocks."""
    slots = {}
    for name in SLOT_NAMES:
        fitting = [one for one in MONTH.catalogue if one.size == slot_size(name)]
        product = fitting[draw(st.integers(0, draw(st.sampled_from((0, 3, len(fitting) - 1)))))]
        price_cents = product.reference_cents * draw(st.integers(300, 1700)) // 1000
        stock = Pile.of(draw(st.sampled_from((0, 1, slot_capacity(name)))), 0, 99)
        slots[name] = Slot(product.id, price_cents, stock)
    return slots


@settings(deadline=None, max_examples=300)
@given(
    machines(),
    st.integers(10, LAST_DAY) | st.just(LAST_DAY),
    st.booleans(),
    st.lists(st.sampled_from(SLOT_NAMES), max_size=10),
)
def test_no_product_earns_more_on_a_day_than_the_bound_gives_it(slots, day, is_jammed, broken):
    """Rivals, facings at several prices, jams and faults, on any day and on the last."""
    state = MONTH.state
    state.slots, state.is_jammed, state.broken_slots = slots, is_jammed, broken
    working = [slot for name, slot in slots.items() if name not in broken]
    distinct, groups = len(on_offer(working)), facings(working)
    sales = MONTH._sell(day)
    banked_permille = 700 if day == LAST_DAY and not is_jammed else 1000
    for name, units in sales.sold.items():
        cost_cents = units * lowest_cost_cents(MONTH, MONTH.products[name])
        banked_cents = sales.revenue_cents[name] * banked_permille // 1000
        most_cents = GAINS[name][len(groups[name]) - 1][distinct - 1][day]
        assert banked_cents - cost_cents <= most_cents


@pytest.mark.parametrize("seed", range(5))
def test_random_play_stays_below_the_bound(seed):
    world = play(seed)
    assert world.state.bank_cents <= upper_bound(world.parameters, seed)


@pytest.mark.parametrize("seed", range(3))
def test_an_agent_that_knows_everything_does_not_come_over_the_bound(seed):
    assert 0.4 < share_of_bound(seed) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_without_rivals_and_spoilt_goods_it_comes_near_the_bound_and_not_over_it(seed):
    assert 0.75 < share_of_bound(seed, **LASTING_AND_LONELY) <= 1


@pytest.mark.parametrize("seed", range(2))
def test_mishaps_never_help_over_the_bound(seed):
    share = share_of_bound(
        seed,
        **LASTING_AND_LONELY,
        machine_faults_per_1000_days=100,
        coin_jams_per_1000_days=200,
        thefts_per_1000_days=100,
    )
    assert share <= 1


def test_nothing_can_be_earned_before_goods_can_arrive():
    world = make(1, horizon_days=2)
    assert upper_bound(world.parameters, 1) == 50_000


def test_a_longer_year_can_only_be_worth_more():
    bounds = [upper_bound(make(1, horizon_days=days).parameters, 1) for days in (7, 30, 90)]
    assert bounds == sorted(bounds)


def test_cash_of_the_last_day_is_not_counted():
    def bound(card_share_permille):
        parameters = make(
            1, horizon_days=10, card_share_permille=card_share_permille, coin_jams_per_1000_days=0
        ).parameters
        return upper_bound(parameters, 1)

    assert bound(0) < bound(700) < bound(1000)
    shorter = upper_bound(make(1, horizon_days=9, card_share_permille=1000).parameters, 1)
    assert bound(0) == shorter


@pytest.mark.parametrize("name", JOB.policies)
def test_no_scripted_agent_exceeds_the_bound(name):
    for seed in (1, 2):
        world = make(seed, horizon_days=30)
        policy = JOB.policies[name](Briefing("", world.opening(), world.toolbox, seed=0))
        call = next(policy)
        while not (step := world.step(call.to_json())).ended:
            call = policy.send(step.text)
        assert world.state.bank_cents <= upper_bound(world.parameters, seed)


def test_where_a_coin_jam_may_stand_all_of_the_last_day_counts():
    def bound(**parameters):
        return upper_bound(make(1, horizon_days=10, **parameters).parameters, 1)

    jammed = bound(coin_jams_per_1000_days=1000)
    assert jammed == bound(coin_jams_per_1000_days=0, card_share_permille=1000)
    assert jammed > bound(coin_jams_per_1000_days=0)
