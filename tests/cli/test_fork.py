"""`tenure fork` as a person types it."""

import json
import sys

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


def test_repetitions_are_counted_in_each_future_and_said_to_be_alike(tenure, parent, tmp_path):
    words = ("fork", parent, "--at", "day:6", "--agent", "null", "--agent", "random")
    more = ("--futures", 2, "--episodes", 2, "--out", tmp_path / "fork")
    code, out, _ = tenure(*words, *more)
    assert code == 0
    rows = [line.split()[:3] for line in out.splitlines() if line.startswith("null ")]
    assert rows[-6:-2] == [["null", f, n] for n in "01" for f in "12"]
    assert "null ended the same whenever it was repeated in one future" in out
    assert "random ended the same" not in out


def test_a_fork_that_has_lost_its_parent_is_no_more_what_it_says_it_is(tenure, parent, tmp_path):
    fork = tmp_path / "fork"
    words = ("fork", parent, "--at", "day:3", "--agent", "null", "--quiet", "--out", fork)
    assert tenure(*words)[0] == 0
    (fork / "parent.jsonl.zst").unlink()
    code, out, _ = tenure("verify", fork)
    assert code == 1
    assert "FAILED: parent.jsonl.zst: The record that was forked is missing." in out


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


@pytest.mark.parametrize(
    ("action", "advice"),
    [
        ('{"name": "set_prize"}', "There is no tool 'set_prize'. Did you mean 'set_price'?"),
        ('{"name": "set_price", "arguments": {"slot": "A1"}}', "set_price: price: field required."),
        ('{"name": "wait_for_next_day", "n": 3}', "Unexpected 'n' beside the call."),
    ],
)
def test_a_decision_that_does_not_fit_the_tools_is_played_and_said_to_fail(
    tenure, parent, tmp_path, action, advice
):
    fork = tmp_path / "fork"
    words = ("--at", "day:6", "--agent", "null", "--action", action, "--quiet", "--out", fork)
    code, out, told = tenure("fork", parent, *words)
    assert code == 0
    assert out == f"{fork / 'report.html'}\n"
    assert "--action does not fit, so the step will fail, and is recorded as one that did." in told
    assert advice in told


def test_nothing_is_said_of_a_decision_that_fits(tenure, parent, tmp_path):
    action = '{"name": "wait_for_next_day", "arguments": {}}'
    words = ("--at", "day:6", "--action", action, "--quiet", "--out", tmp_path / "fork")
    assert "--action" not in tenure("fork", parent, *words)[2]


def test_a_folder_with_a_fork_of_another_step_is_refused_without_hashes(tenure, parent, tmp_path):
    fork = tmp_path / "fork"
    words = ("--agent", "null", "--quiet", "--out", fork)
    assert tenure("fork", parent, "--at", "step:20", *words)[0] == 0
    code, _, told = tenure("fork", parent, "--at", "step:21", *words)
    assert code == 2
    assert told.endswith(
        "another plan: origin.step is 20 there and 21 here. Choose another --out.\n"
    )


@pytest.mark.parametrize("agent", ["shopkeper", "nomod:x"])
def test_a_fork_by_an_agent_that_is_not_there_leaves_no_folder(tenure, parent, tmp_path, agent):
    fork = tmp_path / "fork"
    words = ("fork", parent, "--at", "day:6", "--quiet", "--out", fork)
    assert tenure(*words, "--agent", agent)[0] == 2
    assert not fork.exists()
    assert tenure(*words, "--agent", "shopkeeper")[0] == 0


def test_an_agent_in_no_module_is_told_without_a_place_in_pythons_own_code(
    tenure, parent, tmp_path
):
    words = ("--at", "day:6", "--agent", "nomod:x", "--out", tmp_path / "fork")
    told = tenure("fork", parent, *words)[2]
    assert "No module named 'nomod'. The path is module:name" in told


@pytest.fixture
def rewritten(tenure, tmp_path, monkeypatch):
    """Return the record of an agent of one's own whose code was changed afterwards."""
    file = tmp_path / "rewritten_agent.py"
    file.write_text(
        "def act(observation):\n    return {'name': 'wait_for_next_day', 'arguments': {}}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, file.stem, raising=False)  # of the test before
    run = ("run", "vending/week", "--agent", "rewritten_agent:act", "--quiet")
    assert tenure(*run, "--out", tmp_path / "run")[0] == 0
    file.write_text(f"{file.read_text()}\nPATIENCE = 7\n")
    return tmp_path / "run"


def test_an_agent_whose_code_has_changed_goes_on_afresh_and_is_said_to_have_changed(
    tenure, rewritten, tmp_path
):
    words = ("fork", rewritten, "--at", "day:3")
    code, _, told = tenure(*words, "--out", tmp_path / "fork")
    assert code == 0
    assert "The code of rewritten_agent:act has changed since the episode was recorded" in told
    code, _, told = tenure(*words, "--agent", "null", "--out", tmp_path / "other")
    assert (code, "has changed" in told) == (0, False)


def test_an_agent_whose_code_has_changed_cannot_remember(tenure, rewritten, tmp_path):
    fork = tmp_path / "fork"
    code, _, told = tenure("fork", rewritten, "--at", "day:3", "--keep-context", "--out", fork)
    assert code == 2
    assert "so it cannot remember what it did: put the code back as it was" in told
    assert not fork.exists()


def test_nothing_is_said_of_code_that_is_as_it_was(tenure, tmp_path):
    run = ("run", "vending/week", "--agent", "tests.runner.own_agents:sleeper", "--max-steps", 6)
    assert tenure(*run, "--quiet", "--out", tmp_path / "run")[0] == 0
    words = ("fork", tmp_path / "run", "--at", "step:3", "--keep-context")
    code, _, told = tenure(*words, "--out", tmp_path / "fork")
    assert (code, "has changed" in told) == (0, False)
