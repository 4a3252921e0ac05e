"""Agents by import path: what they may be, and what happens when they fail."""

import asyncio
import sys

import pytest
import zstandard

from tenure.agents import AgentSpec
from tenure.cli.progress import Watch
from tenure.errors import ContractError, ProviderError, TrajectoryError, UsageError, told
from tenure.runner.plan import draw_up
from tenure.runner.run import run
from tenure.scoring.records import read
from tenure.scoring.replay import replay
from tenure.scoring.spending import spending
from tests.runner import own_agents
from tests.runner.stand import plan, scenario

HERE = "tests.runner.own_agents"


def play(folder, name, **options):
    return asyncio.run(run(folder, plan(f"{HERE}:{name}", **options), Watch(0)))


def record_in(folder, seed=1):
    (path,) = folder.glob(f"episodes/*/seed-{seed}.jsonl.zst")
    return path


def actions_in(folder):
    return [step["action"] for step in read(record_in(folder)).steps]


def cut(folder, steps, seed=1):
    """Leave the record as a process would that was killed after so many steps."""
    path = record_in(folder, seed)
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
    kept = b"".join(lines.splitlines(keepends=True)[: 1 + steps])
    packing = zstandard.ZstdCompressor().compressobj()
    path.write_bytes(packing.compress(kept) + packing.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("sleeper", '{"name":"close_for_today","arguments":{}}'),
        ("dozer", '{"name": "close_for_today", "arguments": {}}'),
    ],
)
def test_a_function_async_or_not_is_an_agent(tmp_path, name, action):
    assert play(tmp_path, name, days=2) == []
    assert actions_in(tmp_path) == [action] * 2
    assert replay(read(record_in(tmp_path))).divergence is None


def test_a_class_is_made_anew_for_each_episode_told_of_the_job_and_let_go(tmp_path):
    own_agents.went_home.clear()
    assert play(tmp_path, "Steady", seeds=[1, 2], steps=3) == []
    for seed in (1, 2):
        steps = read(record_in(tmp_path, seed)).steps
        assert ["make" in step["action"] for step in steps] == [True, False, True]
    assert own_agents.went_home == [["make_pitchers", "close_for_today"]] * 2


def test_what_an_own_loop_spent_is_recorded_and_counted(tmp_path):
    assert play(tmp_path, "Modelled", steps=3) == []
    spent = spending(read(record_in(tmp_path)).steps)
    assert (spent.model_calls, spent.tokens.input, spent.tokens.output) == (3, 300, 2 + 3 + 4)
    assert spent.cost_usd == 0.75


def test_an_agent_that_recalls_goes_on_to_the_same_bytes(tmp_path):
    own_agents.went_home.clear()
    play(tmp_path, "Modelled", steps=4)
    whole = record_in(tmp_path).read_bytes()
    cut(tmp_path, steps=2)
    assert play(tmp_path, "Modelled", steps=4) == []
    assert record_in(tmp_path).read_bytes() == whole
    first, second = own_agents.went_home
    assert first == second
    assert len(first) == 1 + 4


def test_a_function_goes_on_too(tmp_path):
    play(tmp_path, "sleeper", steps=4)
    whole = record_in(tmp_path).read_bytes()
    cut(tmp_path, steps=2)
    assert play(tmp_path, "sleeper", steps=4) == []
    assert record_in(tmp_path).read_bytes() == whole


def test_an_agent_that_cannot_recall_is_told_what_to_add(tmp_path):
    play(tmp_path, "Seller", steps=4)
    cut(tmp_path, steps=2)
    (failure,) = play(tmp_path, "Seller", steps=4)
    assert isinstance(failure.error, TrajectoryError)
    assert "give it a method recall(self, observation, action)" in failure.sentence
    assert "To play the episode anew, move" in failure.sentence


def test_an_agent_that_blocks_does_not_stall_other_episodes(tmp_path):
    """Each waits for the other within its turn, which only threads of their own can do."""
    assert play(tmp_path, "in_step", seeds=[1, 2], steps=5) == []


