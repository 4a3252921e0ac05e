"""`tenure new job`: what it writes is whole, and passes at once."""

import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import mean

import pytest

from tenure.envs.clock import MINUTES_PER_DAY
from tenure.errors import UsageError
from tenure.kit import case_of, find, findings
from tenure.kit.job_template import new_job

ROOT = Path(__file__).parents[2]


@pytest.fixture
def case(bakery):
    (subject,) = find(str(bakery))
    return case_of(subject)


def test_a_new_job_passes_every_check_without_being_installed(case):
    found = list(findings(case))
    assert [finding for finding in found if not finding.ok] == []
    assert [finding.check for finding in found] == [
        *(
            "parts",
            "tools",
            "steps",
            "figures",
            "end",
            "snapshots",
            "futures",
            "determinism",
            "gymnasium",
        ),
        *("golden", "scenario", "limits", "ladder", "bound", "attacks"),
    ]


@pytest.mark.slow
def test_its_own_tests_pass(bakery):
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert "4 passed" in run(bakery, sys.executable, *words).stdout


def test_its_card_shows_the_ladder_as_it_is(case, bakery):
    figures = [
        *(mean(play.earned for play in case.trials.policy(name)) for name in case.job.policies),
        mean(point.bound for point in case.trials.references),
    ]
    row = re.search(r"\| null \|.*\n.*\n(.*)\n", (bakery / "README.md").read_text()).group(1)
    assert [float(cell) for cell in row.strip("| ").split("|")] == [
        pytest.approx(cents / 100, abs=0.005) for cents in figures
    ]


def test_its_style_is_clean(bakery):
    for words in (["check", "--no-cache"], ["format", "--check"]):
        assert run(bakery, sys.executable, "-m", "ruff", *words, ".").returncode == 0


@pytest.mark.slow
def test_its_types_are_strict(bakery):
    words = ("-m", "mypy", "--cache-dir", bakery / "cache")
    assert run(bakery, sys.executable, *words).stdout.startswith("Success")


def test_it_ends_at_midnight_of_its_last_day(case):
    """An hour later, it would be counted as a day more."""
    world = case.scenario.make_world(1)
    while not world.ended:
        step = world.call("close_for_today")
    assert step.minute == 7 * MINUTES_PER_DAY
    assert step.figures[1] == 7
    assert step.text.endswith("[the last day is over; till: 5000 cents]")


def test_its_worlds_differ_between_seeds(case):
    worlds = [case.scenario.make_world(seed) for seed in range(5)]
    assert len({tuple(world.customers) for world in worlds}) == 5
    assert len({tuple(world.weather) for world in worlds}) == 5


def test_words_of_a_name_are_joined_by_hyphens_in_ids_and_by_underscores_in_python(
    own_jobs, tmp_path
):
    folder = new_job("bakery-of-mine", tmp_path)
    assert (folder / "bakery_of_mine" / "world.py").is_file()
    assert 'bakery-of-mine = "bakery_of_mine:JOB"' in (folder / "pyproject.toml").read_text()
    (subject,) = find(str(folder))
    assert [scenario.id for scenario in subject.scenarios] == ["bakery-of-mine/week"]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("Bakery", "such as corner-shop"),
        ("my_bakery", "such as corner-shop"),
        ("1st", "such as corner-shop"),
        ("a/b", "such as corner-shop"),
        ("", "such as corner-shop"),
        ("vending", "The name 'vending' is taken"),
        ("suites", "The name 'suites' is taken"),
        ("json", "Python has something named 'json' already"),
        ("class", "Python has something named 'class' already"),
        ("numpy", "Python has something named 'numpy' already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(tmp_path, name, complaint):
    with pytest.raises(UsageError, match=complaint):
        new_job(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "bakery").mkdir()
    with pytest.raises(UsageError, match="exists already; choose another name or --dir"):
        new_job("bakery", tmp_path)
    assert list((tmp_path / "bakery").iterdir()) == []


def run(folder, *command):
    """Run a command in a project's folder, with the project and Tenure to be imported."""
    paths = {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), "MYPYPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | paths
    )
