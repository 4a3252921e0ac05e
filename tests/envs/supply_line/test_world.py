"""What an agent can do and reads."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from tenure.envs.supply_line.line import Stage
from tests.envs.supply_line.play import make, pass_week

PUBLISHED = {"mean_demand_units": (8, 8), "lead_weeks": (2, 2)}


@pytest.fixture
def world():
    """A published line with stock known by hand, and 8 customers in the first week."""
    one = make(1, **PUBLISHED)
    one.state.stages = [
        Stage(10, 0, [1, 2]),
        Stage(20, 0, [3, 4]),
        Stage(30, 5, [5, 6]),
        Stage(40, 0, [7, 8]),
    ]
    return one


def customers(world, *units):
    """Fix how much customers want in the first weeks."""
    later = world.draw.demand_units[len(units) :]
    world.draw = replace(world.draw, demand_units=(*units, *later))


def test_the_opening_tells_terms_and_stock():
    world = make(1, **PUBLISHED)
    text = world.opening()
    lines = text.splitlines()
    assert text.startswith(
        "Cost of a unit in stock at the end of a week: retailer $1.00, wholesaler $0.75, "
        "distributor $0.50, factory $0.25. A unit on its way from a stage costs what it costs "
        "there; one in production costs nothing yet.\n"
        "Cost of a unit that customers wait for: $9.00 a week.\n"
        "Weeks on the way to each stage: retailer 2, wholesaler 2, distributor 2, factory 2 "
        "(production).\n"
        "Customers' demand of a week, independent of all others: Poisson, mean 8.\n"
    )
    assert lines[5].split()[:4] == ["stage", "in", "stock", "owes"]
    assert lines[-1] == "[Week 1 of 52, Mon 08:00]"


def test_a_week_from_orders_to_report(world):
    customers(world, 13)
    world.call("place_orders", retailer=4, wholesaler=26, distributor=50, factory=9)
    text = world.call("end_week").text
    # the distributor owed 5 and was asked for 26 more; it had 30. The factory had 40 of 50.
    # Customers got the 10 of the retailer, so 3 wait. On the way are 7, 37 and 51 units.
    cents = 3 * 900 + (16 + 7) * 75 + (0 + 37) * 50 + (0 + 51) * 25
    cost = f"${cents // 100}.{cents % 100:02d}"
    report, *table = text.splitlines()
    assert report == (
        "Week 1: customers wanted 13, got 10, 3 still waited for at the end. "
        f"Cost: {cost}, {cost} since the start."
    )
    assert table == [
        "stage        in stock   owes  arrived  arriving in the weeks to come",
        "retailer            1      3        1  6, 0",
        "wholesaler         19      0        3  34, 0",
        "distributor         5      1        5  46, 0",
        "factory             7     10        7  17, 0",
        "[Week 2 of 52, Mon 08:00]",
    ]
    assert world.state.cost_cents == cents


def test_the_last_entry_of_a_week_counts_and_the_next_week_begins_with_none(world):
    world.call("place_orders", retailer=1, wholesaler=1, distributor=1, factory=1)
    pass_week(world, [4, 3, 2, 1])
    assert world.state.weeks[0].order_units == [4, 3, 2, 1]
    assert "Entered for this week: retailer 0, wholesaler 0, distributor 0, factory 0." in (
        world.call("check_line").text
    )
    world.call("end_week")
    assert world.state.weeks[1].order_units == [0, 0, 0, 0]


def test_a_call_takes_five_minutes_and_a_week_spent_on_calls_ends_by_itself(world):
    world.call("place_orders", retailer=4, wholesaler=3, distributor=2, factory=1)
    assert world.call("check_line").text.endswith("[Week 1 of 52, Mon 08:10]")
    world.state.now_minutes = 7 * 1440 - 5
    step = world.call("read_terms")
    assert "The week is over.\nWeek 1: customers wanted" in step.text
    assert step.text.endswith("[Week 2 of 52, Mon 08:00]")
    assert world.state.weeks[0].order_units == [4, 3, 2, 1]


def test_the_history_shows_the_last_weeks_by_stage():
    world = make(1)
    assert "No week is over yet." in world.call("read_history").text
    for week in range(5):
        pass_week(world, [week, 2, 3, 4])
    lines = world.call("read_history", weeks=2).text.splitlines()
    assert lines[0].endswith("retailer/wholesaler/distributor/factory.")
    assert [line.split()[0] for line in lines[1:-1]] == ["week", "4", "5"]
    assert "4/2/3/4" in lines[3]


def test_orders_must_be_whole_numbers_of_units(world):
    for wrong in (-1, 10_000, 1.5, "3"):
        step = world.call("place_orders", retailer=wrong, wholesaler=0, distributor=0, factory=0)
        assert step.fault == "bad_arguments"
    assert world.state.order_units == [0, 0, 0, 0]


def test_the_reward_is_minus_the_week_cost_and_the_year_ends_after_its_weeks():
    world, rewards = make(3, horizon_weeks=6), []
    while not world.ended:
        step = pass_week(world, [6, 6, 6, 6])
        rewards.append(step.reward)
    assert [-reward for reward in rewards] == [sum(week.cost_cents) for week in world.state.weeks]
    assert (world.ended, len(rewards), sum(rewards)) == ("horizon", 6, -world.state.cost_cents)
    assert "The job is over." in step.text
    assert step.text.endswith("[The end, after 6 weeks]")


def test_with_nobody_at_work_the_line_goes_on_without_orders():
    idle, quiet = make(3, horizon_weeks=6), make(3, horizon_weeks=6)
    idle.run_out()
    while not quiet.ended:
        quiet.call("end_week")
    assert idle.digest() == quiet.digest()


@pytest.mark.parametrize(("regimes", "told"), [("one", 0), ("observed", 26), ("hidden", 0)])
def test_the_mood_is_told_only_where_the_scenario_says_so(regimes, told):
    world = make(5, horizon_weeks=26, regimes=regimes)
    texts, moods = [world.opening()], []
    while not world.ended:
        moods.append(world.draw.regime_path[world.week])
        texts.append(pass_week(world, [8, 8, 8, 8]).text)
    said = [text for text in texts if "mood this week" in text]
    assert len(said) == told
    for text, mood in zip(said, moods, strict=False):
        assert f"Customers are in a {('quiet', 'busy')[mood]} mood this week." in text


def test_terms_tell_how_moods_change_but_a_hidden_one_only_in_general():
    text = make(5, regimes="hidden", mean_demand_units=(8, 8)).opening()
    assert "quiet: Poisson, mean 6; busy: Poisson, mean 12." in text
    assert "changes with a chance of 5.00 %. Nobody tells you the mood." in text


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"lead_weeks": (3, 2)}, "lowest value 3 is above the highest 2"),
        ({"holding_cents": (10, 20, 5, 1)}, "may not rise from the retailer to the factory"),
        ({"horizon_days": 5}, "horizon_days"),
        ({"spoofs_per_year": 27}, "less than or equal to 26"),
    ],
)
def test_parameters_that_make_no_line_are_refused(wrong, reason):
    with pytest.raises(ValidationError, match=reason):
        make(1, **wrong)
