"""What the vending business can be asked: the demand of a week, and the balance."""

import subprocess
import sys
from array import array
from dataclasses import replace
from functools import partial
from statistics import fmean

import pytest

from tenure.envs.checker import check_run_out, check_snapshots, check_steps, check_tools
from tenure.envs.clock import at
from tenure.envs.forecasts import LEVELS_PERCENT, Ask, Asked, Distribution
from tenure.envs.jobs import Briefing
from tenure.envs.vending import JOB
from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import Slot
from tenure.envs.vending.questions import FUTURES, QUESTIONS, offer_of, units_wanted
from tenure.scenarios import load
from tests.envs.vending.play import make, wait

DEMAND = QUESTIONS["demand-next-week"]
WEEKLY = Ask(question="demand-next-week", first_day=8, every_days=5, dont_know_price_milli=30_000)


def offer(world, products=5):
    """Some products at their reference prices."""
    return {one.id: one.reference_cents for one in world.catalogue[:products]}


def asked(world, day=10, products=5):
    ask = WEEKLY.model_copy(update={"first_day": day})
    return Asked(1, ask, day - 1, day, day + 7, offer(world, products))


@pytest.mark.parametrize("seed", range(4))
def test_fed_with_the_words_of_the_seed_the_futures_are_the_seeds_own_customers(seed):
    world = make(seed, local_events_per_1000_days=150)
    for day in (1, 50, 300):
        span = range(day, day + 7)

        def of_the_seed(stream, entity, day=day):
            start = day + 2 if stream == "temperature" else day
            return world.chance.words(stream, entity, start=start, count=7)

        case = asked(world, day, products=8)
        found = units_wanted(world, case.frozen, span, of_the_seed)
        assert found == [DEMAND.outcome(world, case)]
        assert found[0] > 0


def test_the_outcomes_of_many_weeks_fit_the_distributions_told_before_them():
    world = make(3, horizon_days=900)
    ranks, inside = [], 0
    for day in range(3, 890, 7):
        case = asked(world, day)
        truth, came = DEMAND.truth(world, case), DEMAND.outcome(world, case)
        ranks.append(truth.weight_within(truth.start, came) / FUTURES)
        inside += truth.quantile(5) <= came <= truth.quantile(95)
    assert len(ranks) == 127
    assert 0.42 < fmean(ranks) < 0.58
    assert 0.84 < inside / len(ranks) < 0.97


def test_an_announced_event_counts_unless_it_is_cancelled_in_a_future():
    """The week's demand is drawn from two kinds of futures, with the event and without it."""
    world, quiet = (make(3, local_events_per_1000_days=rate) for rate in (30, 0))
    event = next(one for one in world.market.events if one.first_day > 20)
    case = asked(world, event.first_day)
    with_event, without = DEMAND.truth(world, case), DEMAND.truth(quiet, case)
    more = event.traffic_permille > 1000
    assert (with_event.quantile(50) > without.quantile(50)) == more
    called_off = world.market.events[0]._replace(first_day=case.closes_day, is_cancelled=True)
    world.market = replace(world.market, events=(called_off._replace(days=1),))
    assert DEMAND.truth(world, case) != without  # nobody knows yet that it is called off


def test_the_distribution_knows_nothing_of_the_days_to_come():
    """A market with other customers in the days to come has the same distribution."""
    world, other = make(3), make(3)
    for days in other.market.appetite_milliunits.values():
        days[10:17] = array(days.typecode, [0] * 7)
    assert DEMAND.outcome(other, asked(other)) < DEMAND.outcome(world, asked(world))
    assert DEMAND.truth(other, asked(other)) == DEMAND.truth(world, asked(world))


def test_nothing_on_offer_is_nothing_wanted():
    world = make(3)
    case = asked(world, products=0)
    assert DEMAND.outcome(world, case) == 0
    assert DEMAND.truth(world, case) == Distribution(0, (FUTURES,))


def test_the_offer_is_every_product_with_a_price_at_its_lowest_even_if_it_has_run_out():
    slots = [
        Slot("cola", 200, Pile.of(3, 90, 9)),
        Slot("cola", 150),
        Slot("gum", 100),
        Slot("mint", None, Pile.of(5, 50, 9)),
        Slot(),
    ]
    assert offer_of(slots) == {"cola": 150, "gum": 100}


