"""Piles of goods: conserved, and first expired, first out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.vending.goods import Lot, Pile

lots = st.builds(Pile.of, st.integers(0, 40), st.integers(0, 9_999), st.integers(0, 9))
piles = st.lists(lots, max_size=6).map(lambda parts: sum(parts, Pile()))


def by_day(pile):
    return {lot.last_day: lot.units for lot in pile.lots}


@given(piles)
def test_lots_are_in_order_distinct_and_never_empty(pile):
    days = [lot.last_day for lot in pile.lots]
    assert days == sorted(set(days))
    assert all(lot.units > 0 and lot.cost_cents >= 0 for lot in pile.lots)


@given(piles, piles)
def test_putting_piles_together_adds_units_and_cents_of_each_day(one, other):
    both = one + other
    assert both == other + one
    assert both.cost_cents == one.cost_cents + other.cost_cents
    for day, units in by_day(both).items():
        assert units == by_day(one).get(day, 0) + by_day(other).get(day, 0)


@given(piles, st.integers(0, 200))
def test_splitting_a_pile_loses_neither_units_nor_cents_nor_age(pile, wanted):
    taken, left = pile.take(min(wanted, pile.units))
    assert taken.units == min(wanted, pile.units)
    assert taken + left == pile


@given(piles, st.integers(0, 200))
def test_what_expires_first_is_taken_first(pile, wanted):
    taken, left = pile.take(min(wanted, pile.units))
    if taken.lots and left.lots:
        assert taken.lots[-1].last_day <= left.lots[0].last_day


@given(piles, st.integers(0, 10))
def test_after_a_day_what_can_still_be_sold_is_left(pile, day):
    gone, left = pile.expire(day)
    assert gone + left == pile
    assert all(lot.last_day <= day for lot in gone.lots)
    assert all(lot.last_day > day for lot in left.lots)


def test_goods_moved_there_and_back_are_as_old_as_before():
    pile = Pile.of(10, 500, 30) + Pile.of(6, 360, 12)
    taken, left = pile.take(8)
    assert taken == Pile((Lot(12, 6, 360), Lot(30, 2, 100)))
    assert left == Pile((Lot(30, 8, 400),))
    assert left + taken == pile


def test_an_emptied_pile_has_no_cost():
    assert Pile.of(3, 100, 5).take(3) == (Pile.of(3, 100, 5), Pile())
    assert Pile().cost_cents == Pile().units == 0


def test_more_than_there_is_cannot_be_taken():
    with pytest.raises(ValueError, match="cannot take 4 of 3"):
        Pile.of(3, 100, 5).take(4)
