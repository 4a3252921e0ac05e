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
    assert tenure("verify", out_dir)[0] == 0
    code, again, _ = tenure(*words, "--out", out_dir, "--json")
    assert [one["future"] for one in json.loads(again)["scorecard"]["forks"]["outcomes"]] == [1, 2]


def test_a_decision_must_be_a_call(tenure, parent, tmp_path):
    code, _, told = tenure("fork", parent, "--at", "day:3", "--action", "sleep", "--out", tmp_path)
    assert code == 2
    assert "--action is 'sleep'; it is a call such as" in told
