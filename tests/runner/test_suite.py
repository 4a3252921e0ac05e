"""A suite is a run of each scenario: played together, and each a run like any other."""

import asyncio
from collections import Counter
from functools import partial
from shutil import rmtree

import pytest

from tenure.agents import AgentSpec, staff
from tenure.cli.progress import Watch
from tenure.errors import UsageError
from tenure.runner.inline import play_here
from tenure.runner.plan import locked
from tenure.runner.run import Conditions, run, run_suite
from tenure.runner.suite import (
    check_suite_folder,
    default_suite_folder,
    draw_up_suite,
    settled_suite,
    suite_assignments,
)
from tenure.scenarios import load_suite
from tenure.scoring.manifest import Manifest
from tenure.scoring.records import read
from tenure.scoring.suite import SuiteManifest
from tests.runner.stand import SCENARIO_FILE, contents

STANDS = """
id: suites/stands
version: 1
title: Two stands
scenarios:
  - {scenario: SUMMER, max_steps: 30}
  - {scenario: autumn.yaml, episodes: 2, seed: 5}
"""


@pytest.fixture
def suite_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite")
    summer = SCENARIO_FILE.read_text()
    (folder / "autumn.yaml").write_text(summer.replace("summer", "autumn").replace("60", "90"))
    (folder / "suite.yaml").write_text(STANDS.replace("SUMMER", str(SCENARIO_FILE)))
    return folder / "suite.yaml"


@pytest.fixture
def suite(suite_file):
    return load_suite(str(suite_file))


def draw_up(suite, *agents, **options):
    return draw_up_suite(suite, [AgentSpec(name=name) for name in agents or ("best",)], **options)


def play(folder, manifest, **options):
    return asyncio.run(run_suite(folder, manifest, Watch(0), Conditions(**options)))


def episodes(folder, manifest):
    return {str(place): contents(place) for place, _ in manifest.folders(folder)}


def test_each_scenario_has_its_seeds_and_its_step_limit(suite):
    manifest = draw_up(suite)
    assert [run.seeds for run in manifest.runs] == [[1], [5, 6]]
    assert [run.scenario.limits.steps for run in manifest.runs] == [30, 400]


def test_what_the_command_says_holds_for_all(suite):
    manifest = draw_up(suite, episodes=2, seed=3, limits={"steps": 7})
    assert [run.seeds for run in manifest.runs] == [[3, 4], [3, 4]]
    assert [run.scenario.limits.steps for run in manifest.runs] == [7, 7]


def test_a_step_limit_cannot_be_raised(suite):
    with pytest.raises(UsageError, match="lemonade/summer ends after 400 steps"):
        draw_up(suite, limits={"steps": 401})


def test_an_agent_that_a_job_does_not_know_is_named_with_the_scenario(suite):
    with pytest.raises(UsageError, match=r"lemonade/summer knows no agent 'bets'. Did you mean"):
        draw_up(suite, "bets")


def test_best_is_each_jobs_own(suite_file):
    suite_file.write_text(
        "{id: suites/two, version: 1, title: Two, scenarios: [vending/week, autumn.yaml]}"
    )
    manifest = draw_up(load_suite(str(suite_file)), "best", "floor")
    assert [[agent["policy"] for agent in run.agents] for run in manifest.runs] == [
        ["shopkeeper", "naive"],
        ["two-a-day", "idle"],
    ]
    assert manifest.labels == ["best", "floor"]


def test_the_same_plan_has_the_same_default_folder_and_another_plan_another(suite):
    folder = default_suite_folder(draw_up(suite))
    later = draw_up(suite).model_copy(update={"tenure": "99.0"})
    assert folder == default_suite_folder(later)
    assert folder.name.startswith("suites-stands-")
    assert folder != default_suite_folder(draw_up(suite, seed=2))


def test_every_run_of_a_suite_is_a_run_like_any_other(suite, tmp_path):
    manifest = draw_up(suite, "floor", "best")
    assert play(tmp_path / "suite", manifest) == []
    for folder, planned in manifest.folders(tmp_path / "suite"):
        assert Manifest.read(folder) == planned
        alone = tmp_path / "alone" / planned.scenario.id
        asyncio.run(run(alone, planned, Watch(0)))
        assert contents(folder) == contents(alone)
    assert SuiteManifest.read(tmp_path / "suite") == manifest


