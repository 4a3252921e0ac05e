"""A JSON tool call in, text out, through the registered Gymnasium env; CartPole-v1 as the floor.

Goal: read tools at CartPole-v1's rate or better, and no slower at step 10,000 than at step 100.
"""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from statistics import median

import gymnasium

import tenure.envs  # noqa: F401  registers the environment
from tenure.envs.tools import ToolCall

READS = (
    ToolCall("check_bank"),
    ToolCall("check_machine"),
    ToolCall("check_storage"),
    ToolCall("read_inbox"),
    ToolCall("read_notes"),
    ToolCall("search_suppliers", {"query": "cold drinks"}),
)
ROUNDS, STEPS = 9, 4_000


def seconds_per_step(step: Callable[[], None], count: int) -> float:
    """Return process CPU seconds a call of `step` takes."""
    start = time.process_time()
    for _ in range(count):
        step()
    return (time.process_time() - start) / count


def vending_reader(episode_seed: int = 1) -> Callable[[], None]:
    """Return a function that uses the next read tool, in an episode that never ends on it."""
    env = gymnasium.make(
        "tenure/Vending-v1", parameters={"horizon_days": 3_650, "daily_fee_cents": 0}
    )
    env.reset(seed=episode_seed)
    actions: Iterator[str] = cycle(call.to_json() for call in READS)

    def step() -> None:
        env.step(next(actions))

    return step


def cartpole() -> Callable[[], None]:
    """Return a function that makes one step of CartPole-v1, resetting when a pole falls."""
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=1)
    actions = cycle((0, 1))

    def step() -> None:
        if env.step(next(actions))[2]:
            env.reset()

    return step


def main() -> None:
    """Print both rates, their ratio, and how an episode's steps slow down."""
    floor, reader = cartpole(), vending_reader()
    seconds_per_step(floor, 200)
    seconds_per_step(reader, 200)
    pairs = [
        (seconds_per_step(floor, STEPS), seconds_per_step(reader, STEPS)) for _ in range(ROUNDS)
    ]
    ours, theirs = median(pair[1] for pair in pairs), median(pair[0] for pair in pairs)
    print(f"CartPole-v1 step           {theirs * 1e6:8.2f} us")
    print(f"vending read tool          {ours * 1e6:8.2f} us")
    ratio = median(pair[0] / pair[1] for pair in pairs)
    print(f"rate / CartPole-v1's rate  {ratio:8.2f}     goal >= 1.0")
    print(f"step 10,000 / step 100     {flatness():8.2f}     goal <= 1.1")


def flatness() -> float:
    """Return the median over fresh episodes of (cost around step 10,000) / (around step 100)."""
    ratios = []
    for seed in range(5):
        reader = vending_reader(seed)
        seconds_per_step(reader, 60)
        early = seconds_per_step(reader, 1_000)
        seconds_per_step(reader, 8_440)
        ratios.append(seconds_per_step(reader, 1_000) / early)
    return median(ratios)


if __name__ == "__main__":
    main()
