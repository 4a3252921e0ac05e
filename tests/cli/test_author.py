"""`tenure new` and `tenure check`, from the shell's point of view."""

import json

import pytest

from tests.kit.conftest import forget
from tests.runner.stand import SCENARIO_FILE


@pytest.fixture
def bakery(own_jobs, tenure, tmp_path):
    code, out, err = tenure("new", "job", "bakery", "--dir", tmp_path)
    assert code == 0, err
    assert f"  tenure check {tmp_path / 'bakery'}" in out
    forget()
    return tmp_path / "bakery"


def test_a_new_job_is_checked_line_by_line(tenure, bakery):
    code, out, _ = tenure("check", bakery, "--seeds", 8)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "bakery, played in bakery/week on 8 seeds:"
    assert [line.split()[0] for line in lines[1:-1]] == ["ok"] * 15
    assert lines[-1] == "All checks passed."


def test_a_broken_rule_is_explained_and_ends_in_exit_code_1(tenure, bakery):
    world = bakery / "bakery" / "world.py"
    world.write_text(world.read_text().replace('"""Tell today\'s weather."""', ""))
    code, out, _ = tenure("check", bakery)
    assert code == 1
    assert "FAILED  tools       look_at_sky has no docstring" in out
    assert "What to do: A tool's docstring" in out
    assert "FAILED  golden" in out  # the model reads it
    assert out.endswith("2 of 15 checks failed.\n")


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    forget()


def test_a_change_that_is_meant_is_recorded_under_a_new_version_alone(tenure, bakery):
    golden = bakery / "bakery" / "golden.json"
    before = golden.read_text()
    edit(bakery / "bakery" / "bound.py", "return cash_cents", "return cash_cents + 1")
    for words in ((), ("--write-golden",)):
        code, out, _ = tenure("check", bakery, *words)
        forget()
        assert code == 1
        assert "FAILED  golden      bakery/week version 1 no longer leads to" in out
    assert golden.read_text() == before
    edit(bakery / "bakery" / "scenarios" / "week.yaml", "version: 1", "version: 2")
    _, out, _ = tenure("check", bakery)
    assert f"What to do: tenure check {bakery} --write-golden\n" in out
    forget()
    code, out, _ = tenure("check", bakery, "--write-golden")
    assert code == 0
    assert f"ok      golden      {golden} is written\n" in out
    assert golden.read_text() != before


def test_nothing_is_recorded_of_a_job_that_is_broken(tenure, bakery):
    """Every check that meets the one cause names the check that told it."""
    golden = bakery / "bakery" / "golden.json"
    golden.unlink()
    world = bakery / "bakery" / "world.py"
    edit(world, 'return f"Today is', 'raise ValueError("rain")\n        return f"Today is')
    code, out, err = tenure("check", bakery, "--write-golden")
    assert (code, err) == (1, "")
    lines = [line.split(maxsplit=2) for line in out.splitlines() if line[:2] in ("FA", "--")]
    assert lines[0][:2] == ["FAILED", "steps"]
    assert "ValueError: rain (" in lines[0][2]
    assert f"{world}, line " in lines[0][2]
    assert {tuple(line[::2]) for line in lines[1:-1]} == {("--", "not checked: see steps")}
    assert lines[-1] == ["--", "golden", "not written: see steps"]
    assert out.endswith(f"1 of 15 checks failed, and {len(lines) - 1} could not be made.\n")
    assert not golden.exists()


def test_findings_are_one_json_document(tenure, bakery):
    code, out, _ = tenure("check", bakery, "--seeds", 6, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["ok"]
    assert (report["job"], report["scenario"], report["seeds"]) == (
        "bakery",
        "bakery/week",
        [1, 2, 3, 4, 5, 6],
    )
    assert set(report["checks"][0]) == {"check", "ok", "text", "advice", "see"}


def test_a_failed_check_of_a_scenario_file_is_in_the_json_too(tenure):
    code, out, _ = tenure("check", SCENARIO_FILE, "--seeds", 5, "--json")
    report = json.loads(out)
    assert code == 1
    assert [found["check"] for found in report["checks"] if not found["ok"]] == ["attacks"]


def test_golden_hashes_are_for_jobs(tenure):
    code, out, err = tenure("check", SCENARIO_FILE, "--write-golden")
    assert (code, out) == (2, "")
    assert "is for a job, not for a scenario alone" in err


def test_a_new_scenario_says_what_to_type_next(tenure, tmp_path):
    code, out, _ = tenure("new", "scenario", "vending/my-week", "--dir", tmp_path)
    assert code == 0
    assert (tmp_path / "my-week.yaml").is_file()
    assert f"  tenure check {tmp_path / 'my-week.yaml'}" in out


def test_a_new_scenario_of_a_project_is_checked_with_its_hashes(
    tenure, bakery, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    _, out, _ = tenure("new", "scenario", "bakery/month", "--dir", "bakery/bakery/scenarios")
    line = "tenure check bakery --scenario bakery/month --write-golden"
    assert f"  {line}\n  tenure run bakery/month --agent floor" in out
    forget()
    code, out, _ = tenure(*line.split()[1:])
    assert code == 0, out
    _, out, _ = tenure("new", "scenario", "bakery/draft", "--dir", "bakery/drafts")
    assert "  tenure check bakery/drafts/draft.yaml\n" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("new", "jbo", "x"), "No 'jbo'. Did you mean 'job'?"),
        (("new", "job", "vending"), "The name 'vending' is taken"),
        (("new", "scenario", "vendin/x"), "There is no job 'vendin'. Did you mean 'vending'?"),
        (("check", "vendin"), "Did you mean 'vending'?"),
        (("check", "vending", "--seeds", 4), "'4' is not a whole number of 5 or more"),
        (("check", "vending", "--scenario", "vending/x"), "has no scenario 'vending/x'"),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_exit_code_2(tenure, tmp_path, words, sentence):
    code, out, err = tenure(*words)
    assert code == 2
    assert out == ""
    assert sentence in err


def test_the_scenarios_and_agents_of_installed_jobs_are_listed_and_broken_ones_told(
    tenure, bakery, install
):
    install("bakery", bakery="bakery:JOB")
    forget()
    _, out, _ = tenure("scenarios")
    assert "bakery/week" in out
    assert "A week in a bakery" in out
    (bakery / "bakery" / "__init__.py").write_text("JOB = 1 / 0")
    forget()
    for words in (("scenarios",), ("agents",)):
        code, out, err = tenure(*words)
        assert code == 0
        assert "vending" in out
        assert "ZeroDivisionError" in err


def test_an_installed_job_is_played_and_verified(tenure, bakery, install, tmp_path):
    install("bakery", bakery="bakery:JOB")
    run = tmp_path / "run"
    words = ("--agent", "naive", "--agent", "baker", "--episodes", 2, "--out", run)
    code, out, _ = tenure("run", "bakery/week", *words)
    assert code == 0
    assert "baker" in out
    assert tenure("verify", run)[0] == 0
