"""The ledger names what it was that cost money, on agents whose fault is known."""

import pytest

from tenure.kit.sabotage import FAULTS
from tenure.runner.culprits import CULPRITS, verdicts
from tenure.runner.validation import trial
from tenure.scoring.ledger import ledger
from tenure.scoring.records import read

TOO_SMALL = "price-out"
"""One slot of twelve for a night: less than what the orders of that week win or lose by luck."""


def test_there_are_more_than_twenty_kinds_of_faults_that_cost_money():
    assert len(CULPRITS) > 20


def test_a_forecast_that_is_too_sure_is_named(tmp_path):
    (one,) = verdicts(tmp_path, [2000], ["too-sure"])
    assert (one.named, one.is_right, one.is_exact) == ("forecast too sure", True, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CULPRITS if name != TOO_SMALL])
def test_the_ledger_names_the_culprit_of_every_fault_that_costs_money(name, tmp_path):
    (one,) = verdicts(tmp_path, [2000], [name])
    assert one.is_exact
    assert one.is_right or not one.is_costly


@pytest.mark.slow
def test_a_slot_that_nobody_buys_from_for_a_night_has_its_share_of_that_night(tmp_path):
    played = trial(FAULTS[TOO_SMALL], 2000, tmp_path / "e.jsonl.zst")
    (label,) = played.labels
    drawn = ledger(read(played.path))
    (night,) = (one for one in drawn.entries if one.step == label.first + 1)
    (share,) = (one for one in night.shares if one.cause == "price left far too high")
    assert share.product == "Roasted pistachios"
    assert 0 < share.loss_cents < 1_000
