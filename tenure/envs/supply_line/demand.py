"""Customers' weekly demand: exact integer distributions, and regimes that switch.

Each distribution is a table of whole weights that sum to 2**20, made by exact arithmetic. Demand is
drawn from the same table that the optimum is computed with, so the two agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import accumulate
from typing import Literal

Family = Literal["poisson", "lumpy", "uniform"]

TOTAL_WEIGHT = 2**20
WEIGHT_BITS = 20
_NEGLIGIBLE = Fraction(1, 2**24)


@dataclass(frozen=True, slots=True)
class Regime:
    """How customers buy while a regime lasts.

    Attributes:
        name: What the agent calls it.
        mean_units: Mean demand a week.
        weights: Weight of each demand from 0 units on; they sum to 2**20.
    """

    name: str
    mean_units: int
    weights: tuple[int, ...]

    def draw(self, word: int) -> int:
        """Map a random word in [0, 2**64) to a demand in units."""
        point = word >> (64 - WEIGHT_BITS)
        for units, reached in enumerate(accumulate(self.weights)):
            if point < reached:
                return units
        raise AssertionError("the weights do not sum to 2**20")


@cache
def weekly_weights(family: Family, mean_units: int) -> tuple[int, ...]:
    """Return the weights of demands 0, 1, 2 ... of a family with a given mean.

    Args:
        family: `poisson`; `lumpy`, negative binomial with three times the variance; or `uniform`
            on 0 to twice the mean.
        mean_units: Mean demand, >= 1.
    """
    return _apportioned(_RELATIVE[family](mean_units))


def _poisson(mean_units: int) -> list[Fraction]:
    return _series(lambda units: Fraction(mean_units, units))


def _lumpy(mean_units: int) -> list[Fraction]:
    """Return a negative binomial: of `mean / 2` successes at odds of 1 to 2."""
    size = Fraction(mean_units, 2)
    return _series(lambda units: (units - 1 + size) / units * Fraction(2, 3))


def _uniform(mean_units: int) -> list[Fraction]:
    return [Fraction(1)] * (2 * mean_units + 1)


_RELATIVE: Mapping[Family, Callable[[int], list[Fraction]]] = {
    "poisson": _poisson,
    "lumpy": _lumpy,
    "uniform": _uniform,
}


def _series(ratio: Callable[[int], Fraction]) -> list[Fraction]:
    """Return weights relative to that of 0, from the ratios of neighbours, to a negligible tail."""
    terms = [Fraction(1)]
    total = Fraction(1)
    while ratio(len(terms)) >= 1 or terms[-1] > total * _NEGLIGIBLE:
        terms.append(terms[-1] * ratio(len(terms)))
        total += terms[-1]
    return terms


def _apportioned(relative: Sequence[Fraction]) -> tuple[int, ...]:
    """Scale weights to whole numbers with the exact total, rounding the sums of the first ones."""
    total = sum(relative)
    reached = [round(part * TOTAL_WEIGHT / total) for part in accumulate(relative)]
    weights = [after - before for before, after in zip([0, *reached], reached, strict=False)]
    while not weights[-1]:
        weights.pop()
    return tuple(weights)


def draw_regimes(
    first: int, words: Sequence[int], switch_weight: int, regimes: int
) -> tuple[int, ...]:
    """Return the index of the regime of each week.

    Args:
        first: The regime of week 0.
        words: One random word for each later week.
        switch_weight: In 2**20 parts, how likely the regime is another one next week.
        regimes: How many there are; with one, nothing ever switches.
    """
    path = [first]
    for word in words:
        switches = regimes > 1 and word >> (64 - WEIGHT_BITS) < switch_weight
        path.append((path[-1] + 1) % regimes if switches else path[-1])
    return tuple(path)
