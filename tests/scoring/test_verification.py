import shutil

import pytest

from tenure import scenarios
from tenure.errors import UsageError
from tenure.scenarios import References
from tenure.scoring.manifest import Manifest
from tenure.scoring.verification import Finding, verify
from tests.scoring import reported
from tests.scoring.episodes import SCENARIO, play, scripted
from tests.scoring.reported import reseal


@pytest.fixture
def run(tmp_path):
    plan = Manifest(
        scenario=SCENARIO, agents=[{"name": "idle"}, {"name": "two-a-day"}], seeds=[1, 2]
    )
    plan.write(tmp_path)
    for label, seed, _ in plan.planned():
        play(
            path_of(tmp_path, label, seed), scripted(label, seed), seed=seed, agent={"name": label}
        )
    return tmp_path


def path_of(run, label, seed):
    return run / "episodes" / label / f"seed-{seed}.jsonl.zst"


def the_finding(run) -> Finding:
    checked = verify(run)
    assert not checked.ok
    assert checked.verified == 3
    (finding,) = checked.findings
    return finding


def test_a_true_run_is_verified(run):
    assert verify(run) == (4, (), ())
    assert verify(run).ok


def test_a_true_file_is_verified(run):
    assert verify(path_of(run, "idle", 1)) == (1, (), ())


def test_a_damaged_file_is_named_with_its_record(run):
    path = path_of(run, "idle", 1)
    path.write_bytes(path.read_bytes()[:-100])
    finding = the_finding(run)
    assert finding.file == "episodes/idle/seed-1.jsonl.zst"
    assert finding.record is not None
    assert verify(path).findings[0].file == "seed-1.jsonl.zst"


def test_a_forged_file_is_named_with_its_divergence(run):
    path = path_of(run, "idle", 2)
    path.unlink()
    play(path, scripted("idle", 2), seed=2, agent={"name": "idle"}, known=References(0, 1))
    finding = the_finding(run)
    assert (finding.file, finding.record) == ("episodes/idle/seed-2.jsonl.zst", 0)
    assert "'references'" in finding.problem


def test_a_missing_episode_is_named(run):
    path_of(run, "two-a-day", 1).unlink()
    finding = the_finding(run)
    assert finding.file == "episodes/two-a-day/seed-1.jsonl.zst"
    assert "is missing" in finding.problem


def test_an_episode_of_another_seed_is_named(run):
    shutil.copy(path_of(run, "idle", 1), path_of(run, "idle", 2))
    finding = the_finding(run)
    assert finding.file == "episodes/idle/seed-2.jsonl.zst"
    assert "played on seed 1, not 2" in finding.problem


def test_an_episode_of_another_agent_is_named(run):
    shutil.copy(path_of(run, "idle", 1), path_of(run, "two-a-day", 1))
    assert "another agent ('idle')" in the_finding(run).problem


def test_an_episode_that_was_not_planned_is_named(run):
    shutil.copy(path_of(run, "idle", 1), path_of(run, "idle", 3))
    checked = verify(run)
    assert checked.verified == 4
    assert checked.findings == (
        Finding("episodes/idle/seed-3.jsonl.zst", "The episode is not in the run's plan."),
    )


def test_a_run_whose_scenario_no_world_fits_is_named(run):
    path = run / "run.json"
    path.write_text(path.read_text().replace("{horizon_days}", "{nope}"))
    for label, seed, _ in Manifest.read(run).planned():
        reseal(
            path_of(run, label, seed),
            lambda records: records[0]["scenario"].update(brief=Manifest.read(run).scenario.brief),
        )
    findings = verify(run).findings
    assert len(findings) == 4
    assert all("Record 0 (header): no such world" in finding.problem for finding in findings)


def test_a_scenario_that_only_has_the_id_of_a_built_in_one_is_told_apart(tmp_path):
    week = scenarios.load("vending/week")
    short = week.model_copy(update={"title": "Mine", "limits": scenarios.Limits(steps=3)})
    for name, scenario in (("true", week), ("short", short)):
        reported.run(tmp_path / name, (1,), [{"name": "null"}], scenario)
    assert verify(tmp_path / "true") == (1, (), ())
    assert verify(tmp_path / "short") == (
        1,
        (),
        ("limits.steps is 3, not 200", f"title is Mine, not {week.title}"),
    )
    assert verify(tmp_path / "short/episodes/null/seed-1.jsonl.zst") == (
        1,
        (),
        ("limits.steps is 3, not 200", f"title is Mine, not {week.title}"),
    )


def test_what_is_not_there_cannot_be_verified(tmp_path):
    with pytest.raises(UsageError, match="no file or folder"):
        verify(tmp_path / "nothing")
    with pytest.raises(UsageError, match="is not a run"):
        verify(tmp_path)
