"""What the bookings desk can tell of an episode."""

from __future__ import annotations

from typing import Any, ClassVar

from tenure.envs.audit import Audit


class BookingsAudit(Audit):
    """Every evening a forecast can be given; that is all the work there is."""

    waiting: ClassVar[frozenset[str]] = frozenset({"wait_for_tomorrow"})
    idle_days: ClassVar[int] = 3

    def undone(self, world: Any) -> str:
        """Name tomorrow's forecast, until the end."""
        return "" if world.ended else "tomorrow's bookings can be forecast"
