"""One failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tenure.scoring.failures.sights import Sight
from tenure.scoring.records import StepRecord


class Failure(NamedTuple):
    """Something that went wrong, and where.

    Attributes:
        code: Its class, such as `M1`.
        step: The number of the step that it hangs on.
        day: That step's day; 1 is the first.
        what: A sentence without full stop.
        until: The last step that belongs to it; `step` for one of one step.
        evidence: What it rests on, JSON-able.
        seat: Whose it is in a world of several seats; empty for a main agent, or if nobody's.
    """

    code: str
    step: int
    day: int
    what: str
    until: int
    evidence: Mapping[str, Any] = {}
    seat: str = ""

    @classmethod
    def of(cls, code: str, sight: Sight, what: str, evidence: Mapping[str, Any]) -> Failure:
        """Return a failure of one step."""
        return cls.over(code, (sight, sight), what, evidence)

    @classmethod
    def over(
        cls, code: str, span: tuple[Sight, Sight], what: str, evidence: Mapping[str, Any]
    ) -> Failure:
        """Return a failure of a span of steps, told by its first and its last one."""
        first, last = span
        return cls(code, first.n, first.scene.day, what, last.n, evidence, first.seat)

    def covers(self, step: StepRecord) -> bool:
        """Tell whether a step belongs to it; what rivals do meanwhile does not."""
        is_meant = step["n"] == self.step or step.get("seat", "") == self.seat
        return self.step <= step["n"] <= self.until and is_meant

    def to_json(self) -> dict[str, Any]:
        """Return it as a plain object."""
        return self._asdict() | {"evidence": dict(self.evidence)}
