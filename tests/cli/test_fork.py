"""`tenure fork` as a person types it."""

import json

import pytest


@pytest.fixture
def parent(tenure, tmp_path):
    code, _, _ = tenure("run", "vending/week", "--agent", "naive", "--out", tmp_path / "run")
    assert code == 0
    return tmp_path / "run/episodes/naive/seed-1.jsonl.zst"


def test_a_fork_is_played_scored_verified_and_gone_on_with(tenure, parent, tmp_path):
    words = ("fork", parent, "--at", "day:3", "--agent", "null", "--futures", 2)
    for workers in (1, 2):
        out_dir = tmp_path / f"fork{workers}"
        code, out, _ = tenure(*words, "--workers", workers, "--out", out_dir)
        assert code == 0
        assert "forked at step" in out
        assert "difference" in out
        assert "bank_cents" not in out
        assert "Floor and bound, and so the normalised score, are those of the seed's own" in out
    assert tenure("verify", out_dir)[0] == 0
    code, again, _ = tenure(*words, "--out", out_dir, "--json")
    assert [one["future"] for one in json.loads(again)["scorecard"]["forks"]["outcomes"]] == [1, 2]


def test_a_decision_must_be_a_call(tenure, parent, tmp_path):
    code, _, told = tenure("fork", parent, "--at", "day:3", "--action", "sleep", "--out", tmp_path)
    assert code == 2
    assert "--action is 'sleep'; it is a call such as" in told


def test_a_run_with_one_episode_can_be_named_by_its_folder_and_one_with_two_names_them(
    tenure, parent, tmp_path
):
    words = ("--at", "day:6", "--agent", "null", "--quiet", "--out", tmp_path / "fork")
    assert tenure("fork", tmp_path / "run", *words)[0] == 0
    two = tmp_path / "two"
    run = ("run", "vending/week", "--agent", "null", "--episodes", 2, "--quiet", "--out", two)
    assert tenure(*run)[0] == 0
    code, _, told = tenure("fork", two, *words)
    assert code == 2
    assert "holds 2 episodes; name one of them: " in told
    assert "seed-1.jsonl.zst" in told


def test_a_decision_for_a_tool_that_is_not_there_is_played_and_said_to_fail(
    tenure, parent, tmp_path
):
    action = '{"name": "set_prize", "arguments": {}}'
    words = ("--at", "day:6", "--action", action, "--out", tmp_path / "fork")
    code, _, told = tenure("fork", parent, *words)
    assert code == 0
    assert "there is no tool 'set_prize', so the step will fail" in told
    assert "Did you mean 'set_price'?" in told


def test_a_folder_with_a_fork_of_another_step_is_refused_without_hashes(tenure, parent, tmp_path):
    fork = tmp_path / "fork"
    words = ("--agent", "null", "--quiet", "--out", fork)
    assert tenure("fork", parent, "--at", "step:20", *words)[0] == 0
    code, _, told = tenure("fork", parent, "--at", "step:21", *words)
    assert code == 2
    assert told.endswith(
        "another plan: origin.step is 20 there and 21 here. Choose another --out.\n"
    )


def test_an_agent_in_no_module_is_told_without_a_place_in_pythons_own_code(
    tenure, parent, tmp_path
):
    words = ("--at", "day:6", "--agent", "nomod:x", "--out", tmp_path / "fork")
    told = tenure("fork", parent, *words)[2]
    assert "No module named 'nomod'. The path is module:name" in told
