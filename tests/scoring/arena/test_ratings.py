"""Bradley-Terry ratings, against cases worked out by hand."""

from math import log

import numpy as np
import pytest

from tenure.scoring.arena.ratings import ratings, strength_of, strengths, wins

TEN_TO_ONE = 400


def generator():
    return np.random.default_rng(0)


def test_a_match_gives_each_pair_a_winner_and_a_tie_half_to_both():
    assert wins({"a": 5, "b": 3, "c": 3}, ["a", "b", "c"]).tolist() == [
        [0, 1, 1],
        [0, 0, 0.5],
        [0, 0.5, 0],
    ]


def test_three_wins_to_one_are_odds_of_three():
    first, second = strengths(np.array([[0, 3.0], [1, 0]]), prior_wins=0)
    assert first - second == pytest.approx(log(3))
    assert first + second == pytest.approx(0)


def test_credited_wins_keep_who_never_lost_finite():
    first, second = strengths(np.array([[0, 4.0], [0, 0]]), prior_wins=0.5)
    assert first - second == pytest.approx(log(4.5 / 0.5))


def test_of_three_the_strengths_are_those_that_explain_all_pairs():
    """Odds of 2 and of 3 make odds of 6: data that fit exactly are given back."""
    won = np.array([[0, 2 / 3, 6 / 7], [1 / 3, 0, 3 / 4], [1 / 7, 1 / 4, 0]]) * 84
    a, b, c = strengths(won, prior_wins=0)
    assert a - b == pytest.approx(log(2))
    assert b - c == pytest.approx(log(3))


def test_a_known_strength_is_held_and_the_other_found_relative_to_it():
    held, found = strengths(np.array([[0, 3.0], [1, 0]]), {0: 2.0}, prior_wins=0)
    assert held == pytest.approx(2.0)
    assert found == pytest.approx(2.0 - log(3))


def test_ten_wins_to_one_are_four_hundred_points():
    first, second = ratings([np.array([[0, 9.5], [0.5, 0]])], generator())
    assert first.points - second.points == pytest.approx(TEN_TO_ONE)
    assert first.points + second.points == pytest.approx(2000)
    assert first.low is None


def test_the_pool_is_the_centre_or_the_anchor():
    won = [np.array([[0, 2.0, 3], [1, 0, 2], [0, 1, 0]])]
    centred = ratings(won, generator(), centre=[1, 2])
    assert centred[1].points + centred[2].points == pytest.approx(2000)
    anchored = ratings(won, generator(), fixed={2: 1234.0})
    assert anchored[2].points == pytest.approx(1234)


def test_a_rating_and_its_strength_are_two_names_of_one_thing():
    assert strength_of(1000 + TEN_TO_ONE) == pytest.approx(log(10))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    truth, held, rounds = np.array([0.7, 0.0, -0.7]), 0, 60
    chance = np.random.default_rng(5)
    odds = 1 / (1 + np.exp(truth[None, :] - truth[:, None]))
    for _ in range(rounds):
        seeds = []
        for _ in range(40):
            beaten = np.triu(chance.random((3, 3)) < odds, 1)
            seeds.append(beaten + np.tril(1 - beaten.T, -1).astype(float))
        first = ratings(seeds, generator())[0]
        points = 1000 + truth[0] * 400 / log(10)
        held += first.low <= points <= first.high
    assert held >= 0.85 * rounds


def test_intervals_need_five_seeds():
    one = np.array([[0, 1.0], [0, 0]])
    assert ratings([one] * 4, generator())[0].low is None
    assert ratings([one] * 5, generator())[0].low is not None
