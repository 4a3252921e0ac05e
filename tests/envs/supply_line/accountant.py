"""A second accountant, who knows only running totals and echelons.

The world moves goods from pile to pile and charges each pile. Here nothing is moved: what has left
for a stage by a week is the less of what it has ordered and what the stage above has ever had, and
a week costs the echelon rates of the echelon stocks. That the two agree says that both are right.
"""

from itertools import accumulate


def weekly_costs_cents(draw, orders):
    """Return the cost of each week.

    Args:
        draw: The seed's draw.
        orders: By week, what each stage ordered.
    """
    weeks = range(len(orders))
    demand = list(accumulate(draw.demand_units))
    arrived = [_everything(weeks)] * (len(draw.on_hand_units) + 1)
    for stage in reversed(range(len(draw.on_hand_units))):
        left = _left_for(draw, stage, orders, arrived[stage + 1])
        arrived[stage] = _had(draw, stage, left, weeks)
    stocks = [[arrived[stage][week] - demand[week] for week in weeks] for stage in range(4)]
    below = [sum(draw.on_hand_units[:n]) + sum(map(sum, draw.inbound_units[:n])) for n in range(4)]
    return [
        _cost(draw.terms.sheet(week), [stocks[n][week] + below[n] for n in range(4)])
        for week in weeks
    ]


def _everything(weeks):
    """Return what the ground has: no end of raw material."""
    return [10**9 for _ in weeks]


def _left_for(draw, stage, orders, had_above):
    """Return what has left for a stage by each week."""
    ordered = list(accumulate(week[stage] for week in orders))
    left = []
    for week, total in enumerate(ordered):
        before = left[-1] if left else 0
        left.append(before if draw.closed(week)[stage] else min(total, had_above[week]))
    return left


def _had(draw, stage, left, weeks):
    """Return what a stage has ever had in stock by each week."""
    lead = draw.terms.lead_weeks[stage]
    first = [0, *accumulate(draw.inbound_units[stage])]
    return [
        draw.on_hand_units[stage]
        + first[min(week, lead)]
        + (left[week - lead] if week >= lead else 0)
        for week in weeks
    ]


def _cost(sheet, echelon_units):
    rates = [*sheet.holding_cents, 0]
    waiting = max(0, -echelon_units[0])
    holding = sum((rates[n] - rates[n + 1]) * units for n, units in enumerate(echelon_units))
    return holding + (sheet.backorder_cents + rates[0]) * waiting
