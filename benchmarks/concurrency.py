"""Thousands of sessions in one process: the runner against floors and inspect_ai, on one stub.

    python -m benchmarks.concurrency [--quick] [--transports]

Every measurement is a process of its own (`benchmarks.sessions`), the stub another. Goals:

* processor time of a 1,000-turn episode: inspect_ai / ours 100 or more (needs the extra `bench`);
* 100 sessions at 200 ms: 95% of ideal, which is sessions / latency; 1,000 sessions: 40% of ideal,
  and 25 times inspect_ai. Rates are those between the moment when the last session has had its
  first turn and the moment when the first one ends;
* memory of a live episode: at most 128 KiB and its context;
* from the command to the first request: at most 0.5 s.

With `--quick` the long episode has 200 turns and inspect_ai plays no 1,000 sessions. With
`--transports` only what was chosen among is compared (docs/design/network.md).
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import stub
from benchmarks.sessions import TOOL

LATENCY_MS = 200
PATIENCE_S = 1_800
TRANSPORTS = ("raw", "network", "httpx", "httpx2", "httpx-aiohttp", "sharded")
Facts = dict[str, Any]


def measure(who: str, sessions: int, turns: int, latency_ms: int) -> Facts | None:
    """Return what one process measured; `None` if it came to no end."""
    with stub.running(TOOL, latency_ms) as base_url:
        words = [sys.executable, "-m", "benchmarks.sessions", who, base_url]
        try:
            done = subprocess.run(
                [*words, str(sessions), str(turns)],
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            print(f"{who:<14} no end within {PATIENCE_S} s", flush=True)
            return None
    if done.returncode:
        print(f"{who:<14} cannot run: {(done.stderr.splitlines() or ['?'])[-1][:200]}", flush=True)
        return None
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def long_episode(turns: int) -> None:
    print(f"one episode of {turns:,} turns, answers at once; ms of processor time a turn")
    spent = {}
    for who in ("raw", "httpx", "ours", "inspect"):
        if facts := measure(who, 1, turns, 0):
            spent[who] = facts["cpu_s"]
            edges = {name: value for name, value in facts.items() if name.startswith("cpu_ms_turn")}
            shown = ", ".join(f"turn {name[12:]}: {value:.2f}" for name, value in edges.items())
            print(f"  {who:<14} {shown}; all {facts['cpu_s']:.1f} s, start included", flush=True)
    if {"ours", "inspect"} <= spent.keys():
        print(
            f"  inspect / ours {spent['inspect'] / spent['ours']:.0f}   goal >= 100 at 1,000 turns"
        )


def crowd(who: str, sessions: int, turns: int) -> Facts | None:
    facts = measure(who, sessions, turns, LATENCY_MS)
    if facts:
        share = facts["turns_per_s"] * LATENCY_MS / 1_000 / sessions
        rate = f"{facts['turns_per_s']:8.0f} turns/s  {share:4.0%} of ideal"
        print(
            f"  {who:<14} N={sessions:<5} {rate}"
            f"  {facts['cpu_ms']:6.2f} ms of processor time a turn  {facts['rss_kib']:9,} KiB",
            flush=True,
        )
    return facts


def crowds(*, quick: bool) -> None:
    print(f"sessions at {LATENCY_MS} ms")
    few, many = crowd("ours", 100, 200), crowd("ours", 1_000, 200)
    crowd("raw", 1_000, 60)
    peer = crowd("inspect", 100, 20)
    if not quick:
        peer = crowd("inspect", 1_000, 5) or peer
    if few and many:
        each = (many["rss_kib"] - few["rss_kib"]) / 900
        print(f"  memory of a live episode, its context of 200 turns included: {each:.0f} KiB")
    if many and peer:
        print(f"  ours / inspect {many['turns_per_s'] / peer['turns_per_s']:.0f}   goal >= 25")


def first_request_s(scenario: str, episodes: int) -> float:
    """Return the seconds from the command to the first request."""
    with socket.create_server(("127.0.0.1", 0)) as server, TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        words = ["run", scenario, "--agent", "openai/stub", "--base-url", url]
        amount = ["--episodes", str(episodes), "--concurrency", str(episodes)]
        command = [sys.executable, "-m", "tenure.cli", *words, *amount, "--out", f"{folder}/run"]
        started = time.perf_counter()
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            connection, _ = server.accept()
            connection.recv(1)
            passed = time.perf_counter() - started
            process.kill()
            connection.close()
    return passed


def start() -> None:
    print("seconds from the command to the first request; goal <= 0.5")
    for scenario in ("bookings/smoke", "vending/week"):
        for episodes in (1, 1_000):
            passed = median(first_request_s(scenario, episodes) for _ in range(5))
            print(f"  {scenario:<16} {episodes:5,} episodes  {passed:.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many sessions at a time.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--transports", action="store_true")
    options = parser.parse_args()
    if options.transports:
        for sessions in (100, 1_000):
            for who in TRANSPORTS:
                crowd(who, sessions, 10)
        return
    start()
    long_episode(200 if options.quick else 1_000)
    crowds(quick=options.quick)


if __name__ == "__main__":
    main()