def test_an_agent_that_blocks_while_it_recalls_does_not_stall_other_episodes(tmp_path):
    play(tmp_path, "Companion", seeds=[1, 2], steps=4)
    for seed in (1, 2):
        cut(tmp_path, 2, seed)
    assert play(tmp_path, "Companion", seeds=[1, 2], steps=4) == []


def test_an_agent_may_recall_asynchronously(tmp_path):
    play(tmp_path, "Thoughtful", steps=4)
    whole = record_in(tmp_path).read_bytes()
    cut(tmp_path, steps=3)
    assert play(tmp_path, "Thoughtful", steps=4) == []
    assert record_in(tmp_path).read_bytes() == whole


def test_an_agent_that_does_not_recall_in_time_leaves_the_episode_resumable(tmp_path):
    spec = AgentSpec(name=f"{HERE}:Forgetful", timeout_s=0.5)
    manifest = draw_up(scenario(steps=4), [spec], [1])
    assert asyncio.run(run(tmp_path, manifest, Watch(0))) == []
    own_agents.went_home.clear()
    cut(tmp_path, steps=2)
    (failure,) = asyncio.run(run(tmp_path, manifest, Watch(0)))
    assert "did not recall a turn within 0.5 s" in failure.sentence
    assert own_agents.went_home == []  # its thread hangs, so it is not asked to close


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "AttributeError: 'str' object has no attribute 'nme'"),
        ("exhausted", "RuntimeError: it raised StopIteration"),
    ],
)
def test_what_an_agent_raises_stops_the_run_and_points_at_its_code(tmp_path, name, said):
    with pytest.raises(ContractError) as failure:
        play(tmp_path, name)
    assert str(failure.value).startswith(f"The agent {HERE}:{name} raised {said}")
    assert "own_agents.py" in told(failure.value.__cause__.__cause__ or failure.value.__cause__)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mute", "returned what is no action: got NoneType. Return a dict"),
        ("lavish", "usage is None or has input_tokens and output_tokens"),
    ],
)
def test_what_is_no_answer_stops_the_run_with_a_sentence(tmp_path, name, said):
    with pytest.raises(ContractError, match=said):
        play(tmp_path, name)


def test_an_outside_failure_of_its_own_leaves_the_episode_resumable(tmp_path):
    (failure,) = play(tmp_path, "unlucky")
    assert isinstance(failure.error, ProviderError)
    assert str(failure.error) == "The weather service is down."


def test_an_agent_that_does_not_act_in_time_leaves_the_episode_resumable(tmp_path):
    spec = AgentSpec(name=f"{HERE}:hung", timeout_s=0.05)
    (failure,) = asyncio.run(run(tmp_path, draw_up(scenario(), [spec], [1]), Watch(0)))
    assert "did not act within 0.05 s" in failure.sentence


def test_the_record_says_which_code_played(tmp_path):
    play(tmp_path, "sleeper", steps=1)
    agent = read(record_in(tmp_path)).header["agent"]
    assert agent.keys() == {"name", "source"}
    assert len(agent["source"]) == 32


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests.runner.nowhere:Agent", "cannot be imported: ModuleNotFoundError"),
        (f"{HERE}:Sellr", "Did you mean 'Seller'"),
        (f"{HERE}:NoActor", "a class without a method act"),
        (f"{HERE}:ANSWER", "neither a function nor a class"),
    ],
)
def test_what_is_no_agent_is_refused_when_the_run_is_planned(path, said):
    with pytest.raises(UsageError, match=said):
        draw_up(scenario(), [AgentSpec(name=path)], [1])


def test_a_module_in_the_current_folder_is_found_and_its_change_is_another_agent(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    file = tmp_path / "stranger.py"
    file.write_text("def act(observation):\n    return 'a'\n")
    spec = AgentSpec(name="stranger:act")
    before = draw_up(scenario(), [spec], [1])
    file.write_text("def act(observation):\n    return 'b'\n")
    after = draw_up(scenario(), [spec], [1])
    assert before.agents[0]["source"] != after.agents[0]["source"]
    assert before.labels == after.labels
