"""The rules of a week, worked out by hand."""

from tenure.envs.supply_line.line import (
    Stage,
    echelon_position_units,
    echelon_stock_units,
    receive,
    sell,
    ship,
    week_cost_cents,
)
from tenure.envs.supply_line.terms import CostSheet

OPEN = [False] * 4
SHEET = CostSheet(0, (100, 75, 50, 25), 900)


def line(*on_hand, lead=2):
    return [Stage(units, 0, [0] * lead) for units in on_hand]


def test_goods_arrive_as_many_weeks_after_they_left_as_the_lead_time_says():
    stages = line(0, 10, 0, 0)
    ship(stages, [4, 0, 0, 0], OPEN)
    assert [receive(stages)[0] for _ in range(3)] == [0, 4, 0]
    assert stages[0].on_hand_units == 4


def test_a_stage_ships_what_it_has_and_owes_the_rest():
    stages = line(0, 3, 0, 0)
    assert ship(stages, [5, 0, 0, 0], OPEN) == [3, 0, 0, 0]
    assert (stages[1].on_hand_units, stages[1].owed_units) == (0, 2)


def test_what_is_owed_is_shipped_as_soon_as_it_can_be_without_a_new_order():
    stages = line(0, 3, 0, 0)
    ship(stages, [5, 0, 0, 0], OPEN)
    stages[1].on_hand_units = 9
    assert ship(stages, [0, 0, 0, 0], OPEN) == [2, 0, 0, 0]
    assert (stages[1].on_hand_units, stages[1].owed_units) == (7, 0)


def test_stages_ship_at_once_so_nothing_passes_two_links_in_a_week():
    stages = line(0, 0, 8, 0, lead=1)
    assert ship(stages, [8, 8, 0, 0], OPEN) == [0, 8, 0, 0]
    assert stages[1].owed_units == 8


def test_the_factory_produces_whatever_it_orders():
    stages = line(0, 0, 0, 0, lead=1)
    assert ship(stages, [0, 0, 0, 7], OPEN) == [0, 0, 0, 7]
    assert receive(stages) == [0, 0, 0, 7]


def test_nothing_leaves_on_a_closed_link_and_the_order_is_owed():
    stages = line(0, 9, 9, 9)
    assert ship(stages, [4, 4, 4, 4], [True, False, False, False]) == [0, 4, 4, 4]
    assert (stages[1].on_hand_units, stages[1].owed_units) == (9, 4)
    assert ship(stages, [1, 0, 0, 0], OPEN) == [5, 0, 0, 0]


def test_customers_who_wait_are_served_before_new_ones():
    retailer = Stage(on_hand_units=5)
    assert sell(retailer, 8) == 5
    assert (retailer.on_hand_units, retailer.owed_units) == (0, 3)
    retailer.on_hand_units = 10
    assert sell(retailer, 4) == 7
    assert (retailer.on_hand_units, retailer.owed_units) == (3, 0)


def test_a_unit_on_its_way_is_charged_to_the_stage_that_sent_it():
    stages = [Stage(2, 0, [5, 1]), Stage(3, 0, [4]), Stage(0, 0, [7]), Stage(1, 0, [6, 6])]
    assert week_cost_cents(stages, SHEET) == [
        2 * 100,
        3 * 75 + (5 + 1) * 75,
        0 * 50 + 4 * 50,
        1 * 25 + 7 * 25,  # the 12 in production cost nothing yet
    ]


def test_waiting_customers_cost_the_retailer():
    stages = [Stage(0, 3, [0]), *line(0, 0, 0, lead=1)]
    assert week_cost_cents(stages, SHEET) == [3 * 900, 0, 0, 0]


def test_echelons_hold_all_that_is_downstream_less_what_customers_wait_for():
    stages = [Stage(0, 3, [5]), Stage(4, 2, [6]), Stage(7, 0, [8]), Stage(9, 1, [10])]
    assert echelon_stock_units(stages) == [
        -3,
        -3 + 5 + 4,
        -3 + 5 + 4 + 6 + 7,
        -3 + 5 + 4 + 6 + 7 + 8 + 9,
    ]
    assert echelon_position_units(stages) == [-3 + 5, 6 + 6, 19 + 8, 36 + 10]
