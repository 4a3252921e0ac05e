"""Commands take the URL of a run in a store where they take a folder."""

import fsspec
import pytest

from tests.runner.stand import SCENARIO_FILE


@pytest.mark.parametrize("words", [["score"], ["verify"], ["replay"], ["report"]])
def test_commands_read_a_store(url, tenure, words):
    ran, out, _ = tenure("run", SCENARIO_FILE, "--agent", "idle", "--out", url, "--quiet")
    assert (ran, out) == (0, f"{url}/report.html\n")
    code, out, err = tenure(*words, url)
    assert (code, err) == (0, "")
    assert "/tenure-" not in out
    code, _, err = tenure(*words, f"{url}/elsewhere")
    assert (code, err) == (2, f"tenure: There is nothing at {url}/elsewhere.\n")


@pytest.fixture
def played(url, tenure):
    assert tenure("run", SCENARIO_FILE, "--agent", "idle", "--out", url, "--quiet")[0] == 0
    return url


def test_an_episode_is_shown_and_scored_where_it_is(played, tenure):
    episode = f"{played}/episodes/idle/seed-1.jsonl.zst"
    code, out, err = tenure("show", episode, "--day", 2)
    assert (code, err) == (0, "")
    assert "=== Day 2" in out
    assert tenure("score", episode)[0] == 0
    assert tenure("show", played, "--day", 2) == (0, out, "")


def test_an_export_goes_beside_a_run_in_its_store_or_to_a_path_here(played, tenure, tmp_path):
    assert tenure("export", played, "--to", "otel") == (0, f"{played}/export/otel: 1 episode\n", "")
    exported = f"{played}/export/otel/episodes/idle/seed-1.otlp.jsonl"
    files, path = fsspec.url_to_fs(exported)
    here = tmp_path / "here.jsonl"
    episode = f"{played}/episodes/idle/seed-1.jsonl.zst"
    assert tenure("export", episode, "--to", "otel", "--out", here) == (0, f"{here}\n", "")
    assert here.read_bytes() == files.cat_file(path)
    assert tenure("verify", played)[0] == 0


def test_an_export_goes_to_no_url(played, tenure):
    code, _, err = tenure("export", played, "--to", "otel", "--out", f"{played}/x")
    assert code == 2
    assert f"{played}/x is a URL, and a path of this machine is needed" in err


def test_a_run_in_a_store_that_a_limit_has_stopped_says_how_to_go_on(url, tenure):
    words = ("run", SCENARIO_FILE, "--agent", "two-a-day", "--out", url)
    code, out, err = tenure(*words, "--max-turns", 7)
    assert code == 5
    assert "its limit of 7 turns" in err
    assert f"--out {url}" in err.splitlines()[-1]
    assert out.endswith(f"{url}/report.html\n")
    assert tenure(*words)[0] == 0
    assert tenure("verify", url)[0] == 0
