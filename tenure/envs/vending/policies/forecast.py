"""What a shopkeeper believes of a product's customers, and the prices that follow from it.

Plain arithmetic alone, so that the script does the same on every platform.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product as pairs
from typing import NamedTuple

_PRIOR_UNITS = 2.1
_PRIOR_DAYS = 1.5
_MEMORY_PERCENT = 99
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
    days: float
    units: float


@dataclass(slots=True)
class Forecast:
    """A product's demand, learned from what it sold at which price.

    Attributes:
        market_cost_cents: What wholesalers typically ask; sets the first guess of a normal price.
        days: Days observed.
    """

    market_cost_cents: int
    days: int = 0
    _tallies: dict[int, _Tally] = field(default_factory=dict)
    _curve: Curve | None = None

    @property
    def curve(self) -> Curve:
        """The demand that explains the sales best."""
        if self._curve is None:
            self._curve = min(self._explanations())[1]
        return self._curve

    def observe(self, price_cents: int, units: float) -> None:
        """Take in one day's sales, corrected for how busy the day was."""
        self.days += 1
        self._tallies = {
            price: _Tally(days * _MEMORY_PERCENT / 100, sold * _MEMORY_PERCENT / 100)
            for price, (days, sold) in self._tallies.items()
        }
        days, sold = self._tallies.get(price_cents, _Tally(0.0, 0.0))
        self._tallies[price_cents] = _Tally(days + 1.0, sold + units)
        self._curve = None

    def _explanations(self) -> Iterator[tuple[float, Curve]]:
        """Every curve of a grid, with how badly it fits sales and custom of the trade."""
        usual_cents = 70 + 2 * self.market_cost_cents
        for factor, elasticity in pairs(_REFERENCE_FACTORS, _ELASTICITIES):
            shape = Curve(1.0, usual_cents * factor, elasticity)
            curve = shape._replace(base_units=self._base_units(shape))
            strangeness = 20 * (factor - 1) ** 2 + (elasticity - _TYPICAL_ELASTICITY) ** 2
            yield self._misfit(curve) + strangeness, curve

    def _base_units(self, shape: Curve) -> float:
        """Least squares, with a little weight on the usual demand."""
        numerator, denominator = _PRIOR_DAYS * _PRIOR_UNITS, _PRIOR_DAYS
        for price_cents, (_, units) in self._tallies.items():
            share = shape.share(price_cents)
            numerator += share * units
            denominator += share * share * self._tallies[price_cents].days
        return numerator / denominator

    def _misfit(self, curve: Curve) -> float:
        noise = 0.25 + 0.04 * curve.base_units * curve.base_units
        errors = (
            days * (units / days - curve.units(price_cents)) ** 2
            for price_cents, (days, units) in self._tallies.items()
        )
        return sum(errors) / noise


def rounded_price(price_cents: float) -> int:
    """Return a price as customers see it: whole steps of five cents."""
    return max(_STEP_CENTS, int(price_cents / _STEP_CENTS + 0.5) * _STEP_CENTS)
