from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.vending.goods import Pile
from tenure.envs.vending.machine import Slot, new_machine, on_offer, sell_one_day, slot_capacity


def test_rows_a_and_b_are_small_and_hold_fifteen_and_c_and_d_hold_eight():
    capacities = {name: slot_capacity(name) for name in new_machine()}
    assert list(capacities.values()) == [15] * 6 + [8] * 6
    assert capacities["B3"] == 15
    assert capacities["C1"] == 8


def linear(product_id: str, price_cents: int) -> int:
    """Ten customers at $1.00, one less for every ten cents more."""
    return max(0, 20 - price_cents // 10)


def test_sales_are_limited_by_stock_and_the_rest_is_lost():
    slot = Slot("cola", 100, Pile.of(6, 300, 9))
    sales = sell_one_day([slot], linear)
    assert sales == ({"cola": 6}, {"cola": 600}, 300, {"cola": 4})
    assert slot.pile == Pile()


def test_a_slot_without_a_price_sells_nothing():
    slot = Slot("cola", None, Pile.of(6, 300, 9))
    assert sell_one_day([slot], linear).sold == {}


def test_an_empty_priced_slot_loses_its_customers():
    assert sell_one_day([Slot("cola", 100)], linear).lost == {"cola": 10}


def test_two_facings_share_one_demand():
    slots = [Slot("cola", 100, Pile.of(8, 400, 9)), Slot("cola", 100, Pile.of(8, 400, 9))]
    sales = sell_one_day(slots, linear)
    assert sales.sold == {"cola": 10}
    assert [slot.pile.units for slot in slots] == [0, 6]


def test_customers_of_the_cheap_facing_are_not_counted_again_at_the_dear_one():
    slots = [Slot("cola", 150, Pile.of(8, 400, 9)), Slot("cola", 100, Pile.of(3, 150, 9))]
    sales = sell_one_day(slots, linear)
    assert sales.sold == {"cola": 5}
    assert sales.revenue_cents == {"cola": 3 * 100 + 2 * 150}


facings_of_cola = st.lists(
    st.tuples(st.none() | st.integers(10, 250), st.integers(0, 15)), min_size=1, max_size=6
)


@given(facings_of_cola)
def test_facings_never_sell_more_than_the_customers_of_their_product(columns):
    slots = [Slot("cola", cents, Pile.of(units, units, 9)) for cents, units in columns]
    before = sum(slot.pile.units for slot in slots)
    sales = sell_one_day(slots, linear)
    sold = sales.sold.get("cola", 0)
    prices = [cents for cents, _ in columns if cents is not None]
    assert sold <= max((linear("cola", cents) for cents in prices), default=0)
    assert sold == before - sum(slot.pile.units for slot in slots) == sales.cost_cents


def test_on_offer_is_what_has_stock_and_a_price_at_its_lowest():
    slots = [
        Slot("cola", 120, Pile.of(1, 50, 9)),
        Slot("cola", 100, Pile.of(1, 50, 9)),
        Slot("cola", 80),
        Slot("gum", 100, Pile.of(1, 50, 9)),
        Slot("tea", None, Pile.of(1, 50, 9)),
        Slot("nuts", 100),
    ]
    assert on_offer(slots) == {"cola": 100, "gum": 100}


def test_the_units_that_expire_first_are_sold_first():
    slot = Slot("cola", 100, Pile.of(6, 300, 20) + Pile.of(8, 480, 9))
    sales = sell_one_day([slot], linear)
    assert sales.sold == {"cola": 10}
    assert sales.cost_cents == 480 + 100
    assert slot.pile == Pile.of(4, 200, 20)
