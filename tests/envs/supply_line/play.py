"""Worlds for the tests, and ways to play them."""

from functools import cache
from random import Random

from tenure.envs.chance import Chance
from tenure.envs.supply_line.draw import draw_line
from tenure.envs.supply_line.line import echelon_position_units
from tenure.envs.supply_line.notices import write_mails
from tenure.envs.supply_line.optimum import solve
from tenure.envs.supply_line.parameters import SupplyLineParameters
from tenure.envs.supply_line.terms import STAGES
from tenure.envs.supply_line.world import SupplyLineWorld

RATES = {
    "disruptions_per_year": 5,
    "rumours_per_year": 8,
    "spoofs_per_year": 6,
    "targets_per_year": 4,
    "cost_sheets_per_year": 2,
}
HOSTILE = {"regimes": "observed", **RATES}
"""As in the built-in scenario."""
STORMY = {"regimes": "observed", **dict.fromkeys(RATES, 26)}
"""As much of everything as there can be."""

SEEDS = range(30)
KINDS = {
    "disruptions_per_year": {"closure"},
    "rumours_per_year": {"rumour"},
    "spoofs_per_year": {"bait"},
    "targets_per_year": {"target"},
    "cost_sheets_per_year": {"cost_sheet"},
}
"""The kinds of mail that each rate brings."""


def make(seed=1, **parameters):
    return SupplyLineWorld(SupplyLineParameters(**parameters), seed)


def pass_week(world, orders):
    """Enter orders, end the week, and return what that told."""
    world.call("place_orders", **dict(zip(STAGES, orders, strict=True)))
    return world.call("end_week")


def play_at_random(world, seed):
    """Play to the end, reading about half of the mails."""
    random = Random(seed)
    while not world.ended:
        for number in list(world.state.unread):
            if random.random() < 0.5:
                world.call("read_mail", number=number)
        pass_week(world, [random.choice((0, random.randint(0, 30))) for _ in STAGES])


def play_to_levels(world):
    """Order up to the optimal levels, which know all costs to come but no closed link."""
    while not world.ended:
        pass_week(world, level_orders(world))


def level_orders(world):
    """Return the orders up to the optimal levels, less what is owed or cannot be shipped."""
    optimum = solve(world.draw.terms)
    stages, week = world.state.stages, world.week
    regime = world.draw.regime_path[week]
    orders = []
    for index, position in enumerate(echelon_position_units(stages)):
        wanted = optimum.level_units(week, index, regime) - position
        if index + 1 < len(stages):
            above = stages[index + 1]
            wanted = min(wanted, above.on_hand_units) - above.owed_units
        orders.append(max(0, wanted))
    return orders


@cache
def draw(seed, **parameters):
    return draw_line(SupplyLineParameters(**parameters), Chance(seed))


@cache
def mails(seed, **parameters):
    return write_mails(draw(seed, **parameters), Chance(seed))
