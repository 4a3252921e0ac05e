"""On a Ray cluster a run has the bytes that it has here, whatever happens to the workers."""

import asyncio
from functools import partial
from itertools import islice

import pytest

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.budget import Brake, Budget
from tenure.runner.on_ray import _check_version, pauses, play_on_ray
from tenure.runner.plan import draw_up
from tenure.runner.run import Conditions, run
from tenure.runner.store import Store
from tenure.scoring.records import read_partial
from tests.runner.stand import contents, plan

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.filterwarnings("default"),  # Ray's own are not ours to mend
]
IN_TWO = partial(play_on_ray, workers=2)


def steps(folder):
    return sum(len(read_partial(file).steps) for file in folder.rglob("*.zst"))


def play(folder, manifest, watch=None, **options):
    return asyncio.run(run(folder, manifest, watch or Watch(0), Conditions(**options)))


def test_a_cluster_writes_the_bytes_that_this_process_writes(tmp_path, monkeypatch):
    manifest = plan("idle", "two-a-day", seeds=[1, 2, 3])
    watch = Watch(6)
    play(tmp_path / "here", manifest)
    monkeypatch.chdir(tmp_path)
    assert play(tmp_path / "there", manifest, watch, place=IN_TWO) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert watch.standing == "6 of 6 episodes complete (6 horizon)"


def test_what_a_killed_worker_had_is_played_on_elsewhere(tmp_path, mortals):
    watch = Watch(2)
    play(tmp_path / "here", mortals(deaths=0))
    assert play(tmp_path / "there", mortals(deaths=2), watch, place=IN_TWO) == []
    assert list((tmp_path / "deaths").iterdir()) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert watch.standing == "2 of 2 episodes complete (2 horizon)"


def test_a_limit_of_the_whole_run_stops_all_workers_and_a_higher_one_goes_on(tmp_path):
    manifest = plan(seeds=[1, 2, 3, 4], days=365, steps=2000)
    brake = Brake(Budget(turns=100))
    assert play(tmp_path / "there", manifest, place=IN_TWO, brake=brake) == []
    play(tmp_path / "here", manifest)
    recorded = steps(tmp_path / "there")
    assert brake.reason == "turns"
    assert 100 <= recorded == brake.spent["turns"] < steps(tmp_path / "here")
    assert play(tmp_path / "there", manifest, place=IN_TWO) == []
    assert contents(tmp_path / "there") == contents(tmp_path / "here")


def test_workers_without_our_folder_write_to_a_store(tmp_path, mortals):
    play(tmp_path / "here", mortals(deaths=0))
    (tmp_path / "copy").mkdir()
    store = Store(f"file://{tmp_path}/store", tmp_path / "copy")
    place = partial(IN_TWO, store=store)
    assert play(store.folder, mortals(deaths=1), place=place) == []
    assert contents(tmp_path / "store") == contents(tmp_path / "here")
    assert contents(tmp_path / "copy") == contents(tmp_path / "here")


def test_an_episode_whose_record_did_not_arrive_in_the_store_is_unfinished(tmp_path, monkeypatch):
    (tmp_path / "copy").mkdir()
    store = Store(f"file://{tmp_path}/store", tmp_path / "copy")
    monkeypatch.setattr(store, "fetch", lambda: None)
    failures = play(store.folder, plan(), place=partial(IN_TWO, store=store))
    (failure,) = failures
    assert failure.sentence.startswith("two-a-day, seed 1 is unfinished: its worker ended before")


def test_an_agent_that_cannot_be_had_there_is_the_callers_error(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    manifest = draw_up(plan().scenario, [AgentSpec(name="openai/m")], [1, 2])
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        play(tmp_path, manifest, place=IN_TWO)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "cluster"])
def test_a_cluster_that_is_not_there_is_named_at_once(tmp_path, address):
    with pytest.raises(UsageError, match=f"There is no cluster at '{address}'"):
        play(tmp_path, plan(), place=partial(play_on_ray, address=address))


def test_a_worker_is_asked_for_news_less_and_less_often():
    assert list(islice(pauses(), 5)) == [1.0, 2.0, 4.0, 4.0, 4.0]
    assert list(islice(pauses(longest_s=1.0), 3)) == [1.0, 1.0, 1.0]
    assert list(islice(pauses(first_s=10.0), 2)) == [10.0, 10.0]  # of a thousand workers


def test_another_version_of_tenure_is_refused():
    with pytest.raises(UsageError, match=r"The cluster has Tenure 0\.0\.0 and this machine"):
        _check_version("0.0.0")
