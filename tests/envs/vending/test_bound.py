from itertools import product as pairs
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.jobs import Briefing
from tenure.envs.vending import JOB
from tenure.envs.vending import bound as bounds
from tenure.envs.vending.bound import (
    PAIR_TAKES_PERMILLE,
    deliveries,
    highest_prices,
    straight_prices,
    upper_bound,
)
from tenure.envs.vending.demand import loyal_permille
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.invoices import Invoice, InvoiceLine
from tenure.envs.vending.machine import SLOT_NAMES, Slot, slot_capacity, slot_size
from tenure.envs.vending.planner.rehearsal import Rehearsal, Style
from tenure.envs.vending.purchases import ship
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


@settings(deadline=None, max_examples=400)
@given(
    st.sampled_from(WORLD.catalogue),
    st.integers(0, 364),
    st.integers(1, 12),
    st.integers(1, 400).map(lambda percent: percent / 200),
    st.lists(st.integers(300, 1700), min_size=1, max_size=5),
)
def test_no_price_brings_more_than_the_straight_line_of_what_rivals_take(
    product, day, distinct, relative_price, rivals
):
    """Step 5: whatever the price and the rivals, p <= P - s L for the units that really come."""
    market, price = WORLD.market, max(1, int(product.reference_cents * relative_price))
    units = market.customers(product, day, price, distinct, rivals)
    lost = 1000 - loyal_permille(product, price, rivals)
    appetite = market.appetite_milliunits[product.id][day] * market.variety_permille[distinct]
    luck = market.luck_milliunits[product.id][day]
    if units:
        highest, steepness = straight_prices(
            product, np.array([appetite]), np.array([luck]), np.array([units])
        )
        assert 1000 * price <= highest[0] - steepness[0] * lost


RELATIVE = st.integers(1, 3000)
"""Relative prices in thousandths: the loyalty rule sees nothing else."""


@settings(deadline=None, max_examples=1000)
@given(RELATIVE, RELATIVE)
def test_two_products_take_at_least_79_thousandths_from_each_other(one, other):
    plain = WORLD.catalogue[0]
    exact = plain.__class__(**{**vars_of(plain), "reference_cents": 1000})
    losses = [1000 - loyal_permille(exact, a, [b]) for a, b in ((one, other), (other, one))]
    assert sum(losses) >= PAIR_TAKES_PERMILLE


def vars_of(product):
    return {name: getattr(product, name) for name in product.__slots__}


@settings(deadline=None, max_examples=400)
@given(
    st.lists(st.tuples(RELATIVE, st.integers(0, 500)), min_size=1, max_size=12),
    st.integers(0, 7),
    st.integers(0, 500),
)
def test_the_charge_for_rivals_never_exceeds_what_they_cost(offer, rivals, most_loss):
    """Step 7, for any prices, any losses and any guess, up to twelve products of a category."""
    plain = WORLD.catalogue[0]
    exact = plain.__class__(**{**vars_of(plain), "reference_cents": 1000})
    cost = 0
    for at, (price, loss) in enumerate(offer):
        others = [other for place, (other, _) in enumerate(offer) if place != at]
        cost += loss * (1000 - loyal_permille(exact, price, others))
    charge = rivals * sum(min(loss, most_loss) for _, loss in offer)
    charge -= most_loss * rivals * (rivals + 1) / 2
    assert cost >= PAIR_TAKES_PERMILLE * charge


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_deliveries_are_those_that_the_houses_make(seed):
    """Step 2: paying on any day, an order comes on the day foreseen, or never."""
    world = make(seed, failing_permille=400, late_permille=400)
    for supplier in world.suppliers:
        foreseen = dict(deliveries(world, supplier))
        name = next(iter(supplier.prices_cents))
        invoice = Invoice("INV-0001", supplier.id, (InvoiceLine(name, 1, 100),), 100)
        for paid in range(1, 365):
            if supplier.practice.is_closed(paid):
                assert paid not in foreseen
                continue
            arrival = (
                ship(world.chance, supplier, invoice, paid, world.products).due_minutes // 1440
            )
            closing = supplier.practice.closing_day
            is_lost = closing is not None and arrival >= closing
            if supplier.practice.fee_cents and not supplier.practice.serves_members:
                is_lost = True
            assert foreseen.get(paid) == (None if is_lost or arrival >= 365 else arrival)


def test_a_unit_is_fresh_from_its_arrival_to_its_shelf_life_at_the_most():
    assert bounds._fresh_days({2, 7}, 1, 10).tolist() == [day in (2, 3, 7, 8) for day in range(10)]


