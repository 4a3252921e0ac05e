"""`tenure sustained`: month 1 against the last month, on the terminal and in the run's folder."""

import json
import shutil
from pathlib import Path

import pytest

from tenure.cli import main
from tenure.scoring.manifest import Manifest
from tests.scoring import reported
from tests.scoring.sustained import kiosk


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    folder = tmp_path_factory.mktemp("played") / "season"
    return kiosk.record(folder, kiosk.SEASON, (1, 2), kiosk.SCRIPTS)


@pytest.fixture
def season(played, tmp_path):
    return Path(shutil.copytree(played, tmp_path / "season"))


def test_the_first_lines_are_month_1_and_the_last(season, capsys):
    assert main(["sustained", str(season)]) == 0
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("one-a-day  the reference itself; $")
    assert second.startswith("fading     earned 100% of what one-a-day did in month 1, ")
    assert "(n = 2 < 5: no interval)" in second
    assert "kiosk/season, 120 days, against one-a-day on the same seeds." in rest


def test_it_leaves_numbers_and_a_page_in_the_run(season, capsys):
    assert main(["sustained", str(season)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(season / "sustained.html")
    assert json.loads((season / "sustained.json").read_bytes())["reference"] == "one-a-day"


def test_json_is_the_document_and_nothing_else(season, capsys):
    assert main(["sustained", str(season), "--json"]) == 0
    assert capsys.readouterr().out.encode() == (season / "sustained.json").read_bytes()


def test_an_episode_has_a_course_too(season, capsys):
    path = season / Manifest.read(season).episode_path("fading", 1)
    assert main(["sustained", str(path)]) == 0
    assert "earned 100% of what one-a-day did in month 1" in capsys.readouterr().out


def test_another_reference_can_be_named(season, capsys):
    assert main(["sustained", str(season), "--against", "idle"]) == 0
    assert "a day to idle in month 1" in capsys.readouterr().out
    assert main(["sustained", str(season), "--against", "idel"]) == 2
    assert "no script 'idel'" in capsys.readouterr().err


def test_what_is_too_short_is_refused_with_the_reason(tmp_path, capsys):
    reported.run(tmp_path, seeds=(1,))
    assert main(["sustained", str(tmp_path)]) == 2
    assert "a scenario of 90 days and more" in capsys.readouterr().err


def test_twins_are_for_runs(season, capsys):
    path = season / Manifest.read(season).episode_path("fading", 1)
    assert main(["sustained", str(path), "--shocks"]) == 2
    assert "name the run's folder" in capsys.readouterr().err


def test_a_run_without_shocks_has_no_twin(season, capsys):
    assert main(["sustained", str(season), "--twin", str(season)]) == 2
    assert "the job names no shocks" in capsys.readouterr().err


def test_episodes_without_a_score_are_told(tmp_path, capsys):
    folder = kiosk.record(tmp_path, kiosk.SEASON, (1, 2), {"one-a-day": kiosk.one_a_day})
    (folder / Manifest.read(folder).episode_path("one-a-day", 2)).unlink()
    assert main(["sustained", str(folder)]) == 0
    assert "1 planned episode has no score" in capsys.readouterr().err


def test_what_is_not_there_is_named(tmp_path, capsys):
    assert main(["sustained", str(tmp_path / "nowhere")]) == 2
    assert "There is no" in capsys.readouterr().err
