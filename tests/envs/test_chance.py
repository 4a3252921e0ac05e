import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.chance import (
    Chance,
    Future,
    below,
    between,
    happens,
    pick,
    pick_weighted,
    shuffled,
)

words = st.integers(0, 2**64 - 1)
TOP = 2**64 - 1


def test_the_words_of_a_stream_are_frozen():
    assert Chance(1).words("weather", count=3) == Chance(1).words("weather", count=3)
    assert Chance(1).words("weather", "north", count=2) == [
        2595299302675962022,
        5685668869326834482,
    ]


@given(st.integers(0, 50), st.integers(0, 10_000), st.integers(1, 9))
def test_words_are_those_of_a_generator_made_for_their_stream(seed, start, count):
    chance = Chance(seed)
    chance.words("something else", count=3)
    made = np.random.Philox(key=chance._key("weather", ""), counter=start // 4)
    expected = made.random_raw(start % 4 + count).tolist()[start % 4 :]
    assert chance.words("weather", start=start, count=count) == expected


def test_a_word_depends_on_seed_stream_entity_and_time_alone():
    chance = Chance(5)
    base = chance.word("demand", "cola", at=40)
    assert base == chance.words("demand", "cola", count=41)[40]
    assert base == Chance(5).word("demand", "cola", at=40)
    others = {
        Chance(6).word("demand", "cola", at=40),
        chance.word("weather", "cola", at=40),
        chance.word("demand", "tea", at=40),
        chance.word("demand", "cola", at=41),
    }
    assert base not in others
    assert len(others) == 4


@given(st.integers(0, 50), st.integers(1, 20))
def test_drawing_in_bulk_or_word_by_word_is_the_same(start, count):
    chance = Chance(9)
    singles = [chance.word("s", at=start + index) for index in range(count)]
    assert chance.words("s", start=start, count=count) == singles


def test_another_process_draws_the_same_words():
    code = "from tenure.envs.chance import Chance; print(Chance(3).words('a', 'b', count=9))"
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == str(Chance(3).words("a", "b", count=9))


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="seed must be >= 0, got -1"):
        Chance(-1)


def test_the_ends_of_the_word_range_map_to_the_ends_of_each_transform():
    assert (below(0, 10), below(TOP, 10)) == (0, 9)
    assert (between(0, -3, 3), between(TOP, -3, 3)) == (-3, 3)
    assert happens(0, 1)
    assert not happens(TOP, 999_999)
    assert not happens(0, 0)
    assert (pick(0, "abc"), pick(TOP, "abc")) == ("a", "c")


@given(words)
def test_weights_of_zero_are_never_picked(word):
    assert pick_weighted(word, ["never", "always"], [0, 5]) == "always"


@given(st.lists(words, min_size=9, max_size=9))
def test_shuffling_keeps_every_item(drawn):
    assert sorted(shuffled(drawn, range(10))) == list(range(10))


def test_facts_are_the_same_in_every_future():
    own, other = Chance(1), Chance(1, Future(3, 10))
    assert own.words("prices", "s1", count=30) == other.words("prices", "s1", count=30)


def test_a_future_is_in_force_from_its_first_day_on():
    own, other = Chance(1), Chance(1, Future(3, 10))
    assert other.on(9).word("sky", at=9) == own.on(9).word("sky", at=9)
    assert other.on(10).word("sky", at=10) != own.on(10).word("sky", at=10)
    assert other.on(10).on(2) is other.on(10)


def test_a_series_changes_at_the_first_day_of_its_future():
    own, other = Chance(1), Chance(1, Future(3, 10))
    before, after = own.series("sky", count=20), other.series("sky", count=20)
    assert before == own.words("sky", count=20)
    assert after[:10] == before[:10]
    assert all(here != there for here, there in zip(before[10:], after[10:], strict=True))
    assert after[15] == other.on(15).word("sky", at=15)


def test_a_series_of_weeks_changes_with_the_first_whole_week_of_its_future():
    # Weeks 0 and 1 begin on days 0 and 7, before day 10; week 2 on day 14.
    own, other = Chance(1), Chance(1, Future(3, 10))
    before = own.series("demand", count=5, days_each=7)
    after = other.series("demand", count=5, days_each=7)
    assert [here == there for here, there in zip(before, after, strict=True)] == [
        *(True, True),
        *(False, False, False),
    ]


def test_a_series_that_begins_before_the_first_day_is_shifted():
    # Word 12 belongs to day 10, the first of the future.
    own, other = Chance(1), Chance(1, Future(3, 10))
    before = own.series("temperature", count=14, first_day=-2)
    after = other.series("temperature", count=14, first_day=-2)
    assert after[:12] == before[:12]
    assert after[12] != before[12]


def test_two_futures_differ_and_future_0_is_the_own_one():
    first, second = (Chance(1, Future(number, 0)) for number in (1, 2))
    assert first.on(0).word("sky") != second.on(0).word("sky")
    assert Chance(1, Future(0, 5)).series("sky", count=9) == Chance(1).series("sky", count=9)


def test_a_negative_future_is_refused():
    with pytest.raises(ValueError, match="must be >= 0, got -1"):
        Chance(1, Future(-1, 0))
