"""A run is played to its end however often it is cut short, and always with the same bytes."""

import asyncio
import multiprocessing
import random
from collections import Counter
from functools import partial
from shutil import copy2

import pytest

from tenure.agents import Turn, staff
from tenure.cli.progress import Watch
from tenure.errors import TrajectoryError, UsageError
from tenure.runner.budget import Brake
from tenure.runner.episode import play as play_episode
from tenure.runner.inline import play_here
from tenure.runner.plan import assignments
from tenure.runner.run import Conditions, run
from tenure.scenarios import References
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read, read_partial
from tenure.scoring.replay import replay
from tenure.scoring.scorecard import score_run
from tenure.scoring.verification import verify
from tests.lemonade import Stand
from tests.runner.stand import contents, plan


def play(folder, manifest, **options):
    return asyncio.run(run(folder, manifest, Watch(0), Conditions(**options)))


def test_every_planned_episode_is_played_and_can_be_replayed(tmp_path):
    assert play(tmp_path, plan("idle", "two-a-day", seeds=[1, 2])) == []
    files = sorted(tmp_path.glob("episodes/*/*"))
    assert len(files) == 4
    assert all(replay(read(file)).divergence is None for file in files)


class Answering:
    """Says nothing that is a call, and notes when it is asked."""

    def __init__(self, asked):
        self._asked = asked

    def begin(self, briefing):
        pass

    async def act(self, _):
        self._asked()
        return Turn("Hello.")

    async def close(self):
        pass


def test_the_first_answer_is_asked_for_while_floor_and_bound_are_computed(tmp_path):
    (item,) = assignments(tmp_path, plan(steps=2))

    async def playing():
        known = asyncio.get_running_loop().create_future()

        def asked():
            if not known.done():
                known.set_result(References(3, 5))

        async with asyncio.timeout(60):  # without an answer they would never be known
            return await play_episode(item, lambda *_: Answering(asked), known, Watch(1))

    assert asyncio.run(playing()) == "steps"
    assert read(item.path).header["references"] == {"floor": 3, "bound": 5}
    assert len(read(item.path).steps) == 2


def test_nobody_is_asked_meanwhile_if_the_brake_was_pulled(tmp_path):
    (item,) = assignments(tmp_path, plan(steps=2))
    brake, asked = Brake(), []

    async def playing():
        known = asyncio.get_running_loop().create_future()
        known.set_result(References(3, 5))
        brake.pull("enough")
        agent = Answering(lambda: asked.append(1))
        return await play_episode(item, lambda *_: agent, known, Watch(1), brake=brake)

    assert asyncio.run(playing()) == ""
    assert not asked


def test_the_record_says_how_it_ended(tmp_path):
    play(tmp_path, plan("idle", days=60))
    assert read(tmp_path / "episodes/idle/seed-1.jsonl.zst").end["reason"] == "horizon"
    play(tmp_path / "short", plan("idle", days=60, steps=7))
    end = read(tmp_path / "short/episodes/idle/seed-1.jsonl.zst").end
    assert (end["reason"], end["steps"]) == ("steps", 7)


def test_the_same_plan_gives_the_same_bytes_at_any_concurrency(tmp_path):
    manifest = plan("idle", "two-a-day", seeds=[1, 2, 3])
    play(tmp_path / "one", manifest, concurrency=1)
    play(tmp_path / "many", manifest, concurrency=6)
    assert contents(tmp_path / "one") == contents(tmp_path / "many")


def test_complete_episodes_are_not_played_again(tmp_path):
    play(tmp_path, plan())
    file = tmp_path / "episodes/two-a-day/seed-1.jsonl.zst"
    before = file.stat()
    play(tmp_path, plan())
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_another_process_has_played_while_servers_started_is_kept(tmp_path):
    play(tmp_path / "theirs", plan())
    name = "episodes/two-a-day/seed-1.jsonl.zst"
    file = tmp_path / "ours" / name

    def slow(spec, job, network):
        file.parent.mkdir(parents=True)
        copy2(tmp_path / "theirs" / name, file)
        return staff(spec, job, network)

    plan().write(tmp_path / "ours")
    assert play(tmp_path / "ours", plan(), place=partial(play_here, staffing=slow)) == []
    assert file.stat().st_mtime_ns == (tmp_path / "theirs" / name).stat().st_mtime_ns


