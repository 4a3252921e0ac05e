"""Survival, competing causes and restricted means, worked out by hand and by simulation."""

import math

import numpy as np
import pytest

from tenure.scoring.statistics import wilson
from tenure.scoring.sustained.survival import (
    Life,
    causes,
    incidence,
    lasting_mean,
    median,
    survival,
)

SIX = [Life(1, "a"), Life(2, "b"), Life(3), Life(4, "a"), Life(5, "a"), Life(6)]
"""Two of six are still alive when last seen, one of them on day 3."""


def test_survival_is_the_product_of_the_shares_that_get_over_each_day():
    assert [(one.day, one.at_risk) for one in survival(SIX)] == [
        (0, 6),
        (1, 6),
        (2, 5),
        (4, 3),
        (5, 2),
    ]
    shares = [one.share for one in survival(SIX)]
    assert shares == pytest.approx([1, 5 / 6, 4 / 6, 4 / 9, 2 / 9])


def test_the_curves_of_the_causes_and_of_survival_add_up_to_one():
    first, second = ([one.share for one in incidence(SIX, cause)] for cause in ("a", "b"))
    assert first == pytest.approx([0, 1 / 6, 1 / 6, 7 / 18, 11 / 18])
    assert second == pytest.approx([0, 0, 1 / 6, 1 / 6, 1 / 6])
    alive = [one.share for one in survival(SIX)]
    sums = [sum(shares) for shares in zip(first, second, alive, strict=True)]
    assert sums == pytest.approx([1] * 5)
    assert causes(SIX) == ["a", "b"]


def test_intervals_are_wilsons_while_nobody_is_censored():
    second = incidence(SIX, "a")[1]
    whole = wilson(1, 6)
    assert (second.low, second.high) == pytest.approx((whole.low, whole.high))
    third = survival(SIX)[2]
    whole = wilson(4, 6)
    assert (third.low, third.high) == pytest.approx((whole.low, whole.high))


def test_nothing_and_everything_failed_keep_an_interval():
    alive = survival([Life(9)] * 8)[-1]
    assert (alive.share, alive.low) == (1, pytest.approx(wilson(8, 8).low))
    gone = survival([Life(9, "a")] * 8)[-1]
    assert (gone.share, gone.high) == (0, pytest.approx(wilson(0, 8).high))


def test_the_restricted_mean_is_the_area_below_survival():
    mean, _ = lasting_mean(SIX, 6)
    assert mean == pytest.approx(1 + 5 / 6 + 2 * 4 / 6 + 4 / 9 + 2 / 9)
    mean, _ = lasting_mean(SIX, 3)
    assert mean == pytest.approx(1 + 5 / 6 + 4 / 6)


def test_without_censoring_it_is_the_mean_with_students_interval():
    mean, interval = lasting_mean([Life(day, "a") for day in (1, 2, 3, 4, 5)], 10)
    assert mean == pytest.approx(3)
    assert interval.high - 3 == pytest.approx(2.7764 * math.sqrt(2.5 / 5), abs=1e-3)


def test_few_lives_and_equal_ones_have_no_interval():
    assert lasting_mean([Life(day, "a") for day in (1, 2, 3, 4)], 10)[1] is None
    assert lasting_mean([Life(10)] * 20, 10) == (10, None)


def test_the_median_is_the_first_day_with_half_or_fewer_alive():
    assert median(SIX).days == 4
    assert median([Life(3, "a"), Life(9), Life(9)]).days is None


def test_the_median_has_an_end_only_where_the_curve_comes_so_far():
    found = median([Life(day, "a") for day in range(1, 11)])
    assert found.days == 5
    assert found.low < 5 < found.high
    assert median([Life(1, "a")] * 2 + [Life(9)] * 6) == (None, 1, None)
    assert median([Life(9)] * 8) == (None, None, None)


def test_no_lives_have_no_survival():
    with pytest.raises(ValueError, match="at least one life"):
        survival([])


@pytest.mark.parametrize("count", [6, 15])
def test_the_intervals_hold_the_truth_in_about_95_of_100_samples(count):
    """Two exponential causes with censoring, of which everything is known."""
    generator, rate, until = np.random.default_rng(1), 1 / 400 + 1 / 300, 200
    alive = math.exp(-until * rate)
    truths = (alive, (1 / 400) / rate * (1 - alive), (1 - alive) / rate)
    held = np.zeros(3)
    for _ in range(600):
        failed = generator.exponential(1 / rate, count)
        seen = generator.uniform(50, 600, count)
        kinds = np.where(generator.random(count) < (1 / 400) / rate, "a", "b")
        lives = [
            Life(float(min(day, end)), str(kind) if day <= end else "")
            for day, end, kind in zip(failed, seen, kinds, strict=True)
        ]
        curves = (survival(lives), incidence(lives, "a"))
        for place, curve in enumerate(curves):
            last = [one for one in curve if one.day <= until][-1]
            held[place] += last.low <= truths[place] <= last.high
        _, interval = lasting_mean(lives, until)
        held[2] += interval is not None and interval.low <= truths[2] <= interval.high
    assert all(0.90 <= share <= 0.99 for share in held / 600)
