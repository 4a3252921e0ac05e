"""The commands that read what a run has left."""

import json
import shutil
from pathlib import Path

import pytest

from tenure.cli import main
from tenure.cli.terminal import printable
from tenure.envs import jobs
from tenure.scenarios import load
from tests.runner.stand import SCENARIO_FILE
from tests.scoring import reported


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played") / "run"
    agents = ("--agent", "idle", "--agent", "two-a-day")
    assert main(["run", str(SCENARIO_FILE), *agents, "--quiet", "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def run_folder(played, tmp_path):
    return Path(shutil.copytree(played, tmp_path / "run"))


@pytest.fixture
def episode(run_folder):
    return run_folder / "episodes" / "two-a-day" / "seed-1.jsonl.zst"


def _flip_a_byte(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def _cut(path):
    path.write_bytes(path.read_bytes()[:-500])


class TestReplay:
    def test_an_episode_that_can_be_reproduced_is_ok(self, tenure, episode):
        sentence = "OK: 122 records replayed, every field the same"
        assert tenure("replay", episode) == (0, f"{episode}: {sentence}\n", "")

    def test_a_run_has_a_line_for_each_episode(self, tenure, run_folder):
        code, out, _ = tenure("replay", run_folder)
        assert code == 0
        assert out.count(": OK: ") == 2

    def test_a_world_that_behaves_otherwise_is_shown_with_both_values(
        self, tenure, episode, monkeypatch
    ):
        monkeypatch.setattr("tests.lemonade.CUP_CENTS", 60)
        code, out, _ = tenure("replay", episode)
        assert code == 1
        assert "DIFFERS: Record 0, field 'references': the file says" in out

    def test_an_unfinished_episode_is_replayed_as_far_as_it_goes(self, tenure, episode):
        _cut(episode)
        code, out, _ = tenure("replay", episode)
        assert code == 0
        assert out.endswith("or is still being played.\n")

    def test_a_path_that_is_not_there_is_said_so(self, tenure, tmp_path):
        missing = tmp_path / "x"
        assert tenure("replay", missing) == (2, "", f"tenure: There is no {missing}.\n")

    def test_a_folder_that_is_no_run_is_said_so(self, tenure, tmp_path):
        code, _, err = tenure("replay", tmp_path)
        assert code == 2
        assert "is not a run" in err


class TestVerify:
    def test_a_run_that_is_what_it_says_it_is(self, tenure, run_folder):
        sentence = "2 episodes verified: every byte, observation and score."
        unproven = "Not proven: who acted, what it cost, or that no other attempt was left out."
        assert tenure("verify", run_folder) == (0, f"{sentence}\n{unproven}\n", "")

    def test_a_changed_scenario_under_a_built_in_id_is_told(self, tenure, tmp_path):
        week = load("vending/week")
        short = week.model_copy(update={"limits": week.limits.model_copy(update={"steps": 3})})
        reported.run(tmp_path, (1,), [{"name": "null"}], short)
        code, out, _ = tenure("verify", tmp_path)
        assert code == 0
        assert "is not the built-in one of its id: limits.steps is 3, not 200.\n" in out

    def test_one_changed_byte_is_found_and_its_file_named(self, tenure, run_folder, episode):
        _flip_a_byte(episode, 2000)
        code, out, _ = tenure("verify", run_folder)
        assert code == 1
        assert "FAILED: episodes/two-a-day/seed-1.jsonl.zst: Record " in out
        assert "1 episode verified, 1 failed." in out

    def test_a_single_episode_can_be_verified(self, tenure, episode):
        assert tenure("verify", episode)[0] == 0
        _flip_a_byte(episode, -1)
        assert tenure("verify", episode)[0] == 1

    def test_an_unfinished_or_a_missing_episode_is_no_failure(self, tenure, run_folder, episode):
        _cut(episode)
        code, out, _ = tenure("verify", run_folder)
        assert code == 3
        assert out.splitlines()[0].startswith("no end: episodes/two-a-day/seed-1")
        assert out.splitlines()[0].endswith("The command that began its run goes on with it.")
        assert out.splitlines()[1] == "1 episode verified, 1 without an end."
        assert tenure("verify", episode)[0] == 3
        episode.unlink()
        code, out, _ = tenure("verify", run_folder)
        assert code == 3
        assert "missing: episodes/two-a-day/seed-1.jsonl.zst: The episode was planned" in out
        assert "1 episode verified, 1 missing." in out

    def test_what_is_damaged_and_what_is_unfinished_are_counted_apart(
        self, tenure, run_folder, episode
    ):
        _cut(episode)
        _flip_a_byte(run_folder / "episodes/idle/seed-1.jsonl.zst", 500)
        code, out, _ = tenure("verify", run_folder)
        assert code == 1
        assert out.splitlines()[-1] == "0 episodes verified, 1 failed, 1 without an end."

    def test_an_unfinished_episode_that_cannot_be_reproduced_has_failed(
        self, tenure, episode, monkeypatch
    ):
        _cut(episode)
        monkeypatch.setattr("tests.lemonade.CUP_CENTS", 60)
        assert tenure("verify", episode)[0] == 1

    def test_a_file_that_was_not_planned_is_never_merely_unfinished(
        self, tenure, run_folder, episode
    ):
        _cut(Path(shutil.copy(episode, episode.with_name("seed-9.jsonl.zst"))))
        assert tenure("verify", run_folder)[0] == 1


class TestScore:
    def test_a_run_is_a_table_and_a_scorecard(self, tenure, run_folder):
        (run_folder / "scorecard.json").unlink()
        code, out, _ = tenure("score", run_folder)
        assert code == 0
        assert out.splitlines()[2].split()[:3] == ["two-a-day", "1/1", "$71.00"]
        assert out.splitlines()[-1] == str(run_folder / "scorecard.json")
        assert (run_folder / "scorecard.json").exists()

    def test_a_run_as_json_is_its_scorecard(self, tenure, run_folder):
        _, out, _ = tenure("score", run_folder, "--json")
        assert json.loads(out) == json.loads((run_folder / "scorecard.json").read_text())

    def test_an_episode_is_a_sheet_of_facts(self, tenure, episode):
        code, out, _ = tenure("score", episode)
        facts = dict(line.split("  ", 1) for line in out.splitlines())
        assert code == 0
        assert facts["score"].strip() == "$71.00 (cash_cents)"
        assert facts["ended"].strip() == "horizon after 120 steps, 60 days"
        assert facts["tools"].strip() == "close_for_today 60, make_pitchers 60"

    def test_an_episode_as_json(self, tenure, episode):
        _, out, _ = tenure("score", episode, "--json")
        assert json.loads(out)["score"] == 7100

    def test_an_unfinished_episode_is_unscored_and_no_zero(self, tenure, run_folder, episode):
        _cut(episode)
        code, out, _ = tenure("score", episode)
        assert code == 3
        assert out.startswith("two-a-day, seed 1: unscored. It has no end: it was cut off after ")
        assert out.endswith(" The command that began its run goes on with it.\n")
        code, out, _ = tenure("score", run_folder)
        assert code == 3
        assert out.splitlines()[2].split()[:4] == ["two-a-day", "0/1", "-", "-"]

    @pytest.mark.parametrize("reader", ["score", "verify"])
    def test_of_a_record_whose_plan_is_gone_nobody_says_that_it_goes_on(
        self, tenure, run_folder, episode, reader
    ):
        _cut(episode)
        (run_folder / "run.json").unlink()
        code, out, _ = tenure(reader, episode)
        assert code == 3
        assert "Where the folder of its run is whole, the command that began the run goes on" in out

    def test_a_path_that_is_not_there_is_said_so(self, tenure, tmp_path):
        missing = tmp_path / "x"
        assert tenure("score", missing) == (2, "", f"tenure: There is no {missing}.\n")


class TestReport:
    def test_it_is_written_again_and_its_path_printed(self, tenure, run_folder):
        report = run_folder / "report.html"
        report.unlink()
        assert tenure("report", run_folder) == (0, f"{report}\n", "")
        assert report.read_text().startswith("<!doctype html>")

    def test_its_exit_code_is_that_of_the_score(self, tenure, run_folder, episode):
        _cut(episode)
        assert [tenure(word, run_folder)[0] for word in ("report", "score")] == [3, 3]
        episode.write_bytes(b"rubbish")
        assert [tenure(word, run_folder)[0] for word in ("report", "score")] == [1, 1]

    def test_it_is_made_of_a_run_and_not_of_an_episode(self, tenure, episode):
        code, _, err = tenure("report", episode)
        assert code == 2
        assert "A report is made of a whole run" in err


class TestLeaderboard:
    def test_a_run_goes_onto_a_board_and_onto_its_page(self, tenure, run_folder, tmp_path):
        board = tmp_path / "board"
        code, out, _ = tenure("submit", run_folder, "--to", board)
        assert code == 0
        assert out.endswith(f"to build its page:\n  tenure leaderboard {board}\n")
        code, out, _ = tenure("leaderboard", board)
        assert code == 0
        assert out == f"{board / 'index.html'}\n"
        assert "two-a-day" in (board / "index.html").read_text()

    def test_a_board_that_is_not_there_is_not_made(self, tenure, tmp_path):
        board = tmp_path / "bord"
        code, _, err = tenure("leaderboard", board)
        assert code == 2
        assert f"`tenure submit RUN --to {board}` makes one." in err
        assert not board.exists()

    def test_a_forged_run_is_refused(self, tenure, run_folder, episode, tmp_path):
        _flip_a_byte(episode, 2000)
        assert tenure("submit", run_folder, "--to", tmp_path / "board")[0] == 1

    def test_an_unfinished_run_is_refused(self, tenure, run_folder, episode, tmp_path):
        episode.unlink()
        assert tenure("submit", run_folder, "--to", tmp_path / "board")[0] == 2


@pytest.mark.parametrize("words", [("verify",), ("replay",), ("submit", "--to", "board")])
def test_a_job_that_is_not_installed_is_said_once_and_is_no_failure(
    tenure, run_folder, tmp_path, monkeypatch, words
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(jobs._JOBS, "lemonade")
    code, out, err = tenure(words[0], run_folder, *words[1:])
    assert (code, out) == (2, "")
    assert err.count("needs the job 'lemonade', which is not installed; install its package") == 1
    assert not Path("board").exists()


def test_what_an_agent_wrote_cannot_steer_the_terminal():
    assert printable("a\x1b[2Jb\r\n\tc\u202e") == "a\ufffd[2Jb\ufffd\n\tc\ufffd"
