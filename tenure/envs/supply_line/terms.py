"""What one seed of Supply Line is like: lead times, cost sheets, and customers' regimes."""

from __future__ import annotations

from dataclasses import dataclass

from tenure.envs.supply_line.demand import TOTAL_WEIGHT, Regime

STAGES = ("retailer", "wholesaler", "distributor", "factory")
"""Downstream first: index 0 serves the customers, index 3 makes the goods."""


@dataclass(frozen=True, slots=True)
class CostSheet:
    """What a week costs, from a week on.

    Attributes:
        from_week: First 0-based week it holds for.
        holding_cents: By stage, for a unit in stock at the end of a week. A unit on its way from
            a stage costs what it costs there; one on its way from production costs nothing yet.
        backorder_cents: For a unit that customers are still waiting for at the end of a week.
    """

    from_week: int
    holding_cents: tuple[int, ...]
    backorder_cents: int


@dataclass(frozen=True, slots=True)
class Terms:
    """All that the optimal value of a line depends on, apart from where its goods are.

    Attributes:
        horizon_weeks: Weeks that count.
        lead_weeks: By stage, weeks from the moment goods leave the stage above until they arrive.
        sheets: Cost sheets in the order of their first week; the first is for week 0.
        regimes: How customers may buy.
        switch_weight: In 2**20 parts, how likely the regime is the next one in the next week.
    """

    horizon_weeks: int
    lead_weeks: tuple[int, ...]
    sheets: tuple[CostSheet, ...]
    regimes: tuple[Regime, ...]
    switch_weight: int = 0

    def sheet(self, week: int) -> CostSheet:
        """Return the cost sheet of a 0-based week."""
        return [sheet for sheet in self.sheets if sheet.from_week <= week][-1]

    @property
    def stay_weight(self) -> int:
        """In 2**20 parts, how likely the regime lasts another week."""
        return TOTAL_WEIGHT - self.switch_weight