MONTH = make(2, horizon_days=30, coin_jams_per_1000_days=100)
COSTS = bounds._costs(MONTH)
DAY_MILLICENTS = bounds._best_days(MONTH, COSTS)
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
def test_no_machine_earns_more_on_a_day_than_the_bound_gives_it(slots, day, is_jammed, broken):
    """Rivals, facings at several prices, jams and faults, on any day and on the last."""
    state = MONTH.state
    state.slots, state.is_jammed, state.broken_slots = slots, is_jammed, broken
    sales = MONTH._sell(day)
    banked_permille = 700 if day == LAST_DAY and not is_jammed else 1000
    banked_cents = sum(sales.revenue_cents.values()) * banked_permille // 1000
    cost_cents = sum(units * int(COSTS[name][day]) for name, units in sales.sold.items())
    assert 1000 * (banked_cents - cost_cents) <= DAY_MILLICENTS[day]


@pytest.mark.parametrize("rivalry_percent", [0, 37, 100])
@pytest.mark.parametrize("seed", range(4))
def test_all_assortments_and_prices_of_a_small_town_stay_below_the_days_bound(
    seed, rivalry_percent
):
    """Every choice of up to three products of one category, at every one of a grid of prices."""
    world = make(seed, horizon_days=12, rivalry_percent=rivalry_percent)
    products = [one for one in world.catalogue if one.category == "snack"][:3]
    costs = bounds._costs(world)
    world.catalogue = tuple(products)
    most = bounds._best_days(world, costs)
    grid = (0, 700, 800, 900, 1000, 1100, 1200, 1300, 1450)
    best = 0
    for relative in pairs(grid, repeat=len(products)):
        offer = {
            one.id: one.reference_cents * permille // 1000
            for one, permille in zip(products, relative, strict=True)
            if permille
        }
        customers = world.market.crowd(world.products, 9, offer)
        earned = 0
        for name, price in offer.items():
            units = min(
                customers(name, price), 6 * (15 if world.products[name].size == "small" else 8)
            )
            earned += units * (price - int(costs[name][9]))
        best = max(best, earned)
    assert 0 < 1000 * best <= most[9]


@pytest.mark.parametrize("seed", range(5))
def test_random_play_stays_below_the_bound(seed):
    world = play(seed)
    assert world.state.bank_cents <= upper_bound(world.parameters, seed)


ADVERSE = {
    "usual": {},
    "poor": {"start_balance_cents": 6_000},
    "penniless": {"start_balance_cents": 0, "handover_units": 20},
    "rich": {"start_balance_cents": 1_000_000},
    "handed over": {"handover_units": 60},
    "lonely and lasting": {"rivalry_percent": 0, "shelf_life_percent": 5_000},
    "half rivals": {"rivalry_percent": 37},
    "short-lived": {"shelf_life_percent": 20},
    "jammed": {"coin_jams_per_1000_days": 1000},
    "unlucky": {"machine_faults_per_1000_days": 150, "thefts_per_1000_days": 200},
    "calm": {
        "machine_faults_per_1000_days": 0,
        "coin_jams_per_1000_days": 0,
        "thefts_per_1000_days": 0,
        "local_events_per_1000_days": 0,
    },
    "cards only": {"card_share_permille": 1000},
    "cash only": {"card_share_permille": 0},
    "dear fee": {"daily_fee_cents": 3_000, "unpaid_days_limit": 3},
    "no fee": {"daily_fee_cents": 0},
    "cheats": {"short_permille": 600, "late_permille": 600, "bait_permille": 600},
    "failing": {"failing_permille": 900},
    "tough": {"tough_permille": 1000},
}


WAY = Style(block_days=2, swap_cents=150, first_cover_days=7)


@pytest.mark.parametrize("case", ADVERSE)
def test_an_agent_that_knows_everything_does_not_come_over_the_bound(case):
    for seed, days in ((1, 8), (2, 30)):
        world = make(seed, horizon_days=days, **ADVERSE[case])
        earned = Rehearsal(world, 6000, WAY).play()
        assert earned <= upper_bound(world.parameters, seed)


@pytest.mark.parametrize("case", ADVERSE)
def test_no_scripted_agent_exceeds_the_bound(case):
    for name in JOB.policies:
        world = make(1, horizon_days=20, **ADVERSE[case])
        briefing = Briefing("", world.opening(), world.toolbox, seed=0)
        policy = JOB.policies[name](briefing)
        call = next(policy)
        while not (step := world.step(call.to_json())).ended:
            call = policy.send(step.text)
        assert world.state.bank_cents <= upper_bound(world.parameters, 1)


