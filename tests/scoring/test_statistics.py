from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.scoring.statistics import (
    cvar,
    mean_interval,
    paired_difference,
    pass_hat_k,
    smallest_detectable,
    standard_error,
    t_quantile,
    wilson,
)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


# 97.5 % points of Student's t, as printed in any table.
@pytest.mark.parametrize(
    ("degrees", "point"),
    [(1, 12.706), (2, 4.303), (4, 2.776), (5, 2.571), (9, 2.262), (29, 2.045), (120, 1.980)],
)
def test_t_quantiles_agree_with_the_printed_table(degrees, point):
    assert t_quantile(0.975, degrees) == pytest.approx(point, abs=5e-4)


def test_t_quantiles_are_symmetric():
    assert t_quantile(0.05, 7) == -t_quantile(0.95, 7)
    assert t_quantile(0.5, 3) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("probability", "degrees"), [(0, 3), (1, 3), (0.5, 0)])
def test_impossible_t_quantiles_are_refused(probability, degrees):
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(probability, degrees)


def test_standard_error_of_one_to_five():
    assert standard_error([1, 2, 3, 4, 5]) == pytest.approx(sqrt(2.5 / 5))


def test_no_interval_below_five_values():
    assert mean_interval([1, 2, 3, 4], chance()) is None


def test_students_t_from_five_to_nine_values():
    interval = mean_interval([1, 2, 3, 4, 5], chance())
    reach = 2.7764 * sqrt(0.5)
    assert interval.method == "t"
    assert interval.low == pytest.approx(3 - reach, abs=1e-3)
    assert interval.high == pytest.approx(3 + reach, abs=1e-3)


def test_bootstrap_t_from_ten_values_on():
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 30]
    interval = mean_interval(values, chance())
    assert interval.method == "bootstrap-t"
    assert interval.low < 7.5 < interval.high
    assert interval.high - 7.5 > 7.5 - interval.low  # it leans to where the long tail is


def test_the_same_generator_gives_the_same_interval():
    values = list(range(12))
    assert mean_interval(values, chance(3)) == mean_interval(values, chance(3))
    assert mean_interval(values, chance(3)) != mean_interval(values, chance(4))


def test_values_without_a_spread_have_an_interval_without_a_width():
    interval = mean_interval([7.0] * 12, chance())
    assert (interval.low, interval.high, interval.method) == (7.0, 7.0, "t")


def test_values_too_tied_for_the_bootstrap_get_students_t():
    interval = mean_interval([0.0] * 11 + [1.0], chance())
    assert interval.method == "t"
    assert interval.high > interval.low


@pytest.mark.parametrize("count", [10, 12, 13, 20, 40])
@pytest.mark.parametrize("odd", [1, 2, 5, 7])
def test_ties_that_floats_cannot_hold_exactly_are_ties_all_the_same(count, odd):
    tenths = [1] * (count - odd) + [7] * odd
    exact = mean_interval(tenths, chance())
    noisy = mean_interval([tenth / 10 for tenth in tenths], chance())
    assert noisy.method == exact.method
    assert (10 * noisy.low, 10 * noisy.high) == pytest.approx((exact.low, exact.high))


def test_ties_up_to_rounding_are_ties():
    values = [0.1 + rounding * 1e-17 for rounding in range(11)] + [0.7]
    assert mean_interval(values, chance()).high < 1


def meltdowns(random: np.random.Generator, count: int) -> np.ndarray:
    """Draw scores of an agent that melts down three times in ten; their mean is 0.556."""
    steady = random.normal(0.75, 0.08, count)
    lost = random.normal(0.1, 0.05, count)
    return np.where(random.random(count) < 0.3, lost, steady)


def test_bootstrap_t_covers_the_mean_of_skewed_scores():
    random = chance(11)
    truth = 0.7 * 0.75 + 0.3 * 0.1
    trials = 200
    covered = 0
    for _ in range(trials):
        interval = mean_interval(meltdowns(random, 12), random)
        covered += interval.low <= truth <= interval.high
    assert 0.90 <= covered / trials <= 1.0


def test_students_t_covers_the_mean_of_five_normal_values():
    random = chance(12)
    trials = 2000
    intervals = [mean_interval(random.normal(size=5), random) for _ in range(trials)]
    covered = sum(interval.low <= 0 <= interval.high for interval in intervals)
    assert 0.935 <= covered / trials <= 0.965


