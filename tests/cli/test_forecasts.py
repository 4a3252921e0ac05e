"""`tenure run` and `tenure score` of scenarios that ask for forecasts."""

import json

import pytest

from tests.scoring.reported import reseal

AGENTS = ("--agent", "null", "--agent", "climatology", "--agent", "bayes")


@pytest.fixture
def run(tenure, tmp_path):
    folder = tmp_path / "run"
    words = ("bookings/smoke", *AGENTS, "--episodes", 2, "--quiet", "--out", folder)
    assert tenure("run", *words)[0] == 0
    return folder


def test_losses_and_coverage_stand_in_a_table_of_their_own(tenure, run):
    code, out, _ = tenure("score", run)
    assert code == 0
    lines = [line.split() for line in out.splitlines() if " tomorrow " in line]
    assert [line[:3] for line in lines] == [
        ["null", "tomorrow", "0/24"],
        ["climatology", "tomorrow", "24/24"],
        ["bayes", "tomorrow", "24/24"],
    ]
    assert lines[0][3:] == ["6.000", "-", "-", "-", "-", "-"]
    assert lines[2][6] == "0.000"
    assert "in 90%" in out


def test_the_sheet_of_an_episode_tells_its_forecasts(tenure, run):
    _, out, _ = tenure("score", run / "episodes" / "bayes" / "seed-1.jsonl.zst")
    (line,) = [line for line in out.splitlines() if line.startswith("forecast tomorrow")]
    assert "12 of 12 answered" in line
    assert "excess 0.000" in line
    assert "90% interval held" in line


def test_the_json_document_holds_them(tenure, run):
    _, out, _ = tenure("score", run, "--json")
    agents = json.loads(out)["agents"]
    assert agents[0]["forecasts"]["tomorrow"]["answered_loss"] is None
    assert agents[2]["forecasts"]["tomorrow"]["coverage"]["90"]["answers"] == 24


def test_a_probability_has_its_own_table(tenure, tmp_path):
    words = ("vending/forecast-month", "--agent", "null", "--max-steps", 40, "--episodes", 1)
    code, out, _ = tenure("run", *words, "--quiet", "--out", tmp_path / "run")
    assert code == 0
    _, out, _ = tenure("score", tmp_path / "run")
    assert "sure and wrong" in out
    assert "0/4" in out
    assert tenure("verify", tmp_path / "run")[0] == 0


def test_a_forged_question_cannot_steer_the_terminal(tenure, run):
    file = run / "episodes" / "bayes" / "seed-1.jsonl.zst"

    def forge(records):
        for record in records:
            for event in record.get("events", ()):
                if event["kind"] == "forecast_resolved":
                    event["question"] = "\x1b[2Jrain"

    reseal(file, forge)
    for path in (run, file):
        _, out, _ = tenure("score", path)
        assert "\ufffd[2Jrain" in out
        assert "\x1b" not in out
