"""How long a diagnosis takes, against simulating the same episode once.

python -m benchmarks.diagnosing EPISODE [--processes N]

Prints seconds of the clock for both and their ratio, which other work on the machine spoils less.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

from tenure.scoring.ledger import ledger
from tenure.scoring.past import Past
from tenure.scoring.records import read


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time a diagnosis.")
    parser.add_argument("episode", type=Path)
    parser.add_argument("--processes", type=int)
    options = parser.parse_args()
    episode = read(options.episode)
    began = perf_counter()
    steps = sum(1 for _ in Past(episode).moments())
    floor = perf_counter() - began
    began = perf_counter()
    drawn = ledger(episode, processes=options.processes)
    taken = perf_counter() - began
    print(f"{steps:,} steps simulated once:   {floor:7.2f} s")
    ratio = taken / floor
    print(f"diagnosed, {len(drawn.entries):,} entries:  {taken:7.2f} s, {ratio:,.0f} times that")


if __name__ == "__main__":
    main()
