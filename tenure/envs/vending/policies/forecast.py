"""What a shopkeeper believes of a product's customers, and the prices that follow from it.

Plain arithmetic alone, so that the script does the same on every platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as pairs
from typing import NamedTuple

_PRIOR_UNITS = 2.1
_PRIOR_DAYS = 1.5
_MEMORY = 0.99
_STEP_CENTS = 5
_REFERENCE_FACTORS = (0.70, 0.85, 1.0, 1.15, 1.35)
_ELASTICITIES = (1.6, 2.2, 2.8)
_TYPICAL_ELASTICITY = 2.2


class Curve(NamedTuple):
    """Linear demand: `base_units` a day at the reference price.

    Attributes:
        base_units: Units a day.
        reference_cents: The price customers find normal.
        elasticity: Relative loss of customers for a relative rise of the price, > 0.
    """

    base_units: float
    reference_cents: float
    elasticity: float

    def share(self, price_cents: float) -> float:
        """Return demand at a price, relative to that at the reference price."""
        distance = (price_cents - self.reference_cents) / self.reference_cents
        return max(0.0, 1.0 - self.elasticity * distance)

    def units(self, price_cents: float) -> float:
        """Return units a day at a price."""
        return self.base_units * self.share(price_cents)

    def best_price(self, unit_cost_cents: float) -> float:
        """Return the price of the highest profit."""
        return (self._prohibitive_cents + unit_cost_cents) / 2

    def price_to_sell(self, units_a_day: float) -> float:
        """Return the highest price at which so many come, not under that of the most revenue."""
        share = units_a_day / self.base_units if self.base_units else 0.0
        price_cents = self.reference_cents * (1.0 + (1.0 - share) / self.elasticity)
        return max(price_cents, self._prohibitive_cents / 2)

    @property
    def _prohibitive_cents(self) -> float:
        return self.reference_cents * (1.0 + 1.0 / self.elasticity)


class _Tally(NamedTuple):
    """What sold at one price: weighted days, and weighted units."""

    days: float = 0.0
    units: float = 0.0

    @property
    def square(self) -> float:
        """Weighted days times the square of the mean units a day."""
        return self.units * self.units / self.days if self.days else 0.0


@dataclass(slots=True)
class _Explanation:
    """A shape that demand may have, with the two sums by which least squares fit its height.

    Attributes:
        shape: Demand with one unit a day at the reference price.
        strangeness: How far it is from the custom of the trade, >= 0.
        cross: Weighted sum over the days observed of share times units.
        square: Weighted sum of squared shares.
    """

    shape: Curve
    strangeness: float
    cross: float = 0.0
    square: float = 0.0

    def observe(self, price_cents: int, units: float, weight: float) -> None:
        """Take in one day's sales."""
        share = self.shape.share(price_cents)
        self.cross += weight * share * units
        self.square += weight * share * share

    def base_units(self, weight: float) -> float:
        """Least squares, with a little weight on the usual demand."""
        prior_days = _PRIOR_DAYS * weight
        return (prior_days * _PRIOR_UNITS + self.cross) / (prior_days + self.square)

    def badness(self, squares: float, weight: float) -> float:
        """Return how badly it fits sales and custom.

        Args:
            squares: Sum over prices of weighted days times the square of the mean units a day.
            weight: That of the latest day.
        """
        base_units = self.base_units(weight)
        misfit = squares - base_units * (2 * self.cross - base_units * self.square)
        noise = 0.25 + 0.04 * base_units * base_units
        return misfit / weight / noise + self.strangeness


class Forecast:
    """A product's demand, learned from what it sold at which price.

    Each day weighs a little more than the one before, so that old sales fade without being touched.

    Attributes:
        days: Days observed.

    Args:
        market_cost_cents: What wholesalers typically ask; sets the first guess of a normal price.
    """

    def __init__(self, market_cost_cents: int) -> None:
        self.days = 0
        self._weight = 1.0
        self._tallies: dict[int, _Tally] = {}
        self._squares = 0.0
        self._explanations = _explanations(usual_cents=70 + 2 * market_cost_cents)
        self._curve: Curve | None = None

    @property
    def curve(self) -> Curve:
        """The demand that explains the sales best."""
        if self._curve is None:
            self._curve = self._best_curve()
        return self._curve

    def observe(self, price_cents: int, units: float) -> None:
        """Take in one day's sales, corrected for how busy the day was."""
        self.days += 1
        weight = self._weight = self._weight / _MEMORY
        before = self._tallies.get(price_cents, _Tally())
        tally = _Tally(before.days + weight, before.units + weight * units)
        self._tallies[price_cents] = tally
        self._squares += tally.square - before.square
        for explanation in self._explanations:
            explanation.observe(price_cents, units, weight)
        self._curve = None

    def _best_curve(self) -> Curve:
        squares, weight = self._squares, self._weight
        best = min(self._explanations, key=lambda one: one.badness(squares, weight))
        return best.shape._replace(base_units=best.base_units(weight))


def _explanations(usual_cents: float) -> list[_Explanation]:
    """Every shape of a grid around the usual price."""
    return [
        _Explanation(
            Curve(1.0, usual_cents * factor, elasticity),
            20 * (factor - 1) ** 2 + (elasticity - _TYPICAL_ELASTICITY) ** 2,
        )
        for factor, elasticity in pairs(_REFERENCE_FACTORS, _ELASTICITIES)
    ]


def rounded_price(price_cents: float) -> int:
    """Return a price as customers see it: whole steps of five cents."""
    return max(_STEP_CENTS, int(price_cents / _STEP_CENTS + 0.5) * _STEP_CENTS)
