"""Control: loops (T3), thrash (T4), and days without work (T1, T5)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from math import log2

from tenure.scoring.failures.failure import Failure
from tenure.scoring.failures.sights import Sight

_LOOP_WINDOW, _LOOP_TIMES = 12, 4
_THRASH_WINDOW, _THRASH_BITS, _THRASH_WORK = 20, 1.71, 2
_PASSIVE_PERCENT = 80


class Loops:
    """Finds calls of one seat that bring the same answer again and again."""

    def __init__(self) -> None:
        self._recent: deque[Sight] = deque(maxlen=_LOOP_WINDOW)
        self._keys: deque[tuple[str, int, int]] = deque(maxlen=_LOOP_WINDOW)

    def judge(self, sight: Sight) -> Iterator[Failure]:
        """Look at one more step."""
        if sight.waits or (self._recent and self._recent[-1].scene.day != sight.scene.day):
            self._recent.clear()
            self._keys.clear()
        if sight.waits or not sight.tool:
            return
        key = sight.key
        self._recent.append(sight)
        self._keys.append(key)
        if self._keys.count(key) < _LOOP_TIMES:
            return
        alike = [one for one, other in zip(self._recent, self._keys, strict=True) if other == key]
        first, call = alike[1], sight.scene.call
        what = f"{call.text if call else ''} brings the same answer again and again"
        yield Failure.over("T3", (first, sight), what, {"tool": sight.tool})


class Thrash:
    """Finds many different calls of one seat and day that come to nothing."""

    def __init__(self) -> None:
        self._recent: deque[Sight] = deque(maxlen=_THRASH_WINDOW)

    def judge(self, sight: Sight, *, loops: bool) -> Iterator[Failure]:
        """Look at one more step.

        Args:
            sight: The step.
            loops: Whether it belongs to a loop, which explains it better.
        """
        if sight.waits or loops or (self._recent and self._recent[-1].scene.day != sight.scene.day):
            self._recent.clear()
        if sight.waits or not sight.tool:
            return
        self._recent.append(sight)
        if len(self._recent) < _THRASH_WINDOW:
            return
        worked = sum(one.works for one in self._recent)
        bits = entropy_bits(Counter(one.tool for one in self._recent))
        if worked <= _THRASH_WORK and bits >= _THRASH_BITS:
            first = self._recent[0]
            what = f"{_THRASH_WINDOW} calls of {len({o.tool for o in self._recent})} tools, no work"
            evidence = {"bits": round(bits, 2), "worked": worked}
            yield Failure.over("T4", (first, sight), what, evidence)


def entropy_bits(counts: Counter[str]) -> float:
    """Return the entropy of a distribution of names: 0 if there is only one."""
    total = counts.total()
    return -sum(count / total * log2(count / total) for count in counts.values())


class Idleness:
    """Finds stretches of days without work while there is some that pays, in one business.

    Several seats may have a part in it; the stretch is of the one that lets the days pass.

    Args:
        idle_days: From so many days on they count.
    """

    def __init__(self, idle_days: int) -> None:
        self._least_days = idle_days
        self._stretch: list[Sight] = []
        self._undone = ""
        self._worked_on = 0

    def judge(self, sight: Sight) -> Iterator[Failure]:
        """Look at one more step; a stretch is told of when it is over."""
        if sight.works:
            self._worked_on = sight.scene.day
        if sight.works or not (sight.undone or self._undone):
            yield from self.close(is_end=False)
            return
        if sight.scene.day == self._worked_on:
            return
        self._stretch.append(sight)
        if sight.scene.day - self._stretch[0].scene.day + 1 >= self._least_days:
            self._undone = self._undone or sight.undone

    def close(self, *, is_end: bool) -> Iterator[Failure]:
        """End the stretch, at the end of the record if `is_end`."""
        stretch, self._stretch = self._stretch, []
        undone, self._undone = self._undone, ""
        if not undone:
            return
        first, last = stretch[0], stretch[-1]
        days = last.scene.day - first.scene.day + 1
        passive = sum(one.waits or not one.tool for one in stretch)
        gives_up = is_end and 100 * passive >= _PASSIVE_PERCENT * len(stretch)
        code = "T1" if gives_up else "T5"
        what = f"{days} days without work, though {undone}"
        evidence = {"days": days, "passive": passive, "undone": undone}
        whose = next((one.seat for one in stretch if one.waits), first.seat)
        yield Failure.over(code, (first, last), what, evidence)._replace(seat=whose)
