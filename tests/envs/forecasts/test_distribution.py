import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.forecasts import LEVELS_PERCENT, Distribution, pinball_percents

WEIGHTS = st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any)


def expected_loss(answer, truth):
    return sum(
        weight * pinball_percents(answer, outcome)
        for outcome, weight in enumerate(truth.weights, truth.start)
    )


def test_a_quantile_is_the_lowest_outcome_that_is_not_exceeded_so_often():
    die = Distribution(1, (1, 1, 1, 1, 1, 1))
    assert [die.quantile(percent) for percent in (1, 16, 17, 50, 51, 95, 100)] == [
        1, 1, 2, 3, 4, 6, 6,
    ]  # fmt: skip
    assert Distribution(5, (0, 3, 0)).quantile(1) == 6


@given(st.integers(-30, 30), WEIGHTS, st.lists(st.integers(-40, 60), min_size=7, max_size=7))
def test_no_answer_has_a_lower_expected_loss_than_the_true_quantiles(start, weights, numbers):
    truth = Distribution(start, tuple(weights))
    best = [truth.quantile(level) for level in LEVELS_PERCENT]
    assert expected_loss(best, truth) <= expected_loss(sorted(numbers), truth)


def test_the_pinball_loss_is_worked_out_by_hand():
    # 10 below every quantile by 2: 2 * (95 + 90 + 75 + 50 + 25 + 10 + 5) hundredths
    assert pinball_percents([12] * 7, 10) == 2 * 350
    assert pinball_percents([8] * 7, 10) == 2 * 350
    assert pinball_percents([10] * 7, 10) == 0
    assert pinball_percents([8, 9, 10, 10, 10, 11, 13], 10) == 2 * 5 + 10 + 10 + 3 * 5


@given(st.integers(-5, 5), st.lists(st.integers(0, 10**60), min_size=1, max_size=30).filter(any))
def test_weights_of_any_size_are_brought_to_a_total(start, weights):
    scaled = Distribution.scaled(start, weights, total=1000)
    assert scaled.total == 1000
    whole = sum(weights)
    for outcome, weight in enumerate(weights, start):
        share = scaled.weight_within(outcome, outcome)
        assert abs(share * whole - 1000 * weight) <= whole


def test_samples_are_counted():
    assert Distribution.of_samples([7, 5, 7]) == Distribution(5, (1, 0, 2))
    assert Distribution.of_event(250_000).weight_within(1, 1) == 250_000


@pytest.mark.parametrize("weights", [(), (0, 0), (1, -1, 5), (2**53, 1)])
def test_what_is_no_distribution_is_refused(weights):
    with pytest.raises(ValueError, match="weights must"):
        Distribution(0, weights)
