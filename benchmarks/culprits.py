"""Whether the loss ledger names the fault of agents whose fault is known: the table of the docs.

python -m benchmarks.culprits [--seeds N] [--first-seed N] [FAULT ...]

A line a kind of fault: how often its cause was the one that accounts for the most at the steps of
the fault, what that lost by the ledger, and how much higher the same script scores without the
fault, both in the mean. A last line has the sums, and in how many episodes all losses add up to
V(s0) - G exactly.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from tenure.runner.culprits import CULPRITS, Verdict, verdicts


def lines(found: Iterable[Verdict]) -> Iterator[str]:
    """Yield the table as Markdown."""
    yield "| fault | named | of | as | lost there | gained without it |"
    yield "|---|---|---|---|---|---|"
    seen: list[Verdict] = []
    for name, group in groupby(found, key=lambda one: one.fault):
        own = list(group)
        seen += own
        costly = [one for one in own if one.is_costly]
        right = [one for one in costly if one.is_right]
        named = ", ".join(sorted({one.named for one in right})) or "-"
        lost, gained = (fmean(numbers) / 100 for numbers in _numbers(costly or own))
        yield f"| `{name}` | {len(right)} | {len(costly)} | {named} | {lost:,.2f} | {gained:,.2f} |"
    yield f"\n{_told(seen)}"


def _told(seen: Sequence[Verdict]) -> str:
    costly = [one for one in seen if one.is_costly]
    right = sum(one.is_right for one in costly)
    exact = sum(one.is_exact for one in seen)
    return (
        f"Named in {right} of {len(costly)} episodes in which the fault is noticeable, of "
        f"{len(seen)} played; all losses sum to V(s0) - G exactly in {exact} of {len(seen)}."
    )


def _numbers(own: Iterable[Verdict]) -> tuple[list[int], list[int]]:
    return [one.lost for one in own], [one.gained for one in own]


def main() -> None:
    """Play, and print."""
    parser = argparse.ArgumentParser(description="Ask the ledger about known faults.")
    parser.add_argument("faults", nargs="*", choices=[*CULPRITS, []], metavar="FAULT")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=2000)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    with TemporaryDirectory(prefix="tenure-") as folder:
        for line in lines(verdicts(Path(folder), seeds, options.faults)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
