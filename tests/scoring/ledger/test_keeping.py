"""Ledgers that are kept, and the command that prints them."""

import json
import shutil

import pytest

from tenure.cli import main
from tenure.scoring.ledger import diagnose, is_kept
from tenure.scoring.ledger.keeping import kept_at
from tests.scoring.ledger.spoilt import shortened, spoilt


@pytest.fixture
def path(tmp_path):
    where = tmp_path / "run" / "episodes" / "naive" / "seed-1.jsonl.zst"
    where.parent.mkdir(parents=True)
    spoilt(where, shortened("vending/month", 12), "random")
    return where


def test_a_ledger_is_kept_in_the_run_and_computed_once(path):
    told = []
    first = diagnose(path, progress=told.append)
    assert kept_at(path) == path.parents[2] / "diagnosis" / "naive" / "seed-1.ledger.json"
    computed = len(told)
    assert diagnose(path, progress=told.append) == first
    assert len(told) == computed > 0


def test_a_damaged_ledger_is_drawn_up_anew(path):
    first = diagnose(path)
    kept_at(path).write_text("{")
    assert diagnose(path) == first


def test_the_command_prints_decisions_sums_and_the_check(path, capsys):
    assert main(["diagnose", str(path)]) == 0
    said = capsys.readouterr().out
    ledger = diagnose(path)
    assert f"day {ledger.worst(1)[0].day}, step {ledger.worst(1)[0].step}" in said
    assert "V(s0) - G = " in said
    assert f"sum to ${ledger.total / 100:,.2f}." in said
    assert "by cause" in said


def test_the_command_prints_json_and_draws(path, capsys, tmp_path):
    picture = tmp_path / "losses.png"
    assert main(["diagnose", str(path), "--json", "--plot", str(picture)]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["total"] == plain["start"] - plain["outcome"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_loose_file_has_its_ledger_beside_it(path, tmp_path):
    loose = tmp_path / "loose.jsonl.zst"
    shutil.copy(path, loose)
    diagnose(loose)
    assert (tmp_path / "loose.ledger.json").is_file()


def test_a_ledger_is_drawn_up_anew_for_another_reference(path, monkeypatch):
    told = []
    assert not is_kept(path)
    diagnose(path, progress=told.append)
    assert is_kept(path)
    computed = len(told)
    monkeypatch.setattr("tenure.scoring.ledger.keeping._reference_of", lambda _: "another")
    assert not is_kept(path)  # whoever has it shown is not to wait for it unasked
    diagnose(path, progress=told.append)
    assert len(told) == 2 * computed
