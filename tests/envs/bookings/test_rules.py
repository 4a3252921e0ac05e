from itertools import pairwise
from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.bookings.rules import (
    CHANGE_PERCENT,
    LEVEL_WEIGHTS,
    LEVELS,
    draw_bookings,
    expected_loss_milli,
    loss_milli,
    poisson,
    predictions,
)
from tenure.envs.chance import Chance
from tenure.envs.forecasts import Distribution, best_quantiles


@pytest.mark.parametrize("level", LEVELS)
def test_the_table_of_a_level_is_poisson_to_a_millionth(level):
    table = poisson(level)
    assert sum(table) == 1_000_000
    for count, weight in enumerate(table):
        share = exp(count * log(level) - level - lgamma(count + 1))
        assert weight == pytest.approx(1e6 * share, abs=1.01)


def test_the_filter_is_bayes_rule_worked_out_in_floats():
    counts = [4, 30, 33, 8]
    chances = [weight / sum(LEVEL_WEIGHTS) for weight in LEVEL_WEIGHTS]
    belief = chances
    for count in counts:
        seen = [b * poisson(level)[count] for b, level in zip(belief, LEVELS, strict=True)]
        change = CHANGE_PERCENT / 100
        belief = [
            (1 - change) * one / sum(seen) + change * chance
            for one, chance in zip(seen, chances, strict=True)
        ]
    predicted = predictions(counts)[-1]
    for count in range(60):
        share = sum(b * poisson(level)[count] for b, level in zip(belief, LEVELS, strict=True))
        assert predicted.weight_within(count, count) == pytest.approx(share, abs=1.01)


def test_before_anything_is_seen_the_prediction_is_the_climatology():
    assert predictions([1, 2])[0] == predictions([])[0]


def test_a_prediction_never_knows_what_comes_after_it():
    assert predictions([9, 14, 2])[:3] == predictions([9, 14, 44])[:3]


def test_levels_stay_and_now_and_then_change():
    bookings = draw_bookings(Chance(1), 4_000)
    mean = sum(level * weight for level, weight in zip(LEVELS, LEVEL_WEIGHTS, strict=True))
    assert sum(bookings) / 4_000 == pytest.approx(mean / sum(LEVEL_WEIGHTS), rel=0.1)
    near = sum(abs(a - b) <= 10 for a, b in pairwise(bookings))
    assert 0.75 < near / 4_000 < 0.95


def test_the_first_days_do_not_depend_on_how_many_follow():
    assert draw_bookings(Chance(5), 30)[:12] == draw_bookings(Chance(5), 12)


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=9).filter(any),
    st.lists(st.integers(0, 12), min_size=7, max_size=7).map(sorted),
)
def test_the_expected_loss_is_the_mean_of_the_losses(weights, answer):
    truth = Distribution(0, tuple(weights))
    mean = sum(
        weight * loss_milli(answer, outcome) for outcome, weight in enumerate(weights)
    ) / sum(weights)
    assert expected_loss_milli(answer, truth) == pytest.approx(mean, abs=2)
    assert expected_loss_milli(best_quantiles(truth), truth) <= expected_loss_milli(answer, truth)
