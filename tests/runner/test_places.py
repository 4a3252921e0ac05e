"""Wherever its episodes are played, a run has the same bytes."""

import asyncio
import multiprocessing
import os
import signal
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tenure.agents import AgentSpec
from tenure.agents.network.limits import UNLIMITED, Limits
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner import processes, shards
from tenure.runner.arena import draw_up_arena
from tenure.runner.budget import Brake, Budget
from tenure.runner.plan import assignments, draw_up
from tenure.runner.processes import play_in_processes, spread
from tenure.runner.run import Conditions, play_where_fast, run, run_arena
from tenure.runner.shards import Shards, play_shard, useful_workers
from tenure.scenarios import load
from tenure.scoring.records import read_partial
from tenure.scoring.verification import verify
from tests.runner.endpoint import ANSWER, endpoint
from tests.runner.killing import worker
from tests.runner.stand import contents, plan

IN_TWO = partial(play_in_processes, workers=2)
LONG = {"days": 365, "steps": 2000}


def steps(folder):
    return sum(len(read_partial(file).steps) for file in folder.rglob("*.zst"))


def play(folder, manifest, watch=None, **options):
    return asyncio.run(run(folder, manifest, watch or Watch(0), Conditions(**options)))


def test_processes_write_the_bytes_that_this_process_writes(tmp_path):
    manifest = plan("idle", "two-a-day", seeds=[1, 2, 3])
    watch = Watch(6)
    assert play(tmp_path / "here", manifest) == []
    assert play(tmp_path / "there", manifest, watch, place=IN_TWO) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert watch.standing == "6 of 6 episodes complete (6 horizon)"
    assert watch.running == {}


