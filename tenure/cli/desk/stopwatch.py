"""How long a person takes for a step, in real time."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

LONGEST_PAUSE_S = 120
"""A pause without a key or a click counts as work up to here: reading takes time."""


class Stopwatch:
    """Measures one step after another.

    Args:
        now: Returns seconds on a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self.start()

    def start(self) -> None:
        """Begin a step."""
        self._began = self._latest = self._now()
        self._active = 0.0

    def touch(self) -> None:
        """Take note that the person has done something."""
        now = self._now()
        self._active += min(now - self._latest, LONGEST_PAUSE_S)
        self._latest = now

    def stop(self) -> tuple[int, int]:
        """Return the milliseconds of the step, all of them and those without long pauses."""
        self.touch()
        return round((self._latest - self._began) * 1000), round(self._active * 1000)
