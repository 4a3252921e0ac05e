"""That the benchmark of many sessions runs, and measures what it says; not how fast anything is."""

import pytest

from benchmarks.concurrency import by_clock, measure
from benchmarks.culprits import lines
from tenure.runner.culprits import Verdict

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("who", ["ours", "network", "raw"])
def test_two_sessions_are_measured_from_the_first_turn_of_both_to_the_end_of_one(who):
    facts = measure(who, sessions=2, turns=4, latency_ms=20)
    assert facts is not None
    assert 3 <= facts["turns"] <= 4
    assert facts["turns_per_s"] <= 2 / 0.020
    assert facts["cpu_ms"] > 0


def test_a_process_that_others_kept_from_running_has_no_rate():
    assert "turns/s" not in by_clock({"waited": 0.06, "turns_per_s": 400.0}, 100)
    assert "400 turns/s   80% of ideal" in by_clock({"waited": 0.04, "turns_per_s": 400.0}, 100)


def test_a_fault_that_cost_next_to_nothing_counts_for_sums_that_are_exact_and_not_as_named():
    low = "price left far too low"
    found = [
        Verdict("price-low", 1, low, 3_000, 5_000, is_costly=True, is_exact=True),
        Verdict("price-low", 2, "invoice paid", 1_000, 1_000, is_costly=True, is_exact=False),
        Verdict("price-low", 3, low, 1, 0, is_costly=False, is_exact=True),
    ]
    *_, row, told = lines(found)
    assert row == f"| `price-low` | 1 | 2 | {low} | 20.00 | 30.00 |"
    assert "Named in 1 of 2 episodes" in told
    assert "of 3 played" in told
    assert told.endswith("exactly in 2 of 3.")
