"""One failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tenure.scoring.failures.sights import Sight


class Failure(NamedTuple):
    """Something that went wrong, and where.

    Attributes:
        code: Its class, such as `M1`.
        step: The number of the step that it hangs on.
        day: That step's day; 1 is the first.
        what: A sentence without full stop.
        until: The last step that belongs to it; `step` for one of one step.
        evidence: What it rests on, JSON-able.
    """

    code: str
    step: int
    day: int
    what: str
    until: int
    evidence: Mapping[str, Any] = {}

    @classmethod
    def of(cls, code: str, sight: Sight, what: str, evidence: Mapping[str, Any]) -> Failure:
        """Return a failure of one step."""
        return cls(code, sight.n, sight.scene.day, what, sight.n, evidence)

    def to_json(self) -> dict[str, Any]:
        """Return it as a plain object."""
        return self._asdict() | {"evidence": dict(self.evidence)}