def test_a_record_cut_anywhere_goes_on_to_the_bytes_it_would_have_had(tmp_path):
    manifest = plan(days=10)
    play(tmp_path, manifest)
    file = tmp_path / "episodes/two-a-day/seed-1.jsonl.zst"
    whole = file.read_bytes()
    header_bytes = next(size for size in range(1, len(whole)) if _has_header(file, whole[:size]))
    for size in range(header_bytes, len(whole), 23):
        file.write_bytes(whole[:size])
        assert play(tmp_path, manifest) == []
        assert file.read_bytes() == whole


def _has_header(file, content):
    file.write_bytes(content)
    try:
        return bool(read_partial(file))
    except TrajectoryError:
        return False


def test_a_run_killed_again_and_again_ends_with_the_bytes_of_one_that_was_not(tmp_path):
    manifest = plan("idle", "two-a-day", days=365, steps=2000)
    play(tmp_path / "whole", manifest)
    whole, seen = contents(tmp_path / "whole"), Counter()
    for turn in range(20):
        folder = tmp_path / str(turn)
        _kill_until_done(folder, manifest, random.Random(turn), seen)
        assert contents(folder) == whole
        if seen["killed"] >= 20 and seen["within an episode"] and seen["while resuming"]:
            return
    pytest.fail(f"too few kills hit where it hurts: {seen}")


def _kill_until_done(folder, manifest, chance, seen):
    patience_s = 0.01
    while not _survives(folder, manifest, chance.uniform(0, patience_s)):
        patience_s *= 1.1
        seen["killed"] += 1
        records = list(folder.glob("episodes/*/*.zst"))
        seen["within an episode"] += any(not read_partial(file).complete for file in records)
        seen["while resuming"] += any(
            file.with_name(f"{file.name}.part").exists() for file in records
        )


def _survives(folder, manifest, seconds):
    """Play in a process of its own, kill -9 it after a while, and tell whether it was done."""
    process = multiprocessing.get_context("fork").Process(target=play, args=(folder, manifest))
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == 0


def test_a_damaged_record_leaves_its_episode_alone_and_the_others_go_on(tmp_path):
    manifest = plan("idle", "two-a-day")
    play(tmp_path, manifest)
    file = tmp_path / "episodes/idle/seed-1.jsonl.zst"
    file.write_bytes(b"rubbish")
    (tmp_path / "episodes/two-a-day/seed-1.jsonl.zst").unlink()
    (failure,) = play(tmp_path, manifest)
    assert failure.assignment.name == "idle, seed 1"
    assert isinstance(failure.error, TrajectoryError)
    assert file.read_bytes() == b"rubbish"
    assert read(tmp_path / "episodes/two-a-day/seed-1.jsonl.zst").complete


def test_a_record_of_another_world_does_not_go_on(tmp_path):
    manifest = plan(days=10)
    play(tmp_path, manifest)
    file = tmp_path / "episodes/two-a-day/seed-1.jsonl.zst"
    other = tmp_path / "other"
    play(other, plan(seeds=[2], days=10))
    whole = (other / "episodes/two-a-day/seed-2.jsonl.zst").read_bytes()
    file.write_bytes(whole[:-60])
    (failure,) = play(tmp_path, manifest)
    assert "is not the record of two-a-day, seed 1: its seed is 2" in str(failure.error)


def _cut_short(folder, manifest):
    play(folder, manifest)
    file = folder / "episodes/two-a-day/seed-1.jsonl.zst"
    file.write_bytes(file.read_bytes()[:-60])


def test_a_world_that_changed_since_names_the_episode_and_the_step(tmp_path, monkeypatch):
    manifest = plan(days=10)
    _cut_short(tmp_path, manifest)
    sell = Stand._sell
    monkeypatch.setattr(Stand, "_sell", lambda stand, day: sell(stand, day).replace("Sold", "SOLD"))
    (failure,) = play(tmp_path, manifest)
    assert failure.error.record == 2
    assert str(failure.error).startswith(
        "two-a-day, seed 1 cannot go on: step 1 comes out otherwise than recorded. "
        "Record 2, field 'text': the file says \"Sold 3 cups."
    )


def test_a_bound_that_changed_since_names_the_episode_too(tmp_path, monkeypatch):
    manifest = plan(days=10)
    _cut_short(tmp_path, manifest)
    monkeypatch.setattr("tests.lemonade.CUP_CENTS", 51)
    (failure,) = play(tmp_path, manifest)
    assert "the opening comes out otherwise than recorded" in str(failure.error)
    assert "field 'references'" in str(failure.error)


