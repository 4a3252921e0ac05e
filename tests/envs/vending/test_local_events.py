"""What is announced for the street, and what comes of it."""

from datetime import date

import pytest

from tenure.envs.chance import Chance
from tenure.envs.clock import Calendar
from tenure.envs.vending.local_events import (
    LocalEvent,
    draw_local_events,
    news,
    street,
    traffic_permille,
)
from tests.envs.vending.play import make, wait

CALENDAR = Calendar(date(2026, 1, 5), 60)
FAIR = LocalEvent("street fair", 2, 12, 2, 1300, is_cancelled=False)
WORKS = LocalEvent("roadworks", -3, 5, 4, 600, is_cancelled=False)
OFF = LocalEvent("football match", 1, 9, 1, 1400, is_cancelled=True)


def test_events_multiply_the_traffic_of_their_days_and_cancelled_ones_do_not():
    assert traffic_permille([WORKS], 8) == [1000] * 5 + [600] * 3
    assert traffic_permille([FAIR, OFF], 14) == [1000] * 12 + [1300] * 2


def test_events_on_the_same_day_add_up_by_multiplication():
    other = FAIR._replace(first_day=13)
    assert traffic_permille([FAIR, other], 15)[12:] == [1300, 1690, 1300]


def test_an_event_is_announced_days_before_and_told_of_while_it_lasts():
    told = {day: news([FAIR], day, CALENDAR) for day in range(20)}
    assert {day for day, lines in told.items() if lines} == {2, 11, 12, 13}
    dates = "from Sat 2026-01-17 to Sun 2026-01-18 (days 13 to 14)"
    assert told[2] == [f"Announced: street fair {dates}, more customers."]
    assert told[11] == ["Expected tomorrow: street fair, more customers."]
    assert told[12] == told[13] == ["Today: street fair, more customers."]


def test_what_was_announced_before_the_first_day_is_told_on_it():
    assert news([WORKS], 0, CALENDAR) == [
        "Announced: roadworks from Sat 2026-01-10 to Tue 2026-01-13 (days 6 to 9), fewer customers."
    ]


def test_a_cancelled_event_is_announced_and_called_off_on_its_morning():
    told = {day: news([OFF], day, CALENDAR) for day in range(20)}
    assert told[1] == ["Announced: football match on Wed 2026-01-14 (day 10), more customers."]
    assert told[8] == ["Expected tomorrow: football match, more customers."]
    assert told[9] == ["Cancelled: the football match that was to begin today."]
    assert told[10] == []


def test_events_are_drawn_within_what_the_data_file_says():
    events = [one for seed in range(30) for one in draw_local_events(Chance(seed), 30, 365)]
    kinds = {kind.name: kind for kind in street().kinds}
    assert {one.kind for one in events} == set(kinds)
    for one in events:
        kind = kinds[one.kind]
        assert kind.days[0] <= one.days <= kind.days[1]
        assert kind.traffic_permille[0] <= one.traffic_permille <= kind.traffic_permille[1]
        assert 8 <= one.first_day - one.told_day <= 14
    assert len(events) == pytest.approx(30 * 379 * 0.030, rel=0.2)
    cancelled = sum(one.is_cancelled for one in events)
    assert cancelled / len(events) == pytest.approx(0.15, abs=0.06)


def test_a_higher_rate_only_adds_events():
    few, many = (draw_local_events(Chance(3), rate, 365) for rate in (20, 60))
    assert set(few) < set(many)
    assert draw_local_events(Chance(3), 0, 365) == ()


def test_the_agent_reads_the_news_in_the_morning_reports():
    world = make(1, local_events_per_1000_days=200, horizon_days=40)
    told = [world.opening(), *(wait(world).text for _ in range(39))]
    for event in world.market.events:
        if 0 <= event.first_day < 40:
            assert f"Announced: {event.kind}" in told[max(0, event.told_day)]
            word = "Cancelled: the" if event.is_cancelled else "Today:"
            assert f"{word} {event.kind}" in told[event.first_day]


def test_the_record_says_what_came_of_every_event():
    world = make(1, local_events_per_1000_days=200, horizon_days=40)
    events = [one for _ in range(40) for one in wait(world).events if one["kind"] == "local_event"]
    assert events == [
        {
            "kind": "local_event",
            "event": one.kind,
            "days": one.days,
            "traffic_permille": one.traffic_permille,
            "cancelled": one.is_cancelled,
        }
        for one in world.market.events
        if one.first_day < 40
    ]
    assert {one["cancelled"] for one in events} == {True, False}
