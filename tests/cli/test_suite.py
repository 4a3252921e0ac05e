"""Suites, from the shell's point of view."""

import json
import shutil

import pytest

import tests.lemonade  # noqa: F401  registers the job
from tenure.cli import main
from tests.runner.stand import SCENARIO_FILE

SUITE = """
id: suites/stands
version: 1
title: Two stands
episodes: 2
scenarios: [SUMMER, autumn.yaml]
"""


@pytest.fixture(scope="module")
def suite_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "autumn.yaml").write_text(SCENARIO_FILE.read_text().replace("summer", "autumn"))
    (folder / "suite.yaml").write_text(SUITE.replace("SUMMER", str(SCENARIO_FILE)))
    return folder / "suite.yaml"


@pytest.fixture(scope="module")
def played(suite_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("played") / "run"
    agents = ("--agent", "floor", "--agent", "best")
    assert main(["run", str(suite_file), *agents, "--quiet", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def suite_run(played, tmp_path):
    return shutil.copytree(played, tmp_path / "run")


@pytest.fixture
def play(tenure, suite_file, tmp_path):
    def call(*words):
        return tenure("run", suite_file, "--out", tmp_path / "run", *words)

    return call


def test_a_suite_leaves_a_run_a_scenario_one_scorecard_and_one_report(played):
    files = [path for path in played.rglob("*") if path.is_file() and path.suffix != ".zst"]
    assert sorted(path.relative_to(played).as_posix() for path in files) == [
        "lemonade/autumn/run.json",
        "lemonade/summer/run.json",
        "report.html",
        "suite-scorecard.json",
        "suite.json",
    ]


def test_the_matrix_comes_first_and_then_a_table_for_each_scenario(tenure, suite_run):
    code, out, _ = tenure("score", suite_run)
    assert code == 0
    blocks = out.split("\n\n")
    assert blocks[0].splitlines()[0].split() == [
        *("normalised", "lemonade/summer", "lemonade/autumn", "worst", "in")
    ]
    assert blocks[0].splitlines()[1].split() == [
        *("floor", "0.000", "(idle)", "0.000", "(idle)", "-")
    ]
    assert [block.splitlines()[0] for block in blocks[1:]] == ["lemonade/summer", "lemonade/autumn"]
    assert blocks[1].splitlines()[2].split()[:4] == ["floor", "(idle)", "2/2", "$10.00"]
    assert out.endswith(f"{suite_run / 'suite-scorecard.json'}\n")


def test_scoring_and_reporting_again_give_the_same_bytes(tenure, suite_run, played):
    for command, name in (("score", "suite-scorecard.json"), ("report", "report.html")):
        (suite_run / name).unlink()
        assert tenure(command, suite_run)[0] == 0
        assert (suite_run / name).read_bytes() == (played / name).read_bytes()


def test_json_is_one_document(play, tenure, tmp_path):
    code, out, _ = play("--agent", "best", "--json")
    document = json.loads(out)
    assert (code, document["unfinished"]) == (0, [])
    ids = [own["scenario"]["id"] for own in document["scorecard"]["scenarios"]]
    assert ids == ["lemonade/summer", "lemonade/autumn"]
    assert document["run"] == str(tmp_path / "run")
    _, out, _ = tenure("score", tmp_path / "run", "--json")
    assert json.loads(out) == document["scorecard"]


def test_progress_says_which_scenario(play):
    _, _, err = play("--agent", "floor", "--episodes", 1)
    assert err.splitlines()[-1] == (
        "lemonade/autumn, floor, seed 1: $10.00 after 60 steps (horizon); "
        "2 of 2 episodes complete (2 horizon)"
    )


def test_options_hold_for_every_scenario(play, tmp_path):
    assert play("--agent", "floor", "--episodes", 1, "--seed", 7, "--max-steps", 3)[0] == 0
    records = sorted(path.name for path in (tmp_path / "run").rglob("*.zst"))
    assert records == ["seed-7.jsonl.zst", "seed-7.jsonl.zst"]


def test_verify_replay_and_score_take_the_whole_and_each_run(tenure, suite_run):
    code, out, _ = tenure("verify", suite_run)
    assert (code, out.splitlines()[0]) == (
        0,
        "8 episodes verified: every byte, observation and score.",
    )
    assert tenure("verify", suite_run / "lemonade/summer")[1].startswith("4 episodes verified")
    assert tenure("replay", suite_run)[1].count(": OK: ") == 8
    assert tenure("score", suite_run / "lemonade/autumn")[0] == 0
    assert tenure("report", suite_run / "lemonade/autumn")[0] == 0


def test_one_damaged_byte_is_found_and_its_file_named(tenure, suite_run):
    path = suite_run / "lemonade/autumn/episodes/best/seed-2.jsonl.zst"
    content = bytearray(path.read_bytes())
    content[900] ^= 1
    path.write_bytes(content)
    code, out, _ = tenure("verify", suite_run)
    assert code == 1
    assert "FAILED: lemonade/autumn/episodes/best/seed-2.jsonl.zst: Record " in out
    assert tenure("score", suite_run)[0] == 1


def test_what_is_still_to_be_played_is_unfinished_and_the_same_command_plays_it(
    tenure, suite_run, suite_file
):
    shutil.rmtree(suite_run / "lemonade/autumn")
    assert tenure("score", suite_run)[0] == 3
    code, out, _ = tenure("verify", suite_run)
    assert (code, out.splitlines()[-2]) == (3, "4 episodes verified, 4 missing.")
    words = ("--agent", "floor", "--agent", "best", "--out", suite_run)
    code, _, err = tenure("run", suite_file, *words)
    assert code == 0
    assert err.splitlines()[0] == "4 of 8 episodes complete (4 before)"
    assert tenure("verify", suite_run)[0] == 0


def test_a_lost_plan_is_a_failure(tenure, suite_run):
    (suite_run / "lemonade/autumn/run.json").unlink()
    code, out, _ = tenure("verify", suite_run)
    assert code == 1
    assert "FAILED: lemonade/autumn/run.json: The run's manifest is missing." in out


def test_a_provider_that_fails_leaves_its_episodes_of_every_scenario_to_go_on(play, server):
    server.patience = 0
    words = ("--agent", "openai/worker-1", "--agent", "floor", "--base-url", server.url)
    code, out, err = play(*words, "--episodes", 1, "--json")
    assert code == 3
    unfinished = json.loads(out)["unfinished"]
    assert {one["scenario"] for one in unfinished} == {"lemonade/summer", "lemonade/autumn"}
    assert "lemonade/summer, openai-worker-1" in err
    server.patience = 10**6
    assert play(*words, "--episodes", 1)[0] == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "suites/quik", "--agent", "best"], "Did you mean 'suites/quick'?"),
        (["run", "suites/quick", "--agent", "bets"], "vending/week knows no agent 'bets'."),
        (["run", "suites/quick", "--agent", "best", "--max-steps", "999"], "can only be lowered"),
        (["run", "suites/quick", "--agent", "best", "--agent", "best"], "stands twice"),
    ],
)
def test_what_cannot_be_played_is_a_sentence_and_leaves_no_folder(
    words, sentence, tenure, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    code, out, err = tenure(*words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_a_suite_is_submitted_run_by_run(tenure, suite_run, tmp_path):
    code, _, err = tenure("submit", suite_run, "--to", tmp_path / "board")
    assert code == 2
    assert "Name one of its runs:" in err
    run = suite_run / "lemonade/summer"
    assert tenure("submit", run, "--to", tmp_path / "board")[0] == 0


def test_a_built_in_suite_is_listed_with_its_scenarios(tenure):
    code, out, _ = tenure("suites")
    assert code == 0
    assert "suites/quick" in out
    assert "5 of vending/week" in out


def test_a_changed_built_in_suite_is_told(tenure, tmp_path):
    words = ("--agent", "null", "--episodes", 1, "--max-steps", 2, "--out", tmp_path / "run")
    _, _, err = tenure("run", "suites/quick", *words)
    assert "not the built-in suites/quick: " in err
    assert "seeds.vending/week is [1], not [1,2,3,4,5]" in err
    assert "not the built-in vending/week: limits.steps is 2, not 200" in err
