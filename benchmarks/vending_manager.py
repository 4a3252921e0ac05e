"""Days a second of the vending manager's numeric faces, beside CartPole-v1's steps in the same run.

Goals: the single face plays 25,000 days a second on a core, the vectorised one 1,000,000 with 1,024
worlds. Drawing new worlds is measured apart: it happens once in an episode.
"""

import time
from statistics import median

import gymnasium
import numpy as np

from benchmarks.env_step import cartpole, seconds_per_step
from tenure.envs.vending.manager import VendingManagerVectorEnv

ROUNDS, STEPS, WORLDS, DAYS = 9, 4_000, 1_024, 365
RICH = {"start_balance_cents": 10_000_000}
"""So that no world goes bankrupt under random decisions, and a new one has to be drawn."""
ACTIONS = np.random.default_rng(1).integers(0, 8, size=(100, WORLDS, 16))


def single_seconds(env: gymnasium.Env, seed: int) -> tuple[float, float]:
    """Return the processor time of a day of one world, under random decisions, and of a reset."""
    begun = time.process_time()
    env.reset(seed=seed)
    drawn = time.process_time()
    days = 0
    for action in ACTIONS[:, seed % WORLDS].repeat(4, axis=0)[: DAYS - 1]:
        days += 1
        if env.step(action)[2]:
            break
    return (time.process_time() - drawn) / days, drawn - begun


def vector_seconds() -> tuple[float, float]:
    """Return the processor time of a day of all worlds together, and of drawing them."""
    env = VendingManagerVectorEnv(WORLDS, RICH)
    begun = time.process_time()
    env.reset(seed=1)
    drawn = time.process_time() - begun
    days = []
    for day in range(DAYS - 1):
        begun = time.process_time()
        env.step(ACTIONS[day % 100])
        days.append(time.process_time() - begun)
    return median(days), drawn


def main() -> None:
    """Print the rates and their ratios."""
    floor, env = cartpole(), gymnasium.make("tenure/VendingManager-v1", parameters=RICH)
    seconds_per_step(floor, 200)
    rounds = [
        (seconds_per_step(floor, STEPS), *single_seconds(env, seed))
        for seed in range(1, ROUNDS + 1)
    ]
    theirs, ours, draw = (median(column) for column in zip(*rounds, strict=True))
    day, drawn = vector_seconds()
    playing, whole = WORLDS / day, WORLDS * DAYS / (DAYS * day + drawn)
    print(f"{'CartPole-v1':<28}{1 / theirs:>12,.0f} steps/s")
    print(f"{'one world':<28}{1 / ours:>12,.0f} days/s     goal >= 25,000")
    print(f"{f'{WORLDS:,} worlds':<28}{playing:>12,.0f} days/s     goal >= 1,000,000")
    print(f"{'  with drawing them':<28}{whole:>12,.0f} days/s")
    print(f"{'drawing a world':<28}{draw * 1e3:>12.1f} ms, for a year")
    ratio = median(pair[0] / pair[1] for pair in rounds)
    print(f"{'one world / CartPole-v1':<28}{ratio:>12.2f}")
    print(f"{f'{WORLDS:,} worlds / one':<28}{playing * ours:>12.1f}")


if __name__ == "__main__":
    main()
