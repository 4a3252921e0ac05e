"""`tenure export`: records in the formats of others."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tenure.cli import main
from tenure.cli.export import _FORMATS
from tenure.scoring.export import TARGETS
from tests.runner.stand import SCENARIO_FILE


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


def test_its_formats_are_those_that_there_are():
    assert set(_FORMATS) == set(TARGETS)


def test_an_episode_is_exported_beside_its_file(tenure, episode):
    out = episode.with_name("seed-1.atif.json")
    assert tenure("export", episode, "--to", "atif") == (0, f"{out}\n", "")
    assert json.loads(out.read_bytes())["agent"]["name"] == "two-a-day"


def test_or_to_a_file_of_ones_own_and_an_older_one_is_replaced(tenure, episode, tmp_path):
    out = tmp_path / "new" / "spans"
    for _ in range(2):
        assert tenure("export", episode, "--to", "otel", "--out", out)[0] == 0
    assert out.read_text().count('"invoke_agent two-a-day"') == 1


def test_a_run_has_a_file_for_each_episode_in_folders_like_its_own(tenure, run_folder):
    into = run_folder / "export" / "atif"
    assert tenure("export", run_folder, "--to", "atif") == (0, f"{into}: 2 episodes\n", "")
    files = sorted(path.relative_to(into).as_posix() for path in into.rglob("*.json"))
    assert files == ["episodes/idle/seed-1.atif.json", "episodes/two-a-day/seed-1.atif.json"]
    assert tenure("verify", run_folder)[0] == 0


def test_a_run_is_one_table(tenure, run_folder, tmp_path):
    pytest.importorskip("pyarrow", reason="needs the extra `parquet`")
    out = tmp_path / "steps.parquet"
    assert tenure("export", run_folder, "--to", "parquet", "--out", out)[0] == 0
    from pyarrow import parquet

    assert parquet.read_table(out).num_rows == 60 + 120


def test_what_is_damaged_is_left_out_and_named(tenure, run_folder, episode):
    episode.write_bytes(b"rubbish")
    code, out, err = tenure("export", run_folder, "--to", "atif")
    assert (code, out.endswith(": 1 episode\n")) == (1, True)
    assert f"{episode}: left out: " in err
    assert tenure("export", episode, "--to", "atif")[0] == 1


def test_what_is_unfinished_is_exported_as_far_as_it_goes(tenure, episode):
    episode.write_bytes(episode.read_bytes()[:-500])
    assert tenure("export", episode, "--to", "atif")[0] == 0
    found = json.loads(episode.with_name("seed-1.atif.json").read_bytes())
    assert found["extra"]["tenure"]["end"] is None
    assert len(found["steps"]) > 10


def test_a_run_that_has_not_begun_has_nothing_to_export(tenure, run_folder):
    shutil.rmtree(run_folder / "episodes")
    code, out, _ = tenure("export", run_folder, "--to", "atif")
    assert (code, out) == (3, f"No episode of {run_folder} has been played yet.\n")


@pytest.mark.parametrize(
    ("format_", "package"), [("inspect", "inspect_ai"), ("parquet", "pyarrow")]
)
def test_a_missing_extra_is_named(tenure, episode, monkeypatch, format_, package):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = tenure("export", episode, "--to", format_)
    assert code == 2
    assert err == (
        f"tenure: This export needs the extra `{format_}`: pip install 'tenure[{format_}]'\n"
    )


def test_what_cannot_be_is_said_so(tenure, run_folder, episode, tmp_path):
    file = tmp_path / "file"
    file.touch()
    for words, sentence in [
        ((tmp_path / "x", "--to", "atif"), f"There is no {tmp_path / 'x'}."),
        ((episode, "--to", "atof"), "No 'atof'. Did you mean 'atif'?"),
        ((episode, "--to", "atif", "--out", tmp_path), "is a folder; an episode's export is"),
        ((run_folder, "--to", "atif", "--out", file), "is a file; every episode gets a file of"),
        ((tmp_path, "--to", "atif"), "is not a run"),
    ]:
        code, _, err = tenure("export", *words)
        assert code == 2
        assert sentence in err