def test_what_was_cut_short_goes_on_and_what_is_missing_is_played(suite, tmp_path):
    manifest = draw_up(suite, "floor", "best")
    play(tmp_path, manifest)
    whole = episodes(tmp_path, manifest)
    cut = tmp_path / "lemonade/summer/episodes/best/seed-1.jsonl.zst"
    cut.write_bytes(cut.read_bytes()[:-60])
    rmtree(tmp_path / "lemonade/autumn")
    assert play(tmp_path, manifest) == []
    assert episodes(tmp_path, manifest) == whole


def test_one_damaged_record_stops_nothing_else_and_its_scenario_is_named(suite, tmp_path):
    manifest = draw_up(suite, "floor")
    play(tmp_path, manifest)
    (tmp_path / "lemonade/autumn/episodes/floor/seed-5.jsonl.zst").write_bytes(b"rubbish")
    (tmp_path / "lemonade/summer/episodes/floor/seed-1.jsonl.zst").unlink()
    (failure,) = play(tmp_path, manifest)
    assert failure.assignment.name == "lemonade/autumn, floor, seed 5"
    assert read(tmp_path / "lemonade/summer/episodes/floor/seed-1.jsonl.zst").complete


def test_one_limit_holds_for_all_runs_together(suite, tmp_path):
    class Count(Watch):
        most = 0

        def began(self, *told):
            super().began(*told)
            self.most = max(self.most, len(self.running))

    manifest = draw_up(suite, "floor", "best", episodes=3)
    for limit in (1, 5):
        watch = Count(0)
        asyncio.run(
            run_suite(tmp_path / str(limit), manifest, watch, Conditions(concurrency=limit))
        )
        assert watch.most == limit


def test_a_model_is_hired_once_for_all_scenarios_and_a_script_once_a_job(suite, tmp_path):
    hired = Counter()

    def counted(spec, job, network):
        hired[spec.name] += 1
        return staff(AgentSpec(name="idle"), job, network)

    manifest = draw_up(suite, "local/smollm2-135m", "floor")
    assert play(tmp_path, manifest, place=partial(play_here, staffing=counted)) == []
    assert hired == {"local/smollm2-135m": 1, "floor": 1}


def test_a_folder_with_another_suite_is_refused_with_what_differs(suite, tmp_path):
    draw_up(suite).write(tmp_path)
    check_suite_folder(tmp_path, draw_up(suite))
    with pytest.raises(UsageError, match=r"runs.lemonade/autumn.seeds is \[5,6\] there and \[5\]"):
        check_suite_folder(tmp_path, draw_up(suite, episodes=1))


def test_a_folder_with_something_else_is_refused(suite, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("...")
    with pytest.raises(UsageError, match="holds something else than a suite's run"):
        check_suite_folder(tmp_path / "run", draw_up(suite))


def test_no_other_process_plays_in_a_suite_or_in_one_of_its_runs(suite, tmp_path):
    manifest = draw_up(suite, "floor")
    with settled_suite(tmp_path, manifest):
        with pytest.raises(UsageError, match="Another tenure is playing"):
            play(tmp_path, manifest)
        folder, planned = next(manifest.folders(tmp_path))
        with pytest.raises(UsageError, match="Another tenure is playing"):
            asyncio.run(run(folder, planned, Watch(0)))


def test_the_suites_own_folder_is_held_too(suite, tmp_path):
    """Else two processes with other plans of one suite could meet in it."""
    manifest = draw_up(suite, "floor")
    with locked(tmp_path), pytest.raises(UsageError, match="Another tenure is playing"):
        play(tmp_path, manifest)


def test_episodes_are_named_by_scenario_agent_and_seed(suite, tmp_path):
    names = [item.name for item in suite_assignments(tmp_path, draw_up(suite, "floor"))]
    assert names == [
        "lemonade/summer, floor, seed 1",
        "lemonade/autumn, floor, seed 5",
        "lemonade/autumn, floor, seed 6",
    ]
