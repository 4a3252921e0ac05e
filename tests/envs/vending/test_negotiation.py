"""The negotiation kernel: what it yields, to whom, and that it never yields more than it has."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure.envs.vending.negotiation import (
    Answer,
    Bid,
    Relation,
    Stance,
    bargain,
    discounted,
    needed_permille,
)

SOFT = Stance(room_permille=100, steps_permille=(600, 1000))
TOUGH = Stance(room_permille=250, steps_permille=(200, 400, 600, 1000))
FRIEND = Relation(paid_orders=5)  # trusted wholly: 600 + 5 * 80 thousandths
LESS = Bid()


def rounds(stance, relation, bids, day=0):
    outcomes = []
    for bid in bids:
        outcome = bargain(stance, relation, bid, day)
        outcomes.append(outcome)
        relation = outcome.relation
    return outcomes


def grants(stance, relation, bids):
    return [one.relation.granted_permille for one in rounds(stance, relation, bids)]


def test_a_house_yields_step_by_step_up_to_its_room():
    assert grants(TOUGH, FRIEND, [LESS] * 5) == [50, 100, 150, 250, 250]
    assert grants(SOFT, FRIEND, [LESS] * 3) == [60, 100, 100]


def test_it_uses_only_a_part_of_its_room_for_somebody_new():
    assert grants(SOFT, Relation(), [LESS] * 2) == [36, 60]  # six tenths of 60 and 100


def test_each_paid_order_earns_trust_up_to_five():
    trusted = [Relation(paid_orders=orders).trust_permille for orders in (0, 1, 5, 50)]
    assert trusted == [600, 680, 1000, 1000]


@pytest.mark.parametrize(
    ("relation", "trust_permille"),
    [
        (Relation(broken_promises=1), 400),
        (Relation(lies=1), 300),
        (Relation(lies=2), 0),
        (Relation(lies=9), 0),
        (Relation(paid_orders=5, lies=1, broken_promises=1), 500),
    ],
)
def test_lies_and_broken_promises_cost_trust(relation, trust_permille):
    assert relation.trust_permille == trust_permille


def test_a_bid_within_reach_is_taken_as_it_is():
    outcome = bargain(SOFT, FRIEND, Bid(asked_permille=40), 0)
    assert (outcome.answer, outcome.relation.granted_permille) == (Answer.ACCEPTED, 40)


def test_a_bid_out_of_reach_is_countered_and_then_refused_for_good():
    bid = Bid(asked_permille=500)
    answers = [one.answer for one in rounds(SOFT, FRIEND, [bid] * 2)]
    assert answers == [Answer.COUNTERED, Answer.FINAL]


def test_whoever_goes_on_loses_what_was_conceded():
    last = rounds(SOFT, FRIEND, [LESS] * 5)[-1]
    assert (last.answer, last.relation.granted_permille) == (Answer.ENDED, 0)


def test_a_paid_order_ends_a_talk_and_keeps_the_price():
    relation = rounds(SOFT, FRIEND, [LESS] * 4)[-1].relation.paid(3)
    assert (relation.rounds, relation.granted_permille) == (0, 100)


def test_a_threat_speeds_things_up_and_uses_up_patience():
    threat = Bid(is_threat=True)
    assert grants(TOUGH, FRIEND, [threat]) == [100]
    assert rounds(TOUGH, FRIEND, [threat] * 4)[-1].answer is Answer.ENDED


def test_a_true_quote_is_matched_at_once_if_there_is_room():
    assert grants(TOUGH, FRIEND, [Bid(180, rival_permille=180, is_checked=True)]) == [180]
    assert grants(TOUGH, FRIEND, [Bid(400, rival_permille=400, is_checked=True)]) == [250]


def test_a_false_quote_that_is_checked_costs_the_concession_and_trust():
    relation = replace(FRIEND, granted_permille=90)
    lie = Bid(180, rival_permille=180, rival_is_true=False, is_checked=True)
    outcome = bargain(TOUGH, relation, lie, 0)
    assert outcome.answer is Answer.CAUGHT
    assert (outcome.relation.granted_permille, outcome.relation.lies) == (0, 1)


def test_a_false_quote_that_is_believed_works_and_is_remembered():
    lie = Bid(180, rival_permille=180, rival_is_true=False)
    relation = bargain(TOUGH, FRIEND, lie, 0).relation
    assert (relation.granted_permille, relation.unchecked_claims) == (180, 1)
    assert relation.caught() == replace(relation, lies=1, granted_permille=0, unchecked_claims=0)


@pytest.mark.parametrize(
    ("silent_days", "memory"), [(20, (3, 70)), (21, (0, 70)), (59, (0, 70)), (60, (0, 0))]
)
def test_a_house_forgets_a_talk_in_three_weeks_and_a_concession_in_sixty_days(silent_days, memory):
    relation = Relation(granted_permille=70, rounds=3, last_day=10).at(10 + silent_days)
    assert (relation.rounds, relation.granted_permille) == memory


numbers = st.one_of(st.none(), st.integers(-(10**6), 10**9))
bids = st.builds(Bid, numbers, numbers, st.booleans(), st.booleans(), st.booleans())
stances = st.builds(
    Stance,
    room_permille=st.integers(0, 400),
    steps_permille=st.lists(st.integers(0, 1000), min_size=1, max_size=6).map(
        lambda steps: tuple(sorted(steps))
    ),
)


@settings(deadline=None)
@given(stances, st.lists(st.tuples(bids, st.integers(0, 40), st.booleans()), max_size=30))
def test_no_bids_in_any_order_get_more_than_the_room(stance, talk):
    relation, day = Relation(), 0
    for bid, pause_days, pays in talk:
        day += pause_days
        relation = bargain(stance, relation, bid, day).relation
        assert 0 <= relation.granted_permille <= stance.room_permille
        relation = relation.paid(day) if pays else relation


@given(st.integers(1, 10_000), st.integers(-100, 20_000))
def test_the_needed_discount_is_the_smallest_that_reaches_the_target(list_cents, target_cents):
    permille = needed_permille(list_cents, target_cents)
    assert discounted(list_cents, permille) <= max(1, target_cents)
    if permille:
        assert list_cents * (1000 - (permille - 1)) > target_cents * 1000
