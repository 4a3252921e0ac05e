import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.envs.chance import (
    Chance,
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
