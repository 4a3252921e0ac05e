"""Plays a plan in a process that kills itself at a chosen moment of its writing.

A moment is just before a file is written to, in the middle of that, or before one is made, moved
or removed. The clock stands still, so that a model's record is the same bytes whenever it is made.
"""

import asyncio
import io
import multiprocessing
import os
import signal
import time
from pathlib import Path

from tenure.agents import AgentSpec
from tenure.cli.marks import conclude
from tenure.cli.progress import Watch
from tenure.runner.arena import draw_up_arena
from tenure.runner.plan import draw_up
from tenure.runner.run import Conditions, run, run_arena, run_suite
from tenure.runner.suite import draw_up_suite
from tenure.scenarios import Scenario, Suite, load
from tests.runner.stand import SCENARIO_FILE, scenario

_OPEN = io.open
_MOVES = ("replace", "mkdir", "unlink", "rmdir")


class _Moments:
    def __init__(self, fatal):
        self._left = fatal

    def pass_by(self):
        if self.is_fatal():
            self.kill()

    def is_fatal(self):
        self._left -= 1
        return self._left == 0

    def kill(self):
        os.kill(os.getpid(), signal.SIGKILL)


class _Watched:
    """A file being written."""

    def __init__(self, file, moments):
        self._file, self._moments = file, moments

    def write(self, content):
        self._moments.pass_by()
        if self._moments.is_fatal():
            self._file.write(content[: len(content) // 2])
            self._file.flush()
            self._moments.kill()
        return self._file.write(content)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


def _watch(moments, folder):
    def opened(file, mode="r", *args, **options):
        if mode[0] == "r" or not str(file).startswith(folder):
            return _OPEN(file, mode, *args, **options)
        moments.pass_by()
        return _Watched(_OPEN(file, mode, *args, **options), moments)

    io.open = opened
    for name in _MOVES:
        setattr(os, name, _passing(moments, getattr(os, name)))


def _passing(moments, move):
    def moved(*args, **options):
        moments.pass_by()
        return move(*args, **options)

    return moved


# --- what is played ------------------------------------------------------------------------------


def worker(url):
    return AgentSpec(name="openai/worker-1", base_url=url, max_retries=0)


def one_scenario(folder, url):
    manifest = draw_up(scenario(days=4), [worker(url), AgentSpec(name="two-a-day")], [1])
    return run(folder, manifest, Watch(0), Conditions(concurrency=1))


def several_at_a_time(folder, url):
    manifest = draw_up(scenario(days=3), [worker(url)], [1, 2, 3])
    return run(folder, manifest, Watch(0), Conditions(concurrency=3))


def parallel_calls(folder, url):
    said = {**scenario(days=6).model_dump(), "parallel_calls": True}
    manifest = draw_up(Scenario.model_validate(said), [worker(url)], [1])
    return run(folder, manifest, Watch(0), Conditions(concurrency=1))


def limited(folder, url):
    said = {**scenario(days=6).model_dump(), "limits": {"steps": 40, "tokens": 4_000}}
    manifest = draw_up(Scenario.model_validate(said), [worker(url)], [1])
    return run(folder, manifest, Watch(0), Conditions(concurrency=1))


def suite(folder, url):
    entries = [{"scenario": str(SCENARIO_FILE), "max_steps": 3}, {"scenario": "bookings/smoke"}]
    plan = Suite(id="suites/two", version=1, title="Two", scenarios=entries)
    agents = [AgentSpec(name="floor"), worker(url)]
    manifest = draw_up_suite(plan, agents, limits={"steps": 3})
    return run_suite(folder, manifest, Watch(0), Conditions(concurrency=1))


def contest(folder, url):
    manifest = draw_up_arena(
        load("vending/arena-week"), [worker(url), AgentSpec(name="naive")], [], [1]
    )
    return run_arena(folder, manifest, Watch(0), Conditions(concurrency=1))


def contest_of_models(folder, url):
    week = load("vending/arena-week")
    short = week.model_copy(update={"limits": week.limits.model_copy(update={"steps": 8})})
    manifest = draw_up_arena(short, [worker(url), worker(url)], [], [1])
    return run_arena(folder, manifest, Watch(0), Conditions(concurrency=1))


def voiced(folder, url):
    voice = AgentSpec(name="openai/voice-1", base_url=url, max_retries=0)
    week = load("vending/week")
    short = week.model_copy(update={"limits": week.limits.model_copy(update={"steps": 16})})
    manifest = draw_up(short, [AgentSpec(name="shopkeeper")], [1], voice)
    return run(folder, manifest, Watch(0), Conditions(concurrency=1))


PLANS = {
    plan.__name__: plan
    for plan in (
        one_scenario,
        several_at_a_time,
        parallel_calls,
        limited,
        suite,
        contest,
        contest_of_models,
        voiced,
    )
}
CONCLUSION = "conclusion"


def _play(plan, folder, url, fatal):
    os.environ.pop("OPENAI_API_KEY", None)
    time.perf_counter = lambda: 0.0
    _watch(_Moments(fatal), folder)
    if plan == CONCLUSION:
        conclude(Path(folder))
        return
    assert asyncio.run(PLANS[plan](Path(folder), url)) == []


def survives(plan, folder, url, fatal=0):
    """Play in a process of its own that is killed at its moment `fatal`, from 1; 0 for none.

    Raises:
        AssertionError: If it ends in any other way than whole or killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_play, args=(plan, str(folder), url, fatal))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"{plan}, killed at {fatal}"
    return process.exitcode == 0
