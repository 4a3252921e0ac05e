"""Piles of goods, in lots that expire together; the first to expire is the first to go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """Units of one product that expire on the same day.

    Attributes:
        last_day: The last 0-based day on which they can be sold.
        units: Whole units, > 0.
        cost_cents: Purchase cost of all of them together.
    """

    last_day: int
    units: int
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Pile:
    """Units of one product: what they cost, and how long they keep.

    Attributes:
        lots: One for each last day, the first to expire first; none is empty.
    """

    lots: tuple[Lot, ...] = ()

    @classmethod
    def of(cls, units: int, cost_cents: int, last_day: int) -> Pile:
        """Return a pile whose units all expire together; without units it is empty."""
        return cls((Lot(last_day, units, cost_cents),)) if units else cls()

    @property
    def units(self) -> int:
        """Whole units, >= 0."""
        lots = self.lots
        return lots[0].units if len(lots) == 1 else sum([lot.units for lot in lots])

    @property
    def cost_cents(self) -> int:
        """Purchase cost of all units together."""
        return sum([lot.cost_cents for lot in self.lots])

    def __add__(self, other: Pile) -> Pile:
        if not self.lots or not other.lots:
            return self if self.lots else other
        merged: dict[int, Lot] = {}
        for lot in (*self.lots, *other.lots):
            same = merged.get(lot.last_day)
            merged[lot.last_day] = _together(same, lot) if same else lot
        return Pile(tuple([merged[day] for day in sorted(merged)]))

    def take(self, units: int) -> tuple[Pile, Pile]:
        """Take the units that expire first; a lot that must be split is split at average cost.

        Returns:
            What was taken, and what is left. The two always add up to the pile.

        Raises:
            ValueError: If there are not as many units.
        """
        if not 0 <= units <= self.units:
            raise ValueError(f"cannot take {units} of {self.units} units")
        taken: list[Lot] = []
        for index, lot in enumerate(self.lots):
            if not units:
                return Pile(tuple(taken)), Pile(self.lots[index:])
            if units < lot.units:
                part, rest = _split(lot, units)
                return Pile((*taken, part)), Pile((rest, *self.lots[index + 1 :]))
            taken.append(lot)
            units -= lot.units
        return self, Pile()

    def expire(self, day: int) -> tuple[Pile, Pile]:
        """Divide the pile after a day.

        Returns:
            What cannot be sold on any later day, and what still can.
        """
        if not self.lots or self.lots[0].last_day > day:
            return Pile(), self
        gone = tuple([lot for lot in self.lots if lot.last_day <= day])
        return Pile(gone), Pile(self.lots[len(gone) :])


def _together(one: Lot, other: Lot) -> Lot:
    return Lot(one.last_day, one.units + other.units, one.cost_cents + other.cost_cents)


def _split(lot: Lot, units: int) -> tuple[Lot, Lot]:
    cost_cents = lot.cost_cents * units // lot.units
    return (
        Lot(lot.last_day, units, cost_cents),
        Lot(lot.last_day, lot.units - units, lot.cost_cents - cost_cents),
    )
