"""What the agent's own words cost."""

import pytest

from tenure.envs.vending.bound import upper_bound
from tenure.envs.vending.metering import estimated_tokens
from tenure.envs.world import NOTHING
from tenure.errors import ContractError, EpisodeOver
from tests.envs.vending.play import make, wait

WAIT = '{"name": "wait_for_next_day", "arguments": {}}'
MILLION = 1_000_000
PRICE = 10_000


def costly(**parameters):
    return make(token_price_cents_per_million=PRICE, **parameters)


def said(world, tokens):
    return world.step(WAIT, {"output_tokens": tokens})


def test_words_cost_nothing_unless_they_have_a_price():
    world = make(horizon_days=8)
    assert not world.counts_tokens
    for _ in range(8):
        assert "Output tokens" not in wait(world).text
    assert world.state.token_fees_cents == 0
    with pytest.raises(ContractError, match="takes nothing in"):
        make().step(WAIT, {"output_tokens": 5})


def test_a_million_tokens_are_billed_at_the_seventh_midnight_and_told():
    world = costly()
    assert world.counts_tokens
    texts = [said(world, MILLION if day == 2 else 0).text for day in range(7)]
    assert ["Output tokens" in text for text in texts] == [False] * 6 + [True]
    assert "Output tokens: $100.00 since the last bill, $100.00 paid." in texts[-1]
    assert world.state.token_fees_cents == 10_000
    assert world.state.bank_cents == 50_000 - 7 * 200 - 10_000
    assert "output tokens" in world.call("check_bank").text


def test_what_nobody_counted_is_estimated_from_the_action():
    world = costly()
    for _ in range(7):
        world.step(WAIT)
    assert estimated_tokens(WAIT) == 12
    assert world.state.token_fees_cents == 0
    assert world.state.token_microcents == 7 * 12 * PRICE
    assert (estimated_tokens(""), estimated_tokens("abcde")) == (0, 2)


def test_parts_of_a_cent_go_over_to_the_next_bill():
    world = costly()
    for day in range(14):
        said(world, 150 if day in (0, 7) else 0)
    assert world.state.token_fees_cents == 3
    assert world.state.token_microcents == 0


def test_what_the_bank_cannot_pay_stays_owed_and_is_on_the_next_bill():
    world = costly(start_balance_cents=4_000, card_share_permille=1000)
    for _ in range(6):
        said(world, 0)
    step = said(world, MILLION)
    assert "$100.00 since the last bill, $26.00 paid; $74.00 stays owed." in step.text
    assert world.state.bank_cents == 0
    world._book(50_000, "a present")
    for _ in range(6):
        said(world, 0)
    assert "$0.00 since the last bill, $74.00 paid." in said(world, 0).text
    assert world.state.token_fees_cents == 10_000


def test_the_last_bill_comes_with_the_end_before_the_final_balance():
    world = costly(horizon_days=3)
    said(world, 0)
    said(world, 0)
    step = said(world, MILLION)
    lines = step.text.splitlines()
    bill = next(number for number, line in enumerate(lines) if line.startswith("Output tokens"))
    assert lines[bill + 1] == "The business is over. Final bank balance: $394.00."
    assert world.state.token_fees_cents == 10_000


def test_nothing_is_metered_after_the_end():
    world = costly(horizon_days=1)
    wait(world)
    before = world.digest()
    with pytest.raises(EpisodeOver):
        world.step(WAIT)
    assert world.digest() == before


@pytest.mark.parametrize("tokens", [-1, 1.5, True, "7", None, 10**10])
def test_only_whole_numbers_of_tokens_are_taken_in(tokens):
    with pytest.raises(ContractError, match="output_tokens"):
        said(costly(), tokens)


def test_what_comes_beside_tokens_is_for_others():
    with pytest.raises(ContractError, match="takes nothing in"):
        costly().step(WAIT, {"output_tokens": 5, "rumours": 1})


def test_bills_only_take_away_so_the_bound_is_the_same():
    plain, dear = make(horizon_days=30), costly(horizon_days=30)
    assert upper_bound(plain.parameters, 1) == upper_bound(dear.parameters, 1)


def test_a_snapshot_goes_on_with_the_meter():
    world, twin = costly(), costly()
    said(world, 12_345)
    twin.restore(world.snapshot())
    for _ in range(6):
        assert said(world, 77)._replace(outside=NOTHING) == said(twin, 77)._replace(outside=NOTHING)
    assert world.digest() == twin.digest()
