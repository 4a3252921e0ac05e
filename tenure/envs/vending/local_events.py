"""Fairs, matches, roadworks and holidays: announced days with more or fewer customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from pydantic import BaseModel

from tenure.envs.chance import Chance, below, between, happens, pick_weighted
from tenure.envs.clock import Calendar
from tenure.envs.tables import table

Range = tuple[int, int]


class Kind(BaseModel, frozen=True, extra="forbid"):
    """A kind of event: how likely it is, and the ranges its length and effect are drawn from."""

    name: str
    weight: int
    days: Range
    traffic_permille: Range


class Street(BaseModel, frozen=True, extra="forbid"):
    """Everything about local events that a designer tunes: `local_events.yaml`."""

    notice_days: Range
    cancelled_permille: int
    kinds: tuple[Kind, ...]


class LocalEvent(NamedTuple):
    """Something that is announced for the street.

    Attributes:
        kind: What it is, such as `street fair`.
        told_day: The 0-based day on whose morning it is announced; may be before the first one.
        first_day: Its first 0-based day; no two events have the same.
        days: How long it lasts.
        traffic_permille: Multiplies the customers of each day.
        is_cancelled: Whether nothing comes of it; told on the morning of the first day.
    """

    kind: str
    told_day: int
    first_day: int
    days: int
    traffic_permille: int
    is_cancelled: bool

    @property
    def end_day(self) -> int:
        """The first day after it."""
        return self.first_day + self.days


@cache
def street() -> Street:
    """Read the data file."""
    path = resources.files("tenure.envs.vending") / "local_events.yaml"
    return Street.model_validate(table(path.read_text(encoding="utf-8")))


def draw_local_events(chance: Chance, per_1000_days: int, days: int) -> tuple[LocalEvent, ...]:
    """Draw the events of a number of days, and those announced in them for days beyond.

    In another future, what was announced before it began takes place all the same, unless it is
    cancelled; and nothing takes place that would have been announced by then and was not.
    """
    known_days = days + street().notice_days[1]
    per_million, turn = 1000 * per_1000_days, chance.future.first_day
    own = _drawn(chance, per_million, known_days)
    if not chance.future.number:
        return tuple(own.values())
    later = _drawn(chance.on(turn), per_million, known_days)
    told = {
        day: event._replace(is_cancelled=_is_cancelled_on(chance, day))
        for day, event in own.items()
        if max(0, event.told_day) < turn
    }
    new = {day: event for day, event in later.items() if max(0, event.told_day) >= turn}
    return tuple(event for _, event in sorted({**new, **told}.items()))


def _drawn(chance: Chance, per_million: int, days: int) -> dict[int, LocalEvent]:
    """Draw the events by their first day."""
    words = chance.words("local event", count=days)
    return {
        day: _draw_event(chance, day)
        for day, word in enumerate(words)
        if happens(word, per_million)
    }


def _is_cancelled_on(chance: Chance, day: int) -> bool:
    return is_cancelled(chance.on(day).word("local event cancelled", at=day))


def _draw_event(chance: Chance, day: int) -> LocalEvent:
    kind_word, length, effect, notice = chance.words("local event", str(day), count=4)
    kinds = street().kinds
    kind = pick_weighted(kind_word, kinds, [one.weight for one in kinds])
    return LocalEvent(
        kind=kind.name,
        told_day=day - between(notice, *street().notice_days),
        first_day=day,
        days=between(length, *kind.days),
        traffic_permille=between(effect, *kind.traffic_permille),
        is_cancelled=is_cancelled(chance.word("local event cancelled", at=day)),
    )


def is_cancelled(word: int) -> bool:
    """Tell whether an announced event is cancelled, by the word of its first day."""
    return below(word, 1000) < street().cancelled_permille


def traffic_permille(events: Iterable[LocalEvent], days: int) -> list[int]:
    """Return what the events that take place do to each day's customers."""
    traffic = [1000] * days
    for event in events:
        if not event.is_cancelled:
            for day in range(event.first_day, min(event.end_day, days)):
                traffic[day] = traffic[day] * event.traffic_permille // 1000
    return traffic


def news(events: Sequence[LocalEvent], day: int, calendar: Calendar) -> list[str]:
    """Return what is told of the street on a 0-based day's morning.

    An announcement says whether more or fewer customers come, not how many.
    """
    lines = []
    for event in events:
        if max(0, event.told_day) == day < event.first_day:
            lines.append(f"Announced: {event.kind} {_when(event, calendar)}.")
        elif event.first_day == day + 1:
            lines.append(f"Expected tomorrow: {event.kind}, {_effect(event)}.")
        if event.first_day == day and event.is_cancelled:
            lines.append(f"Cancelled: the {event.kind} that was to begin today.")
        elif event.first_day <= day < event.end_day and not event.is_cancelled:
            lines.append(f"Today: {event.kind}, {_effect(event)}.")
    return lines


def _when(event: LocalEvent, calendar: Calendar) -> str:
    first, last = event.first_day, event.end_day - 1
    span = f"on {calendar.label(first)} (day {first + 1})"
    if last > first:
        dates = f"{calendar.label(first)} to {calendar.label(last)}"
        span = f"from {dates} (days {first + 1} to {last + 1})"
    return f"{span}, {_effect(event)}"


def _effect(event: LocalEvent) -> str:
    return "more customers" if event.traffic_permille > 1000 else "fewer customers"
