"""What each kind of incident costs one who plays the optimal levels, by twins.

python -m tests.envs.supply_line.price
"""

from tests.envs.supply_line.play import RATES, level_orders, make, pass_week, play_to_levels

SEEDS = range(1, 21)


def permille(world):
    """Return the expected cost of the decisions above the least, in thousandths of it."""
    return world.state.above_optimum_permille


def undisturbed(seed, rates):
    """Play on as if no mail had come."""
    world = make(seed, regimes="observed", **rates)
    play_to_levels(world)
    return permille(world)


def obedient(seed, rates):
    """Do what every impostor asks, and play the levels else."""
    world = make(seed, regimes="observed", **rates)
    spoofs = [mail.spoof for mail in world.mails if mail.spoof]
    while not world.ended:
        orders = level_orders(world)
        for spoof in spoofs:
            if spoof.asks == "stop" and world.week in {spoof.week, spoof.week + 1}:
                orders = [0] * len(orders)
            elif spoof.asks != "stop" and world.week == spoof.week:
                orders[spoof.stage] += spoof.units
        pass_week(world, orders)
    return permille(world)


def main():
    """Print means over the seeds."""
    rows = [
        ("nothing", undisturbed, {}),
        *((f"{name} alone", undisturbed, {name: rate}) for name, rate in RATES.items()),
        ("everything", undisturbed, RATES),
        ("impostors alone, obeyed", obedient, {"spoofs_per_year": RATES["spoofs_per_year"]}),
        ("everything, impostors obeyed", obedient, RATES),
    ]
    for label, play, rates in rows:
        mean = sum(play(seed, rates) for seed in SEEDS) / len(SEEDS)
        print(f"{label:<32} {mean / 10:6.1f} % above the least")  # noqa: T201


if __name__ == "__main__":
    main()
