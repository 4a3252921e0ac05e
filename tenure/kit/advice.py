"""A broken rule that knows better what to do about it than the check that found it."""

from __future__ import annotations

from tenure.errors import ContractError


class AdvisedError(ContractError):
    """A broken rule.

    Attributes:
        advice: What to do about it.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice
