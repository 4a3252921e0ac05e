"""The business when net worth decides."""

import pytest

from tenure.envs.jobs import Briefing
from tenure.envs.vending import JOB
from tenure.envs.vending.bound import _costs as cheapest
from tenure.envs.vending.bound import upper_bound
from tests.envs.vending.play import make, supplied, wait
from tests.envs.vending.test_guarantees import PARAMETERS
from tests.envs.vending.test_guarantees import play as play_at_random

NET_WORTH = {"score": "net_worth"}


def worth(world):
    return world.measured[[figure.name for figure in world.figures].index("net_worth_cents")]


def test_the_parameter_names_the_figure_that_decides():
    assert make().score == "bank_cents"
    assert make(**NET_WORTH).score == "net_worth_cents"
    assert make().score == "bank_cents", "one world's choice is not another's"


def test_rewards_are_changes_of_net_worth():
    world = make(**NET_WORTH, handover_units=20)
    at_first = world.earned
    assert at_first == worth(world) > 50_000
    assert sum(wait(world).reward for _ in range(4)) == worth(world) - at_first == -800


def test_paying_for_goods_changes_nothing_and_selling_them_does():
    world, small, _ = supplied(units=10, **NET_WORTH)
    cost = world.state.storage[small.id].cost_cents
    before = worth(world)
    world.call("stock_slot", slot="A1", product=small.name, quantity=10)
    world.call("set_price", slot="A1", price=small.reference_cents / 100)
    step = wait(world)
    sold = next(event for event in step.events if event["kind"] == "day")
    units = sold["sold"][small.id]
    assert step.reward == sold["revenue_cents"] - units * cost // 10 - 200
    assert worth(world) == before + step.reward


def test_cash_in_the_machine_counts_on_the_last_day_too():
    def bound(card_share_permille):
        parameters = make(horizon_days=10, card_share_permille=card_share_permille, **NET_WORTH)
        return upper_bound(parameters.parameters, 1)

    assert bound(0) == bound(700) == bound(1000)


def test_goods_of_the_start_count_at_their_value_or_their_price_if_that_is_higher():
    alike = {"horizon_days": 20, "handover_units": 20, "card_share_permille": 1000}
    plain = make(daily_fee_cents=0, **alike)
    prices = {name: int(cents.min()) for name, cents in cheapest(plain).items()}
    higher = [
        max(0, pile.cost_cents - pile.units * prices[name]) for name, pile in plain.handover.items()
    ]
    worthy = make(daily_fee_cents=0, **alike, **NET_WORTH)
    assert sum(higher) > 0
    assert upper_bound(worthy.parameters, 1) - upper_bound(plain.parameters, 1) == sum(higher)


@pytest.mark.parametrize("seed", range(5))
def test_random_play_stays_below_the_bound(seed, monkeypatch):
    monkeypatch.setitem(PARAMETERS, "score", "net_worth")
    world = play_at_random(seed)
    assert worth(world) <= upper_bound(world.parameters, seed)


@pytest.mark.parametrize("name", JOB.policies)
def test_no_scripted_agent_exceeds_the_bound(name):
    for seed in (1, 2):
        world = make(seed, horizon_days=30, handover_units=30, **NET_WORTH)
        policy = JOB.policies[name](Briefing("", world.opening(), world.toolbox, seed=0))
        call = next(policy)
        while not (step := world.step(call.to_json())).ended:
            call = policy.send(step.text)
        assert world.earned <= upper_bound(world.parameters, seed)
