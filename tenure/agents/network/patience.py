"""How long one request is waited for in all."""

from __future__ import annotations

MAX_WAIT_S = 1_800
"""The longest that a request waits in all: pauses, holds, and attempts that failed."""


class OutOfPatience(Exception):  # noqa: N818  never leaves the network
    """A request would have to wait longer than it may."""


class Patience:
    """What is left of the time that one request may wait, however often it is repeated.

    Waiting for a turn that the run's own limits delay is no part of it.

    Args:
        seconds: All of it.

    Attributes:
        left_s: What is left; below 0 if the last wait took longer than there was left.
    """

    def __init__(self, seconds: float = MAX_WAIT_S) -> None:
        self.left_s = seconds

    def spend(self, seconds: float) -> None:
        """Take away what was waited."""
        self.left_s -= seconds