# --- in play -------------------------------------------------------------------------------------


def month(policy, seed=1):
    """Play the month with forecasts by a script that answers none; return world and events."""
    scenario = load("vending/forecast-month")
    world = scenario.make_world(seed)
    briefing = Briefing(scenario.briefing, world.opening(), world.toolbox, seed=seed)
    script, events = JOB.policies[policy](briefing), []
    call = next(script)
    while not (step := world.step(call.to_json())).ended:
        events += step.events
        call = script.send(step.text)
    return world, [one for one in (*events, *step.events) if one["kind"] == "forecast_resolved"]


def test_scripts_that_ignore_the_questions_work_and_earn_as_without_them():
    world, events = month("naive")
    plain = load("vending/month").make_world(1)
    briefing = Briefing("", plain.opening(), plain.toolbox, seed=1)
    script = JOB.policies["naive"](briefing)
    call = next(script)
    while not (step := plain.step(call.to_json())).ended:
        call = script.send(step.text)
    assert plain.measured == world.measured
    assert [one["question"] for one in events].count("demand-next-week") == 4
    assert [one["question"] for one in events].count("balance-above") == 4


def test_every_outcome_is_resolved_and_the_business_has_real_demand():
    _, events = month("naive")
    weeks = [one for one in events if one["form"] == "quantiles"]
    assert all(sum(one["truth"]["weights"]) == FUTURES for one in weeks)
    assert max(one["outcome"] for one in weeks) > 30
    assert all("truth" not in one for one in events if one["form"] == "probability")


def test_the_offer_counts_as_it_stands_when_the_window_closes():
    ask = WEEKLY.model_copy(update={"first_day": 2})
    world = JOB.make({"horizon_days": 20, "handover_units": 20}, 4, [ask])
    goods = next(world.products[name] for name in world.state.storage)
    slot = "A1" if goods.size == "small" else "C1"
    wait(world)
    world.call("stock_slot", slot=slot, product=goods.name, quantity=5)
    world.call("set_price", slot=slot, price=goods.reference_cents / 100)
    wait(world)
    standing = world.state.forecast_book.standing[0]
    assert standing.frozen == {goods.id: goods.reference_cents}
    world.call("set_price", slot=slot, price=99)
    expected = sum(
        world.market.customers(goods, day, goods.reference_cents, 1) for day in range(2, 9)
    )
    events = [event for _ in range(7) for event in wait(world).events]
    (resolved,) = [event for event in events if event["kind"] == "forecast_resolved"]
    assert resolved["outcome"] == expected


def test_the_balance_is_that_of_the_morning_after_or_of_the_end():
    asks = [
        Ask(
            question="balance-above",
            first_day=1,
            days_ahead=2,
            threshold=threshold,
            dont_know_price_milli=250,
        )
        for threshold in (49_399, 49_400)
    ]
    world = JOB.make({"horizon_days": 6}, 1, asks)
    assert "$493.99" in world.opening()
    events = [event for event in wait(world, 2).events if event["kind"] == "forecast_resolved"]
    events += [event for event in wait(world).events if event["kind"] == "forecast_resolved"]
    assert world.state.now_minutes == at(3, 8)
    assert [event["outcome"] for event in events] == [1, 0]  # three fees of $2.00


def test_the_business_keeps_the_world_contract_when_it_is_asked():
    asks = load("vending/forecast-month").forecasts
    make = partial(JOB.make, {"horizon_days": 30, "handover_units": 10}, 7, asks)
    check_tools(type(make()))
    check_steps(make)
    check_run_out(make())
    check_snapshots(make, max_steps=200)


SCRIPT = """
from tests.envs.vending.test_questions import DEMAND, asked, make
print(DEMAND.truth(make(5), asked(make(5))))
"""


def test_the_distribution_is_the_same_in_another_process():
    here = DEMAND.truth(make(5), asked(make(5)))
    there = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == str(here)
    assert [here.quantile(level) for level in LEVELS_PERCENT] == sorted(
        here.quantile(level) for level in LEVELS_PERCENT
    )
