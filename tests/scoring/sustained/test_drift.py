"""Change points are found where they are, and seldom where there are none."""

import numpy as np
import pytest

from tenure.scoring.sustained.drift import LEAST_WEEKS, change_point


def weeks_that_hang_together(generator, count, correlation):
    """Return daily values, equal within a week, of a year without a change."""
    weeks = generator.normal(size=count)
    weeks[0] /= np.sqrt(1 - correlation**2)
    for week in range(1, count):
        weeks[week] += correlation * weeks[week - 1]
    return np.repeat(weeks, 7)


def test_a_step_is_found_in_the_week_in_which_it_came():
    noise = np.random.default_rng(1).normal(size=364)
    found = change_point(noise + np.where(np.arange(364) < 154, 10.0, 4.0))
    assert found.day == 155
    assert found.is_one
    assert found.p == 1 / 2000
    assert found.before - found.after == pytest.approx(6, abs=0.3)


def test_a_slow_decline_is_a_change_too():
    noise = np.random.default_rng(2).normal(size=364)
    found = change_point(noise - np.clip(np.arange(364) - 150, 0, None) / 30)
    assert found.is_one
    assert found.after < found.before


def test_what_never_moves_has_not_changed():
    assert not change_point([3.0] * 365).is_one


def test_it_takes_half_a_year():
    assert change_point([1.0, 2.0] * (LEAST_WEEKS * 7 // 2 - 1)) is None
    assert change_point([1.0, 2.0] * (LEAST_WEEKS * 7 // 2)) is not None


def test_the_unit_does_not_matter():
    noise = np.random.default_rng(3).normal(size=364) + np.arange(364) / 100
    assert change_point(noise * 1e6).p == change_point(noise).p


@pytest.mark.parametrize(("correlation", "most"), [(0, 0.06), (0.3, 0.09), (0.6, 0.11)])
def test_false_alarms_are_about_as_rare_as_promised(correlation, most):
    generator = np.random.default_rng(5)
    alarms = sum(
        change_point(weeks_that_hang_together(generator, 52, correlation)).is_one
        for _ in range(600)
    )
    assert 0.01 <= alarms / 600 <= most


def test_a_change_of_two_deviations_is_found_in_nine_of_ten_years():
    generator = np.random.default_rng(6)
    step = np.where(np.arange(364) < 150, 0.0, -2.0)
    found = sum(
        change_point(weeks_that_hang_together(generator, 52, 0.2) + step).is_one for _ in range(100)
    )
    assert found >= 90
