"""Months, thirds, ratios over seeds and slopes, worked out by hand and by simulation."""

import math

import numpy as np
import pytest

from tenure.scoring.sustained.competence import (
    by_month,
    months,
    ratio_difference,
    ratio_estimate,
    ratio_of_ratios,
    slope_estimate,
    thirds,
)


def chance(seed=0):
    return np.random.default_rng(seed)


def test_a_year_has_twelve_months_that_cover_every_day_once():
    spans = months(365)
    assert len(spans) == 12
    assert [day for span in spans for day in span] == list(range(365))
    assert {len(span) for span in spans} == {30, 31}


def test_a_month_is_told_by_the_mean_of_its_days():
    assert by_month([1.0] * 30 + [4.0] * 30) == [1, 4]


def test_thirds_leave_out_the_middle():
    assert thirds([1, 2, 3, 50, 50, 50, 7, 8, 9]) == (2, 8)
    with pytest.raises(ValueError, match="three days"):
        thirds([1, 2])


def test_a_ratio_is_that_of_the_sums_so_large_seeds_weigh_more():
    assert ratio_estimate([(1, 1), (3, 7)], chance()).value == 0.5


def test_changes_of_a_ratio_are_told_as_difference_and_as_multiple():
    later, earlier = [(1, 4), (1, 4)], [(3, 4), (3, 4)]
    assert ratio_difference(later, earlier, chance()).value == -0.5
    assert ratio_of_ratios(later, earlier, chance()).value == pytest.approx(1 / 3)


def test_nothing_is_a_share_of_nothing():
    assert ratio_estimate([(1, 1), (1, -1)], chance()) is None
    assert ratio_estimate([], chance()) is None
    assert ratio_of_ratios([(1, 1)] * 5, [(0, 1)] * 5, chance()) is None


def test_fewer_than_five_seeds_have_no_interval():
    assert ratio_estimate([(1, 2)] * 3 + [(2, 2)], chance()).interval is None


def test_the_interval_of_equal_seeds_is_their_value():
    found = ratio_estimate([(1, 4)] * 20, chance())
    assert (found.value, found.interval.low, found.interval.high) == (0.25, 0.25, 0.25)


def test_a_ratio_whose_whole_may_be_nothing_has_no_interval():
    """One seed in six has all of it, so a third of the draws have none."""
    assert ratio_estimate([(0, 0)] * 5 + [(1, 2)], chance()).interval is None


def test_the_same_seeds_give_the_same_interval():
    pairs = [(float(place), 10.0 + place) for place in range(8)]
    assert ratio_estimate(pairs, chance()) == ratio_estimate(pairs, chance())


@pytest.mark.parametrize("count", [5, 12])
def test_intervals_of_ratios_hold_the_truth_in_about_95_of_100_runs(count):
    """Each seed has its own size, which early and late share; truth: 0.5 late, 0.8 early."""
    generator, held = chance(3), np.zeros(3)
    for trial in range(120):
        whole = generator.gamma(6, 1, (2, count))
        late = whole[0] * generator.normal(0.5, 0.15, count)
        early = whole[1] * generator.normal(0.8, 0.15, count)
        pairs = [list(zip(*both, strict=True)) for both in ((late, whole[0]), (early, whole[1]))]
        found = (
            (ratio_estimate(pairs[0], chance(trial)), 0.5),
            (ratio_difference(*pairs, chance(trial)), -0.3),
            (ratio_of_ratios(*pairs, chance(trial)), 0.5 / 0.8),
        )
        held += [one.interval.low <= truth <= one.interval.high for one, truth in found]
    assert all(0.88 <= share <= 1.0 for share in held / 120)


def test_a_slope_is_told_for_30_days():
    rising = [[day / 15 for day in range(90)]]
    assert slope_estimate(rising).value == pytest.approx(2)


def test_the_error_of_a_slope_is_that_of_the_seeds_slopes():
    """Five straight lines with slopes 1 to 5: mean 3, standard error sqrt(2.5 / 5)."""
    lines = [[slope * day / 30 for day in range(60)] for slope in range(1, 6)]
    found = slope_estimate(lines)
    assert found.value == pytest.approx(3)
    assert found.interval.high - 3 == pytest.approx(2.7764 * math.sqrt(0.5), abs=1e-3)


def test_the_slope_of_a_constant_share_is_nothing_however_the_whole_moves():
    whole = [[100 + 3 * day + (day % 7) * 10 for day in range(120)] for _ in range(6)]
    own = [[0.4 * value for value in days] for days in whole]
    found = slope_estimate(own, whole)
    assert (found.value, found.interval.low, found.interval.high) == (0, 0, 0)


def test_a_share_that_falls_by_a_tenth_a_month_has_that_slope():
    whole = [[50.0 + day % 5 for day in range(150)] for _ in range(5)]
    own = [[(0.9 - 0.1 * day / 30) * value for day, value in enumerate(days)] for days in whole]
    assert slope_estimate(own, whole).value == pytest.approx(-0.1)


def test_intervals_of_slopes_hold_the_truth_in_about_95_of_100_runs():
    generator, held = chance(4), 0
    for _ in range(400):
        daily = [
            generator.normal()
            + (0.3 + generator.normal() / 2) * np.arange(90) / 30
            + generator.normal(size=90)
            for _ in range(6)
        ]
        interval = slope_estimate(daily).interval
        held += interval.low <= 0.3 <= interval.high
    assert 0.92 <= held / 400 <= 0.98
