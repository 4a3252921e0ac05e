"""The exact distribution of a whole-number outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MOST_WEIGHT = 2**53
"""JSON readers hold larger whole numbers inexactly."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Probabilities as whole-number weights: outcome `start + i` has `weights[i] / total`.

    Attributes:
        start: The lowest outcome.
        weights: Not negative; their sum is 1 to 2**53.

    Raises:
        ValueError: If the weights are negative, sum to nothing or to more than 2**53.
    """

    start: int
    weights: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.weights or min(self.weights) < 0:
            raise ValueError("weights must be one or more whole numbers >= 0")
        if not 0 < self.total <= MOST_WEIGHT:
            raise ValueError(f"weights must sum to 1 to 2**53, got {self.total}; see scaled()")

    @classmethod
    def scaled(cls, start: int, weights: Sequence[int], total: int = 1_000_000) -> Distribution:
        """Bring weights of any size to a total, each within one of its exact share.

        Outcomes at either end whose share comes to nothing are left out.

        Raises:
            ValueError: If a weight is negative or all are 0.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must not be negative, and some must be more than 0")
        below, cumulated, shares = 0, 0, []
        for weight in weights:
            cumulated += weight
            upto = (2 * cumulated * total + whole) // (2 * whole)
            shares.append(upto - below)
            below = upto
        return _trimmed(cls, start, shares)

    @classmethod
    def of_samples(cls, samples: Sequence[int]) -> Distribution:
        """Return the empirical distribution of equally likely outcomes, one or more."""
        counts = Counter(samples)
        low, high = min(counts), max(counts)
        return cls(low, tuple(counts[value] for value in range(low, high + 1)))

    @classmethod
    def of_event(cls, per_million: int) -> Distribution:
        """Return the distribution of a yes (1) or no (0) with a probability in millionths."""
        return cls(0, (1_000_000 - per_million, per_million))

    @property
    def total(self) -> int:
        """The sum of the weights."""
        return sum(self.weights)

    def quantile(self, percent: int) -> int:
        """Return the lowest outcome that is not exceeded with so many percent, 1 to 100."""
        needed, total, cumulated = percent, self.total, 0
        for index, weight in enumerate(self.weights):
            cumulated += weight
            if weight and 100 * cumulated >= needed * total:
                return self.start + index
        raise ValueError(f"percent must be 1 to 100, got {percent}")

    def weight_within(self, low: int, high: int) -> int:
        """Return the weight of the outcomes from `low` to `high`, both included."""
        return sum(self.weights[max(0, low - self.start) : max(0, high - self.start + 1)])


def _trimmed(cls: type[Distribution], start: int, weights: list[int]) -> Distribution:
    used = [index for index, weight in enumerate(weights) if weight]
    first, last = used[0], used[-1]
    return cls(start + first, tuple(weights[first : last + 1]))
