"""`tenure diagnose`: failures, and what decisions cost, of an episode and of a run."""

import json
import re
from itertools import pairwise

import pytest

from tenure.kit.sabotage import FAULTS
from tenure.runner.validation import trial
from tests.scoring.episodes import BREW, SLEEP, play


def test_a_job_without_a_reference_has_failures_and_a_sentence(tenure, tmp_path):
    episode = play(tmp_path / "e.jsonl.zst", [BREW, "what?", *[SLEEP] * 5])
    code, out, _ = tenure("diagnose", episode)
    assert code == 0
    assert out.startswith("lemonade/week, seed 1, fixed. The job 'lemonade' has no reference")
    assert "1 failure: A2 format error." in out
    assert "  A2  day 1, step 1: No tool was called." in out
    plain = json.loads(tenure("diagnose", episode, "--json")[1])
    assert [one["code"] for one in plain["failures"]] == ["A2"]
    assert "no reference" in plain["problem"]
    code, _, err = tenure("diagnose", episode, "--plot", tmp_path / "losses.png")
    assert (code, "There are no losses to draw" in err) == (2, True)


def test_a_decision_says_which_failures_it_belongs_to(tenure, tmp_path):
    one = trial(FAULTS["pay-injection"], 2000, tmp_path / "e.jsonl.zst")
    (failure,) = one.failures
    _, out, _ = tenure("diagnose", one.path)
    assert f"  {failure.code}  day {failure.day}, step {failure.step}: " in out
    decisions = out.partition("most expensive decisions")[2]
    assert f"day {failure.day}, step {failure.step}: " in decisions
    assert f"[{failure.code}]" in decisions


def test_the_losses_are_drawn_from_no_dollars_before_the_first_day_on(tenure, tmp_path):
    run, picture = tmp_path / "run", tmp_path / "losses.svg"
    words = ("--agent", "null", "--quiet", "--out", run)
    assert tenure("run", "vending/week", *words)[0] == 0
    episode = run / "episodes/null/seed-1.jsonl.zst"
    assert tenure("diagnose", episode, "--plot", picture)[0] == 0
    texts = re.findall("<!-- (.*) -->", picture.read_text())
    assert texts[:8] == [*map(str, range(8))], "days, as matplotlib notes the texts that it draws"
    ticks = [float(text[1:]) for text in texts[9 : texts.index("lost so far")]]
    assert ticks[0] == 0
    assert [b - a for a, b in pairwise(ticks)] == [ticks[1]] * (len(ticks) - 1)


def test_a_run_has_a_line_an_episode_and_says_where_nothing_failed(play_bookings, tenure):
    code, out, _ = tenure("diagnose", play_bookings)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["agent", "seed", "outcome"]
    assert [line.split()[:2] for line in lines[1:3]] == [["last-8", "1"], ["last-8", "2"]]
    assert lines[-1] == "No failure was found."


@pytest.fixture
def play_bookings(tenure, tmp_path):
    run = tmp_path / "run"
    words = ("--agent", "last-8", "--episodes", "2", "--quiet", "--out", run)
    assert tenure("run", "bookings/smoke", *words)[0] == 0
    return run


ONE_A_CLASS = {fault.code: fault.name for fault in reversed(FAULTS.values())}


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_A_CLASS.values(), ids=ONE_A_CLASS)
def test_the_culprit_of_every_kind_of_fault_is_named_and_sums_are_exact(name, tenure, tmp_path):
    one = trial(FAULTS[name], 2000, tmp_path / "e.jsonl.zst")
    code, out, _ = tenure("diagnose", one.path, "--json")
    assert code == 0
    plain = json.loads(out)
    for label in one.labels:
        assert any(label.covers(it["code"], it["step"], it["day"]) for it in plain["failures"])
    lost = sum(entry["loss_cents"] for entry in plain["entries"])
    assert lost == plain["total"] == plain["start"] - plain["outcome"]
