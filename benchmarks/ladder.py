"""Print how far a job's scripted agents get, raw and normalised, as a Markdown table.

Privileged scripts stand last, marked: they are told the truth of their seed and have no rank.
`share` is the score over the bound, both less what there was at the start.

python benchmarks/ladder.py vending/year --seeds 20
python benchmarks/ladder.py supply-line/year --figures above_optimum_permille bullwhip_permille
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import mean
from typing import Any, NamedTuple

from tenure.envs.world import World
from tenure.scenarios import References, Scenario, load, references
from tenure.scenarios.playing import acting, play


class Episode(NamedTuple):
    """How an episode ended; scores in units of the world's score figure.

    Attributes:
        score: With luck.
        earned: Without luck, as far as the world knows it.
        start: The score before anything was done.
        figures: The values of the figures asked for.
    """

    score: int
    earned: int
    start: int
    figures: list[int]
    calls: int
    seconds: float


def play_one(scenario: Scenario, policy_name: str, seed: int, figures: Sequence[str]) -> Episode:
    """Play one episode."""
    began = time.perf_counter()
    world = scenario.make_world(seed)
    heard = world.opening()
    start = _measured(world)[world.score]
    played = play(world, heard, acting(scenario, world, policy_name), scenario.limits.steps)
    measured = _measured(world)
    return Episode(
        score=measured[world.score],
        earned=played.earned,
        start=start,
        figures=[measured[name] for name in figures],
        calls=len(played.actions),
        seconds=time.perf_counter() - began,
    )


def _measured(world: World[Any]) -> dict[str, int]:
    return dict(zip((figure.name for figure in world.figures), world.measured, strict=True))


def share(episodes: Sequence[Episode], points: Sequence[References]) -> str:
    """Return the mean share of what the bound gains over the start; a dash if it gains nothing."""
    pairs = list(zip(episodes, points, strict=True))
    if any(point.bound <= episode.start for episode, point in pairs):
        return "-"
    shares = [(one.earned - one.start) / (point.bound - one.start) for one, point in pairs]
    return f"{mean(shares):.3f}"


def normalised(episodes: Sequence[Episode], points: Sequence[References]) -> float:
    """Return the mean normalised score over the seeds on which floor and bound differ."""
    shares = (
        point.normalised(episode.earned) for episode, point in zip(episodes, points, strict=True)
    )
    return mean(share for share in shares if share is not None)


def main() -> None:
    """Play every policy on every seed and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 1 to N (default 10)")
    parser.add_argument("--policies", nargs="*", help="only these (default: all)")
    parser.add_argument("--figures", nargs="*", default=[], help="also print these figures' means")
    options = parser.parse_args()
    scenario = load(options.scenario)
    known = [figure.name for figure in scenario.job.world.figures]
    if unknown := sorted({*options.figures} - {*known}):
        parser.error(f"no figure {', '.join(unknown)}; there are {', '.join(known)}")
    _print_table(scenario, range(1, options.seeds + 1), options.policies, options.figures)


def _print_table(
    scenario: Scenario, seeds: range, policies: Sequence[str] | None, figures: Sequence[str]
) -> None:
    points = [references(scenario, seed) for seed in seeds]
    print(
        f"{scenario.id} v{scenario.version}, seeds {seeds.start}-{seeds.stop - 1}, in "
        f"{scenario.make_world(1).score}; mean bound {mean(point.bound for point in points):,.0f}, "
        f"mean floor ({scenario.job.floor}) {mean(point.floor for point in points):,.0f}\n"
    )
    heads = ["policy", "mean", "min", "max", "luck", "normalised", "share", *figures, "calls", "s"]
    rows = [
        _row(
            f"{name} (privileged)" if name in scenario.oracles else name,
            [play_one(scenario, name, seed, figures) for seed in seeds],
            points,
        )
        for name in policies or [*scenario.job.policies, *scenario.oracles]
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    for cells in (heads, rule, *rows):
        first, *others = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        print("| " + " | ".join([first.strip().ljust(widths[0]), *others]) + " |")


def _row(name: str, episodes: Sequence[Episode], points: Sequence[References]) -> list[str]:
    scores = [episode.score for episode in episodes]
    figures = zip(*(episode.figures for episode in episodes), strict=True)
    return [
        name,
        *(f"{value:,.0f}" for value in (mean(scores), min(scores), max(scores))),
        f"{mean(episode.score - episode.earned for episode in episodes):,.0f}",
        f"{normalised(episodes, points):.3f}",
        share(episodes, points),
        *(f"{mean(values):,.0f}" for values in figures),
        f"{mean(episode.calls for episode in episodes):,.0f}",
        f"{mean(episode.seconds for episode in episodes):.2f}",
    ]


if __name__ == "__main__":
    main()
