import orjson
from hypothesis import given
from hypothesis import strategies as st

from tenure.agents.context import CUT_MARK, DROPPED_NOTE, Window, cut

HEAD = [{"role": "system", "content": "brief"}, {"role": "user", "content": "opening"}]


def turn(number, size=1):
    return [
        {"role": "assistant", "content": f"call {number}"},
        {"role": "user", "content": f"result {number} " + "x" * size},
    ]


def window(limit_tokens=1_000, keep_percent=60):
    noted = {"role": "user", "content": f"opening\n\n{DROPPED_NOTE}"}
    return Window(HEAD, noted, {}, limit_tokens=limit_tokens, keep_percent=keep_percent)


def numbers(shown):
    """The numbers of the turns that are shown."""
    return [
        int(message["content"].split()[1])
        for message in shown.messages[2:]
        if message["role"] == "assistant"
    ]


def test_before_anything_is_counted_four_characters_are_a_token():
    fresh = window()
    assert fresh.tokens == len(orjson.dumps(HEAD)) // 4
    fresh.add(turn(0, size=400))
    assert fresh.tokens == len(orjson.dumps(HEAD)) // 4 + len(orjson.dumps(turn(0, 400))) // 4


def test_what_the_provider_counts_replaces_the_estimate():
    counted = window()
    counted.add(turn(0))
    counted.count(777)
    assert counted.tokens == 777


def test_the_difference_of_two_counts_is_the_size_of_the_turn_between_them():
    counted = window(limit_tokens=1_000, keep_percent=60)
    counted.count(100)  # the head
    for number, prompt_tokens in enumerate([400, 700, 1_001]):
        counted.add(turn(number))
        counted.count(prompt_tokens)
    counted.fit()  # 1,001 is too much; 600 may stay: without turn 0 it is 701, without 1 it is 401
    assert numbers(counted) == [2]
    assert 401 <= counted.tokens <= 401 + len(DROPPED_NOTE)


def test_nothing_is_dropped_before_the_window_is_full():
    full = window()
    full.add(turn(0))
    full.add(turn(1))
    full.count(1_000)
    assert full.fit() == 0
    assert full.messages == [*HEAD, *turn(0), *turn(1)]


def test_trimming_drops_whole_turns_oldest_first_and_says_so_once_after_the_brief():
    full = window()
    full.count(20)
    for number in range(12):
        full.add(turn(number))
        full.count(20 + 100 * (number + 1))
    assert full.fit() == 14  # 1,220 - 7 turns = 520 (with 6, 620 would be left)
    assert numbers(full) == [7, 8, 9, 10, 11]
    assert full.messages[0] == HEAD[0]
    assert full.messages[1] == {"role": "user", "content": f"opening\n\n{DROPPED_NOTE}"}
    full.shrink()
    assert full.messages[1]["content"].count(DROPPED_NOTE) == 1


def test_the_newest_turn_always_stays():
    full = window()
    full.add(turn(0))
    full.add(turn(1, size=9_000))
    assert full.fit() == 2
    assert numbers(full) == [1]
    assert full.shrink() == 0


def test_between_trims_the_conversation_only_grows_at_its_end():
    growing = window(limit_tokens=2_000)
    rebuilt = 0
    before = orjson.dumps(growing.messages)[:-1]
    for number in range(300):
        growing.add(turn(number, size=200))
        growing.fit()
        after = orjson.dumps(growing.messages)[:-1]
        rebuilt += not after.startswith(before)
        before = after
    # a turn is some 72 tokens: 27 fill the window, and a trim makes room for 12 more
    assert rebuilt == 1 + (300 - 27) // 12


def test_the_window_holds_no_more_in_turn_3000_than_in_turn_300():
    sizes = []
    growing = window(limit_tokens=2_000)
    for number in range(3_000):
        growing.add(turn(number, size=200))
        growing.fit()
        sizes.append(len(orjson.dumps(growing.messages)))
    assert max(sizes[2_700:]) <= max(sizes[:300]) + 100
    assert growing.tokens <= 2_000


@given(st.lists(st.tuples(st.integers(0, 3_000), st.none() | st.integers(0, 5_000)), max_size=60))
def test_dropping_as_recorded_leaves_what_trimming_left(turns):
    lived, recalled = window(), window()
    for number, (size, counted) in enumerate(turns):
        lived.add(turn(number, size))
        recalled.add(turn(number, size))
        recalled.drop(lived.fit())
        if counted is not None:
            lived.count(counted)
            recalled.count(counted)
    assert recalled.messages == lived.messages
    assert recalled.tokens == lived.tokens


def test_a_short_text_is_not_cut():
    assert cut("abc", 3) == "abc"


def test_a_long_text_is_cut_with_a_mark_within_the_limit():
    text = cut("x" * 200, 100)
    assert len(text) == 100
    assert text.endswith("x\n" + CUT_MARK)
