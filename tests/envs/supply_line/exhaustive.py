"""The least expected cost of a small line by trying every decision in every state, exactly.

Nothing here is shared with the recursion: only the rules of a week, and whole numbers.
"""

from functools import cache
from itertools import product

from tenure.envs.supply_line.demand import TOTAL_WEIGHT
from tenure.envs.supply_line.line import Stage, receive, sell, ship, week_cost_cents
from tenure.envs.supply_line.optimum import PRECISION_BITS
from tenure.envs.supply_line.terms import Terms


def least_cost(terms: Terms, stages: list[Stage], regime: int) -> float:
    """Return the least expected cost from week 0 on, in parts of 2**-12 cents.

    Every shipment that a stage above can make is tried, and every production up to what customers
    could ever want.
    """
    most_demand = max(len(one.weights) for one in terms.regimes) - 1

    @cache
    def scaled_cost(week: int, state: tuple, regime: int) -> int:
        """Return the cost times 2**40 to the power of the weeks left."""
        if week == terms.horizon_weeks:
            return 0
        return min(after(week, state, regime, orders) for orders in decisions(week, state))

    def decisions(week: int, state: tuple) -> list[list[int]]:
        most = [on_hand for on_hand, _, _ in state[1:]]
        goods = sum(on_hand + sum(inbound) - owed for on_hand, owed, inbound in state)
        wanted = (terms.horizon_weeks - week) * most_demand
        return [list(units) for units in product(*map(upto, [*most, max(0, wanted - goods)]))]

    def after(week: int, state: tuple, regime: int, orders: list[int]) -> int:
        weeks_left = terms.horizon_weeks - week - 1
        total = 0
        for demand, weight in enumerate(terms.regimes[regime].weights):
            cents, reached = pass_week(week, state, orders, demand)
            total += weight * TOTAL_WEIGHT * cents << 40 * weeks_left
            for following, chance in switches(regime):
                total += weight * chance * scaled_cost(week + 1, reached, following)
        return total

    def pass_week(week: int, state: tuple, orders: list[int], demand: int) -> tuple[int, tuple]:
        line = [Stage(on_hand, owed, list(inbound)) for on_hand, owed, inbound in state]
        ship(line, orders, [False] * len(line))
        sell(line[0], demand)
        cents = sum(week_cost_cents(line, terms.sheet(week)))
        receive(line)
        return cents, frozen(line)

    def switches(regime: int) -> list[tuple[int, int]]:
        if len(terms.regimes) == 1:
            return [(regime, TOTAL_WEIGHT)]
        following = (regime + 1) % len(terms.regimes)
        return [(regime, terms.stay_weight), (following, terms.switch_weight)]

    whole = scaled_cost(0, frozen(stages), regime)
    return (whole << PRECISION_BITS) / (1 << 40 * terms.horizon_weeks)


def upto(most: int) -> range:
    return range(most + 1)


def frozen(stages: list[Stage]) -> tuple:
    return tuple((one.on_hand_units, one.owed_units, tuple(one.inbound_units)) for one in stages)
