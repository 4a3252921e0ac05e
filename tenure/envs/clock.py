"""Simulated time: whole minutes since midnight of the first day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

MINUTES_PER_DAY = 1440
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day_of(minute: int) -> int:
    """Return the 0-based day that holds a minute."""
    return minute // MINUTES_PER_DAY


def at(day: int, hour: int, minute: int = 0) -> int:
    """Return the simulated minute of a time of day."""
    return day * MINUTES_PER_DAY + hour * 60 + minute


class Calendar:
    """Dates of the simulated days.

    Args:
        start: The date of day 0.
        days: How many days to prepare; later days are answered too, only slower.
    """

    def __init__(self, start: date, days: int) -> None:
        self._start = start
        self._labels = _labels(start, days + 1)

    def date(self, day: int) -> date:
        """Return the date of a 0-based day."""
        return self._start + timedelta(days=day)

    def weekday(self, day: int) -> int:
        """Return 0 for Monday to 6 for Sunday."""
        return (self._start.weekday() + day) % 7

    def month(self, day: int) -> int:
        """Return 1 to 12."""
        return self.date(day).month

    def label(self, day: int) -> str:
        """Return a day as a reader sees it, such as `Mon 2026-01-05`."""
        return self._labels[day] if day < len(self._labels) else _label(self.date(day))

    def stamp(self, minute: int) -> str:
        """Return a minute as a reader sees it, such as `Mon 2026-01-05 09:30`."""
        day, rest = divmod(minute, MINUTES_PER_DAY)
        return f"{self.label(day)} {rest // 60:02d}:{rest % 60:02d}"


@lru_cache(maxsize=64)
def _labels(start: date, days: int) -> tuple[str, ...]:
    """Return the labels of days from a date on, which worlds of many seeds share."""
    return tuple(_label(start + timedelta(days=day)) for day in range(days))


def _label(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.isoformat()}"
