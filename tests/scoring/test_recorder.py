import os
import signal
import subprocess
import sys

import pytest

from tenure.errors import UsageError
from tenure.scenarios import References, references
from tenure.scoring.recorder import Recorder, header
from tenure.scoring.records import action_of, read, read_partial
from tests.scoring.episodes import BREW, SCENARIO, SLEEP, play, scripted

SURROGATE = "sell \ud800 now \udfff"


def begun(path):
    world = SCENARIO.make_world(1)
    return world, Recorder(path, header(SCENARIO, 1, {"name": "me"}, 0, world, References(0, 1)))


def first_exchange(path, exchange):
    play(path, [BREW], exchanges=[exchange], finish=False)
    return read_partial(path).steps[0]["exchange"]


def test_the_same_episode_is_the_same_bytes(tmp_path):
    actions = scripted("two-a-day", seed=3)
    first, second = (play(tmp_path / name, actions, seed=3) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_the_same_episode_is_the_same_bytes_in_another_process(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.scoring.episodes import *;"
        "play(Path(sys.argv[1]), scripted('two-a-day', 3), seed=3)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4"}
    command = [sys.executable, "-c", code, str(tmp_path / "there")]
    subprocess.run(command, check=True, env=environment)
    here = play(tmp_path / "here", scripted("two-a-day", 3), seed=3)
    assert (tmp_path / "there").read_bytes() == here.read_bytes()


def test_a_record_is_never_overwritten(tmp_path):
    path = play(tmp_path / "e.jsonl.zst", [SLEEP], finish=False)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        begun(path)
    assert path.read_bytes() == before


def test_each_record_is_on_the_disk_when_the_call_returns(tmp_path):
    path = tmp_path / "e.jsonl.zst"
    world, recorder = begun(path)
    with recorder:
        assert read_partial(path).steps == []
        for count in range(1, 4):
            recorder.step(world, SLEEP, None, world.step(SLEEP))
            assert len(read_partial(path).steps) == count


def test_a_killed_process_loses_no_record(tmp_path):
    path = tmp_path / "e.jsonl.zst"
    code = (
        "import os, signal, sys; from pathlib import Path;"
        "from tests.scoring.test_recorder import *;"
        "world, recorder = begun(Path(sys.argv[1]));"
        "[recorder.step(world, SLEEP, None, world.step(SLEEP)) for _ in range(3)];"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(read_partial(path).steps) == 3


def test_resuming_ends_with_the_bytes_of_an_unbroken_run(tmp_path):
    actions = scripted("two-a-day", seed=1)
    whole = play(tmp_path / "whole", actions)
    torn = tmp_path / "torn"
    torn.write_bytes(play(tmp_path / "live", actions, finish=False).read_bytes()[:1200])
    lived = [action_of(step) for step in read_partial(torn).steps]
    assert 0 < len(lived) < len(actions)
    world = SCENARIO.make_world(1)
    told = header(SCENARIO, 1, {"name": "fixed"}, 0, world, references(SCENARIO, 1))
    with Recorder(tmp_path / "torn.resuming", told) as recorder:
        for action in lived:
            recorder.step(world, action, None, world.step(action))
        recorder.take_place_of(torn)
        assert recorder.path == torn
        for action in actions[len(lived) :]:
            recorder.step(world, action, None, world.step(action))
        recorder.end(world, world.ended)
    assert torn.read_bytes() == whole.read_bytes()
    assert not (tmp_path / "torn.resuming").exists()


def test_the_head_is_the_hash_of_the_last_record(tmp_path):
    world, recorder = begun(tmp_path / "e.jsonl.zst")
    with recorder:
        recorder.step(world, SLEEP, None, world.step(SLEEP))
        assert read_partial(recorder.path).head == recorder.head
        recorder.end(world, "steps")
    assert read(recorder.path).head == recorder.head


def test_a_line_longer_than_a_block_of_zstd_is_recorded(tmp_path):
    text = "x" * 300_000  # a block holds 131,072 bytes
    assert first_exchange(tmp_path / "e", {"message": {"content": text}})["message"] == {
        "content": text
    }


def test_a_file_is_packed_whenever_it_has_doubled_and_loses_nothing_in_it(tmp_path):
    exchange = {"message": {"content": "x" * 400_000}}
    world, recorder = begun(tmp_path / "e.jsonl.zst")
    sizes = []
    with recorder:
        for _ in range(9):
            recorder.step(world, BREW, exchange, world.step(BREW))
            sizes.append(recorder.path.stat().st_size // 400_000)
            assert len(read_partial(recorder.path).steps) == len(sizes)
            assert read_partial(recorder.path).head == recorder.head
    assert sizes == [1, 2, 0, 1, 2, 3, 0, 1, 2]  # over 1,048,576 bytes, and then over 1,200,000
    assert [path.name for path in tmp_path.iterdir()] == ["e.jsonl.zst"]


def test_lone_surrogates_are_recorded_beside_the_action(tmp_path):
    step = read_partial(play(tmp_path / "e", [SURROGATE], finish=False)).steps[0]
    assert step["action"] == "sell \ufffd now \ufffd"
    assert step["lone_surrogates"] == [[5, 0xD800], [11, 0xDFFF]]
    assert action_of(step) == SURROGATE


def test_an_exchange_is_recorded_as_it_was(tmp_path):
    exchange = {"message": {"role": "assistant", "content": "héllo 🍋"}, "cost_usd": None}
    assert first_exchange(tmp_path / "e", exchange) == exchange


def test_an_exchange_that_json_cannot_hold_is_a_bug_and_leaves_the_record_whole(tmp_path):
    path = tmp_path / "e"
    with pytest.raises(TypeError):
        first_exchange(path, {"message": {1, 2}})
    assert read_partial(path).steps == []


def test_an_unfinished_file_closes_without_an_end(tmp_path):
    world, recorder = begun(tmp_path / "e.jsonl.zst")
    with recorder:
        recorder.step(world, SLEEP, None, world.step(SLEEP))
    assert not read_partial(recorder.path).complete
    with pytest.raises(ValueError, match="closed file"):
        recorder.end(world, "steps")