@pytest.mark.slow
def test_a_contest_is_played_in_processes_with_the_same_bytes(tmp_path):
    agents = [AgentSpec(name="naive"), AgentSpec(name="undercutter")]
    manifest = draw_up_arena(load("vending/arena"), agents, (), [1])
    scenario = manifest.scenario
    short = scenario.model_copy(update={"limits": scenario.limits.model_copy(update={"steps": 40})})
    manifest = manifest.model_copy(update={"scenario": short})
    for place in ("here", "there"):
        options = {"place": IN_TWO} if place == "there" else {}
        folder = tmp_path / place
        assert asyncio.run(run_arena(folder, manifest, Watch(0), Conditions(**options))) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_an_agent_that_cannot_be_had_is_the_callers_error_there_too(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    manifest = draw_up(plan().scenario, [AgentSpec(name="openai/m")], [1, 2])
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        play(tmp_path, manifest, place=IN_TWO)


def test_an_error_of_ours_comes_with_its_cause(tmp_path):
    class Broken(Watch):
        def began(self, *_):
            raise ValueError("broken") from KeyError("why")

    with pytest.raises(ValueError, match="broken") as raised:
        play(tmp_path, plan(seeds=[1, 2]), Broken(0), place=IN_TWO)
    assert isinstance(raised.value.__cause__, KeyError)


def test_who_is_bound_to_this_process_does_not_play_elsewhere(tmp_path):
    manifest = draw_up(plan().scenario, [AgentSpec(name="human")], [1, 2])
    with pytest.raises(UsageError, match="human plays in the process that it has been started in"):
        play(tmp_path / "run", manifest, place=IN_TWO)
    assert not (tmp_path / "run").exists()


def test_a_script_that_is_not_there_leaves_no_folder_there_either(tmp_path):
    manifest = draw_up(plan().scenario, [AgentSpec(name="nobody")], [1, 2])
    with pytest.raises(UsageError, match="There is no agent 'nobody'"):
        play(tmp_path / "run", manifest, place=IN_TWO)
    assert not (tmp_path / "run").exists()


def test_a_limit_of_the_whole_run_stops_all_processes_and_a_higher_one_goes_on(tmp_path):
    manifest = plan(seeds=[1, 2, 3, 4], **LONG)
    brake = Brake(Budget(turns=100))
    assert play(tmp_path / "there", manifest, place=IN_TWO, brake=brake) == []
    recorded = steps(tmp_path / "there")
    assert brake.reason == "turns"
    assert brake.spent["turns"] == recorded >= 100
    play(tmp_path / "here", manifest)
    assert recorded < steps(tmp_path / "here")
    assert play(tmp_path / "there", manifest, place=IN_TWO) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_at_a_limit_processes_record_the_answers_that_are_paid_for(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    reached = threading.Event()

    class Telling(Brake):
        def pull(self, *how):
            super().pull(*how)
            reached.set()

    def says(_):
        assert server.answered <= 5 or reached.wait(30)
        return ANSWER

    with endpoint() as server:
        server.says = says
        manifest = draw_up(plan().scenario, [worker(server.url)], [1, 2])
        brake = Telling(Budget(turns=5))
        assert play(tmp_path, manifest, place=IN_TWO, brake=brake) == []
        assert 5 < server.answered == steps(tmp_path) == brake.spent["turns"] < 120
        assert play(tmp_path, manifest, place=IN_TWO) == []
        assert server.answered == 120


def test_a_pulled_brake_starts_no_process(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_started", None)
    brake = Brake()
    brake.pull("enough")
    assert play(tmp_path, plan(seeds=[1, 2]), place=IN_TWO, brake=brake) == []


def test_what_a_killed_process_had_is_played_on_by_another(tmp_path, mortals):
    watch = Watch(2)
    play(tmp_path / "here", mortals(deaths=0))
    assert play(tmp_path / "there", mortals(deaths=1), watch, place=IN_TWO) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert watch.standing == "2 of 2 episodes complete (2 horizon)"
    assert list((tmp_path / "deaths").iterdir()) == []


def test_an_episode_that_loses_process_after_process_is_left_and_can_go_on(tmp_path, mortals):
    failures = play(tmp_path / "run", mortals(deaths=6), place=IN_TWO)
    assert [failure.sentence for failure in failures] == [
        f"mortal, seed {seed} is unfinished: 3 workers ended while they had it, the last one "
        "killed by SIGKILL."
        for seed in (1, 2)
    ]
    assert play(tmp_path / "run", mortals(deaths=0)) == []


def test_a_worker_that_dies_when_all_it_had_is_over_costs_nothing():
    (item,) = _planned(1)
    given = []

    class Dying:
        async def play(self, shard, hear):
            given.append(shard.items)
            hear(
                shards.News(
                    {0: shards.Progress(began=0, steps=1, ended="horizon")}, Brake().hand_over()
                )
            )
            return "killed by SIGKILL"

        async def pull(self, reason, grace_s):
            raise AssertionError(reason)

    watch = Watch(1)
    assert asyncio.run(shards.play_in_shards([item], [Dying()], watch, 1)) == []
    assert given == [[item]]
    assert watch.standing == "1 of 1 episodes complete (1 horizon)"


def test_nothing_is_left_running_when_a_run_is_cut_short(tmp_path):
    async def cut_short():
        began = asyncio.Event()

        class Begun(Watch):
            def began(self, *told):
                super().began(*told)
                began.set()

        playing = asyncio.create_task(
            run(tmp_path, plan(seeds=[1, 2], **LONG), Begun(0), Conditions(place=IN_TWO))
        )
        await began.wait()
        playing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing

    asyncio.run(cut_short())
    assert multiprocessing.active_children() == []
    assert play(tmp_path, plan(seeds=[1, 2], **LONG)) == []


def test_ctrl_c_is_heard_even_while_a_process_starts():
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("Ctrl-C"))
    try:
        with processes._holding_signals():
            os.kill(os.getpid(), signal.SIGINT)
        assert heard == ["Ctrl-C"]
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_process_works_on_through_signals_from_its_first_moment():
    process, connection = processes._started()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(process.pid, number)
    connection.send(partial(processes._apply, abs, {}, -3))
    assert connection.recv() == ("done", 3)
    os.kill(process.pid, signal.SIGTERM)
    connection.send(partial(processes._apply, abs, {}, -4))
    assert connection.recv() == ("done", 4)
    connection.close()
    process.join()


def test_scripts_that_take_long_get_processes_and_others_do_not(tmp_path, monkeypatch):
    started = []
    own = processes._started
    monkeypatch.setattr(processes, "_started", lambda: started.append(1) or own())
    monkeypatch.setattr(processes, "processors", lambda: 2)
    manifest = plan(seeds=[1, 2, 3])
    assert play(tmp_path / "short", manifest, place=play_where_fast) == []
    assert started == []
    monkeypatch.setattr(processes, "WORTH_S", 0.0)
    assert play(tmp_path / "long", manifest, place=play_where_fast) == []
    assert len(started) == 2
    assert contents(tmp_path / "short") == contents(tmp_path / "long")


def test_verification_finds_the_same_in_processes_and_in_the_same_order(tmp_path):
    manifest = plan("idle", "two-a-day", seeds=[1, 2, 3])
    play(tmp_path, manifest)
    (tmp_path / "episodes/idle/seed-2.jsonl.zst").unlink()
    (tmp_path / "episodes/two-a-day/seed-1.jsonl.zst").write_bytes(b"rubbish")
    here = verify(tmp_path)
    assert [finding.file for finding in here.findings] == [
        "episodes/idle/seed-2.jsonl.zst",
        "episodes/two-a-day/seed-1.jsonl.zst",
    ]
    assert verify(tmp_path, partial(spread, workers=2)) == here


def test_shards_of_scripts_grow_as_far_as_time_and_fairness_allow():
    (item,) = _planned(1)
    queue = Shards([_with_seed(item, seed) for seed in range(100)], workers=2, concurrency=4)
    first = queue.take()
    assert len(first.items) == 1
    queue.took(first, shards.SHARD_S / 8)
    assert len(queue.take().items) == 8
    queue.took(first, 0.001)
    assert len(queue.take().items) == 23  # a quarter of the 91 that are left


def test_agents_that_wait_get_a_shard_a_worker_and_their_part_of_the_concurrency():
    (item,) = _planned(1)
    model = AgentSpec(name="openai/m", base_url="http://127.0.0.1/v1")
    todo = [_with_seed(item, seed, agent=model) for seed in range(10)]
    queue = Shards(todo, workers=3, concurrency=6)
    shares = [queue.take() for _ in range(4)]
    assert [len(share.items) for share in shares[:3]] == [4, 4, 2]
    assert {share.concurrency for share in shares[:3]} == {2}
    assert shares[3] is None


def test_workers_together_ask_no_more_of_an_endpoint_than_one_process_may():
    limits = Limits(requests_per_minute=100, max_connections=7)
    queue = Shards(_planned(3), workers=3, concurrency=6, limits=limits)
    assert queue.take().limits == Limits(requests_per_minute=33, max_connections=2)
    assert useful_workers(9, _planned(8), limits) == 7
    assert useful_workers(9, _planned(8), UNLIMITED) == 8


def test_a_worker_of_a_limited_run_tells_of_each_step_at_once(tmp_path):
    def told(**how):
        todo = assignments(tmp_path / str(len(how)), plan(**LONG))
        shard = Shards(todo, workers=1, concurrency=1, **how).take()
        news = []
        asyncio.run(play_shard(shard, news.append, Brake()))
        return [one.used.steps for one in news], steps(tmp_path / str(len(how)))

    used, whole = told(is_counted=True)
    assert used[:whole] == [1] * whole
    used, whole = told()
    assert sum(used) == whole > len(used)


def _planned(episodes):
    return assignments(Path("run"), plan(seeds=range(episodes)))


def _with_seed(item, seed, **changes):
    path = item.path.with_name(f"seed-{seed}")
    return replace(item, seed=seed, path=path, **changes)
