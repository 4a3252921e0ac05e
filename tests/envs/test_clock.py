from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.clock import Agenda, Calendar, at, day_of


def test_minutes_and_days():
    assert at(2, 9, 30) == 2 * 1440 + 570
    assert day_of(at(2, 23, 59)) == 2
    assert day_of(at(3, 0)) == 3


def test_a_calendar_names_its_days_also_beyond_the_prepared_ones():
    calendar = Calendar(date(2026, 1, 5), days=10)
    assert calendar.stamp(at(0, 8, 5)) == "Mon 2026-01-05 08:05"
    assert calendar.label(27) == "Sun 2026-02-01"
    assert (calendar.weekday(27), calendar.month(27)) == (6, 2)


def test_appointments_come_in_order_of_time_and_then_of_planning():
    agenda = Agenda()
    agenda.plan(20, "second")
    agenda.plan(10, "first", "a")
    agenda.plan(20, "third")
    assert agenda.next_due(9) is None
    came = [agenda.next_due(20) for _ in range(3)]
    assert [(due.kind, due.subject) for due in came] == [
        ("first", "a"),
        ("second", ""),
        ("third", ""),
    ]
    assert agenda.next_due(10_000) is None


@given(st.lists(st.integers(0, 100)))
def test_nothing_planned_is_lost(minutes):
    agenda = Agenda()
    for minute in minutes:
        agenda.plan(minute, "tick")
    came = []
    while due := agenda.next_due(100):
        came.append(due.minute)
    assert came == sorted(minutes)
