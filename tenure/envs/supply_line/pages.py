"""What the agent reads: plain texts of the line."""

from __future__ import annotations

from collections.abc import Sequence

from tenure.envs.log import Log
from tenure.envs.supply_line.demand import TOTAL_WEIGHT, Family, Regime
from tenure.envs.supply_line.draw import Draw
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.state import SupplyLineState, Week
from tenure.envs.supply_line.terms import STAGES, CostSheet

_FAMILIES: dict[Family, str] = {
    "poisson": "Poisson, mean {mean}",
    "lumpy": "negative binomial, mean {mean}, variance three times that",
    "uniform": "0 to {most}, each equally likely",
}


def dollars(cents: int) -> str:
    """Write cents as dollars, such as `$1.23`, without thousands separators."""
    return f"${cents // 100}.{cents % 100:02d}"


def by_stage(units: Sequence[int]) -> str:
    """Write a number for each stage."""
    return ", ".join(f"{name} {number}" for name, number in zip(STAGES, units, strict=True))


def terms_page(draw: Draw, parameters: SupplyLineParameters, week: int = 0) -> str:
    """Tell the costs of a week, the lead times, and how customers buy."""
    return "\n".join(
        [
            cost_page(draw.terms.sheet(week)),
            f"Weeks on the way to each stage: {by_stage(draw.terms.lead_weeks)} (production).",
            _demand_page(draw, parameters),
        ]
    )


def cost_page(sheet: CostSheet) -> str:
    """Tell what the end of a week costs."""
    holding = ", ".join(
        f"{name} {dollars(cents)}" for name, cents in zip(STAGES, sheet.holding_cents, strict=True)
    )
    return (
        f"Cost of a unit in stock at the end of a week: {holding}. A unit on its way from a stage "
        "costs what it costs there; one in production costs nothing yet.\n"
        f"Cost of a unit that customers wait for: {dollars(sheet.backorder_cents)} a week."
    )


def _demand_page(draw: Draw, parameters: SupplyLineParameters) -> str:
    kinds = [_kind(regime, parameters.demand_family) for regime in draw.terms.regimes]
    if len(kinds) == 1:
        return f"Customers' demand of a week, independent of all others: {kinds[0]}."
    moods = "; ".join(
        f"{regime.name}: {kind}" for regime, kind in zip(draw.terms.regimes, kinds, strict=True)
    )
    told = "Each Monday you are told the mood."
    if parameters.regimes == "hidden":
        told = "Nobody tells you the mood."
    percent = 100 * draw.terms.switch_weight / TOTAL_WEIGHT
    return (
        f"Customers' demand of a week depends on their mood. {moods}. From one week to the next "
        f"the mood changes with a chance of {percent:.2f} %. {told}"
    )


def _kind(regime: Regime, family: Family) -> str:
    return _FAMILIES[family].format(mean=regime.mean_units, most=2 * regime.mean_units)


def line_page(state: SupplyLineState, mood: str) -> str:
    """Show where the goods are on a Monday, after what arrived."""
    rows = [
        (
            name,
            stage.on_hand_units,
            stage.owed_units,
            arrived,
            ", ".join(f"{units}" for units in stage.inbound_units),
        )
        for name, stage, arrived in zip(STAGES, state.stages, state.arrived_units, strict=True)
    ]
    heads = ("stage", "in stock", "owes", "arrived", "arriving in the weeks to come")
    table = "\n".join("{:<12} {:>8} {:>6} {:>8}  {}".format(*row) for row in (heads, *rows))
    told = f"\nCustomers are in a {mood} mood this week." if mood else ""
    return f"{table}{told}"


def report_page(week: Week, number: int, total_cents: int) -> str:
    """Tell how a week went."""
    waiting = week.owed_units[0]
    return (
        f"Week {number}: customers wanted {week.demand_units}, got {week.sold_units}, "
        f"{waiting} still waited for at the end. Cost: {dollars(sum(week.cost_cents))}, "
        f"{dollars(total_cents)} since the start."
    )


def history_page(weeks: Log[Week], count: int) -> str:
    """Show the last weeks, oldest first; four numbers are by stage, retailer first."""
    if not len(weeks):
        return "No week is over yet."
    heads = ("week", "demand", "sold", "ordered", "shipped", "in stock", "owed", "cost")
    first = len(weeks) - min(count, len(weeks)) + 1
    rows = [
        (
            str(number),
            str(week.demand_units),
            str(week.sold_units),
            *(
                "/".join(map(str, units))
                for units in (
                    week.order_units,
                    week.shipped_units,
                    week.on_hand_units,
                    week.owed_units,
                )
            ),
            dollars(sum(week.cost_cents)),
        )
        for number, week in enumerate(weeks.last(count), start=first)
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    ]
    stages = "/".join(STAGES)
    return "\n".join([f"Where there are four numbers: {stages}.", *lines])
