from datetime import date

from tenure.envs.clock import Calendar, at, day_of


def test_minutes_and_days():
    assert at(2, 9, 30) == 2 * 1440 + 570
    assert day_of(at(2, 23, 59)) == 2
    assert day_of(at(3, 0)) == 3


def test_a_calendar_names_its_days_also_beyond_the_prepared_ones():
    calendar = Calendar(date(2026, 1, 5), days=10)
    assert calendar.stamp(at(0, 8, 5)) == "Mon 2026-01-05 08:05"
    assert calendar.label(27) == "Sun 2026-02-01"
    assert (calendar.weekday(27), calendar.month(27)) == (6, 2)