def test_a_paired_difference_uses_the_shared_seeds_alone():
    first = {1: 5.0, 2: 7.0, 3: 9.0, 9: 1000.0}
    second = {1: 4.0, 2: 5.0, 3: 6.0, 8: -1000.0}
    difference = paired_difference(first, second, chance())
    assert difference.seeds == (1, 2, 3)
    assert difference.mean == 2.0
    assert difference.interval is None
    assert difference.smallest_detectable is None


def test_pairing_removes_what_the_seed_brings():
    luck = {seed: 100.0 * seed for seed in range(8)}
    better = {seed: value + 1 + seed % 2 for seed, value in luck.items()}
    difference = paired_difference(better, luck, chance())
    assert difference.mean == 1.5
    assert difference.interval.low > 0
    unpaired = mean_interval(list(better.values()), chance())
    assert unpaired.high - unpaired.low > 400


def test_no_shared_seed_no_difference():
    assert paired_difference({1: 2.0}, {2: 2.0}, chance()) is None


def test_smallest_detectable_difference_of_miller():
    # sd 0.36 and 102 pairs resolve 0.10 at 80 % power and 5 % two-sided
    values = [0.36 * sqrt(101 / 102) * sign for sign in (1, -1)] * 51
    assert smallest_detectable(values) == pytest.approx(0.0999, abs=2e-4)


def test_cvar_of_twenty_values_is_the_mean_of_the_worst_two():
    assert cvar(list(range(20))) == 0.5


def test_cvar_counts_a_value_at_the_edge_by_its_part():
    # the worst tenth of 15 values is 1.5 values: 0 and half of 1
    assert cvar(list(range(15))) == pytest.approx(0.5 / 1.5)


def test_cvar_of_few_values_is_the_worst():
    assert cvar([3, 1, 2]) == 1
    assert cvar([3]) == 3


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_cvar_lies_between_the_worst_and_the_mean(values):
    assert min(values) - 1e-6 <= cvar(values) <= sum(values) / len(values) + 1e-6
    assert cvar(values, tail=1) == pytest.approx(sum(values) / len(values), abs=1e-6)


@pytest.mark.parametrize(("values", "tail"), [([], 0.1), ([1], 0), ([1], 1.5), ([1], inf)])
def test_impossible_cvars_are_refused(values, tail):
    with pytest.raises(ValueError, match="cvar needs"):
        cvar(values, tail)


def test_wilson_of_one_in_ten():
    interval = wilson(1, 10)
    assert interval.low == pytest.approx(0.0179, abs=1e-4)
    assert interval.high == pytest.approx(0.4042, abs=1e-4)


def test_wilson_ends_at_the_ends():
    assert wilson(0, 10).low == 0.0
    assert wilson(10, 10).high == 1.0
    assert wilson(0, 10).high == pytest.approx(0.2775, abs=1e-4)


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (3, 2), (-1, 2)])
def test_impossible_proportions_are_refused(successes, trials):
    with pytest.raises(ValueError, match="wilson needs"):
        wilson(successes, trials)


def test_pass_hat_k_of_four_in_five():
    # C(4,3) / C(5,3) = 4 / 10; the plug-in (4/5)^3 would say 0.512
    assert pass_hat_k([(4, 5)], 3) == pytest.approx(0.4)


def test_pass_hat_k_is_the_mean_over_tasks():
    assert pass_hat_k([(4, 5), (5, 5), (2, 5)], 3) == pytest.approx((0.4 + 1 + 0) / 3)


def test_pass_hat_k_is_unbiased():
    # over all outcomes of 5 attempts at p = 0.8, the expectation is 0.8^3
    weights = [1, 5, 10, 10, 5, 1]
    expected = sum(
        weight * 0.8**wins * 0.2 ** (5 - wins) * pass_hat_k([(wins, 5)], 3)
        for wins, weight in enumerate(weights)
    )
    assert expected == pytest.approx(0.8**3)


@pytest.mark.parametrize(("tasks", "k"), [([], 1), ([(1, 2)], 3), ([(3, 2)], 1), ([(1, 2)], 0)])
def test_impossible_pass_hat_ks_are_refused(tasks, k):
    with pytest.raises(ValueError, match=r"pass\^"):
        pass_hat_k(tasks, k)
