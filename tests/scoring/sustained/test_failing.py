"""Stalls, failures for good, half-lives and recoveries, worked out by hand."""

import pytest

from tenure.scoring.sustained.course import Reading, by_morning, earned
from tenure.scoring.sustained.failing import failure, half_life, stalls
from tenure.scoring.sustained.recovery import shocked
from tenure.scoring.sustained.survival import Life

DAY = 1440
RISING = [float(day) for day in range(101)]
"""The worth of 100 days that earn 1 each, by morning."""
ONES = [1.0] * 100


def test_a_day_earns_what_the_next_morning_is_worth_more():
    mornings = by_morning(
        [Reading(480, 100), Reading(500, 90), Reading(DAY + 480, 130), Reading(2 * DAY, 125)]
    )
    assert mornings == [100, 130, 125]
    assert earned(mornings, 4) == [30, -5, 0, 0]


def test_what_a_week_has_brought_is_spread_over_its_days():
    assert by_morning([Reading(540, 0), Reading(7 * DAY, 70)]) == [0, 10, 20, 30, 40, 50, 60, 70]


def test_what_comes_after_the_last_night_belongs_to_the_last_day():
    assert by_morning([Reading(480, 5), Reading(DAY, 6), Reading(DAY, 9)]) == [5, 9]


def test_fourteen_days_without_work_are_a_stall():
    assert stalls({0, 14, 29}, 30, ONES) == [range(15, 29)]
    assert stalls(set(range(30)), 30, ONES) == []
    assert stalls(set(), 100, ONES) == [range(100)]


def test_who_loses_nothing_by_resting_does_not_stall():
    assert stalls({0}, 100, [0.0] * 100) == []


def test_a_stall_that_lasts_to_the_end_is_abandonment():
    found = failure(RISING, [range(5, 20), range(60, 100)], 100, ONES, "horizon")
    assert found == Life(60, "abandonment")
    assert failure(RISING, [range(5, 20)], 100, ONES, "horizon") == Life(100)


def test_who_is_never_worth_more_again_has_melted_down():
    worth = [*RISING[:41], *[30.0] * 60]
    assert failure(worth, [], 100, ONES, "horizon") == Life(40, "meltdown")


def test_a_bad_month_at_the_end_is_no_meltdown_before_it_has_30_days():
    worth = [*RISING[:72], *[70.0] * 29]
    assert failure(worth, [], 100, ONES, "horizon") == Life(100)


def test_there_is_no_meltdown_where_nobody_earns():
    assert failure([0.0] * 101, [], 100, [-1.0] * 100, "horizon") == Life(100)


@pytest.mark.parametrize(("reason", "cause"), [("bankrupt", "bankrupt"), ("tokens", "limit")])
def test_an_early_end_is_a_failure_of_its_own_kind(reason, cause):
    assert failure(RISING[:41], [], 40, ONES, reason) == Life(40, cause)


def test_what_came_first_is_the_failure():
    worth = [*RISING[:11], *[5.0] * 40]
    assert failure(worth, [range(30, 50)], 50, ONES, "bankrupt") == Life(10, "meltdown")


def days(*spans):
    return [value for length, value in spans for _ in range(length)]


def test_competence_is_halved_when_it_stays_at_half_of_its_first_level():
    reference = [2.0] * 360
    assert half_life(days((180, 2.0), (180, 1.0)), reference) == Life(180, "halved")
    assert half_life(days((180, 2.0), (180, 1.1)), reference) == Life(360)


def test_competence_that_comes_back_was_not_halved():
    own = days((150, 2.0), (180, 0.0), (30, 2.0))
    assert half_life(own, [2.0] * 360) == Life(360)


def test_one_bad_month_at_the_end_does_not_halve_it():
    assert half_life(days((330, 2.0), (30, 0.0)), [2.0] * 360) == Life(360)
    assert half_life(days((300, 2.0), (60, 0.0)), [2.0] * 360) == Life(300, "halved")


def test_a_level_is_a_share_so_a_bad_season_halves_nobody():
    season = days((180, 2.0), (180, 0.5))
    assert half_life(season, season) == Life(360)


def test_without_a_level_there_is_nothing_to_halve():
    assert half_life([0.0] * 360, [1.0] * 360) is None
    assert half_life([1.0] * 360, [0.0] * 360) is None


def test_a_shock_is_over_when_a_week_earns_nine_tenths_of_the_twins():
    twin, own = [10.0] * 100, [10.0] * 100
    own[50] = own[51] = 0.0
    (found,) = shocked(own, twin, [50], remedied={20, 51})
    assert (found.day, found.recovered_days, found.noticed_days) == (50, 2, 1)
    assert found.lost == 20
    assert found.gaps == (10, 10, *[0] * 28)


def test_a_shock_that_is_never_answered_counts_as_30_days():
    (found,) = shocked([0.0] * 100, [10.0] * 100, [10], remedied=set())
    assert (found.recovered_days, found.noticed_days, found.lost) == (30, 30, 300)


def test_shocks_without_time_to_themselves_are_left_out():
    found = shocked([1.0] * 100, [1.0] * 100, [0, 20, 70], remedied=None)
    assert [one.day for one in found] == [20]
    assert found[0].noticed_days is None


def test_what_cost_nothing_was_over_at_once():
    (found,) = shocked([-2.0] * 100, [-2.0] * 100, [5], remedied=None)
    assert (found.recovered_days, found.lost) == (0, 0)
