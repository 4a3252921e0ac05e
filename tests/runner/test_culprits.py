"""The ledger names what it was that cost money, on agents whose fault is known."""

import pytest

from tenure.runner.culprits import CULPRITS, verdicts


def test_there_are_more_than_twenty_kinds_of_faults_that_cost_money():
    assert len(CULPRITS) > 20


def test_a_forecast_that_is_too_sure_is_named(tmp_path):
    (one,) = verdicts(tmp_path, [2000], ["too-sure"])
    assert (one.named, one.is_right, one.is_exact) == ("forecast too sure", True, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", CULPRITS)
def test_the_ledger_names_the_culprit_of_every_fault_that_costs_money(name, tmp_path):
    (one,) = verdicts(tmp_path, [2000], [name])
    assert one.is_exact
    assert one.is_right or not one.is_costly
