"""What a step was about that was not the end of a day."""

import pytest

from tenure.envs.jobs import Deed, Matter
from tenure.envs.vending.matters import matter
from tenure.scenarios import load


def about(world, tool, **arguments):
    return matter(Deed(world, tool, arguments, "", (), passes_day=False, would=()))


@pytest.fixture
def world():
    return load("vending/week").make_world(1)


def test_looking_costs_time_and_nothing_else(world):
    assert about(world, "check_machine") == Matter(cause="time spent")


def test_collecting_is_a_deed_only_where_there_is_something_to_collect_or_to_clear(world):
    assert about(world, "collect_cash").cause == "time spent"
    world.state.cash_in_machine_cents = 100
    assert about(world, "collect_cash").cause == "cash collected"
    world.state.cash_in_machine_cents, world.state.is_jammed = 0, True
    assert about(world, "collect_cash").cause == "cash collected"


def test_filling_is_about_the_product(world):
    assert about(world, "stock_slot", slot="A1", product="Cola", quantity=3) == Matter(
        "Cola", "", "goods put into a slot"
    )
