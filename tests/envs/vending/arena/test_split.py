"""The published rule by which machines share customers."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.vending.arena.split import Stall, apportion, divide, weights

stalls = st.lists(
    st.builds(
        Stall,
        price_permille=st.integers(100, 1900),
        variety_permille=st.integers(700, 1200),
        alone_milliunits=st.integers(0, 40_000),
    ),
    min_size=1,
    max_size=8,
)
luck = st.integers(0, 999)
first = st.integers(0, 7)


@given(stalls, luck, first)
def test_all_together_never_face_more_than_the_best_placed_would_alone(several, luck, first):
    alone = [(stall.alone_milliunits + luck) // 1000 for stall in several]
    assert sum(divide(several, luck, first)) <= max(alone)


@given(stalls, luck, first)
def test_none_faces_more_than_it_would_alone_and_none_less_than_nothing(several, luck, first):
    for units, stall in zip(divide(several, luck, first), several, strict=True):
        assert 0 <= units <= (stall.alone_milliunits + luck) // 1000


@given(stalls, luck, first)
def test_the_parts_add_up_to_the_logit_mean_of_what_each_would_face_alone(several, luck, first):
    drawn = weights(several)
    mean = sum(s.alone_milliunits * w for s, w in zip(several, drawn, strict=True)) // sum(drawn)
    assert sum(divide(several, luck, first)) == (mean + luck) // 1000


@given(st.integers(0, 40_000), luck)
def test_a_machine_alone_faces_all(milliunits, luck):
    assert divide([Stall(900, 1200, milliunits)], luck) == [(milliunits + luck) // 1000]


@given(st.integers(1, 8), st.integers(0, 40_000), luck, first)
def test_equal_machines_share_equally_up_to_one_unit(count, milliunits, luck, first):
    parts = divide([Stall(1000, 1200, milliunits)] * count, luck, first % count)
    assert sum(parts) == (milliunits + luck) // 1000
    assert max(parts) - min(parts) <= 1


def test_a_tie_goes_to_the_first_and_then_round():
    assert divide([Stall(1000, 1200, 5000)] * 3, 0, first=1) == [1, 2, 2]
    assert divide([Stall(1000, 1200, 4000)] * 3, 0, first=2) == [1, 1, 2]


@given(stalls)
def test_the_weights_are_the_exponentials_of_the_rule(several):
    def utility(stall):
        return -6 * stall.price_permille / 1000 + 2 * stall.variety_permille / 1000

    best = max(map(utility, several))
    for weight, stall in zip(weights(several), several, strict=True):
        assert weight / 10**12 == pytest.approx(exp(utility(stall) - best), rel=0.03, abs=1e-6)


def test_a_tenth_of_the_reference_price_cheaper_wins_eighteen_customers_for_ten():
    cheap, dear = weights([Stall(900, 1200, 0), Stall(1000, 1200, 0)])
    assert cheap / dear == pytest.approx(1.822, abs=0.001)


@given(
    st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 9)), min_size=1, max_size=8),
    st.integers(0, 30),
)
def test_whole_units_are_divided_without_loss_and_within_what_each_can_get(parties, wanted):
    quotas, most = zip(*parties, strict=True)
    units = min(wanted, sum(most))
    parts = apportion(units, quotas, most)
    assert sum(parts) == units
    assert all(part <= top for part, top in zip(parts, most, strict=True))
