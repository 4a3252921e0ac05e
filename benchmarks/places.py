"""What other places to play in are worth: processes against this one, and Ray's dispatch.

    python -m benchmarks.places [--episodes 12] [--workers 2] [--no-ray]

Plays scripted years, verifies them, and prints ratios:

* this process / processes, playing and verifying: the gain; at best the number of workers;
* Ray's dispatch / episodes: what dispatching shards and asking for news takes, as a part of the
  processor time of the episodes; the goal is 1% or less. Once as the driver's processor time, once
  as all round trips one after the other, which also counts what Ray's own processes do.
"""

# ruff: noqa: SLF001  what is measured is on the inside
from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, takewhile
from operator import gt
from pathlib import Path
from typing import Any

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.runner import on_ray
from tenure.runner.inline import play_here
from tenure.runner.plan import assignments, draw_up
from tenure.runner.processes import play_in_processes, spread
from tenure.runner.run import Conditions, run
from tenure.runner.shards import SHARD_S, play_in_shards
from tenure.scenarios import load
from tenure.scoring.manifest import Manifest
from tenure.scoring.verification import verify

ROUND_TRIPS = 300


def timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Return seconds by the clock, and of this process's processor time."""
    began_s, cpu_s = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - began_s, time.process_time() - cpu_s


def play(folder: Path, manifest: Manifest, place: Any) -> tuple[float, float]:
    return timed(lambda: asyncio.run(run(folder, manifest, Watch(0), Conditions(place=place))))


async def ray_round_trip_s(ray: Any) -> float:
    async with on_ray._hands(ray, 1, None) as (worker,):
        hand = worker._hand = worker._actor.remote()
        await on_ray._answer(hand.news.remote())
        began_s = time.perf_counter()
        for _ in range(ROUND_TRIPS):
            await on_ray._answer(hand.news.remote())
        return (time.perf_counter() - began_s) / ROUND_TRIPS


async def on_hands(ray: Any, folder: Path, manifest: Manifest, workers: int) -> None:
    manifest.write(folder)
    async with on_ray._hands(ray, workers, None) as crew:
        failures = await play_in_shards(assignments(folder, manifest), crew, Watch(0), 4)
    assert failures == []


def measure_ray(folder: Path, manifest: Manifest, workers: int, episodes_s: float) -> None:
    ray = on_ray._connected("ray")
    week = draw_up(load("vending/week"), [AgentSpec(name="shopkeeper")], range(workers))
    asyncio.run(on_hands(ray, folder / "week", week, workers))  # what the first time costs is over
    wall_s, driver_s = timed(lambda: asyncio.run(on_hands(ray, folder / "year", manifest, workers)))
    trip_s = asyncio.run(ray_round_trip_s(ray))
    ray.shutdown()
    polled_s = accumulate(on_ray.pauses())
    polls = takewhile(partial(gt, SHARD_S), polled_s)
    trips = 1 + sum(1 for _ in polls)  # a shard, and news while it is played
    print(f"Ray, {workers} workers, once it has started: {wall_s:.1f} s")
    print(f"driver / episodes: {driver_s / episodes_s:.2%} ({driver_s:.2f} of {episodes_s:.1f} s)")
    print(f"round trips / episodes: {trips * trip_s / SHARD_S:.2%} ({1e3 * trip_s:.2f} ms each)")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--no-ray", action="store_true")
    options = parser.parse_args(words)
    manifest = draw_up(
        load("vending/year"), [AgentSpec(name="shopkeeper")], range(1, options.episodes + 1)
    )
    there = partial(play_in_processes, workers=options.workers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here_s, cpu_s = play(folder / "here", manifest, play_here)
        there_s, _ = play(folder / "there", manifest, there)
        print(
            f"playing {options.episodes} years: {here_s:.1f} s here, {there_s:.1f} s in "
            f"{options.workers} processes: {here_s / there_s:.2f} times as fast"
        )
        here_s, _ = timed(lambda: verify(folder / "here"))
        there_s, _ = timed(
            lambda: verify(folder / "here", partial(spread, workers=options.workers))
        )
        print(
            f"verifying them: {here_s:.1f} s here, {there_s:.1f} s in {options.workers} "
            f"processes: {here_s / there_s:.2f} times as fast"
        )
        if not options.no_ray:
            measure_ray(folder, manifest, options.workers, cpu_s)


if __name__ == "__main__":
    main()
