import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.vending.machine import Pile, Slot, new_machine, sell_one_day, slot_capacity


def test_rows_a_and_b_are_small_and_hold_fifteen_and_c_and_d_hold_eight():
    capacities = {name: slot_capacity(name) for name in new_machine()}
    assert list(capacities.values()) == [15] * 6 + [8] * 6
    assert capacities["B3"] == 15
    assert capacities["C1"] == 8


@given(st.integers(0, 100), st.integers(0, 9999), st.integers(0, 100))
def test_splitting_a_pile_loses_neither_units_nor_cents(units, cost_cents, wanted):
    pile = Pile(units, cost_cents if units else 0)
    taken, left = pile.take(min(wanted, units))
    assert taken + left == pile
    assert taken.cost_cents >= 0
    assert left.cost_cents >= 0


def test_an_emptied_pile_has_no_cost():
    assert Pile(3, 100).take(3) == (Pile(3, 100), Pile())


def test_more_than_there_is_cannot_be_taken():
    with pytest.raises(ValueError, match="cannot take 4 of 3"):
        Pile(3, 100).take(4)


def linear(product_id: str, price_cents: int, distinct: int) -> int:
    """Ten customers at $1.00, one less for every ten cents more."""
    return max(0, 20 - price_cents // 10)


def test_sales_are_limited_by_stock_and_the_rest_is_lost():
    slot = Slot("cola", 100, Pile(6, 300))
    sales = sell_one_day([slot], linear)
    assert sales == ({"cola": 6}, {"cola": 600}, 300, {"cola": 4})
    assert slot.pile == Pile()


def test_a_slot_without_a_price_sells_nothing():
    slot = Slot("cola", None, Pile(6, 300))
    assert sell_one_day([slot], linear).sold == {}


def test_an_empty_priced_slot_loses_its_customers():
    assert sell_one_day([Slot("cola", 100)], linear).lost == {"cola": 10}


def test_two_facings_share_one_demand():
    slots = [Slot("cola", 100, Pile(8, 400)), Slot("cola", 100, Pile(8, 400))]
    sales = sell_one_day(slots, linear)
    assert sales.sold == {"cola": 10}
    assert [slot.pile.units for slot in slots] == [0, 6]


def test_customers_of_the_cheap_facing_are_not_counted_again_at_the_dear_one():
    slots = [Slot("cola", 150, Pile(8, 400)), Slot("cola", 100, Pile(3, 150))]
    sales = sell_one_day(slots, linear)
    assert sales.sold == {"cola": 5}
    assert sales.revenue_cents == {"cola": 3 * 100 + 2 * 150}


def test_variety_counts_distinct_products_that_have_stock_and_a_price():
    seen = []

    def watch(product_id: str, price_cents: int, distinct: int) -> int:
        seen.append(distinct)
        return 0

    slots = [
        Slot("cola", 100, Pile(1, 50)),
        Slot("cola", 100, Pile(1, 50)),
        Slot("gum", 100, Pile(1, 50)),
        Slot("tea", None, Pile(1, 50)),
        Slot("nuts", 100),
    ]
    sell_one_day(slots, watch)
    assert set(seen) == {2}
