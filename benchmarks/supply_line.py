"""Supply Line's recursion against stockpyl's, against what is published, and against simulation.

The line of the published figures: Poisson demand of 8 a week, lead times of 2 weeks, holding costs
1, 0.75, 0.5, 0.25 and a backorder cost of 9. Goal: the same base-stock levels, and costs a week
within 0.1 %. Needs the peer: `pip install 'tenure[bench]'`.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import mean, stdev
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from tenure.envs.chance import Chance
from tenure.envs.jobs import Briefing, Policy
from tenure.envs.supply_line import JOB
from tenure.envs.supply_line.demand import Regime, weekly_weights
from tenure.envs.supply_line.line import Stage, receive, sell, ship, week_cost_cents
from tenure.envs.supply_line.optimum import PRECISION_BITS, solve
from tenure.envs.supply_line.play import LinePlay
from tenure.envs.supply_line.policies.base_stock import Planner, local_levels
from tenure.envs.supply_line.policies.texts import read_terms
from tenure.envs.supply_line.policies.weekly import every_week, orders_up_to
from tenure.envs.supply_line.terms import CostSheet, Terms

PUBLISHED_COST = 38.03
PUBLISHED_LEVELS = [34, 52, 68, 85]
DEMAND_UNITS, LEAD_WEEKS = 8, 2
HOLDING_CENTS, BACKORDER_CENTS = (100, 75, 50, 25), 900
SIMULATED_WEEKS, WARM_UP_WEEKS, BATCH_WEEKS = 60_000, 100, 600
SEEDS = range(1, 21)
SHIFT = JOB.world.Parameters(regimes="hidden")


class Solution(NamedTuple):
    """What a solver says of the line in the long run: echelon levels in units, cost a week."""

    levels: list[int]
    cost: float
    seconds: float


def line(weeks: int) -> Terms:
    """Return the terms of the published line."""
    regime = Regime("steady", DEMAND_UNITS, weekly_weights("poisson", DEMAND_UNITS))
    sheet = CostSheet(0, HOLDING_CENTS, BACKORDER_CENTS)
    return Terms(weeks, (LEAD_WEEKS,) * 4, (sheet,), (regime,))


def ours() -> Solution:
    """Solve two horizons: their difference is what a week costs in the long run."""
    began = time.perf_counter()
    optimum = solve.__wrapped__(line(120))
    seconds = time.perf_counter() - began
    stages = [Stage(DEMAND_UNITS, 0, [DEMAND_UNITS] * LEAD_WEEKS) for _ in range(4)]
    longer = optimum.value(stages, 0)
    difference = (longer - solve(line(100)).value(stages, 0)) / (1 << PRECISION_BITS)
    levels = [optimum.level_units(0, stage, 0) for stage in range(4)]
    return Solution(levels, difference / 20 / 100, seconds)


def theirs() -> Solution:
    """Let stockpyl solve the endless line.

    It counts the week of the sale as a week of the retailer's lead time and charges for the goods
    on their way in it, which the world does not: that is taken off.
    """
    ssm_serial, network = _peer()
    began = time.perf_counter()
    levels, cost = ssm_serial.optimize_base_stock_levels(network=network)
    seconds = time.perf_counter() - began
    extra = HOLDING_CENTS[1] * DEMAND_UNITS / 100
    return Solution([int(levels[node]) for node in (1, 2, 3, 4)], cost - extra, seconds)


def _peer() -> tuple[Any, Any]:
    """Import stockpyl 1.0, made to run with NumPy 2, and build the line in its terms."""
    from stockpyl import helpers, ssm_serial
    from stockpyl.supply_chain_network import serial_system

    found_nearest = helpers.find_nearest

    def array(*values: Any, copy: bool = True, **options: Any) -> Any:
        return np.array(*values, copy=copy or None, **options)  # what `copy=False` used to mean

    def find_nearest(*arguments: Any) -> Any:
        found = found_nearest(*arguments)
        return found.item() if found.size == 1 else found  # such an array was once a number

    names = {name: getattr(np, name) for name in dir(np) if not name.startswith("_")}
    helpers.np = SimpleNamespace(**{**names, "array": array})
    ssm_serial.find_nearest = find_nearest
    nodes = (1, 2, 3, 4)
    above_cents = (*HOLDING_CENTS[1:], 0)
    steps = [here - above for here, above in zip(HOLDING_CENTS, above_cents, strict=True)]
    network = serial_system(
        num_nodes=4,
        node_order_in_system=[4, 3, 2, 1],
        echelon_holding_cost={node: step / 100 for node, step in zip(nodes, steps, strict=True)},
        shipment_lead_time={1: LEAD_WEEKS + 1, 2: LEAD_WEEKS, 3: LEAD_WEEKS, 4: LEAD_WEEKS},
        stockout_cost={1: BACKORDER_CENTS / 100, 2: 0, 3: 0, 4: 0},
        demand_type={1: "P", 2: None, 3: None, 4: None},
        mean={1: DEMAND_UNITS, 2: None, 3: None, 4: None},
    )
    return ssm_serial, network


def simulated_cost() -> tuple[float, float]:
    """Return what a week costs when each stage alone keeps its own level, and the standard error.

    The error is that of the means of batches, long enough to be independent.
    """
    terms = line(120)
    levels = local_levels(terms)
    stages = [Stage(level, 0, [0] * LEAD_WEEKS) for level in levels]
    costs = []
    for word in Chance(1).words("demand", count=WARM_UP_WEEKS + SIMULATED_WEEKS):
        ship(stages, orders_up_to(levels, stages), [False] * 4)
        sell(stages[0], terms.regimes[0].draw(word))
        costs.append(sum(week_cost_cents(stages, terms.sheets[0])) / 100)
        receive(stages)
    batches = [
        mean(costs[start : start + BATCH_WEEKS])
        for start in range(WARM_UP_WEEKS, len(costs), BATCH_WEEKS)
    ]
    return mean(batches), stdev(batches) / len(batches) ** 0.5


# --- a demand that shifts unseen -----------------------------------------------------------------


def assume(percent: int) -> Callable[[Briefing], Policy]:
    """Return a plan for one steady demand, in per cent of the busy mood's mean."""

    def policy(briefing: Briefing) -> Policy:
        terms = read_terms(briefing.opening)
        busiest = max(regime.mean_units for regime in terms.regimes)
        units = max(1, round(busiest * percent / 100))
        steady = Regime("assumed", units, weekly_weights("poisson", units))
        plan = Planner(replace(terms, regimes=(steady,), switch_weight=0))
        return every_week(briefing, plan.orders)

    return policy