def test_hiding_money_from_the_fee_does_not_lead_over_the_bound():
    """An agent without a cent in the bank pays no fee, and is out of business in ten days."""
    world = make(1, start_balance_cents=100, daily_fee_cents=200, horizon_days=30)
    world.run_out()
    assert world.state.ended == "bankrupt"
    assert world.state.bank_cents == 100 <= upper_bound(world.parameters, 1)


def test_fees_that_nobody_escapes_are_taken_off():
    parameters = make(1, horizon_days=100).parameters
    free = upper_bound(parameters.model_copy(update={"daily_fee_cents": 0}), 1)
    assert 10 * 200 <= free - upper_bound(parameters, 1) <= 100 * 200


def test_fees_are_those_of_the_later_days_and_of_every_tenth_before():
    """By hand: 4 days at 100 cents; 900 without fees, 300 a day taken in, no cash, limit 2."""
    parameters = make(
        1, horizon_days=4, daily_fee_cents=100, unpaid_days_limit=2, card_share_permille=1000
    ).parameters
    # last unpaid day 0: min(900 - 300, 100 + 1200 - 300); 1: min(900 - 300, 100 + 900 - 200);
    # 2: min(900 - 200, 100 + 600 - 100); 3: min(900 - 200, 100 + 300)
    assert bounds._after_fees(parameters, 900, np.full(4, 300)) == 600


def test_rivalry_lowers_the_bound():
    def bound(percent):
        return upper_bound(make(4, horizon_days=60, rivalry_percent=percent).parameters, 4)

    assert bound(100) < bound(50) < bound(0)


def test_where_a_day_can_be_reached_by_no_house_nothing_is_sold():
    world = make(5, horizon_days=20)
    costs = bounds._costs(world)
    first = min(day for one in world.suppliers for _, day in deliveries(world, one))
    assert all((cents[:first] == bounds._NOBODY_SELLS).all() for cents in costs.values())
    assert (bounds._best_days(world, costs)[:first] == 0).all()


def test_before_goods_can_arrive_there_are_only_fees():
    world = make(1, horizon_days=2)
    assert upper_bound(world.parameters, 1) == 50_000 - 2 * 200


def test_a_longer_year_can_only_be_worth_more():
    bounds_cents = [upper_bound(make(1, horizon_days=days).parameters, 1) for days in (7, 30, 90)]
    assert bounds_cents == sorted(bounds_cents)


def test_cash_of_the_last_day_is_not_counted():
    def bound(card_share_permille):
        parameters = make(
            1, horizon_days=10, card_share_permille=card_share_permille, coin_jams_per_1000_days=0,
            daily_fee_cents=0,
        ).parameters  # fmt: skip
        return upper_bound(parameters, 1)

    assert bound(0) < bound(700) < bound(1000)
    shorter = make(1, horizon_days=9, card_share_permille=1000, daily_fee_cents=0).parameters
    assert bound(0) == upper_bound(shorter, 1)


def test_where_a_coin_jam_may_stand_all_of_the_last_day_counts():
    def bound(**parameters):
        return upper_bound(make(1, horizon_days=10, daily_fee_cents=0, **parameters).parameters, 1)

    jammed = bound(coin_jams_per_1000_days=1000)
    assert jammed == bound(coin_jams_per_1000_days=0, card_share_permille=1000)
    assert jammed > bound(coin_jams_per_1000_days=0)


def test_good_prices_of_good_assortments_stay_below_the_days_bound():
    """Hill climbing from many starts over products, facings and prices of one day."""
    random, day = Random(1), 15
    for _ in range(6):
        slots, best = {}, 0
        for _ in range(400):
            draft = dict(slots)
            name = random.choice(SLOT_NAMES)
            fitting = [one for one in MONTH.catalogue if one.size == slot_size(name)]
            kept = [MONTH.products[slot.product_id] for slot in slots.values()]
            one = random.choice([*fitting, *[k for k in kept if k in fitting] * 3])
            price = one.reference_cents * random.randint(800, 1400) // 1000
            draft[name] = Slot(one.id, price, Pile.of(slot_capacity(name), 0, 99))
            MONTH.state.slots = {
                key: Slot(slot.product_id, slot.price_cents, slot.pile)
                for key, slot in draft.items()
            }
            MONTH.state.is_jammed, MONTH.state.broken_slots = False, []
            sales = MONTH._sell(day)
            earned = sum(sales.revenue_cents.values()) - sum(
                units * int(COSTS[key][day]) for key, units in sales.sold.items()
            )
            if earned >= best:
                slots, best = draft, earned
        assert 0.4 * DAY_MILLICENTS[day] < 1000 * best <= DAY_MILLICENTS[day]
