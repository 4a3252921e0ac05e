"""What each decision of an episode cost, and that it all adds up."""

from collections import Counter

import pytest

from tenure.envs.tools import ToolCall
from tenure.errors import UsageError
from tenure.scenarios import load
from tenure.scoring.ledger import Ledger, ledger
from tenure.scoring.ledger.drawing import earned
from tenure.scoring.ledger.values import Valuer, _halved
from tenure.scoring.records import read
from tests.scoring.episodes import SLEEP, play
from tests.scoring.ledger.spoilt import once, shortened, spoilt

MONTH = shortened("vending/month", 20)
SHORT = {
    "vending": MONTH,
    "supply-line": load("supply-line/quarter"),
    "bookings": load("bookings/smoke"),
}


def is_exact(drawn: Ledger, episode) -> bool:
    reached = earned(episode, episode.end["measured"])
    return drawn.outcome == reached and drawn.total == drawn.start - reached


@pytest.mark.parametrize("job", SHORT)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_losses_of_a_random_agent_sum_to_the_cent(tmp_path, job, seed):
    episode = spoilt(tmp_path / "e.zst", SHORT[job], "random", seed=seed)
    assert is_exact(ledger(episode), episode)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "policy"),
    [(job, policy) for job, scenario in SHORT.items() for policy in scenario.job.policies],
)
def test_the_losses_of_every_script_sum_to_the_cent(tmp_path, job, policy):
    episode = spoilt(tmp_path / "e.zst", SHORT[job], policy, seed=3)
    drawn = ledger(episode)
    assert is_exact(drawn, episode)
    assert sum(drawn.sums("cause").values()) == drawn.total