def mean_cost(policy: Callable[[Briefing], Policy]) -> float:
    """Return what a week costs on average over the seeds, without luck, in dollars."""
    return -mean(_earned(policy, seed) for seed in SEEDS) / SHIFT.horizon_weeks / 100


def _earned(policy: Callable[[Briefing], Policy], seed: int) -> int:
    world = JOB.make(SHIFT, seed)
    script = policy(Briefing("", world.opening(), world.toolbox, seed=0))
    call = next(script)
    while not (step := world.step(call.to_json())).ended:
        call = script.send(step.text)
    return world.earned


def main() -> None:
    """Print levels and costs beside each other, then what planning for a constant is worth."""
    try:
        import stockpyl  # noqa: F401  only to see that it is there
    except ImportError:
        sys.exit("The peer is missing: pip install 'tenure[bench]'")
    mine, peer = ours(), theirs()
    print(f"levels: published {PUBLISHED_LEVELS}, tenure {mine.levels}, stockpyl {peer.levels}")
    print("cost a week                   tenure     theirs      ratio")
    for name, cost in (("stockpyl", peer.cost), ("published", PUBLISHED_COST)):
        print(
            f"  {name:<22}{mine.cost:12.4f}{cost:11.4f}{mine.cost / cost:11.5f}     goal 1 +- 0.001"
        )
    simulated, error = simulated_cost()
    print(
        f"  simulated, {SIMULATED_WEEKS:,} weeks{mine.cost:11.4f}{simulated:11.4f}"
        f"{mine.cost / simulated:11.5f}     standard error {error:.4f}"
    )
    print(
        f"seconds: tenure {mine.seconds:.3f} for 120 weeks, stockpyl {peer.seconds:.3f} for the "
        f"long run; ratio {mine.seconds / peer.seconds:.2f}"
    )
    _print_spread()
    _print_shift()


def _print_spread() -> None:
    """Print how much scores of one start vary, with and without luck."""
    start = LinePlay(JOB.world.Parameters(mean_demand_units=(8, 8), lead_weeks=(2, 2)), 1)
    levels = local_levels(start.draw.terms)
    rules: dict[str, Callable[[LinePlay], list[int]]] = {
        "null": lambda _: [0] * 4,
        "pass-through": lambda play: [play.demand_units] * 4,
        "mean-demand": lambda play: orders_up_to([24, 16, 16, 16], play.stages),
        "local-base-stock": lambda play: orders_up_to(levels, play.stages),
    }
    print("\none start, 400 demands: deviation of the score, without luck, ratio")
    for name, rule in rules.items():
        scores, earned = zip(*(_replayed(seed, rule) for seed in range(400)), strict=True)
        print(
            f"{name:<18}{stdev(scores) / 100:10.2f}{stdev(earned) / 100:10.2f}"
            f"{stdev(earned) / stdev(scores):8.3f}"
        )


def _replayed(seed: int, rule: Callable[[LinePlay], list[int]]) -> tuple[int, int]:
    """Play the one start with another demand; return the score, and it without luck."""
    play = LinePlay(JOB.world.Parameters(mean_demand_units=(8, 8), lead_weeks=(2, 2)), 1)
    (regime,) = play.draw.terms.regimes
    words = Chance(10**6 + seed).words("demand", count=play.draw.terms.horizon_weeks)
    play.draw = replace(play.draw, demand_units=tuple(map(regime.draw, words)))
    while not play.over:
        play.play_week(rule(play))
    found = play.assessment()
    return found["result_cents"], found["result_cents"] - found["luck_cents"]


def _print_shift() -> None:
    least = -mean(JOB.bound(SHIFT, seed) for seed in SEEDS) / SHIFT.horizon_weeks / 100
    planner = mean_cost(JOB.policies["echelon-base-stock"])
    grid = {percent: mean_cost(assume(percent)) for percent in range(50, 131, 10)}
    best = min(grid, key=grid.__getitem__)
    print(f"\nmood not told, seeds {SEEDS.start}-{SEEDS.stop - 1}, cost a week without luck:")
    print(f"bound (mood told)          {least:8.2f}")
    print(f"Bayes filter               {planner:8.2f}   {planner / least:6.3f} x the bound")
    print(
        f"best constant: {best:3} %       {grid[best]:8.2f}   {grid[best] / least:6.3f} x the bound"
    )
    print("by assumed demand, % of busy: " + ", ".join(f"{p}: {c:.2f}" for p, c in grid.items()))


if __name__ == "__main__":
    main()
