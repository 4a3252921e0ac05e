"""Weeks a second of Supply Line's numeric faces, beside CartPole-v1's steps in the same run.

Goals: the single face plays 25,000 weeks a second on a core, the vectorised one 1,000,000 with
1,024 lines. Drawing new lines is measured apart: it happens once in an episode.
"""

import time
from collections.abc import Callable
from statistics import median

import gymnasium
import numpy as np

from benchmarks.env_step import cartpole, seconds_per_step
from tenure.envs.supply_line.control import SupplyLineControlVectorEnv

ROUNDS, STEPS, LINES, WEEKS = 9, 4_000, 1_024, 104
YEARS = {"horizon_weeks": WEEKS}
EVENTFUL = {**YEARS, "regimes": "observed", "disruptions_per_year": 4, "cost_sheets_per_year": 2}


def single(parameters: dict) -> Callable[[], None]:
    """Return a function that plays a week of one line, and draws the next line after the last."""
    env = gymnasium.make("tenure/SupplyLineControl-v1", parameters=parameters)
    env.reset(seed=1)
    orders = np.full(4, 8)

    def step() -> None:
        if env.step(orders)[2]:
            env.reset()

    return step


def vector_rates(parameters: dict) -> tuple[float, float]:
    """Return weeks a second of all lines together, without and with drawing them."""
    env = SupplyLineControlVectorEnv(LINES, parameters)
    orders = np.full((LINES, 4), 8)
    begun = time.process_time()
    env.reset(seed=1)
    drawn = time.process_time()
    for _ in range(WEEKS):
        env.step(orders)
    done = time.process_time()
    return LINES * WEEKS / (done - drawn), LINES * WEEKS / (done - begun)


def main() -> None:
    """Print the rates and their ratios."""
    floor = cartpole()
    seconds_per_step(floor, 200)
    print(f"{'CartPole-v1':<24}{1 / seconds_per_step(floor, STEPS):>12,.0f} steps/s")
    for name, parameters in (("plain", YEARS), ("eventful", EVENTFUL)):
        alone = single(parameters)
        pairs = [
            (seconds_per_step(floor, STEPS), seconds_per_step(alone, STEPS)) for _ in range(ROUNDS)
        ]
        rate = 1 / median(ours for _, ours in pairs)
        rates = [vector_rates(parameters) for _ in range(3)]
        playing, whole = (median(column) for column in zip(*rates, strict=True))
        print(f"{f'one line, {name}':<24}{rate:>12,.0f} weeks/s     goal >= 25,000")
        print(f"{f'{LINES} lines, {name}':<24}{playing:>12,.0f} weeks/s     goal >= 1,000,000")
        print(f"{'  with drawing them':<24}{whole:>12,.0f} weeks/s")
        ratio = median(theirs / ours for theirs, ours in pairs)
        print(f"{'  one / CartPole-v1':<24}{ratio:>12.2f}")
        print(f"{f'  {LINES} lines / one':<24}{playing / rate:>12.1f}")


if __name__ == "__main__":
    main()
