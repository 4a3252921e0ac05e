"""`tenure run`, from the shell's point of view."""

import json
import signal
import time
from typing import get_args

import pytest

import tests.lemonade
from tenure.agents import AgentSpec
from tenure.cli import main
from tenure.cli.play import _MEMORY
from tenure.envs.memory import Kind
from tenure.scenarios import load
from tenure.scoring.records import read, read_partial
from tests.cli.tenure_command import start
from tests.runner.stand import SCENARIO_FILE, contents
from tests.scoring import other_jobs

SUB_AGENT = ("--sub-agent", "openai/x", "--sub-agent-option")
BOTH = ("--agent", "idle", "--agent", "two-a-day")


def test_a_run_leaves_records_a_scorecard_and_a_report(play, tmp_path):
    code, out, _ = play(*BOTH, "--episodes", 2)
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "episodes",
        "report.html",
        "run.json",
        "scorecard.json",
    ]
    assert len(contents(tmp_path / "run")) == 4
    assert out.splitlines()[-1] == str(tmp_path / "run" / "report.html")


def test_the_table_has_a_line_for_each_agent(play):
    _, out, _ = play(*BOTH)
    head, idle, two_a_day = out.splitlines()[:3]
    names = ["agent", "episodes", "cash", "normalised", "worst", "steps", "faults", "tokens"]
    assert head.split() == [*names, "cost"]
    assert idle.split() == ["idle", "1/1", "$10.00", "0.000", "$10.00", "60", "0", "-", "-"]
    assert two_a_day.split()[:3] == ["two-a-day", "1/1", "$71.00"]


def test_five_seeds_have_an_interval(play):
    _, out, _ = play("--agent", "two-a-day", "--episodes", 5)
    assert "[" in out.splitlines()[1]


def test_quiet_prints_the_last_line_only(play, tmp_path):
    assert play(*BOTH, "--quiet") == (0, f"{tmp_path / 'run' / 'report.html'}\n", "")


