"""Thousands of sessions in one process: the runner against floors and inspect_ai, on one stub.

    python -m benchmarks.concurrency [--full] [--transports]

Every measurement is a process of its own (`benchmarks.sessions`), the stub another. Goals:

* processor time of a 1,000-turn episode: inspect_ai / ours 100 or more (needs the extra `bench`);
* 100 sessions at 200 ms: 95% of ideal, which is sessions / latency; 1,000 sessions: 40% of ideal,
  and 25 times inspect_ai;
* memory of a live episode: at most 128 KiB and its context;
* from the command to the first request: at most 0.5 s.

Beside each rate by the clock stands what one processor of its own would allow by the processor time
of a turn. A process that others kept from running for over 5% of the time has measured them, not
itself: its rate is not stated. Processor time suffers much less.

Takes some four minutes; the long episode then has 200 turns, and of 1,000 sessions inspect_ai plays
100. With `--full` they are as the goals say, which takes inspect_ai a quarter of an hour. With
`--transports` only what was chosen among is compared (docs/design/network.md).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
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
START_PATIENCE_S = 60
MOST_WAITED = 0.05
"""The share of time for which a process may have waited for a processor, to have a rate."""
STARTS = ("bookings/smoke", "vending/week", "vending/month", "vending/year")
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
TRANSPORTS = ("raw", "network", "httpx", "httpx2", "httpx-aiohttp", "sharded")
Facts = dict[str, Any]


def measure(who: str, sessions: int, turns: int, latency_ms: int) -> Facts | None:
    """Return what one process measured; `None` if it came to no end."""
    with stub.running(TOOL, latency_ms, sessions) as base_url:
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
            print(f"  {who:<14} no end within {PATIENCE_S} s", flush=True)
            return None
    if done.returncode:
        why = (done.stderr.splitlines() or ["?"])[-1][:200]
        print(f"  {who:<14} cannot run: {why}", flush=True)
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
    """Measure many sessions at a time, and say how they went."""
    facts = measure(who, sessions, turns, LATENCY_MS)
    if facts:
        allowed = min(1, LATENCY_MS / sessions / facts["cpu_ms"])
        spent = f"{facts['cpu_ms']:6.2f} ms of processor time a turn, which allows {allowed:4.0%}"
        rss = f"{facts['rss_kib_last']:9,} KiB"
        print(
            f"  {who:<14} N={sessions:<5} {by_clock(facts, sessions)}  {spent}  {rss}", flush=True
        )
    return facts


def by_clock(facts: Facts, sessions: int) -> str:
    """Say how many turns a second there were, if that says something of the process."""
    if facts["waited"] > MOST_WAITED:
        return f"(waited for a processor {facts['waited']:4.0%} of the time)"
    share = facts["turns_per_s"] * LATENCY_MS / 1_000 / sessions
    return f"{facts['turns_per_s']:8.0f} turns/s  {share:4.0%} of ideal"


def crowds(*, full: bool) -> None:
    print(f"sessions at {LATENCY_MS} ms; goals 95% of ideal for 100, 40% for 1,000")
    few, many = crowd("ours", 100, 30), crowd("ours", 1_000, 30)
    crowd("raw", 1_000, 30)
    peer = crowd("inspect", 1_000 if full else 100, 5)
    if few and many:
        say_memory(few, many)
    if many and peer:
        ratio = peer["cpu_ms"] / many["cpu_ms"]
        print(f"  inspect / ours, processor time a turn: {ratio:.0f}   goal >= 25")


def say_memory(few: Facts, many: Facts) -> None:
    """Say what 900 episodes more take when each has had a turn, and what they take on."""
    first, last = ((many[name] - few[name]) / 900 for name in ("rss_kib_first", "rss_kib_last"))
    grown = (last - first) / (many["turns"] - 1)
    print(f"  memory of a live episode: {first:.0f} KiB at its first turn   goal <= 128")
    print(f"  and {grown:.1f} KiB of context with every turn")


def first_request_s(scenario: str, episodes: int, bytecode: str) -> tuple[float, float]:
    """Return the seconds from the command to the first request: by the clock, of processor time.

    Modules are compiled into the folder `bytecode` the first time, as pip does for who installs
    them, whatever else holds where this is measured.
    """
    with socket.create_server(("127.0.0.1", 0)) as server, TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        words = ["run", scenario, "--agent", "openai/stub", "--base-url", url]
        amount = ["--episodes", str(episodes), "--concurrency", str(episodes)]
        command = [sys.executable, "-m", "tenure.cli", *words, *amount, "--out", f"{folder}/run"]
        server.settimeout(START_PATIENCE_S)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        quiet = subprocess.DEVNULL
        kept = {key: value for key, value in os.environ.items() if key != _NO_BYTECODE}
        kept["PYTHONPYCACHEPREFIX"] = bytecode
        with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=kept) as process:
            connection, _ = server.accept()
            connection.recv(1)
            passed = time.perf_counter() - started
            process.kill()
            connection.close()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return passed, spent


def start() -> None:
    print("seconds from the command to the first request; goal <= 0.5")
    with TemporaryDirectory() as bytecode:
        for scenario in STARTS:
            first_request_s(scenario, 1, bytecode)
            for episodes in (1, 1_000):
                rounds = (first_request_s(scenario, episodes, bytecode) for _ in range(5))
                passed, spent = map(median, zip(*rounds, strict=True))
                figures = f"{passed:.2f}, of processor time {spent:.2f}"
                print(f"  {scenario:<16} {episodes:5,} episodes  {figures}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many sessions at a time.")
    parser.add_argument("--full", action="store_true", help="as long as the goals say")
    parser.add_argument("--transports", action="store_true", help="compare HTTP clients alone")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
    if options.transports:
        for sessions, turns in ((100, 10), (1_000, 4)):
            for who in TRANSPORTS:
                crowd(who, sessions, turns)
        return
    start()
    long_episode(1_000 if options.full else 200)
    crowds(full=options.full)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