def test_shares_of_a_loss_sum_to_it_and_the_largest_gives_its_cause(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/month", 8), "shopkeeper")
    drawn = ledger(episode, full=True)
    shared = [entry for entry in drawn.entries if entry.shares]
    assert shared
    for entry in shared:
        assert sum(share.loss_cents for share in entry.shares) == entry.loss_cents
        sign = 1 if entry.loss_cents >= 0 else -1
        assert entry.cause == max(entry.shares, key=lambda one: sign * one.loss_cents).cause
    for key in ("cause", "product", "counterparty"):
        assert sum(drawn.sums(key).values()) == drawn.total


def test_of_two_parts_each_gets_half_of_what_only_both_together_bring():
    """Neither is worth anything alone, and both 10: 5 each. One alone 4, both 10: 7 and 3."""
    assert _halved([0 + 10, 10 + 0]) == [5, 5]
    assert _halved([4 + 10, 6 + 0]) == [7, 3]
    assert _halved([3, 5, 4]) == [1, 3, 2]  # 1.5, 2.5 and 2: whole cents that sum to 6


def test_resolving_every_day_changes_no_sum(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/month", 6), "shopkeeper")
    brief, full = ledger(episode), ledger(episode, full=True)
    assert (brief.start, brief.total) == (full.start, full.total)
    assert all(entry.is_decision for entry in full.entries)
    assert [entry.step for entry in full.entries] == list(range(len(episode.steps)))


def test_steps_that_fail_are_entries_like_others(tmp_path):
    def stammer(_, day, call):
        return iter([ToolCall("set_price", {"slot": "A9"}), call]) if day == 2 else None

    episode = spoilt(tmp_path / "e.zst", MONTH, "naive", stammer)
    drawn = ledger(episode, full=True)
    assert is_exact(drawn, episode)
    assert "call that failed (bad arguments)" in drawn.sums("cause")


def test_the_time_after_a_step_limit_is_an_entry_of_its_own(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/month", 20, steps=60), "shopkeeper")
    drawn = ledger(episode)
    assert is_exact(drawn, episode)
    last = drawn.entries[-1]
    assert (last.step, last.steps, last.cause) == (
        60,
        0,
        "nobody at work after the last step (steps)",
    )
    assert last.loss_cents > 0


def test_a_bankruptcy_loses_all_that_could_still_have_been_earned(tmp_path):
    def squander(world, day, call):
        if day == 3 and world.state.bank_cents > 500:
            house = world.suppliers[0].email
            return iter([ToolCall("send_payment", {"to": house, "amount": 490.0}), call])
        return iter([ToolCall("wait_for_next_day")]) if day > 3 else None

    year = shortened("vending/year", 30)
    episode = spoilt(tmp_path / "e.zst", year, "null", squander)
    assert episode.end["reason"] == "bankrupt"
    drawn = ledger(episode)
    assert is_exact(drawn, episode)
    assert drawn.sums("tool")["send_payment"] > 10_000


def test_an_unfinished_episode_is_measured_up_to_its_last_step(tmp_path):
    scenario = shortened("vending/month", 20, steps=40)
    episode = spoilt(tmp_path / "e.zst", scenario, "naive", finish=False)
    drawn = ledger(episode)
    assert not drawn.complete
    assert drawn.total == drawn.start - drawn.outcome


def test_the_optimum_of_the_supply_line_loses_nothing(tmp_path):
    episode = spoilt(tmp_path / "e.zst", SHORT["supply-line"], "echelon-base-stock")
    assert {entry.loss_cents for entry in ledger(episode).entries} == {0}


def test_the_losses_of_the_supply_line_are_those_that_the_job_itself_finds(tmp_path):
    episode = spoilt(tmp_path / "e.zst", SHORT["supply-line"], "mean-demand")
    drawn = ledger(episode, full=True)
    told = next(e for e in episode.steps[-1]["events"] if e["kind"] == "losses")
    by_week = [sum(week) for week in told["cents"]]
    found = [entry.loss_cents for entry in drawn.entries if entry.tool == "end_week"]
    assert all(abs(a - b) <= 4 for a, b in zip(found, by_week, strict=True))


def test_of_a_week_that_passed_the_orders_are_told_that_were_placed_in_it(tmp_path):
    episode = spoilt(tmp_path / "e.zst", SHORT["supply-line"], "mean-demand")
    worst = ledger(episode).worst(1)[0]
    placed, ended = worst.did.split("; ")
    assert placed.startswith("place_orders(retailer=")
    assert ended == "end_week()"


def test_a_price_of_five_cents_costs_what_is_sold_at_it_and_the_night_says_so(tmp_path):
    def give_away(world, call):
        stocked = {name: slot for name, slot in world.state.slots.items() if slot.pile.units > 3}
        liked = {name: world.products[slot.product_id] for name, slot in stocked.items()}
        slot = max(liked, key=lambda name: liked[name].base_sales_milliunits)
        yield ToolCall("set_price", {"slot": slot, "price": 0.05})
        yield call

    scenario = shortened("vending/year", 28)
    spoil = once(20, "wait_for_next_day", give_away)
    episode = spoilt(tmp_path / "e.zst", scenario, "shopkeeper", spoil)
    step = next(n for n, one in enumerate(episode.steps) if '"price":0.05' in one["action"])
    clean = spoilt(tmp_path / "clean.zst", scenario, "shopkeeper")
    spoilt_entries, usual = (ledger(one, full=True).entries for one in (episode, clean))
    assert spoilt_entries[step].loss_cents == 0  # it could still be mended
    assert spoilt_entries[step + 1].cause == "price left far too low"
    assert spoilt_entries[step + 1].loss_cents > usual[step].loss_cents + 200


def test_prices_that_the_reference_raises_for_want_of_goods_do_not_hide_that_none_were_ordered(
    tmp_path,
):
    def stop_ordering(_, day, call):
        return iter([ToolCall("check_bank")]) if day > 8 and call.name == "send_mail" else None

    episode = spoilt(tmp_path / "e.zst", MONTH, "shopkeeper", stop_ordering)
    late = [one for one in ledger(episode).entries if one.day > 8 and one.shares]
    sums = Counter()
    for entry in late:
        for cause, lost in entry.told_apart("cause"):
            sums[cause] += lost
    assert sums.most_common(1)[0][0] == "goods not ordered"


def test_who_never_writes_to_a_house_has_not_ordered_goods(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/year", 10), "null")
    sums = ledger(episode).sums("cause")
    assert next(iter(sums)) == "goods not ordered"
    assert "slots not filled" not in sums


def test_money_sent_for_nothing_is_the_worst_decision_and_costs_what_was_sent(tmp_path):
    def send(world, call):
        crook = next(one for one in world.suppliers if one.practice.fee_cents)
        yield ToolCall("send_payment", {"to": crook.email, "amount": 150.0, "memo": "thanks"})
        yield call

    scenario = shortened("vending/year", 25)
    seed = next(
        seed for seed in range(1, 40)
        if any(one.practice.fee_cents for one in scenario.make_world(seed).suppliers)
    )  # fmt: skip
    spoil = once(20, "wait_for_next_day", send)
    episode = spoilt(tmp_path / "e.zst", scenario, "shopkeeper", spoil, seed=seed)
    worst = ledger(episode).worst(1)[0]
    assert (worst.tool, worst.day) == ("send_payment", 20)
    assert 15_000 <= worst.loss_cents <= 20_000


def test_the_decisive_step_is_the_one_without_which_the_bar_is_reached(tmp_path):
    def send(world, call):
        yield ToolCall("send_payment", {"to": world.suppliers[0].email, "amount": 400.0})
        yield call

    spoil = once(3, "wait_for_next_day", send)
    scenario = shortened("vending/month", 8)
    episode = spoilt(tmp_path / "e.zst", scenario, "null", spoil)
    step = next(n for n, one in enumerate(episode.steps) if "send_payment" in one["action"])
    decisive = ledger(episode, bar=40_000).decisive
    assert not decisive.reached
    assert (decisive.step, decisive.last_chance) == (step, step)
    assert decisive.outcome >= 40_000


def test_of_a_short_episode_every_correction_is_tried_and_the_earliest_that_suffices_found(
    tmp_path,
):
    episode = spoilt(tmp_path / "e.zst", SHORT["supply-line"], "pass-through")
    outcomes = Valuer(episode).corrected(range(len(episode.steps)))
    bar = max(outcomes.values())
    decisive = ledger(episode, bar=bar).decisive
    assert decisive.tried == len(episode.steps)
    assert decisive.step == min(n for n, outcome in outcomes.items() if outcome == bar)
    assert decisive.outcome == bar > ledger(episode).outcome


def test_losses_over_other_futures_have_an_error(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/month", 8), "naive")
    drawn = ledger(episode, futures=3)
    worst = drawn.worst(1)[0]
    assert worst.luckless is not None
    assert worst.error >= 0


def test_a_job_without_a_reference_says_so(tmp_path):
    episode = read(play(tmp_path / "e.jsonl.zst", [SLEEP] * 5))
    with pytest.raises(UsageError, match="has no reference"):
        ledger(episode)


def test_a_ledger_survives_json(tmp_path):
    drawn = ledger(spoilt(tmp_path / "e.zst", shortened("vending/month", 4), "naive"))
    assert Ledger.from_json(drawn.to_json()) == drawn


def test_several_processes_find_the_same(tmp_path):
    episode = spoilt(tmp_path / "e.zst", shortened("vending/month", 6), "naive")
    assert ledger(episode, processes=2) == ledger(episode, processes=1)