def test_an_agent_that_changed_since_names_the_episode_and_the_step(tmp_path, monkeypatch):
    manifest = plan(days=10)
    _cut_short(tmp_path, manifest)
    job = manifest.scenario.job
    monkeypatch.setitem(job.policies, "two-a-day", job.policies["idle"])
    (failure,) = play(tmp_path, manifest)
    assert failure.error.record == 1
    assert "two-a-day, seed 1 cannot go on: step 0" in str(failure.error)
    assert "close_for_today" in str(failure.error)


def test_a_record_of_an_older_tenure_goes_on_if_everything_comes_out_the_same(
    tmp_path, monkeypatch
):
    manifest = plan(days=10)
    monkeypatch.setattr("tenure.scoring.recorder.__version__", "0.0.9")
    _cut_short(tmp_path, manifest)
    monkeypatch.undo()
    assert play(tmp_path, manifest) == []
    record = read(tmp_path / "episodes/two-a-day/seed-1.jsonl.zst")
    assert record.header["tenure"] == "0.0.9"


def test_a_script_lets_others_have_their_turn(tmp_path):
    manifest = plan(days=365, steps=730)

    async def count_turns_of_others():
        turns, playing = 0, asyncio.create_task(run(tmp_path, manifest, Watch(1)))
        while not playing.done():
            await asyncio.sleep(0)
            turns += 1
        return turns

    assert asyncio.run(count_turns_of_others()) >= 730 // 64


@pytest.mark.llm
def test_a_server_that_does_not_start_fails_its_agent_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("tenure.agents.local._SERVER", "no_such_module")
    (failure,) = play(tmp_path, plan("local/smollm2-135m", "idle"))
    assert failure.assignment.name == "local-smollm2-135m, seed 1"
    assert "did not start" in str(failure.error)
    assert read(tmp_path / "episodes/idle/seed-1.jsonl.zst").complete


def test_an_unknown_agent_leaves_no_folder_behind(tmp_path):
    with pytest.raises(UsageError, match="There is no agent 'idel'"):
        play(tmp_path / "run", plan("idel"))
    assert not (tmp_path / "run").exists()


def test_a_bug_stops_the_run_and_what_was_recorded_can_go_on(tmp_path, monkeypatch):
    def broken(_):
        yield from ()

    manifest = plan("two-a-day", days=10)
    monkeypatch.setitem(manifest.scenario.job.policies, "two-a-day", broken)
    with pytest.raises(RuntimeError, match="returned before its episode was over"):
        play(tmp_path, manifest)
    monkeypatch.undo()
    assert play(tmp_path, manifest) == []


def test_what_best_stood_for_is_on_record_and_a_better_script_does_not_take_over(
    tmp_path, monkeypatch
):
    manifest = plan("best", days=10)
    play(tmp_path, manifest)
    file = tmp_path / "episodes/best/seed-1.jsonl.zst"
    whole = file.read_bytes()
    assert read(file).header["agent"] == {"name": "best", "policy": "two-a-day"}
    assert verify(tmp_path).ok

    file.write_bytes(whole[:-60])
    policies = manifest.scenario.job.policies
    monkeypatch.setitem(policies, "three-a-day", policies["idle"])
    assert play(tmp_path, Manifest.read(tmp_path)) == []
    assert file.read_bytes() == whole


def test_a_privileged_script_is_told_the_truth_of_each_seed_and_marked_in_the_record(tmp_path):
    manifest = plan("clairvoyant", "two-a-day", seeds=[1, 2])
    assert play(tmp_path, manifest) == []
    for seed in (1, 2):
        episode = read(tmp_path / f"episodes/clairvoyant/seed-{seed}.jsonl.zst")
        assert episode.header["agent"]["oracle"] is True
        assert replay(episode).divergence is None
    best, usual = score_run(tmp_path).agents
    assert best.title == "clairvoyant (privileged)"
    assert usual.title == "two-a-day"
    assert best.score.worst > usual.score.best


def test_a_privileged_scripts_run_goes_on_where_it_was_cut(tmp_path):
    manifest = plan("clairvoyant")
    play(tmp_path / "whole", manifest)
    whole = (tmp_path / "whole/episodes/clairvoyant/seed-1.jsonl.zst").read_bytes()
    manifest.write(tmp_path / "cut")
    part = tmp_path / "cut/episodes/clairvoyant/seed-1.jsonl.zst"
    part.parent.mkdir(parents=True)
    part.write_bytes(whole[: len(whole) * 2 // 3])
    play(tmp_path / "cut", manifest)
    assert part.read_bytes() == whole