def test_json_prints_one_document_only(play, tmp_path):
    code, out, _ = play(*BOTH, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["run"] == str(tmp_path / "run")
    assert document["unfinished"] == []
    assert [agent["complete"] for agent in document["scorecard"]["agents"]] == [1, 1]


def test_progress_without_a_terminal_is_a_line_an_episode(play):
    _, _, err = play(*BOTH)
    assert err.splitlines() == [
        "idle, seed 1: $10.00 after 60 steps (horizon); 1 of 2 episodes complete (1 horizon)",
        "two-a-day, seed 1: $71.00 after 120 steps (horizon); 2 of 2 episodes complete (2 horizon)",
    ]


def test_the_same_command_again_keeps_what_is_complete(play, tmp_path):
    play(*BOTH)
    before = contents(tmp_path / "run")
    code, _, err = play(*BOTH)
    assert (code, err) == (0, "2 of 2 episodes complete (2 before)\n")
    assert contents(tmp_path / "run") == before


def test_another_plan_does_not_go_into_the_same_folder(play, tmp_path):
    play(*BOTH)
    code, out, err = play(*BOTH, "--seed", 2)
    assert (code, out) == (2, "")
    assert err == (
        f"tenure: {tmp_path / 'run'} holds another plan: seeds is [1] there and [2] here. "
        "Choose another --out.\n"
    )


def test_without_out_the_folder_follows_from_the_plan(tenure, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = tenure("run", SCENARIO_FILE, "--agent", "idle", "--quiet")
    assert first == tenure("run", SCENARIO_FILE, "--agent", "idle", "--quiet")
    other = tenure("run", SCENARIO_FILE, "--agent", "idle", "--quiet", "--max-steps", 5)
    assert other[1] != first[1]
    assert len(list((tmp_path / "runs").glob("lemonade-summer-*"))) == 2


def test_max_steps_ends_episodes_early_and_stands_in_the_manifest(play, tmp_path):
    play("--agent", "idle", "--max-steps", 5)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["scenario"]["limits"]["steps"] == 5
    assert read(tmp_path / "run/episodes/idle/seed-1.jsonl.zst").end["reason"] == "steps"


def test_limits_of_an_episode_stand_in_the_manifest_and_in_the_table(play, server, tmp_path):
    model = ("--agent", "openai/worker-1", "--base-url", server.url, "--price", 1, 100)
    limits = ("--episode-tokens", 9_000, "--episode-usd", 2.5, "--episode-minutes", 30)
    code, out, _ = play(*model, "--agent", "idle", *limits)
    assert code == 0
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    limits = {"steps": 400, "tokens": 9000, "usd": 2.5, "minutes": 30.0}
    assert manifest["scenario"]["limits"] == limits
    head, model_row, idle_row = out.splitlines()[:3]
    assert "at a limit" in head
    assert " 1 tokens " in model_row
    assert " tokens" not in idle_row


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "vending/yaer", "--agent", "null"], "Did you mean 'vending/year'?"),
        (["run", "no.yaml", "--agent", "null"], "There is no scenario file 'no.yaml'."),
        (["run", SCENARIO_FILE, "--agent", "idel"], "Did you mean 'idle'?"),
        (["run", SCENARIO_FILE, "--agent", "openai/x", "--temperature", "9"], "temperature"),
        (["run", SCENARIO_FILE, "--agent", "openai/x"], "OPENAI_API_KEY"),
        (["run", SCENARIO_FILE, "--agent", "idle", "--agent", "idle"], "stands twice"),
        (["run", SCENARIO_FILE, "--agent", "idle", "--max-steps", "401"], "can only be lowered"),
        (["run", SCENARIO_FILE, "--agent", "idle", "--episode-usd", "-1"], "not a number above 0"),
    ],
)
def test_what_cannot_be_played_is_a_sentence_and_leaves_no_folder(
    words, sentence, tenure, tmp_path, monkeypatch
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    code, out, err = tenure(*words)
    assert (code, out) == (2, "")
    assert err.startswith("tenure: ")
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_a_model_plays_and_its_tokens_and_cost_are_counted(play, server, tmp_path):
    model = ("--agent", "openai/worker-1", "--base-url", server.url, "--price", "1", "100")
    code, out, _ = play(*model, "--agent", "idle")
    assert code == 0
    (row,) = [line.split() for line in out.splitlines() if line.startswith("openai-worker-1")]
    assert row[1:3] == ["1/1", "$10.00"]
    assert row[-2:] == ["60,600", "$0.12"]  # 60 turns of 1,000 tokens in and 10 out


def test_a_price_that_nobody_named_is_unknown_and_not_zero(play, server):
    _, out, _ = play("--agent", "openai/worker-1", "--base-url", server.url)
    assert out.splitlines()[1].split()[-2:] == ["60,600", "?"]


def test_when_a_provider_fails_the_others_go_on_and_the_same_command_resumes(
    play, server, tmp_path
):
    words = ("--agent", "openai/worker-1", "--agent", "idle", "--base-url", server.url)
    server.patience = 25
    code, out, err = play(*words)
    assert code == 3
    assert "401 no such key" in err
    assert "To go on with what is unfinished:\n  tenure run " in err
    assert [line.split()[1] for line in out.splitlines()[1:3]] == ["0/1", "1/1"]
    (file,) = (tmp_path / "run/episodes").glob("openai*/*")
    cut_short = read_partial(file)
    assert len(cut_short.steps) == 25

    server.patience = 10**6
    code, _, err = play(*words)
    assert code == 0
    assert "goes on with step 25" in err
    whole = read(file)
    assert whole.steps[:25] == cut_short.steps
    assert server.answered == 60  # nothing was asked twice


def test_a_failed_provider_is_in_the_json_document_too(play, server):
    server.patience = 0
    code, out, _ = play("--agent", "openai/worker-1", "--base-url", server.url, "--json")
    (unfinished,) = json.loads(out)["unfinished"]
    assert code == 3
    assert unfinished["seed"] == 1
    assert "401" in unfinished["reason"]


def test_a_damaged_record_is_exit_code_1_and_is_left_as_it_is(play, tmp_path):
    play(*BOTH)
    file = tmp_path / "run/episodes/idle/seed-1.jsonl.zst"
    file.write_bytes(b"rubbish")
    code, out, err = play(*BOTH)
    assert code == 1
    assert "tenure: The record of idle, seed 1 is damaged. seed-1.jsonl.zst: It is " in err
    assert err.endswith(f"To play the episode anew, move {file} away and run again.\n")
    assert [line.split()[1] for line in out.splitlines()[1:3]] == ["0/1", "1/1"]
    assert file.read_bytes() == b"rubbish"


def test_the_advice_on_a_damaged_record_mends_it(play, tmp_path):
    play(*BOTH)
    file = tmp_path / "run/episodes/idle/seed-1.jsonl.zst"
    whole = file.read_bytes()
    file.write_bytes(b"rubbish")
    file.rename(tmp_path / "away")
    assert play(*BOTH)[0] == 0
    assert file.read_bytes() == whole


def test_a_damaged_record_weighs_more_than_an_unfinished_episode(play, server, tmp_path):
    words = ("--agent", "openai/worker-1", "--agent", "idle", "--base-url", server.url)
    server.patience = 25
    play(*words)
    (tmp_path / "run/episodes/idle/seed-1.jsonl.zst").write_bytes(b"rubbish")
    code, out, err = play(*words, "--json")
    assert code == 1
    assert "To go on with what is unfinished" in err
    kinds = {item["agent"][:4]: item["damaged"] for item in json.loads(out)["unfinished"]}
    assert kinds == {"idle": True, "open": False}


def test_each_retry_after_the_first_is_a_line(play, server):
    server.busy = 3
    code, _, err = play("--agent", "openai/worker-1", "--base-url", server.url)
    assert code == 0
    assert [line.partition(", seed ")[2] for line in err.splitlines()[:2]] == [
        "1: it answered 503 busy; retry 2 of 8 in 0 s",
        "1: it answered 503 busy; retry 3 of 8 in 0 s",
    ]


def test_a_script_is_on_record_by_its_name_alone(play, tmp_path):
    play("--agent", "idle")
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    assert manifest["agents"] == [{"label": "idle", "name": "idle"}]
    record = read(tmp_path / "run/episodes/idle/seed-1.jsonl.zst")
    assert record.header["agent"] == {"name": "idle"}


def test_an_endpoint_from_the_environment_is_on_record(play, server, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert play("--agent", "openai/worker-1")[0] == 0
    (file,) = (tmp_path / "run/episodes").glob("openai*/*")
    assert read(file).header["agent"]["base_url"] == server.url


def test_quiet_is_quiet_about_retries_too(play, server):
    server.busy = 3
    assert play("--agent", "openai/worker-1", "--base-url", server.url, "--quiet")[2] == ""


@pytest.mark.parametrize(
    "option", [("--base-url", "http://x"), ("--price", 0, 0), ("--temperature", 0)]
)
def test_options_of_models_need_a_model(play, option):
    code, _, err = play(*BOTH, *option)
    assert code == 2
    assert err.startswith(f"tenure: {option[0]} would mean nothing: idle and two-a-day asks no")


def test_the_help_tells_the_defaults_of_the_spec(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    text, spec = " ".join(capsys.readouterr().out.split()), AgentSpec(name="openai/x")
    assert f"in tokens ({spec.window_tokens:,})" in text
    assert f"tokens ({spec.max_output_tokens:,})" in text
    assert f"trimmed ({spec.keep_percent})" in text
    assert f"; ({spec.context})" in text
    assert "auto" in text


def test_memory_tools_can_be_chosen_for_a_run_and_the_manifest_says_so(tenure, tmp_path):
    words = ("run", "vending/week", "--agent", "null", "--max-steps", 3, "--out", tmp_path / "run")
    code, _, err = tenure(*words, "--memory", "vector", "--memory", "scratchpad")
    assert code == 0
    assert 'memory is ["scratchpad","vector"], not absent' in err.splitlines()[0]
    manifest = json.loads((tmp_path / "run" / "run.json").read_bytes())
    assert manifest["scenario"]["memory"] == ["scratchpad", "vector"]
    assert tenure("verify", tmp_path / "run")[0] == 0
    code, _, err = tenure(*words, "--memory", "none")
    assert (code, "holds another plan: scenario.memory is" in err) == (2, True)


def test_no_memory_goes_with_no_other_kind(play):
    code, _, err = play(*BOTH, "--memory", "none", "--memory", "vector")
    assert (code, "leave out vector" in err) == (2, True)


def test_a_kind_of_memory_is_one_of_those_that_there_are(play):
    code, _, err = play(*BOTH, "--memory", "vectors")
    assert (code, "Did you mean 'vector'" in err) == (2, True)
    assert get_args(Kind) == _MEMORY


def test_how_the_window_is_trimmed_is_said_on_the_command_line(play, server, tmp_path):
    said = ("--context", "clear", "--keep-percent", 40, "--remind-every", 9)
    assert play("--agent", "openai/m", "--base-url", server.url, *said)[0] == 0
    (agent,) = json.loads((tmp_path / "run" / "run.json").read_bytes())["agents"]
    assert (agent["context"], agent["keep_percent"], agent["remind_every"]) == ("clear", 40, 9)


def test_a_scenario_that_differs_from_the_built_in_one_of_its_id_is_told(tenure, tmp_path):
    words = ("run", "vending/week", "--agent", "null", "--out", tmp_path / "run")
    _, _, err = tenure(*words, "--max-steps", 3)
    steps = load("vending/week").limits.steps
    assert err.splitlines()[0] == (f"not the built-in vending/week: limits.steps is 3, not {steps}")


def test_on_a_narrow_terminal_each_agent_is_a_paragraph(play, monkeypatch):
    play(*BOTH)
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = play(*BOTH)
    assert out.splitlines()[:3] == ["idle", "  episodes    1/1", "  cash        $10.00"]
    assert max(map(len, out.split("\n\n")[0].splitlines())) <= 60


def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(play, server, tmp_path):
    folder = tmp_path / "run"
    model = ("--agent", "openai/worker-1", "--base-url", server.url)
    many = ("--episodes", 4, "--concurrency", 1)
    process = start("run", SCENARIO_FILE, "--out", folder, *model, *many)
    _wait_until(lambda: server.answered > 5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert f"Interrupted. What was played is kept in {folder}; to go on:\n  tenure run" in err
    answered = server.answered
    code, _, _ = play(*model, *many)
    assert code == 0
    assert server.answered <= 4 * 60 + 1  # the interrupted request is the only one asked twice
    assert answered < server.answered


def test_a_bug_of_ours_is_a_traceback(play, monkeypatch):
    def broken(_):
        yield from ()

    monkeypatch.setitem(tests.lemonade.JOB.policies, "two-a-day", broken)
    with pytest.raises(RuntimeError, match="returned before its episode was over"):
        play("--agent", "two-a-day")


def _wait_until(happened):
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_episode_that_cannot_be_scored_is_no_success(tenure, tmp_path):
    scenario = next(other_jobs.scenarios()).model_copy(update={"id": "oracle/week"})
    file, folder = tmp_path / "week.yaml", tmp_path / "run"
    file.write_text(scenario.model_dump_json())
    code, _, err = tenure("run", file, "--agent", "idle", "--out", folder)
    assert code == 1
    assert "oracle/week, idle, seed 1 has no score: Record 1: its event 'forecast_resolved'" in err
    assert "To go on" not in err
    code, out, _ = tenure("verify", folder)
    assert code == 1
    assert "FAILED: episodes/idle/seed-1.jsonl.zst: Record 1: its event" in out
    assert "0 episodes verified, 1 failed" in out


def test_limits_of_an_endpoint_change_no_plan_and_no_result(play, server, tmp_path):
    model = ("--agent", "openai/worker-1", "--base-url", server.url, "--max-steps", "3")
    assert play(*model, "--episodes", "3", "--max-connections", "1")[0] == 0
    answered = server.answered
    code, _, _ = play(*model, "--episodes", "3", "--requests-per-minute", "60000")
    assert (code, server.answered) == (0, answered)


def test_a_limit_is_a_whole_number(play):
    code, _, err = play("--agent", "floor", "--tokens-per-minute", "0")
    assert code == 2
    assert "is not a whole number of 1 or more" in err


def test_seeds_may_be_played_several_times_and_tell_pass_hat_k(play, tmp_path):
    code, out, err = play(*BOTH, "--episodes", 2, "--attempts", 2)
    assert code == 0
    assert len(contents(tmp_path / "run")) == 8
    assert "8 of 8 episodes complete" in err
    told = [line.split() for line in out.splitlines() if "pass^" in line]
    assert told == [
        ["idle", "pass^1", "0.00", "-", "2"],
        ["idle", "pass^2", "0.00", "-", "2"],
        ["two-a-day", "pass^1", "1.00", "-", "2"],
        ["two-a-day", "pass^2", "1.00", "-", "2"],
    ]


def test_a_suite_takes_no_attempts(capsys):
    assert main(["run", "suites/quick", "--agent", "floor", "--attempts", "2"]) == 2
    assert "--attempts is for a single scenario of one agent" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sub-agent", "best"), "lemonade/summer has no sub-agent, who could be best."),
        (("--sub-agent", "human/ada"), "human/ada cannot be a sub-agent"),
        (("--sub-agent-option", "temperature=0"), "--sub-agent-option is said of a model"),
        ((*SUB_AGENT, "sk-pasted-by-mistake"), "--sub-agent-option is NAME=VALUE"),
        ((*SUB_AGENT, "sk-pasted0123=="), "--sub-agent-option is NAME=VALUE"),
        ((*SUB_AGENT, "temprature=0"), "There is no --sub-agent-option temprature. Did you mean"),
        ((*SUB_AGENT, "temperature=warm"), "Argument --temperature: invalid float value"),
        ((*SUB_AGENT, "price=1"), "Argument --price: expected 2 arguments"),
        ((*SUB_AGENT, "window-tokens=5"), "The agent 'openai/x' does not fit: window-tokens"),
        (
            (*SUB_AGENT, "base-url=http://u:hunter2@x"),
            "The agent 'openai/x' does not fit: base-url",
        ),
        ((*SUB_AGENT[:2], "--price", 1, 1), "--price would mean nothing"),
    ],
)
def test_what_does_not_fit_a_sub_agent_is_a_sentence(play, tmp_path, options, said):
    code, out, err = play("--agent", "idle", *options)
    assert (code, out) == (2, "")
    assert said in err
    assert "sk-pasted" not in err
    assert "hunter2" not in err
    assert not (tmp_path / "run").exists()
