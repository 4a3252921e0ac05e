"""Whose turn it is at an endpoint, and when."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tenure.agents.network.limits import Limits, Pace, Queue

ARRIVALS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(1, 500)), min_size=1, max_size=60
)


def drain(queue, now_s=0.0):
    """Let everybody go as soon as may be, each request over at once; returns times and numbers."""
    gone = []
    while len(queue):
        now_s = max(now_s, queue.ready_s)
        gone.append((now_s, queue.admit(now_s)))
        queue.leave()
    return gone


@given(st.integers(1, 400), st.lists(st.floats(0, 3), min_size=1, max_size=900))
def test_no_60_seconds_see_more_requests_than_the_limit(per_minute, idle_s):
    pace, now_s, begun = Pace(per_minute), 0.0, []
    for wait_s in idle_s:
        now_s = max(now_s + wait_s / per_minute * 60, pace.ready_s)
        pace.spend(now_s, 1)
        begun.append(now_s)
    for first, start in enumerate(begun):
        window = [at for at in begun[first:] if at < start + 60 - 1e-6]
        assert len(window) <= per_minute


@given(st.integers(100, 5_000), st.lists(st.integers(1, 3_000), min_size=1, max_size=200))
def test_no_60_seconds_see_more_tokens_than_the_limit_and_one_request(per_minute, costs):
    queue = Queue(Limits(tokens_per_minute=per_minute))
    numbers = {queue.join("a", cost): cost for cost in costs}
    begun = [(at, numbers[number]) for at, number in drain(queue)]
    for first, (start, _) in enumerate(begun):
        *whole, last = [cost for at, cost in begun[first:] if at < start + 60 - 1e-6]
        assert sum(whole) <= per_minute
        assert last <= max(costs)


def test_requests_flow_evenly_and_lost_time_is_made_up_for():
    pace = Pace(61)
    assert pace.ready_s == -math.inf
    for _ in range(2):
        pace.spend(10.0, 1)
    assert pace.ready_s == 11.0  # two seconds are paid for, one of them is tolerated


def test_what_a_request_really_cost_moves_the_next_one():
    pace = Pace(6_100)
    pace.spend(0.0, 1_000)
    assert pace.ready_s == 9.0
    pace.correct(-500)
    assert pace.ready_s == 4.0
    pace.correct(700)
    assert pace.ready_s == 11.0


@given(ARRIVALS)
def test_of_clients_that_wait_none_is_served_twice_more_than_another(arrivals):
    queue = Queue(Limits())
    owner = {queue.join(client, tokens): client for client, tokens in arrivals}
    left = Counter(owner.values())
    served = Counter()
    for _, number in drain(queue):
        client = owner[number]
        waiting = [other for other in left if left[other]]
        assert served[client] == min(served[other] for other in waiting)
        served[client] += 1
        left[client] -= 1
    assert not left.total()


@given(ARRIVALS)
def test_each_client_is_served_in_the_order_in_which_it_came(arrivals):
    queue = Queue(Limits())
    owner = {queue.join(client, tokens): client for client, tokens in arrivals}
    order = [number for _, number in drain(queue)]
    for client in "abcd":
        own = [number for number in order if owner[number] == client]
        assert own == sorted(own)


def test_equals_go_in_the_order_in_which_they_came():
    queue = Queue(Limits())
    numbers = [queue.join(client, 1) for client in "cab"]
    assert [number for _, number in drain(queue)] == numbers


def test_who_was_idle_gains_no_credit():
    queue = Queue(Limits(max_connections=1))
    queue.join("early", 1)
    queue.admit(0.0)
    for _ in range(9):
        queue.join("early", 1)
    for _ in range(5):
        queue.leave()
        queue.admit(0.0)
    late = [queue.join("late", 1) for _ in range(3)]
    order = [number for _, number in drain_after_leave(queue)]
    assert [number in late for number in order] == [True, False, True, False, True, False, False]


def drain_after_leave(queue):
    queue.leave()
    return drain(queue)


def test_connections_are_counted():
    queue = Queue(Limits(max_connections=2))
    numbers = [queue.join(client, 1) for client in "abc"]
    assert [queue.admit(0.0) for _ in range(3)] == [*numbers[:2], None]
    assert queue.ready_s == math.inf
    queue.leave()
    assert queue.admit(0.0) == numbers[2]


def test_a_wish_to_wait_holds_for_everybody_and_the_longest_counts():
    queue = Queue(Limits())
    queue.hold(0.0, 30.0)
    queue.hold(1.0, 20.0)
    number = queue.join("a", 1)
    assert queue.admit(29.0) is None
    assert queue.admit(30.0) == number


def test_the_time_for_which_nobody_may_go_is_counted_once():
    queue = Queue(Limits())
    assert queue.held_s(5.0) == 0
    queue.hold(10.0, 30.0)
    assert queue.held_s(16.0) == 6
    queue.hold(16.0, 40.0)  # ten seconds more
    assert queue.holds_s == 30
    queue.hold(100.0, 101.0)
    assert queue.held_s(200.0) == queue.holds_s == 31


@given(ARRIVALS, st.sets(st.integers(0, 59)))
def test_who_gives_up_is_passed_over_and_nobody_else_is_lost(arrivals, leavers):
    queue = Queue(Limits())
    numbers = [queue.join(client, tokens) for client, tokens in arrivals]
    gone = {numbers[place] for place in leavers if place < len(numbers)}
    for number in gone:
        queue.give_up(number)
    assert {number for _, number in drain(queue)} == set(numbers) - gone
