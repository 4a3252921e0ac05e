"""What recording and replay cost: `python -m benchmarks.recording [--scenario ID] [--agent NAME]`.

Prints, for one scripted episode, microseconds a step for recording (flushed after every record),
bytes a step, and how long replay takes in comparison with simulating and recording. Every round
measures all of them one after the other, and ratios are taken within a round, so that a busy
machine shifts both sides alike; the median round is printed. Simulating and replaying both include
the floor and the bound of the seed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tenure.envs.jobs import Briefing
from tenure.scenarios import References, Scenario, load, references
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import read
from tenure.scoring.replay import replay

SEED = 1
RECORD_BYTES = 500


class Round(NamedTuple):
    """Seconds of one round."""

    simulate: float
    record: float
    read: float
    replay: float


def main() -> None:
    options = _options()
    scenario = _lemonade_year() if options.toy else load(options.scenario)
    actions = _script(scenario, options.agent)
    with tempfile.TemporaryDirectory() as folder:
        rounds = [_round(scenario, actions, Path(folder), n) for n in range(options.rounds)]
        _report(scenario, actions, rounds, Path(folder) / "0.jsonl.zst")
        _report_typical_record(Path(folder) / "typical.jsonl.zst")
        _report_whole_episodes(scenario, Path(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", default="vending/year", help="id or YAML file")
    parser.add_argument("--toy", action="store_true", help="a year of the toy lemonade stand")
    parser.add_argument("--agent", default="", help="scripted agent; the job's best if left out")
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


def _lemonade_year() -> Scenario:
    from tests.scoring.episodes import YEAR

    return YEAR.model_copy(update={"limits": YEAR.limits.model_copy(update={"steps": 3000})})


def _script(scenario: Scenario, agent: str) -> list[str]:
    """Return the actions of a scripted episode."""
    world = scenario.make_world(SEED)
    policies = scenario.job.policies
    briefing = Briefing(scenario.briefing, world.opening(), world.toolbox, seed=0)
    policy = policies[agent or list(policies)[-1]](briefing)
    actions = [next(policy).to_json()]
    while not (step := world.step(actions[-1])).ended and len(actions) < scenario.limits.steps:
        actions.append(policy.send(step.text).to_json())
    return actions


def _round(scenario: Scenario, actions: list[str], folder: Path, n: int) -> Round:
    path = folder / f"{n}.jsonl.zst"
    simulate = _seconds(lambda: _simulate(scenario, actions))
    record = _seconds(lambda: _record(scenario, actions, path))
    reading = _seconds(lambda: read(path))
    episode = read(path)
    replaying = _seconds(lambda: replay(episode))
    assert replay(episode).divergence is None
    return Round(simulate, record, reading, replaying)


def _simulate(scenario: Scenario, actions: list[str]) -> None:
    references(scenario, SEED)
    world = scenario.make_world(SEED)
    for action in actions:
        world.step(action)


def _record(scenario: Scenario, actions: list[str], path: Path) -> None:
    known = references(scenario, SEED)
    world = scenario.make_world(SEED)
    with Recorder(path, header(scenario, SEED, {"name": "script"}, 0, world, known)) as recorder:
        for action in actions:
            recorder.step(world, action, None, world.step(action))
        recorder.end(world, world.ended or "steps")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _report(scenario: Scenario, actions: list[str], rounds: list[Round], path: Path) -> None:
    steps = len(actions)
    size = path.stat().st_size
    recording = statistics.median(one.record - one.simulate for one in rounds) / steps
    print(f"{scenario.id}, {steps} steps, median of {len(rounds)} rounds")
    print(f"  simulate            {_median(rounds, 0) / steps * 1e6:8.1f} us/step")
    print(f"  record, flushed     {recording * 1e6:8.1f} us/step     goal <= 20")
    print(f"  read and check      {_median(rounds, 2) / steps * 1e6:8.1f} us/step")
    print(f"  replay and compare  {_median(rounds, 3) / steps * 1e6:8.1f} us/step")
    print(f"  file                {size / steps:8.1f} bytes/step")
    ratio, with_read = _ratio(rounds, with_read=False), _ratio(rounds, with_read=True)
    print(f"  replay / (simulate + record)           {ratio:.2f}     goal <= 1.2")
    print(f"  (read + replay) / (simulate + record)  {with_read:.2f}")


def _report_whole_episodes(scenario: Scenario, folder: Path) -> None:
    """Measure each scripted agent's episode as a run plays it: script, world, digests, record."""
    known, path = references(scenario, SEED), folder / "whole"
    for name in list(scenario.job.policies)[2:]:
        play = partial(_play, scenario, name, known, path)
        seconds = statistics.median(_seconds(play) for _ in range(5))
        steps = len(read(path).steps)
        print(
            f"{name}, {steps} calls, scripted, simulated, hashed, logged: {seconds:.2f} s", end=""
        )
        print("     goal <= 0.3")


def _play(scenario: Scenario, name: str, known: References, path: Path) -> None:
    path.unlink(missing_ok=True)
    world = scenario.make_world(SEED)
    text = world.opening()
    policy = scenario.job.policies[name](Briefing(scenario.briefing, text, world.toolbox, seed=0))
    action = next(policy).to_json()
    with Recorder(path, header(scenario, SEED, {"name": name}, 0, world, known)) as recorder:
        while not world.ended:
            step = world.step(action)
            recorder.step(world, action, None, step)
            action = policy.send(step.text).to_json()
        recorder.end(world, world.ended)


def _median(rounds: list[Round], column: int) -> float:
    return statistics.median(one[column] for one in rounds)


def _ratio(rounds: list[Round], *, with_read: bool) -> float:
    return statistics.median((one.replay + with_read * one.read) / one.record for one in rounds)


def _report_typical_record(path: Path) -> None:
    """Measure the recorder alone on records of a typical size."""
    scenario = _lemonade_year()
    world = scenario.make_world(SEED)
    known = references(scenario, SEED)
    step = world.step("{}")
    texts = [f"{n:06d} units of stock, {n * 7919 % 9973} sold. " * 12 for n in range(3000)]
    steps = [step._replace(text=text[: RECORD_BYTES - 200]) for text in texts]
    action = '{"name":"make_pitchers","arguments":{"count":2}}'
    with Recorder(path, header(scenario, SEED, {"name": "script"}, 0, world, known)) as recorder:
        seconds = _seconds(lambda: [recorder.step(world, action, None, one) for one in steps])
    print(f"recorder alone, {RECORD_BYTES}-byte records: {seconds / len(steps) * 1e6:.1f} us/step")


if __name__ == "__main__":
    main()
